#!/usr/bin/env python3
"""Crowds and shortages: so many log streams that descriptors run out, a system that has none left, memory that is gone,
requests and events without measure, a handler that throws. Programs still start, everybody else is answered, nothing
grows, and afterwards all is as before."""
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import xmlrpc.client

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from interop.wire import Door, Wire  # noqa: E402
from rpc_support import SERVER, client, fault_of  # noqa: E402
from support import PATIENCE, PORTABLE, SURVIVE, Daemon, free_port, open_fds, preloading, sanitized, stat_fields, status_field, wait_until  # noqa: E402

MIB = 1 << 20
PROGRAMS = """
[program:talk]
command=/bin/sh -c 'echo hello; exec sleep 3600'
stdout_logfile={dir}/talk.log
startsecs=0
[program:crew]
command=/bin/sleep 3600
process_name=crew_%(process_num)d
numprocs=10
autostart=false
startsecs=0
"""


def limited(descriptors):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))


# In front of the C library: as long as GATE exists, accept4(2) and accept(2) throw.
THROWING_ACCEPT = r"""
#include <cstdlib>
#include <dlfcn.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
static void may_throw() {
  if (const char *gate = std::getenv("GATE"); gate && ::access(gate, F_OK) == 0)
    throw std::runtime_error("no luck");
}
extern "C" int accept(int fd, sockaddr *address, socklen_t *size) {
  may_throw();
  static auto next = reinterpret_cast<decltype(&accept)>(::dlsym(RTLD_NEXT, "accept"));
  return next(fd, address, size);
}
extern "C" int accept4(int fd, sockaddr *address, socklen_t *size, int flags) {
  may_throw();
  static auto next = reinterpret_cast<decltype(&accept4)>(::dlsym(RTLD_NEXT, "accept4"));
  return next(fd, address, size, flags);
}
"""


class Crowd(unittest.TestCase):
    def daemon(self, text=PROGRAMS, **more):
        d = Daemon(SERVER + text, **more)
        self.addCleanup(d.__exit__)
        self.door = Door(os.path.join(d.dir, "s.sock"))
        self.rpc = client(d)
        self.addCleanup(lambda: self.rpc("close")())
        wait_until(lambda: "talk.log" in os.listdir(d.dir) and d.read("talk.log"), "output")
        return d

    def wire(self):
        w = Wire(self.door, PATIENCE)
        self.addCleanup(w.close)
        return w

    # -- descriptors -----------------------------------------------------------------------------------

    def test_streams_leave_room_for_programs(self):
        d = self.daemon(options="minfds=256", preexec=limited(256))
        before = open_fds(d.working_pid)
        wires = [self.wire().send(self.door.request("GET /logtail/talk")) for _ in range(240)]
        statuses = []
        for w in wires:
            try:
                statuses.append(w.head().status)
            except (AssertionError, OSError):  # more than there is room for: the one that waits longest has given way
                statuses.append(None)
        streams = statuses.count(200)
        self.assertGreater(streams, 5)
        self.assertLess(streams, 40)  # a third of three quarters of what 11 programs and the daemon leave
        self.assertGreater(statuses.count(503), 50)
        d.wait_for("WARN HTTP: .* clients follow logs or events; no more of them are let in")
        self.assertEqual({r["status"] for r in self.rpc.supervisor.startProcessGroup("crew")}, {80})
        self.assertEqual({p["statename"] for p in self.rpc.supervisor.getAllProcessInfo()}, {"RUNNING"})
        self.assertLess(open_fds(d.working_pid), 256 - 20)
        for w in wires:
            w.close()
        wait_until(lambda: open_fds(d.working_pid) <= before + 6 * 10, "the streams' end")  # what the crew needs
        self.assertEqual(self.wire().send(self.door.request("GET /logtail/talk")).head().status, 200)

    def test_no_descriptor_at_all(self):
        """Clients wait in the system's queue; the daemon neither spins nor repeats itself."""
        d = self.daemon()
        if sanitized(d.pid):
            self.skipTest("a sanitizer looks at memory through a pipe, and takes its absence for a fault")
        self.rpc("close")()
        sockets = lambda: sum(link.startswith("socket:") for link in  # noqa: E731
                              {os.readlink(f"/proc/{d.working_pid}/fd/{fd}") for fd in os.listdir(f"/proc/{d.working_pid}/fd")})
        wait_until(lambda: sockets() == 1 + SURVIVE, "no client, but the one who listens")
        soft, hard = resource.prlimit(d.working_pid, resource.RLIMIT_NOFILE)
        fds = {int(fd) for fd in os.listdir(f"/proc/{d.working_pid}/fd")}
        free = next(n for n in range(4096) if n not in fds)  # the next one would get this number
        resource.prlimit(d.working_pid, resource.RLIMIT_NOFILE, (free, hard))
        w = self.wire().send(self.door.request("GET /ok.html"))
        d.wait_for(r"WARN HTTP: no connection can be accepted \(EMFILE\); clients wait")
        ticks = lambda: sum(map(int, stat_fields(d.working_pid)[11:13]))  # noqa: E731
        used, began = ticks(), time.monotonic()
        wait_until(lambda: time.monotonic() - began > 1, "a second")
        self.assertLess((ticks() - used) / os.sysconf("SC_CLK_TCK"), 0.3)
        self.assertEqual(d.log().count("no connection can be accepted"), 1)
        resource.prlimit(d.working_pid, resource.RLIMIT_NOFILE, (soft, hard))
        self.assertEqual(w.answer().status, 200)

    def test_dead_peers_are_noticed(self):
        port = free_port()
        self.daemon(f"[inet_http_server]\nport=127.0.0.1:{port}\n{PROGRAMS}")
        with Wire(Door(("127.0.0.1", port)), PATIENCE) as w:
            self.assertTrue(w.is_open())
            ours, theirs = (f"0100007F:{n:04X}" for n in (port, w.socket.getsockname()[1]))
            with open("/proc/net/tcp") as f:
                rows = [line.split() for line in f]
            # Both ends are asked for: a connection of an earlier test may linger (TIME_WAIT) with either port.
            timers = [row[5] for row in rows if row[1:4] == [ours, theirs, "01"]]
            self.assertEqual(len(timers), 1)
            self.assertTrue(timers[0].startswith("02:"), timers)  # tr: 2, keep-alive

    # -- mistakes ----------------------------------------------------------------------------------------

    @unittest.skipUnless(shutil.which("c++"), "needs a C++ compiler")
    def test_a_door_opens_again(self):
        """An exception where connections are accepted is logged; whoever knocked meanwhile is let in later."""
        folder = tempfile.mkdtemp(prefix="troupe-test-")
        self.addCleanup(shutil.rmtree, folder)
        source, library, gate = (os.path.join(folder, name) for name in ("x.cpp", "x.so", "gate"))
        with open(source, "w") as f:
            f.write(THROWING_ACCEPT)
        subprocess.run(["c++", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        d = self.daemon(env=preloading(library, GATE=gate))
        if sanitized(d.pid):
            self.skipTest("the library does not go before a sanitizer")
        open(gate, "w").close()
        w = self.wire()
        w.send(self.door.request("GET /ok.html"))
        d.wait_for("ERRO HTTP: accepting connections: 'no luck'", 3)
        os.unlink(gate)
        self.assertEqual(w.answer().status, 200)
        self.assertEqual(d.finish(), 0)

    # -- memory ----------------------------------------------------------------------------------------

    def test_memory_that_is_gone(self):
        """A request that there is no memory for costs its sender the connection, nobody else anything."""
        d = self.daemon()
        if sanitized(d.pid):
            self.skipTest("a sanitizer ends the program then")
        pids = [p["pid"] for p in self.rpc.supervisor.getAllProcessInfo()]
        hard = resource.prlimit(d.working_pid, resource.RLIMIT_AS)[1]
        resource.prlimit(d.working_pid, resource.RLIMIT_AS, (status_field(d.working_pid, "VmSize") * 1024 + 4 * MIB, hard))
        failed = 0
        for i in range(20):
            w = self.wire()
            text = xmlrpc.client.dumps(("x" * (14 * MIB),), "supervisor.getProcessInfo")
            try:
                status = w.send(self.door.post(text)).answer().status
            except (AssertionError, OSError):
                status = None
            failed += status not in (200,)
        self.assertGreater(failed, 0)
        resource.prlimit(d.working_pid, resource.RLIMIT_AS, (hard, hard))
        d.wait_for("ERRO .*(Server Error|HTTP): ")
        self.assertEqual([p["pid"] for p in self.rpc.supervisor.getAllProcessInfo()], pids)
        self.assertEqual(self.wire().send(self.door.post(text)).answer().status, 200)

    @unittest.skipIf(PORTABLE, "there the C library reserves what it likes")
    def test_a_limit_on_addresses(self):
        """What threads reserve counts under `ulimit -v`: the daemon starts and answers with as little as Debian's needs."""
        d = self.daemon()
        if sanitized(d.pid):
            self.skipTest("a sanitizer reserves far more")
        d.finish()
        limit = 52 * MIB
        d = self.daemon(preexec=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
        text = xmlrpc.client.dumps(("x" * MIB,), "supervisor.startProcess")
        for _ in range(10):
            self.assertEqual(self.wire().send(self.door.post(text)).answer().status, 200)
            self.assertTrue(self.rpc.supervisor.getAllProcessInfo())
        self.assertEqual(d.finish(), 0)

    def grown(self, d, work):
        """MiB that `work` has made the daemon grow by, at most, and what the slowest other request took."""
        with open(f"/proc/{d.working_pid}/clear_refs", "w") as f:
            f.write("5")
        before, ended, took, failures = status_field(d.working_pid, "VmRSS"), threading.Event(), [], []

        def bystand():
            try:
                with Wire(self.door, PATIENCE) as w:
                    while not ended.is_set():
                        began = time.monotonic()
                        if not w.is_open():
                            raise AssertionError("another client's connection was ended")
                        took.append(time.monotonic() - began)
            except Exception as e:  # a thread's own is seen by nobody
                failures.append(e)
        other = threading.Thread(target=bystand)
        other.start()
        try:
            wait_until(lambda: took or failures, "the other client's first answer")
            work()
        finally:
            ended.set()
            other.join()
        self.assertEqual(failures, [])
        size, slowest = (status_field(d.working_pid, "VmHWM") - before) / 1024, max(took)
        print(f"{self.id().split('.')[-1]}: {size:.1f} MiB more; slowest other answer {slowest * 1000:.0f} ms", file=sys.stderr)
        return size, slowest

    def api(self, path, body):
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.wire().send(self.door.request(f"POST /api/v1/{path}", body=text)).answer()
        return answer.status, json.loads(answer.body)

    def test_json_without_measure(self):
        d = self.daemon()
        names = b'{"action":"start","names":["' + b'","'.join(b"%x" % i for i in range(1_800_000)) + b'"]}'
        bodies = [names[:16 * MIB - 2] + b'"]', b"[" * (16 * MIB - 1), b"[" + b"[]," * (5 * MIB), b'{"a":' * (3 * MIB),
                  b'{"names":["' + b"x" * (15 * MIB), b'{"action":"start","action":"stop","all":true}']

        def flood():
            for body in bodies:
                status, answer = self.api("actions", body)
                self.assertEqual(status, 400, body[:40])
                self.assertIn("error", answer)
        size, slowest = self.grown(d, flood)
        self.assertEqual(self.api("actions", bodies[-1])[1]["error"], "the name 'action' occurs twice in one object")
        self.assertEqual(self.api("actions", names[:15 * MIB] + b'"]}')[1]["error"], "more than 50000 values and names")
        if not sanitized(d.pid):
            self.assertLess(size, 96)
            self.assertLess(slowest, 1)  # 50 ms on a machine that has time
        self.assertEqual(self.rpc.supervisor.getProcessInfo("talk")["statename"], "RUNNING")

    def test_many_names(self):
        d = self.daemon()
        many = [f"nobody{i}" for i in range(40_000)]

        def ask():
            status, answer = self.api("actions", {"action": "stop", "names": many + ["crew:crew_1"] * 1000})
            self.assertEqual(status, 200)
            self.assertEqual(len(answer["results"]), len(many) + 1)  # each once
            self.assertEqual({r["status"] for r in answer["results"][:-1]}, {10})
            self.assertEqual(answer["results"][-1]["status"], 70)
        size, slowest = self.grown(d, ask)
        if not sanitized(d.pid):
            self.assertLess(size, 96)
            self.assertLess(slowest, 1)

    def test_events_without_measure(self):
        d = self.daemon(PROGRAMS + "[eventlistener:deaf]\ncommand=/bin/sleep 3600\nevents=REMOTE_COMMUNICATION\n"
                                   "buffer_size=1000\nstartsecs=0\n")
        self.assertEqual(fault_of(self.rpc.supervisor.sendRemoteCommEvent, "t", "x" * (4 * MIB)),
                         (3, "BAD_ARGUMENTS: an event's type and data are 4 MiB at most"))

        def flood():
            for _ in range(60):
                self.assertTrue(self.rpc.supervisor.sendRemoteCommEvent("t", "x" * (3 * MIB)))
        size, slowest = self.grown(d, flood)
        if not sanitized(d.pid):
            self.assertLess(size, 32 + 48)
            self.assertLess(slowest, 1)
        d.wait_for("ERRO pool deaf event buffer overflowed, discarding event 0")
        small = len(d.wait_for("discarding event"))
        for _ in range(500):
            self.assertTrue(self.rpc.supervisor.sendRemoteCommEvent("t", "x"))
        self.assertLessEqual(len(d.wait_for("discarding event")), small + 1)  # small ones have the room they had

    def test_a_long_log(self):
        """Forty megabytes of a log for one client: nobody else waits for them."""
        d = self.daemon()
        with open(os.path.join(d.dir, "talk.log"), "w") as f:
            f.write("<&\n" * (40 * MIB // 3))

        def read():
            text = xmlrpc.client.dumps(("talk", 0, 0), "supervisor.readProcessStdoutLog")
            for _ in range(2):
                self.assertGreater(len(self.wire().send(self.door.post(text)).answer().body), 40 * MIB)
            self.assertEqual(self.api("call/supervisor.readProcessStdoutLog", ["talk", -300_003, 0])[1]["result"], "<&\n" * 100_001)
        _, slowest = self.grown(d, read)
        if not sanitized(d.pid):
            self.assertLess(slowest, 1)


if __name__ == "__main__":
    unittest.main()
