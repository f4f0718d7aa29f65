#!/usr/bin/env python3
"""With survive=true the daemon outlives its own death: its worker is killed, and programs, output, exits and states are as
if nothing had been. Numbers are vectors of docs/contract/survival.md. `make chaos` runs the long version (TROUPE_KILLS)."""
import contextlib
import json
import os
import random
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request
import xmlrpc.client

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rpc_support import SERVER, client  # noqa: E402
from support import BIN, PATIENCE, Daemon, alive, all_children_of, free_port, name_of, preloading, stat_fields, wait_until  # noqa: E402

PYTHON = sys.executable
NEXT_KEEPER = os.path.join(os.path.dirname(BIN), "tests", "next_keeper")
BRIEF_KEEPER = os.path.join(os.path.dirname(BIN), "tests", "brief_keeper")
TALKER = os.path.join(os.path.dirname(BIN), "tests", "talker")
KILLS = int(os.environ.get("TROUPE_KILLS", "12"))
SURVIVE = "survive=true\nsurvivelimit=1000000/1s\n"
AT_ONCE = "survive=true\nsurvivelimit=1000000/0.01s\n"  # no death is a second one, so that the keeper waits before none


def is_available():
    """Children that are made by fork(2) (sanitizers, portable builds) can be nobody else's."""
    with Daemon("", SURVIVE) as d:
        d.started()
        return "survive=true is not available here" not in d.log()


AVAILABLE = is_available()
ENDS_OF_STRANGERS_ARE_KNOWN = tuple(map(int, os.uname().release.split("-")[0].split(".")[:2])) >= (6, 15)


class Elsewhere:
    """A daemon's process that is no child of ours, as far as subprocess.Popen is asked."""
    stdout = returncode = None

    def __init__(self, pid):
        self.pid = pid

    def poll(self):
        return None if alive(self.pid) else 0

    def wait(self, timeout=None):
        wait_until(lambda: not alive(self.pid), "the end", timeout)
        return 0

    def send_signal(self, signo):
        os.kill(self.pid, signo)

    def kill(self):
        self.send_signal(signal.SIGKILL)


class Pair(Daemon):
    def __init__(self, text="", options="", survive=SURVIVE, start=True, **more):
        super().__init__(SERVER + text, survive + options, start=start, **more)
        if start:
            self.started()

    def worker(self):
        """The pid of the one there is now."""
        def found():
            return next((pid for pid in all_children_of(self.pid) if name_of(pid) == "troupe-worker"), None)
        return wait_until(found, "a worker")

    def kill(self, signo=signal.SIGKILL):
        """The worker; returns when another one has taken its place."""
        before, worker = self.log().count("supervisord's worker (pid "), self.worker()
        os.kill(worker, signo)
        self.wait_for(r"supervisord's worker \(pid \d+\) ended: ", before + 1)

    def states(self):
        with client(self) as proxy:
            return {p["name"]: (p["statename"], p["pid"], p["start"]) for p in proxy.supervisor.getAllProcessInfo()}

    def settle(self, *names):
        wait_until(lambda: all(self.states()[name][0] == "RUNNING" for name in names), f"{names} to run")

    def ctl(self, *words, url=None):
        return subprocess.run([os.path.join(BIN, "supervisorctl"), "-s", url or f"unix://{self.dir}/s.sock", *words],
                              capture_output=True, text=True, timeout=PATIENCE)


# Notes the names of its events in FILE.seen.
LISTENER = ("import sys\nwhile 1:\n sys.stdout.write('READY\\n'); sys.stdout.flush()\n"
            " h = dict(x.split(':') for x in sys.stdin.readline().split()); sys.stdin.read(int(h['len']))\n"
            " open(sys.argv[0] + '.seen', 'a').write(h['eventname'] + '\\n')\n"
            " sys.stdout.write('RESULT 2\\nOK'); sys.stdout.flush()\n")
CAT = "[program:cat]\ncommand=/bin/cat\n"
PAUSE = os.environ.get("TROUPE_PAUSE", "0.002")  # of a writer, in seconds, after each 20 lines
WRITER = """
import os, random, signal, sys, time
name, mean = sys.argv[1], float(sys.argv[2])
life, n = os.getpid(), 0
def end_soon(*_):
    global end
    end = 0
signal.signal(signal.SIGTERM, end_soon)
end = time.monotonic() + (random.expovariate(1 / mean) if mean else 1e9)
while time.monotonic() < end:
    os.write(1, f"{life}:{n}:{'x' * random.randrange(3000) if n % 7 == 0 else ''}\\n".encode())
    n += 1
    if n % 20 == 0:
        time.sleep(""" + PAUSE + """)
with open(sys.argv[0] + ".ends." + name, "a") as f:
    f.write(f"{life} {n}\\n")
os._exit(life % 7 + 1)
"""


def writer(name, lives=0, more=""):
    """A program that writes numbered lines at once, without end or for so many seconds, and then exits with its pid % 7 + 1."""
    return (f"[program:{name}]\ncommand={PYTHON} -u {{dir}}/writer.py {name} {lives}\nstdout_logfile={{dir}}/{name}.out\n"
            f"startsecs=0\nstartretries=1000000\nautorestart=true\n{more or 'stdout_logfile_maxbytes=0'}\n")


@contextlib.contextmanager
def clients_that_meddle(d, names):
    """Somebody stops programs and starts them again, whatever the daemon makes of that."""
    over, dice = threading.Event(), random.Random(3)

    def meddle():
        while not over.wait(dice.uniform(0, 0.1)):
            name = dice.choice(names)
            try:
                with client(d) as proxy:
                    proxy.system.multicall([{"methodName": f"supervisor.{verb}Process", "params": [name]}
                                            for verb in ("stop", "start")])
            except Exception:  # the worker died with the answer
                pass

    thread = threading.Thread(target=meddle)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class Case(unittest.TestCase):
    def setUp(self):
        if not AVAILABLE:
            self.skipTest("this build can have no keeper")

    def assertExits(self, log, name):
        """Every child of a writer is made once, and ends once, as it says; all but the last one have ended."""
        spawned = re.findall(rf"spawned: '{name}' with pid (\d+)", log)
        codes = re.findall(rf"(?:exited|stopped): {name} \((?:exit status (\w+)|terminated by SIGTERM)", log)
        if len(spawned) != len(codes):
            lines = re.findall(rf".*(?:spawned: '{name}'|exited: {name} |stopped: {name} |killing {name} |'{name}' \().*", log)
            at = next((i for i, (one, next) in enumerate(zip(lines, lines[1:])) if "spawned: " in one and "spawned: " in next), len(lines))
            self.fail(f"{len(spawned)} children of {name}, {len(codes)} ends:\n" + "\n".join(lines[max(at - 4, 0):at + 6]))
        self.assertEqual(len(set(spawned)), len(spawned), name)
        for pid, code in zip(spawned, codes):
            if code and (code != "unknown" or ENDS_OF_STRANGERS_ARE_KNOWN):  # else it was stopped before it was ready to be
                self.assertEqual(code, str(int(pid) % 7 + 1), name)

    def gone(self, d):
        """`kill -9` of the daemon's pid: another one has taken its place."""
        worker, before = d.worker(), d.log().count("is it now")
        os.kill(d.pid, signal.SIGKILL)
        d.process.wait(PATIENCE)
        wait_until(lambda: d.log().count("is it now") > before, "another one in its place")
        self.assertIn(f"CRIT the process with supervisord's pid {d.pid} is gone; {worker} is it now", d.log())
        d.pid, d.process = worker, Elsewhere(worker)

    def assertWhole(self, d, name):
        """Every line of every life is there once and in order."""
        seen = {}
        for line in d.read(f"{name}.out").splitlines():
            life, n = line.split(":")[:2]
            self.assertEqual(int(n), seen.get(life, 0), f"{name}, life {life}")
            seen[life] = int(n) + 1
        try:
            ends = dict(line.split() for line in d.read(f"writer.py.ends.{name}").splitlines())
        except FileNotFoundError:
            ends = {}
        for life, count in ends.items():
            self.assertEqual(seen.get(life, 0), int(count), f"{name}, life {life}")


class Shape(Case):
    def test_without_the_option_there_is_one_process(self):  # 1
        with Pair(CAT, survive="") as d:
            d.settle("cat")
            self.assertEqual(list(all_children_of(d.pid)), [d.pid_of("cat")])
            self.assertFalse([f for f in os.listdir(f"/proc/{d.pid}/fd")
                              if "memfd" in os.readlink(f"/proc/{d.pid}/fd/{f}")])

    def test_no_memory_for_another_one_to_follow(self):
        limit = 60 << 20  # as `ulimit -v` sets it: the daemon itself needs less
        with Pair(CAT, preexec=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit))) as d:
            d.settle("cat")
            self.assertIn("WARN survive=true is not available here: no memory for the ledger: ENOMEM; a crash of supervisord "
                          "will not be survived", d.records())
            self.assertEqual(list(all_children_of(d.pid)), [d.pid_of("cat")])

    def test_keeper_and_worker(self):  # 2, 11
        with Pair(CAT, "pidfile={dir}/s.pid\n") as d:
            d.settle("cat")
            self.assertEqual(int(d.read("s.pid")), d.pid)
            with client(d) as proxy:
                self.assertEqual(proxy.supervisor.getPID(), d.pid)
            self.assertEqual(name_of(d.pid), "supervisord")
            self.assertEqual(set(all_children_of(d.pid)), {d.worker(), d.pid_of("cat")})
            self.assertEqual(all_children_of(d.worker()), {})
            with open(f"/proc/{d.pid}/cmdline") as f:
                self.assertEqual(f.read().split("\0")[:-1], d.argv)

    def test_in_the_background(self):  # 3
        with Pair(CAT, "pidfile={dir}/s.pid\n", args=(), start=False) as d:
            started = subprocess.run(d.argv, env=d.env, timeout=PATIENCE, stdin=subprocess.DEVNULL)
            self.assertEqual(started.returncode, 0)
            pid = d.pid = int(d.read("s.pid"))
            try:
                with client(d) as proxy:
                    self.assertEqual(proxy.supervisor.getPID(), pid)
                before = d.worker()
                os.kill(before, signal.SIGKILL)
                wait_until(lambda: "resumed after" in d.log(), "another worker")
                self.assertNotEqual(d.worker(), before)
                d.settle("cat")
            finally:
                os.kill(pid, signal.SIGTERM)
                wait_until(lambda: not alive(pid), "the daemon's end")
            self.assertFalse(os.path.exists(d.dir + "/s.pid"))

    def test_errors_come_before_a_second_process(self):  # 5
        taken = socket.create_server(("127.0.0.1", free_port()))
        with taken, Daemon(f"[inet_http_server]\nport=127.0.0.1:{taken.getsockname()[1]}\n", SURVIVE) as d:
            status, said = d.refusal()
            self.assertEqual(status, 2)
            self.assertIn("already listening", said)

    def test_the_keeper_may_be_without_its_program(self):  # 7
        with Pair(CAT, start=False) as d:
            shutil.copy(os.path.join(BIN, "supervisord"), d.dir + "/supervisord")
            d.argv[0] = d.dir + "/supervisord"
            d.start()
            d.started()
            self.assertIn("INFO no keeper program beside", d.log())
            d.settle("cat")
            before = d.states()
            d.kill()
            self.assertEqual(d.states(), before)

    def test_a_second_daemon(self):  # 90
        with Pair(CAT) as d:
            again = subprocess.run(d.argv, env=d.env, capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(again.returncode, 2)
            self.assertIn("Another program is already listening", again.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_as_nobody(self):  # 8
        with Pair(CAT, "user=nobody\n") as d:
            d.started()
            d.settle("cat")
            before = d.states()
            for pid in (d.pid, d.worker()):
                self.assertNotEqual(os.stat(f"/proc/{pid}").st_uid, 0)
            d.kill()
            self.assertEqual(d.states(), before)


class Kept(Case):
    def test_why_knows_of_a_life_that_began_before_the_death(self):
        """Its words, and that it ran well: of one whose log is read back, and of one that has none."""
        def program(name, more=""):
            return (f"[program:{name}]\nautostart=false\nautorestart=false\nstartsecs=0\n{more}"
                    f"command=/bin/sh -c 'echo words of {name}; read line; echo more; exit 3'\n")
        with Pair(program("web") + program("mute", "stdout_logfile=NONE\n")) as d:
            for name in ("web", "mute"):
                for _ in range(2):  # the second life is none that the image has
                    d.ctl("start", name)
                    wait_until(lambda name=name: "words" in d.ctl("tail", name).stdout or name == "mute", "its words")
                    d.ctl("stop", name) if _ == 0 else None
            d.kill()
            d.kill()
            for name in ("web", "mute"):
                with client(d) as proxy:
                    proxy.supervisor.sendProcessStdin(name, "\n")
                told = wait_until(lambda name=name: (text := d.ctl("why", name).stdout) and "exit status 3" in text and text, "its end")
                self.assertRegex(told, "  changed  nothing since ")
                self.assertIn("           more\n", told)
                self.assertEqual("           words of web\n" in told, name == "web")

    def test_programs_pipes_and_states(self):
        programs = CAT + writer("w") + "[program:off]\ncommand=/bin/cat\nautostart=false\n[program:out]\ncommand=/bin/cat\n"
        with Pair(programs, files={"writer.py": WRITER}) as d:
            d.settle("cat", "w", "out")
            with client(d) as proxy:
                proxy.supervisor.stopProcess("out")
            before = d.states()
            for _ in range(3):
                d.kill()
                self.assertEqual(d.states(), before)
                self.assertEqual(stat_fields(before["cat"][1])[1], str(d.pid))  # its parent
            with client(d) as proxy:  # it can still do everything
                self.assertEqual(proxy.supervisor.getPID(), d.pid)
                proxy.supervisor.stopProcess("w")
                proxy.supervisor.startProcess("off")
                proxy.supervisor.sendProcessStdin("cat", "hello\n")
            self.assertWhole(d, "w")
            self.assertRegex(d.log(), r"CRIT supervisord's worker \(pid \d+\) ended: terminated by SIGKILL; resumed after "
                                      r"\d+ ms, 2 processes kept \(1 of 1000000 within 1 s\)\n")

    def test_over_tcp(self):
        port = free_port()
        with Pair(CAT + f"[inet_http_server]\nport=127.0.0.1:{port}\n") as d:
            d.settle("cat")
            os.kill(d.worker(), signal.SIGKILL)
            proxy = xmlrpc.client.ServerProxy(f"http://127.0.0.1:{port}/RPC2")  # 66: it waits, and is served
            self.assertEqual(proxy.supervisor.getPID(), d.pid)
            self.assertEqual(d.ctl("status", url=f"http://127.0.0.1:{port}").returncode, 0)

    def test_what_waits_for_its_stdin_arrives(self):  # 61
        slow = ("import os, time\nwhile not os.path.exists('go'): time.sleep(0.01)\n"
                "out = os.open('seen', os.O_WRONLY | os.O_CREAT | os.O_APPEND)\n"
                "while True:\n os.write(out, os.read(0, 3000))\n time.sleep(0.002)\n")
        with Pair(f"[program:slow]\ncommand={PYTHON} {{dir}}/slow.py\ndirectory={{dir}}\n" + CAT,
                  files={"slow.py": slow}) as d:
            d.settle("slow", "cat")
            held = len(os.listdir(f"/proc/{d.pid}/fd"))
            text, sent = "".join(f"{i} " for i in range(200_000)), 0

            def send(size):
                nonlocal sent
                with client(d) as proxy:
                    self.assertTrue(proxy.supervisor.sendProcessStdin("slow", text[sent:sent + size]))
                sent += size

            send(300_000)
            d.kill()  # nobody has read a byte yet
            send(50_000)
            self.assertEqual(d.ctl("upgrade").returncode, 0)
            send(50_000)
            self.gone(d)
            send(50_000)
            d.kill()
            open(f"{d.dir}/go", "w").close()
            for i in range(12):  # while it reads
                send(20_000)
                if i % 4 == 3:
                    self.assertEqual(d.ctl("upgrade").returncode, 0)
                else:
                    d.kill()
            self.gone(d)
            seen = lambda: os.path.exists(f"{d.dir}/seen") and d.read("seen")  # noqa: E731
            wait_until(lambda: len(seen() or "") >= sent, "all of it", 60)
            self.assertEqual(seen(), text[:sent])
            wait_until(lambda: len(os.listdir(f"/proc/{d.pid}/fd")) == held, "the keeper to let go of it")

    def test_an_exit_while_there_is_no_worker(self):  # 40, 41
        with Pair("[program:a]\ncommand=/bin/cat\nautorestart=true\nstartsecs=0\n") as d:
            d.settle("a")
            first, worker = d.pid_of("a"), d.worker()
            os.kill(worker, signal.SIGSTOP)
            os.kill(first, signal.SIGUSR1)
            wait_until(lambda: not alive(first), "the program's end")
            os.kill(worker, signal.SIGKILL)
            d.wait_for("exited: a \\(terminated by SIGUSR1; not expected\\)")
            second = d.pid_of("a", 2)
            wait_until(lambda: d.states()["a"][:2] == ("RUNNING", second), "the next life")
            self.assertNotIn("unknown pid", d.log())

    def test_the_time_of_an_exit_is_when_it_was(self):  # 41
        with Pair("[program:a]\ncommand=/bin/cat\nstartsecs=3\nstartretries=0\n") as d:
            first, worker = d.pid_of("a"), d.worker()
            begun = time.monotonic()
            os.kill(worker, signal.SIGSTOP)
            os.kill(first, signal.SIGKILL)
            wait_until(lambda: not alive(first), "the program's end")
            wait_until(lambda: time.monotonic() - begun > 3.1, "startsecs to be over")
            os.kill(worker, signal.SIGKILL)
            d.wait_for("exited: a .terminated by SIGKILL; not expected")
            wait_until(lambda: d.states()["a"][0] == "FATAL", "that it counts as a failed start")

    def test_a_stop_under_way(self):  # 45, 46
        with Pair("[program:deaf]\ncommand=/bin/sh -c 'trap \"\" TERM; echo deaf; while :; do read x; done'\nstopwaitsecs=4\n"
                  "stdout_logfile={dir}/deaf.out\n") as d:
            wait_until(lambda: "deaf" in d.read("deaf.out"), "it to be deaf")
            d.settle("deaf")
            with client(d) as proxy:
                proxy.supervisor.stopProcess("deaf", False)
            d.kill()
            self.assertEqual(d.states()["deaf"][0], "STOPPING")
            wait_until(lambda: d.states()["deaf"][0] == "STOPPED", "its SIGKILL")
            self.assertIn("killing 'deaf'", d.log())

    def test_groups_that_came_and_went(self):  # 53, 55, 124
        with Pair(CAT + "[program:gone]\ncommand=/bin/cat\n[include]\nfiles={dir}/more.conf\n") as d:
            d.settle("cat", "gone")
            d.write("more.conf", "[program:new]\ncommand=/bin/cat\n")
            with client(d) as proxy:
                proxy.supervisor.reloadConfig()
                proxy.supervisor.addProcessGroup("new")
                proxy.supervisor.stopProcess("gone")
                proxy.supervisor.removeProcessGroup("gone")
            d.settle("new")
            before = d.states()
            d.write("more.conf", "[program:new\nbroken")
            d.kill()
            self.assertEqual(d.states(), before)
            self.assertEqual(set(before), {"cat", "new"})
            d.write("more.conf", "[program:new]\ncommand=/bin/sleep 1000\n")
            with client(d) as proxy:
                self.assertEqual(proxy.supervisor.reloadConfig(), [[["gone"], ["new"], []]])

    def test_many_groups_that_came_and_went(self):
        """Each is a change of what the keeper holds; now and then that is made anew."""
        program = "[program:n{}]\ncommand=/bin/cat\nstartsecs=0\nenvironment=WIDE=\"" + "x" * 4000 + "\"\n"
        with Pair(CAT + "[include]\nfiles={dir}/more.conf\n", "loglevel=info\n") as d:
            d.settle("cat")
            there, written = [], []
            for turn in range(6):
                written += range(turn * 10, turn * 10 + 10)
                d.write("more.conf", "".join(program.format(n) for n in written))
                with client(d) as proxy:
                    proxy.supervisor.reloadConfig()
                    for n in written[-10:]:
                        proxy.supervisor.addProcessGroup(f"n{n}")
                    there += written[-10:]
                    for n in there[::3]:
                        proxy.supervisor.stopProcess(f"n{n}")
                        proxy.supervisor.removeProcessGroup(f"n{n}")
                    there = [n for i, n in enumerate(there) if i % 3]
                before = d.states()
                self.assertEqual(set(before), {"cat"} | {f"n{n}" for n in there})
                if turn == 3:
                    self.assertEqual(d.ctl("upgrade").returncode, 0)
                    self.assertEqual(d.states(), before)
                d.kill()
                self.assertEqual(d.states(), before)
                with client(d) as proxy:  # and what was read is known
                    added, changed, removed = proxy.supervisor.reloadConfig()[0]
                for _ in range(3):  # of the image that this has made no change is there yet
                    d.kill()
                    self.assertEqual(d.states(), before)
                self.assertNotIn("could not watch", d.log())
                self.assertEqual((sorted(added), changed, removed), (sorted(f"n{n}" for n in written if n not in there), [], []))
            with client(d) as proxy:
                proxy.supervisor.addProcessGroup("n0")
            self.gone(d)
            self.assertEqual(set(d.states()), set(before) | {"n0"})

    def test_events_have_the_same_serials(self):
        listener = ("import sys\nwhile 1:\n sys.stdout.write('READY\\n'); sys.stdout.flush()\n"
                    " h = dict(x.split(':') for x in sys.stdin.readline().split())\n sys.stdin.read(int(h['len']))\n"
                    " open(sys.argv[0] + '.seen', 'a').write(h['serial'] + ' ' + h['eventname'] + '\\n')\n"
                    " sys.stdout.write('RESULT 2\\nOK'); sys.stdout.flush()\n")
        with Pair(f"[eventlistener:l]\ncommand={PYTHON} {{dir}}/l.py\nevents=REMOTE_COMMUNICATION\n",
                  files={"l.py": listener}) as d:
            d.settle("l")

            def publish():
                with client(d) as proxy:
                    proxy.supervisor.sendRemoteCommEvent("a", "b")

            def seen():
                try:
                    return [int(line.split()[0]) for line in d.read("l.py.seen").splitlines()]
                except FileNotFoundError:
                    return []
            publish()
            wait_until(lambda: len(seen()) == 1, "the event")
            d.kill()
            d.settle("l")
            publish()
            wait_until(lambda: len(seen()) >= 2, "the next event")
            self.assertGreater(seen()[-1], seen()[0])

    def test_programs_that_share_a_log_keep_their_lines(self):
        """What is read from a pipe are whole writes, as without a keeper: nobody asks for a part of what may come."""
        names = ("a", "b", "c")
        programs = "".join(f"[program:{name}]\ncommand={TALKER} say 1 20 400000 20\nstdout_logfile={{dir}}/all\n"
                           "stdout_logfile_maxbytes=0\nstartsecs=0\nautorestart=false\n" for name in names)
        with Pair(programs, "loglevel=info\n") as d:
            d.wait_for(r"exited: \w \(exit status 0; expected\)", len(names))
            self.assertEqual({len(line) for line in d.read("all").splitlines()}, {19})

    def test_nothing_is_lost_in_many_deaths(self):  # 79
        random.seed(7)
        names = [f"p{i}" for i in range(int(os.environ.get("TROUPE_WRITERS", "8")))]
        programs = "".join(writer(name, lives=0.5) for name in names)
        with Pair(programs, "loglevel=info\n", survive=AT_ONCE, files={"writer.py": WRITER}) as d:
            with clients_that_meddle(d, names):
                for _ in range(KILLS):
                    until = time.monotonic() + random.random() * 0.2
                    wait_until(lambda: time.monotonic() > until, "a random moment")
                    d.kill()
            with client(d) as proxy:
                proxy.supervisor.stopAllProcesses()
            # The keeper lets a child that has ended lie for a moment, for the worker to look at.
            wait_until(lambda: set(all_children_of(d.pid)) == {d.worker()}, "no child but the worker")
            log = d.log()
            self.assertNotIn("unknown pid", log)
            for name in names:
                self.assertExits(log, name)
                self.assertWhole(d, name)


class Upgrade(Case):
    def test_another_binary_takes_the_place_of_the_worker(self):  # 94, 108
        with Pair(CAT + writer("w"), "loglevel=info\n", files={"writer.py": WRITER}) as d:
            d.settle("cat", "w")
            before, worker = d.states(), d.worker()
            said = d.ctl("upgrade")
            self.assertRegex(said.stdout, rf"upgraded to the same version \S+ in \d+ ms \(pid {d.pid}, 2 processes")
            self.assertEqual(d.worker(), worker)
            self.assertEqual(d.states(), before)
            d.kill()
            self.assertEqual(d.states(), before)
            self.assertEqual(d.ctl("upgrade").returncode, 0)
            with client(d) as proxy:
                proxy.supervisor.stopProcess("cat")
                proxy.supervisor.startProcess("cat")
            before = d.states()
            d.kill()
            self.assertEqual(d.states(), before)
            with client(d) as proxy:
                proxy.supervisor.stopProcess("w")
            self.assertWhole(d, "w")
            self.assertNotIn("unknown pid", d.log())

    def test_deaths_of_either_and_upgrades_in_turn(self):
        random.seed(9)
        names = [f"p{i}" for i in range(4)]
        with Pair("".join(writer(name, lives=0.5) for name in names), "loglevel=info\n", survive=AT_ONCE,
                  files={"writer.py": WRITER}) as d:
            for _ in range(KILLS):
                what = random.randrange(3)
                if what == 0:
                    d.kill()
                elif what == 1:
                    self.gone(d)
                elif (said := d.ctl("upgrade")).returncode != 0:  # a machine that has too much to do
                    self.assertIn("did not come to rest within 2 s", said.stdout)
            with client(d) as proxy:
                proxy.supervisor.stopAllProcesses()
            log = d.log()
            self.assertNotIn("unknown pid", log)
            for name in names:
                self.assertExits(log, name)
                self.assertWhole(d, name)


def installed(folder):
    """A copy of the binaries, whose keeper can be replaced. The daemon's path and the keeper's."""
    os.makedirs(f"{folder}/bin"), os.makedirs(f"{folder}/libexec/troupe")
    keeper = shutil.copy(os.path.join(BIN, "..", "libexec", "troupe", "keeper"), f"{folder}/libexec/troupe/keeper")
    return shutil.copy(os.path.join(BIN, "supervisord"), f"{folder}/bin"), keeper


def replace(path, by):
    shutil.copy(by, path + ".new")
    os.chmod(path + ".new", 0o755)
    os.rename(path + ".new", path)


class Renewal(Case):  # 130
    def started(self, folder, more=""):
        program, keeper = installed(folder)
        names = ["w0", "w1"]
        text = CAT + "".join(writer(name, lives=0.3) for name in names) + more
        return Pair(text, "loglevel=info\npidfile={dir}/s.pid\n", files={"writer.py": WRITER}, argv=[program]), keeper, names

    def whole(self, d, names):
        with client(d) as proxy:
            proxy.supervisor.stopAllProcesses()
        self.assertNotIn("unknown pid", d.log())
        for name in names:
            self.assertExits(d.log(), name)
            self.assertWhole(d, name)

    def test_a_newer_keeper_is_executed_in_place(self):
        with tempfile.TemporaryDirectory() as folder:
            d, keeper, names = self.started(folder)
            with d:
                d.settle("cat")
                cat, words = d.states()["cat"], d.argv
                self.assertEqual(d.ctl("upgrade").returncode, 0)  # the same keeper: nothing to be said of it
                d.kill()
                replace(keeper, NEXT_KEEPER)
                self.assertEqual(d.ctl("upgrade").returncode, 0)
                d.wait_for(rf"INFO the keeper is {keeper} now, of kind 2\n")
                self.assertTrue(os.path.samefile(f"/proc/{d.pid}/exe", keeper))
                with open(f"/proc/{d.pid}/cmdline") as f:
                    self.assertEqual(f.read().split("\0")[:-1], words)
                for _ in range(5):  # and it is a keeper
                    d.kill()
                    self.assertEqual(d.states()["cat"], cat)
                d.send(signal.SIGUSR1)
                d.wait_for(r"INFO upgraded \S+ to \S+ in", 3)
                self.gone(d)
                self.assertEqual(d.states()["cat"], cat)
                exits = d.log().count("exited: w0")
                d.wait_for("exited: w0", exits + 2)
                self.whole(d, names)
                self.assertEqual(d.log().count("the keeper is "), 1)
                self.assertNotIn("the keeper stays", d.log())
                d.finish()
                self.assertFalse(os.path.exists(f"{d.dir}/s.pid"))

    def test_in_the_middle_of_much(self):
        with tempfile.TemporaryDirectory() as folder:
            d, keeper, names = self.started(folder, "".join(writer(f"m{i}", lives=0.05) for i in range(6)))
            with d:
                with clients_that_meddle(d, names):
                    d.settle("cat")
                    replace(keeper, NEXT_KEEPER)
                    self.assertEqual(d.ctl("upgrade").returncode, 0)
                    d.wait_for(rf"INFO the keeper is {keeper} now")
                    exits = d.log().count("exited: ")
                    d.wait_for("exited: ", exits + 20)
                self.whole(d, names + [f"m{i}" for i in range(6)])

    def test_signals_at_that_moment(self):
        for _ in range(3):
            with tempfile.TemporaryDirectory() as folder:
                program, keeper = installed(folder)
                with Pair(CAT, "loglevel=info\n", argv=[program]) as d:
                    d.settle("cat")
                    cat = d.states()["cat"]
                    replace(keeper, NEXT_KEEPER)
                    asked = subprocess.Popen([os.path.join(BIN, "supervisorctl"), "-s", f"unix://{d.dir}/s.sock", "upgrade"],
                                             stdout=subprocess.DEVNULL)
                    d.wait_for("INFO upgraded")
                    for _ in range(40):  # as long as it takes, about
                        d.send(signal.SIGUSR2)
                        wait_until(lambda until=time.monotonic() + 0.001: time.monotonic() > until, "the next one")
                    d.wait_for(rf"INFO the keeper is {keeper} now")
                    d.kill()
                    self.assertEqual(d.states()["cat"], cat)
                    asked.wait(PATIENCE)

    def test_one_that_cannot_be_is_left_alone(self):
        says = "#!/bin/sh\n[ \"$1\" = --check ] || exit 3\n"
        cases = {
            "exit 1\n": " is not Troupe's keeper",
            "echo troupe keeper 1 9; exit 71\n": ": exit status 71",
            "echo troupe keeper 2 9\n": " keeps registers of layout 2, this is 1",
            "echo troupe keeper 1 9; kill -9 $$\n": ": terminated by SIGKILL",
            "sleep 1000\n": ": it was not done with the check after 5 s",
        }
        for text, why in cases.items():
            with self.subTest(text), tempfile.TemporaryDirectory() as folder:
                d, keeper, names = self.started(folder)
                with d:
                    d.settle("cat")
                    cat = d.states()["cat"]
                    with open(f"{folder}/script", "w") as f:
                        f.write(says + text)
                    replace(keeper, f"{folder}/script")
                    self.assertEqual(d.ctl("upgrade").returncode, 0)
                    d.wait_for(rf"WARN the keeper stays as it is: {keeper}{why}\n")
                    d.kill()
                    self.assertEqual(d.states()["cat"], cat)
                    self.whole(d, names)

    def test_one_that_ends_at_once_is_a_death_of_the_keeper(self):
        with tempfile.TemporaryDirectory() as folder:
            d, keeper, names = self.started(folder)
            with d:
                d.settle("cat")
                cat, worker = d.states()["cat"], d.worker()
                os.rename(keeper, os.path.join(os.path.dirname(keeper), "real"))
                shutil.copy(BRIEF_KEEPER, keeper)
                self.assertEqual(d.ctl("upgrade").returncode, 0)
                d.process.wait(PATIENCE)
                d.pid, d.process = worker, Elsewhere(worker)
                d.wait_for(f"; {worker} is it now")
                self.assertEqual(d.states()["cat"], cat)
                self.whole(d, names)


class Sockets(Case):
    def test_fastcgi(self):  # 62
        port = free_port()
        server = ("import os, socket, sys\ns = socket.socket(fileno=0)\nwhile 1:\n c, _ = s.accept()\n"
                  " c.sendall(str(os.getpid()).encode())\n c.close()\n")
        with Pair(f"[fcgi-program:f]\ncommand={PYTHON} {{dir}}/f.py\nsocket=tcp://127.0.0.1:{port}\nnumprocs=2\n"
                  "process_name=%(process_num)s\n", files={"f.py": server}) as d:
            d.settle("0", "1")

            def ask():
                with socket.create_connection(("127.0.0.1", port), PATIENCE) as s:
                    return int(s.recv(100))
            before = {state[1] for state in d.states().values()}
            self.assertIn(ask(), before)
            d.kill()
            self.assertIn(ask(), before)
            with client(d) as proxy:
                proxy.supervisor.stopProcess("f:0")
                proxy.supervisor.startProcess("f:0")  # on the same socket
                d.settle("0", "1")
                self.assertIn(ask(), {state[1] for state in d.states().values()})
                closed = d.log().count("Closing socket")
                proxy.supervisor.stopProcessGroup("f")
            d.wait_for("Closing socket", closed + 1)
            with self.assertRaises(ConnectionRefusedError):
                ask()
            with client(d) as proxy:
                proxy.supervisor.startProcessGroup("f")
            d.settle("0", "1")
            self.assertIn(ask(), {state[1] for state in d.states().values()})

    def test_addresses_can_be_bound_again(self):  # 52
        first, second = free_port(), free_port()
        with Pair(CAT + "[include]\nfiles={dir}/more.conf\n",
                  files={"more.conf": f"[inet_http_server]\nport=127.0.0.1:{first}\n"}) as d:
            d.write("more.conf", f"[inet_http_server]\nport=127.0.0.1:{second}\n")
            d.send(signal.SIGHUP)
            d.wait_for("supervisord started with pid", 2)
            with socket.create_server(("127.0.0.1", first)):
                pass
            d.settle("cat")
            d.kill()
            self.assertEqual(d.ctl("pid", url=f"http://127.0.0.1:{second}").stdout, f"{d.pid}\n")


class Signals(Case):
    def test_each_is_passed_on(self):  # 13
        with Pair(CAT) as d:
            d.settle("cat")
            d.send(signal.SIGUSR2)
            d.wait_for("received SIGUSR2 indicating log reopen request")
            d.send(signal.SIGHUP)
            d.wait_for("received SIGHUP indicating restart request")
            d.wait_for("spawned: 'cat' with pid", 2)
            d.settle("cat")
            self.assertEqual(name_of(d.pid), "supervisord")
            d.kill()  # the worker has started anew, and yet this one goes on
            d.settle("cat")
            self.assertEqual(d.finish(), 0)
            self.assertEqual(d.log().count("received SIGTERM indicating exit request"), 1)

    def test_a_term_while_there_is_no_worker(self):  # 14
        with Pair(CAT) as d:
            d.settle("cat")
            worker = d.worker()
            os.kill(worker, signal.SIGSTOP)
            d.send(signal.SIGTERM)
            os.kill(worker, signal.SIGKILL)
            self.assertEqual(d.process.wait(PATIENCE), 0)
            self.assertIn("stopped: cat", d.log())

    def test_a_term_while_the_worker_waits_for_the_keeper(self):
        """Which it does where an address may be bound again, as after a reload: what the keeper says before its answer."""
        ports = free_port(), free_port()
        with Pair(f"[inet_http_server]\nport=127.0.0.1:{ports[0]}\n") as d:
            d.write("s.conf", d.read("s.conf").replace(str(ports[0]), str(ports[1])))
            worker = d.worker()
            d.send(signal.SIGSTOP)  # so that TERM comes before the answer
            wait_until(lambda: stat_fields(d.pid)[0] == "T", "the keeper to stop")
            os.kill(worker, signal.SIGHUP)

            seen = []

            def waits():
                with open(f"/proc/{worker}/wchan") as f:
                    seen.append("poll" in f.read())
                return len(seen) > 10 and all(seen[-10:])
            wait_until(waits, "the worker to wait")
            d.send(signal.SIGTERM)
            d.send(signal.SIGCONT)
            self.assertEqual(d.process.wait(PATIENCE), 0)

    def test_death_while_the_daemon_stops(self):  # 51
        deaf = "".join(f"[program:d{i}]\ncommand=/bin/sh -c 'trap \"\" TERM; echo deaf; while :; do read x; done'\n"
                       f"stopwaitsecs=3\npriority={i}\nstdout_logfile={{dir}}/d{i}.out\n" for i in range(2))
        with Pair(deaf) as d:
            d.settle("d0", "d1")
            wait_until(lambda: all("deaf" in d.read(f"d{i}.out") for i in range(2)), "both to be deaf")
            programs = [d.pid_of("d0"), d.pid_of("d1")]
            d.send(signal.SIGTERM)
            d.wait_for("waiting for d0, d1 to die")
            os.kill(d.worker(), signal.SIGKILL)
            self.assertEqual(d.process.wait(PATIENCE), 0)
            self.assertFalse(any(alive(pid) for pid in programs))

    def test_usr1_is_an_upgrade(self):  # 125
        with Pair(CAT) as d:
            d.settle("cat")
            before = d.states()
            d.send(signal.SIGUSR1)
            d.wait_for("INFO upgraded ")
            self.assertEqual(d.states(), before)

    def test_a_program_ends_the_daemon_by_a_parent_it_remembers(self):  # 12
        with Pair("[program:k]\ncommand=/bin/sh -c 'p=$PPID; echo ready; read x; kill $p'\nstdout_logfile={dir}/k.out\n") as d:
            wait_until(lambda: os.path.exists(d.dir + "/k.out") and d.read("k.out") == "ready\n", "the program")
            d.settle("k")
            d.kill()
            with client(d) as proxy:
                proxy.supervisor.sendProcessStdin("k", "go\n")
            self.assertEqual(d.process.wait(PATIENCE), 0)
            self.assertIn("received SIGTERM indicating exit request", d.log())

    def test_abort_is_the_way_out_of_a_hang(self):  # 17
        with Pair(CAT) as d:
            d.settle("cat")
            before = d.states()
            d.send(signal.SIGABRT)
            d.wait_for("ended: terminated by SIGABRT")
            self.assertEqual(d.states(), before)


class KeeperGone(Case):
    def test_the_worker_takes_its_place(self):  # 82, 83
        held = "import sys\nfor line in sys.stdin: print('heard ' + line, end='', flush=True)\n"
        listener = f"[eventlistener:l]\ncommand={PYTHON} {{dir}}/l.py\nevents=PROCESS_STATE_EXITED\n"
        with Pair(CAT + listener + f"[program:h]\ncommand={PYTHON} {{dir}}/h.py\nstdout_logfile={{dir}}/h.out\n" +
                  writer("w", lives=0.4), "pidfile={dir}/s.pid\nloglevel=info\n",
                  files={"writer.py": WRITER, "h.py": held, "l.py": LISTENER}) as d:
            d.settle("cat", "h", "w", "l")
            kept = {name: state for name, state in d.states().items() if name != "w"}
            with socket.socket(socket.AF_UNIX) as idle:
                idle.settimeout(PATIENCE)
                idle.connect(f"{d.dir}/s.sock")
                idle.sendall(b"GET /ok.html HTTP/1.1\r\nHost: x\r\n\r\n")
                idle.recv(4096)
                for _ in range(3):
                    self.gone(d)
                    self.assertEqual(int(d.read("s.pid")), d.pid)
                    with client(d) as proxy:
                        self.assertEqual(proxy.supervisor.getPID(), d.pid)
                        proxy.supervisor.sendProcessStdin("h", f"{d.pid}\n")
                    wait_until(lambda: f"heard {d.pid}\n" in d.read("h.out"), "what it was told")
                    self.assertEqual({n: s for n, s in d.states().items() if n != "w"}, kept)
                    wait_until(lambda: name_of(d.pid) == "supervisord", "the keeper's program in that process")
                    with open(f"/proc/{d.pid}/cmdline") as f:
                        self.assertEqual(f.read().split("\0")[:-1], d.argv)
                    exits = d.log().count("exited: w ")
                    d.wait_for("exited: w ", exits + 2)  # one that began before, and one after
                    idle.sendall(b"GET /ok.html HTTP/1.1\r\nHost: x\r\n\r\n")
                    self.assertIn(b" 200 ", idle.recv(4096))
            d.kill()  # and the worker
            self.assertEqual(d.states()["cat"], kept["cat"])
            os.kill(kept["cat"][1], signal.SIGKILL)  # one that was there before either of them
            d.wait_for(r"exited: cat \(terminated by SIGKILL; not expected\)")
            with client(d) as proxy:
                d.settle("cat")
                proxy.supervisor.stopAllProcesses()
            log = d.log()
            self.assertNotIn("unknown pid", log)
            self.assertExits(log, "w")
            self.assertWhole(d, "w")
            d.finish()
            self.assertFalse(os.path.exists(f"{d.dir}/s.pid"))

    def test_its_worker_dies_before_it_has_said_anything(self):
        listener = f"[eventlistener:l]\ncommand={PYTHON} {{dir}}/l.py\nevents=PROCESS_STATE_EXITED\n"
        heard = "import sys\nfor line in sys.stdin: print('heard ' + line, end='', flush=True)\n"
        tcp = free_port()
        with Pair(CAT + listener + f"[program:h]\ncommand={PYTHON} {{dir}}/h.py\nstdout_logfile={{dir}}/h.out\n"
                  f"[inet_http_server]\nport=127.0.0.1:{tcp}\n" + writer("w", lives=0.4), "pidfile={dir}/s.pid\nloglevel=info\n",
                  survive=SURVIVE,
                  files={"writer.py": WRITER, "h.py": heard, "l.py": LISTENER}) as d:
            d.settle("cat", "h", "w", "l")
            kept = {name: state for name, state in d.states().items() if name != "w"}
            for pause in (0, 0, 0.002, 0.005, 0.01, 0.02):
                keeper, before = d.worker(), d.log().count("is it now")
                os.kill(d.pid, signal.SIGKILL)  # the worker becomes the keeper, and has a worker of its own
                newcomer = wait_until(lambda pid=keeper: next(iter(all_children_of(pid)), None), "a worker of the next keeper")
                time.sleep(pause)  # wherever it is by then
                os.kill(newcomer, signal.SIGKILL)
                d.process.wait(PATIENCE)
                d.pid, d.process = keeper, Elsewhere(keeper)
                d.wait_for("is it now", before + 1)
                wait_until(lambda: int(d.read("s.pid")) == d.pid, "its pid file")
                self.assertEqual({n: s for n, s in d.states().items() if n != "w"}, kept)
                for url in (None, f"http://127.0.0.1:{tcp}"):
                    self.assertIn(f"pid {kept['cat'][1]},", d.ctl("status", "cat", url=url).stdout)
                with client(d) as proxy:
                    proxy.supervisor.sendProcessStdin("h", f"{d.pid}\n")
                wait_until(lambda: f"heard {d.pid}\n" in d.read("h.out"), "what it was told")
            exits = d.log().count("exited: w ")
            d.wait_for("exited: w ", exits + 2)
            with client(d) as proxy:
                proxy.supervisor.stopAllProcesses()
            self.assertExits(d.log(), "w")
            self.assertWhole(d, "w")
            d.finish()
            self.assertFalse(os.path.exists(f"{d.dir}/s.pid"))

    def test_what_ran_beside_programs_runs_once_more(self):
        """docs/stopping.md: hooks, commands that stop and reload, and probes."""
        command = "sh -c 'echo $$ >> {dir}/noted; until [ -e {dir}/go ]; do sleep 0.02; done; kill $PIDS 2>/dev/null; true'\n"
        cases = {  # options, what is asked for, what the log says in the end
            "prestart": ("prestart=" + command, "restart", "spawned: 'b'"),
            "poststart": ("poststart=" + command + "poststartfailure=abort\n", "restart", "success: b"),
            "prestop": ("prestop=" + command, "stop", "stopped: b"),
            "poststop": ("poststop=" + command + "poststopfailure=abort\n", "stop", "stopped: b"),
            "stopcommand": ("stopcommand=" + command.replace("$PIDS", "$SUPERVISOR_PID"), "stop", "stopped: b"),
            "reloadcommand": ("reloadcommand=" + command, "hup", "success: b"),
            "ready": ("ready=exec:" + command + "readyinterval=0.1\nreadytimeout=100\n", "restart", "spawned: 'b'"),
            "health": ("health=exec:" + command + "healthinterval=0.1\nhealthtimeout=100\nhealthretries=1\n", "restart",
                       "spawned: 'b'"),
        }
        for what, (options, verb, at_last) in cases.items():
            text = "[program:b]\ncommand=sleep 1000\nstartsecs=0\nautostart=false\nstopwaitsecs=100\n"
            with self.subTest(what), Pair(text + options) as d:
                with contextlib.suppress(FileNotFoundError):  # what starts it runs to its end at once
                    if verb in ("stop", "hup"):
                        open(f"{d.dir}/go", "w").close()
                        d.ctl("start", "b")
                        os.remove(f"{d.dir}/noted")
                os.path.exists(f"{d.dir}/go") and os.remove(f"{d.dir}/go")
                asked = subprocess.Popen([os.path.join(BIN, "supervisorctl"), "-s", f"unix://{d.dir}/s.sock", verb, "b"],
                                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                noted = lambda n: os.path.exists(f"{d.dir}/noted") and len(d.read("noted").split()) == n  # noqa: E731
                wait_until(lambda: noted(1), what)
                self.gone(d)
                wait_until(lambda: noted(2), "it to run once more")
                first, second = map(int, d.read("noted").split())
                self.assertFalse(alive(first))
                self.assertTrue(alive(second))
                open(f"{d.dir}/go", "w").close()
                d.wait_for(at_last)
                asked.communicate(timeout=PATIENCE)
                self.assertNotIn("exit status unknown", d.log())
                self.assertNotIn("failed", d.log())
                self.assertEqual(d.log().count("spawned: 'b'"), 1)

    def test_who_is_left_is_stopped_at_the_limit(self):
        with Pair(CAT, survive="survive=true\nsurvivelimit=3/600s\n") as d:
            d.settle("cat")
            self.gone(d)
            cat = d.pid_of("cat")
            for _ in range(2):
                d.kill()
            os.kill(d.worker(), signal.SIGKILL)
            d.process.wait(PATIENCE)
            self.assertFalse(alive(cat))

    def test_an_end_that_is_under_way_goes_on(self):
        slow = (f"[program:slow]\ncommand={PYTHON} -c \"import signal, time; signal.signal(15, lambda *_: print('asked', "
                "flush=True)); time.sleep(1000); time.sleep(1000)\"\nstdout_logfile={dir}/slow.out\nstopwaitsecs=2\nstartsecs=0\n"
                "[program:ready]\ncommand=/bin/cat\nstartsecs=0\n")
        with Pair(slow) as d:
            d.settle("slow", "ready")
            with open(f"/proc/{d.pid_of('slow')}/status") as f:
                caught = lambda text: int(re.search(r"SigCgt:\t(\w+)", text).group(1), 16) >> 14 & 1  # noqa: E731
                wait_until(lambda: (f.seek(0), caught(f.read()))[1], "its handler")
            d.send(signal.SIGTERM)
            wait_until(lambda: "asked" in d.read("slow.out"), "the stop")
            self.gone(d)
            d.process.wait(PATIENCE)
            self.assertFalse(alive(d.pid_of("slow")))

    def test_a_keeper_program_that_is_none(self):
        def is_folder(path):
            os.remove(path), os.mkdir(path)

        def is_fifo(path):
            os.remove(path), os.mkfifo(path, 0o755)

        def says_nothing(path):
            with open(path + ".sh", "w") as f:
                f.write("#!/bin/sh\nexit 3\n")
            replace(path, path + ".sh")

        def is_empty(path):
            os.remove(path), os.close(os.open(path, os.O_CREAT, 0o755))
        for make, why in ((is_folder, "Is a directory"), (is_fifo, ""), (says_nothing, " is not Troupe's keeper"),
                          (is_empty, " is not Troupe's keeper"), (lambda path: os.chmod(path, 0o777), " can be written by others")):
            with self.subTest(why), tempfile.TemporaryDirectory() as folder:
                program, keeper = installed(folder)
                with Pair(CAT, "pidfile={dir}/s.pid\n", argv=[program]) as d:
                    d.settle("cat")
                    cat, worker = d.pid_of("cat"), d.worker()
                    make(keeper)
                    d.send(signal.SIGKILL)
                    d.process.wait(PATIENCE)
                    wait_until(lambda: not alive(worker), "the worker's end")
                    self.assertFalse(alive(cat))
                    self.assertRegex(d.log(), "CRIT the process with supervisord's pid is gone, and .*" + why +
                                     "; the worker stops all programs")

    def test_too_often(self):
        with Pair(CAT, survive="survive=true\nsurvivelimit=3/600s\n") as d:
            d.settle("cat")
            for _ in range(2):
                self.gone(d)
            worker = d.worker()
            os.kill(d.pid, signal.SIGKILL)
            wait_until(lambda: not alive(worker), "the end")
            self.assertFalse(alive(d.pid_of("cat")))
            self.assertIn("is gone, and that 3 times within 600 s; the worker stops all programs", d.log())

    def test_without_a_keeper_program_all_is_stopped(self):
        deaf = ("[program:deaf]\ncommand=/bin/sh -c 'trap \"\" TERM; echo deaf; while :; do read x; done'\nstopwaitsecs=1\n"
                "stdout_logfile={dir}/deaf.out\n")
        with tempfile.TemporaryDirectory() as alone:
            program = shutil.copy(os.path.join(BIN, "supervisord"), alone)
            with Pair(CAT + deaf, "pidfile={dir}/s.pid\n", argv=[program]) as d:
                d.settle("cat", "deaf")
                wait_until(lambda: "deaf" in d.read("deaf.out"), "it to be deaf")
                programs, worker = [d.pid_of("cat"), d.pid_of("deaf")], d.worker()
                d.send(signal.SIGKILL)
                d.process.wait(PATIENCE)
                wait_until(lambda: not alive(worker), "the worker's end")
                self.assertFalse(any(alive(pid) for pid in programs), d.log())
                self.assertIn("CRIT the process with supervisord's pid is gone, and there is no keeper program beside "
                              f"{os.path.realpath(program)}; the worker stops all programs", d.log())


class Limit(Case):
    def test_too_many_deaths(self):  # 72, 75
        deaf = ("[program:deaf]\ncommand=/bin/sh -c 'trap \"\" TERM; echo deaf; while :; do read x; done'\nstopwaitsecs=1\n"
                "stdout_logfile={dir}/deaf.out\n")
        with Pair(CAT + deaf, survive="survive=true\nsurvivelimit=3/600s\n") as d:
            d.settle("cat", "deaf")
            wait_until(lambda: "deaf" in d.read("deaf.out"), "it to be deaf")
            programs = [d.pid_of("cat"), d.pid_of("deaf")]
            d.kill()
            d.kill()
            os.kill(d.worker(), signal.SIGKILL)
            self.assertEqual(d.process.wait(PATIENCE), 70)
            self.assertFalse(any(alive(pid) for pid in programs))
            self.assertIn("supervisord's worker ended 3 times within 600 s; stopping all programs", d.read("stderr"))

    def nearly_too_many(self, **more):
        """A daemon whose worker is the last one but one."""
        port = free_port()
        d = Pair(CAT + f"[eventlistener:l]\ncommand={PYTHON} {{dir}}/l.py\nevents=PROCESS_STATE_EXITED\n"
                 f"[history]\nfile={{dir}}/private/history\n[inet_http_server]\nport=127.0.0.1:{port}\n",
                 survive="survive=true\nsurvivelimit=5/600s\n", files={"l.py": LISTENER, "private/x": ""}, **more)
        self.addCleanup(d.__exit__)
        d.port = port
        d.settle("cat", "l")
        for _ in range(4):
            d.kill()
        d.wait_for("CRIT too many deaths of supervisord's worker: for 10 minutes there are only programs, no clients, "
                   rf"extensions, events or history; kill -USR1 {d.pid} lets them come back at once")
        return d

    def back(self, d):
        """All of it is there again."""
        d.wait_for("upgraded .* kept")
        with urllib.request.urlopen(f"http://127.0.0.1:{d.port}/api/v1/status", timeout=PATIENCE) as answer:
            daemon = json.load(answer)["daemon"]
        self.assertEqual((daemon["pid"], daemon["worker"], daemon["crashes"]), (d.pid, d.worker(), 4))
        self.assertEqual(daemon["last_crash"]["end"], "terminated by SIGKILL")
        self.assertLess(abs(time.time() - daemon["last_crash"]["at"]), 3600)
        with urllib.request.urlopen(f"http://127.0.0.1:{d.port}/metrics", timeout=PATIENCE) as answer:
            self.assertIn(b"\nsupervisord_crashes_total 4\n", answer.read())
        ends = d.log().count("exited: cat ")
        os.kill(d.states()["cat"][1], signal.SIGKILL)
        d.wait_for("exited: cat ", ends + 1)
        wait_until(lambda: "PROCESS_STATE_EXITED" in d.read("l.py.seen"), "the event")
        self.assertEqual(d.read("l.py.seen"), "PROCESS_STATE_EXITED\n")
        wait_until(lambda: "SIGKILL" in d.ctl("history", "cat").stdout, "it in the history")

    def test_before_the_last_one_there_are_only_programs(self):  # 74
        d = self.nearly_too_many()
        with socket.socket(socket.AF_UNIX) as client_of_now:
            client_of_now.settimeout(PATIENCE)
            client_of_now.connect(f"{d.dir}/s.sock")
            client_of_now.sendall(b"GET /ok.html HTTP/1.1\r\nHost: x\r\n\r\n")
            os.kill(d.pid_of("cat"), signal.SIGKILL)
            d.wait_for("success: cat entered RUNNING", 2)  # supervision goes on
            self.assertFalse(select.select([client_of_now], [], [], 0)[0])
            d.send(signal.SIGUSR1)
            self.assertTrue(client_of_now.recv(100))  # whoever waited is served
        self.back(d)

    def test_after_ten_minutes_all_comes_back(self):
        library = os.path.join(os.path.dirname(BIN), "tests", "short_wait.so")
        self.back(self.nearly_too_many(env=preloading(library)))


if __name__ == "__main__":
    unittest.main()
