#!/usr/bin/env python3
"""supervisorctl top on a pseudo terminal: what a small terminal of our own shows of it, what keys do, and that the terminal is as
it was afterwards, however it ends. Standard library only. Source: docs/contract/packaging.md, 6.4 (K7, K8, K12)."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unittest

from rpc_support import SERVER, client
from support import BIN, PATIENCE, Daemon, oracle, wait_until

CTL = os.path.join(BIN, "supervisorctl")
SECTION = SERVER + "[supervisorctl]\nserverurl=unix://{dir}/s.sock\n"
PROGRAMS = """
[program:cat]
command=/bin/cat
[program:talker]
command=/bin/sh -c 'i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo "line $i"; done; printf "\\033]0;t\\007\\033[2Jevil\\n"; echo oops >&2; exec sleep 3600'
[program:failer]
command=/bin/sh -c "echo 'KeyError: no' >&2; exit 3"
startretries=0
[group:g]
programs=a,b
[program:a]
command=/bin/sleep 3600
[program:b]
command=/bin/sleep 3600
"""
ENV = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "LC_ALL", "LINES", "COLUMNS")} | \
    {"TERM": "xterm", "LC_CTYPE": "C.UTF-8", "TZ": "UTC"}
SEQUENCE = re.compile(rb"\x1b\[([?>=]?)([0-9;]*)([@-~])|\x1b[()][0-9A-B]|\x1b[=>78cM]|\x1b\]")


class Terminal:
    """As much of xterm as curses asks for. A sequence it does not know fails the test: nothing else may get here."""

    def __init__(self, lines, columns):
        self.seen = bytearray()
        self.resize(lines, columns)
        self.modes = set()

    def resize(self, lines, columns):
        self.lines, self.columns = lines, columns
        self.cells, self.kept = ([[" "] * columns for _ in range(lines)] for _ in range(2))
        self.y = self.x = 0
        self.last = " "

    def feed(self, data):
        self.seen += data
        while self.seen:
            byte = self.seen[0]
            if byte == 0x1b:
                found = SEQUENCE.match(bytes(self.seen[:64]))
                if not found:
                    assert len(self.seen) < 20, bytes(self.seen[:30])
                    return
                del self.seen[:found.end()]
                if found[3]:
                    self.control(found[1].decode(), [int(n) if n else 0 for n in found[2].decode().split(";")], found[3].decode())
                else:
                    assert found[0] not in (b"\x1b]", b"\x1bc"), "a title, or a reset"
                continue
            if byte < 0x20:
                del self.seen[0]
                self.plain(byte)
                continue
            size = 1 if byte < 0x80 else 2 if byte < 0xe0 else 3 if byte < 0xf0 else 4
            if len(self.seen) < size:
                return
            self.put(self.seen[:size].decode())
            del self.seen[:size]

    def plain(self, byte):
        if byte == 13:
            self.x = 0
        elif byte == 10:
            if self.y == self.lines - 1:
                self.cells = self.cells[1:] + [[" "] * self.columns]
            self.y = min(self.y + 1, self.lines - 1)
        elif byte == 8:
            self.x = max(self.x - 1, 0)
        elif byte == 9:
            self.x = min((self.x // 8 + 1) * 8, self.columns - 1)
        else:
            assert byte in (7, 14, 15), byte

    def put(self, character):
        if self.x >= self.columns:
            self.x, self.y = 0, min(self.y + 1, self.lines - 1)
        self.cells[self.y][self.x] = self.last = character
        self.x += 1

    def control(self, mark, n, letter):
        first, row = n[0], self.cells[self.y]
        count = max(first, 1)
        if mark:
            if letter in "hl":
                if first == 1049:  # the other screen
                    self.cells, self.kept = ([[" "] * self.columns for _ in range(self.lines)], self.cells) if letter == "h" else (self.kept, self.cells)
                (self.modes.add if letter == "h" else self.modes.discard)(first)
        elif letter == "H":
            self.y, self.x = min(max(first, 1), self.lines) - 1, min(max(n[1] if len(n) > 1 else 1, 1), self.columns) - 1
        elif letter == "J":
            if first == 2:
                self.cells = [[" "] * self.columns for _ in range(self.lines)]
            else:
                row[self.x:] = [" "] * (self.columns - self.x)
                for y in range(self.y + 1, self.lines):
                    self.cells[y] = [" "] * self.columns
        elif letter == "K":
            part = slice(0, self.x + 1) if first == 1 else slice(self.x, None)
            row[part] = [" "] * len(row[part])
        elif letter == "X":
            row[self.x:self.x + count] = [" "] * len(row[self.x:self.x + count])
        elif letter == "P":
            del row[self.x:self.x + count]
            row += [" "] * (self.columns - len(row))
        elif letter == "@":
            row[self.x:self.x] = [" "] * count
            del row[self.columns:]
        elif letter == "b":
            for _ in range(count):
                self.put(self.last)
        elif letter in "LM":
            for _ in range(count):
                self.cells.insert(self.y, [" "] * self.columns) if letter == "L" else self.cells.append([" "] * self.columns)
                self.cells.pop(-1 if letter == "L" else self.y)
        elif letter in "ABCDGd":
            if letter in "AB":
                self.y = min(max(self.y + (count if letter == "B" else -count), 0), self.lines - 1)
            elif letter in "CD":
                self.x = min(max(self.x + (count if letter == "C" else -count), 0), self.columns - 1)
            elif letter == "G":
                self.x = count - 1
            else:
                self.y = count - 1
        else:
            assert letter in "mrhltn", letter

    def text(self):
        return "\n".join("".join(row).rstrip() for row in self.cells)


class Top:
    def __init__(self, where, *words, size=(24, 120), env=ENV, argv=None):
        self.ours, self.theirs = pty.openpty()
        self.terminal = Terminal(*size)
        self.set_size(*size)
        self.before = termios.tcgetattr(self.theirs)

        def take_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        self.process = subprocess.Popen(argv or [CTL, *where, "top", *words], env=env, stdin=self.theirs, stdout=self.theirs,
                                        stderr=self.theirs, preexec_fn=take_terminal)

    def set_size(self, lines, columns):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def resize(self, lines, columns):
        self.terminal.resize(lines, columns)
        self.set_size(lines, columns)

    def read(self, for_seconds=0.05):
        if select.select([self.ours], [], [], for_seconds)[0]:
            try:
                self.terminal.feed(os.read(self.ours, 65536))
            except OSError:
                return False
        return True

    def until(self, pattern, what=None):
        end = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.terminal.text())):
            self.read()
            if time.monotonic() > end:
                raise AssertionError(f"waited in vain for {what or pattern!r} in\n{self.terminal.text()}")
        return found

    def type(self, text):
        os.write(self.ours, text.encode())

    def end(self):
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            self.read()
        status = self.process.wait(1)
        while select.select([self.ours], [], [], 0)[0] and self.read(0):
            pass
        return status

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.ours)
        os.close(self.theirs)


class OnTerminal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(SECTION + PROGRAMS)
        cls.where = ["-c", cls.daemon.config]
        cls.rpc = client(cls.daemon)
        for name, state in (("cat", "RUNNING"), ("talker", "RUNNING"), ("g:a", "RUNNING"), ("g:b", "RUNNING"), ("failer", "FATAL")):
            wait_until(lambda: cls.rpc.supervisor.getProcessInfo(name)["statename"] == state, name)

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()

    def top(self, *words, **more):
        top = Top(self.where, *words, **more)
        self.addCleanup(top.close)
        return top

    def state(self, name):
        return self.rpc.supervisor.getProcessInfo(name)["statename"]

    def restored(self, top):
        self.assertEqual(termios.tcgetattr(top.theirs), top.before)
        self.assertNotIn(1049, top.terminal.modes)  # the other screen

    def test_a_picture_in_each_size(self):
        top = self.top()
        first = top.until(r"RUNNING   talker .*\n")
        self.assertRegex(top.terminal.text(), r"^supervisor \S+  5 processes: 4 RUNNING 1 FATAL +cpu \d+%  mem [\d.]+[KM]  \d\d:\d\d:\d\d\n")
        self.assertRegex(top.terminal.text(), r"\n> RUNNING   cat +\d+ +0:\d\d:\d\d ")
        self.assertRegex(top.terminal.text(), r"\n  FATAL     failer +- .* exit 3, \d\d:\d\d\n")
        self.assertTrue(first)
        for size in ((50, 200), (5, 20), (24, 80)):
            top.resize(*size)
            top.until(r"^supervisor .*(\n.*){%d}" % (size[0] - 1))
            top.until("filter" if size[1] > 20 else "/")
            top.until("cat")
        top.type("q")
        self.assertEqual(top.end(), 0)
        self.restored(top)

    def test_state_changes_come_by_themselves(self):
        top = self.top()
        top.until("RUNNING   cat")
        self.rpc.supervisor.stopProcess("cat")
        top.until("STOPPED   cat")
        self.rpc.supervisor.startProcess("cat")
        top.until("RUNNING   cat")
        top.type("\x03")
        self.assertEqual(top.end(), 0)
        self.restored(top)

    def test_actions(self):
        top = self.top()
        top.until("RUNNING   g:b")
        top.type("/g:\n")
        wait_until(lambda: top.read() and "talker" not in top.terminal.text(), "the filter")
        top.type("x")
        top.until(r"stop g:a\? y/N")
        top.type("\n")
        top.until("/g:  F1")
        self.assertEqual(self.state("g:a"), "RUNNING")
        top.type("  r")
        top.until(r"restart 2 processes\? y/N")
        before = [self.rpc.supervisor.getProcessInfo(n)["pid"] for n in ("g:a", "g:b")]
        top.type("y")
        top.until("2 of 2 done; g:a is restarted")
        for name, pid in zip(("g:a", "g:b"), before):
            wait_until(lambda: top.read() and self.state(name) == "RUNNING" and self.rpc.supervisor.getProcessInfo(name)["pid"] != pid, name)
        top.until(r"RUNNING   g:a .*\n.*RUNNING   g:b")
        top.type("kNOSUCH\ny")
        top.until(r"ERROR \(BAD_SIGNAL")
        top.type("\x1bt")
        top.until(r"\n. g  2 of 2 run\n")
        top.type("?")
        top.until("space  mark it")
        top.type("qq")
        self.assertEqual(top.end(), 0)
        self.restored(top)

    def test_logs_and_details(self):
        top = self.top()
        top.until("RUNNING   talker")
        top.type("/talk\nl")
        top.until("line 100\n")
        self.assertIn("evil", top.terminal.text())
        self.assertIn("! oops", top.terminal.text())
        top.type("/line 42\n")
        top.until(r"^log of talker.*\nline 42\n")
        top.type("\x1b")
        top.until("RUNNING   talker")
        top.type("\n")
        top.until(r"command +/bin/sh -c")
        top.until("last lines of stderr\n  oops")
        top.type("\x1b\x1b")
        top.until("RUNNING   cat")
        top.type("q")
        self.assertEqual(top.end(), 0)
        self.restored(top)

    def test_signals_leave_the_terminal_as_it_was(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT):
            top = self.top()
            top.until("RUNNING   cat")
            self.assertNotEqual(termios.tcgetattr(top.theirs), top.before)
            top.process.send_signal(number)
            self.assertEqual(top.end(), 0 if number == signal.SIGINT else -number)
            self.restored(top)

    def test_stop_and_continue(self):
        shell = ["/bin/bash", "--norc", "-i"]
        top = self.top(argv=shell)
        top.type(f"PS1='%%'; {CTL} {' '.join(self.where)} top\n")
        top.until("RUNNING   cat")
        def is_stopped():
            top.type("\x1a")  # again: a shell that is still about to hand over the terminal gets it itself
            for _ in range(20):
                top.read()
                if 1049 not in top.terminal.modes:
                    return True
            return False
        wait_until(is_stopped, "the shell's screen")
        top.type("echo here$((1+1))\n")
        top.until("here2")
        top.type("fg\n")
        top.until("RUNNING   cat")
        top.type("q")
        top.until("%%$")
        top.type("exit\n")
        top.end()

    def test_the_daemon_goes_and_comes(self):
        with Daemon(SECTION + "[program:cat]\ncommand=/bin/cat\n") as daemon:
            wait_until(lambda: client(daemon).supervisor.getProcessInfo("cat")["statename"] == "RUNNING", "cat")
            top = Top(["-c", daemon.config])
            self.addCleanup(top.close)
            top.until("RUNNING   cat")
            client(daemon).supervisor.restart()
            wait_until(lambda: top.read() and daemon.log().count("success: cat") == 2, "its return")
            top.until(r"RUNNING   cat")
            client(daemon).supervisor.shutdown()
            top.until("no connection; trying again")
            top.type("q")
            self.assertEqual(top.end(), 0)
            self.restored(top)

    def test_locale_and_colors(self):
        top = self.top(env=ENV | {"LC_CTYPE": "C", "NO_COLOR": "1"})
        top.until("RUNNING   cat")
        self.assertTrue(top.terminal.text().isascii())
        top.type("q")
        top.end()

    def test_what_is_no_terminal(self):
        done = subprocess.run([CTL, *self.where, "top"], capture_output=True, stdin=subprocess.DEVNULL)
        self.assertEqual((done.stdout, done.returncode), (b"top needs a terminal; try supervisorctl status --watch\n", 1))
        top = self.top(env=ENV | {"TERM": "nosuch"})
        top.until("top needs a description of TERM=nosuch; try supervisorctl status --watch")
        self.assertEqual(top.end(), 1)
        once = subprocess.run([CTL, *self.where, "top", "--once"], capture_output=True, stdin=subprocess.DEVNULL, env=ENV)
        self.assertRegex(once.stdout.decode(), r"(?s)^supervisor .*5 processes.*RUNNING   talker")
        self.assertNotIn(b"\x1b", once.stdout)
        self.assertEqual(once.returncode, 0)


class Supervisors(unittest.TestCase):
    def test_of_debian(self):  # K12
        theirs = oracle("supervisord")
        if not theirs:
            self.skipTest("scripts/fetch-oracle")
        with Daemon(SECTION + PROGRAMS, argv=theirs[0], env=theirs[1]) as daemon:
            wait_until(lambda: client(daemon).supervisor.getProcessInfo("cat")["statename"] == "RUNNING", "cat")
            top = Top(["-c", daemon.config])
            self.addCleanup(top.close)
            top.until("RUNNING   cat")
            top.type("xy")
            top.until("STOPPED   cat")
            top.type("/talk\nl")
            top.until("evil")
            top.type("\x1bq")
            self.assertEqual(top.end(), 0)


if __name__ == "__main__":
    unittest.main()
