#!/usr/bin/env python3
"""Manual pages say what the programs and tables say (scripts/man-pages) and are sound mdoc; the completion for bash knows every
action and offers processes by their states. What a machine has no program for is skipped."""
import os
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rpc_support import SERVER, client  # noqa: E402
from support import BIN, ROOT, Daemon, wait_until  # noqa: E402

PAGES = os.path.join(ROOT, "docs", "man")
COMPLETION = os.path.join(ROOT, "packaging", "completions", "supervisorctl.bash")
BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"


def actions():
    with open(os.path.join(ROOT, "apps", "ctl", "actions.cpp")) as f:
        return set(re.findall(r'^    \{"(\w+)", do_\w+', f.read(), re.M))


class Pages(unittest.TestCase):
    def test_are_what_programs_and_tables_say(self):
        checked = subprocess.run([os.path.join(ROOT, "scripts", "man-pages"), "--check", BIN], capture_output=True, text=True)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))

    def test_hold_every_option_and_action(self):
        def page(name):
            with open(os.path.join(PAGES, name)) as f:
                return f.read()
        sample = subprocess.run([os.path.join(BIN, "echo_supervisord_conf")], capture_output=True, text=True).stdout
        options = set(re.findall(r"^;?([a-z_.]+) ?=", sample, re.M))
        self.assertGreater(len(options), 60)
        listed = set(re.findall(r"^\.It Cm \\&(\S+)", page("supervisord.conf.5"), re.M))
        self.assertEqual(options - listed, set())
        self.assertGreaterEqual(listed, {"tls_cert", "password_file", "maxage", "survive"})
        described = set(re.findall(r"^\.It \\&(\w+)", page("supervisorctl.1"), re.M))
        self.assertGreaterEqual(described, actions() - {"help", "EOF", "explain"})

    def test_sound(self):
        if not shutil.which("mandoc"):
            self.skipTest("no mandoc: scripts/bootstrap test")
        for name in sorted(os.listdir(PAGES)):
            with self.subTest(name):
                lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", os.path.join(PAGES, name)],
                                      capture_output=True, text=True)
                self.assertEqual(lint.stdout + lint.stderr, "")
                shown = subprocess.run(["mandoc", "-T", "ascii", "-O", "width=78", os.path.join(PAGES, name)], capture_output=True,
                                       text=True).stdout
                plain = re.sub(".\b", "", shown)  # without what makes letters bold
                self.assertEqual([line for line in plain.splitlines() if len(line) > 78], [])
                if name.endswith(".1") and name not in ("supervisor.1", "supervisor_stdout.1"):  # no program; one that does not end
                    self.assertIn("EXIT STATUS", plain)
                with open(os.path.join(PAGES, name)) as f:
                    self.assertIn(".Sh EXAMPLES\n", f.read())


class Completion(unittest.TestCase):
    def setUp(self):
        if not os.path.exists(BASH_COMPLETION):
            self.skipTest("no bash-completion: scripts/bootstrap test")

    def offered(self, *words, options=()):
        """What Tab offers for the last word."""
        script = (f". {BASH_COMPLETION}; . {COMPLETION}\nCOMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMP_LINE=\"$*\"\n"
                  "COMP_POINT=${#COMP_LINE}; COMP_TYPE=9; COMP_KEY=9; _supervisorctl; printf '%s\\n' \"${COMPREPLY[@]}\"")
        ran = subprocess.run(["bash", "--norc", "-c", script, "bash", "supervisorctl", *options, *words], capture_output=True,
                             text=True, stdin=subprocess.DEVNULL, env={**os.environ, "PATH": BIN + ":" + os.environ["PATH"]})
        self.assertEqual(ran.stderr, "")
        return ran.stdout.split()

    def test_actions(self):
        self.assertEqual(self.offered("st"), ["start", "status", "stop"])
        self.assertEqual(set(self.offered("")) & actions(), actions() - {"help", "EOF", "explain"})
        self.assertEqual(self.offered("--js"), ["--json"])
        self.assertEqual(self.offered("signal", "US"), ["USR1", "USR2"])
        self.assertEqual(self.offered("-u", "st"), [], "a user's name")

    def test_processes_by_their_states(self):
        text = ("[program:runs]\ncommand=/bin/sleep 1000\nstartsecs=0\n[program:rests]\ncommand=/bin/sleep 1000\nautostart=false\n"
                "[group:g]\nprograms=one,$(exit)\n[program:one]\ncommand=/bin/sleep 1000\nautostart=false\n"
                "[program:$(exit)]\ncommand=/bin/sleep 1000\nautostart=false\n"
                "[supervisorctl]\nserverurl=unix://{dir}/s.sock\n")
        with Daemon(SERVER + text) as d:
            with client(d) as proxy:
                wait_until(lambda: proxy.supervisor.getProcessInfo("runs")["statename"] == "RUNNING", "a running program")
            options = ("-c", d.config)
            wait_until(lambda: len(self.offered("status", "", options=options)) > 1, "an answer within a fifth of a second")

            def eventually(words, expected):
                wait_until(lambda: sorted(self.offered(*words, options=options)) == sorted(expected), f"{expected} for {words}")
            eventually(("start", ""), ["rests", "g:one", "g:$(exit)", "g:*", "all"])
            eventually(("stop", ""), ["runs", "all"])
            eventually(("start", "r"), ["rests"])
            eventually(("tail", "r"), ["runs", "rests"])
            eventually(("signal", "HUP", "r"), ["runs"])
            eventually(("avail", ""), [])
        self.assertEqual(self.offered("start", "", options=("-s", "unix:///nowhere")), ["all"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
