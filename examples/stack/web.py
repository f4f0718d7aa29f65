#!/usr/bin/env python3
"""A web application on a unix socket: PUT /jobs/ID leaves a job for the workers, GET /jobs/ID is 200 with its result, or
202 until there is one. Each request can be made twice without harm, so nginx may give it to another process of ours.

web.py SOCKET          serves, until SIGTERM: then it takes no new connections, answers those that it has, and ends
web.py --check SOCKET  ends with 0 if that one answers"""
import faulthandler
import http.client
import http.server
import os
import re
import signal
import socket
import socketserver
import sys
import threading
import time

from resp import Redis

SCHEMA = 2
PATIENCE = 4  # seconds; less than nginx has


def ask_redis(*words):
    """Waits for a redis that is being restarted."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with Redis() as redis:
                return redis(*words)
        except OSError:
            if time.monotonic() > end:
                raise
        time.sleep(0.02)


class Handler(http.server.BaseHTTPRequestHandler):
    wbufsize = -1  # an answer leaves as a whole, or not at all

    def do_GET(self):
        if self.path == "/health":  # of this process alone: a restart of it does not help where redis is missing
            return self.answer(200, b"well\n")
        if self.path == "/":
            return self.from_redis(lambda: (200, f"{sys.argv[1]} {os.getpid()}\n".encode() + ask_redis("GET", "motto") + b"\n"))
        if job := re.fullmatch(r"/jobs/([\w.-]{1,100})", self.path):
            def result():
                found = ask_redis("HGET", "results", job.group(1))
                return (202, b"waiting\n") if found is None else (200, found + b"\n")
            return self.from_redis(result)
        self.answer(404, b"no such page\n")

    def do_PUT(self):
        length = int(self.headers.get("Content-Length", 0))
        job = re.fullmatch(r"/jobs/([\w.-]{1,100})", self.path)
        if not job or length > 10000:
            return self.answer(400, b"PUT /jobs/ID, and up to 10000 bytes\n")
        words = self.rfile.read(length)
        self.from_redis(lambda: (200, b"taken %d\n" % ask_redis("LPUSH", "jobs", job.group(1).encode() + b" " + words)))

    def from_redis(self, page):
        try:
            code, text = page()
        except OSError as e:
            code, text = 503, f"redis: {e}\n".encode()
        self.answer(code, text)

    def answer(self, code, text):
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def address_string(self):
        return "-"

    def log_request(self, *_):
        pass


class Server(socketserver.ThreadingUnixStreamServer):
    request_queue_size = 511
    busy = True

    def server_bind(self):
        """Under another name first: at no moment is there a socket of this name that nobody listens at because of us."""
        self.name, self.server_address = self.server_address, f"{self.server_address}.{os.getpid()}"
        super().server_bind()
        os.chmod(self.server_address, 0o666)  # as open as a port of 127.0.0.1: nginx' workers may be somebody else

    def server_activate(self):
        super().server_activate()
        os.rename(self.server_address, self.name)

    def handle_timeout(self):
        self.busy = False

    def leave(self):
        os.unlink(self.name)  # nobody finds it any more
        self.shutdown()
        self.timeout = 0.1
        while self.busy:      # who had found it, and is in the queue
            self.handle_request()
        self.server_close()   # waits for the threads


def check(path):
    connection = http.client.HTTPConnection("web")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(path)
    connection.request("GET", "/health")
    return connection.getresponse().status == 200


def main():
    faulthandler.enable()  # SIGABRT: what each thread is at
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    if int(ask_redis("GET", "schema") or 0) < SCHEMA:
        sys.exit("the data is too old: migrate.py")
    server = Server(sys.argv[1], Handler)
    threading.Thread(target=server.serve_forever, args=[0.05]).start()
    print("serving")
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    server.leave()
    print("all answered")


if __name__ == "__main__":
    if sys.argv[1] == "--check":
        sys.exit(not check(sys.argv[2]))
    main()
