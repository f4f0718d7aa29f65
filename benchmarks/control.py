"""Scenarios of the control plane: answers a second, answers under a log flood, `supervisorctl status`, `tail -f`.

Each is a function of the bench; SCENARIOS names them for run.py. The C peers, and the load that all subjects get,
are in control.c and tail.c.
"""
import contextlib
import http.client
import os
import selectors
import shutil
import socket
import subprocess
import time
import xmlrpc.client

from harness import BUILD, MARK, ORACLE, Marks, Run, many_programs, one_program, settle, ticks, write_config

CONTROL = os.path.join(BUILD, "bench", "bench_control")
STATE, INFO = "getState", "getAllProcessInfo"
SERVERS = """[unix_http_server]
file={path}
[inet_http_server]
port=127.0.0.1:{port}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{path}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Transport(xmlrpc.client.Transport):
    """XML-RPC over a unix socket."""

    def __init__(self, path):
        super().__init__()
        self.path = path

    def make_connection(self, host):
        connection = http.client.HTTPConnection("localhost", timeout=600)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(600)
        connection.sock.connect(self.path)
        return connection


class Seat:
    """One subject at its two addresses, in a folder of its own."""

    def __init__(self, bench, subject):
        self.name = subject.name
        self.folder = os.path.join(bench.folder, subject.name.replace(" ", "-"))
        os.makedirs(self.folder)
        self.file = os.path.join(self.folder, "s.conf")
        self.path = os.path.join(self.folder, "s.sock")
        self.port = free_port()
        self.addresses = {"unix": self.path, "TCP": f"127.0.0.1:{self.port}"}

    def config(self, programs, count):
        return write_config(self.folder, SERVERS.format(path=self.path, port=self.port) + programs,
                            minfds=count * 6 + 200)

    def proxy(self):
        return xmlrpc.client.ServerProxy("http://localhost", Transport(self.path)).supervisor

    def answer(self, method):
        """The bytes of one answer."""
        connection = Transport(self.path).make_connection("localhost")
        connection.request("POST", "/RPC2", xmlrpc.client.dumps((), "supervisor." + method))
        return connection.getresponse().read()


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("waited in vain")
        time.sleep(0.01)


def listening(address):
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(address)
        return True
    except OSError:
        return False


@contextlib.contextmanager
def daemons(bench, programs, count=1, with_theirs=True):
    """{name: seat} of our daemon and Debian's on `programs(marks)`, each with all `count` children up."""
    with contextlib.ExitStack() as stack:
        seats = {}
        for subject in bench.subjects(with_theirs)[1:]:
            seat = Seat(bench, subject)
            stack.callback(shutil.rmtree, seat.folder, ignore_errors=True)
            marks = Marks(seat.folder)
            stack.callback(marks.close)
            config = seat.config(programs(marks), count)
            run = stack.enter_context(Run(subject.argv(config, count, marks), subject.env()))
            marks.wait(count)
            wait_for(lambda seat=seat: listening(seat.path))
            settle(run.process.pid)
            seats[seat.name] = seat
        yield seats


@contextlib.contextmanager
def responder(bench, like):
    """The seat of the C responder, which serves what the daemon at the seat `like` just answered."""
    seat = Seat(bench, bench.limit)
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, seat.folder, ignore_errors=True)
        files = []
        for method in (STATE, INFO):
            files.append(os.path.join(seat.folder, method))
            with open(files[-1], "wb") as f:
                f.write(like.answer(method))
        for address in seat.addresses.values():
            stack.enter_context(Run([CONTROL, "serve", address, *files], dict(os.environ)))
        wait_for(lambda: listening(seat.path))
        yield seat


def load(address, method, connections, seconds):
    """(answers/s, median in us, p99 in us)"""
    said = subprocess.run([CONTROL, "load", address, method, str(connections), str(seconds)], check=True,
                          stdout=subprocess.PIPE).stdout.split()
    return tuple(float(word) for word in said[:3])


def turns(names, rounds):
    """Name after name, round after round, so that what else the machine does meets all; Debian's has one turn only."""
    for round_number in range(rounds):
        yield from (name for name in names if name != "supervisor" or round_number == 0)


def rates(bench, seats, label, method, transport, connections, budget):
    figures = {name: [] for name in seats}
    for name in turns(seats, bench.rounds * 4):
        seconds = 1 if name == "supervisor" else 0.1
        figures[name].append(load(seats[name].addresses[transport], method, connections, seconds)[0])
    bench.report(f"{label}, {transport}, {connections} conn.", "/s", figures, budget)


# -- status -------------------------------------------------------------------------------------------------------

def run_time(command, env, times):
    """Milliseconds of each of `times` runs of the command, its output thrown away."""
    said = subprocess.run([CONTROL, "time", str(times), *command], check=True, env=env,
                          stdout=subprocess.PIPE).stdout.split()
    return [float(word) for word in said]


def output(command, env):
    return subprocess.run(command, env=env, stdout=subprocess.PIPE, check=True).stdout


def status(bench, seats, count):
    """Ours and the C client ask our daemon; Debian's client asks its own. Both but the C client read the daemon's file,
    which has a section for each process."""
    ours = seats["troupe"]
    clients = {"C limit": ([CONTROL, "status", ours.path], bench.limit.env()),
               "troupe": ([os.path.join(bench.args.bin, "supervisorctl"), "-c", ours.file, "status"], bench.ours.env())}
    # The C client does the whole job: the same bytes, but for a second that ends between the two.
    wait_for(lambda: output(*clients["C limit"]) == output(*clients["troupe"]))
    if "supervisor" in seats:
        program = os.path.join(ORACLE, "usr/bin/supervisorctl")
        clients["supervisor"] = (["/usr/bin/python3", program, "-c", seats["supervisor"].file, "status"],
                                 bench.theirs.env())
    figures = {name: [] for name in clients}
    for name in turns(clients, bench.rounds * 5):
        figures[name] += run_time(*clients[name], 3)
    bench.report(f"status of {count}, whole client", "ms", figures, "<= 2x C")


def control(bench):
    for count in (1, 10, 1000):
        with_theirs = not (bench.args.quick and count == 1000)  # it takes 15 s to start them
        with daemons(bench, lambda marks: many_programs(count, marks), count, with_theirs) as seats, \
                responder(bench, seats["troupe"]) as limit:
            seats = {"C limit": limit, **seats}
            if count != 10:
                for transport in limit.addresses:
                    for connections in (1, 16):
                        rates(bench, seats, f"getState of {count}", STATE, transport, connections, ">= 0.5x C")
            if count == 1000:
                for transport in limit.addresses:
                    rates(bench, seats, f"getAllProcessInfo of {count}", INFO, transport, 1, ">= 0.3x C")
            if count != 1:
                status(bench, seats, count)


# -- under a log flood ----------------------------------------------------------------------------------------------

def flood(bench):
    """p99 of getState while a child writes as fast as it can, over p99 while it is quiet."""
    def programs(marks):
        log = f"stdout_logfile={os.path.dirname(marks.path)}/flood.log\nstdout_logfile_maxbytes=10MB\n"
        return one_program(1, marks) + (f"[program:flood]\ncommand={CONTROL} flood\nautostart=false\nstartsecs=0\n"
                                        f"{log}stdout_logfile_backups=2\nstderr_logfile=NONE\n")

    quiet, loud, times = {}, {}, {}
    with daemons(bench, programs) as seats, responder(bench, seats["troupe"]) as limit:
        seats = {"C limit": limit, **seats}
        for name in turns(seats, bench.rounds * 2):
            # The responder has no log: it shows what the machine does to anybody beside such a flood.
            daemon = seats["troupe" if name == "C limit" else name].proxy()
            before = load(seats[name].path, STATE, 1, 0.3)[2]
            daemon.startProcess("flood")
            during = load(seats[name].path, STATE, 1, 0.3)[2]
            daemon.stopProcess("flood")
            for figures, value in ((quiet, before), (loud, during), (times, during / before)):
                figures.setdefault(name, []).append(value)
    bench.report("getState p99, quiet", "us", quiet, "none")
    bench.report("getState p99, log flood", "us", loud, "none")
    bench.report("getState p99, flood / quiet", "x", times, "<= 3")


# -- tail -f --------------------------------------------------------------------------------------------------------

def tail(bench):
    """Age of a line on arrival at a client of /logtail; the limit is pipe, file, inotify and socket in one process."""
    stamp = [CONTROL, "stamp", "2000"]

    def programs(marks):
        return one_program(1, marks) + (f"[program:stamp]\ncommand={' '.join(stamp)}\nstartsecs=0\n"
                                        f"stdout_logfile={os.path.dirname(marks.path)}/stamp.log\n"
                                        f"stderr_logfile=NONE\n")

    median, tail_end = {}, {}
    with daemons(bench, programs) as seats, contextlib.ExitStack() as stack:
        limit = Seat(bench, bench.limit)
        stack.callback(shutil.rmtree, limit.folder, ignore_errors=True)
        stack.enter_context(Run([CONTROL, "relay", limit.path, os.path.join(limit.folder, "log"), *stamp],
                                dict(os.environ)))
        wait_for(lambda: listening(limit.path))
        seats = {"C limit": limit, **seats}
        for name in turns(seats, bench.rounds * 2):
            said = subprocess.run([CONTROL, "follow", seats[name].path, "/logtail/stamp", "100"], check=True,
                                  stdout=subprocess.PIPE).stdout.split()
            median.setdefault(name, []).append(float(said[0]) / 1e3)
            tail_end.setdefault(name, []).append(float(said[1]) / 1e3)
    bench.report("tail -f, median", "ms", median, "<= 0.5 ms")
    bench.report("tail -f, p99", "ms", tail_end, "none")


# -- open pages -----------------------------------------------------------------------------------------------------

def pages(bench):
    """CPU of our daemon while 200 pages are open and nothing changes, of 100 processes; nobody else has such pages."""
    seconds = 5 if bench.args.quick else 30
    with daemons(bench, lambda marks: one_program(100, marks), 100, with_theirs=False) as seats, \
            contextlib.ExitStack() as stack, selectors.DefaultSelector() as all_pages:
        seat = seats["troupe"]
        for _ in range(200):
            page = stack.enter_context(socket.socket(socket.AF_UNIX))
            page.connect(seat.path)
            page.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            all_pages.register(page, selectors.EVENT_READ)

        def read_for(some_seconds):
            end = time.monotonic() + some_seconds
            while (left := end - time.monotonic()) > 0:
                for page, _ in all_pages.select(left):
                    if not page.fileobj.recv(65536):
                        raise ConnectionError("a page was closed")

        read_for(2)
        pid = seat.proxy().getPID()
        before = ticks(pid)
        read_for(seconds)
        spent = (ticks(pid) - before) / os.sysconf("SC_CLK_TCK") / seconds * 100
        bench.report("200 open pages, CPU", "%", {"troupe": [spent]}, "< 1 %")


SCENARIOS = {"control": control, "flood": flood, "tail": tail, "pages": pages}
