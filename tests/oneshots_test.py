#!/usr/bin/env python3
"""One-shots, essential programs and groups that share a fate, on the built binaries: what a client is told, with which
status the daemon ends, who is stopped and started. Vectors of docs/contract/programs.md, 8 and 18. Nothing is decided by
how long something takes."""
import os
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from readiness_test import House as ReadinessHouse, program  # noqa: E402
from rpc_support import client  # noqa: E402
from support import BIN, PATIENCE, wait_until  # noqa: E402

# Ends with the status that is in the FIFO {dir}/NAME.
JOB = "[program:{0}]\ncommand=/bin/sh -c 'read code < {{dir}}/{0}; exit $code'\ndirectory={{dir}}\n" \
      "stdout_logfile={{dir}}/{0}.out\nstderr_logfile={{dir}}/{0}.err\n{1}\n"


def job(name, more=""):
    return JOB.format(name, more)


class House(ReadinessHouse):
    def ends_with(self, code, name="p"):
        with open(os.path.join(self.dir, name), "w") as f:
            f.write(f"{code}\n")

    def status(self):
        return self.process.wait(PATIENCE)

    def start_in_background(self, name):
        wait_until(lambda: os.path.exists(f"{self.dir}/s.sock"), "the socket")
        return subprocess.Popen([os.path.join(BIN, "supervisorctl"), "-s", f"unix://{self.dir}/s.sock", "start", name],
                                stdout=subprocess.PIPE, text=True)


class OneShots(unittest.TestCase):
    def test_a_client_waits_for_its_end(self):  # P215, P216
        with House(job("p", "type=oneshot\nautostart=false\nstartsecs=30")) as d:
            for code, said, status in ((0, "p: started\n", 0), (3, "p: ERROR (spawn error)\n", 7)):
                start = d.start_in_background("p")
                d.becomes("RUNNING")
                self.assertIsNone(start.poll())
                d.ends_with(code)
                self.assertEqual(start.communicate(timeout=PATIENCE)[0], said)
                self.assertEqual(start.returncode, status)
                self.assertEqual(d.info()["statename"], "EXITED")
                self.assertEqual(d.info()["exitstatus"], code)
            with client(d) as proxy:
                self.assertTrue(proxy.supervisor.startProcess("p", False))
                d.ends_with(0)

    def test_a_migration_before_the_application(self):  # P076, P122, P123
        with House(job("m", "type=oneshot") + program("p", "depends_on=m"), names=("p", "m")) as d:
            d.becomes("STARTING", "waiting for m:exited_ok")
            d.ends_with(3, "m")
            wait_until(lambda: d.info()["spawnerr"], "the failure")
            self.assertEqual(d.info()["spawnerr"], "dependency m:exited_ok: m exited (exit status 3)")
            with client(d) as proxy:
                self.assertTrue(proxy.supervisor.startProcess("m", False))
            d.ends_with(0, "m")
            d.becomes("RUNNING")

    def test_its_start_slot_is_its_own_until_its_end(self):
        with House(job("p", "type=oneshot\npriority=1") + program("q"), "startconcurrency=1", names=("p", "q")) as d:
            d.becomes("RUNNING")
            d.becomes("STARTING", "waiting for a start slot", name="q")
            d.ends_with(0)
            d.becomes("RUNNING", name="q")

    def test_tried_again(self):  # P217
        with House(job("p", "type=oneshot\nautorestart=unexpected\nstartretries=1\nbackoffmin=0.1")) as d:
            d.ends_with(3)
            d.wait_for("spawned: 'p'", 2)
            d.ends_with(3)
            d.becomes("FATAL")


class Essential(unittest.TestCase):
    def test_its_status(self):  # P226
        for code in (3, 0):
            with House(job("p", "essential=true\nautorestart=false\nstartsecs=0") + program("q"), names=("p", "q")) as d:
                d.becomes("RUNNING", name="q")
                d.ends_with(code)
                self.assertEqual(d.status(), code)
                self.assertIn(f"CRIT essential program p exited (exit status {code}): stopping with exit status {code}", d.log())
                self.assertIn("stopped: q (terminated by SIGTERM)", d.log())

    def test_a_signal_and_a_daemon_that_survives(self):  # P145
        with House(program("p", "essential=true\nstartsecs=0"), "survive=true") as d:
            d.becomes("RUNNING")
            os.kill(d.info()["pid"], signal.SIGKILL)
            self.assertEqual(d.status(), 137)

    def test_fatal(self):
        with House("[program:p]\ncommand=/no/such\nstartretries=0\nessential=true\nessential_on=fatal\n", names=()) as d:
            self.assertEqual(d.status(), 1)
            self.assertIn("CRIT essential program p entered FATAL state: stopping with exit status 1", d.log())

    def test_stopped_by_an_operator(self):  # P146
        with House(program("p", "essential=true\nstartsecs=0")) as d:
            d.becomes("RUNNING")
            self.assertEqual(d.ctl("stop", "p"), (0, "p: stopped\n"))
            self.assertEqual(d.info()["statename"], "STOPPED")
            self.assertEqual(d.finish(), 0)


class Groups(unittest.TestCase):
    GROUP = "[group:g]\nprograms=a,b\nonfailure=FATE\n" + program("b", "startsecs=0") + \
            job("a", "startsecs=0\nautorestart=false")

    def test_stopped(self):  # P227
        with House(self.GROUP.replace("FATE", "stopgroup"), names=("a", "b")) as d:
            d.becomes("RUNNING", name="g:b")
            d.ends_with(3, "a")
            d.becomes("STOPPED", name="g:b")
            self.assertEqual(d.row("g:b")["reason"], "group")
            self.assertEqual(d.ctl("why", "g:b"), (0, "g:b: STOPPED: another of its group has failed\n"))
            self.assertEqual(d.info("g:a")["statename"], "EXITED")

    def test_a_member_that_ends_well(self):
        with House(self.GROUP.replace("FATE", "stopgroup"), names=("a", "b")) as d:
            d.becomes("RUNNING", name="g:b")
            d.ends_with(0, "a")
            d.becomes("EXITED", name="g:a")
            self.assertEqual(d.info("g:b")["statename"], "RUNNING")

    def test_restarted(self):  # P228
        with House(self.GROUP.replace("FATE", "restartgroup"), names=("a", "b")) as d:
            for times in range(1, 4):
                d.wait_for("spawned: 'a'", times)
                d.wait_for("spawned: 'b'", times)
                d.becomes("RUNNING", name="g:b")
                d.ends_with(3, "a")
            d.wait_for("spawned: 'a'", 4)
            d.wait_for("spawned: 'b'", 4)
            d.ends_with(3, "a")
            d.wait_for("WARN group g: restarted 3 times in 60 seconds, stopping it")
            d.becomes("STOPPED", name="g:b")
            self.assertEqual(d.info("g:a")["statename"], "EXITED")

    def test_whoever_is_stopped_stays_so(self):
        with House(self.GROUP.replace("FATE", "restartgroup") + program("c", "startsecs=0"), names=("a", "b", "c")) as d:
            d.becomes("RUNNING", name="g:b")
            self.assertEqual(d.ctl("stop", "g:b"), (0, "g:b: stopped\n"))
            d.ends_with(3, "a")
            d.wait_for("spawned: 'a'", 2)
            self.assertEqual(d.info("g:b")["statename"], "STOPPED")


if __name__ == "__main__":
    unittest.main()
