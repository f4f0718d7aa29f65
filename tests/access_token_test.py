"""Tokens of access control, as programs use them: made, shown, used over TCP and unix sockets, revoked, kept over a
restart, in a file that is written whole or not at all. Numbers are those of docs/contract/access.md, 12. Independent
clients: Python's own XML-RPC, Debian's supervisorctl, plain sockets."""
import http.client
import json
import os
import re
import resource
import signal
import socket
import stat
import subprocess
import sys
import time
import unittest
import xmlrpc.client

from access_test import CARL, PROGRAMS, USERS, basic, fault_of, in_user, over_unix, servers
from support import BIN, PATIENCE, ROOT, Daemon, free_port, oracle, wait_until

MORE = """
[role:maker]
verbs=token
[user:alex]
password=alex-pw
roles=admin
[user:bot]
roles=webops
[inet_http_server_open]
port=127.0.0.1:{open_port}
anonymous=admin
"""


class Tokens(unittest.TestCase):
    """One daemon for all that does not end it."""

    @classmethod
    def setUpClass(cls):
        cls.port, cls.old_port, cls.open_port = free_port(), free_port(), free_port()
        cls.daemon = Daemon("[access]\ntoken_file={dir}/tokens\n" + servers(cls.port, cls.old_port) + USERS +
                            MORE.replace("{open_port}", str(cls.open_port)) + PROGRAMS, options="loglevel=trace")
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.s, cls.l = os.path.join(cls.daemon.dir, "S"), os.path.join(cls.daemon.dir, "L")
        cls.file = os.path.join(cls.daemon.dir, "tokens")
        cls.daemon.wait_for("success: p2 entered RUNNING")

    def as_user(self, user, password=None, port=None):
        return xmlrpc.client.ServerProxy(f"http://{user}:{password or user + '-pw'}@127.0.0.1:{port or self.port}/RPC2")

    def bearing(self, token):
        return xmlrpc.client.ServerProxy(f"http://127.0.0.1:{self.port}/RPC2",
                                         headers=[("Authorization", "Bearer " + token)])

    def made(self, user="ci", **wish):
        return self.as_user(user).access.createToken(wish)

    def get(self, path, headers=(), method="GET", body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def in_file(self):
        with open(self.file) as f:
            return {line["id"]: line for line in map(json.loads, f)}

    # -- making ------------------------------------------------------------------------------------

    def test_made_and_kept(self):  # 125, 130
        before = time.time()
        made = self.made(roles=["viewer"], ttl=3600, name="build", networks=["loopback"])
        self.assertRegex(made["token"], "^trp_[0-9A-Za-z]{30}$")
        self.assertEqual(made["token"][4:12], made["id"])
        self.assertAlmostEqual(made["expires"], before + 3600, delta=60)
        info = os.lstat(self.file)
        self.assertEqual((stat.S_IMODE(info.st_mode), info.st_uid), (0o600, os.getuid()))
        line = self.in_file()[made["id"]]
        self.assertEqual((line["user"], line["by"], line["roles"], line["name"], line["networks"]),
                         ("ci", "ci", ["viewer"], "build", ["loopback"]))
        secret = made["token"][12:]
        with open(self.file) as f:
            self.assertNotIn(secret, f.read())
        self.assertNotIn(secret, self.daemon.log())
        self.assertEqual([name for name in os.listdir(self.daemon.dir) if "tokens" in name], ["tokens"])

    def test_what_it_opens(self):  # 127
        token = self.made()["token"]
        for proof, expected in ((f"Bearer {token}", 200), (f"bearer  {token}", 200), (basic("ci", token), 200),
                                (basic("token", token), 200), (basic("anna", token), 401), (basic("", token), 401),
                                (basic("ci", token[:-1]), 401), ("Bearer " + token[:12] + "0" * 22, 401),
                                (f"Token {token}", 401), (basic(token, ""), 401)):
            proxy = over_unix(self.s, [("Authorization", proof)])  # root is not asked to wait for guessing
            found = fault_of(lambda: proxy.access.whoami()["user"])
            self.assertEqual(found, "ci" if expected == 200 else expected, proof)
        self.assertEqual(self.get("/api/v1/status", [("Authorization", basic("token", token))])[0], 200)
        me = self.bearing(token).access.whoami()
        self.assertEqual((me["user"], me["how"]), ("ci", "token"))

    def test_the_first_proof_decides(self):  # 99, 100
        token = self.made()["token"]
        proxy = over_unix(self.s, [("Authorization", "Bearer " + token)])
        self.assertEqual(proxy.access.whoami()["user"], "ci")  # not root
        self.assertEqual(fault_of(over_unix(self.s, [("Authorization", "Bearer " + token[:-1])]).supervisor.getState), 401)
        s = self.s
        self.assertEqual(in_user(CARL, [CARL], lambda: fault_of(
            over_unix(s, [("Authorization", "Bearer x")]).supervisor.getState)), "401")

    def test_a_wrong_one_takes_as_long_as_a_wrong_password(self):
        began = time.monotonic()
        self.assertEqual(fault_of(self.bearing("trp_" + "0" * 30).supervisor.getState), 401)
        self.assertGreaterEqual(time.monotonic() - began, 0.29)

    def test_it_can_only_take_away(self):
        mine = self.as_user("ci")
        limited = self.bearing(self.made(roles=["viewer"])["token"])
        self.assertTrue(mine.access.can("stop", "web:web_00"))
        self.assertEqual([limited.access.can(right, "web:web_00") for right in ("status", "stop")], [True, False])
        self.assertEqual(fault_of(lambda: limited.supervisor.stopProcess("web:web_00")),
                         (403, "NOT_PERMITTED: ci may not stop web:web_00"))
        more = self.bearing(self.made(roles=["admin"])["token"])
        self.assertEqual(fault_of(more.supervisor.shutdown), (403, "NOT_PERMITTED: ci may not shutdown"))
        self.assertEqual(len(more.supervisor.getAllProcessInfo()), len(mine.supervisor.getAllProcessInfo()))
        nothing = self.bearing(self.made(roles=[])["token"])
        self.assertEqual(nothing.supervisor.getAllProcessInfo(), [])

    def test_from_its_networks_only(self):
        token = self.made(networks=["unix"])["token"]
        self.assertEqual(fault_of(self.bearing(token).supervisor.getState), 401)
        proxy = over_unix(self.s, [("Authorization", "Bearer " + token)])
        self.assertEqual(proxy.access.whoami()["how"], "token")

    def test_who_may_make_one(self):  # 131, 133
        token = self.made()["token"]
        no = lambda who: (403, f"NOT_PERMITTED: {who} may not token")
        self.assertEqual(fault_of(self.bearing(token).access.createToken), no("ci"))
        by_alex = self.bearing(self.made("alex")["token"])
        self.assertEqual(fault_of(by_alex.access.createToken), no("alex"))
        self.assertEqual(fault_of(self.as_user("anna").access.createToken), no("anna"))
        nobody = xmlrpc.client.ServerProxy(f"http://127.0.0.1:{self.open_port}/RPC2")
        self.assertTrue(nobody.access.can("admin", ""))
        self.assertEqual(fault_of(nobody.access.createToken), no("anonymous"))
        self.assertEqual(fault_of(lambda: self.made(user="ci", **{"name": "x", "roles": "viewer"})),
                         (2, "INCORRECT_PARAMETERS: roles must be an array of strings"))

    def test_for_others(self):
        made = self.as_user("alex").access.createToken({"user": "bot"})
        self.assertEqual(self.bearing(made["token"]).access.whoami()["user"], "bot")
        self.assertEqual(self.in_file()[made["id"]]["by"], "alex")
        self.assertEqual(fault_of(lambda: self.as_user("ci").access.createToken({"user": "bot"})),
                         (403, "NOT_PERMITTED: ci may not admin"))
        self.assertEqual(fault_of(lambda: self.as_user("alex").access.createToken({"user": "nobody"})),
                         (10, "BAD_NAME: nobody"))
        root = over_unix(self.s).access
        self.assertEqual(fault_of(root.createToken), (2, "INCORRECT_PARAMETERS: unix:root is no [user:x], and cannot own "
                                                         "a token: user must name one"))
        self.assertRegex(root.createToken({"user": "bot"})["token"], "^trp_")
        self.assertEqual(fault_of(lambda: over_unix(self.l).access.createToken({"user": "bot"}))[0], 403)

    def test_wishes_that_make_no_sense(self):  # 132
        for wish, expected in (({"ttl": 91 * 86400}, "ttl is at most 90d"), ({"ttl": 0}, "ttl is at least 1s"),
                               ({"ttl": "1h"}, "ttl must be a number of seconds"), ({"role": "x"}, "a token has no role"),
                               ({"roles": ["nope"]}, "there is no role nope"), ({"name": 1}, "name must be a string"),
                               ({"networks": ["x"]}, "not a network: 'x'"),
                               ({"name": "x" * 129}, "name has at most 128 bytes"),
                               ({"roles": ["viewer"] * 101}, "there are at most 100 roles")):
            self.assertEqual(fault_of(lambda: self.made(**wish)), (2, "INCORRECT_PARAMETERS: " + expected), wish)

    # -- listing and revoking ----------------------------------------------------------------------

    def test_listed(self):
        made = self.made(name="listed", roles=["viewer"])
        self.bearing(made["token"]).supervisor.getState()
        row, = [r for r in self.as_user("ci").access.listTokens() if r["id"] == made["id"]]
        self.assertEqual((row["user"], row["roles"], row["expires"], row["name"], row["by"]),
                         ("ci", ["viewer"], made["expires"], "listed", "ci"))
        self.assertRegex(row["used"], r"^\d{4}-\d\d-\d\d$")
        self.assertNotIn("token", row)
        self.assertNotIn(made["id"], [r["id"] for r in self.as_user("anna").access.listTokens({})])
        self.assertEqual(fault_of(lambda: self.as_user("anna").access.listTokens({"user": "ci"})),
                         (403, "NOT_PERMITTED: anna may not admin"))
        for whose in ({"user": "ci"}, "ci"):
            self.assertIn(made["id"], [r["id"] for r in self.as_user("alex").access.listTokens(whose)])
        self.assertEqual(fault_of(lambda: self.as_user("alex").access.listTokens("nobody")), (10, "BAD_NAME: nobody"))

    def test_revoked_on_an_open_connection(self):  # 129, 223
        made = self.made()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

        def status():
            connection.request("GET", "/ok.html", headers={"Authorization": "Bearer " + made["token"]})
            answer = connection.getresponse()
            answer.read()
            return answer.status
        self.assertEqual([status(), status()], [200, 200])
        for other, password in (("anna", None), ("bob", "password")):
            self.assertEqual(fault_of(lambda: self.as_user(other, password).access.revokeToken(made["id"])),
                             (10, "BAD_NAME: " + made["id"]))
        self.assertEqual(status(), 200)
        self.assertTrue(self.as_user("ci").access.revokeToken(made["id"]))
        self.assertEqual(status(), 401)
        connection.close()
        self.assertEqual(fault_of(self.bearing(made["token"]).supervisor.getState), 401)
        self.assertTrue(self.in_file()[made["id"]]["revoked"])  # until it would have expired
        self.assertEqual(fault_of(lambda: self.as_user("ci").access.revokeToken(made["id"])),
                         (10, "BAD_NAME: " + made["id"]))

    def stream(self, path, token):
        s = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        self.addCleanup(s.close)
        s.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        self.assertIn(b" 200 ", s.recv(4096))
        return s

    def end_of(self, stream):
        while stream.recv(65536):
            pass
        return time.monotonic()

    def test_streams_end_with_it(self):  # 129
        for path in ("/logtail/web:web_00", "/api/v1/events"):
            mine, others = (self.as_user("alex").access.createToken({"roles": ["operator"]}) for _ in range(2))
            stream, other = self.stream(path, mine["token"]), self.stream(path, others["token"])
            began = time.monotonic()
            self.as_user("alex").access.revokeToken(mine["id"])
            self.assertLess(self.end_of(stream) - began, 1 + PATIENCE / 10, path)
            other.settimeout(0.2)
            try:
                while True:
                    self.assertTrue(other.recv(65536), path)  # goes on
            except socket.timeout:
                pass

    def test_expiry(self):  # 128
        made = self.as_user("alex").access.createToken({"ttl": 2})
        stream = self.stream("/logtail/web:web_00", made["token"])
        self.end_of(stream)
        self.assertGreaterEqual(time.time(), made["expires"])
        self.assertLess(time.time(), made["expires"] + 1 + PATIENCE / 10)
        self.assertEqual(fault_of(self.bearing(made["token"]).supervisor.getState), 401)

    def test_it_signs_nobody_in(self):  # 134
        token = self.made()["token"]

        def post(path, kind, body):
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(PATIENCE)
                s.connect(self.s)
                s.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nConnection: close\r\n"
                          f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
                text = b""
                while block := s.recv(65536):
                    text += block
            return text.decode().split("\r\n")[0].split(" ")[1], "set-cookie" in text.decode().lower()
        form, api = "application/x-www-form-urlencoded", "application/json"
        self.assertEqual(post("/api/v1/session", api, json.dumps({"user": "ci", "password": "ci-pw"})), ("200", True))
        for user in ("ci", "token"):
            self.assertEqual(post("/signin.html", form, f"user={user}&password={token}"), ("401", False))
            self.assertEqual(post("/api/v1/session", api, json.dumps({"user": user, "password": token})), ("401", False))

    # -- never in a URL ----------------------------------------------------------------------------

    def test_not_in_a_url(self):  # 136
        token = self.made()["token"]
        for query in (f"token={token}", f"a=b&access_token={token}&c=d", f"%74oken={token}", f"x=1;Token={token}"):
            self.assertEqual(self.get("/api/v1/status?" + query)[0], 401, query)
        self.assertEqual(self.get(f"/?token={token}&message=x", [("Authorization", "Bearer " + token)])[0], 200)
        self.daemon.wait_for(r'"GET /\?token=\*&message=x HTTP/1\.1" 200')
        self.daemon.wait_for(r'"GET /api/v1/status\?a=b&access_token=\*&c=d HTTP/1\.1" 401')
        self.assertNotIn(token[12:], self.daemon.log())

    # -- JSON --------------------------------------------------------------------------------------

    def test_over_json(self):
        def ask(method, path, body=None, user="ci", **more):
            status, text = self.get("/api/v1/" + path, {"Authorization": basic(user, user + "-pw"), **more}, method,
                                    None if body is None else json.dumps(body))
            return status, json.loads(text)
        status, made = ask("POST", "tokens", {"roles": ["viewer"], "ttl": 60})
        self.assertEqual((status, sorted(made)), (200, ["expires", "id", "token"]))
        status, me = self.get("/api/v1/whoami", [("Authorization", "Bearer " + made["token"])])
        self.assertEqual((status, json.loads(me)["how"]), (200, "token"))
        self.assertIn(made["id"], [t["id"] for t in ask("GET", "tokens")[1]["tokens"]])
        self.assertIn(made["id"], [t["id"] for t in ask("GET", "tokens?user=ci", user="alex")[1]["tokens"]])
        self.assertEqual(ask("GET", "tokens?user=ci", user="anna")[0], 403)
        self.assertEqual(ask("GET", "can?right=stop&name=web:web_00"), (200, {"result": True}))
        self.assertEqual(ask("GET", "can?right=stop&name=db")[0], 404)  # ci does not see it
        self.assertEqual(ask("POST", "tokens", {}, "anna"),
                         (403, {"fault": {"code": 403, "text": "NOT_PERMITTED: anna may not token"}}))
        self.assertEqual(ask("POST", "tokens", {"ttl": "x"})[1]["fault"]["code"], 2)
        self.assertEqual(ask("POST", "tokens", [1])[0], 400)
        self.assertEqual(ask("POST", "whoami", {})[0], 405)
        self.assertEqual(ask("GET", f"tokens/{made['id']}/revoke")[0], 405)
        self.assertEqual(ask("POST", "tokens", {}, Origin="http://evil", Host="127.0.0.1")[0], 403)  # another site's page
        self.assertEqual(ask("POST", "tokens/nope/revoke")[0], 404)
        self.assertEqual(ask("POST", f"tokens/{made['id']}/revoke"), (200, {"result": True}))
        self.assertEqual(self.get("/api/v1/whoami", [("Authorization", "Bearer " + made["token"])])[0], 401)

    # -- clients -----------------------------------------------------------------------------------

    def ctl(self, *words, server=None, user="ci", password=None):
        who = ["-u", user, "-p", password or user + "-pw"] if user else []
        done = subprocess.run([os.path.join(BIN, "supervisorctl"), "-c", "", "-s",
                               server or f"http://127.0.0.1:{self.port}", *who, *words], capture_output=True, text=True,
                              timeout=PATIENCE * 2)
        return done.returncode, done.stdout, done.stderr

    def test_our_client(self):  # 125, 195
        for server in (None, "unix://" + self.s):
            code, out, err = self.ctl("token", "create", "--role", "viewer", "--ttl", "1h", "--name", "ours", server=server)
            self.assertEqual((code, len(out)), (0, 35), err)
            token, ident = out.strip(), out[4:12]
            self.assertRegex(err, rf"^id {ident}, expires \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$")
            code, out, _ = self.ctl("token", "list", server=server)
            self.assertRegex(out, rf"ID +USER +ROLES +EXPIRES +USED +NAME\n(?s:.*){ident}  ci    viewer +20\S+  - +ours\n")
            code, out, _ = self.ctl("whoami", server=server, user="token", password=token)
            self.assertRegex(out, r"^ci \(token\) from ")
            self.assertEqual(self.ctl("token", "revoke", "nope", ident, server=server)[:2],
                             (1, f"nope: ERROR (no such token)\n{ident}: revoked\n"))
        code, out, err = self.ctl("token", "create", "--ttl", "91d")
        self.assertEqual((code, out, err), (1, "", "ERROR: INCORRECT_PARAMETERS: ttl is at most 90d\n"))
        self.assertEqual(self.ctl("token", "create", user="anna"), (4, "", "ERROR: not permitted\n"))
        code, out, err = self.ctl("token", "create", "--user", "bot", server="unix://" + self.s, user=None)  # root
        self.assertEqual((code, len(out)), (0, 35), err)
        self.assertIn("bot", self.ctl("token", "list", "--user", "bot", server="unix://" + self.s, user=None)[1])

    def test_stock_client(self):  # 126
        stock = oracle("supervisorctl")
        if not stock:
            self.skipTest("Debian's supervisor was not fetched")
        argv, env = stock
        token = self.as_user("alex").access.createToken({"user": "op"})["token"]
        who = ["-s", f"http://127.0.0.1:{self.port}", "-u", "op", "-p", token]
        done = subprocess.run([*argv, *who, "status", "db"], env=env, capture_output=True, text=True, timeout=PATIENCE * 2)
        self.assertRegex(done.stdout, "^db +RUNNING")
        self.as_user("alex").supervisor.sendProcessStdin("db", "a line for the tail\n")
        tail = subprocess.Popen([*argv, *who, "tail", "-f", "db"], env={**env, "PYTHONUNBUFFERED": "1"},
                                stdout=subprocess.PIPE, text=True)
        try:
            wait_until(lambda: "a line for the tail" in tail.stdout.readline(), "the line")
        finally:
            tail.kill()
            tail.wait()
            tail.stdout.close()


class Kept(unittest.TestCase):
    """Each has daemons of its own: the file, and what ends with it."""

    TEXT = ("[unix_http_server]\nfile={dir}/S\nchmod=0777\n[access]\ntoken_file={dir}/sub/tokens\n[user:ci]\nroles=viewer,maker\n"
            "password=ci-pw\n[user:bob]\npassword=bob-pw\nroles=admin\n[role:maker]\nverbs=token\n[rpcinterface:supervisor]\n"
            "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n")

    def begin(self, text=TEXT, content=None, **more):
        daemon = Daemon(text, files={"sub/.keep": ""}, start=False)
        if content is not None:
            daemon.write("sub/tokens", content)
        daemon.start(**more)
        self.addCleanup(daemon.__exit__, None, None, None)
        return daemon

    def ready(self, daemon, count=1):
        daemon.wait_for("supervisord started with pid", count)
        return over_unix(os.path.join(daemon.dir, "S"))

    def bearing(self, daemon, token):
        return over_unix(os.path.join(daemon.dir, "S"), [("Authorization", "Bearer " + token)])

    def test_a_restart(self):  # 123
        daemon = self.begin()
        root = self.ready(daemon)
        kept, revoked = (root.access.createToken({"user": "ci"}) for _ in range(2))
        root.access.revokeToken(revoked["id"])
        root.supervisor.restart()
        self.ready(daemon, 2)
        wait_until(lambda: fault_of(self.bearing(daemon, kept["token"]).supervisor.getState) ==
                   {"statecode": 1, "statename": "RUNNING"}, "it lives on")
        self.assertEqual(fault_of(self.bearing(daemon, revoked["token"]).supervisor.getState), 401)
        daemon.process.send_signal(signal.SIGTERM)
        daemon.process.wait(PATIENCE)
        daemon.start()
        wait_until(lambda: os.path.exists(os.path.join(daemon.dir, "S")) and
                   fault_of(self.bearing(daemon, kept["token"]).access.whoami)["user"] == "ci", "and on")

    def test_rules_are_replaced(self):  # 128
        daemon = self.begin()
        root = self.ready(daemon)
        token = root.access.createToken({"user": "ci"})
        mine = self.bearing(daemon, token["token"])
        self.assertEqual(mine.access.whoami()["roles"], ["viewer", "maker"])
        daemon.write("s.conf", open(daemon.config).read().replace("roles=viewer,maker", "roles="))
        root.supervisor.reloadConfig()
        self.assertEqual(mine.access.whoami()["rights"], {})
        text = open(daemon.config).read()
        daemon.write("s.conf", text.replace("[user:ci]", "[user:cj]"))
        root.supervisor.reloadConfig()
        self.assertEqual(fault_of(mine.access.whoami), 401)
        daemon.write("s.conf", text)  # one that comes again has none of the old ones
        root.supervisor.reloadConfig()
        self.assertEqual(fault_of(self.bearing(daemon, token["token"]).access.whoami), 401)

    def test_another_file(self):
        daemon = self.begin()
        root = self.ready(daemon)
        token = root.access.createToken({"user": "ci"})["token"]
        text = open(daemon.config).read()
        daemon.write("s.conf", text.replace("sub/tokens", "sub/others"))
        root.supervisor.reloadConfig()
        wait_until(lambda: fault_of(self.bearing(daemon, token).supervisor.getState) == 401, "another book")
        other = root.access.createToken({"user": "ci"})["token"]
        self.assertEqual(self.bearing(daemon, other).access.whoami()["user"], "ci")
        daemon.write("sub/broken", "{}\n")
        daemon.write("s.conf", text.replace("sub/tokens", "sub/broken"))
        self.assertEqual(fault_of(root.supervisor.reloadConfig),
                         (92, f"CANT_REREAD: {daemon.dir}/sub/broken:1: [access] token_file: a token needs id"))
        self.assertEqual(self.bearing(daemon, other).access.whoami()["user"], "ci")
        daemon.write("s.conf", text.replace("token_file={dir}/sub/tokens\n".replace("{dir}", daemon.dir), ""))
        root.supervisor.reloadConfig()
        wait_until(lambda: fault_of(self.bearing(daemon, other).supervisor.getState) == 401, "no file, no tokens")
        self.assertEqual(fault_of(lambda: root.access.createToken({"user": "ci"})),
                         (30, "FAILED: [access] has no token_file"))  # 132
        daemon.write("s.conf", text)
        root.supervisor.reloadConfig()
        wait_until(lambda: fault_of(self.bearing(daemon, token).supervisor.getState) != 401, "the first again")

    def test_files_that_are_none(self):
        for content, expected in (("x\n", ":1"), ('{"id":"1"}\n', ":1")):
            daemon = self.begin(content=content)
            daemon.process.wait(PATIENCE)
            self.assertNotEqual(daemon.process.returncode, 0)
            with open(os.path.join(daemon.dir, "stderr")) as f:
                self.assertIn(f"{daemon.dir}/sub/tokens{expected}", f.read())
        for make, expected in ((lambda path: os.symlink("/etc/passwd", path), "Too many levels of symbolic links"),
                               (os.mkdir, "it is no regular file"),
                               (lambda path: (open(path, "w").close(), os.chown(path, CARL, CARL)),
                                f"it belongs to uid {CARL}")):
            daemon = Daemon(self.TEXT, files={"sub/.keep": ""}, start=False)
            self.addCleanup(daemon.__exit__, None, None, None)
            make(os.path.join(daemon.dir, "sub/tokens"))
            daemon.start()
            daemon.process.wait(PATIENCE)
            with open(os.path.join(daemon.dir, "stderr")) as f:
                self.assertRegex(f.read(), rf"cannot read token_file \S+/sub/tokens: .*{expected}")

    def test_a_link_is_not_followed(self):  # 135
        daemon = self.begin()
        root = self.ready(daemon)
        path, victim = (os.path.join(daemon.dir, name) for name in ("sub/tokens", "victim"))
        daemon.write("victim", "as it was")
        os.symlink(victim, path)
        self.assertEqual(fault_of(lambda: root.access.createToken({"user": "ci"})),
                         (30, f"FAILED: {path} cannot be written: it is a link"))
        self.assertEqual(open(victim).read(), "as it was")
        self.assertTrue(os.path.islink(path))
        self.assertEqual(root.access.listTokens("ci"), [])
        daemon.wait_for("ERRO token_file .* cannot be written: it is a link")

    def test_no_room(self):  # 135
        daemon = self.begin(preexec=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, 64 << 10)))
        root = self.ready(daemon)
        path = os.path.join(daemon.dir, "sub/tokens")
        first = root.access.createToken({"user": "ci"})
        before = open(path).read()
        many = [f"10.{i // 250}.{i % 250}.0/24" for i in range(100)]
        made = 0
        while True:
            answer = fault_of(lambda: root.access.createToken({"user": "ci", "networks": many, "name": "x" * 100}))
            if isinstance(answer, tuple):
                break
            made += 1
            before = open(path).read()
            self.assertLess(made, 100)
        self.assertEqual(answer, (30, f"FAILED: {path} cannot be written: File too large"))
        self.assertEqual(open(path).read(), before)
        self.assertEqual(os.listdir(os.path.join(daemon.dir, "sub")).count("tokens"), 1)
        self.assertEqual(sorted(os.listdir(os.path.join(daemon.dir, "sub"))), [".keep", "tokens"])
        self.assertEqual(len(root.access.listTokens("ci")), made + 1)
        self.assertEqual(self.bearing(daemon, first["token"]).access.whoami()["user"], "ci")

    def test_without_a_file(self):  # 132
        daemon = self.begin(self.TEXT.replace("token_file={dir}/sub/tokens\n", ""))
        root = self.ready(daemon)
        self.assertEqual(fault_of(lambda: root.access.createToken({"user": "ci"})),
                         (30, "FAILED: [access] has no token_file"))
        self.assertEqual(root.access.listTokens("ci"), [])
        self.assertEqual(fault_of(lambda: root.access.revokeToken("x")), (10, "BAD_NAME: x"))
        self.assertEqual(fault_of(self.bearing(daemon, "trp_" + "x" * 30).supervisor.getState), 401)

    def test_who_used_it_is_noted_once_a_day(self):
        daemon = self.begin()
        root = self.ready(daemon)
        path = os.path.join(daemon.dir, "sub/tokens")
        token = root.access.createToken({"user": "ci"})["token"]
        self.assertNotIn('"used"', open(path).read())
        mine = self.bearing(daemon, token)
        mine.supervisor.getState()
        wait_until(lambda: '"used"' in open(path).read(), "the day")
        before = os.stat(path).st_ino
        for _ in range(20):
            self.bearing(daemon, token).supervisor.getState()
        other = root.access.createToken({"user": "ci"})["token"]  # a write comes after all that came before
        between = os.stat(path).st_ino
        self.bearing(daemon, other).supervisor.getState()
        self.assertEqual(root.access.listTokens("ci")[1]["used"] != "", True)
        self.assertEqual(os.stat(path).st_ino, between)
        self.assertNotEqual(before, 0)


class Extensions(unittest.TestCase):
    """What a program behind an [rpcinterface:x] may do: by its own roles, and for whoever calls it."""

    def begin(self, roles, access=True):
        users = """[role:host]
verbs=host.*
[role:ops]
verbs=stop,start
programs=web
[user:bob]
password=bob-pw
roles=host,viewer
[user:anna]
password=anna-pw
roles=host,ops
[user:alex]
password=alex-pw
roles=admin
[user:zoe]
password=zoe-pw
roles=viewer
[access]
token_file={dir}/tokens
""" if access else ""
        port = self.port = free_port()
        daemon = Daemon(f"[inet_http_server]\nport=127.0.0.1:{port}\n{users}[rpcinterface:supervisor]\n"
                        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
                        f"[rpcinterface:host]\ncommand={sys.executable} {os.path.join(ROOT, 'tests', 'plugins', 'acting.py')}\n"
                        f"{roles}[program:web]\ncommand=/bin/cat\nstartsecs=0\n[program:db]\ncommand=/bin/cat\nstartsecs=0\n")
        self.addCleanup(daemon.__exit__, None, None, None)
        daemon.wait_for("2 methods registered")
        daemon.wait_for("success: db")
        if not access:
            return xmlrpc.client.ServerProxy(f"http://127.0.0.1:{port}/RPC2")
        return lambda who: xmlrpc.client.ServerProxy(f"http://{who}:{who}-pw@127.0.0.1:{port}/RPC2")

    def test_by_itself_and_for_others(self):  # 226, 227
        by = self.begin("supervisor.roles=ops\n")
        act = lambda who, *words: fault_of(lambda: by(who).host.act(*words))
        self.assertEqual(by("bob").host.who(), {"user": "bob", "roles": ["host", "viewer"]})
        self.assertEqual(fault_of(by("zoe").host.who), (403, "NOT_PERMITTED: zoe may not host.who"))
        self.assertIs(act("bob", "supervisor.stopProcess", ["web"]), True)  # its own right
        self.assertEqual(act("bob", "supervisor.startProcess", ["web"], "me"), (403, "NOT_PERMITTED: bob may not start web"))
        self.assertIs(act("anna", "supervisor.startProcess", ["web"], "me"), True)
        self.assertIs(act("alex", "supervisor.stopProcess", ["web"], "me"), True)
        for who, whose in (("bob", []), ("alex", []), ("alex", ["me"])):  # it has no right over that one
            self.assertEqual(act(who, "supervisor.stopProcess", ["db"], *whose), (10, "BAD_NAME: db"))
        self.assertEqual([p["name"] for p in act("alex", "supervisor.getAllProcessInfo", [])], ["web"])
        self.assertEqual(act("alex", "supervisor.shutdown", [])[1], "NOT_PERMITTED: rpcinterface:host may not shutdown")
        for whose in ("0", "99", '"x"', "[]"):  # of no call
            self.assertEqual(act("alex", "supervisor.getPID", [], whose),
                             (2, "INCORRECT_PARAMETERS: for names no call that waits for its answer"))
        self.assertEqual(act("alex", "access.createToken", [{}], "me")[0], 403)

    def test_for_a_token_it_may_no_more_than_that(self):
        by = self.begin("")
        token = by("alex").access.createToken({"roles": ["host", "viewer"]})["token"]
        limited = xmlrpc.client.ServerProxy(f"http://token:{token}@127.0.0.1:{self.port}/RPC2")
        self.assertEqual(limited.host.who(), {"user": "alex", "roles": ["host", "viewer"]})
        self.assertEqual(fault_of(lambda: limited.host.act("supervisor.stopProcess", ["web"], "me")),
                         (403, "NOT_PERMITTED: alex may not stop web"))
        self.assertIs(limited.host.act("supervisor.stopProcess", ["web"]), True)  # with all rights

    def test_off(self):
        proxy = self.begin("supervisor.roles=nobody\n", access=False)
        self.assertEqual(proxy.host.who(), {})
        self.assertIs(proxy.host.act("supervisor.stopProcess", ["web"]), True)
        self.assertIs(proxy.host.act("supervisor.stopProcess", ["db"], "99"), True)


if __name__ == "__main__":
    if os.getuid() != 0:
        print("has to be root, to be somebody else as well")
        sys.exit(77)
    unittest.main()
