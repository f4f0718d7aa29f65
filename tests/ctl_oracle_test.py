"""Our supervisorctl beside Debian's: the whole action list, each client on a daemon of its own that has lived through
the same, stdout, stderr and exit status compared. Then the same on two of our daemons, where they serve HTTP; and our
client beside itself through every other door: 127.0.0.1, a host name, [::1].
Standard library only. Source: docs/contract/supervisorctl.md; where it departs from upstream on purpose (its section
12), the step says so and gives what we print."""
import os
import re
import select
import signal
import subprocess
import unittest
from concurrent.futures import ThreadPoolExecutor

from support import BIN, PATIENCE, Daemon, free_port, oracle, wait_until

LAB = """
[unix_http_server]
file={dir}/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{dir}/s.sock
[program:cat]
command=/bin/cat
priority=10
stdout_logfile={dir}/cat.out
[program:sleeper]
command=/bin/sleep 3600
[program:manual]
command=/bin/sleep 3600
autostart=false
[program:failer]
command=/bin/false
startsecs=30
startretries=1
[program:backoff]
command=/nonexistent/too
startretries=1000000
[program:missing]
command=/nonexistent/cmd
startretries=1
[program:noexec]
command={dir}/noexec
autostart=false
[program:oneshot]
command=/bin/sleep 1
startsecs=0
autorestart=false
[program:quickexit]
command=/bin/true
startsecs=30
autostart=false
startretries=0
[program:worker]
command=/bin/sleep 3600
numprocs=3
process_name=worker_%(process_num)02d
[group:trio]
programs=a,b,c
priority=5
[program:a]
command=/bin/sleep 3600
[program:b]
command=/bin/sleep 3600
[program:c]
command=/bin/sleep 3600
autostart=false
[program:talker]
command=/bin/sh -c "i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo out $i; echo err $i >&2; done; exec sleep 3600"
stdout_logfile={dir}/talker.out
stderr_logfile={dir}/talker.err
[program:nolog]
command=/bin/sleep 3600
stdout_logfile=NONE
stderr_logfile=NONE
[program:stubborn]
command=/bin/sh -c "trap '' TERM; touch {dir}/trapped; while :; do sleep 0.1; done"
startsecs=0
stopwaitsecs=3600
autostart=false
"""

OURS = [os.path.join(BIN, "supervisorctl")], None


class Harness(Daemon):
    """A daemon with the programs above and the client that talks to it."""

    def __init__(self, daemon, client, door=None):
        text, self.url = LAB, "unix://DIR/s.sock"
        if door:  # (host the client names, host the daemon listens on)
            port = free_port(door[1])
            self.url = f"http://{door[0]}:{port}"
            text = text.replace("unix://{dir}/s.sock", self.url)
            text += f"[inet_http_server]\nport={door[1]}:{port}\n"
        super().__init__(text, argv=daemon[0], env=daemon[1], files={"noexec": "#!/bin/sh\n"})
        self.client = client

    def where(self, url=None):
        return ["-c", self.config] if url is None else ["-c", "", "-s", url]

    def run(self, *args, url=None):
        argv, env = self.client
        where = self.where(url)
        done = subprocess.run([*argv, *where, *args], env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        err = re.sub(r"(?m)^hint: .*\n", "", done.stderr.decode())  # ours alone, beside what scripts read
        return self.normal(done.stdout.decode()), self.normal(err), done.returncode

    def normal(self, text):
        """What differs between two runs of the same, replaced by a word."""
        text = text.replace(self.dir, "DIR").replace(self.url, "URL").replace(self.client[0][-1], "A0")
        text = re.sub(r"pid \d+, uptime \d+:\d\d:\d\d", "pid N, uptime T", text)
        text = re.sub(r"(?m)^[1-9]\d*$", "N", text)
        text = re.sub(r"[A-Z][a-z][a-z] \d\d \d\d:\d\d [AP]M", "T", text)
        text = re.sub(r": file: \S+ line: \d+", "", text)
        # between two attempts ours may be seen STARTING, if for no longer than the attempt takes
        text = re.sub(r"(?m)^(backoff +)STARTING *$", r"\1BACKOFF   can't find command '/nonexistent/too'", text)
        return text

    def state(self, name):
        out = subprocess.run([*OURS[0], "-c", self.config, "status", name], capture_output=True, text=True).stdout
        return out.split()[1] if len(out.split()) > 1 else out

    def pid_of_program(self, name):
        return int(subprocess.run([*OURS[0], "-c", self.config, "pid", name], capture_output=True, text=True).stdout)

    def settled(self):
        wait_until(lambda: os.path.exists(os.path.join(self.dir, "s.sock")), "the socket")
        for name, state in (("cat", "RUNNING"), ("failer", "FATAL"), ("missing", "FATAL"), ("oneshot", "EXITED"),
                            ("backoff", "BACKOFF"), ("talker", "RUNNING"), ("trio:b", "RUNNING"),
                            ("worker:worker_02", "RUNNING"), ("nolog", "RUNNING"), ("sleeper", "RUNNING")):
            wait_until(lambda: self.state(name) == state, f"{name} {state}", 60)
        wait_until(lambda: "err 60" in self.read("talker.err"), "talker's last word")


def head(text):
    """A usage error: its first line; the help below is in own words."""
    return text.split("\n")[0]


class Pair(unittest.TestCase):
    daemon = None  # (argv, env)

    def labs(self):
        return Harness(self.daemon, oracle("supervisorctl")), Harness(self.daemon, OURS)

    def setUp(self):
        if oracle("supervisorctl") is None or self.daemon is None or not os.path.exists(self.daemon[0][0]):
            self.skipTest("Debian's supervisor has not been fetched (scripts/fetch-oracle)")
        self.theirs, self.ours = (self.enterContext(harness) for harness in self.labs())
        wait_until(lambda: os.path.exists(os.path.join(self.ours.dir, "s.sock")), "the socket")
        self.theirs.settled()
        self.ours.settled()

    def both(self, *args, cut=None, ordered=True, ours=None, url=None):
        """Runs it with both; `ours`: what we print instead, and our status."""
        with ThreadPoolExecutor(1) as meanwhile:  # each has a daemon of its own
            asked = meanwhile.submit(self.theirs.run, *args, url=url)
            got = self.ours.run(*args, url=url)
            expected = asked.result()
        shape = (lambda t: t) if ordered else (lambda t: sorted(t.split("\n")))
        if cut:
            shape = cut
        if ours is not None:
            expected = (ours[0], expected[1], ours[1])
        with self.subTest(args=args):
            self.assertEqual((shape(got[0]), got[1], got[2]), (shape(expected[0]), expected[1], expected[2]))
        return got

    def wait_both(self, name, state):
        for harness in (self.theirs, self.ours):
            wait_until(lambda: harness.state(name) == state, f"{name} {state}")

    def test_the_whole_list(self):
        self.reading()
        self.logs()
        self.starting()
        self.stopping_slowly()
        self.changing()
        self.all_at_once()
        self.down()

    # -- what changes nothing --------------------------------------------------------------------------

    def reading(self):
        for words in ("status", "status all", "status all nosuch", "status cat", "status cat:cat", "status cat:",
                      "status cat:*", "status trio:*", "status trio", "status trio:zzz", "status nosuch", "status cat*",
                      "status nosuch:*", "status :", "status cat nosuch", "status nosuch manual", "status cat cat",
                      "status backoff", "status failer", "status missing", "status oneshot", "status -h",
                      "pid", "pid all", "pid all nosuch", "pid cat manual", "pid backoff", "pid nosuch cat", "pid nosuch:*",
                      "version", "avail", "help start stop", "help EOF", "help nosuch", "bogus arg", "STATUS",
                      "!ls", "statuscat", "exit x y", "quit", "EOF", "open", "open ftp://x", "open 127.0.0.1:9001",
                      "open http://127.0.0.1:1", "reread", "update", "add", "remove", "# foo"):
            self.both(*words.split())
        for words in ("status;version", "status  cat   manual ", "pid cat", "signal CONT cat", "tail -30 talker stderr", "",
                      "  ", "tail-5 cat"):
            self.both(words)
        for words in ("start", "stop", "restart", "signal HUP", "clear", "tail", "tail a b c d", "maintail a b", "avail x",
                      "reread x", "reload x", "shutdown x", "version x"):
            self.both(*words.split(), cut=head)
        for words in ("-z", "--bogus", "--h", "-c", "--configuration", "--help=x", "-s foo version", "-s http:// version",
                      "-s=http://x version", "-i -i version", "-u a -u b version", "-- -i", "-- version", "-i version",
                      "--server unix:///nonexistent version", "-iu joe version"):
            self.both(*words.split())
        for words in ("add nosuch", "add cat", "remove cat", "remove nosuch", "remove all", "update nosuch manual"):
            self.both(*words.split())

        for words in ("help", "?"):
            self.both(words)
        self.both("pid", "trio:*", ours=("N\nN\n0\n", 7))

    def logs(self):
        for words in ("tail -f", "tail -5", "tail talker bogus", "tail talker BOGUS", "tail -z talker", "tail - talker",
                      "tail -5 -f cat", "tail nosuch", "tail trio:*", "tail nolog", "tail cat", "tail talker",
                      "tail -30 talker STDERR", "tail -0 talker", "tail --5 talker", "tail -+7 talker", "tail -1_0 talker",
                      "maintail x", "maintail -x", "fg", "fg cat sleeper", "fg nosuch", "fg failer", "fg trio:*"):
            self.both(*words.split(), cut=head if words == "fg" else None)
        self.both("tail", "-f", "nosuch", ours=("==> Press Ctrl-C to exit <==\n", 1))  # B5
        self.follow()

    def follow(self):
        """tail -f of both streams the same. How it ends is ours alone: upstream may take a Ctrl-C for a failed read."""
        for args in (("tail", "-f", "talker"), ("tail", "-f", "talker", "stderr")):
            seen = []
            for harness in (self.theirs, self.ours):
                argv, env = harness.client
                process = subprocess.Popen([*argv, "-c", harness.config, *args], env=env, stdin=subprocess.DEVNULL,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                text = b""
                while not text.endswith(b" 60\n"):
                    self.assertTrue(select.select([process.stdout], [], [], PATIENCE)[0], text)
                    more = os.read(process.stdout.fileno(), 65536)
                    self.assertTrue(more, text)
                    text += more
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=PATIENCE)
                seen.append(text)
            with self.subTest(args=args):
                self.assertEqual(seen[1], seen[0])
                self.assertEqual((out, err, process.returncode), (b"\n", b"", 0))

    # -- what changes processes ------------------------------------------------------------------------

    def starting(self):
        for words in ("start manual", "start manual", "stop manual", "stop manual", "start cat:cat", "start manual:*",
                      "start manual:*", "start nosuch", "start trio", "start trio:zzz", "start nosuch:*", "stop nosuch:",
                      "stop trio:a trio:b", "start missing", "start noexec", "start failer", "start quickexit",
                      "start missing cat manual", "start missing quickexit", "start quickexit missing",
                      "restart manual", "restart cat sleeper", "restart nosuch", "restart nosuch:*", "restart oneshot"):
            self.both(*words.split())
        self.wait_both("oneshot", "EXITED")
        for words in (
                      "signal CONT cat", "signal cont cat", "signal SIGCONT cat", "signal 18 cat", "signal 0 cat",
                      "signal BOGUS cat", "signal 999 cat", "signal -1 cat", "signal HUP nosuch", "signal HUP nosuch:*",
                      "signal cat CONT", "signal CONT oneshot", "signal CONT cat oneshot", "signal CONT oneshot nosuch",
                      "signal CONT quickexit:*", "clear cat sleeper", "clear cat nosuch", "clear nolog", "clear manual"):
            self.both(*words.split())
        for words in ("start trio:*", "signal CONT trio:*", "signal BOGUS trio:*", "start manual missing:* nosuch:*"):
            self.both(*words.split(), ordered=False)
        self.both("clear", "trio:*", ours=("trio:a: cleared\ntrio:b: cleared\ntrio:c: cleared\n", 0))  # B2
        self.both("stop", "backoff")

    def stopping_slowly(self):
        self.both("start", "stubborn")
        blocked = []
        for harness in (self.theirs, self.ours):
            wait_until(lambda: os.path.exists(os.path.join(harness.dir, "trapped")), "the trap")
            argv, env = harness.client
            blocked.append(subprocess.Popen([*argv, "-c", harness.config, "stop", "stubborn"], env=env, stdout=subprocess.PIPE))
        self.wait_both("stubborn", "STOPPING")
        for words in ("status stubborn", "pid stubborn", "stop stubborn", "signal CONT stubborn"):
            self.both(*words.split())
        for harness in (self.theirs, self.ours):  # it has ignored the stop for long enough
            os.kill(harness.pid_of_program("stubborn"), signal.SIGKILL)
        ends = [process.communicate(timeout=PATIENCE)[0] for process in blocked]
        self.assertEqual(ends[1], ends[0])
        self.assertEqual(ends[1], b"stubborn: stopped\n")

    def changing(self):
        for harness in (self.theirs, self.ours):
            text = harness.read("s.conf")
            text = text.replace("[program:nolog]", "[program:newprog]").replace("sleep 3600\n[program:manual]",
                                                                              "sleep 3601\n[program:manual]")
            harness.write("s.conf", text)
        for words in ("reread", "avail", "add newprog", "add newprog", "remove newprog", "stop newprog", "remove newprog",
                      "update trio:*", "update sleeper", "update sleeper", "update", "update"):
            self.both(*words.split())
        self.wait_both("newprog", "RUNNING")
        self.both("status", "newprog", "nolog")
        for harness in (self.theirs, self.ours):
            harness.write("s.conf", harness.read("s.conf").replace("command=/bin/cat", ""))
        out, _, _ = self.both("reread")
        self.assertTrue(out.startswith("ERROR: CANT_REREAD: "), out)
        self.both("update", ours=(out, 1))  # B8

    def all_at_once(self):
        for words in ("stop all", "stop all", "signal HUP all", "clear all"):
            self.both(*words.split(), ordered=False)
        self.both("reload")
        for harness in (self.theirs, self.ours):  # the configuration is broken now, so it does not come back
            harness.process.wait(PATIENCE)

    # -- no daemon -------------------------------------------------------------------------------------

    def down(self):
        for url in ("unix:///nonexistent", "http://127.0.0.1:1"):
            for words in ("status", "pid", "start foo", "start", "stop all", "restart foo", "tail foo", "tail -f foo",
                          "maintail", "fg foo", "clear foo", "signal HUP foo", "version", "shutdown"):
                self.both(*words.split(), url=url)
            said = url + (" no such file" if url.startswith("unix") else " refused connection")
            for words in ("avail", "reread", "update", "add x", "remove x", "reload"):
                self.both(*words.split(), url=url, ours=(said + "\n", 1))  # B9
        for url in ("bogus://x", "unix://" + "x" * 200, "http://127.0.0.1:x", "http:x"):
            self.both("version", url=url)


class OnDebiansDaemon(Pair):
    daemon = oracle("supervisord") and ([*oracle("supervisord")[0]], oracle("supervisord")[1])


class OnOurDaemon(Pair):
    daemon = [os.path.join(BIN, "supervisord")], None


class OverTcp(Pair):
    """Our client through two doors: what it prints must not hang on the door."""
    daemon = [os.path.join(BIN, "supervisord")], None
    doors = None, ("127.0.0.1", "127.0.0.1")

    def labs(self):
        return [Harness(self.daemon, OURS, door) for door in self.doors]

    def both(self, *args, ours=None, **how):  # `ours`: where we differ from Debian's client, who is not here
        return super().both(*args, **how)

    def down(self):
        """The daemon is gone: each door says so in its own words (and in those of the other cases' `down`)."""


class OverNames(OverTcp):
    doors = ("localhost", "127.0.0.1"), ("[::1]", "[::1]")

    def setUp(self):
        try:
            free_port("[::1]")
        except OSError:
            self.doors = self.doors[0], self.doors[0]  # no IPv6 here
        super().setUp()


del Pair

if __name__ == "__main__":
    unittest.main(verbosity=1)
