"""supervisorctl on a terminal: prompt, editing, completion, history, Ctrl-C, questions and logins; and pipes that
close. The daemon is Debian's, or one of a few lines where only answers matter. Standard library only.
Source: docs/contract/supervisorctl.md, 2.1 to 2.5, 11 (B11, B16) and vectors 275 to 287."""
import base64
import codecs
import http.server
import os
import pty
import re
import select
import signal
import socketserver
import subprocess
import tempfile
import termios
import threading
import time
import unittest
import xmlrpc.client

from support import BIN, PATIENCE, wait_until

CLIENT = os.path.join(BIN, "supervisorctl")
NOBODY = 65534
ROW = "cat                              RUNNING   pid 7, uptime 0:00:01\n"


class Handler(http.server.BaseHTTPRequestHandler):
    """Just enough of a daemon: one process in a group of its own, three in another, logs of a line that may become two."""
    protocol_version = "HTTP/1.1"

    def address_string(self):
        return "client"

    def log_message(self, *_):
        pass

    def allowed(self):
        wanted = self.server.login
        self.server.logins.append(self.headers.get("Authorization"))
        if wanted and self.headers.get("Authorization") != "Basic " + base64.b64encode(wanted.encode()).decode():
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return False
        return True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.allowed():
            return
        params, method = xmlrpc.client.loads(body)
        self.server.calls.append((method.split(".")[1], params))
        answer = self.answer(method.split(".")[1], params)
        text = xmlrpc.client.dumps((answer,), methodresponse=True).encode()
        if self.server.send and method == "supervisor.getAllProcessInfo":
            return self.server.send(self, text)
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def answer(self, method, params):
        if method == "startProcess" and self.server.together:  # as many as that, or none
            self.server.together.wait(PATIENCE)
        elif method == "startProcess":  # never
            self.server.released.wait()
        row = lambda group, name: {"group": group, "name": name, "state": 20, "statename": "RUNNING", "pid": 7,
                                   "description": "pid 7, uptime 0:00:01"}
        return {"getVersion": "3.0", "getSupervisorVersion": "4.0", "getPID": 42,
                "getAllProcessInfo": [row("cat", "cat")] + [row("trio", n) for n in self.server.trio],
                "getProcessInfo": row("cat", "cat")}.get(method, True)

    def do_GET(self):
        if not self.allowed():
            return
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"6\r\nline 1\r\n1\r\n\n\r\n")
        self.wfile.flush()
        self.server.more.wait()
        self.wfile.write(b"7\r\nline 2\n\r\n")
        self.wfile.flush()
        self.server.released.wait()


class Fake(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def __init__(self, path, login=None, trio=(), together=None, user=None, send=None):
        self.user = user
        self.send = send  # instead of all at once
        super().__init__(path, Handler)
        self.login, self.trio, self.calls, self.logins = login, trio, [], []
        self.together = together and threading.Barrier(together)
        self.more, self.released = threading.Event(), threading.Event()  # a second line; the end
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def server_activate(self):
        """The kernel shows clients the user who called listen."""
        if self.user is not None:
            os.seteuid(self.user)
        try:
            super().server_activate()
        finally:
            if self.user is not None:
                os.seteuid(0)

    def get_request(self):
        request, _ = super().get_request()
        return request, ("client", 0)

    def handle_error(self, *_):
        pass  # clients may go as they please

    def close(self):
        self.more.set()
        self.released.set()
        self.shutdown()
        self.server_close()


class Terminal:
    """supervisorctl on a pseudo-terminal."""

    def __init__(self, *args):
        self.text = ""
        self.decode = codecs.getincrementaldecoder("utf-8")().decode
        self.fd, theirs = pty.openpty()
        self.process = subprocess.Popen(["setsid", "--ctty", CLIENT, *args], stdin=theirs, stdout=theirs, stderr=theirs,
                                        env={**os.environ, "TERM": "vt100", "NO_COLOR": "1", "ASAN_OPTIONS": "detect_leaks=0"})
        # no leak check: libedit never frees the name of a function that is added to it
        os.close(theirs)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.fd)

    def expect(self, pattern):
        """Reads until the text since the last call has `pattern`; that text."""
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, self.text):
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"no {pattern!r} in {self.text!r}")
            try:
                more = os.read(self.fd, 65536)
            except OSError:  # the other end is gone
                more = b""
            if not more:
                raise AssertionError(f"ended without {pattern!r}: {self.text!r}")
            self.text += self.decode(more)
        found = re.search(pattern, self.text)
        seen, self.text = self.text[:found.end()], self.text[found.end():]
        return seen

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        """(what was left to read, exit status)"""
        end = time.monotonic() + PATIENCE
        while True:
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"it does not end: {self.text!r}")
            try:
                more = os.read(self.fd, 65536)
            except OSError:
                more = b""
            if not more:
                break
            self.text += self.decode(more)
        return self.text, self.process.wait(PATIENCE)


class OnATerminal(unittest.TestCase):
    def setUp(self):
        self.dir = self.enterContext(tempfile.TemporaryDirectory(prefix="troupe-ctl-"))
        self.path = os.path.join(self.dir, "s.sock")
        self.url = "unix://" + self.path
        self.history = os.path.join(self.dir, "history")

    def serve(self, **options):
        fake = Fake(self.path, **options)
        self.addCleanup(fake.close)
        return fake

    def shell(self, *args):
        return self.enterContext(Terminal("-c", "", "-s", self.url, *args))

    def test_passwd_shows_nothing_of_what_is_typed(self):
        t = self.enterContext(Terminal("-c", "", "passwd"))
        t.expect("Password: ")
        t.type("open sesame\n")
        t.expect("Again: ")
        t.type("open sesame\n")
        left, status = t.end()
        self.assertRegex(left, r"^\r\npassword=\$y\$\S+\r\n$")
        self.assertEqual(status, 0)

    def test_passwd_gives_the_terminal_back(self):
        t = self.enterContext(Terminal("-c", "", "passwd"))
        t.expect("Password: ")
        self.assertFalse(termios.tcgetattr(t.fd)[3] & termios.ECHO)
        t.type("\x03")
        t.expect("Error: no password was given\r\n")
        self.assertEqual(t.process.wait(PATIENCE), 1)
        self.assertTrue(termios.tcgetattr(t.fd)[3] & termios.ECHO)

    def test_prompt_history_and_quit(self):
        self.serve()
        with open(self.history, "w") as f:
            f.write("pid\n")
        t = self.shell("-r", self.history)
        self.assertIn(ROW.replace("\n", "\r\n"), t.expect("supervisor> "))
        t.type("version\n")
        self.assertIn("4.0\r\n", t.expect("4.0\r\n(.|\n)*supervisor> "))
        t.type("\x1b[A\x1b[A\n")  # up, up: pid, from the file
        t.expect("42\r\n(.|\n)*supervisor> ")
        t.type("quit\n")
        _, status = t.end()
        self.assertEqual(status, 0)
        with open(self.history) as f:
            self.assertEqual(f.read(), "pid\nversion\npid\nquit\n")
        self.assertEqual(os.stat(self.history).st_mode & 0o777, 0o600)

    @unittest.skipIf(os.geteuid(), "about root")
    def test_root_writes_no_history_through_links_of_others(self):
        self.serve()
        os.chmod(self.dir, 0o777)
        target = os.path.join(self.dir, "target")
        with open(target, "w") as f:
            f.write("kept\n")
        os.symlink(target, self.history)
        os.lchown(self.history, NOBODY, NOBODY)
        theirs = os.path.join(self.dir, "theirs")
        with open(theirs, "w") as f:
            f.write("kept\n")
        os.chown(theirs, NOBODY, NOBODY)
        for path, why in ((self.history, "a link"), (theirs, "no regular file of yours")):
            t = self.shell("-r", path)
            t.expect(f"warning: the history file {path} is not used: it is {why}")
            t.expect("supervisor> ")
            t.type("version\n")
            t.expect("4.0\r\n(.|\n)*supervisor> ")
            t.type("quit\n")
            self.assertEqual(t.end()[1], 0)
            with open(path) as f:
                self.assertEqual(f.read(), "kept\n")

    def test_control_c_and_control_d_leave(self):
        self.serve()
        for key in ("\x03", "\x04"):
            t = self.shell()
            t.expect("supervisor> ")
            t.type(key)
            rest, status = t.end()
            self.assertEqual((re.sub(r"\^[CD]|\x08", "", rest), status), ("\r\n", 0))

    def test_control_c_in_a_blocking_action_leaves(self):
        fake = self.serve()
        t = self.shell()
        t.expect("supervisor> ")
        t.type("start cat\n")
        wait_until(lambda: ("startProcess", ("cat",)) in fake.calls, "the call")
        t.type("\x03")
        rest, status = t.end()
        self.assertTrue(rest.endswith("\r\n"), rest)
        self.assertEqual(status, 0)

    def test_control_c_ends_following_only(self):
        self.serve()
        t = self.shell()
        t.expect("supervisor> ")
        for action in ("tail -f cat", "maintail -f"):
            t.type(action + "\n")
            t.expect(r"==> Press Ctrl-C to exit <==\r\nline 1\r\n")
            t.type("\x03")
            t.expect(r"\r\n(.|\n)*supervisor> ")
        t.type("fg cat\n")
        t.expect(r"==> Press Ctrl-C to exit <==\r\n(.|\n)*line 1\r\n")
        t.type("\x03")
        t.expect(r"Exiting foreground\r\n(.|\n)*supervisor> ")
        t.type("\x04")
        self.assertEqual(t.end()[1], 0)

    def test_what_is_typed_reaches_a_process_in_the_foreground(self):
        fake = self.serve()
        t = self.shell("fg", "cat")
        t.expect("line 1\r\n")
        t.type("h\u00e9llo\n")
        wait_until(lambda: ("sendProcessStdin", ("cat", "h\u00e9llo\n")) in fake.calls, "the line")
        t.type("\x04")
        rest, status = t.end()
        self.assertTrue(rest.endswith("Exiting foreground\r\n"), rest)
        self.assertEqual(status, 0)

    def test_completion(self):
        self.serve(trio=("a", "b"))
        t = self.shell()
        t.expect("supervisor> ")
        t.type("status tr\t")
        t.expect("io:")
        t.type("\t")
        t.expect(r"trio:\*\s+trio:a\s+trio:b(.|\n)*supervisor> status trio:")
        t.type("a\t\n")
        t.expect(r"trio:a +RUNNING(.|\n)*supervisor> ")
        t.type("vers\t\n")
        t.expect(r"4.0\r\n(.|\n)*supervisor> ")
        t.type("\x04")
        self.assertEqual(t.end()[1], 0)

    def test_login(self):
        self.serve(login="joe:sekrit")
        t = self.shell()
        t.expect("Server requires authentication\r\nUsername:")
        t.type("joe\n")
        t.expect("Password:")
        t.type("sekrit\n")
        seen = t.expect("supervisor> ")
        self.assertNotIn("sekrit", seen)
        self.assertIn("\r\n\r\n" + ROW.replace("\n", "\r\n"), seen)
        t.type("\x04")
        self.assertEqual(t.end()[1], 0)

    def test_question(self):
        fake = self.serve()
        t = self.shell("-i", "shutdown")
        t.expect(r"Really shut the remote supervisord process down y/N\? ")
        t.type("n\n")
        rest, status = t.end()
        self.assertEqual((rest, status), ("n\r\n", 0))
        self.assertEqual(fake.calls, [])


class OnPipes(unittest.TestCase):
    setUp = OnATerminal.setUp
    serve = OnATerminal.serve

    def start(self, *args, **options):
        return subprocess.Popen([CLIENT, "-c", "", "-s", self.url, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **options)

    def test_piped_shell(self):  # 275 to 278
        self.serve()
        out, err = self.start().communicate(b"version\nbogus\n\npid\nshutdown\nn\nversion", PATIENCE)
        self.assertEqual(out.decode(), ROW + "supervisor> 4.0\nsupervisor> *** Unknown syntax: bogus\nsupervisor> "
                         "supervisor> 42\nsupervisor> Really shut the remote supervisord process down y/N? "
                         "supervisor> 4.0\nsupervisor> \n")
        self.assertEqual(err, b"")

    def test_a_closed_stdout_is_the_end_without_a_word(self):  # B11
        fake = self.serve()
        p = self.start("tail", "-f", "cat")
        while p.stdout.readline() != b"line 1\n":
            self.assertIsNone(p.poll())
        p.stdout.close()
        fake.more.set()
        p.wait(PATIENCE)
        self.assertEqual(p.stderr.read(), b"")
        p.stdin.close()
        p.stderr.close()

    def test_a_list_that_comes_in_pieces(self):
        names = [f"p{i:03}" for i in range(300)]
        whole = ROW + "".join(f"trio:{name}".ljust(33) + ROW[33:] for name in names)

        def sized(handler, text, missing=0):
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(text) + missing))
            handler.end_headers()
            for at in range(0, len(text), 999):
                handler.wfile.write(text[at:at + 999])
            handler.close_connection = True

        def chunked(handler, text):
            handler.send_response(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            for at in range(0, len(text), 333):
                piece = text[at:at + 333]
                handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            handler.wfile.write(b"0\r\n\r\n")

        def odd_at_the_end(handler, text):
            sized(handler, b"<!-- a comment -->p299".join(text.rsplit(b"p299", 1)))

        def cut(handler, text):
            sized(handler, text[:-200], missing=200)

        for send in (sized, chunked, odd_at_the_end, cut):
            with self.subTest(send.__name__):
                self.path = os.path.join(self.dir, send.__name__)
                self.url = "unix://" + self.path
                self.serve(trio=names, send=send)
                client = self.start("status")
                out, err = client.communicate(timeout=PATIENCE)
                self.assertEqual(err, b"")
                if send is cut:  # nothing of what came is shown as if it were all
                    self.assertRegex(out.decode(), "^error: <class 'http.client.IncompleteRead'>, IncompleteRead"
                                     r"\([0-9]+ bytes read, 200 more expected\)\n$")
                else:
                    self.assertEqual(out.decode(), whole)
                self.assertEqual(client.returncode, 1 if send is cut else 0)

    def test_what_a_pattern_matches_goes_out_together(self):
        self.serve(trio=("a", "b", "c", "d"), together=4)
        out, err = self.start("start", "trio:?").communicate(timeout=2 * PATIENCE)
        self.assertEqual((out, err), (b"trio:a: started\ntrio:b: started\ntrio:c: started\ntrio:d: started\n", b""))

    @unittest.skipIf(os.geteuid(), "about another user")
    def test_no_password_for_strangers(self):
        self.path = os.path.join(self.dir, "t.sock")
        self.url = "unix://" + self.path
        fake = self.serve(login="joe:sekrit", user=NOBODY)
        out, err = self.start("-u", "joe", "-p", "sekrit", "version").communicate(timeout=PATIENCE)
        self.assertEqual(out, b"Server requires authentication\n")
        self.assertRegex(err.decode(), r"^warning: the socket is served by the user nobody, [^\n]*\n$")
        out, err = self.start("-i", "-u", "joe", "-p", "sekrit", "version").communicate(timeout=PATIENCE)
        self.assertEqual(out, b"Server requires authentication\n")  # and no question for another
        self.start("-u", "joe", "-p", "sekrit", "fg", "cat").communicate(timeout=PATIENCE)
        self.assertEqual(set(fake.logins), {None})
        out, err = self.start("version").communicate(timeout=PATIENCE)
        self.assertEqual(err, b"")  # there was nothing to withhold
        config = os.path.join(self.dir, "s.conf")
        with open(config, "w") as f:
            f.write(f"[supervisord]\nuser=nobody\n[supervisorctl]\nserverurl={self.url}\nusername=joe\npassword=sekrit\n")
        done = subprocess.run([CLIENT, "-c", config, "version"], capture_output=True, timeout=PATIENCE)
        self.assertEqual((done.stdout, done.stderr), (b"4.0\n", b""))

    def secret(self, name, text, mode=0o600):
        path = os.path.join(self.dir, name)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def test_proofs_from_files(self):
        fake = self.serve()
        run = lambda *args: self.start(*args, "version").communicate(timeout=PATIENCE)
        token, password = self.secret("token", "trp_abc\nx\n"), self.secret("pw", "sekrit\n")
        self.assertEqual(run("--token-file", token), (b"4.0\n", b""))
        self.assertEqual(set(fake.logins), {"Bearer trp_abc"})
        fake.logins.clear()
        self.assertEqual(run("-u", "joe", "-p", "not this", "--password-file", password), (b"4.0\n", b""))
        self.assertEqual(set(fake.logins), {"Basic " + base64.b64encode(b"joe:sekrit").decode()})
        fake.logins.clear()
        config = self.secret("s.conf", f"[supervisorctl]\nserverurl={self.url}\ntoken_file=%(here)s/token\n")
        done = subprocess.run([CLIENT, "-c", config, "fg", "cat"], input=b"x\n", capture_output=True, timeout=PATIENCE)
        self.assertEqual((done.stderr, done.returncode), (b"", 0))
        self.assertIn(("sendProcessStdin", ("cat", "x\n")), fake.calls)
        wait_until(lambda: len(fake.logins) >= 6, "both logs")  # getVersion, getProcessInfo twice, sendProcessStdin
        self.assertEqual(set(fake.logins), {"Bearer trp_abc"})

    def test_a_secret_that_others_can_read_is_told_of_and_used(self):
        self.serve()
        os.chmod(self.dir, 0o755)
        for mode in 0o644, 0o640:
            token = self.secret("token", "trp_abc\n", mode)
            if not os.geteuid():
                os.chown(token, 0, NOBODY)  # root's own group is nobody else
            out, err = self.start("--token-file", token, "version").communicate(timeout=PATIENCE)
            self.assertEqual((out, err.decode()), (b"4.0\n", f"supervisorctl: {token} can be read by others\n"))

    def test_a_secret_that_is_not_there(self):
        fake = self.serve()
        for option in "--token-file", "--password-file":
            p = self.start("-u", "joe", "-p", "x", option, self.dir + "/nope", "version")
            out, err = p.communicate(timeout=PATIENCE)
            self.assertEqual((out, p.returncode), (b"", 2))
            self.assertTrue(err.startswith(f"Error: could not read {self.dir}/nope: No such file".encode()), err)
        self.assertEqual(fake.logins, [])

    def test_a_password_is_soon_gone_from_the_list_of_processes(self):
        fake = self.serve()
        for line in ("-u", "joe", "-p", "sekrit"), ("-iujoe", "-psekrit"), ("-u", "joe", "--password=sekrit"), ("--pass", "sekrit"):
            with self.subTest(line):
                fake.calls.clear()
                p = self.start(*line, "start", "cat")
                wait_until(lambda: ("startProcess", ("cat",)) in fake.calls, "the call")
                with open(f"/proc/{p.pid}/cmdline", "rb") as f:
                    shown = f.read()
                p.kill()
                p.communicate(timeout=PATIENCE)
                self.assertIn(b"\0start\0cat\0", shown)
                self.assertNotIn(b"sekrit", shown)

    @unittest.skipIf(os.geteuid(), "about another user")
    def test_no_token_for_strangers(self):
        self.path = os.path.join(self.dir, "t.sock")
        self.url = "unix://" + self.path
        fake = self.serve(user=NOBODY)
        out, err = self.start("--token-file", self.secret("token", "trp_abc\n"), "version").communicate(timeout=PATIENCE)
        self.assertEqual(out, b"4.0\n")
        self.assertRegex(err.decode(), r"^warning: the socket is served by the user nobody, [^\n]*: the token is not sent [^\n]*\n$")
        self.assertEqual(set(fake.logins), {None})

    @unittest.skipIf(os.geteuid(), "about root")
    def test_root_takes_no_configuration_of_others_by_chance(self):
        self.serve()
        config = os.path.join(self.dir, "supervisord.conf")
        with open(config, "w") as f:
            f.write(f"[supervisorctl]\nserverurl={self.url}\n")
        run = lambda *args: subprocess.run([CLIENT, *args, "version"], capture_output=True, cwd=self.dir, timeout=PATIENCE)
        self.assertEqual(run().stdout, b"4.0\n")
        os.chown(config, NOBODY, NOBODY)
        done = run()
        self.assertEqual((done.stdout, done.returncode), (b"", 2))
        self.assertTrue(done.stderr.startswith(f"Error: {config} is not used: it belongs to nobody".encode()), done.stderr)
        self.assertEqual(run("-c", config).stdout, b"4.0\n")

    @unittest.skipIf(os.geteuid(), "about another user")
    def test_a_closed_door_tells_whose_it_is(self):
        self.serve()
        os.chmod(self.dir, 0o755)
        os.chmod(self.path, 0o700)
        said = lambda: self.start("version", user=NOBODY, group=NOBODY, extra_groups=[]).communicate(timeout=PATIENCE)
        out, err = said()
        self.assertEqual(out, b"error: <class 'PermissionError'>, [Errno 13] Permission denied\n")
        self.assertTrue(err.startswith(f"hint: {self.path} belongs to root:root with mode 0700 and you are nobody".encode()), err)
        os.chmod(self.dir, 0o700)
        self.assertTrue(said()[1].startswith(f"hint: the folder {self.dir} of {self.path} belongs to root".encode()))

    def test_sigint_kills_a_blocking_action(self):  # B11
        fake = self.serve()
        p = self.start("start", "cat")
        wait_until(lambda: ("startProcess", ("cat",)) in fake.calls, "the call")
        p.send_signal(signal.SIGINT)
        out, err = p.communicate(timeout=PATIENCE)
        self.assertEqual((out, err, p.returncode), (b"", b"", -signal.SIGINT))

    def test_fg_ends_with_its_input(self):  # B16
        fake = self.serve()
        out, err = self.start("fg", "cat").communicate(b"one\ntwo", PATIENCE)
        self.assertTrue(out.endswith(b"Exiting foreground\n"), out)
        self.assertEqual(err, b"")
        sent = [params[1] for method, params in fake.calls if method == "sendProcessStdin"]
        self.assertEqual(sent, ["one\n", "two"])

    def test_a_program_of_the_user_as_an_action(self):
        with open(os.path.join(self.dir, "supervisorctl-hello"), "w") as f:
            f.write("#!/bin/sh\necho hello $* $SUPERVISOR_SERVER_URL $SUPERVISOR_USERNAME $SUPERVISOR_PASSWORD\nexit 3\n")
        os.chmod(f.name, 0o755)
        env = {**os.environ, "PATH": self.dir + ":" + os.environ["PATH"]}
        p = subprocess.Popen([CLIENT, "-c", "", "-s", "http://localhost:1", "-u", "me", "-p", "pw", "hello", "a", "b"],
                             stdout=subprocess.PIPE, env=env)
        self.assertEqual((p.communicate(timeout=PATIENCE)[0], p.returncode), (b"hello a b http://localhost:1 me pw\n", 3))
        p = subprocess.Popen([CLIENT, "-c", "", "-s", "http://localhost:1", "bonjour"], stdout=subprocess.PIPE, env=env)
        self.assertEqual((p.communicate(timeout=PATIENCE)[0], p.returncode), (b"*** Unknown syntax: bonjour\n", 1))


if __name__ == "__main__":
    unittest.main(verbosity=1)
