"""Events to listeners: a buffer full of prepared events, then the time and the daemon's CPU until the last is accepted.

One listener and a pool of four. The listeners, and the C limit that does nothing but speak the protocol, are events.c.
"""
import http.client
import mmap
import os
import socket
import struct
import subprocess
import time

from harness import BUILD, Run, write_config

EVENTS = os.path.join(BUILD, "bench", "bench_events")
BODY = 400  # bytes


class Shared:
    """The page that the listeners write; see struct shared in events.c."""
    FIELDS = ("go", "received", "first", "last", "disorder", "sum", "bytes")

    def __init__(self, path):
        self.path = path
        with open(path, "wb") as f:
            f.write(bytes(4096))
        with open(path, "r+b") as f:
            self.page = mmap.mmap(f.fileno(), 4096)

    def __getattr__(self, name):
        return struct.unpack_from("<q", self.page, 8 * self.FIELDS.index(name))[0]

    def go(self):
        struct.pack_into("<q", self.page, 0, 1)

    def wait(self, count, deadline):
        end = time.monotonic() + deadline
        while self.received < count:
            if time.monotonic() > end:
                raise TimeoutError(f"{self.received} of {count} events arrived")
            time.sleep(0.001)


class Rpc(http.client.HTTPConnection):
    """XML-RPC over a unix socket, many calls in one request."""

    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def send_events(self, datas):
        calls = "".join(
            "<value><struct><member><name>methodName</name><value>supervisor.sendRemoteCommEvent</value></member>"
            "<member><name>params</name><value><array><data><value>ty</value>"
            f"<value>{data}</value></data></array></value></member></struct></value>" for data in datas)
        self.request("POST", "/RPC2", "<methodCall><methodName>system.multicall</methodName><params><param><value><array>"
                     f"<data>{calls}</data></array></value></param></params></methodCall>",
                     {"Content-Type": "text/xml"})
        answer = self.getresponse().read()
        if answer.count(b"<boolean>1</boolean>") != len(datas):
            raise RuntimeError(answer[:500])


def cpu_ns(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as f:
            total += int(f.read().split()[0])
    return total


def measure(shared, pid, count):
    """(events a second, microseconds of CPU an event)."""
    before = cpu_ns(pid)
    shared.go()
    shared.wait(count - 1, 600)  # not the last: the limit ends with it
    used = cpu_ns(pid) - before
    shared.wait(count, 60)
    return (count - 1) / (shared.last - shared.first) * 1e9, used / (count - 1) / 1e3


def limit(bench, listeners, count):
    shared = Shared(os.path.join(bench.folder, "page"))
    with Run([EVENTS, "dispatch", shared.path, str(listeners), str(count), str(BODY)], bench.limit.env(),
             stdout=subprocess.PIPE) as run:
        run.process.stdout.readline()
        return measure(shared, run.process.pid, count)


def daemon(bench, subject, listeners, count):
    shared = Shared(os.path.join(bench.folder, "page"))
    path = os.path.join(bench.folder, "events.sock")
    config = write_config(bench.folder, (
        f"[unix_http_server]\nfile={path}\n[rpcinterface:supervisor]\n"
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
        f"[eventlistener:l]\ncommand={EVENTS} listen {shared.path}\nevents=REMOTE_COMMUNICATION\nbuffer_size={count}\n"
        f"numprocs={listeners}\nprocess_name=%(program_name)s_%(process_num)d\nstartsecs=0\n"
        "stdout_logfile=NONE\nstderr_logfile=NONE\n"))
    with Run(subject.argv(config, 0, None), subject.env()) as run:
        while not os.path.exists(path):
            time.sleep(0.01)
        rpc = Rpc(path)
        data = "x" * (BODY - len("type:ty\n"))
        for at in range(0, count, 200):
            rpc.send_events([data] * min(200, count - at))
        rpc.close()
        time.sleep(2.5 if subject is bench.theirs else 0.5)  # all listeners are RUNNING
        return measure(shared, run.process.pid, count)


def events(bench):
    count = 20000 if bench.args.quick else 100000
    for listeners, name, budget in ((1, "one listener", ">= 0.7x C"), (4, "four listeners", ">= 0.5x C")):
        speed, cpu = {}, {}
        for round_number in range(bench.rounds):
            for subject in bench.subjects():
                if subject is bench.theirs and round_number > 0:
                    continue
                if subject is bench.limit:
                    result = limit(bench, listeners, count)
                else:
                    result = daemon(bench, subject, listeners, 10000 if subject is bench.theirs else count)
                speed.setdefault(subject.name, []).append(result[0])
                cpu.setdefault(subject.name, []).append(result[1])
        bench.report(f"events to {name}", "/s", speed, budget)
        bench.report(f"CPU of the daemon, {name}", "us", cpu, "<= 2x C")


SCENARIOS = {"events": events}
