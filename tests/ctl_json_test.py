#!/usr/bin/env python3
"""supervisorctl --json: every action, in success and in failure, prints what docs/reference/ctl.schema.json says, and ends as it
does without. The schema is checked by python3-jsonschema where that is there (scripts/bootstrap test), else by the few rules below.
Source: docs/contract/packaging.md, 6.6 (K11, K12)."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from rpc_support import SERVER, client
from support import BIN, Daemon, oracle, wait_until

CTL = os.path.join(BIN, "supervisorctl")
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
with open(os.path.join(ROOT, "docs", "reference", "ctl.schema.json"), encoding="utf-8") as schema_file:
    SCHEMA = json.load(schema_file)
SECTION = SERVER + "[supervisorctl]\nserverurl=unix://{dir}/s.sock\n"
PROGRAMS = """
[program:cat]
command=/bin/cat
[program:talker]
command=/bin/sh -c 'printf "one\\ntwo \\033]0;x\\007 \\377 \\"q\\"\\nrest"; echo bad >&2; exec sleep 3600'
[program:failer]
command=/bin/sh -c "echo 'KeyError: no' >&2; exit 3"
startretries=0
autostart=false
[program:sleeper]
command=/bin/sleep 3600
autostart=false
[program:missing]
command=/nonexistent/program
autostart=false
[group:g]
programs=a,b
[program:a]
command=/bin/sleep 3600
[program:b]
command=/bin/sleep 3600
"""
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool, "null": type(None)}


def fits(value, schema):
    """The few words of JSON Schema that the file uses."""
    if "$ref" in schema:
        return fits(value, SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")])
    if "anyOf" in schema and not any(fits(value, one) for one in schema["anyOf"]):
        return False
    if "enum" in schema and value not in schema["enum"] or "const" in schema and value != schema["const"]:
        return False
    wanted = schema.get("type", list(TYPES))
    wanted = [wanted] if isinstance(wanted, str) else wanted
    if not any(isinstance(value, TYPES[t]) and (t == "boolean" or "boolean" in wanted or not isinstance(value, bool)) for t in wanted):
        return False
    if isinstance(value, dict):
        return all(k in value for k in schema.get("required", ())) and \
            all(fits(v, schema["properties"][k]) for k, v in value.items() if k in schema.get("properties", {}))
    return not isinstance(value, list) or all(fits(v, schema.get("items", {})) for v in value)


def check(action, value):
    own = {"$ref": "#/$defs/action." + action}
    assert fits(value, own), (action, value)
    try:
        import jsonschema
    except ImportError:
        return
    jsonschema.Draft202012Validator({**SCHEMA, "anyOf": [own]}).validate(value)


def strict(text):
    def refuse(word):
        raise ValueError("no JSON: " + word)
    return json.loads(text, parse_constant=refuse)


class Json(unittest.TestCase):
    maxDiff = None

    def run_both(self, where, *words, stdin="", same=True):
        """The documents, after the schema has been asked; the exit status is the one of old where the action changes nothing."""
        done = subprocess.run([CTL, *where, "--json", *words], capture_output=True, timeout=60, input=stdin.encode())
        out = done.stdout.decode("utf-8")  # strict
        documents = [strict(line) for line in out.splitlines()]
        action = os.fsdecode(words[0])
        for document in documents:
            if f"action.{action}" in SCHEMA["$defs"]:
                check(action, document)
        if action not in ("tail", "maintail", "logs"):
            self.assertEqual(len(documents), 1, (words, out, done.stderr))
        if same:
            plain = subprocess.run([CTL, *where, *words], capture_output=True, timeout=60, input=stdin.encode())
            self.assertEqual(done.returncode, plain.returncode, words)
        return documents, done.returncode, done.stderr.decode(errors="replace")

    def one(self, *words, **more):
        documents, status, err = self.run_both(self.where, *words, **more)
        return documents[0], status, err

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(SECTION + PROGRAMS)
        cls.where = ["-c", cls.daemon.config]
        cls.rpc = client(cls.daemon)
        for name in ("cat", "talker", "g:a", "g:b"):
            wait_until(lambda name=name: cls.rpc.supervisor.getProcessInfo(name)["statename"] == "RUNNING", name)

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()

    def test_the_checker_itself(self):
        for bad in ({}, {"results": [], "status": "0"}, {"results": [{"name": "x"}], "status": 0}, [], {"ok": 1}, None):
            with self.assertRaises(Exception, msg=bad):
                check("start", bad)

    def test_results(self):
        row = {"name": "cat", "group": "cat", "process": "cat", "action": "start", "ok": True, "code": 60,
               "fault": "ALREADY_STARTED", "text": "cat: ERROR (already started)"}
        self.assertEqual(self.one("start", "cat"), ({"results": [row], "status": 0}, 0, ""))
        told, status, err = self.one("start", "sleeper", "nosuch", "nosuch:*", same=False)
        self.assertEqual([(r["name"], r["process"], r["ok"], r["code"], r["fault"], r["text"]) for r in told["results"]],
                         [("sleeper", "sleeper", True, 80, None, "sleeper: started"),
                          ("nosuch", "nosuch", False, 10, "BAD_NAME", "nosuch: ERROR (no such process)"),
                          ("nosuch", None, False, 10, "BAD_NAME", "nosuch: ERROR (no such group)")])
        self.assertEqual((status, told["status"], err), (2, 2, ""))
        told, status, _ = self.one("stop", "sleeper", same=False)
        self.assertEqual((told["results"][0]["text"], status), ("sleeper: stopped", 0))
        self.assertEqual(self.one("stop", "sleeper")[0]["results"][0]["fault"], "NOT_RUNNING")
        told, status, _ = self.one("restart", "g:*", same=False)
        self.assertEqual([(r["name"], r["group"], r["process"], r["action"]) for r in told["results"]],
                         [("g:a", "g", "a", "stop"), ("g:b", "g", "b", "stop"), ("g:a", "g", "a", "start"), ("g:b", "g", "b", "start")])
        told, status, _ = self.one("start", "failer", "missing")
        self.assertEqual([r["fault"] for r in told["results"]], ["SPAWN_ERROR", "NO_FILE"])
        self.assertEqual(self.one("signal", "CONT", "talker", "nosuch", "failer")[1], 7)
        self.assertEqual(self.one("clear", "cat", "g:*", "nosuch")[1], 1)
        self.assertEqual(self.one("start", "--json", "cat", same=False)[1], 0)

    def test_groups(self):
        self.assertEqual(self.one("add", "cat", "nosuch")[0]["results"][0]["fault"], "ALREADY_ADDED")
        told, status, _ = self.one("remove", "g", "nosuch")
        self.assertEqual([(r["name"], r["group"], r["process"], r["fault"]) for r in told["results"]],
                         [("g", "g", None, "STILL_RUNNING"), ("nosuch", "nosuch", None, "BAD_NAME")])
        self.assertEqual(self.one("reread")[0], {"added": [], "changed": [], "removed": []})
        self.assertEqual(self.one("update", "nosuch")[0]["results"][0]["text"], "ERROR: no such group: nosuch")
        with open(self.daemon.config) as f:
            before = f.read()
        try:
            with open(self.daemon.config, "a") as f:
                f.write("[program:new]\ncommand=/bin/sleep 3600\nprocess_name=%(program_name)s_%(process_num)d\n")
            self.assertEqual(self.one("reread")[0]["added"], ["new"])
            self.assertEqual(len(self.one("plan")[0]["processes"]), 8)
            told = self.one("update", same=False)[0]["results"]
            self.assertEqual([(r["action"], r["text"]) for r in told], [("add", "new: added process group")])
            self.assertEqual(self.one("scale", "new", "2", same=False)[0]["to"], 2)
            with open(self.daemon.config, "w") as f:
                f.write(before + "[program:broken]\n")
            told, status, err = self.one("reread")
            self.assertEqual((told["error"]["kind"], status), ("failed", 1))
            self.assertRegex(told["error"]["text"], "^ERROR: CANT_REREAD")
            self.assertRegex(told["error"]["hint"], "^supervisord --test -c ")
            self.assertIn("CANT_REREAD", err)
        finally:
            with open(self.daemon.config, "w") as f:
                f.write(before)
        told = self.one("update", "--mode", "process", same=False)[0]["results"]
        self.assertEqual([(r["action"], r["text"]) for r in told], [("stop", "new: stopped"), ("remove", "new: removed process group")])
        self.assertEqual(self.one("apply", same=False)[1], 0)

    def test_facts(self):
        pid = self.rpc.supervisor.getPID()
        self.assertEqual(self.one("pid")[0], {"pid": pid})
        told, status, _ = self.one("pid", "cat", "failer", "nosuch")
        self.assertEqual([(r["name"], r["pid"] > 0) for r in told["results"]], [("cat", True), ("failer", False)])
        self.assertEqual((told["error"]["text"], status), ("No such process nosuch", 1))
        self.one("pid", "all")
        self.assertEqual(self.one("wait", "cat")[0],
                         {"results": [{"name": "cat", "group": "cat", "process": "cat", "ok": True, "state": "RUNNING",
                                       "text": "cat: RUNNING"}], "status": 0})
        self.assertEqual(self.one("wait", "failer", "--timeout=0.1")[1], 124)
        self.assertEqual(len(self.one("status")[0]), 7)
        self.assertEqual(self.one("status", "nosuch")[0], [])
        self.assertEqual(self.one("status", "-v", "cat")[0][0]["restarts"], 0)
        for words in (["version"], ["avail"], ["can", "start", "cat"], ["can", "shutdown"], ["whoami"], ["graph"], ["health"], ["health", "cat"], ["plan", "--all"],
                      ["why", "failer"], ["why", "cat", "nosuch"], ["history"], ["rollout"], ["doctor"], ["help"], ["help", "start"],
                      ["exit"], ["open", f"unix://{self.daemon.dir}/s.sock"], ["token", "list"], ["token", "create"], ["fg", "cat"], ["top"],
                      ["upgrade", "--check"]):
            same = words[0] not in ("fg", "top", "doctor")
            self.one(*words, same=same)
        for words in (["kill", "sleeper"], ["hup", "cat"], ["disable", "sleeper"], ["enable", "sleeper"], ["kill", "nosuch"],
                      ["restart", "cat", "--rolling"], ["start", "--no-deps", "sleeper"], ["stop", "--with-dependents", "sleeper"]):
            self.one(*words, same=False)
        self.assertRegex(self.one("passwd", stdin="a long password\n", same=False)[0]["password"], r"^\$y\$")
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(self.one("init", folder, same=False)[0]["file"], folder + "/supervisord.conf")
            self.assertEqual(self.one("init", folder)[0]["error"]["text"], f"ERROR: {folder}/supervisord.conf: it exists")

    def test_logs(self):
        def lines(*words, **more):
            return [(d["name"], d["channel"], d["line"], d.get("part", False))
                    for d in self.run_both(self.where, *words, **more)[0] if "line" in d]
        wait_until(lambda: "rest" in self.rpc.supervisor.tailProcessStdoutLog("talker", 0, 1000)[0], "its words")
        full = [("talker:talker", "stdout", "one", False), ("talker:talker", "stdout", "two \x1b]0;x\x07 \ufffd \"q\"", False)]
        self.assertEqual(lines("logs", "talker", "--stdout")[:2], full)
        shown = lines("tail", "talker")
        self.assertEqual([line[:2] for line in shown], [("talker:talker", "stdout")] * 3)
        self.assertEqual((shown[0], shown[2]), (full[0], ("talker:talker", "stdout", "rest", False)))
        self.assertEqual(lines("tail", "talker", "stderr"), [("talker:talker", "stderr", "bad", False)])
        self.assertEqual({line[:2] for line in lines("maintail")}, {("supervisord", "log")})
        for words in (["tail", "nosuch"], ["tail"], ["tail", "-f", "nosuch"], ["logs", "nosuch"], ["maintail", "x"]):
            documents, status, _ = self.run_both(self.where, *words)
            self.assertEqual((documents[-1]["status"], len(documents)), (status, 1), words)
        follow = subprocess.Popen([CTL, *self.where, "--json", "tail", "-f", "talker"], stdout=subprocess.PIPE)
        self.assertEqual(strict(follow.stdout.readline())["line"], "one")
        follow.terminate()
        follow.wait()
        follow.stdout.close()

    def test_refusals(self):
        """`kind` for programs, the line of old on stderr for people."""
        loose = tempfile.mkdtemp(prefix="troupe-test-")
        self.addCleanup(shutil.rmtree, loose)
        with open(loose + "/left", "w"):
            pass
        for where, words, kind, status in (
                (["-s", f"unix://{loose}/none.sock"], ["status"], "no_socket", 4),
                (["-s", f"unix://{loose}/none.sock"], ["start", "cat"], "no_socket", 7),
                (["-s", f"unix://{loose}/none.sock"], ["shutdown"], "failed", 1),
                (["-s", f"unix://{loose}/left"], ["status"], "refused", 4),
                (["-s", "http://127.0.0.1:1"], ["reload"], "refused", 1),
                (["-s", "http://nosuch.invalid:1"], ["pid"], "address", 1),
                (self.where, ["start"], "usage", 2), (self.where, ["tail"], "usage", 1), (self.where, ["version", "x"], "usage", 1),
                (self.where, ["fg", "cat"], "usage", 2), (self.where, ["statsu"], "unknown_action", 1),
                (["-c", loose + "/none.conf"], ["status"], "configuration", 2)):
            documents, got, err = self.run_both(where, *words, same=words[0] != "fg")
            self.assertEqual((documents[0]["error"]["kind"], got), (kind, status), (where, words))
            self.assertEqual(documents[0]["status"], got)
            self.assertIn(documents[0]["error"]["text"], err.replace("Error: could", "could"))
        told = self.one("start", "a")[0]["results"][0]
        self.assertEqual(told["fault"], "BAD_NAME")
        documents, got, err = self.run_both([*self.where, "--timeout", "0.2"], "wait", "failer")
        self.assertEqual((documents[0]["error"]["kind"], got), ("timeout", 124))

    def test_hostile_names(self):
        name = 'a"b\\c\u00e9'
        for word in (name.encode(), b"\xff\xfe", b"x\x1b[31m", "\u202e".encode(), b"\xc2\x85", b"\xed\xa0\x80"):
            for action in ("start", "stop", "status", "pid", "clear", "tail", "add", "remove", "update", "kill", "why", "can start", "wait",
                           "nosuchaction"):
                words = [*action.split(), word]
                self.run_both(self.where, *words, same=False)

    def test_quiet(self):
        for words, err, status in ((["start", "cat"], b"", 0), (["start", "nosuch"], b"nosuch: ERROR (no such process)\n", 1)):
            done = subprocess.run([CTL, *self.where, "-q", "--json", *words], capture_output=True)
            self.assertEqual((done.stdout, done.stderr, done.returncode), (b"", err, status))


class Ends(unittest.TestCase):
    def test_reload_and_shutdown(self):
        with Daemon(SECTION) as d:
            rpc = client(d)
            where = ["-c", d.config]
            for action in ("reload", "shutdown"):
                wait_until(lambda: "RUNNING" == rpc.supervisor.getState()["statename"], "the daemon")
                done = subprocess.run([CTL, *where, action, "--json"], capture_output=True)
                self.assertEqual((done.stdout, done.stderr, done.returncode), (b'{"ok": true}\n', b"", 0))
                if action == "reload":
                    wait_until(lambda: d.log().count("supervisord started") == 2, "its return")
                    rpc = client(d)


class Supervisors(unittest.TestCase):
    def test_what_it_has_is_as_ever_and_what_it_has_not_is_said(self):  # K12
        theirs = oracle("supervisord")
        if not theirs:
            self.skipTest("scripts/fetch-oracle")
        with Daemon(SECTION + PROGRAMS, argv=theirs[0], env=theirs[1]) as daemon:
            rpc = client(daemon)
            wait_until(lambda: rpc.supervisor.getProcessInfo("cat")["statename"] == "RUNNING", "cat")
            where = ["-c", daemon.config]
            for words in ("status", "start cat", "stop nosuch", "restart g:*", "signal CONT cat nosuch", "clear cat", "avail", "reread",
                          "update", "add nosuch", "remove nosuch", "pid", "pid cat", "tail cat", "maintail", "logs cat", "wait cat",
                          "version", "status -v"):
                self.assertNotIn("error", Json.run_both(self, where, *words.split())[0][0:1] or [{}], words)
            for words in ("kill cat", "hup cat", "why cat", "graph", "plan", "apply", "scale cat 2", "rollout", "history", "upgrade",
                          "disable cat", "enable cat", "start --no-deps cat", "stop --with-dependents cat", "restart --rolling cat",
                          "token list"):
                documents, status, err = Json.run_both(self, where, *words.split())
                self.assertNotEqual(status, 0, words)
                self.assertRegex(documents[0]["error"]["text"], "this needs Troupe's supervisord|history is off|keeps no tokens", words)
                self.assertIn(documents[0]["error"]["text"], err)


if __name__ == "__main__":
    unittest.main()
