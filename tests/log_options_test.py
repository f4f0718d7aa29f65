#!/usr/bin/env python3
"""Logs with options of their own, on the real daemon: lines with time stamps, prefixes or as JSON, compressed backups,
mode and owner of new files, and several programs on one stdout."""
import gzip
import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import BIN, PATIENCE, Daemon, children_of, stat_fields, wait_until  # noqa: E402

root_only = unittest.skipUnless(os.getuid() == 0, "needs root")
RFC3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
CONTROL = ("[unix_http_server]\nfile={dir}/s.sock\n[supervisorctl]\nserverurl=unix://{dir}/s.sock\n"
           "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n")


def program(script, options="", name="p"):
    """A program that runs a shell script, and then stays."""
    return (f"[program:{name}]\ncommand=/bin/sh {{dir}}/{name}.sh\nstartsecs=0\nstopasgroup=true\n"
            f"stdout_logfile={{dir}}/{name}.log\nstderr_logfile={{dir}}/{name}.err\n{options}"), {f"{name}.sh": script}


def backups(d, name):
    """[(number, path, compressed)] of the backups of a log, the oldest first."""
    found = []
    for f in os.listdir(d.dir):
        if m := re.fullmatch(re.escape(name) + r"\.(\d+)(\.gz)?", f):
            found.append((int(m.group(1)), os.path.join(d.dir, f), bool(m.group(2))))
    return sorted(found, reverse=True)


def everything(d, name):
    """All bytes of a log and its backups, oldest first; a backup that is there in both forms counts once."""
    text, seen = b"", set()
    for number, path, compressed in backups(d, name):
        with (gzip.open if compressed else open)(path, "rb") as f:
            part = f.read()
        if number not in seen:
            text += part
        seen.add(number)
    with open(os.path.join(d.dir, name), "rb") as f:
        return text + f.read()


def all_compressed(d, name):
    found = backups(d, name)
    return found and all(compressed for _, _, compressed in found) and not os.path.exists(f"{d.dir}/{name}.gz-part")


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


class Lines(unittest.TestCase):
    def logged(self, script, options, expected_out=None, expected_err=None, name="p"):
        text, files = program(script + "\necho end-of-script\necho end-of-script >&2\nexec sleep 1000\n", options, name)
        with Daemon(text, files=files) as d:
            for log in (f"{name}.log", f"{name}.err"):
                wait_until(lambda: os.path.exists(f"{d.dir}/{log}") and "end-of-script" in d.read(log), log)
            out, err = (re.sub(r".*end-of-script.*\n", "", d.read(log)) for log in (f"{name}.log", f"{name}.err"))
            if expected_out is not None:
                self.assertRegex(out, expected_out)
            if expected_err is not None:
                self.assertRegex(err, expected_err)
            return d.pid_of(name), out, err

    def test_prefix(self):
        self.logged("printf 'a\\n\\nb\\n'; echo oops >&2",
                    "process_name=%(program_name)s\nstdout_prefix=%(program_name)s_%(process_num)02d |\n",
                    r"\Ap_00 \| a\np_00 \| \np_00 \| b\n\Z", r"\Aoops\n\Z")

    def test_time_stamps(self):
        self.logged("echo a; echo oops >&2", "stdout_timestamp=rfc3339\nstderr_timestamp=%%d.%%m.%%Y %%H:%%M:%%S,%%f\n"
                    "stderr_prefix=err\n", rf"\A{RFC3339} a\n\Z", r"\A\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d,\d{6} err oops\n\Z")

    def test_a_line_in_several_pieces_is_one_with_the_time_of_the_first(self):
        text, files = program("printf one; while ! [ -e {dir}/go ]; do sleep 0.01; done; echo ' two'; printf rest\n"
                              "exec sleep 1000\n", "stdout_timestamp=%%s.%%f\n")
        with Daemon(text, files=files) as d:
            d.wait_for("'p' stdout output:\none")
            self.assertEqual(d.read("p.log"), "")
            before = time.time()
            d.write("go", "")
            wait_until(lambda: d.read("p.log"), "the line")
            self.assertRegex(d.read("p.log"), r"\A\d+\.\d{6} one two\n\Z")
            self.assertLess(float(d.read("p.log").split()[0]), before)
            d.wait_for("\nrest\n")
            d.finish()
            self.assertRegex(d.read("p.log"), r"\A\d+\.\d{6} one two\n\d+\.\d{6} rest\n\Z")

    def test_a_last_line_without_an_end_is_logged_before_the_exit(self):
        text, files = program("printf 'last words'; exit 0\n", "stdout_prefix=p:\nautorestart=false\n")
        with Daemon(text, files=files) as d:
            d.wait_for("INFO exited: p")
            self.assertEqual(d.read("p.log"), "p: last words\n")

    def test_json(self):
        script = r"""printf 'say "hi" \\ \t\001\377\342\202\254\n\n'; printf 'x%.0s' $(seq 70000); echo; echo oops >&2"""
        pid, out, err = self.logged(script, "stdout_logformat=json\nstderr_logformat=json\n", name="q")
        self.assertTrue(out.endswith("\n"))
        records = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([list(r) for r in records[:2]], [["time", "process", "group", "channel", "pid", "line"]] * 2)
        for r in records:
            self.assertRegex(r["time"], rf"\A{RFC3339}\Z")
            self.assertEqual((r["process"], r["group"], r["channel"], r["pid"]), ("q", "q", "stdout", pid))
        self.assertEqual([r["line"] for r in records[:2]], ['say "hi" \\ \t\x01\ufffd\u20ac', ""])
        self.assertEqual([(len(r["line"]), r.get("partial")) for r in records[2:]], [(65536, True), (70000 - 65536, None)])
        self.assertEqual([json.loads(line)["channel"] for line in err.splitlines()], ["stderr"])

    def test_redirected_stderr_and_what_is_published_stays_as_it_was(self):
        text, files = program("echo a; echo b >&2; exec sleep 1000\n", "redirect_stderr=true\nstdout_prefix=p:\n")
        with Daemon(text, files=files) as d:
            wait_until(lambda: os.path.exists(d.dir + "/p.log") and d.read("p.log") == "p: a\np: b\n", "both lines")
            d.wait_for("'p' stdout output:\na\n")  # the copy in the main log

    def test_programs_on_one_stdout_do_not_mix(self):
        # They begin when the daemon has nothing more to say: between the pieces of a line that is longer than PIPE_BUF, and
        # for which there is no room at once, the copy of the main log may come.
        script = 'until [ -e "${0%/*}/go" ]; do sleep 0.01; done\n' + "i=0; while [ $i -lt 300 ]; do printf NAMENAME; printf NAMENAMENAME; printf '%05000d' 0 | tr 0 NAME; echo; i=$((i+1)); done\n"
        text, files = "", {}
        names = "abcd"
        for name in names:
            one, its = program(script.replace("NAME", name) + "echo done-NAME >&2; exec sleep 1000\n".replace("NAME", name),
                               f"stdout_prefix=%(program_name)s |\nstdout_timestamp={'rfc3339' if name in 'ab' else 'none'}\n",
                               name)
            text += one.replace("stdout_logfile={dir}/" + name + ".log", "stdout_logfile=/dev/stdout")
            files.update(its)
        with Daemon(text, options="loglevel=info", files=files, pipe=True) as d:  # and the main log's copy beside them
            got = bytearray()

            def read():
                while piece := os.read(d.process.stdout.fileno(), 1 << 16):
                    got.extend(piece)
            reader = threading.Thread(target=read)
            reader.start()
            for name in names:
                d.wait_for(f"success: {name} entered RUNNING")
            open(d.dir + "/go", "w").close()
            # only when all has been read: what a reader of /dev/stdout has no room for is not waited for at the end
            wait_until(lambda: sum(bytes(got).count(n.encode() * 9 + b"\n") for n in names) == 1200, "all lines")
            for name in names:
                wait_until(lambda: os.path.exists(f"{d.dir}/{name}.err") and "done" in d.read(f"{name}.err"), name)
            self.assertEqual(d.finish(), 0)
            reader.join()
        counts = dict.fromkeys(names, 0)
        for line in got.decode().splitlines():
            m = re.fullmatch(rf"({RFC3339} )?([abcd]) \| (\2{{5005}})", line)
            if m:
                counts[m.group(2)] += 1
            else:
                self.assertRegex(line[:200], r"\A\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]{4} ")
        self.assertEqual(counts, dict.fromkeys(names, 300))


class Files(unittest.TestCase):
    def test_a_storm_into_gzip(self):
        text, files = program("seq 1 300000; echo >&2; exec sleep 1000\n",
                              "stdout_logfile_maxbytes=20KB\nstdout_logfile_backups=500\nstdout_logfile_compress=gzip\n")
        with Daemon(text, options="loglevel=info", files=files) as d:
            expected = "".join(f"{i}\n" for i in range(1, 300001)).encode()
            wait_until(lambda: os.path.exists(d.dir + "/p.err") and d.read("p.err"), "the end of the storm")
            wait_until(lambda: os.path.getsize(d.dir + "/p.log") or backups(d, "p.log"), "output")
            wait_until(lambda: all_compressed(d, "p.log"), "all backups to be compressed")
            self.assertEqual(everything(d, "p.log"), expected)
            self.assertGreater(len(backups(d, "p.log")), 15)
            nice = sorted({int(stat_fields(f"{d.working_pid}/task/{t}")[16]) for t in os.listdir(f"/proc/{d.working_pid}/task")})
            self.assertEqual(nice[-1], 19)
            self.assertLess(nice[0], 19)

    def test_killed_while_it_compresses(self):
        text, files = program("seq -f '%.0f of many' 1 1000000\nexec sleep 1000\n",
                              "stdout_logfile_maxbytes=300KB\nstdout_logfile_backups=500\nstdout_logfile_compress=gzip\n")
        whole = [f"{i} of many" for i in range(1, 1000001)]
        with Daemon(text, options="loglevel=info", files=files) as d:
            wait_until(lambda: any(c for _, _, c in backups(d, "p.log")), "a first compressed backup")
            d.kill_whole()
            if not os.path.exists(d.dir + "/p.log"):  # it was killed in the middle of a rotation
                d.write("p.log", "")
            left = everything(d, "p.log").decode().splitlines()
            self.assertEqual(left[:-1], whole[:len(left) - 1])  # the last one may have been cut by the end
            d.write("p.sh", "seq 1 100000; echo >&2; exec sleep 1000\n")
            d.start()
            wait_until(lambda: os.path.exists(d.dir + "/p.err") and d.read("p.err"), "the second run")
            wait_until(lambda: all_compressed(d, "p.log"), "all backups to be compressed")
            again = everything(d, "p.log").decode()
            self.assertEqual(again, "\n".join(left) + ("" if again[len("\n".join(left))] != "\n" else "\n")
                             + "".join(f"{i}\n" for i in range(1, 100001)))

    def test_only_what_asks_for_it_is_compressed(self):
        text, files = program("seq 1 10000; echo >&2; exec sleep 1000\n", "stdout_logfile_maxbytes=10KB\n")
        with Daemon(text, options="loglevel=info", files=files) as d:
            wait_until(lambda: os.path.exists(d.dir + "/p.err") and d.read("p.err"), "the output")
            wait_until(lambda: len(everything(d, "p.log").splitlines()) == 10000, "all of it")
            self.assertFalse(any(compressed for _, _, compressed in backups(d, "p.log")))

    def test_mode_whatever_the_umask(self):
        text, files = program("seq 1 10000; echo oops >&2; exec sleep 1000\n",
                              "stdout_logfile_mode=0664\nstdout_logfile_maxbytes=20KB\nstdout_logfile_compress=gzip\n")
        auto, more = program("echo out; echo err >&2; exec sleep 1000\n", "stdout_logfile=AUTO\nstderr_logfile=AUTO\n"
                             "stdout_logfile_mode=0644\n", "q")
        with Daemon(text + auto, options="logfile_mode=0604", files={**files, **more}, start=False) as d:
            d.start(lambda: os.umask(0o077))
            wait_until(lambda: os.path.exists(d.dir + "/p.err") and d.read("p.err"), "output")
            wait_until(lambda: all_compressed(d, "p.log"), "the backups to be compressed")
            self.assertEqual(mode_of(d.log_path), 0o604)
            self.assertEqual(mode_of(d.dir + "/p.log"), 0o664)
            self.assertEqual({mode_of(path) for _, path, _ in backups(d, "p.log")}, {0o664})
            self.assertEqual(mode_of(d.dir + "/p.err"), 0o600)
            auto_logs = lambda: {f.split("---")[0]: f for f in os.listdir(d.dir) if "---" in f}
            wait_until(lambda: d.read(auto_logs()["q-stdout"]), "the AUTO log")
            self.assertEqual(mode_of(f"{d.dir}/{auto_logs()['q-stdout']}"), 0o644)
            self.assertEqual(mode_of(f"{d.dir}/{auto_logs()['q-stderr']}"), 0o600)

    @root_only
    def test_owner(self):
        text, files = program("seq 1 10000; echo oops >&2; exec sleep 1000\n",
                              "stdout_logfile_owner=nobody:nogroup\nstdout_logfile_maxbytes=20KB\n"
                              "stdout_logfile_compress=gzip\nstderr_logfile_owner=nobody\n")
        with Daemon(text, options="logfile_owner=nobody", files=files) as d:
            wait_until(lambda: os.path.exists(d.dir + "/p.err") and d.read("p.err"), "output")
            wait_until(lambda: all_compressed(d, "p.log"), "the backups to be compressed")
            owner = lambda path: (os.stat(path).st_uid, os.stat(path).st_gid)
            self.assertEqual({owner(path) for _, path, _ in backups(d, "p.log")} | {owner(d.dir + "/p.log")}, {(65534, 65534)})
            self.assertEqual(owner(d.dir + "/p.err"), (65534, os.getgid()))
            self.assertEqual(owner(d.log_path), (65534, os.getgid()))

    @root_only
    def test_an_owner_that_cannot_be_given_is_said_once(self):
        text, files = program("seq 1 100000; echo oops >&2; exec sleep 1000\n",
                              "stdout_logfile_owner=root\nstdout_logfile_maxbytes=20KB\nstdout_logfile_backups=100\n")

        def become_nobody():
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        with Daemon(text, options="loglevel=info", files=files, start=False) as d:
            os.chown(d.dir, 65534, 65534)
            d.start(become_nobody)
            d.wait_for(f"ERRO could not set mode or owner of log '{d.dir}/p.log': EPERM; it is written all the same\n")
            wait_until(lambda: os.path.exists(d.dir + "/p.err") and d.read("p.err"), "output")
            wait_until(lambda: len(everything(d, "p.log").splitlines()) == 100000, "every line")
            self.assertGreater(len(backups(d, "p.log")), 3)
            self.assertEqual(len(re.findall("EPERM", d.log())), 1)


class MainLog(unittest.TestCase):
    def test_json(self):
        text, files = program("printf 'one\\ntwo\\n'; exec sleep 1000\n")
        with Daemon(text, options="logformat=json", files=files) as d:
            wait_until(lambda: '"line":"\'p\' stdout output:\\none\\ntwo\\n"' in d.log(), "the copy of the output in one record")
            self.assertEqual(d.finish(), 0)
            records = [json.loads(line) for line in d.log().splitlines()]
            self.assertEqual({tuple(r) for r in records}, {("time", "process", "pid", "level", "line")})
            self.assertEqual({(r["process"], r["pid"]) for r in records}, {("supervisord", d.pid)})
            self.assertIn(("info", f"supervisord started with pid {d.pid}"), [(r["level"], r["line"]) for r in records])
            self.assertEqual(d.read("stdout"), d.log())  # its copy, too

    def test_compressed(self):
        with Daemon("[program:p]\ncommand=/bin/true\nstartsecs=0\nautorestart=true\nnumprocs=50\n"
                    "process_name=p%(process_num)02d\n", options="logfile_maxbytes=3000\nlogfile_backups=1000\nlogfile_compress=gzip\nlogfile_mode=0640") as d:
            wait_until(lambda: len([c for _, _, c in backups(d, "main.log") if c]) > 5, "compressed backups")
            self.assertEqual(d.finish(), 0)
            spawned = re.findall(rb"spawned: 'p\d\d'", everything(d, "main.log"))
            exited = re.findall(rb"exited: p\d\d", everything(d, "main.log"))
            self.assertLessEqual(abs(len(spawned) - len(exited)), 50)
            self.assertEqual({mode_of(path) for _, path, _ in backups(d, "main.log")}, {0o640})

    def test_daemonized(self):  # what is due before the fork waits for it
        with Daemon("[program:p]\ncommand=/bin/cat\n", options="logfile_maxbytes=200\nlogfile_backups=1000\n"
                    "logfile_compress=gzip", args=(), files={"main.log": "an old line, which is long\n" * 20}, start=False) as d:
            d.start()
            self.assertEqual(d.process.wait(PATIENCE), 0)
            pid = int(wait_until(lambda: os.path.exists(d.pid_path) and d.read("s.pid"), "the pid file"))
            try:
                wait_until(lambda: all_compressed(d, "main.log") and
                           everything(d, "main.log").startswith(b"an old line, which is long\n" * 20), "all to be compressed")
            finally:
                os.kill(pid, signal.SIGTERM)
                wait_until(lambda: not os.path.exists(d.pid_path), "the daemon to end")


class Configuration(unittest.TestCase):
    def test_faults_are_said_with_their_lines(self):
        with Daemon("[program:a]\ncommand=/bin/cat\nstdout_logfile_compress=zip\nstderr_logfile_mode=rw\n"
                    "stdout_timestamp=iso8601\n[eventlistener:l]\ncommand=/bin/cat\nevents=EVENT\nstdout_prefix=x\n",
                    options="logformat=xml", args=("--test",)) as d:
            status, err = d.refusal()
            self.assertEqual(status, 2)
            in_a = f" in section 'program:a' (file: '{d.config}')\n"
            self.assertEqual(err, "".join(f"{d.config}:{line}: {text}" for line, text in (
                (6, "Invalid logformat value 'xml': allowed are json and text\n"),
                (9, "Invalid stdout_logfile_compress value 'zip': allowed are gzip and none" + in_a),
                (11, "Invalid stdout_timestamp value 'iso8601': allowed are rfc3339, none and a format of strftime(3), such as "
                     "%%Y-%%m-%%d %%H:%%M:%%S.%%f" + in_a),
                (10, "Invalid stderr_logfile_mode value 'rw': allowed is an octal number from 0 to 0777" + in_a),
                (15, "stdout_prefix is not allowed in [eventlistener:l]: stdout of an event listener carries the eventlistener "
                     f"protocol in section 'eventlistener:l' (file: '{d.config}')\n"))))

    def test_what_is_right_is_accepted(self):
        options = "".join(f"{c}_logfile_compress=gzip\n{c}_logfile_mode=0640\n{c}_logfile_owner=root:root\n" for c in ("stdout", "stderr"))
        with Daemon(f"[program:a]\ncommand=/bin/cat\n{options}stdout_timestamp=rfc3339\nstdout_prefix=%(program_name)s\n"
                    f"stderr_logformat=json\n[fcgi-program:f]\ncommand=/bin/cat\nsocket=tcp://localhost:1\n{options}"
                    f"stdout_logformat=json\n[eventlistener:l]\ncommand=/bin/cat\nevents=EVENT\n{options}stderr_prefix=l\n",
                    options="logfile_compress=gzip\nlogfile_mode=0640\nlogfile_owner=root\nlogformat=json", args=("--test",)) as d:
            self.assertEqual(d.process.wait(PATIENCE), 0, d.read("stderr"))
            self.assertEqual(d.read("stderr"), "")

    def test_a_change_is_seen_on_reload(self):
        text, files = program("echo line; exec sleep 1000\n")
        with Daemon(CONTROL + text, files=files) as d:
            d.wait_for("success: p")
            ctl = lambda *words: subprocess.run([os.path.join(BIN, "supervisorctl"), "-c", d.config, *words],
                                                capture_output=True, text=True).stdout
            self.assertEqual(ctl("reread"), "No config updates to processes\n")
            d.write("s.conf", d.read("s.conf") + "stdout_prefix=p |\n")
            self.assertEqual(ctl("reread"), "p: changed\n")
            ctl("update")
            wait_until(lambda: d.read("p.log") == "line\np | line\n", "the line with its prefix")
            self.assertEqual(len(children_of(d.pid)), 1)


if __name__ == "__main__":
    unittest.main(verbosity=1)
