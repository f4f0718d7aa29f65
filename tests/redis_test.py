#!/usr/bin/env python3
"""The main job on real input: Debian's redis-server under the tutorial-style examples/redis. A client can SET and GET,
kill -9 of redis brings it back, and the client works again. Speaks redis' protocol over a plain socket."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import BIN, PATIENCE, alive, example, free_port, wait_until  # noqa: E402


def ask(port, *words):
    """The answer's first line (and, for a bulk string, its text), or None where nobody answers."""
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as s:
            s.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
            return s.recv(4096)
    except OSError:
        return None


@unittest.skipUnless(shutil.which("redis-server"), "redis-server is not installed")
class Redis(unittest.TestCase):
    def test_example(self):
        folder = tempfile.mkdtemp(prefix="troupe-redis-")
        self.addCleanup(shutil.rmtree, folder, True)
        port = free_port()
        config = example("redis", folder, {"6390": str(port)})
        daemon = subprocess.Popen([os.path.join(BIN, "supervisord"), "-c", config], stdout=subprocess.DEVNULL)
        try:
            wait_until(lambda: ask(port, b"PING") == b"+PONG\r\n", "redis to answer")
            self.assertEqual(ask(port, b"SET", b"key", "值".encode()), b"+OK\r\n")
            self.assertEqual(ask(port, b"GET", b"key"), b"$3\r\n" + "值".encode() + b"\r\n")
            info = ask(port, b"INFO", b"server").decode()
            pid = int(next(line for line in info.splitlines() if line.startswith("process_id:")).split(":")[1])
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not alive(pid), "redis to die")
            wait_until(lambda: ask(port, b"PING") == b"+PONG\r\n", "redis to come back")
            self.assertEqual(ask(port, b"SET", b"key", b"2"), b"+OK\r\n")
            self.assertEqual(ask(port, b"GET", b"key"), b"$1\r\n2\r\n")
            log = open(os.path.join(folder, "redis.log")).read()
            self.assertIn("exited: redis_00 (terminated by SIGKILL; not expected)", log)
            self.assertIn("spawned: 'worker_02'", log)
            self.assertIn("Ready to accept connections", open(os.path.join(folder, "redis_00.log")).read())
        finally:
            daemon.terminate()
            self.assertEqual(daemon.wait(PATIENCE), 0)
        self.assertIsNone(ask(port, b"PING"))


if __name__ == "__main__":
    unittest.main()
