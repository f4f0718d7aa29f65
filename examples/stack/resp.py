#!/usr/bin/env python3
"""As much of redis' protocol as this stack needs; the standard library only. In the stack's folder: resp.py LLEN jobs"""
import socket
import sys


class Redis:
    """A connection. redis("GET", "key"): an integer, bytes, a list of them, or None."""

    def __init__(self, path="redis.sock", timeout=5):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def __call__(self, *words):
        words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
        return self._answer()

    def _answer(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("redis has gone")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise ConnectionError(rest.decode())  # such as LOADING: it is there, but has no answers yet
        if kind == b"+":
            return rest
        if kind == b":":
            return int(rest)
        if int(rest) < 0:
            return None
        if kind == b"*":
            return [self._answer() for _ in range(int(rest))]
        text = self.file.read(int(rest) + 2)
        if len(text) < int(rest) + 2:
            raise ConnectionError("redis has gone")
        return text[:-2]


if __name__ == "__main__":
    with Redis() as redis:
        print(redis(*sys.argv[1:]))
