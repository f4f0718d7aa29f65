"""XML-RPC over a unix socket for the system tests: the section a daemon needs, and a client. Standard library only."""
import http.client
import os
import socket
import sys
import time
import xmlrpc.client

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import PATIENCE, wait_until  # noqa: E402

SERVER = ("[unix_http_server]\nfile={dir}/s.sock\n[rpcinterface:supervisor]\n"
          "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n")


class _Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        until = time.monotonic() + 2
        while True:
            try:
                return self.sock.connect(self.path)
            except ConnectionRefusedError:  # between bind(2) and listen(2) it is there, and refuses
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)


class _Transport(xmlrpc.client.Transport):
    def __init__(self, path, keeps):
        super().__init__()
        self.path, self.keeps = path, keeps

    def make_connection(self, host):
        if not self._connection or self._connection[0] != host:
            self._connection = host, _Connection(self.path)
        return self._connection[1]

    def request(self, *arguments, **options):
        try:
            return super().request(*arguments, **options)
        finally:
            if not self.keeps:
                self.close()


def connect(daemon, keeps=False):
    """A proxy for a daemon that was given SERVER; a connection for each request, or one that is kept."""
    return xmlrpc.client.ServerProxy("http://localhost/RPC2", _Transport(daemon.dir + "/s.sock", keeps))


def client(daemon):
    """A proxy that keeps its connection, once the daemon listens."""
    wait_until(lambda: os.path.exists(daemon.dir + "/s.sock"), "the server's socket")
    return connect(daemon, keeps=True)


def fault_of(call, *arguments):
    """(code, text) of the fault that the call ends in."""
    try:
        result = call(*arguments)
    except xmlrpc.client.Fault as f:
        return f.faultCode, f.faultString
    raise AssertionError(f"no fault but {result!r}")
