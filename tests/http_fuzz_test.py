#!/usr/bin/env python3
"""Mutated requests against the real daemon: XML-RPC, JSON, forms, headers, streams. Whatever arrives, it lives, answers
the next honest request, and does not grow. Seeded, so that a failure repeats: TROUPE_FUZZ_SEED (1), TROUPE_FUZZ (1500)
requests; make it 51000 for a long run."""
import json
import os
import random
import socket
import sys
import unittest
import urllib.parse
import xmlrpc.client

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from interop.wire import Door, Wire  # noqa: E402
from rpc_support import SERVER, client  # noqa: E402
from support import PATIENCE, Daemon, open_fds, sanitized, status_field, wait_until  # noqa: E402

COUNT = int(os.environ.get("TROUPE_FUZZ", "1500"))
SEED = int(os.environ.get("TROUPE_FUZZ_SEED", "1"))
PROGRAMS = """
[program:cat]
command=/bin/cat
stdout_logfile={dir}/cat.log
startsecs=0
[program:idle]
command=/bin/cat
autostart=false
startsecs=0
[eventlistener:deaf]
command=/bin/sleep 3600
events=EVENT
startsecs=0
"""
# What ends the daemon or its programs when it is asked for well is no fault of its: these are left out.
METHODS = ["getAllProcessInfo", "getProcessInfo", "getAllConfigInfo", "getState", "readLog", "readProcessStdoutLog",
           "tailProcessStdoutLog", "clearProcessLogs", "sendProcessStdin", "sendRemoteCommEvent", "startProcess",
           "stopProcessGroup", "signalProcess", "addProcessGroup", "reloadConfig"]
VALUES = ["cat", "idle", "cat:*", "nobody", "", 0, -1, 2**31 - 1, True, 1.5, [], {}, ["cat"], {"a": [1, {"b": "c"}]}, "x" * 300,
          "\u00e9\u2028"]
PIECES = [b"\r\n", b"\r", b"\n", b"\0", b"<", b">", b"&", b"&#0;", b"%", b"%00", b":", b"99999999999999999999", b"-1", b"]]>",
          b"\xff", b"\xc3", b"[", b"{", b'"', b"\\u", b"<value>", b"</value>", b"<!DOCTYPE x>", b"Transfer-Encoding: chunked\r\n",
          b"Content-Length: 5\r\n", b"Expect: 100-continue\r\n", b"\x1b[31m", b"/../", b"?action=stopall", b"//", b" HTTP/9.9"]


class Fuzz(unittest.TestCase):
    def seeds(self, r, door):
        """A well-formed request of some kind."""
        method = "supervisor." + r.choice(METHODS)
        args = [r.choice(VALUES) for _ in range(r.randrange(4))]
        kind = r.randrange(8)
        if kind < 2:
            return door.post(xmlrpc.client.dumps(tuple(args), method))
        if kind == 2:
            calls = [{"methodName": "supervisor." + r.choice(METHODS), "params": args} for _ in range(r.randrange(5))]
            return door.post(xmlrpc.client.dumps((calls,), "system.multicall"))
        if kind == 3:
            return door.request(f"POST /api/v1/call/{method}", body=json.dumps(args))
        if kind == 4:
            task = {"action": r.choice(["start", "stop", "clear", "signal", "x"]), "names": args, "signal": r.choice(["HUP", "0", "x"])}
            return door.request("POST /api/v1/actions", body=json.dumps(task))
        if kind == 5:
            form = urllib.parse.urlencode({"processname": r.choice(["cat", "idle", "x"]), "select": "cat", "signal": "CONT"})
            return door.request(f"POST /?action={r.choice(['refresh', 'start', 'signal', 'stopselected', 'clearall'])}", body=form)
        if kind == 6:
            body = xmlrpc.client.dumps(tuple(args), method).encode()
            at = r.randrange(len(body))
            parts = [body[:at], body[at:]]
            return door.request("POST /RPC2", "Transfer-Encoding: chunked") + b"".join(
                b"%x\r\n%s\r\n" % (len(p), p) for p in parts if p) + b"0\r\n\r\n"
        return door.request("GET " + r.choice(["/", "/tail.html?processname=cat&limit=99999", "/logtail/cat", "/mainlogtail",
                                               "/api/v1/status", "/api/v1/events", "/api/v1/log/cat?follow=1&bytes=9", "/metrics",
                                               "/stylesheets/supervisor.css", "/?message=%3Cb%3E", "/ok.html"]),
                            r.choice(["X: y", "Authorization: Basic dTpw", "If-Modified-Since: Sun, 22 Nov 2026 10:53:25 GMT",
                                      "Sec-Fetch-Site: none", "Origin: http://x", "Cookie: " + "c" * 2000]))

    def mutated(self, r, text):
        text = bytearray(text)
        for _ in range(r.choice([0, 1, 1, 2, 3, 8, 30])):
            at = r.randrange(len(text) + 1)
            how = r.randrange(6)
            if how == 0 and at < len(text):
                text[at] = r.randrange(256)
            elif how == 1:
                del text[at:at + r.randrange(1, 20)]
            elif how == 2:
                text[at:at] = r.choice(PIECES) * r.choice([1, 1, 1, 2, 50])
            elif how == 3:
                text[at:at] = text[r.randrange(len(text) + 1):][:200]
            elif how == 4:
                del text[at:]
            else:
                text[at:at] = r.randbytes(r.randrange(1, 20))
        return bytes(text)

    def test_mutated_requests(self):
        with Daemon(SERVER + PROGRAMS) as d, client(d) as rpc:
            door = Door(os.path.join(d.dir, "s.sock"))
            wait_until(lambda: {p["name"]: p["statename"] for p in rpc.supervisor.getAllProcessInfo()}["cat"] == "RUNNING", "cat")
            answered, first, descriptors = 0, None, None
            for number in range(COUNT):
                r = random.Random(f"{SEED}.{number}")  # each by itself, so that one can be repeated
                data = self.mutated(r, self.seeds(r, door))
                with Wire(door, PATIENCE) as w:
                    try:
                        w.send(data)
                        w.socket.shutdown(socket.SHUT_WR)
                        w.socket.settimeout(0.02 if r.random() < 0.2 else PATIENCE)
                        answered += bool(w.socket.recv(65536))
                    except OSError:  # ended, or it waits for what does not come
                        pass
                if number % 100 == 99 or number == COUNT - 1:
                    self.assertIsNone(d.process.poll(), f"it ended by request {number} or one of the hundred before, seed {SEED}")
                    with Wire(door, PATIENCE) as honest:
                        self.assertTrue(honest.is_open(), f"request {number}, seed {SEED}")
                    self.assertEqual(rpc.supervisor.getState()["statename"], "RUNNING")
                if number == min(500, COUNT // 3):  # by then all that is made once has been made
                    first, descriptors = status_field(d.working_pid, "VmRSS"), open_fds(d.working_pid)
            self.assertGreater(answered, COUNT // 2)
            wait_until(lambda: open_fds(d.working_pid) <= descriptors + 12, "descriptors to be closed")  # two programs may have started
            if not sanitized(d.pid):
                self.assertLess(status_field(d.working_pid, "VmRSS") - first, 24 << 10)
            with open(d.log_path, "rb") as f:  # as bytes: a carriage return in a text that is read is a line end
                records = f.read().split(b"\n")
            self.assertGreater(len(records), 10)
            self.assertEqual([r for r in records if b"\x1b" in r or b"\r" in r], [])
            print(f"{COUNT} requests, {answered} answered", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
