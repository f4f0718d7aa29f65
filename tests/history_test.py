#!/usr/bin/env python3
"""The history: what is kept, what survives, who sees what, and that the daemon never suffers for it. Numbers are those of
docs/contract/history.md, 11. What the database holds is read with Python's own SQLite, from a copy."""
import ctypes.util
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rpc_support import SERVER, client, connect, fault_of  # noqa: E402
from support import BIN, PATIENCE, Daemon, alive, children_of, free_port, preloading, wait_until  # noqa: E402

PROGRAMS = SERVER + """
[program:cat]
command=/bin/cat
startsecs=0
[program:fails]
command=/bin/sh -c 'exit 3'
autostart=false
startretries=0
[group:pair]
programs=one,two
[program:one]
command=/bin/cat
startsecs=0
[program:two]
command=/bin/cat
startsecs=0
"""
HISTORY = "[history]\nfile={dir}/h/history.db\n"
OFF = "ERROR: history is off ([history] file=... switches it on)\n"


def ctl(daemon, *words, options=()):
    argv = [os.path.join(BIN, "supervisorctl"), "-s", f"unix://{daemon.dir}/s.sock", *options, *words]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr


def daemon(text=PROGRAMS, more=HISTORY, **options):
    made = Daemon(text + more, start=False, **options)
    os.mkdir(made.dir + "/h", 0o755)
    made.start()
    return made


def records(of, **asked):
    return connect(of).troupe.getHistory(asked)["records"]


def rows(path):
    """Of a database that nobody has open."""
    base = sqlite3.connect(path)
    try:
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return base.execute("SELECT id, at, kind, name, who, serial, what FROM record ORDER BY id").fetchall()
    finally:
        base.close()


def has_library(pid):
    with open(f"/proc/{pid}/maps") as f:
        return "libsqlite3" in f.read()


def threads_of(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


class Off(unittest.TestCase):
    def test_nothing_is_there(self):  # 132
        with Daemon(PROGRAMS) as d:
            proxy = client(d)
            self.assertFalse(has_library(d.working_pid))
            self.assertEqual(ctl(d, "history"), (1, OFF, ""))
            self.assertEqual(fault_of(proxy.troupe.getHistory, {})[0], 1)
            self.assertEqual(len(proxy.system.listMethods()), 41)
            self.assertFalse([n for n in os.listdir(d.dir) if n.startswith("h")])


class On(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.port = free_port()
        cls.d = daemon(more=HISTORY + f"[inet_http_server]\nport=127.0.0.1:{cls.port}\n")
        cls.proxy = client(cls.d)
        wait_until(lambda: all(p["statename"] == "RUNNING" for p in cls.proxy.supervisor.getAllProcessInfo()
                               if p["name"] != "fails"), "all of them")

    @classmethod
    def tearDownClass(cls):
        cls.d.__exit__()

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}", timeout=PATIENCE) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as e:
            return e.code, json.load(e)

    def test_states_calls_and_ends(self):
        self.assertTrue(has_library(self.d.working_pid))
        self.assertEqual(os.stat(self.d.dir + "/h/history.db").st_mode & 0o777, 0o600)
        self.proxy.supervisor.stopProcess("pair:one")
        self.proxy.supervisor.startProcess("pair:one")
        self.assertEqual(fault_of(self.proxy.supervisor.startProcess, "fails")[0], 50)
        of_one = records(self.d, name=["pair:one"])
        changes = [(r["what"]["from"], r["what"]["to"]) for r in of_one if r["kind"] == "state"]
        self.assertEqual(changes[-4:], [("RUNNING", "STOPPING"), ("STOPPING", "STOPPED"), ("STOPPED", "STARTING"),
                                        ("STARTING", "RUNNING")])
        stopped = [r for r in of_one if r["kind"] == "state" and r["what"]["to"] == "STOPPED"][-1]
        self.assertEqual(stopped["what"]["exit"], "killed by SIGTERM")
        self.assertGreater(stopped["what"]["pid"], 0)
        calls = [r for r in of_one if r["kind"] == "command"]
        asked, done = [r for r in calls if r["what"]["verb"] == "stop"][:2]
        self.assertEqual((asked["what"]["outcome"], done["what"]["outcome"]), ("begun", "done"))
        self.assertEqual(done["what"]["of"], asked["id"])
        self.assertEqual(asked["who"], f"uid {os.getuid()}")
        self.assertEqual(asked["what"]["by"]["from"], "unix")
        ends = records(self.d, name=["fails"], kind="death")
        self.assertEqual([(r["what"]["end"]["text"], r["what"]["state"]) for r in ends], [("exit status 3", "BACKOFF")])
        ids = [r["id"] for r in records(self.d, n=1000)]
        self.assertEqual(ids, sorted(set(ids)))

    def test_lines(self):
        self.proxy.supervisor.stopProcess("cat")
        self.proxy.supervisor.startProcess("cat")
        rc, out, err = ctl(self.d, "history", "cat", "-n", "4")
        self.assertEqual((rc, err), (0, ""))
        stamp = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}"
        lines = out.splitlines()
        self.assertRegex(lines[-1] + "\n" + lines[-2], stamp + " cat              ")
        rc, out, _ = ctl(self.d, "history", "cat")
        self.assertRegex(out, stamp + r" cat              RUNNING -> STOPPING \(pid \d+\)\n")
        self.assertRegex(out, stamp + r" cat              STOPPING -> STOPPED killed by SIGTERM \(pid \d+, ran \d+\.\d s\)\n")
        self.assertRegex(out, stamp + r" cat              command             stop by uid \d+ \(peer\) from unix: done in \d+\.\d s\n")
        rc, out, _ = ctl(self.d, "history", "supervisord")
        self.assertRegex(out, stamp + r" supervisord      started             \S+ \(pid %d\)\n" % self.d.pid)
        self.assertRegex(out, stamp + r" supervisord      config              start, 3 groups, " + re.escape(self.d.config))
        rc, out, _ = ctl(self.d, "history", "cat", "--kind", "state", "--json", "-n", "2")
        self.assertEqual([r["kind"] for r in json.loads(out)], ["state", "state"])

    def test_times(self):
        everything = len(records(self.d, n=1000))
        self.assertGreaterEqual(len(records(self.d, n=1000, since="2h")), everything)
        self.assertEqual(records(self.d, until="2h"), [])
        self.assertEqual(ctl(self.d, "history", "--until", "2h"), (0, "", ""))
        rc, out, _ = ctl(self.d, "history", "--since", "2026-02-30")
        self.assertEqual(rc, 2)
        self.assertIn("not a time: '2026-02-30'", out)
        self.assertEqual(ctl(self.d, "history", "at", "2h"), (1, "no record that old\n", ""))  # 140
        rc, out, _ = ctl(self.d, "history", "at", "0s", "pair:two")
        self.assertRegex(out, r"^pair:two         RUNNING             since .* \(pid \d+\)\n$")
        rc, out, _ = ctl(self.d, "history", "at", "0s", "pair:*")
        self.assertEqual(len(out.splitlines()), 2)

    def test_addresses(self):
        status, answer = self.get("history?name=pair:two&kind=state&n=1")
        self.assertEqual((status, len(answer["records"]), answer["more"]), (200, 1, True))
        first = self.get("history?after=0&n=1000")[1]["records"][0]["id"]
        status, page = self.get(f"history?after={first}&n=2")
        self.assertEqual([r["id"] for r in page["records"]], [first + 1, first + 2])
        status, answer = self.get("history/at?at=0s&name=pair:two")
        self.assertEqual((status, answer["running"], answer["records"][0]["name"]), (200, True, "pair:two"))
        for path in ("history?n=x", "history?since=never", "history?kind=dust", "history/at", "history?at=2h"):
            self.assertEqual(self.get(path)[0], 400, path)

    def test_the_page(self):
        def page(path):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{path}", timeout=PATIENCE) as answer:
                return answer.read().decode()

        text = page("history.html?name=pair:two&since=1h")
        self.assertIn("<td>STARTING -&gt; RUNNING</td>", text)
        self.assertIn('class="good"><title>RUNNING</title>', text)
        self.assertIn("history.html?name=pair%3Atwo", page("tail.html?processname=pair:two"))
        self.assertIn("not a time", page("history.html?since=%3Cb%3E"))
        self.assertNotIn("<b>&", page("history.html?since=%3Cb%3E"))

    def test_bad_questions(self):
        for asked in ({"n": {}}, {"name": 3}, {"kind": ["dust"]}, {"since": 5}, {"dust": 1}, {"export": 1}, {"at": "x"}):
            self.assertEqual(fault_of(self.proxy.troupe.getHistory, asked)[0], 2, asked)
        self.assertEqual(fault_of(self.proxy.troupe.getHistory, 5)[0], 2)
        self.assertEqual(records(self.d, name=["nobody", "'; DROP TABLE record; --"]), [])
        for words in (("-n", "0"), ("-n",), ("--since",), ("--dust",), ("at",)):
            self.assertEqual(ctl(self.d, "history", *words)[0], 2, words)

    def test_a_copy(self):
        target = self.d.dir + "/copy.db"
        self.assertEqual(ctl(self.d, "history", "--export", target)[:2], (0, "exported\n"))
        self.assertEqual(os.stat(target).st_mode & 0o777, 0o600)
        self.assertGreater(len(rows(target)), 5)
        rc, out, _ = ctl(self.d, "history", "--export", target)
        self.assertEqual((rc, out), (1, f"ERROR: {target}: File exists\n"))
        self.assertIn("must begin with a /", ctl(self.d, "history", "--export", "copy")[1])

    def test_idle_it_sleeps(self):
        client(self.d).troupe.getHistory({})

        def switches():
            total = 0
            for task in os.listdir(f"/proc/{self.d.working_pid}/task"):
                with open(f"/proc/{self.d.working_pid}/task/{task}/stat") as f:
                    nice = int(f.read().rsplit(")", 1)[1].split()[16])
                if nice == 19 or nice - os.nice(0) == 19:
                    with open(f"/proc/{self.d.working_pid}/task/{task}/status") as f:
                        total += sum(int(n) for n in re.findall(r"ctxt_switches:\s+(\d+)", f.read()))
            return total

        def still():
            before = switches()
            time.sleep(0.5)  # what must not happen in it
            return before == switches() and before > 0

        wait_until(still, "the thread to sleep")


class Life(unittest.TestCase):
    def test_it_outlives_the_daemon(self):  # 134, 135
        with daemon() as d:
            client(d).supervisor.stopProcess("cat")
            before = records(d, n=1000)
            d.process.send_signal(signal.SIGTERM)
            d.process.wait(PATIENCE)
            kept = rows(d.dir + "/h/history.db")
            self.assertEqual([r["id"] for r in before], [r[0] for r in kept][:len(before)])
            self.assertEqual(json.loads(kept[-1][6]), {"event": "stop", "reason": "shutdown"})
            d.start()
            client(d)
            after = wait_until(lambda: [r for r in records(d, n=1000) if r["what"].get("event") == "start"][2:],
                               "the second start")
            self.assertGreater(after[0]["id"], kept[-1][0])
            rc, out, _ = ctl(d, "history", "at", "0s", "pair:one")
            self.assertIn("RUNNING", out)

    def test_a_restart_goes_on(self):
        with daemon() as d:
            client(d).supervisor.restart()
            wait_until(lambda: d.log().count("supervisord started with pid") == 2, "the restart")
            events = wait_until(lambda: [e for e in [r["what"].get("event") for r in records(d, kind="daemon")]
                                         if e] [2:] and [r["what"]["event"] for r in records(d, kind="daemon")], "the start")
            self.assertEqual(events, ["start", "stop", "start"])
            self.assertNotIn("history", "".join(line for line in d.log().splitlines() if " ERRO " in line))

    def test_kill_9(self):  # 135, 137
        with daemon(text=SERVER + "[program:cat]\ncommand=/bin/cat\nstartsecs=0\n") as d:
            path = d.dir + "/h/history.db"
            seen = set()
            for life in range(5):
                proxy = client(d)
                for _ in range(5 + life):
                    proxy.supervisor.stopProcess("cat")
                    proxy.supervisor.startProcess("cat")
                if life % 2:
                    proxy.troupe.getHistory({})
                for name in ("", "-wal"):  # as a power cut would leave it
                    if os.path.exists(path + name):
                        shutil.copy(path + name, d.dir + "/cut.db" + name)
                children = list(children_of(d.pid))
                d.kill_whole()
                for pid in children:
                    os.kill(pid, signal.SIGKILL)
                rows(d.dir + "/cut.db")
                for name in ("", "-wal", "-shm"):
                    if os.path.exists(d.dir + "/cut.db" + name):
                        os.unlink(d.dir + "/cut.db" + name)
                ids = [r[0] for r in rows(path)]
                self.assertEqual(len(ids), len(set(ids)))
                self.assertTrue(seen <= set(ids))
                seen = set(ids)
                os.unlink(d.dir + "/s.sock")
                d.start()
            client(d)

    def test_the_clock_was_set(self):  # 145
        library = os.path.join(os.path.dirname(BIN), "tests", "shifted_clock.so")
        if not os.path.exists(library):
            self.skipTest("no clock to shift")
        with Daemon(PROGRAMS + HISTORY, start=False) as d:
            shift = d.write("shift", "\0" * 8)
            os.mkdir(d.dir + "/h", 0o755)
            d.env = preloading(library, TROUPE_CLOCK_SHIFT=shift)
            d.start()
            proxy = client(d)
            proxy.supervisor.stopProcess("cat")
            before = records(d, n=1000)
            with open(shift, "r+b") as f:
                f.write((-3600).to_bytes(8, "little", signed=True))
            proxy.supervisor.startProcess("cat")
            after = records(d, n=1000)
            self.assertEqual(after[:len(before)], before)
            self.assertEqual([r["id"] for r in after], list(range(1, len(after) + 1)))
            jump = after[len(before)]
            self.assertEqual(jump["what"]["event"], "clock")
            self.assertAlmostEqual(jump["what"]["ms"], -3_600_000, delta=60_000)
            self.assertLess(after[-1]["at"], before[-1]["at"])


class Trouble(unittest.TestCase):
    def start_fails(self, more, prepare=lambda d: None, env=None, text=PROGRAMS):
        with Daemon(text + more, start=False, env=env) as d:
            os.mkdir(d.dir + "/h", 0o755)
            prepare(d)
            d.start()
            rc = d.process.wait(PATIENCE)
            with open(d.dir + "/stderr") as f:
                return rc, f.read().replace(d.dir, "DIR")

    def test_errors_of_the_section(self):
        for more, sentence in (
                ("[history]\n", '[history] section requires a "file" line'),
                ("[history]\nfile={dir}/nowhere/h\n", "nowhere"),
                (HISTORY + "maxage=soon\n", "Invalid maxage value 'soon': allowed is a time, such as 5, 0.5, 500ms, 2m, 1h or 1d"),
                (HISTORY + "maxbytes=5\n", "Invalid maxbytes value '5': allowed are 1MB or more, and 0 for no bound"),
                (HISTORY + "sync=often\n", "Invalid sync value 'often': allowed are normal and full"),
                (HISTORY + "keep=state,dust\n", "Invalid keep value 'state,dust': allowed are state, command, config, health, ready, death, daemon and event")):
            rc, err = self.start_fails(more)
            self.assertEqual(rc, 2, more)
            self.assertIn(sentence, err)
            self.assertRegex(err, r"\(DIR/s\.conf:\d+\)")

    def test_in_use(self):  # 141
        with daemon() as first:
            client(first)
            wait_until(lambda: records(first), "the first one to have it")
            more = f"[history]\nfile={first.dir}/h/history.db\n"
            rc, err = self.start_fails(more)
            self.assertEqual(rc, 2)
            self.assertIn(f"Error: history {first.dir}/h/history.db is in use\n", err)
            self.assertTrue(alive(first.pid))

    def test_unsafe_places(self):
        rc, err = self.start_fails(HISTORY, lambda d: os.chmod(d.dir + "/h", 0o1777))
        self.assertEqual(rc, 2)
        self.assertIn("Error: could not open the history DIR/h/history.db: everybody can write DIR/h\n", err)
        rc, err = self.start_fails(HISTORY, lambda d: os.symlink("/etc/passwd", d.dir + "/h/history.db"))
        self.assertIn("it is a link", err)
        self.assertEqual(rc, 2)

    def test_no_library(self):  # 133
        if os.getuid() != 0 or not shutil.which("unshare"):
            self.skipTest("only root hides a library")
        library = next(line.split()[-1] for line in subprocess.run(["ldconfig", "-p"], capture_output=True, text=True)
                       .stdout.splitlines() if "libsqlite3.so.0" in line)
        with Daemon(PROGRAMS + HISTORY, start=False) as d:
            os.mkdir(d.dir + "/h", 0o755)
            hide = f"mount --bind /dev/null {library} && exec \"$@\""
            done = subprocess.run(["unshare", "-m", "sh", "-c", hide, "sh", *d.argv], capture_output=True, text=True,
                                  timeout=PATIENCE)
            if "unshare" in done.stderr or "mount" in done.stderr:
                self.skipTest("no mounts here")
            self.assertEqual(done.returncode, 2)
            self.assertIn("Error: [history] needs libsqlite3.so.0: ", done.stderr)

    def test_not_ours(self):  # 133
        def prepare(d):
            with open(d.dir + "/h/history.db", "wb") as f:
                f.write(b"no database at all, but a text of some length" * 200)

        with Daemon(PROGRAMS + HISTORY, start=False) as d:
            os.mkdir(d.dir + "/h", 0o755)
            prepare(d)
            d.start()
            client(d)
            wait_until(lambda: records(d), "records")
            bad = [n for n in os.listdir(d.dir + "/h") if re.fullmatch(r"history\.db\.bad-\d{8}T\d{6}Z", n)]
            self.assertEqual(len(bad), 1)
            self.assertEqual(len(d.wait_for(r"ERRO history .* cannot be used: .*; it is now .*bad-.*, and a new one begins")), 1)

    def test_disk_full(self):  # 136
        if os.getuid() != 0:
            self.skipTest("only root makes small disks")
        with Daemon(SERVER + "[program:cat]\ncommand=/bin/cat\nstartsecs=0\n" + HISTORY, start=False) as d:
            os.mkdir(d.dir + "/h", 0o755)
            if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=755", "none", d.dir + "/h"],
                              capture_output=True).returncode:
                self.skipTest("no mounts here")
            try:
                d.start()
                proxy = client(d)
                wait_until(lambda: records(d), "records")
                with open(d.dir + "/h/filler", "wb", buffering=0) as f:
                    try:
                        while f.write(b"x" * 4096):
                            pass
                    except OSError:
                        pass
                wait_until(lambda: (proxy.supervisor.stopProcess("cat"), proxy.supervisor.startProcess("cat"),
                                    " ERRO history " in d.log())[-1], "the disk to be full")
                waiting = len(d.wait_for(r"ERRO history .*/h/history\.db: disk full; \d+ records wait"))
                self.assertEqual(waiting, 1)
                os.unlink(d.dir + "/h/filler")
                d.wait_for(r"WARN history .*/h/history\.db is written again", deadline=PATIENCE + 15)
                ids = [r["id"] for r in records(d, n=1000)]
                self.assertEqual(ids, list(range(1, len(ids) + 1)))
                self.assertEqual(len(re.findall(" ERRO history ", d.log())), 1)
            finally:
                d.process.send_signal(signal.SIGTERM)
                d.process.wait(PATIENCE)
                subprocess.run(["umount", d.dir + "/h"], check=True)


class Rights(unittest.TestCase):
    def test_whoever_sees_less_is_told_less(self):  # 139
        text = SERVER.replace("[rpc", "chmod=0777\n[rpc", 1) + """
[program:web]
command=/bin/cat
startsecs=0
[program:secret]
command=/bin/cat
startsecs=0
[role:webops]
verbs=start, stop
programs=web
[user:anna]
password={{PLAIN}}a
roles=webops
[user:boss]
password={{PLAIN}}b
roles=admin
"""
        port = free_port()
        with daemon(text=text.replace("{{", "{").replace("}}", "}"),
                    more=HISTORY + f"[inet_http_server]\nport=127.0.0.1:{port}\n") as d:
            import xmlrpc.client

            def as_(user):
                return xmlrpc.client.ServerProxy(f"http://{user}:{user[0]}@127.0.0.1:{port}/RPC2")

            boss, anna = as_("boss"), as_("anna")
            wait_until(lambda: os.path.exists(d.dir + "/s.sock"), "the server")
            boss.supervisor.stopProcess("secret")
            boss.supervisor.stopProcess("web")
            anna.supervisor.startProcess("web")
            all_of_it = boss.troupe.getHistory({"n": 1000})["records"]
            hers = anna.troupe.getHistory({"n": 1000})["records"]
            self.assertEqual({r["name"] for r in all_of_it}, {"", "web", "secret"})
            self.assertEqual({r["name"] for r in hers}, {"web"})
            self.assertIn("boss", {r.get("who") for r in all_of_it})
            text = json.dumps(hers)
            for hidden in ("boss", "anna", "secret", "127.0.0.1", "password", "by"):
                self.assertNotIn(f'"{hidden}', text)
            self.assertEqual(anna.troupe.getHistory({"name": ["secret", "supervisord"]})["records"], [])
            self.assertEqual({r["name"] for r in anna.troupe.getHistory({"at": "0s"})["records"]}, {"web"})
            self.assertEqual(fault_of(anna.troupe.getHistory, {"export": d.dir + "/x"})[0], 403)
            self.assertFalse(os.path.exists(d.dir + "/x"))
            self.assertFalse([m for m in boss.system.listMethods() if m.startswith("troupe.")])


if __name__ == "__main__":
    if not ctypes.util.find_library("sqlite3"):
        sys.exit(77)
    unittest.main()
