"""10.3: processes: one by one, in groups, by signal and by stdin. Three tables, since most rows wait for a program."""
import os
import re
import time
import xmlrpc.client

from support import alive, wait_until

from .envelope_rows import WRONG, call
from .harness import Fault, StartsWith, Table, U, check, results

# -- one process -------------------------------------------------------------------------------------

ONE = Table("one_process", extra="""
[program:lost]
command=/no/such/program
startretries=1000000
[program:three]
command=sh -c "exit 3"
startsecs=0
autostart=false
autorestart=false
[program:instant]
command=/bin/cat
startsecs=0
autostart=false
[program:oneshot]
command=/bin/true
startsecs=0
autostart=false
[program:größe]
command=/bin/cat
startsecs=0
autostart=false
""")


def bad_name(argument):
    return Fault(10, f"BAD_NAME: {argument}")


TOO_QUICK = "Exited too quickly (process log may have details)"

ONE.calls((90, "getVersion", (), "3.0"), (90, "getAPIVersion", (), "3.0"), (90, "getIdentification", (), "supervisor"))


@ONE.step(91)
def by_either_name(harness):
    """getProcessInfo("sleeper") and ("sleeper:sleeper")"""
    harness.wait_state("sleeper", "RUNNING")

    def both():
        return [harness.call("getProcessInfo", name) for name in ("sleeper", "sleeper:sleeper")]
    first, second = wait_until(lambda: (p := both())[0]["now"] == p[1]["now"] and p, "two looks in one second")
    check.assertEqual(first, second)
    check.assertEqual(first["state"], 20)
    check.assertRegex(first["description"], rf"^pid {first['pid']}, uptime 0:\d\d:\d\d$")
    check.assertEqual(sorted(first), sorted("name group start stop now state statename spawnerr exitstatus logfile "
                                            "stdout_logfile stderr_logfile pid description".split()))
    check.assertTrue(alive(first["pid"]))


for name in ("ga", "grp", "grp:*", "sleeper:", "multi", "", ":", "SLEEPER", "sleeper:x", "nope"):
    ONE.calls((92, "getProcessInfo", (name,), bad_name(name)))


@ONE.step(93)
def never_started(harness):
    """getProcessInfo("multi:multi_00") never started"""
    info = harness.call("getProcessInfo", "multi:multi_00")
    check.assertEqual([info[k] for k in ("name", "group", "start", "stop", "state", "pid", "exitstatus", "description")],
                      ["multi_00", "multi", 0, 0, 0, 0, 0, "Not started"])
    check.assertLessEqual(abs(info["now"] - time.time()), 5)


@ONE.step(94)
def without_logs(harness):
    """getProcessInfo("nolog") never started: all three log fields empty"""
    answer, info = harness.posted(call("supervisor.getProcessInfo", "nolog"))
    check.assertEqual([info[k] for k in ("logfile", "stdout_logfile", "stderr_logfile")], [""] * 3)
    check.assertEqual(len(answer.body), 1160)


@ONE.step(95)
def after_its_exit(harness):
    """getProcessInfo("done") after exit"""
    harness.wait_state("done", "EXITED")
    info = harness.call("getProcessInfo", "done")
    check.assertEqual([info[k] for k in ("state", "exitstatus", "pid", "spawnerr")], [100, 0, 0, ""])
    check.assertEqual(info["description"], time.strftime("%b %d %I:%M %p", time.localtime(info["stop"])))


ONE.calls(
    (96, "startProcess", ("missing",), Fault(20, "NO_FILE: can't find command '/no/such/file'")),
    (97, "startProcess", ("noexec",), Fault(21, "NOT_EXECUTABLE: command at '/etc/passwd' is not executable")),
    (98, "startProcess", ("badcmd",), Fault(21, StartsWith("NOT_EXECUTABLE: can't parse command "))),
    (99, "startProcess", ("sleeper",), Fault(60, "ALREADY_STARTED: sleeper")),
    (99, "startProcess", ("sleeper:sleeper", False), Fault(60, "ALREADY_STARTED: sleeper:sleeper")),
    (100, "startProcess", ("quick",), Fault(50, "SPAWN_ERROR: quick")),
)


@ONE.step(100)
def given_up(harness):
    """later info of quick"""
    harness.wait_state("quick", "FATAL")
    info = harness.call("getProcessInfo", "quick")
    check.assertEqual([info[k] for k in ("spawnerr", "description", "exitstatus", "pid")], [TOO_QUICK, TOO_QUICK, 0, 0])


ONE.calls((101, "startProcess", ("quick", False), True),
          (102, "startProcess", ("cat", "notabool"), True),
          (103, "startProcess", ("cat", 0, 1), WRONG),
          (110, "stopProcess", ("done",), Fault(70, "NOT_RUNNING: done")),
          (110, "stopProcess", ("done:done",), Fault(70, "NOT_RUNNING: done:done")),
          (110, "stopProcess", ("nope",), bad_name("nope")))


@ONE.step(111)
def stubborn_to_the_end(harness):
    """stopProcess("stubborn")"""
    start_stubborn(harness)
    began = time.monotonic()
    check.assertIs(harness.call("stopProcess", "stubborn"), True)
    check.assertGreaterEqual(time.monotonic() - began, 2.5)
    info = harness.call("getProcessInfo", "stubborn")
    check.assertEqual([info["statename"], info["exitstatus"], info["pid"]], ["STOPPED", -1, 0])


def start_stubborn(harness):
    before = len(harness.read("stubborn.out")) if os.path.exists(harness.path("stubborn.out")) else 0
    check.assertIs(harness.call("startProcess", "stubborn"), True)
    wait_until(lambda: harness.read("stubborn.out")[before:] == "deaf\n", "stubborn to ignore TERM")


@ONE.step(112)
def on_its_way_down(harness):
    """stopProcess("stubborn", false) then getProcessInfo"""
    start_stubborn(harness)
    check.assertIs(harness.call("stopProcess", "stubborn", False), True)
    info = harness.call("getProcessInfo", "stubborn")
    check.assertEqual([info["state"], info["description"]], [40, ""])
    check.assertNotEqual(info["pid"], 0)


ONE.calls((113, "stopProcess", ("stubborn",), Fault(70, "NOT_RUNNING: stubborn")),
          (114, "startProcess", ("stubborn",), Fault(40, "ABNORMAL_TERMINATION: stubborn")),
          (115, "startProcess", ("stubborn", False), Fault(40, "ABNORMAL_TERMINATION: stubborn"),
           U("true, nothing started")))


@ONE.step(117, U("Jan 01 12:00 AM"))
def stopped_before_it_ever_ran(harness):
    """stopProcess of a BACKOFF process that never forked"""
    info = wait_until(lambda: (i := harness.call("getProcessInfo", "lost"))["statename"] == "BACKOFF" and i, "lost to be BACKOFF")
    check.assertEqual(info["description"], "can't find command '/no/such/program'")
    check.assertEqual(info["stop"], 0)
    check.assertIs(harness.call("stopProcess", "lost"), True)
    info = harness.call("getProcessInfo", "lost")
    check.assertEqual([info["statename"], info["description"]], ["STOPPED", "Not started"])


@ONE.step(128, U("seldom a fault"))
def gone_at_once(harness):
    """startProcess of a startsecs=0 program that ends at once"""
    for name in ("oneshot", "three") * 10:
        check.assertIs(harness.call("startProcess", name), True)
        harness.wait_state(name, "EXITED")


@ONE.step(127)
def exit_code_3(harness):
    """child exit code 3, autorestart=false"""
    harness.outcome("startProcess", "three")
    harness.wait_state("three", "EXITED")
    info = harness.call("getProcessInfo", "three")
    check.assertEqual([info["exitstatus"], info["spawnerr"]], [3, "Bad exit code 3"])


@ONE.step(128)
def no_startsecs(harness):
    """startsecs=0 program, startProcess"""
    check.assertIs(harness.call("startProcess", "instant"), True)
    check.assertEqual(harness.state("instant"), "RUNNING")
    check.assertIs(harness.call("stopProcess", "instant"), True)
    check.assertEqual(harness.state("instant"), "STOPPED")


@ONE.step(102)
def started_for_whoever_waits(harness):
    """three clients wait for one start: one gets it, the others are told it is under way"""
    check.assertIs(harness.call("stopProcess", "cat"), True)
    with harness.wire() as one, harness.wire() as two, harness.wire() as three:
        found = [w.send(harness.door.post(call("supervisor.startProcess", "cat"))) for w in (one, two, three)]
        outcomes = sorted(re.search(r"<int>60</int>|<boolean>1</boolean>", w.answer().body.decode())[0] for w in found)
    check.assertEqual(outcomes, ["<boolean>1</boolean>"] + ["<int>60</int>"] * 2)


@ONE.step(129, U("truncated"))
def counted_in_bytes(harness):
    """group with non-ASCII name, startProcessGroup"""
    answer, found = harness.posted(call("supervisor.startProcessGroup", "größe"))
    check.assertEqual(results(found), [("größe", 80, "OK")])
    check.assertEqual(int(answer.headers["content-length"]), len(answer.body))
    check.assertGreater(len(answer.body), len(answer.body.decode()))


# -- groups ------------------------------------------------------------------------------------------

GROUPS = Table("groups", extra="[program:instant]\ncommand=/bin/cat\nstartsecs=0\nautostart=false\n")
FIRST = [("badcmd", 21, StartsWith("NOT_EXECUTABLE: can't parse command ")),
         ("missing", 20, "NO_FILE: can't find command '/no/such/file'"),
         ("noexec", 21, "NOT_EXECUTABLE: command at '/etc/passwd' is not executable")]


@GROUPS.step(104)
def what_does_not_run_of_a_group(harness):
    """startProcess("grp:*") with ga running"""
    harness.wait_state("grp:ga", "RUNNING")
    check.assertEqual(harness.call("startProcess", "grp:*"),
                      [{"name": "gb", "group": "grp", "status": 80, "description": "OK"}])


GROUPS.calls((105, "startProcess", ("grp:",), []))


@GROUPS.step(106)
def in_order_of_priority(harness):
    """startProcessGroup("grp") both stopped"""
    found = harness.call("stopProcessGroup", "grp")
    check.assertEqual(sorted(results(found)), [("ga", 80, "OK"), ("gb", 80, "OK")])
    check.assertEqual(results(harness.call("startProcessGroup", "grp")), [("gb", 80, "OK"), ("ga", 80, "OK")])


for name in ("grp:*", "grp:ga", "nope", "", "ga"):
    for method in ("startProcessGroup", "stopProcessGroup"):
        GROUPS.calls((107, method, (name,), bad_name(name)))
for name in ("nope:*", "grp:zz", "multi", "*", "*:*"):
    GROUPS.calls((107, "startProcess", (name,), bad_name(name)))


@GROUPS.step(108)
def refused_first(harness):
    """startAllProcesses()"""
    harness.wait_state("sleeper", "RUNNING")
    harness.wait_state("done", "EXITED")
    found = results(harness.call("startAllProcesses"))
    first = [FIRST[0], ("instant", 80, "OK"), *FIRST[1:]]
    check.assertEqual(first[0], found[0])
    # a daemon that takes longer than startsecs to get through all may have the others in between
    check.assertEqual(first, [r for r in found if r in first])
    later = {name: (status, text) for name, status, text in found if (name, status, text) not in first}
    # it ends 0.3 s after it counts as started: who looks late, as upstream does, may find it gone
    check.assertIn(later.pop("done"), ((80, "OK"), (40, "ABNORMAL_TERMINATION: done")))
    check.assertEqual(later, {
        "cat": (80, "OK"), "nolog": (80, "OK"),
        "quick": (50, "SPAWN_ERROR: quick"), "stubborn": (80, "OK"), "multi_00": (80, "OK"), "multi_01": (80, "OK"),
        "multi_02": (80, "OK")})


@GROUPS.step(116)
def all_stopped(harness):
    """stopAllProcesses() twice"""
    harness.wait_state("done", "EXITED")
    harness.wait_state("quick", "FATAL")
    found = harness.call("stopAllProcesses")
    check.assertEqual(sorted(r["name"] for r in found),
                      ["cat", "ga", "gb", "instant", "multi_00", "multi_01", "multi_02", "nolog", "sleeper", "stubborn"])
    check.assertEqual({(r["status"], r["description"]) for r in found}, {(80, "OK")})
    check.assertEqual(harness.call("stopAllProcesses"), [])


@GROUPS.step(109)
def all_without_waiting(harness):
    """startAllProcesses(false)"""
    found = results(harness.call("startAllProcesses", False))
    check.assertEqual([name for name, _, _ in found],
                      ["sleeper", "gb", "ga", "badcmd", "cat", "done", "instant", "missing", "multi_00", "multi_01",
                       "multi_02", "noexec", "nolog", "quick", "stubborn"])
    check.assertEqual([r for r in found if r[1] != 80], FIRST)


@GROUPS.step(109)
def all_in_lexical_order(harness):
    """getAllProcessInfo()"""
    found = harness.call("getAllProcessInfo")
    names = [(p["group"], p["name"]) for p in found]
    check.assertEqual(names, sorted(names))
    check.assertEqual(len(names), 15)
    check.assertEqual(found[0], harness.call("getProcessInfo", "badcmd") | {"now": found[0]["now"]})


# -- signals and stdin -------------------------------------------------------------------------------

TALK = Table("signals_and_stdin", extra="""
[program:deaf]
command=/bin/sleep 3600
startsecs=0
[program:closed]
command=/bin/sh -c "exec <&-; echo closed; exec sleep 3600"
startsecs=0
stdout_logfile={dir}/closed.out
""")


@TALK.step(118)
def as_early_as_can_be(harness):
    """signals reach programs that are just being spawned"""
    check.assertEqual({r["status"] for r in harness.call("signalAllProcesses", "CONT")} - {80}, set())
    for _ in range(20):
        with harness.wire() as one, harness.wire() as two:
            one.send(harness.door.post(call("supervisor.startProcess", "cat")))
            two.send(harness.door.post(call("supervisor.signalProcess", "cat", "CONT")))
            found = two.answer().body
            check.assertTrue(b"NOT_RUNNING" in found or b"<boolean>1<" in found, found)
        harness.wait_state("cat", "STARTING", "RUNNING")
        check.assertIs(harness.call("stopProcess", "cat"), True)
    harness.wait_state("sleeper", "RUNNING")


TALK.calls(*((118, "signalProcess", ("sleeper", s), True)
             for s in ("CONT", "sigcont", " CONT ", 18, "18", "+18", "0", "SIGCONT", "cont")))
TALK.calls(*((119, "signalProcess", ("sleeper", s), Fault(11, f"BAD_SIGNAL: {s}"))
             for s in ("HUPP", "", "999", -1, "32", "0x0f", "15.0", "SIG", "EMT", "SIGSIGTERM", "33", "40", "-1")))
TALK.calls((60, "signalProcess", ("sleeper", ["CONT"]), WRONG, U("HTTP 500")),
           (60, "signalProcess", (5, "CONT"), WRONG, U("HTTP 500")))


@TALK.step(120)
def signal_to_what_has_ended(harness):
    """signalProcess("done","CONT") when exited; ("done","BAD")"""
    harness.wait_state("done", "EXITED")
    check.assertEqual(harness.outcome("signalProcess", "done", "CONT"), Fault(70, "NOT_RUNNING: done"))
    check.assertEqual(harness.outcome("signalProcess", "done", "BAD"), Fault(11, "BAD_SIGNAL: BAD"))


TALK.calls((121, "signalProcess", ("nope", "BAD"), bad_name("nope")))


@TALK.step(122)
def signal_to_many(harness):
    """signalProcess("multi:*","BAD") all running"""
    check.assertEqual(len(harness.call("startProcess", "multi:*")), 3)
    bad = [(f"multi_0{i}", 11, "BAD_SIGNAL: BAD") for i in range(3)]
    check.assertEqual(results(harness.call("signalProcess", "multi:*", "BAD")), bad)
    check.assertEqual(results(harness.call("signalProcessGroup", "multi", "BAD")), bad)
    check.assertEqual(results(harness.call("signalProcessGroup", "multi", "cont")), [(n, 80, "OK") for n, _, _ in bad])
    check.assertEqual(harness.outcome("signalProcessGroup", "multi:*", "cont"), bad_name("multi:*"))
    everyone = {n for n, _, _ in results(harness.call("signalAllProcesses", "CONT"))}
    check.assertEqual(everyone, {"sleeper", "ga", "multi_00", "multi_01", "multi_02", "deaf", "closed"})
    check.assertIs(harness.call("stopProcess", "multi:multi_01"), True)
    check.assertEqual(len(harness.call("signalProcess", "multi:", "CONT")), 2)


@TALK.step(123)
def to_its_stdin(harness):
    """sendProcessStdin("cat","fií␊")"""
    check.assertIs(harness.call("startProcess", "cat"), True)
    check.assertIs(harness.call("sendProcessStdin", "cat", "fií\n"), True)

    def written():
        with open(harness.path("cat.out"), "rb") as f:
            return f.read()
    wait_until(lambda: written() == b"\x66\x69\xc3\xad\x0a", "the bytes in the log")


TALK.calls((124, "sendProcessStdin", ("cat", 5), Fault(2, "INCORRECT_PARAMETERS: 5")),
           (124, "sendProcessStdin", ("nope", 5), Fault(2, "INCORRECT_PARAMETERS: 5")),
           (125, "sendProcessStdin", ("cat:*", "x"), bad_name("cat:*")),
           (125, "sendProcessStdin", ("done", "x"), Fault(70, "NOT_RUNNING: done")))


@TALK.step(125)
def to_a_closed_stdin(harness):
    """sendProcessStdin to a child that closed stdin"""
    wait_until(lambda: harness.read("closed.out") == "closed\n", "it to have closed stdin")
    check.assertEqual(harness.outcome("sendProcessStdin", "closed", "x"), Fault(20, "NO_FILE: closed"))
    check.assertEqual(harness.state("closed"), "RUNNING")


TALK.calls((126, "sendProcessStdin", ("deaf", "x" * 200_000), True, U("HTTP 500 for the second")),
           (126, "sendProcessStdin", ("deaf", "x" * 10), True, U("HTTP 500")))


@TALK.step(126, U("no limit, HTTP 500"))
def to_a_full_stdin(harness):
    """4.4: what waits is bounded, and the rest of the daemon does not care"""
    def fill():
        outcome = harness.outcome("sendProcessStdin", "deaf", "x" * 4_000_000)
        return outcome if outcome is not True else None
    full = wait_until(fill, "the queue to be full")
    check.assertEqual(full, Fault(30, StartsWith("FAILED: deaf does not read its stdin")))
    check.assertIs(harness.call("sendProcessStdin", "cat", "more\n"), True)
    check.assertIs(harness.call("stopProcess", "deaf"), True)
    check.assertIs(harness.call("startProcess", "deaf"), True)
    check.assertIs(harness.call("sendProcessStdin", "deaf", "x"), True)


@TALK.step(161)
def remote_communication(harness):
    """4.2: sendRemoteCommEvent takes any scalar"""
    for value in ("x", 5, 1.5, True, xmlrpc.client.DateTime("20261122T10:53:25")):
        check.assertIs(harness.call("sendRemoteCommEvent", "type", value), True)
