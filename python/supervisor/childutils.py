"""For programs that the daemon starts: the event listener's side of the protocol, messages between capture tokens, and the
way to the daemon that started them. Nothing here may write to stdout unasked: it is the protocol's."""
import sys
import time
import xmlrpc.client

from supervisor.xmlrpc import SupervisorTransport


def getRPCTransport(env):
    """The transport to the daemon that started us; env: os.environ."""
    return SupervisorTransport(env.get("SUPERVISOR_USERNAME", ""), env.get("SUPERVISOR_PASSWORD", ""),
                               env["SUPERVISOR_SERVER_URL"])


def getRPCInterface(env):
    """A proxy of the daemon that started us: getRPCInterface(os.environ).supervisor.getAllProcessInfo()."""
    return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=getRPCTransport(env))


def get_headers(line):
    """The words KEY:VALUE of a line as a dict. Errors: ValueError for a word without a colon."""
    return dict(word.split(":", 1) for word in line.split())


def eventdata(payload):
    """Of an event whose body has a first line of keys: those, and what follows it. Errors: ValueError without that line."""
    line, rest = payload.split("\n", 1)
    return get_headers(line), rest


def get_asctime(now=None):
    """2009-02-13 23:31:30,250: local time, as the daemon's log has it. now: seconds since 1970."""
    now = time.time() if now is None else now
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now)) + f",{int(now % 1 * 1000):03d}"


def _say(text, to):
    to = sys.stdout if to is None else to
    to.write(text)
    to.flush()


class ProcessCommunicationsProtocol:
    """What a program says between these tokens becomes an event, where its section captures so much."""

    BEGIN = "<!--XSUPERVISOR:BEGIN-->"
    END = "<!--XSUPERVISOR:END-->"

    def send(self, msg, fp=None):
        _say(self.BEGIN + (msg.decode("utf-8") if isinstance(msg, bytes) else msg) + self.END, fp)

    def stdout(self, msg):
        self.send(msg, sys.stdout)

    def stderr(self, msg):
        self.send(msg, sys.stderr)


class EventListenerProtocol:
    """A listener's loop: `headers, payload = listener.wait()`, then `listener.ok()` or `listener.fail()`."""

    def wait(self, stdin=None, stdout=None):
        """Says that it is ready, and waits for an event: its headers, and its body as text."""
        self.ready(stdout)
        stdin = sys.stdin if stdin is None else stdin
        line = stdin.readline()
        if not line:
            raise EOFError("the daemon is gone")
        headers = get_headers(line)
        return headers, stdin.read(int(headers["len"]))

    def ready(self, stdout=None):
        _say("READY\n", stdout)

    def ok(self, stdout=None):
        self.send("OK", stdout)

    def fail(self, stdout=None):
        """The event is to come again."""
        self.send("FAIL", stdout)

    def send(self, data, stdout=None):
        """Any other result. Its length counts bytes."""
        _say(f"RESULT {len(data.encode('utf-8'))}\n{data}", stdout)


listener = EventListenerProtocol()
pcomm = ProcessCommunicationsProtocol()
