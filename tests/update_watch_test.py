#!/usr/bin/env python3
"""Updates process by process as they happen, on the built binaries: what is told while one is under way, that its reason is
told to hooks and in JSON, and that starts which wait for nothing that comes hold up nobody. docs/contract/programs.md, 0.1
and 6. Nothing is decided by how long something takes, but for the limits that the daemon has itself."""
import json
import os
import subprocess
import sys
import time
import unittest
import xmlrpc.client
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from details_test import call, row  # noqa: E402
from rpc_support import client, fault_of  # noqa: E402
from support import BIN, PATIENCE, free_port, wait_until  # noqa: E402
from update_test import SLOW, House, program  # noqa: E402


class Client:
    """supervisorctl, whose lines are read one by one."""

    def __init__(self, d, *words):
        self.process = subprocess.Popen([os.path.join(BIN, "supervisorctl"), "-s", f"unix://{d.dir}/s.sock", *words],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def line(self):
        return self.process.stdout.readline().rstrip("\n")

    def rest(self):
        text = self.process.communicate(timeout=PATIENCE)[0]
        return self.process.returncode, text

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def becomes(d, name, state):
    """The lines come in the order in which things end: what happens beside them may still be about to begin."""
    wait_until(lambda: d.infos()[name]["statename"] == state, f"{name} to be {state}")


def open_door(d):
    with open(os.path.join(d.dir, "go"), "w") as door:
        door.write("x\n")


class AsItHappens(unittest.TestCase):
    def test_each_line_when_it_is_true(self):
        before = program("slow", "directory={dir}", SLOW) + program("quick") + program("live")
        after = program("slow", "directory={dir}\numask=077", SLOW) + program("quick", "umask=077") + program("live", "stopwaitsecs=11") + program("new")
        for verb in (("apply",), ("update", "--mode", "process")):
            with House(before) as d:
                d.run("slow", "quick", "live")
                d.make_door()
                d.define(after)
                with Client(d, *verb) as ctl:
                    self.assertEqual(ctl.line(), "live: changed")
                    becomes(d, "slow", "STOPPING")  # and another one is under way until the door opens
                    open_door(d)
                    self.assertEqual(ctl.rest(), (0, "quick: restarted\nslow: restarted\nlive: updated process group\n"
                                                     "quick: updated process group\nslow: updated process group\n"
                                                     "new: added process group\n"))

    def test_starts_one_by_one(self):
        ready = "ready=exec:/usr/bin/test -e {dir}/up\n"
        with House(program("a") + program("z")) as d:
            d.run("a", "z")
            d.define(program("a", "umask=077\n" + ready) + program("z", "umask=077"))
            with Client(d, "apply") as ctl:
                self.assertEqual(ctl.line(), "z: restarted")
                becomes(d, "a", "STARTING")
                d.write("up", "")
                self.assertEqual(ctl.rest(), (0, "a: restarted\na: updated process group\nz: updated process group\n"))

    def test_stops_one_by_one(self):
        before = program("p", "directory={dir}", SLOW) + program("q", count=3) + "[group:g]\nprograms=p,q\n"
        with House(before) as d:
            wait_until(lambda: {p["statename"] for p in d.infos().values()} == {"RUNNING"}, "they run")
            d.make_door()
            d.define(program("q", count=1) + "[group:g]\nprograms=q\n")
            with Client(d, "apply") as ctl:
                self.assertEqual({ctl.line(), ctl.line()}, {"g:q_01: stopped", "g:q_02: stopped"})
                becomes(d, "g:p", "STOPPING")
                open_door(d)
                status, rest = ctl.rest()
                self.assertEqual(sorted(rest.splitlines()[1:4]), ["g:p: removed", "g:q_01: removed", "g:q_02: removed"])
                self.assertEqual((status, rest.splitlines()[0], rest.splitlines()[-1]), (0, "g:p: stopped", "g: updated process group"))

    def test_a_rolling_one(self):
        ready = "ready=exec:/usr/bin/test -e {dir}/%(process_num)s\n"
        with House(program("w", count=2)) as d:
            wait_until(lambda: {p["statename"] for p in d.infos().values()} == {"RUNNING"}, "they run")
            d.define(program("w", "umask=077\n" + ready, count=2))
            with Client(d, "apply", "--rolling") as ctl:
                wait_until(lambda: d.infos()["w:w_00"]["statename"] == "STARTING", "the first one")
                d.write("0", "")
                self.assertEqual(ctl.line(), "w:w_00: restarted")
                d.write("1", "")
                self.assertEqual(ctl.rest(), (0, "w:w_01: restarted\nw: updated process group\n"))

    def test_a_client_that_goes_away(self):
        with House(program("slow", "directory={dir}", SLOW)) as d:
            d.run("slow")
            d.make_door()
            d.define(program("slow", "umask=077") + program("new"))
            with Client(d, "apply"):
                wait_until(lambda: d.infos()["slow"]["statename"] == "STOPPING", "it stops")
            open_door(d)
            d.run("slow", "new")

    def test_what_is_refused(self):
        with House(program("p"), port=free_port()) as d:
            self.assertEqual(d.ctl("apply", "--plan", "x"), (1, "ERROR: the plan is out of date\n"))
            with open(d.config, "a") as f:
                f.write("[program:q]\n")
            status, text = d.ctl("apply")
            self.assertEqual(status, 1)
            self.assertIn("ERROR: CANT_REREAD", text)
            for params in ([7], [0], [-1]):
                with self.assertRaisesRegex(AssertionError, "BAD_NAME"):
                    call(d, "troupe.getUpdate", *params)
            with self.assertRaisesRegex(AssertionError, "INCORRECT_PARAMETERS"):
                call(d, "troupe.getUpdate", "x")

    def test_over_the_api(self):
        with House(program("p"), port=free_port()) as d:
            d.run("p")
            d.define(program("p", "umask=077"))
            number = call(d, "troupe.apply", [], {"watch": True})["update"]
            seen, known = [], 0
            while True:
                told = call(d, "troupe.getUpdate", number, known)
                seen += told["steps"]
                known = told["next"]
                if told["state"] != "running":
                    break
            self.assertEqual((told["state"], [(s["name"], s["what"]) for s in seen]),
                             ("done", [("p", "restarted"), ("p", "updated process group")]))
            self.assertEqual(call(d, "troupe.getUpdate", number)["steps"], seen)  # for a while
            d.define(program("p"))
            self.assertEqual([s["what"] for s in call(d, "troupe.apply")["steps"]], ["restarted", "updated process group"])

    def test_for_whoever_has_begun_it(self):
        port = free_port()
        users = "[role:ops]\nverbs=update, status\nprograms=p\n[user:anna]\npassword=anna-pw\nroles=ops\n" \
                "[user:bob]\npassword=bob-pw\nroles=ops\n[user:vera]\npassword=vera-pw\nroles=viewer\n" \
                "[user:root]\npassword=root-pw\nroles=admin\n"

        def ask(user, method, *params):
            with xmlrpc.client.ServerProxy(f"http://{user}:{user}-pw@127.0.0.1:{port}/RPC2/troupe") as proxy:
                return getattr(proxy.troupe, method)(*params)
        with House(users + program("p") + program("q"), port=port) as d:
            wait_until(lambda: ask("root", "why", "p") == "p: RUNNING", "it runs")
            d.define(users + program("p", "umask=077") + program("q"))
            number = ask("anna", "apply", [], {"watch": True})["update"]
            for user in "anna", "root":
                wait_until(lambda: ask(user, "getUpdate", number)["state"] == "done", "its end")
            self.assertEqual(fault_of(ask, "bob", "getUpdate", number), (10, f"BAD_NAME: {number}"))
            self.assertEqual(fault_of(ask, "vera", "getUpdate", number)[0], 403)
            self.assertEqual(ask("vera", "getProcessDetails", "p")["reason"], "update")
            self.assertEqual(fault_of(ask, "anna", "getProcessDetails", "q"), (10, "BAD_NAME: q"))

    def test_json_is_told_at_the_end(self):
        with House(program("p")) as d:
            d.run("p")
            d.define(program("p", "umask=077"))
            status, text = d.ctl("apply", "--json")
            self.assertEqual((status, [s["what"] for s in json.loads(text)["steps"]]), (0, ["restarted", "updated process group"]))


class Reasons(unittest.TestCase):
    HOOKS = "".join(f"{hook}=/bin/sh -c 'echo {hook} $SUPERVISOR_REASON >> {{dir}}/%(program_name)s.said'\n"
                    for hook in ("prestart", "prestop", "poststop"))

    def said(self, d, name):
        with open(f"{d.dir}/{name}.said") as f:
            return f.read().split("\n")[:-1]

    def test_of_an_update(self):
        with House(program("p", self.HOOKS) + program("gone", self.HOOKS), port=free_port()) as d:
            d.run("p", "gone")
            d.define(program("p", self.HOOKS + "umask=077") + program("new", self.HOOKS))
            self.assertEqual(d.ctl("apply")[0], 0)
            d.run("new")
            self.assertEqual(self.said(d, "p"), ["prestart autostart", "prestop update", "poststop update", "prestart update"])
            self.assertEqual(self.said(d, "gone"), ["prestart autostart", "prestop update", "poststop update"])
            self.assertEqual(row(d, "p")["reason"], "update")
            d.ctl("stop", "p")  # not the update's any more
            self.assertEqual(self.said(d, "p")[-2:], ["prestop stop", "poststop stop"])
            self.assertEqual(d.ctl("why", "p"), (0, "p: STOPPED by an operator\n"))

    def test_of_a_scale(self):
        with House(program("w", self.HOOKS.replace("%(program_name)s", "%(process_num)s"), count=2), port=free_port()) as d:
            wait_until(lambda: {p["statename"] for p in d.infos().values()} == {"RUNNING"}, "they run")
            self.assertEqual(d.ctl("scale", "w", "3")[0], 0)
            self.assertEqual(row(d, "w:w_02")["reason"], "scale")
            self.assertEqual(d.ctl("scale", "w", "1")[0], 0)
            self.assertEqual(self.said(d, "2"), ["prestart scale", "prestop scale", "poststop scale"])
            self.assertEqual(self.said(d, "1"), ["prestart autostart", "prestop scale", "poststop scale"])

    def test_of_one_that_is_being_started(self):
        ready = "ready=exec:/usr/bin/test -e {dir}/up\n"
        with House(program("p", self.HOOKS + ready)) as d:
            wait_until(lambda: d.infos()["p"]["pid"], "its child, behind its prestart")
            d.define(program("p", self.HOOKS + "umask=077"))
            self.assertEqual(d.ctl("apply")[0], 0)
            self.assertEqual(self.said(d, "p")[1:], ["prestop update", "poststop update", "prestart update"])


class Held(unittest.TestCase):
    """One that waits for what does not come holds up no other update."""

    def look(self, db, complaint, limit):
        app = program("app", "depends_on=db\n")
        with House(db + app + program("other")) as d:
            d.run("app", "other")
            yield d
            d.define(db + app.replace("depends_on", "umask=077\ndepends_on") + program("other"))
            began = time.monotonic()
            self.assertEqual(d.ctl("apply"), (1, "app: ERROR (spawn error)\napp: updated process group\n"))
            self.assertEqual(d.err, f"hint: app goes on {complaint}\n")
            self.assertEqual(d.infos()["app"]["statename"], "STARTING")  # which waits all the same
            self.assertIn(complaint, d.infos()["app"]["description"])
            d.define(db + app.replace("depends_on", "umask=077\ndepends_on") + program("other", "umask=077"))
            self.assertEqual(d.ctl("apply"), (0, "other: restarted\nother: updated process group\n"))
            self.assertLess(time.monotonic() - began, limit)  # not the two minutes that a start may take
            yield d

    def test_stopped_by_an_operator(self):
        turns = self.look(program("db"), "waiting for db:ready (db is STOPPED)", 60)
        d = next(turns)
        d.ctl("stop", "db")
        next(turns)
        d.ctl("start", "db")
        d.run("app")
        next(turns, None)

    def test_whose_start_is_refused(self):
        """A dependency that cannot be run with its new options: nobody is going to start it."""
        texts = [program("db", command=db) + program("app", f"umask={umask}\ndepends_on=db") + program("front", "depends_on=app") +
                 program("other", f"umask={other}") for db, umask, other in
                 (("/bin/cat", "022", "022"), ("/bin/catt", "077", "022"), ("/bin/catt", "077", "077"), ("/bin/cat", "077", "077"))]
        with House(texts[0]) as d:
            d.run("front", "other")
            began = time.monotonic()
            d.define(texts[1])
            status, text = d.ctl("apply")
            self.assertEqual((status, sorted(text.splitlines())),
                             (1, ["app: ERROR (spawn error)", "app: updated process group", "db: ERROR (no such file)",
                                  "db: updated process group"]))
            d.define(texts[2])
            self.assertIn("other: restarted\n", d.ctl("apply")[1])
            self.assertLess(time.monotonic() - began, 60)  # not the two minutes that a start may take
            self.assertEqual(d.infos()["db"]["spawnerr"], "can't find command '/bin/catt'")
            self.assertEqual(d.infos()["app"]["spawnerr"], "dependency db:ready: db is STOPPED")
            d.define(texts[3])
            self.assertIn("db: started\n", d.ctl("apply")[1])  # what its start should have followed
            d.run("db", "app", "front")

    def test_a_start_waits_for_what_is_tried_for_ever(self):
        """As long as Supervisor's three retries take, or not at all for one that is far away; the hold goes on."""
        for pause in "0.2", "3600":
            db = program("db", f"autostart=false\nstartretries=infinite\nbackoff=fixed\nbackoffmin={pause}",
                         "/bin/sh -c 'test -e {dir}/up || exit 1; exec cat'").replace("startsecs=0", "startsecs=1")
            chain = program("app", "autostart=false\ndepends_on=db") + program("front", "autostart=false\ndepends_on=app")
            with House(db + chain, port=free_port()) as d:
                self.assertEqual(d.ctl("start", "front"), (7, "front: ERROR (spawn error)\n"))
                self.assertEqual(d.err, "hint: front goes on waiting for app:ready\n")
                with client(d) as proxy:
                    self.assertEqual(proxy.supervisor.getProcessInfo("app")["description"],
                                     "waiting for db:ready (db is BACKOFF)")
                    proxy.supervisor.stopProcess("front")
                    proxy.supervisor.stopProcess("app")
                    wait_until(lambda: d.infos()["db"]["statename"] == "BACKOFF", "it fails")
                    self.assertRegex(fault_of(proxy.supervisor.startProcess, "app")[1],
                                     r"^SPAWN_ERROR: app: waiting for db:ready( \(db is BACKOFF\))?$")
                self.assertEqual(d.infos()["app"]["statename"], "STARTING")
                d.write("up", "")
                if pause == "3600":
                    d.ctl("stop", "db")
                    d.ctl("start", "db")
                d.run("db", "app")

    def test_that_is_tried_again_and_again(self):
        db = program("db", "startretries=1000\nbackoff=fixed\nbackoffmin=600\n",
                     "/bin/sh -c 'test -e {dir}/down && exit 1; exec cat'").replace("startsecs=0", "startsecs=1")
        turns = self.look(db, "waiting for db:ready (db is BACKOFF)", 60)
        d = next(turns)
        d.write("down", "")
        d.ctl("stop", "db")
        d.ctl("start", "db")
        wait_until(lambda: d.infos()["db"]["statename"] == "BACKOFF", "it fails")
        next(turns)
        next(turns, None)

    def test_one_that_comes_is_waited_for(self):
        ready = "ready=exec:/usr/bin/test -e {dir}/up\n"
        with House(program("db", ready) + program("app", "depends_on=db"), files={"up": ""}) as d:
            d.run("db", "app")
            os.remove(f"{d.dir}/up")
            d.define(program("db", ready + "umask=077") + program("app", "umask=077\ndepends_on=db"))
            with Client(d, "apply") as ctl:
                wait_until(lambda: "waiting for db" in d.infos()["app"]["description"], "it is held")
                time.sleep(3)  # the daemon looks each second whether anything comes
                self.assertEqual(ctl.process.poll(), None)
                d.write("up", "")
                self.assertEqual(ctl.rest(), (0, "db: restarted\napp: restarted\napp: updated process group\n"
                                                 "db: updated process group\n"))

    def test_chains(self):
        """Who waits for somebody who waits in vain waits in vain: `start` says so, and the hold goes on."""
        text = program("redis") + program("app", "depends_on=redis") + program("front", "depends_on=app")
        with House(text) as d:
            d.run("front")
            d.ctl("stop", "front", "app", "redis")
            d.ctl("disable", "redis")
            self.assertEqual(d.ctl("start", "front"), (7, "front: ERROR (spawn error)\n"))
            self.assertEqual(d.infos()["front"]["description"], "waiting for app:ready")
            self.assertEqual(d.ctl("why", "front"), (0, "front: STARTING, waiting for app:ready (app is STARTING, waiting "
                                                        "for redis:ready (redis is disabled))\n"))
            self.assertEqual(d.ctl("why", "redis"), (0, "redis: STOPPED by an operator, disabled\n"))
            d.ctl("enable", "redis")
            d.ctl("start", "redis")
            d.run("front")

    def test_a_chain_that_breaks_while_it_is_waited_for(self):
        text = program("redis", "ready=exec:/usr/bin/test -e {dir}/up") + program("app", "depends_on=redis") + \
            program("front", "depends_on=app")
        with House(text, files={"up": ""}) as d:
            d.run("front")
            d.ctl("stop", "front", "app", "redis")
            os.remove(f"{d.dir}/up")
            with Client(d, "start", "front") as ctl:
                wait_until(lambda: d.infos()["redis"]["statename"] == "STARTING", "it is pulled in")
                self.assertEqual(ctl.process.poll(), None)
                d.ctl("stop", "redis")
                self.assertEqual(ctl.rest(), (7, "front: ERROR (spawn error)\nhint: front goes on waiting for app:ready\n"))

    def test_who_is_needed_is_started_first(self):
        """An operator's start of a chain that he has stopped: nobody of it has failed meanwhile."""
        text = program("redis") + program("app", "depends_on=redis\ndepends_failure=fail") + program("front", "depends_on=app")
        with House(text) as d:
            d.run("front")
            d.ctl("stop", "front", "app", "redis")
            self.assertEqual(d.ctl("start", "front"), (0, "front: started\n"))
            self.assertNotIn("is held", d.log())
            self.assertNotIn("gave up", d.log())


class AnOperatorMeanwhile(unittest.TestCase):
    """Whoever stops what an update has stopped, and is about to start, has it stopped."""

    def look(self, how, words, whom="slow"):
        slow = program("slow", "directory={dir}", SLOW)
        with House(slow + program("quick"), "survive=true\n", port=free_port()) as d:
            d.run("slow", "quick")
            d.make_door()
            d.define(program("slow", "directory={dir}\numask=077", SLOW) + program("quick", "umask=077"))
            with Client(d, "apply") as ctl:
                wait_until(lambda: d.infos()["quick"]["statename"] == "STOPPED", "the quick one")
                if how == "upgrade":
                    self.assertEqual(d.ctl("upgrade")[0], 0)
                elif how == "kill":
                    d.kill_worker()
                becomes(d, "slow", "STOPPING")
                with Client(d, *words) as stop:  # waits for its end
                    wait_until(lambda: row(d, whom).get("reason") != "update", "the stop to be his")
                    if words[0] == "stop":  # else nobody stands behind it any more
                        open_door(d)
                    said = stop.rest()
                if how == "none":
                    status, lines = ctl.rest()
                    self.assertEqual(status, 0)
                    self.assertIn(f"{whom}: changed\n", lines)
                d.run("slow" if whom == "quick" else "quick")
                self.assertEqual(d.ctl("why", whom), (0, f"{whom}: STOPPED by an operator\n"))
                if how == "none":
                    self.assertEqual(d.ctl("plan"), (0, "No config updates to processes\n"))
                self.assertEqual(d.ctl("start", whom)[0], 0)
            return said

    def test_stop(self):
        for how in "none", "upgrade", "kill":
            with self.subTest(how=how):
                self.assertEqual(self.look(how, ["stop", "slow"]), (0, "slow: stopped\n"))

    def test_stop_of_one_that_is_stopped_already(self):
        self.assertEqual(self.look("none", ["stop", "quick"], "quick"), (0, "quick: stopped\n"))

    def test_kill(self):
        self.assertEqual(self.look("none", ["kill", "slow"]), (0, "slow: killed\n"))

    def test_in_a_rolling_restart(self):
        with House(program("w", "directory={dir}", SLOW, count=3), port=free_port()) as d:
            wait_until(lambda: {p["statename"] for p in d.infos().values()} == {"RUNNING"}, "they run")
            d.make_door()
            with Client(d, "restart", "w:*", "--rolling") as ctl:
                wait_until(lambda: d.infos()["w:w_00"]["statename"] == "STOPPING", "the first one")
                with Client(d, "stop", "w:w_00") as stop:
                    wait_until(lambda: row(d, "w:w_00").get("reason") != "rolling", "the stop to be his")
                    open_door(d)
                    self.assertEqual(stop.rest(), (0, "w:w_00: stopped\n"))
                for name in "w:w_01", "w:w_02":
                    wait_until(lambda: d.infos()[name]["statename"] == "STOPPING", name)
                    open_door(d)
                status, lines = ctl.rest()
                self.assertEqual((status, lines), (0, "w:w_00: stopped\nw:w_01: stopped\nw:w_01: started\nw:w_02: stopped\n"
                                                      "w:w_02: started\n"))
                self.assertEqual(d.infos()["w:w_00"]["statename"], "STOPPED")


class OverAnUpgrade(unittest.TestCase):
    """What waits behind an update has not begun: it is told so, and our client asks again."""

    def begun(self, d):
        d.run("slow")
        d.make_door()
        d.define(program("slow", "directory={dir}\numask=077", SLOW) + program("w", "umask=077", count=1))

    def test_whoever_waits_has_his_turn(self):
        with House(program("slow", "directory={dir}", SLOW) + program("w", count=1), port=free_port()) as d:
            self.begun(d)
            with Client(d, "apply") as first:
                wait_until(lambda: d.infos()["slow"]["statename"] == "STOPPING", "the first one")
                with Client(d, "scale", "w", "3") as second, Client(d, "apply", "--json") as third:
                    for _ in range(2):
                        self.assertEqual((d.ctl("plan")[0], second.process.poll(), third.process.poll()), (0, None, None))
                    self.assertEqual(d.ctl("upgrade")[0], 0)
                    door = os.open(f"{d.dir}/go", os.O_RDWR)  # the third one restarts it once more
                    self.addCleanup(os.close, door)
                    os.write(door, b"x\n" * 9)
                    self.assertEqual(second.rest()[0], 0)
                    self.assertEqual(third.rest()[0], 0)
                self.assertEqual(first.rest(), (1, "ERROR: the update was cut off: another supervisord has taken over\n"))
            d.run("slow", "w:w_00", "w:w_01", "w:w_02")
            self.assertEqual(d.ctl("plan"), (0, "No config updates to processes\n"))

    def test_what_others_are_told(self):
        port = free_port()
        with House(program("slow", "directory={dir}", SLOW) + program("w", count=1), "loglevel=trace\n", port=port) as d:
            self.begun(d)

            def ask(method, *params):
                with xmlrpc.client.ServerProxy(f"http://127.0.0.1:{port}/RPC2/troupe") as proxy:
                    return fault_of(getattr(proxy.troupe, method), *params)

            def ask_amid_others():
                with xmlrpc.client.ServerProxy(f"http://127.0.0.1:{port}/RPC2/troupe") as proxy:
                    return proxy.system.multicall([{"methodName": "troupe.apply", "params": []}])
            with ThreadPoolExecutor(3) as others:
                first = others.submit(ask, "apply", [])
                becomes(d, "slow", "STOPPING")
                second = others.submit(ask, "scale", "w", 2)
                third = others.submit(ask_amid_others)
                for method in "troupe.scale", "system.multicall":
                    d.wait_for(f"XML-RPC method called: {method}")
                self.assertEqual(d.ctl("upgrade")[0], 0)
                self.assertEqual(first.result(PATIENCE), (30, "FAILED: supervisord was upgraded amid the update; what it had "
                                                              "stopped is started"))
                has_not = "FAILED: supervisord was upgraded; the update has not begun"
                self.assertEqual(second.result(PATIENCE), (30, has_not))
                self.assertEqual(third.result(PATIENCE), [{"faultCode": 30, "faultString": has_not}])
            open_door(d)
            d.run("slow", "w:w_00")
            self.assertNotIn("w:w_01", d.infos())

    def test_an_upgrade_that_comes_to_nothing(self):
        with House(program("slow", "directory={dir}", SLOW) + program("w", count=1), port=free_port()) as d:
            self.begun(d)
            with Client(d, "apply") as first:
                becomes(d, "slow", "STOPPING")
                with Client(d, "scale", "w", "2") as second:
                    self.assertNotEqual(d.ctl("upgrade", "--binary", "/bin/true")[0], 0)
                    open_door(d)
                    self.assertEqual(second.rest()[0], 0)
                self.assertEqual(first.rest()[0], 0)
            d.run("slow", "w:w_00", "w:w_01")


if __name__ == "__main__":
    unittest.main()
