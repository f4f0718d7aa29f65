#!/usr/bin/env python3
"""The web UI as scripts and browsers see it: URLs, redirects and messages (docs/contract/http.md 10.1, rows 9 and 25 to 34,
and 10.5, rows 163 to 175), headers, tokens, hosts, the JSON API, events and metrics. What is marked K runs against
Debian's daemon, too. Standard library only."""
import base64
import html
import http.client
import json
import os
import re
import signal
import socket
import sys
import threading
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import PATIENCE, PORTABLE, Daemon, free_port, oracle, stat_fields, wait_until  # noqa: E402

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
PROGRAMS = """
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[program:cat]
command=/bin/cat
autostart=false
stdout_logfile={dir}/cat.out
stderr_logfile={dir}/cat.err
[program:talk]
command=/bin/sh -c 'while read line; do echo "$line"; done'
stdout_logfile={dir}/talk.out
[program:missing]
command=/no/such/file
autostart=false
[program:noexec]
command=/etc/passwd
autostart=false
[program:badcmd]
command=/bin/echo "unterminated
autostart=false
[program:quick]
command=/bin/sh -c "exit 3"
autostart=false
startretries=0
startsecs=30
[program:nolog]
command=/bin/cat
autostart=false
stdout_logfile=NONE
stderr_logfile=NONE
[program:ga]
command=/bin/cat
startsecs=0
[program:gb]
command=/bin/cat
autostart=false
startsecs=0
[group:grp]
programs=ga,gb
"""


class Site:
    """A daemon with an inet listener, and requests to it."""

    def __init__(self, programs=PROGRAMS, inet="", argv=None, env=None, options="", **more):
        for _ in range(5):  # a free port may be gone by the time it is used
            self.port = free_port()
            self.daemon = Daemon(f"[inet_http_server]\nport=127.0.0.1:{self.port}\n{inet}\n{programs}", argv=argv, env=env,
                                 options=options, **more)
            wait_until(lambda: self.daemon.process.poll() is not None or "supervisord started with pid" in self.daemon.log(),
                       "the daemon")
            if self.daemon.process.poll() is None:
                break
            self.daemon.__exit__()
        wait_until(self.answers, "the server")
        if programs is PROGRAMS:
            self.daemon.wait_for("success: talk entered RUNNING")

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
            return True
        except OSError:
            return False

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.daemon.__exit__(*args)

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def ask(self, method, path, body=None, headers=None):
        """(status, headers, body as text)"""
        connection = self.connect()
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.ask("GET", path, None, {k.replace("_", "-"): v for k, v in headers.items()})

    def message(self, path, method="GET", body=None, headers=None):
        """The message an action leads to."""
        status, answered, text = self.ask(method, path, body, headers)
        assert status == 301, (path, status, text)
        to = urllib.parse.urljoin(f"http://127.0.0.1:{self.port}{path}", answered["Location"])
        parts = urllib.parse.urlsplit(to)
        assert parts.path == "/", to
        assert answered["Content-Length"] == "142" and answered["Pragma"] == "no-cache", answered.as_string()
        return urllib.parse.unquote(re.fullmatch(r"message=([^&+]*)", parts.query).group(1))

    def api(self, path, body=None, method=None, **headers):
        """(status, value)"""
        data = None if body is None else json.dumps(body)
        method = method or ("GET" if body is None else "POST")
        status, _, text = self.ask(method, f"/api/v1/{path}", data, {k.replace("_", "-"): v for k, v in headers.items()})
        return status, json.loads(text)

    def process(self, name):
        return self.api(f"processes/{urllib.parse.quote(name)}")[1]

    def token(self):
        return self.api("token")[1]["token"]


class Shared(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()

    @classmethod
    def tearDownClass(cls):
        cls.site.__exit__(None, None, None)


class OldWays:
    """K: what holds for Supervisor, too. Mixed into a test of each."""

    def test_status_page(self):  # 9, 33
        for path in ("/", "/index.html", "//index.html", "/%69ndex.html", "/?x=1"):
            status, headers, text = self.site.get(path)
            self.assertEqual(status, 200, path)
            self.assertEqual(headers["Content-Type"], "text/html;charset=utf-8")
            self.assertEqual(headers["Expires"], "Thu, 01 Jan 1970 00:00:00 GMT")
            self.assertEqual(headers["Pragma"], "no-cache")
            self.assertEqual(headers["Cache-Control"], "no-cache")
            self.assertIn("<title>Supervisor Status</title>", text)

    def test_files(self):  # 25 to 32
        for path, kind in (("/stylesheets/supervisor.css", "text/css"), ("/images/icon.png", "image/png")):
            status, headers, _ = self.site.get(path)
            self.assertEqual((status, headers["Content-Type"]), (200, kind))
            self.assertIn("Last-Modified", headers)
            status, headers, text = self.site.ask("HEAD", path)
            self.assertEqual((status, headers["Content-Type"], text), (200, kind, ""))
            self.assertGreater(int(headers["Content-Length"]), 100)
            self.assertEqual(self.site.ask("POST", path, "x")[0], 400)
            self.assertEqual(self.site.get(path, If_Modified_Since="Sun, 22 Nov 2099 10:53:25 GMT")[0], 304)
            self.assertEqual(self.site.get(path, If_Modified_Since="Sun, 22 Nov 2009 10:53:25 GMT")[0], 200)
        for path in ("/images/", "/../x", "/images/%2e%2e/%2e%2e/x", "/INDEX.HTML", "/index.html/", "/index.htm"):
            self.assertEqual(self.site.get(path)[0], 404, path)

    def test_messages(self):  # 163 to 168
        clock = r"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}"
        self.assertRegex(self.site.message("/?action=refresh"), f"^Page refreshed at {clock}$")
        for path, expected in (
            ("/index.html?processname=cat&action=start", "Process cat started"),
            ("/?processname=cat&action=start", "ERROR: Process cat: already started"),
            ("/?action=restart&processname=cat", "Process cat restarted"),
            ("/?action=clearlog&processname=cat", "Log for cat cleared"),
            ("/?action=stop&processname=cat", "Process cat stopped"),
            ("/?action=stop&processname=cat", "unexpected rpc fault [70] NOT_RUNNING: cat"),
            ("/?action=start&processname=missing", "ERROR: Process missing: no such file"),
            ("/?action=start&processname=noexec", "ERROR: Process noexec: file not executable"),
            ("/?action=start&processname=badcmd", "ERROR: Process badcmd: file not executable"),
            ("/?action=start&processname=quick", "ERROR: Process quick: spawn error"),
            ("/?action=stop&processname=grp%3Aga", "Process grp:ga stopped"),
            ("/?action=start&processname=grp%3Aga", "Process grp:ga started"),
            ("/?action=start&processname=grp%3A*", "No such process named grp:*"),
            ("/?action=start&processname=grp", "No such process named grp"),
            ("/?action=start&processname=nope", "No such process named nope"),
        ):
            self.assertEqual(self.site.message(path), expected, path)

    def test_a_body_counts_more(self):  # 170
        said = self.site.message("/?action=start&processname=missing", "POST", "action=refresh",
                                 {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertTrue(said.startswith("Page refreshed at "), said)

    def test_message_is_escaped(self):  # 171
        _, _, text = self.site.get("/?message=%3Cb%3Ehi")
        self.assertNotIn("<b>hi", text)
        self.assertRegex(text, r"&lt;b(&gt;|>)hi")

    def test_tail_page(self):  # 173 to 175
        _, _, text = self.site.get("/tail.html")
        self.assertIn("<title>Supervisor tail of process None</title>", text)
        self.assertIn("No process name found", text)
        self.site.message("/?processname=cat&action=start")
        with open(os.path.join(self.site.daemon.dir, "cat.out"), "w") as f:
            f.write("a<b\n" + "x" * 5000 + "\nlast line\n")
        _, headers, text = self.site.get("/tail.html?processname=cat&limit=5")
        self.assertEqual(headers["Content-Type"], "text/html;charset=utf-8")
        self.assertIn("<title>Supervisor tail of process cat</title>", text)
        self.assertIn("tail.html?processname=cat&amp;limit=1024", text)
        self.assertIn("last line", text)
        self.assertNotIn("a&lt;b", text)  # before the last 1024 bytes
        _, _, text = self.site.get("/tail.html?processname=cat&limit=9999")
        self.assertIn("a&lt;b", text)
        _, _, text = self.site.get("/tail.html?processname=nolog")
        self.assertIn("No file for nolog", text)
        _, _, text = self.site.get("/tail.html?processname=nope")
        self.assertIn("ERROR: unexpected rpc fault [10] BAD_NAME: nope", text)
        self.site.message("/?processname=cat&action=stop")


class Ours(OldWays, Shared):
    def test_all(self):
        self.assertRegex(self.site.message("/?action=stopall"), "^All stopped at ")
        self.assertEqual(self.site.process("talk")["state"], "STOPPED")
        said = self.site.message("/?action=restartall")
        self.assertRegex(said, "^All restarted at .*, except: ")  # honest
        self.assertIn("NO_FILE", said)
        self.assertEqual(self.site.process("talk")["state"], "RUNNING")
        for name in ("cat", "nolog", "grp:gb"):  # as the other tests want it
            self.site.message(f"/?action=stop&processname={name}")

    def test_honest_restart(self):  # 167
        self.assertEqual(self.site.message("/?action=restart&processname=missing"),
                         "ERROR: Process missing: no such file")

    def test_bad_actions(self):  # 169
        for path in ("/?action=bogus", "/?action=start", "/?action=startall", "/?action=signal&processname=talk"):
            self.assertEqual(self.site.get(path)[0], 400, path)
        self.assertEqual(self.site.ask("HEAD", "/?action=stopall")[0], 400)
        self.assertEqual(self.site.process("talk")["state"], "RUNNING")

    def test_methods(self):  # 11, 34, 2
        for method, path, status in (("PUT", "/", 400), ("DELETE", "/tail.html", 400), ("HEAD", "/", 200),
                                     ("HEAD", "/tail.html", 200), ("GET", "/index.html;x=1", 404),
                                     ("GET", "/status.html", 404), ("GET", "/images", 404), ("POST", "/metrics", 400)):
            body = "" if method == "POST" else None
            answered, headers, text = self.site.ask(method, path, body)
            self.assertEqual(answered, status, (method, path))
            if method == "HEAD":
                self.assertEqual(text, "")
                self.assertGreater(int(headers["Content-Length"]), 500)

    def test_tags(self):
        path = "/scripts/status.js"
        _, headers, _ = self.site.get(path)
        status, again, text = self.site.get(path, If_None_Match=headers["ETag"])
        self.assertEqual((status, text, again["Content-Length"]), (304, "", None))
        self.assertEqual(self.site.get(path, If_None_Match='"other"')[0], 200)

    def test_guards(self):
        for path in ("/", "/tail.html?processname=talk", "/?action=nope", "/stylesheets/supervisor.css", "/metrics"):
            _, headers, _ = self.site.get(path)
            self.assertIn("script-src 'self'", headers["Content-Security-Policy"], path)
            self.assertNotIn("unsafe", headers["Content-Security-Policy"])
            self.assertIn("frame-ancestors 'none'", headers["Content-Security-Policy"])
            self.assertEqual(headers["X-Frame-Options"], "DENY")
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        _, _, text = self.site.get("/")
        self.assertNotRegex(text, r"(?:src|href|action)=\"(?:/|https?:)")  # relative, and nothing from elsewhere
        self.assertNotRegex(text, r"<script(?![^>]*src=)| on\w+=| style=")

    def test_relative_redirect(self):
        _, headers, _ = self.site.get("/?action=refresh", Host="example:9001")
        self.assertTrue(headers["Location"].startswith("./?message=Page%20refreshed%20at%20"), headers["Location"])

    def test_groups_and_selections(self):
        with_token = {"Content-Type": "application/x-www-form-urlencoded"}
        post = lambda path, body: self.site.message(path, "POST", body, with_token)  # noqa: E731
        self.assertRegex(post("/?action=start&group=grp", ""), "^Group grp started at ")
        self.assertEqual(self.site.process("grp:gb")["state"], "RUNNING")
        self.assertRegex(post("/?action=stopselected", "select=grp%3Aga&select=grp%3Agb"),
                         "^Selected processes stopped at ")
        self.assertEqual(self.site.process("grp:ga")["state"], "STOPPED")
        self.assertEqual(post("/?action=stopselected", ""), "No processes are selected")
        self.assertIn("except: BAD_NAME: nope", post("/?action=startselected", "select=grp%3Aga&select=nope"))
        self.assertEqual(post("/?action=signal&processname=talk", "signal=CONT"), "Process talk signalled")
        self.assertIn("BAD_SIGNAL", post("/?action=signal&processname=talk", "signal=NOPE"))


class WhoMay(Shared):
    def test_old_urls_from_other_sites(self):
        here = f"http://127.0.0.1:{self.site.port}"
        refused = (
            {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://evil.example"},
            {"Origin": "null"}, {"Referer": "http://evil.example/page"}, {"User-Agent": FIREFOX},
            {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
            {"Sec-Fetch-Site": "none", "Sec-Purpose": "prefetch"})
        for headers in refused:
            for path in ("/?action=stopall", "/?action=stop&processname=talk", "/?action=restartall"):
                self.assertEqual(self.site.ask("GET", path, None, headers)[0], 403, headers)
            self.assertEqual(self.site.ask("GET", "/", None, {"User-Agent": FIREFOX, **headers})[0], 200)
        self.assertEqual(self.site.process("talk")["state"], "RUNNING")
        for headers in ({}, {"User-Agent": "curl/8"}, {"Sec-Fetch-Site": "same-origin"},
                        {"Referer": f"{here}/", "User-Agent": FIREFOX}):
            self.assertEqual(self.site.message("/?action=clearlog&processname=talk", headers=headers),
                             "Log for talk cleared")

    def test_links_ask_first(self):
        """A link in a mail, an address typed, a link on another site: a page with a button, which does it."""
        go = {"Sec-Fetch-Mode": "navigate", "User-Agent": FIREFOX}
        for headers, status in (({"Sec-Fetch-Site": "none"}, 200), ({"Sec-Fetch-Site": "cross-site"}, 403),
                                ({"Sec-Fetch-Site": "same-site"}, 403), ({"Referer": "http://evil.example/"}, 403), ({}, 403)):
            for path, question in (("/?action=stopall", "Stop all 9 processes?"),
                                   ("/?action=restartall", "Restart all 9 processes?"),
                                   ("/?action=stop&processname=talk", "Stop talk?"),
                                   ("/?action=stop&processname=%3Cb%3E", "Stop &lt;b&gt;?")):
                answered, seen, text = self.site.ask("GET", path, None, {**go, **headers})
                self.assertEqual((answered, seen["X-Frame-Options"]), (status, "DENY"), (headers, path))
                self.assertIn(f"<h2>{question}</h2>", text)
        self.assertEqual(self.site.process("talk")["state"], "RUNNING")
        text = self.site.ask("GET", "/?action=restart&processname=talk", None, {**go, "Sec-Fetch-Site": "none"})[2]
        pid = self.site.process("talk")["pid"]
        self.assertEqual(self.site.message(*self.press(text)), "Process talk restarted")
        self.assertNotEqual(self.site.process("talk")["pid"], pid)

    def press(self, page):
        """The request that the page's button sends, as a browser does."""
        action = html.unescape(re.search(r'<form method="post"[^>]* action="([^"]*)"', page).group(1))
        fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
        body = urllib.parse.urlencode([(html.unescape(n), html.unescape(v)) for n, v in fields])
        return "/" + action, "POST", body, {"Origin": f"http://127.0.0.1:{self.site.port}", "Sec-Fetch-Site": "same-origin",
                                            "Sec-Fetch-Mode": "navigate", "User-Agent": FIREFOX}

    def test_pages_without_scripts_ask_first(self):
        """Their buttons for many, and for logs, lead to a question; scripts that post are not asked."""
        here = {"Origin": f"http://127.0.0.1:{self.site.port}", "User-Agent": FIREFOX}
        token = f"token={self.site.token()}"
        for path, body, question in (("/?action=stopall", "", "Stop all 9 processes?"),
                                     ("/?action=clearall", "", "Clear the logs of all 9 processes?"),
                                     ("/?action=startall", "", "Start all 9 processes?"),
                                     ("/?action=clearlog&processname=talk", "", "Clear the logs of talk?"),
                                     ("/?action=stop&group=grp", "", "Stop these 2 processes?"),
                                     ("/?action=stopselected", "&select=talk&select=cat", "Stop these 2 processes?")):
            status, _, text = self.site.ask("POST", path, token + body, here)
            self.assertEqual(status, 200, path)
            self.assertIn(f"<h2>{question}</h2>", text)
            forged = {**here, "Origin": "http://evil.example"}
            self.assertEqual(self.site.ask("POST", path, f"{token}{body}&confirmed=yes", forged)[0], 403)
            self.assertEqual(self.site.ask("POST", path, f"confirmed=yes{body}", here)[0], 403)  # no token
        self.assertEqual(self.site.process("talk")["state"], "RUNNING")
        self.assertRegex(self.site.message(*self.press(text)), "^Selected processes stopped at ")
        self.assertEqual(self.site.process("talk")["state"], "STOPPED")
        self.assertEqual(self.site.message("/?action=start&processname=talk", "POST", token, here), "Process talk started")

    def test_rpc2_from_other_sites(self):  # 6.6
        call = "<methodCall><methodName>supervisor.getPID</methodName></methodCall>"
        here = f"http://127.0.0.1:{self.site.port}/page"
        for headers, status in (({}, 200), ({"Referer": here}, 200), ({"Referer": ""}, 200),
                                ({"Referer": "http://evil.example/page"}, 403), ({"Referer": "null"}, 403),
                                ({"Origin": "http://evil.example"}, 403), ({"Sec-Fetch-Site": "cross-site"}, 403),
                                ({"Sec-Fetch-Site": "same-origin", "Referer": here}, 200)):
            self.assertEqual(self.site.ask("POST", "/RPC2", call, headers)[0], status, headers)

    def test_streams_for_other_sites(self):
        """A page elsewhere cannot hold connections here; a link to a log may be followed."""
        foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "User-Agent": FIREFOX}
        for path in ("/api/v1/events", "/api/v1/log/talk?follow=1", "/api/v1/mainlog?follow=1", "/logtail/talk", "/mainlogtail"):
            self.assertEqual(self.site.ask("GET", path, None, foreign)[0], 403, path)
        self.assertEqual(self.site.ask("GET", "/api/v1/events", None, {**foreign, "Sec-Fetch-Mode": "navigate"})[0], 403)
        self.assertEqual(self.site.ask("GET", "/api/v1/mainlog", None, {**foreign, "Sec-Fetch-Mode": "navigate"})[0], 200)

    def test_posts_need_the_token(self):
        here = {"Origin": f"http://127.0.0.1:{self.site.port}", "User-Agent": FIREFOX}
        path = "/?action=signal&processname=talk&signal=CONT"
        token = self.site.token()
        page = self.site.get("/")[2]
        self.assertIn(f'name="token" value="{token}"', page)
        self.assertRegex(token, "^[0-9a-f]{32,}$")
        for body in ("", "token=", "token=" + "0" * len(token), f"token={token[:-1]}", f"token={token}0"):
            self.assertEqual(self.site.ask("POST", path, body, here)[0], 403, body)
        self.assertEqual(self.site.message(path, "POST", f"token={token}", here), "Process talk signalled")
        self.assertEqual(self.site.message(path, "POST", "", {"X-Troupe-Token": token, **here}), "Process talk signalled")
        self.assertEqual(self.site.message(path, "POST", ""), "Process talk signalled")  # a script
        for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):  # even if it leaked
            self.assertEqual(self.site.ask("POST", path, f"token={token}", headers)[0], 403)

    def test_api_needs_the_token(self):
        here = {"Origin": f"http://127.0.0.1:{self.site.port}", "User-Agent": FIREFOX}
        task = {"action": "clear", "names": ["talk"]}
        self.assertEqual(self.site.api("actions", task, **here)[0], 403)
        self.assertEqual(self.site.api("call/supervisor.getPID", [], **here)[0], 403)
        self.assertEqual(self.site.api("config/update", {}, **here)[0], 403)
        self.assertEqual(self.site.api("actions", task, X_Troupe_Token=self.site.token(), **here)[0], 200)
        self.assertEqual(self.site.api("actions", task)[0], 200)

    def test_rebound_names(self):
        browser = {"User-Agent": FIREFOX, "Accept-Language": "en"}
        for path in ("/", "/tail.html", "/api/v1/status", "/metrics", "/logtail/talk", "/ok.html"):
            status, _, text = self.site.ask("GET", path, None, {"Host": "evil.example:9001", **browser})
            self.assertEqual(status, 403, path)
            self.assertIn("evil.example", text)
        call = "<methodCall><methodName>supervisor.getPID</methodName></methodCall>"
        rebound = {"Host": "evil.example", "Origin": "http://evil.example"}
        self.assertEqual(self.site.ask("POST", "/RPC2", call, rebound)[0], 403)
        self.assertEqual(self.site.ask("POST", "/RPC2", call, {"Host": "evil.example"})[0], 200)  # a script
        for host in ("localhost:9001", "127.0.0.1", "[::1]:9001", "app:9001", socket.gethostname(), ""):
            self.assertEqual(self.site.ask("GET", "/", None, {"Host": host, **browser})[0], 200, host)

    def test_listed_hosts(self):
        browser = {"User-Agent": FIREFOX, "Accept-Language": "en"}
        with Site(inet="allowed_hosts=status.example.com, .harness.example") as site:
            for host, status in (("status.example.com", 200), ("Status.Example.Com:80", 200), ("a.harness.example", 200),
                                 ("evil.example", 403), ("127.0.0.1", 200), ("localhost", 200)):
                self.assertEqual(site.ask("GET", "/", None, {"Host": host, **browser})[0], status, host)
            self.assertEqual(site.ask("GET", "/ok.html", None, {"Host": "evil.example"})[0], 403)

    def test_proxies(self):
        token = self.site.token()
        path = "/?action=signal&processname=talk&signal=CONT"
        proxied = {"Origin": "https://status.example.com", "X-Forwarded-Host": "status.example.com",
                   "User-Agent": FIREFOX}
        self.assertEqual(self.site.message(path, "POST", f"token={token}", proxied), "Process talk signalled")
        vouched = {"Origin": "https://status.example.com", "Sec-Fetch-Site": "same-origin", "User-Agent": FIREFOX}
        self.assertEqual(self.site.message(path, "POST", f"token={token}", vouched), "Process talk signalled")

    def test_passwords(self):
        with Site(inet="username=u\npassword=p") as site:
            right = {"Authorization": "Basic " + base64.b64encode(b"u:p").decode()}
            for path in ("/", "/tail.html", "/nope", "/metrics", "/stylesheets/supervisor.css", "/scripts/status.js",
                         "/api/v1/status", "/api/v1/events", "/api/v1/token", "/api/v1/log/talk"):
                status, headers, _ = site.get(path)
                self.assertEqual((status, headers["WWW-Authenticate"]), (401, 'Basic realm="default"'), path)
            for path in ("/", "/metrics", "/api/v1/status"):
                self.assertEqual(site.ask("GET", path, None, right)[0], 200)
            self.assertEqual(site.ask("POST", "/api/v1/actions", "{}")[0], 401)
            evil = {"Host": "evil.example", "User-Agent": FIREFOX, **right}  # no page of evil.example has the password
            self.assertEqual(site.ask("GET", "/", None, evil)[0], 200)

    def test_guessing(self):
        """Failed logins are recorded, without what was tried, and slow their user down, nobody else."""
        basic = lambda text: {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}  # noqa: E731

        with Site(inet="username=u\npassword=p") as site:
            def connect(source, user):
                if user is None:
                    return socket.create_connection(("127.0.0.1", site.port), PATIENCE, (source, 0))
                os.seteuid(user)  # of all threads: nobody else is to connect meanwhile
                try:
                    return connect(source, None)
                finally:
                    os.seteuid(0)

            def ask(text, source="127.0.0.1", user=None):
                with connect(source, user) as s:
                    s.sendall(b"GET /ok.html HTTP/1.0\r\nAuthorization: " + basic(text)["Authorization"].encode() + b"\r\n\r\n")
                    answer = b""
                    while part := s.recv(4096):
                        answer += part
                return int(answer.split()[1]) if answer else None  # the daemon has ended
            known = site.connect()
            known.request("GET", "/ok.html", headers=basic("u:p"))
            known.getresponse().read()
            began = time.monotonic()
            for i in range(5):  # three at once, then 250 and 500 ms
                self.assertEqual(ask(f"root\r\x1b[31m{i}:geheim{i}"), 401)
            self.assertGreater(time.monotonic() - began, 0.7)
            self.assertEqual(site.get("/ok.html")[0], 401)  # without credentials: no attempt
            uid = "" if PORTABLE else r" \(uid \d+\)"  # who a client over TCP is, only Linux tells
            site.daemon.wait_for(r"WARN HTTP: login as 'root\\r\\x1b\[31m4' from 127\.0\.0\.1" + uid + r" failed \(5 in a row\)\n")
            self.assertNotIn("geheim", site.daemon.log())
            self.assertNotIn("\x1b", site.daemon.log())
            # Many at once: they queue up behind each other, the others do not notice.
            guesses = [threading.Thread(target=ask, args=(f"u:wrong{i}",), daemon=True) for i in range(10)]
            for g in guesses:
                g.start()
            site.daemon.wait_for(r"login as 'u' from 127\.0\.0\.1" + uid + " failed")
            began = time.monotonic()
            if os.getuid() == 0 and not PORTABLE:
                self.assertEqual(ask("u:p", user=65534), 200)  # somebody else of this machine
            known.request("GET", "/ok.html", headers=basic("u:p"))
            self.assertEqual(known.getresponse().status, 200)  # a connection that has shown the right one
            self.assertLess(time.monotonic() - began, 1)
            known.close()


class Api(Shared):
    def test_status(self):
        status, answer = self.site.api("status")
        self.assertEqual(status, 200)
        self.assertEqual(answer["daemon"]["state"], "RUNNING")
        self.assertEqual(answer["daemon"]["pid"], self.site.daemon.pid)
        names = [p["name"] for p in answer["processes"]]
        self.assertEqual(names, sorted(names, key=lambda n: (n.split(":")[0], n)))
        talk = self.site.process("talk")
        self.assertEqual((talk["state"], talk["group"], talk["process"]), ("RUNNING", "talk", "talk"))
        self.assertGreater(talk["pid"], 0)
        self.assertEqual(self.site.api("processes/nope"), (404, {"fault": {"code": 10, "text": "BAD_NAME: nope"}}))

    def test_calls(self):
        call = lambda method, *params: self.site.api(f"call/{method}", list(params))  # noqa: E731
        self.assertEqual(call("supervisor.getPID"), (200, {"result": self.site.daemon.pid}))
        self.assertEqual(call("supervisor.getState"), (200, {"result": {"statecode": 1, "statename": "RUNNING"}}))
        self.assertIn("supervisor.startProcess", call("system.listMethods")[1]["result"])
        self.assertEqual(call("supervisor.startProcess", "nolog"), (200, {"result": True}))
        self.assertEqual(call("supervisor.startProcess", "nolog"),
                         (409, {"fault": {"code": 60, "text": "ALREADY_STARTED: nolog"}}))
        self.assertEqual(call("supervisor.stopProcess", "nolog", True), (200, {"result": True}))
        self.assertEqual(call("supervisor.getProcessInfo", "nolog")[1]["result"]["statename"], "STOPPED")
        self.assertEqual(call("supervisor.nope")[0], 404)
        self.assertEqual(call("supervisor.getPID", 1)[0], 400)
        self.assertEqual(self.site.api("call/supervisor.getPID", {"params": []})[0], 200)
        self.assertEqual(self.site.ask("POST", "/api/v1/call/supervisor.getPID", "")[0], 200)
        for body in ("{", '"x"', "[1", '{"params":1}', '{"x":1}', "[" * 100000):
            self.assertEqual(self.site.ask("POST", "/api/v1/call/supervisor.getPID", body)[0], 400, body[:20])
        self.assertEqual(self.site.api("call/supervisor.getPID")[0], 405)

    def test_actions(self):
        act = lambda **task: self.site.api("actions", task)  # noqa: E731
        status, answer = act(action="start", names=["grp:*", "nope"])
        self.assertEqual(status, 200)
        by_name = {r["name"]: r["status"] for r in answer["results"]}
        self.assertEqual(by_name["nope"], 10)
        pids = [self.site.process(f"grp:{n}")["pid"] for n in ("ga", "gb")]
        self.assertTrue(all(pids))
        status, answer = act(action="restart", names=["grp:*"], one_by_one=True)
        self.assertEqual([r["status"] for r in answer["results"]], [80, 80])
        self.assertTrue(all(p != self.site.process(f"grp:{n}")["pid"] for p, n in zip(pids, ("ga", "gb"))))
        status, answer = act(action="signal", names=["grp:ga"], signal="KILL")
        self.assertEqual(answer["results"][0]["status"], 80)
        status, answer = act(action="clear", all=True)
        self.assertEqual({r["status"] for r in answer["results"]}, {80})
        status, answer = act(action="restart", names=["grp:ga", "missing"], one_by_one=True)
        self.assertEqual([r["status"] for r in answer["results"]], [80, 20])
        for task in ({}, {"action": "start"}, {"action": "nope", "all": True}, {"action": "start", "names": [1]},
                     {"action": "start", "names": ["cat"], "all": True}, {"action": "signal", "names": ["cat"]}):
            self.assertEqual(self.site.api("actions", task)[0], 400, task)
        self.assertEqual(self.site.api("nope")[0], 404)
        self.assertEqual(self.site.api("status", {})[0], 405)

    def test_many_at_once(self):
        """A selection takes as long as its slowest, not as all of them."""
        programs = PROGRAMS + "".join(f"[program:slow{i}]\ncommand=/bin/sh -c 'trap \"\" TERM; while :; do sleep 0.1; "
                                      f"done'\nstopwaitsecs=2\nstartsecs=0\n" for i in range(8))
        with Site(programs) as site:
            names = [f"slow{i}" for i in range(8)]
            site.daemon.wait_for("success: slow", 8)
            began = time.monotonic()
            status, answer = site.api("actions", {"action": "stop", "names": names})
            self.assertEqual([r["status"] for r in answer["results"]], [80] * 8)
            self.assertLess(time.monotonic() - began, 14)  # one after the other: 16 s

    def test_logs(self):
        self.site.api("actions", {"action": "clear", "names": ["talk"]})
        write = lambda text: self.site.api("call/supervisor.sendProcessStdin", ["talk", text])  # noqa: E731
        write("first\n")
        wait_until(lambda: self.site.get("/api/v1/log/talk")[2] == "first\n", "the first line")
        connection = self.site.connect()
        connection.request("GET", "/api/v1/log/talk/stdout?follow=1&bytes=3")
        response = connection.getresponse()
        self.assertEqual(response.headers["Content-Type"], "text/plain;charset=utf-8")
        self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(response.read(3), b"st\n")
        write("second\n")
        self.assertEqual(response.read(7), b"second\n")
        connection.close()
        write("x" * 100000 + "\n")
        wait_until(lambda: len(self.site.get("/api/v1/log/talk?download=1")[2]) == 100014, "all of it")
        _, headers, text = self.site.get("/api/v1/log/talk?download=1")
        self.assertEqual(headers["Content-Disposition"], 'attachment; filename="talk-stdout.log"')
        self.assertTrue(text.startswith("first\nsecond\n"))
        self.assertIn("supervisord started", self.site.get("/api/v1/mainlog?bytes=1000000")[2])
        self.assertEqual(self.site.api("log/nolog"), (404, {"fault": {"code": 20, "text": "NO_FILE"}}))
        self.assertEqual(self.site.api("log/nope/stderr")[0], 404)

    def test_configuration(self):
        with Site() as site:
            with open(site.daemon.config) as f:
                text = f.read()
            self.assertEqual(site.api("config/reread", {}), (200, {"added": [], "changed": [], "removed": []}))
            text = text.replace("[program:nolog]", "[program:newp]").replace("exit 3", "exit 4")
            site.daemon.write("s.conf", text + "[program:other]\ncommand=/bin/cat\n")
            diff = {"added": ["newp", "other"], "changed": ["quick"], "removed": ["nolog"]}
            self.assertEqual(site.api("config/reread", {}), (200, diff))
            status, answer = site.api("config/update", {"groups": ["newp", "nolog"]})
            self.assertEqual([(r["group"], r["status"]) for r in answer["results"]], [("nolog", 80), ("newp", 80)])
            self.assertEqual(site.api("processes/nolog")[0], 404)
            status, answer = site.api("config/update", {})
            self.assertEqual([(r["group"], r["status"]) for r in answer["results"]], [("quick", 80), ("other", 80)])
            self.assertEqual(site.api("config/reread", {})[1], {"added": [], "changed": [], "removed": []})
            wait_until(lambda: site.process("other")["state"] == "RUNNING", "the new program")
            site.daemon.write("s.conf", "nonsense")
            status, answer = site.api("config/reread", {})
            self.assertEqual((status, answer["fault"]["code"]), (409, 92))


class EventReader:
    """text/event-stream, as it comes, on a thread."""

    def __init__(self, site):
        self.events, self.ended, self.mistake = [], False, None
        self.connection = site.connect()
        self.connection.request("GET", "/api/v1/events")
        self.response = self.connection.getresponse()
        assert self.response.headers["Content-Type"] == "text/event-stream;charset=utf-8"
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        event = {}
        try:
            for raw in self.response:
                line = raw.decode().rstrip("\n")
                if not line:
                    if "event" in event:
                        self.events.append((event["event"], json.loads(event["data"]), time.monotonic()))
                    event = {}
                else:
                    key, _, value = line.partition(": ")
                    event[key] = value
        except (json.JSONDecodeError, KeyError, UnicodeDecodeError) as e:  # what the server has sent
            self.mistake = f"{event}: {e!r}"
        except (OSError, http.client.HTTPException, ValueError, AttributeError):  # closed on our side, or theirs
            pass
        self.ended = True

    def find(self, kind, holds=lambda data: True, after=0.0):
        return next(((data, at) for name, data, at in self.events if name == kind and at > after and holds(data)), None)

    def close(self):
        try:
            self.connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.thread.join(PATIENCE)
        self.connection.close()
        assert self.ended and not self.mistake, self.mistake


class Events(Shared):
    def test_changes_come_at_once(self):
        reader = EventReader(self.site)
        first, _ = wait_until(lambda: reader.find("status"), "the first event")
        self.assertIn("talk", [p["name"] for p in first["processes"]])
        latencies = []
        for _ in range(5):
            pid = wait_until(lambda: self.site.process("talk")["pid"], "the process")
            killed = time.monotonic()
            os.kill(pid, signal.SIGKILL)
            restarted = lambda data: any(  # noqa: E731
                p["name"] == "talk" and p["pid"] != pid for p in data["changed"])
            change, at = wait_until(lambda: reader.find("change", restarted, killed), "the change")
            latencies.append(at - killed)
            self.assertEqual([p["name"] for p in change["changed"]], ["talk"])
            wait_until(lambda: self.site.process("talk")["state"] == "RUNNING", "the restart")
        print(f"kill to event: median {sorted(latencies)[2] * 1000:.1f} ms")
        last = self.site.process("talk")
        self.assertEqual(last["last_end"], "terminated by SIGKILL")
        self.assertGreaterEqual(last["restarts"], 5)
        reader.close()

    @unittest.skipIf(PORTABLE, "no figures without /proc")
    def test_usage_while_somebody_looks(self):
        self.assertNotIn("memory", self.site.process("talk"))
        reader = EventReader(self.site)
        talk = self.site.process("talk")["id"]
        rows = lambda: [p for kind, data, _ in reader.events if kind in ("status", "usage")  # noqa: E731
                        for p in (data["processes"] if kind == "status" else data)]
        memory = wait_until(lambda: [p["memory"] for p in rows() if p["id"] == talk and "memory" in p], "usage")
        self.assertGreater(memory[0], 100_000)
        self.assertIn("cpu", self.site.process("talk"))
        reader.close()
        wait_until(lambda: "memory" not in self.site.process("talk"), "the end of sampling")

    def test_open_pages_end_with_the_daemon(self):
        with Site() as site:
            reader = EventReader(site)
            wait_until(lambda: reader.find("status"), "the first event")
            self.assertFalse(reader.ended)
            site.daemon.send(signal.SIGTERM)
            wait_until(lambda: reader.ended, "the end of the stream")
            reader.close()

    def test_many_pages_at_rest(self):
        """Two hundred open pages, nothing happens: the daemon does next to nothing."""
        with Site() as site:
            readers = [EventReader(site) for _ in range(200)]
            wait_until(lambda: all(r.find("status") for r in readers), "all pages")
            ticks = lambda: sum(map(int, stat_fields(site.daemon.working_pid)[11:13]))  # noqa: E731
            used, began = ticks(), time.monotonic()
            wait_until(lambda: time.monotonic() - began > 10, "ten seconds", 30)
            share = (ticks() - used) / os.sysconf("SC_CLK_TCK") / (time.monotonic() - began)
            print(f"200 open pages: {share * 100:.2f} % of a core")
            self.assertLess(share, 0.05)
            wakes = site.get("/metrics")[2]
            self.assertIn("supervisord_web_pages 200", wakes)
            for reader in readers:
                reader.close()


class Metrics(Shared):
    def sample(self, name):
        _, headers, text = self.site.get("/metrics")
        self.assertEqual(headers["Content-Type"], "application/openmetrics-text; version=1.0.0; charset=utf-8")
        self.assertTrue(text.endswith("# EOF\n"))
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)
        return found and float(found.group(1))

    def test_series(self):
        talk = '{group="talk",name="talk"}'
        pid = self.site.process("talk")["pid"]
        wait_until(lambda: self.sample(f"node_supervisord_state{talk}") == 20, "RUNNING")
        self.assertEqual(self.sample(f"node_supervisord_up{talk}"), 1)
        self.assertEqual(self.sample(f"node_supervisord_exit_status{talk}"), 0)
        self.assertLess(abs(self.sample(f"node_supervisord_start_time_seconds{talk}") - time.time()), 600)
        cat = '{group="cat",name="cat"}'
        self.assertEqual(self.sample(f"node_supervisord_up{cat}"), 0)
        self.assertIsNone(self.sample(f"node_supervisord_start_time_seconds{cat}"))
        before = self.sample(f"supervisord_process_restarts_total{talk}")
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: self.sample(f"supervisord_process_restarts_total{talk}") == before + 1, "the restart")
        wait_until(lambda: self.site.process("talk")["state"] == "RUNNING", "RUNNING again")
        log = 'supervisord_process_log_bytes_total{group="talk",name="talk",channel="stdout"}'
        before = self.sample(log)
        calls = 'supervisord_rpc_calls_total{method="supervisor.sendProcessStdin"}'
        called = self.sample(calls) or 0
        self.site.api("call/supervisor.sendProcessStdin", ["talk", "12345\n"])
        wait_until(lambda: self.sample(log) == before + 6, "the bytes")
        self.assertEqual(self.sample(calls), called + 1)
        self.assertEqual(self.sample("supervisord_event_queue_depth"), 0)
        self.site.api("call/supervisor.noSuchMethod", [])
        self.assertIsNone(self.sample('supervisord_rpc_calls_total{method="supervisor.noSuchMethod"}'))

    def test_every_line(self):
        text = self.site.get("/metrics")[2]
        self.assertTrue(text.endswith("\n# EOF\n"), text[-100:])
        for line in text.splitlines():
            self.assertRegex(line, r'^(# (TYPE|HELP) \w+ .+|# EOF|\w+(\{(\w+="([^"\\]|\\.)*",?)+\})? -?[0-9.]+)$')


class Others(unittest.TestCase):
    def test_hostile_names(self):
        evil = "'\"><script>alert(1)<!--&lt;"
        programs = f"[program:{evil}]\ncommand=/bin/sh -c 'echo \"</pre><script>alert(2)</script>\"; sleep 1000'\n"
        with Site(programs) as site:
            quoted = urllib.parse.quote(evil)
            wait_until(lambda: "script" in site.get(f"/tail.html?processname={quoted}")[2].partition("<pre")[2], "output")
            for path in ("/", f"/tail.html?processname={quoted}", "/?message=" + quoted):
                text = site.get(path)[2]
                self.assertNotIn("<script>", text, path)
                self.assertIn("&lt;script&gt;alert(1)&lt;!--&amp;lt;", text, path)
            escaped = evil.replace('"', '\\"')
            self.assertIn(f'name="{escaped}"', site.get("/metrics")[2])
            status, _, text = site.ask("GET", "/api/v1/status")
            self.assertEqual((status, [p["name"] for p in json.loads(text)["processes"]]), (200, [evil]))
            self.assertNotIn("<", text)
            self.assertEqual(site.message(f"/?action=stop&processname={quoted}"), f"Process {evil} stopped")

    def test_no_programs(self):  # 172
        with Site("") as site:
            self.assertIn("No programs to manage</p>", site.get("/")[2])
            self.assertIn('<p id="none">', site.get("/")[2])

    def test_shutdown(self):  # 6.2, 6.4
        stubborn = ("[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory="
                    "supervisor.rpcinterface:make_main_rpcinterface\n"
                    "[program:stubborn]\ncommand=/bin/sh -c 'trap \"\" TERM; : > {dir}/deaf; while :; do sleep 0.1; done'\n"
                    "startsecs=0\nstopwaitsecs=600\n")
        with Site(stubborn) as site:
            wait_until(lambda: os.path.exists(os.path.join(site.daemon.dir, "deaf")), "a program that ignores SIGTERM")
            reader = EventReader(site)
            wait_until(lambda: reader.find("status"), "the first event")
            self.assertEqual(site.api("call/supervisor.shutdown", [])[0], 200)
            wait_until(lambda: reader.find("change", lambda data: data["daemon"]["state"] == "SHUTDOWN"), "the news")
            wait_until(lambda: site.get("/")[0] == 500, "the shutdown")
            self.assertEqual(site.get("/?action=stopall")[0], 500)
            self.assertEqual(site.get("/ok.html")[2], "OK")
            self.assertIn("SHUTDOWN_STATE", site.get("/tail.html?processname=stubborn")[2])
            self.assertEqual(site.api("actions", {"action": "start", "all": True})[0], 503)
            self.assertEqual(site.api("status")[1]["daemon"]["state"], "SHUTDOWN")
            os.kill(site.daemon.pid_of("stubborn"), signal.SIGKILL)
            reader.close()

    def test_unix_socket(self):
        with Daemon("[unix_http_server]\nfile={dir}/s.sock\n" + PROGRAMS) as daemon:
            daemon.started()
            path = os.path.join(daemon.dir, "s.sock")
            wait_until(lambda: os.path.exists(path), "the socket")
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(path)
                s.sendall(b"GET /?action=refresh HTTP/1.0\r\n\r\n")
                answer = b""
                while part := s.recv(65536):
                    answer += part
            self.assertIn(b"Location: ./?message=Page%20refreshed", answer)


class AtDebian(OldWays, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        found = oracle("supervisord")
        if not found:
            raise unittest.SkipTest("Debian's supervisor was not fetched")
        argv, env = found
        cls.site = Site(argv=argv, env=env)

    @classmethod
    def tearDownClass(cls):
        cls.site.__exit__(None, None, None)


if __name__ == "__main__":
    unittest.main()
