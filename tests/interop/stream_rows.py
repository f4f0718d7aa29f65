"""10.5, 176 to 185 and 188: logs as they grow."""
import os

from support import open_fds, wait_until

from .http_rows import expect
from .lab import Table, U, check

TABLE = Table("streams", extra="[program:merged]\ncommand=/bin/cat\nautostart=false\nredirect_stderr=true\n"
                               "stdout_logfile={dir}/merged.out\n"
                               "[program:writer]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile={dir}/writer.out\n"
                               "stdout_logfile_maxbytes=100\nstdout_logfile_backups=3\n",
              options="logfile_maxbytes=0")


def write(lab, name, data, mode="ab"):
    with open(lab.path(name), mode) as f:
        f.write(data)


def follow(lab, target="/logtail/cat", *headers, version="1.1"):
    w = lab.wire()
    w.send(lab.door.request(f"GET {target} HTTP/{version}", *headers))
    return w


class Followed:
    """What the stream says after its head and first chunk."""

    def __init__(self, lab, name, first, target):
        lab.put(name, first)
        self.wire = follow(lab, target)

    def __enter__(self):
        check.assertEqual(self.wire.head().status, 200)
        self.wire.chunk()
        return self.wire

    def __exit__(self, *_):
        self.wire.close()


@TABLE.step(176)
def head_and_first_chunk(lab):
    """/logtail/cat, log of 2004 bytes"""
    text = b"".join(b"%09d\n" % i for i in range(200)) + b"end\n"
    lab.put("cat.out", text)
    check.assertEqual(len(text), 2004)
    with follow(lab) as w:
        head = w.head()
        check.assertEqual((head.version, head.status, head.reason), ("HTTP/1.1", 200, "OK"))
        for name, value in {"content-type": "text/plain;charset=utf-8", "transfer-encoding": "chunked",
                            "x-accel-buffering": "no"}.items():
            check.assertEqual(head.headers[name], value)
        check.assertRegex(head.headers["last-modified"], r"^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$")
        check.assertNotIn("content-length", head.headers)
        check.assertEqual(w.chunk(), ("400", text[-1024:]))


@TABLE.step(176, U("absent"))
def not_sniffed(lab):
    """X-Content-Type-Options, and X-Accel-Buffering on the main log"""
    for target in ("/logtail/cat", "/mainlogtail"):
        with follow(lab, target) as w:
            head = w.head()
            check.assertEqual([head.headers[n] for n in ("x-content-type-options", "x-accel-buffering")], ["nosniff", "no"])


@TABLE.step(177)
def growth(lab):
    """append `one␊`"""
    with Followed(lab, "cat.out", b"x", "/logtail/cat") as w:
        write(lab, "cat.out", b"one\n")
        check.assertEqual(w.chunk(), ("4", b"one\n"))
        write(lab, "cat.out", b"\x1b[0m\x00\xff\n")
        check.assertEqual(w.chunk(), ("7", b"\x1b[0m\x00\xff\n"))
        write(lab, "cat.out", b"y" * 300)
        check.assertEqual(w.chunk(), ("12c", b"y" * 300))


def gather(w, until):
    text = b""
    while not text.endswith(until):
        text += w.chunk()[1]
    return text


@TABLE.step(178, U("connection dropped"))
def truncated(lab):
    """file truncated in place"""
    with Followed(lab, "cat.out", b"a longer text\n", "/logtail/cat") as w:
        os.truncate(lab.path("cat.out"), 0)
        check.assertEqual(gather(w, b"==> File truncated <==\n"), b"==> File truncated <==\n")
        write(lab, "cat.out", b"new\n")
        check.assertEqual(w.chunk(), ("4", b"new\n"))


@TABLE.step(179)
def renamed(lab):
    """rename + recreate with `newfile␊`"""
    with Followed(lab, "cat.out", b"x", "/logtail/cat") as w:
        os.rename(lab.path("cat.out"), lab.path("cat.old"))
        write(lab, "cat.out", b"newfile\n")
        check.assertEqual(w.chunk(), ("8", b"newfile\n"))


@TABLE.step(180)
def unlinked(lab):
    """unlink, later recreate"""
    with Followed(lab, "cat.out", b"x", "/logtail/cat") as w:
        os.unlink(lab.path("cat.out"))
        with lab.wire() as other:
            check.assertTrue(other.is_open())
        write(lab, "cat.out", b"again\n")
        check.assertEqual(w.chunk(), ("6", b"again\n"))


@TABLE.step(181)
def spellings(lab):
    """/logtail/cat%3Acat/stdout, /logtail/cat?x=1"""
    lab.put("cat.out", b"hello\n")
    lab.put("cat.err", b"oops\n")
    for target, said in (("/logtail/cat%3Acat/stdout", b"hello\n"), ("/logtail/cat?x=1", b"hello\n"),
                         ("/logtail/cat:cat", b"hello\n"), ("/logtail/cat/stderr", b"oops\n"),
                         ("/logtail/c%61t/stderr?x", b"oops\n")):
        with follow(lab, target) as w:
            check.assertEqual(w.head().status, 200, target)
            check.assertEqual(w.chunk()[1], said, target)
    with follow(lab, "/mainlogtail") as w:
        check.assertEqual(w.head().status, 200)
        check.assertTrue(w.chunk()[1])


@TABLE.step(182)
def nothing_there(lab):
    """/logtail/nope, /cat/foo, /cat/stdout/, /cat:*, /nolog"""
    for target in ("/nope", "/cat/foo", "/cat/stdout/", "/cat:*", "/nolog", "/", "/merged", "/stubborn", "/grp", "/nolog/stderr",
                   "/cat%00", "/%2e%2e/s.conf", "/cat/../nolog"):
        expect(lab.ask(lab.door.request("GET /logtail" + target)), 404)
    lab.put("merged.out", b"x")
    expect(lab.ask(lab.door.request("GET /logtail/merged/stderr")), 404)


@TABLE.step(183, U("500"))
def nobody_named(lab):
    """/logtail"""
    expect(lab.ask(lab.door.request("GET /logtail")), 404)


@TABLE.step(184)
def only_get(lab):
    """HEAD or POST on /logtail/cat, /mainlogtail"""
    for target in ("/logtail/cat", "/mainlogtail"):
        with lab.wire() as w:
            expect(w.send(lab.door.request("HEAD " + target)).answer(to_head=True), 400)
        expect(lab.ask(lab.door.request("POST " + target, body="x")), 400)
        expect(lab.ask(lab.door.request("PUT " + target, body="x")), 400)


@TABLE.step(185, U("nothing before 64 KiB"))
def http_1_0(lab):
    """/logtail/cat HTTP/1.0, or with Connection: close"""
    for headers, version in (((), "1.0"), (("Connection: close",), "1.1"), (("Connection: keep-alive",), "1.0")):
        lab.put("cat.out", b"plain\n")
        with follow(lab, "/logtail/cat", *headers, version=version) as w:
            head = w.head()
            check.assertEqual(head.status, 200)
            check.assertNotIn("transfer-encoding", head.headers)
            check.assertEqual(w.file.read(6), b"plain\n")
            write(lab, "cat.out", b"more\n")
            check.assertEqual(w.file.read(5), b"more\n")


@TABLE.step(188)
def the_stock_client(lab):
    """stock `supervisorctl tail -f` request with the extra CRLF"""
    lab.put("cat.out", b"x" * 30)
    with lab.wire() as w:
        lines = ["GET /logtail/cat/stdout HTTP/1.1", "Host: ", "Accept-Encoding: chunked", "Accept: */*",
                 "User-agent: Supervisor HTTP Client", *lab.door.authorization()]
        w.send(("\r\n".join(lines) + "\r\n\r\n\r\n").encode())
        check.assertEqual(w.head().status, 200)
        check.assertEqual(w.chunk(), ("1e", b"x" * 30))
        write(lab, "cat.out", b"one\n")
        check.assertEqual(w.chunk(), ("4", b"one\n"))


# -- beyond the vectors: 8.2 -------------------------------------------------------------------------

@TABLE.step(176)
def an_empty_log(lab):
    """empty file: nothing yet"""
    lab.put("cat.out", b"")
    with follow(lab) as w:
        check.assertEqual(w.head().status, 200)
        write(lab, "cat.out", b"z")
        check.assertEqual(w.chunk(), ("1", b"z"))


@TABLE.step(177, U("cut anywhere"))
def characters_stay_whole(lab):
    """it begins on a character, and holds a character's beginning back"""
    lab.put("cat.out", "é".encode() * 600 + b"x")
    with follow(lab) as w:
        check.assertEqual(w.head().status, 200)
        check.assertEqual(w.chunk()[1], "é".encode() * 511 + b"x")
        write(lab, "cat.out", "ü🎭".encode()[:4])
        check.assertEqual(w.chunk()[1], "ü".encode())
        write(lab, "cat.out", "ü🎭".encode()[4:])
        check.assertEqual(w.chunk()[1], "🎭".encode())
        write(lab, "cat.out", b"\xc3")  # nothing follows: sent after a second
        check.assertEqual(w.chunk()[1], b"\xc3")


@TABLE.step(179, U("loses lines"))
def through_rotations(lab):
    """every line through rotations of a running program's log"""
    said = "".join(f"line {i:03}\n" for i in range(60))
    with follow(lab, "/logtail/writer") as w:
        check.assertEqual(w.head().status, 200)
        for line in said.splitlines(keepends=True):
            lab.call("sendProcessStdin", "writer", line)
        check.assertEqual(gather(w, b"line 059\n").decode(), said)
    check.assertTrue(os.path.exists(lab.path("writer.out.3")))


@TABLE.step(179)
def through_a_clear(lab):
    """clearProcessLogs is seen as a rotation"""
    lab.call("clearProcessLogs", "writer")  # so that the next line is not the one that rotates it
    lab.call("sendProcessStdin", "writer", "before\n")
    wait_until(lambda: lab.read("writer.out"), "a line in the log")
    with follow(lab, "/logtail/writer") as w:
        check.assertEqual(w.head().status, 200)
        w.chunk()
        lab.call("clearProcessLogs", "writer")
        lab.call("sendProcessStdin", "writer", "cleared\n")
        check.assertEqual(gather(w, b"cleared\n"), b"cleared\n")


@TABLE.step(188)
def no_trace_of_those_who_left(lab):
    """clients of streams that go away leave no descriptor"""
    lab.put("cat.out", b"x")
    with follow(lab) as w:
        w.head()
    before = None
    for _ in range(2):
        wires = [follow(lab) for _ in range(20)]
        for w in wires:
            check.assertEqual(w.head().status, 200)
            w.close()
        fds = wait_until(lambda: (n := open_fds(lab.pid)) <= (before or n) and n, "their descriptors to be closed")
        before = before or fds
    write(lab, "cat.out", b"nobody listens\n")
    check.assertEqual(lab.call("getPID"), lab.pid)


@TABLE.step(185, U("no last chunk"))
def the_daemon_ends(lab):
    """a stream ends with the last chunk when the daemon does; also one that is in shutdown"""
    lab.put("cat.out", b"x")
    with follow(lab) as w:
        check.assertEqual(w.head().status, 200)
        w.chunk()
        check.assertIs(lab.call("shutdown"), True)
        check.assertEqual(w.chunk(), ("0", b""))
        check.assertTrue(w.at_end())
    wait_until(lambda: lab.process.poll() is not None, "the daemon to end")
    check.assertEqual(lab.process.returncode, 0)
