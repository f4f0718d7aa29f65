"""10.5, 153 to 162 and 186 to 187: the configuration read again, groups added and removed, restart, and the sockets."""
import os
import signal
import socket
import stat

from support import Daemon, alive, wait_until

from .envelope_rows import METHODS, UNKNOWN, WRONG
from .harness import Fault, StartsWith, Table, U, check

TABLE = Table("config", extra="[program:always]\ncommand=/bin/sleep 3600\nautostart=false\nautorestart=true\n")
SHUTDOWN = Fault(6, "SHUTDOWN_STATE")

KEYS = """autostart directory uid command exitcodes group group_prio inuse killasgroup name process_prio redirect_stderr
startretries startsecs stdout_capture_maxbytes stdout_events_enabled stdout_logfile stdout_logfile_backups
stdout_logfile_maxbytes stdout_syslog stopsignal stopwaitsecs stderr_capture_maxbytes stderr_events_enabled stderr_logfile
stderr_logfile_backups stderr_logfile_maxbytes stderr_syslog serverurl""".split()


def of(harness, name):
    return next(c for c in harness.call("getAllConfigInfo") if c["name"] == name)


@TABLE.step(158)
def configuration_of_a_process(harness):
    """getAllConfigInfo"""
    found = harness.call("getAllConfigInfo")
    check.assertEqual([c["name"] for c in found], sorted(c["name"] for c in found))
    check.assertEqual(len(found), 15)
    cat = of(harness, "cat")
    check.assertEqual({k: cat[k] for k in KEYS}, {
        "autostart": False, "directory": "none", "uid": "none", "command": "/bin/cat", "exitcodes": [0], "group": "cat",
        "group_prio": 999, "inuse": True, "killasgroup": False, "name": "cat", "process_prio": 999,
        "redirect_stderr": False, "startretries": 3, "startsecs": 1, "stdout_capture_maxbytes": 0,
        "stdout_events_enabled": False, "stdout_logfile": harness.path("cat.out"), "stdout_logfile_backups": 10,
        "stdout_logfile_maxbytes": 52428800, "stdout_syslog": False, "stopsignal": 15, "stopwaitsecs": 10,
        "stderr_capture_maxbytes": 0, "stderr_events_enabled": False, "stderr_logfile": harness.path("cat.err"),
        "stderr_logfile_backups": 10, "stderr_logfile_maxbytes": 52428800, "stderr_syslog": False, "serverurl": "none"})
    check.assertEqual(of(harness, "nolog")["stdout_logfile"], "none")
    check.assertEqual([of(harness, "gb")[k] for k in ("group", "group_prio", "process_prio")], ["grp", 20, 1])
    check.assertEqual([of(harness, "multi_02")["group"], of(harness, "stubborn")["stopwaitsecs"]], ["multi", 3])
    wait_until(lambda: os.path.dirname(of(harness, "sleeper")["stdout_logfile"]) == harness.dir, "the name of an AUTO log")


@TABLE.step(158, U("29 keys in 4.2.5"))
def one_key_more(harness):
    """getAllConfigInfo: 30 keys, autorestart among them"""
    check.assertEqual(sorted(of(harness, "cat")), sorted([*KEYS, "autorestart"]))
    check.assertEqual(of(harness, "cat")["autorestart"], "unexpected")
    check.assertIs(of(harness, "done")["autorestart"], False)


@TABLE.step(159, U("HTTP 500"))
def always(harness):
    """with an autorestart=true program"""
    check.assertIs(of(harness, "always")["autorestart"], True)


TABLE.calls((153, "reloadConfig", (), [[[], [], []]]))


@TABLE.step(154)
def edited(harness):
    """replace program nolog by newp, edit stubborn; reloadConfig twice"""
    text = harness.read("s.conf")
    harness.write("s.conf", text.replace("program:nolog]\n", "program:newp]\nautostart=true\nstartsecs=0\n")
              .replace("stopwaitsecs=3", "stopwaitsecs=600").replace("autostart=true\nstartsecs=0\ncommand=/bin/sleep 3600\n"
                                                                   "autostart=false", "startsecs=0\ncommand=/bin/cat"))
    for _ in range(2):
        check.assertEqual(harness.call("reloadConfig"), [[["newp"], ["stubborn"], ["nolog"]]])
    check.assertEqual([of(harness, "newp")["inuse"], of(harness, "stubborn")["stopwaitsecs"]], [False, 600])
    check.assertNotIn("nolog", [c["name"] for c in harness.call("getAllConfigInfo")])
    check.assertEqual(harness.outcome("getProcessInfo", "newp"), Fault(10, "BAD_NAME: newp"))
    check.assertEqual(harness.state("nolog"), "STOPPED")


TABLE.calls((155, "addProcessGroup", ("newp",), True),
            (155, "addProcessGroup", ("newp",), Fault(90, "ALREADY_ADDED: newp")),
            (155, "addProcessGroup", ("nolog",), Fault(10, "BAD_NAME: nolog")),
            (155, "addProcessGroup", ("sleeper",), Fault(90, "ALREADY_ADDED: sleeper")),
            (155, "addProcessGroup", ("grp:ga",), Fault(10, "BAD_NAME: grp:ga")),
            (155, "addProcessGroup", (5,), WRONG, U("BAD_NAME")))


@TABLE.step(156)
def removed_once_it_is_stopped(harness):
    """removeProcessGroup: newp running; nolog; nolog again"""
    harness.wait_state("newp", "RUNNING")
    check.assertEqual(harness.outcome("removeProcessGroup", "newp"), Fault(91, "STILL_RUNNING: newp"))
    check.assertIs(harness.call("removeProcessGroup", "nolog"), True)
    check.assertEqual(harness.outcome("removeProcessGroup", "nolog"), Fault(10, "BAD_NAME: nolog"))
    check.assertEqual(harness.outcome("getProcessInfo", "nolog"), Fault(10, "BAD_NAME: nolog"))
    check.assertEqual(harness.call("reloadConfig"), [[[], ["stubborn"], []]])


@TABLE.step(156)
def the_new_definition(harness):
    """stubborn removed and added again: it has changed, and counts as changed no more"""
    check.assertIs(harness.call("removeProcessGroup", "stubborn"), True)
    check.assertIs(harness.call("addProcessGroup", "stubborn"), True)
    check.assertEqual(harness.call("reloadConfig"), [[[], [], []]])
    check.assertEqual(of(harness, "stubborn")["stopwaitsecs"], 600)
    check.assertEqual(harness.state("stubborn"), "STOPPED")


@TABLE.step(157)
def no_file(harness):
    """config file removed, reloadConfig"""
    os.rename(harness.config, harness.config + ".away")
    check.assertEqual(harness.outcome("reloadConfig"), Fault(92, StartsWith("CANT_REREAD: ")))
    os.rename(harness.config + ".away", harness.config)
    check.assertEqual(harness.call("reloadConfig"), [[[], [], []]])


# -- the sockets ------------------------------------------------------------------------------------

def listener(harness, door):
    if harness.family == "unix":
        return f"[unix_http_server]\nfile={door.address}\n"
    return f"[inet_http_server]\nport=%s:%d\n" % door.address


@TABLE.step(186)
def another_daemon(harness):
    """second daemon on the same socket"""
    with Daemon(listener(harness, harness.door), argv=harness.argv[:-3], env=harness.env) as second:
        status, err = second.refusal()
    check.assertEqual(status, 2)
    check.assertIn("Another program is already listening on a port that one of our HTTP servers is configured to use.  "
                   "Shut this program down first before starting supervisord.", err)
    check.assertEqual(harness.call("getPID"), harness.pid)
    with harness.wire() as w:
        check.assertTrue(w.is_open())


@TABLE.step(187)
def stale_socket(harness):
    """stale socket file present at start"""
    with Daemon("[unix_http_server]\nfile={dir}/stale.sock\n", argv=harness.argv[:-3], env=harness.env, start=False) as second:
        path = os.path.join(second.dir, "stale.sock")
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
        second.start()
        second.started()
        check.assertIn(f"Unlinking stale socket {path}\n", second.read("stderr"))
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(path)
        check.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o700)
        check.assertEqual([n for n in os.listdir(second.dir) if n.startswith("stale")], ["stale.sock"])
        check.assertEqual(second.finish(), 0)
        check.assertFalse(os.path.exists(path))


@TABLE.step(187, U("deletes it"))
def no_socket(harness):
    """what stands there is no socket: refused, and left alone"""
    with Daemon("[unix_http_server]\nfile={dir}/file\n", files={"file": "precious"}, argv=harness.argv[:-3], env=harness.env) as second:
        status, err = second.refusal()
        check.assertEqual(status, 2)
        check.assertIn("Error: ", err)
        check.assertEqual(second.read("file"), "precious")


# -- restart ------------------------------------------------------------------------------------------

@TABLE.step(160)
def while_it_restarts(harness):
    """after restart(): getState, getProcessInfo("nope"), shutdown; 161: what answers nonetheless"""
    check.assertIs(harness.call("startProcess", "stubborn"), True)
    wait_until(lambda: harness.read("stubborn.out") == "deaf\n", "stubborn to ignore TERM")
    harness.before = harness.call("getProcessInfo", "sleeper")["pid"]
    stubborn = harness.call("getProcessInfo", "stubborn")["pid"]
    harness.mode = stat.S_IMODE(os.stat(harness.at("main", "unix").address).st_mode)
    harness.socket = os.stat(harness.at("main", "unix").address).st_ino
    check.assertIs(harness.call("restart"), True)
    for method, *args in (("getState",), ("getProcessInfo", "nope"), ("shutdown",), ("restart",), ("getAllProcessInfo",),
                          ("startProcess", "sleeper"), ("stopAllProcesses",), ("addProcessGroup", "x"), ("getPID",),
                          ("readLog", 0, 10), ("reloadConfig",), ("sendProcessStdin", "nope", "x")):
        check.assertEqual(harness.outcome(method, *args), SHUTDOWN, method)
    check.assertIs(harness.call("sendRemoteCommEvent", "a", "b"), True)
    check.assertEqual(harness.call("system.listMethods"), METHODS)
    check.assertEqual(harness.outcome("getPID", 1), WRONG)
    check.assertEqual(harness.outcome("nope"), UNKNOWN)
    check.assertEqual(harness.call("system.multicall", [{"methodName": "supervisor.getPID"}, {"methodName": "system.listMethods"}]),
                      [{"faultCode": 6, "faultString": "SHUTDOWN_STATE"}, METHODS])
    with harness.wire() as w:
        check.assertTrue(w.is_open(), "/ok.html")
    os.kill(stubborn, signal.SIGKILL)


@TABLE.step(162)
def after_it(harness):
    """after reload"""
    harness.wait_for(r"supervisord started with pid \d+", 2)

    def up():
        try:
            return harness.call("getState") == {"statecode": 1, "statename": "RUNNING"}
        except OSError:
            return False
    wait_until(up, "it to answer again")
    check.assertEqual(harness.call("getPID"), harness.pid)
    path = harness.at("main", "unix").address
    check.assertEqual(stat.S_IMODE(os.stat(path).st_mode), harness.mode)
    check.assertEqual(harness.mode, 0o700)
    check.assertEqual(sorted(n for n in os.listdir(harness.dir) if n.endswith(".sock") or ".sock." in n), ["main.sock"])
    check.assertFalse(alive(harness.before))
    harness.wait_state("newp", "RUNNING")
    check.assertEqual(harness.outcome("getProcessInfo", "nolog"), Fault(10, "BAD_NAME: nolog"))
