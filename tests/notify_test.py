#!/usr/bin/env python3
"""What a service manager hears from the daemon: a socket is bound as systemd binds it, and the real supervisord started,
failed, reloaded, upgraded and stopped below it. docs/systemd.md says what is promised."""
import ctypes
import errno
import os
import re
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rpc_support import SERVER, client  # noqa: E402
from support import BIN, PATIENCE, PORTABLE, Daemon, all_children_of, alive, name_of, wait_until  # noqa: E402

PYTHON = sys.executable
CAT = "[program:cat]\ncommand=/bin/cat\nstartsecs=0\n"
ALONE = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]

# Ends once somebody has opened its FIFO, after a TERM.
HOLD = """
import os, signal, sys
def end(*_):
    with open(sys.argv[1]):
        os._exit(0)
signal.signal(signal.SIGTERM, end)
print("up", flush=True)
while True:
    signal.pause()
"""


class Manager:
    """Hears datagrams, and who has sent them."""

    def __init__(self, address=None):
        self.folder = tempfile.mkdtemp(prefix="troupe-notify-")
        os.chmod(self.folder, 0o755)
        self.address = address or os.path.join(self.folder, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind("\0" + address[1:] if address else self.address)
        self.heard = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        shutil.rmtree(self.folder)

    def env(self, **more):
        return {**os.environ, "NOTIFY_SOCKET": self.address, **more}

    def next(self, within=PATIENCE):
        """(text, pid of the sender), or None."""
        self.socket.settimeout(within)
        try:
            text, more, _, _ = self.socket.recvmsg(8192, 256)
        except socket.timeout:
            return None
        self.heard.append((text.decode(), struct.unpack("<i", more[0][2][:4])[0]))
        return self.heard[-1]

    def expect(self, pattern):
        """The match of the first datagram of which all is `pattern`; those before it are in `heard`."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            came = self.next(max(end - time.monotonic(), 0.01))
            if came and (found := re.fullmatch(pattern, came[0])):
                return found
        raise AssertionError(f"waited in vain for {pattern!r}; heard: {self.heard}")

    def rest(self):
        """What else was sent before now, once the daemon has ended."""
        while self.next(0.01):
            pass
        return self.heard

    def is_silent(self, for_so_long):
        """Whether it becomes so: what is on its way may still come."""
        return any(not self.next(for_so_long) for _ in range(10))


def program(name, priority, stopwaitsecs):
    return (f"[program:{name}]\ncommand={PYTHON} {{dir}}/hold.py {{dir}}/{name}.go\npriority={priority}\nstartsecs=0\n"
            f"stopwaitsecs={stopwaitsecs}\nstdout_logfile={{dir}}/{name}.out\n")


def holding(manager, text, options="", server=""):
    """A daemon whose programs are there, and end when let_go() says so."""
    d = Daemon(server + text, options, files={"hold.py": HOLD}, env=manager.env())
    try:
        for name in re.findall(r"hold.py {dir}/(\w+).go", text):
            os.mkfifo(os.path.join(d.dir, f"{name}.go"))
            wait_until(lambda n=name: d.read(f"{n}.out") == "up\n", f"{name} to be up")
    except AssertionError:
        with d:
            raise
    return d


def let_go(d, name):
    """Once it has heard of the TERM."""
    def opened():
        try:
            return os.open(os.path.join(d.dir, f"{name}.go"), os.O_WRONLY | os.O_NONBLOCK)
        except OSError as e:
            if e.errno != errno.ENXIO:
                raise
            return None
    os.close(wait_until(opened, f"{name} to hear of it"))


class Start(unittest.TestCase):
    def test_ready_then_states(self):
        text = CAT + "[program:db]\ncommand=/bin/false\nstartretries=0\n"
        with Manager() as m, Daemon(SERVER + text, env=m.env()) as d:
            first, pid = m.next()
            self.assertRegex(first, r"\AREADY=1\nSTATUS=[01] of 2 programs run(; FATAL: db)?\Z")
            self.assertEqual(pid, d.pid)
            for name in ("cat", "db"):  # have been asked to start by then
                self.assertIn(f"spawned: '{name}'", d.log())
            with client(d) as proxy:
                if not first.endswith("STATUS=1 of 2 programs run; FATAL: db"):
                    m.expect("STATUS=1 of 2 programs run; FATAL: db")
                proxy.supervisor.stopProcess("cat")
                m.expect("STATUS=0 of 2 programs run; FATAL: db")
                proxy.supervisor.startProcess("cat")
                m.expect("STATUS=1 of 2 programs run; FATAL: db")
            self.assertEqual(d.finish(), 0)
            self.assertTrue(all(pid == d.pid for _, pid in m.rest()), m.heard)
            self.assertEqual(sum(text.startswith("READY=1") for text, _ in m.heard), 1)

    def test_many_names_are_cut(self):
        text = "".join(f"[program:{'x' * 40}{i}]\ncommand=/bin/false\nstartretries=0\n" for i in range(9))
        with Manager() as m, Daemon(text, env=m.env()):
            x = "x{40}[0-8]"
            m.expect(rf"(READY=1\n)?STATUS=0 of 9 programs run; FATAL: {x}, {x}, {x} and 6 more")

    def test_failed(self):
        with Manager() as m:
            with Daemon("[program:x]\ncommand=/bin/cat\nstartsecs=soon\n", env=m.env()) as d:
                self.assertEqual(d.refusal()[0], 2)
                said = m.expect(r"STATUS=(.*)").group(1)
                self.assertIn(said, d.read("stderr"))
                self.assertIn("'program:x'", said)
            with Daemon(f"[supervisord]\nlogfile={m.folder}\npidfile={{dir}}/p\n", main=False, env=m.env()) as d:
                self.assertEqual(d.refusal()[0], 2)
                m.expect(r"STATUS=could not open log file .*\nERRNO=21")
            with socket.socket() as taken:
                taken.bind(("127.0.0.1", 0))
                taken.listen()
                port = taken.getsockname()[1]
                with Daemon(f"[inet_http_server]\nport=127.0.0.1:{port}\n", env=m.env()) as d:
                    self.assertEqual(d.refusal()[0], 2)
                    m.expect(r"STATUS=Another program is already listening .*\nERRNO=98")
                    self.assertEqual(m.heard[-1][1], d.pid)
            with Daemon("", args=("-n", "--nonsense"), env=m.env()) as d:
                self.assertEqual(d.refusal()[0], 2)
                m.expect(r"STATUS=.*nonsense.*")

    def test_no_manager(self):
        environment = {k: v for k, v in os.environ.items() if k not in ALONE}
        with Daemon(SERVER + CAT, env=environment) as d, client(d) as proxy:
            proxy.supervisor.getState()
            self.assertEqual(d.finish(), 0)

    @unittest.skipIf(PORTABLE and sys.platform != "linux", "there are no such names")
    def test_name_in_the_abstract_space(self):
        with Manager(f"@troupe-notify-{os.getpid()}") as m, Daemon(CAT, env=m.env()) as d:
            m.expect(r"READY=1\nSTATUS=1 of 1 program runs")
            d.finish()
            m.expect(r"STOPPING=1\n(?s:.*)")

    def test_nobody_reads(self):
        """A full socket, none, and one that is a folder: the daemon does not notice."""
        with Manager() as m:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
                s.setblocking(False)
                with self.assertRaises(BlockingIOError):
                    while True:
                        s.sendto(b"x", m.address)
            for address in (m.address, m.folder + "/missing", m.folder, "relative", "/" + "x" * 300, ""):
                with Daemon(SERVER + CAT, env=m.env(NOTIFY_SOCKET=address)) as d, client(d) as proxy:
                    for _ in range(3):
                        proxy.supervisor.stopProcess("cat")
                        proxy.supervisor.startProcess("cat")
                    self.assertEqual(d.finish(), 0)
                    self.assertNotIn("ERRO", d.log())


class Reload(unittest.TestCase):
    def check_reload(self, m, d, ask):
        before = time.monotonic()
        ask()
        at = int(m.expect(r"RELOADING=1\nMONOTONIC_USEC=(\d+)").group(1)) / 1e6
        self.assertTrue(before - 1e-6 <= at <= time.monotonic(), (before, at))
        m.expect(r"READY=1\nSTATUS=1 of 1 program runs")

    def test_hup_and_reload(self):
        with Manager() as m, Daemon(SERVER + CAT, env=m.env()) as d:
            m.expect(r"READY=1\n.*")
            self.check_reload(m, d, lambda: d.send(signal.SIGHUP))
            with client(d) as proxy:
                self.check_reload(m, d, proxy.supervisor.restart)
            self.assertEqual(d.finish(), 0)
            self.assertTrue(all(pid == d.pid for _, pid in m.rest()), m.heard)
            self.assertEqual(sum("RELOADING=1" in text for text, _ in m.heard), 2)

    def test_reload_that_fails(self):
        with Manager() as m, Daemon(CAT, env=m.env()) as d:
            m.expect(r"READY=1\n.*")
            with open(d.config, "a", encoding="utf-8") as f:
                f.write("startsecs=soon\n[program:cat]\n")
            d.send(signal.SIGHUP)
            m.expect(r"RELOADING=1\n.*")
            m.expect(r"STATUS=(?!\d+ of ).+")
            self.assertEqual(d.process.wait(PATIENCE), 2)
            self.assertEqual(m.heard[-1][1], d.pid)

    def test_upgrade(self):
        with Manager() as m:
            d = Daemon(SERVER + CAT, env=m.env(), start=False)
            d.argv[0] = shutil.copy(os.path.join(BIN, "supervisord"), d.dir)
            d.start()
            with d:
                m.expect(r"READY=1\n.*")
                for _ in range(2):
                    with client(d) as proxy:
                        self.check_reload(m, d, lambda p=proxy: p.troupe.upgrade({}))
                with client(d) as proxy:  # goes on telling
                    proxy.supervisor.stopProcess("cat")
                    m.expect(r"STATUS=0 of 1 program runs")
                    count = len(m.heard)
                    with self.assertRaises(Exception):
                        proxy.troupe.upgrade({"binary": "/bin/true"})
                self.assertEqual(d.finish(), 0)
                self.assertNotIn("RELOADING=1", "".join(text for text, _ in m.rest()[count:]))
                self.assertTrue(all(pid == d.pid for _, pid in m.heard), m.heard)


class Stop(unittest.TestCase):
    def test_levels(self):
        text = program("first", 20, 200) + program("second", 10, 7) + CAT + "priority=5\nstopwaitsecs=90\n"
        with Manager() as m, holding(m, text, server=SERVER) as d:
            m.expect(r"READY=1\n.*")
            d.send(signal.SIGTERM)
            m.expect(r"STOPPING=1\nSTATUS=stopping: 3 programs left\nEXTEND_TIMEOUT_USEC=215000000")
            d.send(signal.SIGTERM)  # from the manager itself, which counts anew
            m.expect(r"STOPPING=1\nSTATUS=stopping: 3 programs left\nEXTEND_TIMEOUT_USEC=215000000")
            let_go(d, "first")
            m.expect(r"STOPPING=1\nSTATUS=stopping: 2 programs left\nEXTEND_TIMEOUT_USEC=105000000")
            let_go(d, "second")
            m.expect(r"STOPPING=1\nSTATUS=stopping: 1 program left\nEXTEND_TIMEOUT_USEC=105000000")
            self.assertEqual(d.process.wait(PATIENCE), 0)
            self.assertTrue(all(pid == d.pid for _, pid in m.rest()), m.heard)
            self.assertEqual(sum("STOPPING=1" in text for text, _ in m.heard), 4)
            self.assertEqual(sum("READY=1" in text for text, _ in m.heard), 1)

    def test_term_behind_hup(self):
        with Manager() as m, holding(m, program("a", 1, 30)) as d:
            m.expect(r"READY=1\n.*")
            d.send(signal.SIGHUP)
            m.expect(r"RELOADING=1\n.*")
            d.send(signal.SIGQUIT)
            m.expect(r"STOPPING=1\nSTATUS=stopping: 1 program left\nEXTEND_TIMEOUT_USEC=45000000")
            let_go(d, "a")
            self.assertEqual(d.process.wait(PATIENCE), 0)

    def test_within_a_level(self):
        """As each of them ends, not only as the next level begins."""
        with Manager() as m, holding(m, program("a", 1, 30) + program("b", 1, 40), server=SERVER) as d:
            m.expect(r"READY=1\n.*")
            with client(d) as proxy:
                proxy.supervisor.shutdown()
            m.expect(r"STOPPING=1\nSTATUS=stopping: 2 programs left\nEXTEND_TIMEOUT_USEC=55000000")
            let_go(d, "b")
            m.expect(r"STATUS=stopping: 1 program left")
            let_go(d, "a")
            self.assertEqual(d.process.wait(PATIENCE), 0)


class Children(unittest.TestCase):
    def test_have_none_of_its_variables(self):
        show = "import os,sys; open(sys.argv[1], 'w').write(repr(dict(os.environ)) + chr(10)); sys.stdin.read()"
        with Manager() as m:
            text = (f"[program:a]\ncommand={PYTHON} {{dir}}/show.py {{dir}}/a\n"
                    f"[program:b]\ncommand={PYTHON} {{dir}}/show.py {{dir}}/b\n"
                    "environment=LISTEN_FDS=\"7\",NOTIFY_SOCKET=\"%(ENV_NOTIFY_SOCKET)s\"\n"
                    f"[eventlistener:l]\ncommand={PYTHON} {{dir}}/show.py {{dir}}/l\nevents=TICK_5\n"
                    f"[rpcinterface:e]\ncommand={PYTHON} {{dir}}/show.py {{dir}}/e\n")
            given = {name: "17" for name in ALONE if name != "NOTIFY_SOCKET"}
            with Daemon(SERVER + text, files={"show.py": show}, env=m.env(**given, OTHER="o")) as d:
                def variables(name):
                    return wait_until(lambda: d.read(name).endswith("\n") and eval(d.read(name)), f"{name}'s words")
                for name in ("a", "l", "e"):
                    found = variables(name)
                    self.assertEqual([v for v in ALONE if v in found], [], name)
                    self.assertEqual(found["OTHER"], "o")
                    self.assertEqual(found["SUPERVISOR_ENABLED"], "1")
                self.assertEqual({v: variables("b")[v] for v in ALONE if v in variables("b")},
                                 {"LISTEN_FDS": "7", "NOTIFY_SOCKET": m.address})


libc = ctypes.CDLL(None, use_errno=True)


def ptrace(request, tid):
    if libc.ptrace(request, tid, None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")


class Held:
    """One thread of another process stands still."""
    SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
    ANY_KIND = 0x40000000

    def __init__(self, tid):
        self.tid = tid

    def __enter__(self):
        ptrace(self.SEIZE, self.tid)
        ptrace(self.INTERRUPT, self.tid)
        os.waitpid(self.tid, self.ANY_KIND)

    def __exit__(self, *_):
        ptrace(self.DETACH, self.tid)


class Watchdog(unittest.TestCase):
    INTERVAL = 0.2

    def test_threads_that_stand_still(self):
        if sys.platform != "linux":
            self.skipTest("no ptrace of threads")
        usec = str(int(self.INTERVAL * 1e6))
        with Manager() as m, Daemon(SERVER + CAT, env=m.env(WATCHDOG_USEC=usec)) as d:
            m.expect(r"READY=1\n.*")
            with client(d) as proxy:
                proxy.supervisor.getState()
            stalled = socket.socket(socket.AF_UNIX)
            self.addCleanup(stalled.close)
            stalled.connect(d.dir + "/s.sock")
            stalled.send(b"POST /RPC2 HTTP/1.1\r\nContent-Length: 100\r\n\r\n<")  # holds up nobody
            for _ in range(3):
                m.expect("WATCHDOG=1")
            silenced = []
            for tid in sorted(map(int, os.listdir(f"/proc/{d.working_pid}/task"))):
                try:
                    with Held(tid):
                        if m.is_silent(4 * self.INTERVAL) and tid != d.working_pid:
                            silenced.append(tid)
                except ProcessLookupError:
                    continue
                except PermissionError as e:
                    self.skipTest(str(e))
                m.expect("WATCHDOG=1")
            self.assertGreaterEqual(len(silenced), 3, "the actors' thread, child I/O, HTTP")
            self.assertEqual(d.finish(), 0)

    def test_without_http(self):
        with Manager() as m, Daemon(CAT, env=m.env(WATCHDOG_USEC="20000")) as d:
            for _ in range(5):
                m.expect("WATCHDOG=1")
            d.send(signal.SIGHUP)
            m.expect(r"RELOADING=1\n.*")
            m.expect(r"READY=1\n.*")
            m.expect("WATCHDOG=1")

    def test_of_somebody_else(self):
        for wrong in ({"WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "-1"}, {"WATCHDOG_USEC": "often"}, {"WATCHDOG_USEC": ""}):
            with Manager() as m, Daemon(CAT, env=m.env(**{"WATCHDOG_USEC": "20000", **wrong})) as d:
                m.expect(r"READY=1\n.*")
                d.send(signal.SIGHUP)
                m.expect(r"RELOADING=1\n.*")
                m.expect(r"READY=1\n.*")
                self.assertEqual(d.finish(), 0)
                self.assertNotIn(("WATCHDOG=1", d.pid), m.rest())


def can_survive():
    with Daemon("", "survive=true") as d:
        d.started()
        return "survive=true is not available here" not in d.log()


class Keeper(unittest.TestCase):
    """NotifyAccess=main: what is sent by another pid than the daemon's is thrown away."""

    @classmethod
    def setUpClass(cls):
        if not can_survive():
            raise unittest.SkipTest("there is no keeper here")

    def worker(self, d):
        return wait_until(lambda: next((p for p in all_children_of(d.pid) if name_of(p) == "troupe-worker"), None), "a worker")

    def test_all_comes_from_the_daemons_pid(self):
        with Manager() as m, holding(m, program("a", 1, 200), "survive=true", SERVER) as d:
            m.expect(r"READY=1\nSTATUS=1 of 1 program runs")
            os.kill(self.worker(d), signal.SIGKILL)
            m.expect(r"READY=1\nSTATUS=1 of 1 program runs")
            with client(d) as proxy:
                proxy.supervisor.getState()
            d.send(signal.SIGTERM)
            m.expect(r"STOPPING=1\nSTATUS=stopping: 1 program left\nEXTEND_TIMEOUT_USEC=215000000")
            let_go(d, "a")
            self.assertEqual(d.process.wait(PATIENCE), 0)
            self.assertEqual({pid for _, pid in m.rest()}, {d.pid}, m.heard)

    def test_restart_that_fails(self):
        with Manager() as m, Daemon(CAT, "survive=true", env=m.env()) as d:
            m.expect(r"READY=1\n.*")
            with open(d.config, "a", encoding="utf-8") as f:
                f.write("startsecs=soon\n[program:cat]\n")
            d.send(signal.SIGHUP)
            m.expect(r"RELOADING=1\n.*")
            m.expect(r"STATUS=(?!\d+ of ).+")
            self.assertEqual(d.process.wait(PATIENCE), 2)
            self.assertEqual({pid for _, pid in m.rest()}, {d.pid}, m.heard)

    def test_watchdog(self):
        with Manager() as m, Daemon(CAT, "survive=true", env=m.env(WATCHDOG_USEC="20000")) as d:
            for _ in range(3):
                m.expect("WATCHDOG=1")
                self.assertEqual(m.heard[-1][1], d.pid)

    def test_another_keeper(self):
        with Manager() as m, Daemon(SERVER + CAT, "survive=true", env=m.env()) as d:
            m.expect(r"READY=1\n.*")
            worker = self.worker(d)
            self.addCleanup(lambda: alive(worker) and os.kill(worker, signal.SIGTERM))
            d.process.kill()
            d.process.wait()
            self.assertEqual(int(m.expect(r"MAINPID=(\d+)").group(1)), worker)
            self.assertEqual(m.heard[-1][1], worker)
            with client(d) as proxy:
                proxy.supervisor.stopProcess("cat")
                m.expect(r"STATUS=0 of 1 program runs")
                self.assertEqual(m.heard[-1][1], worker)
                proxy.supervisor.shutdown()
            wait_until(lambda: not alive(worker), "the end")


if __name__ == "__main__":
    unittest.main()
