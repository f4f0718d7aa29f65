#!/usr/bin/env python3
"""supervisord's worker dies at each of its fault points (platform/fault_point.hpp), in the middle of everything: programs that
write and end, rotated logs, a listener, stdin in use, a FastCGI socket, groups that come and go, stops and starts by clients,
upgrades, HUP, TERM. Nothing is lost, doubled or torn, and a point that is never reached is a fault. Numbers are vectors of
docs/contract/survival.md. `make faults` walks longer (TROUPE_WALKS, TROUPE_SEED); TROUPE_POINTS=a.b:3,c.d:1 is a walk of one's own.
Needs the supervisord with points that the build makes for it, where children can be made by clone."""
import concurrent.futures
import contextlib
import http.client
import os
import random
import re
import shutil
import socket
import struct
import signal
import sys
import threading
import time
import unittest
import xmlrpc.client

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
_bin = os.path.abspath(os.environ.get("TROUPE_BIN", os.path.join(HERE, "..", "build", "release", "bin")))
FAULTS = _bin if "faults" in _bin.split(os.sep) else os.path.join(os.path.dirname(_bin), "faults", "bin")
IS_BUILT = os.path.exists(os.path.join(FAULTS, "supervisord"))
if IS_BUILT:
    os.environ["TROUPE_BIN"] = FAULTS

from rpc_support import connect  # noqa: E402
from support import BIN, PATIENCE, ROOT, all_children_of, alive, name_of, wait_until  # noqa: E402
from survive_events_test import LISTENER  # noqa: E402
from survive_test import AT_ONCE, AVAILABLE, CAT, PYTHON, Elsewhere, Pair  # noqa: E402

SCRIBE = os.path.join(os.path.dirname(BIN), "tests", "scribe")
SEED = int(os.environ.get("TROUPE_SEED", "1"))
WALKS = int(os.environ.get("TROUPE_WALKS", "1"))  # each with other passes, in another order
AT_A_TIME = 3
TROUBLES = (OSError, http.client.HTTPException, xmlrpc.client.Error)  # what a client has whose daemon dies
IS_ROOT = os.geteuid() == 0


def points_of_header():
    with open(os.path.join(ROOT, "platform", "fault_point.hpp")) as f:
        return re.findall(r'^  "([a-z]+\.[a-z]+)",', f.read(), re.MULTILINE)


# -- the troupe ------------------------------------------------------------------------------------------------------

# Copies its stdin into a file, slower than it comes.
EATER = """
import os, time
out = os.open('eaten', os.O_WRONLY | os.O_CREAT | os.O_APPEND)
while True:
    piece = os.read(0, 20000)
    os.write(out, piece)
    time.sleep(0.005)
"""
MEMBER = """
import os, random, select, socket, time
listening = socket.socket(fileno=0)
end = time.monotonic() + random.expovariate(1)
while time.monotonic() < end:
    if select.select([listening], [], [], 0.05)[0]:
        try:
            listening.setblocking(False)
            client, _ = listening.accept()
        except BlockingIOError:
            continue
        client.sendall(b'here')
        client.close()
"""
# `PID SERIAL POOLSERIAL NAME BODY` of each event.
HEARER = LISTENER.replace("{len(body)} {body.split(chr(10), 1)[-1][:40]!r}", "{head['eventname']} {body!r}")
MEAN = 300  # ms of a life
WRITERS = {"plain": "stdout_logfile_maxbytes=0", "turned": "stdout_logfile_maxbytes=400KB\nstdout_logfile_backups=300",
           "other": "stdout_logfile_maxbytes=0\nredirect_stderr=true" + ("\nuser=nobody" if IS_ROOT else "")}
GROUPS = ("ga", "gb")


def writer(slot, name):
    return (f"[program:{name}]\ncommand=/bin/sh -c 'exec {{dir}}/scribe {{dir}}/{name} {slot} $$ {MEAN}'\n"
            f"stdout_logfile={{dir}}/{name}.out\nstartsecs=0\nautorestart=true\n{WRITERS[name]}\n")


TROUPE = (
    "".join(writer(i, name) for i, name in enumerate(WRITERS)) +
    "[program:bad]\ncommand={dir}/bad\nstartretries=1000000\nstderr_logfile={dir}/bad.err\n"
    "[program:brief]\ncommand=/bin/sh -c 'i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo $i; done; exit 3'\nstdout_logfile={dir}/brief.out\nstdout_logfile_maxbytes=0\n"
    "startsecs=0\nautorestart=true\n"
    f"[program:eater]\ncommand={PYTHON} {{dir}}/eater.py\ndirectory={{dir}}\n"
    f"[fcgi-program:f]\ncommand={PYTHON} {{dir}}/member.py\nsocket=unix://{{dir}}/f.sock\nstartsecs=0\nautorestart=true\n"
    "numprocs=2\nprocess_name=%(program_name)s%(process_num)d\n"
    f"[eventlistener:l]\ncommand={PYTHON} {{dir}}/l.py\nevents=REMOTE_COMMUNICATION,PROCESS_STATE\nbuffer_size=10000\n"
    "[include]\nfiles={dir}/more.conf\n")
SHORT = "".join(writer(i, name) for i, name in enumerate(WRITERS)) + CAT
FILES = {"l.py": HEARER, "eater.py": EATER, "member.py": MEMBER, "bad": "#!/no/such/interpreter\n", "more.conf": "",
         **{f"{name}/ends": "" for name in WRITERS}}


class Lab(Pair):
    """A pair whose workers die as they are ordered to."""

    def __init__(self, orders, text=TROUPE, level="info", **more):
        self.orders = orders
        said = ",".join(f"{point}:{count}" for point, count in orders)
        super().__init__(text, f"loglevel={level}\n", survive=AT_ONCE, files=FILES, start=False,
                         env={**os.environ, "TROUPE_DIE_AT": said, **more})
        shutil.copy(SCRIBE, f"{self.dir}/scribe")  # where anybody may execute it
        os.chmod(f"{self.dir}/bad", 0o755)
        for name in WRITERS:
            os.chmod(f"{self.dir}/{name}", 0o777)
            os.chmod(f"{self.dir}/{name}/ends", 0o666)
        self.start()
        self.register = None
        self.over = threading.Event()
        self.sent, self.unknown_inputs = [], []
        self.published, self.unknown_events = [], []
        self.threads = []

    def deaths(self):
        """Ever, as the register says: the log does not tell of those who died before they could."""
        with contextlib.suppress(OSError):
            if not self.register and name_of(self.pid) == "supervisord" and self.worker():
                self.register = open(f"/proc/{self.pid}/fd/3", "rb", buffering=0)
            if self.register:
                return struct.unpack("<I", os.pread(self.register.fileno(), 4, 92))[0]
        return 0

    def __exit__(self, *why):
        try:
            super().__exit__(*why)
        finally:
            if self.register:
                self.register.close()

    def wait_for_successor(self):
        """The worker is the keeper now."""
        found = wait_until(lambda: re.search(r"with supervisord's pid \d+ is gone; (\d+) is it now", self.log()), "another keeper")
        self.pid = int(found.group(1))
        self.process = Elsewhere(self.pid)

    def walk(self):
        """Until each of its workers has died where it was to."""
        count = len(self.orders)
        seen, since = -1, time.monotonic()
        while seen < count:
            now = self.deaths()
            if now != seen:
                seen, since = now, time.monotonic()
            if self.process.poll() is not None:
                raise AssertionError(f"the daemon ended with {self.process.returncode} near {self.orders[max(seen - 1, 0):][:3]}")
            if time.monotonic() - since > PATIENCE:
                raise AssertionError(f"{self.orders[seen]} is not reached; before it: {self.orders[:seen]}")
            time.sleep(0.01)

    @contextlib.contextmanager
    def meddled_with(self, *what):
        """Clients do as clients do, whatever becomes of their connections."""
        self.threads = [threading.Thread(target=self.again_and_again, args=(one, random.Random(i))) for i, one in enumerate(what)]
        for thread in self.threads:
            thread.start()
        try:
            yield
        finally:
            self.over.set()
            for thread in self.threads:
                thread.join()

    def again_and_again(self, what, dice):
        turn = 0
        while not self.over.wait(dice.uniform(0, 0.05)):
            with contextlib.suppress(*TROUBLES):  # the worker died with the answer
                what(turn, dice)
            turn += 1

    def ask(self, method, *words):
        """Asks once: Python's client asks again by itself where a connection ends before the answer."""
        with connect(self) as proxy:
            transport = proxy("transport")
            transport.request = lambda *asked, verbose=False: transport.single_request(*asked, verbose)
            return getattr(proxy.supervisor, method)(*words)

    def stop_and_start(self, turn, dice):
        name = dice.choice([*WRITERS, "brief", "f:*"])
        with contextlib.suppress(*TROUBLES):
            self.ask("stopProcess", name)
        self.over.wait(dice.uniform(0, 0.1))
        self.ask("startProcess", name)

    def publish(self, turn, dice):
        word = f"c{turn}"
        try:
            self.ask("sendRemoteCommEvent", "test", word)
            self.published.append(word)
        except TROUBLES:
            self.unknown_events.append(word)

    def feed(self, turn, dice):
        """Now and then more than a pipe takes."""
        word = f"<{turn}:{'x' * dice.choice((10, 1000, 90_000))}>"
        try:
            self.ask("sendProcessStdin", "eater", word)
            self.sent.append(word)
        except TROUBLES:
            self.unknown_inputs.append(word)
        self.over.wait(0.05)

    def change_groups(self, turn, dice):
        there = [name for name in GROUPS if dice.random() < 0.5]
        self.write("more.conf", "".join(f"[program:{name}]\ncommand=/bin/cat\nstartsecs=0\n" for name in there))
        added, _, removed = self.ask("reloadConfig")[0]
        for name in added:
            self.ask("addProcessGroup", name)
        for name in removed:
            self.ask("stopProcessGroup", name)
            self.ask("removeProcessGroup", name)

    def upgrade(self, turn, dice):
        self.ctl("upgrade")
        self.over.wait(0.3)

    def stop(self, *names):
        """Once nobody else asks for anything, and no worker is to die any more."""
        for name in names:
            with contextlib.suppress(xmlrpc.client.Fault):  # it has ended, or waits to be started again
                self.ask("stopProcess", name)
        stems = tuple(name.removesuffix(":*") for name in names)
        wait_until(lambda: all(state in ("STOPPED", "EXITED", "FATAL") for name, (state, _, _) in self.states().items()
                               if name.startswith(stems)), f"{names} to stop")

    def settled(self):
        try:
            return all(state == "RUNNING" for state, _, _ in self.states().values())
        except TROUBLES:
            return False



@unittest.skipUnless(IS_BUILT, "no supervisord with fault points was built (it needs clone(2) and tests)")
@unittest.skipUnless(AVAILABLE, "this build can have no keeper")
class Walk(unittest.TestCase):
    # How many passes there are soon after a worker begins, where that is more than a few; the rest has one or two.
    MANY = {"batch": 80, "channel": 80, "record": 20, "effect": 20, "event": 15, "outbox": 6, "spawn": 5, "child": 4, "exit": 5,
            "input": 2, "held": 6}
    ONCE = {"drain", "resume", "ready", "image", "fcgi", "rotation", "child.failed", "retry.recorded", "upgrade", "input.held"}
    # What goes before, so that there is something to go on with.
    FIRST = {"resume.appended": "batch.half", "resume.again": "batch.read"}
    ELSEWHERE = ("signal", "end", "bye", "upgrade", "keeper")  # the tests below
    NOT_HERE = {"held.synced"}

    def orders(self, points, dice):
        orders = []
        for point in points:
            room = point.split(".")[0]
            for one in filter(None, (self.FIRST.get(point), point)):
                kind = one.split(".")[0]
                most = 1 if one in self.ONCE or kind in self.ONCE else self.MANY.get(kind, 2)
                orders.append((one, dice.randint(1, most)))
        return orders

    def test_in_the_middle_of_everything(self):  # 21 to 30, 36, 39 to 45, 47, 53, 54, 56 to 62, 71
        walks = []
        for walk in range(WALKS):
            dice = random.Random(SEED + walk)
            points = [p for p in points_of_header() if p.split(".")[0] not in self.ELSEWHERE and p not in self.NOT_HERE]
            dice.shuffle(points)
            if own := os.environ.get("TROUPE_POINTS"):
                walks.append([(point, int(count)) for point, count in (one.split(":") for one in own.split(","))])
                break
            size = 13
            walks += [self.orders(points[i:i + size], dice) for i in range(0, len(points), size)]
        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
            list(pool.map(self.walk, walks))

    def walk(self, orders):
        with Lab(orders) as d, self.told_of(d):
            with d.meddled_with(d.stop_and_start, d.publish, d.feed, d.change_groups):
                d.walk()
            self.assertAllIsWell(d)

    def test_what_cannot_be_executed(self):  # 26
        """Its words are in the log, and it has ended once, however soon it ends."""
        orders = [(point, 2) for point in ("child.begun", "child.executing", "child.failed", "spawn.cloned", "spawn.watched",
                                           "exit.found", "exit.dropped", "exit.recorded", "batch.read")]
        names = [f"bad{i}" for i in range(40)]
        text = "".join(f"[program:{name}]\ncommand={{dir}}/bad\nstartretries=0\nstderr_logfile={{dir}}/{name}.err\n"
                       for name in names)
        with Lab(orders, text) as d, self.told_of(d):
            d.walk()
            d.wait_for("gave up: ", len(names))
            log = d.log()
            for name in names:
                lines = [line for line in log.split("\n") if f"'{name}'" in line or f" {name} " in line]
                pids = re.findall(rf"spawned: '{name}' with pid (\d+)", log)
                self.assertEqual(len(set(pids)), 1, lines)  # the line of a step that is done once more may come twice
                self.assertIn(log.count(f"exited: {name} (exit status 127"), (1, 2), lines)
                wait_until(lambda n=name: d.read(f"{n}.err").count("supervisor: couldn't exec") == 1, f"the words of {name}")

    def test_logs_are_whole_where_the_main_log_has_a_copy(self):
        orders = [(point, 3) for point in ("batch.read", "batch.writing", "batch.wrote", "batch.done", "channel.consumed",
                                           "channel.told")]
        with Lab(orders, SHORT, "debug") as d, self.told_of(d):
            d.walk()
            d.stop(*WRITERS)
            self.assertWriters(d)

    def test_an_upgrade(self):  # 108
        orders = [(point, 1) for point in points_of_header() if point.startswith("upgrade.")]
        with Lab(orders) as d, self.told_of(d):
            with d.meddled_with(d.stop_and_start, d.publish, d.feed, d.upgrade):
                d.walk()
            self.assertAllIsWell(d)

    def test_a_restart(self):  # 52
        orders = [(point, 1) for point in ("signal.heard", "signal.passed", "signal.followed", "signal.counted", "end.stopped",
                                           "end.closed")]
        orders.append(("end.closed", 2))  # the next thing are the files
        with Lab(orders, SHORT) as d, self.told_of(d):
            wait_until(d.settled, "all to run")
            before = d.log().count("supervisord started with pid")
            d.send(signal.SIGHUP)
            d.walk()
            wait_until(lambda: d.log().count("supervisord started with pid") > before, "another start")
            wait_until(d.settled, "all to run again")
            self.assertView(d)
            self.assertIsNone(d.process.poll())
            d.stop(*WRITERS)
            self.assertWriters(d)

    def test_the_end(self):  # 14, 18, 51
        through = ("signal.heard", "signal.passed", "signal.followed", "signal.counted", "end.stopped", "held.synced", "end.closed",
                   "bye.begun")
        walks = ([(point, 1) for point in through], [("stop.recorded", 2)], [("stop.sent", 2)], [("bye.counts", 1)])
        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
            list(pool.map(self.end, walks))

    def end(self, orders):
        with Lab(orders, SHORT) as d, self.told_of(d):
            wait_until(d.settled, "all to run")
            self.assertEqual(d.deaths(), 0)
            self.assertEqual(d.finish(), 0)
            self.assertEqual(d.deaths(), 0 if orders[0][0] == "bye.counts" else len(orders))  # which is no death, but an end
            spawned = re.findall(r"spawned: '\w+' with pid (\d+)", d.log())
            self.assertEqual([pid for pid in spawned if alive(pid)], [])
            self.assertEqual([f for f in os.listdir(d.dir) if f.startswith(("s.pid", "s.sock"))], [])
            self.assertWriters(d)

    def test_the_keeper(self):  # 82, 83
        points = [point for point in points_of_header() if point.startswith("keeper.")]
        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
            list(pool.map(self.keeper_dies, points))

    def keeper_dies(self, point):
        """When a program ends, or is made. How it ended is in the register once it counts there."""
        known = "7" if point in ("keeper.ended", "keeper.listed", "keeper.rung", "keeper.reaped") else r"(?:7|unknown)"
        ends = ("[program:a]\ncommand=/bin/sh -c 'read x; exit 7'\nstartsecs=0\nautorestart=false\nexitcodes=7\n")
        with Lab([], ends + CAT, TROUPE_KEEPER_DIES_AT=f"{point}:1") as d, self.told_of(d):
            if point.startswith("keeper.arm"):
                known = "7"
            else:
                d.settle("a", "cat")
                d.ask("sendProcessStdin", "a", "go\n")
            d.process.wait(PATIENCE)
            d.wait_for_successor()
            d.settle("cat")
            if known == "7" and point.startswith("keeper.arm"):
                d.settle("a")
                d.ask("sendProcessStdin", "a", "go\n")
            d.wait_for(rf"exited: a \(exit status {known}; (?:not )?expected\)")
            self.assertEqual(len(re.findall("exited: a ", d.log())), 1)
            self.assertEqual(len(re.findall("spawned: 'a'", d.log())), 1)
            self.assertEqual(len(re.findall("spawned: 'cat'", d.log())), 1)
            self.assertEqual(d.states()["a"][0], "EXITED")
            self.assertView(d, others=True)

    @contextlib.contextmanager
    def told_of(self, d):
        """What there is to know where one fails."""
        try:
            yield
        except BaseException as e:
            if keep := os.environ.get("TROUPE_KEEP"):
                shutil.copytree(d.dir, keep, dirs_exist_ok=True, ignore=lambda _, names: [n for n in names if n.endswith("sock")])
            raise AssertionError(f"TROUPE_DIE_AT={d.env['TROUPE_DIE_AT']}: {e}\n{d.log()[-2500:]}\n{d.last_words()}") from e

    # -- afterwards --------------------------------------------------------------------------------------------------

    def assertAllIsWell(self, d):
        self.assertView(d)
        d.stop(*WRITERS, "bad", "brief", "f:*")
        self.assertWriters(d)
        self.assertFailures(d)
        self.assertEvents(d)
        self.assertEaten(d)
        self.assertSockets(d)
        log = d.log()
        for words in ("unknown pid", "is rebuilt", "Traceback", "EADDRINUSE", "already in use", " is lost", "could not", "UNKNOWN"):
            self.assertNotIn(words, log)

    def assertView(self, d, others=False):
        """What clients see is what there is, and nobody is there twice. `others`: who had another parent before."""
        def same():
            seen = {pid for state, pid, _ in d.states().values() if pid}
            if others:
                return all(map(alive, seen))
            there = {pid for pid, state in all_children_of(d.pid).items() if state != "Z" and name_of(pid) != "troupe-worker"}
            return seen == there
        wait_until(same, "clients to see what there is")

    def assertWriters(self, d):
        """Each child is made once and ends once, as it says."""
        log = d.log()
        for slot, name in enumerate(WRITERS):
            said = re.findall(rf"(?:spawned: '{name}' with pid (\d+)|(?:exited|stopped): {name} "
                              rf"\((?:exit status (\d+)|terminated by (\w+)))", log)
            said = [one for one, before in zip(said, [None, *said]) if one != before]  # of a step that is done once more
            spawned = [pid for pid, _, _ in said if pid]
            ends = [end for pid, *end in said if not pid]
            self.assertEqual(len(set(spawned)), len(spawned), name)
            self.assertEqual(len(spawned), len(ends), name)
            for pid, (code, signal) in zip(spawned, ends):
                self.assertIn(signal, ("", "SIGTERM"), name)  # that came before it was ready to hear it
                if code:
                    self.assertEqual(int(code), (slot * 7 + int(pid) * 3) % 90, f"{name}, pid {pid}")
            self.assertWhole(d, slot, name)

    def assertFailures(self, d):
        """Of those that end at once: whoever was not killed has said all, and in order."""
        log = d.log()
        lines = d.read("brief.out").split()
        ends = re.findall(r"(?:exited|stopped): brief \((exit status 3|terminated by SIGTERM|terminated by SIGPIPE)", log)
        self.assertEqual(len(ends), len(re.findall("spawned: 'brief' with pid", log)))
        self.assertGreaterEqual(lines.count("2000"), ends.count("exit status 3"))
        for before, line in zip(lines, lines[1:]):
            self.assertTrue(line == "1" or int(line) == int(before) + 1, f"{line} behind {before}")
        spawned = len(re.findall("spawned: 'bad' with pid", log))  # 26
        self.assertEqual(d.read("bad.err").count("supervisor: couldn't exec"), spawned)
        self.assertEqual(len(re.findall(r"(?:exited|stopped): bad \(exit status 127", log)), spawned)

    def assertWhole(self, d, slot, name):
        """No line is lost, doubled or torn."""
        self.assertFalse(os.path.exists(f"{d.dir}/{name}/faults"), f"{name}: a second copy")
        files = [f for f in os.listdir(d.dir) if re.fullmatch(rf"{name}\.out(\.\d+)?", f)]
        files.sort(key=lambda f: -int(f.rsplit(".", 1)[1]) if f[-1].isdigit() else 1)
        text = "".join(d.read(f) for f in files)
        self.assertTrue(not text or text.endswith("\n"), f"{name} ends within a line")
        seen, last = {}, None
        for place, line in enumerate(text.splitlines(), 1):
            life, n, size, body = line.split(":")
            self.assertEqual(int(n), seen.get(life, 0), f"{name}, life {life}, line {place}")
            self.assertEqual(body, "x" * int(size), f"{name}, line {place}")
            self.assertTrue(life == last or n == "0", f"{name}: life {life} goes on at line {place} behind {last}")
            seen[life], last = int(n) + 1, life
        for row in d.read(f"{name}/ends").splitlines():
            _, life, lines, _ = row.split()
            self.assertEqual(seen.get(life, 0), int(lines), f"{name}, life {life}")

    def assertEvents(self, d):
        """Each event once and in order, none left out: each change of a state begins where the one before it ended."""
        d.ask("sendRemoteCommEvent", "test", "last")
        wait_until(lambda: "\\nlast'" in d.read("l.py.seen"), "the last event")
        rows = [line.split(" ", 4) for line in d.read("l.py.seen").splitlines()]
        self.assertEqual(len({row[0] for row in rows}), 1, "the listener was restarted")
        for column in (1, 2):
            numbers = [int(row[column]) for row in rows]
            self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))
        states = {}
        for _, serial, _, kind, body in rows:
            if found := re.match(r"'processname:(\S+) groupname:\S+ from_state:(\w+)", body):
                name, before = found.groups()
                self.assertEqual(states.get(name, before), before, f"{name}, event {serial}")
                states[name] = kind.rsplit("_", 1)[1]
        came = [found.group(1) for row in rows if (found := re.search(r"\\n(c\d+)'", row[4]))]
        self.assertEqual([word for word in came if word not in d.unknown_events], d.published)

    def assertEaten(self, d):
        """What a client was told is taken has arrived once and in order; of the rest perhaps a beginning."""
        end = "<end>"
        d.ask("sendProcessStdin", "eater", end)
        wait_until(lambda: d.read("eaten").endswith(end), "all that was sent", 60)
        words = ["<" + word for word in d.read("eaten").split("<")[1:-1]]
        sent = set(d.sent)
        short = lambda word: word.split("x")[0]  # noqa: E731
        self.assertEqual([short(word) for word in words if word in sent], [short(word) for word in d.sent])
        for word in words:
            self.assertTrue(word in sent or any(w.startswith(word) for w in d.unknown_inputs), f"{short(word)} is torn")

    def assertSockets(self, d):  # 62
        with contextlib.suppress(xmlrpc.client.Fault):  # it runs
            d.ask("startProcessGroup", "f")

        def answers():
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(5)
                s.connect(f"{d.dir}/f.sock")
                return s.recv(10) == b"here"
        wait_until(answers, "an answer on the socket")


if __name__ == "__main__":
    unittest.main()
