#!/usr/bin/env python3
"""Whole-daemon benchmarks: ours, a bare C limit and Debian's supervisor, interleaved in one run, as ratios.

Absolute figures of a shared machine mean little; the ratios of one run do. Standard library only.
Usage: run.py [--quick] [--bin DIR] [--no-supervisor] [--json FILE] [SCENARIO ...]
"""
import argparse
import json
import os
import resource
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
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
    def __init__(self, args):
        self.args = args
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

    # -- scenarios --------------------------------------------------------------------------------

    def life(self, count, rounds, programs=one_program, with_theirs=True, label=""):
        """Start, mass crash and stop of `count` children in one go."""
        start, crash, stop = {}, {}, {}
        for round_number in range(rounds):
            for subject in self.subjects(with_theirs):
                if subject is self.theirs and round_number > 0:
                    continue
                marks = Marks(self.folder)
                began = time.monotonic()
                with self.launch(subject, programs(count, marks), count, marks) as run:
                    pids = marks.wait(count)
                    start.setdefault(subject.name, []).append((time.monotonic() - began) * 1e3)
                    settle(run.process.pid)
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
        self.report(f"start {count}{label}", "ms", start, "<= 1.3x C")
        self.report(f"mass crash {count}{label}", "ms", crash, "<= 1.3x C")
        self.report(f"stop {count}{label}", "ms", stop, "<= 1.3x C")

    def crash_latency(self, rounds):
        median, tail = {}, {}
        for subject in self.subjects():
            marks = Marks(self.folder)
            with self.launch(subject, one_program(1, marks), 1, marks) as run:
                pid = marks.wait(1)[0]
                settle(run.process.pid)
                values = []
                for _ in range(rounds if subject is not self.theirs else 5):
                    time.sleep(0.01)
                    began = time.monotonic()
                    os.kill(pid, signal.SIGKILL)
                    pid = marks.wait(1)[0]
                    values.append((time.monotonic() - began) * 1e3)
                values.sort()
                median[subject.name] = [statistics.median(values)]
                tail[subject.name] = [values[int(len(values) * 0.99)]]
            marks.close()
        self.report("crash to exec, median", "ms", median, "<= 1.3x C")
        if not self.args.quick and shutil.which("supervise"):
            tail["daemontools"] = [self.daemontools_tail()]
        self.report("crash to exec, p99", "ms", tail, "<= daemontools")

    def daemontools_tail(self):
        marks = Marks(self.folder)
        service = os.path.join(self.folder, "service")
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

    def until_line(self, argv, env, text):
        began = time.monotonic()
        with Run(argv, env, stdout=subprocess.PIPE) as run:
            for line in run.process.stdout:
                if text in line:
                    return (time.monotonic() - began) * 1e3
        raise RuntimeError(f"{argv[0]} said nothing of {text}")

    def boot(self, rounds):
        figures = {}
        config = write_config(self.folder, "", silent="false")
        empty = os.path.join(self.folder, "empty.ini")
        open(empty, "w").close()
        for _ in range(rounds):
            figures.setdefault("C limit", []).append(self.until_line([LIMIT, "parse", empty], self.limit.env(), b"started"))
            for subject in self.subjects()[1:]:
                figures.setdefault(subject.name, []).append(
                    self.until_line(subject.argv(config, 0, None), subject.env(), b"started with pid"))
        self.report("boot", "ms", figures, "<= 10 ms")

    def configuration(self, count, rounds):
        text = "".join(f"[program:p{i:05d}]\ncommand=/bin/sleep {i}\nautostart=false\nstdout_logfile=NONE\n"
                       f"stderr_logfile=NONE\n" for i in range(count))
        config = write_config(self.folder, text, silent="false")
        figures = {}
        for round_number in range(rounds):
            figures.setdefault("C limit", []).append(self.until_line([LIMIT, "parse", config], self.limit.env(), b"started"))
            for subject in self.subjects()[1:]:
                if subject is not self.theirs or round_number == 0:
                    figures.setdefault(subject.name, []).append(
                        self.until_line(subject.argv(config, 0, None), subject.env(), b"started with pid"))
        self.report(f"configuration of {count}", "ms", figures, "<= 5x C")

    def idle(self, count, seconds):
        for subject in self.subjects()[1:]:
            marks = Marks(self.folder)
            with self.launch(subject, one_program(count, marks), count, marks) as run:
                marks.wait(count)
                time.sleep(2)
                pid = run.process.pid
                before = switches(pid), ticks(pid)
                time.sleep(seconds)
                after = switches(pid), ticks(pid)
                print(f"idle with {count:<18} {subject.name}: {(after[0] - before[0]) / seconds:.1f} wake-ups/s, "
                      f"{after[1] - before[1]} ticks of CPU in {seconds} s, PSS {pss(pid) / 1024:.1f} MB, "
                      f"{len(os.listdir(f'/proc/{pid}/fd'))} fds  (budget: none, none, {8 + count * 4 / 1024:.1f} MB)", flush=True)
                self.results.append({"scenario": f"idle with {count}", "subject": subject.name,
                                     "wakeups_per_s": (after[0] - before[0]) / seconds,
                                     "ticks": after[1] - before[1], "pss_kb": pss(pid)})
            marks.close()


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


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--bin", default=os.path.join(BUILD, "bin"), help="folder of our programs")
    parser.add_argument("--no-supervisor", action="store_true", help="leave Debian's supervisor out")
    parser.add_argument("--json", help="write the figures to this file, too")
    parser.add_argument("scenario", nargs="*", help="boot, configuration, start, groups, crash, idle (default: all)")
    args = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    bench = Bench(args)
    rounds = 3 if args.quick else 7
    scenarios = {
        "boot": lambda: bench.boot(rounds * 3),
        "configuration": lambda: bench.configuration(10000, rounds),
        "start": lambda: [bench.life(n, rounds, with_theirs=n <= 1000 and not (args.quick and n == 1000))
                          for n in (10, 100, 1000, 3000) if n * 6 + 100 < hard],
        "groups": lambda: bench.life(1000, rounds, many_programs, with_theirs=False, label=" groups"),
        "crash": lambda: bench.crash_latency(50 if args.quick else 200),
        "idle": lambda: bench.idle(1000, 5 if args.quick else 10),
    }
    try:
        for name in args.scenario or scenarios:
            scenarios[name]()
    finally:
        shutil.rmtree(bench.folder, ignore_errors=True)
        if args.json:
            with open(args.json, "w") as f:
                json.dump(bench.results, f, indent=1)


if __name__ == "__main__":
    sys.exit(main())
