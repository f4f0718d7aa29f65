#!/usr/bin/env python3
"""FastCGI programs: one listening socket for the members of a section, as fd 0 of each. Names in comments are vectors
of docs/contract/lifecycle.md."""
import os
import pwd
import signal
import socket
import stat
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from oracle_test import normal  # noqa: E402
from rpc_support import SERVER, connect, fault_of  # noqa: E402
from support import PATIENCE, Daemon, free_port, open_fds, oracle, wait_until  # noqa: E402

DEBIAN = oracle("supervisord")

# Answers each connection with its pid and holds it until the client hangs up: one connection per member at a time.
CHILD = """import os, socket
listening = socket.socket(fileno=0)
while True:
    client, _ = listening.accept()
    client.sendall(b"%d" % os.getpid())
    client.recv(1)
    client.close()
"""
FILES = {"child.py": CHILD}
PROGRAM = "[fcgi-program:f]\ncommand=/usr/bin/env python3 {dir}/child.py\nsocket=unix://{dir}/f.sock\nstartsecs=0\n"
TWO = PROGRAM + "numprocs=2\nprocess_name=%(program_name)s_%(process_num)d\n"


def sockets_of(records):
    """The records about sockets, and those of spawns, without the URL and in short."""
    words = {"INFO Creating": "create", "INFO Closing": "close", "INFO spawned:": "spawn"}
    return [short for r in records for long, short in words.items() if r.startswith(long)]


def ask(address, family=socket.AF_UNIX):
    """A connection, and the pid that answers it."""
    s = socket.socket(family)
    s.settimeout(PATIENCE)
    s.connect(address)
    return s, int(s.recv(20))


def listen_on(port):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", port))
    s.listen()
    return s


class Pool(unittest.TestCase):
    def test_all_members_accept_on_one_socket(self):  # V166
        with Daemon(TWO, files=FILES) as d:
            pids = {d.pid_of("f_0"), d.pid_of("f_1")}
            self.assertEqual(sockets_of(d.records()), ["create", "close", "create", "spawn", "spawn"])
            self.assertIn(f"INFO Creating socket unix://{d.dir}/f.sock", d.records())
            self.assertIn(f"INFO Closing socket unix://{d.dir}/f.sock", d.records())
            clients = [ask(d.dir + "/f.sock") for _ in pids]  # each holds its member
            self.assertEqual({pid for _, pid in clients}, pids)
            self.assertEqual(len({os.readlink(f"/proc/{pid}/fd/0") for pid in pids}), 1)
            for s, _ in clients:
                s.close()

    def test_tcp(self):
        port = free_port()
        with Daemon(TWO.replace("unix://{dir}/f.sock", f"tcp://127.0.0.1:{port}"), files=FILES) as d:
            pids = {d.pid_of("f_0"), d.pid_of("f_1")}
            clients = [ask(("127.0.0.1", port), socket.AF_INET) for _ in pids]
            self.assertEqual({pid for _, pid in clients}, pids)
            for s, _ in clients:
                s.close()
            self.assertEqual(d.finish(), 0)
            said = [r for r in d.records() if r.startswith("INFO")]  # a SIGCHLD may be told of later
            self.assertEqual(said[-1], f"INFO Closing socket tcp://127.0.0.1:{port}")

    def test_the_last_one_closes_the_socket(self):  # V168
        with Daemon(SERVER + TWO, files=FILES) as d:
            d.wait_for("success: f_1")
            supervisor = connect(d).supervisor
            supervisor.stopProcess("f:f_0")
            self.assertEqual(sockets_of(d.records()).count("close"), 1)  # of the probe
            client, _ = ask(d.dir + "/f.sock")
            client.close()
            supervisor.stopProcess("f:f_1")
            d.wait_for("Closing socket", 2)
            self.assertTrue(stat.S_ISSOCK(os.stat(d.dir + "/f.sock").st_mode))
            with self.assertRaises(ConnectionRefusedError):
                ask(d.dir + "/f.sock")
            supervisor.startProcessGroup("f")
            d.wait_for("Creating socket", 3)
            ask(d.dir + "/f.sock")[0].close()

    def test_a_restart_beside_others_keeps_it(self):  # V169
        with Daemon(TWO, files=FILES) as d:
            d.wait_for("success: f_1")
            os.kill(d.pid_of("f_0"), signal.SIGKILL)
            d.wait_for("spawned: 'f_0'", 2)
            self.assertEqual(sockets_of(d.records()), ["create", "close", "create"] + 3 * ["spawn"])

    def test_a_lone_member_that_restarts_gets_a_new_one(self):
        with Daemon(PROGRAM, files=FILES) as d:
            for count in (1, 2, 3):
                os.kill(d.pid_of("f", count), signal.SIGKILL)
            d.wait_for("spawned: 'f'", 4)
            self.assertEqual(sockets_of(d.records()), ["create", "close", "create", "spawn"] + 3 * ["close", "create", "spawn"])

    def test_start_while_stopping_changes_no_reference(self):  # V175, 10.13
        stubborn = TWO.replace("{dir}/child.py", "{dir}/stubborn.py") + "stopwaitsecs=60\nautorestart=false\n"
        files = {"stubborn.py": "import signal\nsignal.signal(signal.SIGTERM, lambda *_: None)\n"
                                "open('{dir}/%d' % __import__('os').getpid(), 'w')\n" + CHILD}
        with Daemon(SERVER + stubborn, files=files) as d:
            first, second = d.pid_of("f_0"), d.pid_of("f_1")
            wait_until(lambda: os.path.exists(f"{d.dir}/{first}") and os.path.exists(f"{d.dir}/{second}"), "the handlers")
            supervisor = connect(d).supervisor
            supervisor.stopProcess("f:f_0", False)
            for wait in (True, False):
                self.assertEqual(fault_of(supervisor.startProcess, "f:f_0", wait), (40, "ABNORMAL_TERMINATION: f:f_0"))
            os.kill(first, signal.SIGKILL)
            d.wait_for("stopped: f_0")
            self.assertEqual(sockets_of(d.records()), ["create", "close", "create", "spawn", "spawn"])
            ask(d.dir + "/f.sock")[0].close()
            os.kill(second, signal.SIGKILL)
            d.wait_for("Closing socket", 2)

    def test_no_stdin(self):  # V124
        with Daemon(SERVER + PROGRAM, files=FILES) as d:
            d.wait_for("success: f")
            for _ in range(2):
                self.assertEqual(fault_of(connect(d).supervisor.sendProcessStdin, "f", "x"), (20, "NO_FILE: f"))

    @unittest.skipUnless(os.getuid() == 0, "needs root")
    def test_owner_and_mode(self):  # V167
        nobody = pwd.getpwnam("nobody")
        with Daemon(PROGRAM + "user=nobody\n" + PROGRAM.replace("f.sock", "g.sock").replace(":f]", ":g]") +
                    "socket_owner=nobody:root\nsocket_mode=0620\n", files=FILES) as d:
            pid = d.pid_of("f")
            d.pid_of("g")
            for name, uid, gid, mode in (("f", nobody.pw_uid, nobody.pw_gid, 0o700), ("g", nobody.pw_uid, 0, 0o620)):
                s = os.stat(f"{d.dir}/{name}.sock")
                self.assertEqual((s.st_uid, s.st_gid, stat.S_IMODE(s.st_mode)), (uid, gid, mode), name)
            client, answered = ask(d.dir + "/f.sock")
            self.assertEqual(answered, pid)
            self.assertEqual(os.stat(f"/proc/{pid}").st_uid, nobody.pw_uid)
            client.close()

    def test_hup_opens_it_again(self):
        with Daemon(TWO, files=FILES) as d:
            d.wait_for("success: f_1")
            before = open_fds(d.working_pid)
            for count in (2, 3):
                d.send(signal.SIGHUP)
                d.wait_for("success: f_1", count)
            life = ["create", "close", "create", "spawn", "spawn", "close"]
            self.assertEqual(sockets_of(d.records()), (3 * life)[:-1])
            wait_until(lambda: open_fds(d.working_pid) <= before + 1, "no descriptor to be left behind")


class InGroups(unittest.TestCase):
    def test_each_section_keeps_its_own_socket(self):  # 10.3
        g = PROGRAM.replace(":f]", ":g]").replace("f.sock", "g.sock")
        plain = "[program:cat]\ncommand=/bin/cat\nstartsecs=0\n"
        with Daemon(SERVER + TWO + g + plain + "[group:all]\nprograms=f,g,cat\n", files=FILES) as d:
            d.wait_for("success: cat")
            pids = {d.pid_of("f_0"), d.pid_of("f_1")}
            clients = [ask(d.dir + "/f.sock") for _ in pids] + [ask(d.dir + "/g.sock")]
            self.assertEqual({pid for _, pid in clients[:2]}, pids)
            self.assertEqual(clients[2][1], d.pid_of("g"))
            for s, _ in clients:
                s.close()
            supervisor = connect(d).supervisor
            supervisor.stopProcess("all:f_0")
            supervisor.stopProcess("all:f_1")
            d.wait_for(rf"Closing socket unix://{d.dir}/f.sock", 2)
            ask(d.dir + "/g.sock")[0].close()
            self.assertTrue(supervisor.sendProcessStdin("all:cat", "x"))

    def test_a_member_without_socket_is_a_plain_program(self):  # N5
        with Daemon(SERVER + "[fcgi-program:f]\ncommand=/bin/cat\nstartsecs=0\n[group:g]\nprograms=f\n") as d:
            d.wait_for("success: f")
            self.assertEqual(sockets_of(d.records()), ["spawn"])
            self.assertTrue(connect(d).supervisor.sendProcessStdin("g:f", "x"))

    def test_one_section_in_two_groups_shares_it(self):
        with Daemon(SERVER + PROGRAM + "[group:a]\nprograms=f\n[group:b]\nprograms=f\n", files=FILES) as d:
            d.wait_for("spawned: 'f'", 2)
            supervisor = connect(d).supervisor
            supervisor.stopProcess("a:f")
            client, pid = ask(d.dir + "/f.sock")
            self.assertEqual(pid, supervisor.getProcessInfo("b:f")["pid"])
            client.close()
            supervisor.removeProcessGroup("a")
            supervisor.addProcessGroup("a")  # the probe must not take the path from under b
            d.wait_for("spawned: 'f'", 3)
            clients = [ask(d.dir + "/f.sock") for _ in range(2)]
            self.assertEqual({pid for _, pid in clients}, {supervisor.getProcessInfo(n)["pid"] for n in ("a:f", "b:f")})
            for s, _ in clients:
                s.close()


class Refusals(unittest.TestCase):
    def test_a_taken_port_at_start(self):  # V170
        with listen_on(0) as taken:
            port = taken.getsockname()[1]
            with Daemon(f"[fcgi-program:f]\ncommand=/bin/cat\nsocket=tcp://127.0.0.1:{port}\n") as d:
                status, err = d.refusal()
                self.assertEqual(status, 2)
                self.assertEqual(err.splitlines()[0], "Error: Could not create FastCGI socket tcp://127.0.0.1:"
                                                      f"{port}: [Errno 98] Address already in use")

    def test_a_taken_port_at_a_spawn(self):  # V171, 10.12
        port = free_port()
        with Daemon(SERVER + f"[fcgi-program:f]\ncommand=/bin/cat\nsocket=tcp://127.0.0.1:{port}\nautostart=false\n"
                    "startretries=100\nstartsecs=0\n") as d:
            d.started()
            supervisor = wait_until(lambda: os.path.exists(d.dir + "/s.sock") and connect(d).supervisor, "the server")
            text = f"Could not create FastCGI socket tcp://127.0.0.1:{port}: [Errno 98] Address already in use"
            with listen_on(port):
                self.assertEqual(fault_of(supervisor.startProcess, "f"), (50, "SPAWN_ERROR: f"))
                info = wait_until(lambda: (i := supervisor.getProcessInfo("f"))["statename"] == "BACKOFF" and i, "BACKOFF")
                self.assertEqual((info["statename"], info["spawnerr"], info["pid"]), ("BACKOFF", text, 0))
                self.assertIn("INFO spawnerr: " + text, d.records())
                before = open_fds(d.working_pid)
                d.wait_for("spawnerr: ", 3)
                self.assertLessEqual(open_fds(d.working_pid), before + 1)
            d.wait_for("success: f")

    def test_a_taken_port_of_a_group_that_is_added(self):  # 10.12
        with listen_on(0) as taken, Daemon(SERVER) as d:
            port = taken.getsockname()[1]
            d.started()
            supervisor = connect(d).supervisor
            d.write("s.conf", d.read("s.conf") + f"[fcgi-program:f]\ncommand=/bin/cat\nsocket=tcp://127.0.0.1:{port}\n")
            self.assertEqual(supervisor.reloadConfig(), [[["f"], [], []]])
            text = f"FAILED: Could not create FastCGI socket tcp://127.0.0.1:{port}: [Errno 98] Address already in use"
            self.assertEqual(fault_of(supervisor.addProcessGroup, "f"), (30, text))
            self.assertEqual(supervisor.getAllProcessInfo(), [])
            taken.close()
            self.assertTrue(supervisor.addProcessGroup("f"))
            d.wait_for("spawned: 'f'")
            d.write("s.conf", d.read("s.conf").replace(str(port), str(free_port())))
            self.assertEqual(supervisor.reloadConfig(), [[[], ["f"], []]])

    def test_configurations(self):  # V172 to V174
        for options, text in (
                ("socket=unix://rel/path", "Unix socket path rel/path is not an absolute path in [fcgi-program:f] socket"),
                ("socket=http://x", "Bad socket format http://x in [fcgi-program:f] socket"),
                ("socket=tcp://localhost:99999", "99999 is above upper bound (65535) in [fcgi-program:f] socket"),
                ("socket=tcp://localhost:1\nsocket_mode=0700", "socket_owner and socket_mode params should only be used with "
                 "a Unix domain socket in [fcgi-program:f] socket"),
                ("socket=unix:///x\nsocket_backlog=0", "Invalid socket_backlog value 0"),
                ("socket=unix:///x\nsocket_mode=9z", "Invalid socket_mode value 9z"),
                ("socket=unix:///x\nsocket_owner=nosuch:x", "Invalid socket_owner value nosuch:x")):
            with self.subTest(options), Daemon(f"[fcgi-program:f]\ncommand=/bin/cat\n{options}\n") as d:
                status, err = d.refusal()
                self.assertEqual((status, err.splitlines()[0]), (2, "Error: " + text))


@unittest.skipUnless(DEBIAN, "Debian's supervisor was not fetched (scripts/fetch-oracle build/oracle)")
class Beside(unittest.TestCase):
    maxDiff = None

    def test_a_life(self):
        text = TWO + "[fcgi-program:once]\ncommand=/bin/sh -c 'sleep 4; exit 3'\nsocket=unix://{dir}/once.sock\n" \
                     "autorestart=false\n" \
                     "[fcgi-program:no]\ncommand=/no/such/thing\nsocket=unix://{dir}/no.sock\nstartretries=0\n"
        results = []
        for argv, env in ((None, DEBIAN[1]), DEBIAN):
            with Daemon(text, argv=argv, env=env, files=FILES) as d:
                for pattern in ("success: f_0", "success: f_1", "success: once", "gave up: no", "Closing socket .*once.sock"):
                    d.wait_for(pattern, 2 if "Closing" in pattern else 1)
                clients = [ask(d.dir + "/f.sock") for _ in range(2)]
                self.assertEqual({pid for _, pid in clients}, {d.pid_of("f_0"), d.pid_of("f_1")})
                for s, _ in clients:
                    s.close()
                results.append((d.finish(), normal(r.replace(d.dir, "DIR") for r in d.records())))
        self.assertEqual(results[0], results[1])


if __name__ == "__main__":
    unittest.main()
