#!/usr/bin/env python3
"""Updates process by process on the built binaries: what a plan says, that only what has changed is touched, that options
act at once or with the next start, that a number of processes asked for by hand stays. Vectors of
docs/contract/programs.md, 6 and 18.4. Nothing is decided by how long something takes."""
import json
import os
import signal
import subprocess
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rpc_support import client, fault_of  # noqa: E402
from support import BIN, PATIENCE, Daemon, all_children_of, free_port, name_of, wait_until  # noqa: E402

SERVER = "[unix_http_server]\nfile={dir}/s.sock\n[rpcinterface:supervisor]\n" \
         "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n[supervisorctl]\n"


def program(name, more="", command="/bin/cat", count=0):
    numbered = f"process_name=%(program_name)s_%(process_num)02d\nnumprocs={count}\n" if count else ""
    return f"[program:{name}]\ncommand={command}\nstartsecs=0\nautorestart=false\n{numbered}{more}\n"


# Ends once somebody writes into the FIFO {dir}/go, and takes its stop once there is {dir}/listens.
SLOW = "/bin/sh -c 'trap \"read x < go; exit\" TERM; echo > listens; while :; do sleep 0.05; done'"


class House(Daemon):
    """A daemon whose programs can be defined anew."""
    server = ["-s"]

    def __init__(self, text, options="", port=None, mode="updatemode=process\n", **more):
        self.options, self.port = options, port
        tcp = f"[inet_http_server]\nport=127.0.0.1:{port}\n" if port else ""
        self.head = tcp + SERVER
        super().__init__(self.head + text, options + mode, **more)
        wait_until(lambda: os.path.exists(f"{self.dir}/s.sock"), "the socket")

    def define(self, text, options=None):
        with open(self.config) as f:
            head = f.read().split("[unix_http_server]")[0].split("[inet_http_server]")[0]
        with open(self.config, "w") as f:
            f.write(head + (self.head + text).replace("{dir}", self.dir))

    def ctl(self, *words, by=None):
        url = f"http://127.0.0.1:{self.port}" if self.port else f"unix://{self.dir}/s.sock"
        done = subprocess.run([os.path.join(BIN, "supervisorctl"), *(by or ["-s", url]), *words], capture_output=True,
                              text=True, timeout=PATIENCE)
        self.err = done.stderr
        return done.returncode, done.stdout

    def infos(self):
        with client(self) as proxy:
            return {(p["group"] + ":" if p["group"] != p["name"] else "") + p["name"]: p
                    for p in proxy.supervisor.getAllProcessInfo()}

    def pids(self):
        return {name: p["pid"] for name, p in self.infos().items()}

    def run(self, *names):
        for name in names:
            wait_until(lambda: self.infos()[name]["statename"] == "RUNNING", name)

    def make_door(self):
        os.mkfifo(os.path.join(self.dir, "go"))
        wait_until(lambda: os.path.exists(os.path.join(self.dir, "listens")), "the slow one")

    def __exit__(self, *raised):
        door = os.path.join(self.dir, "go")
        opened = os.open(door, os.O_RDWR) if os.path.exists(door) else None  # for whoever stands behind it now
        if opened is not None:
            os.write(opened, 100 * b"\n")
        super().__exit__(*raised)
        if opened is not None:
            os.close(opened)

    def begin_anew(self):
        before = self.log().count("supervisord started")
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.start()
        self.wait_for("supervisord started", before + 1)
        wait_until(lambda: os.path.exists(f"{self.dir}/s.sock"), "the socket")

    def kill_worker(self):
        before = self.log().count("supervisord's worker (pid ")
        worker = wait_until(lambda: next((pid for pid in all_children_of(self.pid) if name_of(pid) == "troupe-worker"), None),
                            "a worker")
        os.kill(worker, signal.SIGKILL)
        self.wait_for(r"supervisord's worker \(pid \d+\) ended: ", before + 1)


OLD = program("api", "stopwaitsecs=10") + program("old") + program("web", count=1)
NEW = program("api", "stopwaitsecs=30") + program("web", command="/bin/cat -u", count=1)


class Plan(unittest.TestCase):
    def test_what_it_says(self):  # P241, P242
        with House(OLD) as d:
            d.run("api", "old", "web:web_00")
            self.assertEqual(d.ctl("plan"), (0, "No config updates to processes\n"))
            self.assertEqual(d.ctl("plan", "--check"), (0, "No config updates to processes\n"))
            before = d.pids()
            d.define(NEW)
            said = ("api                              live      stopwaitsecs 10 -> 30\n"
                    "old                              stop      removed\n"
                    "web:web_00                       restart   command\n"
                    "1 restart, 1 live, 1 stop\n")
            for verb in ("plan", "diff"):
                self.assertEqual(d.ctl(verb), (0, said))
            self.assertEqual(d.ctl("plan", "--check"), (1, said))
            self.assertEqual(d.ctl("plan", "api"), (0, said.splitlines()[0] + "\n1 live\n"))
            self.assertEqual(d.ctl("plan", "nope"), (1, "ERROR: no such group: nope\n"))
            self.assertEqual(d.pids(), before)
            with client(d) as proxy:  # and it is not what add and update work on
                self.assertEqual(fault_of(lambda: proxy.supervisor.addProcessGroup("old")), (90, "ALREADY_ADDED: old"))
            told = json.loads(d.ctl("plan", "--json")[1])
            self.assertEqual(told["summary"], "1 restart, 1 live, 1 stop")
            self.assertEqual(told["processes"][0], {"name": "api", "group": "api", "action": "live",
                                                    "reasons": ["stopwaitsecs 10 -> 30"]})
            d.define("[program:x]\ncommand=/bin/cat\nautorestart=perhaps\n")
            code, text = d.ctl("plan")
            self.assertEqual(code, 1)
            self.assertIn("CANT_REREAD", text)
            d.define(OLD)
            self.assertEqual(d.ctl("plan", "--all")[1].splitlines()[-1], "No config updates to processes")
            self.assertEqual(len(d.ctl("plan", "--all")[1].splitlines()), 4)

    def test_out_of_date(self):
        with House(OLD) as d:
            d.run("api", "old", "web:web_00")
            d.define(NEW)
            plan = json.loads(d.ctl("plan", "--json")[1])["id"]
            d.define(NEW.replace("cat -u", "cat -n"))
            before = d.pids()
            self.assertEqual(d.ctl("apply", "--plan", plan), (1, "ERROR: the plan is out of date\n"))
            self.assertEqual(d.pids(), before)
            plan = json.loads(d.ctl("plan", "--json")[1])["id"]
            self.assertEqual(d.ctl("apply", f"--plan={plan}")[0], 0)
            self.assertEqual(d.ctl("plan", "--check")[0], 0)


class Apply(unittest.TestCase):
    def test_only_what_has_changed(self):  # P243, P244
        for port in (None, free_port()):
            for more in ("", "survive=true\n"):
                with self.subTest(port=port, more=more), House(OLD, more, port) as d:
                    d.run("api", "old", "web:web_00")
                    before = d.pids()
                    d.define(NEW + program("fresh"))
                    code, text = d.ctl("apply")
                    self.assertEqual((code, text), (0, "api: changed\nold: stopped\nold: removed process group\n"
                                                       "web:web_00: restarted\napi: updated process group\n"
                                                       "web: updated process group\nfresh: added process group\n"))
                    d.run("fresh")
                    after = d.pids()
                    self.assertEqual(after["api"], before["api"])
                    self.assertNotEqual(after["web:web_00"], before["web:web_00"])
                    self.assertNotIn("old", after)
                    self.assertEqual(d.ctl("apply"), (0, ""))
                    self.assertEqual(d.ctl("update"), (0, ""))
                    self.assertEqual(d.pids(), after)
                    with open(f"/proc/{after['web:web_00']}/cmdline") as f:
                        self.assertEqual(f.read(), "/bin/cat\0-u\0")

    def test_update_in_either_mode(self):
        text = program("web", count=2)
        with House(text, mode="") as d:
            d.run("web:web_00", "web:web_01")
            before = d.pids()
            d.define(text + "environment=A=\"1\"\n")
            said = "".join(f"web:web_0{i}                       regroup   environment\n" for i in (0, 1)) + "2 regroup\n"
            self.assertEqual(d.ctl("plan"), (0, said))
            self.assertEqual(d.ctl("plan", "--mode=process"), (0, said.replace("regroup", "restart")))
            self.assertEqual(d.ctl("update"), (0, "web: stopped\nweb: updated process group\n"))  # as ever
            d.run("web:web_00", "web:web_01")
            self.assertFalse(set(before.values()) & set(d.pids().values()))
            before = d.pids()
            d.define(text + "environment=A=\"1\"\nstopwaitsecs=3\n")
            self.assertEqual(d.ctl("update", "--mode", "process"),
                             (0, "web:web_00: changed\nweb:web_01: changed\nweb: updated process group\n"))
            self.assertEqual(d.pids(), before)
            d.define(text + "environment=A=\"1\"\n")
            self.assertEqual(d.ctl("update", "--mode=process", "web"),
                             (0, "web:web_00: changed\nweb:web_01: changed\nweb: updated process group\n"))
            self.assertEqual(d.ctl("update", "--mode", "both")[0], 2)
            self.assertEqual(d.pids(), before)

    def test_the_mode_of_the_file(self):
        text = program("web", count=2)
        with House(text) as d:
            d.run("web:web_00", "web:web_01")
            before = d.pids()
            d.define(text.replace("numprocs=2", "numprocs=3"))
            self.assertEqual(d.ctl("update", by=["-c", d.config, "-s", f"unix://{d.dir}/s.sock"]),
                             (0, "web:web_02: started\nweb: updated process group\n"))
            self.assertEqual({k: v for k, v in d.pids().items() if k != "web:web_02"}, before)
            d.define(text.replace("numprocs=2", "numprocs=1"))
            status, text = d.ctl("apply")
            lines = text.splitlines()
            self.assertEqual((status, sorted(lines[:2]), lines[2:]),  # stops as they come
                             (0, ["web:web_01: stopped", "web:web_02: stopped"],
                              ["web:web_01: removed", "web:web_02: removed", "web: updated process group"]))
            self.assertEqual(d.pids(), {"web:web_00": before["web:web_00"]})
            self.assertEqual(len(all_children_of(d.pid)), 1)

    def test_a_group_whose_members_come_and_go(self):
        def grouped(*names):
            return "".join(program(n) for n in names) + "[group:g]\nprograms=" + ",".join(names) + "\n"
        with House(grouped("b", "d")) as d:
            d.run("g:b", "g:d")
            before = d.pids()
            d.define(grouped("a", "b", "c", "d"))
            self.assertEqual(d.ctl("apply"), (0, "g:a: started\ng:c: started\ng: updated process group\n"))
            self.assertEqual(list(d.pids()), ["g:a", "g:b", "g:c", "g:d"])
            self.assertEqual({n: p for n, p in d.pids().items() if n in before}, before)
            for name in ("a", "b", "c", "d"):  # each is who it says it is
                pid = d.pids()["g:" + name]
                with open(f"/proc/{pid}/environ") as f:
                    self.assertIn("SUPERVISOR_PROCESS_NAME=" + name, f.read().split("\0"))
                self.assertEqual(d.ctl("restart", "g:" + name), (0, f"g:{name}: stopped\ng:{name}: started\n"))
                self.assertNotEqual(d.pids()["g:" + name], pid)
            d.define(grouped("d", "c"))
            self.assertEqual(d.ctl("apply")[0], 0)
            d.define(program("c") + program("d"))  # P156
            self.assertEqual(d.ctl("apply"), (0, "g: stopped\ng: removed process group\nc: added process group\n"
                                                 "d: added process group\n"))
            d.run("c", "d")
            self.assertEqual(len(all_children_of(d.pid)), 2)

    def test_what_is_at_rest_stays_there(self):  # P155
        text = program("a") + program("f", "autostart=false\nstartretries=0", "/nowhere/f")
        with House(text) as d:
            d.run("a")
            self.assertEqual(d.ctl("stop", "a")[0], 0)
            d.define(text.replace("/bin/cat", "/bin/cat -u"))
            self.assertEqual(d.ctl("plan")[1].splitlines()[0], "a                                next      command")
            self.assertEqual(d.ctl("apply"), (0, "a: changed\na: updated process group\n"))
            self.assertEqual(d.infos()["a"]["statename"], "STOPPED")
            self.assertEqual(d.ctl("start", "a")[0], 0)
            with open(f"/proc/{d.pids()['a']}/cmdline") as f:  # which it has once it is executed
                wait_until(lambda: (f.seek(0), f.read())[1] == "/bin/cat\0-u\0", "the new command")

    def test_one_that_has_failed_gets_another_chance(self):
        text = program("f", "startretries=0", "/bin/sh -c 'exit 3'").replace("startsecs=0", "startsecs=1")
        with House(text) as d:
            wait_until(lambda: d.infos()["f"]["statename"] == "FATAL", "FATAL")
            d.define(program("f"))
            self.assertEqual(d.ctl("plan")[1].splitlines()[0].split()[:2], ["f", "start"])
            self.assertEqual(d.ctl("apply"), (0, "f: started\nf: updated process group\n"))
            self.assertEqual(d.infos()["f"]["statename"], "RUNNING")

    def test_a_restart_that_fails(self):
        with House(program("a") + program("b")) as d:
            d.run("a", "b")
            d.define(program("a", command="/nowhere/a") + program("b", command="/bin/cat -u"))
            code, text = d.ctl("apply")
            self.assertEqual(code, 1)
            self.assertEqual(text, "a: ERROR (no such file)\nb: restarted\na: updated process group\nb: updated process group\n")
            d.define(program("a", command="/bin/cat -v") + program("b", command="/bin/cat -u"))  # which is mended
            self.assertEqual(d.ctl("plan")[1].splitlines()[0].split()[:2], ["a", "start"])
            self.assertEqual(d.ctl("apply"), (0, "a: started\na: updated process group\n"))
            d.run("a", "b")

    def test_a_listener_is_made_anew(self):
        listener = "[eventlistener:l]\ncommand=/bin/cat\nevents={0}\n"
        with House(listener.format("TICK_60") + program("a")) as d:
            d.run("l", "a")
            before = d.pids()
            d.define(listener.format("TICK_5") + program("a"))
            self.assertEqual(d.ctl("apply"), (0, "l: stopped\nl: updated process group\n"))
            d.run("l")
            self.assertNotEqual(d.pids()["l"], before["l"])
            self.assertEqual(d.pids()["a"], before["a"])

    def test_logs_follow_at_once(self):
        talk = "/bin/sh -c 'while read line; do echo $line; done'"
        with House(program("a", "stdout_logfile={dir}/one", talk)) as d:
            d.run("a")
            pid = d.pids()["a"]

            def say(line, where):
                with client(d) as proxy:
                    proxy.supervisor.sendProcessStdin("a", line + "\n")
                wait_until(lambda: line in open(os.path.join(d.dir, where)).read(), f"{line} in {where}")
            say("first", "one")
            d.define(program("a", "stdout_logfile={dir}/two\nstdout_prefix=it says", talk))
            self.assertEqual(d.ctl("apply"), (0, "a: changed\na: updated process group\n"))
            say("second", "two")
            self.assertIn("it says second\n", open(os.path.join(d.dir, "two")).read())
            self.assertNotIn("second", open(os.path.join(d.dir, "one")).read())
            d.define(program("a", "stdout_logfile={dir}/two\nstdout_logfile_maxbytes=20\nstdout_logfile_backups=1", talk))
            self.assertEqual(d.ctl("apply")[0], 0)
            say("a line of twenty and more", "two.1")
            os.mkdir(os.path.join(d.dir, "three"))
            d.define(program("a", "stdout_logfile={dir}/three", talk))
            self.assertEqual(d.ctl("apply")[0], 0)
            d.wait_for("could not open stdout log '.*/three' of a: EISDIR")
            say("fourth", "two")
            self.assertEqual(d.pids()["a"], pid)

    def test_a_stop_that_has_begun(self):  # P232
        stubborn = "/bin/sh -c 'trap : TERM; echo > listens; while :; do read x || sleep 0.05; done'"
        with House(program("a", "directory={dir}\nstopwaitsecs=600", stubborn)) as d:
            wait_until(lambda: os.path.exists(os.path.join(d.dir, "listens")), "the stubborn one")
            with client(d) as proxy:
                proxy.supervisor.stopProcess("a", False)
            wait_until(lambda: d.infos()["a"]["statename"] == "STOPPING", "STOPPING")
            d.define(program("a", "directory={dir}\nstopwaitsecs=0", stubborn))
            self.assertEqual(d.ctl("apply")[0], 0)
            wait_until(lambda: d.infos()["a"]["statename"] == "STOPPED", "SIGKILL")

    def test_what_a_worker_knows_that_comes_after(self):
        for how in ("kill", "upgrade"):
            with self.subTest(how=how), House(program("web", count=2), "survive=true\n") as d:
                d.run("web:web_00", "web:web_01")
                d.define(program("web", "stopwaitsecs=4", count=4))
                self.assertEqual(d.ctl("apply")[0], 0)
                before = d.pids()
                if how == "kill":
                    d.kill_worker()
                else:
                    self.assertEqual(d.ctl("upgrade")[0], 0)
                self.assertEqual(d.pids(), before)
                self.assertEqual(d.ctl("plan"), (0, "No config updates to processes\n"))
                self.assertEqual(d.ctl("stop", "web:*")[0], 0)

    def test_restarts_in_turn(self):  # --rolling
        with House(program("web", count=3) + program("api")) as d:
            names = [f"web:web_0{i}" for i in range(3)]
            d.run(*names, "api")
            before = d.pids()
            d.define(program("web", command="/bin/cat -u", count=3) + program("api"))
            self.assertEqual(d.ctl("apply", "--rolling", "--batch", "2")[1],
                             "".join(f"{name}: restarted\n" for name in names) + "web: updated process group\n")
            after = d.pids()
            self.assertEqual(after["api"], before["api"])
            for name in names:
                self.assertNotEqual(after[name], before[name])
                with open(f"/proc/{after[name]}/cmdline") as f:
                    self.assertEqual(f.read(), "/bin/cat\0-u\0")
            self.assertEqual(d.ctl("plan"), (0, "No config updates to processes\n"))
            d.define(program("web", command="/nowhere/web", count=3) + program("api"))
            code, text = d.ctl("apply", "--rolling")
            self.assertEqual(code, 1)
            self.assertEqual(text.splitlines()[1:3], [f"{name}: ERROR (not restarted)" for name in names[1:]])
            self.assertTrue(text.startswith("web:web_00: ERROR"))
            self.assertEqual([d.pids()[name] for name in names[1:]], [after[name] for name in names[1:]])
            self.assertEqual(d.ctl("plan")[1].splitlines()[-1], "2 restart, 2 keep")  # the others are as they were
            self.assertEqual(d.ctl("apply", "--rolling", "--batch", "x")[0], 1)

    def test_what_is_refused_holds_up_nobody(self):
        with House(program("a", "directory={dir}", SLOW) + program("web", count=1)) as d:
            d.make_door()
            d.run("a", "web:web_00")
            d.define(program("a", "directory={dir}\nenvironment=A=\"1\"", SLOW) + program("web", count=1))
            url = f"unix://{d.dir}/s.sock"

            def begin(*words):
                return subprocess.Popen([os.path.join(BIN, "supervisorctl"), "-s", url, *words], stdout=subprocess.PIPE,
                                        text=True)
            first = begin("apply")
            wait_until(lambda: d.infos()["a"]["statename"] == "STOPPING", "the first one")
            others = [begin("scale", "nope", "2"), begin("apply"), begin("scale", "a", "2")]
            with open(os.path.join(d.dir, "go"), "w") as f:
                f.write("\n")
            self.assertEqual(first.communicate(timeout=PATIENCE)[0], "a: restarted\na: updated process group\n")
            said = [one.communicate(timeout=PATIENCE)[0] for one in others]
            self.assertEqual(said[0], "nope: ERROR (no such program)\n")
            self.assertEqual(said[2], "a: ERROR (process_name has no %(process_num)s)\n")
            self.assertEqual(d.infos()["a"]["statename"], "RUNNING")

    def test_who_is_being_stopped_already(self):
        with House(program("a", "directory={dir}", SLOW)) as d:
            d.make_door()
            d.run("a")
            with client(d) as proxy:
                proxy.supervisor.stopProcess("a", False)
            wait_until(lambda: d.infos()["a"]["statename"] == "STOPPING", "STOPPING")
            d.define(program("b"))
            gone = subprocess.Popen([os.path.join(BIN, "supervisorctl"), "-s", f"unix://{d.dir}/s.sock", "apply"],
                                    stdout=subprocess.PIPE, text=True)
            with open(os.path.join(d.dir, "go"), "w") as f:
                f.write("\n")
            self.assertEqual(gone.communicate(timeout=PATIENCE)[0],
                             "a: stopped\na: removed process group\nb: added process group\n")

    def test_a_dependency_that_is_new(self):
        with House(program("c", count=1) + program("a", count=1)) as d:
            d.run("c:c_00", "a:a_00")
            d.define(program("c", "depends_on=n:running, a:running", "/bin/cat -u", count=1) + program("a", count=2) + program("n"))
            self.assertEqual(d.ctl("apply"), (0, "a:a_01: started\nc:c_00: restarted\na: updated process group\n"
                                                 "c: updated process group\nn: added process group\n"))

    def test_a_dependency_that_turns_round(self):
        with House(program("a") + program("c", "depends_on=a:running")) as d:
            d.run("a", "c")
            d.define(program("a", "depends_on=c:running", "/bin/cat -u") + program("c", command="/bin/cat -u"))
            self.assertEqual(d.ctl("apply"), (0, "c: restarted\na: restarted\na: updated process group\n"
                                                 "c: updated process group\n"))

    def test_somebody_starts_it_meanwhile(self):
        with House(program("a") + program("b", "directory={dir}", SLOW)) as d:
            d.make_door()
            d.run("a", "b")
            d.define(program("a", command="/bin/cat -u") + program("b", "directory={dir}\numask=022", SLOW))
            apply = subprocess.Popen([os.path.join(BIN, "supervisorctl"), "-s", f"unix://{d.dir}/s.sock", "apply"],
                                     stdout=subprocess.PIPE, text=True)
            wait_until(lambda: d.infos()["a"]["statename"] == "STOPPED" and d.infos()["b"]["statename"] == "STOPPING", "a")
            self.assertEqual(d.ctl("start", "a")[0], 0)
            with open(os.path.join(d.dir, "go"), "w") as f:
                f.write("\n")
            self.assertEqual(apply.communicate(timeout=PATIENCE)[0],
                             "a: ERROR (already started)\nb: restarted\na: updated process group\nb: updated process group\n")
            self.assertEqual(d.ctl("plan")[1].splitlines()[0], "a                                restart   command")

    def test_a_worker_that_dies_in_between(self):
        for how in ("kill", "upgrade"):
            with self.subTest(how=how), House(program("a", "directory={dir}", SLOW) + program("b"), "survive=true\n") as d:
                d.make_door()
                d.run("a", "b")
                before = d.pids()
                d.define(program("a", "directory={dir}\numask=022", SLOW) + program("b", "umask=022"))
                apply = subprocess.Popen([os.path.join(BIN, "supervisorctl"), "-s", f"unix://{d.dir}/s.sock", "apply"],
                                         stdout=subprocess.PIPE, text=True)
                wait_until(lambda: d.infos()["a"]["statename"] == "STOPPING" and d.infos()["b"]["statename"] == "STOPPED",
                           "one of them is stopped")
                if how == "kill":
                    d.kill_worker()
                else:
                    self.assertEqual(d.ctl("upgrade")[0], 0)
                with open(os.path.join(d.dir, "go"), "w") as f:
                    f.write("\n")
                d.run("a", "b")
                self.assertFalse(set(before.values()) & set(d.pids().values()))
                apply.communicate(timeout=PATIENCE)
                self.assertEqual(d.ctl("apply")[0], 0)

    def interrupted(self, d, text, how):
        """An apply of which b is stopped, and a is stopping, when the worker dies or is another one."""
        d.make_door()
        d.run("a", "b")
        d.define(text)
        apply = subprocess.Popen([os.path.join(BIN, "supervisorctl"), "-s", f"unix://{d.dir}/s.sock", "apply"],
                                 stdout=subprocess.PIPE, text=True)
        self.addCleanup(apply.communicate)
        wait_until(lambda: d.infos()["a"]["statename"] == "STOPPING" and d.infos()["b"]["statename"] == "STOPPED",
                   "one of them is stopped")
        if how == "kill":
            d.kill_worker()
        else:
            self.assertEqual(d.ctl("upgrade")[0], 0)

    def test_another_update_behind_one_that_was_interrupted(self):
        text = program("a", "directory={dir}\numask=022", SLOW) + program("b", "umask=022") + program("w", count=1)
        for how in ("kill", "upgrade"):
            for words in (["apply"], ["scale", "w", "2"]):
                with self.subTest(how=how, words=words), House(
                        program("a", "directory={dir}", SLOW) + program("b") + program("w", count=1), "survive=true\n") as d:
                    self.interrupted(d, text, how)
                    wait_until(lambda: d.infos()["a"]["statename"] == "STOPPING", "it to be stopping still")
                    with ThreadPoolExecutor(1) as second:
                        asked = second.submit(d.ctl, *words)
                        if words == ["scale", "w", "2"]:
                            self.assertEqual(asked.result(PATIENCE)[0], 0)
                        with open(os.path.join(d.dir, "go"), "w") as f:
                            f.write("\n")
                        self.assertEqual(asked.result(PATIENCE)[0], 0)
                    d.run("a", "b")

    def test_groups_that_are_made_anew_and_were_interrupted(self):
        for how in ("kill", "upgrade"):
            with self.subTest(how=how), House(program("a", "directory={dir}", SLOW) + program("b"), "survive=true\n",
                                              mode="updatemode=group\n") as d:
                self.interrupted(d, program("a", "directory={dir}\numask=022", SLOW) + program("b", "umask=022"), how)
                with open(os.path.join(d.dir, "go"), "w") as f:
                    f.write("\n")
                d.run("a", "b")

    def test_who_is_disabled(self):
        with House(program("a") + program("web", count=1)) as d:
            d.run("a", "web:web_00")
            before = d.pids()
            self.assertEqual(d.ctl("disable", "a")[0], 0)
            d.define(program("a", command="/bin/cat -u") + program("web", count=1))
            self.assertEqual(d.ctl("apply"), (0, "a: changed\na: updated process group\n"))  # and is not stopped
            self.assertEqual(d.pids(), before)

    def test_one_after_the_other(self):
        with House(program("a", "directory={dir}", SLOW) + program("web", count=1)) as d:
            d.make_door()
            d.run("a", "web:web_00")
            d.define(program("a", "directory={dir}\nenvironment=A=\"1\"", SLOW) + program("web", count=1))
            url = f"unix://{d.dir}/s.sock"
            first = subprocess.Popen([os.path.join(BIN, "supervisorctl"), "-s", url, "apply"], stdout=subprocess.PIPE, text=True)
            wait_until(lambda: d.infos()["a"]["statename"] == "STOPPING", "the first one")
            second = subprocess.Popen([os.path.join(BIN, "supervisorctl"), "-s", url, "scale", "web", "2"],
                                      stdout=subprocess.PIPE, text=True)
            self.assertEqual(d.ctl("plan")[0], 0)  # whoever only looks does not wait
            self.assertIsNone(second.poll())
            with open(os.path.join(d.dir, "go"), "w") as f:
                f.write("\n")
            self.assertEqual(first.communicate(timeout=PATIENCE)[0], "a: restarted\na: updated process group\n")
            self.assertEqual(second.communicate(timeout=PATIENCE)[0], "web: scaled from 1 to 2\nweb:web_01: started\n")


class Scale(unittest.TestCase):
    def test_up_and_down(self):  # P245 to P248
        text = program("web", count=4) + program("api")
        for port in (None, free_port()):
            with self.subTest(port=port), House(text, "", port) as d:
                names = [f"web:web_{i:02}" for i in range(6)]
                d.run(*names[:4])
                before = d.pids()
                self.assertEqual(d.ctl("scale", "web", "6"),
                                 (0, "web: scaled from 4 to 6\nweb:web_04: started\nweb:web_05: started\n"))
                self.assertEqual(sorted(d.pids()), sorted([*names, "api"]))
                self.assertEqual({n: p for n, p in d.pids().items() if n in before}, before)
                d.define(text + "stopwaitsecs=3\n")
                self.assertEqual(d.ctl("update")[0], 0)  # of another program
                self.assertEqual(len(d.pids()), 7)
                self.assertEqual(d.ctl("scale", "web", "3"),
                                 (0, "web: scaled from 6 to 3\nweb:web_05: stopped\nweb:web_04: stopped\nweb:web_03: stopped\n"))
                self.assertEqual({n: p for n, p in d.pids().items() if n != "api"}, {n: before[n] for n in names[:3]})
                self.assertEqual(d.ctl("plan"), (0, "No config updates to processes\n"))
                self.assertEqual(d.ctl("scale", "web", "--reset"), (0, "web: scaled from 3 to 4\nweb:web_03: started\n"))
                self.assertEqual(d.ctl("scale", "web", "1")[0], 0)
                d.define(text.replace("numprocs=4", "numprocs=8"))
                self.assertEqual(d.ctl("update")[0], 0)
                self.assertEqual(len(d.pids()), 9)

    def test_what_is_refused(self):
        with House(program("web", count=2) + program("api")) as d:
            for words, said in ((("api", "2"), "api: ERROR (process_name has no %(process_num)s)"),
                                (("zz", "2"), "zz: ERROR (no such program)"),
                                (("web", "x"), "web: ERROR (bad number of processes)"),
                                (("web", "-1"), "web: ERROR (bad number of processes)"),
                                (("web", "10001"), "web: ERROR (bad number of processes)")):
                self.assertEqual(d.ctl("scale", *words), (1, said + "\n"))
            self.assertEqual(d.ctl("scale", "web")[0], 2)
            self.assertEqual(len(d.pids()), 3)

    def test_to_none_and_back(self):
        with House(program("web", count=2) + "[group:g]\nprograms=web\n") as d:
            d.run("g:web_00", "g:web_01")
            self.assertEqual(d.ctl("scale", "web", "0")[0], 0)
            self.assertEqual(d.pids(), {})
            self.assertEqual(d.ctl("scale", "web", "2"),
                             (0, "web: scaled from 0 to 2\ng:web_00: started\ng:web_01: started\n"))

    def test_who_does_not_start_by_himself(self):
        with House(program("web", "autostart=false", count=1)) as d:
            self.assertEqual(d.ctl("scale", "web", "2"), (0, "web: scaled from 1 to 2\n"))
            self.assertEqual(d.infos()["web:web_01"]["statename"], "STOPPED")
            self.assertEqual(d.ctl("start", "web:web_00")[0], 0)
            self.assertEqual(d.ctl("scale", "web", "3"), (0, "web: scaled from 2 to 3\nweb:web_02: started\n"))

    def test_it_is_remembered(self):
        text = program("web", count=1) + program("api")
        with House(text, "statefile={dir}/state\n") as d:
            d.run("web:web_00")
            self.assertEqual(d.ctl("scale", "web", "3")[0], 0)
            self.assertEqual(d.ctl("reload")[0], 0)  # the daemon begins anew
            d.wait_for("supervisord started", 2)
            d.run("web:web_00", "web:web_01", "web:web_02")
            d.begin_anew()
            self.assertEqual(len(d.pids()), 4)
            self.assertEqual(d.ctl("plan"), (0, "No config updates to processes\n"))
            d.define(text.replace("numprocs=1", "numprocs=2"))
            d.begin_anew()
            self.assertEqual(len(d.pids()), 3)

    def test_it_outlives_a_worker_and_another_binary(self):
        with House(program("web", count=1), "survive=true\n") as d:
            d.run("web:web_00")
            self.assertEqual(d.ctl("scale", "web", "3")[0], 0)
            before = d.pids()
            d.kill_worker()
            self.assertEqual(d.ctl("plan"), (0, "No config updates to processes\n"))
            self.assertEqual(d.ctl("upgrade")[0], 0)
            self.assertEqual(d.ctl("plan"), (0, "No config updates to processes\n"))
            self.assertEqual(d.pids(), before)
            self.assertEqual(d.ctl("scale", "web", "--reset")[0], 0)
            self.assertEqual(len(d.pids()), 1)


if __name__ == "__main__":
    unittest.main()
