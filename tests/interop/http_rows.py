"""10.1: requests, connections and credentials. The web UI's pages have their own tests."""
import base64
import os
import xmlrpc.client

from support import alive, wait_until

from .harness import SHA, Table, U, check
from .wire import Answer

GET_PID = xmlrpc.client.dumps((), "supervisor.getPID")
START_CAT = xmlrpc.client.dumps(("cat",), "supervisor.startProcess")

TABLE = Table("http", listeners={
    "open": (None, None, None),
    "locked": ("u", "p:w", "{SHA}" + SHA),
    "upper": ("u", "p:w", "{SHA}" + SHA.upper()),
    "literal": ("u", "{sha}" + SHA, "{sha}" + SHA),
    "empty": (None, None, ""),
    "plain": ("ü", "p ä%:w", "p ä%%:w"),
})


def error_page(status, reason):
    return (f"<head>\r\n<title>Error response</title>\r\n</head>\r\n<body>\r\n<h1>Error response</h1>\r\n"
            f"<p>Error code {status}.\r\n<p>Message: {reason}.\r\n</body>\r\n").encode()


ERRORS = {400: (136, "Bad Request"), 401: (137, "Unauthorized"), 404: (134, "Not Found"), 411: (140, "Length Required"),
          413: (149, "Request Entity Too Large")}


def expect(answer: Answer, status, has=(), body=None):
    check.assertEqual(answer.status, status)
    check.assertIn("server", answer.headers)
    check.assertRegex(answer.headers["date"], r"^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$")
    if status in ERRORS and answer.body:
        length, reason = ERRORS[status]
        check.assertEqual(answer.reason, reason)
        check.assertEqual(answer.headers["content-type"], "text/html")
        check.assertEqual(len(answer.body), length)
        check.assertEqual(answer.body, error_page(status, reason))
    for name, value in dict(has).items():
        check.assertEqual(answer.headers.get(name), value, name)
    if body is not None:
        check.assertEqual(answer.body, body)


def row(number, line, status, *headers, send=None, has=(), body=None, then=None, raw=None, upstream=None):
    """One request. `send`: its body; `then`: whether the connection is "open" or "closed" afterwards."""
    def run(harness):
        with harness.wire() as w:
            w.send(raw if raw is not None else harness.door.request(line, *headers, body=send))
            expect(w.answer(to_head=line.startswith("HEAD")), status, has, body)
            if then == "open":
                check.assertTrue(w.is_open(), "still open")
            elif then == "closed":
                check.assertTrue(w.at_end(), "closed, without a byte more")
    TABLE.add(number, line, run, upstream)


ok = {"content-type": "text/plain", "content-length": "2"}
row(1, "GET /ok.html HTTP/1.1", 200, has=ok, body=b"OK", then="open")
row(2, "GET /ok.html HTTP/1.0", 200, has=ok, body=b"OK", then="closed")
row(3, "GET /ok.html HTTP/1.0", 200, "Connection: keep-alive", has={"connection": "Keep-Alive"}, then="open")
row(4, "GET /ok.html HTTP/1.0", 200, "Connection: Keep-Alive", has={"connection": "Keep-Alive"}, then="open",
    upstream=U("closed"))
row(5, "GET /ok.html", 200, "Connection: close", has={"connection": "close"}, then="closed", upstream=U("header absent"))
row(6, "GET /ok.html", 200, "Connection: Close", then="closed", upstream=U("open"))
row(7, "HEAD /ok.html", 200, has=ok, then="open", upstream=U("404 with body"))
row(8, "POST /ok.html", 200, send="x", body=b"OK", then="open")
row(10, "GET /nope", 404, has={"content-length": "134"}, body=error_page(404, "Not Found"), then="open")
for line in ("PUT /", "OPTIONS *", "TRACE /", "DELETE /RPC2"):
    row(11, line, 400, has={"content-length": "136"})
row(12, "get /ok.html HTTP/1.1", 400)
row(13, "GET /RPC2", 400, then="open")
row(13, "HEAD /RPC2", 400, then="open", upstream=U("with a body"))
row(14, "POST /RPC2", 411, has={"content-length": "140"})
row(15, "POST /RPC2", 400, send="", then="open", upstream=U("hangs"))
row(16, "POST /RPC2", 400, "Content-Length: abc", upstream=U("500"))
row(17, "POST /RPC2", 400, "Content-Length: -5", upstream=U("once one more byte comes"))
row(22, "GARBAGE", 400, raw=b"GARBAGE\r\n\r\n", then="closed", upstream=U("closed, no bytes"))
row(24, "GET /ok.html", 400, raw=b"GET /ok.html\r\n\r\n", then="closed", upstream=U("HTTP/None 500"))
row(30, "GET /images/", 404)
for line in ("GET /../x", "GET /images/%2e%2e/%2e%2e/x", "GET /%2e%2e/%2e%2e/etc/passwd"):
    row(31, line, 404)
for line in ("GET /INDEX.HTML", "GET /index.html/"):
    row(32, line, 404)
row(34, "GET /index.html;x=1", 404, upstream=U("never answered"))
# Beyond the vectors: 1.3, 1.10 and 2.
row(1, "GET /ok.html", 200, "X-Folded: a\r\n b", body=b"OK")
row(1, "GET /%6fk.html", 200, body=b"OK")
row(1, "GET //ok.html", 200, body=b"OK")
row(22, "GET  /ok.html HTTP/1.1", 400, then="closed", upstream=U("closed, no bytes"))
row(22, "GET /ok.html HTTP/1.1", 400, "no colon here", upstream=U("500"))
row(22, "GET /ok.html HTTP/2.0", 505, then="closed", upstream=U("echoed"))
row(11, "BREW /nope", 400)
row(10, "HEAD /nope", 404, has={"content-length": "134"}, then="open", upstream=U("404 with a body"))


@TABLE.step(18)
def any_path_that_starts_like_it(harness):
    """getPID posted to /RPC2/, /RPC2xyz, /RPC2?x=1"""
    for path in ("/RPC2", "/RPC2/", "/RPC2xyz", "/RPC2?x=1", "/RPC2%zz", "/%52PC2"):
        found = harness.ask(harness.door.post(GET_PID, line="POST " + path))
        expect(found, 200, {"content-type": "text/xml"})
        check.assertEqual(xmlrpc.client.loads(found.body)[0][0], harness.pid)


@TABLE.step(19)
def not_with_two_slashes(harness):
    """getPID posted to //RPC2"""
    expect(harness.ask(harness.door.post(GET_PID, line="POST //RPC2")), 400)


@TABLE.step(20)
def rpc_over_http_1_0(harness):
    """getPID, HTTP/1.0"""
    with harness.wire() as w:
        found = w.send(harness.door.post(GET_PID, line="POST /RPC2 HTTP/1.0")).answer()
        expect(found, 200, {"content-type": "text/xml"})
        check.assertEqual(xmlrpc.client.loads(found.body)[0][0], harness.pid)
        check.assertTrue(w.at_end())


@TABLE.step(21)
def pipelined(harness):
    """three getPID requests pipelined"""
    with harness.wire() as w:
        w.send(harness.door.post(GET_PID) * 3)
        for _ in range(3):
            check.assertEqual(xmlrpc.client.loads(w.answer().body)[0][0], harness.pid)
        check.assertTrue(w.is_open())


@TABLE.step(23)
def empty_line_first(harness):
    """CRLF then GET /ok.html"""
    with harness.wire() as w:
        expect(w.send(b"\r\n" + harness.door.request("GET /ok.html")).answer(), 200, body=b"OK")


# -- credentials: the doors with other listeners' passwords ---------------------------------------

def guarded(number, door, status, *auth, line="GET /ok.html", has=(), upstream=None):
    def run(harness):
        with harness.wire(harness.at(door)) as w:
            expect(w.send(w.door.request(line, auth=auth)).answer(), status, has)
            if status == 401:
                check.assertTrue(w.at_end())
    TABLE.add(number, f"{line} at {door}, {auth}", run, upstream)


def basic(text):
    return "Authorization: Basic " + base64.b64encode(text.encode()).decode()


refused = {"www-authenticate": 'Basic realm="default"', "connection": "close", "content-length": "137"}
# upstream says close, and keeps the connection
guarded(35, "locked", 401, has=refused, upstream=U("stays open"))
guarded(36, "locked", 401, line="GET /nope", has=refused, upstream=U("stays open"))
for line in ("POST /RPC2", "BREW /x", "GET /RPC2", "GET /logtail/cat", "GET /mainlogtail", "HEAD /ok.html"):
    if not line.startswith("HEAD"):
        guarded(36, "locked", 401, line=line, has=refused, upstream=U("stays open"))
guarded(37, "locked", 200, "Authorization: Basic dTpwOnc=")
guarded(38, "locked", 200, "authorization: BASIC dTpwOnc=")
guarded(39, "locked", 200, "Authorization: Basic  dTpwOnc= ")
guarded(40, "locked", 401, "Authorization: Basic dTp4", upstream=U("stays open"))
guarded(40, "locked", 401, "Authorization: Basic VTpwOnc=", upstream=U("stays open"))
guarded(41, "locked", 401, "Authorization: Basic dQ==", upstream=U("500"))
guarded(41, "locked", 401, "Authorization: Basic ", upstream=U("500"))
guarded(41, "locked", 401, "Authorization: Basic !!!", upstream=U("500"))
guarded(42, "locked", 400, "Authorization: Basic a")
guarded(42, "locked", 400, "Authorization: Basic /////w==")
guarded(43, "locked", 401, "Authorization: Digest foo", upstream=U("stays open"))
guarded(43, "locked", 401, "Authorization: Bearer foo", upstream=U("stays open"))
guarded(44, "upper", 401, basic("u:p:w"), upstream=U("stays open"))
guarded(45, "literal", 200, basic("u:{sha}" + SHA))
guarded(45, "literal", 401, basic("u:p:w"), upstream=U("stays open"))
guarded(46, "empty", 200)
guarded(46, "plain", 200, basic("ü:p ä%:w"))
guarded(40, "plain", 401, basic("ü:p ä%%:w"), upstream=U("stays open"))
guarded(40, "locked", 401, basic("u:"), upstream=U("stays open"))
guarded(40, "locked", 401, basic(":p:w"), upstream=U("stays open"))
guarded(40, "locked", 401, basic("u:p:w\0"), upstream=U("stays open"))
guarded(40, "locked", 401, "Authorization: Basic dTp4", "Authorization: Basic dTpwOnc=", upstream=U("stays open"))


@TABLE.step(46)
def no_authentication_is_said(harness):
    """CRIT log line for a listener with empty credentials"""
    section = "unix_http_server:empty" if harness.family == "unix" else "inet_http_server:empty"
    check.assertIn(f"CRIT Server '{section}' running without any HTTP authentication checking", harness.records())
    locked = section.replace("empty", "locked")
    check.assertNotIn(f"CRIT Server '{locked}' running without any HTTP authentication checking", harness.records())


@TABLE.step(47, U("swallows what follows"))
def refused_before_its_body(harness):
    """POST RPC without credentials: the body is no request"""
    with harness.wire(harness.at("locked")) as w:
        smuggled = w.door.request("GET /ok.html")
        expect(w.send(w.door.post(smuggled, auth=[])).answer(), 401, refused)
        check.assertTrue(w.at_end(), "no second response")


# -- bodies ------------------------------------------------------------------------------------------

@TABLE.step(48, U("200, 400"))
def body_of_a_get(harness):
    """GET with body `hello`, then another GET"""
    with harness.wire() as w:
        w.send(harness.door.request("GET /ok.html", body="hello") + harness.door.request("GET /ok.html"))
        expect(w.answer(), 200, body=b"OK")
        expect(w.answer(), 200, body=b"OK")


@TABLE.step(49, U("411"))
def chunked(harness):
    """chunked POST getPID, in chunks of one byte and of seven, with a trailer"""
    for size in (1, 7, 1000):
        pieces = [GET_PID[i:i + size] for i in range(0, len(GET_PID), size)]
        body = "".join(f"{len(p):X};x=y\r\n{p}\r\n" for p in pieces) + "0\r\nX-Trailer: z\r\n\r\n"
        with harness.wire() as w:
            w.send(harness.door.request("POST /RPC2", "Transfer-Encoding: chunked", body=body, length=False))
            found = w.answer()
            expect(found, 200)
            check.assertEqual(xmlrpc.client.loads(found.body)[0][0], harness.pid)
            check.assertTrue(w.is_open())


@TABLE.step(49, U("411"))
def doubtful_framing(harness):
    """two lengths, a length beside chunks, an unknown coding, broken chunks: 400, and nothing behind is a request"""
    for headers, body in ((("Content-Length: 3", "Content-Length: 4"), "abcd"),
                          (("Content-Length: 3", "Transfer-Encoding: chunked"), "0\r\n\r\n"),
                          (("Transfer-Encoding: gzip",), "0\r\n\r\n"),
                          (("Transfer-Encoding: chunked",), "zz\r\n\r\n"),
                          (("Transfer-Encoding: chunked",), "fffffffffffffffff\r\n\r\n"),
                          (("Content-Length: 99999999999999999999999",), ""),
                          (("Content-Length: +3",), "abc")):
        with harness.wire() as w:
            w.send(harness.door.request("POST /RPC2", *headers, body=body, length=False))
            expect(w.answer(), 400)
            check.assertTrue(w.at_end(), headers)


@TABLE.step(49, U("no interim response"))
def asks_before_it_sends(harness):
    """Expect: 100-continue"""
    with harness.wire() as w:
        w.send(harness.door.request("POST /RPC2", "Expect: 100-continue", f"Content-Length: {len(GET_PID)}"))
        check.assertEqual(w.head()[:2], ("HTTP/1.1", 100))
        w.send(GET_PID.encode())
        check.assertEqual(xmlrpc.client.loads(w.answer().body)[0][0], harness.pid)
        w.send(harness.door.request("POST /RPC2", "Expect: 100-continue", "Content-Length: 99999999"))
        expect(w.answer(), 413)
        check.assertTrue(w.at_end())


@TABLE.step(49, U("closed without an answer"))
def too_much(harness):
    """a header block over 64 KiB: 431; a body over 16 MiB: 413"""
    with harness.wire() as w:
        w.send(harness.door.request("GET /ok.html", "X-Long: " + "x" * 70_000))
        expect(w.answer(), 431)
        check.assertTrue(w.at_end())
    with harness.wire() as w:
        w.send(harness.door.request("POST /RPC2", "Content-Length: 17000000"))
        expect(w.answer(), 413)
        check.assertTrue(w.at_end())
    expect(harness.ask(harness.door.request("GET /ok.html", "X-Long: " + "x" * 60_000)), 200)
    expect(harness.ask(harness.door.request("GET /ok.html?" + "x" * 60_000)), 200)


@TABLE.step(49, U("accepts them"))
def pages_of_other_sites(harness):
    """6.6: what a browser sends for a page of another site is refused; clients without these headers pass"""
    for headers, status in ((("Origin: http://evil.example",), 403), (("Origin: null",), 403),
                            (("Sec-Fetch-Site: cross-site",), 403), (("Sec-Fetch-Site: same-site",), 403),
                            (("Origin: http://x", "Sec-Fetch-Site: same-origin"), 200), (("Sec-Fetch-Site: none",), 200)):
        check.assertEqual(harness.ask(harness.door.post(GET_PID, *headers)).status, status, headers)


# -- answers that are late ---------------------------------------------------------------------------

@TABLE.step(50, U("two interleaved answers"))
def next_request_while_one_waits(harness):
    """startProcess(cat), and getPID on the same connection while it waits"""
    with harness.wire() as w:
        w.send(harness.door.post(START_CAT))
        harness.wait_state("cat", "STARTING", "RUNNING")
        w.send(harness.door.post(GET_PID))
        check.assertIs(xmlrpc.client.loads(w.answer().body)[0][0], True)
        check.assertEqual(xmlrpc.client.loads(w.answer().body)[0][0], harness.pid)
        check.assertTrue(w.is_open())
    check.assertIs(harness.call("stopProcess", "cat"), True)


@TABLE.step(51)
def client_that_does_not_wait(harness):
    """startProcess(cat), client closes at once"""
    with harness.wire() as w:
        w.send(harness.door.post(START_CAT))
        harness.wait_state("cat", "STARTING", "RUNNING")
    harness.wait_state("cat", "RUNNING")
    check.assertTrue(alive(harness.call("getProcessInfo", "cat")["pid"]))


@TABLE.step(51)
def client_that_sends_and_shuts(harness):
    """a client that closes its writing side after an immediate request is answered"""
    with harness.wire() as w:
        w.send(harness.door.post(GET_PID))
        w.socket.shutdown(1)
        check.assertEqual(xmlrpc.client.loads(w.answer().body)[0][0], harness.pid)
        check.assertTrue(w.at_end())


@TABLE.step(51, U("HOST:PORT differs in form"))
def access_is_logged(harness):
    """1.9: nothing of it at loglevel debug"""
    check.assertNotIn("GET /ok.html", harness.log())
    check.assertNotIn("XML-RPC method called", harness.log())
    wait_until(lambda: os.path.exists(harness.log_path), "the log")
