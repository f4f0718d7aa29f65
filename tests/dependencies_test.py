#!/usr/bin/env python3
"""Programs that wait for each other, on the built binaries: holds, who is started and stopped with whom, what a lost
dependency does, and how it is shown. Vectors of docs/contract/programs.md, sections 1 and 18. Nothing is decided by
how long something takes: orders are read from the log's records."""
import json
import os
import re
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rpc_support import _Connection as UnixConnection, client  # noqa: E402
from support import BIN, PATIENCE, Daemon, wait_until  # noqa: E402

SERVER = "[unix_http_server]\nfile={dir}/s.sock\n[rpcinterface:supervisor]\n" \
         "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
# Ends with 3 while {dir}/NAME.broken is there; stays otherwise; says when it is told to go.
SCRIPT = """#!/bin/sh
cd {dir}
test -e $1.broken && exit 3
trap 'echo $1 >> gone; exit 0' TERM
echo $1 >> begun
while :; do sleep 3600 & wait $!; done
"""


def program(name, more="", startsecs=0):
    return f"[program:{name}]\ncommand=sh {{dir}}/stay.sh {name}\nstdout_logfile=NONE\nstderr_logfile=NONE\n" \
           f"startsecs={startsecs}\nstopasgroup=true\n{more}\n"


class House(Daemon):
    def __init__(self, text, options="", files=None, **more):
        super().__init__(SERVER + text, options, files={"stay.sh": SCRIPT, **(files or {})}, **more)

    def info(self, name):
        with client(self) as proxy:
            return proxy.supervisor.getProcessInfo(name)

    def becomes(self, name, state, description=None):
        def seen():
            info = self.info(name)
            return info["statename"] == state and (description is None or info["description"] == description) and info
        return wait_until(seen, f"{name} to be {state} {description or ''}")

    def lines(self, name):
        try:
            with open(os.path.join(self.dir, name)) as f:
                return f.read().split()
        except FileNotFoundError:
            return []

    def breaks(self, name, broken=True):
        path = os.path.join(self.dir, name + ".broken")
        if broken:
            open(path, "w").close()
        else:
            os.unlink(path)

    def records(self, pattern):
        return re.findall(rf"^\S+ \S+ (?:{pattern})$", self.log(), re.M)

    def order(self, *patterns):
        """Where the first record of each is in the log."""
        log = self.log()
        found = [re.search(rf"^\S+ \S+ {p}", log, re.M) for p in patterns]
        return [m and m.start() for m in found]

    def ctl(self, *words):
        wait_until(lambda: os.path.exists(f"{self.dir}/s.sock"), "the socket")
        done = subprocess.run([os.path.join(BIN, "supervisorctl"), "-s", f"unix://{self.dir}/s.sock", *words],
                              capture_output=True, text=True, timeout=PATIENCE)
        return done.returncode, done.stdout


BROKEN = {"b.broken": ""}


class Holds(unittest.TestCase):
    def test_it_waits_until_it_is_met(self):  # P163, P164, P233, P259
        with House(program("x", "depends_on=b", 0) + program("b", "startretries=100\nbackoff=fixed\nbackoffmin=100ms", 1),
                   files=BROKEN) as d:
            info = d.becomes("x", "STARTING")
            self.assertEqual(info["pid"], 0)
            wait_until(lambda: d.info("x")["description"] in ("waiting for b:ready", "waiting for b:ready (b is BACKOFF)"),
                       "the item")
            self.assertRegex(d.ctl("status", "x")[1], r"^x +STARTING  waiting for b:ready( \(b is BACKOFF\))?\n$")
            with client(d) as proxy:
                with self.assertRaisesRegex(Exception, "ALREADY_STARTED"):
                    proxy.supervisor.startProcess("x", False)
            d.breaks("b", False)
            d.becomes("x", "RUNNING")
            self.assertEqual(d.records("INFO x waits for b:ready"), [d.records("INFO x waits for b:ready")[0]])
            waits, met, spawned = d.order("INFO x waits for b:ready", r"INFO x: dependencies met after \S+ seconds?",
                                          "INFO spawned: 'x'")
            self.assertTrue(waits < met < spawned)
            self.assertLess(d.order("INFO success: b entered RUNNING")[0], spawned)

    def test_a_chain_starts_in_order_whatever_its_priorities(self):
        with House("".join(program(f"p{i}", f"priority={100 - i}\n" + (f"depends_on=p{i - 1}" if i else ""))
                           for i in range(30))) as d:
            d.becomes("p29", "RUNNING")
            at = d.order(*(f"INFO spawned: 'p{i}'" for i in range(30)))
            self.assertEqual(at, sorted(at))

    def test_stop_ends_a_hold(self):  # P165
        with House(program("x", "depends_on=b") + program("b", "autostart=false\nautorestart=false\nstartretries=0", 1),
                   files=BROKEN) as d:
            d.becomes("b", "FATAL")
            d.becomes("x", "STARTING", "waiting for b:ready (b is FATAL)")
            self.assertEqual(d.ctl("stop", "x"), (0, "x: stopped\n"))
            info = d.info("x")
            self.assertEqual((info["statename"], info["spawnerr"]), ("STOPPED", ""))

    def test_a_failed_item(self):  # P167, P168
        with House(program("x", "depends_on=b\nautostart=false") + program("b", "autostart=false\nstartretries=0", 1),
                   files=BROKEN) as d:
            self.assertEqual(d.ctl("start", "b")[1], "b: ERROR (spawn error)\n")
            d.becomes("b", "FATAL")
            with client(d) as proxy:
                with self.assertRaisesRegex(Exception, "SPAWN_ERROR"):  # it pulls b in, which fails again
                    proxy.supervisor.startProcess("x", True)
            info = d.becomes("x", "STARTING")
            self.assertEqual(info["spawnerr"], "dependency b:ready: b is FATAL")
            self.assertIn("WARN x is held: dependency b:ready: b is FATAL", d.log())
            d.breaks("b", False)
            self.assertEqual(d.ctl("start", "b")[1], "b: started\n")
            self.assertEqual(d.becomes("x", "RUNNING")["spawnerr"], "")

    def test_fail_ignore_and_timeout(self):  # P169, P170, P171
        text = program("b", "autostart=false\nstartretries=0", 1) \
            + program("f", "depends_on=b\ndepends_failure=fail") + program("i", "depends_on=b\ndepends_failure=ignore") \
            + program("t", "depends_on=slow\ndepends_timeout=200ms") + program("slow", "", 3600)
        with House(text, files=BROKEN) as d:
            self.assertEqual(d.becomes("f", "FATAL")["spawnerr"], "dependency b:ready: b is FATAL")
            self.assertIn("INFO gave up: f entered FATAL state, dependency b:ready: b is FATAL", d.log())
            d.becomes("i", "RUNNING")
            self.assertIn("WARN i starts without b:ready: b is FATAL", d.log())
            wait_until(lambda: d.info("t")["spawnerr"] == "dependency slow:ready: not met after 0.2 seconds", "timeout")
            self.assertEqual(d.info("t")["statename"], "STARTING")

    def test_alone(self):  # P172
        with House(program("x", "depends_on=b\nautostart=false") + program("b", "autostart=false")) as d:
            self.assertEqual(d.ctl("start", "--no-deps", "x"), (0, "x: started\n"))
            self.assertEqual(d.info("b")["statename"], "STOPPED")
            self.assertEqual(d.ctl("stop", "x")[1], "x: stopped\n")
            self.assertEqual(d.ctl("start", "x"), (0, "x: started\n"))
            self.assertEqual(d.info("b")["statename"], "RUNNING")

    def test_what_is_needed_is_started(self):  # P118, P119, P120
        with House(program("x", "depends_on=m") + program("m", "autostart=false\ndepends_on=b")
                   + program("b", "autostart=false")) as d:
            d.becomes("x", "RUNNING")
            at = d.order(*(f"INFO spawned: '{name}'" for name in "bmx"))
            self.assertEqual(at, sorted(at))
            self.assertEqual(d.ctl("stop", "m", "x")[1], "m: stopped\nx: stopped\n")
            self.assertEqual(d.ctl("start", "x")[1], "x: started\n")
            self.assertEqual(d.info("m")["statename"], "RUNNING")

    def test_an_operators_stop_is_undone_by_operators_only(self):  # P119
        with House(program("x", "depends_on=b\nautorestart=true", 0) + program("b")) as d:
            pid = d.becomes("x", "RUNNING")["pid"]
            self.assertEqual(d.ctl("stop", "b")[1], "b: stopped\n")
            self.assertEqual(d.info("x")["statename"], "RUNNING")
            os.kill(pid, signal.SIGKILL)
            d.becomes("x", "STARTING", "waiting for b:ready (b is STOPPED)")
            self.assertEqual(d.info("b")["statename"], "STOPPED")
            self.assertEqual(d.ctl("start", "b")[1], "b: started\n")
            d.becomes("x", "RUNNING")

    def test_sets_groups_and_soft_items(self):
        text = program("x", "depends_on=w/2") + "[program:w]\ncommand=sh {dir}/stay.sh w\nnumprocs=3\nstartsecs=0\n" \
            "process_name=%(program_name)s_%(process_num)d\nautostart=false\nstdout_logfile=NONE\nstderr_logfile=NONE\n" \
            + program("s", "depends_on=b?") + program("b", "autostart=false\nstartretries=0", 1)
        with House(text, files=BROKEN) as d:
            d.becomes("x", "RUNNING")
            d.becomes("s", "RUNNING")
            d.becomes("b", "FATAL")


class Losses(unittest.TestCase):
    TEXT = program("b", "autorestart=true") + program("k", "depends_on=b") \
        + program("r", "depends_on=b\ndepends_lost=restart") + program("s", "depends_on=b\ndepends_lost=stop")

    def test_a_dependency_that_dies(self):  # P173, P174, P175
        with House(self.TEXT) as d:
            before = {name: d.becomes(name, "RUNNING")["pid"] for name in "bkrs"}
            os.kill(before["b"], signal.SIGKILL)
            d.becomes("s", "STOPPED")
            wait_until(lambda: (i := d.info("r"))["statename"] == "RUNNING" and i["pid"] != before["r"], "r again")
            self.assertEqual(d.info("k")["pid"], before["k"])
            self.assertIn("INFO r is restarted: dependency b:ready was lost", d.log())
            self.assertIn("INFO s is stopped: dependency b:ready was lost", d.log())
            self.assertEqual(d.ctl("start", "s")[1], "s: started\n")

    def test_an_end_that_is_not_lost(self):  # P176
        text = program("x", "depends_on=m:exited_ok\ndepends_lost=restart\n") + \
            "[program:m]\ntype=oneshot\ncommand=/bin/sh -c 'echo m >> {dir}/ran'\n"
        with House(text) as d:
            pid = d.becomes("x", "RUNNING")["pid"]
            self.assertEqual(d.ctl("start", "m"), (0, "m: started\n"))
            wait_until(lambda: d.lines("ran") == ["m", "m"], "m once more")
            d.becomes("m", "EXITED")
            self.assertEqual(d.info("x")["pid"], pid)
            self.assertNotIn("was lost", d.log())

    def test_the_one_that_others_wait_for_goes_first(self):  # P128
        more = "autorestart=true\nstopasgroup=false\n"
        text = program("f", more) + program("g", more) + program("db", more) + program("app", more + "depends_on=db\n")
        with House(text, "restartbudget=1/2s\n") as d:
            pids = {name: d.becomes(name, "RUNNING")["pid"] for name in ("f", "g", "db", "app")}

            def dies(name):
                os.kill(pids[name], signal.SIGKILL)
                d.wait_for(rf"exited: {name} ")
            dies("f")
            d.wait_for("spawned: 'f'", 2)  # the budget is used up
            dies("g")
            dies("db")
            dies("app")
            again = [rf"INFO spawned: '{name}' with pid (?!{pids[name]}\b)" for name in ("db", "g")]
            wait_until(lambda: None not in d.order(*again), "both")
            self.assertLess(*d.order(*again))
            d.becomes("app", "RUNNING")

    def test_one_that_is_stopped(self):  # P178
        with House(self.TEXT) as d:
            before = {name: d.becomes(name, "RUNNING")["pid"] for name in "bkrs"}
            self.assertEqual(d.ctl("stop", "b")[1], "b: stopped\n")
            d.becomes("r", "STARTING", "waiting for b:ready (b is STOPPED)")
            d.becomes("s", "STOPPED")
            self.assertEqual(d.info("k")["pid"], before["k"])
            self.assertEqual(d.ctl("start", "b")[1], "b: started\n")
            d.becomes("r", "RUNNING")
            self.assertEqual(d.info("s")["statename"], "STOPPED")


class Stops(unittest.TestCase):
    TEXT = program("a", "priority=1") + program("b", "priority=999\ndepends_on=a") + program("c", "priority=5\ndepends_on=b")

    def assert_order(self, d):
        wait_until(lambda: len(d.lines("gone")) == 3, "all to be gone")
        self.assertEqual(d.lines("gone"), ["c", "b", "a"])

    def test_stop_all(self):  # P115
        with House(self.TEXT) as d:
            d.becomes("c", "RUNNING")
            wait_until(lambda: len(d.lines("begun")) == 3, "all to be there")
            self.assertEqual(sorted(d.ctl("stop", "all")[1].split("\n")), ["", "a: stopped", "b: stopped", "c: stopped"])
            self.assert_order(d)

    def test_the_daemons_stop(self):  # P179
        text = program("b", "priority=999") + program("x", "priority=1\ndepends_on=b") + program("y", "priority=500")
        with House(text) as d:
            wait_until(lambda: len(d.lines("begun")) == 3, "all to be there")
            d.process.send_signal(signal.SIGTERM)
            d.process.wait(PATIENCE)
            gone = d.lines("gone")
            self.assertLess(gone.index("x"), gone.index("b"))
            self.assertEqual(gone[-1], "y")

    def test_with_dependents(self):  # P177, P260
        with House(self.TEXT) as d:
            wait_until(lambda: len(d.lines("begun")) == 3, "all to be there")
            self.assertEqual(d.ctl("stop", "--with-dependents", "b"), (0, "c: stopped\nb: stopped\n"))
            self.assertEqual(d.info("a")["statename"], "RUNNING")
            self.assertEqual(d.ctl("start", "c")[1], "c: started\n")
            code, said = d.ctl("restart", "--with-dependents", "a")
            self.assertEqual((code, said.split("\n")[:3]), (0, ["c: stopped", "b: stopped", "a: stopped"]))
            self.assertEqual(sorted(said.split("\n")[3:]), ["", "a: started", "b: started", "c: started"])
            again = re.findall("INFO spawned: '(.)'", d.log())[-3:]
            self.assertEqual(again, ["a", "b", "c"])

    def test_one_that_is_started_again_meanwhile(self):
        stubborn = "[program:s]\ncommand=sh -c 'trap \"\" TERM; while :; do sleep 3600 & wait; done'\ndepends_on=a\n" \
            "startsecs=0\nstopwaitsecs=3600\nstdout_logfile=NONE\nstderr_logfile=NONE\nstopasgroup=true\nkillasgroup=true\n"
        with House(program("a") + program("x", "depends_on=a") + stubborn) as d:
            wait_until(lambda: len(d.lines("begun")) == 2, "all to be there")
            s = d.becomes("s", "RUNNING")["pid"]
            stop = subprocess.Popen([os.path.join(BIN, "supervisorctl"), "-s", f"unix://{d.dir}/s.sock", "stop", "all"],
                                    stdout=subprocess.PIPE, text=True)
            d.becomes("x", "STOPPED")
            d.becomes("s", "STOPPING")
            self.assertEqual(d.ctl("start", "x")[1], "x: started\n")
            os.kill(s, signal.SIGKILL)
            self.assertEqual(sorted(stop.communicate(timeout=PATIENCE)[0].split("\n")),
                             ["", "a: stopped", "s: stopped", "x: stopped"])

    def test_a_group_stops_in_order(self):
        text = "[group:g]\nprograms=p,q,r\nstopmode=ordered\n" + program("p", "priority=3") + program("q", "priority=1") \
            + program("r", "priority=2")
        with House(text) as d:
            wait_until(lambda: len(d.lines("begun")) == 3, "all to be there")
            d.ctl("stop", "g:*")
            self.assertEqual(d.lines("gone"), ["p", "r", "q"])


class Shown(unittest.TestCase):
    TEXT = program("app", "depends_on=db, cache?") + program("db", "", 3600) \
        + program("cache", "autostart=false\nstartretries=0", 1) + program("api", "depends_on=app")

    def test_graph(self):  # P234, P236, P237
        with House(self.TEXT, files={"cache.broken": ""}) as d:
            d.becomes("cache", "FATAL")
            self.assertEqual(d.ctl("graph", "app"),
                             (0, "app  STARTING\n  - db:ready  STARTING\n  ~ cache:ready  FATAL\n"))
            self.assertEqual(d.ctl("graph", "--dot", "app"),
                             (0, 'digraph programs {\n  "app" -> "db" [label="ready"];\n'
                                 '  "app" -> "cache" [label="ready"];\n}\n'))
            self.assertEqual(d.ctl("graph", "nosuch"), (1, "nosuch: ERROR (no such process)\n"))
            self.assertEqual(d.ctl("why", "api"), (0, "api: STARTING, waiting for app:ready (app is STARTING, waiting for "
                                                      "db:ready (db is STARTING))\n"))

    def api(self, d, path, body=None):
        door = UnixConnection(d.dir + "/s.sock")
        door.request("POST" if body else "GET", "/api/v1/" + path, json.dumps(body) if body else None)
        answer = door.getresponse()
        return answer.status, json.loads(answer.read())

    def test_over_http(self):
        with House(program("app", "depends_on=db, cache?") + program("db") + program("cache", "autostart=false")) as d:
            d.becomes("app", "RUNNING")
            self.assertEqual(d.ctl("stop", "cache")[1], "cache: stopped\n")
            self.assertEqual(self.api(d, "processes/app")[1]["unmet"], ["cache:ready"])
            self.assertNotIn("unmet", self.api(d, "processes/db")[1])
            rows = self.api(d, "graph")[1]["programs"]
            self.assertEqual([(r["name"], [(i["item"], i["met"], i["soft"]) for i in r["items"]]) for r in rows],
                             [("app", [("db:ready", True, False), ("cache:ready", False, True)])])
            status, answer = self.api(d, "actions", {"action": "stop", "names": ["db"], "deps": "with"})
            self.assertEqual((status, [r["name"] for r in answer["results"]]), (200, ["app", "db"]))
            self.assertEqual(self.api(d, "processes/app")[1]["unmet"], ["db:ready", "cache:ready"])
            answer = self.api(d, "actions", {"action": "start", "names": ["app"], "deps": "none"})[1]
            self.assertEqual([r["status"] for r in answer["results"]], [80])
            self.assertEqual(d.info("db")["statename"], "STOPPED")
            answer = self.api(d, "actions", {"action": "restart", "names": ["db"], "deps": "with"})[1]
            self.assertEqual(sorted((r["name"], r["status"]) for r in answer["results"]), [("app", 80), ("db", 80)])
            for task in ({"action": "stop", "deps": "none"}, {"action": "start", "deps": "with"},
                         {"action": "stop", "deps": 1}, {"action": "clear", "deps": "with"}):
                self.assertEqual(self.api(d, "actions", {**task, "names": ["db"]})[0], 400, task)
            self.assertEqual(self.api(d, "actions", {"action": "stop", "all": True, "deps": "with"})[0], 400)

    def test_nothing_to_show(self):  # P235
        with House(program("a")) as d:
            self.assertEqual(d.ctl("graph"), (0, "No dependencies\n"))


class Faults(unittest.TestCase):
    def test_a_circle(self):  # P084, P087
        text = program("a", "depends_on=b") + program("b", "depends_on=c")
        with House(text + program("c")) as d:
            d.becomes("a", "RUNNING")
            conf = d.config
            with open(conf) as f:
                good = f.read()
            with open(conf, "w") as f:
                f.write(good.replace("[program:c]\n", "[program:c]\ndepends_on=a\n"))
            code, said = d.ctl("reread")
            self.assertNotEqual(code, 0)
            self.assertIn("depends_on leads back to itself: a -> b -> c -> a in section 'program:a'", said)
            self.assertEqual(d.info("a")["statename"], "RUNNING")


class Changes(unittest.TestCase):
    def test_what_is_removed_and_added(self):
        with House(program("x", "depends_on=b\nautorestart=true") + program("b")) as d:
            pid = d.becomes("x", "RUNNING")["pid"]
            self.assertEqual(d.ctl("stop", "b")[1], "b: stopped\n")
            self.assertEqual(d.ctl("remove", "b")[1], "b: removed process group\n")
            os.kill(pid, signal.SIGKILL)
            d.becomes("x", "STARTING", "waiting for b:ready (b is not in service)")
            self.assertEqual(d.info("x")["spawnerr"], "dependency b:ready: b is not in service")
            self.assertEqual(d.ctl("add", "b")[1], "b: added process group\n")
            d.becomes("x", "RUNNING")

    def test_a_hold_goes_on_in_another_binary(self):
        with House(program("x", "depends_on=b") + program("b", "", 3600) + program("r", "depends_on=c\ndepends_lost=restart")
                   + program("c", "autorestart=true")) as d:
            d.becomes("x", "STARTING", "waiting for b:ready")
            r = d.becomes("r", "RUNNING")["pid"]
            self.assertEqual(d.ctl("upgrade")[0], 0)
            self.assertEqual(d.info("x")["description"], "waiting for b:ready")
            with client(d) as proxy:
                self.assertTrue(proxy.supervisor.stopProcess("x", True))
                self.assertEqual(d.info("x")["statename"], "STOPPED")
            os.kill(d.info("c")["pid"], signal.SIGKILL)
            wait_until(lambda: (i := d.info("r"))["statename"] == "RUNNING" and i["pid"] != r, "r again")


class OverAnUpgrade(unittest.TestCase):
    def test_amid_a_stop_of_several(self):
        """Who has not been asked yet, since others go first, is asked by the binary that follows."""
        slow = "[program:b]\ncommand=/bin/sh -c 'trap \"while ! test -e {dir}/go; do sleep 0.05; done; exit\" TERM; " \
               "echo > {dir}/listens; while :; do sleep 0.05; done'\nstopwaitsecs=100\nstartsecs=0\ndepends_on=a\n"
        for words, others in (["all"], ["c: stopped"]), (["--with-dependents", "a"], []):
            with self.subTest(words=words), House(program("a") + slow + program("c")) as d:
                wait_until(lambda: os.path.exists(f"{d.dir}/listens"), "the slow one")
                d.becomes("c", "RUNNING")
                ctl = [os.path.join(BIN, "supervisorctl"), "-s", f"unix://{d.dir}/s.sock", "stop", *words]
                with subprocess.Popen(ctl, stdout=subprocess.PIPE, text=True) as stop:
                    d.becomes("b", "STOPPING")
                    self.assertEqual(d.ctl("upgrade")[0], 0)
                    self.assertEqual(d.info("a")["statename"], "RUNNING")
                    open(f"{d.dir}/go", "w").close()
                    self.assertEqual(sorted(stop.communicate(timeout=PATIENCE)[0].split("\n")),
                                     ["", "a: stopped", "b: stopped", *others])
                self.assertEqual(d.info("a")["statename"], "STOPPED")


if __name__ == "__main__":
    unittest.main()
