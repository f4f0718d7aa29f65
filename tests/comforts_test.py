#!/usr/bin/env python3
"""supervisorctl for people: colours and hints on a terminal, status -v and --watch, --quiet, --errors, --timeout, logs,
init and doctor, on real daemons and a pseudo terminal; without a terminal the bytes of old. Standard library only.
Source: docs/contract/packaging.md, 6 (K1 to K6, K9, K10, K12)."""
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import termios
import time
import unittest

from rpc_support import SERVER, client
from support import BIN, PATIENCE, Daemon, oracle, status_field, wait_until

CTL = os.path.join(BIN, "supervisorctl")
SECTION = SERVER + "[supervisorctl]\nserverurl=unix://{dir}/s.sock\n"
SGR = re.compile(rb"\x1b\[[0-9;]*m")
ENV = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "CLICOLOR_FORCE")} | {"TERM": "xterm", "TZ": "UTC"}
NOBODY = 65534

PROGRAMS = """
[program:cat]
command=/bin/cat
[program:failer]
command=/bin/sh -c "echo 'KeyError: no' >&2; exit 3"
startretries=0
autostart=false
[program:oneshot]
command=/bin/sh -c "exit 4"
startsecs=0
autorestart=false
[program:stubborn]
command=/bin/sh -c "trap '' TERM; touch {dir}/trapped; while :; do sleep 0.1; done"
stopwaitsecs=3600
autostart=false
startsecs=0
[program:slow]
command=/bin/sleep 3600
startsecs=2
autostart=false
[group:g]
programs=a,b
[program:a]
command=/bin/sleep 3600
[program:b]
command=/bin/sleep 3600
"""


def ctl(where, *args, env=None, timeout=60, **more):
    done = subprocess.run([CTL, *where, *args], env=env or ENV, stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=timeout, **more)
    return done.stdout, done.stderr, done.returncode


class OnTerminal:
    """supervisorctl whose stdout and stderr are terminals of their own."""

    def __init__(self, *args, env=None, out=True, **more):
        self.ours, theirs = pty.openpty()
        self.our_err, their_err = pty.openpty()
        for fd in (theirs, their_err):  # bytes as they are
            mode = termios.tcgetattr(fd)
            mode[1] &= ~termios.OPOST
            termios.tcsetattr(fd, termios.TCSANOW, mode)
        self.process = subprocess.Popen([CTL, *args], env=env or ENV, stdin=subprocess.DEVNULL,
                                        stdout=theirs if out else subprocess.PIPE, stderr=their_err, **more)
        os.close(theirs)
        os.close(their_err)
        self.out, self.err = bytearray(), bytearray()

    def read(self, for_seconds=0.05):
        """True: there may be more."""
        fds = [fd for fd in (self.ours, self.our_err) if fd is not None]
        ready = select.select(fds, [], [], for_seconds)[0]
        for fd in ready:
            try:
                got = os.read(fd, 65536)
            except OSError:  # EIO: nobody has it open any more
                got = b""
            if fd == self.ours:
                self.out += got
                self.ours = self.ours if got else self.close(fd)
            else:
                self.err += got
                self.our_err = self.our_err if got else self.close(fd)
        return bool(fds)

    @staticmethod
    def close(fd):
        os.close(fd)

    def until(self, text, what=None):
        end = time.monotonic() + PATIENCE
        looked = 0
        while text not in self.out[looked:]:
            looked = max(0, len(self.out) - len(text))
            self.read()
            if time.monotonic() > end:
                raise AssertionError(f"waited in vain for {what or text!r} in {self.out[-2000:]!r} {self.err!r}")

    def finish(self):
        while self.read():
            pass
        if self.process.stdout:
            self.out += self.process.stdout.read()
            self.process.stdout.close()
        return bytes(self.out), bytes(self.err), self.process.wait(PATIENCE)

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        return self.finish()


def hints(err):
    return [line[6:] for line in err.decode().splitlines() if line.startswith("hint: ")]



class Descriptors(unittest.TestCase):
    def test_a_log_is_no_request(self):
        """A connection that took the place of a closed stdout would carry what a program writes, with the operator's rights."""
        body = ("<?xml version='1.0'?><methodCall><methodName>supervisor.stopProcess</methodName><params><param><value><string>"
                "victim</string></value></param></params></methodCall>")
        request = f"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n{body}\r\n"
        text = SECTION + ("[program:evil]\ncommand=/bin/sh -c 'cat {dir}/request; exec sleep 3600'\nstdout_logfile={dir}/evil.out\n"
                          "[program:victim]\ncommand=/bin/cat\n")
        with Daemon(text, start=False) as d:
            with open(os.path.join(d.dir, "request"), "w", newline="") as f:
                f.write(3 * request)
            d.start()
            wait_until(lambda: "success: victim" in d.log(), "the victim")
            wait_until(lambda: d.read("evil.out").count("methodCall") == 6, "its words")
            for words in ("tail -9000 evil", "logs evil --stdout -n all", "status", "maintail"):
                for closed in (">&-", "<&- >&-", "<&- >&- 2>&-"):
                    subprocess.run(["/bin/sh", "-c", f"exec {CTL} -c {d.config} {words} {closed}"], timeout=PATIENCE,
                                   capture_output=closed == ">&-")
            with client(d) as proxy:
                self.assertEqual(proxy.supervisor.getProcessInfo("victim")["statename"], "RUNNING")
            self.assertNotIn("stopped: victim", d.log())


class OneDaemon(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(SECTION + PROGRAMS)
        cls.where = ["-c", cls.daemon.config]
        cls.rpc = client(cls.daemon)
        wait_until(lambda: cls.rpc.supervisor.getProcessInfo("oneshot")["statename"] == "EXITED", "its end")
        wait_until(lambda: cls.rpc.supervisor.getProcessInfo("cat")["statename"] == "RUNNING", "cat")

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()

    def on_terminal(self, *args, **more):
        return OnTerminal(*self.where, *args, **more).finish()

    def test_colors_are_all_that_a_terminal_gains(self):  # K1, K2
        plain, err, status = ctl(self.where, "status")
        stamp = re.compile(rb"uptime \d+:\d+:\d+")
        colored, terminal_err, same_status = self.on_terminal("status")
        self.assertEqual(status, 3)
        self.assertEqual(same_status, status)
        self.assertNotIn(b"\x1b", plain)
        self.assertIn(b"\x1b[32mRUNNING\x1b[0m", colored)
        self.assertEqual(stamp.sub(b"", SGR.sub(b"", colored)), stamp.sub(b"", plain))
        self.assertEqual((err, terminal_err), (b"", b""))
        for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            self.assertNotIn(b"\x1b", self.on_terminal("status", env=ENV | env)[0])
        self.assertNotIn(b"\x1b", self.on_terminal("--color", "never", "status")[0])
        for where, env in ((["--color=always"], {}), ([], {"CLICOLOR_FORCE": "1"})):
            self.assertIn(b"\x1b[32mRUNNING\x1b[0m", ctl(self.where + where, "status", env=ENV | env)[0])

    def test_other_actions_are_the_same_on_a_terminal(self):  # K1
        for args in (["pid", "cat"], ["version"], ["avail"], ["help"], ["start", "cat"], ["stop", "nosuch:*"],
                     ["signal", "CONT", "oneshot"], ["tail", "oneshot"], ["reread"], ["frobnicate"]):
            plain, _, status = ctl(self.where, *args)
            shown, _, same = self.on_terminal(*args)
            self.assertEqual((shown, same), (plain, status), args)

    def test_hints(self):  # K9
        for args, out, hint in (
                (["start", "a"], "a: ERROR (no such process)\n", "group g has it as g:a"),
                (["stop", "onesho"], "onesho: ERROR (no such process)\n", "did you mean oneshot?"),
                (["statsu"], "*** Unknown syntax: statsu\n", "did you mean status?"),
                (["start", "failer"], "failer: ERROR (spawn error)\n",
                 "failer: Exited too quickly (process log may have details); its stderr ends: KeyError: no; "
                 "supervisorctl tail failer stderr")):
            plain, err, status = ctl(self.where, *args)
            shown, terminal_err, same = self.on_terminal(*args)
            self.assertEqual((plain.decode(), shown, same), (out, plain, status), args)
            self.assertIn(hint, hints(terminal_err), args)
            self.assertNotIn(hint, hints(err), args)

    def test_quiet_and_errors(self):
        self.assertEqual(ctl(self.where, "-q", "signal", "CONT", "cat"), (b"", b"", 0))
        self.assertEqual(ctl(self.where, "-q", "signal", "CONT", "nosuch", "cat")[:2][0], b"")
        out, err, status = ctl(self.where, "--errors=stderr", "signal", "CONT", "cat", "nosuch")
        self.assertEqual((out, status), (b"cat: signalled\n", 1))
        self.assertEqual(err, b"nosuch: ERROR (no such process)\n")
        self.assertEqual(ctl(self.where, "-q", "status", "cat"), (b"", b"", 0))
        self.assertEqual(ctl(self.where, "--quiet", "status", "oneshot"), (b"", b"", 3))

    def test_a_time_limit(self):
        ctl(self.where, "start", "stubborn")
        wait_until(lambda: os.path.exists(self.daemon.dir + "/trapped"), "the trap")
        begun = time.monotonic()
        out, err, status = ctl([*self.where, "--timeout", "0.3"], "stop", "stubborn")
        self.assertLess(time.monotonic() - begun, PATIENCE / 2)
        self.assertEqual((out, status), (b"ERROR: not done after 0.3 s; what has begun goes on in the daemon: "
                                         b"supervisorctl status\n", 124))
        self.assertEqual(self.rpc.supervisor.getProcessInfo("stubborn")["statename"], "STOPPING")
        self.assertEqual(ctl([*self.where, "--timeout", "0.3"], "pid", "cat")[2], 0)
        ctl(self.where, "kill", "stubborn")

    def test_status_with_details(self):
        plain = ctl(self.where, "status", "cat", "oneshot")[0].decode().splitlines()
        lines = ctl(self.where, "status", "-v", "cat", "oneshot")[0].decode().splitlines()
        self.assertEqual([line[:43] for line in lines], [line[:43] for line in plain])
        self.assertRegex(lines[0], r"uptime \d:\d\d:\d\d +\d+\.\d% +[\d.]+[KM] +0  -$")
        self.assertRegex(lines[1], r" +- +- +0  exit 4, \d\d:\d\d$")
        shown = self.on_terminal("status", "-v", "cat")[0].decode().splitlines()
        self.assertRegex(shown[0], "^NAME +STATE +DESCRIPTION +CPU +MEM +RESTARTS +LAST EXIT$")
        known = json.loads(ctl(self.where, "--json", "status", "-v", "oneshot")[0])[0]
        self.assertEqual((known["restarts"], known["last_end"]), (0, "exit status 4"))

    def test_status_filters_and_order(self):
        def names(*args):
            out, _, status = ctl(self.where, "status", *args)
            return [line.split()[0] for line in out.decode().splitlines()], status
        self.assertEqual(names("--state", "exited", "cat", "oneshot"), (["oneshot"], 3))
        self.assertEqual(names("--sort=state", "oneshot", "cat"), (["cat", "oneshot"], 3))
        self.assertEqual(names("--sort", "start", "cat", "oneshot")[1], 3)
        self.assertEqual(names("--strict", "cat", "g:*"), (["cat", "g:a", "g:b"], 0))
        self.assertEqual(ctl(self.where, "status", "--sort", "size")[2], 2)

    def test_watch(self):
        watch = subprocess.Popen([CTL, *self.where, "status", "--watch", "g:*"], env=ENV, stdout=subprocess.PIPE)
        os.set_blocking(watch.stdout.fileno(), False)
        seen = b""

        def pictures():
            nonlocal seen
            seen += watch.stdout.read() or b""
            return [re.findall(rb"(?m)^g:(\w) +(\w+)", picture) for picture in seen.split(b"\n\n")]
        wait_until(lambda: [(b"a", b"RUNNING"), (b"b", b"RUNNING")] in pictures(), "the first picture")
        ctl(self.where, "stop", "g:a")
        wait_until(lambda: pictures()[-1] == [(b"a", b"STOPPED"), (b"b", b"RUNNING")], "a change")
        ctl(self.where, "start", "g:a")
        wait_until(lambda: pictures()[-1] == [(b"a", b"RUNNING"), (b"b", b"RUNNING")], "another")
        watch.send_signal(signal.SIGINT)
        self.assertEqual(watch.wait(PATIENCE), 0)
        watch.stdout.close()
        self.assertNotIn(b"\x1b", seen)

    def test_watch_on_a_terminal(self):
        watch = OnTerminal(*self.where, "status", "--watch", "cat")
        watch.until(b"RUNNING")
        watch.until(b"\x1b[J")
        before = watch.out.count(b"\x1b[H")
        wait_until(lambda: watch.read() and watch.out.count(b"\x1b[H") > before + 1, "uptimes that go on")
        out, _, status = watch.interrupt()
        self.assertEqual(status, 0)
        self.assertEqual(re.sub(rb"\x1b\[(H|J|K|[0-9;]*m)", b"", out).count(b"\x1b"), 0)

    def test_progress(self):
        shown, err, status = self.on_terminal("start", "slow")
        self.assertEqual((shown, status), (b"slow: started\n", 0))
        self.assertRegex(err.decode(), r"starting slow  \S+ slow STARTING, [01] s")
        self.assertTrue(err.endswith(b"\r\x1b[K"), err)
        ctl(self.where, "stop", "slow")
        self.assertEqual(self.on_terminal("pid", "cat")[1], b"")  # nothing that is quick
        waits = OnTerminal(*self.where, "start", "slow")
        wait_until(lambda: waits.read() and b"starting slow" in waits.err, "a line")
        shown, err, status = waits.interrupt()
        self.assertEqual((shown, status), (b"", -signal.SIGINT))
        self.assertTrue(err.endswith(b"\r\x1b[Kthe daemon goes on; supervisorctl status\n"), err)
        wait_until(lambda: self.rpc.supervisor.getProcessInfo("slow")["statename"] == "RUNNING", "its start")
        ctl(self.where, "stop", "slow")

    def test_closed_socket(self):  # K9
        if os.geteuid() != 0:
            self.skipTest("it has to be somebody else")
        asked = ["-c", "", "-s", f"unix://{self.daemon.dir}/s.sock", "status"]
        plain, err, status = ctl(asked, user=NOBODY)
        terminal = OnTerminal(*asked, user=NOBODY)
        shown, terminal_err, same = terminal.finish()
        self.assertEqual((shown, same), (plain, status))
        self.assertIn("the socket belongs to root, mode 0700: use sudo, or set chmod=0770 and chown=root:GROUP in "
                      "[unix_http_server]", hints(terminal_err))
        self.assertNotIn(hints(terminal_err)[0], hints(err))


class WithoutDaemon(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="troupe-test-")

    def tearDown(self):
        shutil.rmtree(self.dir)

    def both(self, *args):
        plain, err, status = ctl([], *args)
        shown, terminal_err, same = OnTerminal(*args).finish()
        self.assertEqual((shown, same), (plain, status), args)
        return plain.decode(), hints(err), hints(terminal_err)

    def test_no_socket_and_a_stale_one(self):  # K9
        path = self.dir + "/s.sock"
        asked = ["-c", "", "-s", "unix://" + path, "status"]
        out, plain, shown = self.both(*asked)
        self.assertEqual(out, f"unix://{path} no such file\n")
        self.assertEqual(shown[len(plain):], [
            "no daemon has made that socket. Start one (systemctl start supervisor), or name another: -c, -s. "
            "supervisorctl doctor tells more"])
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
        out, plain, shown = self.both(*asked)
        self.assertEqual(out, f"unix://{path} refused connection\n")
        self.assertEqual(shown[len(plain):],
                         ["the socket is there, but nobody listens: the daemon ended without removing it"])

    def doctor(self, *where):
        out, err, status = ctl(where, "doctor", cwd=self.dir)
        self.assertEqual(err, b"")
        return out.decode().splitlines(), status

    def test_init_makes_what_starts(self):  # K10
        out, err, status = ctl([], "init", "site", "--program", "web=/bin/sleep 3600", cwd=self.dir)
        self.assertEqual((err, status), (b"", 0))
        file = f"{self.dir}/site/supervisord.conf"
        lines = out.decode().splitlines()
        self.assertEqual(lines[0], "wrote " + file)
        start, look = (line.split(":", 1)[1].split() for line in lines[1:])
        self.assertEqual((start[0], look[0]), ("supervisord", "supervisorctl"))
        before = open(file).read()
        again = ctl([], "init", "site", cwd=self.dir)
        self.assertEqual(again, (f"ERROR: {file}: it exists\n".encode(), b"", 1))
        self.assertEqual(open(file).read(), before)
        tested = subprocess.run([os.path.join(BIN, "supervisord"), "--test", "-c", file], capture_output=True)
        self.assertEqual((tested.returncode, tested.stderr), (0, b""))
        subprocess.run([os.path.join(BIN, start[0]), *start[1:]], check=True, env=ENV)
        try:
            wait_until(lambda: b"RUNNING" in subprocess.run([os.path.join(BIN, look[0]), *look[1:]],
                                                            capture_output=True).stdout, "web")
            found, status = self.doctor("-c", file)
            self.assertTrue(any(line.startswith("ok    daemon: runs as ") for line in found), found)
            self.assertIn(f"ok    url: unix://{self.dir}/site/supervisor.sock answers", found)
            self.assertIn("ok    changes: all of the configuration is in force", found)
            with open(file, "a") as f:
                f.write("[program:more]\ncommand=/bin/sleep 1\n")
            found, _ = self.doctor("-c", file)
            self.assertTrue(any(line.startswith("warn  changes: not applied yet: ") for line in found), found)
        finally:
            self.assertEqual(ctl(["-c", file], "shutdown")[0], b"Shut down\n")
            pid = int((open(f"{self.dir}/site/supervisord.pid").read() or "0")
                      if os.path.exists(f"{self.dir}/site/supervisord.pid") else 0)
            wait_until(lambda: not os.path.exists(f"{self.dir}/site/supervisor.sock") and
                       (not pid or not os.path.exists(f"/proc/{pid}")), "the daemon's end")
        self.assertEqual(json.loads(ctl([], "init", "other", "--json", cwd=self.dir)[0])["file"],
                         f"{self.dir}/other/supervisord.conf")

    def test_doctor_without_anything(self):  # K9
        with open(self.dir + "/s.conf", "w") as f:
            f.write("[supervisord]\nlogfile=%(here)s/x.log\npidfile=%(here)s/s.pid\nbogus=1\n"
                    "[inet_http_server]\nport=127.0.0.1:1\n[include]\nfiles=%(here)s/none/*.conf\n"
                    "[supervisorctl]\nserverurl=unix://%(here)s/s.sock\n")
        found, status = self.doctor("-c", self.dir + "/s.conf")
        text = "\n".join(found)
        self.assertEqual(status, 2)
        for expected in (f"warn  loads: No file matches via include \"{self.dir}/none/*.conf\"",
                         f"FAIL  url: unix://{self.dir}/s.sock: there is no such socket",
                         f"FAIL  daemon: {self.dir}/s.pid holds no pid",
                         "warn  safety: [inet_http_server] asks for no password"):
            self.assertIn(expected, text)
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(self.dir + "/s.sock")
        with open(self.dir + "/s.pid", "w") as f:
            f.write(f"{os.getpid()}\n")
        self.assertIn(f"FAIL  url: unix://{self.dir}/s.sock: nobody listens", "\n".join(self.doctor("-c", self.dir + "/s.conf")[0]))
        with open(self.dir + "/s.conf", "a") as f:
            f.write("[program:x]\ncommand=/bin/cat\nstdout_logfile=%(here)s/no/such/x.log\n")
        self.assertIn(f"FAIL  loads: {self.dir}/s.conf:", "\n".join(self.doctor("-c", self.dir + "/s.conf")[0]))
        made = json.loads(ctl(["-c", self.dir + "/s.conf"], "doctor", "--json")[0])
        self.assertEqual(made["status"], 2)
        self.assertEqual(set(made["findings"][0]), {"level", "about", "text", "next"})

    def test_doctor_of_what_others_could_do(self):  # K9
        with Daemon(SECTION + "[program:x]\ncommand={dir}/x 98765\n[inet_http_server]\nport=127.0.0.1:1\n", start=False) as daemon:
            os.chmod(daemon.config, 0o666)
            shutil.copy("/bin/sleep", daemon.dir + "/x")
            os.chmod(daemon.dir + "/x", 0o777)
            with subprocess.Popen([daemon.dir + "/x", "98765"]) as twin:
                try:
                    found, status = self.doctor("-c", daemon.config)
                finally:
                    twin.kill()
            self.assertEqual(status, 2)
            self.assertIn(f"warn  programs: x also runs as {twin.pid}, which is none of the daemon's: left over, or started "
                          f"by hand; next: ps -o pid,ppid,user,lstart,args -p {twin.pid}", found)
            self.assertIn(f"FAIL  safety: the configuration: {daemon.config} can be written by everybody; next: "
                          f"chmod go-w {daemon.config}", found)
            if os.geteuid() == 0:
                self.assertIn(f"FAIL  safety: the command of x: {daemon.dir}/x can be written by everybody; next: "
                              f"chmod go-w {daemon.dir}/x", found)

    def test_doctor_of_who_does_not_answer(self):  # K9
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(self.dir + "/s.sock")
            s.listen()
            out, err, status = ctl(["-c", "", "-s", "unix://" + self.dir + "/s.sock"], "--timeout", "0.5", "doctor")
            self.assertIn(b"it takes the connection and does not answer", out)
            self.assertEqual((err, status), (b"", 2))

    def test_doctor_of_a_stranger(self):  # K9
        path = self.dir + "/s.sock"
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
            s.listen()
            s.settimeout(PATIENCE)
            asked = subprocess.Popen([CTL, "-c", "", "-s", "unix://" + path, "doctor"], env=ENV, stdout=subprocess.PIPE)
            for _ in range(3):  # one is only a look whether anybody listens; one is asked twice
                try:
                    c = s.accept()[0]
                except OSError:
                    break
                with c:
                    c.settimeout(0.5)
                    try:
                        c.recv(4096)
                        c.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                    except OSError:
                        pass
                if asked.poll() is not None:
                    break
                s.settimeout(0.5)
            out = asked.communicate(timeout=PATIENCE)[0].decode()
        self.assertIn(f"FAIL  url: unix://{path}: something else answers: ", out)
        self.assertEqual(asked.returncode, 2)


WRITERS = """
[program:web_a]
command=/bin/sh -c "n=0; while :; do n=$((n+1)); echo out $n; echo err $n >&2; sleep 0.004; done"
stdout_logfile={dir}/web_a.out
stdout_logfile_maxbytes=4096
stdout_logfile_backups=5
stderr_logfile={dir}/web_a.err
stopasgroup=true
[program:web_b]
command=/bin/sh -c "n=0; while :; do n=$((n+1)); echo out $n; sleep 0.02; done"
stdout_logfile={dir}/web_b.out
redirect_stderr=true
stopasgroup=true
[program:db]
command=/bin/sh -c "n=0; while :; do n=$((n+1)); echo out $n; sleep 0.02; done"
stdout_logfile={dir}/db.out
redirect_stderr=true
stopasgroup=true
"""
NEWCOMER = """
[program:web_c]
command=/bin/sh -c "n=0; while [ $n -lt 20 ]; do n=$((n+1)); echo out $n; done; exec sleep 3600"
stdout_logfile={dir}/web_c.out
redirect_stderr=true
"""


def in_sequence(numbers):
    """Each by one more than the one before, but for starts from 1."""
    return all(b == a + 1 or b == 1 for a, b in zip(numbers, numbers[1:]))


class Logs(unittest.TestCase):
    def test_follow(self):  # K3
        with Daemon(SECTION + WRITERS) as daemon:
            client(daemon)
            where = ["-c", daemon.config]
            wait_until(lambda: len(daemon.read("db.out")) > 100, "lines")
            with subprocess.Popen([CTL, *where, "logs", "-f", "-n", "3", "web_*", "db"], env=ENV,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as follow:
                os.set_blocking(follow.stdout.fileno(), False)
                seen = b""

                def lines(prefix):
                    nonlocal seen
                    seen += follow.stdout.read() or b""
                    return [int(n) for n in re.findall(rb"(?m)^" + re.escape(prefix) + rb" \w+ (\d+)\n", seen)]
                wait_until(lambda: len(lines(b"web_a |")) > 10, "web_a")
                ctl(where, "restart", "web_b")
                with open(daemon.config, "a") as f:
                    f.write(NEWCOMER.replace("{dir}", daemon.dir))
                ctl(where, "update")
                wait_until(lambda: len(lines(b"web_c |")) == 20, "who came later")
                wait_until(lambda: os.path.exists(daemon.dir + "/web_a.out.2"), "two rotations")
                wait_until(lambda: len(lines(b"db    |")) > 50, "db")
                follow.send_signal(signal.SIGINT)
                self.assertEqual(follow.wait(PATIENCE), 0)
                for prefix in (b"web_a |", b"web_a!|", b"web_b |", b"db    |", b"web_c |"):
                    self.assertTrue(in_sequence(lines(prefix)), (prefix, lines(prefix)))
                self.assertIn(1, lines(b"web_b |"))
                self.assertEqual(lines(b"web_c |"), list(range(1, 21)))
                self.assertTrue(all(re.match(rb"(web_[abc]|db   )[ !]\| ", line) for line in seen.splitlines()))

    def test_an_upgrade_is_no_end(self):
        with Daemon(SECTION + WRITERS) as daemon:
            client(daemon)
            where = ["-c", daemon.config]
            wait_until(lambda: len(daemon.read("db.out")) > 100, "lines")
            with subprocess.Popen([CTL, *where, "logs", "-f", "-n", "1", "web_b", "db"], env=ENV,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as follow:
                os.set_blocking(follow.stdout.fileno(), False)
                seen = b""

                def last(prefix):
                    nonlocal seen
                    seen += follow.stdout.read() or b""
                    return [int(n) for n in re.findall(re.escape(prefix) + rb" +\| \w+ (\d+)\n", seen)]
                for _ in range(2):
                    wait_until(lambda: last(b"db"), "lines")
                    self.assertEqual(ctl(where, "upgrade")[2], 0)
                    until = last(b"db")[-1] + 30
                    wait_until(lambda: last(b"db")[-1] > until, "what comes afterwards")
                follow.send_signal(signal.SIGINT)
                self.assertEqual(follow.wait(PATIENCE), 0)
                self.assertEqual(follow.stderr.read(), b"")
                for prefix in (b"db", b"web_b"):
                    numbers = last(prefix)
                    self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))

    def test_history(self):
        with Daemon(SECTION + NEWCOMER + "[program:quiet]\ncommand=/bin/cat\n") as daemon:
            client(daemon)
            where = ["-c", daemon.config]
            wait_until(lambda: "out 20" in daemon.read("web_c.out"), "lines")
            self.assertEqual(ctl(where, "logs", "-n", "2", "web_c")[0], b"out 19\nout 20\n")
            self.assertEqual(ctl(where, "logs", "-n", "all", "web_c")[0].count(b"\n"), 20)
            self.assertEqual(ctl(where, "logs", "quiet"), (b"", b"", 0))
            self.assertEqual(ctl(where, "logs", "nosuch")[2], 1)
            rows = [json.loads(line) for line in ctl(where, "--json", "logs", "-n", "1", "web_c")[0].splitlines()]
            self.assertEqual(rows, [{"name": "web_c:web_c", "channel": "stdout", "line": "out 20"}])
            self.assertIn(b"supervisord started with pid", ctl(where, "logs", "-n", "all", "supervisord")[0])
            out, err, status = ctl(where, "logs", "-n", "2", "--since", "1h", "web_c")
            self.assertEqual((out, status), (b"out 19\nout 20\n", 0))
            self.assertEqual(err, b"web_c: its lines have no time: --since does not count for it\n")
            out = ctl(where, "logs", "--since", "2000-01-01T00:00", "supervisord")[0]
            self.assertIn(b"supervisord started with pid", out)
            self.assertEqual(ctl(where, "logs", "--since", "0m", "supervisord")[0].count(b"started with pid"), 0)

    def test_hostile_bytes(self):  # K6
        with Daemon(SECTION + "[program:evil]\ncommand=/bin/sh {dir}/evil.sh\nstdout_logfile={dir}/evil.out\n"
                    "redirect_stderr=true\nstdout_logfile_maxbytes=0\n",
                    args=("-n", "-e", "info"), files={"evil.sh": "printf '\\033]0;x\\007\\033[2J\\033[5;5Hred \\033[31mx\\n'\n"
                                      "printf '\\342\\200\\256\\233\\n'\n"
                                      "head -c 10000000 /dev/zero | tr '\\0' 'y'\necho\necho end\nexec sleep 3600\n"}) as daemon:
            client(daemon)
            where = ["-c", daemon.config]
            wait_until(lambda: os.path.getsize(daemon.dir + "/evil.out") > 10000000 and
                       daemon.read("evil.out").endswith("end\n"), "its lines")
            follow = OnTerminal(*where, "logs", "-n", "all", "-f", "evil")
            follow.until(b"end\n")
            out = follow.interrupt()[0]
            self.assertEqual(re.sub(rb"\x1b\[[0-9;]*m", b"", out).count(b"\x1b"), 0)
            whole = ctl(where, "logs", "-n", "all", "evil")[0]
            self.assertNotIn(b"\x1b", whole)
            self.assertGreaterEqual(max(len(line) for line in whole.splitlines()), 8000000)

    def test_who_sleeps_costs_himself(self):  # K5
        with Daemon(SECTION + "[program:flood]\ncommand=/bin/sh -c \"head -c 200000000 /dev/zero | tr '\\\\0' 'z' | "
                    "fold -w 99; exec sleep 3600\"\nautostart=false\nstdout_logfile={dir}/flood.out\n"
                    "stdout_logfile_maxbytes=20MB\nstdout_logfile_backups=1\n", args=("-n", "-e", "info")) as daemon:
            client(daemon)
            where = ["-c", daemon.config]
            follow = subprocess.Popen([CTL, *where, "logs", "-f", "flood"], env=ENV, stdout=subprocess.DEVNULL)
            try:
                ctl(where, "start", "flood")
                wait_until(lambda: os.path.exists(daemon.dir + "/flood.out"), "a log")
                follow.send_signal(signal.SIGSTOP)
                before = status_field(daemon.working_pid, "VmRSS")
                wait_until(lambda: os.path.exists(daemon.dir + "/flood.out.1"), "a rotation", 60)
                most = status_field(daemon.working_pid, "VmRSS")
                self.assertLess(most - before, 100_000)
                self.assertEqual(ctl(where, "pid", "flood")[2], 0)
            finally:
                follow.kill()
                follow.wait()


class Faults(unittest.TestCase):
    """What reviewers found."""

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="troupe-test-")
        self.addCleanup(shutil.rmtree, self.dir)

    def test_logs_say_that_the_daemon_ended(self):
        with Daemon(SECTION + "[program:a]\ncommand=/bin/sh -c 'echo here; exec sleep 3600'\n") as daemon:
            client(daemon)
            where = ["-c", daemon.config]
            for words in (["a"], []):
                if not words:
                    daemon.start()
                    client(daemon)
                follow = subprocess.Popen([CTL, *where, "logs", "-f", *words], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                while b"here" not in follow.stdout.readline():
                    pass
                self.assertEqual(ctl(where, "shutdown")[2], 0)
                out, err = follow.communicate(timeout=PATIENCE)
                self.assertRegex(err.decode(), r"unix://.*/s\.sock (no such file|refused connection): the daemon has ended\n$")
                self.assertEqual(follow.returncode, 4 if b"refused" in err else 7)

    def test_a_followed_log_without_backups_is_whole(self):
        count = 300
        with Daemon(SECTION + "[program:a]\ncommand=/bin/sh -c 'echo ready; until [ -e {dir}/go ]; do sleep 0.05; done; i=0; while [ $i -lt %d ]; do i=$((i+1)); echo \"line $i of many\"; done; exec sleep 3600'\n"
                    "stdout_logfile={dir}/a.log\nstdout_logfile_maxbytes=200\nstdout_logfile_backups=0\nautostart=false\n"
                    "startsecs=0\n" % count) as daemon:
            rpc = client(daemon)
            rpc.supervisor.startProcess("a")
            wait_until(lambda: daemon.read("a.log") == "ready\n", "its first line")
            follow = subprocess.Popen([CTL, "-c", daemon.config, "logs", "-f", "--stdout", "a"], env=ENV, stdout=subprocess.PIPE)
            self.assertEqual(follow.stdout.readline(), b"ready\n")
            with open(daemon.dir + "/go", "w"):
                pass
            seen = []
            while not seen or seen[-1] != count:
                line = follow.stdout.readline().decode()
                if line != "==> File truncated <==\n":
                    seen.append(int(re.fullmatch(r"line (\d+) of many\n", line)[1]))
            self.assertEqual(seen, list(range(1, count + 1)))
            follow.kill()
            follow.wait()
            follow.stdout.close()

    def test_a_followed_log_says_nothing_of_what_never_was(self):
        with Daemon(SECTION + "[program:a]\ncommand=/bin/cat\nstdout_logfile=NONE\nstderr_logfile=NONE\n") as daemon:
            client(daemon)
            self.assertNotIn("has ended", ctl(["-c", daemon.config], "logs", "-f", "nosuch")[1].decode())

    def test_init_writes_what_loads_or_nothing(self):
        supervisord = os.path.join(BIN, "supervisord")
        for command, status in (('/bin/sh -c "unclosed', 2), ("/bin/echo it's", 2), (";x", 2), ("/bin/echo a ; b", 2), ("/bin/echo x\\", 2),
                                ("/bin/echo a\nb=c", 2), ("/bin/echo a;b", 0), ('/bin/sh -c "echo \\"a  b\\"; exit"', 0),
                                ("/bin/echo %(x)s 50%", 0), ("/bin/echo \u00e9", 0)):
            folder = os.path.join(self.dir, "my folder")
            out, err, got = ctl([], "init", folder, "--program", "web=" + command)
            self.assertEqual((got, os.path.exists(folder)), (status, status == 0), (command, out))
            if status == 0:
                done = subprocess.run([supervisord, "--test", "-c", folder + "/supervisord.conf"], capture_output=True)
                self.assertEqual((done.returncode, done.stdout.count(b"\n"), done.stderr), (0, 1, b""), command)
                shutil.rmtree(folder)

    def test_init_of_a_folder_with_blanks_starts(self):
        folder = os.path.join(self.dir, "a  b")
        ctl([], "init", folder, "--program", "web=/bin/cat")
        with open(folder + "/conf.d/more.conf", "w") as f:
            f.write("[program:more]\ncommand=/bin/cat\n")
        daemon = subprocess.Popen([os.path.join(BIN, "supervisord"), "-n", "-c", folder + "/supervisord.conf"], stdout=subprocess.DEVNULL)
        where = ["-c", folder + "/supervisord.conf"]
        try:
            wait_until(lambda: ctl(where, "status")[0].count(b"RUNNING") == 2, "both programs")
        finally:
            daemon.terminate()
            daemon.wait(PATIENCE)

    def test_init_writes_through_no_link(self):
        for name, what in (("supervisord.conf", "it exists, as a symbolic link"), ("conf.d", "it is a symbolic link")):
            folder = os.path.join(self.dir, name + ".d")
            os.mkdir(folder)
            os.symlink(self.dir + "/elsewhere" if name != "conf.d" else self.dir, f"{folder}/{name}")
            self.assertEqual(ctl([], "init", folder), (f"ERROR: {folder}/{name}: {what}\n".encode(), b"", 1))
            self.assertEqual(os.listdir(folder), [name])
        self.assertFalse(os.path.exists(self.dir + "/elsewhere"))

    @unittest.skipUnless(os.geteuid() == 0, "root alone may be somebody else")
    def test_errors_of_the_system_are_its_own(self):
        os.chmod(self.dir, 0o755)
        with open(self.dir + "/file", "w") as f:
            f.write("[supervisord]\n")
        os.chmod(self.dir + "/file", 0o600)
        self.assertEqual(ctl([], "init", self.dir + "/new", user=NOBODY)[0].decode(), f"ERROR: {self.dir}/new: Permission denied\n")
        self.assertEqual(ctl([], "init", self.dir + "/file")[0].decode(), f"ERROR: {self.dir}/file: it is no folder\n")
        out, _, status = ctl(["-c", self.dir + "/file"], "doctor", user=NOBODY)
        self.assertIn(f"FAIL  loads: {self.dir}/file: could not read config file", out.decode())
        self.assertEqual(status, 2)
        found = json.loads(ctl(["--json", "-c", self.dir + "/file"], "doctor", user=NOBODY)[0])
        self.assertEqual(found["status"], 2)

    def test_a_hint_stands_behind_its_line(self):  # 6.7
        with Daemon(SECTION + PROGRAMS) as daemon:
            client(daemon)
            for words in (["start", "catt"], ["status", "catt"], ["pid", "catt"], ["tail", "catt"], ["signal", "HUP", "catt"], ["wait", "catt"]):
                both = subprocess.run([CTL, "-c", daemon.config, *words], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                ours, theirs = pty.openpty()
                subprocess.run([CTL, "-c", daemon.config, *words], env=ENV, stdout=theirs, stderr=theirs)
                os.close(theirs)
                shown = b""
                try:
                    while got := os.read(ours, 65536):
                        shown += got
                except OSError:  # EIO: that was all
                    pass
                os.close(ours)
                lines = shown.decode().splitlines()
                self.assertEqual(lines[-1], "hint: did you mean cat?", words)
                self.assertEqual(lines[:-1], both.stdout.decode().splitlines(), words)


class Supervisors(unittest.TestCase):
    """K12."""

    def test_degrades_as_it_says(self):
        theirs = oracle("supervisord")
        if not theirs:
            self.skipTest("scripts/fetch-oracle")
        text = SECTION + NEWCOMER
        with Daemon(text, argv=theirs[0], env=theirs[1]) as daemon:
            client(daemon)
            where = ["-c", daemon.config]
            wait_until(lambda: ctl(where, "status")[0].count(b"RUNNING") == 1, "web_c")
            plain = ctl(where, "status")
            self.assertEqual(plain[2], 0)
            out, err, status = ctl(where, "status", "-v")
            self.assertRegex(out.decode(), r"uptime .* - +- +-  -\n$")
            self.assertEqual((err, status),
                             (b"CPU, memory, restarts and last ends are unknown: this daemon has no /api/v1\n", 0))
            self.assertEqual(ctl(where, "logs", "-n", "2", "web_c")[0], b"web_c | out 19\nweb_c | out 20\n")
            follow = subprocess.Popen([CTL, *where, "logs", "-f", "--stdout", "web_c"], env=ENV, stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL)
            self.assertTrue(all(follow.stdout.readline() == b"out %d\n" % n for n in range(11, 21)))
            follow.send_signal(signal.SIGINT)
            self.assertEqual(follow.wait(PATIENCE), 0)
            follow.stdout.close()
            watch = subprocess.Popen([CTL, *where, "status", "--watch=0.1"], env=ENV, stdout=subprocess.PIPE)
            os.set_blocking(watch.stdout.fileno(), False)
            seen = b""

            def shown():
                nonlocal seen
                seen += watch.stdout.read() or b""
                return seen
            wait_until(lambda: b"RUNNING" in shown(), "a picture")
            ctl(where, "stop", "web_c")
            wait_until(lambda: b"STOPPED" in shown(), "another")
            watch.send_signal(signal.SIGINT)
            self.assertEqual(watch.wait(PATIENCE), 0)
            watch.stdout.close()
            found = ctl(where, "doctor")[0].decode()
            self.assertIn("ok    url: ", found)
            self.assertIn("warn  version: the daemon is 4.2", found)


if __name__ == "__main__":
    unittest.main()
