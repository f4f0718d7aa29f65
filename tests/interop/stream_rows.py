"""10.5, 176 to 185 and 188: logs as they grow."""
import os

from support import open_fds, wait_until

from .http_rows import expect
from .harness import Table, U, check

TABLE = Table("streams", extra="[program:merged]\ncommand=/bin/cat\nautostart=false\nredirect_stderr=true\n"
                               "stdout_logfile={dir}/merged.out\n"
                               "[program:writer]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile={dir}/writer.out\n"
                               "stdout_logfile_maxbytes=100\nstdout_logfile_backups=3\n",
              options="logfile_maxbytes=0")


def write(harness, name, data, mode="ab"):
    with open(harness.path(name), mode) as f:
        f.write(data)


def follow(harness, target="/logtail/cat", *headers, version="1.1"):
    w = harness.wire()
    w.send(harness.door.request(f"GET {target} HTTP/{version}", *headers))
    return w


class Followed:
    """What the stream says after its head and first chunk."""

    def __init__(self, harness, name, first, target):
        harness.put(name, first)
        self.wire = follow(harness, target)

    def __enter__(self):
        check.assertEqual(self.wire.head().status, 200)
        self.wire.chunk()
        return self.wire

    def __exit__(self, *_):
        self.wire.close()


@TABLE.step(176)
def head_and_first_chunk(harness):
    """/logtail/cat, log of 2004 bytes"""
    text = b"".join(b"%09d\n" % i for i in range(200)) + b"end\n"
    harness.put("cat.out", text)
    check.assertEqual(len(text), 2004)
    with follow(harness) as w:
        head = w.head()
        check.assertEqual((head.version, head.status, head.reason), ("HTTP/1.1", 200, "OK"))
        for name, value in {"content-type": "text/plain;charset=utf-8", "transfer-encoding": "chunked",
                            "x-accel-buffering": "no"}.items():
            check.assertEqual(head.headers[name], value)
        check.assertRegex(head.headers["last-modified"], r"^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$")
        check.assertNotIn("content-length", head.headers)
        check.assertEqual(w.chunk(), ("400", text[-1024:]))


@TABLE.step(176, U("absent"))
def not_sniffed(harness):
    """X-Content-Type-Options, and X-Accel-Buffering on the main log"""
    for target in ("/logtail/cat", "/mainlogtail"):
        with follow(harness, target) as w:
            head = w.head()
            check.assertEqual([head.headers[n] for n in ("x-content-type-options", "x-accel-buffering")], ["nosniff", "no"])


@TABLE.step(177)
def growth(harness):
    """append `one␊`"""
    with Followed(harness, "cat.out", b"x", "/logtail/cat") as w:
        write(harness, "cat.out", b"one\n")
        check.assertEqual(w.chunk(), ("4", b"one\n"))
        write(harness, "cat.out", b"\x1b[0m\x00\xff\n")
        check.assertEqual(w.chunk(), ("7", b"\x1b[0m\x00\xff\n"))
        write(harness, "cat.out", b"y" * 300)
        check.assertEqual(w.chunk(), ("12c", b"y" * 300))


def gather(w, until):
    text = b""
    while not text.endswith(until):
        text += w.chunk()[1]
    return text


@TABLE.step(178, U("connection dropped"))
def truncated(harness):
    """file truncated in place"""
    with Followed(harness, "cat.out", b"a longer text\n", "/logtail/cat") as w:
        os.truncate(harness.path("cat.out"), 0)
        check.assertEqual(gather(w, b"==> File truncated <==\n"), b"==> File truncated <==\n")
        write(harness, "cat.out", b"new\n")
        check.assertEqual(w.chunk(), ("4", b"new\n"))


@TABLE.step(179)
def renamed(harness):
    """rename + recreate with `newfile␊`"""
    with Followed(harness, "cat.out", b"x", "/logtail/cat") as w:
        os.rename(harness.path("cat.out"), harness.path("cat.old"))
        write(harness, "cat.out", b"newfile\n")
        check.assertEqual(w.chunk(), ("8", b"newfile\n"))


@TABLE.step(180)
def unlinked(harness):
    """unlink, later recreate"""
    with Followed(harness, "cat.out", b"x", "/logtail/cat") as w:
        os.unlink(harness.path("cat.out"))
        with harness.wire() as other:
            check.assertTrue(other.is_open())
        write(harness, "cat.out", b"again\n")
        check.assertEqual(w.chunk(), ("6", b"again\n"))


@TABLE.step(181)
def spellings(harness):
    """/logtail/cat%3Acat/stdout, /logtail/cat?x=1"""
    harness.put("cat.out", b"hello\n")
    harness.put("cat.err", b"oops\n")
    for target, said in (("/logtail/cat%3Acat/stdout", b"hello\n"), ("/logtail/cat?x=1", b"hello\n"),
                         ("/logtail/cat:cat", b"hello\n"), ("/logtail/cat/stderr", b"oops\n"),
                         ("/logtail/c%61t/stderr?x", b"oops\n")):
        with follow(harness, target) as w:
            check.assertEqual(w.head().status, 200, target)
            check.assertEqual(w.chunk()[1], said, target)
    with follow(harness, "/mainlogtail") as w:
        check.assertEqual(w.head().status, 200)
        check.assertTrue(w.chunk()[1])


@TABLE.step(182)
def nothing_there(harness):
    """/logtail/nope, /cat/foo, /cat/stdout/, /cat:*, /nolog"""
    for target in ("/nope", "/cat/foo", "/cat/stdout/", "/cat:*", "/nolog", "/", "/merged", "/stubborn", "/grp", "/nolog/stderr",
                   "/cat%00", "/%2e%2e/s.conf", "/cat/../nolog"):
        expect(harness.ask(harness.door.request("GET /logtail" + target)), 404)
    harness.put("merged.out", b"x")
    expect(harness.ask(harness.door.request("GET /logtail/merged/stderr")), 404)


@TABLE.step(183, U("500"))
def nobody_named(harness):
    """/logtail"""
    expect(harness.ask(harness.door.request("GET /logtail")), 404)


@TABLE.step(184)
def only_get(harness):
    """HEAD or POST on /logtail/cat, /mainlogtail"""
    for target in ("/logtail/cat", "/mainlogtail"):
        with harness.wire() as w:
            expect(w.send(harness.door.request("HEAD " + target)).answer(to_head=True), 400)
        expect(harness.ask(harness.door.request("POST " + target, body="x")), 400)
        expect(harness.ask(harness.door.request("PUT " + target, body="x")), 400)


@TABLE.step(185, U("nothing before 64 KiB"))
def http_1_0(harness):
    """/logtail/cat HTTP/1.0, or with Connection: close"""
    for headers, version in (((), "1.0"), (("Connection: close",), "1.1"), (("Connection: keep-alive",), "1.0")):
        harness.put("cat.out", b"plain\n")
        with follow(harness, "/logtail/cat", *headers, version=version) as w:
            head = w.head()
            check.assertEqual(head.status, 200)
            check.assertNotIn("transfer-encoding", head.headers)
            check.assertEqual(w.file.read(6), b"plain\n")
            write(harness, "cat.out", b"more\n")
            check.assertEqual(w.file.read(5), b"more\n")


@TABLE.step(188)
def the_stock_client(harness):
    """stock `supervisorctl tail -f` request with the extra CRLF"""
    harness.put("cat.out", b"x" * 30)
    with harness.wire() as w:
        lines = ["GET /logtail/cat/stdout HTTP/1.1", "Host: ", "Accept-Encoding: chunked", "Accept: */*",
                 "User-agent: Supervisor HTTP Client", *harness.door.authorization()]
        w.send(("\r\n".join(lines) + "\r\n\r\n\r\n").encode())
        check.assertEqual(w.head().status, 200)
        check.assertEqual(w.chunk(), ("1e", b"x" * 30))
        write(harness, "cat.out", b"one\n")
        check.assertEqual(w.chunk(), ("4", b"one\n"))


# -- beyond the vectors: 8.2 -------------------------------------------------------------------------

@TABLE.step(176)
def an_empty_log(harness):
    """empty file: nothing yet"""
    harness.put("cat.out", b"")
    with follow(harness) as w:
        check.assertEqual(w.head().status, 200)
        write(harness, "cat.out", b"z")
        check.assertEqual(w.chunk(), ("1", b"z"))


@TABLE.step(177, U("cut anywhere"))
def characters_stay_whole(harness):
    """it begins on a character, and holds a character's beginning back"""
    harness.put("cat.out", "é".encode() * 600 + b"x")
    with follow(harness) as w:
        check.assertEqual(w.head().status, 200)
        check.assertEqual(w.chunk()[1], "é".encode() * 511 + b"x")
        write(harness, "cat.out", "ü🎭".encode()[:4])
        check.assertEqual(w.chunk()[1], "ü".encode())
        write(harness, "cat.out", "ü🎭".encode()[4:])
        check.assertEqual(w.chunk()[1], "🎭".encode())
        write(harness, "cat.out", b"\xc3")  # nothing follows: sent after a second
        check.assertEqual(w.chunk()[1], b"\xc3")


@TABLE.step(179, U("loses lines"))
def through_rotations(harness):
    """every line through rotations of a running program's log"""
    said = "".join(f"line {i:03}\n" for i in range(60))
    with follow(harness, "/logtail/writer") as w:
        check.assertEqual(w.head().status, 200)
        seen = b""
        lines = said.splitlines(keepends=True)
        for few in (lines[i:i + 20] for i in range(0, len(lines), 20)):  # fewer than could be rotated away unseen
            for line in few:
                harness.call("sendProcessStdin", "writer", line)
            seen += gather(w, few[-1].encode())
        check.assertEqual(seen.decode(), said)
    wait_until(lambda: os.path.exists(harness.path("writer.out.3")), "the third rotation")  # behind the last line


@TABLE.step(179)
def through_a_clear(harness):
    """clearProcessLogs is seen as a rotation"""
    harness.call("clearProcessLogs", "writer")  # so that the next line is not the one that rotates it
    harness.call("sendProcessStdin", "writer", "before\n")
    wait_until(lambda: harness.read("writer.out"), "a line in the log")
    with follow(harness, "/logtail/writer") as w:
        check.assertEqual(w.head().status, 200)
        w.chunk()
        harness.call("clearProcessLogs", "writer")
        harness.call("sendProcessStdin", "writer", "cleared\n")
        check.assertEqual(gather(w, b"cleared\n"), b"cleared\n")


@TABLE.step(188)
def no_trace_of_those_who_left(harness):
    """clients of streams that go away leave no descriptor"""
    harness.put("cat.out", b"x")
    with follow(harness) as w:
        w.head()
    before = None
    for _ in range(2):
        wires = [follow(harness) for _ in range(20)]
        for w in wires:
            check.assertEqual(w.head().status, 200)
            w.close()
        fds = wait_until(lambda: (n := open_fds(harness.pid)) <= (before or n) and n, "their descriptors to be closed")
        before = before or fds
    write(harness, "cat.out", b"nobody listens\n")
    check.assertEqual(harness.call("getPID"), harness.pid)


@TABLE.step(185, U("no last chunk"))
def the_daemon_ends(harness):
    """a stream ends with the last chunk when the daemon does; also one that is in shutdown"""
    harness.put("cat.out", b"x")
    with follow(harness) as w:
        check.assertEqual(w.head().status, 200)
        w.chunk()
        check.assertIs(harness.call("shutdown"), True)
        check.assertEqual(w.chunk(), ("0", b""))
        check.assertTrue(w.at_end())
    wait_until(lambda: harness.process.poll() is not None, "the daemon to end")
    check.assertEqual(harness.process.returncode, 0)
