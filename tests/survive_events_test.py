#!/usr/bin/env python3
"""Listeners and their events outlive the death of the daemon's worker: a listener lives on at what it was at, and each
event reaches its pool once, with its serial. Numbers are vectors of docs/contract/survival.md. TROUPE_KILLS as in
survive_test.py."""
import contextlib
import json
import os
import random
import re
import signal
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rpc_support import client  # noqa: E402
from support import wait_until  # noqa: E402
from survive_test import AVAILABLE, CAT, KILLS, PYTHON, Case, Pair  # noqa: E402

# Notes `PID SERIAL POOLSERIAL LENGTH DATA` of each event in FILE.seen; DATA is what it begins with behind its last LF. An
# While there is FILE.late it is not ready. An event that contains `hold` is answered by halves: `RESULT 2\nO`, and once there is FILE.go, `K`.
LISTENER = r"""
import os, sys, time
def say(text):
    os.write(1, text.encode())
rest = b''
def read(count):
    global rest
    while len(rest) < count:
        piece = os.read(0, 65536)
        if not piece:
            sys.exit()
        rest += piece
    taken, rest = rest[:count], rest[count:]
    return taken
def line():
    global rest
    while b'\n' not in rest:
        rest += os.read(0, 65536) or sys.exit()
    taken, rest = rest.split(b'\n', 1)
    return taken.decode()
while os.path.exists(sys.argv[0] + '.late'):
    time.sleep(0.005)
while True:
    say('READY\n')
    head = dict(word.split(':', 1) for word in line().split())
    if os.path.exists(sys.argv[0] + '.slow'):
        open(sys.argv[0] + '.begun', 'w').close()
        while os.path.exists(sys.argv[0] + '.slow'):
            time.sleep(0.005)
    body = read(int(head['len'])).decode()
    with open(sys.argv[0] + '.seen', 'a') as f:
        f.write(f"{os.getpid()} {head['serial']} {head['poolserial']} {len(body)} {body.split(chr(10), 1)[-1][:40]!r}\n")
    if 'hold' in body:
        say('RESULT 2\nO')
        open(sys.argv[0] + '.holds', 'w').close()
        while not os.path.exists(sys.argv[0] + '.go'):
            time.sleep(0.005)
        say('K')
    else:
        say('RESULT 2\nOK')
"""
POOL = f"[eventlistener:l]\ncommand={PYTHON} {{dir}}/l.py\nevents=REMOTE_COMMUNICATION\nbuffer_size=100\n"


class Lab(Pair):
    def __init__(self, text=POOL, more=(), **options):
        super().__init__(text, files={"l.py": LISTENER, **dict(more)}, **options)
        self.settle("l")

    def path(self, name):
        return f"{self.dir}/{name}"

    def touch(self, name):
        open(self.path(name), "w").close()

    def publish(self, data):
        """Asks once: Python's client asks again by itself where a connection ends before the answer."""
        with client(self) as proxy:
            transport = proxy("transport")
            transport.request = lambda *words, verbose=False: transport.single_request(*words, verbose)
            proxy.supervisor.sendRemoteCommEvent("test", data)

    def seen(self):
        """`(pid, serial, poolserial, length, data)` of each event, in the order in which they came."""
        if not os.path.exists(self.path("l.py.seen")):
            return []
        with open(self.path("l.py.seen")) as f:
            rows = [re.fullmatch(r"(\d+) (\d+) (\d+) (\d+) '(.*)'\n", row).groups() for row in f if row.endswith("\n")]
        return [(int(pid), int(serial), int(pool), int(length), data) for pid, serial, pool, length, data in rows]

    def wait_for_events(self, count):
        return wait_until(lambda: len(self.seen()) >= count and self.seen(), f"{count} events")


@unittest.skipUnless(AVAILABLE, "children that are made by fork(2) can be nobody else's")
class Events(unittest.TestCase):
    def assertOnce(self, events, data=None):
        self.assertEqual([e[2] for e in events], list(range(events[0][2], events[0][2] + len(events))))
        if data is not None:
            self.assertEqual([e[4] for e in events], data)

    def test_an_idle_listener_lives_on(self):  # 56
        with Lab() as d:
            before = d.states()["l"]
            d.publish("one")
            d.wait_for_events(1)
            d.kill()
            d.publish("two")
            d.kill()
            d.publish("three")
            events = d.wait_for_events(3)
            self.assertEqual(d.states()["l"], before)
            self.assertEqual({e[0] for e in events}, {before[1]})
            self.assertOnce(events, ["one", "two", "three"])
            self.assertEqual([e[1] for e in events], [events[0][1] + i for i in range(3)])  # nothing else drew one
            self.assertNotIn("UNKNOWN", d.log())

    def test_one_that_is_not_ready_yet_in_the_next_life_of_the_daemon(self):
        """What the keeper held for the one before it is nobody's: its numbers are others' by then."""
        def pipes():
            with contextlib.suppress(FileNotFoundError):  # one that was closed meanwhile
                return sum("pipe" in os.readlink(f"/proc/{d.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{d.pid}/fd"))

        with Lab() as d:
            d.publish("one")
            d.wait_for_events(1)
            d.kill()  # the keeper has looked at what it holds: three pipes, and both ends of a fourth
            wait_until(lambda: pipes() == 5, "an outbox to be held")
            d.touch("l.py.late")
            started = d.log().count("supervisord started")
            d.send(signal.SIGHUP)
            d.wait_for("supervisord started", started + 1)
            wait_until(lambda: pipes() == 3, "no outbox to be held")
            d.settle("l")
            Case.gone(self, d)
            for _ in range(2):
                d.kill()
            os.unlink(d.path("l.py.late"))
            d.publish("two")
            self.assertEqual([e[4] for e in d.wait_for_events(2)], ["one", "two"])
            self.assertNotIn("cannot resume", d.read("stderr"))

    def test_half_a_result_is_completed(self):  # 57, 58
        with Lab() as d:
            d.publish("hold")
            wait_until(lambda: os.path.exists(d.path("l.py.holds")), "half a result")
            d.publish("after")
            d.kill()
            d.kill()
            d.touch("l.py.go")
            self.assertOnce(d.wait_for_events(2), ["hold", "after"])
            self.assertNotIn("bad result line", d.log())
            self.assertNotIn("UNKNOWN", d.log())

    def test_what_waits_is_handed_out_in_order(self):  # 59
        with Lab() as d:
            d.publish("hold")
            wait_until(lambda: os.path.exists(d.path("l.py.holds")), "half a result")
            names = [f"n{i}" for i in range(30)]
            for name in names:
                d.publish(name)
                if name in ("n5", "n17"):
                    d.kill()
            d.kill()
            d.touch("l.py.go")
            self.assertOnce(d.wait_for_events(31), ["hold", *names])

    def test_the_end_of_a_listener_gives_its_event_back(self):
        with Lab() as d:
            d.publish("hold")
            wait_until(lambda: os.path.exists(d.path("l.py.holds")), "half a result")
            d.kill()
            d.touch("l.py.go")
            with client(d) as proxy:
                os.unlink(d.path("l.py.go"))
                pid = d.states()["l"][1]
                if d.seen()[-1][4] == "hold":
                    proxy.supervisor.stopProcess("l")
                    d.touch("l.py.go")
                    proxy.supervisor.startProcess("l")
            d.settle("l")
            d.publish("after")
            wait_until(lambda: d.seen()[-1][4] == "after", "the last event")
            self.assertNotEqual(d.seen()[-1][0], pid)

    def test_a_long_event_that_is_half_read(self):
        """More than its pipe holds; the rest is in no memory of the worker that dies."""
        with Lab() as d:
            d.touch("l.py.slow")
            d.publish("x" * 500_000)
            wait_until(lambda: os.path.exists(d.path("l.py.begun")), "the first bytes")
            d.kill()
            d.kill()
            os.unlink(d.path("l.py.slow"))
            d.publish("after")
            events = d.wait_for_events(2)
            self.assertEqual([e[3] for e in events], [500_000 + len("type:test\n"), len("type:test\nafter")])
            self.assertOnce(events)

    def test_a_long_event_that_is_half_read_an_upgrade_and_a_death(self):
        """What an upgrade took out of the outbox nothing tells of any more: the event comes once more, whole."""
        with Lab() as d:
            d.touch("l.py.slow")
            d.publish("x" * 500_000)
            wait_until(lambda: os.path.exists(d.path("l.py.begun")), "the first bytes")
            self.assertEqual(d.ctl("upgrade").returncode, 0)
            d.kill()
            os.unlink(d.path("l.py.slow"))
            d.publish("after")
            events = d.wait_for_events(2)
            self.assertEqual([e[3] for e in events], [500_000 + len("type:test\n"), len("type:test\nafter")])

    def test_an_event_longer_than_any_pipe(self):
        """Nothing tells how much of it has arrived: its listener begins anew, and the event comes once more, whole."""
        with Lab() as d:
            before = d.states()["l"][1]
            d.touch("l.py.slow")
            d.publish("y" * 3_000_000)
            wait_until(lambda: os.path.exists(d.path("l.py.begun")), "the first bytes")
            d.kill()
            os.unlink(d.path("l.py.slow"))
            d.publish("after")
            events = d.wait_for_events(2)
            self.assertEqual([e[3] for e in events], [3_000_000 + len("type:test\n"), len("type:test\nafter")])
            self.assertNotEqual(events[0][0], before)

    def test_the_third_death_leaves_away_what_may_be_the_poison(self):  # 72, level 1
        with Lab(survive="survive=true\nsurvivelimit=5/600s\n") as d:
            before = d.states()["l"][1]
            d.publish("hold")
            wait_until(lambda: os.path.exists(d.path("l.py.holds")), "half a result")
            d.publish("waits")
            d.kill()
            d.kill()
            self.assertEqual(d.states()["l"][1], before)
            d.kill()
            wait_until(lambda: d.states()["l"][:2] not in (("RUNNING", before), ("STOPPING", before)), "another listener")
            d.settle("l")
            d.publish("after")
            self.assertEqual([e[4] for e in d.wait_for_events(2)], ["hold", "after"])

    def test_upgrades_and_deaths_in_turn(self):
        with Lab(options="upgradetimeout=60\n") as d:
            before = d.states()["l"]
            d.publish("hold")
            wait_until(lambda: os.path.exists(d.path("l.py.holds")), "half a result")
            for i in range(3):
                d.publish(f"n{i}")
                d.kill()
                done = d.ctl("upgrade")
                self.assertEqual(done.returncode, 0, done.stdout)
            d.touch("l.py.go")
            self.assertOnce(d.wait_for_events(4), ["hold", "n0", "n1", "n2"])
            self.assertEqual(d.states()["l"], before)

    def test_a_pool_that_came_later_and_one_that_went(self):
        with Lab(CAT + "[include]\nfiles={dir}/more.ini\n" + POOL) as d:
            with open(d.path("more.ini"), "w") as f:
                f.write(POOL.replace("[eventlistener:l]", "[eventlistener:late]").format(dir=d.dir)
                        .replace("l.py", "late.py"))
            with open(d.path("late.py"), "w") as f:
                f.write(LISTENER)
            self.assertEqual(d.ctl("update").returncode, 0)
            d.settle("late")
            d.kill()
            d.publish("both")
            d.wait_for_events(1)
            wait_until(lambda: os.path.exists(d.path("late.py.seen")), "the other one's")
            os.unlink(d.path("more.ini"))
            self.assertEqual(d.ctl("update").returncode, 0)
            d.kill()
            d.publish("one")
            self.assertOnce(d.wait_for_events(2), ["both", "one"])
            with open(d.path("late.py.seen")) as f:
                self.assertEqual(len(f.readlines()), 1)

    def test_each_event_once_over_many_deaths(self):
        """Programs that end and start again publish of themselves, a client publishes; the worker is killed at random
        moments. The pool's numbers have no gap, and none is there twice."""
        pool = POOL.replace("events=REMOTE_COMMUNICATION", "events=REMOTE_COMMUNICATION,PROCESS_STATE")
        pool = pool.replace("buffer_size=100", "buffer_size=10000")
        short = "".join(f"[program:s{i}]\ncommand=/bin/sleep 0.0{i + 1}\nstartsecs=0\nautorestart=true\n" for i in range(4))
        with Lab(pool + short) as d:
            dice = random.Random(15)
            taken, unknown, over = [], [], threading.Event()

            def publish():
                for i in range(10**9):
                    if over.is_set():
                        return
                    try:
                        d.publish(f"c{i}")
                        taken.append(f"c{i}")
                    except Exception:  # the worker died with the answer: it was published, or was not
                        unknown.append(f"c{i}")

            publisher = threading.Thread(target=publish)
            publisher.start()
            try:
                for _ in range(KILLS):
                    threading.Event().wait(dice.uniform(0, 0.3))
                    d.kill()
            finally:
                over.set()
                publisher.join()
            d.publish("last")
            wait_until(lambda: any(e[4] == "last" for e in d.seen()), "the last event")
            events = d.seen()
            self.assertOnce(events)
            serials = [e[1] for e in events]
            self.assertEqual(serials, list(range(serials[0], serials[0] + len(serials))))  # it has all there are
            self.assertEqual(len({e[0] for e in events}), 1, "the listener was restarted")
            came = [e[4] for e in events if e[4].startswith("c")]
            self.assertEqual([name for name in came if name not in unknown], taken)
            self.assertLessEqual(len(unknown), KILLS * 2)



HALVES = """
import os, sys, time
first, second = (text.replace("%n", "\\n").encode() for text in sys.argv[1:])
os.write(1, first)
while not os.path.exists(sys.argv[0] + '.go'):
    time.sleep(0.005)
os.write(1, second)
time.sleep(1000)
"""


@unittest.skipUnless(AVAILABLE, "children that are made by fork(2) can be nobody else's")
class Begun(unittest.TestCase):
    """What a channel has begun when the worker dies is brought to its end by the next one."""

    def lab(self, first, second, options="", pool=POOL):
        d = Lab(pool + f"[program:p]\ncommand={PYTHON} {{dir}}/p.py '{first}' '{second}'\nstdout_logfile={{dir}}/p.out\n"
                f"stdout_logfile_maxbytes=0\nstderr_logfile={{dir}}/p.err\n{options}", more={"p.py": HALVES})
        self.addCleanup(d.__exit__, None, None, None)
        d.wait_for(re.escape(f"'p' stdout output:\n{first.split('>')[-1]}"))
        return d

    def test_half_a_capture(self):  # 38
        pool = POOL.replace("REMOTE_COMMUNICATION", "PROCESS_COMMUNICATION")
        d = self.lab("before<!--XSUPERVISOR:BEGIN-->abc", "def<!--XSUPERVISOR:END-->after", "stdout_capture_maxbytes=1MB\n", pool)
        d.kill()
        d.kill()
        d.touch("p.py.go")
        self.assertEqual([e[4] for e in d.wait_for_events(1)], ["abcdef"])
        wait_until(lambda: d.read("p.out") == "beforeafter", "the log")

    def test_half_a_tag(self):
        pool = POOL.replace("REMOTE_COMMUNICATION", "PROCESS_COMMUNICATION")
        d = self.lab("one", "two<!--XSUPERVISOR:BEGIN-->x<!--XSUPERVISOR:END-->", "stdout_capture_maxbytes=1MB\n", pool)
        d.kill()
        d.touch("p.py.go")
        self.assertEqual([e[4] for e in d.wait_for_events(1)], ["x"])
        self.assertEqual(d.read("p.out"), "onetwo")

    def test_half_a_line(self):  # 37
        d = self.lab("hel", "lo%%n", "stdout_logformat=json\n")
        d.kill()
        d.kill()
        d.touch("p.py.go")
        wait_until(lambda: d.read("p.out").endswith("}\n"), "the line")
        self.assertEqual([json.loads(line)["line"] for line in d.read("p.out").splitlines()], ["hello"])

    def test_half_a_line_and_an_upgrade(self):
        d = self.lab("hel", "lo%%n", "stdout_logformat=json\n")
        self.assertEqual(d.ctl("upgrade").returncode, 0)
        d.kill()
        d.touch("p.py.go")
        wait_until(lambda: d.read("p.out").endswith("}\n"), "the line")
        self.assertEqual([json.loads(line)["line"] for line in d.read("p.out").splitlines()], ["hello"])

    def test_a_last_line_without_an_end(self):
        d = self.lab("hel", "lo", "stdout_logformat=json\n")
        d.kill()
        with client(d) as proxy:
            proxy.supervisor.stopProcess("p")
        d.kill()
        self.assertEqual([json.loads(line)["line"] for line in d.read("p.out").splitlines()], ["hel"])


if __name__ == "__main__":
    unittest.main()
