"""Signing in by form, as a browser and as those who would abuse one: cookies, pages' tokens, forms of 401, what ends a
session. Numbers are those of docs/contract/access.md, 12. The rules and programs are those of access_test.py; the
clients are Python's http.client and plain sockets."""
import base64
import http.client
import json
import os
import re
import socket
import unittest
import urllib.parse
import xmlrpc.client

import access_test
from access_test import basic, over_unix
from support import PATIENCE, Daemon, free_port, wait_until

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SHOWN = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
NAVIGATES = {"User-Agent": FIREFOX, "Accept": SHOWN, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}
FETCHES = {"User-Agent": FIREFOX, "Accept": "*/*", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}
WRONG = "Name or password is wrong."


class Answer:
    def __init__(self, got):
        self.status, self.headers, self.text = got.status, got.headers, got.read().decode()

    @property
    def json(self):
        return json.loads(self.text)


def ask(port, method, path, headers=(), body=None, source=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE,
                                            source_address=(source, 0) if source else None)
    try:
        connection.request(method, path, body, dict(headers))
        return Answer(connection.getresponse())
    finally:
        connection.close()


class Browser:
    """As far as a daemon can tell: it keeps cookies, and says what its requests are."""

    def __init__(self, port, source=None):
        self.port, self.source, self.cookies = port, source, {}

    def ask(self, method, path, marks, body=None, **more):
        headers = dict(marks, **more)
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = ask(self.port, method, path, headers, body, self.source)
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, value = cookie.split(";")[0].split("=", 1)
            if "Max-Age=0" in cookie:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return answer

    def open(self, path):
        return self.ask("GET", path, NAVIGATES)

    def fetch(self, path, method="GET", body=None, **headers):
        return self.ask(method, path, FETCHES, body, **{name.replace("_", "-"): value for name, value in headers.items()})

    def submit(self, path, fields, **headers):
        return self.ask("POST", path, NAVIGATES, urllib.parse.urlencode(fields), **headers)

    def sign_in(self, user, password=None, next="index.html"):
        return self.submit("/signin.html", {"user": user, "password": password or user + "-pw", "next": next})

    @property
    def token(self):
        return self.fetch("/api/v1/token").json["token"]

    @property
    def who(self):
        answer = self.fetch("/api/v1/call/access.whoami", "POST", "[]", X_Troupe_Token=self.token)
        return answer.json["result"]["user"], answer.json["result"]["how"]

    @property
    def signed_in(self):
        return self.fetch("/api/v1/status").status == 200


class Sessions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.port, cls.old_port = free_port(), free_port()
        cls.daemon = Daemon(access_test.servers(cls.port, cls.old_port) + access_test.USERS + access_test.PROGRAMS)
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.s = os.path.join(cls.daemon.dir, "S")
        cls.daemon.wait_for("success: p2 entered RUNNING")
        wait_until(lambda: len(over_unix(cls.s).supervisor.getAllProcessInfo()) == 7, "all of them")

    def browser(self, user=None, source=None):
        made = Browser(self.port, source)
        if user:
            self.assertEqual(made.sign_in(user).status, 303)
        return made

    # -- signing in --------------------------------------------------------------------------------

    def test_from_the_form_to_the_end(self):
        anna = self.browser()
        sent = anna.open("/")
        self.assertEqual((sent.status, sent.headers["Location"]), (303, "signin.html?next=index.html"))
        form = anna.open("/signin.html?next=index.html")
        self.assertEqual(form.status, 200)
        self.assertRegex(form.text, '(?s)<form method="post" action="signin.html".*name="user".*name="password"')
        self.assertNotRegex(form.text, r'class="where"|version|[0-9]\.[0-9]')  # of which machine, and of what
        answer = anna.sign_in("anna")
        self.assertEqual((answer.status, answer.headers["Location"]), (303, "index.html"))
        page = anna.open("/index.html")
        self.assertEqual(page.status, 200)
        self.assertIn("web_00", page.text)
        self.assertNotIn("secret", page.text)
        self.assertEqual(anna.who, ("anna", "session"))
        out = anna.submit("/signout", {"token": anna.token})
        self.assertEqual((out.status, out.headers["Location"]), (303, "signin.html"))
        self.assertEqual(anna.open("/").status, 303)

    def test_the_cookie(self):  # 111
        answer = self.browser().sign_in("anna")
        self.assertRegex(answer.headers["Set-Cookie"],
                         f"^troupe_{self.port}=[A-Za-z0-9_-]{{43}}; Path=/; HttpOnly; SameSite=Strict$")
        self.assertEqual(len(answer.headers.get_all("Set-Cookie")), 1)

    def test_for_scripts(self):
        answer = ask(self.port, "POST", "/api/v1/session", (), json.dumps({"user": "anna", "password": "anna-pw"}))
        self.assertEqual((answer.status, sorted(answer.json)), (200, ["expires", "token", "user"]))
        cookie = answer.headers["Set-Cookie"].split(";")[0]
        acts = {"Cookie": cookie, "X-Troupe-Token": answer.json["token"], "Origin": f"http://127.0.0.1:{self.port}"}
        got = ask(self.port, "POST", "/api/v1/call/access.whoami", acts, "[]")
        self.assertEqual(got.json["result"]["how"], "session")
        wrong = ask(self.port, "POST", "/api/v1/session", (), json.dumps({"user": "anna", "password": "no"}))
        self.assertEqual((wrong.status, wrong.json), (401, {"error": WRONG}))
        for body in ("", "[]", "{", '{"user":"anna"}', '{"user":"anna","password":7}'):
            self.assertEqual(ask(self.port, "POST", "/api/v1/session", (), body).status, 400, body)

    def test_whatever_is_wrong_the_answer_is_the_same(self):  # 112
        def refused(user, password):
            answer = Browser(self.port, "127.0.0.3").sign_in(user, password)
            self.assertEqual((answer.status, answer.headers["Set-Cookie"]), (401, None))
            self.assertNotIn("Basic", answer.headers["WWW-Authenticate"])
            return answer.text

        first = refused("anna", "wrong")
        self.assertIn(WRONG, first)
        for user, password in (("nobody", "wrong"), ("prom", "x"), ("anna", "anna-pw\0x"), ("anna", "a" * 513)):
            self.assertEqual(refused(user, password), first)

    def test_too_many_attempts(self):  # 101, 102
        guesser, known = Browser(self.port, "127.0.0.4"), self.browser("vera", "127.0.0.4")
        for _ in range(10):
            self.assertEqual(guesser.sign_in("anna", "wrong").status, 401)
        answer = guesser.sign_in("anna", "anna-pw")
        self.assertEqual(answer.status, 429)
        self.assertTrue(answer.headers["Retry-After"].isdigit())
        self.assertTrue(known.signed_in)

    def test_signing_in_from_elsewhere(self):  # 113
        form = urllib.parse.urlencode({"user": "anna", "password": "anna-pw"})
        for marks in ({"Origin": "https://evil.example"}, {"User-Agent": FIREFOX}, {"Sec-Fetch-Site": "cross-site"},
                      {"Sec-Fetch-Site": "none"}, {"Cookie": "x=y"}):
            answer = ask(self.port, "POST", "/signin.html", marks, form)
            self.assertEqual((answer.status, answer.headers["Set-Cookie"]), (403, None), marks)
            body = json.dumps({"user": "anna", "password": "anna-pw"})
            self.assertEqual(ask(self.port, "POST", "/api/v1/session", marks, body).status, 403, marks)

    def test_where_it_goes_on(self):  # 114
        for wanted, where in (("//evil", "index.html"), ("https://evil", "index.html"), ("/\\evil", "index.html"),
                              ("javascript:x", "index.html"), ("account.html", "account.html"),
                              ("tail.html?processname=web%3Aweb_00", "tail.html?processname=web%3Aweb_00"),
                              ("index.html\r\nX: y", "index.html")):
            answer = self.browser().sign_in("vera", next=wanted)
            self.assertEqual((answer.status, answer.headers["Location"]), (303, where), wanted)

    def test_large_sign_ins(self):  # 124
        body = urllib.parse.urlencode({"user": "anna", "password": "x" * 5000})
        self.assertEqual(ask(self.port, "POST", "/signin.html", {}, body).status, 413)
        pieces = (body[i:i + 512].encode() for i in range(0, len(body), 512))
        self.assertEqual(ask(self.port, "POST", "/signin.html", {}, pieces).status, 413)

    def test_planted_ids(self):  # 215
        planted = "A" * 43
        fresh = Browser(self.port)
        fresh.cookies[f"troupe_{self.port}"] = planted
        fresh.sign_in("anna")
        self.assertNotEqual(fresh.cookies[f"troupe_{self.port}"], planted)
        thief = self.browser("vera")  # his own session, planted in another browser
        victim = Browser(self.port)
        victim.cookies.update(thief.cookies)
        victim.sign_in("anna")
        self.assertEqual(victim.who[0], "anna")
        self.assertFalse(thief.signed_in)

    def test_the_old_account_signs_in_on_its_server_only(self):
        boss = Browser(self.old_port)
        boss.sign_in("boss")
        self.assertEqual(boss.who, ("boss", "session"))
        elsewhere = Browser(self.port)
        elsewhere.cookies[f"troupe_{self.port}"] = boss.cookies[f"troupe_{self.old_port}"]
        self.assertFalse(elsewhere.signed_in)
        self.assertEqual(elsewhere.sign_in("boss").status, 401)

    # -- what a cookie proves ----------------------------------------------------------------------

    def test_authorization_comes_first(self):  # 99
        vera = self.browser("vera")
        name = vera.fetch("/api/v1/call/access.whoami", "POST", "[]", Authorization=basic("anna", "anna-pw"),
                          X_Troupe_Token=ask(self.port, "GET", "/api/v1/token",
                                             {"Authorization": basic("anna", "anna-pw")}).json["token"])
        self.assertEqual(name.json["result"]["user"], "anna")
        self.assertEqual(vera.fetch("/api/v1/status", Authorization=basic("anna", "wrong")).status, 401)

    def test_not_where_scripts_come(self):  # 118
        anna = self.browser("anna")
        for method, path in (("POST", "/RPC2"), ("GET", "/logtail/web:web_00"), ("GET", "/mainlogtail"),
                             ("GET", "/%6cogtail/web:web_00"), ("POST", "/RPC2x")):
            self.assertEqual(anna.fetch(path, method, "" if method == "POST" else None).status, 401, path)

    def test_two_cookies_are_none(self):  # 122, 221
        anna = self.browser("anna")
        (name, value), = anna.cookies.items()
        def status(cookies):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            connection.putrequest("GET", "/api/v1/status")
            for cookie in cookies:
                connection.putheader(*cookie)
            connection.endheaders()
            answer = connection.getresponse()
            connection.close()
            return answer.status
        self.assertEqual(status([("Cookie", f"{name}={value}")]), 200)
        self.assertEqual(status([("Cookie", f"a=b; {name}={value}; c=d")]), 200)
        for cookies in ([("Cookie", f"{name}={value}; {name}={value}")], [("Cookie", f"{name}=x; {name}={value}")],
                        [("Cookie", f"{name}={value}"), ("Cookie", "a=b")], [("Cookie_", f"{name}={value}")],
                        [("Cookie", f"{name.upper()}={value}")], [("Cookie", f"a=b,{name}={value}")]):
            self.assertEqual(status(cookies), 401, cookies)

    def test_a_cookie_of_another_port(self):  # 216
        anna = self.browser("anna")
        other = Browser(self.port)
        other.cookies["troupe_1"] = anna.cookies[f"troupe_{self.port}"]
        self.assertFalse(other.signed_in)

    def test_from_another_address(self):  # 121
        anna = self.browser("anna")
        thief = Browser(self.port, "127.0.0.2")
        thief.cookies = dict(anna.cookies)
        self.assertEqual(thief.open("/").status, 303)
        self.assertTrue(anna.signed_in)

    # -- how somebody without a proof is answered --------------------------------------------------

    def test_forms_of_401(self):  # 110
        fresh = self.browser()
        for path in ("/", "/index.html", "/?action=stop&processname=db"):
            answer = fresh.open(path)
            self.assertEqual((answer.status, answer.headers["Location"], answer.headers["Cache-Control"]),
                             (303, "signin.html?next=index.html", "no-store"), path)
        answer = ask(self.port, "GET", "/tail.html?processname=web%3Aweb_00", {"Accept": SHOWN})
        self.assertEqual(answer.headers["Location"], "signin.html?next=tail.html%3Fprocessname%3Dweb%253Aweb_00")
        answer = fresh.fetch("/api/v1/status")
        self.assertEqual((answer.status, answer.headers["WWW-Authenticate"], answer.json),
                         (401, 'Session realm="default"', {"error": "Sign in first."}))
        answer = ask(self.port, "GET", "/api/v1/status", {"Referer": f"http://127.0.0.1:{self.port}/", "Accept": "*/*"})
        self.assertEqual(answer.headers["WWW-Authenticate"], 'Session realm="default"')  # a page's, over plain HTTP
        for method, path, marks in (("GET", "/", {"Accept": "*/*"}), ("GET", "/", {}),
                                    ("GET", "/metrics", NAVIGATES), ("GET", "/nope", NAVIGATES),
                                    ("POST", "/RPC2", {}), ("GET", "/", {"Accept": SHOWN, "Authorization": "Basic eDp5"})):
            answer = ask(self.port, method, path, marks, "" if method == "POST" else None)
            self.assertEqual((answer.status, answer.headers["WWW-Authenticate"], len(answer.text)),
                             (401, 'Basic realm="default"', 137), (method, path, marks))

    def test_open_doors(self):
        for path in ("/stylesheets/supervisor.css", "/scripts/status.js", "/images/icon.png", "/signin.html"):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            connection.request("HEAD", path)
            answer = connection.getresponse()
            self.assertEqual(answer.status, 200, path)
            connection.close()
        for path in ("//signin.html", "/%73ignin.html", "/SIGNIN.HTML", "/signin.html/", "/./signin.html", "/x/../signin.html",
                     "/%2e%2e/signin.html", "/scripts/../api/v1/status", "/scripts/%2e%2e/index.html", "//scripts/status.js",
                     "/scripts", "/Scripts/status.js", "/scripts%2fstatus.js", "/signin.htm", "/signin.html;x", "/api/v1/session",
                     "/api/v1/session/end", "/account.html"):
            self.assertEqual(ask(self.port, "GET", path).status, 401, path)
        for method, path in (("PUT", "/signin.html"), ("DELETE", "/scripts/status.js"), ("POST", "/scripts/status.js"),
                             ("POST", "/api/v1/session/end"), ("POST", "//api/v1/session"), ("OPTIONS", "/signin.html")):
            self.assertEqual(ask(self.port, method, path, {}, "").status, 401, (method, path))
        self.assertEqual(ask(self.port, "GET", "/scripts/nope.js").status, 404)

    def test_an_open_door_leaves_the_next_one_shut(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        self.addCleanup(connection.close)
        connection.request("GET", "/scripts/status.js")
        connection.getresponse().read()
        form = urllib.parse.urlencode({"user": "anna", "password": "anna-pw"})
        connection.request("POST", "/signin.html", form)
        answer = connection.getresponse()
        answer.read()
        self.assertEqual(answer.status, 303)
        connection.request("GET", "/api/v1/status")  # who signed in has to show the cookie
        self.assertEqual(connection.getresponse().status, 401)

    # -- changing something ------------------------------------------------------------------------

    def pid(self, name):
        return over_unix(self.s).supervisor.getProcessInfo(name)["pid"]

    def test_links_change_nothing(self):  # 119, 217
        anna, before = self.browser("anna"), self.pid("web:web_00")
        for action in ("stop", "start", "restart", "clearlog"):
            for marks in (NAVIGATES, FETCHES, dict(NAVIGATES, **{"Sec-Fetch-Site": "none"}), {}):
                answer = anna.ask("GET", f"/?action={action}&processname=web:web_00", marks)
                self.assertEqual(answer.status, 403, (action, marks))
        for action in ("stopall", "restartall"):
            self.assertEqual(anna.open(f"/index.html?action={action}").status, 403)
        self.assertEqual(self.pid("web:web_00"), before)

    def test_a_page_has_to_show_its_token(self):  # 120, 218
        anna, vera, before = self.browser("anna"), self.browser("vera"), self.pid("web:web_00")
        path = "/index.html?action=restart&processname=web:web_00"
        self.assertEqual(anna.submit(path, {}).status, 403)
        self.assertEqual(anna.submit(path, {"token": vera.token}).status, 403)
        self.assertEqual(anna.submit(path, {"token": self.browser("anna").token}).status, 403)  # another session of hers
        for marks in ({}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"User-Agent": FIREFOX},
                      {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}):
            answer = anna.ask("POST", path, marks, urllib.parse.urlencode({"token": anna.token}))
            self.assertEqual(answer.status, 403, marks)
            answer = anna.ask("POST", "/api/v1/actions", marks, '{"action":"stop","names":["web:web_00"]}',
                              **{"X-Troupe-Token": anna.token})
            self.assertEqual(answer.status, 403, marks)
        self.assertEqual(self.pid("web:web_00"), before)
        page = anna.open("/").text
        token = re.search('name="token" value="([^"]+)"', page)[1]
        self.assertEqual(token, anna.token)
        answer = anna.submit(path, {"token": token})
        self.assertEqual((answer.status, "restarted" in answer.headers["Location"]), (301, True))
        self.assertNotEqual(self.pid("web:web_00"), before)

    def test_so_has_a_browser_with_basic(self):  # 217, 218
        hers = {"Authorization": basic("anna", "anna-pw")}
        before = self.pid("web:web_01")
        path, token = "/index.html?action=restart&processname=web:web_01", ask(self.port, "GET", "/api/v1/token", hers).json["token"]
        others = ask(self.port, "GET", "/api/v1/token", {"Authorization": basic("vera", "vera-pw")}).json["token"]
        form = urllib.parse.urlencode
        for marks, fields in ((NAVIGATES, {}), (NAVIGATES, {"token": others}), ({"Origin": "https://evil.example"}, {"token": token}),
                              ({"User-Agent": FIREFOX}, {"token": token})):
            self.assertEqual(ask(self.port, "POST", path, dict(marks, **hers), form(fields)).status, 403, (marks, fields))
        stop = xmlrpc.client.dumps(("web:web_01",), "supervisor.stopProcess")
        cross = {"Origin": "https://evil.example", "Content-Type": "text/plain"}
        self.assertEqual(ask(self.port, "POST", "/RPC2", dict(cross, **hers), stop).status, 403)
        self.assertEqual(self.pid("web:web_01"), before)
        self.assertEqual(ask(self.port, "POST", path, dict(NAVIGATES, **hers), form({"token": token})).status, 301)
        self.assertEqual(ask(self.port, "POST", path, hers, "").status, 301)  # a script sends no token

    # -- ends --------------------------------------------------------------------------------------

    def follow(self, browser, path):
        """An open stream, once it has said something."""
        stream = socket.create_connection(("127.0.0.1", self.port), PATIENCE, (browser.source or "127.0.0.1", 0))
        self.addCleanup(stream.close)
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        stream.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {cookie}\r\n"
                       "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\n\r\n".encode())
        text = b""
        while b"\r\n\r\n" not in text:
            text += stream.recv(65536)
        self.assertIn(b" 200 OK\r\n", text)
        return stream

    def test_signing_out(self):  # 116, 223
        vera = self.browser("vera")
        old = dict(vera.cookies)
        stream = self.follow(vera, "/api/v1/events")
        kept = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        self.addCleanup(kept.close)
        cookie = "; ".join(f"{name}={value}" for name, value in old.items())
        def again():
            kept.request("GET", "/api/v1/status", None, {"Cookie": cookie})
            answer = kept.getresponse()
            answer.read()
            return answer.status
        self.assertEqual(again(), 200)
        self.assertEqual(vera.submit("/signout", {"token": "x"}).status, 403)
        self.assertEqual(vera.ask("GET", "/signout", NAVIGATES).status, 400)
        self.assertEqual(again(), 200)
        answer = vera.submit("/signout", {"token": vera.token})
        self.assertEqual(answer.status, 303)
        self.assertRegex(answer.headers["Set-Cookie"], "^troupe_[0-9]+=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0$")
        stream.settimeout(PATIENCE)
        while stream.recv(65536):  # its end comes, without us
            pass
        self.assertEqual(again(), 401)
        vera.cookies = old
        self.assertEqual(vera.open("/").status, 303)

    def test_the_seventeenth(self):  # 117
        all_of_them = [self.browser("hugo") for _ in range(17)]
        self.assertEqual([one.signed_in for one in all_of_them], [False] + 16 * [True])

    def call(self, browser, method, *params):
        answer = browser.fetch(f"/api/v1/call/{method}", "POST", json.dumps(params), X_Troupe_Token=browser.token)
        return answer.json.get("result", answer.json)

    def test_all_of_ones_own(self):
        here, there, op = self.browser("hugo"), self.browser("hugo", "127.0.0.2"), self.browser("op")
        self.assertEqual(self.call(op, "access.endSessions", "hugo")["fault"],
                         {"code": 403, "text": "NOT_PERMITTED: op may not admin"})
        self.assertEqual(self.call(op, "access.endSessions", "nobody")["fault"]["code"], 403)
        self.assertGreaterEqual(self.call(here, "access.endSessions"), 2)
        self.assertEqual((here.signed_in, there.signed_in, op.signed_in), (False, False, True))
        again, root = self.browser("hugo"), over_unix(self.s)
        self.assertEqual(root.access.endSessions("hugo"), 1)
        self.assertFalse(again.signed_in)
        self.assertEqual(root.access.endSessions("hugo"), 0)
        with self.assertRaises(xmlrpc.client.Fault) as refused:
            root.access.endSessions("hidden")
        self.assertEqual(refused.exception.faultCode, 10)
        self.assertEqual(len(root.system.listMethods()), 49)

    def test_one_of_ones_own(self):
        here, there, vera = self.browser("ci"), self.browser("ci", "127.0.0.2"), self.browser("vera")
        page = here.open("/account.html").text
        rows = re.findall(r'<tr><th scope="row">([0-9.]+)(.*?)</th>.*?name="id" value="([0-9a-f]{16})"', page, re.S)
        self.assertEqual([(place, "here" in mark) for place, mark, _ in rows], [("127.0.0.1", True), ("127.0.0.2", False)])
        self.assertNotIn(next(iter(here.cookies.values())), page)
        label = rows[1][2]
        self.assertEqual(here.submit("/api/v1/session/end", {"id": label}).status, 403)
        self.assertEqual(vera.submit("/api/v1/session/end", {"id": label, "token": vera.token}).status, 303)
        self.assertTrue(there.signed_in)  # not hers to end
        ended = here.submit("/api/v1/session/end", {"id": label, "token": here.token})
        where = urllib.parse.urljoin("/api/v1/session/end", ended.headers["Location"])
        self.assertEqual((ended.status, where), (303, "/account.html"))
        self.assertEqual((here.signed_in, there.signed_in), (True, False))
        end = lambda body: here.fetch("/api/v1/session/end", "POST", body, X_Troupe_Token=here.token)
        self.assertEqual((end(json.dumps({"id": label})).status, end('{"id":7}').status, end("{").status), (404, 400, 400))
        self.assertEqual(end("").json, {"ended": True})  # itself
        self.assertFalse(here.signed_in)

    # -- what is offered ---------------------------------------------------------------------------

    def buttons(self, page):
        return {action for action, hidden in re.findall(r'formaction="index.html\?action=([a-z]+)[^>]*?(hidden)?>', page)}

    def test_only_what_the_reader_may_do(self):
        anna, vera, boss = self.browser("anna").open("/").text, self.browser("vera").open("/").text, Browser(self.old_port)
        boss.sign_in("boss")
        self.assertEqual(self.buttons(anna), {verb + whom for verb in ("start", "stop", "restart") for whom in ("", "all", "selected")})
        self.assertEqual(len(re.findall('name="select" value="(?!")', anna)), 2)  # the two of web
        self.assertNotIn('value="db"', anna)
        self.assertNotIn('id="config-open"', anna)
        self.assertNotIn('href="metrics"', anna)
        self.assertNotIn("View only", anna)
        self.assertEqual(self.buttons(vera), set())
        for not_there in ('class="do"', 'class="pick"', 'type="checkbox"', 'id="mainlog-open"', "formaction"):
            self.assertNotIn(not_there, vera)
        self.assertIn("View only", vera)
        self.assertIn('href="metrics"', vera)
        page = boss.open("/").text
        for there in ('id="config-open"', 'id="mainlog-open"', 'action=clearall', 'value="secret"'):
            self.assertIn(there, page)

    def test_who_reads_is_in_the_head(self):
        page = self.browser("anna").open("/").text
        self.assertIn('<a href="account.html">anna</a>', page)
        self.assertIn('<form method="post" action="signout">', page)
        page = ask(self.port, "GET", "/", {"Authorization": basic("anna", "anna-pw")}).text
        self.assertIn("Your browser signs you in; close it to sign out.", page)
        self.assertNotIn('action="signout"', page)

    def test_nothing_to_see(self):  # 93
        answer = self.browser("nil").open("/")
        self.assertEqual(answer.status, 200)
        self.assertIn("You are signed in as nil and may see nothing here.", answer.text)

    def test_the_page_of_a_log(self):  # 86
        anna, vera = self.browser("anna"), self.browser("vera")
        db, secret, nope = (anna.open(f"/tail.html?processname={name}") for name in ("db", "secret", "nope"))
        self.assertEqual((db.status, secret.status), (403, nope.status))
        self.assertIn("You may not read the log of db", db.text)
        self.assertNotIn("formaction", db.text)
        same = lambda page, name: re.sub("[A-Za-z0-9_-]{43}", "TOKEN", page.text.replace(name, "NAME"))
        self.assertEqual(same(secret, "secret"), same(nope, "nope"))
        self.assertIn("formaction", anna.open("/tail.html?processname=web:web_00").text)
        self.assertNotIn("formaction", vera.open("/tail.html?processname=web:web_00").text)

    def test_the_words_of_a_refused_action(self):  # 87
        anna = self.browser("anna")
        for name, words in (("secret", "No such process named secret"), ("db", "You may not stop db")):
            answer = anna.submit(f"/index.html?action=stop&processname={name}", {"token": anna.token})
            self.assertIn(urllib.parse.quote(words), answer.headers["Location"])

    def test_the_account(self):
        page = self.browser("anna").open("/account.html").text
        self.assertIn("webops, reader", page)
        rows = dict(re.findall(r'<tr><th scope="row">([^<]+)</th><td>([^<]*)</td></tr>', page))
        self.assertEqual((rows["web:web_00"], rows["db"]), ("status, start, stop, restart, tail", "status"))
        self.assertNotIn("secret", page)
        self.assertIn("signal:HUP", self.browser("hugo").open("/account.html").text)
        self.assertEqual(ask(self.port, "GET", "/account.html", {"Accept": SHOWN}).status, 303)

    # -- answers are for nobody else ---------------------------------------------------------------

    def test_nothing_is_kept(self):
        vera = self.browser("vera")
        for path in ("/", "/tail.html?processname=db", "/account.html", "/api/v1/status", "/api/v1/token", "/metrics", "/nope",
                     "/signin.html", "/index.html?action=refresh"):
            answer = vera.open(path)
            self.assertEqual(answer.headers.get_all("Cache-Control"), ["no-store"], (path, answer.status))
        self.assertEqual(vera.submit("/signout", {}).headers["Cache-Control"], "no-store")
        self.assertEqual(vera.fetch("/scripts/status.js").headers["Cache-Control"], "no-cache")


class Time(unittest.TestCase):
    """What time and other rules do. Seconds are judged when they are asked for, so these wait for what has to come."""

    follow = Sessions.follow

    def start(self, access, users=access_test.USERS):
        self.port = free_port()
        daemon = Daemon(f"[access]\n{access}\n" + access_test.servers(self.port, free_port()) + users + access_test.PROGRAMS)
        self.addCleanup(daemon.__exit__, None, None, None)
        daemon.wait_for("success: p2 entered RUNNING")
        self.s = os.path.join(daemon.dir, "S")
        return daemon

    def browser(self, user):
        made = Browser(self.port)
        self.assertEqual(made.sign_in(user).status, 303)
        return made

    def ends(self, stream):
        text = b""
        while block := stream.recv(65536):
            text += block
        return text

    def followed(self, user):
        """A browser and its open stream, however slow we are."""
        def begun():
            browser = self.browser(user)
            try:
                return browser, self.follow(browser, "/api/v1/events")
            except AssertionError:  # over already
                return None
        return wait_until(begun, "a stream")

    def test_idle(self):  # 115
        self.start("session_idle=1s")
        follower, stream = self.followed("vera")
        idle, looker = self.browser("vera"), self.browser("vera")
        def count():  # does not use the others
            page = looker.open("/account.html")
            return page.text.count('name="id"') if page.status == 200 else looker.sign_in("vera") and 0
        wait_until(lambda: count() == 2, "the end of the idle one")
        self.assertEqual(idle.open("/").status, 303)
        self.assertTrue(follower.signed_in)  # its stream is open
        stream.close()
        wait_until(lambda: count() == 1, "the end of the other one")

    def test_in_any_case(self):  # 115
        self.start("session_max=1s")
        vera, stream = self.followed("vera")
        self.ends(stream)  # though it is open
        self.assertEqual(vera.open("/").status, 303)

    def test_from_anywhere(self):
        self.start("session_bind=none")
        vera, elsewhere = self.browser("vera"), Browser(self.port, "127.0.0.2")
        elsewhere.cookies = vera.cookies
        self.assertTrue(elsewhere.signed_in)

    def test_other_rules(self):
        old = access_test.USERS + "[user:pia]\npassword=pia-pw\nroles=viewer\n"
        daemon = self.start("", old)
        pia, vera, bob, op = self.browser("pia"), self.browser("vera"), Browser(self.port), self.browser("op")
        bob.sign_in("bob", "password")
        streams = {user: self.follow(user, "/api/v1/events") for user in (vera, op, pia)}
        new = old.replace("password=op-pw\nroles=operator", "password=op-pw\nroles=reader")
        new = new.replace("[user:vera]\npassword=vera-pw\nroles=viewer\n", "")
        with open(daemon.config) as f:
            text = f.read()
        daemon.write("s.conf", text.replace(old.replace("{dir}", daemon.dir), new.replace("{dir}", daemon.dir)))
        over_unix(self.s).supervisor.reloadConfig()
        self.assertNotIn(b"event: rights", self.ends(streams[vera]))  # she is gone
        self.assertIn(b"event: rights\ndata: {}\n\n", self.ends(streams[op]))
        self.assertNotIn(b"event: rights", self.ends(streams[pia]))  # as before: she follows on
        self.assertEqual(pia.fetch("/api/v1/status").status, 200)
        self.assertEqual((vera.open("/").status, bob.open("/").status, op.open("/").status), (303, 200, 200))
        self.assertEqual(op.fetch("/api/v1/events").status, 403)

    def test_a_restart(self):  # 123
        self.start("")
        vera, pid = self.browser("vera"), over_unix(self.s).supervisor.getPID()
        over_unix(self.s).supervisor.restart()
        wait_until(lambda: self.answers(vera) == 303, "the new one")
        self.assertEqual(over_unix(self.s).supervisor.getPID(), pid)

    def answers(self, browser):
        try:
            return browser.open("/").status
        except OSError:
            return 0

    def test_off(self):
        port = free_port()
        with Daemon(f"[inet_http_server]\nport=127.0.0.1:{port}\n") as daemon:
            daemon.wait_for("supervisord started with pid")
            for method, path in (("GET", "/signin.html"), ("GET", "/account.html")):
                self.assertEqual(ask(port, method, path, NAVIGATES).status, 404, path)
            self.assertEqual(ask(port, "POST", "/api/v1/session", {}, "{}").status, 405)
            answer = ask(port, "GET", "/", NAVIGATES)
            self.assertEqual((answer.status, answer.headers["Cache-Control"]), (200, "no-cache"))
            for new in ("account.html", "signin", "View only", "data-feed"):
                self.assertNotIn(new, answer.text)


if __name__ == "__main__":
    unittest.main()
