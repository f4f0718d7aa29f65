"""Every door of docs/contract/access.md, 2.5, as every kind of caller, over every transport that can prove him: allowed,
denied or hidden as a second implementation of 2.2 says, which reads roles and doors from the contract itself (12.6).
What a door does besides is other tests' matter."""
import http.client
import json
import os
import re
import shutil
import socket
import sys
import tempfile
import unittest
import urllib.parse
import xmlrpc.client

import access_test
from access_test import CARL, OPS, OPS_GROUPS, basic, in_user, over_unix
from support import PATIENCE, ROOT, Daemon, free_port, wait_until
from tls_test import Authority, connect, tls_server

PROGRAMS = {"web:web_00": "web", "web:web_01": "web", "cron": "cron", "db": "db", "secret": "secret",
            "pair:p1": "p1", "pair:p2": "p2"}
LABELS = {"web": ["front"], "db": ["back"]}
GROUPS = {"web": ["web:web_00", "web:web_01"], "secret": ["secret"]}
CARDS = ("anna", "hugo", "ci")  # who has a certificate, too
CONTRACT = os.path.join(ROOT, "docs", "contract", "access.md")


# -- a second implementation of 2.2 ------------------------------------------------------------------

def contract(begin, end):
    with open(CONTRACT) as f:
        return f.read().split(begin)[1].split(end)[0]


def built_in_roles():
    """{name: verbs} of 1.4; a role may name another."""
    text = re.search(r"Built in, not to be defined.*?: (.*?)\. Rights", contract("### 1.4", "### 1.5"), re.S).group(1)
    found = {}
    for name, verbs in re.findall(r"\*\*(\w+)\*\* ([^;]*)", text):
        words = re.findall(r"\w+", verbs.replace(" and ", " "))
        found[name] = {v for w in words for v in (found[w] if w in found else [w])}
    return {name: (verbs, ["*"]) for name, verbs in found.items()}


def configured():
    """Roles {name: (verbs, patterns)} and users {name: roles} of the fixture."""
    roles, users, into = built_in_roles(), {}, None
    for line in access_test.USERS.split("\n"):
        if line.startswith("["):
            kind, name = line.strip("[]").split(":")
            into = kind, name
            if kind == "role":
                roles[name] = (set(), [])
            else:
                users[name] = []
        elif "=" in line:
            key, items = line.split("=", 1)[0], [i.strip() for i in line.split("=", 1)[1].split(",")]
            if into[0] == "role" and key == "verbs":
                roles[into[1]] = (set(items), roles[into[1]][1])
            elif into[0] == "role" and key == "programs":
                roles[into[1]] = (roles[into[1]][0], items)
            elif key == "roles":
                users[into[1]] = items
    users["adm"] = ["admin"]
    return roles, users


ROLES, USERS = configured()
DAEMON_RIGHTS = {"mainlog", "publish", "shutdown", "token", "admin"}
EVERYTHING = {"status", "start", "stop", "restart", "signal", "tail", "clear", "stdin", "update", "config", "events",
              "metrics"} | DAEMON_RIGHTS


def holds(patterns, process):
    group = process.split(":")[0]
    section = PROGRAMS[process]

    def fits(pattern):
        if pattern.startswith("@"):
            return pattern[1:] in LABELS.get(section, [])
        if ":" in pattern:
            g, p = pattern.split(":")
            return g == group and p in ("", "*", process.split(":")[-1])
        return pattern in ("*", section)
    return (any(fits(p) for p in patterns if not p.startswith("!")) and
            not any(fits(p[1:]) for p in patterns if p.startswith("!")))


def closure(rights):
    rights = set(rights)
    if "admin" in rights or "everything" in rights:
        return set(EVERYTHING)
    if "update" in rights:
        rights |= {"start", "stop", "restart"}
    if {"start", "stop"} <= rights:
        rights.add("restart")
    if {r.split(":")[0] for r in rights} - DAEMON_RIGHTS:
        rights.add("status")
    return rights


def mask(layers, process):
    kept = None
    for layer in layers:
        given = closure({v for role in layer for v in ROLES[role][0] if holds(ROLES[role][1], process)})
        kept = given if kept is None else kept & given
    return (kept or set()) - DAEMON_RIGHTS


def over_the_daemon(layers):
    kept = None
    for layer in layers:
        given = closure({v for role in layer for v in ROLES[role][0]
                         if v == "token" or ROLES[role][1] == ["*"]}) & DAEMON_RIGHTS
        kept = given if kept is None else kept & given
    return kept or set()


def verdict(layers, right, target):
    """a, d or h; `target`: a process, a group, or all."""
    if right in DAEMON_RIGHTS:
        return "a" if right in over_the_daemon(layers) else "d"
    members = GROUPS[target] if target in GROUPS else [target] if target in PROGRAMS else list(PROGRAMS)
    masks = [mask(layers, m) for m in members]
    if any(right in m for m in masks):
        return "a"
    return "d" if target == "all" or any(masks) else "h"


# -- the doors of 2.5 --------------------------------------------------------------------------------

def of_fault(code):
    return {403: "d", 10: "h"}.get(code, "a")


class Door:
    """One request and what its answer comes to."""
    def __init__(self, what, right, target, method, path, body="", kind="text/plain", read=None):
        self.what, self.right, self.target = what, right, target
        self.method, self.path, self.body, self.kind = method, path, body, kind
        self.read = read or (lambda status, text, location: {403: "d", 404: "h"}.get(status, "a"))


def read_rpc(status, text, _):
    if status != 200:
        return f"HTTP {status}"
    try:
        value = xmlrpc.client.loads(text)[0][0]
    except xmlrpc.client.Fault as f:
        return of_fault(f.faultCode)
    return of_fault(value[0]["faultCode"]) if value and isinstance(value, list) and isinstance(value[0], dict) and \
        "faultCode" in value[0] else "a"


def read_json(status, text, _):
    told = json.loads(text)
    return of_fault(told["fault"]["code"]) if "fault" in told else "a" if status == 200 else f"HTTP {status}"


def read_action(status, _, location):
    if status == 403:
        return "d"
    said = urllib.parse.unquote(location or "")
    return "d" if "You may not" in said else "h" if "No such process named" in said else "a" if location else status


def rpc(right, target, method, params):
    path = "/RPC2/troupe" if method.startswith("troupe.") else "/RPC2"
    yield Door(method, right, target, "POST", path, xmlrpc.client.dumps(tuple(params), method), "text/xml", read_rpc)
    if method != "system.multicall":
        inner = [{"methodName": method, "params": list(params)}]
        yield Door("multicall of " + method, right, target, "POST", path,
                   xmlrpc.client.dumps((inner,), "system.multicall"), "text/xml", read_rpc)
        yield Door("call/" + method, right, target, "POST", "/api/v1/call/" + method, json.dumps(list(params)),
                   "application/json", read_json)


# What each method of 2.5 is asked with: the kind of its target, and the rest of its arguments. None: it is not asked
# here, because it ends the daemon, or needs nothing.
PROCESS, GROUP, ALL, LIST, DAEMON = "process", "group", "all", "list", "daemon"
METHODS = {
    "getProcessInfo": (PROCESS,), "getAllProcessInfo": None, "troupe.getDeaths": (PROCESS,), "troupe.why": (PROCESS,),
    "troupe.getProcessDetails": (PROCESS,),
    "troupe.getHistory": None,  # tests/history_test.py
    "startProcess": (PROCESS, False), "startProcessGroup": (GROUP, False), "startAllProcesses": (ALL, False),
    "stopProcess": (PROCESS, False), "stopProcessGroup": (GROUP, False), "stopAllProcesses": (ALL, False),
    "access.restartProcess": (PROCESS, False),
    "troupe.startAlone": (PROCESS, False), "troupe.stopTree": (PROCESS, False), "troupe.restartTree": (PROCESS, False),
    "troupe.killProcess": (PROCESS, False),
    "troupe.hupProcess": None,  # signal:HUP is enough: tests/rolling_test.py
    "troupe.restartRolling": None, "troupe.getRollout": None, "troupe.abortRollout": None,  # likewise
    "troupe.disable": (DAEMON, []), "troupe.enable": (DAEMON, []),
    "troupe.graph": None,  # tests/dependencies_test.py
    "troupe.plan": None, "troupe.apply": None, "troupe.scale": None, "troupe.resetScale": None,  # tests/update_test.py
    "troupe.getUpdate": None,  # whoever has begun it: tests/update_watch_test.py
    "signalProcess": (PROCESS, "TERM"), "signalProcessGroup": (GROUP, "TERM"), "signalAllProcesses": (ALL, "TERM"),
    "readProcessLog": (PROCESS, 0, 1), "readProcessStdoutLog": (PROCESS, 0, 1), "readProcessStderrLog": (PROCESS, 0, 1),
    "tailProcessLog": (PROCESS, 0, 1), "tailProcessStdoutLog": (PROCESS, 0, 1), "tailProcessStderrLog": (PROCESS, 0, 1),
    "clearProcessLog": (PROCESS,), "clearProcessLogs": (PROCESS,), "clearAllProcessLogs": (ALL,),
    "sendProcessStdin": (PROCESS, ""),
    "reloadConfig": (LIST,), "addProcessGroup": (GROUP,), "removeProcessGroup": (GROUP,),
    "getAllConfigInfo": (LIST,),
    "readLog": (DAEMON, 0, 1), "readMainLog": (DAEMON, 0, 1),
    "sendRemoteCommEvent": (DAEMON, "a", "b"), "shutdown": None, "restart": None,
    "access.createToken": (DAEMON,), "clearLog": (DAEMON,), "access.explain": (DAEMON, "anna", "stop", "db"),
    "troupe.upgrade": None,  # tests/upgrade_test.py
}


def rights_of_methods():
    """{method: right} of the contract's table, but for what everybody known may call."""
    found = {}
    for line in contract("### 2.5", "\n`access.*`").splitlines():
        cells = [c.strip() for c in line.strip("|").split("|")]
        if len(cells) < 3 or cells[0] in ("Right", "---", "public", "known", "`NS.METHOD`"):
            continue
        rights = cells[0].split("; ")
        for at, part in enumerate(cells[1].split("; ")):
            for method in re.findall(r"[a-z]+\.[a-zA-Z]+|\b[a-z]+[A-Z]\w+|\bshutdown\b|\brestart\b(?=`)", part):
                found[method] = rights[min(at, len(rights) - 1)]
    return found


def doors(layers):
    rights = rights_of_methods()
    for method, asked in METHODS.items():
        full = method if "." in method else "supervisor." + method
        if asked is None:
            # what ends the daemon is asked of those only who may not
            if method in ("shutdown", "restart") and verdict(layers, "shutdown", "") == "d":
                yield from rpc("shutdown", "", full, [])
            if method == "troupe.upgrade" and verdict(layers, "admin", "") == "d":
                yield from rpc("admin", "", full, [])
            continue
        kind, *rest = asked
        targets = {PROCESS: ("web:web_00", "secret"), GROUP: ("web", "secret"), ALL: ("all",), LIST: ("all",),
                   DAEMON: ("",)}[kind]
        for target in targets:
            yield from rpc(rights[method], target, full, ([] if kind in (ALL, LIST, DAEMON) else [target]) + rest)
    for target in ("web:web_00", "secret"):
        name = urllib.parse.quote(target)
        for verb in ("start", "stop", "restart", "clear", "signal"):
            body = {"action": verb, "names": [target], "wait": False, **({"signal": "TERM"} if verb == "signal" else {})}
            yield Door("actions " + verb, verb, target, "POST", "/api/v1/actions", json.dumps(body), "application/json",
                       lambda status, text, _: of_fault(json.loads(text)["results"][0]["status"]))
            action = "clearlog" if verb == "clear" else verb
            for form in (f"action={action}&processname={name}&signal=TERM&confirmed=yes",
                         *([f"action={verb}selected&select={name}&confirmed=yes"] if verb != "signal" else [])):
                yield Door(form, verb, target, "POST", "/index.html", form, "application/x-www-form-urlencoded",
                           read_action if "processname" in form else read_selected(target))
        yield Door("logtail", "tail", target, "GET", "/logtail/" + name)
        yield Door("tail.html", "tail", target, "GET", "/tail.html?processname=" + name,
                   read=lambda status, text, _: "d" if status == 403 else "h" if "BAD_NAME" in text else "a")
        yield Door("api log", "tail", target, "GET", "/api/v1/log/" + name)
        yield Door("api processes", "status", target, "GET", "/api/v1/processes/" + name)
        yield Door("api deaths", "status", target, "GET", f"/api/v1/processes/{name}/deaths")
    yield Door("api events", "events", "all", "GET", "/api/v1/events")
    yield Door("metrics", "metrics", "all", "GET", "/metrics")
    yield Door("mainlogtail", "mainlog", "", "GET", "/mainlogtail")
    yield Door("api mainlog", "mainlog", "", "GET", "/api/v1/mainlog")
    yield Door("config/reread", "update", "all", "POST", "/api/v1/config/reread", "{}", "application/json", read_json)


def read_selected(target):
    def read(status, _, location):
        said = urllib.parse.unquote(location or "")
        if "NOT_PERMITTED" in said or status == 403:
            return "d"
        return "h" if "BAD_NAME" in said else "a" if location else status
    return read


def rows(ask):
    """The names in each list, by the right that shows them."""
    _, text, _ = ask("GET", "/api/v1/status")
    found = {"api status": ("status", {r["name"] for r in json.loads(text)["processes"]})}
    found["may"] = ("status", {r["name"] for r in json.loads(text)["processes"] if "status" in r["may"]})
    for right in ("start", "stop", "restart", "tail", "clear", "signal"):
        found["may " + right] = (right, {r["name"] for r in json.loads(text)["processes"] if right in r["may"]})
    _, text, _ = ask("POST", "/RPC2", xmlrpc.client.dumps((), "supervisor.getAllProcessInfo"), "text/xml")
    infos = xmlrpc.client.loads(text)[0][0]
    found["getAllProcessInfo"] = ("status", {i["name"] if i["group"] == i["name"] else f"{i['group']}:{i['name']}"
                                             for i in infos})
    _, text, _ = ask("GET", "/")
    found["page"] = ("status", set(re.findall(r'<tr class="row" data-name="([^"]+)"', text)))
    return found


# -- transports --------------------------------------------------------------------------------------

def asker(connect, headers):
    """ask(method, path, body, kind) -> status, text, Location; of a stream its head alone."""
    def ask(method, path, body="", kind="text/plain"):
        connection = http.client.HTTPConnection("localhost", timeout=PATIENCE)
        connection.sock = connect()
        sent = {**headers, **({"Content-Type": kind} if method == "POST" else {})}
        connection.request(method, path, body if method == "POST" else None, sent)
        answer = connection.getresponse()
        streams = answer.status == 200 and (path.startswith(("/logtail", "/mainlogtail")) or path == "/api/v1/events")
        text = "" if streams else answer.read().decode()
        connection.close()
        return answer.status, text, answer.getheader("Location")
    return ask


def unix(path):
    def connect():
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(PATIENCE)
        s.connect(path)
        return s
    return connect


def tcp(port):
    return lambda: socket.create_connection(("127.0.0.1", port), PATIENCE)


class Matrix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.port, cls.old_port = free_port(), free_port()
        cls.tls_port = free_port()
        cls.folder = tempfile.mkdtemp(prefix="troupe-matrix-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        os.chmod(cls.folder, 0o755)
        cls.ca = Authority(cls.folder)
        holders = "".join(f"[user:{user}-card]\ntls_cn={user}.example\nroles={','.join(USERS[user])}\n" for user in CARDS)
        cls.daemon = Daemon("[access]\ntoken_file={dir}/tokens\n" + holders + tls_server(
            cls.tls_port, *cls.ca.issue("server"), f"tls_client_ca={cls.ca.cert}", "inet_http_server_t") + access_test.servers(cls.port, cls.old_port) + access_test.USERS + access_test.PROGRAMS)
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.s, cls.l = os.path.join(cls.daemon.dir, "S"), os.path.join(cls.daemon.dir, "L")
        cls.daemon.wait_for("success: p2 entered RUNNING")
        wait_until(lambda: len(over_unix(cls.s).supervisor.getAllProcessInfo()) == 7, "all of them")

    def judge(self, who, layers, ask):
        """Every door once; how many were asked."""
        asked = 0
        for door in doors(layers):
            status, text, location = ask(door.method, door.path, door.body, door.kind)
            came = door.read(status, text, location)
            by_token = "by a token" in who and door.right == "token"  # no token makes another
            self.assertEqual(came, "d" if by_token else verdict(layers, door.right, door.target),
                             f"{who}: {door.what} of {door.target}: {status} {text[:300]} {location}")
            asked += 1
            if "removeProcessGroup" in door.what and came == "a":  # it may have been stopped
                access_test.fault_of(lambda: over_unix(self.s).supervisor.addProcessGroup(door.target))
        for what, (right, names) in rows(ask).items():
            self.assertEqual(names, {p for p in PROGRAMS if right in mask(layers, p)}, f"{who}: {what}")
            asked += 1
        return asked

    def of_peer(self, uid, gids, path, who, layers):
        """The same, asked by a process of that user."""
        text = in_user(uid, gids, lambda: self.judge(who, layers, asker(unix(path), {})))
        self.assertTrue(text.isdigit(), text)
        return int(text)

    def test_all_methods_are_asked(self):
        rights = rights_of_methods()
        self.assertEqual(set(rights), set(METHODS))
        self.assertEqual(rights["signalProcess"], "signal")
        self.assertEqual((rights["sendRemoteCommEvent"], rights["shutdown"], rights["restart"]),
                         ("publish", "shutdown", "shutdown"))

    def test_the_second_implementation_is_that_of_the_contract(self):
        heads = "adm ops vera anna carl hugo prom nil".split()
        seen = 0
        for line in contract("### 12.6 The matrix", "Lists (").splitlines():
            cells = [c.strip() for c in line.strip("|").split("|")]
            for at in range(0, len(cells), len(heads) + 2):
                if not cells[at].isdigit() or cells[at + 1].startswith("signal"):
                    continue
                right = cells[at + 1]
                for user, cell in zip(heads, cells[at + 2:]):
                    layers = [["operator"] if user == "ops" else USERS[user]]
                    for target, wanted in zip(("web:web_00", "secret"), cell.split("/")):
                        self.assertEqual(verdict(layers, right, target), wanted, f"{right} {user} {target}")
                        seen += 1
        self.assertEqual(seen, 8 * (2 * 11 + 5))

    def test_passwords_over_tcp(self):
        asked = 0
        for user in ("vera", "anna", "hugo", "prom", "nil", "op", "ci"):
            headers = {"Authorization": basic(user, user + "-pw")}
            asked += self.judge(user, [USERS[user]], asker(tcp(self.port), headers))
        asked += self.judge("boss", [["admin"]], asker(tcp(self.old_port), {"Authorization": basic("boss", "boss-pw")}))
        self.assertGreater(asked, 8 * 150)

    def test_passwords_over_a_socket(self):
        for user in ("vera", "anna", "hugo"):
            headers = {"Authorization": basic(user, user + "-pw")}
            self.judge(user, [USERS[user]], asker(unix(self.s), headers))
            self.judge(user + " over L", [USERS[user], ["viewer"]], asker(unix(self.l), headers))

    def token(self, user, roles=None):
        """An Authorization header; made by root for that user."""
        wish = {"user": user, **({"roles": roles} if roles is not None else {})}
        return {"Authorization": "Bearer " + over_unix(self.s).access.createToken(wish)["token"]}

    def test_tokens(self):
        for user in ("vera", "anna", "carl", "prom", "ci", "nil"):
            self.judge(user + " by a token", [USERS[user]], asker(tcp(self.port), self.token(user)))
            headers = self.token(user, ["bouncer"])
            self.judge(user + " by a token for less", [USERS[user], ["bouncer"]], asker(tcp(self.port), headers))
        headers = self.token("op", ["operator", "hup"])
        self.judge("op by a token over L", [USERS["op"], ["operator", "hup"], ["viewer"]], asker(unix(self.l), headers))

    def test_cookies(self):
        """What a session opens, as passwords do; where scripts ask, a cookie is no proof."""
        for user in ("vera", "anna", "op", "nil"):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            connection.request("POST", "/api/v1/session", json.dumps({"user": user, "password": user + "-pw"}),
                               {"Content-Type": "application/json"})
            answer = connection.getresponse()
            cookie = answer.getheader("Set-Cookie").split(";")[0]
            headers = {"Cookie": cookie, "X-Troupe-Token": json.loads(answer.read())["token"],
                       "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
            connection.close()
            ask = asker(tcp(self.port), headers)
            elsewhere = asker(tcp(self.port), {"Authorization": basic(user, user + "-pw")})

            def by_cookie(method, path, body="", kind="text/plain"):
                if not path.startswith(("/RPC2", "/logtail", "/mainlogtail")):
                    return ask(method, path, body, kind)
                self.assertEqual(ask(method, path, body, kind)[0], 401, path)
                return elsewhere(method, path, body, kind)
            self.judge(user + " with a cookie", [USERS[user]], by_cookie)

    def test_certificates(self):
        for user in CARDS:
            card = self.ca.issue(user, f"/CN={user}.example", purpose="clientAuth")
            context = self.ca.client_context(card)
            self.judge(user + " with a certificate", [USERS[user]], asker(lambda: connect(self.tls_port, context), {}))

    def test_peers(self):
        self.of_peer(CARL, [CARL], self.s, "carl", [USERS["carl"]])
        self.of_peer(CARL, [CARL], self.l, "carl over L", [USERS["carl"], ["viewer"]])
        self.of_peer(OPS, OPS_GROUPS, self.s, "ops", [["operator"]])
        self.judge("root over L", [["admin"], ["viewer"]], asker(unix(self.l), {}))
        self.judge("root", [["admin"]], asker(unix(self.s), {}))

    def test_nobody(self):
        ask = asker(tcp(self.port), {})
        for door in doors([]):
            self.assertEqual(ask(door.method, door.path, door.body, door.kind)[0], 401, door.what)


if __name__ == "__main__":
    if os.getuid() != 0:
        print("needs root, to be somebody else", file=sys.stderr)
        sys.exit(77)
    unittest.main()
