#!/usr/bin/env python3
"""Upgrade in place, as clients see it: connections that live on, answers that are waited for, sessions, reports. Numbers
are vectors of docs/contract/survival.md."""
import array
import base64
import fcntl
import http.client
import json
import os
import signal
import socket
import sys
import termios
import threading
import unittest
import urllib.parse
import xmlrpc.client

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rpc_support import client  # noqa: E402
from support import PATIENCE, free_port, open_fds, wait_until  # noqa: E402
from upgrade_test import PLUGINS, Seat  # noqa: E402

STATE = xmlrpc.client.dumps((), "supervisor.getState").encode()


def request(body=STATE, more="", path="/RPC2"):
    return (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n{more}\r\n"
            ).encode() + body


class Line:
    """A connection, byte for byte."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(address)
        self.file = self.socket.makefile("rb")

    def send(self, data):
        self.socket.sendall(data)

    def answer(self):
        status = int(self.file.readline().split()[1])
        headers = http.client.parse_headers(self.file)
        return status, self.file.read(int(headers["Content-Length"]))

    def value(self):
        status, body = self.answer()
        assert status == 200, (status, body)
        return xmlrpc.client.loads(body)[0][0]

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def later(call):
    """What `call` came to, in a list, once it is there."""
    came = []

    def run():
        try:
            came.append(call())
        except xmlrpc.client.Fault as fault:
            came.append((fault.faultCode, fault.faultString))
    thread = threading.Thread(target=run)
    thread.start()
    return thread, came


class Connections(unittest.TestCase):
    def test_idle_ones_and_half_requests(self):  # 120
        port = free_port()
        with Seat(f"[inet_http_server]\nport=127.0.0.1:{port}\n[program:a]\ncommand=/bin/cat\n") as d:
            d.settle("a")
            whole = request()
            cuts = [0, 7, whole.index(b"Content-Type"), whole.index(b"\r\n\r\n") + 2, whole.index(b"\r\n\r\n") + 4,
                    whole.index(b"\r\n\r\n") + 20, len(whole) - 1]
            lines = [Line(address) for address in (f"{d.dir}/s.sock", ("127.0.0.1", port)) for _ in cuts]
            for line, cut in zip(lines, cuts * 2):
                line.send(whole)  # it is served, and known
                self.assertEqual(line.value()["statename"], "RUNNING")
                line.send(whole[:cut])
            wait_until(lambda: all(self.waiting(line) for line in lines), "the daemon to have read it")
            self.assertEqual(d.upgrade()["clients"], len(lines) + 1)
            for line, cut in zip(lines, cuts * 2):
                line.send(whole[cut:] + whole)  # and one behind it
                for _ in range(2):
                    self.assertEqual(line.value()["statename"], "RUNNING")
            self.assertEqual(d.upgrade()["clients"], len(lines) + 1)
            for line in lines:
                line.send(whole)
                self.assertEqual(line.value()["statename"], "RUNNING")
                line.close()

    @staticmethod
    def waiting(line):
        """What it has sent has been taken out of the socket."""
        left = array.array("i", [0])
        fcntl.ioctl(line.socket.fileno(), termios.TIOCOUTQ, left)
        return left[0] == 0

    def test_every_cut_of_a_request(self):  # 120
        with Seat("[program:a]\ncommand=/bin/cat\n") as d:
            d.settle("a")
            whole = request(more="Authorization: Basic eDp5\r\n")
            lines = [Line(f"{d.dir}/s.sock") for _ in range(len(whole))]
            for cut, line in enumerate(lines):
                line.send(whole[:cut])
            d.upgrade()
            for cut, line in enumerate(lines):
                line.send(whole[cut:])
                self.assertEqual(line.value()["statename"], "RUNNING", cut)
                line.close()

    def test_bodies_in_chunks_and_large_ones(self):
        with Seat("[program:a]\ncommand=/bin/cat\n") as d:
            d.settle("a")
            body = xmlrpc.client.dumps(("x" * 3_000_000,), "supervisor.sendRemoteCommEvent").encode()
            with Line(f"{d.dir}/s.sock") as large, Line(f"{d.dir}/s.sock") as chunked:
                whole = request(body)
                large.send(whole[:2_000_000])
                chunked.send(b"POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<?xml\r\n")
                wait_until(lambda: self.waiting(large) and self.waiting(chunked), "the daemon to have read it")
                d.upgrade()
                large.send(whole[2_000_000:])
                self.assertEqual(large.answer()[0], 200)
                self.assertEqual(chunked.socket.recv(1), b"")  # it ends: what it has said cannot be said again

    def test_who_asks_is_proved_anew(self):
        port = free_port()
        with Seat(f"[inet_http_server]\nport=127.0.0.1:{port}\nusername=u\npassword=p\n[program:a]\ncommand=/bin/cat\n") as d:
            d.settle("a")
            right = request(more="Authorization: Basic " + base64.b64encode(b"u:p").decode() + "\r\n")
            with Line(("127.0.0.1", port)) as kept, Line(("127.0.0.1", port)) as half:
                kept.send(right)
                kept.value()
                half.send(right[:-5])
                d.upgrade()
                half.send(right[-5:])
                self.assertEqual(half.value()["statename"], "RUNNING")
                kept.send(request())
                self.assertEqual(kept.answer()[0], 401)

    def test_streams_end(self):  # 121
        with Seat("[program:a]\ncommand=/bin/sh -c 'echo one; exec cat'\nstdout_logfile={dir}/a.out\n") as d:
            d.settle("a")
            with Line(f"{d.dir}/s.sock") as tail:
                tail.send(b"GET /logtail/a HTTP/1.1\r\nHost: localhost\r\n\r\n")
                came = http.client.HTTPResponse(tail.socket)
                came.begin()
                self.assertEqual(came.read(4), b"one\n")
                self.assertEqual(d.upgrade()["clients"], 1)
                self.assertEqual(came.read(), b"")  # with its last chunk

    def test_who_connects_meanwhile(self):  # 122
        port = free_port()
        with Seat(f"[inet_http_server]\nport=127.0.0.1:{port}\n[program:a]\ncommand=/bin/cat\n") as d:
            d.settle("a")
            served, over = [], threading.Event()

            def come():
                while not over.is_set():
                    for address in (f"{d.dir}/s.sock", ("127.0.0.1", port)):
                        with Line(address) as line:
                            line.send(request())
                            served.append(line.value()["statename"])
            crowd = [later(come) for _ in range(20)]
            for _ in range(10):
                before = len(served)
                d.upgrade()
                wait_until(lambda: len(served) >= before + 20, "20 more to be served")
            over.set()
            for thread, came in crowd:
                thread.join(PATIENCE)
                self.assertEqual(came, [None])
            self.assertEqual(set(served), {"RUNNING"})

    def test_200_at_once(self):  # 122
        with Seat("[program:a]\ncommand=/bin/cat\n") as d:
            d.settle("a")
            upgrade, came = later(d.upgrade)
            lines = []
            while not came or len(lines) < 200:
                lines.append(Line(f"{d.dir}/s.sock"))
                lines[-1].send(request())
                if len(lines) >= 200:
                    upgrade.join(PATIENCE)
            for line in lines:
                self.assertEqual(line.value()["statename"], "RUNNING")
                line.close()

    def test_the_old_binary_goes_on_with_them_too(self):  # 105, 107
        with Seat(f"[rpcinterface:odd]\nsupervisor.rpcinterface_factory={PLUGINS}/odd.so:good\nhang={{dir}}/hang\n"
                  "[program:late]\ncommand=/bin/cat\nstartsecs=4\nautostart=false\n", "upgradetimeout=1s") as d:
            waiting, came = later(lambda: client(d).supervisor.startProcess("late"))
            d.wait_for("spawned: 'late'")
            with Line(f"{d.dir}/s.sock") as line:
                whole = request()
                line.send(whole[:-9])
                d.write("hang", "")
                with self.assertRaises(xmlrpc.client.Fault) as refused:
                    d.upgrade()
                self.assertIn("was not ready within 1 s", refused.exception.faultString)
                line.send(whole[-9:])
                self.assertEqual(line.value()["statename"], "RUNNING")
            waiting.join(PATIENCE)
            self.assertEqual(came, [True])

    def test_nothing_is_left_behind(self):  # 128
        with Seat("[program:a]\ncommand=/bin/cat\n") as d:
            d.settle("a")
            with Line(f"{d.dir}/s.sock") as line:
                line.send(request())
                line.value()
                d.upgrade()
                files = open_fds(d.working_pid)
                for _ in range(int(os.environ.get("TROUPE_UPGRADES", "10"))):
                    d.upgrade()
                    line.send(request())
                    line.value()
                wait_until(lambda: open_fds(d.working_pid) <= files, "no descriptor more")
            wait_until(lambda: open_fds(d.working_pid) < files, "one descriptor less")


class Waiting(unittest.TestCase):
    SLOW = ("[program:{0}]\ncommand=/bin/sh -c 'trap \"\" TERM; mkfifo {{dir}}/{0}.fifo; echo deaf; read x < {{dir}}/{0}.fifo'\n"
            "stdout_logfile={{dir}}/{0}.out\nstopwaitsecs=1000\nstartsecs=0\n")

    def test_for_a_start(self):  # 118
        with Seat("[program:late]\ncommand=/bin/cat\nstartsecs=3\nautostart=false\n"
                  "[program:bad]\ncommand=/bin/sh -c 'read x < {dir}/fifo; exit 1'\nstartsecs=1000\nautostart=false\n") as d:
            os.mkfifo(f"{d.dir}/fifo")
            late = later(lambda: client(d).supervisor.startProcess("late"))
            bad = later(lambda: client(d).supervisor.startProcess("bad"))
            d.wait_for("spawned: 'late'")
            d.wait_for("spawned: 'bad'")
            self.assertEqual(d.upgrade()["clients"], 3)
            self.assertEqual(d.upgrade()["clients"], 3)
            self.assertEqual(late[1] + bad[1], [])
            gate = os.open(f"{d.dir}/fifo", os.O_WRONLY)
            os.close(gate)
            for (thread, came), expected in ((late, True), (bad, (50, "SPAWN_ERROR: bad"))):
                thread.join(PATIENCE)
                self.assertEqual(came, [expected])

    def test_for_stops_of_many(self):  # 118
        with Seat(self.SLOW.format("a") + self.SLOW.format("b") + "[program:quick]\ncommand=/bin/cat\nstartsecs=0\n"
                  "[program:off]\ncommand=/bin/cat\nautostart=false\n[group:g]\nprograms=a,b,quick,off\n") as d:
            for name in "ab":
                wait_until(lambda: "deaf" in d.read(f"{name}.out"), "the trap")
            one = later(lambda: client(d).supervisor.stopProcess("g:a"))
            wait_until(lambda: d.states()["a"][0] == "STOPPING", "its stop")
            group = later(lambda: client(d).supervisor.stopProcessGroup("g"))
            wait_until(lambda: d.states()["quick"][0] == "STOPPED" and d.states()["b"][0] == "STOPPING", "the others")
            every = later(lambda: client(d).supervisor.stopAllProcesses())
            for _ in range(2):
                d.upgrade()
            self.assertEqual(one[1] + group[1], [])
            for name in "ab":
                os.close(os.open(f"{d.dir}/{name}.fifo", os.O_WRONLY))
            for thread, _ in (one, group, every):
                thread.join(PATIENCE)
            self.assertEqual(one[1], [True])
            self.assertEqual({r["name"]: (r["group"], r["status"], r["description"]) for r in group[1][0]},
                             {name: ("g", 80, "OK") for name in ("b", "quick")})
            self.assertEqual(d.states()["off"][0], "STOPPED")

    def test_a_restart_by_supervisorctl(self):
        with Seat(self.SLOW.format("a").replace("startsecs=0", "startsecs=2")) as d:
            wait_until(lambda: "deaf" in d.read("a.out"), "the trap")
            d.settle("a")
            pid = d.states()["a"][1]
            thread, came = later(lambda: d.ctl("restart", "a"))
            wait_until(lambda: d.states()["a"][0] == "STOPPING", "its stop")
            d.upgrade()
            os.unlink(f"{d.dir}/a.fifo")  # the next one makes it anew
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: d.states()["a"][0] == "STARTING", "its start")
            d.upgrade()
            thread.join(PATIENCE)
            self.assertEqual((came[0].returncode, came[0].stdout), (0, "a: stopped\na: started\n"))
            os.kill(d.states()["a"][1], signal.SIGKILL)

    def test_inside_a_multicall(self):  # 119
        with Seat("[program:late]\ncommand=/bin/cat\nstartsecs=1000\nautostart=false\n") as d:
            def both():
                many = xmlrpc.client.MultiCall(client(d))
                many.supervisor.startProcess("late")
                many.supervisor.getState()
                return many().results
            thread, came = later(both)
            d.wait_for("spawned: 'late'")
            late = d.states()["late"]
            d.upgrade()
            thread.join(PATIENCE)
            self.assertEqual(came[0][0], {"faultCode": 30, "faultString": "FAILED: supervisord was upgraded; the request goes on"})
            self.assertEqual(came[0][1]["statename"], "RUNNING")
            self.assertEqual(d.states()["late"], late)

    def test_who_has_gone(self):
        with Seat("[program:late]\ncommand=/bin/cat\nstartsecs=1000\nautostart=false\n") as d:
            with Line(f"{d.dir}/s.sock") as line:
                line.send(request(xmlrpc.client.dumps(("late",), "supervisor.startProcess").encode()))
                d.wait_for("spawned: 'late'")
                d.upgrade()
                files = open_fds(d.working_pid)
            wait_until(lambda: open_fds(d.working_pid) < files, "the connection to end")
            d.upgrade()
            self.assertEqual(d.states()["late"][0], "STARTING")

    def test_the_audit_trail_has_the_end(self):
        with Seat("[audit]\nfile={dir}/audit\n[program:late]\ncommand=/bin/cat\nstartsecs=3\nautostart=false\n") as d:
            thread, came = later(lambda: client(d).supervisor.startProcess("late"))
            d.wait_for("spawned: 'late'")
            d.upgrade()
            d.upgrade()
            thread.join(PATIENCE)
            self.assertEqual(came, [True])

            def told():
                all_of_it = [json.loads(line) for line in d.read("audit").splitlines()]
                found = [r for r in all_of_it if r.get("call") == "supervisor.startProcess"]
                return len(found) > 1 and found
            begun, done = wait_until(told, "the end")
            self.assertEqual((begun["outcome"], done["outcome"], done["id"]), ("begun", "done", begun["id"]))
            self.assertGreaterEqual(done["ms"], 2000)


class Sessions(unittest.TestCase):
    def ask(self, port, method, path, headers, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers)
            came = connection.getresponse()
            return came.status, came.headers, came.read().decode()
        finally:
            connection.close()

    def test_who_is_signed_in_stays_so(self):
        port = free_port()
        rules = "[user:adm]\npassword=a\nroles=admin\n[user:vera]\npassword=v\nroles=viewer\n"
        with Seat(f"[inet_http_server]\nport=127.0.0.1:{port}\n[program:a]\ncommand=/bin/cat\n" + rules) as d:
            d.wait_for("success: a")
            browser = {"User-Agent": "Mozilla/5.0 Firefox/128.0", "Accept": "*/*", "Sec-Fetch-Mode": "cors",
                       "Sec-Fetch-Site": "same-origin"}
            status, headers, _ = self.ask(port, "POST", "/signin.html", browser, urllib.parse.urlencode(
                {"user": "adm", "password": "a", "next": "index.html"}))
            self.assertEqual(status, 303)
            cookie = headers["Set-Cookie"].split(";")[0]
            signed_in = dict(browser, Cookie=cookie)
            token = json.loads(self.ask(port, "GET", "/api/v1/token", signed_in)[2])["token"]

            def upgrade():
                with xmlrpc.client.ServerProxy(f"http://adm:a@127.0.0.1:{port}/RPC2") as adm:
                    adm.troupe.upgrade()
            for _ in range(2):
                upgrade()
            self.assertEqual(self.ask(port, "GET", "/api/v1/status", signed_in)[0], 200)
            self.assertEqual(json.loads(self.ask(port, "GET", "/api/v1/token", signed_in)[2])["token"], token)
            self.assertEqual(self.ask(port, "POST", "/api/v1/call/supervisor.stopProcess", dict(signed_in, **{"X-Troupe-Token": token}), json.dumps(["a"]))[0], 200)
            wrong = dict(browser, Cookie=cookie[:-3] + "xyz")
            self.assertEqual(self.ask(port, "GET", "/api/v1/status", wrong)[0], 401)
            with open(d.config) as f:
                text = f.read()
            with open(d.config, "w") as f:
                f.write(text.replace("password=a", "password=b"))
            with xmlrpc.client.ServerProxy(f"http://adm:a@127.0.0.1:{port}/RPC2") as adm:
                adm.supervisor.reloadConfig()
            self.assertEqual(self.ask(port, "GET", "/api/v1/status", signed_in)[0], 401)  # with its password

    def test_pages_without_access_control_go_on(self):
        port = free_port()
        with Seat(f"[inet_http_server]\nport=127.0.0.1:{port}\n[program:a]\ncommand=/bin/cat\n") as d:
            d.settle("a")
            token = json.loads(self.ask(port, "GET", "/api/v1/token", {})[2])["token"]
            d.upgrade()
            self.assertEqual(json.loads(self.ask(port, "GET", "/api/v1/token", {})[2])["token"], token)


class Reports(unittest.TestCase):
    def test_what_is_known_of_ends(self):  # 146, 152, 155
        gate = "read x < {dir}/gate.%s; "
        with Seat("[program:x]\ncommand=/bin/sh -c 'echo it is broken >&2; exit 3'\nautorestart=false\nstartsecs=0\nautostart=false\n"
                  "[program:ring]\ncommand=/bin/sh -c 'echo said before; mkfifo {dir}/gate.ring; touch {dir}/said; " + gate % "ring" + "exit 4'\n"
                  "stdout_logfile=NONE\nautorestart=false\nstartsecs=0\n"
                  "[program:file]\ncommand=/bin/sh -c 'echo old words; mkfifo {dir}/gate.file; touch {dir}/written; " + gate % "file" + "exit 5'\n"
                  "stdout_logfile={dir}/file.out\nautorestart=false\nstartsecs=0\n") as d:
            d.settle("ring", "file")
            wait_until(lambda: os.path.exists(f"{d.dir}/said") and os.path.exists(f"{d.dir}/written"), "their words")
            for _ in range(2):
                with client(d) as proxy:
                    proxy.supervisor.startProcess("x")
                wait_until(lambda: d.states()["x"][0] == "EXITED", "its end")
            with client(d) as proxy:
                wait_until(lambda: len(proxy.troupe.getDeaths("x")) == 2, "two reports")
                before, why = proxy.troupe.getDeaths("x"), proxy.troupe.why("x")
            for _ in range(2):
                d.upgrade()
            with client(d) as proxy:
                self.assertEqual(proxy.troupe.getDeaths("x"), before)
                self.assertEqual(proxy.troupe.why("x").splitlines()[1:], why.splitlines()[1:])
                proxy.supervisor.startProcess("x")
                wait_until(lambda: len(proxy.troupe.getDeaths("x")) == 3, "one more")
                self.assertEqual(proxy.troupe.getDeaths("x")[1:], before)
            for name in ("ring", "file"):
                os.close(os.open(f"{d.dir}/gate.{name}", os.O_WRONLY))
            wait_until(lambda: "said before" in d.ctl("why", "ring").stdout, "what it said before")
            wait_until(lambda: "old words" in d.ctl("why", "file").stdout, "what stands in its log")
            self.assertIn("exit status 4", d.ctl("why", "ring").stdout)


if __name__ == "__main__":
    unittest.main()
