"""10.4: windows into logs, and clearing them. The files are written by the rows themselves."""
import os
import shutil
import string
import subprocess
import xml.etree.ElementTree

from support import wait_until

from .envelope_rows import WRONG, call
from .harness import Fault, Http, StartsWith, Table, U, check, results

LETTERS = string.ascii_lowercase
TABLE = Table("logs", extra="[program:talker]\ncommand=/bin/sh -c \"echo hello; exec cat\"\nstartsecs=0\n"
                            "stdout_logfile={dir}/talker.out\n")
BAD = Fault(3, "BAD_ARGUMENTS")
READ, TAIL = "readProcessStdoutLog", "tailProcessStdoutLog"


def read(number, offset, length, expected):
    TABLE.calls((number, READ, ("cat", offset, length), expected))


def tail(number, offset, length, *expected):
    TABLE.calls((number, TAIL, ("cat", offset, length), list(expected)))


@TABLE.step(130)
def the_fixture(harness):
    """cat.out holds the 26 letters"""
    harness.put("cat.out", LETTERS.encode())


read(130, 0, 0, LETTERS)
read(130, 0, 5, "abcde")
read(130, 5, 5, "fghij")
read(130, 20, 100, "uvwxyz")
read(131, 26, 0, "")
read(131, 27, 0, "")
read(131, 100, 5, "")
read(132, -4, 0, "wxyz")
read(132, -100, 0, LETTERS)
read(132, -2**31, 0, LETTERS)
read(133, -4, 1, BAD)
read(133, -4, -1, BAD)
read(133, 0, -1, BAD)
read(133, 0, 2**31 - 1, LETTERS)
tail(134, 0, 0, "", 26, True)
tail(135, 0, 5, "vwxyz", 26, True)
tail(135, 5, 5, "vwxyz", 26, True)
tail(136, 0, 26, LETTERS, 26, False)
tail(136, 0, 100, LETTERS, 26, False)
tail(137, 5, 22, LETTERS[4:], 26, False)
tail(138, 25, 5, "vwxyz", 26, False)
tail(139, 26, 5, "", 26, False)
tail(139, 100, 5, "", 26, False)
tail(140, -5, 10, "qrstuvwxyz", 26, True)
tail(141, -5, 31, LETTERS, 26, False)
tail(142, 0, -1, "", 26, True)
TABLE.calls(
    (130, "readProcessLog", ("cat:cat", 0, 5), "abcde"),
    (135, "tailProcessLog", ("cat:cat", 0, 5), ["vwxyz", 26, True]),
    (133, READ, ("cat", "x", 0), WRONG, U("HTTP 500")),
    (133, READ, ("cat", 0), WRONG),
    (133, READ, ("nope", 0, 0), Fault(10, "BAD_NAME: nope")),
    (133, TAIL, ("cat:*", 0, 0), Fault(10, "BAD_NAME: cat:*")),
    (143, READ, ("nolog", 0, 0), Fault(20, "NO_FILE")),
    (143, TAIL, ("nolog", 0, 10), ["", 0, False]),
    (143, "readProcessStderrLog", ("nolog", 0, 0), Fault(20, "NO_FILE")),
)


@TABLE.step(144)
def removed(harness):
    """cat.err removed: readProcessStderrLog, tailProcessStderrLog(0,10)"""
    check.assertFalse(os.path.exists(harness.path("cat.err")))
    check.assertEqual(harness.outcome("readProcessStderrLog", "cat", 0, 0), Fault(20, f"NO_FILE: {harness.path('cat.err')}"))
    check.assertEqual(harness.call("tailProcessStderrLog", "cat", 0, 10), ["", 0, False])


@TABLE.step(145)
def a_directory(harness):
    """cat.err is a directory: read; tail(7,10)"""
    os.mkdir(harness.path("cat.err"))
    check.assertEqual(harness.outcome("readProcessStderrLog", "cat", 0, 0), Fault(30, "FAILED"))
    check.assertEqual(harness.call("tailProcessStderrLog", "cat", 7, 10), ["", 7, False])
    shutil.rmtree(harness.path("cat.err"))


@TABLE.step(146, U("HTTP 500"))
def a_character_cut(harness):
    """bytes 68 c3 a9 6c 6c 6f: (0,0); (0,2)"""
    harness.put("cat.out", b"\x68\xc3\xa9\x6c\x6c\x6f")
    check.assertEqual(harness.call(READ, "cat", 0, 0), "héllo")
    check.assertEqual(harness.call(READ, "cat", 0, 2), "h\ufffd")
    check.assertEqual(harness.call(READ, "cat", 2, 0), "\ufffdllo")
    check.assertEqual(harness.call(TAIL, "cat", 0, 4), ["\ufffdllo", 6, True])


@TABLE.step(147, U("HTTP 500"))
def not_utf8(harness):
    """`bad` FF `byte`: (0,0)"""
    harness.put("cat.out", b"bad\xffbyte")
    check.assertEqual(harness.call(READ, "cat", 0, 0), "bad\ufffdbyte")
    harness.put("cat.out", b"\xed\xa0\x80|\xf4\x90\x80\x80|\xc0\xaf|\xef\xbf\xbe|\xf0\x9f\x8e\xad")
    check.assertEqual(harness.call(READ, "cat", 0, 0).split("|")[3:], ["\ufffd", "\U0001f3ad"])


@TABLE.step(148, U("ill-formed"))
def control_characters(harness):
    """ESC `[31mred`: (0,0)"""
    harness.put("cat.out", b"\x1b[31mred")
    answer, found = harness.posted(call("supervisor." + READ, "cat", "<int>0</int>", "<int>0</int>"))
    check.assertEqual(found, "\ufffd[31mred")
    xml.etree.ElementTree.fromstring(answer.body)
    harness.put("cat.out", bytes(range(32)) + b"\x7f<&>\"'")
    expected = "".join(chr(c) if chr(c) in "\t\n\r" else "\ufffd" for c in range(32)) + "\x7f<&>\"'"
    check.assertEqual(harness.call(READ, "cat", 0, 0), expected)


@TABLE.step(149, U("CRs become LF"))
def carriage_returns(harness):
    """`a` CR LF `b` CR"""
    harness.put("cat.out", b"a\r\nb\r")
    check.assertEqual(harness.call(READ, "cat", 0, 0), "a\r\nb\r")


@TABLE.step(150, U("HTTP 500"))
def beyond_32_bits(harness):
    """3 GB sparse file, tail(0,10)"""
    harness.put("cat.out", b"")
    with open(harness.path("cat.out"), "r+b") as f:
        f.truncate(3_000_000_000)
        f.seek(-3, 2)
        f.write(b"end")
    answer, found = harness.posted(call("supervisor." + TAIL, "cat", "<int>0</int>", "<int>10</int>"))
    check.assertIn(b"<i8>3000000000</i8>", answer.body)
    check.assertEqual(found, ["\ufffd" * 7 + "end", 3_000_000_000, True])
    check.assertEqual(harness.call(READ, "cat", -3, 0), "end")
    answer, found = harness.posted(call("supervisor." + READ, "cat", "<i8>2999999997</i8>", "<int>0</int>"))
    check.assertEqual(found, "end")
    check.assertEqual(harness.outcome(READ, "cat", 0, 0), Fault(30, StartsWith("FAILED: more than ")))
    os.unlink(harness.path("cat.out"))


@TABLE.step(151, U("true, log unchanged"))
def cleared_though_stopped(harness):
    """clearProcessLogs on a stopped process with a 6-byte log"""
    harness.put("cat.out", b"6bytes")
    harness.put("cat.err", b"more")
    harness.put("cat.out.1", b"a backup")
    check.assertEqual(harness.state("cat"), "STOPPED")
    check.assertIs(harness.call("clearProcessLogs", "cat"), True)
    check.assertEqual([harness.read(n) for n in ("cat.out", "cat.err", "cat.out.1")], ["", "", "a backup"])


@TABLE.step(151)
def cleared_while_it_runs(harness):
    """clearProcessLogs of a running process: what it says next is in the new file"""
    wait_until(lambda: harness.read("talker.out") == "hello\n", "its first word")
    for method in ("clearProcessLogs", "clearProcessLog"):
        check.assertIs(harness.call(method, "talker"), True)
        check.assertEqual(harness.read("talker.out"), "")
        check.assertIs(harness.call("sendProcessStdin", "talker", "again\n"), True)
        wait_until(lambda: harness.read("talker.out") == "again\n", "its next word")
    check.assertEqual(harness.outcome("clearProcessLogs", "nope"), Fault(10, "BAD_NAME: nope"))
    check.assertIs(harness.call("clearProcessLogs", "nolog"), True)


@TABLE.step(151, U("about a second for each"))
def all_cleared(harness):
    """clearAllProcessLogs"""
    harness.put("cat.out", b"x")
    found = results(harness.call("clearAllProcessLogs"))
    check.assertEqual([n for n, _, _ in found], ["sleeper", "gb", "ga", "badcmd", "cat", "done", "missing", "multi_00", "multi_01",
                                                 "multi_02", "noexec", "nolog", "quick", "stubborn", "talker"])
    check.assertEqual({(s, d) for _, s, d in found}, {(80, "OK")})
    check.assertEqual([harness.read("cat.out"), harness.read("talker.out")], ["", ""])


@TABLE.step(151, U("true, log unchanged"))
def cannot_be_cleared(harness):
    """clearProcessLogs where the system refuses: the file is a program that runs"""
    shutil.copy("/bin/sleep", harness.path("cat.out"))
    with subprocess.Popen([harness.path("cat.out"), "3600"]) as busy:
        try:
            check.assertEqual(harness.outcome("clearProcessLogs", "cat"), Fault(30, "FAILED: cat"))
            found = results(harness.call("clearAllProcessLogs"))
            check.assertEqual([r for r in found if r[1] != 80], [("cat", 30, "FAILED: cat")])
        finally:
            busy.kill()


@TABLE.step(152, U("says so to the file it has removed"))
def clearing_is_recorded(harness):
    """clearLog: the new file begins with a record of it"""
    check.assertIs(harness.call("clearLog"), True)
    check.assertEqual(harness.records()[:1], ["INFO reopening log file"])


@TABLE.step(152)
def the_daemons_own(harness):
    """clearLog; then with the file removed: clearLog; readLog"""
    text = harness.call("readLog", 0, 0)
    check.assertEqual(text, harness.call("readMainLog", 0, len(text)))
    check.assertIs(harness.call("clearLog"), True)
    check.assertEqual(harness.outcome("readLog", -4, 1), BAD)
    os.unlink(harness.log_path)
    check.assertEqual(harness.outcome("clearLog"), Fault(20, "NO_FILE"))
    check.assertEqual(harness.outcome("readLog", 0, 0), Fault(20, f"NO_FILE: {harness.log_path}"))
    check.assertNotIsInstance(harness.outcome("getState"), Http)
