#!/usr/bin/env python3
"""Clients that mean no good: whatever they do, the daemon's descriptors, threads and memory stay within stated bounds,
everybody else is answered, no program notices, and afterwards all is as before. TROUPE_HOSTILE_SECONDS (3): how long
the random ones go on; from 40 on, a silent client's deadline is waited for, too."""
import json
import os
import random
import resource
import socket
import struct
import sys
import threading
import time
import unittest
import xmlrpc.client

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from interop.harness import free_port  # noqa: E402
from interop.wire import Door, Wire, proxy  # noqa: E402
from support import PATIENCE, PORTABLE, SURVIVE, Daemon, open_fds, sanitized, status_field, wait_until  # noqa: E402

SECONDS = float(os.environ.get("TROUPE_HOSTILE_SECONDS", "3"))
MIB = 1 << 20

CONFIG = """
[unix_http_server]
file={dir}/s.sock
[inet_http_server]
port=127.0.0.1:PORT
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[program:quiet]
command=/bin/sleep 3600
numprocs=5
process_name=quiet_%(process_num)d
startsecs=0
[program:slow]
command=/bin/sleep 3600
numprocs=20
process_name=slow_%(process_num)02d
startsecs=3600
autostart=false
[program:big]
command=/bin/cat
autostart=false
stdout_logfile={dir}/big.log
"""


def call(method, *params):
    return xmlrpc.client.dumps(params, method, allow_none=True)


GET_STATE = call("supervisor.getState")


def raw(method, inside):
    return f"<methodCall><methodName>{method}</methodName><params>{inside}</params></methodCall>"


class Status:
    """What /proc says of the daemon."""

    def __init__(self, pid):
        self.pid = pid

    def field(self, name):
        return status_field(self.pid, name)

    def sockets(self):
        found = set()  # a listening socket has two descriptors: one lives through restarts
        for fd in os.listdir(f"/proc/{self.pid}/fd"):
            try:
                found.add(os.readlink(f"/proc/{self.pid}/fd/{fd}"))
            except FileNotFoundError:
                pass
        return sum(link.startswith("socket:") for link in found)

    def resident(self):
        return self.field("VmRSS") * 1024

    def peak(self):
        return self.field("VmHWM") * 1024

    def forget_peak(self):
        with open(f"/proc/{self.pid}/clear_refs", "w") as f:
            f.write("5")


class Bystander(threading.Thread):
    """An honest client beside the others: on a kept connection, and on a new one each time."""

    def __init__(self, doors):
        super().__init__()
        self.doors, self.ended = doors, threading.Event()
        self.answers, self.failure, self.pids, self.slowest = 0, None, set(), 0.0

    def run(self):
        try:
            with proxy(self.doors[0], PATIENCE) as kept:
                while not self.ended.wait(0.02):
                    began = time.monotonic()
                    found = kept.supervisor.getAllProcessInfo()
                    with Wire(self.doors[self.answers % 2], PATIENCE) as w:
                        answer = w.send(w.door.post(GET_STATE)).answer()
                        if b"RUNNING" not in answer.body:
                            raise AssertionError(f"getState: {answer}")
                    self.pids.add(json.dumps([p["pid"] for p in found if p["group"] == "quiet"]))
                    self.slowest = max(self.slowest, time.monotonic() - began)
                    self.answers += 1
        except Exception as e:
            self.failure = e


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
        for _ in range(5):  # a free port may be gone by the time it is used
            port = free_port()
            cls.daemon = Daemon(CONFIG.replace("PORT", str(port)), preexec=lambda: resource.setrlimit(
                resource.RLIMIT_NOFILE, (1024, hard)))
            wait_until(lambda: cls.daemon.process.poll() is not None or "quiet_4 entered RUNNING" in cls.daemon.log(),
                       "the daemon")
            if cls.daemon.process.poll() is None:
                break
        cls.doors = [Door(os.path.join(cls.daemon.dir, "s.sock")), Door(("127.0.0.1", port))]
        cls.status = Status(cls.daemon.working_pid)
        cls.sanitized = sanitized(cls.daemon.pid)
        with open(os.path.join(cls.daemon.dir, "big.log"), "w") as f:
            f.write("x" * 79 + "\n")
            f.write(("y" * 79 + "\n") * (2 * MIB // 80))
        for door in cls.doors:  # what is made once is made before anything is counted
            with proxy(door, PATIENCE) as p:
                p.supervisor.getAllProcessInfo()
                p.supervisor.readProcessStdoutLog("big", 0, 0)
            with Wire(door, PATIENCE) as w:
                w.send(door.request("GET /logtail/big")).chunk_after_head()
        wait_until(lambda: cls.status.sockets() == 2 + SURVIVE, "their connections to be closed")
        cls.first_resident = cls.status.resident()
        cls.first_fds = open_fds(cls.daemon.working_pid)

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()

    def setUp(self):
        self.bound = 24 * MIB  # that the daemon may grow by at any moment of a test
        wait_until(lambda: open_fds(self.daemon.working_pid) <= self.first_fds, "the last test's descriptors to be closed")
        self.fds, self.sockets = open_fds(self.daemon.working_pid), self.status.sockets()
        self.threads = self.status.field("Threads")
        self.resident = self.status.resident()
        self.status.forget_peak()
        self.wires = []
        self.bystander = Bystander(self.doors)
        self.bystander.start()
        wait_until(lambda: self.bystander.answers or self.bystander.failure, "the bystander's first answer")

    def tearDown(self):
        seen = self.bystander.answers
        wait_until(lambda: self.bystander.answers > seen or self.bystander.failure, "the bystander to be answered")
        for w in self.wires:
            w.close()
        self.bystander.ended.set()
        self.bystander.join()
        if self.bystander.failure:
            raise self.bystander.failure
        self.assertEqual(len(self.bystander.pids), 1, "programs were disturbed")
        self.assertIsNone(self.daemon.process.poll())
        wait_until(lambda: open_fds(self.daemon.working_pid) <= self.fds, "descriptors to return to what they were")
        self.assertLessEqual(self.status.field("Threads"), self.threads + 1)
        self.assertNotIn("Server Error", self.daemon.log())
        grown = self.status.peak() - self.resident
        if not self.sanitized and not PORTABLE:  # there the C library decides what it gives back
            wait_until(lambda: self.status.resident() - self.first_resident < 24 * MIB, "memory to be given back")
        kept = self.status.resident() - self.resident
        print(f"{self.id().split('.')[-1]}: at most {grown / MIB:.1f} MiB more, {kept / MIB:.1f} afterwards; "
              f"slowest answer to others {self.bystander.slowest * 1000:.0f} ms of {self.bystander.answers}", file=sys.stderr)
        if not self.sanitized:
            if not PORTABLE:
                self.assertLess(grown, self.bound)
            self.assertLess(self.bystander.slowest, 5)  # 50 ms on a machine that has time; nobody is held up by a client

    def wire(self, i=0):
        w = Wire(self.doors[i % 2], PATIENCE)
        self.wires.append(w)
        return w

    def refused(self, w, *statuses):
        """An answer with one of these, and the connection is over."""
        found = w.answer()
        self.assertIn(found.status, statuses)
        self.assertTrue(w.at_end())

    # -- connections ---------------------------------------------------------------------------------

    def test_idle_connections(self):
        wires = [self.wire(i) for i in range(500)]
        wait_until(lambda: self.status.sockets() >= self.sockets + 500, "500 connections")
        for w in wires[::50]:
            self.assertTrue(w.is_open())

    def test_more_connections_than_there_is_room_for(self):
        self.assertTrue(self.wire(0).is_open())
        coarse = 6  # CLOCK_MONOTONIC_COARSE, by which sessions are aged: the others are to be younger
        now = time.clock_gettime(coarse)
        wait_until(lambda: time.clock_gettime(coarse) > now, "the next tick of that clock")
        for i in range(1, 800):
            self.wire(i)
        wait_until(lambda: self.status.sockets() >= self.sockets + 500, "a full house")
        self.assertLess(self.status.sockets(), self.sockets + 512 + 10)  # half of 1,024 descriptors
        self.assertTrue(self.wires[-1].is_open())
        self.assertTrue(self.wires[0].at_end(), "the oldest has given way")

    def test_slow_senders(self):
        text = self.doors[0].post(GET_STATE)
        wires = [self.wire(i) for i in range(100)]
        for byte in range(40):
            for w in wires:
                w.send(text[byte:byte + 1])
            time.sleep(0.01)  # being slow is the test
        for w in wires:
            self.assertEqual(w.send(text[40:]).answer().status, 200)

    @unittest.skipIf(SECONDS < 40, "takes 30 s")
    def test_silent_senders(self):
        wires = [self.wire(i).send(self.doors[0].post(GET_STATE)[:60]) for i in range(20)]
        for w in wires:
            w.socket.settimeout(60)
        for w in wires:
            self.refused(w, 408)

    def test_half_closed(self):
        text = self.doors[0].post(GET_STATE)
        for i, cut in enumerate([0, 1, 10, 40, len(text) - 1] * 10):
            w = self.wire(i).send(text[:cut])
            w.socket.shutdown(socket.SHUT_WR)
            self.assertTrue(w.at_end(), f"cut at {cut}")
        for i in range(20):
            w = self.wire(i).send(text)
            w.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(w.answer().status, 200)

    def test_clients_that_vanish_while_they_wait(self):
        for i in range(20):
            w = self.wire(i).send(self.doors[0].post(call("supervisor.startProcess", f"slow:slow_{i:02}")))
            if i % 4 > 1:
                w.send(self.doors[0].post(GET_STATE))  # and has sent more already
            with proxy(self.doors[0], PATIENCE) as p:
                wait_until(lambda: p.supervisor.getProcessInfo(f"slow:slow_{i:02}")["statename"] == "STARTING", "a start")
            if i % 3 == 0:  # with a reset
                w.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            w.close()
        with proxy(self.doors[0], PATIENCE) as p:
            self.assertEqual({i["statename"] for i in p.supervisor.getAllProcessInfo() if i["group"] == "slow"}, {"STARTING"})
            stopped = p.supervisor.stopProcessGroup("slow")
        self.assertEqual([r["status"] for r in stopped], [80] * 20)

    # -- requests ------------------------------------------------------------------------------------

    def test_long_bodies(self):
        self.bound = 96 * MIB  # one of 16 MiB, twice while it is parsed, and its answer
        for i in range(2):
            w = self.wire(i).send(self.doors[0].post(call("supervisor.getProcessInfo", "x" * (10 * MIB))))
            self.assertIn(b"BAD_NAME: xxx", w.answer().body)
            self.assertTrue(w.is_open())
            w = self.wire(i).send(self.doors[0].request("POST /RPC2", "Content-Length: 1000000000000"))
            self.refused(w, 413)
            self.refused(self.without_end(self.wire(i), b"POST /RPC2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
                                          b"10000\r\n" + b"x" * 65536 + b"\r\n"), 413)
            self.refused(self.without_end(self.wire(i), b"GET /ok.html HTTP/1.1\r\n", b"X: " + b"y" * 1000 + b"\r\n"), 431)
            self.refused(self.without_end(self.wire(i), b"", b"z" * 1000), 400, 431)

    def without_end(self, w, start, more):
        """Sends `more` for ever, or until the server has had enough."""
        w.send(start)
        sent = 0
        try:
            while sent < 64 * MIB:
                w.send(more)
                sent += len(more)
        except (BrokenPipeError, ConnectionResetError):
            pass
        self.assertLess(sent, 64 * MIB)
        return w

    def test_bodies_that_stop_coming(self):
        self.bound = 120 * MIB  # 64 MiB for all bodies, in strings that have room to grow
        for i in range(40):
            w = self.wire(i).send(self.doors[0].request("POST /RPC2", f"Content-Length: {16 * MIB}"))
            w.socket.setblocking(False)
            try:
                for _ in range(15 * 16):
                    w.socket.sendall(b"x" * 65536)
            except BlockingIOError:
                pass
            w.socket.settimeout(PATIENCE)

        def served():
            with Wire(self.doors[1], PATIENCE) as w:
                return w.send(self.doors[1].post(call("supervisor.getProcessInfo", "x" * MIB))).answer().status == 200
        wait_until(served, "another client's large body to find room")

    def test_announced_and_never_sent(self):
        for i in range(200):
            self.wire(i).send(self.doors[0].request("POST /RPC2", f"Content-Length: {16 * MIB}"))
        with Wire(self.doors[0], PATIENCE) as w:
            self.assertEqual(w.send(w.door.post(call("supervisor.getProcessInfo", "x" * MIB))).answer().status, 200)

    def test_xml_that_explodes(self):
        self.bound = 64 * MIB  # half a million tags of a body of 16 MiB
        deep = 100_000
        laughs = "<!DOCTYPE l [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
            f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefghijk", "bcdefghijkl")) + "]>"
        quadratic = f"<!DOCTYPE l [<!ENTITY a '{'a' * 50_000}'>]>"
        bodies = [
            raw("supervisor.getProcessInfo", "<param>" + "<value><array><data>" * deep + "</data></array></value>" * deep),
            raw("supervisor.getProcessInfo", "<param>" + "<value><struct><member><name>a</name>" * deep),
            raw("supervisor.getProcessInfo", "<a>" * deep),
            "<a>" * (5 * MIB), "</a>" * (4 * MIB), "<" * (16 * MIB - 1), "<!--" * (4 * MIB - 1), "<?" * (8 * MIB - 1),
            "<a" + " b='c'" * (2 * MIB) + "/>", raw("x", "<a/>" * (3 * MIB)), raw("x", "<value/>" * (2 * MIB - 20)),
            raw("x", "<![CDATA[]]>" * MIB), raw("x", "&#13;" * (2 * MIB) + "&#99999999999;"),
            laughs + raw("x", "<param><value>&l;</value></param>"), quadratic + raw("x", "&a;" * 50_000),
            "<!DOCTYPE x SYSTEM 'http://127.0.0.1:1/x'>" + raw("x", ""),
        ]
        for i, body in enumerate(bodies):
            self.assertEqual(self.wire(i).send(self.doors[0].post(body)).answer().status, 400, body[:200])

    def test_a_call_of_many_calls(self):
        self.bound = 170 * MIB  # 64 MiB of answers, and what a string needs to grow to that
        calls = [{"methodName": "supervisor.readProcessStdoutLog", "params": ["big", 0, 0]}] * 2000
        answer = self.wire().send(self.doors[0].post(call("system.multicall", calls))).answer()
        self.assertEqual(answer.status, 200)
        self.assertLess(len(answer.body), 70 * MIB)
        self.assertIn(b"the answers before this one are too long", answer.body)

    # -- floods --------------------------------------------------------------------------------------

    def test_pipelining(self):
        request = self.doors[0].request("GET /ok.html")

        def flood(w):
            w.socket.settimeout(10 * PATIENCE)  # of the whole

            def send():
                try:
                    w.socket.sendall(request * 20_000)
                except OSError:
                    pass
            sender = threading.Thread(target=send)
            sender.start()
            return sender
        senders = [flood(self.wire(i)) for i in range(10)]
        for _ in range(20_000):
            for w in self.wires[:5]:
                self.assertEqual(w.answer().body, b"OK")
        for w in self.wires[5:]:
            try:
                w.socket.shutdown(socket.SHUT_RDWR)
            except OSError:  # it was ended already
                pass
        for sender in senders:
            sender.join()

    def test_answers_that_are_read_late(self):
        """Each request has a turn of its own, so that its answer waits for others to go out with; what the socket has no
        room for then goes out later, and in order."""
        door = self.doors[0]
        with Wire(door, PATIENCE) as w, Wire(door, PATIENCE) as pace:
            w.socket.setblocking(False)
            sent, rest = 0, b""
            while not rest and sent < 5000:
                request = door.post(call("supervisor.getProcessInfo", f"nobody_{sent}"))
                try:
                    taken = w.socket.send(request)
                except BlockingIOError:
                    break
                sent, rest = sent + 1, request[taken:]
                self.assertEqual(pace.send(door.post(GET_STATE)).answer().status, 200)
            w.socket.settimeout(PATIENCE)
            sender = threading.Thread(target=w.socket.sendall, args=(rest,))
            sender.start()
            for i in range(sent):
                self.assertIn(f"BAD_NAME: nobody_{i}<".encode(), w.answer().body)
            sender.join()
            self.assertGreater(sent, 100)

    def test_input_on_a_log_stream(self):
        ended = threading.Event()

        def flood(w):
            try:
                while not ended.is_set():
                    w.socket.sendall(b"GET /ok.html HTTP/1.1\r\n\r\n" * 1000)
            except OSError:
                pass
        senders = []
        for i in range(4):
            w = self.wire(i).send(self.doors[0].request("GET /logtail/big"))
            self.assertEqual(w.head().status, 200)
            self.assertEqual(w.chunk()[0], "400")
            senders.append(threading.Thread(target=flood, args=(w,)))
            senders[-1].start()
        seen = self.bystander.answers
        wait_until(lambda: self.bystander.answers > seen + 10 or self.bystander.failure, "others to be answered")
        with open(os.path.join(self.daemon.dir, "big.log"), "a") as f:
            f.write("one more line\n")
        for w in self.wires[-4:]:
            self.assertEqual(w.chunk()[1], b"one more line\n")
        ended.set()
        for w in self.wires[-4:]:
            w.socket.shutdown(socket.SHUT_RDWR)
        for sender in senders:
            sender.join()

    def test_answers_that_nobody_reads(self):
        self.bound = 230 * MIB  # 192 MiB for all answers, and one that is being made
        request = self.doors[0].post(call("supervisor.readProcessStdoutLog", "big", 0, 0))
        for i in range(150):
            self.wire(i).send(request)

        def served():
            with Wire(self.doors[0], PATIENCE) as w:  # a refusal ends the connection
                return w.send(w.door.post(call("supervisor.readProcessStdoutLog", "big", 0, 0))).answer().status == 200
        wait_until(served, "somebody who reads to get such an answer, too")
        for i in range(50):
            self.wire(i).send(self.doors[0].request("GET /mainlogtail"))

    def test_many_at_once_read_the_configuration(self):
        request = self.doors[0].post(call("supervisor.reloadConfig"))
        wires = [self.wire(i).send(request) for i in range(200)]
        threads = self.status.field("Threads")
        for w in wires:
            self.assertIn(b"<array>", w.answer().body)
        self.assertLessEqual(threads, self.threads + 2)

    # -- chance --------------------------------------------------------------------------------------

    def test_random_bytes(self):
        self.bound = 96 * MIB
        seed = random.randrange(1 << 30)
        good = [self.doors[0].post(call("supervisor.getProcessInfo", "cat")), self.doors[0].request("GET /logtail/big"),
                self.doors[0].post(call("system.multicall", [{"methodName": "supervisor.getPID", "params": []}])),
                self.doors[0].post(call("supervisor.readProcessStdoutLog", "big", 1, 10)),
                self.doors[0].request("POST /RPC2", "Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n",
                self.doors[0].request("GET /mainlogtail", "Authorization: Basic dTpw", "Expect: 100-continue")]
        until = time.monotonic() + SECONDS
        failures = []

        def mutated(r):
            text = bytearray(r.choice(good))
            for _ in range(r.choice([1, 1, 2, 5, 30])):
                at = r.randrange(len(text) + 1)
                how = r.randrange(5)
                if how == 0:
                    text[at:at + 1] = bytes([r.randrange(256)])
                elif how == 1:
                    del text[at:at + r.randrange(20)]
                elif how == 2:
                    text[at:at] = r.randbytes(r.randrange(20))
                elif how == 3:
                    text[at:at] = r.choice([b"\r\n", b"\r", b"\n", b"\0", b"<", b"&", b"%", b":", b"99999999999", b"-1", b"]]>"])
                else:
                    text[at:at] = text[r.randrange(len(text) + 1):][:200] if text else b"x"
            return bytes(text)

        def attack(number):
            r = random.Random(seed + number)
            try:
                while time.monotonic() < until:
                    with Wire(self.doors[r.randrange(2)], PATIENCE) as w:
                        try:
                            for _ in range(r.choice([1, 1, 3])):
                                w.send(mutated(r) if r.random() < 0.9 else r.randbytes(r.choice([10, 1000, 100_000])))
                            w.socket.shutdown(socket.SHUT_WR)
                            w.socket.settimeout(0.05 if r.random() < 0.5 else 0.001)
                            while w.socket.recv(65536):
                                pass
                        except OSError:  # reset, or ended, or late
                            pass
            except Exception as e:
                failures.append(e)
        attackers = [threading.Thread(target=attack, args=(n,)) for n in range(6)]
        for a in attackers:
            a.start()
        for a in attackers:
            a.join()
        self.assertEqual(failures, [], f"seed {seed}")


if __name__ == "__main__":
    unittest.main()
