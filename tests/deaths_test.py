#!/usr/bin/env python3
"""Death reports and `supervisorctl why` on the real programs: vectors 146 to 158 of docs/contract/deaths.md, by their
numbers."""
import json
import os
import re
import signal
import subprocess
import sys
import unittest
import urllib.error
import urllib.request
import xmlrpc.client

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import BIN, PORTABLE, ROOT, Daemon, free_port, wait_until

SCRIPTED = os.path.join(ROOT, "tests/listeners/scripted.py")
DOORS = """[unix_http_server]
file={dir}/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""


def program(name, command, *options):
    return f"[program:{name}]\ncommand={command}\n" + "".join(o + "\n" for o in options)


class Doors(Daemon):
    """A daemon with a socket, and whoever asks it."""

    def __init__(self, text, **more):
        super().__init__(text=DOORS + text, **more)
        wait_until(lambda: os.path.exists(self.dir + "/s.sock"), "the socket")

    def ctl(self, *words, server=None):
        done = subprocess.run([BIN + "/supervisorctl", "-s", server or f"unix://{self.dir}/s.sock", *words],
                              capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        return done.stdout, done.returncode

    def deaths(self, name):
        return json.loads(self.ctl("why", "--json", name)[0])

    def death(self, name, count=1):
        """The newest of at least that many reports."""
        return wait_until(lambda: (lambda all: all[0] if len(all) >= count else None)(self.deaths(name)),
                          f"{count} reports of {name}")

    def why(self, name):
        self.death(name)
        return self.ctl("why", name)[0]


class Reports(unittest.TestCase):
    def test_an_exit_with_five_lines(self):  # 146, 156
        text = program("web", "sh -c 'for i in 1 2 3 4 5; do echo line $i >&2; done; exit 1'", "startretries=0")
        with Doors(text) as d:
            told = d.why("web").splitlines()
            self.assertEqual(told[0], "web: FATAL: Exited too quickly (process log may have details)")
            self.assertRegex(told[1], r"^  ended    \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, after \d+\.\d s, by exit status 1; "
                                      r"try 1 of 1, 1 end within the hour$")
            self.assertTrue(told[2].startswith("  memory   not out of memory"), told[2])
            self.assertEqual(told[3], "  changed  never ran well before")
            self.assertEqual(told[4:], ["  stderr   last 5 of 5 lines"] + [f"           line {i}" for i in range(1, 6)]
                             + ["  stdout   nothing"])
            r = d.death("web")
            self.assertEqual((r["name"], r["group"], r["state"], r["try"], r["tries"], r["life"]),
                             ("web", "web", "FATAL", 1, 1, 1))
            self.assertEqual(r["end"], {"kind": "exit", "code": 1, "signal": None, "core": False, "by_us": False,
                                        "text": "exit status 1"})
            self.assertIsNone(r["changed"])
            if not PORTABLE:
                self.assertGreater(r["usage"]["maxrss"], 0)

    def test_who_killed_it(self):  # 147
        text = program("web", "sleep 1000", "autorestart=false") + program("our", "sleep 1000", "autorestart=false")
        with Doors(text) as d:
            d.wait_for("success: our entered RUNNING")
            d.wait_for("success: web entered RUNNING")
            self.assertEqual(d.ctl("why", "web"), ("web: RUNNING\n", 0))
            os.kill(d.pid_of("web"), signal.SIGKILL)
            told = d.why("web")
            self.assertIn("web: EXITED (terminated by SIGKILL), not restarted: autorestart=false\n", told)
            self.assertIn(" by SIGKILL, not by us; 1 end within", told)
            self.assertRegex(told, "  changed  nothing since ")
            d.ctl("signal", "KILL", "our")
            self.assertRegex(d.why("our"), " by SIGKILL; 1 end within")
            self.assertTrue(d.death("our")["end"]["by_us"])
            d.ctl("start", "our")
            d.ctl("stop", "our")
            self.assertEqual(d.ctl("why", "our")[0].splitlines()[0], "our: STOPPED by an operator")
            self.assertEqual(len(d.deaths("our")), 1)

    def test_exit_status_137_is_no_want_of_memory(self):  # 148
        with Doors(program("web", "sh -c 'exit 137'", "startretries=0")) as d:
            told = d.why("web")
            self.assertIn(" by exit status 137; ", told)
            self.assertIn("  memory   not out of memory", told)

    def test_a_spawn_that_fails(self):
        with Doors(program("web", "/no/such/program", "startretries=0")) as d:
            told = d.why("web").splitlines()
            self.assertEqual(told[0], "web: FATAL: can't find command '/no/such/program'")
            self.assertTrue(told[1].startswith("  spawn    could not be made: can't find command '/no/such/program'; "))
            r = d.death("web")
            self.assertEqual((r["end"], r["pid"], r["stdout"]), (None, 0, None))
            self.assertEqual(r["spawn_error"], "can't find command '/no/such/program'")

    def test_words_of_this_life_only(self):
        script = 'n=$(cat {dir}/n 2>/dev/null || echo 0); echo $((n + 1)) > {dir}/n; echo life $n; exit 1'
        with Doors(program("web", f"sh -c '{script}'", "startretries=2")) as d:
            d.wait_for("gave up: web")
            d.death("web", 3)
            self.assertEqual([r["stdout"]["tail"] for r in d.deaths("web")], [["life 2"], ["life 1"], ["life 0"]])
            self.assertEqual([r["life"] for r in d.deaths("web")], [3, 2, 1])
            self.assertEqual([r["try"] for r in d.deaths("web")], [3, 2, 1])

    def test_a_log_that_was_rotated_in_the_last_second(self):  # 151
        text = program("web", "sh -c 'seq 1 150; exit 1'", "startretries=0", "stdout_logfile={dir}/web.log",
                       "stdout_logfile_maxbytes=400", "stdout_logfile_backups=3")
        with Doors(text) as d:
            tail = d.death("web")["stdout"]["tail"]
            self.assertEqual(tail, [str(i) for i in range(131, 151)])

    def test_no_log(self):  # 152
        text = program("web", "sh -c 'seq 1 200000; seq 1 3 >&2; exit 1'", "startretries=0", "stdout_logfile=NONE",
                       "stderr_logfile=NONE", "deathlines=3")
        with Doors(text) as d:
            r = d.death("web")
            self.assertEqual((r["stdout"]["tail"], r["stdout"]["from"]), (["199998", "199999", "200000"], "memory"))
            self.assertFalse(r["stdout"]["whole"])
            self.assertEqual((r["stderr"]["tail"], r["stderr"]["lines"], r["stderr"]["whole"]), (["1", "2", "3"], 3, True))

    def test_what_a_terminal_minds(self):  # 153
        text = program("web", r"""sh -c 'printf "\\033[2Jgone\\377\\007\\n<b>"; exit 1'""", "startretries=0")
        with Doors(text) as d:
            self.assertNotIn("\x1b", d.why("web"))
            tail = d.death("web")["stdout"]["tail"]
            self.assertIn("gone\ufffd", tail[0])
            self.assertNotIn("\x07", tail[0])
            self.assertEqual(tail[1], "<b>")

    def test_what_changed(self):  # 155
        run = "#!/bin/sh\necho up\nexec sleep 1000\n"
        text = DOORS + program("web", "{dir}/run", "autorestart=false", 'environment=A="1",B="2",C="3"')
        with Doors(text[len(DOORS):], files={"run": run}) as d:
            os.chmod(d.dir + "/run", 0o755)
            d.ctl("start", "web")
            d.wait_for("success: web entered RUNNING")
            new = text.replace('A="1",B="2",C="3"', 'A="1",B="hidden value",D="4"') + "startretries=0\nstartsecs=5\n"
            head = open(d.config).read().split("[unix_http_server]")[0]
            d.write("s.conf", head + new)
            d.write("run", "#!/bin/sh\nexit 9\n")
            d.ctl("update")
            told = wait_until(lambda: (text := d.why("web")) and "ran well before" not in text and text, "its end")
            self.assertRegex(told, r"  changed  since \S+ \S+: startsecs, startretries, environment B C D; \S+/run \(20")
            self.assertNotIn("hidden value", told)
            self.assertEqual(d.death("web")["changed"]["environment"], ["B", "C", "D"])
            self.assertNotIn("hidden value", json.dumps(d.deaths("web")))

    def test_reports_live_through_a_restart_of_the_daemon(self):
        with Doors(program("web", "sh -c 'exit 1'", "startretries=0")) as d:
            d.death("web")
            d.send(signal.SIGHUP)
            d.wait_for("supervisord started with pid", 2)
            d.death("web", 2)

    def test_none_are_written(self):
        text = (program("none", "sh -c 'exit 1'", "startretries=0", "deathlines=0") +
                program("some", "sh -c 'exit 1'", "startretries=0"))
        with Doors(text) as d:
            d.death("some")
            self.assertEqual(d.ctl("why", "none")[0], "none: FATAL: Exited too quickly (process log may have details)\n")
            self.assertEqual(d.deaths("none"), [])

    def test_many_at_once(self):  # 154
        text = "".join(program(f"p{i}", "sh -c 'seq 1 1000; exit 1'", "startretries=1", "startsecs=600")
                       for i in range(60))
        with Doors(text) as d:
            d.wait_for("gave up: p", 60)
            for i in range(60):
                self.assertEqual(d.death(f"p{i}", 2)["stdout"]["tail"][-1], "1000")


    @unittest.skipIf(PORTABLE or not os.path.exists("/proc/sys/kernel/core_pattern"), "cores have other names")
    def test_a_core(self):  # 150
        with open("/proc/sys/kernel/core_pattern") as f:
            pattern = f.read().strip()
        crash = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
        text = program("web", f"sh -c 'ulimit -c unlimited; exec {sys.executable} -c \"{crash}\"'", "startretries=0",
                       "startsecs=600", "directory={dir}")
        with Doors(text) as d:
            r = d.death("web")
            self.assertEqual((r["end"]["kind"], r["end"]["signal"]), ("signal", "SIGSEGV"))
            if not r["end"]["core"]:
                self.skipTest("no cores are written here")
            if pattern.startswith("|"):
                self.assertEqual(r["core"], pattern.split(" ")[0])
            elif r["core"]:  # the pattern may need more than can be known
                self.assertTrue(os.path.isfile(r["core"]), r["core"])
            self.assertRegex(d.ctl("why", "web")[0], r" by SIGSEGV \(core dumped\); try 1 of 1")


class Asking(unittest.TestCase):
    def test_names(self):  # P237 and the words of 8.3
        text = (program("a", "sleep 1000", "autostart=false") + program("b", "sh -c 'exit 1'", "startretries=0") +
                "[group:g]\nprograms=b\n")
        with Doors(text) as d:
            self.assertEqual(d.ctl("why", "a"), ("a: STOPPED, never started: autostart=false\n", 0))
            self.assertEqual(d.ctl("why", "nosuch"), ("nosuch: ERROR (no such process)\n", 1))
            d.death("g:b")
            both = ("a: STOPPED, never started: autostart=false\n"
                    "g:b: FATAL: Exited too quickly (process log may have details)\n")
            self.assertEqual(d.ctl("why", "a", "g:b"), (both, 0))
            self.assertEqual(d.ctl("why", "all"), (both, 0))
            self.assertEqual(d.ctl("why", "g:*")[0].splitlines()[0], both.splitlines()[1])
            out, status = d.ctl("why")
            self.assertEqual((out.splitlines()[0], status), ("Error: why requires a process name", 1))
            self.assertNotIn("why", d.ctl("help")[0])
            self.assertIn("why <name>", d.ctl("help", "why")[0])

    def test_every_door_says_the_same(self):
        port = free_port()
        text = f"[inet_http_server]\nport=127.0.0.1:{port}\n" + program("web", "sh -c 'exit 1'", "startretries=0")
        with Doors(text) as d:
            d.death("web")
            proxy = xmlrpc.client.ServerProxy(f"http://127.0.0.1:{port}/RPC2")
            reports = d.deaths("web")
            self.assertEqual(proxy.troupe.getDeaths("web"), reports)
            self.assertEqual(proxy.troupe.why("web") + "\n", d.ctl("why", "web")[0])
            get = lambda path: urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}").read().decode()
            self.assertEqual(json.loads(get("api/v1/processes/web/deaths")), reports)
            self.assertFalse(any(m.startswith("troupe.") for m in proxy.system.listMethods()))
            self.assertGreater(json.loads(get("api/v1/processes/web"))["died"], 0)
            with self.assertRaises(urllib.error.HTTPError) as refused:
                get("api/v1/processes/nosuch/deaths")
            refused.exception.close()
            self.assertEqual(refused.exception.code, 404)
            self.assertRegex(get(""), r'<a class="died"[^>]*deaths=1#deaths">')
            page = get("tail.html?processname=web&deaths=1")
            self.assertIn('<details id="deaths" class="deaths" open>', page)
            self.assertIn("by exit status 1; try 1 of 1", page)

    @unittest.skipUnless(os.getuid() == 0, "needs root")
    def test_rights(self):  # 158
        port = free_port()
        text = (f"[inet_http_server]\nport=127.0.0.1:{port}\n"
                "[role:looks]\nverbs=status\nprograms=web\n[role:reads]\nverbs=status, tail\nprograms=web\n"
                "[user:eve]\npassword={PLAIN}eve\nroles=looks\n[user:tom]\npassword={PLAIN}tom\nroles=reads\n"
                "[user:root]\nunixuser=root\nroles=admin\n" +
                program("web", "sh -c 'echo secret word; exit 1'", "startretries=0") +
                program("hidden", "sh -c 'exit 1'", "startretries=0"))
        with Doors(text) as d:
            d.death("web")
            d.death("hidden")

            def by(user, *words):
                return d.ctl("-u", user, "-p", user, *words, server=f"http://127.0.0.1:{port}")
            self.assertEqual(by("eve", "why", "hidden")[0].replace("hidden", "x"), by("eve", "why", "x")[0])
            self.assertEqual(by("eve", "why", "hidden"), ("hidden: ERROR (no such process)\n", 1))
            told = by("eve", "why", "web")[0]
            self.assertNotIn("secret word", told)
            self.assertIn("  stdout   not shown: this needs the right to read its log\n", told)
            self.assertNotIn("changed", told)
            self.assertNotIn("secret word", by("eve", "why", "--json", "web")[0])
            self.assertIn("secret word", by("tom", "why", "web")[0])


class Events(unittest.TestCase):
    def test_with_and_without_detail(self):  # 157
        pool = ("[eventlistener:{0}]\ncommand={1} {2} {{dir}}/{0}.events ok\nevents=PROCESS_STATE_EXITED,"
                "PROCESS_STATE_FATAL,PROCESS_STATE_BACKOFF\n{3}")
        text = (pool.format("old", sys.executable, SCRIPTED, "") + pool.format("new", sys.executable, SCRIPTED,
                                                                                "detail=true\n") +
                program("web", "sh -c 'echo last words; exit 3'", "startretries=0", "autostart=false"))
        with Doors(text) as d:
            d.wait_for("success: new entered RUNNING")
            d.wait_for("success: old entered RUNNING")
            d.ctl("start", "web")

            def bodies(name):
                lines = [json.loads(line) for line in d.read(name + ".events").splitlines()]
                found = [(e["header"]["eventname"], e["body"]) for e in map(normal, lines) if e]
                return found if len(found) >= 2 else None

            def normal(e):
                return e if isinstance(e, dict) and "body" in e else None
            old = wait_until(lambda: bodies("old"), "two plain events")
            new = wait_until(lambda: bodies("new"), "two events with details")
            self.assertEqual([kind for kind, _ in old], [kind for kind, _ in new])
            self.assertEqual(old[1][1], "processname:web groupname:web from_state:BACKOFF")
            for (_, short), (_, long) in zip(old, new):
                keys, data = long.split("\n", 1)
                self.assertRegex(keys, f"^{re.escape(short)} exitstatus:3 signal:0 core:0 oom:no life:1 seconds:"
                                       r"\d+\.\d$")
                self.assertEqual(json.loads(data)["stdout"]["tail"], ["last words"])


if __name__ == "__main__":
    unittest.main()
