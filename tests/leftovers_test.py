#!/usr/bin/env python3
"""Keeper and worker are killed at once, programs run on, and the next start finds them in the register: `leftovers=stop` has
each of them stopped before it is started anew, `ignore` only says so. Numbers are vectors of docs/contract/survival.md."""
import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rpc_support import SERVER, client  # noqa: E402
from support import BIN, PATIENCE, Daemon, alive, all_children_of, free_port, name_of, wait_until  # noqa: E402

SLOTS_AT, SLOT_SIZE, BOOT_ID_AT = 266240, 64, 16
FOLDER = "/dev/shm"  # where a register has a name: a tmpfs, and in it a folder of our own

# There is to be one of each NAME. On TERM it notes that, and ends once there is a file NAME.go.
HOLDER = """
import fcntl, os, signal, sys, time
base = sys.argv[1]
lock = open(base + ".lock", "w")
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    open(base + ".double", "w").close()
def stop(*_):
    with open(base + ".term", "a") as f:
        f.write(f"{os.getpid()}\\n")
    while not os.path.exists(base + ".go"):
        time.sleep(0.01)
    os._exit(0)
signal.signal(signal.SIGTERM, stop)
with open(base + ".ready", "a") as f:
    f.write(f"{os.getpid()}\\n")
while True:
    signal.pause()
"""


def program(name, more="", kind="program"):
    return (f"[{kind}:{name}]\ncommand={sys.executable} {{dir}}/holder.py {{dir}}/{name}\nstopwaitsecs=3600\n"
            f"stdout_logfile=NONE\nstderr_logfile={{dir}}/{name}.err\n{more}\n")


class Pair(Daemon):
    """A daemon whose pid file is where the register can lie beside it. Programs NAME: see HOLDER; those of `quick` end at
    once."""

    def __init__(self, text, options="", quick=(), survive="survive=true\nsurvivelimit=100/1s\n", preexec=None, folder=None):
        old, tempfile.tempdir = tempfile.tempdir, folder or FOLDER
        try:
            super().__init__(SERVER + text, survive + options, start=False, files={"holder.py": HOLDER})
        finally:
            tempfile.tempdir = old
        self.register = self.pid_path + ".register"
        self.preexec = preexec
        for name in quick:
            self.go(name)

    def __enter__(self):
        if self.preexec:
            for path in (self.dir, *glob.glob(self.dir + "/*")):
                os.chown(path, 65534, 65534)
        self.begin()
        return self

    def __exit__(self, kind, error, trace):
        for name in re.findall(r"(?:program|eventlistener):(\w+)", self.read("s.conf")) if kind else ():
            self.go(name)  # whatever has failed: nobody waits for it
        try:
            super().__exit__(kind, error, trace)
        finally:
            for pid in self.all_holders():
                os.kill(pid, signal.SIGKILL)
            shutil.rmtree(self.dir, ignore_errors=True)

    def begin(self):
        before = self.log().count("supervisord started with pid")
        self.start(self.preexec)
        self.wait_for("supervisord started with pid", before + 1)

    def all_holders(self):
        """Pids of programs that run, of this and of earlier daemons."""
        found = []
        for path in glob.glob("/proc/[0-9]*/cmdline"):
            try:
                with open(path, "rb") as f:
                    if f"{self.dir}/holder.py".encode() in f.read():
                        found.append(int(path.split("/")[2]))
            except OSError:
                pass
        return [pid for pid in found if alive(pid)]

    @property
    def working_pid(self):
        return wait_until(lambda: next((pid for pid in all_children_of(self.pid) if name_of(pid) == "troupe-worker"), None),
                          "a worker")

    def go(self, name):
        self.write(name + ".go", "")

    def ready(self, name, count=1):
        """The pid of the `count`-th that has run as `name`."""
        return int(wait_until(lambda: self.lines(name + ".ready")[count - 1:], f"{name} to be ready, {count}")[0])

    def lines(self, path):
        try:
            return self.read(path).split()
        except FileNotFoundError:
            return []

    def there(self, path):
        return os.path.exists(os.path.join(self.dir, path))

    def state(self, name):
        with client(self) as proxy:
            info = proxy.supervisor.getProcessInfo(name)
            return info["statename"], info["pid"]

    def becomes(self, name, state):
        wait_until(lambda: self.state(name)[0] == state, f"{name} to be {state}")

    def ctl(self, *words):
        done = subprocess.run([os.path.join(BIN, "supervisorctl"), "-s", f"unix://{self.dir}/s.sock", *words],
                              capture_output=True, text=True, timeout=PATIENCE)
        return done.returncode, done.stdout + done.stderr

    def stops_first(self, name, pid):
        return self.wait_for(rf"WARN {name}: pid {pid} of the supervisord that died still runs; stopping it first\n")

    def asked_to_stop(self, name, pid):
        wait_until(lambda: str(pid) in self.lines(name + ".term"), f"{name} to hear TERM")


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not os.path.isdir(FOLDER) or subprocess.run(["stat", "-fc%T", FOLDER], capture_output=True).stdout != b"tmpfs\n":
            raise unittest.SkipTest("no tmpfs")
        with Pair("") as d:
            if "survive=true is not available here" in d.log():
                raise unittest.SkipTest("this build can have no keeper")

    def assertOnce(self, d, name):
        self.assertFalse(d.there(name + ".double"), f"two of {name} at a time")


class Stop(Case):
    def test_it_is_stopped_first_and_others_do_not_wait(self):  # 86
        with Pair(program("p") + program("other"), quick=("other",)) as d:
            old, other = d.ready("p"), d.ready("other")
            d.kill_whole()
            self.assertTrue(alive(old) and alive(other))
            d.begin()
            d.stops_first("p", old)
            d.stops_first("other", other)
            d.asked_to_stop("p", old)
            d.ready("other", 2)
            d.becomes("other", "RUNNING")
            self.assertEqual(d.state("p"), ("STARTING", 0))
            self.assertTrue(alive(old))
            d.go("p")
            new = d.ready("p", 2)
            self.assertFalse(alive(old))
            d.becomes("p", "RUNNING")
            self.assertEqual(sorted(d.all_holders()), sorted([new, d.ready("other", 2)]))
            self.assertOnce(d, "p")
            self.assertOnce(d, "other")
            said = [d.log().index(text) for text in (f"pid {old} of the supervisord that died still runs",
                                                     f"p: pid {old} of the supervisord that died has ended",
                                                     f"spawned: 'p' with pid {new}")]
            self.assertEqual(said, sorted(said))
            self.assertEqual(d.finish(), 0)

    def test_startsecs_begin_when_it_is_spawned(self):
        with Pair(program("p", "startsecs=3600")) as d:
            old = d.ready("p")
            d.kill_whole()
            d.write("s.conf", d.read("s.conf").replace("startsecs=3600", "startsecs=1"))
            d.begin()
            d.asked_to_stop("p", old)
            with client(d) as proxy:
                asked = proxy.supervisor.getProcessInfo("p")["start"]
                wait_until(lambda: proxy.supervisor.getProcessInfo("p")["now"] > asked + 2, "the time to pass")
                d.go("p")
                d.ready("p", 2)
                wait_until(lambda: proxy.supervisor.getProcessInfo("p")["pid"] != 0, "p to be spawned")
                self.assertGreater(proxy.supervisor.getProcessInfo("p")["start"], asked)
            d.becomes("p", "RUNNING")

    def test_what_does_not_hear_is_killed_after_stopwaitsecs(self):
        with Pair(program("p", "stopwaitsecs=1"), quick=()) as d:
            old = d.ready("p")
            d.kill_whole()
            d.begin()
            d.asked_to_stop("p", old)
            d.wait_for(rf"WARN p: pid {old} of the supervisord that died has not stopped; killing it\n")
            d.ready("p", 2)
            self.assertFalse(alive(old))
            self.assertOnce(d, "p")
            d.go("p")

    def test_its_group_is_stopped_where_the_program_says_so(self):
        family = ("[program:p]\ncommand=/bin/sh -c '{exe} {dir}/holder.py {dir}/kid & {exe} {dir}/holder.py {dir}/p & wait'\n"
                  .replace("{exe}", sys.executable) + "stopasgroup=true\nstdout_logfile=NONE\nstderr_logfile=NONE\n")
        with Pair(family, quick=("p", "kid")) as d:
            old = d.ready("p"), d.ready("kid")
            leader = d.pid_of("p")
            d.kill_whole()
            d.begin()
            d.stops_first("p", leader)
            d.ready("p", 2), d.ready("kid", 2)
            for name, pid in zip(("p", "kid"), old):
                d.asked_to_stop(name, pid)
                self.assertEqual(d.lines(name + ".term"), [str(pid)])

    def test_one_of_no_configuration_is_stopped_all_the_same(self):
        with Pair(program("p") + program("other"), quick=("p", "other")) as d:
            old = d.ready("p")
            d.ready("other")
            d.kill_whole()
            d.write("s.conf", d.read("s.conf").replace("[program:p]", "[program:q]"))
            d.begin()
            d.wait_for(rf"WARN p: pid {old} of the supervisord that died still runs, and is in the configuration no more; "
                       "stopping it\n")
            wait_until(lambda: not alive(old), "its end")
            d.ready("p", 2)  # that is q

    def test_one_of_another_group_is_known_by_both_names(self):
        with Pair(program("p") + "[group:g]\nprograms=p\n", quick=("p",)) as d:
            old = d.ready("p")
            d.kill_whole()
            d.begin()
            d.stops_first("g:p", old)
            d.ready("p", 2)
            self.assertOnce(d, "p")

    def test_processes_of_one_socket_wait_for_the_last(self):
        text = program("f", f"socket=tcp://127.0.0.1:{free_port()}\nprocess_name=%(process_num)s\nnumprocs=2\n",
                       "fcgi-program").replace("{dir}/f\n", "{dir}/f%(process_num)s\n")
        with Pair(text, quick=("f0",)) as d:
            old = d.ready("f0"), d.ready("f1")
            d.kill_whole()
            d.begin()
            d.asked_to_stop("f1", old[1])
            d.wait_for(rf"f:0: pid {old[0]} of the supervisord that died has ended\n")
            self.assertEqual(d.state("f:0"), ("STARTING", 0))
            d.go("f1")
            d.ready("f0", 2), d.ready("f1", 2)

    def test_as_an_ordinary_user(self):
        python = "/usr/bin/python3"  # ours may lie where only we may go
        if os.getuid() != 0 or not os.path.exists(python):
            self.skipTest("not root, or no python3 for everybody")

        def drop():
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        with Pair(program("p").replace(sys.executable, python), quick=("p",), preexec=drop) as d:
            old = d.ready("p")
            d.kill_whole()
            d.begin()
            d.stops_first("p", old)
            d.ready("p", 2)
            self.assertOnce(d, "p")


class Waiting(Case):
    """A daemon in which p waits until what is left of it has ended."""

    def waiting(self, more="", **options):
        d = Pair(program("p", more) + program("other"), quick=("other",), **options)
        d.__enter__()
        self.addCleanup(lambda: (d.go("p"), d.__exit__(None, None, None)))
        self.old = d.ready("p")
        d.ready("other")
        d.kill_whole()
        d.begin()
        d.asked_to_stop("p", self.old)
        d.ready("other", 2)
        self.assertEqual(d.state("p"), ("STARTING", 0))
        return d

    def ends(self, d, count=2):
        """What is left ends, and p is spawned, once."""
        self.assertTrue(alive(self.old))
        self.assertEqual(d.lines("p.ready"), [str(self.old)])
        d.go("p")
        new = d.ready("p", count)
        self.assertFalse(alive(self.old))
        d.becomes("p", "RUNNING")
        self.assertOnce(d, "p")
        self.assertEqual(d.lines("p.term"), [str(self.old)])
        self.assertEqual(len(d.all_holders()), 2)
        return new

    def test_it_can_be_stopped(self):
        d = self.waiting()
        self.assertEqual(d.ctl("stop", "p"), (0, "p: stopped\n"))
        self.assertEqual(d.state("p"), ("STOPPED", 0))
        self.assertTrue(alive(self.old))
        d.wait_for(r"INFO stopped: p \(not spawned yet\)\n")
        self.assertNotIn("supervisord that died", d.ctl("why", "p")[1])  # nobody's death
        d.go("p")
        d.wait_for(rf"p: pid {self.old} of the supervisord that died has ended\n")
        self.assertEqual(d.state("p"), ("STOPPED", 0))
        self.assertEqual(d.ctl("start", "p"), (0, "p: started\n"))
        d.ready("p", 2)

    def test_stopped_and_started_it_waits_again(self):
        d = self.waiting()
        self.assertEqual(d.ctl("stop", "p")[0], 0)
        with client(d) as proxy:
            self.assertTrue(proxy.supervisor.startProcess("p", False))  # does not wait
        self.assertEqual(d.state("p"), ("STARTING", 0))
        self.ends(d)

    def test_the_daemons_end_waits_for_it(self):
        d = self.waiting()
        d.send(signal.SIGTERM)
        d.wait_for(rf"INFO waiting for p: pid {self.old} of the supervisord that died to die\n")
        self.assertIsNone(d.process.poll())
        self.assertTrue(alive(self.old))
        d.go("p")
        self.assertEqual(d.process.wait(PATIENCE), 0)
        self.assertEqual(d.all_holders(), [])
        self.assertEqual(d.lines("p.ready"), [str(self.old)])
        self.assertFalse(os.path.exists(d.register))

    def test_the_daemons_end_kills_it_in_its_time(self):
        d = self.waiting("stopwaitsecs=8")
        self.assertEqual(d.finish(), 0)
        self.assertEqual(d.all_holders(), [])
        self.assertIn(f"p: pid {self.old} of the supervisord that died has not stopped; killing it", d.log())

    def test_over_a_restart(self):
        d = self.waiting()
        d.send(signal.SIGHUP)
        d.wait_for("supervisord started with pid", 3)
        d.ready("other", 3)
        self.assertEqual(d.state("p"), ("STARTING", 0))
        self.ends(d)
        self.assertEqual(len(d.stops_first("p", self.old)), 1)

    def test_over_deaths_of_the_worker(self):
        d = self.waiting()
        for deaths in (1, 2):
            os.kill(d.working_pid, signal.SIGKILL)
            d.wait_for(r"supervisord's worker \(pid \d+\) ended: ", deaths)
        self.assertEqual(d.state("p"), ("STARTING", 0))
        self.ends(d)

    def test_over_the_death_of_the_keeper(self):
        d = self.waiting()
        worker = d.working_pid
        d.process.kill()
        d.process.wait(PATIENCE)
        wait_until(lambda: f"{worker} is it now" in d.log(), "another keeper")
        d.pid = worker
        try:
            self.assertEqual(d.state("p"), ("STARTING", 0))
            self.ends(d)
        finally:
            d.go("p")
            os.kill(worker, signal.SIGTERM)
            wait_until(lambda: not alive(worker), "its end")

    def test_over_an_upgrade(self):
        d = self.waiting()
        self.assertEqual(d.ctl("upgrade")[0], 0)
        self.assertEqual(d.state("p"), ("STARTING", 0))
        self.ends(d)

    def test_over_another_death_of_both(self):  # 86, twice
        d = self.waiting()
        d.kill_whole()
        d.begin()
        self.assertEqual(len(d.wait_for(rf"WARN p: pid {self.old} of the supervisord that died still runs", 2)), 2)
        d.stops_first("other", d.ready("other", 2))
        d.ready("other", 3)
        self.assertEqual(d.state("p"), ("STARTING", 0))
        d.go("p")
        d.ready("p", 2)
        self.assertOnce(d, "p")

    def test_too_many_deaths_end_it_as_well(self):  # 75
        d = self.waiting("stopwaitsecs=8", survive="survive=true\nsurvivelimit=1/600s\n")
        os.kill(d.working_pid, signal.SIGKILL)
        self.assertEqual(d.process.wait(PATIENCE), 70)
        self.assertEqual(d.all_holders(), [])


class Ignore(Case):
    def test_there_are_two(self):  # 87
        with Pair(program("p"), "leftovers=ignore\n", quick=("p",)) as d:
            old = d.ready("p")
            d.kill_whole()
            d.begin()
            d.wait_for(rf"WARN p: pid {old} of the supervisord that died still runs\n")
            d.ready("p", 2)
            d.becomes("p", "RUNNING")
            self.assertTrue(alive(old))
            self.assertTrue(d.there("p.double"))
            self.assertEqual(d.finish(), 0)
            self.assertEqual(d.all_holders(), [old])
            self.assertEqual(d.lines("p.term"), [d.lines("p.ready")[1]])

    def test_one_process_knows_of_none(self):
        with Pair(program("p"), quick=("p",)) as d:
            old = d.ready("p")
            d.kill_whole()
            d.write("s.conf", d.read("s.conf").replace("survive=true\n", ""))
            d.begin()
            d.ready("p", 2)
            self.assertTrue(alive(old))
            self.assertNotIn("supervisord that died", d.log())


class Register(Case):
    def changed(self, change, said):
        """What a register says that `change` has seen is not believed: what is left is not touched."""
        with Pair(program("p"), quick=("p",)) as d:
            old = d.ready("p")
            d.kill_whole()
            change(d)
            d.begin()
            d.ready("p", 2)
            self.assertTrue(alive(old))
            self.assertNotIn("supervisord that died", d.log())
            self.assertEqual(re.findall(rf"WARN {d.register} (.*): what it says is ignored\n", d.log()), said)
            self.assertEqual(d.finish(), 0)
            self.assertEqual(d.lines("p.term"), [d.lines("p.ready")[1]])

    def write(self, d, at, data):
        with open(d.register, "r+b") as f:
            f.seek(at)
            f.write(data)

    def test_that_was_cut(self):  # 89
        self.changed(lambda d: os.truncate(d.register, 300000), ["is cut"])

    def test_of_another_boot(self):  # 89
        self.changed(lambda d: self.write(d, BOOT_ID_AT, b"f" * 36), ["is of another boot"])

    def test_of_another_user(self):  # 89
        if os.getuid() != 0:
            self.skipTest("not root")
        self.changed(lambda d: os.chown(d.register, 65534, -1), ["belongs to another user"])

    def test_that_is_a_link(self):  # 89
        def link(d):
            os.rename(d.register, d.register + ".moved")
            os.symlink(d.register + ".moved", d.register)
        self.changed(link, ["is a link"])

    def test_in_a_folder_on_a_disk(self):  # 93
        folder = "/var/tmp"
        if subprocess.run(["stat", "-fc%T", folder], capture_output=True).stdout == b"tmpfs\n":
            self.skipTest("no disk")
        with Pair(program("p"), quick=("p",), folder=folder) as d:
            d.wait_for("INFO the register of programs has no file")
            old = d.ready("p")
            d.kill_whole()
            d.begin()
            d.ready("p", 2)
            self.assertTrue(alive(old))
            self.assertNotIn("supervisord that died", d.log())
            self.assertFalse(os.path.exists(d.register))

    def test_that_is_gone(self):
        self.changed(lambda d: os.unlink(d.register), [])

    def test_whose_pids_are_others_by_now(self):  # 88
        innocent = subprocess.Popen(["sleep", "1000"])
        self.addCleanup(innocent.wait)
        self.addCleanup(innocent.kill)
        old_enough = time.monotonic() + 0.1  # for nobody to take it for what a daemon spawns from now on
        wait_until(lambda: time.monotonic() > old_enough, "it to be an old one")
        self.changed(lambda d: self.write(d, SLOTS_AT + 4, innocent.pid.to_bytes(4, "little")), [])
        self.assertIsNone(innocent.poll())

    def test_of_a_pair_that_lives(self):  # 90
        with Pair(program("p"), quick=("p",)) as d:
            old = d.ready("p")
            d.write("other.conf", re.sub(r"\[unix_http_server\]\nfile=.*\n", "", d.read("s.conf")))
            second = subprocess.run([os.path.join(BIN, "supervisord"), "-n", "-c", os.path.join(d.dir, "other.conf")],
                                    capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(second.returncode, 2)
            self.assertIn(f"another supervisord uses {d.pid_path} and lives", second.stderr)
            self.assertEqual(d.all_holders(), [old])

    def test_of_programs_that_are_dead(self):  # 91
        with Pair(program("p"), quick=("p",)) as d:
            old = d.ready("p")
            d.kill_whole()
            os.kill(old, signal.SIGKILL)
            wait_until(lambda: not alive(old), "its end")
            d.begin()
            d.ready("p", 2)
            self.assertNotIn("supervisord that died", d.log())


if __name__ == "__main__":
    unittest.main()
