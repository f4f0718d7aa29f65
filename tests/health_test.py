#!/usr/bin/env python3
"""supervisorctl health, on real daemons: every state, exit codes, --ready; a daemon that is not there, does not speak, wants a
password, stands still or has no room for one more connection. Always 0 or 1, within three seconds, in 4,096 bytes. As
process 1 of a container: tests/packaging. Source: docs/contract/packaging.md, 3.2 (S5)."""
import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from rpc_support import SERVER, client
from support import BIN, PATIENCE, Daemon, oracle, wait_until

CTL = os.path.join(BIN, "supervisorctl")
SECTION = SERVER + "[supervisorctl]\nserverurl=unix://{dir}/s.sock\n"

PROGRAMS = """
[program:up]
command=/bin/cat
startsecs=0
[program:rests]
command=/bin/cat
autostart=false
[program:done]
command=/bin/sh -c "exit 0"
startsecs=0
autorestart=unexpected
[program:three]
command=/bin/sh -c "exit 3"
startsecs=0
autorestart=false
exitcodes=0,3
[program:four]
command=/bin/sh -c "exit 4"
startsecs=0
autorestart=false
exitcodes=0,3
[program:failed]
command=/bin/sh -c "exit 1"
startretries=0
[program:missing]
command=/nonexistent/command
startretries=0
[program:flaps]
command=/bin/sh -c "exit 1"
startretries=1000000
[program:slow]
command=/bin/cat
startsecs=3600
"""
QUICK = "Exited too quickly (process log may have details)"


class Health(unittest.TestCase):
    def health(self, *args, where=()):
        """(status, lines); what holds of every answer."""
        begun = time.monotonic()
        done = subprocess.run([CTL, *where, "health", *args], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
        self.assertLess(time.monotonic() - begun, 3)
        self.assertIn(done.returncode, (0, 1))
        self.assertLessEqual(len(done.stdout), 4096)
        self.assertEqual(done.returncode == 0, done.stdout == b"", done.stdout)
        return done.returncode, done.stdout.decode().splitlines()

    def check_states(self, daemon):
        where = ["-c", daemon.config]
        with client(daemon) as proxy:
            def states():
                return {row["name"]: row["statename"] for row in proxy.supervisor.getAllProcessInfo()}
            wait_until(lambda: states()["four"] == "EXITED" and states()["three"] == "EXITED" and states()["done"] == "EXITED"
                       and states()["failed"] == "FATAL" and states()["missing"] == "FATAL" and states()["up"] == "RUNNING",
                       "them all to be as they will be")
            self.assertEqual(self.health("up", "rests", "done", "three", "slow", where=where), (0, []))
            self.assertEqual(self.health("slow", "--ready", where=where)[0], 1)
            self.assertTrue(self.health("slow", "--ready", where=where)[1][0].startswith("slow STARTING"))
            self.assertEqual(self.health("four", where=where), (1, ["four EXITED Bad exit code 4"]))
            self.assertEqual(self.health("failed", where=where), (1, ["failed FATAL " + QUICK]))
            self.assertEqual(self.health("missing", where=where), (1, ["missing FATAL can't find command '/nonexistent/command'"]))
            wait_until(lambda: self.health("flaps", where=where) == (1, ["flaps BACKOFF " + QUICK]), "a look at flaps between two tries")
            status, lines = self.health(where=where)
            self.assertEqual(status, 1)
            self.assertEqual([line.split()[0] for line in lines if not line.startswith("flaps")], ["failed", "four", "missing"])
            self.assertEqual(self.health("nobody", where=where), (1, ["nobody: ERROR (no such process)"]))

    def test_states(self):
        with Daemon(SECTION + PROGRAMS) as daemon:
            self.check_states(daemon)

    def test_of_supervisors_own(self):
        theirs = oracle("supervisord")
        if not theirs:
            self.skipTest("scripts/fetch-oracle")
        with Daemon(SECTION + PROGRAMS, argv=theirs[0], env=theirs[1]) as daemon:
            self.check_states(daemon)

    def test_unhealthy(self):
        text = "[program:sick]\ncommand=/bin/cat\nstartsecs=0\nhealth=exec:/bin/sh -c 'echo words; exit 1'\n" \
               "healthinterval=1\nhealthretries=1\nhealthaction=none\n"
        with Daemon(SECTION + text) as daemon:
            where = ["-c", daemon.config]
            wait_until(lambda: "".join(self.health(where=where)[1]).startswith("sick RUNNING unhealthy"), "a look at its health")

    def test_many(self):
        text = "".join(f"[program:failed_{i:04}]\ncommand=/nonexistent/{'x' * 40}\nstartretries=0\n" for i in range(300))
        with Daemon(SECTION + text) as daemon:
            where = ["-c", daemon.config]
            wait_until(lambda: "".join(self.health(where=where)[1][-1:]).startswith("and "), "300 of them")

    def test_as_json(self):
        with Daemon(SECTION + PROGRAMS) as daemon:
            where = ["-c", daemon.config, "health", "--json"]
            wait_until(lambda: self.health("four", where=where[:2]) == (1, ["four EXITED Bad exit code 4"]), "four")
            done = subprocess.run([CTL, *where, "four"], capture_output=True)
            self.assertEqual((json.loads(done.stdout), done.returncode),
                             ({"healthy": False, "daemon": "RUNNING",
                               "reasons": [{"name": "four", "state": "EXITED", "text": "Bad exit code 4"}]}, 1))

    def test_no_daemon(self):
        with tempfile.TemporaryDirectory() as folder:
            url = f"unix://{folder}/s.sock"
            self.assertEqual(self.health(where=["-s", url]), (1, ["daemon does not answer"]))
            with socket.socket(socket.AF_UNIX) as bound:  # refuses
                bound.bind(folder + "/s.sock")
                self.assertEqual(self.health(where=["-s", url]), (1, ["daemon does not answer"]))
            done = subprocess.run([CTL, "-c", folder + "/none.conf", "health"], capture_output=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn(b"none.conf", done.stderr)

    def test_nobody_speaks(self):
        """A socket that listens, and then one whose queue is full: what became of earlier health checks of such a daemon."""
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            path = folder + "/s.sock"
            listening = stack.enter_context(socket.socket(socket.AF_UNIX))
            listening.bind(path)
            listening.listen(1)
            for where in (["-s", "unix://" + path], ["--timeout", "1000", "-s", "unix://" + path]):
                self.assertEqual(self.health(where=where), (1, ["daemon does not answer"]))
            with self.assertRaises(BlockingIOError):
                while True:
                    one = stack.enter_context(socket.socket(socket.AF_UNIX))
                    one.setblocking(False)
                    one.connect(path)
            self.assertEqual(self.health(where=["-s", "unix://" + path]), (1, ["daemon does not answer"]))
            done = subprocess.run([CTL, "-s", "unix://" + path, "--timeout", "0.2", "status"], capture_output=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, 124, done)
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            self.assertEqual(self.health(where=["-s", url]), (1, ["daemon does not answer"]))

    def test_one_that_stands_still(self):
        with Daemon(SECTION) as daemon:
            client(daemon)
            daemon.process.send_signal(signal.SIGSTOP)
            if daemon.working_pid != daemon.pid:
                os.kill(daemon.working_pid, signal.SIGSTOP)
            try:
                self.assertEqual(self.health(where=["-c", daemon.config]), (1, ["daemon does not answer"]))
            finally:
                os.kill(daemon.working_pid, signal.SIGCONT)
                daemon.process.send_signal(signal.SIGCONT)
            wait_until(lambda: self.health(where=["-c", daemon.config]) == (0, []), "it to go on")

    def test_password(self):
        text = SERVER.replace("s.sock\n", "s.sock\nusername=a\npassword=b\n")
        with Daemon(text) as daemon:
            wait_until(lambda: os.path.exists(daemon.dir + "/s.sock"), "the socket")
            url = ["-s", f"unix://{daemon.dir}/s.sock"]
            wait_until(lambda: self.health(where=url) == (1, ["Server requires authentication"]), "an answer")
            self.assertEqual(self.health(where=[*url, "-i"]), (1, ["Server requires authentication"]))
            self.assertEqual(self.health(where=[*url, "-u", "a", "-p", "b"]), (0, []))


if __name__ == "__main__":
    unittest.main(verbosity=2)
