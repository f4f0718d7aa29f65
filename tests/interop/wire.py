"""A client on bare sockets: requests as bytes out, responses taken apart, and whether the connection stays open.
Standard library only and nothing of ours: what it sees is what any client sees."""
import base64
import http.client
import socket
import xmlrpc.client
from typing import NamedTuple, Optional


class Door(NamedTuple):
    """One listener of a daemon and the credentials it asks for."""
    address: object  # a path, or (host, port)
    user: Optional[str] = None
    password: Optional[str] = None

    def connect(self, patience):
        s = socket.socket(socket.AF_UNIX if isinstance(self.address, str) else socket.AF_INET)
        s.settimeout(patience)
        s.connect(self.address)
        return s

    def authorization(self):
        if self.user is None:
            return []
        pair = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return [f"Authorization: Basic {pair}"]

    def request(self, line, *headers, body=None, length=True, auth=None):
        """`line` without a version is HTTP/1.1. `auth`: headers instead of this door's own, [] for none."""
        if " HTTP/" not in line:
            line += " HTTP/1.1"
        body = body.encode() if isinstance(body, str) else body
        lines = [line, "Host: x", *(self.authorization() if auth is None else auth), *headers]
        if body is not None and length:
            lines.append(f"Content-Length: {len(body)}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + (body or b"")

    def post(self, body, *headers, line="POST /RPC2", auth=None):
        return self.request(line, "Content-Type: text/xml", *headers, body=body, auth=auth)


class Answer(NamedTuple):
    version: str
    status: int
    reason: str
    headers: dict  # names in lower case
    body: bytes


class Wire:
    """One connection."""

    def __init__(self, door, patience):
        self.socket = door.connect(patience)
        self.door = door
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def line(self):
        text = self.file.readline(100_000)
        if not text.endswith(b"\r\n"):
            raise AssertionError(f"the connection ended within a line: {text!r}")
        return text[:-2].decode("latin-1")

    def head(self):
        version, status, reason = self.line().split(" ", 2)
        headers = {}
        while text := self.line():
            name, value = text.split(":", 1)
            if name.lower() in headers:
                raise AssertionError(f"two headers {name}")
            headers[name.lower()] = value.strip()
        return Answer(version, int(status), reason, headers, b"")

    def answer(self, to_head=False):
        found = self.head()
        body = b"" if to_head else self.file.read(int(found.headers.get("content-length", 0)))
        if not to_head and len(body) != int(found.headers.get("content-length", 0)):
            raise AssertionError(f"the body ended after {len(body)} bytes")
        return found._replace(body=body)

    def chunk_after_head(self):
        return self.head(), self.chunk()

    def chunk(self):
        """(size as written, bytes) of one chunk."""
        size = self.line()
        data = self.file.read(int(size, 16))
        if self.line():
            raise AssertionError("no line end behind a chunk")
        return size, data

    def at_end(self):
        """The server has closed, and sent nothing more."""
        try:
            return self.file.read(1) == b""
        except ConnectionResetError:
            return True

    def is_open(self):
        found = self.send(self.door.request("GET /ok.html")).answer()
        return found.status == 200 and found.body == b"OK"


class UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path, headers, patience):
        super().__init__(headers=headers)
        self.path, self.patience = path, patience

    def make_connection(self, host):
        if not self._connection or self._connection[0] != host:
            connection = http.client.HTTPConnection("localhost", timeout=self.patience)
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.settimeout(self.patience)
            connection.sock.connect(self.path)
            self._connection = host, connection
        return self._connection[1]


class TcpTransport(xmlrpc.client.Transport):
    def __init__(self, headers, patience):
        super().__init__(headers=headers)
        self.patience = patience

    def make_connection(self, host):
        connection = super().make_connection(host)
        connection.timeout = self.patience
        return connection


def proxy(door, patience):
    """xmlrpc.client as programs use it, on one kept connection."""
    headers = [tuple(h.split(": ", 1)) for h in door.authorization()]
    if isinstance(door.address, str):
        return xmlrpc.client.ServerProxy("http://localhost/RPC2", UnixTransport(door.address, headers, patience),
                                         allow_none=True)
    return xmlrpc.client.ServerProxy("http://%s:%d/RPC2" % door.address, TcpTransport(headers, patience),
                                     allow_none=True)
