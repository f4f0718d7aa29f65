"""Access control, as callers meet it: users and roles over TCP and unix sockets, peers of the unix socket as a real
second uid, hidden and denied programs at every door, rules that are replaced while clients are connected. Numbers are
those of docs/contract/access.md, 12. Independent clients: Python's own XML-RPC, Debian's supervisorctl, plain sockets."""
import base64
import grp
import http.client
import json
import os
import pwd
import re
import socket
import subprocess
import sys
import time
import unittest
import xmlrpc.client

from support import BIN, PATIENCE, PORTABLE, ROOT, Daemon, free_port, oracle, wait_until

# users and a group that every Debian has
CARL, OPS, STRANGER = (pwd.getpwnam(name).pw_uid for name in ("www-data", "backup", "daemon"))
OPS_GROUP = grp.getgrnam("operator").gr_gid
# POSIX tells of a peer its first group only
OPS_GROUPS = [OPS_GROUP] if PORTABLE else [OPS, OPS_GROUP]

USERS = f"""
[role:webops]
verbs=start,stop,restart,tail
programs=web
[role:reader]
verbs=status
programs=*, !secret
[role:bouncer]
verbs=restart
programs=web:web_00
[role:hup]
verbs=signal:HUP
programs=@front
[role:exporter]
verbs=metrics
programs=*
[role:deploy]
verbs=update,token
programs=web, pair:*
[user:anna]
password=anna-pw
roles=webops,reader
[user:bob]
password={{SHA}}{'5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8'}
roles=reader
[user:carl]
unixuser={CARL}
roles=bouncer
[user:ops]
unixgroup={OPS_GROUP}
roles=operator
[user:vera]
password=vera-pw
roles=viewer
[user:hugo]
password=hugo-pw
roles=hup
[user:prom]
password=prom-pw
roles=exporter
[user:ci]
password=ci-pw
roles=deploy
[user:op]
password=op-pw
roles=operator
[user:nil]
password=nil-pw
"""

PROGRAMS = """
[program:web]
command=/bin/cat
numprocs=2
process_name=%(program_name)s_%(process_num)02d
labels=front
startsecs=0
stdout_logfile={dir}/%(program_name)s_%(process_num)02d.out
[program:cron]
command=/bin/cat
startsecs=0
[program:db]
command=/bin/cat
labels=back
startsecs=0
stdout_logfile={dir}/db.out
[program:secret]
command=/bin/cat
startsecs=0
stdout_logfile={dir}/secret.out
[program:p1]
command=/bin/cat
startsecs=0
[program:p2]
command=/bin/cat
startsecs=0
[group:pair]
programs=p1,p2
"""


def servers(p, o):
    return f"""
[unix_http_server]
file={{dir}}/S
chmod=0777
[unix_http_server_l]
file={{dir}}/L
chmod=0777
max_roles=viewer
[inet_http_server]
port=127.0.0.1:{p}
[inet_http_server_o]
port=127.0.0.1:{o}
username=boss
password=boss-pw
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{{dir}}/S
"""


class UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path, headers=()):
        super().__init__(headers=headers)
        self.path = path

    def make_connection(self, host):
        path = self.path

        class Connection(http.client.HTTPConnection):
            def connect(self):
                self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                self.sock.settimeout(PATIENCE)
                self.sock.connect(path)

        return Connection("localhost")


def over_unix(path, headers=()):
    return xmlrpc.client.ServerProxy("http://localhost/RPC2", transport=UnixTransport(path, headers))


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def fault_of(call):
    """What a call comes to: its value, or (code, text) of the fault, or the HTTP status."""
    try:
        return call()
    except xmlrpc.client.Fault as f:
        return f.faultCode, f.faultString
    except xmlrpc.client.ProtocolError as e:
        return e.errcode


def in_user(uid, gids, work):
    """What `work()` returns, as text, done by a process of that user."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups(gids)
            os.setgid(gids[0] if gids else uid)
            os.setuid(uid)
            os.write(write, repr(work()).encode())
        except BaseException as e:  # the parent has to see it
            os.write(write, ("failed: " + repr(e)).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as f:
        text = f.read().decode()
    os.waitpid(pid, 0)
    return text


class Access(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.port, cls.old_port = free_port(), free_port()
        cls.daemon = Daemon(servers(cls.port, cls.old_port) + USERS + PROGRAMS)
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.s, cls.l = os.path.join(cls.daemon.dir, "S"), os.path.join(cls.daemon.dir, "L")
        cls.daemon.wait_for("success: p2 entered RUNNING")
        wait_until(lambda: len(over_unix(cls.s).supervisor.getAllProcessInfo()) == 7, "all of them")

    def tcp(self, user, password=None):
        return xmlrpc.client.ServerProxy(f"http://{user}:{password or user + '-pw'}@127.0.0.1:{self.port}/RPC2")

    @property
    def boss(self):
        return xmlrpc.client.ServerProxy(f"http://boss:boss-pw@127.0.0.1:{self.old_port}/RPC2")

    def get(self, path, user=None, method="GET", body=None, headers=()):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        sent = dict(headers)
        if user:
            sent["Authorization"] = basic(user, user + "-pw")
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    # -- who is let in -----------------------------------------------------------------------------

    def test_nobody_without_a_proof(self):  # 95
        status, text = self.get("/RPC2", method="POST", body="<x/>")
        self.assertEqual((status, len(text)), (401, 137))
        for path in ("/", "/api/v1/status", "/logtail/web:web_00", "/metrics", "/nope"):
            self.assertEqual(self.get(path)[0], 401, path)

    def test_a_wrong_password_takes_as_long_as_an_unknown_user(self):  # 96
        def time_of(user, password):
            began = time.monotonic()
            self.assertEqual(fault_of(self.tcp(user, password).supervisor.getState), 401)
            return time.monotonic() - began
        for user, password in (("vera", "wrong"), ("nobody", "x"), ("carl", "x")):
            self.assertGreaterEqual(time_of(user, password), 0.29, user)

    def test_forms_of_passwords(self):
        self.assertEqual(self.tcp("bob", "password").supervisor.getState()["statename"], "RUNNING")
        self.assertEqual(fault_of(self.tcp("bob", "Password").supervisor.getState), 401)
        self.assertEqual(fault_of(self.tcp("anna", "anna-pw%00x").supervisor.getState), 401)  # 97

    def test_each_answer_has_a_number(self):  # 3.7, 8
        def headers(path, user="anna"):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            connection.request("GET", path, headers={"Authorization": basic(user, "anna-pw"), "Troupe-Request": "mine"})
            answer = connection.getresponse()
            found = answer.getheaders()
            connection.close()
            return {k: [v for key, v in found if key == k] for k, _ in found}
        numbers = set()
        for path in ("/", "/api/v1/status", "/nope", "/logtail/web:web_00", "/ok.html"):
            found = headers(path)
            self.assertRegex(found["Troupe-Request"][0], "^[0-9a-f]{16}$")
            numbers.add(found["Troupe-Request"][0])
            self.assertRegex(found["Cache-Control"][0], "no-store|no-cache", path)
        self.assertEqual(len(numbers), 5)
        self.assertIn("Troupe-Request", headers("/", "nobody"))

    def test_two_proofs_are_none(self):  # 98
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as s:
            line = f"Authorization: {basic('anna', 'anna-pw')}\r\n"
            s.sendall(("GET / HTTP/1.1\r\nHost: x\r\n" + line + line + "\r\n").encode())
            self.assertIn(b" 400 ", s.recv(100))

    def test_the_servers_own_account(self):  # 1.8
        self.assertEqual(len(self.boss.supervisor.getAllProcessInfo()), 7)
        self.assertEqual(fault_of(self.tcp("boss").supervisor.getState), 401)  # on that server only

    # -- peers -------------------------------------------------------------------------------------

    def test_an_ordinary_user_restarts_his_program(self):  # 137, 177 to 180
        s = self.s
        self.assertEqual(in_user(CARL, [CARL], lambda: over_unix(s).access.whoami()["user"]), "'carl'")
        before = self.boss.supervisor.getProcessInfo("web:web_00")["pid"]
        self.assertEqual(in_user(CARL, [CARL], lambda: over_unix(s).access.restartProcess("web:web_00")), "True")
        after = self.boss.supervisor.getProcessInfo("web:web_00")
        self.assertNotEqual(after["pid"], before)
        self.assertEqual(after["statename"], "RUNNING")
        self.assertEqual(in_user(CARL, [CARL], lambda: fault_of(lambda: over_unix(s).supervisor.stopProcess("web:web_00"))),
                         "(403, 'NOT_PERMITTED: carl may not stop web:web_00')")
        self.assertEqual(in_user(CARL, [CARL], lambda: fault_of(lambda: over_unix(s).supervisor.stopProcess("db"))),
                         "(10, 'BAD_NAME: db')")

    def test_only_his_part_of_a_group(self):  # 71
        s = self.s
        rows = eval(in_user(CARL, [CARL], lambda: over_unix(s).access.restartProcess("web:*")))
        self.assertEqual([(r["name"], r["status"]) for r in rows], [("web_00", 80)])

    def test_a_member_of_a_group(self):  # 138
        s = self.s
        self.assertEqual(in_user(OPS, OPS_GROUPS, lambda: over_unix(s).access.whoami()["user"]), "'ops'")

    def test_strangers_root_and_relays(self):  # 139, 140, 146
        s = self.s
        self.assertEqual(in_user(STRANGER, [STRANGER], lambda: fault_of(over_unix(s).supervisor.getState)), "401")
        me = over_unix(s).access.whoami()
        self.assertEqual((me["user"], me["how"], me["from"], me["roles"]), ("unix:root", "peer", "unix", ["admin"]))
        for header in (("X-Forwarded-For", "10.0.0.1"), ("Via", "x"), ("Origin", "http://a"), ("Cookie", "a=b"),
                       ("Forwarded", "for=x"), ("Sec-Fetch-Site", "none"), ("X-Real-IP", "1.2.3.4")):
            self.assertEqual(fault_of(over_unix(s, [header]).supervisor.getState), 401, header)

    def test_nobody_is_more_than_the_server_lets(self):  # 148
        proxy = over_unix(self.l)
        self.assertEqual(fault_of(lambda: proxy.supervisor.stopProcess("db")),
                         (403, "NOT_PERMITTED: unix:root may not stop db"))
        self.assertEqual(len(proxy.supervisor.getAllProcessInfo()), 7)

    def test_stock_client(self):  # 178
        stock = oracle("supervisorctl")
        if not stock:
            self.skipTest("Debian's supervisor was not fetched")
        argv, env = stock

        def run(*words):
            done = subprocess.run([*argv, "-s", "unix://" + self.s, *words], env=env, capture_output=True, text=True,
                                  preexec_fn=lambda: (os.setgroups([]), os.setgid(CARL), os.setuid(CARL)))
            return done.returncode, done.stdout
        code, out = run("status")
        self.assertRegex(out, r"^web:web_00 +RUNNING")
        self.assertEqual(len(out.splitlines()), 1)
        code, out = run("start", "web:web_00")
        self.assertEqual(code, 1)
        self.assertIn("403", out)

    # -- hidden and denied -------------------------------------------------------------------------

    def test_hidden_is_absent(self):  # 63 to 67, 181, 182
        all_rows = self.boss.supervisor.getAllProcessInfo()
        mine = self.tcp("anna").supervisor.getAllProcessInfo()
        self.assertEqual([r["name"] for r in mine], [r["name"] for r in all_rows if r["name"] != "secret"])
        anna = self.tcp("anna").supervisor
        for name in ("secret", "nope"):
            for call in (lambda: anna.getProcessInfo(name), lambda: anna.startProcess(name),
                         lambda: anna.stopProcess(name), lambda: anna.signalProcess(name, "BAD"),
                         lambda: anna.sendProcessStdin(name, "x"), lambda: anna.stopProcessGroup(name),
                         lambda: anna.stopProcess(name + ":*"), lambda: anna.tailProcessStdoutLog(name, 0, 10)):
                code, text = fault_of(call)
                self.assertEqual((code, text.replace(name, "N").replace("N:*", "N")), (10, "BAD_NAME: N"))

    def test_at_once_and_in_turns(self):  # 64
        boss, anna = self.boss.supervisor, self.tcp("anna").supervisor
        for _ in range(20):
            self.assertEqual(len(boss.getAllProcessInfo()), 7)
            self.assertEqual(len(anna.getAllProcessInfo()), 6)

    def test_a_denied_caller_learns_nothing_of_the_state(self):  # 72
        anna = self.tcp("anna").supervisor
        self.assertEqual(fault_of(lambda: anna.signalProcess("db", "BAD")), (403, "NOT_PERMITTED: anna may not signal db"))
        self.assertEqual(fault_of(lambda: anna.sendProcessStdin("db", "x")), (403, "NOT_PERMITTED: anna may not stdin db"))

    def test_all_and_groups(self):  # 68 to 70
        anna, boss_rows = self.tcp("anna").supervisor, self.boss.supervisor.getAllProcessInfo
        rows = anna.startAllProcesses()
        self.assertLessEqual({r["group"] for r in rows}, {"web"})
        self.assertEqual(fault_of(lambda: anna.stopProcess("pair:*")), (403, "NOT_PERMITTED: anna may not stop pair:*"))
        self.assertEqual(fault_of(self.tcp("bob", "password").supervisor.stopAllProcesses),
                         (403, "NOT_PERMITTED: bob may not stop all"))
        before = {p["name"]: p["pid"] for p in boss_rows()}
        rows = self.tcp("hugo").supervisor.signalAllProcesses("HUP")
        self.assertEqual([(r["name"], r["status"]) for r in rows], [("web_00", 80), ("web_01", 80)])
        self.assertEqual(fault_of(lambda: self.tcp("hugo").supervisor.signalAllProcesses("USR1")),
                         (403, "NOT_PERMITTED: hugo may not signal all"))
        wait_until(lambda: all(p["statename"] == "RUNNING" and (p["group"] != "web" or p["pid"] != before[p["name"]])
                               for p in boss_rows()), "web is back")

    def test_over_the_daemon(self):
        anna = self.tcp("anna").supervisor
        for call, right in ((anna.shutdown, "shutdown"), (anna.restart, "shutdown"), (anna.clearLog, "admin"),
                            (lambda: anna.readLog(0, 10), "mainlog"),
                            (lambda: anna.sendRemoteCommEvent("a", "b"), "publish")):
            self.assertEqual(fault_of(call), (403, f"NOT_PERMITTED: anna may not {right}"))

    def test_what_nil_sees(self):  # 93
        nil = self.tcp("nil").supervisor
        self.assertEqual(nil.getAllProcessInfo(), [])
        self.assertEqual(nil.getVersion(), "3.0")
        self.assertEqual(fault_of(nil.startAllProcesses)[0], 403)
        self.assertEqual(self.get("/", "nil")[0], 200)

    def test_several_calls_in_one(self):  # 89
        answers = self.tcp("anna").system.multicall([
            {"methodName": "supervisor.getPID", "params": []},
            {"methodName": "supervisor.stopProcess", "params": ["db"]},
            {"methodName": "supervisor.getProcessInfo", "params": ["secret"]}])
        self.assertEqual(answers[0], self.daemon.pid)
        self.assertEqual([a["faultCode"] for a in answers[1:]], [403, 10])

    def test_configurations(self):  # 76, 77
        self.assertEqual(fault_of(self.tcp("anna").supervisor.getAllConfigInfo), (403, "NOT_PERMITTED: anna may not config"))
        self.assertEqual(len(self.boss.supervisor.getAllConfigInfo()), 7)
        ci = self.tcp("ci").supervisor
        self.assertEqual(fault_of(lambda: ci.addProcessGroup("secret")), (10, "BAD_NAME: secret"))
        self.assertEqual(fault_of(lambda: ci.removeProcessGroup("secret")), (10, "BAD_NAME: secret"))
        self.assertEqual(fault_of(lambda: ci.addProcessGroup("web")), (90, "ALREADY_ADDED: web"))
        self.assertEqual(fault_of(lambda: self.tcp("anna").supervisor.removeProcessGroup("db")),
                         (403, "NOT_PERMITTED: anna may not update db"))

    def test_methods(self):  # 1, 226
        names = self.tcp("anna").system.listMethods()
        self.assertLessEqual({"access.whoami", "access.can", "access.explain", "access.restartProcess"}, set(names))
        anna = self.tcp("anna").access
        self.assertEqual([anna.can("start", "web:web_00"), anna.can("start", "db"), anna.can("shutdown", "")],
                         [True, False, False])
        self.assertEqual(fault_of(lambda: anna.can("start", "secret")), (10, "BAD_NAME: secret"))
        self.assertEqual(fault_of(lambda: anna.explain("bob", "stop", "db")), (403, "NOT_PERMITTED: anna may not admin"))
        self.assertFalse(self.boss.access.explain("anna", "stop", "db"))
        self.assertEqual(anna.whoami()["rights"]["restart"], ["web:web_00", "web:web_01"])

    def test_no_door_knows_the_hidden(self):
        """Everything that takes a name, in every form of it, answers for a hidden program as for one that is not there."""
        anna = self.tcp("anna")
        rows = {name: anna.system.methodSignature(name) for name in anna.system.listMethods()}
        more = {"string": "HUP", "int": 0, "boolean": True}
        forms = ("{}", "{}:*", "{}:", "{}:{}", "{}:x", ":{}", "{}:{}:x", " {}", "web:{}")
        asked = 0

        def answers(name):
            nonlocal asked
            found = []
            for method, signature in sorted(rows.items()):
                if signature[1:2] != ["string"] or method in ("supervisor.sendRemoteCommEvent", "access.explain"):
                    continue
                for form in forms:
                    full = form.format(name, name)
                    params = [full] + [more[t] for t in signature[2:]]
                    if method == "access.can":
                        params = ["start", full]
                    call = getattr(anna, method)
                    found.append((method, form, repr(fault_of(lambda: call(*params)))))
                    status, text = self.get("/api/v1/call/" + method, "anna", "POST", json.dumps(params))
                    found.append(("call/" + method, form, (status, text)))
            for form in forms:
                full = form.format(name, name).replace(" ", "%20")
                for path in (f"/logtail/{full}", f"/logtail/{full}/stderr", f"/tail.html?processname={full}",
                             f"/tail.html?processname={full}&channel=stderr&limit=70000", f"/api/v1/processes/{full}",
                             f"/api/v1/log/{full}", f"/api/v1/log/{full}/stderr?follow=1"):
                    found.append((path.replace(name, "N"), form, self.get(path, "anna")))
                for action in ("start", "stop", "restart", "clearlog", "signal"):
                    connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
                    connection.request("POST", f"/index.html?action={action}&processname={full}&signal=HUP", "",
                                       {"Authorization": basic("anna", "anna-pw")})
                    answer = connection.getresponse()
                    found.append((action, form, (answer.status, answer.getheader("Location"), answer.read())))
                    connection.close()
                for action in ("start", "stop", "restart", "clear", "signal"):
                    body = {"action": action, "names": [full], "signal": "HUP", "wait": False}
                    found.append((action, form, self.get("/api/v1/actions", "anna", "POST", json.dumps(body))))
                    body["one_by_one"] = True
                    found.append((action, form, self.get("/api/v1/actions", "anna", "POST", json.dumps(body))))
            asked = len(found)
            return [(what, form, str(answer).replace(name, "N")) for what, form, answer in found]
        for hidden, absent in zip(answers("secret"), answers("absent")):
            self.assertEqual(hidden, absent)
        self.assertGreater(asked, 500)

    # -- the other doors ---------------------------------------------------------------------------

    def test_logs(self):  # 84, 85
        self.assertEqual(self.get("/logtail/secret", "anna"), self.get("/logtail/nope", "anna"))
        self.assertEqual(self.get("/logtail/secret", "anna")[0], 404)
        status, text = self.get("/logtail/db", "anna")
        self.assertEqual((status, len(text)), (403, 134))
        self.assertEqual(self.get("/mainlogtail", "anna")[0], 403)
        self.assertEqual(self.get("/api/v1/log/db", "anna")[0], 403)
        self.assertEqual(self.get("/api/v1/mainlog", "anna")[0], 403)

    def test_pages(self):  # 82, 86
        _, page = self.get("/", "anna")
        self.assertNotIn("secret", page)
        self.assertIn("action=stop&amp;processname=web%3Aweb_00", page)
        self.assertNotIn("action=stop&amp;processname=db", page)
        self.assertNotIn("config-open", page)
        status, page = self.get("/tail.html?processname=db", "anna")
        self.assertEqual(status, 403)
        self.assertIn("You may not read the log of db", page)
        unknown = self.get("/tail.html?processname=nope", "anna")[1].replace("nope", "N")
        self.assertEqual(self.get("/tail.html?processname=secret", "anna")[1].replace("secret", "N"), unknown)

    def test_actions_of_pages(self):  # 87
        def location(name):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            connection.request("POST", f"/index.html?action=stop&processname={name}", "",
                               {"Authorization": basic("anna", "anna-pw")})
            return connection.getresponse().getheader("Location")
        self.assertIn("No%20such%20process%20named%20secret", location("secret"))
        self.assertIn("You%20may%20not%20stop%20db", location("db"))

    def test_api(self):  # 78, 88
        rows = json.loads(self.get("/api/v1/status", "anna")[1])["processes"]
        self.assertEqual(len(rows), 6)
        self.assertEqual({r["command"] for r in rows}, {""})
        self.assertEqual({r["name"]: r["may"] for r in rows}["db"], ["status"])
        ids = [r["id"] for r in rows]
        self.assertEqual(ids, [r["id"] for r in json.loads(self.get("/api/v1/status", "anna")[1])["processes"]])
        self.assertGreater(min(abs(a - b) for a in ids for b in ids if a != b), 1000)
        self.assertEqual(self.get("/api/v1/processes/secret", "anna")[0], 404)
        status, text = self.get("/api/v1/actions", "anna", "POST",
                                json.dumps({"action": "start", "names": ["web:web_01", "db", "secret"]}))
        self.assertEqual([r["status"] for r in json.loads(text)["results"]], [60, 403, 10])
        self.assertEqual(self.get("/api/v1/events", "anna")[0], 403)
        self.assertEqual(self.get("/api/v1/call/supervisor.stopProcess", "vera")[0], 405)  # 228
        status, text = self.get("/api/v1/call/supervisor.stopProcess", "vera", "POST", '["db"]')
        self.assertEqual((status, json.loads(text)["fault"]["code"]), (403, 403))

    def test_metrics(self):  # 83
        self.assertEqual(self.get("/metrics", "anna")[0], 403)
        _, text = self.get("/metrics", "prom")
        self.assertIn('name="secret"', text)
        self.assertIn("supervisord_rpc_calls", text)

    # -- the matrix (12.6) -------------------------------------------------------------------------

    def matrix(self):
        """{right: {user: (cell for web:web_00, cell for secret)}} of the contract."""
        with open(os.path.join(ROOT, "docs", "contract", "access.md")) as f:
            text = f.read().split("### 12.6 The matrix")[1]
        heads = "adm ops vera anna carl hugo prom nil".split()
        found = {}
        for line in text.splitlines():
            if line.startswith("| 2"):
                cells = [c.strip() for c in line.strip("|").split("|")]
                for at in range(0, len(cells), len(heads) + 2):
                    found[cells[at + 1]] = {u: tuple((c + "/" + c).split("/")[:2])
                                            for u, c in zip(heads, cells[at + 2:])}
        return found

    def callers(self):
        s = self.s
        return {"adm": lambda work: work(over_unix(s)), "adm over TCP": lambda work: work(self.boss),
                "ops": lambda work: eval(in_user(OPS, OPS_GROUPS, lambda: work(over_unix(s)))),
                "carl": lambda work: eval(in_user(CARL, [CARL], lambda: work(over_unix(s)))),
                **{u: (lambda work, u=u: work(self.tcp(u))) for u in ("vera", "anna", "hugo", "prom", "nil")},
                **{u + " over a socket": (lambda work, u=u: work(
                    over_unix(s, [("Authorization", basic(u, u + "-pw"))]))) for u in ("vera", "anna", "hugo", "prom", "nil")}}

    def test_every_verb_for_everybody(self):  # 235 to 252
        calls = {
            "status": lambda p, n: p.supervisor.getProcessInfo(n),
            "start": lambda p, n: p.supervisor.startProcess(n, False),
            "stop": lambda p, n: p.supervisor.stopProcess(n),
            "restart": lambda p, n: p.access.restartProcess(n, True),
            "signal HUP": lambda p, n: p.supervisor.signalProcess(n, "SIGHUP"),
            "signal KILL": lambda p, n: p.supervisor.signalProcess(n, 9),
            "tail": lambda p, n: p.supervisor.tailProcessStdoutLog(n, 0, 10),
            "clear": lambda p, n: p.supervisor.clearProcessLogs(n),
            "stdin": lambda p, n: p.supervisor.sendProcessStdin(n, ""),
            "update": lambda p, n: p.supervisor.addProcessGroup(n.split(":")[0]),
        }
        over_the_daemon = {
            "mainlog": lambda p: p.supervisor.readLog(0, 10),
            "publish": lambda p: p.supervisor.sendRemoteCommEvent("a", "b"),
            "shutdown": lambda p: p.access.can("shutdown", ""),
            "token": lambda p: p.access.can("token", ""),
            "admin": lambda p: p.access.can("admin", ""),
        }
        matrix = self.matrix()
        self.assertEqual(len(matrix), 18)
        seen = 0
        for who, ask in self.callers().items():
            user = who.split(" ")[0]
            for right, call in calls.items():
                for name, wanted in zip(("web:web_00", "secret"), matrix[right][user]):
                    came = ask(lambda proxy: fault_of(lambda: call(proxy, name)))
                    code = came[0] if isinstance(came, (list, tuple)) and came and isinstance(came[0], int) else None
                    verdict = "d" if code == 403 else "h" if code == 10 else "a"
                    self.assertEqual(verdict, wanted, f"{who}: {right} {name}: {came}")
                    seen += 1
            for right, call in over_the_daemon.items():
                came = ask(lambda proxy: fault_of(lambda: call(proxy)))
                denied = came is False or (isinstance(came, (list, tuple)) and came and came[0] == 403)
                self.assertEqual("d" if denied else "a", matrix[right][user][0], f"{who}: {right}: {came}")
                seen += 1
            configured = ask(lambda proxy: fault_of(proxy.supervisor.getAllConfigInfo))
            names = [p["name"] for p in configured] if isinstance(configured, list) else []
            for name, wanted in zip(("web_00", "secret"), matrix["config"][user]):
                self.assertEqual(name in names, wanted == "a", f"{who}: config {name}")
                seen += 1
        self.assertEqual(seen, 14 * (2 * len(calls) + len(over_the_daemon) + 2))
        wait_until(lambda: self.boss.supervisor.startAllProcesses() is not None and
                   all(p["statename"] == "RUNNING" for p in self.boss.supervisor.getAllProcessInfo()), "all run again")


class Rules(unittest.TestCase):
    """Rules that are replaced while clients are connected (1.9)."""

    def setUp(self):
        self.port, self.old_port = free_port(), free_port()
        self.text = servers(self.port, self.old_port) + USERS + PROGRAMS
        self.daemon = Daemon(self.text)
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.daemon.wait_for("success: p2 entered RUNNING")

    def replace(self, old, new):
        with open(self.daemon.config) as f:
            text = f.read()
        self.assertIn(old, text)
        with open(self.daemon.config, "w") as f:
            f.write(text.replace(old, new))

    def reread(self, user):
        return fault_of(xmlrpc.client.ServerProxy(f"http://{user}:{user}-pw@127.0.0.1:{self.old_port}/RPC2")
                        .supervisor.reloadConfig)

    def test_replaced_by_admin_only(self):  # 31, 32
        bob = xmlrpc.client.ServerProxy(f"http://bob:password@127.0.0.1:{self.port}/RPC2")  # one connection
        self.assertEqual(len(bob.supervisor.getAllProcessInfo()), 6)
        self.replace("[user:bob]\n", "[user:robert]\n")
        self.assertEqual(self.reread("ci"), [[[], [], []]])
        self.daemon.wait_for("access rules in the files differ from those in force; they take effect when somebody with "
                             "admin rereads")
        self.assertEqual(len(bob.supervisor.getAllProcessInfo()), 6)
        self.assertEqual(self.reread("boss"), [[[], [], []]])
        self.daemon.wait_for(re.escape("access rules replaced: users +robert -bob"))
        self.assertEqual(fault_of(bob.supervisor.getState), 401)

    def test_a_stream_ends_with_the_right_to_it(self):  # 1.9
        def follow(user, path):
            s = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
            self.addCleanup(s.close)
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {basic(user, user + '-pw')}\r\n\r\n".encode())
            self.assertIn(b" 200 ", s.recv(1000))
            return s
        streams = [follow("anna", "/logtail/web:web_00"), follow("anna", "/api/v1/log/web:web_00?follow=1"),
                   follow("vera", "/api/v1/events")]
        stays = follow("op", "/logtail/web:web_00")
        self.replace("verbs=start,stop,restart,tail\n", "verbs=start,stop,restart\n")
        self.replace("[user:vera]\npassword=vera-pw\nroles=viewer", "[user:vera]\npassword=vera-pw\nroles=")
        self.assertEqual(self.reread("boss"), [[[], [], []]])
        for s in streams:
            while s.recv(65536):
                pass  # to its end
        over_unix(os.path.join(self.daemon.dir, "S")).supervisor.sendProcessStdin("web:web_00", "still there\n")
        seen = b""
        while b"still there" not in seen:
            block = stays.recv(65536)
            self.assertTrue(block, "it has ended")
            seen += block

    def test_a_label_changes_who_may(self):  # 30
        hugo = xmlrpc.client.ServerProxy(f"http://hugo:hugo-pw@127.0.0.1:{self.port}/RPC2")
        self.assertEqual(fault_of(lambda: hugo.supervisor.signalProcess("db", "HUP"))[0], 10)
        self.replace("labels=back", "labels=front")
        self.assertEqual(self.reread("boss"), [[[], [], []]])
        self.assertEqual(hugo.access.can("signal:HUP", "db"), True)

    def test_broken_rules_change_nothing(self):  # 33, 75
        self.replace("verbs=status\n", "verbs=strat\n")
        code, text = self.reread("boss")
        self.assertEqual(code, 92)
        self.assertIn("names unknown verb strat", text)
        self.assertEqual(self.reread("ci"), (92, "CANT_REREAD: the configuration has an error; the daemon's log has it"))
        self.daemon.wait_for("names unknown verb strat")
        anna = xmlrpc.client.ServerProxy(f"http://anna:anna-pw@127.0.0.1:{self.port}/RPC2")
        self.assertEqual(len(anna.supervisor.getAllProcessInfo()), 6)

    def test_what_the_reader_may_see_of_it(self):  # 74
        self.replace("[program:web]\n", "[program:web]\nstopwaitsecs=7\n")
        self.replace("[program:secret]\n", "[program:secret]\nstopwaitsecs=7\n")
        self.assertEqual(self.reread("ci"), [[[], ["web"], []]])
        self.assertEqual(self.reread("boss"), [[[], ["secret", "web"], []]])

    def test_on_and_off_take_a_restart(self):
        with open(self.daemon.config) as f:
            text = f.read()
        without = re.sub(r"(?s)\[role:webops\].*?(?=\[program:web\])", "", text).replace("max_roles=viewer\n", "")
        with open(self.daemon.config, "w") as f:
            f.write(without)
        self.assertEqual(over_unix(os.path.join(self.daemon.dir, "S")).supervisor.reloadConfig(), [[[], [], []]])
        self.daemon.wait_for("access control is off in the files and on here: restart to change that")
        self.assertEqual(fault_of(xmlrpc.client.ServerProxy(f"http://127.0.0.1:{self.port}/RPC2").supervisor.getState), 401)


class Anonymous(unittest.TestCase):
    def test_viewer_for_whoever_comes(self):  # 26, 27, 2
        port, closed = free_port(), free_port()
        with Daemon(f"[inet_http_server]\nport=127.0.0.1:{port}\nanonymous=viewer\n"
                    f"[inet_http_server2]\nport=127.0.0.1:{closed}\n"
                    "[unix_http_server]\nfile={dir}/S\nchmod=0777\nanonymous=admin\n" + PROGRAMS + """
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
""") as daemon:
            daemon.wait_for("success: p2 entered RUNNING")
            proxy = xmlrpc.client.ServerProxy(f"http://127.0.0.1:{port}/RPC2")
            self.assertEqual(len(proxy.supervisor.getAllProcessInfo()), 7)
            self.assertEqual(fault_of(lambda: proxy.supervisor.stopProcess("db")),
                             (403, "NOT_PERMITTED: anonymous may not stop db"))
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            connection.request("GET", "/")
            page = connection.getresponse().read().decode()
            self.assertNotIn("action=stop", page.split("<template")[0])
            self.assertEqual(fault_of(xmlrpc.client.ServerProxy(f"http://127.0.0.1:{closed}/RPC2").supervisor.getState), 401)
            path = os.path.join(daemon.dir, "S")
            self.assertEqual(in_user(STRANGER, [STRANGER], lambda: over_unix(path).supervisor.stopProcess("db")), "True")


class Acts(unittest.TestCase):
    def test_a_restart_is_not_cut_in_two_by_who_hangs_up(self):
        port = free_port()
        with Daemon(f"[inet_http_server]\nport=127.0.0.1:{port}\n[role:r]\nverbs=restart\nprograms=slow\n"
                    "[user:ann]\npassword=ann-pw\nroles=r\n[program:slow]\n"
                    "command=/bin/sh -c 'trap \"while ! [ -e {dir}/go ]; do sleep 0.01; done; exit 0\" TERM; "
                    "while :; do sleep 0.01; done'\nstartsecs=0\nautorestart=false\n") as daemon:
            daemon.wait_for("success: slow entered RUNNING")
            body = json.dumps({"action": "restart", "names": ["slow"]})
            with socket.create_connection(("127.0.0.1", port), PATIENCE) as s:
                s.sendall((f"POST /api/v1/actions HTTP/1.1\r\nHost: x\r\nAuthorization: {basic('ann', 'ann-pw')}\r\n"
                           f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
                daemon.wait_for("waiting for slow to stop")
            daemon.write("go", "")
            daemon.wait_for("success: slow entered RUNNING", 2)

    def test_groups_without_processes(self):
        with Daemon("[unix_http_server]\nfile={dir}/S\nchmod=0777\n[role:see]\nverbs=status\nprograms=*\n[role:void]\n"
                    f"verbs=update\nprograms=none\n[user:one]\nunixuser={CARL}\nroles=see\n[user:two]\nunixuser={OPS}\n"
                    "roles=void\n[group:none]\nprograms=\n[rpcinterface:supervisor]\n"
                    "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n") as daemon:
            daemon.wait_for("supervisord started with pid")
            path = os.path.join(daemon.dir, "S")

            def call(uid, method):
                return in_user(uid, [uid], lambda: fault_of(lambda: getattr(over_unix(path).supervisor, method)("none")))
            self.assertEqual(call(CARL, "removeProcessGroup"), "(403, 'NOT_PERMITTED: one may not update none')")
            self.assertEqual(call(CARL, "addProcessGroup"), "(403, 'NOT_PERMITTED: one may not update none')")
            self.assertEqual(call(OPS, "removeProcessGroup"), "True")
            self.assertEqual(call(OPS, "addProcessGroup"), "True")


class Guessing(unittest.TestCase):
    def test_too_many_wrong_passwords(self):  # 101, 106
        port = free_port()
        with Daemon(f"[inet_http_server]\nport=127.0.0.1:{port}\n[unix_http_server]\nfile={{dir}}/S\n[user:anna]\n"
                    "password=anna-pw\nroles=admin\n[rpcinterface:supervisor]\n"
                    "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n") as daemon:
            daemon.wait_for("supervisord started with pid")
            path = os.path.join(daemon.dir, "S")
            for _ in range(11):
                self.assertEqual(fault_of(over_unix(path, [("Authorization", basic("anna", "x"))]).supervisor.getState), 401)

            def ask(password):
                with socket.create_connection(("127.0.0.1", port), PATIENCE) as s:
                    s.sendall(f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: {basic('anna', password)}\r\n\r\n".encode())
                    text = b""
                    while block := s.recv(4096):
                        text += block
                    return text.decode()
            codes = {ask("wrong").split(" ")[1] for _ in range(10)}
            self.assertEqual(codes, {"401"})
            for other in ("Bearer trp_x", "Digest x"):  # of no use, and not for the log each time
                with socket.create_connection(("127.0.0.1", port), PATIENCE) as s:
                    s.sendall(f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: {other}\r\n\r\n".encode())
                    self.assertIn(b" 429 ", s.recv(100))
            refused = ask("anna-pw")
            self.assertIn(" 429 Too Many Requests\r\n", refused)
            self.assertIn("\r\nRetry-After: 30\r\n", refused)
            daemon.wait_for("too many failed sign-ins from 127.0.0.1")


class Off(unittest.TestCase):
    def test_as_ever(self):  # 1
        with Daemon("[unix_http_server]\nfile={dir}/S\n[rpcinterface:supervisor]\n"
                    "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n") as daemon:
            daemon.wait_for("supervisord started with pid")
            proxy = over_unix(os.path.join(daemon.dir, "S"))
            self.assertEqual(len(proxy.system.listMethods()), 41)
            self.assertEqual(fault_of(proxy.access.whoami), (1, "UNKNOWN_METHOD"))
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(os.path.join(daemon.dir, "S"))
                s.sendall(b"GET / HTTP/1.0\r\n\r\n")
                text = b""
                while block := s.recv(65536):
                    text += block
            self.assertIn(b" 200 OK\r\n", text)
            for new in (b"Troupe-Request", b"no-store", b"Set-Cookie"):
                self.assertNotIn(new, text)


if __name__ == "__main__":
    if os.getuid() != 0:
        print("needs root, to be somebody else", file=sys.stderr)
        sys.exit(77)
    unittest.main()
