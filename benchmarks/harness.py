"""The benchmarks' bench: subjects, children that say when they run, configurations, and the report of medians.

No scenario lives here: life.py and its siblings hold them. Absolute figures of a shared machine mean little; the
ratios of one interleaved run do. Standard library only.
"""
import os
import select
import statistics
import struct
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build", "release")
ORACLE = os.path.join(ROOT, "build", "oracle")
LIMIT = os.path.join(BUILD, "bench", "bench_limit")
MARK = os.path.join(BUILD, "bench", "bench_mark")


class Marks:
    """The FIFO on which children say that they have been exec'd."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "marks")
        os.mkfifo(self.path)
        self.fd = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)

    def wait(self, count, timeout=120):
        """Pids of the next `count` children."""
        pids, rest, end = [], b"", time.monotonic() + timeout
        while len(pids) < count:
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError(f"{len(pids)} of {count} children came up")
            rest += os.read(self.fd, 65536)
            whole = len(rest) // 4 * 4
            pids += struct.unpack(f"<{whole // 4}i", rest[:whole])
            rest = rest[whole:]
        return pids

    def close(self):
        os.close(self.fd)
        os.unlink(self.path)


class Subject:
    """One thing that is measured; start() runs it on N children."""

    def __init__(self, name):
        self.name = name

    def argv(self, config, count, marks):
        raise NotImplementedError

    def env(self):
        return dict(os.environ)


class Limit(Subject):
    def argv(self, config, count, marks):
        return [LIMIT, "run", str(count), MARK, marks.path]


class Daemon(Subject):
    def __init__(self, name, program, env=None):
        super().__init__(name)
        self.program, self.extra = program, env or {}

    def argv(self, config, count, marks):
        return self.program + ["-c", config]

    def env(self):
        return {**os.environ, **self.extra}


class Run:
    """A started subject; always ended by pid."""

    def __init__(self, argv, env, **kwargs):
        kwargs.setdefault("stdout", subprocess.DEVNULL)
        self.process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **kwargs)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


HEAD = """[supervisord]
nodaemon=true
silent={silent}
user={user}
logfile={folder}/main.log
pidfile={folder}/main.pid
childlogdir={folder}
minfds={minfds}
"""


def write_config(folder, programs, silent="true", minfds=1024):
    path = os.path.join(folder, "s.conf")
    with open(path, "w") as f:
        f.write(HEAD.format(folder=folder, silent=silent, user=os.environ.get("USER", "root"), minfds=minfds) + programs)
    return path


def one_program(count, marks, more=""):
    return (f"[program:m]\ncommand={MARK} {marks.path}\nprocess_name=%(program_name)s_%(process_num)05d\n"
            f"numprocs={count}\nstartsecs=0\nautorestart=true\nstdout_logfile=NONE\nstderr_logfile=NONE\n{more}")


def many_programs(count, marks):
    return "".join(f"[program:m{i:05d}]\ncommand={MARK} {marks.path}\nstartsecs=0\nautorestart=true\n"
                   f"stdout_logfile=NONE\nstderr_logfile=NONE\n" for i in range(count))


class Bench:
    """What a scenario is given: the subjects, a folder, and where to report."""

    def __init__(self, args):
        self.args = args
        self.rounds = 3 if args.quick else 7
        self.folder = tempfile.mkdtemp(prefix="troupe-bench-")
        self.limit = Limit("C limit")
        self.ours = Daemon("troupe", [os.path.join(args.bin, "supervisord")])
        packages = os.path.join(ORACLE, "usr/lib/python3/dist-packages")
        self.theirs = None
        if not args.no_supervisor and os.path.exists(packages):
            self.theirs = Daemon("supervisor", ["/usr/bin/python3", os.path.join(ORACLE, "usr/bin/supervisord")],
                                 {"PYTHONPATH": packages})
        self.results = []

    def subjects(self, with_theirs=True):
        return [self.limit, self.ours] + ([self.theirs] if self.theirs and with_theirs else [])

    def launch(self, subject, programs, count, marks):
        config = write_config(self.folder, programs, minfds=count * 6 + 100)
        return Run(subject.argv(config, count, marks), subject.env())

    def report(self, scenario, unit, figures, budget):
        """figures: {subject: [values]}; the ratio is ours over the limit."""
        medians = {name: statistics.median(values) for name, values in figures.items() if values}
        ratio = medians.get("troupe", 0) / medians["C limit"] if medians.get("C limit") else None
        cells = "  ".join(f"{name} {value:.4g} {unit}" for name, value in medians.items())
        print(f"{scenario:28} {cells}" + (f"  ours/C {ratio:.2f}" if ratio else "") + f"  (budget {budget})", flush=True)
        self.results.append({"scenario": scenario, "unit": unit, "medians": medians, "ratio": ratio, "budget": budget})


def until_line(argv, env, text):
    """Milliseconds until the program prints a line with `text`."""
    began = time.monotonic()
    with Run(argv, env, stdout=subprocess.PIPE) as run:
        for line in run.process.stdout:
            if text in line:
                return (time.monotonic() - began) * 1e3
    raise RuntimeError(f"{argv[0]} said nothing of {text}")


def settle(pid):
    """Until the daemon has nothing more to do: no CPU used for a while."""
    quiet, before = 0, ticks(pid)
    while quiet < 10:
        time.sleep(0.02)
        now = ticks(pid)
        quiet = quiet + 1 if now == before else 0
        before = now


def switches(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status") as f:
            total += sum(int(line.split()[1]) for line in f if "ctxt_switches" in line)
    return total


def ticks(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def pss(pid):
    with open(f"/proc/{pid}/smaps_rollup") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("Pss:"))
