#!/usr/bin/env python3
"""The real supervisord on real children: what an operator sees. Names in comments are vectors of the specifications."""
import ctypes
import os
import pwd
import re
import resource
import signal
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rpc_support import SERVER, client, fault_of  # noqa: E402
from support import (BIN, PATIENCE, SURVIVE, PORTABLE, Daemon, alive, children_of, free_port, open_fds, sanitized, status_field,  # noqa: E402
                     wait_until)

ROOT_USER = os.getuid() == 0
root_only = unittest.skipUnless(ROOT_USER, "needs root")


def as_user(uid):
    def become():
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    return become


def exchanging(first, second, uid):
    """The pid of a process of `uid` that exchanges the two for ever, atomically: either name is always there."""
    rename, names = ctypes.CDLL(None).renameat2, (os.fsencode(first), os.fsencode(second))
    pid = os.fork()
    if pid == 0:
        try:
            as_user(uid)()
            while rename(-100, names[0], -100, names[1], 2) == 0:  # AT_FDCWD; RENAME_EXCHANGE
                pass
        finally:
            os._exit(1)
    return pid


class StartAndStop(unittest.TestCase):
    def test_runs_restarts_and_stops(self):
        with Daemon("[program:cat]\ncommand=/bin/cat\nstartsecs=0\n") as d:
            first = d.pid_of("cat")
            d.wait_for("success: cat entered RUNNING state, process has stayed up for > than 0 seconds")
            os.kill(first, signal.SIGKILL)
            second = d.pid_of("cat", 2)
            self.assertIn("WARN exited: cat (terminated by SIGKILL; not expected)", d.records())
            self.assertEqual(d.finish(), 0)
            self.assertFalse(alive(second))
            self.assertIn("WARN stopped: cat (terminated by SIGTERM)", d.records())
            self.assertFalse(os.path.exists(d.pid_path))

    def test_gives_up_after_startretries(self):  # V040 to V042
        with Daemon("[program:p]\ncommand=/bin/false\nstartretries=1\nstartsecs=30\n[program:q]\ncommand=/nonexistent/q\nstartretries=0\n") as d:
            d.wait_for("gave up: p entered FATAL state, too many start retries too quickly")
            d.wait_for("gave up: q entered FATAL state")
            self.assertEqual(len(re.findall("spawned: 'p'", d.log())), 2)
            self.assertIn("INFO spawnerr: can't find command '/nonexistent/q'", d.records())

    def test_start_order_is_by_priority_then_table(self):  # V080
        with Daemon("[program:f3]\ncommand=/bin/cat\npriority=9999\n[program:zz]\ncommand=/bin/cat\npriority=5\n"
                    "[program:aa]\ncommand=/bin/cat\npriority=1\n[program:first]\ncommand=/bin/cat\npriority=7\n"
                    "[group:g]\nprograms=f3,zz,aa\n") as d:
            d.wait_for("spawned:", 4)
            self.assertEqual(re.findall(r"spawned: '(\w+)'", d.log()), ["first", "f3", "zz", "aa"])

    def test_groups_stop_one_after_the_other(self):  # V083a, V084
        with Daemon("[program:a]\ncommand=/bin/cat\npriority=1\n[program:b]\ncommand=/bin/cat\npriority=2\n[program:many]\ncommand=/bin/cat\n"
                    "numprocs=2\nnumprocs_start=5\nprocess_name=%(program_name)s_%(process_num)02d\n") as d:
            d.wait_for("spawned:", 4)
            self.assertEqual(d.finish(), 0)
            order = [r for r in d.records() if r.startswith(("DEBG killing", "WARN stopped"))]
            self.assertEqual(re.findall(r"DEBG killing (\w+)", "\n".join(order)), ["many_06", "many_05", "b", "a"])
            self.assertLess(order.index("WARN stopped: b (terminated by SIGTERM)"),
                            next(i for i, r in enumerate(order) if r.startswith("DEBG killing a ")))
            self.assertIn("INFO waiting for a, b, many_05, many_06 to die", d.records())

    def test_kills_what_ignores_its_stop_signal(self):  # V068
        with Daemon("[program:p]\ncommand=/bin/sh -c \"trap '' TERM; echo up; while :; do sleep 1; done\"\n"
                    "stopwaitsecs=1\nkillasgroup=true\nstdout_logfile={dir}/p.log\n") as d:
            pid = d.pid_of("p")
            wait_until(lambda: os.path.exists(d.dir + "/p.log") and "up" in d.read("p.log"), "the trap to be set")
            self.assertEqual(d.finish(), 0)
            self.assertIn(f"WARN killing 'p' ({pid}) with SIGKILL", d.records())
            self.assertIn(f"DEBG killing p (pid {pid}) process group with signal SIGKILL", d.records())
            self.assertIn("WARN stopped: p (terminated by SIGKILL)", d.records())

    def test_second_term_only_logs(self):
        with Daemon("[program:p]\ncommand=/bin/sh -c \"trap '' TERM; echo up; while [ ! -e {dir}/go ]; do sleep 0.01; done\"\n"
                    "stopwaitsecs=600\nstdout_logfile={dir}/p.log\n") as d:
            wait_until(lambda: os.path.exists(d.dir + "/p.log") and "up" in d.read("p.log"), "the trap to be set")
            d.send(signal.SIGTERM)
            d.wait_for("received SIGTERM")
            d.send(signal.SIGHUP)  # C313
            d.wait_for("WARN ignored SIGHUP indicating restart request \\(shutdown in progress\\)")
            d.send(signal.SIGTERM)
            d.wait_for("WARN received SIGTERM indicating exit request", 2)
            d.write("go", "")
            self.assertEqual(d.process.wait(PATIENCE), 0)
            self.assertEqual(len(re.findall("WARN received SIGTERM indicating exit request", d.log())), 2)

    def test_each_exit_signal(self):  # C311
        for signo in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            with Daemon("[program:p]\ncommand=/bin/cat\n") as d:
                d.pid_of("p")
                self.assertEqual(d.finish(signo), 0)
                self.assertIn(f"WARN received {signo.name} indicating exit request", d.records())
                self.assertFalse(os.path.exists(d.pid_path))

    def test_hup_restarts_in_the_same_process_with_the_new_file(self):  # C312
        with Daemon("[program:p]\ncommand=/bin/cat\n") as d:
            d.pid_of("p")
            d.write("s.conf", d.read("s.conf") + "[program:q]\ncommand=/bin/cat\n")
            d.send(signal.SIGHUP)
            d.pid_of("q")
            self.assertEqual(re.findall(r"supervisord started with pid (\d+)", d.log()), [str(d.pid)] * 2)
            before = open_fds(d.working_pid)
            d.pid_of("p", 2)
            d.send(signal.SIGHUP)
            d.pid_of("q", 2)
            d.pid_of("p", 3)
            wait_until(lambda: open_fds(d.working_pid) <= before + 1, "no descriptor to be left behind by a restart")

    def test_broken_file_at_hup_ends_after_the_children(self):  # C315
        with Daemon("[program:p]\ncommand=/bin/cat\n") as d:
            pid = d.pid_of("p")
            d.write("s.conf", "[supervisord]\nnonsense\n")
            d.send(signal.SIGHUP)
            status, err = d.refusal()
            self.assertEqual(status, 2)
            self.assertIn("Error: Source contains parsing errors", err)
            self.assertFalse(alive(pid))

    @root_only
    def test_privileges_are_not_regained_by_hup(self):  # C316
        with Daemon("[program:p]\ncommand=/bin/cat\n", options="user=nobody", start=False) as d:
            os.chown(d.dir, 65534, 65534)
            d.start()
            pid = d.pid_of("p")
            d.write("s.conf", d.read("s.conf").replace("user=nobody", "user=root"))
            d.send(signal.SIGHUP)
            status, err = d.refusal()
            self.assertEqual(status, 2)
            self.assertIn("Error: Can't drop privilege as nonroot user\n", err)
            self.assertFalse(alive(pid))

    @unittest.skipIf(SURVIVE, "with a keeper USR1 is an upgrade")
    def test_usr1_has_its_default_effect(self):  # C317
        with Daemon() as d:
            d.started()
            self.assertEqual(d.finish(signal.SIGUSR1), -signal.SIGUSR1)

    def test_usr2_reopens_logs(self):  # C318, V114
        with Daemon("[program:p]\ncommand=/bin/sh -c 'while read x; do :; done & while :; do echo line; sleep 0.05; done'\n"
                    "stdout_logfile={dir}/p.log\nstopasgroup=true\n") as d:
            wait_until(lambda: os.path.exists(d.dir + "/p.log") and d.read("p.log"), "output")
            os.rename(d.log_path, d.log_path + ".old")
            os.rename(d.dir + "/p.log", d.dir + "/p.old")
            d.send(signal.SIGUSR2)
            wait_until(lambda: os.path.exists(d.dir + "/p.log") and d.read("p.log"), "the child's new log")
            wait_until(lambda: os.path.exists(d.log_path), "the new main log")
            self.assertIn("INFO received SIGUSR2 indicating log reopen request", d.read("main.log.old"))
            self.assertIn("INFO supervisord logreopen", d.read("main.log.old"))

    def test_daemonizes(self):  # C307
        with Daemon("[program:p]\ncommand=/bin/sh -c 'umask > {dir}/umask; pwd > {dir}/wd; exec cat'\n",
                    options="umask=077\ndirectory={dir}/wdir", args=(), start=False) as d:
            os.mkdir(d.dir + "/wdir")
            d.start()
            self.assertEqual(d.process.wait(PATIENCE), 0)
            wait_until(lambda: "success: p" in d.log(), "the program to run")
            wait_until(lambda: d.read("wd").strip(), "the child to speak")
            pid = int(d.read("s.pid"))
            self.assertEqual(os.getsid(pid), pid)
            self.assertEqual(d.read("umask").strip(), "0077")
            self.assertEqual(d.read("wd").strip(), os.path.realpath(d.dir + "/wdir"))
            self.assertIn("INFO daemonizing the supervisord process", d.records())
            self.assertIn(f"INFO set current directory: '{d.dir}/wdir'", d.records())
            os.kill(pid, signal.SIGTERM)
            wait_until(lambda: not os.path.exists(d.pid_path), "the daemon to end")

    def test_foreground_keeps_umask_and_directory(self):  # C308, K7
        with Daemon("[program:p]\ncommand=/bin/sh -c 'umask > {dir}/umask; exec cat'\n", options="umask=077\ndirectory=/") as d:
            d.pid_of("p")
            mask = os.umask(0)
            os.umask(mask)
            wait_until(lambda: os.path.exists(d.dir + "/umask") and d.read("umask").strip(), "the child to speak")
            self.assertEqual(int(d.read("umask"), 8), mask)

    def test_copy_on_stdout_that_nobody_reads_blocks_nothing(self):
        with Daemon("[program:p]\ncommand=/bin/sh -c 'while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done'\n"
                    "stdout_logfile={dir}/p.log\n[program:q]\ncommand=/bin/cat\n", pipe=True) as d:
            d.wait_for("success: q")
            wait_until(lambda: os.path.getsize(d.log_path) > 500000, "the main log to grow past what a pipe holds")
            self.assertEqual(d.finish(), 0)

    def test_started_without_stdio(self):
        with Daemon("[program:p]\ncommand=/bin/sh -c 'echo out; exec cat'\nstdout_logfile={dir}/p.log\n", start=False) as d:
            d.argv = ["/bin/sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *d.argv]
            d.start()
            d.wait_for("success: p")
            wait_until(lambda: d.read("p.log") == "out\n", "the child's line")
            self.assertEqual([os.readlink(f"/proc/{d.working_pid}/fd/{fd}") for fd in range(3)], ["/dev/null"] * 3)

    def test_silent(self):  # C309
        with Daemon("[program:p]\ncommand=/bin/cat\n", args=("-n", "-s")) as d:
            d.pid_of("p")
            self.assertEqual(d.finish(), 0)
            self.assertEqual(d.read("stdout"), "")
        with Daemon("[program:p]\ncommand=/bin/cat\n") as d:
            d.pid_of("p")
            d.finish()
            self.assertEqual(d.read("stdout"), d.log())


class Children(unittest.TestCase):
    HANDLED = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR2)

    def look(self, options="", head="", preexec=None):
        """What a child sees of itself."""
        script = ("import os,json,signal\n"
                  "s={l.split(':')[0]:l.split(':')[1].strip() for l in open('/proc/self/status') if ':' in l}\n"
                  "fds=sorted(int(f) for f in os.listdir('/proc/self/fd'))\n"
                  "print(json.dumps({'fds':fds,'blk':s['SigBlk'],'ign':s['SigIgn'],'pgid':os.getpgid(0)==os.getpid(),"
                  "'uid':os.getresuid(),'gid':os.getresgid(),'groups':s['Groups'],'env':dict(os.environ),'cwd':os.getcwd()}),flush=True)\n"
                  "signal.pause()\n")
        with Daemon("[program:p]\ncommand=/usr/bin/python3 {dir}/look.py\nstdout_logfile={dir}/p.log\n" + options,
                    options=head, files={"look.py": script}, preexec=preexec) as d:
            import json
            wait_until(lambda: os.path.exists(d.dir + "/p.log") and d.read("p.log").endswith("}\n"), "the child's answer")
            return json.loads(d.read("p.log"))

    def test_sees_three_descriptors_no_mask_and_its_own_group(self):  # V034
        seen = self.look()
        self.assertEqual([fd for fd in seen["fds"] if fd < 3], [0, 1, 2])
        self.assertLessEqual(len(seen["fds"]), 4)  # and the one that lists them
        self.assertEqual(int(seen["blk"], 16), 0)
        with open("/proc/self/status") as f:  # whoever runs the tests may have handed down more, but nothing we handle
            inherited = int(re.search(r"SigIgn:\s*([0-9a-f]+)", f.read()).group(1), 16)
        for signo in self.HANDLED:
            inherited &= ~(1 << (signo - 1))
        threads = 0x180000000  # signals 32 and 33 belong to libc
        self.assertEqual(int(seen["ign"], 16) & ~threads, (0x1001000 | inherited) & ~threads)
        self.assertTrue(seen["pgid"])

    def test_a_daemon_launched_with_signals_ignored_and_blocked(self):
        """As by `nohup`, `trap '' TERM`, a shell's `&` or perl's $SIG{CHLD}="IGNORE"."""
        def launched():
            for signo in self.HANDLED:
                signal.signal(signo, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, self.HANDLED)
        seen = self.look(preexec=launched)  # which also ends the daemon by TERM
        self.assertEqual(int(seen["blk"], 16), 0)
        for signo in self.HANDLED:
            self.assertFalse(int(seen["ign"], 16) >> (signo - 1) & 1, signo)
        with Daemon("[program:p]\ncommand=/bin/sleep 3600\nstopsignal=INT\n[program:q]\ncommand=/bin/true\nstartsecs=0\n"
                    "autorestart=false\n", preexec=launched) as d:
            d.wait_for("INFO exited: q \\(exit status 0; expected\\)")  # CHLD arrives
            d.pid_of("p")
            d.send(signal.SIGHUP)
            d.wait_for("stopped: p \\(terminated by SIGINT\\)")
            d.pid_of("p", 2)
            self.assertEqual(d.finish(signal.SIGQUIT), 0)

    @root_only
    def test_opens_its_own_stdio_as_another_user(self):
        script = "for f in stdin stdout stderr; do true <>/dev/$f || echo no $f; done; echo mine > /dev/stdout; exec sleep 99"
        with Daemon(f"[program:p]\ncommand=/bin/sh -c '{script}'\nuser=nobody\nstdout_logfile={{dir}}/p.log\n"
                    "redirect_stderr=true\n") as d:
            wait_until(lambda: os.path.exists(d.dir + "/p.log") and d.read("p.log") == "mine\n", "what it wrote")

    @root_only
    def test_runs_as_another_user_with_all_groups(self):
        seen = self.look("user=nobody\n")
        who = pwd.getpwnam("nobody")
        self.assertEqual(seen["uid"], [who.pw_uid] * 3)
        self.assertEqual(seen["gid"], [who.pw_gid] * 3)
        self.assertEqual(sorted(map(int, seen["groups"].split())), sorted(os.getgrouplist("nobody", who.pw_gid)))
        self.assertEqual(seen["env"].get("HOME"), os.environ.get("HOME"))

    def test_environment_layers(self):  # V035, V036
        seen = self.look("environment=BOTH=\"p\",OWN=\"%(program_name)s\"\ndirectory=/\n",
                         "environment=SUPERVISOR_ENABLED=\"no\",BOTH=\"g\"\n")
        self.assertEqual(seen["env"]["SUPERVISOR_ENABLED"], "no")
        self.assertEqual(seen["env"]["BOTH"], "p")
        self.assertEqual(seen["env"]["OWN"], "p")
        self.assertEqual(seen["env"]["SUPERVISOR_PROCESS_NAME"], "p")
        self.assertEqual(seen["env"]["SUPERVISOR_GROUP_NAME"], "p")
        self.assertNotIn("SUPERVISOR_SERVER_URL", seen["env"])
        self.assertEqual(seen["cwd"], "/")


class FailingSpawns(unittest.TestCase):
    def failing(self, program, pattern, **kwargs):
        with Daemon("[program:p]\n" + program + "\nstartretries=3\n[program:other]\ncommand=/bin/cat\nstartsecs=0\n", **kwargs) as d:
            d.wait_for("success: other")
            d.wait_for(pattern, 2)  # BACKOFF, and tried again
            self.assertIsNone(d.process.poll())

    def test_texts(self):  # V013 to V024
        folder = tempfile.mkdtemp(prefix="troupe-test-")
        self.addCleanup(shutil.rmtree, folder)
        plain = os.path.join(folder, "plain")
        open(plain, "w").close()
        os.chmod(plain, 0o644)
        for command, text in {
            "nosuchcmd": "can't find command 'nosuchcmd'",
            "/tmp": "command at '/tmp' is a directory",
            plain: f"command at '{plain}' is not executable",
            "/bin/echo \"foo": "can't parse command of [program:p]: No closing quotation (character 11)",
        }.items():
            self.failing("command=" + command, "INFO spawnerr: " + re.escape(text) + "\n")

    def test_exec_failures_are_said_in_the_log(self):  # V027
        with Daemon("[program:p]\ncommand={dir}/script\nstderr_logfile={dir}/p.err\n", files={"script": "\x01no magic\n"},
                    start=False) as d:
            os.chmod(d.dir + "/script", 0o755)
            d.start()
            d.wait_for(r"WARN exited: p \(exit status 127; not expected\)")
            text = d.read("p.err")
            self.assertTrue(text.startswith(f"supervisor: couldn't exec {d.dir}/script: ENOEXEC\n"
                                            "supervisor: child process was not spawned\n"), text)

    def test_missing_directory(self):  # V028, V030
        with Daemon("[program:p]\ncommand=/bin/cat\ndirectory=/nonexistent/dir\nstdout_logfile={dir}/p.out\nredirect_stderr=true\n") as d:
            d.wait_for(r"WARN exited: p \(exit status 127; not expected\)")
            self.assertTrue(d.read("p.out").startswith("supervisor: couldn't chdir to /nonexistent/dir: ENOENT\n"
                                                       "supervisor: child process was not spawned\n"))

    @root_only
    def test_user_that_cannot_be_taken(self):  # V029
        with Daemon("[program:p]\ncommand=/bin/cat\nuser=nobody\nstderr_logfile={dir}/p.err\n", start=False) as d:
            os.chown(d.dir, 1, 1)
            d.start(as_user(1))
            d.wait_for(r"WARN exited: p \(exit status 127; not expected\)")
            self.assertTrue(d.read("p.err").startswith(
                "supervisor: couldn't setuid to 65534: Can't drop privilege as nonroot user\n"))

    def test_log_that_is_a_directory(self):  # V031
        with Daemon("[program:p]\ncommand=/bin/cat\nstdout_logfile={dir}/sub\nstartretries=100\n", start=False) as d:
            os.mkdir(d.dir + "/sub")
            d.start()
            d.wait_for("INFO spawnerr: unknown error making dispatchers for 'p': EISDIR \\(log " + re.escape(d.dir + "/sub)"))
            before = open_fds(d.working_pid)
            d.wait_for("INFO spawnerr: unknown error making dispatchers for 'p': EISDIR \\(log ", 2)
            wait_until(lambda: open_fds(d.working_pid) <= before, "no descriptor to be left behind")  # 10.11

    def test_too_many_open_files(self):  # V032
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))
        text = "".join(f"[program:p{i:02d}]\ncommand=/bin/cat\nstartsecs=0\nstartretries=1\n" for i in range(20))
        with Daemon(text, options="minfds=10", start=False) as d:
            d.start(limit)
            d.wait_for(r"INFO spawnerr: too many open files to spawn 'p\d\d'", 3)
            d.wait_for(r"(success|gave up): p\d\d entered", 20)  # nobody else wants the room that there will be
            self.assertIsNone(d.process.poll())
            os.kill(d.pid_of("p00"), signal.SIGKILL)  # makes room: life goes on
            d.pid_of("p00", 2)

    @root_only
    def test_too_many_processes(self):  # V033
        def limit():
            resource.setrlimit(resource.RLIMIT_NPROC, (20, 20))
            as_user(64123)()
        text = "".join(f"[program:p{i:02d}]\ncommand=/bin/cat\nstartsecs=0\nstartretries=1\n" for i in range(40))
        with Daemon(text, options="minprocs=10", start=False) as d:
            os.chown(d.dir, 64123, 64123)
            d.start(limit)
            d.wait_for(r"INFO spawnerr: Too many processes in process table to spawn 'p\d\d'", 3)
            self.assertIsNone(d.process.poll())

    @root_only
    def test_no_room_for_a_thread(self):
        """Reading the configuration again is refused; everything else goes on, and later it is read."""
        def limit():
            resource.setrlimit(resource.RLIMIT_NPROC, (20, 20))
            as_user(64124)()
        text = SERVER + "".join(f"[program:p{i:02d}]\ncommand=/bin/cat\nstartsecs=0\nstartretries=1\n" for i in range(40))
        with Daemon(text, options="minprocs=10", start=False) as d:
            os.chown(d.dir, 64124, 64124)
            d.start(limit)
            d.wait_for(r"(success|gave up): p\d\d entered", 40)  # nobody else wants the room that there will be
            supervisor = client(d).supervisor
            for _ in range(2):
                code, reason = fault_of(supervisor.reloadConfig)
                self.assertEqual(code, 92)
                self.assertTrue(reason.startswith("CANT_REREAD: no thread to read the configuration on"), reason)
            self.assertTrue(supervisor.stopProcess("p00"))  # makes room
            self.assertEqual(supervisor.reloadConfig(), [[[], [], []]])
            self.assertEqual(d.finish(), 0)


class Logs(unittest.TestCase):
    def test_auto_none_and_redirect(self):  # V120
        with Daemon("[program:p]\ncommand=/bin/sh -c 'echo out; echo err >&2; exec cat'\n"
                    "[program:r]\ncommand=/bin/sh -c 'echo out; echo err >&2; exec cat'\nredirect_stderr=true\n"
                    "[program:n]\ncommand=/bin/sh -c 'echo out; exec cat'\nstdout_logfile=NONE\nstderr_logfile=off\n") as d:
            d.wait_for("spawned:", 3)
            logs = lambda: {re.sub("-[a-z0-9_]{8}\\.log$", "", f): f for f in os.listdir(d.dir) if "---" in f}
            self.assertEqual(sorted(logs()), ["p-stderr---supervisor", "p-stdout---supervisor", "r-stdout---supervisor"])
            wait_until(lambda: d.read(logs()["p-stdout---supervisor"]) == "out\n", "stdout")
            wait_until(lambda: d.read(logs()["p-stderr---supervisor"]) == "err\n", "stderr")
            wait_until(lambda: d.read(logs()["r-stdout---supervisor"]) == "out\nerr\n", "both")
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(d.dir, logs()["p-stdout---supervisor"])).st_mode), 0o600)

    def test_old_auto_logs_are_removed(self):  # C319
        names = {"p-stdout---ID-abc.log": "", "p-stdout---ID-abc.log.1": "", "keep---OTHER-x.log": "", "x---ID-y.logfoo": ""}
        with Daemon(options="identifier=ID", files=names) as d:
            d.started()
            self.assertEqual(sorted(f for f in os.listdir(d.dir) if "---" in f), ["keep---OTHER-x.log", "x---ID-y.logfoo"])
        with Daemon(options="identifier=ID", files=names, args=("-n", "-k")) as d:
            d.started()
            self.assertEqual(len([f for f in os.listdir(d.dir) if "---" in f]), 4)

    def test_rotation_keeps_every_byte(self):
        with Daemon("[program:p]\ncommand=/bin/sh -c 'seq 1 20000; exec cat'\nstdout_logfile={dir}/p.log\n"
                    "stdout_logfile_maxbytes=10KB\nstdout_logfile_backups=50\n") as d:
            expected = "".join(f"{i}\n" for i in range(1, 20001))

            def whole():
                backups = sorted((int(f[6:]) for f in os.listdir(d.dir) if f.startswith("p.log.")), reverse=True)
                return "".join(d.read(f"p.log.{i}") for i in backups) + d.read("p.log") == expected
            wait_until(whole, "all lines in order over all files")

    def test_main_log_rotates(self):  # C320
        with Daemon("[program:p]\ncommand=/bin/true\nstartsecs=0\nautorestart=true\n",
                    options="logfile_maxbytes=300\nlogfile_backups=2") as d:
            wait_until(lambda: os.path.exists(d.log_path + ".2"), "rotations")
            d.finish()
            self.assertEqual(sorted(f for f in os.listdir(d.dir) if f.startswith("main.log")),
                             ["main.log", "main.log.1", "main.log.2"])
            self.assertGreaterEqual(os.path.getsize(d.log_path + ".1"), 300)

    def test_dev_stdout(self):  # V119, C310
        with Daemon("[program:p]\ncommand=/bin/sh -c 'echo from the child; exec cat'\nstdout_logfile=/dev/stdout\n", pipe=True) as d:
            d.pid_of("p")
            wait_until(lambda: "output:\nfrom the child" in d.log(), "the child's line")
            self.assertEqual(d.finish(), 0)
            out = d.process.stdout.read().decode()
            self.assertIn("\nfrom the child\n", out.replace("output:\nfrom the child\n", ""))
            self.assertNotIn("CRIT could", out)

    def test_last_words_are_logged_before_the_exit(self):  # O3
        with Daemon("[program:p]\ncommand=/bin/sh -c 'echo last words; kill -9 $$'\nstartretries=20\n"
                    "stdout_logfile={dir}/p.log\n") as d:
            for count in (1, 2):
                d.wait_for("WARN exited: p", count)
                self.assertGreaterEqual(d.read("p.log").count("last words\n"), count)
            log = d.log()
            self.assertLess(log.index("'p' stdout output:\nlast words"), log.index("exited: p"))

    def test_full_disk_never_stops_a_child(self):
        with Daemon("[program:p]\ncommand=/bin/sh -c 'while :; do echo xxxxxxxxxxxxxxxxxxxx; echo . >> {dir}/beat; sleep 0.01; done'\n"
                    "stdout_logfile=/dev/full\nstopasgroup=true\n") as d:
            d.wait_for("ERRO could not write stdout log '/dev/full' of p: ENOSPC")
            before = wait_until(lambda: len(d.read("beat")), "the child's first beat")
            wait_until(lambda: len(d.read("beat")) > before + 20, "the child to go on")
            self.assertEqual(len(re.findall("ENOSPC", d.log())), 1)  # said once
            self.assertNotIn("exited: p", d.log())

    def test_strip_ansi(self):
        with Daemon("[program:p]\ncommand=/usr/bin/printf '\\033[31mred\\033[0m\\n'\nstartsecs=0\nautorestart=false\n"
                    "stdout_logfile={dir}/p.log\n", options="strip_ansi=true") as d:
            d.wait_for("exited: p")
            self.assertEqual(d.read("p.log"), "red\n")


class Thousand(unittest.TestCase):
    COUNT = int(os.environ.get("TROUPE_MANY", "1000"))

    def test_start_mass_kill_and_stop_leave_nothing(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < self.COUNT * 4 + 200:
            self.skipTest("too few file descriptors allowed")
        with Daemon(f"[program:p]\ncommand=/bin/sleep 1000\nprocess_name=p%(process_num)d\nnumprocs={self.COUNT}\n"
                    "startsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE\n",
                    options=f"minfds={self.COUNT * 4 + 200}\nminprocs=10", start=False) as d:
            d.start(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard)))
            d.wait_for("success: p\\d+ entered RUNNING", self.COUNT, 120)
            first = children_of(d.pid)
            self.assertEqual(len(first), self.COUNT)
            self.assertNotIn("Z", first.values())
            fds = open_fds(d.working_pid)
            for pid in first:
                os.kill(pid, signal.SIGKILL)
            d.wait_for("success: p\\d+ entered RUNNING", 2 * self.COUNT, 120)
            second = wait_until(lambda: (lambda c: len(c) == self.COUNT and "Z" not in c.values() and c)(children_of(d.pid)),
                                "all to be back, without zombies")
            self.assertFalse(set(first) & set(second))
            wait_until(lambda: open_fds(d.working_pid) == fds, "as many descriptors as before")
            self.assertEqual(d.finish(), 0)
            self.assertEqual([pid for pid in second if alive(pid)], [])
            self.assertEqual(d.log().count("WARN stopped: p"), self.COUNT)


class Footprint(unittest.TestCase):
    def test_a_start_makes_room_for_descriptors_and_no_thread_in_vain(self):
        with Daemon("[program:p]\ncommand=/bin/cat\nprocess_name=p%(process_num)d\nnumprocs=100\nautostart=false\n"
                    "[program:q]\ncommand=/bin/cat\n") as d:
            d.wait_for("success: q entered RUNNING")
            soft = resource.prlimit(d.working_pid, resource.RLIMIT_NOFILE)[0]
            self.assertGreaterEqual(status_field(d.working_pid, "FDSize"), min(600, soft))  # a table that grows later stops all
            names = []
            for task in os.listdir(f"/proc/{d.working_pid}/task"):
                with open(f"/proc/{d.working_pid}/task/{task}/comm") as f:
                    names.append(f.read().strip())
            self.assertEqual([name for name in names if name.startswith("caf.")], [])

    def test_memory_of_an_answer_is_given_back_when_nobody_is_there(self):
        with Daemon("[program:p]\ncommand=/bin/cat\nprocess_name=p%(process_num)d\nnumprocs=900\nautostart=false\n"
                    + SERVER) as d:
            rpc = client(d)
            self.assertEqual(len(rpc.supervisor.getAllProcessInfo()), 900)  # a megabyte
            if PORTABLE or sanitized(d.pid):
                self.skipTest("a sanitizer, or a C library left to itself, keeps what is freed")
            while_there = status_field(d.working_pid, "RssAnon")
            self.assertEqual(rpc.supervisor.getState()["statename"], "RUNNING")
            rpc("close")()
            wait_until(lambda: status_field(d.working_pid, "RssAnon") < while_there - 600, "the memory to be free")
            self.assertEqual(len(client(d).supervisor.getAllProcessInfo()), 900)


@root_only
class AsInit(unittest.TestCase):
    def test_reaps_orphans_and_stops_on_term(self):
        if subprocess.run(["unshare", "-pf", "--mount-proc", "true"], capture_output=True).returncode != 0:
            self.skipTest("no pid namespaces here")
        with Daemon("[program:p]\ncommand=/bin/sleep 1000\n"
                    "[program:q]\ncommand=/bin/sh -c '(setsid sh -c \"exit 5\" &) && exec sleep 1000'\n", start=False) as d:
            d.argv = ["unshare", "-pf", "--kill-child", "--mount-proc"] + d.argv
            d.start()
            d.wait_for(r"INFO reaped unknown pid \d+ \(exit status 5\)")
            inner = next(iter(children_of(d.pid)))
            d.wait_for("supervisord started with pid 1\n")
            os.kill(inner, signal.SIGTERM)
            self.assertEqual(d.process.wait(PATIENCE), 0)
            self.assertEqual(d.log().count("WARN stopped:"), 2)


class Sockets(unittest.TestCase):
    def test_second_daemon_on_the_same_socket(self):  # C298
        text = "[unix_http_server]\nfile={dir}/s.sock\n"
        with Daemon(text) as d:
            d.started()
            second = subprocess.run(d.argv, capture_output=True, timeout=PATIENCE)
            self.assertEqual(second.returncode, 2)
            self.assertIn(b"Error: Another program is already listening on a port that one of our HTTP servers is configured "
                          b"to use.  Shut this program down first before starting supervisord.", second.stderr)
            self.assertTrue(os.path.exists(d.dir + "/s.sock"))
            self.assertEqual(int(d.read("s.pid")), d.pid)
            self.assertEqual(stat.S_IMODE(os.stat(d.dir + "/s.sock").st_mode), 0o700)
            d.finish()
            self.assertFalse(os.path.exists(d.dir + "/s.sock"))

    def test_stale_socket(self):  # C299
        with Daemon("[unix_http_server]\nfile={dir}/s.sock\nchmod=0770\n", start=False) as d:
            left = socket.socket(socket.AF_UNIX)
            left.bind(d.dir + "/s.sock")
            left.close()
            d.start()
            d.started()
            self.assertEqual(stat.S_IMODE(os.stat(d.dir + "/s.sock").st_mode), 0o770)
            d.finish()
            self.assertIn(f"Unlinking stale socket {d.dir}/s.sock", d.read("stderr"))

    @root_only
    def test_a_folder_that_is_exchanged_meanwhile(self):
        """Its owner swaps it for a link all the time: what lies behind the link keeps owner and mode."""
        options = "chown=nobody:nogroup\nchmod=0777\n"
        self.exchanged(f"[unix_http_server]\nfile={{dir}}/home/run/s.sock\n{options}", "s.sock.{pid}",
                       "supervisord started with pid")
        options = "socket_owner=nobody:nogroup\nsocket_mode=0777\n"
        self.exchanged(f"[fcgi-program:f]\nsocket=unix://{{dir}}/home/run/f.sock\n{options}command=/bin/cat\nstartretries=0\n",
                       "f.sock", "spawned: 'f' with")

    def exchanged(self, text, name, success):
        with Daemon(text, start=False) as d:
            run, link, vault = (os.path.join(d.dir, *path) for path in (("home", "run"), ("home", "link"), ("vault",)))
            for path in (run, vault):
                os.makedirs(path)
            os.symlink(vault, link)
            for path in (d.dir + "/home", run, link):
                os.lchown(path, 65534, 65534)
            swapper = exchanging(run, link, 65534)
            try:
                self.start_often(d, os.path.join(vault, name), success)
                self.assertTrue(alive(swapper))  # it has swapped to the end
            finally:
                os.kill(swapper, signal.SIGKILL)
                os.waitpid(swapper, 0)

    def start_often(self, d, pattern, success):
        turns, outcomes, end = 0, set(), time.monotonic() + PATIENCE
        while turns < 20 or len(outcomes) < 2 and time.monotonic() < end:
            turns += 1

            def put():  # under the daemon's own pid, which names the file it makes
                with open(pattern.replace("{pid}", str(os.getpid())), "w") as f:
                    os.fchmod(f.fileno(), 0o600)
            if os.path.exists(d.log_path):
                os.unlink(d.log_path)
            d.start(put)
            refused = r"belongs to uid 65534" + (r"|errno\.EBUSY|Errno 16" if PORTABLE else "")  # or it looks too briefly
            wait_until(lambda: re.search(success + "|" + refused, d.log() + d.read("stderr")), "the socket, or a refusal")
            outcomes.add(bool(re.search(success, d.log())))
            file = os.lstat(pattern.replace("{pid}", str(d.pid)))
            self.assertEqual((file.st_uid, file.st_gid, oct(file.st_mode)), (0, 0, oct(stat.S_IFREG | 0o600)), f"turn {turns}")
            if d.process.poll() is None:
                d.send(signal.SIGTERM)
            d.process.wait(PATIENCE)
        self.assertEqual(outcomes, {True, False})  # it was there in some turns, and a link in others

    def refused(self, text, pattern, prepare=None, user=None):
        with Daemon(text, start=False) as d:
            if prepare:
                prepare(d)
            if user:
                os.chown(d.dir, user, user)
            d.start(as_user(user) if user else None)
            status, err = d.refusal()
            self.assertEqual(status, 2)
            self.assertIn(pattern.replace("{dir}", d.dir), err)
            self.assertFalse(os.path.exists(d.pid_path))

    def test_errors(self):  # C300 to C305
        taken = socket.socket()
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        self.refused(f"[inet_http_server]\nport=127.0.0.1:{port}\n", "Another program is already listening")
        taken.close()
        self.refused("[inet_http_server]\nport=192.0.2.55:9001\n",
                     "Cannot open an HTTP server: socket.error reported errno.EADDRNOTAVAIL (99)")
        self.refused("[unix_http_server]\nfile=/nope/s.sock\n", "Cannot open an HTTP server: socket.error reported errno.ENOENT (2)")
        self.refused("[unix_http_server]\nfile={dir}/" + "x" * 120 + "\n",
                     "Cannot open an HTTP server: socket.error reported AF_UNIX path too long")
        self.refused("[unix_http_server]\nfile={dir}/file\n", "Cannot open an HTTP server: socket.error reported errno.EEXIST (17)",
                     lambda d: d.write("file", "precious"))
        if ROOT_USER:
            self.refused("[unix_http_server]\nfile={dir}/s.sock\nchown=root:root\n",
                         'Not permitted to chown {dir}/s.sock to uid/gid (0, 0); adjust "sockchown" value in config file or on '
                         "command line to values that the current user (daemon) can successfully chown", user=1)


class Startup(unittest.TestCase):
    def refused(self, text, message, line=None, **kwargs):
        with Daemon(text, **kwargs) as d:
            status, err = d.refusal()
            self.assertEqual(status, 2)
            place = f"({{conf}}:{line}) For all faults of the file at once, use {d.argv[0]} --test -c {{conf}}\n" if line else ""
            self.assertEqual(err, f"Error: {message}\n{place}For help, use {d.argv[0]} -h\n".replace("{conf}", d.config))
            self.assertEqual(d.log(), "")

    def test_configuration_errors(self):
        self.refused("[program:a]\ncommand=c\nstartsecs=x\n",
                     "invalid literal for int() with base 10: 'x' in section 'program:a' (file: '{conf}')", 9)
        self.refused("[program:a]\n", "program section program:a does not specify a command in section 'program:a' (file: '{conf}')", 7)
        self.refused("x", "Source contains parsing errors: '{conf}'\n\t[line  7]: 'x'", 7, options="")

    def test_log_that_cannot_be_opened(self):  # N8
        with Daemon(main=False, text="[supervisord]\nlogfile={dir}\npidfile={dir}/p\n") as d:
            status, err = d.refusal()
            self.assertEqual(status, 2)
            self.assertIn(f"Error: could not open log file {d.dir}: Is a directory", err)

    @root_only
    def test_users(self):  # C291 to C295
        with Daemon() as d:
            d.started()
            self.assertTrue(d.records()[0].startswith("CRIT Supervisor is running as root.  Privileges were not dropped"))
        with Daemon(options="user=root") as d:
            d.started()
            self.assertEqual(d.records()[0], "INFO Set uid to user 0 succeeded")
        with Daemon(options="user=root", args=("-n", "-u", "nobody"), start=False) as d:
            os.chown(d.dir, 65534, 65534)
            d.start()
            d.started()
            self.assertIn("INFO Set uid to user 65534 succeeded", d.records())
        with Daemon(options="user=root", start=False) as d:
            os.chown(d.dir, 65534, 65534)
            d.start(as_user(65534))
            self.assertEqual(d.refusal()[0], 2)

    @root_only
    def test_what_is_unsafe_is_told(self):  # 209 to 212 of access.md, W1, W3, W4
        apart = [] if subprocess.run(["unshare", "-n", "true"]).returncode else ["unshare", "-n"]  # nobody gets there
        with Daemon(start=False, argv=[*apart, os.path.join(BIN, "supervisord")]) as d:
            include = os.path.join(d.dir, "i.conf")
            with open(include, "w") as f:
                f.write("")
            os.chmod(include, 0o666)
            with open(d.config, "a") as f:
                f.write(f"[include]\nfiles={include}\n[inet_http_server]\nport=*:{free_port()}\n")
            d.start()
            d.started()
            crit = f"CRIT {include} can be written by everybody, and root acts on it"
            self.assertIn(crit, d.records())
            told = [r for r in d.records() if "Server 'inet_http_server'" in r]
            self.assertEqual(told[0], "CRIT Server 'inet_http_server' running without any HTTP authentication checking")
            self.assertEqual(len(told), 2, told)
            self.assertRegex(told[1], r"^CRIT Server 'inet_http_server' on \*:\d+ asks for no password: whoever reaches it "
                                      r"controls every program here, as user root$")
            program = [os.path.join(BIN, "supervisord"), "-c", d.config]
            check = subprocess.run([*program, "--test"], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(check.returncode, 0, check.stderr)
            self.assertNotIn("asks for no password", check.stderr)
            check = subprocess.run([*program, "--strict", "--test"], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(check.returncode, 2)
            self.assertIn(f"{include}:0: {crit[5:]}\n", check.stderr)
            self.assertRegex(check.stderr, rf"(?m)^{re.escape(d.config)}:\d+: Server 'inet_http_server' on ")
            refused = subprocess.run([*program, "--strict", "-n"], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(refused.returncode, 2)
            self.assertTrue(refused.stderr.startswith("Error: Server 'inet_http_server' on *:"), refused.stderr)

    def test_limits(self):  # C296, C297
        with Daemon(options="minfds=700", start=False) as d:
            d.start(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (500, 800)))
            d.started()
            self.assertIn("INFO Increased RLIMIT_NOFILE limit to 700", d.records())
        if ROOT_USER:
            def limit():
                resource.setrlimit(resource.RLIMIT_NOFILE, (500, 800))
                as_user(65534)()
            with Daemon(options="minfds=900", start=False) as d:
                os.chown(d.dir, 65534, 65534)
                d.start(limit)
                status, err = d.refusal()
                self.assertEqual(status, 2)
                self.assertIn("run this process is 900 as per", err)
                self.assertIn("allow you to open 800 file descriptors", err)

    def test_pidfile_that_cannot_be_written(self):  # C306
        with Daemon(main=False, text="[supervisord]\nlogfile={dir}/main.log\npidfile={dir}\n") as d:
            d.wait_for("CRIT could not write pidfile " + re.escape(d.dir))
            self.assertEqual(d.finish(), 0)
            self.assertTrue(os.path.isdir(d.dir))

    def test_check(self):
        with Daemon("[program:a]\ncommand=c\nstartsecs=x\n[program:b]\n", args=("--test",)) as d:
            status, err = d.refusal()
            self.assertEqual(status, 2)
            self.assertEqual(err, f"{d.config}:9: invalid literal for int() with base 10: 'x' in section 'program:a' (file: '{d.config}')\n"
                                  f"{d.config}:10: program section program:b does not specify a command in section 'program:b' (file: '{d.config}')\n")
        with Daemon("[program:a]\ncommand=/bin/cat\n", args=("--test",)) as d:
            self.assertEqual((d.process.wait(PATIENCE), d.read("stdout")), (0, f"{d.config}: the configuration is valid\n"))

    def test_reader_of_stdout_is_gone_before_the_first_record(self):
        def no_reader():
            r, w = os.pipe()
            os.close(r)
            os.dup2(w, 1)
            os.dup2(w, 2)
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        with Daemon(start=False) as d:
            d.start(no_reader)
            self.assertEqual(d.started().finish(), 0)

    def test_limit_on_the_size_of_files(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        with Daemon(start=False) as d:
            d.start(limit)
            wait_until(lambda: d.read("s.pid").endswith("\n"), "the pid file")
            self.assertEqual(d.finish(), 0)

    def test_second_start_leaves_the_first_ones_logs(self):
        with Daemon(SERVER + "[program:a]\ncommand=/bin/sh -c 'echo word; exec sleep 1000'\n") as d:
            d.started()
            wait_until(lambda: [n for n in os.listdir(d.dir) if n.startswith("a-stdout-") and d.read(n) == "word\n"], "output")
            before = sorted(os.listdir(d.dir))
            second = subprocess.run(d.argv, capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(second.returncode, 2)
            self.assertIn("Another program is already listening", second.stderr)
            self.assertEqual(sorted(os.listdir(d.dir)), before)

    @root_only
    @unittest.skipIf(PORTABLE, "two more threads, and without one for SIGCHLD the reaper does not live")
    def test_shortage_of_threads_is_named(self):
        said = ""
        for most in range(4, 10):  # somewhere here there is room for all threads but the one that spawns
            def limit():
                resource.setrlimit(resource.RLIMIT_NPROC, (most, most))
                as_user(64999)()
            with Daemon("[program:a]\ncommand=/bin/cat\nstartretries=0\n", options="minprocs=1", start=False) as d:
                os.chown(d.dir, 64999, 64999)
                d.start(limit)
                wait_until(lambda: d.process.poll() is not None or re.search("FATAL|spawned: 'a'", d.log()), "a spawn")
                said += d.log()
        self.assertIn("no thread for a spawn: EAGAIN", said)
        self.assertNotIn("too many spawns hang", said)

    def test_answers_that_cannot_be_written(self):
        with Daemon("[program:a]\ncommand=/bin/cat\n", start=False) as d, open("/dev/full", "w") as full:
            for args in (["-h"], ["-v"], ["--test", "-c", d.config]):
                done = subprocess.run([os.path.join(BIN, "supervisord"), *args], stdout=full)
                self.assertEqual(done.returncode, 1, args)

    def test_version_and_help(self):
        run = lambda *args: subprocess.run([os.path.join(BIN, "supervisord"), *args], capture_output=True, text=True)
        self.assertRegex(run("-v").stdout, r"^4\.\d+\.\d+\+troupe\.\d+\.\d+\.\d+\n$")
        self.assertIn("Usage:", run("-h").stdout)
        self.assertEqual(run("-x").returncode, 2)

    def test_sample_configuration_is_valid(self):
        sample = subprocess.run([os.path.join(BIN, "echo_supervisord_conf")], capture_output=True, text=True).stdout
        with Daemon(main=False, text=sample, args=("--test",)) as d:
            self.assertEqual(d.process.wait(PATIENCE), 0)


if __name__ == "__main__":
    unittest.main(verbosity=1)
