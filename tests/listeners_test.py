#!/usr/bin/env python3
"""Event listeners against the real daemon: in Python, sh and C, well-behaved and not. Names in comments are vectors and
sections of docs/contract/lifecycle.md. What is counted in tens of thousands is in events_load_test.py."""
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import unittest
import xmlrpc.client

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rpc_support import SERVER, client  # noqa: E402
from support import BIN, PATIENCE, PORTABLE, ROOT, Daemon, alive, example, own_memory, sanitized, stat_fields, wait_until  # noqa: E402

SCRIPTS = os.path.join(ROOT, "tests", "listeners")
PYTHON = sys.executable
UNKNOWN = ("has entered the UNKNOWN state and will no longer receive events, this usually indicates the process violated "
           "the eventlistener protocol")


def listener(name="l", answers="ok", events="REMOTE_COMMUNICATION", more="startsecs=0\n"):
    """A section with tests/listeners/scripted.py, which records in NAME.out."""
    answers = " ".join(f"'{answer}'" for answer in answers.split())
    return (f"[eventlistener:{name}]\ncommand={PYTHON} {SCRIPTS}/scripted.py {{dir}}/{name}.out {answers}\nevents={events}\n"
            f'environment=PYTHONUTF8="1"\n{more}')


def record(d, name="l"):
    try:
        return [json.loads(line) for line in d.read(name + ".out").splitlines() if line.endswith("}")]
    except FileNotFoundError:
        return []


def events_of(d, count, name="l"):
    """The first `count` events that listener `name` received, or more."""
    return wait_until(lambda: (r := record(d, name)) and len(r) >= count and r, f"{count} events at {name}")


def names(events):
    return [e["header"]["eventname"] for e in events]


def bodies(events):
    return [e["body"] for e in events]


@contextlib.contextmanager
def daemon(text, **more):
    with Daemon(SERVER + text, **more) as d:
        with client(d) as proxy:
            yield d, proxy.supervisor


class Languages(unittest.TestCase):
    def test_python_text_mode_with_utf8(self):  # 9.1, V129, 6.6
        with daemon("[program:ñandú]\ncommand=/bin/cat\nautostart=false\nstdout_events_enabled=true\n" +
                    listener(events="REMOTE_COMMUNICATION,PROCESS_STATE,PROCESS_LOG")) as (d, rpc):
            events_of(d, 2)  # its own STARTING and RUNNING
            rpc.startProcess("ñandú")
            rpc.sendProcessStdin("ñandú", "héllo 値 😀\n")
            events = wait_until(lambda: (r := record(d)) and names(r)[-1:] == ["PROCESS_LOG_STDOUT"] and r, "the log event")
            pid = d.pid_of("ñandú")
            body = f"processname:ñandú groupname:ñandú pid:{pid} channel:stdout\nhéllo 値 😀\n"
            self.assertEqual(events[-1]["body"], body)
            self.assertEqual(int(events[-1]["header"]["len"]), len(body))
            rpc.sendRemoteCommEvent("ty", "déta")
            events = events_of(d, len(events) + 1)
            self.assertTrue(events[-1]["line"].endswith(" eventname:REMOTE_COMMUNICATION len:12\n"))
            self.assertEqual(events[-1]["body"], "type:ty\ndéta")
            serial = [int(e["header"]["serial"]) for e in events]
            self.assertEqual(serial, list(range(len(events))))
            self.assertEqual([int(e["header"]["poolserial"]) for e in events], serial)

    def test_python_byte_mode_and_sh(self):
        text = "".join(f"[eventlistener:{n}]\ncommand={c} {{dir}}/{n}.out\nevents=REMOTE_COMMUNICATION\nstartsecs=0\n"
                       for n, c in (("b", f"{PYTHON} {SCRIPTS}/byte_mode.py"), ("s", f"/bin/sh {SCRIPTS}/posix.sh")))
        with daemon(text) as (d, rpc):
            for data in ("data1", "two\nlines", ""):
                rpc.sendRemoteCommEvent("ty", data)
            for pool in ("b", "s"):
                wait_until(lambda: os.path.exists(f"{d.dir}/{pool}.out") and d.read(pool + ".out").count("\n--\n") == 3, pool)
                head = f"ver:3.0 server:supervisor serial:{{0}} pool:{pool} poolserial:{{0}} eventname:REMOTE_COMMUNICATION"
                self.assertEqual(d.read(pool + ".out"),
                                 head.format(0) + " len:13\ntype:ty\ndata1\n--\n" +
                                 head.format(1) + " len:17\ntype:ty\ntwo\nlines\n--\n" +
                                 head.format(2) + " len:8\ntype:ty\n\n--\n")

    def test_c(self):
        program = os.path.join(BIN, "..", "bench", "bench_events")
        with daemon(f"[eventlistener:c]\ncommand={program} listen {{dir}}/page\nevents=REMOTE_COMMUNICATION\nstartsecs=0\n",
                    files={"page": "\1" + "\0" * 4095}) as (d, rpc):
            for i in range(5):
                rpc.sendRemoteCommEvent("ty", "x" * i)

            def received():
                with open(d.dir + "/page", "rb") as f:
                    return int.from_bytes(f.read(16)[8:], "little")
            wait_until(lambda: received() == 5, "five events")

    def test_the_example(self):
        with Daemon(main=False, start=False) as d:
            d.argv = d.argv[:1] + ["-n", "-c", example("listener", d.dir)]
            d.start()
            wait_until(lambda: re.match(r"crasher \(pid \d+\) crashed\n", d.read("listener-notify.log")), "the listener's words")


class Events(unittest.TestCase):
    def test_the_first_events(self):  # V125, V158
        with daemon("[program:cat]\ncommand=/bin/cat\n" + listener("lst", events="EVENT", more="buffer_size=100\n")) as (d, _):
            events = wait_until(lambda: (r := [e for e in record(d, "lst") if e["body"][:5] != "when:"])[6:] and r, "7 events")
            self.assertEqual(bodies(events)[:5], [
                "groupname:lst\n", "groupname:cat\n", "", "processname:lst groupname:lst from_state:STOPPED tries:0",
                "processname:cat groupname:cat from_state:STOPPED tries:0"])
            self.assertEqual(names(events)[:7], [
                "PROCESS_GROUP_ADDED", "PROCESS_GROUP_ADDED", "SUPERVISOR_STATE_CHANGE_RUNNING", "PROCESS_STATE_STARTING",
                "PROCESS_STATE_STARTING", "PROCESS_STATE_RUNNING", "PROCESS_STATE_RUNNING"])
            self.assertEqual(events[0]["line"], "ver:3.0 server:supervisor serial:0 pool:lst poolserial:0 "
                                                "eventname:PROCESS_GROUP_ADDED len:14\n")  # V126
            log = d.log()
            self.assertLess(log.index("lst: ACKNOWLEDGED -> READY"), log.index("event 0 sent to listener lst"))
            self.assertLess(log.index("success: lst entered RUNNING"), log.index("event 0 sent to listener lst"))

    def test_a_life_in_events(self):  # 6.4
        with daemon("[program:p]\ncommand=/bin/cat\nautostart=false\nstartsecs=0\n"
                    "[program:q]\ncommand=/bin/false\nautostart=false\nstartretries=0\nstartsecs=30\n"
                    "[program:r]\ncommand=/bin/sh -c 'exit 3'\nautostart=false\nautorestart=false\nstartsecs=0\n" +
                    listener(events="PROCESS_STATE,PROCESS_GROUP,SUPERVISOR_STATE_CHANGE", more="startsecs=0\nbuffer_size=50\n")
                    ) as (d, rpc):
            before = len(events_of(d, 7))
            rpc.startProcess("p")
            rpc.stopProcess("p")
            with self.assertRaises(xmlrpc.client.Fault):
                rpc.startProcess("q")
            rpc.startProcess("r")
            events = [(e["header"]["eventname"], e["body"]) for e in events_of(d, before + 10)[before:]]
            p, r = d.pid_of("p"), d.pid_of("r")
            who = "processname:{0} groupname:{0} from_state:".format
            self.assertEqual(events, [
                ("PROCESS_STATE_STARTING", who("p") + "STOPPED tries:0"),
                ("PROCESS_STATE_RUNNING", who("p") + f"STARTING pid:{p}"),
                ("PROCESS_STATE_STOPPING", who("p") + f"RUNNING pid:{p}"),
                ("PROCESS_STATE_STOPPED", who("p") + f"STOPPING pid:{p}"),
                ("PROCESS_STATE_STARTING", who("q") + "STOPPED tries:0"),
                ("PROCESS_STATE_BACKOFF", who("q") + "STARTING tries:1"),
                ("PROCESS_STATE_FATAL", who("q") + "BACKOFF"),
                ("PROCESS_STATE_STARTING", who("r") + "STOPPED tries:0"),
                ("PROCESS_STATE_RUNNING", who("r") + f"STARTING pid:{r}"),
                ("PROCESS_STATE_EXITED", who("r") + f"RUNNING expected:0 pid:{r}")])

    def test_only_what_was_subscribed_to_draws_a_serial(self):  # V127
        with daemon(listener() + "[program:p]\ncommand=/bin/cat\nautostart=false\nstartsecs=0\n") as (d, rpc):
            for _ in range(3):
                rpc.startProcess("p")
                rpc.stopProcess("p")
            rpc.sendRemoteCommEvent("ty", "data1")
            event = events_of(d, 1)[0]
            self.assertEqual((event["header"]["serial"], event["header"]["poolserial"]), ("0", "0"))

    def test_two_pools_get_each_event_once(self):  # V130, 10.2
        with daemon(listener("a", events="EVENT,REMOTE_COMMUNICATION", more="startsecs=0\nbuffer_size=50\n") +
                    listener("b", events="REMOTE_COMMUNICATION")) as (d, rpc):
            for i in range(5):
                rpc.sendRemoteCommEvent("ty", str(i))
            wanted = [f"type:ty\n{i}" for i in range(5)]
            b = events_of(d, 5, "b")
            a = wait_until(lambda: (r := [e for e in record(d, "a") if e["body"].startswith("type:")])[4:] and r, "a")
            self.assertEqual((bodies(a), bodies(b)), (wanted, wanted))
            self.assertEqual([e["header"]["serial"] for e in a], [e["header"]["serial"] for e in b])
            self.assertEqual([e["header"]["poolserial"] for e in b], ["0", "1", "2", "3", "4"])

    def test_undecodable_output(self):  # V117
        with daemon("[program:bin]\ncommand=/usr/bin/printf 'a\\377b\\n'\nautostart=false\nautorestart=false\nstartsecs=0\n"
                    "stderr_events_enabled=true\nstdout_events_enabled=true\n" + listener(events="PROCESS_LOG")) as (d, rpc):
            rpc.startProcess("bin")
            self.assertEqual(events_of(d, 1)[0]["body"], f"processname:bin groupname:bin pid:{d.pid_of('bin')} channel:stdout\n"
                                                         "Undecodable: b'a\\xffb\\n'")

    def test_ticks(self):  # 6.5
        with daemon(listener(events="TICK")) as (d, _):
            event = events_of(d, 1)[0]
            self.assertRegex(event["body"], r"^when:\d+$")
            self.assertEqual(int(event["body"][5:]) % 5, 0)
            self.assertEqual(event["header"]["eventname"], "TICK_5")
            if not PORTABLE:  # there a thread of its own waits
                self.assertTrue(any(self.timers(d.working_pid)))

    @unittest.skipIf(PORTABLE, "there a thread of its own waits for the ticks")
    def test_no_timer_without_a_subscriber(self):
        with daemon(listener(events="PROCESS_STATE") + listener("t", events="TICK_60")) as (d, rpc):
            wait_until(lambda: any(self.timers(d.working_pid)), "the timer")
            d.pid_of("t")
            rpc.stopProcessGroup("t")
            rpc.removeProcessGroup("t")
            self.assertFalse(any(self.timers(d.working_pid)))
            rpc.addProcessGroup("t")
            self.assertTrue(any(self.timers(d.working_pid)))
        with daemon(listener(events="PROCESS_STATE")) as (d, _):
            events_of(d, 2)
            self.assertFalse(any(self.timers(d.working_pid)))

    @staticmethod
    def timers(pid):
        """For each timer on the wall clock, whether it is armed."""
        for fd in os.listdir(f"/proc/{pid}/fdinfo"):
            with contextlib.suppress(FileNotFoundError), open(f"/proc/{pid}/fdinfo/{fd}") as f:
                info = f.read()
                if "clockid: 0" in info:
                    yield "it_value: (0, 0)" not in info


class RunTime(unittest.TestCase):
    def test_serials_and_a_restart(self):  # V133
        with daemon(listener()) as (d, rpc):
            for i in range(3):
                rpc.sendRemoteCommEvent("ty", str(i))
            events_of(d, 3)
            d.send(signal.SIGHUP)
            d.pid_of("l", 2)
            with client(d) as again:
                again.supervisor.sendRemoteCommEvent("ty", "3")
            header = events_of(d, 4)[3]["header"]
            self.assertEqual((header["serial"], header["poolserial"]), ("3", "0"))

    def test_adding_and_removing_pools(self):  # V134, 4.3
        with daemon(listener(events="PROCESS_GROUP,REMOTE_COMMUNICATION") +
                    listener("w", events="PROCESS_GROUP", more="startsecs=0\nbuffer_size=50\n")) as (d, rpc):
            rpc.sendRemoteCommEvent("ty", "1")
            count = len(events_of(d, 3))
            rpc.stopProcessGroup("l")
            rpc.removeProcessGroup("l")
            rpc.addProcessGroup("l")
            events = events_of(d, count + 1)
            self.assertEqual(bodies(events)[count:], ["groupname:l\n"])  # its own addition, not its removal
            self.assertEqual(events[count]["header"]["poolserial"], "0")
            self.assertEqual([e["header"]["eventname"] + " " + e["body"] for e in events_of(d, 3, "w")][1:],
                             ["PROCESS_GROUP_REMOVED groupname:l\n", "PROCESS_GROUP_ADDED groupname:l\n"])

    def test_a_removed_pool_takes_nothing(self):
        with daemon(listener(events="PROCESS_GROUP,REMOTE_COMMUNICATION")) as (d, rpc):
            events_of(d, 1)
            rpc.stopProcessGroup("l")
            rpc.removeProcessGroup("l")
            for i in range(15):
                rpc.sendRemoteCommEvent("ty", str(i))
            rpc.addProcessGroup("l")
            self.assertEqual(events_of(d, 2)[1]["line"], "ver:3.0 server:supervisor serial:1 pool:l poolserial:0 "
                                                         "eventname:PROCESS_GROUP_ADDED len:12\n")
            self.assertNotIn("overflowed", d.log())

    def test_a_listener_that_is_stopped_hears_of_it_later(self):  # 7.6
        with daemon(listener(events="PROCESS_STATE")) as (d, rpc):
            before = len(events_of(d, 2))
            d.wait_for("l: ACKNOWLEDGED -> READY", before + 1)
            rpc.stopProcess("l")
            self.assertEqual(d.log().count("sent to listener l"), before)
            rpc.startProcess("l")
            self.assertEqual(names(events_of(d, before + 4)[before:]), [
                "PROCESS_STATE_STOPPING", "PROCESS_STATE_STOPPED", "PROCESS_STATE_STARTING", "PROCESS_STATE_RUNNING"])

    def test_reload_of_a_pool(self):
        with daemon(listener(), files={}) as (d, rpc):
            d.write("s.conf", d.read("s.conf").replace("events=REMOTE_COMMUNICATION", "events=PROCESS_GROUP"))
            self.assertEqual(rpc.reloadConfig(), [[[], ["l"], []]])
            rpc.stopProcessGroup("l")
            rpc.removeProcessGroup("l")
            rpc.addProcessGroup("l")
            self.assertEqual(bodies(events_of(d, 1)), ["groupname:l\n"])

    def test_a_pool_is_a_group(self):
        with daemon(listener(more="startsecs=0\nnumprocs=2\nprocess_name=%(program_name)s_%(process_num)d\n") +
                    "[program:p]\ncommand=/bin/cat\n") as (d, rpc):
            d.wait_for("success: p")
            info = [(i["group"], i["name"], i["statename"]) for i in rpc.getAllProcessInfo()]
            self.assertEqual(info, [("l", "l_0", "RUNNING"), ("l", "l_1", "RUNNING"), ("p", "p", "RUNNING")])
            self.assertEqual(re.findall(r"spawned: '(\w+)'", d.log()), ["l_0", "l_1", "p"])  # priority -1
            self.assertEqual([r["status"] for r in rpc.stopProcessGroup("l")], [80, 80])
            self.assertEqual(rpc.getProcessInfo("l:l_1")["statename"], "STOPPED")
            rpc.sendRemoteCommEvent("ty", "while stopped")
            rpc.startProcess("l:l_0")
            self.assertEqual(bodies(events_of(d, 1)), ["type:ty\nwhile stopped"])

    def test_listeners_stop_last_and_see_it(self):  # V083
        with daemon("[program:p]\ncommand=/bin/sh -c \"trap 'while [ ! -e {dir}/go ]; do sleep 0.01; done; exit' TERM; "
                    "touch {dir}/up; while :; do sleep 0.01; done\"\nstartsecs=0\n" +
                    listener(events="PROCESS_STATE,SUPERVISOR_STATE_CHANGE", more="startsecs=0\nbuffer_size=50\n")) as (d, _):
            wait_until(lambda: os.path.exists(d.dir + "/up"), "the trap to be set")
            before = len(events_of(d, 5))
            d.send(signal.SIGTERM)
            events = events_of(d, before + 2)[before:]
            self.assertEqual(names(events), ["SUPERVISOR_STATE_CHANGE_STOPPING", "PROCESS_STATE_STOPPING"])
            d.write("go", "")
            d.process.wait(PATIENCE)
            stops = re.findall(r"stopped: (\w+)", d.log())
            self.assertEqual(stops, ["p", "l"])

    def test_the_first_pool_to_stop_does_not_hear_of_it(self):  # V091
        with daemon(listener(events="SUPERVISOR_STATE_CHANGE", more="startsecs=0\npriority=-5\n") +
                    "[program:p]\ncommand=/bin/cat\nstartsecs=0\n[group:g]\nprograms=p\npriority=-20\n") as (d, _):
            events_of(d, 1)
            self.assertEqual(d.finish(), 0)
            self.assertEqual(names(record(d)), ["SUPERVISOR_STATE_CHANGE_RUNNING"])
            self.assertEqual(d.log().count("sent to listener l"), 1)
            self.assertEqual(re.findall(r"stopped: (\w+)", d.log()), ["l", "p"])


class Logs(unittest.TestCase):
    def test_stdout_goes_to_the_log_and_the_pool(self):  # 7.2
        with daemon(listener(answers="raw:\\033[31mRESULT.2\\nOK\\n ok", more="startsecs=0\nstdout_logfile={dir}/l.log\n"
                             "stdout_events_enabled=true\nstdout_capture_maxbytes=100\nstdout_syslog=true\n"),
                    options="strip_ansi=true") as (d, rpc):
            rpc.sendRemoteCommEvent("ty", "1")
            d.wait_for("WARN l: " + UNKNOWN)
            wait_until(lambda: d.read("l.log") == "READY\nRESULT.2\nOK\nREADY\n", "the stripped log")
            records = d.records()
            self.assertIn(r"WARN l: bad result line: '\x1b[31mRESULT.2'", records)
            self.assertIn("DEBG 'l' stdout output:", records)
            self.assertIn("\nb'READY\\n'\n", d.log())
            self.assertIn("\nb'\\x1b[31mRESULT.2\\nOK\\n", d.log())
            for text in ("DEBG l: BUSY -> UNKNOWN", "WARN l: " + UNKNOWN, "DEBG event 0 sent to listener l"):
                self.assertIn(text, records)

    def test_stderr_is_a_program_s(self):
        with daemon("[eventlistener:l]\ncommand=/bin/sh -c 'echo oops >&2; exec sleep 1000'\nevents=PROCESS_LOG\nstartsecs=0\n"
                    "stderr_events_enabled=true\nstderr_logfile={dir}/l.err\n" + listener("w", events="PROCESS_LOG")) as (d, _):
            self.assertEqual(bodies(events_of(d, 1, "w")),
                             [f"processname:l groupname:l pid:{d.pid_of('l')} channel:stderr\noops\n"])
            self.assertEqual(d.read("l.err"), "oops\n")

    def test_a_debug_record_for_each_step(self):  # V142, V143
        with daemon(listener()) as (d, rpc):
            d.wait_for("l: ACKNOWLEDGED -> READY")
            rpc.sendRemoteCommEvent("ty", "1")
            d.wait_for("l: ACKNOWLEDGED -> READY", 2)
            steps = [r for r in d.records() if re.search(r"l: [A-Z]+ ->|event was|event \d+ sent", r)]
            self.assertEqual(steps, ["DEBG l: ACKNOWLEDGED -> READY", "DEBG event 0 sent to listener l",
                                     "DEBG l: event was processed", "DEBG l: BUSY -> ACKNOWLEDGED",
                                     "DEBG l: ACKNOWLEDGED -> READY"])


STDOUT_LISTENER = ("[eventlistener:out]\ncommand=supervisor_stdout\nevents=PROCESS_LOG,PROCESS_STATE\n"
                   "result_handler=supervisor_stdout:event_handler\n")
QUIET = "silent=true\nloglevel=info\n"


class Stdout(unittest.TestCase):
    """command=supervisor_stdout, result_handler=supervisor_stdout:event_handler"""

    def setUp(self):
        self.env = {**os.environ, "PATH": "/usr/bin:/bin"}  # not where our programs are

    def program(self, name, script, more=""):
        return (f"[program:{name}]\ncommand=/bin/sh -c '{script}'\nstdout_events_enabled=true\nstderr_events_enabled=true\n"
                f"startsecs=0\nautorestart=false\nstdout_logfile=NONE\nstderr_logfile=NONE\n{more}\n")

    def test_every_line_whole_and_in_order(self):
        count = 4000  # twice that, each in an event of its own, fits into the pool's buffer: whoever is faster
        talk = f"i=0; while [ $i -lt {count} ]; do echo $i-$i-$i; i=$((i+1)); done; echo done >&2"
        text = STDOUT_LISTENER + self.program("a", talk) + self.program("b", talk) + self.program("c", "printf last")
        with daemon(text, options=QUIET, env=self.env) as (d, _):
            def all_of_it():
                out = d.read("stdout")
                return all(line in out for line in ("a stderr | done\n", "b stderr | done\n", "c stdout | last\n",
                                                    f"a stdout | {count-1}-", f"b stdout | {count-1}-")) and out
            lines = wait_until(all_of_it, "all lines", 3 * PATIENCE).splitlines()
            for name in "ab":
                self.assertEqual([line for line in lines if line.startswith(f"{name} stdout | ")],
                                 [f"{name} stdout | {i}-{i}-{i}" for i in range(count)])
            self.assertEqual(len(lines), 2 * count + 3)
            self.assertNotIn("overflowed", d.log())
            self.assertIn("stdout_prefix", d.log())  # does it without a listener

    def test_a_reader_that_stalls(self):
        flood = "while :; do echo 0123456789012345678901234567890123456789; done"
        with daemon(STDOUT_LISTENER + self.program("a", flood, "stopasgroup=true\nautostart=false\n"), options=QUIET, env=self.env,
                    pipe=True) as (d, rpc):
            rpc.startProcess("a")
            wait_until(lambda: rpc.getProcessInfo("a")["statename"] == "RUNNING", "a to run")

            def waits():  # the daemon answers while nobody reads; by now some megabytes have come
                rpc.getState()
                with open(f"/proc/{d.pid_of('out')}/io") as f:
                    return int(f.read().split("wchar: ")[1].split()[0]) > 8 << 20
            wait_until(waits, "8 MiB of lines", 3 * PATIENCE)
            rpc.stopProcess("a")
            text = b""
            while not re.search(rb"\(\d+ lines are left out here: nobody was reading\)\n", text):
                text += os.read(d.process.stdout.fileno(), 1 << 20)
            start, digits = b"a stdout | ", b"0123456789012345678901234567890123456789"
            lines = [line for line in text.splitlines() if b"left out" not in line]
            self.assertIn(start + digits, lines)
            for line in lines:  # a piece where the pool's buffer overflowed, never two of them joined
                self.assertTrue(line.startswith(start) and (digits.endswith(line[len(start):]) or
                                                            digits.startswith(line[len(start):])), line)

    def test_the_program_by_itself(self):
        body = "processname:web groupname:web pid:7 channel:stdout\nñandú\nrest"
        head = "ver:3.0 server:supervisor serial:1 pool:out poolserial:1 eventname:PROCESS_LOG_STDOUT len:"
        done = subprocess.run([os.path.join(BIN, "supervisor_stdout")], input=f"{head}{len(body)}\n{body}", text=True,
                              capture_output=True, timeout=PATIENCE)
        said = "web stdout | ñandú\n"
        self.assertEqual((done.returncode, done.stdout), (0, f"READY\nRESULT {len(said.encode())}\n{said}READY\n"))
        done = subprocess.run([os.path.join(BIN, "supervisor_stdout"), "-x"], text=True, capture_output=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 2)
        self.assertIn("unknown argument -x", done.stderr)


class Trouble(unittest.TestCase):
    """Whatever a listener does, the daemon answers, the others work, and its event follows the rules."""

    def others_work(self, d, rpc, witness="w"):
        self.asked = getattr(self, "asked", 0) + 1
        rpc.sendRemoteCommEvent("still", f"here {self.asked}")
        wait_until(lambda: bodies(record(d, witness))[-1:] == [f"type:still\nhere {self.asked}"], "the other pool's listener")
        self.assertEqual(rpc.getState()["statename"], "RUNNING")

    def test_rejects(self):  # V146, V163
        with daemon(listener(answers="fail fail ok") + listener("w", events="TICK_3600")) as (d, rpc):
            rpc.sendRemoteCommEvent("ty", "1")
            rpc.sendRemoteCommEvent("ty", "2")
            events = events_of(d, 4)
            self.assertEqual(bodies(events), ["type:ty\n1"] * 3 + ["type:ty\n2"])
            self.assertEqual([e["header"]["serial"] for e in events], ["0", "0", "0", "1"])
            self.assertEqual([e["header"]["poolserial"] for e in events], ["0", "0", "0", "1"])
            self.assertEqual(d.records().count("WARN l: event was rejected"), 2)
            self.assertNotIn("REMOTE_COMMUNICATION", names(record(d, "w")))  # a TICK_3600 there may be

    def test_rejects_for_ever(self):  # 9.18: a busy loop, but others have their turns
        with daemon(listener(answers="fail") + listener("w"), options="loglevel=info") as (d, rpc):
            rpc.sendRemoteCommEvent("ty", "1")
            events_of(d, 100)
            for _ in range(3):
                self.others_work(d, rpc)
            rpc.stopProcess("l")

    def test_dies_busy(self):  # V156
        with daemon(listener(answers="exit:3", more="startsecs=0\nautorestart=false\n")) as (d, rpc):
            rpc.sendRemoteCommEvent("ty", "1")
            d.wait_for("rebuffering event 0 for pool l \\(buf size=0, max=10\\)")
            records = d.records()
            self.assertLess(records.index("WARN exited: l (exit status 3; not expected)"),
                            records.index("DEBG rebuffering event 0 for pool l (buf size=0, max=10)"))
            rpc.startProcess("l")
            self.assertEqual(bodies(events_of(d, 2)), ["type:ty\n1"] * 2)

    def test_dies_busy_and_is_restarted(self):
        with daemon(listener(answers="exit:3")) as (d, rpc):
            rpc.sendRemoteCommEvent("ty", "1")
            events = events_of(d, 4)
            self.assertEqual(bodies(events)[:4], ["type:ty\n1"] * 4)
            self.assertEqual(len({e["pid"] for e in events}), len(events))

    def test_accepts_with_its_last_words(self):  # V157
        with daemon(listener(answers="okexit:0", more="startsecs=0\nautorestart=false\n")) as (d, rpc):
            rpc.sendRemoteCommEvent("ty", "1")
            d.wait_for("exited: l \\(exit status 0; expected\\)")
            self.assertIn("DEBG l: event was processed", d.records())
            rpc.sendRemoteCommEvent("ty", "2")
            rpc.startProcess("l")
            self.assertEqual(bodies(events_of(d, 2)), ["type:ty\n1", "type:ty\n2"])

    def test_violates_the_protocol(self):  # V139 to V141, V145, V148, V149, V165
        # what it does, what its state was, and whether its event is kept for another
        for how, state, kept in (("first-twice ok", "READY", False), ("first-junk ok", "ACKNOWLEDGED", False),
                                 ("raw:nonsense\\n", "BUSY", True), ("raw:RESULT.-1\\n", "BUSY", True),
                                 ("raw:RESULT.2\\nOKjunk..", "ACKNOWLEDGED", False), ("raw:\\n", "BUSY", True)):
            with self.subTest(how), daemon(listener(answers=how) + listener("w")) as (d, rpc):
                if "first" not in how:
                    rpc.sendRemoteCommEvent("ty", "1")
                    events_of(d, 1, "w")
                d.wait_for("WARN l: " + UNKNOWN)
                self.assertIn(f"DEBG l: {state} -> UNKNOWN", d.records())
                rebuffering = "DEBG rebuffering event 0 for pool l (buf size=0, max=10)"
                if kept:
                    d.wait_for(re.escape(rebuffering))
                else:
                    self.assertNotIn(rebuffering, d.records())
                self.others_work(d, rpc)
                count = len(record(d))
                rpc.stopProcess("l")  # only a restart of the process helps
                d.write("l.conf", "")
                rpc.startProcess("l")
                if how.startswith("raw"):
                    events = events_of(d, count + 1)
                    self.assertEqual(events[count]["body"], "type:ty\n1" if kept else f"type:still\nhere {self.asked}")

    def test_never_answers(self):
        with daemon(listener(answers="hang", more="startsecs=0\nbuffer_size=3\n") + listener("w", more="startsecs=0\nbuffer_size=50\n")
                    ) as (d, rpc):
            events_at_first = "type:ty\n0"
            rpc.sendRemoteCommEvent("ty", "0")
            self.assertEqual(bodies(events_of(d, 1)), [events_at_first])
            for i in range(1, 6):  # V159
                rpc.sendRemoteCommEvent("ty", str(i))
            self.assertIn("ERRO pool l event buffer overflowed, discarding event 2", d.records())
            self.assertNotIn("discarding event 3", d.log())
            self.others_work(d, rpc)
            rpc.stopProcess("l")
            self.assertIn("DEBG rebuffering event 0 for pool l (buf size=3, max=3)", d.records())  # V160

    def test_floods_its_stdout(self):
        with daemon(listener(answers="flood", more="startsecs=0\nstdout_logfile={dir}/l.log\nstdout_logfile_maxbytes=1MB\n"
                             "stdout_logfile_backups=1\n") + listener("w"), options="loglevel=info") as (d, rpc):
            before = own_memory(d.working_pid)
            rpc.sendRemoteCommEvent("ty", "1")
            d.wait_for("WARN l: bad result line: 'x{4096}'")
            d.wait_for("WARN l: " + UNKNOWN)
            wait_until(lambda: os.path.exists(d.dir + "/l.log.1"), "the flood in its log")
            for _ in range(3):
                self.others_work(d, rpc)
            if not sanitized(d.pid):
                self.assertLess(own_memory(d.working_pid) - before, 8192)
            rpc.stopProcess("l")
            self.assertLess(sum(os.path.getsize(d.dir + f) for f in ("/l.log", "/l.log.1")), 4 << 20)

    def test_does_not_listen(self):  # V162
        with daemon(listener(answers="first-deaf ok") + listener("w")) as (d, rpc):
            for record_of_start in ("success: l entered RUNNING", "l: ACKNOWLEDGED -> READY", "w: ACKNOWLEDGED -> READY"):
                d.wait_for(record_of_start)
            rpc.sendRemoteCommEvent("ty", "1")
            events_of(d, 1, "w")
            d.wait_for("rebuffering event 0 for pool l")
            records = d.records()
            at = records.index("DEBG epipe occurred while sending event 0 to listener l, listener state unchanged")
            self.assertEqual(records[at + 1], "DEBG rebuffering event 0 for pool l (buf size=0, max=10)")
            self.others_work(d, rpc)

    def test_says_ready_before_it_is_running(self):  # V158
        with daemon(listener(more="startsecs=1\n")) as (d, rpc):
            d.wait_for("l: ACKNOWLEDGED -> READY")
            rpc.sendRemoteCommEvent("ty", "1")
            events_of(d, 1)
            d.wait_for("event 0 sent to listener l")
            log = d.log()
            self.assertLess(log.index("success: l entered RUNNING"), log.index("event 0 sent to listener l"))

    def test_reads_slowly(self):  # a body larger than a pipe: short writes, BUSY meanwhile
        size = 1 << 20
        with daemon(f"[eventlistener:l]\ncommand={PYTHON} -c \"import os,sys,time; os.write(1, b'READY\\\\n'); time.sleep(1); "
                    f"n = sum(len(sys.stdin.buffer.read(4096)) for _ in range({size // 4096})); "
                    f"os.write(2, b'%%d bytes' %% n); time.sleep(1000)\"\nevents=REMOTE_COMMUNICATION\nstartsecs=0\n"
                    "stderr_logfile={dir}/l.err\n" + listener("w")) as (d, rpc):
            rpc.sendRemoteCommEvent("ty", "x" * size)
            rpc.sendRemoteCommEvent("ty", "next")
            wait_until(lambda: len(record(d, "w")) == 2, "the other listener")
            wait_until(lambda: d.read("l.err") == f"{size} bytes", "all of it")
            self.assertNotIn("event 1 sent to listener l\n", d.log())

    def test_is_killed_while_it_does_not_read(self):
        with daemon(listener(answers="hang") + listener("w")) as (d, rpc):
            rpc.sendRemoteCommEvent("ty", "1")
            events_of(d, 1)
            pid = d.pid_of("l")
            os.kill(pid, signal.SIGSTOP)
            wait_until(lambda: (f := stat_fields(pid)) and f[0] == "T", "the stop")
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not alive(pid), "its death")
            self.assertEqual(bodies(events_of(d, 2)), ["type:ty\n1"] * 2)
            self.others_work(d, rpc)

    def test_a_pool_shares_its_events(self):  # V161
        two = "startsecs=0\nnumprocs=2\nprocess_name=%(program_name)s_%(process_num)d\nbuffer_size=100\n"
        with daemon(listener(answers="first-wait:{dir}/go ok", more=two)) as (d, rpc):
            for i in range(40):
                rpc.sendRemoteCommEvent("ty", str(i))
            d.write("go", "")
            events = events_of(d, 40)
            self.assertEqual(sorted(int(e["header"]["serial"]) for e in events), list(range(40)))
            for pid in {e["pid"] for e in events}:
                mine = [int(e["header"]["serial"]) for e in events if e["pid"] == pid]
                self.assertEqual(mine, sorted(mine))


if __name__ == "__main__":
    unittest.main()
