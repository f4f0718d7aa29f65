"""Scenario of the log path: how fast the output of children reaches their rotated files, and what that costs.

Ours and Debian's supervisor beside plain C pumps (logs.c) that read and write, read from a wider pipe, splice, or let
small writes gather. The ratio is ours to the best of them.
"""
import os
import shutil
import statistics
import struct
import tempfile

from harness import BUILD, Run, write_config

LOGS = os.path.join(BUILD, "bench", "bench_logs")
MAX_BYTES, BACKUPS = 10 << 20, 10
K, M = 1024, 1 << 20

# name: how, size of the pipe (0: as it is made), bytes at a time, microseconds to gather
PUMPS = {
    "C read/write": ("read", 0, 128 * K, 0),
    "C wide pipe": ("read", M, 128 * K, 0),
    "C splice": ("splice", M, M, 0),
    "C gathering": ("read", 0, 128 * K, 200),
}


def cpu_seconds(pid):
    """Of all threads of a process that runs; in ns, where ticks would be too coarse."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as f:
            total += int(f.read().split()[0])
    return total / 1e9


class Gate:
    """The FIFOs on which children say that they are there, are told to begin, and say how long it took."""

    def __init__(self, folder):
        self.start, self.report = os.path.join(folder, "start"), os.path.join(folder, "report")
        for path in (self.start, self.report):
            os.mkfifo(path)
        self.gate, self.news = os.open(self.start, os.O_RDWR), os.open(self.report, os.O_RDWR)

    def records(self, count):
        data = b""
        while len(data) < 16 * count:
            data += os.read(self.news, 16 * count - len(data))
        return struct.unpack(f"<{2 * count}q", data)

    def seconds(self, count, before):
        """From the first byte to the last of `count` children."""
        self.records(count)
        before()
        os.write(self.gate, b"x" * count)
        times = self.records(count)
        return (max(times) - min(times)) / 1e9

    def close(self):
        os.close(self.gate)
        os.close(self.news)


def measure(bench, name, subject, size, total, count):
    """(MB/s, CPU seconds per GB)"""
    folder = tempfile.mkdtemp(dir=bench.folder)
    gate = Gate(folder)
    feed = [LOGS, "feed", str(size), str(total // count), gate.start, gate.report]
    if name in PUMPS:
        how, *sizes = map(str, PUMPS[name])
        argv, env = [LOGS, "pump", how, *sizes, str(MAX_BYTES), str(BACKUPS), folder, str(count), *feed], None
    else:
        programs = (f"[program:p]\ncommand={' '.join(feed)}\nnumprocs={count}\nprocess_name=p%(process_num)d\n"
                    f"autorestart=false\nstartsecs=0\nredirect_stderr=true\nstdout_logfile={folder}/%(process_num)d\n"
                    f"stdout_logfile_maxbytes={MAX_BYTES}\nstdout_logfile_backups={BACKUPS}\n")
        argv, env = subject.argv(write_config(folder, programs), count, None), subject.env()
    cpu = []
    with Run(argv, env) as run:
        seconds = gate.seconds(count, lambda: cpu.append(cpu_seconds(run.process.pid)))
        cpu.append(cpu_seconds(run.process.pid))
    gate.close()
    shutil.rmtree(folder)
    return total / seconds / 1e6, (cpu[1] - cpu[0]) / (total / 1e9)


def compare(bench, title, size, total, count):
    subjects = {**dict.fromkeys(PUMPS), "troupe": bench.ours}
    if bench.theirs:
        subjects["supervisor"] = bench.theirs
    figures = {name: [] for name in subjects}
    for round_number in range(bench.rounds):
        for name, subject in subjects.items():
            if name != "supervisor" or round_number < 2:
                figures[name].append(measure(bench, name, subject, size, total, count))
    speed = {name: statistics.median(s for s, _ in values) for name, values in figures.items()}
    cost = {name: statistics.median(c for _, c in values) for name, values in figures.items()}
    best = max(PUMPS, key=speed.get)
    ratio, cost_ratio = speed["troupe"] / speed[best], cost["troupe"] / cost[best]
    cells = "  ".join(f"{name} {speed[name]:.0f} MB/s {cost[name]:.2f} s/GB" for name in subjects)
    print(f"{title:28} {cells}  ours/{best} {ratio:.2f}, CPU {cost_ratio:.2f}  (budget >= 0.9x, CPU <= 1.2x)", flush=True)
    bench.results.append({"scenario": title, "unit": "MB/s", "medians": speed, "cpu_s_per_gb": cost, "best": best,
                          "ratio": ratio, "cpu_ratio": cost_ratio, "budget": ">= 0.9x"})


def logs(bench):
    scale = 1 if bench.args.quick else 2
    compare(bench, "logs, 64 KiB writes", 65536, 512 * M * scale, 1)
    compare(bench, "logs, 80-byte writes", 80, 64 * M * scale, 1)
    compare(bench, "logs, 10 children, 64 KiB", 65536, 1024 * M * scale, 10)
    compare(bench, "logs, 10 children, 80 bytes", 80, 64 * M * scale, 10)


SCENARIOS = {"logs": logs}
