#!/usr/bin/env python3
"""Our daemon beside Debian's Supervisor 4.2.5 on the same files: the same records in the log, the same exit status, the
same words on stderr. Known differences of the newer version that we follow are taken out by name."""
import os
import re
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import BIN, Daemon, oracle  # noqa: E402

DEBIAN = oracle("supervisord")


def normal(records):
    """Without pids, and without the order among programs, which 4.2.5 leaves to its polling."""
    lines = [re.sub(r"(pid |\()\d+", r"\1N", r) for r in records]
    lines = [re.sub(r"fd \d+ closed, stopped monitoring .*", "fd closed", r) for r in lines]
    keep = ("INFO", "WARN", "CRIT", "ERRO")
    # 4.2.5 takes seconds to stop, and what its "waiting for ... to die" names, and how often, depends on them.
    return sorted(r for r in lines if r.startswith(keep) and "unknown option" not in r and " to die" not in r)


@unittest.skipUnless(DEBIAN, "Debian's supervisor was not fetched (scripts/fetch-oracle build/oracle)")
class Beside(unittest.TestCase):
    maxDiff = None

    def run_both(self, text, until, options="", signo=signal.SIGTERM, files=None):
        results = []
        for argv, env in ((None, DEBIAN[1]), DEBIAN):
            with Daemon(text, options=options, argv=argv, env=env, files=files) as d:
                for pattern in until:
                    d.wait_for(pattern)
                status = d.finish(signo)
                results.append((status, normal(r.replace(d.dir, "DIR") for r in d.records())))
        self.assertEqual(results[0], results[1])
        return results[0]

    def refused_by_both(self, text, more=""):
        """Both end with 2 and the same sentence; `more`: what ours adds to it."""
        results = []
        for argv, env in ((None, DEBIAN[1]), DEBIAN):
            with Daemon(text, argv=argv, env=env) as d:
                status, err = d.refusal()
                results.append((status, err.splitlines()[0].replace(d.dir, "DIR")))
        self.assertEqual(results[0], (2, results[1][1] + more))
        self.assertEqual(results[1][0], 2)

    def test_a_life(self):
        self.run_both("[program:cat]\ncommand=/bin/cat\n"
                      "[program:once]\ncommand=/bin/sh -c 'sleep 3; exit 0'\n"
                      "[program:odd]\ncommand=/bin/sh -c 'sleep 3; exit 3'\nautorestart=false\n"
                      "[program:quick]\ncommand=/bin/false\nstartretries=1\nstartsecs=30\n"  # however late 4.2.5 looks
                      "[program:nocmd]\ncommand=/no/such/thing\nstartretries=0\n"
                      "[program:two]\ncommand=/bin/cat\nnumprocs=2\nprocess_name=%(program_name)s_%(process_num)02d\n"
                      "[group:g]\nprograms=two\npriority=5\n"
                      "[program:idle]\ncommand=/bin/cat\nautostart=false\n",
                      ["success: cat", "success: two_01", "exited: once", "exited: odd", "gave up: quick", "gave up: nocmd"])

    def test_as_root_user_and_warnings(self):
        self.run_both("[program:a]\ncommand=/bin/cat\nstdout_logfile=syslog\nredirect_stderr=true\nstderr_logfile=/tmp/x\n"
                      "[program:b]\ncommand=/bin/cat\nstdout_logfile_maxbytes=0\n[include]\nfiles=nope/*.conf inc/*.conf\n",
                      ["success: a", "success: b", "success: c"],
                      files={"inc/c.conf": "[program:c]\ncommand=/bin/cat\n"})

    def test_stop_signals(self):
        self.run_both("[program:a]\ncommand=/bin/cat\nstopsignal=INT\n[program:b]\ncommand=/bin/cat\nstopsignal=KILL\n"
                      "[program:c]\ncommand=/bin/sh -c \"trap 'exit 4' QUIT; while :; do sleep 0.1; done\"\nstopsignal=QUIT\n",
                      ["success: a", "success: b", "success: c"], signo=signal.SIGINT)

    def test_refusals(self):
        for text in ("[program:a]\n", "[program:a]\ncommand=c\nstartsecs=x\n", "[program:a]\ncommand=c\nautostart=maybe\n",
                     "[program:a]\ncommand=c\nstopsignal=NO\n",
                     "[program:a]\ncommand=c\nexitcodes=1,x\n", "[program:a]\ncommand=c\nuser=stranger\n",
                     "[program:a]\ncommand=c\nnumprocs=2\n", "[program:a:b]\ncommand=c\n", "[group:g]\nprograms=x\n",
                     "[program:a]\ncommand=c\nstdout_logfile=/no/where/x\n",
                     "[eventlistener:e]\ncommand=c\n", "[eventlistener:e]\ncommand=c\nevents=NOPE\n",
                     "[eventlistener:e]\ncommand=c\nevents=EVENT\nbuffer_size=0\n", "[fcgi-program:f]\ncommand=c\n",
                     "[unix_http_server]\n", "[inet_http_server]\nport=x\n", "[unix_http_server]\nfile=/tmp/s\nchmod=x\n",
                     "[inet_http_server]\nport=127.0.0.1:1\nusername=u\n", "[rpcinterface:x]\nfoo=1\n", "[include]\n"):
            with self.subTest(text):
                self.refused_by_both(text)
        self.refused_by_both("[unix_http_server]\nfile=/no/where/s\n", " (/no/where/s)")
        self.refused_by_both("[inet_http_server]\nport=192.0.2.55:9001\n", " (192.0.2.55:9001)")

    def test_refusals_that_repeat_a_value(self):
        """Both end; ours says where the fault is, and nothing of what may be a password."""
        for text, where in (("[program:a]\ncommand=hunter2 %(nope)s\n", "character 9 "), ("[program:a]\ncommand=hunter2 100%\n", "character 12 "),
                            ("[program:a]\ncommand=c\nenvironment=A=hunter2,B\n", "character 11 ")):
            with self.subTest(text):
                with Daemon(text, argv=DEBIAN[0], env=DEBIAN[1]) as d:
                    status, err = d.refusal()
                    self.assertEqual((status, "hunter2" in err), (2, True))
                with Daemon(text, env=DEBIAN[1]) as d:
                    status, err = d.refusal()
                    self.assertEqual((status, "hunter2" in err, where in err), (2, False, True), err)

    def test_command_lines(self):
        for args in (["-x"], ["--nope"], ["-c"], ["--nodaemon=1"], ["--min=3"], ["extra"], ["-n", "-n"], ["-e", "loud"],
                     ["-m", "9"], ["-a", "x"], ["-d", "/nope"], ["-l", "/nope/x"], ["-c", "/nope.conf"], ["-c", "/tmp"]):
            with self.subTest(args):
                ours = subprocess.run([os.path.join(BIN, "supervisord"), *args], capture_output=True, text=True)
                theirs = subprocess.run([*DEBIAN[0], *args], env=DEBIAN[1], capture_output=True, text=True)
                self.assertEqual((ours.returncode, ours.stderr.splitlines()[0]), (theirs.returncode, theirs.stderr.splitlines()[0]))


if __name__ == "__main__":
    unittest.main()
