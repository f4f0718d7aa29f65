#!/usr/bin/env python3
"""What clients of the control plane rely on beyond the vectors of interop_test.py: a start that takes long holds nobody
up, every wrong argument has its fault, a broken configuration changes nothing, Ansible's way of calling supervisorctl
works, and no password is ever written anywhere."""
import base64
import hashlib
import os
import re
import signal
import subprocess
import sys
import unittest
import xmlrpc.client

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from interop.envelope_rows import METHODS, SIGNATURES  # noqa: E402
from interop.harness import Fault, Harness, Table  # noqa: E402
from support import BIN, PATIENCE, PORTABLE, Daemon, wait_until  # noqa: E402

SLOW = """
[program:slow]
command=/bin/cat
autostart=false
startsecs=3600
"""


def request(harness, method, *args):
    return harness.door.post(xmlrpc.client.dumps(args, method))


class LongStart(unittest.TestCase):
    def test_it_delays_nobody(self):
        for family in ("unix", "tcp"):
            with Harness(Table("slow", extra=SLOW), family) as harness, harness.rpc, harness.wire() as waiting:
                waiting.send(request(harness, "supervisor.startProcess", "slow"))
                harness.wait_state("slow", "STARTING")
                harness.wait_state("sleeper", "RUNNING")
                self.assertEqual(len(harness.call("getAllProcessInfo")), 15)
                status = subprocess.run([os.path.join(BIN, "supervisorctl"), "-s", f"unix://{harness.at('main', 'unix').address}",
                                         "-u", "u", "-p", "p:w", "status"], capture_output=True, text=True, timeout=PATIENCE)
                self.assertRegex(status.stdout, r"(?m)^slow +STARTING")
                self.assertRegex(status.stdout, r"(?m)^sleeper +RUNNING +pid \d+")
                self.assertIs(harness.call("startProcess", "cat"), True)  # nor another start
                self.assertIs(harness.call("stopProcess", "cat"), True)
                self.assertEqual(harness.state("slow"), "STARTING")
                waiting.socket.setblocking(False)
                self.assertRaises(BlockingIOError, waiting.socket.recv, 1)
                waiting.socket.settimeout(PATIENCE)
                self.assertIs(harness.call("stopProcess", "slow"), True)
                self.assertIn(b"ABNORMAL_TERMINATION: slow", waiting.answer().body)


    def test_whoever_waits_is_told_of_the_end(self):
        for end, method, args in ((("shutdown",), "startProcess", ("slow",)), (("restart",), "startProcess", ("slow",)),
                                  (("shutdown",), "stopProcess", ("stubborn",)), (("shutdown",), "startAllProcesses", ())):
            with self.subTest(end=end, method=method), Harness(Table("end", extra=SLOW), "unix") as harness, harness.rpc, harness.wire() as waiting:
                harness.wait_state("sleeper", "RUNNING")
                states = ["STARTING"]
                if method == "stopProcess":
                    self.assertIs(harness.call("startProcess", "stubborn"), True)
                    wait_until(lambda: harness.read("stubborn.out") == "deaf\n", "stubborn to ignore TERM")
                    states = ["STOPPING", "STOPPED"]
                waiting.send(request(harness, "supervisor." + method, *args))
                harness.wait_state(args[0] if args else "slow", *states)
                self.assertIs(harness.call(*end), True)
                answer = waiting.answer()
                self.assertEqual(answer.status, 200)
                self.assertRegex(answer.body.decode(), "ABNORMAL_TERMINATION: |SHUTDOWN_STATE|<boolean>1</boolean>")
                if end == ("shutdown",):
                    self.assertTrue(waiting.at_end())
                    self.assertEqual(harness.process.wait(PATIENCE), 0)


# -- bad input ---------------------------------------------------------------------------------------

WRONG = Fault(2, "INCORRECT_PARAMETERS")
WELL = {"string": "nope", "int": 0, "boolean": True}
# What stands where a name should.
NO_NAMES = [1, -1, 1.5, True, None, [], ["sleeper"], {}, {"name": "sleeper"}, xmlrpc.client.DateTime("20261122T10:53:25")]
ANY_SCALAR = {("sendRemoteCommEvent", 0), ("sendRemoteCommEvent", 1)}
NO_NUMBERS = ["x", "", "1.5", "0x10", None, [], [1], {}, "1 2"]


def parameters():
    """(method, types of its parameters)"""
    for signature, names in SIGNATURES.items():
        for name in names.split():
            yield name, signature.split()[1:]


class BadInput(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.harness = Harness(Table("bad", extra=SLOW), "tcp")
        cls.harness.wait_state("sleeper", "RUNNING")
        cls.harness.wait_state("grp:ga", "RUNNING")
        cls.harness.wait_state("done", "EXITED")
        cls.harness.call("reloadConfig")  # after which automatic logs are called `auto`
        cls.before = cls.picture()

    @classmethod
    def tearDownClass(cls):
        cls.harness.rpc("close")()
        cls.harness.__exit__()

    @classmethod
    def picture(cls):
        """What must not change: every process's record, the configuration that was read, and the daemon's pid."""
        infos = [{k: v for k, v in info.items() if k not in ("now", "description")}
                 for info in cls.harness.call("getAllProcessInfo")]
        return infos, cls.harness.call("getAllConfigInfo"), cls.harness.call("getPID")

    def tearDown(self):
        self.assertEqual(self.picture(), self.before)

    def refused(self, method, args, fault):
        with self.subTest(method=method, args=args):
            self.assertEqual(self.harness.outcome(method, *args), fault)

    def test_numbers_of_arguments(self):
        for method, types in parameters():
            well = [WELL[t] for t in types]
            self.refused(method, well + ["more"], WRONG)
            required = len([t for t in types if t != "boolean"])
            for count in range(required):
                self.refused(method, well[:count], WRONG)
        for method in METHODS[-4:]:
            self.refused(method, ["a", "b"], WRONG)

    def test_names_that_are_none(self):
        for method, types in parameters():
            if "string" not in types[:1] or method == "signalAllProcesses":
                continue
            for value in NO_NAMES:
                if (method, 0) not in ANY_SCALAR:
                    self.refused(method, [value] + [WELL[t] for t in types[1:]], WRONG)
        for value in (None, [], {}):
            self.refused("sendRemoteCommEvent", [value, "x"], WRONG)
            self.refused("sendRemoteCommEvent", ["x", value], WRONG)
            self.refused("signalProcess", ["sleeper", value], WRONG)
            self.refused("signalAllProcesses", [value], WRONG)
            self.refused("signalProcessGroup", ["grp", value], WRONG)
            self.refused("sendProcessStdin", ["sleeper", value], WRONG)

    def test_names_of_nobody(self):
        for method, types in parameters():
            if types[:1] != ["string"] or method in ("signalAllProcesses", "sendRemoteCommEvent"):
                continue
            for name in ("nope", "", "nope:nope", "sleeper:nope", "grp:", "SLEEPER", "sleeper ", "grp:ga:x", "\u00e9", "%s", "a\nb"):
                group_form = name.endswith(":") and method in ("startProcess", "stopProcess", "signalProcess")
                if group_form:
                    continue
                rest = ["CONT" if method.startswith("signal") else WELL[t] for t in types[1:]]
                self.refused(method, [name, *rest], Fault(10, f"BAD_NAME: {name}"))

    def test_numbers_that_are_none(self):
        for method, types in parameters():
            for at, kind in enumerate(types):
                if kind != "int":
                    continue
                for value in NO_NUMBERS:
                    args = ["sleeper" if t == "string" else 0 for t in types]
                    args[at] = value
                    self.refused(method, args, WRONG)

    def test_signals_that_are_none(self):
        for value in ("NOPE", "", "99", -1, 1000, "1.0", "TERM KILL", 2**31 - 1):
            self.refused("signalProcess", ["sleeper", value], Fault(11, f"BAD_SIGNAL: {value}"))
            self.assertEqual([(r["name"], r["status"], r["description"]) for r in self.harness.call("signalProcessGroup", "grp", value)],
                             [("ga", 11, f"BAD_SIGNAL: {value}")])
        self.refused("signalProcess", ["sleeper", 1.5e300], WRONG)

    def test_names_in_the_wrong_state(self):
        for method, args, fault in (
                ("startProcess", ["sleeper"], Fault(60, "ALREADY_STARTED: sleeper")),
                ("startProcess", ["grp:ga"], Fault(60, "ALREADY_STARTED: grp:ga")),
                ("stopProcess", ["cat"], Fault(70, "NOT_RUNNING: cat")),
                ("stopProcess", ["grp:gb"], Fault(70, "NOT_RUNNING: grp:gb")),
                ("signalProcess", ["cat", "HUP"], Fault(70, "NOT_RUNNING: cat")),
                ("sendProcessStdin", ["cat", "x"], Fault(70, "NOT_RUNNING: cat")),
                ("addProcessGroup", ["grp"], Fault(90, "ALREADY_ADDED: grp")),
                ("removeProcessGroup", ["grp"], Fault(91, "STILL_RUNNING: grp")),
                ("removeProcessGroup", ["sleeper"], Fault(91, "STILL_RUNNING: sleeper")),
                ("readProcessStdoutLog", ["sleeper", -1, 1], Fault(3, "BAD_ARGUMENTS")),
                ("readLog", [0, -1], Fault(3, "BAD_ARGUMENTS"))):
            self.refused(method, args, fault)

    # -- a configuration that cannot be read ---------------------------------------------------------

    BROKEN = [  # appended to the file; what the fault says behind CANT_REREAD: with {at} for FILE:LINE of line N behind it
        ("nonsense\n", 1, "{at}Source contains parsing errors: '{file}'\n\t[line {line:2}]: 'nonsense\\n'"),
        ("[program:x]\n", 1, "{at}program section program:x does not specify a command"),
        ("[program:x]\ncommand=/bin/cat\nstartsecs=soon\n", 3, "{at}invalid literal for int() with base 10: 'soon'"),
        ("[program:x]\ncommand=/bin/cat\nautorestart=perhaps\n", 3, "{at}invalid 'autorestart' value 'perhaps'"),
        ("[program:x]\ncommand=/bin/cat\nuser=nobody-of-that-name\n", 3, "{at}Invalid user name nobody-of-that-name"),
        ("[program:x]\ncommand=/bin/cat\nnumprocs=2\n", 3, "{at}%(process_num) must be present"),
        ("[program:x]\ncommand=/bin/echo %(nope)s\n", 2, "{at}Format string for 'program:x.command' contains"),
        ("[group:bad]\nprograms=nonesuch\n", 2, "{at}[group:bad] names unknown program or fcgi-program nonesuch"),
        ("[inet_http_server:x]\n", 1, "{at}section [inet_http_server:x] has no port value"),
        ("[unix_http_server:x]\nfile=/tmp/x\nusername=u\n", 3, "{at}Section [unix_http_server:x] contains incomplete"),
        ("[rpcinterface:x]\nsupervisor.rpcinterface_factory=a.b:c\n", 2, "{at}a.b:c cannot be resolved within [rpcinterface:x]"),
        ("[role:x]\nverbs=strat\n", 2, "{at}[role:x] names unknown verb strat"),
        ("[user:x]\npassword={SSHA}hunter2\n", 2, "{at}[user:x] password has the unknown form "),
        ("[user:x]\n[user:x]\n", 2, "{at}[user:x] is given twice: "),
        ("[program:\xff]\n", 1, "{at}'utf-8' codec can't decode byte 0xff"),
        ("[include]\nfiles=more.conf\n", -2, "{more}:2: Source contains parsing errors: '{more}'\n\t[line  2]: 'junk\\n'"),
    ]

    def test_a_broken_file(self):
        harness = self.harness
        good = harness.read("s.conf")
        harness.write("more.conf", "[program:more]\njunk\n")
        for text, line, sentence in self.BROKEN:
            with self.subTest(text=text):
                with open(harness.config, "wb") as f:
                    f.write(good.encode() + text.encode("latin-1"))
                number = good.count("\n") + line
                at = f"{harness.config}:{number}: " if line > 0 else ""
                expected = sentence.format(at=at, file=harness.config, line=number, more=harness.path("more.conf"))
                found = harness.outcome("reloadConfig")
                self.assertEqual(found.code, 92)
                if line == 0:
                    self.assertRegex(found.text, rf"^CANT_REREAD: ({re.escape(harness.config)}:\d+: )?{re.escape(expected)}")
                else:
                    self.assertTrue(found.text.startswith("CANT_REREAD: " + expected), f"{found.text!r}, not {expected!r}")
                self.assertEqual(self.picture(), self.before)
        harness.write("s.conf", good)
        self.assertEqual(harness.call("reloadConfig"), [[[], [], []]])

    def test_no_file(self):
        harness = self.harness
        os.rename(harness.config, harness.config + ".away")
        self.assertEqual(harness.outcome("reloadConfig"), Fault(92, f"CANT_REREAD: could not find config file {harness.config}"))
        os.mkdir(harness.config)
        self.assertEqual(harness.outcome("reloadConfig"), Fault(92, f"CANT_REREAD: could not read config file {harness.config}"))
        os.rmdir(harness.config)
        harness.write("s.conf", "[program:x]\ncommand=/bin/cat\n")
        self.assertEqual(harness.outcome("reloadConfig"), Fault(92, "CANT_REREAD: .ini file does not include supervisord section"))
        os.rename(harness.config + ".away", harness.config)
        self.assertEqual(harness.call("reloadConfig"), [[[], [], []]])

    @unittest.skipUnless(os.getuid() == 0, "needs root")
    def test_a_file_that_may_not_be_read(self):
        with Daemon("[unix_http_server]\nfile={dir}/s.sock\n[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory="
                    "supervisor.rpcinterface:make_main_rpcinterface\n[program:p]\ncommand=/bin/cat\n[supervisorctl]\n"
                    "serverurl=unix://{dir}/s.sock\n", options="user=nobody", start=False) as d:
            os.chown(d.dir, 65534, 65534)
            d.start()
            pid = d.pid_of("p")
            ctl = [os.path.join(BIN, "supervisorctl"), "-s", f"unix://{d.dir}/s.sock"]
            os.chmod(d.config, 0o600)
            found = subprocess.run([*ctl, "reread"], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(found.stdout, f"ERROR: CANT_REREAD: could not read config file {d.config}\n")
            found = subprocess.run([*ctl, "pid", "p"], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(found.stdout, f"{pid}\n")
            self.assertEqual(len(re.findall("spawned: 'p'", d.log())), 1)


# -- Ansible -----------------------------------------------------------------------------------------

class Ansible(unittest.TestCase):
    """community.general.supervisorctl: -c, -s, -u, -p, then the action; what it reads from the answers."""

    def run_ctl(self, harness, *action):
        return subprocess.run([os.path.join(BIN, "supervisorctl"), "-c", harness.config, "-s", f"unix://{harness.door.address}",
                               "-u", "u", "-p", "p:w", *action], capture_output=True, text=True, timeout=PATIENCE)

    def says(self, harness, action, expected):
        done = self.run_ctl(harness, *action)
        self.assertEqual((done.returncode, done.stderr), (0, ""), action)
        if expected:
            self.assertIn(expected, done.stdout)
        else:
            self.assertEqual(done.stdout, "", action)

    def states(self, harness):
        """As the module reads them: field 0 the name, field 1 the state, from every line."""
        lines = self.run_ctl(harness, "status").stdout.splitlines()
        return {line.split()[0]: line.split()[1] for line in lines}

    def test_all_it_does(self):
        table = Table("ansible", extra="[supervisorctl]\nserverurl=http://127.0.0.1:1\n[program:hup]\nautostart=false\n"
                      "command=/bin/sh -c \"trap 'echo HUP' HUP; echo up; while :; do sleep 0.05; done\"\n"
                      "stdout_logfile={dir}/hup.out\nkillasgroup=true\nstopasgroup=true\n")
        with Harness(table, "unix") as harness, harness.rpc:
            harness.wait_state("sleeper", "RUNNING")
            found = self.states(harness)
            self.assertEqual([found[n] for n in ("sleeper", "cat", "grp:gb", "multi:multi_00")],
                             ["RUNNING", "STOPPED", "STOPPED", "STOPPED"])
            self.says(harness, ["reread"], "No config updates to processes\n")
            self.says(harness, ["update"], "")
            self.says(harness, ["start", "hup"], "hup: started\n")
            wait_until(lambda: harness.read("hup.out") == "up\n", "its trap")
            self.says(harness, ["signal HUP", "hup"], "hup: signalled\n")  # one argument
            wait_until(lambda: harness.read("hup.out") == "up\nHUP\n", "the signal to arrive")
            self.assertEqual(harness.state("hup"), "RUNNING")
            self.says(harness, ["restart", "hup"], "hup: stopped\nhup: started\n")
            self.says(harness, ["stop", "hup"], "hup: stopped\n")
            self.assertEqual(self.states(harness)["hup"], "STOPPED")
            self.says(harness, ["start", "multi:*"], "multi:multi_01: started\n")
            self.says(harness, ["signal HUP", "multi:*"], "multi:multi_02: signalled\n")
            harness.write("s.conf", harness.read("s.conf").replace("[program:nolog]", "[program:newp]"))
            self.says(harness, ["reread"], "newp: available\n")
            self.says(harness, ["add", "newp"], "newp: added process group\n")
            self.says(harness, ["remove", "nolog"], "nolog: removed process group\n")
            self.assertEqual(self.states(harness)["newp"], "STOPPED")
            self.assertNotIn("nolog", self.states(harness))
            self.says(harness, ["update"], "")
            done = self.run_ctl(harness, "start", "nope")
            self.assertEqual((done.returncode, done.stdout), (1, "nope: ERROR (no such process)\n"))


# -- passwords ---------------------------------------------------------------------------------------

class Passwords(unittest.TestCase):
    SECRETS = ["hunter2%literal", "w1se:old:owl", "gue55ed", "Sm1th"]

    def written(self, harness):
        """Everything the daemon has written anywhere: its folder but for the file the password stands in."""
        text = {}
        for folder, _, files in os.walk(harness.dir):
            for name in files:
                if name != "s.conf":
                    with open(os.path.join(folder, name), "rb") as f:
                        text[name] = f.read().decode(errors="replace")
        return text

    def secrets(self):
        for plain in self.SECRETS:
            yield plain
            yield base64.b64encode(plain.encode()).decode()
            yield hashlib.sha1(plain.encode()).hexdigest()
            yield base64.b64encode(f"u:{plain}".encode()).decode()

    def test_no_login_is_written_down(self):
        sha = hashlib.sha1(self.SECRETS[1].encode()).hexdigest()
        table = Table("passwords", options="loglevel=blather", listeners={
            "plain": ("u", self.SECRETS[0], self.SECRETS[0].replace("%", "%%")),
            "hashed": ("u", self.SECRETS[1], "{SHA}" + sha)})
        for family in ("unix", "tcp"):
            with Harness(table, family) as harness, harness.rpc:
                for name in ("plain", "hashed"):
                    door = harness.at(name)
                    self.assertEqual(harness.ask(door.request("GET /ok.html"), door).status, 200)
                    self.assertEqual(harness.ask(door.post(xmlrpc.client.dumps((), "supervisor.getState")), door).status, 200)
                    for user, password in (("u", "gue55ed"), ("visitor", "x"), ("u", sha), ("u", "{SHA}" + sha), ("", ""),
                                           ("u", "gue55ed\n"), ("gue55ed", "gue55ed")):
                        wrong = door._replace(user=user, password=password)
                        for asked in (wrong.request("GET /ok.html"), wrong.post("hello"), wrong.request("BREW /" + "x" * 100)):
                            self.assertEqual(harness.ask(asked, door).status, 401)
                            self.assertEqual(harness.ask(door.request("GET /ok.html"), door).status, 200)  # else the next waits
                    tcp_user = "" if PORTABLE else r" \(uid \d+\)"  # who a client over TCP is, only Linux tells
                    harness.wait_for(rf"login as 'visitor' from (127\.0\.0\.1{tcp_user}|uid \d+) failed\n", 3)
                    for line in (f"GET http://u:{self.SECRETS[0]}@host/ok.html", f"GET http://u:{self.SECRETS[1]}@host/x HTTP/3.0",
                                 f"GET http://Sm1th:gue55ed@host/ok.html HTTP/1.1 x"):
                        self.assertIn(harness.ask(door.request(line), door).status, (400, 404, 505))
                    garbled = door.authorization()[0].replace("Basic ", "Basic =")
                    self.assertEqual(harness.ask(door.request("GET /ok.html", auth=[garbled]), door).status, 200)  # "=" is skipped
                    self.assertEqual(harness.ask(door.request("GET /ok.html", auth=[door.authorization()[0] + "\x01"]), door).status, 400)
                    self.assertEqual(harness.ask(door.request("GET /ok.html", "no colon", auth=door.authorization()), door).status, 400)
                harness.call("reloadConfig")
                harness.wait_for('"GET /ok.html HTTP/1.1" 401 ')
                harness.wait_for('"GET /ok.html HTTP/1.1" 200 ')
                self.assertEqual(harness.finish(signal.SIGTERM), 0)
                written = self.written(harness)
                self.assertIn("login as 'visitor'", written["main.log"])
                for file, text in written.items():
                    for secret in self.secrets():
                        self.assertNotIn(secret, text, file)

    def test_no_record_is_forged(self):
        with Harness(Table("forged", options="loglevel=blather"), "tcp") as harness, harness.rpc:
            harness.ask(b"GARBAGE\n2026-11-25 00:00:00,000 CRIT forged 1\r\n\r\n")
            harness.ask(harness.door.request("GET /%0a2026-11-25%2000:00:00,000%20CRIT%20forged%202"))
            for name in ("x\n2026-11-25 00:00:00,000 CRIT forged 3", "x\r2026-11-25 00:00:00,000 CRIT forged 4"):
                harness.outcome("getProcessInfo", name)
                harness.posted(f"<methodCall><methodName>{name}</methodName></methodCall>")
                harness.posted(f"<methodCall>{name}")
            harness.wait_for("forged%202")
            self.assertEqual([r for r in harness.records() if r.startswith("CRIT forged")], [])

    def test_no_error_repeats_one(self):
        for line in ("password=hunter2%literal", "password=50%(Sm1th)s", "password gue55ed", "password=gue55ed\nusername",
                     "password=%(ENV_w1se:old:owl)s", "passwort=gue55ed"):
            with self.subTest(line=line), Harness(Table("error"), "tcp") as harness, harness.rpc:
                good = harness.read("s.conf")
                harness.write("s.conf", good.replace("username=u\npassword=", "username=u\n" + line + "\nxpassword="))
                fault = harness.outcome("reloadConfig")
                self.assertEqual(fault.code, 92)
                harness.send(signal.SIGHUP)  # the daemon ends over it, and says why
                status, err = harness.refusal()
                self.assertEqual(status, 2)
                self.assertIn("Error: ", err)
                for secret in self.secrets():
                    for text in (fault.text, err, harness.log()):
                        self.assertNotIn(secret, text)


if __name__ == "__main__":
    unittest.main()
