#!/usr/bin/env python3
"""A realistic stack, examples/stack, as somebody runs it: redis, a migration, two web processes, two workers, nginx. It boots
in order from cold, survives kill -9 of each member in turn and members that hang, upgrades, rolls, scales and is updated
without a refused request, and stops in reverse. Orders are read from the log's records; what was refused is what the
example's own client, hammer.py, has seen; a job that was taken must be done, whoever was killed meanwhile."""
import contextlib
import functools
import os
import pwd
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import BIN, PATIENCE, ROOT, alive, all_children_of, example, free_port, name_of, wait_until  # noqa: E402

CTL, SUPERVISORD = os.path.join(BIN, "supervisorctl"), os.path.join(BIN, "supervisord")
KEEPER = os.path.join(BIN, "../libexec/troupe/keeper")
# The system's first: what root has of its own, others may not run.
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:" + os.environ["PATH"]
NGINX = shutil.which("nginx", path=PATH)
NOBODY = pwd.getpwnam("nobody")
SECONDS, SEED = float(os.environ.get("TROUPE_STACK_SECONDS", "8")), int(os.environ.get("TROUPE_SEED", "1"))
STAY = ("redis", "web:web_00", "web:web_01", "worker:worker_00", "worker:worker_01", "front")


@functools.cache
def knows(verb):
    """Newer than what is built, perhaps."""
    said = subprocess.run([CTL, "-s", "unix:///nowhere", "help", verb], capture_output=True, text=True, timeout=PATIENCE).stdout
    return not said.startswith("*** No help on")


def processes_in(folder):
    """Pids of processes that work there."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{entry}/cwd").split(" (deleted)")[0] == folder:
                    found.append(int(entry))
    return found


class Hammer:
    """hammer.py while the block runs, which begins when the stack has answered, and its summary afterwards."""

    def __init__(self, stack):
        self.stack = stack

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, "-u", os.path.join(ROOT, "examples/stack/hammer.py"), str(self.stack.port)],
                                        stdout=subprocess.PIPE, text=True)
        self.lines = []
        self.reader = threading.Thread(target=lambda: self.lines.extend(self.process.stdout), daemon=True)
        first = self.process.stdout.readline()
        self.reader.start()
        assert first == f"asking port {self.stack.port}\n", first
        return self

    def __exit__(self, kind, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.status = self.process.wait(PATIENCE + 60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.reader.join()
            self.process.stdout.close()
        self.requests, self.refused, self.jobs, self.lost = map(int, re.fullmatch(
            r"(\d+) requests, (\d+) refused; (\d+) jobs, (\d+) lost.*\n", self.lines[-1]).groups())
        if kind is None:
            said = "".join(self.lines[-20:])
            assert self.jobs > 0 and self.requests > self.jobs, said
            assert self.lost == 0, said

    def nothing_refused(self):
        assert (self.status, self.refused) == (0, 0), "".join(self.lines[-20:])


class Stack:
    """A copy of the example, started. `user`: as whom the daemon is; `change`: another text of its configuration file;
    `own`: the daemon has a binary of its own, as upgrades want it, who ask who could have changed it."""

    def __init__(self, daemonised=False, survive=False, user=None, change=None, own=False):
        self.folder = tempfile.mkdtemp(prefix="troupe-stack-")
        os.chmod(self.folder, 0o755)
        self.config = example("stack", self.folder)
        self.dir = os.path.join(self.folder, "s")
        self.port = free_port()
        if change:
            self.rewrite(change)
        self.env = {"PATH": PATH, "STACK_DIR": self.dir, "STACK_PORT": str(self.port), "STACK_NGINX": NGINX,
                    "STACK_SURVIVE": str(survive).lower()}
        who = {}
        if user:
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        words = [self.own_binary() if own else SUPERVISORD, "-c", self.config]
        self.process, self.survive = None, survive
        if daemonised:
            subprocess.run(words, env=self.env, cwd="/", check=True, timeout=PATIENCE, **who)
        else:
            self.process = subprocess.Popen([*words, "-n"], env=self.env, cwd="/", stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, **who)
        self.pid = int(wait_until(lambda: self.read(".pid"), "the pid file"))

    def own_binary(self):
        os.makedirs(os.path.join(self.folder, "bin"))
        if os.path.exists(KEEPER):
            os.makedirs(os.path.join(self.folder, "libexec/troupe"))
            shutil.copy(KEEPER, os.path.join(self.folder, "libexec/troupe/keeper"))
        return shutil.copy(SUPERVISORD, os.path.join(self.folder, "bin"))

    def rewrite(self, change):
        with open(self.config) as f:
            old = f.read()
        new = change(old)
        assert new != old
        with open(self.config, "w") as f:
            f.write(new)

    def read(self, suffix):
        with open(self.dir + suffix, errors="replace") as f:
            return f.read()

    def ctl(self, *words, status=0):
        done = subprocess.run([CTL, "-c", self.config, *words], env=self.env, capture_output=True, text=True, timeout=PATIENCE * 2)
        assert status is None or done.returncode == status, (words, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE) as page:
            return page.read().decode()

    def states(self):
        """{process: state}, {process: pid}."""
        rows = [line.split() for line in self.ctl("status", status=None).splitlines()]
        return ({row[0]: row[1] for row in rows if len(row) > 1},
                {row[0]: int(row[3].rstrip(",")) for row in rows if len(row) > 3 and row[2] == "pid"})

    def running(self, *names, others_than=()):
        """{name: pid} once they all run, with no pid of `others_than`."""
        def found():
            states, pids = self.states()
            good = all(states.get(name) == "RUNNING" and pids.get(name) and pids[name] not in others_than for name in names)
            return {name: pids[name] for name in names} if good else None
        try:
            return wait_until(found, f"{names} to run", PATIENCE * 2)
        except AssertionError as e:
            raise AssertionError(f"{e}\n{self.ctl('status', status=None)}{self.read('.log')[-5000:]}") from None

    def place(self, *patterns):
        """Where the first record of each is in the log; all are there."""
        log = self.read(".log")
        found = [re.search(rf"^\S+ \S+ {p}", log, re.M) for p in patterns]
        assert all(found), (patterns, found, log)
        return [m.start() for m in found]

    def worker_dies(self):
        """With survive=true another one follows; waits for that."""
        worker = wait_until(lambda: next((p for p in all_children_of(self.pid) if name_of(p) == "troupe-worker"), None), "a worker")
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: f"CRIT supervisord's worker (pid {worker}) ended: terminated by SIGKILL; resumed" in self.read(".log"),
                   "another worker")

    def supervisord_dies(self):
        """With survive=true its worker takes its place; waits for that."""
        old = self.pid
        os.kill(old, signal.SIGKILL)
        said = wait_until(lambda: re.search(rf"CRIT the process with supervisord's pid {old} is gone; (\d+) is it now", self.read(".log")),
                          "who takes its place")
        self.pid = int(said.group(1))

    def ended(self):
        if self.process:
            return self.process.poll() is not None
        return not alive(self.pid)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if not self.ended():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGTERM)
                wait_until(self.ended, "the daemon's end", PATIENCE * 2)
            if self.process:
                assert self.process.wait() == 0
            if kind is None:
                left = processes_in(self.dir)
                assert not left, [(pid, name_of(pid)) for pid in left]  # also no child of nginx, and no probe
        finally:
            for pid in [self.pid] * (not self.ended()) + processes_in(self.dir):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            shutil.rmtree(self.folder, ignore_errors=True)


class Order(unittest.TestCase):
    """Up from cold, in use, and down."""

    def check(self, owner=None, **how):
        with Stack(**how) as stack:
            pids = stack.running(*STAY)
            self.assertEqual(stack.states()[0]["migrate"], "EXITED")
            redis, migrate, done = stack.place("INFO success: redis entered RUNNING", "INFO spawned: 'migrate'",
                                               r"INFO exited: migrate \(exit status 0; expected\)")
            self.assertLess(redis, migrate)
            for name in ("web_00", "web_01", "worker_00", "worker_01"):
                self.assertLess(done, *stack.place(f"INFO spawned: '{name}'"))
            web, front = stack.place("INFO success: web_0. entered RUNNING", "INFO spawned: 'front'")  # one is enough
            self.assertLess(web, front)
            self.assertEqual(len(re.findall("INFO spawned: ", stack.read(".log"))), 7)  # nobody in vain
            graph = stack.ctl("graph")
            self.assertNotRegex(graph, "(?m)^  [-~]")
            for line in ("  + web:ready/1 ", "  + migrate:exited_ok  EXITED", "  + redis:ready  RUNNING"):
                self.assertIn(line, graph)
            self.assertEqual({os.stat(f"/proc/{pid}").st_uid for pid in pids.values()}, {owner or os.getuid()})
            with Hammer(stack) as hammer:
                self.assertEqual(stack.ctl("restart", "worker:*").count("started"), 2)
            hammer.nothing_refused()
            stack.ctl("shutdown")
            wait_until(stack.ended, "the end", PATIENCE * 2)
            self.stopped_in_reverse(stack)

    def stopped_in_reverse(self, stack):
        log = stack.read(".log")
        ends = {name: log.rindex(f"INFO stopped: {name} (exit status 0)")
                for name in ("front", "web_00", "web_01", "worker_00", "worker_01", "redis")}
        self.assertLess(log.rindex("INFO waiting for "), min(ends.values()))
        self.assertLess(ends["front"], min(ends["web_00"], ends["web_01"]))
        self.assertEqual(max(ends, key=ends.get), "redis", log)
        for what in ("web-0", "web-1"):
            self.assertTrue(stack.read(f"-{what}.log").endswith("all answered\n"))
        self.assertNotIn("SIGKILL", log)

    def test_in_the_foreground(self):
        self.check()

    def test_daemonised_and_to_survive(self):
        self.check(daemonised=True, survive=True)

    @unittest.skipIf(os.getuid(), "needs root, to be somebody else")
    def test_as_an_ordinary_user(self):
        self.check(owner=NOBODY.pw_uid, user=NOBODY, daemonised=True)

    @unittest.skipIf(os.getuid(), "needs root, to be somebody else")
    def test_root_starts_it_as_somebody(self):
        self.check(owner=NOBODY.pw_uid, survive=True, change=lambda text: text.replace(";user=www-data", "user=nobody  "))


class Deaths(unittest.TestCase):
    def kill_each(self, **how):
        with Stack(**how) as stack:
            pids = stack.running(*STAY)
            with Hammer(stack) as hammer:
                for name in ("web:web_00", "worker:worker_00", "web:web_01", "worker:worker_01"):
                    before = pids
                    os.kill(pids[name], signal.SIGKILL)
                    pids = stack.running(*STAY, others_than=[pids[name]])
                    self.assertEqual([n for n in STAY if pids[n] != before[n]], [name])
            hammer.nothing_refused()

            before = pids
            with Hammer(stack) as hammer:
                os.kill(pids["redis"], signal.SIGKILL)
                pids = stack.running(*STAY, others_than=[pids[n] for n in STAY if n[0] in "rw" and n[1:3] != "eb"])
            self.assertEqual([n for n in STAY if pids[n] != before[n]], ["redis", "worker:worker_00", "worker:worker_01"])
            # The web processes wait for redis, and say so if it takes too long: nobody is turned away.
            self.assertEqual([line for line in hammer.lines[:-1] if ": 503 redis" not in line], [])

            before = pids
            with Hammer(stack):  # there is one front: it may refuse; but whoever was told that a job is taken can rely on it
                os.kill(pids["front"], signal.SIGKILL)
                pids = stack.running(*STAY, others_than=[pids["front"]])
            self.assertEqual([n for n in STAY if pids[n] != before[n]], ["front"])
            nginx = [pid for pid in processes_in(stack.dir) if name_of(pid) == "nginx"]
            self.assertEqual(sorted(nginx), sorted([pids["front"], *all_children_of(pids["front"])]))  # none of the old one

    def test_kill_9_of_each_in_the_foreground(self):
        self.kill_each()

    def test_kill_9_of_each_daemonised_and_to_survive(self):
        self.kill_each(daemonised=True, survive=True)

    def test_members_that_hang(self):
        with Stack() as stack:
            pids = stack.running(*STAY)
            with Hammer(stack) as hammer:
                hung = [pids["web:web_00"], pids["worker:worker_01"]]
                for pid in hung:
                    os.kill(pid, signal.SIGSTOP)
                pids = stack.running(*STAY, others_than=hung)
            hammer.nothing_refused()  # nginx gave what the hung one did not answer to the other
            stack.place("WARN web_00 is unhealthy after 3 failures: no answer within 2 seconds",
                        rf"WARN killing 'web_00' \({hung[0]}\) with SIGKILL",
                        "WARN worker_01 is unhealthy after 1 failure: no WATCHDOG=1 for 5 seconds",
                        rf"WARN killing 'worker_01' \({hung[1]}\) with SIGKILL")
            os.kill(pids["redis"], signal.SIGSTOP)
            stack.running(*STAY, others_than=[pids["redis"]])
            stack.place("WARN redis is unhealthy after 2 failures: no answer within 3 seconds")
            with Hammer(stack) as hammer:
                stack.ctl("restart", "worker:worker_00")
            hammer.nothing_refused()


class Changes(unittest.TestCase):
    """What an operator does on a busy day, under load."""

    @unittest.skipUnless(knows("rollout"), "no rolling restarts in this build")
    def test_rolling_restart(self):
        with Stack() as stack:
            pids = stack.running(*STAY)
            with Hammer(stack) as hammer:
                for words in (["web:*", "--rolling"], ["web:*"]):  # which is the example's restartmode
                    self.assertEqual(stack.ctl("restart", *words), "web:web_00: stopped\nweb:web_00: started\n"
                                                                   "web:web_01: stopped\nweb:web_01: started\n")
                    after = stack.running(*STAY)
                    self.assertEqual([n for n in STAY if after[n] != pids[n]], ["web:web_00", "web:web_01"])
                    pids = after
            hammer.nothing_refused()

    @unittest.skipUnless(knows("rollout"), "no rolling restarts in this build")
    def test_a_version_that_does_not_start(self):
        with Stack() as stack:
            pids = stack.running(*STAY)
            program = os.path.join(os.path.dirname(stack.config), "web.py")
            with open(program) as f:
                good = f.read()
            with Hammer(stack) as hammer:
                with open(program, "w") as f:
                    f.write(good.replace('    server = Server(', '    sys.exit("a fault")\n    server = Server('))
                self.assertEqual(stack.ctl("restart", "web:*", "--rolling", status=1).splitlines(), [
                    "web:web_00: stopped", "web:web_00: ERROR (spawn error)",
                    "ERROR: rolling restart of web stopped after 1 failure, not restarted: web:web_01"])
                self.assertEqual(stack.states()[1]["web:web_01"], pids["web:web_01"])
                with open(program, "w") as f:
                    f.write(good)
                after = stack.running(*STAY)  # by itself
                self.assertEqual([n for n in STAY if after[n] != pids[n]], ["web:web_00"])
            hammer.nothing_refused()

    @unittest.skipUnless(knows("rollout"), "no rolling restarts in this build")
    def test_rolling_restart_over_deaths_and_upgrades(self):
        with Stack(daemonised=True, survive=True, own=True) as stack:
            pids = stack.running(*STAY)
            with Hammer(stack) as hammer:
                for count, meanwhile in enumerate((stack.worker_dies, lambda: stack.ctl("upgrade"), stack.supervisord_dies), 1):
                    if meanwhile == stack.supervisord_dies and not os.path.exists(KEEPER):
                        continue
                    client = subprocess.Popen([CTL, "-c", stack.config, "restart", "web:*", "--rolling"], env=stack.env,
                                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                    wait_until(lambda: stack.read(".log").count("INFO spawned: 'web_00'") == count + 1, "the first one's turn")
                    meanwhile()
                    after = stack.running(*STAY, others_than=[pids["web:web_00"], pids["web:web_01"]])
                    self.assertEqual([n for n in STAY if after[n] != pids[n]], ["web:web_00", "web:web_01"])
                    pids = after
                    client.wait(PATIENCE)
            hammer.nothing_refused()

    @unittest.skipUnless(knows("rollout"), "no hup in this build")
    def test_hup(self):
        with Stack() as stack:
            pids = stack.running(*STAY)
            template = os.path.join(os.path.dirname(stack.config), "nginx.conf.in")
            with open(template) as f:
                old = f.read()
            with Hammer(stack) as hammer:
                with open(template, "w") as f:
                    f.write(old.replace('"well\\n"', '"very well\\n"'))
                old_workers = all_children_of(pids["front"])
                self.assertEqual(stack.ctl("hup", "front"), "front: reloaded\n")
                wait_until(lambda: not any(map(alive, old_workers)), "nginx' new processes alone")
                self.assertEqual(stack.get("/front"), "very well\n")
                with open(template, "w") as f:
                    f.write(old.replace("location", "locomotion"))
                self.assertEqual(stack.ctl("hup", "front", status=1), "front: ERROR (reload failed: exit status 1)\n")
                self.assertEqual(stack.get("/front"), "very well\n")
            hammer.nothing_refused()
            self.assertEqual(stack.running(*STAY), pids)

    @unittest.skipUnless(knows("scale"), "no scale in this build")
    def test_scale(self):
        with Stack() as stack:
            pids = stack.running(*STAY)
            with Hammer(stack) as hammer:
                self.assertEqual(stack.ctl("scale", "worker", "4"), "worker: scaled from 2 to 4\nworker:worker_02: started\n"
                                                                    "worker:worker_03: started\n")
                stack.running("worker:worker_02", "worker:worker_03")
                self.assertEqual(stack.ctl("scale", "web", "3"), "web: scaled from 2 to 3\nweb:web_02: started\n")
                if knows("hup"):
                    self.assertEqual(stack.ctl("hup", "front"), "front: reloaded\n")
                    wait_until(lambda: stack.get("/").startswith("web_02.sock "), "an answer of the third")
                self.assertEqual(stack.ctl("scale", "web", "2"), "web: scaled from 3 to 2\nweb:web_02: stopped\n")
                self.assertEqual(stack.ctl("scale", "worker", "2"), "worker: scaled from 4 to 2\nworker:worker_03: stopped\n"
                                                                    "worker:worker_02: stopped\n")
            hammer.nothing_refused()
            self.assertEqual(stack.running(*STAY), pids)
            self.assertEqual(len(stack.states()[0]), 7)

    @unittest.skipUnless(knows("plan"), "no plan in this build")
    def test_update(self):
        with Stack() as stack:
            pids = stack.running(*STAY)
            self.assertEqual(stack.ctl("plan"), "No config updates to processes\n")
            stack.rewrite(lambda text: text.replace("stopsignal=QUIT:10, TERM:2", "stopsignal=QUIT:20, TERM:2")
                          .replace("worker.py %(process_num)d", "worker.py %(process_num)d again"))
            self.assertEqual([line.split() for line in stack.ctl("plan", "--check", status=1).splitlines()], [
                ["front", "live", "stopsignal"], ["worker:worker_00", "restart", "command"], ["worker:worker_01", "restart", "command"],
                "2 restart, 1 live, 4 keep".split()])
            with Hammer(stack) as hammer:
                said = stack.ctl("apply")
                self.assertEqual(sorted(said.splitlines()), ["front: changed", "front: updated process group",
                                 "worker: updated process group", "worker:worker_00: restarted", "worker:worker_01: restarted"])
                after = stack.running(*STAY)
                self.assertEqual([n for n in STAY if after[n] != pids[n]], ["worker:worker_00", "worker:worker_01"])
                pids = after
                stack.rewrite(lambda text: text.replace("/web.py web_", "/web.py  web_").replace(
                    "numprocs=%(ENV_STACK_WEBS:-2)s", 'numprocs=%(ENV_STACK_WEBS:-2)s\nenvironment=RELEASE="2"'))
                self.assertEqual(stack.ctl("apply", "--rolling"), "web:web_00: restarted\nweb:web_01: restarted\n"
                                                                  "web: updated process group\n")
                after = stack.running(*STAY)
                self.assertEqual([n for n in STAY if after[n] != pids[n]], ["web:web_00", "web:web_01"])
            hammer.nothing_refused()
            self.assertEqual(stack.ctl("plan", "--check"), "No config updates to processes\n")


class Daemons(unittest.TestCase):
    """What happens to supervisord itself concerns nobody."""

    def test_it_dies(self):
        with Stack(daemonised=True, survive=True) as stack:
            if "survive=true is not available here" in stack.read(".log"):
                self.skipTest("it cannot survive here")
            pids = stack.running(*STAY)
            with Hammer(stack) as hammer:
                stack.worker_dies()
                self.assertEqual(stack.running(*STAY), pids)
                os.kill(pids["web:web_00"], signal.SIGKILL)  # whose end the next worker sees
                stack.worker_dies()
                after = stack.running(*STAY, others_than=[pids["web:web_00"]])
                self.assertEqual([n for n in STAY if after[n] != pids[n]], ["web:web_00"])
                if os.path.exists(KEEPER):
                    stack.supervisord_dies()
                    self.assertEqual(stack.ctl("pid"), f"{stack.pid}\n")
                    self.assertEqual(stack.running(*STAY), after)
            hammer.nothing_refused()

    def upgrade(self, **how):
        with Stack(own=True, **how) as stack:
            pids = stack.running(*STAY)
            with Hammer(stack) as hammer:
                for _ in range(3):
                    self.assertIn("supervisord: upgraded to the same version", stack.ctl("upgrade"))
                    self.assertEqual(stack.running(*STAY), pids)
                os.kill(pids["web:web_01"], signal.SIGKILL)
                self.assertIn("supervisord: upgraded to the same version", stack.ctl("upgrade"))
                after = stack.running(*STAY, others_than=[pids["web:web_01"]])
                self.assertEqual([n for n in STAY if after[n] != pids[n]], ["web:web_01"])
            hammer.nothing_refused()
            self.assertEqual(int(stack.ctl("pid")), stack.pid)

    def test_upgrade(self):
        self.upgrade()

    def test_upgrade_of_what_survives(self):
        self.upgrade(daemonised=True, survive=True)


@unittest.skipUnless("TROUPE_STACK_SECONDS" in os.environ, "by chance: make chaos")
class Chance(unittest.TestCase):
    """Anything at any time: kills, hangs, what operators do, several at once, upgrades, deaths of the daemon. Afterwards all
    can be started, nobody waits for an answer for ever, and no job is lost. TROUPE_SEED says which sequence."""
    MEMBERS = ("redis", "migrate", *STAY[1:])

    def act(self, rng, stack, pids):
        """What is done next: a request, which may take its time; or nothing more."""
        what = rng.choice(["kill"] * 5 + ["stop"] * 2 + ["ask"] * 6 + ["upgrade", "death", "nothing", "change", "change"])
        if what in ("kill", "stop") and pids:
            name = rng.choice(sorted(pids))
            self.done.append(f"{what} {name}")
            with contextlib.suppress(ProcessLookupError):
                os.kill(pids[name], signal.SIGKILL if what == "kill" else signal.SIGSTOP)
        if what == "death" and stack.survive:
            self.death(rng, stack)
        if what == "upgrade":
            return ["upgrade"]
        if what == "change" and self.changes:
            return rng.choice(self.changes)
        if what == "ask":
            verb = rng.choice(["stop", "start", "restart", "restart"] + ["kill"] * knows("kill"))
            tree = ["--with-dependents"] * (verb in ("stop", "restart") and rng.random() < 0.3)
            name = rng.choice(self.MEMBERS if tree else self.MEMBERS + ("all", "web:*", "worker:*"))
            return [verb, *tree, name]
        return None

    def death(self, rng, stack):
        if os.path.exists(KEEPER) and rng.random() < 0.3:
            self.done.append("death of supervisord")
            stack.supervisord_dies()
            return
        for pid in all_children_of(stack.pid):
            if name_of(pid) == "troupe-worker":
                self.done.append("death of the worker")
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def all_started(self, stack, names=()):
        stack.ctl("start", "all", status=None)
        states, _ = stack.states()
        return all(states.get(name, "") == "RUNNING" for name in {*names, *states} - {"migrate"})

    def test_anything(self):
        for seed in range(SEED, SEED + 2):
            with self.subTest(seed=seed):
                self.sequence(random.Random(seed), survive=bool(seed % 2))

    def sequence(self, rng, survive):
        self.done, asked = [], []
        self.changes = [["scale", "worker", n] for n in "0124"] * knows("scale") + \
            [["restart", "web:*", "--rolling"], ["hup", "front"]] * knows("rollout") + [["apply"]] * knows("apply")
        with Stack(survive, survive, own=True, change=lambda text: text.replace("\nsurvive=", "\nsurvivelimit=1000/1s\nsurvive=")
                   .replace("restartlimit=20/", "restartlimit=2000/")) as stack:
            stack.running(*STAY)
            end = time.monotonic() + SECONDS
            try:
                while time.monotonic() < end:
                    if words := self.act(rng, stack, stack.states()[1]):
                        if words == ["apply"]:
                            stack.rewrite(lambda text: re.sub("TERM:[0-9.]+", f"TERM:{rng.uniform(1, 5):.6f}", text))
                        self.done.append(" ".join(words))
                        asked.append(subprocess.Popen([CTL, "-c", stack.config, *words], env=stack.env, stdin=subprocess.DEVNULL,
                                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
                # Who waits for what depends on a stopped redis waits for long; and what a client had asked for may go on
                # without it, a stop that comes to its end after a start of all.
                wait_until(lambda: self.all_started(stack), "all to run", PATIENCE * 4)
                for client in asked:
                    client.wait(PATIENCE * 4)
                if knows("scale"):  # which says, too, that somebody cannot be started yet
                    self.assertRegex(stack.ctl("scale", "worker", "2", status=None), "scaled from|^$")
                wait_until(lambda: self.all_started(stack, STAY), "all to run again", PATIENCE * 4)
                with Hammer(stack):
                    pass
                self.assertNotRegex(stack.read(".log"), r"is rebuilt from its record|'s worker \(pid \d+\) ended: (?!terminated by SIGKILL)")
            except (AssertionError, subprocess.TimeoutExpired) as e:
                raise AssertionError(f"{e}\nafter {', '.join(self.done)}\n{stack.ctl('status', status=None)}\n"
                                     f"{stack.ctl('why', *self.MEMBERS, status=None)}\n{stack.read('.log')[-5000:]}") from e
            finally:
                for client in asked:
                    client.kill()
                    client.wait()


if __name__ == "__main__":
    if not NGINX or not shutil.which("redis-server", path=PATH):
        print("needs nginx and redis-server", file=sys.stderr)
        sys.exit(77)
    unittest.main()
