#!/usr/bin/env python3
"""Rolling restarts and hup on the built binaries: one batch after the other, what ends it, who may watch it, and that
it goes on in another binary and after a death of the worker. Vectors of docs/contract/programs.md, sections 7 and 18.
Nothing is decided by how long something takes."""
import json
import os
import signal
import subprocess
import sys
import unittest
import xmlrpc.client

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from readiness_test import House as ReadinessHouse  # noqa: E402
from rpc_support import _Connection as UnixConnection, client  # noqa: E402
from support import BIN, PATIENCE, free_port, wait_until  # noqa: E402

PYTHON = sys.executable
# Says `begun PID` and each HUP and USR1 in NAME.said. NAME.bad: it ends at once. NAME.gate, a FIFO: it says that it is
# ready once a line comes out of it. NAME.deaf: it does not end on TERM.
CHILD = r"""
import os, signal, socket, sys
name = sys.argv[1]
def note(text):
    with open(name + ".said", "a") as f:
        f.write(text + "\n")
def tell(text):
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.connect("\0" + address[1:] if address[0] == "@" else address)
            s.send(text.encode())
def reload(signo, frame):
    note({signal.SIGHUP: "HUP", signal.SIGUSR1: "USR1"}[signo])
    if os.path.exists(name + ".reload"):
        tell("RELOADING=1")
        with open(name + ".reload") as gate:
            gate.read()
        tell("READY=1")
signal.signal(signal.SIGHUP, reload)
signal.signal(signal.SIGUSR1, reload)
if os.path.exists(name + ".deaf"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
note(f"begun {os.getpid()}")
if os.path.exists(name + ".bad"):
    os._exit(1)
if os.path.exists(name + ".gate"):
    with open(name + ".gate") as gate:
        gate.read()
tell("READY=1")
while True:
    signal.pause()
"""
# Whoever may not use our Python.
SHELL = r"""
trap 'echo HUP >> $1.said' HUP
echo begun $$ >> $1.said
while :; do sleep 0.1; done
"""
HOOK = r"""
import os, sys
with open(sys.argv[1] + ".hook", "a") as f:
    f.write(os.environ["SUPERVISOR_HOOK"] + " " + os.environ.get("SUPERVISOR_REASON", "-") + "\n")
if os.path.exists(sys.argv[1] + ".held"):
    with open(sys.argv[1] + ".held") as gate:
        os._exit(int(gate.read()))
"""


def web(number=4, more="", name="web"):
    return f"[program:{name}]\ncommand={PYTHON} {{dir}}/child.py {name}_%(process_num)02d\ndirectory={{dir}}\n" \
           f"process_name=%(program_name)s_%(process_num)02d\nnumprocs={number}\nstartsecs=0\nautorestart=false\n" \
           f"stdout_logfile=NONE\nstderr_logfile={{dir}}/{name}.err\n{more}\n"


def one(more="", name="p"):
    return f"[program:{name}]\ncommand={PYTHON} {{dir}}/child.py {name}\ndirectory={{dir}}\nstartsecs=0\n" \
           f"autorestart=false\nstdout_logfile={{dir}}/{name}.out\nstderr_logfile={{dir}}/{name}.err\n{more}\n"


def lines(*numbers, name="web"):
    """What a roll that goes well says of these."""
    return "".join(f"{name}:{name}_{n:02}: stopped\n{name}:{name}_{n:02}: started\n" for n in numbers)


class House(ReadinessHouse):
    def __init__(self, text, options="", gates=(), by=None, **more):
        self.gates, self.by = gates, by
        super().__init__(text, options, names=(), files={"child.py": CHILD, "hook.py": HOOK, "child.sh": SHELL}, **more)

    def start(self, *words, **more):
        for gate in self.gates:
            if not os.path.exists(os.path.join(self.dir, gate)):
                os.mkfifo(os.path.join(self.dir, gate), 0o666)
        os.chmod(self.dir, 0o777)  # whoever its programs are
        if self.by:
            more["preexec"] = lambda: (os.setgroups([]), os.setgid(self.by), os.setuid(self.by))
        return super().start(*words, **more)

    def opens(self, gate, text="\n"):
        with open(os.path.join(self.dir, gate), "w") as f:
            f.write(text)

    def said(self, name):
        return self.text_of(name + ".said").splitlines()

    def begun(self, name, times=1):
        return wait_until(lambda: sum(line.startswith("begun") for line in self.said(name)) >= times,
                          f"{name} to begin {times} times")

    def up(self, *numbers, times=1, name="web"):
        for n in numbers:
            self.begun(f"{name}_{n:02}", times)
        return self

    def ctl_errors(self, *words):
        done = subprocess.run([os.path.join(BIN, "supervisorctl"), "-s", f"unix://{self.dir}/s.sock", *words],
                              capture_output=True, text=True, timeout=PATIENCE)
        return done.returncode, done.stdout, done.stderr

    def listens(self, name, group="web"):
        """The child that it has now."""
        wait_until(lambda: f"begun {self.info(f'{group}:{name}')['pid']}" in self.said(name), f"{name} to listen")

    def watch(self, *words):
        return subprocess.Popen([os.path.join(BIN, "supervisorctl"), "-s", f"unix://{self.dir}/s.sock", *words],
                                stdout=subprocess.PIPE, text=True)

    def ask(self, method, path, body=None):
        c = UnixConnection(f"{self.dir}/s.sock")
        c.request(method, "/api/v1/" + path, json.dumps(body) if body is not None else None,
                  {"Content-Type": "application/json"} if body is not None else {})
        answer = c.getresponse()
        text = answer.read()
        c.close()
        return answer.status, json.loads(text)

    def rollout(self, number=0, *since):
        return self.ask("POST", "call/troupe.getRollout", [number, *since])[1]["result"]

    def is_over(self, number=0):
        return wait_until(lambda: (r := self.rollout(number))["state"] != "running" and r, "the rolling restart to end")


class Rolls(unittest.TestCase):
    def test_two(self):  # P249
        with House(web(2)) as d:
            d.up(0, 1)
            self.assertEqual(d.ctl("restart", "web:*", "--rolling"), (0, lines(0, 1)))
            d.up(0, 1, times=2)
            self.assertEqual(d.row("web:web_00")["reason"], "rolling")
            self.assertIn("INFO rolling restart 1 of web: 2 processes\n", d.log())
            self.assertIn("INFO rolling restart 1 of web is done\n", d.log())

    def test_first_exits_at_once(self):  # P250
        with House(web(2, "startsecs=1\nstartretries=0")) as d:
            d.up(0, 1)
            d.becomes("RUNNING", name="web:web_00"), d.becomes("RUNNING", name="web:web_01")
            d.write("web_00.bad", "")
            self.assertEqual(d.ctl("restart", "web:*", "--rolling"), (1,
                "web:web_00: stopped\nweb:web_00: ERROR (spawn error)\n"
                "ERROR: rolling restart of web stopped after 1 failure, not restarted: web:web_01\n"))
            self.assertEqual(d.info("web:web_01")["statename"], "RUNNING")
            self.assertIn("WARN rolling restart of web stopped after 1 failure, not restarted: web:web_01\n", d.log())

    def test_failures_that_may_be(self):  # P149, P150
        with House(web(4, "startsecs=1\nstartretries=0")) as d:
            for n in range(4):
                d.becomes("RUNNING", name=f"web:web_{n:02}")
            d.write("web_01.bad", "")
            status, said = d.ctl("restart", "web:*", "--rolling", "--max-fail", "1")
            self.assertEqual(said, lines(0) + "web:web_01: stopped\nweb:web_01: ERROR (spawn error)\n" + lines(2, 3))
            self.assertEqual(status, 7)  # as of a start
            self.assertEqual(d.rollout()["state"], "done")

    def test_batches(self):  # P147, P148
        with House(web(4)) as d:
            d.up(0, 1, 2, 3)
            for flag, sizes in (("--batch=50%", (2, 2)), ("--batch=100%", (3, 1)), ("--batch=3", (3, 1))):
                status, said = d.ctl("restart", "--rolling", flag, "web:*")
                self.assertEqual(status, 0)
                words = [line.rpartition(" ")[2] for line in said.splitlines()]
                self.assertEqual(words, [w for n in sizes for w in ["stopped"] * n + ["started"] * n], flag)
                self.assertEqual(sorted(said.splitlines()), sorted(lines(0, 1, 2, 3).splitlines()))

    def test_only_those_that_run(self):
        with House(web(3)) as d:
            d.up(0, 1, 2)
            d.ctl("stop", "web:web_01")
            self.assertEqual(d.ctl("restart", "web:*", "--rolling"), (0, lines(0, 2)))
            self.assertEqual(d.ctl("restart", "web:*", "--rolling", "--all"),
                             (0, lines(0) + "web:web_01: started\n" + lines(2)))
            d.ctl("stop", "all")
            self.assertEqual(d.ctl("restart", "all", "--rolling"), (0, ""))

    def test_names(self):
        with House(web(2) + one("", "p") + web(2, "", "api")) as d:
            d.up(0, 1), d.up(0, 1, name="api"), d.begun("p")
            status, said = d.ctl("restart", "p", "web:web_01", "api:*", "nosuch", "g:*", "--rolling")
            self.assertEqual(status, 1)
            self.assertEqual(said, "nosuch: ERROR (no such process)\ng: ERROR (no such group)\n" +
                             lines(0, 1, name="api") + "p: stopped\np: started\n" + lines(1))
            self.assertEqual(d.ctl("restart", "w*:w*0?", "--rolling"), (0, lines(0, 1)))

    def test_other_words_are_names(self):  # P251
        with House(web(2)) as d:
            d.up(0, 1)
            status, said = d.ctl("restart", "web:web_00", "--frobnicate")
            self.assertIn("--frobnicate: ERROR (no such process)\n", said)
            status, said = d.ctl("restart", "web:web_00", "--batch", "2")
            self.assertIn("--batch: ERROR (no such process)\n2: ERROR (no such process)\n", said)
            status, said = d.ctl("restart", "web:web_00", "--rolling", "--frobnicate")
            self.assertEqual((status, said), (1, "--frobnicate: ERROR (no such process)\n" + lines(0)))

    def test_bad_flags(self):
        with House(web(2)) as d:
            d.up(0, 1)
            for flag, value, shown in (("--batch", "0", "batch 0"), ("--batch", "no", "batch no"), ("--pause", "-1", "pause -1"),
                                       ("--wait", "up", "wait up"), ("--max-fail", "x", "max_fail x"),
                                       ("--timeout", "soon", "timeout soon"), ("--batch", "", "batch ")):
                self.assertEqual(d.ctl("restart", "web:*", "--rolling", f"{flag}={value}"), (1, f"ERROR: bad {shown}\n"))
            self.assertEqual(d.ctl("restart", "--rolling")[0], 1)

    def test_options_of_the_group(self):
        text = web(2, "rollingbatch=1\n", "a") + web(2, "", "b") + \
            "[group:g]\nprograms=b\nrollingbatch=100%\nrollingmaxfail=2\n"
        with House(text) as d:
            d.up(0, 1, name="a"), d.up(0, 1, name="b")
            self.assertEqual(d.ctl("restart", "g:*", "--rolling")[0], 0)
            self.assertEqual(d.ctl("restart", "g:*", "--rolling", "--json")[0], 0)
            self.assertEqual(d.rollout()["groups"], ["g"])

    def test_json(self):
        with House(web(2)) as d:
            d.up(0, 1)
            status, said = d.ctl("restart", "web:*", "--rolling", "--json")
            shown = json.loads(said)
            self.assertEqual((status, shown["state"], shown["groups"], shown["failures"], shown["promises"]),
                             (0, "done", ["web"], 0, False))
            self.assertEqual(json.loads(d.ctl("rollout", "--json")[1])["id"], 1)

    def test_promises(self):
        text = web(2).replace("[program:web]", "[fcgi-program:web]\nsocket=unix://{dir}/fcgi.sock")
        with House(text) as d:
            d.up(0, 1)
            self.assertEqual(d.ctl("restart", "web:*", "--rolling"), (0, lines(0, 1)))
            self.assertTrue(d.rollout()["promises"])

    def test_over_tcp_and_by_another_user(self):
        self.in_shells("user=nobody\n" if os.geteuid() == 0 else "")

    def test_ordinary_user(self):
        self.in_shells("", 65534 if os.geteuid() == 0 else None)

    def in_shells(self, more, by=None):
        port = free_port()
        program = f"[program:web]\ncommand=/bin/sh {{dir}}/child.sh web_%(process_num)02d\ndirectory={{dir}}\nnumprocs=2\n" \
            f"process_name=web_%(process_num)02d\nstartsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE\n{more}\n"
        with House(f"[inet_http_server]\nport=127.0.0.1:{port}\n" + program, by=by) as d:
            d.up(0, 1)
            done = subprocess.run([os.path.join(BIN, "supervisorctl"), "-s", f"http://127.0.0.1:{port}", "restart", "web:*",
                                   "--rolling"], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual((done.returncode, done.stdout), (0, lines(0, 1)))
            d.up(0, 1, times=2)  # and hear signals
            done = subprocess.run([os.path.join(BIN, "supervisorctl"), "-s", f"http://127.0.0.1:{port}", "hup", "all"],
                                  capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(done.stdout, "web:web_00: reloaded\nweb:web_01: reloaded\n")
            wait_until(lambda: "HUP" in d.said("web_00"), "HUP")


class Awaits(unittest.TestCase):
    def test_ready(self):
        more = "ready=notify\nreadytimeout=600"
        with House(web(2, more), gates=("web_00.gate", "web_01.gate")) as d:
            d.opens("web_00.gate"), d.opens("web_01.gate")
            for n in (0, 1):
                d.becomes("RUNNING", name=f"web:web_{n:02}")
            roll = d.watch("restart", "web:*", "--rolling")
            self.assertEqual(roll.stdout.readline(), "web:web_00: stopped\n")
            d.begun("web_00", 2)
            d.becomes("STARTING", name="web:web_00")
            self.assertEqual(d.info("web:web_01")["statename"], "RUNNING")
            d.opens("web_00.gate")
            self.assertEqual(roll.stdout.readline(), "web:web_00: started\n")
            self.assertEqual(roll.stdout.readline(), "web:web_01: stopped\n")
            d.begun("web_01", 2)
            d.opens("web_01.gate")
            self.assertEqual(roll.communicate(timeout=PATIENCE)[0], "web:web_01: started\n")
            self.assertEqual(roll.returncode, 0)

    def test_running_does_not_wait_for_ready(self):
        with House(web(2, "ready=notify\nreadytimeout=600"), gates=("web_00.gate", "web_01.gate")) as d:
            d.opens("web_00.gate"), d.opens("web_01.gate")
            for n in (0, 1):
                d.becomes("RUNNING", name=f"web:web_{n:02}")
            self.assertEqual(d.ctl("restart", "web:*", "--rolling", "--wait", "running"), (0, lines(0, 1)))
            d.begun("web_00", 2), d.begun("web_01", 2)
            d.opens("web_00.gate"), d.opens("web_01.gate")

    def test_too_late(self):
        with House(web(2, "ready=notify\nreadytimeout=600"), gates=("web_00.gate", "web_01.gate")) as d:
            d.opens("web_00.gate"), d.opens("web_01.gate")
            for n in (0, 1):
                d.becomes("RUNNING", name=f"web:web_{n:02}")
            self.assertEqual(d.ctl("restart", "web:*", "--rolling", "--timeout", "300ms"), (1,
                "web:web_00: stopped\nweb:web_00: ERROR (not ready after 0.3 seconds)\n"
                "ERROR: rolling restart of web stopped after 1 failure, not restarted: web:web_01\n"))
            d.begun("web_00", 2)
            d.opens("web_00.gate")

    def test_healthy(self):
        more = "health=exec:/usr/bin/test -e {dir}/fine\nhealthinterval=0.1\nhealthaction=none\nrollingwait=healthy"
        with House(web(2, more)) as d:
            d.up(0, 1)
            roll = d.watch("restart", "web:*", "--rolling")
            self.assertEqual(roll.stdout.readline(), "web:web_00: stopped\n")
            d.begun("web_00", 2)
            wait_until(lambda: d.row("web:web_00")["health"] == "unhealthy", "it to be unhealthy")
            self.assertEqual(d.rollout()["next"], 1)
            d.write("fine", "")
            self.assertEqual(roll.communicate(timeout=PATIENCE)[0], lines(0, 1).partition("\n")[2])

    def test_pause(self):
        with House(web(2)) as d:
            d.up(0, 1)
            roll = d.watch("restart", "web:*", "--rolling", "--pause", "1h")
            self.assertEqual(roll.stdout.readline() + roll.stdout.readline(), lines(0))
            self.assertEqual(d.rollout()["state"], "running")
            self.assertEqual(d.ctl("rollout", "abort", "1"), (0, "1: aborted\n"))
            self.assertEqual(roll.communicate(timeout=PATIENCE)[0],
                             "ERROR: rolling restart of web was aborted, not restarted: web:web_01\n")
            self.assertEqual(roll.returncode, 1)
            self.assertEqual(d.ctl("rollout", "abort", "1"), (1, "ERROR: rolling restart 1 is over\n"))

    def test_nobody_stays_down_for_an_abort(self):
        with House(web(3, "stopwaitsecs=600\n")) as d:
            d.up(0, 1, 2)
            d.write("web_00.deaf", "")
            d.ctl("restart", "web:web_00"), d.begun("web_00", 2)
            roll = d.watch("restart", "web:*", "--rolling")
            d.becomes("STOPPING", name="web:web_00")
            self.assertEqual(d.ctl("rollout", "abort", "1"), (0, "1: aborted\n"))
            os.remove(os.path.join(d.dir, "web_00.deaf"))
            os.kill(d.info("web:web_00")["pid"], signal.SIGKILL)
            self.assertEqual(roll.communicate(timeout=PATIENCE)[0], lines(0) +
                             "ERROR: rolling restart of web was aborted, not restarted: web:web_01 web:web_02\n")


class Watched(unittest.TestCase):
    def hold(self, d):
        """A roll that waits for web_00.gate."""
        d.opens("web_00.gate")
        for n in (0, 1):
            d.becomes("RUNNING", name=f"web:web_{n:02}")
        roll = d.watch("restart", "web:*", "--rolling")
        self.assertEqual(roll.stdout.readline(), "web:web_00: stopped\n")
        d.begun("web_00", 2)
        return roll

    def house(self, options="", more=""):
        return House(web(2, "ready=notify\nreadytimeout=600\n" + more), options, gates=("web_00.gate",))

    def test_client_goes_away(self):
        with self.house() as d:
            roll = self.hold(d)
            roll.send_signal(signal.SIGINT)
            roll.communicate(timeout=PATIENCE)
            self.assertEqual(d.rollout()["state"], "running")
            another = d.watch("rollout", "1")
            self.assertEqual(another.stdout.readline(), "web:web_00: stopped\n")
            d.opens("web_00.gate")
            self.assertEqual(another.communicate(timeout=PATIENCE)[0], lines(0, 1).partition("\n")[2])
            self.assertEqual(d.ctl("rollout"), (0, lines(0, 1)))

    def test_one_at_a_time(self):
        with self.house() as d:
            roll = self.hold(d)
            self.assertEqual(d.ctl("restart", "web:web_01", "--rolling"),
                             (1, "ERROR: a rolling restart of web is under way\n"))
            with client(d) as proxy:
                self.assertEqual(proxy.supervisor.getState()["statename"], "RUNNING")
            d.opens("web_00.gate")
            self.assertEqual(roll.communicate(timeout=PATIENCE)[0], lines(0, 1).partition("\n")[2])
            self.assertEqual(d.ctl("restart", "web:web_01", "--rolling"), (0, lines(1)))

    def test_daemon_stops_meanwhile(self):
        with self.house() as d:
            roll = self.hold(d)
            d.send(signal.SIGTERM)
            self.assertIn("ERROR: rolling restart of web was aborted, not restarted: web:web_01\n",
                          roll.communicate(timeout=PATIENCE)[0])
            self.assertEqual(roll.returncode, 1)
            self.assertEqual(d.process.wait(PATIENCE), 0)
            self.assertIn("WARN rolling restart of web was aborted, not restarted: web:web_01\n", d.log())

    def test_goes_on_in_another_binary(self):
        with self.house() as d:
            roll = self.hold(d)
            self.assertEqual(d.ctl("upgrade")[0], 0)
            self.assertEqual(d.rollout()["state"], "running")
            d.opens("web_00.gate")
            self.assertEqual(roll.communicate(timeout=PATIENCE)[0], lines(0, 1).partition("\n")[2])
            self.assertEqual(d.is_over()["state"], "done")
            self.assertEqual(d.ctl("rollout", "1"), (0, lines(0, 1)))
            self.assertEqual([len([x for x in d.said(f"web_0{n}") if "begun" in x]) for n in (0, 1)], [2, 2])

    def test_goes_on_after_a_death_of_the_worker(self):
        with self.house("survive=true") as d:
            roll = self.hold(d)
            d.kill_worker()
            d.opens("web_00.gate")
            self.assertEqual(roll.communicate(timeout=PATIENCE)[0], lines(0, 1).partition("\n")[2])
            self.assertEqual(d.is_over()["state"], "done")
            self.assertEqual(d.ctl("rollout", "1"), (0, lines(0, 1)))

    def test_group_is_removed(self):
        with House(web(2, "stopwaitsecs=600\n")) as d:
            d.up(0, 1)
            roll = d.watch("restart", "web:*", "--rolling", "--pause", "1h")
            self.assertEqual(roll.stdout.readline() + roll.stdout.readline(), lines(0))
            self.assertEqual(d.ctl("stop", "web:*")[0], 0)
            self.assertEqual(d.ctl("remove", "web"), (0, "web: removed process group\n"))
            roll.kill(), roll.communicate()
            self.assertEqual(d.rollout(1)["state"], "running")  # its pause
            d.ctl("rollout", "abort", "1")
            self.assertIn(d.is_over(1)["state"], ("done", "aborted"))

    def test_none(self):
        with House(web(1)) as d:
            d.up(0)
            self.assertEqual(d.ctl("rollout"), (0, "No rolling restarts\n"))
            for words in (("7",), ("abort", "7"), ("x",)):
                self.assertEqual(d.ctl("rollout", *words), (1, f"ERROR: no such rolling restart: {words[-1]}\n"))
            self.assertEqual(d.ctl("rollout", "abort")[0], 1)

    def test_only_the_last_ones_are_kept(self):
        with House(web(1)) as d:
            d.up(0)
            for _ in range(20):
                self.assertEqual(d.ctl("restart", "web:*", "--rolling"), (0, lines(0)))
            self.assertEqual(d.rollout()["id"], 20)
            self.assertEqual(d.ctl("rollout", "1")[0], 1)
            self.assertEqual(d.ctl("rollout", "10")[0], 0)


class Configured(unittest.TestCase):
    def test_a_plain_restart_rolls(self):
        with House(web(2, "restartmode=rolling") + web(2, "", "api") + one("restartmode=rolling")) as d:
            d.up(0, 1), d.up(0, 1, name="api"), d.begun("p")
            self.assertEqual(d.ctl("restart", "web:*"), (0, lines(0, 1)))
            self.assertEqual(d.rollout()["id"], 1)
            self.assertEqual(d.ctl("restart", "web:web_00"), (0, lines(0)))  # one alone
            self.assertEqual(d.ctl("restart", "p"), (0, "p: stopped\np: started\n"))
            self.assertEqual(d.rollout()["id"], 1)
            status, said = d.ctl("restart", "all")
            self.assertEqual(status, 0)
            self.assertTrue(said.startswith(lines(0, 1)), said)
            self.assertEqual(sorted(said.splitlines()[4:]),
                             sorted((lines(0, 1, name="api") + "p: stopped\np: started\n").splitlines()))
            self.assertEqual(d.rollout()["id"], 2)

    def test_header_only_where_it_is_asked_for(self):
        for more, expected in (("", None), ("restartmode=rolling", "rolling"), ("restartmode=parallel\nrollingbatch=2", None)):
            with House(web(2, more)) as d:
                d.up(0, 1)
                c = UnixConnection(f"{d.dir}/s.sock")
                c.request("POST", "/RPC2", xmlrpc.client.dumps((), "supervisor.getVersion"), {"Content-Type": "text/xml"})
                answer = c.getresponse()
                answer.read()
                c.close()
                self.assertEqual(answer.getheader("Troupe-Restart"), expected)

    def test_api(self):
        with House(web(2, "restartmode=rolling") + web(2, "", "api")) as d:
            d.up(0, 1), d.up(0, 1, name="api")
            status, answer = d.ask("POST", "actions", {"action": "restart", "names": ["web:*", "api:api_00"]})
            self.assertEqual((status, answer["rollout"]), (200, 1))
            self.assertEqual([(r["name"], r["status"]) for r in answer["results"]],
                             [("web:web_00", 80), ("web:web_01", 80), ("api:api_00", 80)])
            status, answer = d.ask("POST", "actions", {"action": "restart", "all": True})
            self.assertEqual((status, answer["rollout"], sorted(r["name"] for r in answer["results"])),
                             (200, 2, ["api:api_00", "api:api_01", "web:web_00", "web:web_01"]))


class Interface(unittest.TestCase):
    def test_api(self):
        with House(web(2)) as d:
            d.up(0, 1)
            self.assertEqual(d.ask("GET", "rollouts"), (200, {"id": 0}))
            status, answer = d.ask("POST", "rollouts", {"names": ["web:*"], "flags": {"pause": "1h"}})
            self.assertEqual((status, answer), (200, {"rollout": 1}))
            wait_until(lambda: d.ask("GET", "rollouts/1")[1]["next"] == 2, "the first batch")
            shown = d.ask("GET", "rollouts/1?since=1")[1]
            self.assertEqual([(s["name"], s["what"], s["text"]) for s in shown["steps"]], [("web:web_00", "started", "OK")])
            self.assertEqual(d.ask("DELETE", "rollouts/1"), (200, {"result": True}))
            self.assertEqual(d.ask("GET", "rollouts/1")[1]["state"], "aborted")
            self.assertEqual(d.ask("GET", "rollouts/1")[1]["not_restarted"], ["web:web_01"])
            self.assertEqual(d.ask("DELETE", "rollouts")[0], 405)
            self.assertEqual(d.ask("GET", "rollouts/x")[0], 404)
            self.assertEqual(d.ask("GET", "rollouts/9")[0], 404)
            self.assertEqual(d.ask("POST", "rollouts", {"names": "web"})[0], 400)
            status, answer = d.ask("POST", "actions", {"action": "rolling", "names": ["web:*"], "flags": {"batch": 2}})
            self.assertEqual([r["name"] for r in answer["results"]], ["web:web_00", "web:web_01"])
            self.assertEqual(answer["rollout"], 2)
            d.listens("web_00"), d.listens("web_01")
            status, answer = d.ask("POST", "actions", {"action": "hup", "names": ["web:*"]})
            self.assertEqual([r["status"] for r in answer["results"]], [80, 80])
            self.assertIn("hup", d.row("web:web_00")["actions"])
            self.assertNotIn("rolling", d.row("web:web_00")["actions"])

    def test_methods(self):
        with House(web(2)) as d:
            d.up(0, 1)
            ask = lambda method, *params: d.ask("POST", f"call/troupe.{method}", list(params))
            self.assertEqual(ask("restartRolling", "web:*")[1]["fault"]["code"], 2)
            self.assertEqual(ask("restartRolling", ["web:*"], 7)[1]["fault"]["code"], 2)
            self.assertEqual(ask("restartRolling", ["zz"])[1]["fault"]["text"], "BAD_NAME: zz")
            self.assertEqual(ask("restartRolling", ["web:*"], {"batch": "x"})[1]["fault"]["text"], "FAILED: bad batch x")
            self.assertEqual(ask("restartRolling", ["web:*"], {"configured": True})[1], {"result": 0})
            self.assertEqual(ask("restartRolling", [])[1], {"result": 0})
            self.assertEqual(ask("getRollout", -1)[1]["fault"]["code"], 2)
            self.assertEqual(ask("getRollout", 3)[1]["fault"]["text"], "BAD_NAME: 3")
            self.assertEqual(ask("restartRolling", ["*:*"], {"timeout": 5, "pause": 0.1, "max_fail": 1})[1], {"result": 1})
            self.assertEqual(d.is_over(1)["state"], "done")
            with client(d) as proxy:
                self.assertEqual(len(proxy.system.listMethods()), 41)

    def test_hooks_see_the_reason(self):
        more = f"prestart={PYTHON} {{dir}}/hook.py web_%(process_num)02d\nprestop={PYTHON} {{dir}}/hook.py web_%(process_num)02d"
        with House(web(2, more)) as d:
            d.up(0, 1)
            self.assertEqual(d.ctl("restart", "web:*", "--rolling"), (0, lines(0, 1)))
            self.assertEqual(d.text_of("web_00.hook").splitlines(),
                             ["prestart autostart", "prestop rolling", "prestart rolling"])


class Access(unittest.TestCase):
    def test_rights(self):
        port = free_port()
        text = f"[inet_http_server]\nport=127.0.0.1:{port}\n" + web(2) + web(2, "", "api") + \
            "[role:webops]\nverbs=restart, signal:HUP\nprograms=web\n[user:anna]\npassword=anna-pw\nroles=webops\n" \
            "[user:vera]\npassword=vera-pw\nroles=viewer\n[user:root]\npassword=root-pw\nroles=admin\n"
        with House(text) as d:
            d.up(0, 1), d.up(0, 1, name="api")
            def proxy(user):
                return xmlrpc.client.ServerProxy(f"http://{user}:{user}-pw@127.0.0.1:{port}/RPC2/troupe").troupe

            def fault(call, *params):
                with self.assertRaises(xmlrpc.client.Fault) as raised:
                    call(*params)
                return raised.exception.faultString

            def over(number):
                return wait_until(lambda: (r := proxy("root").getRollout(number))["state"] != "running" and r, "its end")
            anna, vera, root = proxy("anna"), proxy("vera"), proxy("root")
            self.assertEqual(anna.restartRolling(["*:*"]), 1)  # those that she may
            self.assertEqual(over(1)["names"], ["web:web_00", "web:web_01"])
            self.assertEqual(fault(anna.restartRolling, ["api:*"]), "BAD_NAME: api:*")
            self.assertEqual(fault(anna.restartRolling, ["web:*", "api:api_00"]), "BAD_NAME: api:api_00")
            self.assertEqual(fault(vera.restartRolling, ["web:*"]), "NOT_PERMITTED: vera may not restart")
            self.assertEqual(root.restartRolling(["api:*"], {"pause": "1h"}), 2)
            self.assertEqual(fault(anna.getRollout, 2), "BAD_NAME: 2")
            self.assertEqual(anna.getRollout(0)["id"], 1)
            self.assertEqual(fault(anna.abortRollout, 2), "BAD_NAME: 2")
            self.assertEqual(vera.getRollout(2)["names"], ["api:api_00", "api:api_01"])
            self.assertEqual(fault(vera.abortRollout, 2), "NOT_PERMITTED: vera may not restart")
            self.assertEqual(root.restartRolling(["web:*"], {"pause": "1h"}), 3)
            self.assertTrue(root.abortRollout(2))
            self.assertTrue(anna.abortRollout(3))
            over(2), over(3)
            self.assertEqual(root.restartRolling(["api:*", "web:*"]), 4)
            over(4)
            seen = anna.getRollout(4)
            self.assertEqual((seen["groups"], seen["names"], seen["next"]), (["web"], ["web:web_00", "web:web_01"], 4))
            self.assertTrue(anna.hupProcess("web:web_00"))
            self.assertEqual(fault(vera.hupProcess, "web:web_00"), "NOT_PERMITTED: vera may not signal web:web_00")
            self.assertEqual(fault(anna.hupProcess, "api:api_00"), "BAD_NAME: api:api_00")


class Hup(unittest.TestCase):
    def test_signal(self):  # P253
        with House(one()) as d:
            d.begun("p")
            pid = d.info()["pid"]
            self.assertEqual(d.ctl("hup", "p"), (0, "p: reloaded\n"))
            wait_until(lambda: "HUP" in d.said("p"), "HUP")
            self.assertEqual(d.info()["pid"], pid)
            d.ctl("stop", "p")
            self.assertEqual(d.ctl("hup", "p"), (7, "p: ERROR (not running)\n"))
            self.assertEqual(d.ctl("hup", "nosuch"), (1, "nosuch: ERROR (no such process)\n"))
            self.assertEqual(d.ctl("hup")[0], 1)

    def test_another_signal(self):
        with House(one("reloadsignal=USR1")) as d:
            d.begun("p")
            self.assertEqual(d.ctl("hup", "p"), (0, "p: reloaded\n"))
            wait_until(lambda: "USR1" in d.said("p"), "USR1")

    def test_groups(self):
        with House(web(3) + one()) as d:
            d.up(0, 1, 2), d.begun("p")
            d.ctl("stop", "web:web_01")
            two = "web:web_00: reloaded\nweb:web_02: reloaded\n"
            self.assertEqual(d.ctl("hup", "web:*"), (0, two))
            self.assertEqual(d.ctl("hup", "all"), (0, "p: reloaded\n" + two))
            self.assertEqual(d.ctl("hup", "web:*2", "p"), (0, "web:web_02: reloaded\np: reloaded\n"))
            status, said = d.ctl("hup", "web:*", "--json")
            self.assertEqual([r["status"] for r in json.loads(said)], [80, 80])
            answer = d.ask("POST", "call/troupe.hupProcess", ["web:*"])[1]["result"]
            self.assertEqual([(r["name"], r["status"]) for r in answer], [("web_00", 80), ("web_02", 80)])

    def test_command(self):
        more = f"reloadcommand={PYTHON} {{dir}}/hook.py p"
        with House(one(more), gates=("p.held",)) as d:
            d.begun("p")
            for status, expected in ((0, (0, "p: reloaded\n")), (1, (1, "p: ERROR (reload failed: exit status 1)\n"))):
                hup = d.watch("hup", "p")
                d.opens("p.held", str(status))
                self.assertEqual(hup.communicate(timeout=PATIENCE)[0], expected[1])
                self.assertEqual(hup.returncode, expected[0])
            self.assertEqual(d.text_of("p.hook"), "reloadcommand -\n" * 2)
            self.assertIn("WARN reloadcommand of p failed (exit status 1)\n", d.log())
            self.assertNotIn("HUP", d.said("p"))
            self.assertEqual(d.info()["statename"], "RUNNING")

    def test_command_hangs(self):
        with House(one(f"reloadcommand={PYTHON} {{dir}}/hook.py p\nreloadtimeout=0.3"), gates=("p.held",)) as d:
            d.begun("p")
            self.assertEqual(d.ctl("hup", "p"), (1, "p: ERROR (reload timed out)\n"))

    def test_stop_meanwhile(self):
        with House(one(f"reloadcommand={PYTHON} {{dir}}/hook.py p\nreloadtimeout=0"), gates=("p.held",)) as d:
            d.begun("p")
            hup = d.watch("hup", "p")
            wait_until(lambda: d.text_of("p.hook"), "the command")
            self.assertEqual(d.ctl("stop", "p"), (0, "p: stopped\n"))
            self.assertEqual(hup.communicate(timeout=PATIENCE)[0], "p: ERROR (reload failed: the process was stopped)\n")

    def test_end_meanwhile(self):
        with House(one(f"reloadcommand={PYTHON} {{dir}}/hook.py p\nreloadtimeout=0"), gates=("p.held",)) as d:
            d.begun("p")
            hup = d.watch("hup", "p")
            wait_until(lambda: d.text_of("p.hook"), "the command")
            os.kill(d.info()["pid"], signal.SIGKILL)
            self.assertEqual(hup.communicate(timeout=PATIENCE)[0], "p: ERROR (reload failed: the process has ended)\n")

    def test_another_one_meanwhile(self):
        with House(one(f"reloadcommand={PYTHON} {{dir}}/hook.py p\nreloadtimeout=0"), gates=("p.held",)) as d:
            d.begun("p")
            first = d.watch("hup", "p")
            wait_until(lambda: d.text_of("p.hook").count("\n") == 1, "the command")
            second = d.watch("hup", "p")
            wait_until(lambda: d.log().count("troupe.hupProcess") == 2 or len(d.text_of("p.hook")) > 0, "both")
            d.opens("p.held", "0")
            self.assertEqual(first.communicate(timeout=PATIENCE)[0], "p: reloaded\n")
            wait_until(lambda: d.text_of("p.hook").count("\n") == 2, "the command, again")
            d.opens("p.held", "3")
            self.assertEqual(second.communicate(timeout=PATIENCE)[0], "p: ERROR (reload failed: exit status 3)\n")

    def test_notify(self):
        with House(one("ready=notify"), gates=("p.reload",)) as d:
            d.becomes("RUNNING")
            hup = d.watch("hup", "p")
            wait_until(lambda: "HUP" in d.said("p"), "HUP")
            d.opens("p.reload")
            self.assertEqual(hup.communicate(timeout=PATIENCE)[0], "p: reloaded\n")
            self.assertEqual(d.info()["statename"], "RUNNING")

    def test_notify_never_says_that_it_is_done(self):
        with House(one("ready=notify\nreloadtimeout=1.5"), gates=("p.reload",)) as d:
            d.becomes("RUNNING")
            self.assertEqual(d.ctl("hup", "p"), (1, "p: ERROR (reload timed out)\n"))
            d.opens("p.reload")

    def test_goes_on_in_another_binary(self):
        with House(one("ready=notify\nreloadtimeout=0"), gates=("p.reload",)) as d:
            d.becomes("RUNNING")
            hup = d.watch("hup", "p")
            wait_until(lambda: "HUP" in d.said("p"), "HUP")
            self.assertEqual(d.ctl("upgrade")[0], 0)
            d.opens("p.reload")
            self.assertEqual(hup.communicate(timeout=PATIENCE)[0], "p: reloaded\n")

    def test_events_say_nothing(self):
        with House(one()) as d:
            d.begun("p")
            before = d.log().count("INFO ")
            self.assertEqual(d.ctl("hup", "p"), (0, "p: reloaded\n"))
            self.assertEqual(d.log().count("INFO "), before)


if __name__ == "__main__":
    unittest.main()
