#!/usr/bin/env python3
"""Programs that say when they are ready, and that are looked at while they run, on the built binaries: every form of
ready= and health=, what follows, and that it goes on in another binary and after a death of the worker. Vectors of
docs/contract/programs.md, sections 3, 4 and 18. Nothing is decided by how long something takes."""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rpc_support import _Connection as UnixConnection, client, fault_of  # noqa: E402
from support import BIN, PATIENCE, Daemon, all_children_of, free_port, name_of, wait_until  # noqa: E402

SERVER = "[unix_http_server]\nfile={dir}/s.sock\n[rpcinterface:supervisor]\n" \
         "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
PYTHON = sys.executable
# Does what it is told to by lines in the FIFO {dir}/NAME, and says `did LINE` in {dir}/NAME.did.
CHILD = r"""
import http.server, os, socket, subprocess, sys, threading
name = sys.argv[1]
code = 200
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(code)
        self.end_headers()
    def log_message(self, *_): pass
def tell(text):
    address = os.environ["NOTIFY_SOCKET"]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.connect("\0" + address[1:] if address[0] == "@" else address)
        s.send(text.encode())
def do(verb, rest):
    global code
    if verb == "say": tell(rest.replace("|", "\n"))
    elif verb == "write": os.write(int(rest.split()[0]), rest.split()[1].replace("|", "\n").encode())
    elif verb == "close": os.close(int(rest))
    elif verb == "print": print(rest, flush=True)
    elif verb == "code": code = int(rest)
    elif verb == "http":
        server = http.server.ThreadingHTTPServer(("127.0.0.1", int(rest)), Answer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    elif verb == "unix":
        kept = socket.socket(socket.AF_UNIX)
        kept.bind(rest)
        kept.listen(9)
        held.append(kept)
    elif verb == "helper": subprocess.run(["sh", "-c", rest])
    elif verb == "env": open(rest, "w").write("\n".join(f"{k}={v}" for k, v in os.environ.items()) + f"\npid={os.getpid()}\n")
    elif verb == "exit": os._exit(int(rest))
held = []
with open(name + ".did", "a") as did:
    with os.fdopen(os.open(name, os.O_RDWR), "r") as orders:
        print("begun", file=did, flush=True)
        for line in orders:
            verb, _, rest = line.strip().partition(" ")
            do(verb, rest)
            print("did", line.strip(), file=did, flush=True)
"""
WATCHER = r"""
import sys
while True:
    print("READY", end="\n", flush=True)
    head = dict(word.split(":") for word in sys.stdin.readline().split())
    body = sys.stdin.read(int(head["len"]))
    if "PROCESS" in head["eventname"] and "processname:w" not in body:
        with open(sys.argv[1], "a") as f:
            f.write(head["eventname"] + " " + body.replace("\n", "|") + "\n")
    print("RESULT 2\nOK", end="", flush=True)
"""


def program(name, more=""):
    return f"[program:{name}]\ncommand={PYTHON} {{dir}}/child.py {name}\ndirectory={{dir}}\n" \
           f"stdout_logfile={{dir}}/{name}.out\nstderr_logfile={{dir}}/{name}.err\nautorestart=false\n{more}\n"


class House(Daemon):
    def __init__(self, text, options="", names=("p",), files=None, server=SERVER, **more):
        super().__init__(server + text, options, files={"child.py": CHILD, **(files or {})}, start=False, **more)
        for name in names:
            os.mkfifo(os.path.join(self.dir, name), 0o666)
        self.start()

    def info(self, name="p"):
        with client(self) as proxy:
            return proxy.supervisor.getProcessInfo(name)

    def becomes(self, state, description=None, name="p"):
        def seen():
            info = self.info(name)
            return info["statename"] == state and (description is None or info["description"] == description) and info
        return wait_until(seen, f"{name} to be {state} {description or ''}")

    def tell(self, *orders, name="p"):
        """The child has done it when this returns."""
        for order in orders:
            before = self.done(name).count("did " + order)
            wait_until(lambda: "begun" in self.done(name), "the child")
            with open(os.path.join(self.dir, name), "w") as f:
                f.write(order + "\n")
            if not order.startswith(("exit", "close 3")):
                wait_until(lambda: self.done(name).count("did " + order) > before, order)

    def kill_worker(self):
        """Returns when another one has taken its place."""
        before = self.log().count("supervisord's worker (pid ")
        worker = wait_until(lambda: next((pid for pid in all_children_of(self.pid) if name_of(pid) == "troupe-worker"), None),
                            "a worker")
        os.kill(worker, signal.SIGKILL)
        self.wait_for(r"supervisord's worker \(pid \d+\) ended: ", before + 1)

    def done(self, name="p"):
        try:
            with open(os.path.join(self.dir, name + ".did")) as f:
                return f.read().splitlines()
        except FileNotFoundError:
            return []

    def ctl(self, *words):
        wait_until(lambda: os.path.exists(f"{self.dir}/s.sock"), "the socket")
        done = subprocess.run([os.path.join(BIN, "supervisorctl"), "-s", f"unix://{self.dir}/s.sock", *words],
                              capture_output=True, text=True, timeout=PATIENCE)
        return done.returncode, done.stdout

    def row(self, name="p"):
        one = UnixConnection(f"{self.dir}/s.sock")
        one.request("GET", "/api/v1/status")
        rows = json.loads(one.getresponse().read())
        rows = rows["processes"] if isinstance(rows, dict) else rows
        one.close()
        return next(row for row in rows if row["name"] == name)

    def metrics(self):
        one = UnixConnection(f"{self.dir}/s.sock")
        one.request("GET", "/metrics")
        text = one.getresponse().read().decode()
        one.close()
        return text

    def text_of(self, name):
        try:
            with open(os.path.join(self.dir, name)) as f:
                return f.read()
        except FileNotFoundError:
            return ""


READY_AFTER = r"INFO success: p entered RUNNING state, ready \({}\) after [0-9.]+ seconds?"


class Forms(unittest.TestCase):
    def assertReady(self, d, spec):
        d.becomes("RUNNING")
        self.assertRegex(d.log(), READY_AFTER.format(re.escape(spec)))

    def test_notify(self):
        with House(program("p", "ready=notify") + program("app", "depends_on=p\nautostart=false"), names=("p", "app")) as d:
            d.becomes("STARTING", "waiting to be ready: notify")
            d.tell("say STATUS=reading the journal")
            d.becomes("STARTING", "waiting to be ready: notify: reading the journal")
            self.assertEqual(d.ctl("why", "p"), (0, "p: STARTING, waiting to be ready: notify: reading the journal\n"))
            row = d.row()
            self.assertEqual((row["ready"], row["phase"], row["health"], row["status_text"]),
                             (False, "up", "none", "reading the journal"))
            with client(d) as proxy:
                self.assertTrue(proxy.supervisor.startProcess("app", False))
            d.becomes("STARTING", "waiting for p:ready", name="app")
            self.assertIn('supervisord_process_ready{group="p",name="p"} 0', d.metrics())
            d.tell("say READY=1|STATUS=serving")
            self.assertReady(d, "notify")
            d.becomes("RUNNING", name="app")
            self.assertEqual((d.row()["ready"], d.row()["status_text"]), (True, "serving"))
            self.assertIn('supervisord_process_ready{group="p",name="p"} 1', d.metrics())
            self.assertNotIn("ready", d.row("app"))

    def test_a_client_waits_for_it(self):
        with House(program("p", "ready=notify\nautostart=false")) as d:
            with client(d) as proxy:
                self.assertTrue(proxy.supervisor.startProcess("p", False))
            d.becomes("STARTING", "waiting to be ready: notify")
            d.ctl("stop", "p")
            start = subprocess.Popen([os.path.join(BIN, "supervisorctl"), "-s", f"unix://{d.dir}/s.sock", "start", "p"],
                                     stdout=subprocess.PIPE, text=True)
            d.becomes("STARTING", "waiting to be ready: notify")
            d.tell("say READY=1")
            self.assertEqual(start.communicate(timeout=PATIENCE)[0], "p: started\n")
            self.assertEqual(start.returncode, 0)

    def test_descriptor(self):
        with House(program("p", "ready=fd:7")) as d:
            d.becomes("STARTING", "waiting to be ready: fd:7")
            d.tell("write 7 almost")
            self.assertEqual(d.info()["statename"], "STARTING")
            d.tell("write 7 done|")
            self.assertReady(d, "fd:7")
            d.tell("close 7")
            self.assertEqual(d.info()["statename"], "RUNNING")

    def test_descriptor_closed(self):
        with House(program("p", "ready=fd:3\nstartretries=0")) as d:
            d.tell("close 3")
            d.becomes("FATAL")
            self.assertEqual(d.info()["spawnerr"], "Closed descriptor 3 before it was ready")
            self.assertIn("WARN p is not ready: Closed descriptor 3 before it was ready", d.log())

    def test_port(self):
        port = free_port()
        with House(program("p", f"ready=tcp:{port}\nreadyinterval=0.1")) as d:
            d.becomes("STARTING", f"waiting to be ready: tcp:{port}")
            wait_until(lambda: d.ctl("why", "p")[1].endswith("Connection refused\n"), "a look")
            self.assertEqual(d.ctl("why", "p")[1], f"p: STARTING, waiting to be ready: tcp:{port}: connect "
                                                    f"127.0.0.1:{port}: Connection refused\n")
            d.tell(f"http {port}")
            self.assertReady(d, f"tcp:{port}")

    def test_socket(self):
        with House(program("p", "ready=unix:its.sock\nreadyinterval=0.1")) as d:
            d.becomes("STARTING", "waiting to be ready: unix:its.sock")
            d.tell("unix its.sock")
            self.assertReady(d, "unix:its.sock")

    def test_http(self):
        port = free_port()
        with House(program("p", f"ready=http://127.0.0.1:{port}/up?key=secret\nreadyinterval=0.1")) as d:
            d.tell("code 503", f"http {port}")
            wait_until(lambda: "HTTP 503" in d.ctl("why", "p")[1], "a look")
            self.assertEqual(d.info()["description"], f"waiting to be ready: http://127.0.0.1:{port}/up")
            d.tell("code 204")
            self.assertReady(d, f"http://127.0.0.1:{port}/up")

    def test_command(self):
        with House(program("p", "ready=exec:sh -c 'echo looked at $SUPERVISOR_PID $SUPERVISOR_PROCESS_NAME >&2; "
                                "test -e {dir}/up'\nreadyinterval=0.1")) as d:
            d.becomes("STARTING", "waiting to be ready: exec:sh")
            pid = d.info()["pid"]
            wait_until(lambda: f"ready: looked at {pid} p\n" in d.text_of("p.err"), "what the command says")
            self.assertIn("exit status 1", d.ctl("why", "p")[1])
            d.write("up", "")
            self.assertReady(d, "exec:sh")

    def test_line(self):
        with House(program("p", "ready=logline:^listening on [0-9]+$")) as d:
            d.tell("print not listening on 80", "print listening on eighty")
            self.assertEqual(d.info()["description"], "waiting to be ready: logline:^listening on [0-9]+$")
            d.tell("print listening on 80")
            self.assertReady(d, "logline:^listening on [0-9]+$")
            self.assertIn("listening on 80\n", d.text_of("p.out"))

    def test_the_last_word_counts(self):
        """P186: what it has said before its end is heard before that."""
        with House(program("p", "ready=notify\nstartsecs=60")) as d:
            d.tell("say READY=1", "exit 1")
            self.assertEqual(d.becomes("EXITED")["exitstatus"], 1)
            self.assertReadyThenExit(d)

    def assertReadyThenExit(self, d):
        self.assertRegex(d.log(), READY_AFTER.format("notify"))
        self.assertIn("exited: p (exit status 1; not expected)", d.log())

    def test_systemd_notify_and_grandchildren(self):
        with House(program("p", "ready=notify")) as d:
            d.tell("helper setsid python3 -c \"import os, socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); "
                   "s.connect(chr(0) + os.environ['NOTIFY_SOCKET'][1:]); s.send(b'READY=1')\"")
            self.assertReady(d, "notify")


class Failures(unittest.TestCase):
    def test_never_ready(self):
        with House(program("p", "ready=notify\nreadytimeout=0.3\nstartretries=0\nautostart=false")) as d:
            with client(d) as proxy:
                self.assertEqual(fault_of(proxy.supervisor.startProcess, "p"), (50, "SPAWN_ERROR: p"))
            d.becomes("FATAL")
            self.assertEqual(d.info()["spawnerr"], "Not ready after 0.3 seconds")
            self.assertIn("WARN p is not ready after 0.3 seconds", d.log())
            self.assertIn("exited: p (terminated by SIGTERM; not expected)", d.log())

    def test_it_is_killed(self):
        with House("[program:p]\ncommand=sh -c 'trap \"\" TERM; while :; do sleep 1; done'\nready=notify\nreadytimeout=0.3\n"
                   "stopwaitsecs=1\nstartretries=0\nstopasgroup=true\nkillasgroup=true\n") as d:
            d.becomes("STARTING", "Not ready after 0.3 seconds")
            self.assertEqual(d.row()["phase"], "failing")
            self.assertEqual(d.ctl("why", "p")[1], "p: STARTING, being killed: Not ready after 0.3 seconds\n")
            d.becomes("FATAL")
            self.assertIn("with SIGKILL", d.log())

    def test_an_exit_before(self):
        with House(program("p", "ready=notify\nstartsecs=0\nstartretries=0")) as d:
            d.tell("exit 0")
            d.becomes("FATAL")
            self.assertEqual(d.info()["spawnerr"], "Exited before it was ready (process log may have details)")

    def test_strangers_are_not_believed(self):
        with House(program("p", "ready=notify\nhealth=notify")) as d:
            d.tell("env e")
            variables = dict(line.split("=", 1) for line in d.text_of("e").splitlines() if "=" in line)
            self.assertEqual(variables["WATCHDOG_USEC"], "10000000")
            self.assertEqual(variables["WATCHDOG_PID"], variables["pid"])
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
                s.connect("\0" + variables["NOTIFY_SOCKET"][1:])
                for _ in range(40):
                    s.send(b"READY=1")
            d.wait_for(rf"WARN notify message for 'p' from pid {os.getpid()} is not its own")
            d.tell("say STATUS=" + "x" * 9000)
            d.tell("say STATUS=here")
            d.becomes("STARTING", "waiting to be ready: notify: here")
            self.assertEqual(d.log().count("is not its own"), 1)

    def test_a_stop_meanwhile(self):
        with House(program("p", "ready=notify")) as d:
            d.becomes("STARTING", "waiting to be ready: notify")
            self.assertEqual(d.ctl("stop", "p"), (0, "p: stopped\n"))


class Health(unittest.TestCase):
    def test_unhealthy_and_restarted(self):
        port = free_port()
        with House(program("p", f"ready=tcp:{port}\nreadyinterval=0.1\nhealth=http://127.0.0.1:{port}/\nhealthinterval=0.1\n"
                                "healthretries=2") +
                   "[eventlistener:w]\ncommand={python} {dir}/w.py {dir}/all\nevents=EVENT\nbuffer_size=1000\n"
                   "[eventlistener:w2]\ncommand={python} {dir}/w.py {dir}/states\nevents=PROCESS_STATE\nbuffer_size=1000\n"
                   .replace("{python}", PYTHON), files={"w.py": WATCHER}) as d:
            d.tell(f"http {port}")
            pid = d.becomes("RUNNING")["pid"]
            wait_until(lambda: d.row()["health"] == "healthy", "a look")
            self.assertIn('supervisord_process_healthy{group="p",name="p"} 1', d.metrics())
            d.tell("code 503")
            wait_until(lambda: (i := d.info())["pid"] not in (0, pid), "another child")
            self.assertIn("WARN p is unhealthy after 2 failures: HTTP 503", d.log())
            self.assertIn("stopped: p (terminated by SIGTERM)", d.log())
            wait_until(lambda: "STARTING processname:p groupname:p from_state:STOPPED tries:0" in d.text_of("states")
                       .split("STOPPED processname:p")[-1], "its start in the events")
            self.assertEqual(d.row()["reason"], "health")
            wait_until(lambda: f"PROCESS_HEALTH_UNHEALTHY processname:p groupname:p pid:{pid} failures:2|"
                       "is unhealthy after 2 failures: HTTP 503\n" in d.text_of("all"), "the event")
            self.assertNotIn("HEALTH", d.text_of("states"))

    def test_told_only(self):
        port = free_port()
        with House(program("p", f"ready=tcp:{port}\nreadyinterval=0.1\nhealth=http://127.0.0.1:{port}/\nhealthinterval=0.1\n"
                                "healthretries=1\nhealthaction=none")) as d:
            d.tell(f"http {port}")
            pid = d.becomes("RUNNING")["pid"]
            d.tell("code 500")
            wait_until(lambda: d.row()["health"] == "unhealthy", "a look")
            self.assertEqual(d.row()["health_detail"], "HTTP 500")
            self.assertEqual(d.ctl("why", "p")[1], "p: RUNNING, unhealthy: HTTP 500\n")
            self.assertIn('supervisord_process_healthy{group="p",name="p"} 0', d.metrics())
            d.tell("code 200")
            wait_until(lambda: d.row()["health"] == "healthy", "a look")
            d.wait_for("INFO p is healthy")
            self.assertEqual(d.info()["pid"], pid)

    def test_watchdog(self):
        with House(program("p", "ready=notify\nhealth=notify-watchdog\nhealthinterval=3600\nhealthaction=signal:USR1")) as d:
            d.tell("say READY=1|WATCHDOG=1")
            d.becomes("RUNNING")
            d.tell("say WATCHDOG=1")
            wait_until(lambda: d.row()["health"] == "healthy", "its word")
            d.tell("say WATCHDOG_USEC=200000")
            d.wait_for(r"WARN p is unhealthy after 1 failure: no WATCHDOG=1 for 0.2 seconds")
            d.becomes("EXITED")
            self.assertIn("terminated by SIGUSR1", d.log())

    def test_a_command_that_hangs(self):
        with House(program("p", "ready=notify\nhealth=exec:sh -c 'echo here; sleep 3600'\nhealthinterval=0.1\n"
                                "healthtimeout=0.3\nhealthretries=1\nhealthaction=none")) as d:
            d.tell("say READY=1")
            d.wait_for(r"WARN p is unhealthy after 1 failure: no answer within 0.3 seconds")
            wait_until(lambda: "health: here\n" in d.text_of("p.err"), "what it has said")

    def test_not_while_something_is_missing(self):
        port = free_port()
        with House(program("p", f"ready=tcp:{port}\nreadyinterval=0.1\nhealth=http://127.0.0.1:{port}/\nhealthinterval=0.1\n"
                                "healthretries=1\ndepends_on=b") + program("b", "startsecs=0"), names=("p", "b")) as d:
            d.tell(f"http {port}")
            pid = d.becomes("RUNNING")["pid"]
            d.ctl("stop", "b")
            d.tell("code 503")
            d.wait_for("WARN p is unhealthy, not restarted while b:ready is not met")
            self.assertEqual(d.info()["pid"], pid)
            d.ctl("start", "b")
            wait_until(lambda: d.info()["pid"] not in (0, pid), "another child")


class Onwards(unittest.TestCase):
    FORMS = {"notify": "say READY=1", "fd:3": "write 3 up|", "logline:^up$": "print up"}

    def test_another_binary(self):
        for form, order in self.FORMS.items():
            with self.subTest(form), House(program("p", f"ready={form}")) as d:
                d.becomes("STARTING", f"waiting to be ready: {form}")
                pid = d.info()["pid"]
                self.assertEqual(d.ctl("upgrade")[0], 0)
                self.assertEqual(d.info()["description"], f"waiting to be ready: {form}")
                d.tell(order)
                self.assertEqual(d.becomes("RUNNING")["pid"], pid)

    def test_a_death(self):
        for form, order in self.FORMS.items():
            with self.subTest(form), House(program("p", f"ready={form}\nhealth=exec:true\nhealthinterval=0.1"),
                                           "survive=true\n") as d:
                d.started()
                if "survive=true is not available here" in d.log():
                    self.skipTest("no keeper here")
                d.becomes("STARTING", f"waiting to be ready: {form}")
                pid = d.info()["pid"]
                d.kill_worker()
                d.tell(order)
                self.assertEqual(d.becomes("RUNNING")["pid"], pid)
                wait_until(lambda: d.row()["health"] == "healthy", "a look")
                d.kill_worker()
                self.assertEqual(d.becomes("RUNNING")["pid"], pid)

    def test_by_a_path(self):
        with House(program("p", "ready=notify"), "notifydir={dir}\n") as d:
            d.becomes("STARTING", "waiting to be ready: notify")
            paths = [name for name in os.listdir(d.dir) if re.fullmatch("[0-9a-f]{16}.sock", name)]
            self.assertEqual(len(paths), 1)
            self.assertEqual(os.stat(os.path.join(d.dir, paths[0])).st_mode & 0o777, 0o600)
            self.assertEqual(d.ctl("upgrade")[0], 0)
            d.tell("say READY=1")
            d.becomes("RUNNING")
            d.ctl("stop", "p")
            with client(d) as proxy:
                proxy.supervisor.startProcess("p", False)
            d.becomes("STARTING", "waiting to be ready: notify")
            wait_until(lambda: not os.path.exists(os.path.join(d.dir, paths[0])), "the end of the old socket")


class Turns(unittest.TestCase):
    def test_a_start_that_waits_for_its_turn_looks_again(self):
        with House(program("p", "ready=notify\nautostart=false") + program("b", "startsecs=0") +
                   program("a", "startsecs=0\nautostart=false\ndepends_on=b"), "startconcurrency=1\n",
                   names=("p", "a", "b")) as d:
            d.becomes("RUNNING", name="b")
            with client(d) as proxy:
                proxy.supervisor.startProcess("p", False)
                d.becomes("STARTING", "waiting to be ready: notify")
                proxy.supervisor.startProcess("a", False)
                d.becomes("STARTING", "waiting for a start slot", name="a")
                proxy.supervisor.stopProcess("b")
                d.becomes("STARTING", "waiting for b:ready (b is STOPPED)", name="a")
                d.tell("say READY=1")
                d.becomes("RUNNING")
                self.assertEqual(d.info("a")["pid"], 0)
                proxy.supervisor.startProcess("b")
                d.becomes("RUNNING", name="a")


if __name__ == "__main__":
    unittest.main()
