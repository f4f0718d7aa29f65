"""Clients of the daemon's XML-RPC: a transport for xmlrpc.client.ServerProxy over HTTP and unix sockets, and the faults that
answers may hold. The URL that ServerProxy itself is given counts for nothing, but has to begin with http://."""
import base64
import http.client
import socket
import urllib.parse
import xmlrpc.client


class Faults:
    UNKNOWN_METHOD = 1
    INCORRECT_PARAMETERS = 2
    BAD_ARGUMENTS = 3
    SIGNATURE_UNSUPPORTED = 4
    SHUTDOWN_STATE = 6
    BAD_NAME = 10
    BAD_SIGNAL = 11
    NO_FILE = 20
    NOT_EXECUTABLE = 21
    FAILED = 30
    ABNORMAL_TERMINATION = 40
    SPAWN_ERROR = 50
    ALREADY_STARTED = 60
    NOT_RUNNING = 70
    SUCCESS = 80
    ALREADY_ADDED = 90
    STILL_RUNNING = 91
    CANT_REREAD = 92


def getFaultDescription(code):
    """BAD_NAME for 10, and so on; UNKNOWN for what is no fault of these."""
    return next((name for name, value in vars(Faults).items() if name.isupper() and value == code), "UNKNOWN")


class RPCError(Exception):
    """A fault as an exception: its code, and its name as text, with what is known besides."""

    def __init__(self, code, extra=None):
        self.code = code
        self.text = getFaultDescription(code) + (f": {extra}" if extra is not None else "")
        super().__init__(code, extra)

    def __str__(self):
        return f"code={self.code!r}, text={self.text!r}"


class UnixStreamHTTPConnection(http.client.HTTPConnection):
    """HTTP over the socket file `socketfile`."""

    socketfile = None

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.sock.connect(self.socketfile)
        except OSError:
            self.close()
            raise


class SupervisorTransport(xmlrpc.client.Transport):
    """Keeps its connection from one call to the next. serverurl: http://HOST:PORT or unix:///PATH. Errors: ValueError for
    another kind of URL; of a call, OSError and what xmlrpc.client raises."""

    accept_gzip_encoding = False

    def __init__(self, username=None, password=None, serverurl=None):
        headers = []
        if username:
            both = f"{username}:{password or ''}".encode("utf-8")
            headers.append(("Authorization", "Basic " + base64.b64encode(both).decode("ascii")))
        super().__init__(headers=headers)
        self.username = username
        self.password = password
        self.serverurl = serverurl
        if not (serverurl or "").startswith(("http://", "unix://")):
            raise ValueError(f"Unknown protocol for serverurl {serverurl}")

    def make_connection(self, host):
        if self._connection[1] is None:
            self._connection = host, self._dial()
        return self._connection[1]

    def _dial(self):
        if self.serverurl.startswith("unix://"):
            connection = UnixStreamHTTPConnection("localhost")
            connection.socketfile = self.serverurl[len("unix://"):]
            return connection
        where = urllib.parse.urlsplit(self.serverurl)
        return http.client.HTTPConnection(where.hostname or "localhost", where.port or 80)
