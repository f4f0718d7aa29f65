#!/usr/bin/env python3
"""Output of real children through the real daemon: every byte, in order, whatever happens to files and disks meanwhile.
TROUPE_LOGS_MIB: what the storm moves in all (64; by hand: 4096); TROUPE_LOGS_ROUNDS: of last words (100; by hand: 1000).
Names in comments are vectors of docs/contract/lifecycle.md."""
import glob
import http.client
import os
import pty
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import tty
import unittest
import xmlrpc.client

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import BIN, Daemon, preloading, sanitized, stat_fields, wait_until  # noqa: E402

TALKER = os.path.join(os.path.dirname(BIN), "tests", "talker")
MIB = int(os.environ.get("TROUPE_LOGS_MIB", "64"))
ROUNDS = int(os.environ.get("TROUPE_LOGS_ROUNDS", "100"))
root_only = unittest.skipUnless(os.getuid() == 0, "needs root")
SERVER = "[unix_http_server]\nfile={dir}/sock\n[rpcinterface:supervisor]\n" \
         "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"


class Unix(xmlrpc.client.Transport):
    """XML-RPC over a unix socket, a connection per call."""

    def __init__(self, path):
        super().__init__()
        self.path = path

    def make_connection(self, host):
        connection = http.client.HTTPConnection(host)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self.path)
        self._connection = host, connection
        return connection

    def request(self, *args, **kwargs):
        try:
            return super().request(*args, **kwargs)
        finally:
            self.close()


def rpc(daemon):
    path = os.path.join(daemon.dir, "sock")
    wait_until(lambda: os.path.exists(path), "the socket")
    server = xmlrpc.client.ServerProxy("http://localhost", Unix(path)).supervisor
    wait_until(server.getAllProcessInfo, "the groups")
    return server


def logger(text="", options="loglevel=info", **kwargs):
    """A daemon as it is in production: at debug level its own log would take the copies of all output."""
    return Daemon(text, options=options, **kwargs)


def check(seed, files):
    """Bytes in `files` together, which are what `seed` says."""
    done = subprocess.run([TALKER, "check", str(seed), *files], capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(f"talker {seed}: {done.stdout}{done.stderr}")
    return int(done.stdout)


def backups_first(path):
    """The log and its backups, oldest first."""
    numbered = sorted(glob.glob(glob.escape(path) + ".*"), key=lambda f: -int(f.rsplit(".", 1)[1]))
    return numbered + [path]


def progress(path):
    """Bytes that a talker has said."""
    try:
        with open(path, "rb") as f:
            return struct.unpack("<q", f.read(8))[0]
    except (FileNotFoundError, struct.error):
        return 0


def read(path):
    with open(path, "rb") as f:
        return f.read()


class EveryByte(unittest.TestCase):
    def storm(self, size, total, count=10, max_bytes=None):
        """`count` talkers through rotations, and USR2 ten times a second."""
        each = total // count
        max_bytes = max_bytes or max(min(10 << 20, each // 8), 4096)
        with logger("".join(
                f"[program:t{i}]\ncommand={TALKER} say {i} {size} {each}\nautorestart=false\nstartsecs=0\n"
                f"stdout_logfile={{dir}}/t{i}.log\nstdout_logfile_maxbytes={max_bytes}\nstdout_logfile_backups="
                f"{each // max_bytes + 3}\n" for i in range(count))) as d:
            stop = threading.Event()

            def reopen():
                while not stop.wait(0.1):
                    d.send(signal.SIGUSR2)
            thread = threading.Thread(target=reopen)
            d.wait_for("spawned:")
            thread.start()
            try:
                d.wait_for(r"exited: t\d \(exit status 0; expected\)", count, 120 + total / 1e6)
            finally:
                stop.set()
                thread.join()
            for i in range(count):
                files = backups_first(f"{d.dir}/t{i}.log")
                self.assertEqual(check(i, files), each)
                self.assertGreater(len(files), 4)
                for file in files[:-1]:
                    self.assertGreaterEqual(os.path.getsize(file), max_bytes)
                    self.assertLess(os.path.getsize(file), max_bytes + 131072)
            self.assertNotRegex(d.log(), "ERRO|could not")

    def test_single_bytes(self):
        self.storm(1, (MIB << 20) // 64)

    def test_lines(self):
        self.storm(79, (MIB << 20) // 4)

    def test_pages(self):
        self.storm(4096, (MIB << 20) // 4)

    def test_large_writes(self):
        self.storm(65536, (MIB << 20) // 4)

    def test_rotation_after_every_read(self):
        self.storm(79, 2 << 20, count=3, max_bytes=4096)

    def test_one_file_for_two_programs_and_both_channels(self):
        """Slow enough that no pipe ever holds more than a read takes: lines of two programs are not kept apart."""
        with logger("".join(
                f"[program:t{i}]\ncommand={TALKER} say {i} 20 400000 20\nautorestart=false\nstartsecs=0\n"
                f"stdout_logfile={{dir}}/{name}\nstdout_logfile_maxbytes=20000\nstdout_logfile_backups=100\n"
                for i, name in enumerate(("all.log", "../{name}/all.log", "link")))
                .replace("{name}", "%(ENV_NAME)s"), env={**os.environ, "NAME": "folder"}, start=False) as d:
            os.symlink("all.log", d.dir + "/link")
            d.env["NAME"] = os.path.basename(d.dir)
            d.start()
            d.wait_for(r"exited: t\d \(exit status 0; expected\)", 3)
            seen = {}
            for line in b"".join(read(f) for f in backups_first(d.dir + "/all.log")).splitlines():
                seed, number = line.split()
                self.assertEqual(int(number), seen.get(seed, 0), f"line of {seed}")
                seen[seed] = int(number) + 1
            self.assertEqual(seen, {b"00": 20000, b"01": 20000, b"02": 20000})

    def test_stderr_and_redirected_stderr(self):
        script = "i=0; while [ $i -lt 300 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done"
        with logger(f"[program:two]\ncommand=/bin/sh -c '{script}'\nstdout_logfile={{dir}}/out\nstderr_logfile={{dir}}/err\n"
                    "autorestart=false\nstartsecs=0\n"
                    f"[program:one]\ncommand=/bin/sh -c '{script}'\nstdout_logfile={{dir}}/both\nredirect_stderr=true\n"
                    "autorestart=false\nstartsecs=0\n") as d:
            d.wait_for(r"exited: \w+ \(exit status 0; expected\)", 2)
            lines = [f"{channel} {i}" for i in range(300) for channel in ("out", "err")]
            self.assertEqual(d.read("both").splitlines(), lines)
            self.assertEqual(d.read("out").splitlines(), lines[::2])
            self.assertEqual(d.read("err").splitlines(), lines[1::2])

    def test_moved_and_removed_files(self):  # V114, 5.4
        with logger(f"[program:t]\ncommand={TALKER} say 1 79 0 1000\nstdout_logfile={{dir}}/t.log\n") as d:
            path, pieces = d.dir + "/t.log", []
            for i in range(5):
                wait_until(lambda: os.path.exists(path) and os.path.getsize(path) > 1000, "output")
                pieces.append(f"{d.dir}/piece{i}")
                os.rename(path, pieces[-1])
                d.send(signal.SIGUSR2)
            wait_until(lambda: os.path.exists(path) and os.path.getsize(path) > 1000, "output")
            d.finish()
            check(1, pieces + [path])

    def test_cleared_while_written(self):
        with logger(SERVER + f"[program:t]\ncommand={TALKER} say 1 79 0 1000\nstdout_logfile={{dir}}/t.log\n") as d:
            path, server = d.dir + "/t.log", rpc(d)
            for _ in range(3):
                wait_until(lambda: os.path.exists(path) and os.path.getsize(path) > 10000, "output")
                before = os.stat(path).st_ino
                self.assertTrue(server.clearProcessLogs("t"))
                self.assertNotEqual(os.stat(path).st_ino, before)  # a new file: made while the old one is still open
            wait_until(lambda: os.path.getsize(path) > 1000, "output")
            d.finish()
            numbers = [int(line.split()[1]) for line in read(path).split(b"\n")[1:-1]]
            self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))

    def test_truncated_by_others(self):
        with logger(f"[program:t]\ncommand={TALKER} say 1 20 0 1000\nstdout_logfile={{dir}}/t.log\n") as d:
            path = d.dir + "/t.log"
            wait_until(lambda: os.path.exists(path) and os.path.getsize(path) > 10000, "output")
            os.truncate(path, 0)
            wait_until(lambda: os.path.getsize(path) > 2000, "more output")
            d.finish()
            self.assertNotIn(b"\0", read(path))


class LastWords(unittest.TestCase):
    def test_of_a_child_that_is_killed(self):
        """What it wrote before SIGKILL is in its log when anybody can see that it has exited, however busy the others
        keep the reader of the pipes."""
        size = 40000  # in little writes, which are read with pauses
        noise = "".join(f"[program:n{i}]\ncommand={TALKER} say {i} 65536 0\nstdout_logfile={{dir}}/n{i}.log\n"
                        "stdout_logfile_maxbytes=1MB\nstdout_logfile_backups=1\n" for i in range(3))
        with logger(SERVER + f"[program:t]\ncommand={TALKER} die 7 20 {size}\nautostart=false\nautorestart=false\n"
                    "startsecs=0\nstdout_logfile={dir}/t.log\nstdout_logfile_maxbytes=0\n" + noise) as d:
            server, path = rpc(d), d.dir + "/t.log"
            for number in range(1, ROUNDS + 1):
                try:
                    server.startProcess("t", False)
                except xmlrpc.client.Fault:
                    pass  # it is dead already
                wait_until(lambda: server.getProcessInfo("t")["statename"] == "EXITED", "the exit")
                self.assertEqual(os.path.getsize(path), number * size)
            self.assertEqual(read(path), b"".join(b"07 %016d\n" % i for i in range(size // 20)) * ROUNDS)
            d.wait_for(r"exited: t \(terminated by SIGKILL; not expected\)", ROUNDS)
            self.assertEqual(len(re.findall("exited: t ", d.log())), ROUNDS)


class Trouble(unittest.TestCase):
    def talker_until(self, d, condition, what):
        """The talker goes on while `condition` is waited for."""
        wait_until(condition, what)
        before = progress(d.dir + "/said")
        wait_until(lambda: progress(d.dir + "/said") > before + 1000, "the talker to go on")

    @root_only
    def test_full_disk(self):
        with logger(f"[program:t]\ncommand={TALKER} say 1 79 0 100 {{dir}}/said\nstdout_logfile={{dir}}/small/t.log\n",
                    start=False) as d:
            small = d.dir + "/small"
            os.mkdir(small)
            if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", small], capture_output=True).returncode:
                self.skipTest("cannot mount")
            self.addCleanup(subprocess.run, ["umount", "-l", small], capture_output=True)
            with open(small + "/filler", "wb") as f:
                f.write(b"x" * ((16 << 20) - 106496))
            d.start()
            self.talker_until(d, lambda: "could not write stdout log" in d.log(), "the disk to be full")
            os.unlink(small + "/filler")
            d.wait_for(r"WARN stdout log '\S*t.log' of t is written again; \d+ bytes were lost")
            d.finish()
            self.assertEqual(len(re.findall("ERRO could not write stdout log '.*t.log' of t: ENOSPC", d.log())), 1)
            lost = int(re.search(r"(\d+) bytes were lost", d.log()).group(1))
            text = read(small + "/t.log")
            whole = [int(n) for n in re.findall(rb"^01 (\d{16})\n", text, re.M)]
            gap = next(i for i in range(1, len(whole)) if whole[i] != whole[i - 1] + 1)
            self.assertEqual(whole[:gap], list(range(gap)))  # up to the last byte there was room for
            self.assertEqual(whole[gap:], list(range(whole[gap], whole[gap] + len(whole) - gap)))  # and from then on
            said = progress(d.dir + "/said")
            self.assertLessEqual(abs(said - lost - len(text)), 79)  # counted, but for the write it was stopped in
            subprocess.run(["umount", "-l", small], capture_output=True)

    def test_device_without_room(self):
        with logger(f"[program:t]\ncommand={TALKER} say 1 79 0 100 {{dir}}/said\nstdout_logfile=/dev/full\n") as d:
            self.talker_until(d, lambda: "could not write" in d.log(), "the record")
            d.finish()
            self.assertEqual(re.findall("(?:ERRO|WARN) .*full.*", d.log()),
                             ["ERRO could not write stdout log '/dev/full' of t: ENOSPC"])

    def test_io_error(self):  # a terminal that has gone away answers EIO
        master, slave = pty.openpty()
        tty.setraw(slave)
        with logger(f"[program:t]\ncommand={TALKER} say 1 79 0 100 {{dir}}/said\nstdout_logfile={os.ttyname(slave)}\n") as d:
            self.assertTrue(os.read(master, 1000).startswith(b"01 0000000000000000\n"))
            os.close(slave)
            os.close(master)
            self.talker_until(d, lambda: ": EIO" in d.log(), "the record")
            d.finish()
            self.assertEqual(len(re.findall("ERRO could not write stdout log '/dev/pts/\\d+' of t: EIO", d.log())), 1)

    @root_only
    def test_read_only_folder(self):
        def become():
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        with logger(f"[program:t]\ncommand={TALKER} say 1 79 0 100 {{dir}}/said\nstdout_logfile={{dir}}/logs/t.log\n"
                    "stdout_logfile_maxbytes=20000\nstdout_logfile_backups=1000\n", start=False) as d:
            os.chown(d.dir, 65534, 65534)
            os.mkdir(d.dir + "/logs")
            with open(d.dir + "/logs/t.log", "w"):
                os.chown(d.dir + "/logs/t.log", 65534, 65534)
            d.start(become)
            self.talker_until(d, lambda: os.path.getsize(d.dir + "/logs/t.log") > 100000, "the log to grow")
            os.chown(d.dir + "/logs", 65534, 65534)
            d.wait_for("WARN stdout log '.*t.log' of t is rotated again")
            d.finish()
            self.assertEqual(len(re.findall("ERRO could not rotate stdout log '.*t.log' of t, which grows on: EACCES",
                                            d.log())), 1)
            check(1, backups_first(d.dir + "/logs/t.log"))

    @unittest.skipIf(os.getuid() != 0, "needs a second user")
    def test_link_of_a_stranger(self):
        with logger("[program:t]\ncommand=/bin/echo text\nstartretries=0\nstdout_logfile={dir}/shared/t.log\n",
                    files={"precious": "precious"}, start=False) as d:
            os.mkdir(d.dir + "/shared")
            os.chmod(d.dir + "/shared", 0o1777)
            os.symlink(d.dir + "/precious", d.dir + "/shared/t.log")
            os.lchown(d.dir + "/shared/t.log", 65534, 65534)
            d.start()
            d.wait_for(re.escape(f"spawnerr: unknown error making dispatchers for 't': ELOOP (log {d.dir}/shared/t.log: the "
                                 f"link {d.dir}/shared/t.log belongs to uid 65534 and leads to what is not that user's: "
                                 "it is not followed)"))
            self.assertEqual(d.read("precious"), "precious")


class BackPressure(unittest.TestCase):
    def test_a_log_that_stalls_holds_up_its_own_writer_only(self):
        total = 8 << 20
        with logger(SERVER + f"[program:t]\ncommand={TALKER} say 1 4096 {total} 0 {{dir}}/said\nautorestart=false\n"
                    "stdout_logfile={dir}/fifo\nstartsecs=0\n"
                    f"[program:other]\ncommand={TALKER} say 2 79 0 1000\nstdout_logfile={{dir}}/other.log\n",
                    start=False) as d:
            os.mkfifo(d.dir + "/fifo")
            reader = os.open(d.dir + "/fifo", os.O_RDONLY | os.O_NONBLOCK)
            d.start()
            server = rpc(d)
            wait_until(lambda: os.path.exists(d.dir + "/other.log"), "the other log")

            def at_rest():
                before = progress(d.dir + "/said")
                other = os.path.getsize(d.dir + "/other.log")
                wait_until(lambda: os.path.getsize(d.dir + "/other.log") > other + 2000, "the other log to grow")
                return before > 65536 and before == progress(d.dir + "/said")
            wait_until(at_rest, "the talker to be held up")
            self.assertLess(progress(d.dir + "/said"), 4 << 20)  # pipes and one read, no more
            self.assertEqual(server.getProcessInfo("t")["statename"], "RUNNING")
            got = bytearray()
            os.set_blocking(reader, True)
            while len(got) < total:
                piece = os.read(reader, 1 << 20)
                self.assertTrue(piece)
                got += piece
            os.close(reader)
            with open(d.dir + "/got", "wb") as f:
                f.write(got)
            self.assertEqual(check(1, [d.dir + "/got"]), total)
            wait_until(lambda: server.getProcessInfo("t")["statename"] == "EXITED", "the end")
            self.assertNotIn("ERRO", d.log())

    def test_what_is_left_at_the_exit_waits_for_the_reader(self):
        with logger(f"[program:t]\ncommand={TALKER} say 1 4096 100000\nautorestart=false\nstartsecs=0\n"
                    "stdout_logfile={dir}/fifo\n", start=False) as d:
            os.mkfifo(d.dir + "/fifo")
            reader = os.open(d.dir + "/fifo", os.O_RDONLY | os.O_NONBLOCK)
            d.start()
            d.wait_for("exited: t")
            os.set_blocking(reader, True)
            got = b""
            while len(got) < 100000:
                got += os.read(reader, 65536)
            os.close(reader)
            with open(d.dir + "/got", "wb") as f:
                f.write(got)
            self.assertEqual(check(1, [d.dir + "/got"]), 100000)

    def test_killed_while_held_up(self):
        with logger(f"[program:t]\ncommand=/bin/sh -c 'exec {TALKER} say 1 4096 0 0 {{dir}}/said.$$'\n"
                    "stdout_logfile={dir}/fifo\nstartsecs=0\n", start=False) as d:
            os.mkfifo(d.dir + "/fifo")
            reader = os.open(d.dir + "/fifo", os.O_RDONLY | os.O_NONBLOCK)
            d.start()
            for count in range(1, 6):  # each leaves a full pipe behind
                pid = d.pid_of("t", count)
                wait_until(lambda: progress(f"{d.dir}/said.{pid}") > 65536, "output")
                os.kill(pid, signal.SIGKILL)
                d.wait_for("exited: t", count)
            pid = d.pid_of("t", 6)
            wait_until(lambda: progress(f"{d.dir}/said.{pid}") > 65536, "a log without room that is watched")
            self.assertEqual(d.finish(), 0)
            os.close(reader)


    def test_replaced_and_opened_again(self):  # by USR2, as logrotate does it
        with logger(f"[program:t]\ncommand={TALKER} say 1 4096 2000000\nautorestart=false\nstartsecs=0\n"
                    "stdout_logfile={dir}/fifo\n", start=False) as d:
            os.mkfifo(d.dir + "/fifo")
            reader = os.open(d.dir + "/fifo", os.O_RDONLY | os.O_NONBLOCK)
            d.start()
            pid = d.pid_of("t")

            def held_up():
                fields = stat_fields(pid)
                return fields and fields[0] == "S" and fields
            wait_until(held_up, "the talker to be held up")
            os.rename(d.dir + "/fifo", d.dir + "/moved")
            d.send(signal.SIGUSR2)
            d.wait_for("exited: t")  # nobody reads the old one: all goes into the new file
            wait_until(lambda: os.path.exists(d.dir + "/fifo"), "the new file")
            first = b""
            try:
                while piece := os.read(reader, 1 << 20):
                    first += piece
            except BlockingIOError:
                pass
            os.close(reader)
            with open(d.dir + "/first", "wb") as f:
                f.write(first)
            wait_until(lambda: len(first) + os.path.getsize(d.dir + "/fifo") == 2000000, "the rest")
            self.assertEqual(check(1, [d.dir + "/first", d.dir + "/fifo"]), 2000000)


# In front of the C library: who writes to FILE waits as long as GATE exists, who renames or opens it as long as
# GATE.rename or GATE.open does.
SLOW_DISK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
static void wait_for_disk(const char *path, const char *kind) {
  const char *file = getenv("SLOW_FILE"), *gates = getenv("SLOW_GATE");
  char gate[4096];
  if (!file || !gates || strcmp(path, file) != 0)
    return;
  snprintf(gate, sizeof gate, "%s%s", gates, kind);
  while (access(gate, F_OK) == 0)
    poll(NULL, 0, 5);
}
static const char *path_of(int fd, const char *name_in_it, char *path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, size - 1);
  n = n < 0 ? 0 : n;
  snprintf(path + n, size - n, "%s%s", name_in_it ? "/" : "", name_in_it ? name_in_it : "");
  return path;
}
int renameat(int from_folder, const char *from, int to_folder, const char *to) {
  static int (*next)(int, const char *, int, const char *);
  char path[8192];
  if (!next)
    next = (int (*)(int, const char *, int, const char *))dlsym(RTLD_NEXT, "renameat");
  wait_for_disk(path_of(from_folder, from, path, sizeof path), ".rename");
  return next(from_folder, from, to_folder, to);
}
int openat(int folder, const char *name, int flags, ...) { /* a portable build opens logs by it */
  static int (*next)(int, const char *, int, ...);
  char path[8192];
  va_list rest;
  va_start(rest, flags);
  int mode = flags & O_CREAT ? va_arg(rest, int) : 0;
  va_end(rest);
  if (!next)
    next = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat");
  if (flags & O_CREAT)
    wait_for_disk(path_of(folder, name, path, sizeof path), ".open");
  return next(folder, name, flags, mode);
}
long syscall(long number, ...) { /* any other opens them by openat2(2), which has no other door */
  static long (*next)(long, ...);
  long a[6];
  va_list rest;
  va_start(rest, number);
  for (int i = 0; i < 6; ++i)
    a[i] = va_arg(rest, long);
  va_end(rest);
  if (!next)
    next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  if (number == SYS_openat2)
    wait_for_disk((const char *)a[1], ".open");
  return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
ssize_t write(int fd, const void *bytes, size_t size) {
  static ssize_t (*next)(int, const void *, size_t);
  char path[8192];
  if (!next)
    next = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
  if (getenv("SLOW_GATE") && access(getenv("SLOW_GATE"), F_OK) == 0)
    wait_for_disk(path_of(fd, NULL, path, sizeof path), "");
  return next(fd, bytes, size);
}
"""


@unittest.skipUnless(shutil.which("cc"), "needs a C compiler")
class SlowDisk(unittest.TestCase):
    """One log is on a disk that does not answer: that is its own program's trouble, and nobody else's."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="troupe-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        source = os.path.join(self.folder, "slow.c")
        with open(source, "w") as f:
            f.write(SLOW_DISK)
        library = os.path.join(self.folder, "slow.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        self.gate = os.path.join(self.folder, "gate")
        self.file = os.path.join(self.folder, "slow.log")
        self.env = preloading(library, SLOW_FILE=self.file, SLOW_GATE=self.gate)

    def daemon(self, options=""):
        text = SERVER + f"""[program:slow]
command=/bin/sh -c 'n=0; while :; do n=$((n+1)); echo $n; read x <> {self.folder}/beat; done'
stdout_logfile={self.file}
stopwaitsecs=2
{options}
[program:other]
command={TALKER} say 2 79 0 1000
stdout_logfile={{dir}}/other.log
[program:mortal]
command=/bin/sh -c 'echo I live; exec sleep 1000'
stdout_logfile={{dir}}/mortal.log
startsecs=0
"""
        os.mkfifo(self.folder + "/beat")
        self.beat = os.open(self.folder + "/beat", os.O_RDWR)
        self.addCleanup(os.close, self.beat)
        return logger(text, env=self.env)

    def say(self, count=1):
        os.write(self.beat, b"\n" * count)

    def hold(self, d):
        """The disk stops to answer, and somebody writes to it."""
        wait_until(lambda: read(self.file), "the first line")
        open(self.gate, "w").close()
        self.said = read(self.file)
        self.say()
        before = self.others(d)
        wait_until(lambda: self.others(d) > before + 2000, "the other log to grow")

    def go_on(self, d):
        """What the others do, and the daemon for them."""
        before, count = self.others(d), len(re.findall("exited: mortal", d.log()))
        os.kill(d.pid_of("mortal", count + 1), signal.SIGKILL)
        d.wait_for("exited: mortal", count + 1)
        d.pid_of("mortal", count + 2)
        wait_until(lambda: self.others(d) > before + 2000, "the other log to grow")

    def others(self, d):
        return os.path.getsize(d.dir + "/other.log")

    def release(self):
        os.unlink(self.gate)

    def test_others_go_on(self):
        with self.daemon() as d:
            if sanitized(d.pid):
                self.skipTest("the library does not go before a sanitizer")
            server = rpc(d)
            self.hold(d)
            for count in range(1, 4):  # exits are seen, and spawns go on
                wait_until(lambda: read(d.dir + "/mortal.log") == b"I live\n" * count, "its word")
                os.kill(d.pid_of("mortal", count), signal.SIGKILL)
                d.wait_for("exited: mortal", count)
            d.pid_of("mortal", 4)
            wait_until(lambda: read(d.dir + "/mortal.log") == b"I live\n" * 4, "the word of the last")
            os.rename(d.dir + "/other.log", d.dir + "/moved")
            d.send(signal.SIGUSR2)  # the slow one comes last, or not at all
            wait_until(lambda: self.others(d) > 2000, "the other log, opened again")
            self.assertEqual(read(self.file), self.said)
            self.release()
            wait_until(lambda: read(self.file) == b"1\n2\n", "what was held up")
            self.say()
            wait_until(lambda: read(self.file) == b"1\n2\n3\n", "what came later")
            server.stopProcess("other")
            self.assertEqual(check(2, [d.dir + "/moved", d.dir + "/other.log"]),
                             os.path.getsize(d.dir + "/moved") + os.path.getsize(d.dir + "/other.log"))
            self.assertEqual(server.getProcessInfo("slow")["statename"], "RUNNING")

    def test_its_program_can_be_stopped_and_started(self):
        with self.daemon() as d:
            if sanitized(d.pid):
                self.skipTest("the library does not go before a sanitizer")
            server = rpc(d)
            self.hold(d)
            self.assertTrue(server.stopProcess("slow"))
            self.assertTrue(server.startProcess("slow"))
            before = self.others(d)
            wait_until(lambda: self.others(d) > before + 2000, "the other log to grow")
            self.release()
            wait_until(lambda: read(self.file) == b"1\n2\n1\n", "the words of both")

    def test_a_rotation_that_hangs(self):
        with self.daemon("stdout_logfile_maxbytes=2") as d:
            if sanitized(d.pid):
                self.skipTest("the library does not go before a sanitizer")
            wait_until(lambda: read(self.file + ".1") == b"1\n", "the first rotation")
            gate = self.gate + ".rename"
            open(gate, "w").close()
            self.say()
            wait_until(lambda: read(self.file) == b"2\n", "the second line")
            for _ in range(3):
                self.go_on(d)
            self.assertEqual(read(self.file), b"2\n")
            self.assertFalse(os.path.exists(self.file + ".1"))  # the older one has been moved on already
            os.unlink(gate)
            wait_until(lambda: read(self.file + ".2") == b"1\n" and read(self.file + ".1") == b"2\n", "the rotation")
            self.assertEqual(d.finish(), 0)

    def test_an_open_that_hangs(self):
        with self.daemon() as d:
            if sanitized(d.pid):
                self.skipTest("the library does not go before a sanitizer")
            wait_until(lambda: read(self.file), "the first line")
            gate = self.gate + ".open"
            open(gate, "w").close()
            os.rename(self.file, self.file + ".moved")
            d.send(signal.SIGUSR2)
            for _ in range(3):
                self.go_on(d)
            self.assertFalse(os.path.exists(self.file))
            os.unlink(gate)
            wait_until(lambda: os.path.exists(self.file), "the log, opened again")
            self.assertEqual(d.finish(), 0)


class Capture(unittest.TestCase):
    def test_messages_leave_the_log(self):  # V095
        script = ("printf 'ab<!--XSUP'; sleep 0.2; printf 'ERVISOR:BEGIN-->message<!--XSUPERVISOR:END-->tail\\n';"
                  "printf '<!--XSUPERVISOR:BEG'")
        with Daemon("[program:t]\ncommand=/bin/sh {dir}/t.sh\nstdout_logfile={dir}/t.log\nstdout_capture_maxbytes=1KB\n"
                    "autorestart=false\nstartsecs=0\n", files={"t.sh": script}) as d:
            d.wait_for("exited: t")
            self.assertEqual(d.read("t.log"), "abtail\n<!--XSUPERVISOR:BEG")
            self.assertIn("DEBG 't' stdout emitted a comm event", d.records())


class Windows(unittest.TestCase):
    def test_beyond_four_gigabytes(self):  # vector 150 of docs/contract/http.md
        with logger(SERVER + "[program:t]\ncommand=/bin/echo the end\nautorestart=false\nstartsecs=0\n"
                    "stdout_logfile={dir}/t.log\nstdout_logfile_maxbytes=0\n", start=False) as d:
            with open(d.dir + "/t.log", "wb") as f:
                f.truncate(5_000_000_000)
            d.start()
            server = rpc(d)
            d.wait_for("exited: t")
            self.assertEqual(server.readProcessStdoutLog("t", -8, 0), "the end\n")
            self.assertEqual(server.readProcessStdoutLog("t", "5000000004", 3), "end")  # the client's int has 32 bits
            self.assertEqual(server.tailProcessStdoutLog("t", 0, 4), ["end\n", 5_000_000_008, True])


class Stdin(unittest.TestCase):
    def fault(self, call, *args):
        with self.assertRaises(xmlrpc.client.Fault) as raised:
            call(*args)
        return raised.exception.faultString.split(":")[0]

    def test_stopped(self):  # V121
        with logger(SERVER + "[program:t]\ncommand=/bin/cat\nautostart=false\n") as d:
            self.assertEqual(self.fault(rpc(d).sendProcessStdin, "t", "x"), "NOT_RUNNING")

    def test_closed(self):  # V122
        with logger(SERVER + "[program:t]\ncommand=/bin/sh -c 'exec <&-; echo closed; exec sleep 1000'\n"
                    "stdout_logfile={dir}/t.log\n") as d:
            server = rpc(d)
            wait_until(lambda: os.path.exists(d.dir + "/t.log") and d.read("t.log"), "the child")
            for _ in range(3):
                self.assertEqual(self.fault(server.sendProcessStdin, "t", "x"), "NO_FILE")
            self.assertIn(server.getProcessInfo("t")["statename"], ("STARTING", "RUNNING"))

    def test_read_late(self):  # V123
        script = ("import os,sys,time\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.01)\n"
                  "left = 200001\nwhile left:\n  data = os.read(0, 3000)\n  left -= len(data)\n  os.write(1, data)\n"
                  "os.write(1, b'all\\n')\ntime.sleep(1000)\n")
        with logger(SERVER + "[program:t]\ncommand=/usr/bin/python3 {dir}/t.py {dir}/go\nstdout_logfile={dir}/t.log\n",
                    files={"t.py": script}) as d:
            server = rpc(d)
            d.pid_of("t")
            self.assertTrue(server.sendProcessStdin("t", "a" * 65536))
            self.assertTrue(server.sendProcessStdin("t", "b"))
            self.assertTrue(server.sendProcessStdin("t", "c" * 134464))
            d.write("go", "")
            wait_until(lambda: d.read("t.log").endswith("all\n"), "the echo")
            self.assertEqual(d.read("t.log"), "a" * 65536 + "b" + "c" * 134464 + "all\n")

    def test_never_read(self):
        with logger(SERVER + "[program:t]\ncommand=/bin/sleep 1000\n") as d:
            server, piece, taken = rpc(d), "x" * (1 << 20), 0
            d.pid_of("t")
            with self.assertRaises(xmlrpc.client.Fault) as raised:
                for taken in range(1000):
                    server.sendProcessStdin("t", piece)
            self.assertLess(taken, 40)
            self.assertEqual(raised.exception.faultString.split(":")[0], "FAILED")
            self.assertTrue(server.stopProcess("t"))
            self.assertTrue(server.startProcess("t"))
            self.assertTrue(server.sendProcessStdin("t", piece))  # a new life, a new pipe


if __name__ == "__main__":
    unittest.main(verbosity=1)
