#!/usr/bin/env python3
"""Many events: to one listener and to a pool of four, over XML-RPC and from a child's output. None is lost, none comes out
of order to a listener, and the daemon does not grow.

None lost is fair only to a publisher that respects buffer_size: ours never has more events on the way than that. How many:
TROUPE_EVENTS (default 50,000). The listeners are C (benchmarks/events.c), so that they are not what is waited for."""
import mmap
import os
import struct
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rpc_support import SERVER, client  # noqa: E402
from support import BIN, Daemon, sanitized, status_field, wait_until  # noqa: E402

EVENTS = os.path.join(BIN, "..", "bench", "bench_events")
COUNT = int(os.environ.get("TROUPE_EVENTS", "50000"))
BUFFER = 1000
GROWTH = 8 << 10  # KiB: of a daemon whose allocator has had its warm-up

# Writes 200-byte lines and waits, after each hundred, until listeners have them. A read may take several lines, so events
# are fewer than lines; bytes are counted, without the first line of each body.
CHILD = """
import mmap, os, struct, sys, time
page = mmap.mmap(os.open(sys.argv[1], os.O_RDWR), 4096)
head = len('processname:p groupname:p pid:%d channel:stdout\\n' % os.getpid())
def heard():
    size = struct.unpack_from('<q', page, 48)[0]  # added to before `received`, so read first
    received = struct.unpack_from('<q', page, 8)[0]
    return size - received * head
sent = 0
while sent < int(sys.argv[2]):
    for _ in range(100):
        os.write(1, b'%09d' % sent + b'x' * 190 + b'\\n')
        sent += 1
    while heard() < sent * 200:
        time.sleep(0.0002)
os.write(2, b'%d' % heard())
time.sleep(1000)
"""


class Page:
    """What the listeners write: struct shared in benchmarks/events.c."""
    FIELDS = ("go", "received", "first", "last", "disorder", "sum", "bytes")

    def __init__(self, path):
        with open(path, "r+b") as f:
            self.page = mmap.mmap(f.fileno(), 4096)

    def __getattr__(self, name):
        return struct.unpack_from("<q", self.page, 8 * self.FIELDS.index(name))[0]


def pool(listeners, events):
    return (f"[eventlistener:l]\ncommand={EVENTS} listen {{dir}}/page\nevents={events}\nbuffer_size={BUFFER}\nstartsecs=0\n"
            f"numprocs={listeners}\nprocess_name=%(program_name)s_%(process_num)d\nstdout_logfile=NONE\n")


class Load(unittest.TestCase):
    def daemon(self, text):
        return Daemon(SERVER + text, options="loglevel=info", files={"page": "\1" + "\0" * 4095})

    def publish(self, d, page, count):
        """Over XML-RPC, a hundred in a request, while there is room in the pool."""
        sizes = []
        call = {"methodName": "supervisor.sendRemoteCommEvent", "params": ["ty", "x" * 400]}
        with client(d) as proxy:
            for sent in range(0, count, 100):
                wait_until(lambda: page.received > sent + 100 - BUFFER, "room in the buffer")
                self.assertEqual(proxy.system.multicall([call] * 100), [True] * 100)
                if sent % (count // 10) == 0:
                    sizes.append(status_field(d.working_pid, "VmRSS"))
        return sizes

    def over_rpc(self, listeners):
        with self.daemon(pool(listeners, "REMOTE_COMMUNICATION")) as d:
            page = Page(d.dir + "/page")
            sizes = self.publish(d, page, COUNT)
            wait_until(lambda: page.received >= COUNT, "the last event")
            self.assertEqual((page.received, page.disorder, page.sum), (COUNT, 0, COUNT * (COUNT - 1) // 2))
            if not sanitized(d.pid):
                self.assertLess(max(sizes) - sizes[1], GROWTH, sizes)
            self.assertNotIn("overflowed", d.log())

    def test_one_listener(self):
        self.over_rpc(1)

    def test_four_listeners(self):
        self.over_rpc(4)

    def test_output_of_a_child(self):
        text = (f"[program:p]\ncommand={sys.executable} {{dir}}/child.py {{dir}}/page {COUNT}\nstdout_events_enabled=true\n"
                "stdout_logfile={dir}/p.log\nstdout_logfile_maxbytes=0\nstderr_logfile={dir}/p.err\nautostart=false\n")
        with self.daemon(pool(1, "PROCESS_LOG") + text) as d, client(d) as proxy:
            page = Page(d.dir + "/page")
            d.write("child.py", CHILD)
            proxy.supervisor.startProcess("p")
            self.assertEqual(wait_until(lambda: d.read("p.err"), "the last line", 60 + COUNT / 1000), str(COUNT * 200))
            self.assertEqual((page.disorder, page.sum), (0, page.received * (page.received - 1) // 2))
            self.assertNotIn("overflowed", d.log())


if __name__ == "__main__":
    unittest.main()
