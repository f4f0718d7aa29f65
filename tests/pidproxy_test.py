#!/usr/bin/env python3
"""pidproxy on real processes: C331 to C334 of docs/contract/configuration.md and the rows of its table."""
import os
import select
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import BIN, PATIENCE, PORTABLE, wait_until  # noqa: E402

PIDPROXY = os.path.join(BIN, "pidproxy")
RECORDER = ("trap 'echo HUP >> $0.got' HUP; trap 'echo USR1 >> $0.got' USR1; trap 'echo TERM >> $0.got; exit 0' TERM;"
            "echo $$ > $0.tmp; mv $0.tmp $0; while :; do sleep 0.02; done")


class PidProxy(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="troupe-pidproxy-")
        self.pidfile = os.path.join(self.folder.name, "pid")

    def tearDown(self):
        self.folder.cleanup()

    def test_status_is_0_whatever_the_command_does(self):  # C331, K17
        for command in (["/bin/sh", "-c", "exit 3"], ["/nonexistent"]):
            self.assertEqual(subprocess.run([PIDPROXY, self.pidfile, *command], timeout=PATIENCE).returncode, 0)

    def test_usage(self):  # C332
        for arguments in ([], [self.pidfile]):
            done = subprocess.run([PIDPROXY, *arguments], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, 1)
            self.assertTrue(done.stdout.startswith("pidproxy -- run command and proxy signals to it via its pidfile."))
            self.assertIn(f"Usage: {PIDPROXY} <pidfile name> <command> [<cmdarg1> ...]", done.stdout)

    def proxied(self, *command):
        """pidproxy, and the command below it once that runs."""
        proxy = subprocess.Popen([PIDPROXY, self.pidfile, *command], stdout=subprocess.PIPE, text=True)

        def children():
            with open(f"/proc/{proxy.pid}/task/{proxy.pid}/children") as f:
                return f.read().split()
        wait_until(children, "the command")
        return proxy, int(children()[0])

    def got(self):
        if not os.path.exists(self.pidfile + ".got"):
            return ""
        with open(self.pidfile + ".got") as f:
            return f.read()

    def test_forwards_signals_to_the_pid_of_the_file(self):  # C333
        # In the background, and its parent gone: pidproxy has adopted it.
        proxy, command = self.proxied("/bin/sh", "-c", '(/bin/sh -c "$0" "$1" &); exec /bin/sleep 1000', RECORDER,
                                      self.pidfile)
        try:
            wait_until(lambda: os.path.exists(self.pidfile), "the pid file")
            for signo, expected in ((signal.SIGHUP, "HUP\n"), (signal.SIGUSR1, "HUP\nUSR1\n")):
                proxy.send_signal(signo)
                wait_until(lambda: self.got() == expected, f"{expected!r} to arrive")
                self.assertIsNone(proxy.poll())
            proxy.send_signal(signal.SIGTERM)
            self.assertEqual(proxy.wait(PATIENCE), 0)
            wait_until(lambda: self.got() == "HUP\nUSR1\nTERM\n", "TERM to arrive")
        finally:
            proxy.kill()
            proxy.wait()
            proxy.stdout.close()
            os.kill(command, signal.SIGKILL)

    @unittest.skipIf(PORTABLE, "who descends from whom is not known")
    def test_signals_no_group_and_nobody_else_s_process(self):
        bystander = subprocess.Popen(["/bin/sleep", "1000"])
        proxy, command = self.proxied("/bin/sleep", "1000")
        try:
            for content, said in ((str(bystander.pid), f"The pid {bystander.pid} in {self.pidfile} is no child's!\n"),
                                  ("1", f"Can't read child pidfile {self.pidfile}!\n"),
                                  ("0", f"Can't read child pidfile {self.pidfile}!\n"),
                                  (str(-bystander.pid), f"Can't read child pidfile {self.pidfile}!\n")):
                with open(self.pidfile, "w") as f:
                    f.write(content)
                proxy.send_signal(signal.SIGTERM)
                self.assertEqual(proxy.stdout.readline(), said)
            self.assertIsNone(bystander.poll())
            self.assertIsNone(proxy.poll())
        finally:
            for process in (proxy, bystander):
                process.kill()
                process.wait()
            proxy.stdout.close()
            os.kill(command, signal.SIGKILL)

    def test_a_fifo_or_an_endless_text_is_no_pid_file(self):  # whoever owns the folder may put them there
        proxy, command = self.proxied("/bin/sleep", "1000")
        try:
            os.mkfifo(self.pidfile)
            proxy.send_signal(signal.SIGTERM)
            self.assertTrue(wait_until(lambda: select.select([proxy.stdout], [], [], 0)[0], "a word about the FIFO"))
            self.assertEqual(proxy.stdout.readline(), f"Can't read child pidfile {self.pidfile}!\n")
            os.remove(self.pidfile)
            with open(self.pidfile, "w") as f:
                f.write(f"{command} " + 100 * " ")
            proxy.send_signal(signal.SIGTERM)
            self.assertEqual(proxy.stdout.readline(), f"Can't read child pidfile {self.pidfile}!\n")
            self.assertIsNone(proxy.poll())
        finally:
            proxy.kill()
            proxy.wait()
            proxy.stdout.close()
            os.kill(command, signal.SIGKILL)

    def test_missing_pidfile_drops_the_signal(self):  # C334
        proxy = subprocess.Popen([PIDPROXY, self.pidfile, "/bin/sleep", "1000"], stdout=subprocess.PIPE, text=True)
        wait_until(lambda: open(f"/proc/{proxy.pid}/task/{proxy.pid}/children").read(), "the command")
        child = int(open(f"/proc/{proxy.pid}/task/{proxy.pid}/children").read())
        proxy.send_signal(signal.SIGTERM)
        self.assertEqual(proxy.stdout.readline(), f"Can't read child pidfile {self.pidfile}!\n")
        self.assertIsNone(proxy.poll())
        os.kill(child, signal.SIGKILL)
        self.assertEqual(proxy.wait(PATIENCE), 0)
        proxy.stdout.close()


if __name__ == "__main__":
    unittest.main()
