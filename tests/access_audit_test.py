"""The audit trail, as it is found in its file: who did what over which door, and what became of it; what is in no
record; chains, rotation, full disks. Numbers are those of docs/contract/access.md, 12."""
import array
import fcntl
import glob
import hashlib
import hmac
import http.client
import itertools
import json
import os
import re
import resource
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

from access_test import CARL, PROGRAMS, USERS, basic, fault_of, in_user, over_unix, servers
import tls_test
from support import BIN, PATIENCE, Daemon, children_of, free_port, preloading, wait_until

import xmlrpc.client

ONE = """
[unix_http_server]
file={dir}/S
chmod=0777
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[program:cat]
command=/bin/cat
startsecs=0
[group:pair]
programs=cat
[program:slow]
startsecs=0
command=/bin/cat
"""
DEAF = ONE.replace("startsecs=0\ncommand=/bin/cat", "startsecs=0\nstopwaitsecs=%d\n"
                   "stdout_logfile={dir}/slow.out\n"
                   "command=/bin/sh -c 'trap \"\" TERM; echo deaf; while :; do sleep 1; done'")
AUDIT = "[audit]\nfile={dir}/audit.log\n"


def records(daemon, name="audit.log"):
    """Whole records; the file may be written to meanwhile."""
    try:
        with open(os.path.join(daemon.dir, name), encoding="utf-8") as f:
            text = f.read()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def of_call(daemon, call):
    return [r for r in records(daemon) if r.get("call") == call]


def one(proxy_or_daemon):
    return over_unix(os.path.join(proxy_or_daemon.dir, "S"))


def verify(*files, config=None):
    argv = [os.path.join(BIN, "supervisord")] + (["-c", config] if config else []) + ["--audit-verify", *files]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr


class Off(unittest.TestCase):
    """[audit] alone: whoever passes is recorded."""

    def test_one_line_or_two(self):
        with Daemon(ONE + AUDIT) as daemon:
            daemon.wait_for("success: slow entered RUNNING")
            proxy = one(daemon)
            self.assertEqual(os.stat(os.path.join(daemon.dir, "audit.log")).st_mode & 0o777, 0o600)
            proxy.supervisor.getAllProcessInfo()
            proxy.supervisor.tailProcessLog("pair:cat", 0, 10)
            self.assertEqual(records(daemon), [])  # what only reads is in no record
            proxy.supervisor.stopProcess("pair:cat")
            begun, done = records(daemon)
            self.assertEqual((begun["outcome"], done["outcome"]), ("begun", "done"))
            for key in ("id", "user", "how", "from", "server", "peer", "verb", "target", "names", "call"):
                self.assertEqual(begun[key], done[key], key)
            self.assertRegex(begun["id"], "^[0-9a-f]{16}$")
            self.assertRegex(begun["time"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertEqual((begun["user"], begun["how"], begun["from"], begun["server"]),
                             (f"uid {os.getuid()}", "peer", "unix", "unix_http_server"))
            self.assertEqual(begun["peer"], {"uid": os.getuid(), "gid": os.getgid(), "pid": os.getpid()})
            self.assertEqual((begun["verb"], begun["target"], begun["names"], begun["call"]),
                             ("stop", "pair:cat", ["pair:cat"], "supervisor.stopProcess"))
            self.assertNotIn("ms", begun)
            self.assertGreaterEqual(done["ms"], 0)
            self.assertEqual([r["seq"] for r in (begun, done)], [1, 2])
            proxy.supervisor.startAllProcesses()
            proxy.supervisor.clearAllProcessLogs()
            told = [(r["verb"], r["target"], r["outcome"]) for r in records(daemon)[2:]]
            if ("clear", "all", "begun") in told:  # on a machine that had too much to do for it to be done at once
                told.remove(("clear", "all", "begun"))
            self.assertEqual(told, [("start", "all", "begun"), ("start", "all", "done"), ("clear", "all", "done")])

    def test_faults(self):
        with Daemon(ONE + AUDIT) as daemon:
            daemon.wait_for("success: slow entered RUNNING")
            proxy = one(daemon)
            self.assertEqual(fault_of(lambda: proxy.supervisor.startProcess("slow"))[0], 60)
            body = json.dumps(["no\n\x1b[2Jsu\"ch\u2028"])  # 200
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(os.path.join(daemon.dir, "S"))
                s.sendall(f"POST /api/v1/call/supervisor.stopProcess HTTP/1.1\r\nHost: x\r\n"
                          f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
                self.assertIn(b"BAD_NAME", s.recv(4096))
            last = [r for r in records(daemon) if r["outcome"] != "begun"]
            self.assertEqual([(r["outcome"], r["fault"]) for r in last], [("failed", 60), ("failed", 10)])
            with open(os.path.join(daemon.dir, "audit.log"), "rb") as f:
                self.assertNotRegex(f.read().decode(), "[^\x20-\x7e\n]")
            self.assertEqual(last[1]["target"], "no\n\x1b[2Jsu\"ch\u2028")

    def test_killed_in_between(self):  # 198
        with Daemon(DEAF % 600 + AUDIT) as daemon:
            wait_until(lambda: "deaf" in daemon.read("slow.out"), "it does not hear TERM")
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(os.path.join(daemon.dir, "S"))
                body = xmlrpc.client.dumps(("slow",), "supervisor.stopProcess")
                s.sendall(f"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
                wait_until(lambda: records(daemon), "begun")
                children = children_of(daemon.pid)
                daemon.kill_whole()
                for pid in children:
                    os.kill(pid, signal.SIGKILL)
            self.assertEqual([r["outcome"] for r in records(daemon)], ["begun"])
            os.unlink(os.path.join(daemon.dir, "S"))
            daemon.write("s.conf", open(daemon.config).read().replace("stopwaitsecs=600", "stopwaitsecs=0"))
            daemon.start()
            wait_until(lambda: os.path.exists(os.path.join(daemon.dir, "S")), "the socket")
            wait_until(lambda: fault_of(lambda: one(daemon).supervisor.clearProcessLogs("slow")) is True, "an answer")
            self.assertEqual([(r["seq"], r["outcome"]) for r in records(daemon)][:2], [(1, "begun"), (2, "done")])

    def test_who_hangs_up_does_not_hide_what_became_of_it(self):
        with Daemon(DEAF % 2 + AUDIT) as daemon:
            daemon.wait_for("success: slow entered RUNNING")
            for turn, (path, body) in enumerate((
                               ("/RPC2", xmlrpc.client.dumps(("slow",), "supervisor.stopProcess")),
                               ("/api/v1/actions", json.dumps({"action": "restart", "names": ["slow"]})),
                               ("/api/v1/actions", json.dumps({"action": "stop", "all": True})))):
                wait_until(lambda: daemon.read("slow.out").count("deaf") > turn, "it does not hear TERM")
                before = len(records(daemon))
                with socket.socket(socket.AF_UNIX) as s:
                    s.connect(os.path.join(daemon.dir, "S"))
                    s.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
                    wait_until(lambda: len(records(daemon)) > before, "begun")
                wait_until(lambda: len(records(daemon)) > before + 1, "what became of it")
                begun, done = records(daemon)[before:]
                self.assertEqual((begun["outcome"], done["outcome"], begun["id"]), ("begun", "done", done["id"]))
                self.assertGreaterEqual(done["ms"], 1000)
                one(daemon).supervisor.startProcess("slow") if "restart" not in body else None

    def test_shutdown_and_restart_are_told_before(self):
        with Daemon(ONE + AUDIT) as daemon:
            daemon.wait_for("success: slow entered RUNNING")
            one(daemon).supervisor.restart()
            wait_until(lambda: daemon.log().count("supervisord started with pid") == 2, "the restart")
            one_call = of_call(daemon, "supervisor.restart")
            self.assertEqual([r["outcome"] for r in one_call], ["begun", "done"])
            self.assertEqual([r["seq"] for r in records(daemon)], list(range(1, len(records(daemon)) + 1)))

    def test_text_and_a_server_with_a_password(self):
        port = free_port()
        with Daemon(ONE.replace("[unix_http_server]", f"[inet_http_server]\nport=127.0.0.1:{port}\nusername=boss\n"
                                "password=pw\n[unix_http_server]") + AUDIT + "format=text\n") as daemon:
            daemon.wait_for("success: slow entered RUNNING")
            server = xmlrpc.client.ServerProxy(f"http://boss:pw@127.0.0.1:{port}/RPC2")
            server.supervisor.sendProcessStdin("pair:cat", "marker-text")
            wrong = xmlrpc.client.ServerProxy(f"http://hunter2:pw2@127.0.0.1:{port}/RPC2")
            self.assertEqual(fault_of(wrong.supervisor.getState), 401)
            with open(os.path.join(daemon.dir, "audit.log")) as f:
                lines = f.read().splitlines()
            self.assertRegex(lines[0], r"^\S+Z [0-9a-f]{16} boss \(server\) from 127\.0\.0\.1:\d+ stdin pair:cat done$")
            self.assertRegex(lines[1], r"^\S+Z [0-9a-f]{16} \? \(server\) from 127\.0\.0\.1:\d+ sign-in refused$")

    def test_nothing_without_it(self):
        with Daemon(ONE) as daemon:
            daemon.wait_for("success: slow entered RUNNING")
            one(daemon).supervisor.stopProcess("pair:cat")
            self.assertNotIn("audit", daemon.log())


class On(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.port, cls.old_port = free_port(), free_port()
        cls.daemon = Daemon(servers(cls.port, cls.old_port) + USERS + PROGRAMS + AUDIT + "[access]\ntoken_file={dir}/tokens\n")
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.daemon.wait_for("success: p2 entered RUNNING")
        wait_until(lambda: len(one(cls.daemon).supervisor.getAllProcessInfo()) == 7, "all of them")

    def tcp(self, user):
        return xmlrpc.client.ServerProxy(f"http://{user}:{user}-pw@127.0.0.1:{self.port}/RPC2")

    def post(self, path, user, body="", headers=()):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("POST" if body is not None else "GET", path, body,
                           {"Authorization": basic(user, user + "-pw"), **dict(headers)})
        answer = connection.getresponse()
        text = answer.read().decode()
        number = answer.getheader("Troupe-Request")
        connection.close()
        return answer.status, text, number

    def new(self, act):
        before = len(records(self.daemon))
        act()
        return records(self.daemon)[before:]

    def test_a_call_that_waits(self):  # 197
        begun, done = self.new(lambda: self.tcp("anna").supervisor.stopProcessGroup("web"))
        self.assertEqual((begun["outcome"], done["outcome"], begun["id"]), ("begun", "done", done["id"]))
        self.assertEqual(begun["names"], ["web:web_00", "web:web_01"])
        self.assertEqual(sorted(done["names"]), ["web:web_00", "web:web_01"])
        self.assertEqual((done["user"], done["how"], done["server"]), ("anna", "password", "inet_http_server"))
        self.assertRegex(done["from"], r"^127\.0\.0\.1:\d+$")
        self.assertNotIn("peer", done)
        self.tcp("anna").supervisor.startProcessGroup("web")

    def test_denied_and_hidden(self):
        anna = self.tcp("anna")
        told = self.new(lambda: [fault_of(lambda: anna.supervisor.stopProcess("db")),
                                 fault_of(lambda: anna.supervisor.getProcessInfo("secret")),
                                 fault_of(lambda: anna.supervisor.getProcessInfo("nope")),
                                 fault_of(lambda: anna.supervisor.readLog(0, 10)),
                                 fault_of(lambda: anna.supervisor.shutdown()),
                                 self.post("/logtail/secret", "anna", None), self.post("/logtail/db", "anna", None),
                                 self.post("/api/v1/processes/secret", "anna", None),
                                 self.post("/tail.html?processname=db", "anna", None),
                                 self.post("/metrics", "anna", None)])
        self.assertEqual([(r["verb"], r.get("target"), r["outcome"], r["fault"]) for r in told],
                         [("stop", "db", "denied", 403), ("status", "secret", "hidden", 10),
                          ("mainlog", None, "denied", 403), ("shutdown", None, "denied", 403),
                          ("tail", "secret", "hidden", 10), ("tail", "db", "denied", 403),
                          ("status", "secret", "hidden", 10), ("tail", "db", "denied", 403),
                          ("metrics", None, "denied", 403)])

    def test_numbers_of_requests(self):
        number = None

        def act():
            nonlocal number
            number = self.post("/api/v1/call/supervisor.startProcess", "op", '["nosuch"]')[2]
        told = self.new(act)
        self.assertEqual({r["id"] for r in told}, {number})

    def test_names_that_nobody_has(self):
        """They are not hidden ones, whatever else is in the group; and many of them fill no disk."""
        told = self.new(lambda: self.post("/api/v1/call/supervisor.stopProcess", "op", '["web:nosuch"]'))
        self.assertEqual([(r["outcome"], r["fault"]) for r in told], [("failed", 10)])
        calls = [{"methodName": "supervisor.stopProcess", "params": [f"nosuch{i}"]} for i in range(1000)]
        told = self.new(lambda: self.post("/api/v1/call/system.multicall", "op", json.dumps([calls])))
        self.assertLess(len(told), 200)

    def test_pages_and_the_api(self):
        told = self.new(lambda: self.post("/api/v1/actions", "anna",
                                          json.dumps({"action": "restart", "names": ["web:web_00", "db", "secret"]})))
        self.assertEqual([r["outcome"] for r in told], ["begun", "partly"])
        self.assertEqual([r["names"] for r in told], [["web:web_00"], ["web:web_00"]])
        self.assertEqual((told[0]["verb"], told[0]["call"]), ("restart", "api/v1/actions"))
        told = self.new(lambda: self.post("/index.html?action=stop&processname=db", "vera", ""))
        self.assertEqual([(r["outcome"], r["fault"], r["call"]) for r in told],
                         [("denied", 403, "index.html?action=stop")])
        told = self.new(lambda: self.post("/api/v1/config/update", "ci"))
        self.assertEqual([(r["verb"], r["outcome"]) for r in told], [("update", "begun"), ("update", "done")])

    def test_pages_of_other_sites(self):
        told = self.new(lambda: [
            self.post("/index.html?action=stop&processname=db&token=secret-of-a-page", "op", "",
                      {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}),
            self.post("/RPC2", "op", "<x/>", {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"})])
        self.assertEqual([(r["verb"], r["target"], r["outcome"], r["fault"], r["user"]) for r in told],
                         [("request", "/index.html", "refused", 403, "op"), ("request", "/RPC2", "refused", 403, "op")])

    def test_tokens(self):
        body = json.dumps([{"roles": ["viewer"], "name": "of a test"}])
        told = self.new(lambda: globals().__setitem__("made", self.post("/api/v1/call/access.createToken", "ci", body)[1]))
        made = json.loads(globals()["made"])["result"]
        self.assertEqual([(r["verb"], r["outcome"], r.get("names")) for r in told],
                         [("token", "begun", None), ("token", "done", [made["id"]])])
        bearer = {"Authorization": "Bearer " + made["token"]}
        told = self.new(lambda: self.post("/api/v1/call/supervisor.stopProcess", "ci", '["pair:p1"]', bearer))
        self.assertEqual([(r["user"], r["how"], r["token"], r["outcome"]) for r in told], [("ci", "token", made["id"], "denied")])
        told = self.new(lambda: self.post("/api/v1/call/access.revokeToken", "ci", json.dumps([made["id"]])))
        self.assertEqual([(r["verb"], r["target"], r["outcome"]) for r in told][-1:], [("revokeToken", made["id"], "done")])
        with open(os.path.join(self.daemon.dir, "audit.log")) as f:
            self.assertNotIn(made["token"][12:], f.read())

    def test_wrong_proofs(self):  # 199, 201
        told = self.new(lambda: [self.post("/", "hunter2"), self.post("/RPC2", "hugo", "x", {
            "Authorization": basic("hugo", "marker-password")}), self.post("/RPC2", "hugo", "x", {
                "Authorization": "Bearer trp_marker-token"})])
        self.assertEqual([(r["user"], r["how"], r["verb"], r["outcome"]) for r in told],
                         [("?", "password", "sign-in", "refused"), ("hugo", "password", "sign-in", "refused"),
                          ("?", "token", "sign-in", "refused")])
        for path in glob.glob(os.path.join(self.daemon.dir, "*")):
            if os.path.isfile(path):
                with open(path, "rb") as f:
                    self.assertNotRegex(f.read(), b"marker-(password|token)|hunter2", path)

    def test_several_calls_in_one(self):
        calls = [("getPID", []), ("clearProcessLogs", ["web:web_01"]), ("stopProcess", ["secret"]), ("stopProcess", ["pair:p1"])]
        body = xmlrpc.client.dumps(([{"methodName": "supervisor." + name, "params": params} for name, params in calls],),
                                   "system.multicall")
        told = self.new(lambda: self.post("/RPC2", "ci", body))
        self.assertEqual([(r["target"], r["outcome"]) for r in told],
                         [("web:web_01", "denied"), ("secret", "hidden"), ("pair:p1", "begun"), ("pair:p1", "done")])
        self.assertEqual(len({r["id"] for r in told}), 1)
        self.tcp("ci").supervisor.startProcess("pair:p1")

    def test_a_peer(self):
        path = os.path.join(self.daemon.dir, "S")
        told = self.new(lambda: in_user(CARL, [], lambda: over_unix(path).access.restartProcess("web:web_00")))
        self.assertEqual([(r["user"], r["how"], r["peer"]["uid"], r["verb"], r["outcome"]) for r in told],
                         [("carl", "peer", CARL, "restart", "begun"), ("carl", "peer", CARL, "restart", "done")])

    def test_a_flood_of_refusals(self):  # 205
        body = xmlrpc.client.dumps(([{"methodName": "supervisor.stopProcess", "params": ["db"]}] * 10000,),
                                   "system.multicall")

        def act():
            self.post("/RPC2", "bob", body, {"Authorization": basic("bob", "password")})
            wait_until(lambda: any("suppressed" in r for r in records(self.daemon)), "the number of the others")
        told = [r for r in self.new(act) if r["user"] == "bob"]
        shown, suppressed = sum(r["outcome"] == "denied" for r in told), sum(r.get("suppressed", 0) for r in told)
        self.assertEqual(shown + suppressed, 10000)
        self.assertLess(shown, 200)

    def test_what_is_sent_to_stdin(self):  # 199
        root = one(self.daemon)
        told = self.new(lambda: root.supervisor.sendProcessStdin("db", "marker-stdin"))
        self.assertEqual([(r["user"], r["verb"], r["bytes"], r["outcome"]) for r in told],
                         [("unix:root", "stdin", 12, "done")])
        self.assertNotIn("marker-stdin", json.dumps(records(self.daemon)))


class MainLog(unittest.TestCase):
    def test_records_without_a_file_of_their_own(self):
        port = free_port()
        with Daemon(servers(port, free_port()) + USERS + PROGRAMS) as daemon:
            daemon.wait_for("success: p2 entered RUNNING")
            anna = xmlrpc.client.ServerProxy(f"http://anna:anna-pw@127.0.0.1:{port}/RPC2")
            self.assertEqual(fault_of(lambda: anna.supervisor.stopProcess("db"))[0], 403)
            daemon.wait_for(r"INFO audit: [0-9a-f]{16} anna \(password\) from 127\.0\.0\.1:\d+ stop db denied \(fault 403\)")


class Chain(unittest.TestCase):
    def test_over_rotation_restart_and_usr2(self):  # 202, 203, 208
        for key in ("", "key_file={dir}/key\n"):
            with Daemon(ONE + AUDIT + "chain=true\nmaxbytes=1500\nbackups=50\n" + key,
                        files={"key": "a secret\n"}) as daemon:
                daemon.wait_for("success: slow entered RUNNING")
                for start in (1, 2):
                    for _ in range(5):
                        one(daemon).supervisor.clearProcessLogs("pair:cat")
                    daemon.process.send_signal(signal.SIGUSR2)
                    wait_until(lambda: daemon.log().count("SIGUSR2") == start, "reopened")
                    one(daemon).supervisor.clearProcessLogs("slow")
                    if start == 1:
                        one(daemon).supervisor.restart()
                        wait_until(lambda: daemon.log().count("supervisord started with pid") == 2, "the restart")
                        wait_until(lambda: fault_of(one(daemon).supervisor.getState), "an answer")
                path = os.path.join(daemon.dir, "audit.log")
                count = len(glob.glob(path + ".*"))
                self.assertGreater(count, 2)
                files = [f"{path}.{i}" for i in range(count, 0, -1)] + [path]
                for name in files:
                    self.assertEqual(os.stat(name).st_mode & 0o777, 0o600)
                by = daemon.config if key else None
                rc, out, err = verify(*files, config=by)
                lines = [line for name in files for line in open(name, "rb").read().splitlines()]
                digest = (lambda b: hmac.new(b"a secret", b, "sha256").hexdigest()) if key else \
                    (lambda b: hashlib.sha256(b).hexdigest())
                self.assertEqual((rc, out), (0, f"OK: {len(lines)} records, seq 1 to {len(lines)}, head {digest(lines[-1])}\n"), err)
                for before, after in zip(lines, lines[1:]):  # computed here, not by the daemon
                    self.assertEqual(json.loads(after)["prev"], digest(before))
                self.assertIn("begin", json.loads(open(files[1]).readline()))
                self.assertRegex(daemon.log(), r"INFO audit head \d+ [0-9a-f]{64}\n")
                if key:
                    self.assertEqual(verify(*files)[0], 1)  # without the key
                    self.assertNotIn("a secret", daemon.log())

                def damaged(change, line):
                    text = open(files[1], "rb").read().splitlines(keepends=True)
                    copy = daemon.write("copy", "")
                    with open(copy, "wb") as f:
                        f.write(b"".join(change(text)))
                    self.assertEqual(verify(files[0], copy, config=by)[:2], (1, f"{copy}:{line}: the chain is broken\n"))
                damaged(lambda t: [t[0], t[1].replace(b"done", b"gone"), *t[2:]], 3)
                damaged(lambda t: [t[0], *t[2:]], 2)
                damaged(lambda t: [t[0], t[2], t[1], *t[3:]], 2)
                damaged(lambda t: [*t[:-1], t[-1][:-1]], len(open(files[1]).readlines()))
                self.assertEqual(verify(os.path.join(daemon.dir, "nope"))[0], 1)

    def test_what_does_not_fit_is_told(self):
        for text, why in (("chain=true\nformat=text\n", "chain needs a file, with format=json"),
                          ("chain=true\nkey_file={dir}/no\n", "cannot read key_file .*No such file"),):
            with Daemon(ONE + AUDIT + text) as daemon:
                self.assertEqual(daemon.process.wait(PATIENCE), 2)
                with open(os.path.join(daemon.dir, "stderr")) as f:
                    self.assertRegex(f.read(), why)


class Trouble(unittest.TestCase):
    def test_what_cannot_be_recorded(self):  # 204
        for required in (False, True):
            # the audit file may not grow; the main log goes elsewhere
            def limited():
                resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
            with Daemon("[supervisord]\nlogfile=/dev/stdout\nlogfile_maxbytes=0\nsilent=true\npidfile={dir}/s.pid\n"
                        "childlogdir={dir}\n" + ONE + AUDIT + f"required={str(required).lower()}\n", main=False,
                        preexec=limited, pipe=True) as daemon:
                wait_until(lambda: os.path.exists(os.path.join(daemon.dir, "S")), "the socket")
                with open(os.path.join(daemon.dir, "audit.log"), "ab") as f:
                    f.write(b"x" * 2990 + b"\n")
                proxy = one(daemon)
                calls = [lambda: proxy.supervisor.stopProcess("pair:cat"), lambda: proxy.supervisor.clearProcessLogs("slow"),
                         lambda: proxy.supervisor.sendProcessStdin("slow", "x")]
                for call in calls:
                    self.assertEqual(fault_of(call), (30, "FAILED: the audit trail cannot be written") if required else True)
                self.assertEqual(proxy.supervisor.getProcessInfo("pair:cat")["statename"], "RUNNING" if required else "STOPPED")
                with socket.socket(socket.AF_UNIX) as s:
                    s.connect(os.path.join(daemon.dir, "S"))
                    s.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
                    text = b""
                    while block := s.recv(65536):
                        text += block
                self.assertIn(b"supervisord_audit_lost_total %d\n" % (3 if required else 4), text)
                os.truncate(os.path.join(daemon.dir, "audit.log"), 0)
                self.assertTrue(proxy.supervisor.clearProcessLogs("slow"))
                daemon.process.send_signal(signal.SIGTERM)
                out, _ = daemon.process.communicate(timeout=PATIENCE)
                self.assertEqual(out.count(b"ERRO audit: "), 1)
                self.assertIn(b"INFO audit: ", out)

    def test_a_link_is_not_followed(self):
        with Daemon(ONE + AUDIT, start=False) as daemon:
            os.symlink(os.path.join(daemon.dir, "target"), os.path.join(daemon.dir, "audit.log"))
            daemon.start()
            self.assertEqual(daemon.process.wait(PATIENCE), 2)
            with open(os.path.join(daemon.dir, "stderr")) as f:
                self.assertRegex(f.read(), "could not open the audit file .*: it is a link")
            self.assertFalse(os.path.exists(os.path.join(daemon.dir, "target")))


class Reads(unittest.TestCase):
    def test_reads_and_events(self):  # 206
        listener = "[eventlistener:ear]\ncommand=" + sys.executable + " {dir}/ear.py\nevents=REMOTE_COMMUNICATION\n"
        ear = ("import sys\nwhile True:\n    print('READY', flush=True)\n"
               "    head = dict(w.split(':') for w in sys.stdin.readline().split())\n"
               "    body = sys.stdin.read(int(head['len']))\n    open('{dir}/heard', 'a').write(body + '\\n')\n"
               "    sys.stdout.write('RESULT 2\\nOK')\n    sys.stdout.flush()\n")
        with Daemon(ONE + AUDIT + "reads=true\nevents=true\n" + listener, files={"ear.py": ear}) as daemon:
            daemon.wait_for("success: slow entered RUNNING")
            proxy = one(daemon)
            proxy.supervisor.tailProcessStdoutLog("pair:cat", 0, 10)
            proxy.supervisor.getAllConfigInfo()
            proxy.supervisor.readLog(0, 10)
            self.assertEqual([(r["verb"], r["outcome"]) for r in records(daemon)],
                             [("tail", "done"), ("config", "done"), ("mainlog", "done")])
            self.assertEqual(fault_of(lambda: proxy.supervisor.sendRemoteCommEvent("supervisor.audit", "x"))[0], 2)
            self.assertTrue(proxy.supervisor.sendRemoteCommEvent("other", "marker-body"))
            heard = os.path.join(daemon.dir, "heard")
            with open(os.path.join(daemon.dir, "audit.log")) as f:
                lines = f.read().splitlines()
            wait_until(lambda: os.path.exists(heard) and open(heard).read().count("type:supervisor.audit\n") == len(lines), "all of them")
            for line in lines:
                self.assertIn("type:supervisor.audit\n" + line, open(heard).read())
            self.assertNotIn("marker-body", "".join(lines))
            self.assertEqual(json.loads(lines[-1])["bytes"], 11)

    def test_rules(self):  # 1.9
        with Daemon(servers(free_port(), free_port()) + USERS + PROGRAMS + AUDIT) as daemon:
            daemon.wait_for("success: p2 entered RUNNING")
            root = one(daemon)
            root.supervisor.reloadConfig()
            self.assertEqual([r["verb"] for r in records(daemon)][-3:].count("rules"), 0)
            daemon.write("s.conf", open(daemon.config).read().replace("verbs=status\n", "verbs=status,events\n"))
            root.supervisor.reloadConfig()
            told = [(r["verb"], r["outcome"], r["user"]) for r in records(daemon)]
            self.assertEqual(told[-3:], [("update", "begun", "unix:root"), ("update", "done", "unix:root"),
                                         ("rules", "done", "unix:root")])


def keeping():
    """The environment in which a daemon's freed memory stays as it was, where the build has the means. Under
    AddressSanitizer it does so anyway. Functions are looked up at the start: while the dynamic loader does that at a first call it
    saves vector registers, which hold what was copied last, on the stack, where they stay until it is used so deep again."""
    library = os.path.join(os.path.dirname(BIN), "tests", "kept_memory.so")
    now = {"LD_BIND_NOW": "1"}
    return preloading(library, **now) if os.path.exists(library) else {**os.environ, **now}


class Secrets(unittest.TestCase):
    """8: what came in with requests, or went out, is not in the daemon's memory afterwards. Short passwords count as well as
    long ones: texts of up to 15 bytes lie elsewhere."""

    LONG, SHORT, PLAIN = "marker-of-a-password-that-is-long-enough", "short-marker-pw", "another-marker-in-plain-text"

    def served(self, more=""):
        self.port = free_port()

        def hashed(password):
            return subprocess.run([os.path.join(BIN, "supervisorctl"), "passwd"], input=password + "\n", capture_output=True,
                                  text=True, timeout=PATIENCE).stdout
        long, short = hashed(self.LONG), hashed(self.SHORT)
        self.hashed = long.split("=", 1)[1].strip().replace("%%", "%")
        daemon = Daemon(servers(self.port, free_port()) + f"[user:pia]\npassword={self.PLAIN}\nroles=viewer\n[user:mia]\n{long}"
                        f"roles=admin\n[user:may]\n{short}roles=admin\n[access]\ntoken_file={{dir}}/tokens\n"
                        + PROGRAMS + AUDIT + more, env=keeping())
        self.addCleanup(daemon.__exit__, None, None, None)
        daemon.wait_for("success: p2 entered RUNNING")
        return daemon

    def ask(self, path, headers=(), body=None, connection=None):
        c = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        c.request("POST" if body is not None else "GET", path, body, dict(headers))
        answer = c.getresponse()
        text = answer.read().decode()
        if not connection:
            c.close()
        return answer, text

    def assert_forgotten(self, daemon, **secrets):
        for path in ("/api/v1/status", "/nope", "/RPC2", "/signin.html"):  # what is on stacks is overwritten
            self.ask(path, {"X-Pad": "x" * 3000})
        self.assertEqual([name for name, secret in secrets.items() if is_in_memory_of(daemon, secret.encode())], [])
        self.assertTrue(in_memory(daemon.working_pid, b"web_00"))  # it does look

    def test_nothing_is_left_of_what_clients_prove_themselves_with(self):  # 231, 232
        daemon, ask, long, short = self.served(), self.ask, self.LONG, self.SHORT
        mine, yours = ({"Authorization": basic(*who)} for who in (("mia", long), ("may", short)))
        token = json.loads(ask("/api/v1/call/access.createToken", mine, "[{}]")[1])["result"]["token"]
        again = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        cookies = []
        for i in range(100):
            self.assertEqual(ask("/api/v1/status", mine, connection=again if i % 2 else None)[0].status, 200)
            self.assertEqual(ask("/api/v1/status", yours)[0].status, 200)
            self.assertEqual(ask("/api/v1/status", {"Authorization": "Bearer " + token})[0].status, 200)
            user, password = ("may", short) if i % 4 < 2 else ("mia", long)
            form = f"user={user}&password={password}&next=" if i % 2 else json.dumps({"user": user, "password": password})
            answer, _ = ask("/signin.html" if i % 2 else "/api/v1/session", {}, form)
            self.assertIn(answer.status, (200, 303))
            cookies.append(answer.getheader("Set-Cookie").split(";")[0])
            self.assertEqual(ask("/index.html", {"Cookie": cookies[-1], "Accept": "text/html"})[0].status, 200)
        ask("/RPC2", mine, "<methodCall>" + long)  # that cannot be read
        self.assertEqual(ask("/api/v1/status", {"Authorization": basic("pia", self.PLAIN)})[0].status, 200)
        self.assertIn('"result"', ask("/api/v1/call/supervisor.reloadConfig", mine, "[]")[1])
        self.assert_forgotten(daemon, password=long, short=short, plain=self.PLAIN, hash=self.hashed, basic=mine["Authorization"][6:],
                              basic_short=yours["Authorization"][6:], token=token[12:], ended_session=cookies[3].split("=")[1],
                              session=cookies[-1].split("=")[1])
        for path in glob.glob(os.path.join(daemon.dir, "*")):  # 130, 199
            if os.path.isfile(path):
                with open(path, "rb") as f:
                    text = f.read()
                for secret in (long, short, token[12:], mine["Authorization"][6:], cookies[-1].split("=")[1]):
                    self.assertNotIn(secret.encode(), text, path)
        for child in children_of(daemon.pid):
            with open(f"/proc/{child}/environ", "rb") as f:
                self.assertNotIn(b"marker", f.read())
            for fd in os.listdir(f"/proc/{child}/fd"):
                self.assertNotRegex(os.readlink(f"/proc/{child}/fd/{fd}"), r"audit|tokens|\.conf|\.pw")

    def test_nothing_is_left_of_what_went_wrong(self):
        """Heads and bodies that end too early, come in pieces, are too long or no good."""
        daemon = self.served()
        proof = "Authorization: " + basic("mia", self.LONG)
        form = f"user=mia&x=%ff&password={self.LONG}&next="
        escaped = json.dumps({"n": [{"password": 1}], "user": "may", "password": self.SHORT}).replace("short", "\\u0073hort")

        def said(*pieces):
            """What the daemon answers to that, each piece in a packet of its own."""
            with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as s:
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for i, piece in enumerate(pieces):
                    if i:  # that the one before has been read
                        wait_until(lambda: not pending_bytes(s), "the daemon to read")
                    s.sendall(piece.encode())
                s.shutdown(socket.SHUT_WR)
                answer = b""
                while block := s.recv(65536):
                    answer += block
                return answer.split(b"\r\n")[0]

        def posted(path, body, size=None):
            head = f"POST {path} HTTP/1.0\r\nHost: x\r\nUser-Agent: script\r\nContent-Length: {size or len(body)}\r\n\r\n"
            return said(head + body[:40], body[40:60], body[60:])
        self.assertEqual(said(f"GET / HTTP/1.0\r\n{proof}\r\nX: "), b"")
        self.assertIn(b" 400 ", said(f"GET / HTTP/1.0\r\n{proof}\r\n\1: \r\n\r\n"))
        self.assertIn(b" 400 ", said(f"GET / HTTP/1.0\r\n{proof}\r\n{proof}\r\n\r\n"))
        self.assertIn(b" 400 ", said(f"GET / HTTP/1.0\r\n{proof.replace('=', '')[:-1]}\r\n\r\n"))
        self.assertIn(b" 401 ", said(f"GET / HTTP/1.0\r\n{proof.replace('Basic', 'Digest')}\r\n\r\n"))
        self.assertIn(b" 303 ", posted("/signin.html", form))
        self.assertEqual(posted("/signin.html", form, 1000), b"")
        self.assertIn(b" 413 ", posted("/signin.html", form, 5000))
        self.assertIn(b" 200 ", posted("/api/v1/session", escaped))
        for broken in (escaped[:-1], escaped.replace("user", "name"), escaped.replace("}", ', "password": "x"}'), "[" + escaped + "]"):
            self.assertIn(b" 400 ", posted("/api/v1/session", broken))
        self.assertIn(b" 401 ", posted("/RPC2", "<methodCall>" + self.LONG))
        self.assert_forgotten(daemon, password=self.LONG, short=self.SHORT, basic=proof[len("Authorization: Basic "):-1])

    def test_nothing_is_left_of_tokens_of_a_multicall(self):
        """Where the answer grows before, behind and between them."""
        daemon = self.served()
        mine = {"Authorization": basic("mia", self.LONG)}
        many = {"methodName": "supervisor.getAllProcessInfo", "params": []}
        token = {"methodName": "access.createToken", "params": [{}]}
        secrets = {}
        for before, behind in ((0, 0), (0, 1), (1, 0), (2, 40), (40, 2), (7, 7)):
            calls = [many] * before + [token] + [many] * behind + [token, {"methodName": "no.such"}, many, token]
            body = xmlrpc.client.dumps((calls,), "system.multicall")
            answer, text = self.ask("/RPC2", mine, body)
            self.assertEqual(answer.status, 200)
            (values,), _ = xmlrpc.client.loads(text)
            def kind(value):
                return "all" if isinstance(value, list) else "made" if "token" in value else value["faultCode"]
            self.assertEqual([kind(v) for v in values],
                             ["all"] * before + ["made"] + ["all"] * behind + ["made", 1, "all", "made"])
            for value in values:
                if kind(value) == "made":
                    made = value["token"]
                    self.assertEqual(self.ask("/api/v1/status", {"Authorization": "Bearer " + made})[0].status, 200)
                    secrets[f"{before}, {behind}: {len(secrets)}"] = made[12:]
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as s:  # of whom nobody waits for
            body = xmlrpc.client.dumps(({},), "access.createToken")
            s.sendall(f"POST /RPC2 HTTP/1.0\r\nAuthorization: {mine['Authorization']}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        wait_until(lambda: len(of_call(daemon, "access.createToken")) >= 2 * len(secrets) + 1, "it to be made")
        self.assert_forgotten(daemon, **secrets)
        self.assertFalse(is_in_memory_of(daemon, re.compile(rb"trp_[0-9A-Za-z]{30}")))

    def test_nothing_is_left_of_what_came_over_tls(self):
        folder = tempfile.mkdtemp(prefix="troupe-tls-")
        self.addCleanup(shutil.rmtree, folder, True)
        authority, port = tls_test.Authority(folder), free_port()
        daemon = self.served(tls_test.tls_server(port, *authority.issue("server"), section="inet_http_server_t"))
        mine = {"Authorization": basic("mia", self.LONG)}
        open_ones = []
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = authority.client_context()
            context.minimum_version = context.maximum_version = version
            for _ in range(2):
                c = http.client.HTTPSConnection("localhost", port, timeout=PATIENCE, context=context)
                self.assertEqual(self.ask("/api/v1/status", mine, connection=c)[0].status, 200)
                token = json.loads(self.ask("/api/v1/call/access.createToken", mine, "[{}]", connection=c)[1])["result"]["token"]
                open_ones.append(c)
            c.close()
        self.assert_forgotten(daemon, password=self.LONG, basic=mine["Authorization"][6:], token=token[12:])

    def test_nothing_is_left_after_an_upgrade(self):
        """Which takes along what has come of a request, and the key by which pages are known."""
        daemon = self.served()
        mine = basic("mia", self.LONG)
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as s:
            s.sendall(f"GET /api/v1/status HTTP/1.0\r\nAuthorization: {mine}\r\n".encode())
            wait_until(lambda: not pending_bytes(s), "the daemon to read")
            for how in ({"check": True}, {}):
                self.assertIn("to", one(daemon).troupe.upgrade(how))
            s.sendall(b"\r\n")
            self.assertIn(b" 200 ", s.recv(100))
        self.assert_forgotten(daemon, password=self.LONG, basic=mine[len("Basic "):])

    def test_nothing_is_left_of_a_servers_password(self):  # access control is off
        port, password, wrong = free_port(), "marker-of-a-servers-password", "marker-of-a-wrong-password"
        with Daemon("[unix_http_server]\nfile={dir}/S\nusername=boss\npassword=" + password +
                    f"\n[inet_http_server]\nport=127.0.0.1:{port}\nusername=boss\npassword=" + password + "\n"
                    + PROGRAMS, env=keeping()) as daemon:
            daemon.wait_for("success: p2 entered RUNNING")

            def status(given, path="/RPC2", body=None):
                c = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
                c.request("POST" if body else "GET", path, body, {"Authorization": basic("boss", given)})
                answer = c.getresponse()
                answer.read()
                c.close()
                return answer.status

            def left():
                texts = (password, wrong, basic("boss", password)[6:], basic("boss", wrong)[6:])
                return [text for text in texts if is_in_memory_of(daemon, text.encode())]
            call = "<methodCall><methodName>supervisor.%s</methodName></methodCall>"
            for _ in range(2):
                for i in range(20):
                    self.assertEqual(status(password, "/RPC2", call % "reloadConfig"), 200)
                    self.assertEqual(status(password, "/index.html"), 200)
                self.assertEqual(status(wrong), 401)
                self.assertEqual(left(), [])
                daemon.send(signal.SIGHUP)
                daemon.wait_for("success: p2 entered RUNNING", 2)
            self.assertNotIn("marker", daemon.log())

    def test_a_quarter_of_the_connections(self):  # 149
        def limited():
            resource.setrlimit(resource.RLIMIT_NOFILE, (512, 512))
        with Daemon(servers(free_port(), free_port()) + USERS, options="minfds=512\n", preexec=limited) as daemon:
            daemon.wait_for("supervisord started with pid")
            path = os.path.join(daemon.dir, "S")

            def crowd():
                held, refused = [], 0
                for _ in range(100):
                    s = socket.socket(socket.AF_UNIX)
                    s.settimeout(PATIENCE)
                    s.connect(path)
                    try:
                        s.sendall(b"GET /ok.html HTTP/1.1\r\nHost: x\r\n\r\n")
                    except BrokenPipeError:  # it has been refused already
                        pass
                    if b" 503 " in s.recv(4096):
                        refused += 1
                    held.append(s)
                return len(held) - refused, refused
            self.assertEqual(in_user(CARL, [], crowd), "(64, 36)")
            self.assertEqual(one(daemon).supervisor.getState()["statename"], "RUNNING")


def pending_bytes(s):
    """How many that were sent the other end has not got."""
    return struct.unpack("i", fcntl.ioctl(s, termios.TIOCOUTQ, b"\0" * 4))[0]


def in_memory(pid, secret):
    """In what a core of that process would have: its writable mappings that are not left out. `secret`: or a pattern."""
    is_in = secret.search if isinstance(secret, re.Pattern) else lambda text: secret in text
    found = False
    with open(f"/proc/{pid}/smaps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        area = None
        for line in maps:
            if match := re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line):
                area = (int(match[1], 16), int(match[2], 16), match[3])
            elif line.startswith("VmFlags:") and "w" in area[2] and " dd" not in line:
                for begin, end in touched(pid, *area[:2]):
                    memory.seek(begin)
                    try:
                        found = found or bool(is_in(memory.read(end - begin)))
                    except OSError:
                        pass
    return found


def touched(pid, begin, end):
    """Where a mapping has pages: a ledger is a hole of a hundred megabytes, which reading would fill."""
    page = os.sysconf("SC_PAGE_SIZE")
    with open(f"/proc/{pid}/pagemap", "rb", 0) as f:
        f.seek(begin // page * 8)
        pages = array.array("Q", f.read((end - begin) // page * 8))
    for is_there, run in itertools.groupby(range(len(pages)), lambda i: pages[i] >> 62 != 0):  # in memory, or swapped out
        if is_there:
            run = list(run)
            yield begin + run[0] * page, begin + (run[-1] + 1) * page


def is_in_memory_of(daemon, secret):
    return any(in_memory(pid, secret) for pid in {daemon.pid, daemon.working_pid})  # of a keeper, too


if __name__ == "__main__":
    if os.getuid() != 0:
        sys.exit(77)
    unittest.main()
