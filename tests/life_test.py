#!/usr/bin/env python3
"""The life of the daemon as others depend on it: when it answers first, when a start in the background is over, how
fast it restarts, in which order it stops, and what it says where a restart fails. Names in comments are vectors and
sections of docs/contract/lifecycle.md."""
import http.client
import os
import re
import resource
import shutil
import signal
import socket
import struct
import sys
import threading
import time
import unittest
import xmlrpc.client

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rpc_support import SERVER, connect, fault_of  # noqa: E402
from support import BIN, PATIENCE, Daemon, alive, children_of, free_port, open_fds, preloading, sanitized, stat_fields, status_field, wait_until  # noqa: E402

root_only = unittest.skipUnless(os.getuid() == 0, "needs root")
LONG = bool(os.environ.get("TROUPE_LONG"))


class Background(Daemon):
    """One that daemonizes; `pid` is the daemon's once launch() is over."""

    def __init__(self, text="", **kwargs):
        super().__init__(text, args=(), start=False, **kwargs)

    def launch(self, preexec=None):
        self.start(preexec)
        status = self.process.wait(PATIENCE)
        self.pid = int(self.read("s.pid")) if status == 0 else None  # without waiting for the file
        return status

    def wait_for(self, pattern, count=1, deadline=None):
        def found():
            matches = list(re.finditer(pattern, self.log()))
            return matches if len(matches) >= count else None
        return wait_until(found, f"{count} x {pattern!r} in the log", deadline)

    def __exit__(self, *_):
        try:
            if self.pid and alive(self.pid):
                os.kill(self.pid, signal.SIGTERM)
                wait_until(lambda: not alive(self.pid), "the daemon to end")
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)


def server(daemon):
    """Its methods, a connection for each call."""
    wait_until(lambda: os.path.exists(daemon.dir + "/s.sock"), "the server's socket")
    return connect(daemon).supervisor


def programs(count, command="/bin/sleep 1000", options=""):
    return "".join(f"[program:s{i:02d}]\ncommand={command}\n{options}" for i in range(count))


class Boot(unittest.TestCase):
    def test_the_first_answer_comes_when_all_were_spawned(self):
        """So that `supervisord && supervisorctl status` shows them, and `stop` stops what would have started."""
        with Background(SERVER + programs(30) + "[program:none]\ncommand=/nonexistent\n[program:idle]\ncommand=/bin/cat\n"
                        "autostart=false\n") as d:
            self.assertEqual(d.launch(), 0)
            first = {p["name"]: p for p in server(d).getAllProcessInfo()}
            unborn = [name for name, p in first.items() if name.startswith("s") and p["pid"] == 0]
            self.assertEqual(unborn, [])
            self.assertEqual(first["none"]["statename"], "BACKOFF")
            self.assertEqual(first["idle"]["statename"], "STOPPED")

    def test_so_it_is_after_a_restart(self):
        with Daemon(SERVER + programs(30)) as d:
            before = {p["pid"] for p in server(d).getAllProcessInfo()}
            d.send(signal.SIGHUP)

            def anew():
                try:
                    processes = server(d).getAllProcessInfo()
                except (OSError, http.client.HTTPException, xmlrpc.client.Fault):
                    return None  # on its way down
                states = {p["statename"] for p in processes}
                return processes if d.log().count("supervisord started") == 2 and states != {"STOPPED"} else None
            d.wait_for("supervisord started", 2)
            first = wait_until(anew, "the restarted daemon's first answer")
            self.assertNotIn(0, [p["pid"] for p in first])
            self.assertFalse(before & {p["pid"] for p in first})

    def test_clients_wait_while_it_restarts(self):
        """Whoever connects meanwhile is answered by the next start, and nobody is refused."""
        port = free_port()
        with Daemon(SERVER + f"[inet_http_server]\nport=127.0.0.1:{port}\n" + programs(3)) as d:
            path = os.path.join(d.dir, "s.sock")
            server(d).getState()
            refused, waiting, asked, rounds = [], [], threading.Event(), [0]

            def knock():
                while not asked.is_set():
                    for family, address in ((socket.AF_UNIX, path), (socket.AF_INET, ("127.0.0.1", port))):
                        s = socket.socket(family)
                        s.settimeout(PATIENCE)
                        try:
                            s.connect(address)
                            waiting.append(s)
                        except OSError as e:
                            refused.append(e)
                    for s in waiting[:-4]:
                        s.close()
                    del waiting[:-4]
                    rounds[0] += 1
                    asked.wait(0.002)
            thread = threading.Thread(target=knock)
            thread.start()
            try:
                for count in (2, 3, 4):
                    d.send(signal.SIGHUP)
                    d.wait_for("supervisord started", count)
                    d.pid_of("s02", count)
                before = rounds[0]
                wait_until(lambda: rounds[0] > before + 3, "clients of the last start")
            finally:
                asked.set()
                thread.join()
            self.assertEqual(refused, [])
            for s in waiting:
                s.sendall(b"GET /ok.html HTTP/1.0\r\n\r\n")
                self.assertIn(b" 200 ", s.recv(100))
                s.close()
            os.unlink(path)  # what somebody has removed is made anew
            d.send(signal.SIGHUP)
            d.wait_for("supervisord started", 5)
            wait_until(lambda: os.path.exists(path), "the socket")
            d.write("s.conf", d.read("s.conf").replace("s.sock", "t.sock").replace("[inet_http_server]", "[x]"))
            d.send(signal.SIGHUP)
            d.wait_for("supervisord started", 6)
            self.assertFalse(os.path.exists(path))
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), PATIENCE)
            d.finish()
            self.assertFalse(os.path.exists(os.path.join(d.dir, "t.sock")))

    def test_a_stop_that_comes_at_once_is_heeded(self):
        with Background(SERVER + programs(30)) as d:
            self.assertEqual(d.launch(), 0)
            supervisor = server(d)
            self.assertTrue(supervisor.stopProcess("s29"))
            self.assertEqual(supervisor.getProcessInfo("s29")["statename"], "STOPPED")
            self.assertEqual(supervisor.getProcessInfo("s28")["pid"] > 0, True)

    def test_the_pid_file_is_there_when_the_start_is_over(self):
        for _ in range(5):
            with Background(programs(2)) as d:
                self.assertEqual(d.launch(), 0)
                self.assertTrue(alive(d.pid))

    @root_only
    def test_who_starts_it_hears_that_it_ended_before(self):
        def limit():  # itself and the daemon, which cannot have a thread
            resource.setrlimit(resource.RLIMIT_NPROC, (2, 2))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            os.setgroups([])
            os.setgid(64125)
            os.setuid(64125)
        with Background(programs(1), options="minprocs=1") as d:
            os.chown(d.dir, 64125, 64125)
            d.start(limit)
            status, err = d.refusal()
            self.assertEqual(status, 2)
            self.assertRegex(err, rf"^Error: supervisord ended while it was starting; its log may say why: {d.log_path} \(.*\)\n$")
            self.assertIn("CRIT could not start: ", d.log())
            self.assertFalse(os.path.exists(d.pid_path))


class RestartPace(unittest.TestCase):
    def test_one_start_a_second_after_short_runs(self):  # 1.3, T3
        with Daemon(SERVER + "[program:p]\ncommand=/bin/true\nstartsecs=0\nautorestart=true\n") as d:
            d.pid_of("p", 3)
            times = [int(m.group(1)) * 3600000 + int(m.group(2)) * 60000 + int(m.group(3)) * 1000 + int(m.group(4)) for m in
                     re.finditer(r"(\d\d):(\d\d):(\d\d),(\d{3}) INFO spawned: 'p'", d.log())]
            # The log's clock is not the timer's, and a record may be late, which the next ones then are not: so all together.
            took = (times[2] - times[0]) % 86400000
            self.assertGreaterEqual(took, 1500)
            d.wait_for("exited: p ", 3)
            self.assertEqual(server(d).getProcessInfo("p")["statename"], "EXITED")

    def test_stop_forgets_the_restart_and_start_does_not_wait(self):
        ticking = "command=/bin/true\nstartsecs=0\nautorestart=true\n"
        with Daemon(SERVER + f"[program:p]\n{ticking}[program:clock]\n{ticking}") as d:
            d.wait_for("exited: p ")
            supervisor = server(d)
            self.assertEqual(fault_of(supervisor.stopProcess, "p"), (70, "NOT_RUNNING: p"))
            spawned = len(re.findall("spawned: 'p'", d.log()))
            d.pid_of("clock", len(re.findall("spawned: 'clock'", d.log())) + 2)  # two restarts would have come by now
            self.assertEqual(len(re.findall("spawned: 'p'", d.log())), spawned)
            self.assertEqual(supervisor.getProcessInfo("p")["statename"], "EXITED")
            self.assertTrue(supervisor.startProcess("p"))
            self.assertEqual(len(re.findall("spawned: 'p'", d.log())), spawned + 1)
            d.pid_of("p", spawned + 2)  # and it restarts again
            d.wait_for("exited: p ", spawned + 2)
            supervisor.stopAllProcesses()
            spawned = [len(re.findall(f"spawned: '{n}'", d.log())) for n in ("p", "clock")]
            self.assertTrue(supervisor.startProcess("clock"))
            d.pid_of("clock", spawned[1] + 3)
            self.assertEqual(len(re.findall("spawned: 'p'", d.log())), spawned[0])

    def test_a_group_that_is_not_removed_goes_on_restarting(self):
        with Daemon(SERVER + "[program:p]\ncommand=/bin/true\nstartsecs=0\nautorestart=true\n[program:q]\ncommand=/bin/cat\n"
                    "[group:g]\nprograms=p,q\n") as d:
            d.wait_for("exited: p ")
            self.assertEqual(fault_of(server(d).removeProcessGroup, "g"), (91, "STILL_RUNNING: g"))
            d.pid_of("p", len(re.findall("spawned: 'p'", d.log())) + 2)


class Stopping(unittest.TestCase):
    LINGER = ("command=/bin/sh -c \"trap 'while [ ! -e {dir}/go ]; do sleep 0.01; done; exit' TERM; echo up; "
              "while :; do sleep 0.01; done\"\nstopwaitsecs=600\nstdout_logfile={dir}/%(program_name)s.log\n")

    def test_groups_of_equal_priority_do_not_wait_for_each_other(self):  # V083
        names = ("a", "b", "c")
        with Daemon("".join(f"[program:{n}]\n{self.LINGER}" for n in names) + f"[program:low]\npriority=5\n{self.LINGER}") as d:
            for n in (*names, "low"):
                wait_until(lambda: "up" in d.read(n + ".log"), f"the trap of {n}")
            d.send(signal.SIGTERM)
            d.wait_for(r"DEBG killing \w+ ", 3)
            self.assertEqual(re.findall(r"DEBG killing (\w+) ", d.log()), ["c", "b", "a"])
            self.assertNotIn("stopped:", d.log())
            d.write("go", "")
            self.assertEqual(d.process.wait(PATIENCE), 0)
            records = d.records()
            low = next(i for i, r in enumerate(records) if r.startswith("DEBG killing low "))  # V083a
            self.assertEqual(sum("stopped: " in r for r in records[:low]), 3)

    def test_signals_leave_in_order_however_many_groups(self):
        count = 60
        with Daemon(programs(count, "/bin/cat", "numprocs=2\nprocess_name=%(program_name)s_%(process_num)d\nstartsecs=0\n")) as d:
            d.wait_for("success: ", 2 * count)
            self.assertEqual(d.finish(), 0)
            self.assertEqual(re.findall(r"DEBG killing (\w+) ", d.log()),
                             [f"s{i:02d}_{k}" for i in reversed(range(count)) for k in (1, 0)])

    def test_a_daemon_that_was_stopped_for_a_while_has_missed_nothing(self):
        with Daemon(SERVER + "[program:p]\ncommand=/bin/cat\nstartsecs=0\n[program:q]\ncommand=/bin/cat\nstartsecs=0\n") as d:
            first, other = d.pid_of("p"), d.pid_of("q")
            supervisor = server(d)
            supervisor.getState()
            d.send(signal.SIGSTOP)
            wait_until(lambda: stat_fields(d.pid)[0] == "T", "the daemon to stop")
            os.kill(first, signal.SIGKILL)
            answer = []
            asking = threading.Thread(target=lambda: answer.append(supervisor.stopProcess("q")))
            asking.start()
            d.send(signal.SIGUSR2)
            wait_until(lambda: not alive(first), "the child to end")
            d.send(signal.SIGCONT)
            d.pid_of("p", 2)
            asking.join(PATIENCE)
            self.assertEqual(answer, [True])
            self.assertFalse(alive(other))
            d.wait_for("INFO supervisord logreopen")


class Clocks(unittest.TestCase):
    """The wall clock jumps while the daemon lives: deadlines do not (1.8), times that are shown do."""
    SHIM = os.path.join(os.path.dirname(BIN), "tests", "shifted_clock.so")

    def daemon(self, text):
        if not os.path.exists(self.SHIM):
            self.skipTest("not built: shifted_clock")
        d = Daemon(SERVER + text, start=False)
        d.env = preloading(self.SHIM, TROUPE_CLOCK_SHIFT=d.dir + "/shift")
        self.shift(d, 0)
        d.start()
        return d

    def shift(self, d, seconds):
        with open(d.dir + "/shift", "r+b" if os.path.exists(d.dir + "/shift") else "wb") as f:
            f.write(struct.pack("=q", seconds))

    def test_jumps_while_starting_backing_off_and_running(self):  # V056, V058, V059
        for jump in (-86400, 86400):
            with self.subTest(jump), self.daemon(
                    "[program:p]\ncommand=/bin/cat\nstartsecs=2\n[program:late]\ncommand=/bin/cat\nstartsecs=86000\n"
                    "[program:none]\ncommand=/nonexistent\nstartretries=1\n"
                    "[program:short]\ncommand=/bin/true\nstartsecs=0\nautorestart=true\n") as d:
                d.pid_of("p")
                d.wait_for("spawnerr: can't find command")
                began = time.monotonic()
                self.shift(d, jump)
                supervisor = server(d)
                info = wait_until(lambda: (lambda i: i["statename"] == "RUNNING" and i)(supervisor.getProcessInfo("p")), "p to run")
                self.assertGreater(time.monotonic() - began, 1)  # not at once for a clock that is a day ahead
                self.assertLess(abs(info["now"] - time.time() - jump), 600)
                d.wait_for("gave up: none entered FATAL")
                spawned = len(re.findall("spawned: 'short'", d.log()))
                self.assertLess(spawned, time.monotonic() - began + 3)
                d.pid_of("short", spawned + 1)
                self.assertEqual(supervisor.getProcessInfo("late")["statename"], "STARTING")
                self.assertTrue(supervisor.stopProcess("p"))
                self.assertNotIn("SIGKILL", d.log())

    def test_an_exit_before_its_start_counts_as_a_success(self):  # V057
        with self.daemon("[program:p]\ncommand=/bin/cat\nstartsecs=600\nautorestart=false\n") as d:
            pid = d.pid_of("p")
            self.shift(d, -3600)
            os.kill(pid, signal.SIGKILL)
            d.wait_for(rf"WARN process 'p' \({pid}\) laststart time is in the future, don't know how long process was running")
            d.wait_for(r"WARN exited: p \(terminated by SIGKILL; not expected\)")


class FailedRestart(unittest.TestCase):
    def test_in_the_background_the_log_says_why(self):  # C315
        with Background("[program:p]\ncommand=/bin/cat\n") as d:
            self.assertEqual(d.launch(), 0)
            child = d.pid_of("p")
            d.write("s.conf", d.read("s.conf") + "startsecs=x\n")
            line = d.read("s.conf").count("\n")
            os.kill(d.pid, signal.SIGHUP)
            wait_until(lambda: not alive(d.pid), "the daemon to end")
            self.assertEqual(d.records()[-1], "CRIT could not start again: invalid literal for int() with base 10: 'x' in section "
                             f"'program:p' (file: '{d.config}') ({d.config}:{line})")
            self.assertFalse(alive(child))
            self.assertFalse(os.path.exists(d.pid_path))

    def test_so_it_does_for_a_port_that_was_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as taken, Background("[program:p]\ncommand=/bin/cat\n") as d:
            self.assertEqual(d.launch(), 0)
            d.write("s.conf", d.read("s.conf") + f"[inet_http_server]\nport=127.0.0.1:{taken.getsockname()[1]}\n")
            os.kill(d.pid, signal.SIGHUP)
            wait_until(lambda: not alive(d.pid), "the daemon to end")
            self.assertIn("CRIT could not start again: Another program is already listening on a port", d.log())

    def test_so_it_does_in_the_last_log_where_the_new_one_cannot_be_opened(self):
        with Background("[program:p]\ncommand=/bin/cat\n") as d:
            self.assertEqual(d.launch(), 0)
            d.write("s.conf", d.read("s.conf").replace(f"logfile={d.log_path}", f"logfile={d.dir}"))
            os.kill(d.pid, signal.SIGHUP)
            wait_until(lambda: not alive(d.pid), "the daemon to end")
            self.assertIn(f"CRIT could not start again: could not open log file {d.dir}: Is a directory", d.log())


class Files(unittest.TestCase):
    """A file that never ends, or never begins, is no configuration."""

    def test_an_include_that_is_a_fifo_is_a_fault_of_reread_and_of_a_restart(self):
        with Background(SERVER + "[program:p]\ncommand=/bin/cat\n[include]\nfiles={dir}/conf.d/*\n") as d:
            self.assertEqual(d.launch(), 0)
            os.mkdir(d.dir + "/conf.d")
            os.mkfifo(d.dir + "/conf.d/pipe")
            text = f"config file {d.dir}/conf.d/pipe is not a regular file"
            code, reason = fault_of(server(d).reloadConfig)
            self.assertEqual((code, reason), (92, "CANT_REREAD: " + text))
            child = d.pid_of("p")
            os.kill(d.pid, signal.SIGHUP)
            wait_until(lambda: not alive(d.pid), "the daemon to end")
            self.assertIn("CRIT could not start again: " + text, d.log())
            self.assertFalse(alive(child))

    def test_as_the_main_file(self):
        with Daemon(start=False) as d:
            for path in ("/dev/zero", d.dir + "/fifo"):
                if path.endswith("fifo"):
                    os.mkfifo(path)
                d.argv[2] = path
                d.start()
                status, err = d.refusal()
                self.assertEqual((status, err.splitlines()[0]), (2, f"Error: config file {path} is not a regular file"))

    def test_a_link_to_dev_null_switches_an_include_off(self):
        with Daemon("[program:p]\ncommand=/bin/cat\n[include]\nfiles={dir}/off.conf\n", start=False) as d:
            os.symlink("/dev/null", d.dir + "/off.conf")
            d.start()
            d.pid_of("p")


@root_only
class Unknown(unittest.TestCase):
    def test_the_exit_of_a_removed_one_is_told(self):  # T16, 10.7
        """A child that the daemon may not signal: UNKNOWN. Its group can be removed, and then nobody else tells of it."""
        for section in ("program:p", "fcgi-program:p"):
            with self.subTest(section):
                self.remove_an_unknown_one(section)

    def remove_an_unknown_one(self, section):
        socket_of = "socket=unix://{dir}/f.sock\n" if section.startswith("fcgi") else ""
        with Daemon(SERVER + f"[{section}]\ncommand={{dir}}/root --reuid=0 /bin/sleep 1000\nstartsecs=0\n" + socket_of,
                    start=False) as d:
            shutil.copy(shutil.which("setpriv"), d.dir + "/root")
            os.chmod(d.dir + "/root", 0o4755)
            os.chown(d.dir, 65534, 65534)

            def nobody():
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            d.start(nobody)
            pid = d.pid_of("p")
            self.addCleanup(lambda: alive(pid) and os.kill(pid, signal.SIGKILL))
            if status_field(d.working_pid, "NoNewPrivs"):
                self.skipTest("no setuid programs here")

            def real_uid():
                with open(f"/proc/{pid}/status") as f:
                    return re.search(r"Uid:\s+(\d+)", f.read()).group(1)
            wait_until(lambda: real_uid() == "0", "the child to be root's")
            supervisor = server(d)
            code, reason = fault_of(supervisor.stopProcess, "p")
            self.assertEqual((code, reason), (30, f"FAILED: unknown problem killing p ({pid}):[Errno 1] Operation not permitted"))
            self.assertEqual(supervisor.getProcessInfo("p")["statename"], "UNKNOWN")
            self.assertTrue(supervisor.removeProcessGroup("p"))
            self.assertTrue(alive(pid))
            closed = d.log().count("Closing socket")
            os.kill(pid, signal.SIGKILL)
            d.wait_for(r"WARN exited: p \(terminated by SIGKILL; not expected\)")
            if socket_of:
                d.wait_for("INFO Closing socket unix://", closed + 1)
            self.assertTrue(supervisor.addProcessGroup("p"))
            again = d.pid_of("p", 2)
            wait_until(lambda: alive(again), "the new child")
            os.kill(again, signal.SIGKILL)


class Memory(unittest.TestCase):
    RESTARTS = 20000 if LONG else 1500
    GROUPS = 4000 if LONG else 300

    def grown(self, d, what, rounds):
        """kB of memory that `rounds` of it cost, once a first tenth has warmed everything up."""
        for i in range(rounds // 10):
            what(i)
        before = status_field(d.working_pid, "VmRSS")
        for i in range(rounds):
            what(i)
        return status_field(d.working_pid, "VmRSS") - before

    def test_restarts_and_groups_that_come_and_go_leave_nothing_behind(self):
        quiet = "stdout_logfile=NONE\nstderr_logfile=NONE\nautorestart=false\nautostart=false\n"
        with Daemon(SERVER + f"[program:p]\ncommand=/bin/true\nstartsecs=0\n{quiet}"
                    "[program:q]\ncommand=/bin/cat\nstartsecs=86400\nautostart=false\nstdout_logfile={dir}/q.log\n"
                    f"[fcgi-program:f]\nsocket=unix://{{dir}}/f.sock\ncommand=/bin/sleep 1000\nstartsecs=0\n{quiet}",
                    options="loglevel=warn") as d:
            supervisor = server(d)

            def restart(_):
                supervisor.startProcess("p")
                wait_until(lambda: supervisor.getProcessInfo("p")["statename"] == "EXITED", "the exit")

            def come_and_go(_):
                for name in ("q", "f:f"):
                    supervisor.startProcess(name, False)  # that of q has a deadline a day away
                    supervisor.stopProcess(name)
                    supervisor.removeProcessGroup(name[0])
                    supervisor.addProcessGroup(name[0])
            restart(0)
            come_and_go(0)
            descriptors = open_fds(d.working_pid)
            if sanitized(d.pid):
                self.skipTest("sizes of a sanitized process say nothing")
            self.assertLess(self.grown(d, restart, self.RESTARTS), 1024)
            self.assertLess(self.grown(d, come_and_go, self.GROUPS), 1024)
            self.assertEqual(children_of(d.pid), {})
            wait_until(lambda: open_fds(d.working_pid) <= descriptors, "no pipe, log or socket to be left behind")


if __name__ == "__main__":
    unittest.main()
