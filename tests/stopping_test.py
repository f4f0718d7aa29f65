#!/usr/bin/env python3
"""Hooks, ladders of signals, stopcommand, killmode and kill on the built binaries: what runs when, what it is told, what
is left behind and what becomes of it; in another binary, and after a death of the worker. Vectors of
docs/contract/programs.md, sections 5, 9 and 18. Nothing is decided by how long something takes."""
import json
import os
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from readiness_test import House as ReadinessHouse, WATCHER  # noqa: E402
from rpc_support import _Connection as UnixConnection, client, fault_of  # noqa: E402
from support import BIN, PATIENCE, free_port, wait_until  # noqa: E402

PYTHON = sys.executable
# A hook: NAME.env has its environment, NAME.begun a line for each run; it ends as a line in the FIFO NAME.gate says.
HOOK = r"""
import os, sys
name = sys.argv[1]
with open(name + ".env", "w") as f:
    f.write("\n".join(f"{k}={v}" for k, v in os.environ.items()))
with open(name + ".begun", "a") as f:
    f.write(f"{os.getpid()}\n")
print(f"{name} says: hello", flush=True)
print("half a line", end="", flush=True)
if os.path.exists(name + ".gate"):
    with open(name + ".gate") as gate:
        os._exit(int(gate.read()))
os._exit(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
"""
# Ignores some signals, makes workers of several kinds, and ends on TERM unless it ignores it.
CHILD = r"""
import os, signal, sys, time
ignored = [word for word in sys.argv[1:] if word.isupper()]
kinds = [word for word in sys.argv[1:] if word.islower()]
def note(text):
    with open("p.said", "a") as f:
        f.write(text + "\n")
for name in ("TERM", "INT", "QUIT"):
    def got(signo, frame, name=name):
        note(name)
        if name not in ignored:
            os._exit(0)
    signal.signal(getattr(signal, "SIG" + name), got)
def worker(kind):
    if kind == "orphan":
        os.setsid()
        if os.fork():
            os._exit(0)
    elif kind == "apart":
        os.setpgid(0, 0)
    if kind != "meek":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    note(f"worker {os.getpid()}")
    while True:
        signal.pause()
for kind in kinds:
    if not os.fork():
        worker(kind)
note(f"begun {os.getpid()}")
while True:
    signal.pause()
"""


def program(more="", child="", name="p"):
    return f"[program:{name}]\ncommand={PYTHON} {{dir}}/kid.py {child}\ndirectory={{dir}}\n" \
           f"stdout_logfile={{dir}}/{name}.out\nstderr_logfile={{dir}}/{name}.err\nstartsecs=0\n{more}\n"


def hook(name, status=""):
    return f"{name}={PYTHON} {{dir}}/hook.py {name} {status}\n"


class House(ReadinessHouse):
    def __init__(self, text, options="", gates=(), **more):
        self.gates = gates
        super().__init__(text, options, names=(), files={"kid.py": CHILD, "hook.py": HOOK, "watcher.py": WATCHER}, **more)

    def start(self, *words, **more):
        for gate in self.gates:
            path = os.path.join(self.dir, gate + ".gate")
            if not os.path.exists(path):
                os.mkfifo(path, 0o666)
        return super().start(*words, **more)

    def runs(self, name):
        return self.text_of(name + ".begun").split()

    def begins(self, name, times=1):
        return wait_until(lambda: len(self.runs(name)) >= times and self.runs(name), f"{name} to run")

    def release(self, name, status=0):
        with open(os.path.join(self.dir, name + ".gate"), "w") as gate:
            gate.write(str(status))

    def told(self, name):
        return dict(line.partition("=")[::2] for line in self.text_of(name + ".env").splitlines())

    def said(self, line, times=1):
        return wait_until(lambda: self.text_of("p.said").splitlines().count(line) >= times, f"p to say {line}")

    def workers(self, number):
        def found():
            pids = [int(line.split()[1]) for line in self.text_of("p.said").splitlines() if line.startswith("worker")]
            return len(pids) >= number and pids
        return wait_until(found, f"{number} workers")

    def begun(self, times=1):
        def found():
            lines = [line for line in self.text_of("p.said").splitlines() if line.startswith("begun")]
            return len(lines) >= times and int(lines[-1].split()[1])
        return wait_until(found, "the child")

    def status(self):
        return self.process.wait(PATIENCE)

    def post(self, path, body):
        one = UnixConnection(f"{self.dir}/s.sock")
        one.request("POST", "/api/v1/" + path, json.dumps(body), {"Content-Type": "application/json"})
        answer = json.loads(one.getresponse().read())
        one.close()
        return answer


def is_gone(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


class Signals(unittest.TestCase):
    def test_ladder(self):  # P204
        with House(program("stopsignal=TERM:0.2,INT:30", "TERM"), "loglevel=debug") as d:
            pid = d.begun()
            self.assertEqual(d.ctl("stop", "p"), (0, "p: stopped\n"))
            self.assertEqual(d.text_of("p.said").splitlines()[1:], ["TERM", "INT"])
            log = d.log()
            self.assertLess(log.index(f"killing p (pid {pid}) with signal SIGTERM"),
                            log.index(f"killing p (pid {pid}) with signal SIGINT"))
            self.assertNotIn("with SIGKILL", log)

    def test_ladder_to_its_end(self):
        with House(program("stopsignal=TERM:0.1,INT:0.1", "TERM INT")) as d:
            pid = d.begun()
            self.assertEqual(d.ctl("stop", "p"), (0, "p: stopped\n"))
            self.assertIn(f"WARN killing 'p' ({pid}) with SIGKILL", d.log())
            self.assertIn("stopped: p (terminated by SIGKILL)", d.log())

    def test_config_info_has_the_first(self):  # P028
        with House(program("stopsignal=QUIT:3,INT")) as d, client(d) as proxy:
            info = next(i for i in proxy.supervisor.getAllConfigInfo() if i["name"] == "p")
            self.assertEqual(info["stopsignal"], int(signal.SIGQUIT))

    def test_kill(self):  # P209, P252
        with House(program("autorestart=true\nstopwaitsecs=600\n", "TERM")) as d:
            pid = d.begun()
            self.assertEqual(d.ctl("kill", "p"), (0, "p: killed\n"))
            self.assertEqual(d.info()["statename"], "STOPPED")
            self.assertEqual(d.ctl("kill", "p"), (0, "p: ERROR (not running)\n"))
            self.assertEqual(d.ctl("kill", "p", "--json"),
                             (0, '[{"name": "p", "status": 70, "description": "NOT_RUNNING: p:p"}]\n'))
            self.assertEqual(d.ctl("kill", "all"), (0, ""))
            self.assertEqual(d.ctl("kill", "nosuch"), (1, "nosuch: ERROR (no such process)\n"))
            for verb in ("kill", "why"):  # beside JSON, complaints go to stderr
                self.assertEqual(d.ctl(verb, "nosuch", "--json"), (1, "[]\n"))
            self.assertIn(f"WARN killing 'p' ({pid}) with SIGKILL", d.log())

    def test_kill_while_it_stops(self):  # P210
        with House(program("stopwaitsecs=600\n", "TERM")) as d:
            d.begun()
            stop = subprocess.Popen([os.path.join(BIN, "supervisorctl"), "-s", f"unix://{d.dir}/s.sock", "stop", "p"],
                                    stdout=subprocess.PIPE, text=True)
            d.said("TERM")
            d.becomes("STOPPING")
            self.assertIn("kill", d.row()["actions"])
            self.assertEqual(d.post("actions", {"action": "kill", "names": ["p"]})["results"][0]["description"], "OK")
            self.assertEqual(stop.communicate(timeout=PATIENCE)[0], "p: stopped\n")

    def test_kill_over_tcp_and_by_method(self):
        port = free_port()
        server = f"[inet_http_server]\nport=127.0.0.1:{port}\n"
        with House(server + program("", "TERM")) as d:
            d.begun()
            done = subprocess.run([os.path.join(BIN, "supervisorctl"), "-s", f"http://127.0.0.1:{port}", "kill", "p:*"],
                                  capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual((done.returncode, done.stdout), (0, "p: killed\n"))
            with client(d) as proxy:
                proxy.supervisor.startProcess("p")
                d.begun(2)
                self.assertEqual(d.post("call/troupe.killProcess", ["p", True]), {"result": True})
                self.assertEqual(proxy.supervisor.getProcessInfo("p")["statename"], "STOPPED")
                self.assertIn("NOT_RUNNING", json.dumps(d.post("call/troupe.killProcess", ["p", True])))
                self.assertEqual(len(proxy.system.listMethods()), 41)


class Hooks(unittest.TestCase):
    def test_prestart(self):
        with House(program(hook("prestart") + "environment=A=1"), gates=["prestart"]) as d:
            d.begins("prestart")
            d.becomes("STARTING", "prestart runs")
            self.assertEqual(d.info()["pid"], 0)
            self.assertEqual(d.row()["phase"], "prestart")
            self.assertEqual(d.ctl("why", "p"), (0, "p: STARTING, prestart runs\n"))
            d.release("prestart")
            d.becomes("RUNNING")
            told = d.told("prestart")
            self.assertEqual([told.get("SUPERVISOR_" + key) for key in ("HOOK", "REASON", "TRIES", "PID", "PROCESS_NAME")],
                             ["prestart", "autostart", "0", None, "p"])
            self.assertEqual(told["A"], "1")
            wait_until(lambda: d.text_of("p.err") == "prestart: prestart says: hello\nprestart: half a line\n", "its lines")

    def test_prestart_fails(self):  # P189
        with House(program(hook("prestart", 3) + "startretries=0") + "[eventlistener:w]\nevents=PROCESS_NOTICE\n"
                   f"command={PYTHON} {{dir}}/watcher.py {{dir}}/events\n") as d:
            d.becomes("FATAL")
            self.assertEqual(d.info()["spawnerr"], "prestart failed (exit status 3)")
            self.assertIn("WARN prestart of p failed (exit status 3)", d.log())
            self.assertIn("INFO spawnerr: prestart failed (exit status 3)", d.log())
            wait_until(lambda: d.text_of("events"), "the event")
            self.assertEqual(d.text_of("events"),
                             "PROCESS_NOTICE_HOOK processname:p groupname:p pid:0 hook:prestart|failed (exit status 3)\n")
            self.assertEqual(d.text_of("p.said"), "")

    def test_prestart_hangs(self):  # P190, P191
        with House(program("prestart=sh -c 'echo $$ >> {dir}/ran; exec sleep 1000'\nprestarttimeout=2\nprestartfailure=ignore")) as d:
            d.becomes("RUNNING")
            self.assertIn("WARN prestart of p timed out after 2 seconds", d.log())
            wait_until(lambda: is_gone(int(d.text_of("ran"))), "the hook to be gone")

    def test_no_such_hook(self):
        with House(program("prestart=/no/such/hook\nstartretries=0")) as d:
            d.becomes("FATAL")
            self.assertEqual(d.info()["spawnerr"], "prestart failed (can't find command '/no/such/hook')")

    def test_stop_meanwhile(self):  # P192
        with House(program(hook("prestart")), gates=["prestart"]) as d:
            pid = int(d.begins("prestart")[0])
            self.assertEqual(d.ctl("stop", "p"), (0, "p: stopped\n"))
            self.assertEqual(d.info()["statename"], "STOPPED")
            wait_until(lambda: is_gone(pid), "the hook to be gone")
            self.assertEqual(d.text_of("p.said"), "")

    def test_prestart_takes_a_start_slot(self):
        with House(program(hook("prestart"), name="p") + program(name="q"), "startconcurrency=1", gates=["prestart"]) as d:
            d.begins("prestart")
            d.becomes("STARTING", "waiting for a start slot", name="q")
            self.assertEqual(d.ctl("stop", "p"), (0, "p: stopped\n"))
            d.becomes("RUNNING", name="q")

    def test_poststart(self):  # P193
        with House(program(hook("poststart") + "autostart=false"), gates=["poststart"]) as d:
            d.becomes("STOPPED")
            start = subprocess.Popen([os.path.join(BIN, "supervisorctl"), "-s", f"unix://{d.dir}/s.sock", "start", "p"],
                                     stdout=subprocess.PIPE, text=True)
            d.begins("poststart")
            info = d.becomes("STARTING", "poststart runs")
            self.assertEqual(info["pid"], d.begun())
            self.assertEqual(d.row()["phase"], "poststart")
            self.assertIsNone(start.poll())
            d.release("poststart")
            self.assertEqual(start.communicate(timeout=PATIENCE)[0], "p: started\n")
            told = d.told("poststart")
            self.assertEqual((told["SUPERVISOR_REASON"], told["SUPERVISOR_PID"]), ("start", str(d.begun())))

    def test_poststart_aborts(self):  # P195
        with House(program(hook("poststart", 1) + "poststartfailure=abort\nstartretries=0")) as d:
            d.becomes("FATAL")
            self.assertEqual(d.info()["spawnerr"], "poststart failed (exit status 1)")
            self.assertRegex(d.log(), r"WARN exited: p \(.*; not expected\)")

    def test_prestop_and_poststop(self):  # P196, P198
        with House(program(hook("prestop", 1) + hook("poststop")), gates=["poststop"]) as d:
            pid = d.begun()
            stop = subprocess.Popen([os.path.join(BIN, "supervisorctl"), "-s", f"unix://{d.dir}/s.sock", "stop", "p"],
                                    stdout=subprocess.PIPE, text=True)
            d.begins("poststop")
            self.assertEqual(d.becomes("STOPPING", "poststop runs")["pid"], 0)
            self.assertEqual(d.row()["phase"], "poststop")
            self.assertIn("WARN prestop of p failed (exit status 1)", d.log())
            self.assertTrue(is_gone(pid))
            self.assertIsNone(stop.poll())
            d.release("poststop")
            self.assertEqual(stop.communicate(timeout=PATIENCE)[0], "p: stopped\n")
            self.assertEqual((d.told("prestop")["SUPERVISOR_REASON"], d.told("prestop")["SUPERVISOR_PID"]), ("stop", str(pid)))
            told = d.told("poststop")
            self.assertEqual({key: told[key] for key in ("SUPERVISOR_PID", "SUPERVISOR_EXIT_CODE", "SUPERVISOR_EXPECTED", "EXIT_CODE",
                                                         "EXIT_STATUS", "SERVICE_RESULT")},
                             {"SUPERVISOR_PID": str(pid), "SUPERVISOR_EXIT_CODE": "0", "SUPERVISOR_EXPECTED": "1",
                              "EXIT_CODE": "exited", "EXIT_STATUS": "0", "SERVICE_RESULT": "success"})

    def test_poststop_after_a_crash(self):  # P199, P200
        with House(program(hook("poststop") + "autorestart=true"), gates=["poststop"]) as d:
            os.kill(d.begun(), signal.SIGKILL)
            d.begins("poststop")
            d.becomes("STARTING", "waiting for poststop")
            told = d.told("poststop")
            self.assertEqual([told[key] for key in ("EXIT_CODE", "EXIT_STATUS", "SERVICE_RESULT", "SUPERVISOR_EXIT_CODE",
                                                    "SUPERVISOR_EXIT_SIGNAL")], ["killed", "KILL", "signal", "", "KILL"])
            os.rename(f"{d.dir}/poststop.gate", f"{d.dir}/gate")
            with open(f"{d.dir}/gate", "w") as gate:
                gate.write("0")
            d.begun(2)
            d.becomes("RUNNING")

    def test_prestart_each_time(self):
        with House(program(hook("prestart") + hook("poststop") + "autorestart=true")) as d:
            for times in (1, 2, 3):
                pid = d.begun(times)
                self.assertEqual(len(d.runs("prestart")), times)
                d.becomes("RUNNING")
                os.kill(pid, signal.SIGKILL)
            d.begun(4)

    def test_what_comes_after_a_crash_is_waited_for(self):
        with House(program(hook("poststop") + "autorestart=false"), gates=["poststop"]) as d:
            os.kill(d.begun(), signal.SIGKILL)
            d.begins("poststop")
            d.becomes("EXITED")
            with client(d) as proxy:
                self.assertEqual(fault_of(proxy.supervisor.removeProcessGroup, "p"), (91, "STILL_RUNNING: p"))
            stop = subprocess.Popen([os.path.join(BIN, "supervisorctl"), "-s", f"unix://{d.dir}/s.sock", "stop", "p"],
                                    stdout=subprocess.PIPE, text=True)
            self.assertEqual(d.ctl("upgrade")[0], 0)
            d.begins("poststop", 2)
            d.process.send_signal(signal.SIGTERM)
            d.wait_for("waiting for p to die")
            d.release("poststop")
            self.assertEqual(d.status(), 0)
            stop.communicate(timeout=PATIENCE)

    def test_poststop_refuses_a_restart(self):
        with House(program(hook("poststop", 1) + "poststopfailure=abort\nautorestart=true")) as d:
            os.kill(d.begun(), signal.SIGKILL)
            wait_until(lambda: d.ctl("why", "p")[1].startswith(
                "p: EXITED (terminated by SIGKILL), not restarted: poststop failed\n"), "the refusal")

    def test_stopcommand(self):  # P201, P202, P203
        with House(program("stopcommand=/bin/sh -c 'kill -QUIT $SUPERVISOR_PID'\nstopcommandtimeout=600", "TERM")) as d:
            d.begun()
            self.assertEqual(d.ctl("stop", "p"), (0, "p: stopped\n"))
            self.assertEqual(d.text_of("p.said").splitlines()[1:], ["QUIT"])
        with House(program("stopcommand=/bin/false")) as d:
            d.begun()
            self.assertEqual(d.ctl("stop", "p"), (0, "p: stopped\n"))
            self.assertIn("WARN stopcommand of p failed (exit status 1)", d.log())
            d.said("TERM")
        with House(program(hook("stopcommand") + "stopcommandtimeout=0.2"), gates=["stopcommand"]) as d:
            d.begun()
            self.assertEqual(d.ctl("stop", "p"), (0, "p: stopped\n"))
            self.assertIn("WARN stopcommand of p timed out after 0.2 seconds", d.log())
            wait_until(lambda: is_gone(int(d.runs("stopcommand")[0])), "it to be gone")

    def test_the_daemon_s_stop(self):
        with House(program(hook("prestop") + hook("poststop"))) as d:
            d.begun()
            self.assertEqual(d.finish(), 0)
            self.assertEqual(d.told("prestop")["SUPERVISOR_REASON"], "shutdown")
            self.assertEqual(d.told("poststop")["SUPERVISOR_REASON"], "shutdown")

    def test_a_daemon_that_dies(self):
        with House(program(hook("prestart")), "survive=true", gates=["prestart"]) as d:
            first = int(d.begins("prestart")[0])
            d.kill_worker()
            d.begins("prestart", 2)
            wait_until(lambda: is_gone(first), "the first hook to be gone")
            d.becomes("STARTING", "prestart runs")
            d.release("prestart")
            d.becomes("RUNNING")
            self.assertEqual(len(d.runs("prestart")), 2)

    def test_another_binary(self):
        with House(program(hook("poststop")), gates=["poststop"]) as d:
            d.begun()
            with client(d) as proxy:
                proxy.supervisor.stopProcess("p", False)
            first = int(d.begins("poststop")[0])
            self.assertEqual(d.ctl("upgrade")[0], 0)
            d.begins("poststop", 2)
            wait_until(lambda: is_gone(first), "the first hook to be gone")
            d.becomes("STOPPING", "poststop runs")
            d.release("poststop")
            d.becomes("STOPPED")


class LeftBehind(unittest.TestCase):
    def assertSweeps(self, mode, kinds, survive="", more=""):
        with House(program(f"killmode={mode}\nsweeptime=0.2\n{more}", " ".join(kinds)), survive) as d:
            workers = d.workers(len(kinds))
            d.begun()
            self.assertEqual(d.ctl("stop", "p"), (0, "p: stopped\n"))
            self.assertEqual([pid for pid in workers if not is_gone(pid)], [])
            self.assertNotIn("behind", d.log())

    def test_group(self):  # P205
        self.assertSweeps("group", ["meek", "deaf"])

    def test_session(self):
        self.assertSweeps("session", ["meek", "apart"])

    def test_tree(self):  # P208
        self.assertSweeps("tree", ["meek", "apart", "orphan"])

    def test_tree_of_a_daemon_that_survives(self):
        self.assertSweeps("tree", ["apart", "orphan"], "survive=true")

    def test_cgroup_or_tree(self):
        self.assertSweeps("cgroup", ["apart", "orphan"])

    def test_process(self):
        with House(program("killmode=process", "deaf")) as d:
            workers = d.workers(1)
            d.begun()
            self.assertEqual(d.ctl("stop", "p"), (0, "p: stopped\n"))
            self.assertFalse(is_gone(workers[0]))
            os.kill(workers[0], signal.SIGKILL)

    def test_tree_of_those_without_the_id(self):
        text = "[program:p]\ncommand=/bin/sh -c 'env -i /bin/sleep 4711 & echo worker $! >> {dir}/p.said; wait'\n" \
               "stopsignal=KILL\nkillmode=tree\nstartsecs=0\n"
        with House(text) as d:
            worker = d.workers(1)[0]
            self.assertEqual(d.ctl("stop", "p"), (0, "p: stopped\n"))
            self.assertTrue(is_gone(worker))

    def test_kill_reaches_them(self):
        with House(program("killmode=tree\nstopwaitsecs=600\nsweeptime=600", "TERM apart orphan")) as d:
            workers = d.workers(2)
            d.begun()
            self.assertEqual(d.ctl("kill", "p"), (0, "p: killed\n"))
            self.assertEqual([pid for pid in workers if not is_gone(pid)], [])

    def test_crash(self):  # P207
        with House(program("killmode=group\nsweeptime=600\nautorestart=true\nexitcodes=0", "deaf")) as d:
            worker = d.workers(1)[0]
            os.kill(d.begun(), signal.SIGKILL)
            d.becomes("STARTING", "waiting for 1 left process to end")
            self.assertEqual(d.row()["waiting"], "1 left process to end")
            os.kill(worker, signal.SIGKILL)
            d.begun(2)
            d.becomes("RUNNING")
            os.kill(d.workers(2)[1], signal.SIGKILL)

    def test_sweep_goes_on(self):
        with House(program("killmode=group\nsweeptime=600", "deaf"), "survive=true") as d:
            worker = d.workers(1)[0]
            d.begun()
            with client(d) as proxy:
                proxy.supervisor.stopProcess("p", False)
            d.becomes("STOPPING", "waiting for 1 left process to end")
            self.assertEqual(d.row()["phase"], "sweep")
            d.kill_worker()
            d.becomes("STOPPING", "waiting for 1 left process to end")
            self.assertEqual(d.ctl("upgrade")[0], 0)
            d.becomes("STOPPING", "waiting for 1 left process to end")
            os.kill(worker, signal.SIGKILL)
            d.becomes("STOPPED")


class Files(unittest.TestCase):
    def test_errors_have_their_line(self):
        with House("") as d:
            d.write("bad.conf", "[supervisord]\n[program:a]\ncommand=/bin/cat\nprestart=/bin/x 'y\nstopsignal=TERM:x\n")
            done = subprocess.run([os.path.join(BIN, "supervisord"), "--test", "-c", "bad.conf"], cwd=d.dir,
                                  capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, 2)
            self.assertIn("bad.conf:4: Invalid prestart value \"/bin/x 'y\": No closing quotation in section 'program:a'", done.stderr)
            self.assertIn("bad.conf:5: Invalid stopsignal value 'TERM:x': allowed are signals, each with :TIME behind it, "
                          "comma-separated in section 'program:a'", done.stderr)


if __name__ == "__main__":
    unittest.main()
