"""How cost grows: start, stop, memory, status and configuration with 10 to 10,000 programs, as figures and as a picture.

    python3 benchmarks/run.py growth        writes docs/images/growth.svg, too

Each program is a section of its own. Where fewer than 60,100 descriptors are allowed, and cannot be had, 10,000 of them are
configured only. Supervisor takes part up to 1,000, where it needs a quarter of a minute for a start.
The picture has both scales logarithmic: a straight line that climbs one decade in one is cost in proportion.
"""
import math
import os
import resource
import statistics
import subprocess
import time

from harness import LIMIT, MARK, ROOT, Marks, Run, pss, until_line, write_config

COUNTS = (10, 100, 1000, 3000, 10000)
PICTURE = os.path.join(ROOT, "docs", "images", "growth.svg")
SERVER = ("[unix_http_server]\nfile={folder}/s.sock\n[rpcinterface:supervisor]\n"
          "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
          "[supervisorctl]\nserverurl=unix://{folder}/s.sock\n")
PANELS = (("start, ms", "start"), ("stop, ms", "stop"), ("memory (PSS), KB", "memory"),
          ("status, whole client, ms", "status"), ("configuration, ms", "configuration"))
COLOURS = {"troupe": "#1f77b4", "supervisor": "#d95f02", "C limit": "#7f7f7f"}


def sections(count, marks, more=""):
    return "".join(f"[program:m{i:05d}]\ncommand={MARK} {marks.path}\nstartsecs=0\nautorestart=true\n"
                   f"stdout_logfile=NONE\nstderr_logfile=NONE\n{more}" for i in range(count))


def lives(bench, subject, count, figures):
    """One start, a look at memory and status, one stop."""
    def note(what, value):
        figures.setdefault(what, {}).setdefault(subject.name, {}).setdefault(count, []).append(value)

    marks = Marks(bench.folder)
    config = write_config(bench.folder, sections(count, marks) + SERVER.format(folder=bench.folder), minfds=count * 6 + 100)
    began = time.monotonic()
    with Run(subject.argv(config, count, marks), subject.env()) as run:
        marks.wait(count, 300)
        note("start", (time.monotonic() - began) * 1e3)
        time.sleep(1.5)
        if subject is not bench.limit:
            note("status", client_time(bench, subject, config, count))
            time.sleep(1.5)  # what an answer took has been given back
            note("memory", pss(run.process.pid))
        began = time.monotonic()
        run.process.terminate()
        run.process.wait(300)
        note("stop", (time.monotonic() - began) * 1e3)
    marks.close()


def client_time(bench, subject, config, count):
    if subject is bench.ours:
        client = [os.path.join(bench.args.bin, "supervisorctl")]
    else:
        client = [subject.program[0], subject.program[1].replace("supervisord", "supervisorctl")]
    best = []
    for _ in range(3):
        began = time.monotonic()
        shown = subprocess.run([*client, "-c", config, "status"], env=subject.env(), stdout=subprocess.PIPE, check=False).stdout
        best.append((time.monotonic() - began) * 1e3)
        assert shown.count(b" RUNNING ") == count, f"{subject.name}: {shown.count(b' RUNNING ')} of {count} run"
    return statistics.median(best)


def configurations(bench, subject, count, figures):
    text = "".join(f"[program:p{i:05d}]\ncommand=/bin/sleep {i}\nautostart=false\nstdout_logfile=NONE\n"
                   f"stderr_logfile=NONE\n" for i in range(count))
    config = write_config(bench.folder, text, silent="false")
    if subject is bench.limit:
        took = until_line([LIMIT, "parse", config], subject.env(), b"started")
    else:
        took = until_line(subject.argv(config, 0, None), subject.env(), b"started with pid")
    figures.setdefault("configuration", {}).setdefault(subject.name, {}).setdefault(count, []).append(took)


def allow(descriptors):
    """Whether so many may be open; root is given what is missing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= descriptors:
        return True
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, max(hard, descriptors)))
    except (ValueError, OSError):
        return False
    return True


def growth(bench):
    figures = {}
    for count in COUNTS:
        lives_too = allow(count * 6 + 100)  # else too few descriptors are allowed here
        for round_number in range(bench.rounds if count <= 1000 else 2):
            for subject in bench.subjects(with_theirs=count <= 1000 and round_number == 0):
                if lives_too:
                    lives(bench, subject, count, figures)
                configurations(bench, subject, count, figures)
    for _, what in PANELS:
        for count in sorted({count for by in figures[what].values() for count in by}):
            unit = "KB" if what == "memory" else "ms"
            bench.report(f"{what} with {count}", unit, {name: by[count] for name, by in figures[what].items() if count in by},
                         "none")
    medians = {what: {name: {count: statistics.median(values) for count, values in by.items()} for name, by in all_.items()}
               for what, all_ in figures.items()}
    with open(PICTURE, "w") as f:
        f.write(picture(medians))


# -- the picture ----------------------------------------------------------------------------------------------------

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, GAP = 190, 170, 46, 34, 34, 14


def power(value):
    """The exponent of ten, whole, that is not above the value."""
    exponent = 0
    while value >= 10 ** (exponent + 1):
        exponent += 1
    while value < 10 ** exponent:
        exponent -= 1
    return exponent


def short(value):
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def panel(title, lines, x):
    values = [v for points in lines.values() for v in points.values()]
    low, high = power(min(values)), power(max(values)) + 1
    right, bottom = x + LEFT + WIDTH - 60, TOP + HEIGHT

    def place(count, value):
        across = (math.log10(count) - 1) / (math.log10(COUNTS[-1]) - 1)
        up = (math.log10(value) - low) / (high - low)
        return x + LEFT + across * (right - x - LEFT), bottom - up * HEIGHT

    parts = [f'<text x="{x + LEFT}" y="{TOP - 12}" class="title">{title}</text>']
    for exponent in range(low, high + 1):
        y = place(COUNTS[0], 10.0 ** exponent)[1]
        parts.append(f'<line x1="{x + LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" class="grid"/>'
                     f'<text x="{x + LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{short(10.0 ** exponent)}</text>')
    for count in COUNTS:
        parts.append(f'<text x="{place(count, 10.0 ** low)[0]:.1f}" y="{bottom + 16}" text-anchor="middle">'
                     f'{short(count)}</text>')
    for name, points in lines.items():
        at = [place(count, points[count]) for count in COUNTS if count in points]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in at)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS[name]}" stroke-width="2"/>')
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{COLOURS[name]}"/>' for a, b in at]
    return "\n".join(parts)


def picture(medians):
    """medians: {what: {subject: {count: value}}}. An SVG for light and dark pages."""
    width = len(PANELS) * (WIDTH + GAP)
    height = TOP + HEIGHT + BOTTOM + 22
    parts = [panel(title, medians[what], i * (WIDTH + GAP)) for i, (title, what) in enumerate(PANELS)]
    for i, (name, colour) in enumerate(COLOURS.items()):
        x, y = LEFT + i * 120, height - 10
        parts.append(f'<line x1="{x}" y1="{y - 4}" x2="{x + 22}" y2="{y - 4}" stroke="{colour}" stroke-width="2"/>'
                     f'<text x="{x + 28}" y="{y}">{name}</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            f'aria-label="Cost of start, stop, memory, status and configuration with 10 to 10,000 programs">\n'
            "<style>text{font:11px sans-serif;fill:#333}.title{font-weight:bold;font-size:12px}.grid{stroke:#8884}"
            "@media(prefers-color-scheme:dark){text{fill:#ccc}}</style>\n" + "\n".join(parts) + "\n</svg>\n")


SCENARIOS = {"growth": growth}
