#!/usr/bin/env python3
"""Keeper and worker: programs, their output and their exits outlive whatever runs them. The worker is a small one
(tests/helpers/keeper_worker.cpp), the keeper is the real one. Numbers are vectors of docs/contract/survival.md; `make chaos`
runs the long version (TROUPE_KILLS)."""
import collections
import glob
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import BIN, PATIENCE, alive, children_of, stat_fields, wait_until  # noqa: E402

KILLS = int(os.environ.get("TROUPE_KILLS", "50"))
SEED = int(os.environ.get("TROUPE_SEED", "1"))
BUILD = os.path.dirname(os.path.abspath(BIN))
KEEPER = os.path.join(BUILD, "libexec", "troupe", "keeper")
HELPERS = os.path.join(BUILD, "tests")
WORKER = os.path.join(HELPERS, "keeper_worker")
SCRIBE = os.path.join(HELPERS, "scribe")
SLOTS_AT, SLOT_SIZE = 266240, 64
NO_LIMIT = (0, 1)


def setUpModule():
    tried = subprocess.run([WORKER], capture_output=True, text=True, timeout=PATIENCE)
    if tried.returncode == 77:
        raise unittest.SkipTest(tried.stdout.strip())


def status_of(pid, name):
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        return next(line.split(":", 1)[1] for line in f if line.startswith(name + ":"))


class Pair:
    """A keeper and its worker in a folder of their own."""

    def __init__(self, programs=20, mean=100, limit=NO_LIMIT, keeper=True, env=None, preexec=None, tmpfs=False, argv=()):
        self.dir = tempfile.mkdtemp(prefix="troupe-keeper-", dir="/dev/shm" if tmpfs else None)
        os.chmod(self.dir, 0o755)
        self.programs = programs
        self.output = open(os.path.join(self.dir, "output"), "w+", encoding="utf-8")
        program = KEEPER if keeper is True else keeper
        self.process = subprocess.Popen(
            [*argv, WORKER, self.dir, program, SCRIBE, str(programs), str(mean), *map(str, limit)],
            stdout=self.output, stderr=self.output, env={**os.environ, **(env or {})}, preexec_fn=preexec)
        self.pid = self.process.pid
        wait_until(lambda: self.read("levels"), "a worker")
        self.memory = open(f"/proc/{self.pid}/fd/3", "rb", buffering=0)

    def header(self, offset, form="<i"):
        return struct.unpack(form, os.pread(self.memory.fileno(), struct.calcsize(form), offset))[0]

    @property
    def worker(self):
        return self.header(64)

    @property
    def deaths(self):
        return self.header(92)

    def slot(self, i):
        """(life, pid, ended life, wait status)"""
        return struct.unpack("<IiIi", os.pread(self.memory.fileno(), 16, SLOTS_AT + i * SLOT_SIZE))

    def pids(self):
        return [pid for life, pid, ended, _ in map(self.slot, range(self.programs)) if ended != life and pid > 0]

    def read(self, name):
        try:
            with open(os.path.join(self.dir, name), encoding="utf-8") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def rows(self, name):
        return [line.split() for line in self.read(name).splitlines()]

    def result(self):
        return {row[0]: int(row[1]) for row in self.rows("result")}

    def kill_worker(self, signo=signal.SIGKILL):
        worker = wait_until(lambda: self.worker, "a worker")
        try:
            os.kill(worker, signo)
        except ProcessLookupError:  # the keeper has just reaped it
            pass
        return worker

    def next_worker(self, old):
        return wait_until(lambda: self.worker if self.worker not in (0, old) else None, "the next worker")

    def run(self):
        """Every program is in its life."""
        wait_until(lambda: len(self.pids()) == self.programs, "all programs to run")

    def end(self, status=5):
        os.kill(self.pid, signal.SIGTERM)
        self.wait(status)

    def wait(self, status):
        got = self.process.wait(PATIENCE * 3)
        if got != status:
            raise AssertionError(f"status {got} instead of {status}: {self.read('output')}")

    def survivors(self):
        found = []
        for path in glob.glob("/proc/[0-9]*/cmdline"):
            try:
                with open(path, "rb") as f:
                    if self.dir.encode() in f.read():
                        found.append(int(path.split("/")[2]))
            except OSError:
                pass
        return [pid for pid in found if alive(pid)]

    def close(self):
        if self.process.poll() is None:
            for pid in (self.pid, *self.survivors()):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.process.wait()
        for pid in self.survivors():
            os.kill(pid, signal.SIGKILL)
        self.memory.close()
        self.output.close()
        shutil.rmtree(self.dir)


class PairTest(unittest.TestCase):
    def pair(self, *args, **more):
        pair = Pair(*args, **more)
        self.addCleanup(pair.close)
        return pair

    def assert_whole(self, pair):
        """No line lost, doubled or torn, no exit lost or wrong, no second copy, nobody left."""
        self.assertEqual(pair.read("faults"), "")
        self.assertEqual(pair.read("orphans"), "")
        self.assertEqual(pair.survivors(), [])
        ends = {(int(slot), int(life)): (int(lines), int(status)) for slot, life, lines, status in pair.rows("ends")}
        self.assertEqual(len(ends), len(pair.rows("ends")), "a life ended twice")
        exits = {}
        for slot, life, status in pair.rows("exits"):
            key = (int(slot), int(life))
            self.assertEqual(exits.setdefault(key, int(status)), int(status), key)
        for key, status in exits.items():  # the last stop came before the program could hear it: it has said nothing yet
            if key not in ends and status == signal.SIGTERM:
                ends[key] = (0, status / 256)
        for slot in range(pair.programs):
            self.assert_log_whole(pair, slot, {life: lines for (s, life), (lines, _) in ends.items() if s == slot})
        self.assertEqual(exits, {key: status * 256 for key, (_, status) in ends.items()})
        return ends

    def assert_log_whole(self, pair, slot, lines_of):
        """`lines_of` each life, from 1 on without a gap."""
        self.assertEqual(sorted(lines_of), list(range(1, len(lines_of) + 1)), f"lives of {slot}")
        expected = ((life, n) for life in sorted(lines_of) for n in range(lines_of[life]))
        with open(os.path.join(pair.dir, f"log.{slot}"), "rb") as f:
            text = f.read()
        self.assertTrue(not text or text.endswith(b"\n"), f"log.{slot} ends within a line")
        for place, line in enumerate(text.splitlines()):
            life, n, size, body = line.split(b":")
            self.assertEqual((int(life), int(n)), next(expected, None), f"log.{slot}, line {place + 1}")
            self.assertEqual(body, b"x" * int(size), f"log.{slot}, line {place + 1}")
        self.assertIsNone(next(expected, None), f"log.{slot} lacks lines")


class Worker(PairTest):
    def test_nothing_is_lost_over_many_kills(self):  # 40, 44, 71, 79
        chance = random.Random(SEED)
        pair = self.pair()
        for _ in range(KILLS):
            time.sleep(chance.uniform(0, 0.04))  # anywhere: also while it resumes
            pair.kill_worker()
        wait_until(lambda: pair.deaths >= 1, "a death")
        pair.end()
        ends = self.assert_whole(pair)
        result = pair.result()
        back = sorted(int(row[0]) / 1000 for row in pair.rows("back"))
        print(f"\n{KILLS} kills, {pair.deaths} deaths, {result['finished']} half batches, {len(ends)} lives, "
              f"{sum(lines for lines, _ in ends.values())} lines; back after {back[len(back) // 2]:.1f} ms (median)",
              file=sys.stderr)
        self.assertEqual(result["resumes"] <= pair.deaths, True)
        self.assertEqual(result["term"], 1)

    def test_nothing_is_lost_at_any_step(self):  # 21 to 30
        for point, every in (("meant", 3), ("armed", 3), ("cloned", 3), ("announced", 40), ("unnoted", 40), ("read", 40), ("writing", 40),
                             ("half", 60), ("written", 40), ("drained", 3), ("handled", 3)):
            with self.subTest(point):
                pair = self.pair(programs=5, mean=50, env={"TROUPE_DIE_AT": f"{point}:{every}"})
                wait_until(lambda: pair.deaths >= 10, f"ten deaths at {point}")
                pair.end()
                self.assert_whole(pair)

    def test_programs_are_the_keepers(self):  # 2, 11, 12
        pair = self.pair(programs=5, mean=1e7)
        pair.run()
        before = pair.pids()
        old = pair.kill_worker()
        pair.next_worker(old)
        wait_until(lambda: len(pair.read("levels").splitlines()) == 2, "it to begin")
        self.assertEqual(pair.pids(), before)
        for pid in before:
            self.assertEqual(int(stat_fields(pid)[1]), pair.pid)
        names = collections.Counter()
        for pid in (pair.pid, *children_of(pair.pid)):
            with open(f"/proc/{pid}/comm", encoding="utf-8") as f:
                names[f.read().strip()] += 1
        self.assertEqual(names, {"supervisord": 1, "troupe-worker": 1, "scribe": 5})
        with open(f"/proc/{pair.pid}/cmdline", "rb") as f:
            self.assertEqual(f.read(), b"supervisord\0" + pair.dir.encode() + b"\0")
        with open(f"/proc/{pair.worker}/cmdline", "rb") as f:
            self.assertEqual(f.read(), b"troupe: worker\0--resume\0")
        self.assertEqual(int(status_of(pair.worker, "SigBlk"), 16), 1 << signal.SIGTTOU - 1)  # a terminal must not stop it
        pair.end()
        self.assert_whole(pair)

    def test_a_program_sees_no_descriptor_of_ours(self):
        pair = self.pair(programs=2, mean=1e7)
        pair.run()
        old = pair.kill_worker()
        pair.next_worker(old)
        os.kill(pair.pids()[0], signal.SIGTERM)  # one more, made by the second worker
        pair.run()
        wait_until(lambda: pair.slot(0)[0] == 2 and pair.slot(0)[1] > 0, "its second life")
        for pid in pair.pids():
            wait_until(lambda p=pid: os.path.basename(os.readlink(f"/proc/{p}/exe")) == "scribe", "its exec")
            wait_until(lambda p=pid: set(os.listdir(f"/proc/{p}/fd")) == {"0", "1", "2", "3"}, "four descriptors")
            self.assertIn("/lock.", os.readlink(f"/proc/{pid}/fd/3"))  # its own
        with open(f"/proc/{pair.pids()[0]}/environ", "rb") as f:
            self.assertEqual(f.read(), b"PATH=/bin\0")
        pair.end()

    def test_descriptors_do_not_pile_up(self):
        pair = self.pair(programs=5, mean=20)
        wait_until(lambda: sum(pair.slot(i)[0] for i in range(5)) > 100, "a hundred lives")
        for _ in range(10):
            pair.next_worker(pair.kill_worker())
        wait_until(lambda: sum(pair.slot(i)[0] for i in range(5)) > 200, "another hundred lives")
        self.assertLess(len(os.listdir(f"/proc/{pair.pid}/fd")), 30)
        pair.end()
        self.assert_whole(pair)

    def test_abort_reaches_the_worker(self):  # 17
        pair = self.pair(programs=2, mean=1e7)
        pair.run()
        old = pair.worker
        os.kill(pair.pid, signal.SIGABRT)
        pair.next_worker(old)
        self.assertEqual(pair.header(104 + 8) & 0x7f, signal.SIGABRT)
        self.assertEqual(pair.header(104 + 12), old)
        pair.end()

    def test_a_stopped_worker_costs_nothing(self):  # 16
        pair = self.pair(programs=2, mean=1e7)
        pair.run()
        os.kill(pair.worker, signal.SIGSTOP)
        wait_until(lambda: stat_fields(pair.worker)[0] == "T", "it to stop")
        def ticks():
            return sum(map(int, stat_fields(pair.pid)[11:13]))
        before = ticks()
        for pid in pair.pids():
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: all(pair.slot(i)[2] == pair.slot(i)[0] for i in range(2)), "both programs to end")
        os.kill(pair.pid, signal.SIGHUP)
        time.sleep(0.3)  # nothing is to happen in that time
        self.assertLessEqual(ticks() - before, 3)
        os.kill(pair.worker, signal.SIGCONT)
        pair.end()
        self.assertEqual(pair.result()["hup"], 1)


class Signals(PairTest):
    def test_each_is_passed_on_once(self):  # 13
        pair = self.pair(programs=2)
        for signo, name in ((signal.SIGHUP, "hup"), (signal.SIGUSR2, "usr2")):
            os.kill(pair.pid, signo)
            wait_until(lambda: self.taken(pair) == (1 if name == "hup" else 2), f"{name} to be taken")
        os.kill(pair.pid, signal.SIGALRM)  # would kill it, and means nothing
        os.kill(pair.pid, signal.SIGRTMIN)
        pair.end()
        self.assertEqual({k: v for k, v in pair.result().items() if k in ("hup", "usr2", "term")},
                         {"hup": 1, "usr2": 1, "term": 1})

    def taken(self, pair):
        return pair.header(300)

    def test_what_comes_without_a_worker_is_kept(self):  # 14
        pair = self.pair(programs=3, limit=(5, 60_000_000))
        pair.run()
        for _ in range(2):
            pair.next_worker(pair.kill_worker())
            wait_until(lambda: len(pair.read("levels").splitlines()) == pair.deaths + 1, "it to begin")
        pair.kill_worker()
        wait_until(lambda: pair.deaths == 3, "the third death")  # after which it waits for 0.1 s
        os.kill(pair.pid, signal.SIGTERM)
        pair.wait(5)
        self.assert_whole(pair)
        self.assertEqual(pair.result()["term"], 1)

    def test_the_keepers_stop_and_continue(self):  # 15
        pair = self.pair(programs=1, mean=1e7)
        pair.run()
        os.kill(pair.pid, signal.SIGSTOP)
        pid = pair.pids()[0]
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: stat_fields(pid)[0] == "Z", "it to end")
        self.assertEqual(pair.slot(0)[2], 0)
        os.kill(pair.pid, signal.SIGCONT)
        wait_until(lambda: pair.slot(0)[0] == 2, "the next life")
        pair.end()
        self.assert_whole(pair)


class Limit(PairTest):
    def test_a_worker_that_always_dies_ends_it_all_in_order(self):  # 72, 75
        pair = self.pair(programs=3, mean=1e7, limit=(5, 60_000_000))
        pair.run()
        stubborn = pair.pids()[0]
        os.kill(stubborn, signal.SIGSTOP)  # does not hear TERM: SIGKILL after its stopwaitsecs
        open(os.path.join(pair.dir, "crash"), "w", encoding="utf-8").close()
        began = time.monotonic()
        pair.kill_worker()
        pair.wait(70)
        self.assertGreater(time.monotonic() - began, 2.0)  # waits of 0, 0, 0.1, 1 s, and 1 s for the stubborn one
        self.assertEqual(pair.read("levels").split(), ["0", "0", "0", "1", "2"])
        self.assertEqual(pair.deaths, 5)
        self.assertEqual(pair.slot(0)[3], signal.SIGKILL)
        self.assertEqual(sorted(int(row[0]) for row in pair.rows("ends")), [1, 2])  # they went by TERM
        self.assertEqual(pair.survivors(), [])
        self.assertRegex(pair.read("output"), r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} CRIT supervisord's worker ended 5 times "
                                              r"within 60 s; stopping all programs\n")

    def test_a_binary_that_cannot_be_executed_counts(self):  # 76
        pair = self.pair(programs=1, mean=1e7, limit=(3, 60_000_000))
        pair.run()
        # the words it resumes with are gone: it ends at once, by itself and without a bye
        os.unlink(os.path.join(pair.dir, "words"))
        pair.kill_worker()
        pair.wait(70)
        self.assertEqual(pair.survivors(), [])


class Keeper(PairTest):
    def test_in_its_own_image(self):  # 7
        pair = self.pair(programs=3, keeper="/nowhere/keeper")
        pair.run()
        for _ in range(5):
            pair.next_worker(pair.kill_worker())
        pair.end()
        self.assert_whole(pair)

    def test_is_small(self):  # 19
        pair = self.pair(programs=50, mean=1e7)
        pair.run()
        pair.next_worker(pair.kill_worker())
        with open(f"/proc/{pair.pid}/smaps_rollup", encoding="utf-8") as f:
            pss = next(int(line.split()[1]) for line in f if line.startswith("Pss:"))
        print(f"\nkeeper with 50 programs: {pss} KB PSS", file=sys.stderr)
        self.assertLess(pss, 300)
        pair.end()

    def test_register_is_a_file_on_a_folder_of_our_own(self):  # 93, and 3.1
        pair = self.pair(programs=2, tmpfs=True)
        path = os.path.join(pair.dir, "s.pid.register")
        self.assertEqual(os.stat(path).st_mode & 0o7777, 0o600)
        self.assertEqual(os.path.realpath(f"/proc/{pair.pid}/fd/3"), path)
        second = subprocess.run([WORKER, pair.dir, "", SCRIBE, "1", "1", "0", "1"], timeout=PATIENCE)
        self.assertEqual(second.returncode, 3)  # held by a pair that lives
        pair.end()
        self.assertFalse(os.path.exists(path))

    def test_killed_alone_it_is_missed_at_once(self):  # 82: output whole, and how programs ended
        pair = self.pair(programs=3, mean=1e7)
        pair.run()
        pair.process.kill()
        pair.process.wait()
        wait_until(lambda: pair.read("result") == "keeper gone\n", "the worker to know")
        wait_until(lambda: pair.survivors() == [], "programs to stop")
        if tuple(map(int, re.match(r"(\d+)\.(\d+)", os.uname().release).groups())) >= (6, 15):
            self.assert_whole(pair)

    def test_manager_hears_from_the_daemons_pid(self):  # 20
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(os.path.join(folder, "n"))
            manager.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            manager.settimeout(PATIENCE)
            pair = self.pair(programs=1, env={"NOTIFY_SOCKET": os.path.join(folder, "n")})
            text, more, _, _ = manager.recvmsg(256, 256)
            self.assertEqual(text, b"READY=1")
            self.assertEqual(struct.unpack("<i", more[0][2][:4])[0], pair.pid)
            pair.end()

    def test_as_the_first_of_a_namespace(self):  # 9
        if os.getuid() != 0 or subprocess.run(["unshare", "--pid", "--fork", "true"], capture_output=True).returncode:
            self.skipTest("no namespace to be had")
        folder = tempfile.mkdtemp(prefix="troupe-first-")
        self.addCleanup(shutil.rmtree, folder)
        outer = subprocess.Popen(["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", WORKER, folder, KEEPER, SCRIBE, "3", "100",
                                  *map(str, NO_LIMIT)])
        self.addCleanup(lambda: outer.poll() is None and (outer.kill(), outer.wait()))

        def read(name):
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                return f.read()

        def worker():
            for pid in children_of(keeper):
                with open(f"/proc/{pid}/comm", encoding="utf-8") as f:
                    if f.read() == "troupe-worker\n":
                        return pid
            return None
        keeper = wait_until(lambda: next(iter(children_of(outer.pid)), None), "a keeper")
        for lives in range(1, 6):
            wait_until(lambda n=lives: read("levels").count("\n") == n, "a worker")
            os.kill(wait_until(worker, "its pid"), signal.SIGKILL)
        wait_until(lambda: read("levels").count("\n") == 6, "the last worker")
        self.assertEqual(status_of(keeper, "NSpid").split()[-1], "1")
        subprocess.run(["nsenter", "-t", str(keeper), "-p", "-m", "sh", "-c", "(sleep 0.01 &) ; exit 0"], check=True)
        wait_until(lambda: read("orphans"), "an orphan to be told of")
        os.kill(keeper, signal.SIGTERM)
        self.assertEqual(outer.wait(PATIENCE), 5)
        self.assertFalse(os.path.exists(os.path.join(folder, "faults")))

    def test_as_nobody(self):  # 8
        if os.getuid() != 0:
            self.skipTest("not root")
        def drop():
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        home = tempfile.mkdtemp(prefix="troupe-nobody-")
        self.addCleanup(shutil.rmtree, home)
        os.chmod(home, 0o777)
        old = tempfile.tempdir
        tempfile.tempdir = home
        real = os.chmod
        try:
            os.chmod = lambda path, mode: real(path, 0o777)
            pair = self.pair(programs=3, preexec=drop)
        finally:
            os.chmod, tempfile.tempdir = real, old
        for _ in range(5):
            pair.next_worker(pair.kill_worker())
        pair.end()
        self.assert_whole(pair)


if __name__ == "__main__":
    unittest.main()
