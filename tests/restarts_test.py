#!/usr/bin/env python3
"""When programs are started again, on the built binaries: waits, limits, delays, and starts that wait for their turn; and
what they have from templates. Vectors of docs/contract/programs.md, sections 2 and 18. Times are read from the log's records, never raced against."""
import contextlib
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
import unittest
import urllib.request
from datetime import datetime

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rpc_support import client  # noqa: E402
from support import BIN, PATIENCE, Daemon, alive, free_port, wait_until  # noqa: E402

SERVER = "[unix_http_server]\nfile={dir}/s.sock\n[rpcinterface:supervisor]\n" \
         "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
# A program that ends as the next line of {dir}/ends says: an exit code, or `stay`.
SCRIPT = """#!/bin/sh
cd {dir}
n=$(cat $1.count 2>/dev/null || echo 0)
echo $((n + 1)) > $1.count
shift
while [ $# -gt 1 ] && [ "$n" -gt 0 ]; do shift; n=$((n - 1)); done
case $1 in stay) exec sleep 3600;; kill) kill -TERM $$;; *) exit $1;; esac
"""


def ends(name, *how, more=""):
    return f"[program:{name}]\ncommand=sh {{dir}}/ends.sh {name} {' '.join(how)}\nstdout_logfile=NONE\n" \
           f"stderr_logfile=NONE\n{more}\n"


class House(Daemon):
    def __init__(self, text, options="", **more):
        super().__init__(SERVER + text, options, files={"ends.sh": SCRIPT}, **more)

    def info(self, name):
        with client(self) as proxy:
            return proxy.supervisor.getProcessInfo(name)

    def becomes(self, name, state):
        return wait_until(lambda: (i := self.info(name))["statename"] == state and i, f"{name} to be {state}")

    def times(self, pattern):
        """Seconds of the records that match."""
        return [datetime.strptime(m.group(1), "%Y-%m-%d %H:%M:%S,%f").timestamp()
                for m in re.finditer(rf"^(\S+ \S+) {pattern}", self.log(), re.M)]

    def why(self, name):
        return self.ctl("why", name)[1].split("\n")[0]

    def ctl(self, *words, door="unix"):
        url = f"unix://{self.dir}/s.sock" if door == "unix" else door
        done = subprocess.run([os.path.join(BIN, "supervisorctl"), "-s", url, *words], capture_output=True, text=True,
                              timeout=PATIENCE)
        return done.returncode, done.stdout


class Policy(unittest.TestCase):
    def test_waits_grow_as_is_said(self):
        text = ends("p", "3", more="backoff=exponential\nbackoffmin=200ms\nstartretries=3\nbackoffjitter=0%")
        with House(text) as d:
            d.becomes("p", "FATAL")
            spawned = d.times("INFO spawned: 'p'")
            self.assertEqual(len(spawned), 4)
            for least, (before, after) in zip((0.2, 0.4, 0.8), zip(spawned, spawned[1:])):
                self.assertGreaterEqual(after - before, least - 0.02)
            self.assertIn("INFO gave up: p entered FATAL state, too many start retries too quickly", d.log())

    def test_a_delay_after_an_exit_can_be_stopped(self):  # P218, P219
        with House(ends("p", "0", more="autorestart=true\nstartsecs=0\nrestartdelay=1h")) as d:
            info = d.becomes("p", "BACKOFF")
            self.assertEqual((info["description"], info["spawnerr"]), ("waiting to restart", ""))
            self.assertRegex(d.ctl("status", "p")[1], r"^p +BACKOFF +waiting to restart\n$")
            self.assertRegex(d.why("p"), r"^p: BACKOFF, starts again in \d+ s$")
            self.assertEqual(d.ctl("stop", "p"), (0, "p: stopped\n"))
            self.assertEqual(d.info("p")["statename"], "STOPPED")
            self.assertEqual(d.ctl("start", "p")[0], 0)
            d.becomes("p", "BACKOFF")

    def test_the_web_api_says_what_it_waits_for(self):
        port = free_port()
        text = (ends("p", "0", more="autorestart=true\nstartsecs=0\nrestartdelay=1h") + ends("late", "stay", more="startdelay=1h") +
                ends("f", "3", more="backoffmin=1h") + f"[inet_http_server]\nport=127.0.0.1:{port}\n")
        with House(text) as d:
            for name in "pf":
                d.becomes(name, "BACKOFF")
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/status", timeout=PATIENCE) as answer:
                rows = {row["name"]: row for row in json.load(answer)["processes"]}
            self.assertEqual((rows["p"]["waiting"], rows["p"]["reason"]), ("waiting to restart", "autorestart"))
            self.assertEqual((rows["late"]["waiting"], rows["late"]["reason"]), ("its start delay", "autostart"))
            self.assertEqual((rows["f"]["tries"], rows["f"]["spawnerr"]), (1, "Exited too quickly (process log may have details)"))
            for row in rows.values():
                self.assertLess(abs(row["next_start"] - time.time() - 3600), 60)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE) as answer:
                metrics = answer.read().decode()
            self.assertIn('supervisord_process_failed_starts{group="f",name="f"} 1\n', metrics)
            self.assertIn('supervisord_process_waiting{group="late",name="late"} 1\n', metrics)
            self.assertIn('supervisord_process_waiting{group="p",name="p"} 0\n', metrics)

    def test_a_limit_gives_up(self):  # P220
        text = ends("p", "3", more="startsecs=0\nautorestart=true\nrestartlimit=2/1h")
        with House(text) as d:
            info = d.becomes("p", "FATAL")
            self.assertEqual(info["spawnerr"], "restart limit: 2 restarts in 3600 seconds")
            self.assertEqual(len(d.times("INFO spawned: 'p'")), 3)
            self.assertIn("INFO gave up: p entered FATAL state, restart limit: 2 restarts in 3600 seconds", d.log())
            self.assertEqual(d.why("p"), "p: FATAL: restart limit: 2 restarts in 3600 seconds")
            self.assertEqual(d.ctl("start", "p")[0], 0)  # who repairs is not locked out
            wait_until(lambda: len(d.times("INFO spawned: 'p'")) == 6, "two more restarts")
            d.becomes("p", "FATAL")

    def test_a_limit_waits(self):  # P101
        text = ends("p", "3", more="startsecs=0\nautorestart=true\nrestartlimit=1/1h\nrestartlimitaction=wait")
        with House(text) as d:
            info = d.becomes("p", "BACKOFF")
            self.assertEqual(info["description"], "restart limit: 1 restart in 3600 seconds")
            self.assertEqual(len(d.times("INFO spawned: 'p'")), 2)

    def test_ends_that_are_fine(self):  # P104, P221, P222
        text = (ends("signal", "stay", more="exitcodes=TERM") +
                ends("early", "0", more="successexitcodes=0") +
                ends("config", "78", more="autorestart=true\nnorestartexitcodes=78"))
        with House(text) as d:
            for name, code in (("early", 0), ("config", 78)):
                info = d.becomes(name, "EXITED")
                self.assertEqual(info["exitstatus"], code)
                d.wait_for(rf"success: {name} entered RUNNING|exited: {name} ")
            self.assertIn("WARN exited: config (exit status 78; not expected)", d.log())
            self.assertEqual(d.why("config"),
                             "config: EXITED (exit status 78), not restarted: norestartexitcodes")
            d.becomes("signal", "RUNNING")
            os.kill(d.pid_of("signal"), signal.SIGTERM)
            d.wait_for("INFO exited: signal \\(terminated by SIGTERM; expected\\)")
            self.assertEqual(d.info("signal")["exitstatus"], -1)
            with client(d) as proxy:
                codes = {i["name"]: i["exitcodes"] for i in proxy.supervisor.getAllConfigInfo()}
            self.assertEqual(codes["signal"], [-15])  # P023

    def test_failures_outlive_a_short_run(self):  # P105
        text = ends("p", "3", more="startsecs=0\nbackoffreset=1h\nstartretries=2\nbackoffmin=100ms")
        with House(text) as d:
            d.becomes("p", "FATAL")
            self.assertEqual(len(d.times("INFO spawned: 'p'")), 3)

    def test_never_given_up(self):  # P021
        text = ends("p", "3", "3", "3", "3", "3", "3", "stay", more="startretries=infinite\nbackoff=fixed\nbackoffmin=50ms")
        with House(text) as d:
            d.becomes("p", "RUNNING")
            self.assertEqual(len(d.times("INFO spawned: 'p'")), 7)
            with client(d) as proxy:
                self.assertEqual(proxy.supervisor.getAllConfigInfo()[0]["startretries"], 2**31 - 1)

    def test_a_tight_loop_is_told_of(self):  # P225
        text = ends("p", "3", more="startretries=infinite\nbackoff=fixed\nbackoffmin=10ms")
        with House(text) as d:
            d.wait_for("WARN p was restarted 30 times within a minute; restartlimit, restartdelay or backoffreset would "
                       "slow it down")
            spawned = len(d.times("INFO spawned: 'p'"))
            wait_until(lambda: len(d.times("INFO spawned: 'p'")) > spawned + 40, "more of them")
            self.assertEqual(d.log().count("was restarted 30 times"), 1)

    def test_a_wrong_value_names_its_line(self):  # P017
        with House(ends("a", "0", more="backoff=cubic"), args=("--test",)) as d:
            line = d.read("s.conf").split("\n").index("backoff=cubic") + 1
            status, said = d.refusal()
            self.assertEqual(status, 2)
            self.assertIn(f"{d.config}:{line}: Invalid backoff value 'cubic': allowed are linear, exponential and fixed in "
                          f"section 'program:a' (file: '{d.config}')", said)

    def test_a_changed_option_is_a_change(self):
        with House(ends("p", "stay")) as d:
            d.becomes("p", "RUNNING")
            d.write("s.conf", d.read("s.conf").replace("stderr_logfile=NONE\n", "stderr_logfile=NONE\nrestartdelay=1\n"))
            self.assertEqual(d.ctl("reread"), (0, "p: changed\n"))
            self.assertEqual(d.ctl("update")[1], "p: stopped\np: updated process group\n")


class Templates(unittest.TestCase):
    """They are read by the daemon as it is, and shown by its client: docs/contract/programs.md, 10.1."""
    TEXT = ("[program-default]\nautostart=false\nenvironment=A=\"default\",B=\"default\"\n[template:t]\n"
            "command=sh -c \"echo $A $B $C %(ENV_NO_SUCH_VARIABLE:-otherwise)s; exec sleep 3600\"\nenvironment=B=\"template\"\n"
            "stdout_logfile={dir}/%(program_name)s.out\n[program:p]\ntemplate=t\nenvironment=C=\"own\"\n[program:q]\ntemplate=t\n")

    def test_programs_run_as_their_templates_say(self):
        with House(self.TEXT) as d:
            d.started()
            self.assertRegex(d.ctl("status")[1], r"^p +STOPPED +Not started\nq +STOPPED +Not started\n$")
            self.assertEqual(d.ctl("start", "p")[0], 0)
            self.assertEqual(d.read("p.out"), "default template own otherwise\n")

    def test_a_changed_template_changes_who_has_it(self):
        with House(self.TEXT + ends("r", "stay")) as d:
            d.started()
            text = d.read("s.conf")
            d.write("s.conf", text.replace('B="template"', 'B="other"'))
            self.assertEqual(d.ctl("reread"), (0, "p: changed\nq: changed\n"))
            self.assertEqual(d.ctl("update")[0], 0)
            self.assertEqual(d.ctl("start", "p")[0], 0)
            self.assertEqual(d.read("p.out"), "default other own otherwise\n")
            d.write("s.conf", text.replace("template=t\nenvironment", "template=t, zz\nenvironment"))
            self.assertRegex(d.ctl("reread")[1], "template names unknown template 'zz' in section 'program:p'")
            self.assertEqual(d.info("p")["statename"], "RUNNING")


class Turns(unittest.TestCase):
    def test_so_many_at_a_time(self):  # P124
        names = "abcde"
        text = "".join(ends(n, "stay", more="startsecs=1") for n in names)
        port = free_port()
        with House(text + f"[inet_http_server]\nport=127.0.0.1:{port}\n", "startconcurrency=2") as d:
            url = f"http://127.0.0.1:{port}"
            waiting = wait_until(lambda: (out := d.ctl("status", door=url)[1]).count("waiting for a start slot") and out,
                                 "somebody to wait")
            self.assertLessEqual(len(re.findall("STARTING  *\n", waiting)), 2)
            for name in names:
                d.becomes(name, "RUNNING")
            events = [(t, 1) for t in d.times("INFO spawned: ")] + [(t, -1) for t in d.times("INFO success: ")]
            self.assertEqual(len(events), 10)
            starting = 0
            for line in re.findall("INFO (spawned|success): ", d.log()):
                starting += 1 if line == "spawned" else -1
                self.assertLessEqual(starting, 2)

    def test_who_waits_can_be_stopped(self):
        text = ends("a", "stay", more="startsecs=3600") + ends("b", "stay") + ends("c", "stay", more="autostart=false")
        with House(text, "startconcurrency=1") as d:
            info = wait_until(lambda: (i := d.info("b"))["description"] == "waiting for a start slot" and i, "b to wait")
            self.assertEqual((info["statename"], info["pid"]), ("STARTING", 0))
            self.assertEqual(d.ctl("start", "b"), (0, "b: ERROR (already started)\n"))
            self.assertEqual(d.why("b"), "b: STARTING, waiting for a start slot")
            self.assertEqual(d.ctl("stop", "b"), (0, "b: stopped\n"))
            self.assertEqual(d.info("b")["statename"], "STOPPED")
            with client(d) as proxy:
                self.assertTrue(proxy.supervisor.startProcess("c", False))  # a client that does not wait
                self.assertTrue(proxy.supervisor.startProcess("b", False))
            self.assertEqual(d.ctl("stop", "a")[0], 0)
            d.becomes("c", "RUNNING")
            d.becomes("b", "RUNNING")  # first come, first served
            self.assertLess(d.log().index("spawned: 'c'"), d.log().index("spawned: 'b'"))

    def test_the_daemons_end_does_not_wait_for_them(self):
        text = ends("a", "stay", more="startsecs=3600") + ends("b", "stay") + ends("late", "stay", more="startdelay=1h")
        with House(text, "startconcurrency=1") as d:
            wait_until(lambda: d.info("b")["description"] == "waiting for a start slot", "b to wait")
            self.assertEqual(d.info("late")["description"], "waiting for its start delay")
            self.assertEqual(d.finish(), 0)
            self.assertEqual(re.findall("spawned: '(.*)'", d.log()), ["a"])

    def test_a_stop_of_all_spawns_nobody(self):
        text = ends("a", "stay", more="startsecs=3600") + "[program:w]\ncommand=sleep 3600\nnumprocs=8\n" \
               "process_name=%(process_num)d\nstartsecs=3600\n"
        with House(text, "startconcurrency=1") as d:
            for times in range(1, 6):
                wait_until(lambda: d.ctl("status")[1].count("waiting for a start slot") == 8, "all others to wait")
                wait_until(lambda: len(d.times("INFO spawned: ")) == times, "the one that has the slot")
                self.assertEqual(d.ctl("stop", "all")[1].count(": stopped"), 9)
                self.assertEqual(len(d.times("INFO spawned: ")), times)
                with client(d) as proxy:
                    proxy.supervisor.startAllProcesses(False)

    def test_nobody_is_spawned_while_the_daemon_ends(self):
        stubborn = "[program:stub]\ncommand=sh -c \"trap '' TERM; touch {dir}/deaf; while :; do sleep 0.1; done\"\n" \
                   "startsecs=3600\nstopwaitsecs=6\npriority=2000\n"
        slot, delay = ("startconcurrency=1", "autostart=false"), ("", "startdelay=5")
        with contextlib.ExitStack() as all_of_them:
            houses = [(signo, more, all_of_them.enter_context(
                House(stubborn + ends("b", "stay", more=more + "\npriority=1"), options)))
                for signo, (options, more) in itertools.product((signal.SIGTERM, signal.SIGHUP), (slot, delay))]
            for signo, more, d in houses:  # side by side: each has to wait for its stubborn one
                wait_until(lambda: os.path.exists(os.path.join(d.dir, "deaf")), "a program that hears of no TERM")
                if "autostart" in more:
                    with client(d) as proxy:
                        self.assertTrue(proxy.supervisor.startProcess("b", False))
                wait_until(lambda: d.info("b")["description"].startswith("waiting for"), "b to wait")
                d.send(signo)
            for signo, more, d in houses:
                d.wait_for(r"stopped: stub \(terminated by SIGKILL\)")
                log = d.log()
                self.assertNotIn("spawned: 'b'", log[:log.index("stopped: stub (terminated by SIGKILL)")], (signo, more))
                if signo == signal.SIGHUP:
                    d.wait_for("supervisord started with pid", 2)

    def test_a_budget(self):  # P125, P126
        text = "".join(ends(n, "3", "stay", more="startsecs=0\nautorestart=true") for n in "abcde")
        with House(text, "restartbudget=2/3s") as d:
            d.wait_for("WARN restart budget of 2 in 3 seconds is used up, [123] process(es wait|waits)")
            held = wait_until(lambda: [n for n in "abcde" if d.info(n)["description"] == "waiting for the restart budget"],
                              "somebody to wait")
            name = held[-1]
            self.assertEqual(d.ctl("stop", name)[0], 0)
            self.assertEqual(d.ctl("start", name), (0, f"{name}: started\n"))  # an operator does not wait
            for each in "abcde":
                d.becomes(each, "RUNNING")
            restarts = sorted(d.times("INFO spawned: "))[5:]
            self.assertEqual(len(restarts), 5)

    def test_stagger_and_delay(self):  # P127
        text = ("[program:w]\ncommand=sleep 3600\nnumprocs=3\nprocess_name=%(process_num)d\nstartstagger=1s\n"
                "startdelay=700ms\n" + ends("q", "stay"))
        with House(text) as d:
            self.assertEqual(d.info("w:0")["statename"], "STARTING")
            self.assertIn(d.info("w:0")["description"], ("waiting for its start delay", ""))
            for i in range(3):
                d.becomes(f"w:{i}", "RUNNING")
            begun, = d.times("INFO supervisord started with pid")
            spawned = d.times("INFO spawned: '[012]'")
            self.assertGreaterEqual(spawned[0] - begun, 0.65)
            for before, after in zip(spawned, spawned[1:]):
                self.assertGreaterEqual(after - before, 0.5)  # a spawn takes its time, too
            self.assertEqual(d.ctl("restart", "w:0")[0], 0)  # an operator's start is not delayed

    def test_over_a_restart_of_the_daemon(self):
        text = ends("a", "stay", more="startsecs=2") + ends("b", "stay", more="startsecs=0")
        with House(text, "startconcurrency=1") as d:
            d.becomes("b", "RUNNING")
            d.send(signal.SIGHUP)
            d.wait_for("supervisord started with pid", 2)
            d.wait_for("success: b entered RUNNING state", 2)

    def test_over_deaths_of_the_worker(self):
        text = (ends("a", "stay", more="startsecs=3600") + ends("b", "stay") + ends("late", "stay", more="startdelay=3s") +
                ends("p", "0", more="autorestart=true\nstartsecs=0\nrestartdelay=2s"))
        with House(text, "startconcurrency=1\nsurvive=true\nsurvivelimit=100/1s") as d:
            if "survive=true is not available here" in d.log():
                self.skipTest("this build can have no keeper")
            wait_until(lambda: d.info("b")["description"] == "waiting for a start slot", "b to wait")
            a = d.pid_of("a")
            for deaths in (1, 2):
                worker = wait_until(lambda: self.worker_of(d), "a worker")
                os.kill(worker, signal.SIGKILL)
                d.wait_for(r"supervisord's worker \(pid \d+\) ended: ", deaths)
                wait_until(lambda: d.info("b")["description"] == "waiting for a start slot", "b to wait again")
            self.assertTrue(alive(a))
            self.assertEqual(d.ctl("stop", "a")[0], 0)
            for name in ("b", "late"):
                d.becomes(name, "RUNNING")
            self.assertEqual(len(re.findall("spawned: 'late'", d.log())), 1)
            wait_until(lambda: len(re.findall("spawned: 'p'", d.log())) >= 2, "p to be restarted")

    def test_slots_and_order_over_death_and_upgrade(self):
        names = "gfedcb"
        text = ends("z", "stay", more="startsecs=3600") + "".join(ends(n, "stay", more="autostart=false") for n in names)
        for death in (True, False):
            with House(text, "startconcurrency=1\nsurvivelimit=100/1s" + ("\nsurvive=true" if death else "")) as d:
                if "survive=true is not available here" in d.log():
                    self.skipTest("this build can have no keeper")
                d.pid_of("z")
                with client(d) as proxy:
                    for name in names:
                        self.assertTrue(proxy.supervisor.startProcess(name, False))
                if death:
                    os.kill(wait_until(lambda: self.worker_of(d), "a worker"), signal.SIGKILL)
                    d.wait_for(r"supervisord's worker \(pid \d+\) ended: ")
                else:
                    self.assertEqual(d.ctl("upgrade")[0], 0)
                wait_until(lambda: d.ctl("status")[1].count("waiting for a start slot") == len(names), "all to wait again")
                self.assertEqual(re.findall("spawned: '(.*)'", d.log()), ["z"])
                self.assertEqual(d.ctl("stop", "z")[0], 0)
                for name in names:
                    d.becomes(name, "RUNNING")
                self.assertEqual(re.findall("spawned: '(.*)'", d.log()), ["z", *names])

    def worker_of(self, d):
        from support import all_children_of, name_of
        return next((pid for pid in all_children_of(d.pid) if name_of(pid) == "troupe-worker"), None)

    def test_over_an_upgrade(self):
        text = ends("a", "stay", more="startsecs=3600") + ends("b", "stay") + ends("late", "stay", more="startdelay=3s")
        with House(text, "startconcurrency=1") as d:
            wait_until(lambda: d.info("b")["description"] == "waiting for a start slot", "b to wait")
            self.assertEqual(d.ctl("upgrade")[0], 0)
            wait_until(lambda: d.info("b")["description"] == "waiting for a start slot", "b to wait again")
            self.assertEqual(d.ctl("stop", "a")[0], 0)
            d.becomes("b", "RUNNING")
            d.becomes("late", "RUNNING")
            self.assertEqual(len(re.findall("spawned: '(?:late|b)'", d.log())), 2)


if __name__ == "__main__":
    unittest.main()
