"""The fixture of docs/contract/http.md, section 10, and the words its tables are written in. A table holds rows in
order, each under the number of its vector; it runs on a daemon of its own, once through each door (unix, tcp).
Where a row carries U("..."), that is what upstream does; ours is what the row expects."""
import hashlib
import os
import traceback
import unittest
import xmlrpc.client
from typing import NamedTuple

from support import PATIENCE, Daemon, free_port, oracle, wait_until

from .wire import Door, Wire, proxy

check = unittest.TestCase()
check.maxDiff = None

SHA = hashlib.sha1(b"p:w").hexdigest()

PROGRAMS = """
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[program:sleeper]
command=/bin/sleep 3600
priority=5
[program:cat]
command=/bin/cat
autostart=false
stdout_logfile={dir}/cat.out
stderr_logfile={dir}/cat.err
[program:done]
command=/bin/sleep 1.3
autorestart=false
[program:quick]
command=sh -c "exit 3"
autostart=false
startretries=1
startsecs=30
[program:missing]
command=/no/such/file
autostart=false
[program:noexec]
command=/etc/passwd
autostart=false
[program:badcmd]
command=/bin/echo "unterminated
autostart=false
[program:nolog]
command=/bin/sleep 3600
autostart=false
stdout_logfile=NONE
stderr_logfile=NONE
[program:stubborn]
command=/bin/sh -c "trap '' TERM; echo deaf; exec sleep 3600"
autostart=false
stopwaitsecs=3
stdout_logfile={dir}/stubborn.out
[program:multi]
command=/bin/sleep 3600
autostart=false
numprocs=3
process_name=%(program_name)s_%(process_num)02d
[group:grp]
programs=ga,gb
priority=20
[program:ga]
command=/bin/sleep 3600
[program:gb]
command=/bin/sleep 3600
autostart=false
priority=1
"""


class U(str):
    """What upstream does instead."""


class Fault(NamedTuple):
    code: int
    text: str


class Http(NamedTuple):
    """A status instead of an XML-RPC answer."""
    status: int


class StartsWith(str):
    def __eq__(self, other):
        return isinstance(other, str) and other.startswith(str(self))

    __hash__ = str.__hash__


class Row(NamedTuple):
    number: int
    what: str
    run: object  # of a harness
    upstream: object = None


class Table:
    """Rows, and what their daemon has beyond the fixture. `listeners`: names of more doors and their credentials."""

    def __init__(self, name, extra="", listeners=None, options="", files=None):
        self.name, self.extra, self.options, self.files = name, extra, options, files
        self.listeners = listeners or {}
        self.rows = []

    def add(self, number, what, run, upstream=None):
        self.rows.append(Row(number, what, run, upstream))

    def step(self, number, upstream=None):
        """Decorates a function of a harness; its docstring says what it does."""
        def keep(function):
            self.add(number, function.__doc__ or function.__name__, function, upstream)
            return function
        return keep

    def calls(self, *rows):
        """(number, method, arguments, expected[, U(...)]); a method without a dot is the supervisor's."""
        for number, method, args, expected, *upstream in rows:
            def run(harness, method=method, args=args, expected=expected):
                check.assertEqual(expected, harness.outcome(method, *args))
            self.add(number, f"{method}{args}", run, *upstream)


class Harness(Daemon):
    """One daemon on the fixture. `door` is the one in use; `at(name)` another of the same family."""

    def __init__(self, table, family, upstream=False):
        self.table, self.family = table, family
        argv, env = oracle("supervisord") if upstream else (None, None)
        super().__init__(argv=argv, env=env, start=False, options=table.options, files=table.files)
        self.head = self.read("s.conf")
        self.doors = {}
        for _ in range(5):  # a free port may be gone by the time it is used
            self.write("s.conf", self.head + self.listeners() + PROGRAMS + table.extra)
            self.start()
            if self.opens():
                break
        self.door = self.at("main")
        self.rpc = proxy(self.door, PATIENCE)

    def listeners(self):
        text = ""
        locked = "u", "p:w", "{SHA}" + SHA
        main = {"tcp": (None, None, None), "unix": locked}
        for name, secret in [("main", None), *self.table.listeners.items()]:
            for family in ("tcp", "unix"):
                user, password, stored = secret or main[family]
                path = os.path.join(self.dir, f"{name}.sock")
                port = free_port()
                self.doors[name, family] = Door(path if family == "unix" else ("127.0.0.1", port), user, password)
                section = "unix_http_server" if family == "unix" else "inet_http_server"
                text += f"[{section}{'' if name == 'main' else ':' + name}]\n"
                text += f"file={path}\n" if family == "unix" else f"port=127.0.0.1:{port}\n"
                if stored is not None:
                    text += f"username={user or ''}\npassword={stored}\n"
        return text

    def opens(self):
        def settled():
            return self.process.poll() is not None or "supervisord started with pid" in self.log()
        wait_until(settled, "the daemon")
        if self.process.poll() is None:
            return True
        check.assertIn("already listening", self.read("stderr"))
        return False

    def at(self, name, family=None):
        return self.doors[name, family or self.family]

    def wire(self, door=None):
        return Wire(door or self.door, PATIENCE)

    def ask(self, data, door=None):
        """One exchange on a connection of its own."""
        with self.wire(door) as w:
            return w.send(data).answer()

    def call(self, method, *args):
        return getattr(self.rpc, method if "." in method else "supervisor." + method)(*args)

    def outcome(self, method, *args):
        """The result; a Fault or Http where there is none."""
        try:
            return self.call(method, *args)
        except xmlrpc.client.Fault as f:
            return Fault(f.faultCode, f.faultString)
        except xmlrpc.client.ProtocolError as e:
            return Http(e.errcode)

    def posted(self, body, *headers):
        """(response, result) of a body as it is; the result is a Fault or Http where there is none."""
        found = self.ask(self.door.post(body, *headers))
        if found.status != 200:
            return found, Http(found.status)
        try:
            return found, xmlrpc.client.loads(found.body)[0][0]
        except xmlrpc.client.Fault as f:
            return found, Fault(f.faultCode, f.faultString)

    def state(self, name):
        return self.call("getProcessInfo", name)["statename"]

    def wait_state(self, name, *states):
        wait_until(lambda: self.state(name) in states, f"{name} to be {' or '.join(states)}")

    def path(self, name):
        return os.path.join(self.dir, name)

    def put(self, name, data):
        with open(self.path(name), "wb") as f:
            f.write(data)


def results(found):
    """Group results in short: (name, status, description)."""
    return [(r["name"], r["status"], r["description"]) for r in found]


def run(table, family, upstream=False):
    """[(row, failure or None)] of a whole table; what is ours on purpose is left out on upstream."""
    outcomes = []
    with Harness(table, family, upstream) as harness, harness.rpc:
        for row in table.rows:
            if upstream and row.upstream:
                continue
            try:
                row.run(harness)
                outcomes.append((row, None))
            except Exception:  # a row that fails must not hide the ones behind it
                outcomes.append((row, traceback.format_exc(limit=-3)))
    return outcomes
