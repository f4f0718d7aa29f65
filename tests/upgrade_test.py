#!/usr/bin/env python3
"""Upgrade in place: another binary takes over in the same process, and nobody but the one who asked notices. Numbers are
vectors of docs/contract/survival.md. `make chaos` runs the long version (TROUPE_UPGRADES)."""
import http.client
import json
import os
import pwd
import random
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import unittest
import xmlrpc.client

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rpc_support import SERVER, client  # noqa: E402
from support import BIN, PATIENCE, ROOT, Daemon, alive, children_of, free_port, open_fds, sanitized, stat_fields, status_field, wait_until  # noqa: E402

PYTHON = sys.executable
UPGRADES = int(os.environ.get("TROUPE_UPGRADES", "25"))
PLUGINS = os.path.join(os.path.dirname(BIN), "plugins")
SCRIPTS = os.path.join(ROOT, "tests", "listeners")


class Seat(Daemon):
    """A daemon that runs from a copy of the binary that only root can change."""

    def __init__(self, text="", options="", **more):
        super().__init__(SERVER + text, options, start=False, **more)
        self.binary = os.path.join(self.dir, "supervisord")
        shutil.copy(os.path.join(BIN, "supervisord"), self.binary)
        os.chmod(self.binary, 0o755)
        self.argv[0] = self.binary
        self.start()
        self.wait_for(r"supervisord started with pid \d+")

    def script(self, name, text, mode=0o755):
        path = self.write(name, "#!/bin/sh\n" + text)
        os.chmod(path, mode)
        return path

    def ctl(self, *words, url=None):
        return subprocess.run([os.path.join(BIN, "supervisorctl"), "-s", url or f"unix://{self.dir}/s.sock", *words],
                              capture_output=True, text=True, timeout=PATIENCE)

    def upgrade(self, **how):
        with client(self) as proxy:
            return proxy.troupe.upgrade(how)

    def states(self):
        with client(self) as proxy:
            return {p["name"]: (p["statename"], p["pid"], p["start"]) for p in proxy.supervisor.getAllProcessInfo()}

    def settle(self, *names):
        wait_until(lambda: all(self.states()[name][0] == "RUNNING" for name in names), f"{names} to run")


def writer(name, more="", lives="", numbered=True):
    """A program that writes lines NAME:LIFE:N, at once and without end, or exits as `lives` says."""
    return (f"[program:{name}]\ncommand={PYTHON} -u {{dir}}/writer.py {name} {lives}\nstdout_logfile={{dir}}/{name}.out\n"
            f"stdout_logfile_maxbytes=0\nstartsecs=0\nstartretries=1000000\nautorestart=true\n{more}")


WRITER = """
import os, random, sys, time
name, mean = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 0
life = os.getpid()
end = time.monotonic() + (random.expovariate(1 / mean) if mean else 1e9)
n = 0
while time.monotonic() < end:
    os.write(1, f"{life}:{n}\\n".encode() * 1 if n % 7 else f"{life}:{n}:{'x' * random.randrange(3000)}\\n".encode())
    n += 1
    if n % 20 == 0:
        time.sleep(0.002)
with open(sys.argv[0] + ".ends." + name, "a") as f:
    f.write(f"{life} {n}\\n")
os._exit(life % 7 + 1)
"""


# Access control is on, and root may do everything.
DEAF = ("[program:deaf]\ncommand=/bin/sh -c 'trap \"\" TERM; echo deaf; while :; do read x; done'\nstopwaitsecs=1000\n"
        "stdout_logfile={dir}/deaf.out\nstartsecs=0\n[user:adm]\npassword=a\nroles=admin\n")


class Upgrade(unittest.TestCase):
    def test_everything_goes_on(self):  # 94, 128, 129
        with Seat(writer("w") + "[program:cat]\ncommand=/bin/cat\n[program:off]\ncommand=/bin/cat\nautostart=false\n",
                  files={"writer.py": WRITER}) as d:
            d.settle("w", "cat")
            before = d.states()
            said = d.ctl("upgrade", "--check")
            self.assertRegex(said.stdout, r"^supervisord: can be upgraded from (\S+) to \1\n$")
            said = d.ctl("upgrade")
            self.assertRegex(said.stdout, r"^supervisord: upgraded to the same version \S+ in \d+ ms "
                                          rf"\(pid {d.pid}, 2 processes, 1 client kept\)\n$")
            self.assertEqual((said.returncode, said.stderr), (0, ""))
            files, memory = open_fds(d.working_pid), status_field(d.working_pid, "VmRSS")
            for _ in range(UPGRADES):
                came = d.upgrade()
                self.assertEqual((came["pid"], came["processes"]), (d.pid, 2))
            self.assertEqual(d.states(), before)
            wait_until(lambda: open_fds(d.working_pid) <= files, "no descriptor more")
            if not sanitized(d.pid):
                self.assertLess(status_field(d.working_pid, "VmRSS"), memory + 4096)
            self.assertEqual(len(re.findall("INFO upgraded ", d.log())), UPGRADES + 1)
            with client(d) as proxy:  # it can still do everything
                proxy.supervisor.stopProcess("cat")
                proxy.supervisor.startProcess("cat")
                proxy.supervisor.startProcess("off")
            lines = [line.split(":") for line in d.read("w.out").splitlines()]
            self.assertEqual([int(line[1]) for line in lines[:-1]], list(range(len(lines) - 1)))
            self.assertEqual({line[0] for line in lines}, {str(before["w"][1])})

    def test_nothing_is_lost_where_programs_come_and_go(self):  # 80, 113, 117
        random.seed(11)
        names = [f"p{i}" for i in range(int(os.environ.get("TROUPE_WRITERS", "12")))]
        with Seat("".join(writer(name, lives="0.5") for name in names), "loglevel=info", files={"writer.py": WRITER}) as d:
            done, until = 0, time.monotonic() + max(4 * PATIENCE, UPGRADES)
            while done < UPGRADES and (time.monotonic() < until or done == 0):
                try:
                    d.upgrade()
                    done += 1
                except xmlrpc.client.Fault as fault:  # a machine that has too much to do
                    self.assertIn("did not come to rest within 2 s", fault.faultString)
            with client(d) as proxy:
                proxy.supervisor.stopAllProcesses()
            ended = d.log()
            self.assertNotIn("unknown pid", ended)
            self.assertEqual(len(re.findall("INFO upgraded ", ended)), done)
            for name in names:
                spawned = re.findall(rf"spawned: '{name}' with pid (\d+)", ended)
                exits = dict(re.findall(rf"exited: {name} \(exit status (\d+);.*", ended) and
                             [(str(i), code) for i, code in enumerate(re.findall(rf"exited: {name} \(exit status (\d+);", ended))])
                self.assertEqual([int(pid) % 7 + 1 for pid in spawned[:len(exits)]], [int(c) for c in exits.values()], name)
                self.assertIn(len(spawned) - len(exits), (0, 1), name)  # the last one was stopped
                try:
                    ends = dict(line.split() for line in d.read(f"writer.py.ends.{name}").splitlines())
                except FileNotFoundError:
                    ends = {}
                seen = {}
                for line in d.read(f"{name}.out").splitlines():
                    life, n = line.split(":")[:2]
                    self.assertEqual(int(n), seen.get(life, 0), f"{name}, life {life}")
                    seen[life] = int(n) + 1
                for life, count in ends.items():
                    self.assertEqual(seen.get(life, 0), int(count), f"{name}, life {life}")

    def test_what_was_under_way_goes_on(self):  # 114, 116, 118, 129
        with Seat("[program:slow]\ncommand=/bin/sh -c 'trap \"\" TERM; : > {dir}/deaf; while :; do read x; done'\nstopwaitsecs=8\nstartsecs=0\n"
                  "[program:bad]\ncommand=/bin/sh -c 'exit 3'\nstartretries=3\n"
                  "[program:late]\ncommand=/bin/cat\nstartsecs=8\n[program:once]\ncommand=/bin/true\nstartsecs=0\n"
                  "autorestart=false\n", "loglevel=info") as d:
            wait_until(lambda: os.path.exists(d.dir + "/deaf"), "slow not to hear TERM")
            wait_until(lambda: d.states()["bad"][0] == "BACKOFF", "a retry to come")
            with client(d) as proxy:
                proxy.supervisor.stopProcess("slow", False)
            late = d.states()["late"]
            self.assertEqual(late[0], "STARTING")
            d.upgrade()
            self.assertEqual(d.states()["slow"][0], "STOPPING")
            self.assertEqual(d.states()["late"], late)
            d.wait_for(r"WARN killing 'slow' \(\d+\) with SIGKILL")
            d.wait_for("gave up: bad entered FATAL state, too many start retries too quickly")
            self.assertEqual(len(re.findall("spawned: 'bad'", d.log())), 4)
            d.settle("late")
            self.assertEqual(len(re.findall("spawned: 'once'", d.log())), 1)
            wait_until(lambda: d.states()["slow"][0] == "STOPPED", "slow's end")
            d.upgrade()  # FATAL, EXITED and STOPPED stay what they are
            self.assertEqual({n: s[0] for n, s in d.states().items()},
                             {"slow": "STOPPED", "bad": "FATAL", "late": "RUNNING", "once": "EXITED"})

    def test_lines_and_captures_that_have_begun(self):
        with Seat(f"[program:t]\ncommand={PYTHON} -u {{dir}}/half.py\nstdout_logfile={{dir}}/t.out\nstdout_timestamp=rfc3339\n"
                  "stdout_capture_maxbytes=1MB\nstartsecs=0\n"
                  f"[eventlistener:l]\ncommand={PYTHON} {SCRIPTS}/scripted.py {{dir}}/l.out ok\nevents=PROCESS_COMMUNICATION\n",
                  "loglevel=info",
                  files={"half.py": "import os,signal,sys\nwait=lambda: signal.sigwait({signal.SIGUSR1})\n"
                                    "signal.pthread_sigmask(signal.SIG_BLOCK,{signal.SIGUSR1})\nw=lambda b: os.write(1,b)\n"
                                    "w(b'one ha');wait();w(b'lf\\ntwo<!--XSUPER');wait();w(b'VISOR:BEGIN-->cap');wait()\n"
                                    "w(b'ture<!--XSUPERVISOR:END-->\\nthree\\n');wait()\n"}) as d:
            d.settle("t", "l")
            for _ in range(4):
                d.upgrade()
                os.kill(d.states()["t"][1], signal.SIGUSR1)
            wait_until(lambda: "three" in d.read("t.out"), "the last line")
            self.assertEqual([line.split(" ", 1)[1] for line in d.read("t.out").splitlines()],
                             ["one half", "two", "three"])
            self.assertEqual(wait_until(lambda: re.findall(r"ncapture", d.read("l.out")), "the event"), ["ncapture"])

    def test_listeners_notice_nothing(self):  # 115
        with Seat(f"[eventlistener:l]\ncommand={PYTHON} {SCRIPTS}/scripted.py {{dir}}/l.out ok\nevents=REMOTE_COMMUNICATION\n"
                  "buffer_size=1000\n", "loglevel=info") as d:
            d.settle("l")
            sent = 0
            for _ in range(10):
                with client(d) as proxy:
                    for _ in range(20):
                        proxy.supervisor.sendRemoteCommEvent("t", f"number {sent}")
                        sent += 1
                d.upgrade()
            found = wait_until(lambda: (f := re.findall(r"number (\d+)", d.read("l.out"))) and len(f) >= sent and f, "all events")
            self.assertEqual([int(n) for n in found], list(range(sent)))
            serials = [int(n) for n in re.findall(r'"serial": "(\d+)"', d.read("l.out"))]
            self.assertEqual(serials, list(range(serials[0], serials[0] + sent)))

    def test_input_and_output_that_wait(self):  # 61, 116
        reader = ("import os,sys,time\nos.mkfifo(sys.argv[1])\nopen(sys.argv[1]).read()\n"
                  "n=0\nwhile n<300000: n+=len(os.read(0,65536))\nprint('all',n,flush=True)\nos.read(0,1)\n")
        with Seat(f"[program:r]\ncommand={PYTHON} {{dir}}/reader.py {{dir}}/gate\nstdout_logfile={{dir}}/r.out\nstartsecs=0\n"
                  f"[program:w]\ncommand={PYTHON} -c 'import os;os.write(1,b\"x\"*300000);os.write(1,b\"end\");os.read(0,1)'\n"
                  "stdout_logfile={dir}/full\nstdout_logfile_maxbytes=0\nstartsecs=0\nautostart=false\n",
                  "loglevel=info", files={"reader.py": reader}) as d:
            os.mkfifo(f"{d.dir}/full")
            sink = os.open(f"{d.dir}/full", os.O_RDONLY | os.O_NONBLOCK)
            d.settle("r")
            wait_until(lambda: stat.S_ISFIFO(os.stat(f"{d.dir}/gate").st_mode), "the gate")
            with client(d) as proxy:
                proxy.supervisor.sendProcessStdin("r", "i" * 300000)
                proxy.supervisor.startProcess("w")
            d.upgrade()
            open(f"{d.dir}/gate", "w").close()
            wait_until(lambda: "all 300000" in d.read("r.out"), "all of the input")
            got = bytearray()

            def take():
                try:
                    got.extend(os.read(sink, 65536))
                except BlockingIOError:
                    pass
                return got.endswith(b"end")
            wait_until(take, "all of the output")
            self.assertEqual(len(got), 300003)
            os.close(sink)

    def test_fastcgi_sockets(self):  # 62
        port = free_port()
        with Seat(f"[fcgi-program:f]\ncommand=/bin/sleep 1000\nsocket=tcp://127.0.0.1:{port}\nnumprocs=2\n"
                  "process_name=f%(process_num)d\nstartsecs=0\n", "loglevel=info") as d:
            d.settle("f0", "f1")
            made = d.log().count("Creating socket")
            d.upgrade()
            socket.create_connection(("127.0.0.1", port)).close()
            with client(d) as proxy:
                proxy.supervisor.stopProcess("f:f0")
                proxy.supervisor.startProcess("f:f0")  # on the same socket
                self.assertEqual(d.log().count("Creating socket"), made)
                closed = d.log().count("Closing socket")
                proxy.supervisor.stopProcessGroup("f")
            d.wait_for("Closing socket", closed + 1)
            self.assertRaises(ConnectionRefusedError, socket.create_connection, ("127.0.0.1", port))
            with client(d) as proxy:
                proxy.supervisor.startProcess("f:f0")
            socket.create_connection(("127.0.0.1", port)).close()

    def test_extensions_begin_anew(self):
        program = os.path.join(ROOT, "examples", "rpc_program", "host.py")
        with Seat(f"[rpcinterface:host]\ncommand={PYTHON} {program}\n", "loglevel=info") as d:
            def load():
                with client(d) as proxy:
                    try:
                        return proxy.host.load()
                    except xmlrpc.client.Fault:
                        return None
            wait_until(load, "the extension")
            before = set(children_of(d.pid))
            d.upgrade()
            wait_until(load, "the extension, again")
            wait_until(lambda: len(now := set(children_of(d.pid))) == 1 and not now & before, "one child, and another one")
            self.assertNotIn("unknown pid", d.log())

    def test_history_and_reports(self):
        with Seat("[history]\nfile={dir}/h.db\n[program:a]\ncommand=/bin/cat\n"
                  "[program:x]\ncommand=/bin/sh -c 'echo it is broken >&2; exit 3'\nautorestart=false\nstartsecs=0\nautostart=false\n",
                  "loglevel=info") as d:
            d.settle("a")
            for _ in range(3):
                d.upgrade()
            with client(d) as proxy:
                proxy.supervisor.startProcess("x")
            said = wait_until(lambda: (s := d.ctl("history").stdout) and "x " in s and s, "the history")
            self.assertEqual(len(re.findall(r"supervisord +started ", said)), 1)
            self.assertEqual(len(re.findall(r"supervisord +upgraded +(\S+) -> \1, \d+ ms", said)), 3)
            self.assertEqual(len(re.findall(r"\ba +STARTING -> RUNNING", said)), 1)
            wait_until(lambda: "it is broken" in d.ctl("why", "x").stdout, "the report")

    def test_who_cannot_be_taken_along_is_told(self):  # 66
        with Seat(DEAF) as d:
            wait_until(lambda: "deaf" in d.read("deaf.out"), "the trap")
            waiting, came = self.restart(d, "deaf")
            deaf = d.states()["deaf"]
            d.upgrade()
            waiting.join(PATIENCE)
            self.assertEqual(came, [(30, "FAILED: supervisord was upgraded; the request goes on")])
            self.assertEqual(d.states()["deaf"], deaf)
            os.kill(deaf[1], signal.SIGKILL)

    @staticmethod
    def restart(d, name):
        """A client that waits for two things, one after the other; once the first is under way."""
        came = []

        def run():
            with client(d) as proxy:
                try:
                    came.append(proxy.access.restartProcess(name))
                except xmlrpc.client.Fault as fault:
                    came.append((fault.faultCode, fault.faultString))
        thread = threading.Thread(target=run)
        thread.start()
        wait_until(lambda: d.states()[name][0] == "STOPPING", "its stop")
        return thread, came

    def test_the_daemon_itself_goes_on(self):  # 111, 123, 124, 127
        port = free_port()
        with Seat(f"[inet_http_server]\nport=127.0.0.1:{port}\n[program:a]\ncommand=/bin/cat\n[include]\nfiles=more.ini\n",
                  files={"more.ini": ""}) as d:
            d.settle("a")
            a = d.states()["a"]
            d.write("more.ini", "[program:env]\ncommand=/usr/bin/env\nstdout_logfile={dir}/env.out\nstartsecs=0\n")
            d.upgrade()
            self.assertEqual(d.states(), {"a": a})  # not read, not applied
            self.assertEqual(d.ctl("status", url=f"http://127.0.0.1:{port}").returncode, 0)
            self.assertEqual(d.ctl("update").stdout, "env: added process group\n")
            wait_until(lambda: "SUPERVISOR_ENABLED=1" in d.read("env.out"), "the environment")
            self.assertNotIn("TROUPE_PARCEL", d.read("env.out"))
            d.write("more.ini", "[broken\n")
            d.upgrade()
            self.assertEqual(d.states()["a"], a)
            self.assertEqual(set(d.states()), {"a", "env"})
            self.assertEqual(int(d.read("s.pid")), d.pid)
            d.write("more.ini", "")
            d.send(signal.SIGHUP)
            d.wait_for(r"supervisord started with pid \d+", 2)
            wait_until(lambda: set(d.states()) == {"a"}, "the daemon after HUP")
            d.upgrade()
            self.assertEqual(d.finish(), 0)
            self.assertFalse(os.path.exists(d.pid_path))
            self.assertFalse(os.path.exists(os.path.join(d.dir, "s.sock")))

    def test_in_the_background(self):
        with Seat("[program:a]\ncommand=/bin/cat\n", args=()) as d:
            d.process.wait(PATIENCE)
            d.pid = int(d.read("s.pid"))
            try:
                d.settle("a")
                a = d.states()["a"]
                self.assertEqual(d.upgrade()["pid"], d.pid)
                self.assertEqual(d.states()["a"], a)
            finally:
                os.kill(d.pid, signal.SIGTERM)
            wait_until(lambda: not alive(d.pid), "its end")


class AccessControl(unittest.TestCase):
    def test_the_rules_in_force_stay(self):
        port = free_port()
        rules = "[user:adm]\npassword=a\nroles=admin\n[user:vera]\npassword=v\nroles=viewer\n"
        with Seat(f"[inet_http_server]\nport=127.0.0.1:{port}\n[program:a]\ncommand=/bin/cat\n" + rules) as d:
            d.wait_for("success: a")

            def as_user(name, password):
                return xmlrpc.client.ServerProxy(f"http://{name}:{password}@127.0.0.1:{port}/RPC2")
            with as_user("vera", "v") as vera:
                with self.assertRaises(xmlrpc.client.Fault) as refused:
                    vera.troupe.upgrade({})
                self.assertEqual(refused.exception.faultCode, 403)
            with open(d.config) as f:
                text = f.read()
            with open(d.config, "w") as f:
                f.write(text.replace("password=v", "password=w").replace("password=a", "password=b"))
            with as_user("adm", "a") as adm:
                adm.supervisor.reloadConfig()
            with as_user("adm", "b") as adm:
                self.assertEqual(adm.troupe.upgrade()["processes"], 1)
            with as_user("vera", "w") as vera:
                self.assertEqual(vera.supervisor.getProcessInfo("a")["statename"], "RUNNING")
            with as_user("vera", "v") as vera:
                self.assertRaises(xmlrpc.client.ProtocolError, vera.supervisor.getState)


class Audit(unittest.TestCase):
    def test_what_it_came_to(self):
        with Seat("[audit]\nfile={dir}/audit\n" + DEAF + f"[rpcinterface:odd]\nsupervisor.rpcinterface_factory={PLUGINS}/odd.so:good\nhang={{dir}}/hang\n",
                  "upgradetimeout=1s") as d:
            wait_until(lambda: "deaf" in d.read("deaf.out"), "the trap")
            waiting, _ = Upgrade.restart(d, "deaf")
            d.upgrade()
            d.write("hang", "")
            self.assertEqual(d.ctl("upgrade").returncode, 1)
            with self.assertRaises(xmlrpc.client.Fault):
                d.upgrade(binary="/bin/false")
            waiting.join(PATIENCE)

            def ends(call, end):
                told = [json.loads(line) for line in d.read("audit").splitlines() if line.endswith("}")]
                of_call = [r for r in told if r.get("call") == call]
                return len(of_call) >= 2 * end and of_call
            told = wait_until(lambda: ends("troupe.upgrade", 3), "what the upgrades came to")
            self.assertEqual([r["outcome"] for r in told], ["begun", "done", "begun", "failed", "begun", "failed"])
            self.assertEqual([told[i]["id"] for i in (0, 2, 4)], [told[i]["id"] for i in (1, 3, 5)])
            self.assertTrue(all("ms" in r for r in told[1::2]))
            self.assertEqual((told[3]["fault"], told[5]["fault"]), (30, 30))
            waited = wait_until(lambda: ends("access.restartProcess", 1), "the end of what was under way")
            self.assertEqual([(r["outcome"], r["id"]) for r in waited], [("begun", waited[0]["id"]), ("failed", waited[0]["id"])])
            os.kill(d.states()["deaf"][1], signal.SIGKILL)


class Refusals(unittest.TestCase):
    def refused(self, d, reason, *words, **more):
        said = d.ctl("upgrade", *words, **more)
        self.assertEqual((said.returncode, said.stdout), (1, f"supervisord: ERROR ({reason})\n"))

    def test_files_that_are_none_of_ours(self):  # 98, 99, 100, 101, 126
        with Seat("[program:a]\ncommand=/bin/cat\n") as d:
            d.settle("a")
            a = d.states()
            at = d.dir

            def both(path, reason):
                self.refused(d, f"cannot be upgraded: {reason}", "--check", "--binary", path)
                self.refused(d, f"not upgraded: {reason}", f"--binary={path}")
            both(f"{at}/none", f"{at}/none: No such file or directory")
            both(at, f"{at}: Is a directory")
            both(d.script("plain", "", 0o644), f"{at}/plain: Permission denied")
            both("supervisord", "supervisord is not an absolute path")
            both("/bin/true", "/bin/true is not Troupe's supervisord")
            both(d.script("text", "echo Troupe\n"), f"{at}/text is not Troupe's supervisord")
            both(d.script("old", "echo troupe parcel 7-8 0.0.1\n"),
                 f"{at}/old understands formats 7 to 8, this is 1")
            both(d.script("no", "echo troupe parcel 1-1 9.9\necho it is too late\nexit 1\n"), f"{at}/no: it is too late")
            both(d.script("dead", "echo troupe parcel 1-1 9.9\nkill -9 $$\n"), f"{at}/dead: terminated by SIGKILL")
            both(d.script("much", f"echo troupe parcel 1-1 9.9\n{PYTHON} -c 'print(\"x\" * 1000000)'\nexit 2\n"),
                 f"{at}/much: " + "x" * (4096 - len("troupe parcel 1-1 9.9\n")))
            both(d.script("open", "", 0o777), f"{at}/open can be written by others")
            os.mkdir(f"{at}/folder")
            shutil.copy(d.binary, f"{at}/folder/supervisord")
            os.chmod(f"{at}/folder", 0o777)
            both(f"{at}/folder/supervisord", f"{at}/folder/supervisord can be written by others")
            os.symlink(f"{at}/folder/supervisord", f"{at}/link")
            both(f"{at}/link", f"{at}/link can be written by others")
            self.assertEqual(d.states(), a)
            self.assertEqual(d.ctl("upgrade", "--nonsense").returncode, 1)

    def test_who_may(self):  # 100
        port = free_port()
        with Seat(f"[inet_http_server]\nport=127.0.0.1:{port}\n[program:a]\ncommand=/bin/cat\n") as d:
            d.settle("a")
            self.refused(d, "not upgraded: a binary can only be chosen over a unix socket, by root or by the user that "
                            "supervisord runs as", "--binary", d.binary, url=f"http://127.0.0.1:{port}")
            self.assertEqual(d.ctl("upgrade", url=f"http://127.0.0.1:{port}").returncode, 0)
            if os.geteuid() == 0:
                os.chmod(f"{d.dir}/s.sock", 0o777)
                other = pwd.getpwnam("www-data")
                said = subprocess.run(
                    ["setpriv", f"--reuid={other.pw_uid}", f"--regid={other.pw_gid}", "--clear-groups",
                     os.path.join(BIN, "supervisorctl"), "-s", f"unix://{d.dir}/s.sock", "upgrade", "--binary", "/bin/true"],
                    capture_output=True, text=True)
                self.assertIn("a binary can only be chosen", said.stdout)

    def test_one_at_a_time(self):  # 101, 110
        with Seat("[program:a]\ncommand=/bin/cat\n") as d:
            d.settle("a")
            slow = d.script("slow", "cat > /dev/null; echo troupe parcel 1-1 9.9; read x < {dir}/fifo; exit 1\n")
            os.mkfifo(f"{d.dir}/fifo")
            first = threading.Thread(target=lambda: d.ctl("upgrade", "--check", "--binary", slow))
            first.start()
            gate = os.open(f"{d.dir}/fifo", os.O_WRONLY)  # the check is under way
            self.refused(d, "not upgraded: another upgrade is under way")
            os.close(gate)
            first.join(PATIENCE)
            self.assertEqual(d.ctl("upgrade").returncode, 0)

    def test_what_hangs_is_given_up(self):  # 101
        with Seat("[program:a]\ncommand=/bin/cat\n") as d:
            hangs = d.script("hangs", "exec sleep 1000\n")
            self.refused(d, f"not upgraded: {hangs}: it was not done with the check after 5 s", "--binary", hangs)
            wait_until(lambda: len(children_of(d.pid)) == 1, "the end of what hung")

    def test_gone_back(self):  # 104, 105
        with Seat(writer("w"), files={"writer.py": WRITER}) as d:
            d.settle("w")
            before = d.states()
            # It passes the check, and finds no parcel when it counts; who goes on in its place does.
            again = "exec {dir}/supervisord -n -c {dir}/s.conf\n"
            d.script("old", 'set -- $TROUPE_PARCEL\nshift 2\nexport TROUPE_PARCEL="$REAL $*"\nunset REAL\n' + again)
            cheat = d.script("cheat", 'case "$1" in --parcel-check) exec {dir}/supervisord "$@";; esac\n'
                                      'export REAL="$TROUPE_PARCEL"\nexec 9<{dir}/old\nexport TROUPE_PARCEL="0 9"\n' + again)
            said = d.ctl("upgrade", "--binary", cheat)
            self.assertEqual(said.returncode, 1)
            self.assertRegex(said.stdout, rf"^supervisord: ERROR \(not upgraded: {cheat}: this is no parcel; \S+ goes on\)\n$")
            self.assertEqual(d.states(), before)
            vanishes = d.script("vanishes", 'rm -f "$0"; exec {dir}/supervisord "$@"\n')
            self.refused(d, f"not upgraded: {vanishes}: ENOENT", "--binary", vanishes)
            self.assertEqual(d.states(), before)
            with client(d) as proxy:
                proxy.supervisor.stopProcess("w")
            self.assertEqual(d.ctl("upgrade").returncode, 0)

    def test_one_that_hangs(self):  # 107
        with Seat(writer("w") + f"[rpcinterface:odd]\nsupervisor.rpcinterface_factory={PLUGINS}/odd.so:good\nhang={{dir}}/hang\n",
                  "upgradetimeout=1s", files={"writer.py": WRITER}) as d:
            d.settle("w")
            before = d.states()
            d.write("hang", "")  # the next one that loads the plug-in hangs
            said = d.ctl("upgrade")
            self.assertRegex(said.stdout, rf"^supervisord: ERROR \(not upgraded: {d.binary} was not ready within 1 s; \S+ goes on\)\n$")
            self.assertEqual(said.returncode, 1)
            self.assertFalse(os.path.exists(f"{d.dir}/hang"))
            self.assertEqual(d.states(), before)
            self.assertEqual(d.ctl("upgrade").returncode, 0)
            os.kill(d.pid, 0)
            self.assertEqual(d.states(), before)
            lines = [line.split(":") for line in d.read("w.out").splitlines()]
            self.assertEqual([int(line[1]) for line in lines[:-1]], list(range(len(lines) - 1)))

    def test_who_does_not_come_to_rest(self):  # 102
        answer = "import os,sys\nos.write(1,b'READY\\n')\nsys.stdin.readline()\na=sys.argv[1].encode()\n" \
                 "os.write(1,b'RESULT %d\\n%s'%(len(a),a))\nsys.stdin.read()\n"
        with Seat(f"[eventlistener:l]\ncommand={PYTHON} {{dir}}/l.py {{dir}}/gate\nevents=REMOTE_COMMUNICATION\n"
                  f"result_handler={PLUGINS}/odd.so:waiting_judge\n", "upgradetimeout=1s", files={"l.py": answer}) as d:
            d.settle("l")
            os.mkfifo(f"{d.dir}/gate")
            with client(d) as proxy:
                proxy.supervisor.sendRemoteCommEvent("t", "x")
            wait_until(lambda: d.ctl("upgrade").stdout ==  # once the handler has been asked
                       "supervisord: ERROR (not upgraded: a result_handler did not come to rest within 0.2 s)\n", "the refusal")
            open(f"{d.dir}/gate", "w").close()  # once it has opened it, too
            self.assertEqual(d.ctl("upgrade").returncode, 0)

    def test_while_it_stops(self):  # 111
        with Seat("[program:a]\ncommand=/bin/sh -c 'trap \"\" TERM; echo ready; while :; do read x; done'\nstopwaitsecs=1000\n"
                  "stdout_logfile={dir}/a.out\n") as d:
            wait_until(lambda: "ready" in d.read("a.out"), "the trap")
            pid = d.states()["a"][1]
            d.send(signal.SIGTERM)
            d.wait_for("waiting for a to die")
            self.assertEqual(d.ctl("upgrade").returncode, 1)
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    unittest.main()
