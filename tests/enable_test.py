#!/usr/bin/env python3
"""disable, enable, statefile and autostart=last on the built binaries: who is started and who is passed over; what is
remembered over a restart, another binary, a death of the worker and the end of the daemon; statefiles that are broken,
hostile or cannot be written. Vectors of docs/contract/programs.md, sections 11 and 18. Nothing is decided by how long
something takes, but for the second that `--until` names."""
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
import xmlrpc.client

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from readiness_test import House as ReadinessHouse  # noqa: E402
from rpc_support import _Connection as UnixConnection, client, fault_of  # noqa: E402
from support import BIN, PATIENCE, alive, free_port, wait_until  # noqa: E402

IS_ROOT = os.getuid() == 0
TROUPE = "[rpcinterface:troupe]\nsupervisor.rpcinterface_factory=troupe:main\n"
STATE = "statefile={dir}/state.json"
SLEEP = "/bin/sleep 1000"


def program(name="p", more="", command=SLEEP):
    return f"[program:{name}]\ncommand={command}\nstartsecs=0\n{more}\n"


class House(ReadinessHouse):
    def __init__(self, text, options="", **more):
        super().__init__(text, options, names=(), **more)

    @property
    def state_path(self):
        return os.path.join(self.dir, "state.json")

    def state(self):
        try:
            with open(self.state_path) as f:
                return json.load(f)
        except FileNotFoundError:
            return {}

    def remembers(self, kind, name, value):
        return wait_until(lambda: self.state().get(kind, {}).get(name) == value, f"{kind} of {name} in {self.state()}")

    def post(self, path, body):
        one = UnixConnection(f"{self.dir}/s.sock")
        one.request("POST", f"/api/v1/{path}", json.dumps(body), {"Content-Type": "application/json"})
        answer = one.getresponse()
        text = answer.read()
        one.close()
        return answer.status, json.loads(text)

    def is_down(self, name="p"):
        """It is STOPPED, after others that were to be started have been."""
        self.assertEqual_state(name, "STOPPED")

    def assertEqual_state(self, name, state):
        info = self.info(name)
        assert info["statename"] == state, info

    def crash(self, name="p"):
        os.kill(self.info(name)["pid"], signal.SIGKILL)

    def end(self):
        self.send(signal.SIGTERM)
        self.process.wait(PATIENCE)

    def again(self):
        """The daemon, once it has ended, anew."""
        before = self.log().count("supervisord started with pid")
        self.start()
        self.wait_for(r"supervisord started with pid \d+", before + 1)
        wait_until(lambda: self.answers(), "an answer")

    def answers(self):
        try:
            with client(self) as proxy:
                return proxy.supervisor.getState()["statename"] == "RUNNING"
        except (OSError, xmlrpc.client.ProtocolError):
            return False

    def restart(self):
        """By SIGHUP."""
        before = self.log().count("supervisord started with pid")
        self.send(signal.SIGHUP)
        self.wait_for(r"supervisord started with pid \d+", before + 1)
        wait_until(lambda: self.answers(), "an answer")


class Semantics(unittest.TestCase):
    def test_words(self):  # P254
        with House(program() + program("q", "autostart=false"), STATE) as d:
            d.becomes("RUNNING")
            self.assertEqual(d.ctl("disable", "p", "--now"), (0, "p: disabled\np: stopped\n"))
            self.assertEqual(d.ctl("disable", "p"), (0, "p: disabled\n"))
            self.assertEqual(d.ctl("disable", "--now", "p"), (0, "p: disabled\n"))
            self.assertEqual(d.ctl("enable", "p", "q"), (0, "p: enabled\nq: enabled\n"))
            d.is_down()
            self.assertEqual(d.ctl("enable", "p", "--now"), (0, "p: enabled\np: started\n"))
            self.assertEqual(d.ctl("enable", "p", "--now"), (0, "p: enabled\n"))
            self.assertEqual(d.ctl("disable", "nosuch"), (1, "nosuch: ERROR (no such process)\n"))
            self.assertEqual(d.ctl("disable", "nosuch:*", "q"), (1, "nosuch: ERROR (no such group)\nq: disabled\n"))
            self.assertEqual(d.ctl("enable", "q?"), (1, "q?: ERROR (no such process)\n"))
            code, text = d.ctl("disable")
            self.assertEqual((code, text.splitlines()[0]), (1, "Error: disable requires a process name"))

    def test_without_a_statefile(self):  # P254
        with House(program()) as d:
            d.becomes("RUNNING")
            self.assertEqual(d.ctl("disable", "p"), (0, "p: disabled (until supervisord ends)\n"))
            self.assertEqual(d.ctl("disable", "p", "--until", "1h"),
                             (0, "p: disabled (until the daemon ends: no statefile)\n"))
            self.assertEqual(d.ctl("disable", "p", "--until=23:59"),
                             (0, "p: disabled (until the daemon ends: no statefile)\n"))
            self.assertEqual(d.ctl("enable", "p"), (0, "p: enabled\n"))
            self.assertEqual(os.listdir(d.dir).count("state.json"), 0)

    def test_bad_times(self):  # P255
        with House(program(), STATE) as d:
            d.becomes("RUNNING")
            for bad in ("25:00", "never", "2020-01-01", "-5", "0", "1969-12-31T00:00"):
                self.assertEqual(d.ctl("disable", "p", "--until", bad), (1, f"ERROR: bad time {bad}\n"))
            self.assertNotIn("disabled", d.row())
            code, text = d.ctl("disable", "p", "--until")
            self.assertEqual((code, text.splitlines()[0]), (1, "Error: --until requires a time"))

    def test_whom_a_start_passes_over(self):  # P224
        more = "autostart=false\n"
        with House(f"[program:a]\ncommand={SLEEP}\nstartsecs=0\n{more}[program:b]\ncommand={SLEEP}\nstartsecs=0\n{more}"
                   "[group:g]\nprograms=a,b\n" + program("p", more), STATE) as d:
            d.becomes("STOPPED")
            self.assertEqual(d.ctl("disable", "g:a"), (0, "g:a: disabled\n"))
            self.assertEqual(d.ctl("start", "g:*"), (0, "g:b: started\n"))
            self.assertEqual(d.ctl("start", "all"), (0, "p: started\n"))
            with client(d) as proxy:
                self.assertEqual(proxy.supervisor.startProcessGroup("g"), [])
                self.assertEqual(proxy.supervisor.startAllProcesses(), [])
                self.assertEqual(proxy.supervisor.getProcessInfo("g:a")["statename"], "STOPPED")
            self.assertEqual(d.ctl("why", "g:a"), (0, "g:a: STOPPED, never started: disabled\n"))
            self.assertEqual(d.ctl("start", "g:a"), (0, "g:a: started\n"))
            self.assertTrue(d.row("g:a")["disabled"])
            self.assertEqual(sorted(d.ctl("stop", "all")[1].split("\n")), ["", "g:a: stopped", "g:b: stopped", "p: stopped"])

    def test_groups_all_and_patterns(self):
        with House("".join(program(name, "autostart=false") for name in ("p1", "p2", "q")), STATE) as d:
            d.becomes("STOPPED", name="q")
            self.assertEqual(d.ctl("disable", "p*"), (0, "p1: disabled\np2: disabled\n"))
            self.assertEqual(d.ctl("enable", "p1:*"), (0, "p1: enabled\n"))
            self.assertEqual(d.ctl("disable", "all"), (0, "p1: disabled\np2: disabled\nq: disabled\n"))
            self.assertEqual(d.ctl("enable", "q", "p2", "q"), (0, "q: enabled\np2: enabled\n"))

    def test_backoff_and_crash(self):  # P223
        with House(program("p", "startsecs=1000\nbackoffmin=1000", command="/bin/false") +
                   program("q", "autorestart=true"), STATE) as d:
            d.becomes("BACKOFF")
            self.assertEqual(d.ctl("disable", "p"), (0, "p: disabled\n"))
            d.becomes("STOPPED")
            d.becomes("RUNNING", name="q")
            self.assertEqual(d.ctl("disable", "q"), (0, "q: disabled\n"))
            d.crash("q")
            d.becomes("EXITED", name="q")
            self.assertEqual(d.ctl("why", "q")[1].splitlines()[0],  # how it ended may be known by then, too
                             "q: EXITED (terminated by SIGKILL), not restarted: disabled")
            self.assertEqual(d.ctl("enable", "q"), (0, "q: enabled\n"))
            d.assertEqual_state("q", "EXITED")

    def test_dependencies(self):  # P121
        with House(program("b", "autostart=false") + program("x", "autostart=false\ndepends_on=b"), STATE) as d:
            d.becomes("STOPPED", name="x")
            d.ctl("disable", "b")
            self.assertEqual(d.ctl("start", "x"), (7, "x: ERROR (spawn error)\n"))
            info = d.becomes("STARTING", "waiting for b:ready (b is disabled)", name="x")
            self.assertEqual(info["spawnerr"], "dependency b:ready: b is disabled")
            d.assertEqual_state("b", "STOPPED")
            self.assertIn("WARN x is held: dependency b:ready: b is disabled", d.log())
            self.assertEqual(d.ctl("enable", "b", "--now"), (0, "b: enabled\nb: started\n"))
            d.becomes("RUNNING", name="x")

    def test_enabled_it_is_pulled_in(self):
        with House(program("b", "autostart=false") + program("x", "autostart=false\ndepends_on=b"), STATE) as d:
            d.becomes("STOPPED", name="x")
            d.ctl("disable", "b")
            d.ctl("start", "x")
            d.becomes("STARTING", "waiting for b:ready (b is disabled)", name="x")
            d.ctl("enable", "b")
            d.becomes("RUNNING", name="x")
            d.becomes("RUNNING", name="b")

    def test_stops_in_order(self):
        with House(program("b") + program("x", "depends_on=b"), STATE) as d:
            d.becomes("RUNNING", name="x")
            self.assertEqual(d.ctl("disable", "all", "--now"), (0, "b: disabled\nb: stopped\nx: disabled\nx: stopped\n"))
            log = d.log()
            self.assertLess(log.index(" stopped: x"), log.index(" stopped: b"))

    def test_fate_passes_it_over(self):
        with House(f"[program:a]\ncommand={SLEEP}\nstartsecs=0\nautorestart=false\n[program:b]\ncommand={SLEEP}\nstartsecs=0\n"
                   "[program:c]\ncommand={}\nstartsecs=0\n[group:g]\nprograms=a,b,c\nonfailure=restartgroup\n".format(SLEEP),
                   STATE) as d:
            for name in "abc":
                d.becomes("RUNNING", name=f"g:{name}")
            d.ctl("disable", "g:b")
            before = {name: d.info(f"g:{name}")["pid"] for name in "abc"}
            d.crash("g:a")
            wait_until(lambda: d.info("g:c")["pid"] not in (0, before["c"]) and d.info("g:a")["pid"] not in (0, before["a"]),
                       "both to be back")
            self.assertEqual(d.info("g:b")["pid"], before["b"])

    def test_until(self):
        with House(program() + program("q", "autostart=false") + program("r"), STATE) as d:
            d.becomes("RUNNING", name="r")
            d.becomes("RUNNING")
            self.assertEqual(d.ctl("disable", "p", "q", "--now", "--until", "2"), (0, "p: disabled\np: stopped\nq: disabled\n"))
            self.assertEqual(d.ctl("disable", "r", "--until", "2"), (0, "r: disabled\n"))
            end = wait_until(lambda: d.state().get("disabled", {}).get("p"), "the end in the file")
            self.assertLess(abs(end - time.time()), 5)
            pid = d.info("r")["pid"]
            d.becomes("RUNNING")
            self.assertGreaterEqual(time.time(), end)
            wait_until(lambda: "disabled" not in d.row("q"), "q to be enabled")
            d.assertEqual_state("q", "STOPPED")
            wait_until(lambda: "disabled" not in d.row("r"), "r to be enabled")
            self.assertEqual(d.info("r")["pid"], pid)
            wait_until(lambda: "disabled" not in d.state(), "nobody in the file")

    def test_until_the_stop_is_still_under_way(self):
        stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('{dir}/up', 'w'); time.sleep(1000)"
        with House(program("p", "stopwaitsecs=3", command=f'{sys.executable} -c "{stubborn}"'), STATE) as d:
            wait_until(lambda: os.path.exists(f"{d.dir}/up"), "the child")
            pid = d.info()["pid"]
            self.assertEqual(d.ctl("disable", "p", "--now", "--until", "1"), (0, "p: disabled\np: stopped\n"))
            wait_until(lambda: d.info()["pid"] not in (0, pid), "another child")

    def test_a_start_that_waits(self):
        with House(program("p", "startsecs=1000", command=SLEEP) + program("q"), "startconcurrency=1\n" + STATE) as d:
            d.becomes("STARTING", "waiting for a start slot", name="q")
            self.assertEqual(d.ctl("disable", "q"), (0, "q: disabled\n"))
            d.becomes("STOPPED", name="q")
            self.assertNotIn("spawned: 'q'", d.log())

    def test_until_it_is_enabled_or_disabled_otherwise(self):
        with House(program(), STATE) as d:
            d.becomes("RUNNING")
            d.ctl("disable", "p", "--now", "--until", "1h")
            d.ctl("disable", "p")
            d.remembers("disabled", "p", 0)
            d.ctl("disable", "p", "--until", "1")
            d.becomes("RUNNING")


class Interfaces(unittest.TestCase):
    def test_rpc(self):
        with House(program() + program("q", "autostart=false") + TROUPE, STATE) as d:
            d.becomes("RUNNING")
            with client(d) as proxy:
                self.assertEqual(proxy.troupe.disable(["p", "q"], "", True),
                                 [{"name": "p", "group": "p", "status": 80, "description": "disabled"},
                                  {"name": "p", "group": "p", "status": 80, "description": "stopped"},
                                  {"name": "q", "group": "q", "status": 80, "description": "disabled"}])
                self.assertEqual([r["description"] for r in proxy.troupe.enable(["p:*", "p"], True)], ["enabled", "started"])
                self.assertEqual(proxy.troupe.disable([]), [])
                self.assertEqual([r["name"] for r in proxy.troupe.disable(["p"], int(time.time()) + 900)], ["p"])
                for wrong in ((), ("p",), (["p"], 1.5), ([1],), (["p"], "", True, 1)):
                    self.assertEqual(fault_of(lambda: proxy.troupe.disable(*wrong))[0], 2, wrong)
                self.assertEqual(fault_of(lambda: proxy.troupe.disable(["p", "no"])), (10, "BAD_NAME: no"))
                self.assertEqual(fault_of(lambda: proxy.troupe.disable(["p"], "25:00")), (30, "FAILED: bad time 25:00"))
                self.assertEqual(fault_of(lambda: proxy.troupe.disable(["p"], 7)), (30, "FAILED: bad time 7"))
                self.assertIn("name", proxy.system.methodHelp("troupe.disable"))

    def test_json_and_metrics(self):
        with House(program() + program("q", "autostart=last"), STATE) as d:
            d.becomes("RUNNING")
            self.assertNotIn("supervisord_process_disabled", d.metrics())
            self.assertNotIn("disabled", d.row())
            self.assertIn("disable", d.row()["actions"])
            self.assertEqual(d.post("actions", {"action": "disable", "names": ["p"], "now": True}),
                             (200, {"results": [
                                 {"name": "p", "group": "p", "process": "p", "status": 80, "description": "disabled"},
                                 {"name": "p", "group": "p", "process": "p", "status": 80, "description": "stopped"}]}))
            row = d.row()
            self.assertEqual((row["disabled"], row["wanted"]), (True, True))
            self.assertIn("enable", row["actions"])
            self.assertNotIn("disable", row["actions"])
            self.assertIn('supervisord_process_disabled{group="p",name="p"} 1', d.metrics())
            self.assertIn('supervisord_process_disabled{group="q",name="q"} 0', d.metrics())
            self.assertEqual(d.post("actions", {"action": "disable", "names": ["p"], "until": "99:00"})[1]["results"][0]["status"], 30)
            self.assertEqual(d.post("actions", {"action": "enable", "all": True})[0], 200)
            self.assertNotIn("supervisord_process_disabled", d.metrics())
            d.ctl("stop", "q")
            self.assertEqual((d.row("q")["disabled"], d.row("q")["wanted"]), (False, False))

    def test_status_stays_as_it_is(self):
        with House(program("p", "autostart=false"), STATE) as d:
            d.becomes("STOPPED")
            before = d.ctl("status")
            d.ctl("disable", "p")
            self.assertEqual(d.ctl("status"), before)

    def test_json_of_the_client(self):
        with House(program(), STATE) as d:
            d.becomes("RUNNING")
            code, text = d.ctl("disable", "p", "--json")
            self.assertEqual((code, json.loads(text)[0]["description"]), (0, "disabled"))

    def test_over_tcp(self):
        port = free_port()
        with House(program() + TROUPE + f"[inet_http_server]\nport=127.0.0.1:{port}\n", STATE) as d:
            d.becomes("RUNNING")
            url = f"http://127.0.0.1:{port}"
            done = subprocess.run([os.path.join(BIN, "supervisorctl"), "-s", url, "disable", "p", "--now"],
                                  capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual((done.returncode, done.stdout), (0, "p: disabled\np: stopped\n"))
            with xmlrpc.client.ServerProxy(url + "/RPC2") as proxy:
                self.assertEqual(proxy.troupe.enable(["p"], True)[1]["description"], "started")
            with urllib.request.urlopen(url + "/api/v1/processes/p", timeout=PATIENCE) as answer:
                self.assertNotIn("disabled", json.load(answer))

    def test_config_info(self):
        with House(program("p", "autostart=last") + program("q"), STATE) as d:
            d.becomes("RUNNING")
            autostart = lambda: {c["name"]: c["autostart"] for c in client(d).supervisor.getAllConfigInfo()}
            self.assertEqual(autostart(), {"p": True, "q": True})
            d.ctl("stop", "all")
            self.assertEqual(autostart(), {"p": False, "q": True})


class Remembered(unittest.TestCase):
    def test_over_a_restart_without_a_statefile(self):
        with House(program() + program("q")) as d:
            d.becomes("RUNNING")
            d.ctl("disable", "p", "--now")
            d.restart()
            d.becomes("RUNNING", name="q")
            d.is_down()
            self.assertTrue(d.row()["disabled"])
            d.end()
            d.again()
            d.becomes("RUNNING")

    def test_over_the_end_of_the_daemon(self):
        with House(program() + program("q"), STATE) as d:
            d.becomes("RUNNING")
            d.ctl("disable", "p")
            d.end()
            self.assertEqual(d.state()["disabled"], {"p": 0})
            self.assertEqual(stat.S_IMODE(os.stat(d.state_path).st_mode), 0o600)
            self.assertEqual([name for name in os.listdir(d.dir) if name.startswith("state.json")], ["state.json"])
            d.again()
            d.becomes("RUNNING", name="q")
            d.is_down()
            d.restart()
            d.becomes("RUNNING", name="q")
            d.is_down()

    def test_over_a_kill(self):
        with House(program() + program("q"), STATE) as d:
            d.becomes("RUNNING")
            d.ctl("disable", "p", "--now")
            d.remembers("disabled", "p", 0)
            left = d.info("q")["pid"]
            d.kill_whole()
            os.kill(left, signal.SIGKILL)
            d.again()
            d.becomes("RUNNING", name="q")
            d.is_down()

    def test_as_last(self):  # P160 to P162
        last = "autostart=last\n"
        with House(program("a", last) + program("b", last) + program("c", last) + program("q"), STATE) as d:
            for name in "abcq":
                d.becomes("RUNNING", name=name)  # no entry: true
            d.ctl("stop", "a")
            d.ctl("stop", "c")
            d.ctl("start", "c")
            d.end()
            d.again()
            for name in "bcq":
                d.becomes("RUNNING", name=name)
            d.assertEqual_state("a", "STOPPED")
            self.assertEqual(d.info("a")["start"], 0)
            d.restart()
            for name in "bcq":
                d.becomes("RUNNING", name=name)
            d.assertEqual_state("a", "STOPPED")
            d.ctl("start", "a")
            d.restart()
            d.becomes("RUNNING", name="a")

    def test_disabled_now_it_is_still_wanted(self):
        with House(program("p", "autostart=last") + program("q"), STATE) as d:
            d.becomes("RUNNING")
            d.ctl("disable", "p", "--now", "--until", "1")
            d.becomes("RUNNING")
            d.ctl("disable", "p", "--now")
            d.ctl("enable", "p")
            d.is_down()
            d.restart()
            d.becomes("RUNNING")

    def test_until_over_an_end(self):
        with House(program() + program("q"), STATE) as d:
            d.becomes("RUNNING")
            d.ctl("disable", "p", "--until", "1")
            d.ctl("disable", "q", "--until", "1h")
            d.end()
            end = d.state()["disabled"]["p"]
            wait_until(lambda: time.time() > end, "the end of it")
            d.again()
            d.becomes("RUNNING")
            d.is_down("q")
            self.assertTrue(d.row("q")["disabled"])

    def test_unknown_names_and_keys_stay(self):
        known = {"version": 1, "disabled": {"gone": 0, "p": 0}, "wanted": {"gone": False}, "scales": {"w": 3},
                 "last_runs": {"j": 1700000000}, "later": {"x": [1, None]}}
        with House(program() + program("q"), STATE, files={"state.json": json.dumps(known)}) as d:
            d.becomes("RUNNING", name="q")
            d.is_down()
            d.ctl("enable", "p")
            d.end()
            state = d.state()
            self.assertEqual(state["disabled"], {"gone": 0})
            self.assertEqual(state["wanted"], {"gone": False, "q": True})
            for key in ("scales", "last_runs", "later"):
                self.assertEqual(state[key], known[key])

    def test_a_group_that_comes_back(self):
        with House(program() + program("q"), STATE) as d:
            d.becomes("RUNNING")
            d.ctl("disable", "p", "--now")
            self.assertEqual(d.ctl("remove", "p"), (0, "p: removed process group\n"))
            self.assertEqual(d.ctl("add", "p"), (0, "p: added process group\n"))
            d.is_down()
            self.assertTrue(d.row()["disabled"])

    def test_another_binary(self):
        for options in ("", STATE):
            with self.subTest(options=options), House(program() + program("q", "autorestart=true"), options) as d:
                d.becomes("RUNNING", name="q")
                d.ctl("disable", "p", "--now")
                d.ctl("disable", "q", "--until", "1h")
                with client(d) as proxy:
                    proxy.troupe.upgrade({})
                self.assertTrue(d.row()["disabled"])
                d.crash("q")
                d.becomes("EXITED", name="q")
                self.assertEqual(d.ctl("start", "all"), (0, ""))
                d.restart()
                d.assertEqual_state("p", "STOPPED")
                d.assertEqual_state("q", "STOPPED")

    def test_until_over_another_binary(self):
        with House(program()) as d:
            d.becomes("RUNNING")
            d.ctl("disable", "p", "--now", "--until", "3")
            with client(d) as proxy:
                proxy.troupe.upgrade({})
            d.becomes("RUNNING")

    def test_a_death_of_the_worker(self):
        for options in ("", STATE + "\n"):
            with self.subTest(options=options), House(
                    program() + program("q", "autorestart=true") + program("r", "autostart=last" if options else ""),
                    options + "survive=true\nsurvivelimit=1000/1s") as d:
                for name in "pqr":
                    d.becomes("RUNNING", name=name)
                if "survive=true is not available" in d.log():
                    self.skipTest("there is no keeper here")
                d.ctl("disable", "p", "--now", "--until", "1h")
                d.ctl("disable", "q")
                d.ctl("stop", "r")
                d.kill_worker()
                wait_until(lambda: d.answers(), "an answer")
                self.assertTrue(d.row()["disabled"])
                d.crash("q")
                d.becomes("EXITED", name="q")
                d.is_down()
                d.ctl("disable", "p", "--until", "2")
                d.kill_worker()
                d.becomes("RUNNING")
                if options:
                    d.remembers("wanted", "r", False)
                    d.restart()
                    d.assertEqual_state("r", "STOPPED")
                d.assertEqual_state("q", "STOPPED" if options else "EXITED")

    def test_in_the_background(self):
        with House(program() + program("q"), STATE, args=()) as d:
            d.process.wait(PATIENCE)
            d.becomes("RUNNING")
            pid = int(open(d.pid_path).read())
            d.ctl("disable", "p")
            d.remembers("disabled", "p", 0)
            os.kill(pid, signal.SIGTERM)
            wait_until(lambda: not alive(pid), "the end")
            d.start()
            d.process.wait(PATIENCE)
            d.becomes("RUNNING", name="q")
            d.is_down()
            d.ctl("shutdown")
            wait_until(lambda: not os.path.exists(d.pid_path), "the end")


class Hostile(unittest.TestCase):
    def starts_without(self, d, why):
        d.becomes("RUNNING")
        d.wait_for(rf"WARN statefile {d.state_path}: {why}; it is kept as {d.state_path}\.bad")
        self.assertTrue(os.path.lexists(d.state_path + ".bad"))
        d.ctl("disable", "p")
        d.remembers("disabled", "p", 0)

    def made(self, make, why, **more):
        d = House.__new__(House)
        original = House.start

        def start(self_, *words, **named):
            make(os.path.join(self_.dir, "state.json"))
            return original(self_, *words, **named)
        d.start = start.__get__(d)
        d.__init__(program(), STATE, **more)
        with d:
            self.starts_without(d, why)
            return d

    def test_broken(self):  # P159
        with House(program(), STATE, files={"state.json": "{"}) as d:
            self.starts_without(d, "not JSON: incomplete JSON")
            with open(d.state_path + ".bad") as f:
                self.assertEqual(f.read(), "{")

    def test_of_others(self):
        for text, why in (('{"disabled":[]}', "disabled is no object"), ("[" * 100000, "not JSON: .*"),
                          ('{"disabled":{"p":1e999}}', "disabled: 'p' has no number"), ("\0" * 1000, "not JSON: .*")):
            with self.subTest(text=text[:20]), House(program(), STATE, files={"state.json": text}) as d:
                self.starts_without(d, why)

    def test_link(self):
        with tempfile.TemporaryDirectory() as folder:
            target = os.path.join(folder, "target")
            with open(target, "w") as f:
                f.write('{"disabled":{"p":0}}')
            self.made(lambda path: os.symlink(target, path), "it is a link")
            with open(target) as f:
                self.assertEqual(f.read(), '{"disabled":{"p":0}}')

    def test_what_is_no_file_stays(self):
        """`statefile=/tmp` or `/dev/null`, by mistake, and the daemon is root."""
        def bind(path):
            with socket.socket(socket.AF_UNIX) as s:
                s.bind(path)
        for make in (os.mkdir, os.mkfifo, bind):
            with self.subTest(make.__name__), tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "state")
                make(path)
                what = os.lstat(path)
                with House(program(), f"statefile={path}") as d:
                    d.becomes("RUNNING")
                    d.wait_for(rf"WARN statefile {path}: it is no regular file; nothing is remembered until it is gone\n")
                    d.ctl("disable", "p")
                    d.end()
                now = os.lstat(path)
                self.assertEqual((now.st_ino, now.st_mode), (what.st_ino, what.st_mode))
                self.assertEqual(os.listdir(folder), ["state"])

    def test_large(self):
        def fill(path):
            with open(path, "wb") as f:
                f.truncate(100 << 20)
        self.made(fill, "it is larger than 16 MiB")

    def test_many_names(self):
        text = json.dumps({"disabled": {f"n{i}": 0 for i in range(30000)}})
        with House(program(), STATE, files={"state.json": text}) as d:
            d.becomes("RUNNING")
            d.ctl("disable", "p")
            d.end()
            self.assertEqual(len(d.state()["disabled"]), 10001)

    @unittest.skipUnless(IS_ROOT, "needs another user")
    def test_of_somebody_else(self):
        def give(path):
            with open(path, "w") as f:
                f.write('{"disabled":{"p":0}}')
            os.chown(path, 65534, 65534)
        self.made(give, "it belongs to uid 65534")

    def test_missing_folder(self):
        with House(program(), "statefile={dir}/later/state.json") as d:
            d.becomes("RUNNING")
            d.wait_for(r"WARN statefile \S+/later/state.json: .*No such file or directory.*; it is tried again")
            self.assertEqual(d.ctl("disable", "p"), (0, "p: disabled\n"))
            os.mkdir(os.path.join(d.dir, "later"))
            d.end()
            with open(os.path.join(d.dir, "later", "state.json")) as f:
                self.assertEqual(json.load(f)["disabled"], {"p": 0})
            self.assertEqual(d.log().count("WARN statefile"), 1)

    def test_full_disk(self):
        with House(program(), "statefile=/dev/full/state.json") as d:
            d.becomes("RUNNING")
            self.assertEqual(d.ctl("disable", "p"), (0, "p: disabled\n"))
            d.wait_for("WARN statefile /dev/full/state.json: ")
            d.end()

    @unittest.skipUnless(IS_ROOT, "needs another user")
    def test_ordinary_user(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o777)
            with House(program(), f"user=nobody\nstatefile={folder}/state.json") as d:
                d.becomes("RUNNING")
                self.assertEqual(d.ctl("disable", "p"), (0, "p: disabled\n"))
                wait_until(lambda: os.path.exists(f"{folder}/state.json"), "the file")
                info = os.stat(f"{folder}/state.json")
                self.assertEqual((stat.S_IMODE(info.st_mode), info.st_uid), (0o600, 65534))

    @unittest.skipUnless(IS_ROOT, "needs another user")
    def test_folder_that_cannot_be_written(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            with House(program(), f"user=nobody\nstatefile={folder}/state.json") as d:
                d.becomes("RUNNING")
                d.wait_for("WARN statefile .*Permission denied.*; it is tried again")
                self.assertEqual(d.ctl("disable", "p", "--now"), (0, "p: disabled\np: stopped\n"))
                d.end()
                self.assertEqual(os.listdir(folder), [])


if __name__ == "__main__":
    unittest.main()
