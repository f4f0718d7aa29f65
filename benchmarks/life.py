"""Scenarios of life: boot, configuration, start, mass crash, stop, crash latency, idleness.

Each is a function of the bench; SCENARIOS names them for run.py. The C limits are in limit.c.
"""
import os
import resource
import shutil
import signal
import statistics
import subprocess
import time

from harness import LIMIT, MARK, Marks, Run, many_programs, one_program, pss, settle, switches, ticks, until_line, write_config


GROWN_UP = 1.1  # seconds: what ended sooner would be started again a second after its start, which measures nothing


def life(bench, count, rounds, programs=many_programs, with_theirs=True, label=""):
    """Start, mass crash and stop of `count` children in one go."""
    start, crash, stop = {}, {}, {}
    for round_number in range(rounds):
        for subject in bench.subjects(with_theirs):
            if subject is bench.theirs and round_number > 0:
                continue
            marks = Marks(bench.folder)
            began = time.monotonic()
            with bench.launch(subject, programs(count, marks), count, marks) as run:
                pids = marks.wait(count)
                start.setdefault(subject.name, []).append((time.monotonic() - began) * 1e3)
                settle(run.process.pid)
                time.sleep(GROWN_UP)
                began = time.monotonic()
                for pid in pids:
                    os.kill(pid, signal.SIGKILL)
                marks.wait(count)
                crash.setdefault(subject.name, []).append((time.monotonic() - began) * 1e3)
                settle(run.process.pid)
                began = time.monotonic()
                run.process.terminate()
                run.process.wait(120)
                stop.setdefault(subject.name, []).append((time.monotonic() - began) * 1e3)
            marks.close()
    bench.report(f"start {count}{label}", "ms", start, "<= 1.3x C")
    bench.report(f"mass crash {count}{label}", "ms", crash, "<= 1.3x C")
    bench.report(f"stop {count}{label}", "ms", stop, "<= 1.3x C")


def crash_latency(bench, rounds):
    median, tail = {}, {}
    for subject in bench.subjects():
        marks = Marks(bench.folder)
        with bench.launch(subject, many_programs(10, marks), 10, marks) as run:
            pids = marks.wait(10)
            settle(run.process.pid)
            values = []
            while len(values) < (rounds if subject is not bench.theirs else 5):
                time.sleep(GROWN_UP)
                for i, pid in enumerate(pids):
                    time.sleep(0.01)
                    began = time.monotonic()
                    os.kill(pid, signal.SIGKILL)
                    pids[i] = marks.wait(1)[0]
                    values.append((time.monotonic() - began) * 1e3)
            values.sort()
            median[subject.name] = [statistics.median(values)]
            tail[subject.name] = [values[int(len(values) * 0.99)]]
        marks.close()
    bench.report("crash to exec, median", "ms", median, "<= 1.3x C")
    if not bench.args.quick and shutil.which("supervise"):
        tail["daemontools"] = [daemontools_tail(bench)]
    bench.report("crash to exec, p99", "ms", tail, "<= daemontools")


def daemontools_tail(bench):
    marks = Marks(bench.folder)
    service = os.path.join(bench.folder, "service")
    os.makedirs(service)
    script = os.path.join(service, "run")
    with open(script, "w") as f:
        f.write(f"#!/bin/sh\nexec {MARK} {marks.path}\n")
    os.chmod(script, 0o755)
    values = []
    with Run(["supervise", service], dict(os.environ)) as run:
        pid = marks.wait(1)[0]
        for _ in range(20):
            time.sleep(1.1)  # it waits a second before it restarts what lived shorter
            began = time.monotonic()
            os.kill(pid, signal.SIGKILL)
            pid = marks.wait(1)[0]
            values.append((time.monotonic() - began) * 1e3)
        subprocess.run(["svc", "-dx", service], check=False)
        run.process.wait(10)
    marks.close()
    return sorted(values)[-1]


def boot(bench, rounds):
    figures = {}
    config = write_config(bench.folder, "", silent="false")
    empty = os.path.join(bench.folder, "empty.ini")
    open(empty, "w").close()
    for _ in range(rounds):
        figures.setdefault("C limit", []).append(until_line([LIMIT, "parse", empty], bench.limit.env(), b"started"))
        for subject in bench.subjects()[1:]:
            figures.setdefault(subject.name, []).append(
                until_line(subject.argv(config, 0, None), subject.env(), b"started with pid"))
    bench.report("boot", "ms", figures, "<= 10 ms")


def configuration(bench, count, rounds):
    text = "".join(f"[program:p{i:05d}]\ncommand=/bin/sleep {i}\nautostart=false\nstdout_logfile=NONE\n"
                   f"stderr_logfile=NONE\n" for i in range(count))
    config = write_config(bench.folder, text, silent="false")
    figures = {}
    for round_number in range(rounds):
        figures.setdefault("C limit", []).append(until_line([LIMIT, "parse", config], bench.limit.env(), b"started"))
        for subject in bench.subjects()[1:]:
            if subject is not bench.theirs or round_number == 0:
                figures.setdefault(subject.name, []).append(
                    until_line(subject.argv(config, 0, None), subject.env(), b"started with pid"))
    bench.report(f"configuration of {count}", "ms", figures, "<= 5x C")


def idle(bench, count, seconds):
    for subject in bench.subjects()[1:]:
        marks = Marks(bench.folder)
        with bench.launch(subject, many_programs(count, marks), count, marks) as run:
            marks.wait(count)
            time.sleep(2)
            pid = run.process.pid
            before = switches(pid), ticks(pid)
            time.sleep(seconds)
            after = switches(pid), ticks(pid)
            print(f"idle with {count:<18} {subject.name}: {(after[0] - before[0]) / seconds:.1f} wake-ups/s, "
                  f"{after[1] - before[1]} ticks of CPU in {seconds} s, PSS {pss(pid) / 1024:.1f} MB, "
                  f"{len(os.listdir(f'/proc/{pid}/fd'))} fds  (budget: none, none, {8 + count * 4 / 1024:.1f} MB)", flush=True)
            bench.results.append({"scenario": f"idle with {count}", "subject": subject.name,
                                  "wakeups_per_s": (after[0] - before[0]) / seconds,
                                  "ticks": after[1] - before[1], "pss_kb": pss(pid)})
        marks.close()


def lives(bench):
    room = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    for count in (10, 100, 1000, 3000):
        if count * 6 + 100 < room:
            life(bench, count, bench.rounds, with_theirs=count <= 1000 and not (bench.args.quick and count == 1000))


SCENARIOS = {
    "boot": lambda bench: boot(bench, bench.rounds * 3),
    "configuration": lambda bench: configuration(bench, 10000, bench.rounds),
    "start": lives,
    "group": lambda bench: life(bench, 1000, bench.rounds, one_program, with_theirs=False, label=" of one group"),
    "crash": lambda bench: crash_latency(bench, 50 if bench.args.quick else 200),
    "idle": lambda bench: idle(bench, 1000, 5 if bench.args.quick else 10),
}
