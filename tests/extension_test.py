#!/usr/bin/env python3
"""RPC interfaces that are not built in, in the real daemon: shared objects and programs, good ones and bad ones."""
import concurrent.futures
import os
import signal
import subprocess
import sys
import unittest
import xmlrpc.client

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rpc_support import SERVER, connect, fault_of  # noqa: E402
from support import BIN, PATIENCE, ROOT, Daemon, alive, children_of, open_fds, wait_until  # noqa: E402

PLUGINS = os.path.join(os.path.dirname(BIN), "plugins")
ODD = os.path.join(ROOT, "tests", "plugins", "odd.py")


def library(name, symbol, options=""):
    return f"[rpcinterface:{symbol}]\nsupervisor.rpcinterface_factory={PLUGINS}/{name}.so:{symbol}\n{options}\n"


def program(mode="", options=""):
    return f"[rpcinterface:odd]\ncommand=/usr/bin/env python3 {ODD} {mode}\n{options}\n"


def odd(*arguments, **options):
    """A daemon with the odd program, once it has registered, and the proxy."""
    d = Daemon(SERVER + program(*arguments, **options))
    d.wait_for("14 methods registered")
    return d, connect(d)


class Libraries(unittest.TestCase):
    def test_the_example(self):
        with Daemon(SERVER + library("counter", "counter", "step=3") + "[program:cat]\ncommand=/bin/cat\nstartsecs=0\n") as d:
            d.wait_for("success: cat")
            self.assertIn("INFO RPC interface 'counter' initialized", d.records())
            counter = connect(d).counter
            self.assertEqual([counter.increment("a"), counter.increment("a", 4), counter.get("a")], [3, 7, 7])
            self.assertEqual(counter.all(), {"a": 7})
            self.assertEqual(counter.states(), {"RUNNING": 1})  # asks the daemon itself
            self.assertEqual(fault_of(counter.get, "b"), (10, "BAD_NAME: there is no such counter"))
            self.assertEqual(fault_of(counter.get), (2, "INCORRECT_PARAMETERS"))
            self.assertEqual(fault_of(counter.nope), (1, "UNKNOWN_METHOD"))
            system = connect(d).system
            self.assertEqual([m for m in system.listMethods() if m.startswith("counter.")],
                             ["counter.all", "counter.get", "counter.increment", "counter.states"])
            self.assertEqual(len(system.listMethods()), 41 + 4)
            self.assertEqual(system.methodSignature("counter.increment"), ["int", "string", "int"])
            self.assertEqual(system.methodHelp("counter.increment"),
                             "count up; the new value\n\n@param string name\n@param int by  optional, default 1\n"
                             "@return int result\n")
            self.assertEqual(system.multicall([{"methodName": "counter.increment", "params": ["z"]},
                                               {"methodName": "counter.get", "params": ["y"]},
                                               {"methodName": "supervisor.getState", "params": []}]),
                             [3, {"faultCode": 10, "faultString": "BAD_NAME: there is no such counter"},
                              {"statecode": 1, "statename": "RUNNING"}])

    def test_a_method_that_blocks_holds_up_nobody(self):
        with Daemon(SERVER + library("odd", "good", "path={dir}/words") + library("counter", "counter")) as d:
            d.started()
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                stuck = pool.submit(connect(d).good.waitFor, d.dir + "/go")
                wait_until(lambda: os.path.exists(d.dir + "/words") and "waiting" in d.read("words"), "the call")
                behind = pool.submit(connect(d).good.echo, "x")
                self.assertEqual(connect(d).supervisor.getState()["statename"], "RUNNING")
                self.assertEqual(connect(d).counter.increment("a"), 1)
                self.assertFalse(stuck.done() or behind.done())
                d.write("go", "")
                self.assertEqual((stuck.result(PATIENCE), behind.result(PATIENCE)), (True, "x"))
            self.assertEqual(d.finish(), 0)
            self.assertEqual(d.read("words"), "start\nwaiting\nclose\n")

    def test_the_daemon_ends_although_a_method_does_not(self):
        with Daemon(SERVER + library("odd", "good", "path={dir}/words")) as d:
            d.started()
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                stuck = pool.submit(connect(d).good.waitFor, d.dir + "/never")
                wait_until(lambda: os.path.exists(d.dir + "/words") and "waiting" in d.read("words"), "the call")
                self.assertEqual(d.finish(), 0)
                self.assertIsNotNone(stuck.exception(PATIENCE))

    def test_a_restart_opens_it_again(self):
        with Daemon(SERVER + library("odd", "good", "path={dir}/words")) as d:
            d.started()
            self.assertEqual(connect(d).good.echo("x"), "x")
            d.send(signal.SIGHUP)
            d.wait_for("supervisord started with pid", 2)
            self.assertEqual(connect(d).good.echo("x"), "x")
            self.assertEqual(d.read("words"), "start\nclose\nstart\n")

    def test_it_may_be_the_only_interface(self):
        with Daemon("[unix_http_server]\nfile={dir}/s.sock\n" + library("counter", "counter")) as d:
            d.started()
            self.assertEqual(connect(d).counter.increment("a"), 1)
            self.assertEqual(fault_of(connect(d).supervisor.getPID), (1, "UNKNOWN_METHOD"))

    def test_shutdown_refuses(self):
        slow = "[program:slow]\ncommand=/bin/sh -c \"trap '' TERM; echo up; while :; do sleep 1; done\"\nstopwaitsecs=60\n" \
               "killasgroup=true\nstdout_logfile={dir}/slow.log\n"
        with Daemon(SERVER + library("counter", "counter") + program() + slow) as d:
            d.wait_for("14 methods registered")
            wait_until(lambda: os.path.exists(d.dir + "/slow.log") and "up" in d.read("slow.log"), "the trap to be set")
            pid = d.pid_of("slow")
            d.send(signal.SIGTERM)
            d.wait_for("waiting for slow to die")
            for call in (connect(d).counter.all, connect(d).odd.pid):
                self.assertEqual(fault_of(call), (6, "SHUTDOWN_STATE"))
            os.killpg(pid, signal.SIGKILL)
            self.assertEqual(d.process.wait(PATIENCE), 0)


class Refusals(unittest.TestCase):
    def refused(self, text, expected, warned=None):
        with Daemon(SERVER + text) as d:
            status, err = d.refusal()
            self.assertEqual(status, 2)
            self.assertTrue(err.startswith("Error: " + expected.replace("{dir}", d.dir)), err)
            if warned:
                self.assertIn("WARN " + warned, d.records())
            self.assertFalse(os.path.exists(d.dir + "/s.sock"))

    def test_what_cannot_be_resolved(self):
        self.refused("[rpcinterface:x]\nsupervisor.rpcinterface_factory=my.module:make\n",
                     "my.module:make cannot be resolved within [rpcinterface:x]: only supervisor.rpcinterface:"
                     "make_main_rpcinterface is built in, and no Python is loaded; give a shared object "
                     "(/path/lib.so:symbol) or, instead of the factory, a program (command=...): see docs/extending.md\n")
        self.refused("[rpcinterface:x]\nsupervisor.rpcinterface_factory=/no/lib.so:x\n",
                     "/no/lib.so:x cannot be resolved within [rpcinterface:x]: there is no file /no/lib.so\n")
        self.refused("[rpcinterface:x]\nsupervisor.rpcinterface_factory={dir}/s.conf:x\n",
                     "{dir}/s.conf:x cannot be resolved within [rpcinterface:x]: {dir}/s.conf: ")
        for symbol, reason in (("nosuch", f"{PLUGINS}/odd.so has no symbol nosuch"), ("odd_judge", "odd_judge is no troupe_rpc_plugin"),
                               ("newer", "newer was built for ABI version 2, this supervisord has version 1")):
            self.refused(library("odd", symbol), f"{PLUGINS}/odd.so:{symbol} cannot be resolved within "
                                                 f"[rpcinterface:{symbol}]: {reason}\n")

    def test_what_does_not_open(self):
        self.refused(library("odd", "good", "refuse=because"), "Could not make good rpc interface\n",
                     "[rpcinterface:good]: good was told to refuse: because")
        self.refused("[rpcinterface:x]\ncommand=/no/such/program\n", "Could not make x rpc interface\n",
                     "[rpcinterface:x]: can't find command '/no/such/program'")
        self.refused("[rpcinterface:x]\ncommand=\"\n", "Could not make x rpc interface\n",
                     "[rpcinterface:x]: can't parse command: No closing quotation (character 1)")

    def test_the_check_of_a_configuration(self):
        with Daemon(SERVER + "[rpcinterface:x]\nsupervisor.rpcinterface_factory=my.module:make\n[eventlistener:e]\n"
                    "command=/bin/cat\nevents=EVENT\nresult_handler=m:f\n", args=("-n", "--test"), start=False) as d:
            done = subprocess.run(d.argv, capture_output=True, text=True)
            lines = done.stderr.splitlines()
            self.assertEqual((done.returncode, len(lines)), (2, 2))
            self.assertRegex(lines[0], r"^.*s\.conf:\d+: my.module:make cannot be resolved within \[rpcinterface:x\]: ")
            self.assertRegex(lines[1], r"^.*s\.conf:\d+: m:f cannot be resolved within \[eventlistener:e\]: ")


ANSWERING = """import sys
for answer in sys.argv[1:]:
    sys.stdout.write("READY\\n")
    sys.stdout.flush()
    header = dict(token.split(":", 1) for token in sys.stdin.readline().split())
    sys.stdin.read(int(header["len"]))
    sys.stdout.write(f"RESULT {len(answer)}\\n{answer}")
    sys.stdout.flush()
sys.stdin.read()
"""


class Judges(unittest.TestCase):
    def pool(self, handler, *answers):
        return (f"[eventlistener:l]\ncommand=/usr/bin/env python3 {{dir}}/l.py {' '.join(answers)}\nstartsecs=0\n"
                f"events=REMOTE_COMMUNICATION\nresult_handler={handler}\n")

    def test_the_example(self):
        with Daemon(SERVER + self.pool(f"{PLUGINS}/judge.so:judge", "SKIP", "FAIL", "OK", "BUG"),
                    files={"l.py": ANSWERING}) as d:
            d.wait_for("success: l")
            for data in ("one", "two", "three"):
                connect(d).supervisor.sendRemoteCommEvent("t", data)
            d.wait_for("DEBG l: BUSY -> UNKNOWN")
            told = [r for r in d.records() if r.startswith(("DEBG l: event", "WARN l: event", "DEBG event"))]
            self.assertEqual(told, ["DEBG event 0 sent to listener l", "DEBG l: event was processed",
                                    "DEBG event 1 sent to listener l", "WARN l: event was rejected",
                                    "DEBG event 1 sent to listener l", "DEBG l: event was processed",
                                    "DEBG event 2 sent to listener l", "WARN l: event caused an error"])

    def test_one_that_does_not_return(self):
        other = ("[eventlistener:other]\ncommand=/usr/bin/env python3 {dir}/l.py OK OK OK\nstartsecs=0\n"
                 "events=REMOTE_COMMUNICATION\n[program:cat]\ncommand=/bin/cat\nstartsecs=0\n")
        with Daemon(SERVER + self.pool(f"{PLUGINS}/odd.so:waiting_judge", "{dir}/fifo", "{dir}/fifo") + other,
                    files={"l.py": ANSWERING}) as d:
            os.mkfifo(os.path.join(d.dir, "fifo"))
            d.wait_for("success: l")
            d.wait_for("success: other")
            server = connect(d).supervisor
            for count, data in enumerate(("one", "two"), 1):
                server.sendRemoteCommEvent("t", data)
                d.wait_for("DEBG other: event was processed", count)  # the other pool goes on
            server.stopProcess("cat")  # and so does everybody who publishes
            server.startProcess("cat")
            self.assertNotIn("DEBG l: event was processed", d.records())
            with open(os.path.join(d.dir, "fifo"), "w"):  # once the judge has opened it, too
                d.wait_for("DEBG l: event was processed")
            d.wait_for("DEBG event 1 sent to listener l")
            self.assertEqual(d.finish(), 0)  # though the judge hangs again

    def test_what_cannot_be_resolved(self):
        with Daemon(SERVER + self.pool(f"{PLUGINS}/judge.so:nosuch")) as d:
            status, err = d.refusal()
            self.assertEqual(status, 2)
            self.assertEqual(err.splitlines()[0], f"Error: {PLUGINS}/judge.so:nosuch cannot be resolved within "
                                                  f"[eventlistener:l]: {PLUGINS}/judge.so has no symbol nosuch")
        with Daemon(SERVER + "[program:cat]\ncommand=/bin/cat\n") as d:
            d.wait_for("spawned: 'cat'")
            d.write("s.conf", d.read("s.conf") + self.pool(f"{PLUGINS}/judge.so:nosuch"))
            server = connect(d).supervisor
            self.assertEqual(server.reloadConfig(), [[["l"], [], []]])
            code, text = fault_of(server.addProcessGroup, "l")
            self.assertEqual((code, text.startswith("FAILED: ")), (30, True), text)
            self.assertEqual([p["name"] for p in server.getAllProcessInfo()], ["cat"])


class Programs(unittest.TestCase):
    def test_the_example(self):
        text = f"[rpcinterface:host]\ncommand=/usr/bin/env python3 {ROOT}/examples/rpc_program/host.py\n"
        with Daemon(SERVER + text + "[program:cat]\ncommand=/bin/cat\nstartsecs=0\n") as d:
            d.wait_for("INFO rpc interface 'host': 3 methods registered")
            d.wait_for("success: cat")
            host = connect(d).host
            self.assertEqual(len(host.load()), 3)
            self.assertEqual(host.disk()["path"], "/")
            self.assertGreater(host.disk(d.dir)["total"], 2 ** 32)
            self.assertEqual(fault_of(host.disk, "/no/such"), (30, "FAILED: [Errno 2] No such file or directory: '/no/such'"))
            self.assertTrue(host.restartAll())  # calls the daemon
            d.wait_for("spawned: 'cat'", 2)
            system = connect(d).system
            self.assertEqual([m for m in system.listMethods() if m.startswith("host.")], ["host.disk", "host.load", "host.restartAll"])
            self.assertIn("@param string path  optional, default /\n", system.methodHelp("host.disk"))
            results = system.multicall([{"methodName": "host.disk", "params": []}, {"methodName": "host.disk", "params": ["/no/such"]},
                                        {"methodName": "host.nope", "params": []}])
            self.assertEqual((results[0]["path"], results[1]["faultCode"], results[2]["faultCode"]), ("/", 30, 1))

    def test_values_options_and_environment(self):
        with Daemon(SERVER + program(options="Colour=red\n[program:odd]\ncommand=/bin/cat"), options='environment=A="b"') as d:
            d.wait_for("14 methods registered")
            odd = connect(d).odd
            for value in (1, -2 ** 31, -2.5, "é\n\"", True, [1, [], {}], {"k": {"l": [True]}}, ""):
                self.assertEqual(odd.echo(value), value)
            self.assertEqual(odd.options(), {"interface": "odd", "options": {"colour": "red"}})
            self.assertEqual(odd.env("SUPERVISOR_SERVER_URL"), f"unix://{d.dir}/s.sock")
            self.assertEqual([odd.env("SUPERVISOR_ENABLED"), odd.env("A"), odd.env("SUPERVISOR_PROCESS_NAME")], ["1", "b", ""])
            self.assertEqual(fault_of(odd.echo), (2, "INCORRECT_PARAMETERS"))
            self.assertEqual(fault_of(odd.relay, 1, 2), (1000, "TypeError(\"'int' object is not iterable\")"))
            self.assertTrue(connect(d).supervisor.sendProcessStdin("odd", "x"))  # the program of that name is another

    def test_it_calls_the_daemon(self):
        d, proxy = odd()
        with d:
            self.assertEqual(proxy.odd.relay("supervisor.getPID"), d.pid)
            self.assertEqual(proxy.odd.relay("supervisor.startProcess", ["x"]), {"code": 10, "message": "BAD_NAME: x"})
            self.assertEqual(proxy.odd.relay("supervisor.nope"), {"code": 1, "message": "UNKNOWN_METHOD"})
            self.assertEqual(proxy.odd.relay("odd.pid"), {"code": 1, "message": "UNKNOWN_METHOD"})

    def test_it_speaks_to_the_log(self):
        d, proxy = odd()
        with d:
            self.assertTrue(proxy.odd.tell("a word"))
            d.wait_for("WARN rpc interface 'odd': a word\n")
            d.wait_for("INFO rpc interface 'odd': complaint: a word\n")
            d.wait_for("DEBG rpc interface 'odd': its program says 'something new', which means nothing\n")
            fault_of(proxy.odd.end, 0)
            d.wait_for("INFO rpc interface 'odd': no end\n")

    def test_it_forges_no_record(self):
        d, proxy = odd()
        with d:
            self.assertTrue(proxy.odd.tell("x<CR><ESC>[31m\n2026-11-28 00:00:00,000 CRIT forged"))
            d.wait_for(r"WARN rpc interface 'odd': x\\r\\x1b\[31m\\n2026-11-28 00:00:00,000 CRIT forged\n")
            d.wait_for(r"INFO rpc interface 'odd': complaint: x\\r\\x1b\[31m\n")
            self.assertEqual([r for r in d.records() if r.startswith("CRIT forged")], [])
            self.assertNotIn("\x1b", d.log())

    def test_methods_may_change(self):
        d, proxy = odd()
        with d:
            self.assertTrue(proxy.odd.again())
            self.assertEqual([m for m in proxy.system.listMethods() if m.startswith("odd.")], ["odd.again", "odd.newer", "odd.pid"])
            self.assertEqual(proxy.odd.newer(), "new")
            self.assertEqual(fault_of(proxy.odd.echo, 1), (1, "UNKNOWN_METHOD"))

    def test_no_answer_in_time(self):
        d, proxy = odd(options="timeout=3")
        with d:
            self.assertEqual(fault_of(proxy.odd.hang), (30, "FAILED: rpc interface 'odd': its program did not answer hang within 3 s"))
            self.assertEqual(proxy.odd.echo("x"), "x")
            self.assertEqual(fault_of(proxy.odd.late, d.dir + "/go")[0], 30)
            d.write("go", "")
            self.assertEqual(proxy.odd.echo("y"), "y")  # and not "late"

    def test_calls_wait_without_holding_up_others(self):
        d, proxy = odd()
        with d:
            with concurrent.futures.ThreadPoolExecutor(21) as pool:
                calls = [pool.submit(connect(d).odd.late, d.dir + "/go")]
                calls += [pool.submit(connect(d).odd.echo, i) for i in range(20)]
                for _ in range(20):
                    self.assertEqual(proxy.supervisor.getPID(), d.pid)
                self.assertFalse(calls[0].done())
                d.write("go", "")
                self.assertEqual([c.result(PATIENCE) for c in calls], ["late", *range(20)])

    def test_a_death_is_told_and_repaired(self):
        d, proxy = odd()
        with d:
            first = proxy.odd.pid()
            self.assertEqual(fault_of(proxy.odd.end, 3), (30, "FAILED: rpc interface 'odd': its program ended (exit status 3)"))
            self.assertIn("odd.pid", proxy.system.listMethods())  # it will be back
            d.wait_for("14 methods registered", 2)
            self.assertIn("WARN rpc interface 'odd': its program ended (exit status 3); it is started again in 1 s", d.records())
            second = proxy.odd.pid()
            self.assertNotEqual(first, second)
            os.kill(second, signal.SIGKILL)
            d.wait_for("its program ended \\(terminated by SIGKILL\\); it is started again in 2 s")
            self.assertEqual(fault_of(proxy.odd.pid), (30, "FAILED: rpc interface 'odd': its program ended (terminated by SIGKILL)"))

    def test_babble(self):
        for text, said in (("Traceback!\n", "wrote a line that is no message (it is no JSON: "), ("[]\n", "(it is no JSON object): '[]'"),
                           ('{"id":1}\n', "(it has neither method nor result nor error)"), ("{\n", "it is no JSON: incomplete")):
            with self.subTest(text):
                d, proxy = odd()
                with d:
                    pid = proxy.odd.pid()
                    code, fault = fault_of(proxy.odd.babble, text)
                    self.assertEqual(code, 30)
                    self.assertTrue(fault.startswith("FAILED: rpc interface 'odd': its program "), fault)
                    self.assertIn(said, fault)
                    wait_until(lambda: not alive(pid), "its end")
                    d.wait_for("14 methods registered", 2)
                    self.assertEqual(proxy.odd.echo("x"), "x")

    def test_a_line_without_end(self):
        d, proxy = odd()
        with d:
            self.assertEqual(fault_of(proxy.odd.flood, 2 ** 24 + 1),
                             (30, "FAILED: rpc interface 'odd': its program wrote a line of more than 16 MiB"))

    def test_closed_pipes(self):
        for fd, name in ((0, "stdin"), (1, "stdout")):
            with self.subTest(name):
                d, proxy = odd()
                with d:
                    with concurrent.futures.ThreadPoolExecutor(1) as pool:
                        closed = pool.submit(fault_of, connect(d).odd.close, fd)
                        d.wait_for(f"rpc interface 'odd': closed {fd}")
                        if fd == 0:  # noticed when there is something to say
                            self.assertEqual(fault_of(proxy.odd.echo, 1)[0], 30)
                        self.assertEqual(closed.result(PATIENCE),
                                         (30, f"FAILED: rpc interface 'odd': its program has closed its {name}"))

    def test_bounds(self):
        d, proxy = odd(options="timeout=600")
        with d:
            with concurrent.futures.ThreadPoolExecutor(101) as pool:
                calls = [pool.submit(fault_of, connect(d).odd.hang) for _ in range(101)]
                done = concurrent.futures.wait(calls, PATIENCE, concurrent.futures.FIRST_COMPLETED).done
                self.assertEqual([f.result() for f in done], [(30, "FAILED: rpc interface 'odd': too many calls wait for its program")])
                self.assertEqual(proxy.supervisor.getPID(), d.pid)
                os.kill([p for p in children_of(d.pid)][0], signal.SIGKILL)
                self.assertEqual({f.result(PATIENCE)[0] for f in calls}, {30})

    def test_a_program_that_does_not_read(self):
        d, proxy = odd(options="timeout=600")
        with d:
            large = "x" * (9 << 20)
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                stuck = pool.submit(connect(d).odd.late, d.dir + "/go")
                wait_until(lambda: os.path.exists(d.dir + "/go.waiting"), "the call")
                calls = [pool.submit(echo_or_fault, connect(d).odd.echo, large) for _ in range(3)]
                wait_until(lambda: sum(c.done() for c in calls) == 2, "two refusals")
                refused = [c.result() for c in calls if c.done()]
                self.assertEqual(refused, 2 * [(30, "FAILED: rpc interface 'odd': too many calls wait for its program")])
                d.write("go", "")
                self.assertEqual(stuck.result(PATIENCE), "late")
                self.assertEqual([c.result(PATIENCE) for c in calls].count(large), 1)

    def test_never_registered(self):
        with Daemon(SERVER + program("mute")) as d:
            d.wait_for("started its program")
            self.assertEqual(fault_of(connect(d).odd.anything, 1, 2),
                             (30, "FAILED: rpc interface 'odd': its program has not registered its methods yet"))
            self.assertEqual(len(connect(d).system.listMethods()), 41)
        with Daemon(SERVER + program("misnamed")) as d:
            d.wait_for("WARN rpc interface 'odd': its program registers what cannot be called: '_private' is no name of a method; "
                       "it is started again in 1 s")

    def test_clients_that_go_away(self):
        d, proxy = odd()
        with d:
            proxy.odd.pid()
            before = open_fds(d.working_pid)
            for _ in range(20):
                client = subprocess.Popen([sys.executable, "-c", CALL, d.dir + "/s.sock"], stdout=subprocess.PIPE)
                client.stdout.readline()
                client.kill()
                client.wait()
                client.stdout.close()
            wait_until(lambda: open_fds(d.working_pid) <= before, "the descriptors")
            self.assertEqual(proxy.odd.echo(1), 1)

    def test_the_end(self):
        for mode in ("", "stubborn"):
            with self.subTest(mode):
                d, proxy = odd(mode)
                with d:
                    pid = proxy.odd.pid()
                    self.assertEqual(d.finish(), 0)
                    self.assertFalse(alive(pid))

    def test_a_restart(self):
        d, proxy = odd()
        with d:
            first = proxy.odd.pid()
            before = open_fds(d.working_pid)
            for count in (2, 3):
                d.send(signal.SIGHUP)
                d.wait_for("14 methods registered", count)
                self.assertNotEqual(proxy.odd.pid(), first)
            self.assertFalse(alive(first))
            wait_until(lambda: open_fds(d.working_pid) <= before + 1, "no descriptor to be left behind")
            self.assertEqual(len(children_of(d.pid)), 1)


CALL = """import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
body = b"<methodCall><methodName>odd.hang</methodName></methodCall>"
s.sendall(b"POST /RPC2 HTTP/1.1\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
print("sent", flush=True)
s.recv(1)
"""


def echo_or_fault(call, argument):
    try:
        return call(argument)
    except xmlrpc.client.Fault as f:
        return f.faultCode, f.faultString


if __name__ == "__main__":
    unittest.main()
