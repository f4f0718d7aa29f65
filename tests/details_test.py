#!/usr/bin/env python3
"""All there is to know of a process, and where: troupe.getProcessDetails, what JSON has besides, the namespace `troupe`
over XML-RPC with and without its section, restarts that were held in /metrics. docs/contract/programs.md, 15 and vector
P258."""
import json
import os
import sys
import unittest
import urllib.error
import urllib.request
import xmlrpc.client

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rpc_support import SERVER, client, fault_of  # noqa: E402
from support import PATIENCE, Daemon, free_port, wait_until  # noqa: E402
from update_test import House, program  # noqa: E402

TROUPE = "[rpcinterface:troupe]\nsupervisor.rpcinterface_factory=troupe:main\n"
# docs/contract/programs.md, 15.4; `limits` is of what is still to come, `left` is in `waiting`.
FACTS = ["phase", "waiting", "reason", "ready", "health", "health_detail", "status_text", "disabled", "wanted", "unmet", "tries",
         "next_start", "config"]
# 15.2, and what was there before it.
METHODS = ["abortRollout", "apply", "disable", "enable", "getProcessDetails", "getRollout", "getUpdate", "graph", "hupProcess",
           "killProcess", "plan", "resetScale", "restartRolling", "restartTree", "scale", "startAlone", "stopTree"]
EVER = ["getDeaths", "getHistory", "upgrade", "why"]


def get(d, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{d.port}{path}", timeout=10) as answer:
        return answer.read().decode()


def call(d, method, *params):
    request = urllib.request.Request(f"http://127.0.0.1:{d.port}/api/v1/call/{method}", json.dumps(params).encode(),
                                     {"Content-Type": "application/json", "X-Requested-With": "test"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)["result"]
    except urllib.error.HTTPError as failed:
        raise AssertionError(failed.read()) from None


def row(d, name):
    return next(p for p in json.loads(get(d, "/api/v1/status"))["processes"] if p["name"] == name)


class Namespace(unittest.TestCase):
    """P258."""

    def both(self, d):
        """Over TCP, and over the unix socket."""
        return [xmlrpc.client.ServerProxy(f"http://127.0.0.1:{d.port}/RPC2", allow_none=True), client(d)]

    def test_without_the_section(self):
        with House(program("p"), port=free_port()) as d:
            for proxy in self.both(d):
                with proxy:
                    self.assertEqual(len(proxy.system.listMethods()), 41)
                    for method in METHODS:
                        self.assertEqual(fault_of(getattr(proxy.troupe, method), "p"), (1, "UNKNOWN_METHOD"), method)
                    answers = proxy.system.multicall([{"methodName": "troupe.graph", "params": []},
                                                      {"methodName": "supervisor.getPID", "params": []}])
                    self.assertEqual(answers, [{"faultCode": 1, "faultString": "UNKNOWN_METHOD"}, proxy.supervisor.getPID()])
                    self.assertEqual(proxy.troupe.why("p"), "p: RUNNING")  # of other contracts
                    self.assertEqual(proxy.troupe.getDeaths("p"), [])
            self.assertEqual(call(d, "troupe.graph"), [])  # there it always is
            self.assertEqual(d.ctl("graph"), (0, "No dependencies\n"))  # and for our own client
            self.assertEqual(len(call(d, "system.listMethods")), 41)

    def test_with_it(self):
        with House(program("p"), port=free_port()) as d:
            with open(d.config) as f:
                text = f.read()
            with open(d.config, "w") as f:
                f.write(text + TROUPE)
            for proxy in self.both(d):
                with proxy:
                    proxy.supervisor.restart()
                    wait_until(lambda: self.names(d), "the namespace")
            for proxy in self.both(d):
                with proxy:
                    names = proxy.system.listMethods()
                    self.assertEqual([n for n in names if n.startswith("troupe.")], ["troupe." + m for m in sorted(METHODS + EVER)])
                    self.assertEqual([n for n in names if not n.startswith("troupe.")][:1], ["supervisor.addProcessGroup"])
                    self.assertEqual(len(names), 41 + len(METHODS) + len(EVER))
                    self.assertEqual(names, sorted(names))
                    for name in names:
                        self.assertIn("@return", proxy.system.methodHelp(name))
                        self.assertGreaterEqual(len(proxy.system.methodSignature(name)), 1)
                    self.assertEqual(proxy.system.methodSignature("troupe.killProcess"), ["boolean", "string", "boolean"])
                    self.assertEqual(proxy.troupe.graph(), [])
                    self.assertEqual(proxy.system.multicall([{"methodName": "troupe.graph", "params": []}]), [[]])
                    self.assertEqual(fault_of(proxy.troupe.nosuch), (1, "UNKNOWN_METHOD"))
            self.assertIn("RPC interface 'troupe' initialized", d.log())

    def names(self, d):
        try:
            with client(d) as proxy:
                return any(n.startswith("troupe.") for n in proxy.system.listMethods())
        except (OSError, xmlrpc.client.Fault):
            return False

    def test_what_is_refused(self):
        for section, words in (("[rpcinterface:other]\nsupervisor.rpcinterface_factory=troupe:main\n",
                                "troupe:main cannot be resolved within [rpcinterface:other]: its section is [rpcinterface:troupe]"),
                               (TROUPE + "retries=3\n", "Could not make troupe rpc interface")):
            with Daemon(SERVER + section) as d:
                self.assertEqual(d.process.wait(PATIENCE), 2)
                self.assertIn(words, d.read("stderr") + d.log())


class Details(unittest.TestCase):
    def test_one_of_a_plain_program(self):
        with House(program("p", "environment=A=\"hunter2\"", "/bin/sh -c 'exec cat; hunter2'"), port=free_port()) as d:
            wait_until(lambda: d.infos()["p"]["statename"] == "RUNNING", "it runs")
            details = call(d, "troupe.getProcessDetails", "p")
            self.assertEqual([key for key in details if key in FACTS], FACTS)
            self.assertEqual({key: details[key] for key in FACTS},
                             {"phase": None, "waiting": None, "reason": "autostart", "ready": True, "health": "none",
                              "health_detail": "", "status_text": "", "disabled": False, "wanted": True, "unmet": [],
                              "tries": 0, "next_start": None, "config": "current"})
            self.assertEqual((details["name"], details["group"], details["state"], details["pid"]),
                             ("p", "p", "RUNNING", d.pids()["p"]))
            self.assertNotIn("hunter2", json.dumps(details))
            options = details["options"]
            self.assertIs(options["command"], True)
            self.assertIs(options["environment"], True)
            self.assertIs(options["prestart"], False)
            self.assertEqual((options["startsecs"], options["autorestart"], options["backoff"], options["ready"]),
                             ("0", "false", "linear", "startsecs"))
            # Rule Z: of others than those that ask for it a row has what it had.
            self.assertFalse({"config", "phase", "ready", "unmet", "disabled"} & set(row(d, "p")))

    def test_of_one_that_waits(self):
        with House(program("db", "autostart=false") + program("app", "depends_on=db\nstopsignal=INT:5, TERM"),
                   port=free_port()) as d:
            d.ctl("stop", "app", "db")
            d.ctl("disable", "db")
            self.assertEqual(d.ctl("start", "app"), (7, "app: ERROR (spawn error)\n"))
            details = call(d, "troupe.getProcessDetails", "app")
            self.assertEqual({key: details[key] for key in ("state", "phase", "waiting", "reason", "unmet", "ready", "spawnerr")},
                             {"state": "STARTING", "phase": "hold", "waiting": "db:ready (db is disabled)", "reason": "start",
                              "unmet": ["db:ready"], "ready": False, "spawnerr": "dependency db:ready: db is disabled"})
            self.assertEqual((details["options"]["depends_on"], details["options"]["stopsignal"]), ("db", "INT:5, TERM"))
            self.assertEqual(call(d, "troupe.getProcessDetails", "db")["disabled"], True)

    def test_over_xmlrpc(self):
        with House(program("p") + TROUPE, port=free_port()) as d, client(d) as proxy:
            self.assertEqual(proxy.troupe.getProcessDetails("p")["options"]["priority"], "999")
            self.assertEqual(fault_of(proxy.troupe.getProcessDetails, "q"), (10, "BAD_NAME: q"))
            self.assertEqual(fault_of(proxy.troupe.getProcessDetails), (2, "INCORRECT_PARAMETERS"))

    def test_options_that_act_later(self):
        both = program("p") + program("q")
        with House(both, port=free_port()) as d:
            wait_until(lambda: d.infos()["p"]["statename"] == "RUNNING", "it runs")
            d.define(both.replace("startsecs=0", "startsecs=0\nbackoffmin=7", 1))
            self.assertEqual(d.ctl("update", "--mode", "process"), (0, "p: changed\np: updated process group\n"))
            self.assertEqual((row(d, "p").get("config"), row(d, "q").get("config")), ("next", None))
            self.assertEqual(call(d, "troupe.getProcessDetails", "p")["config"], "next")
            d.ctl("restart", "p")
            self.assertEqual(row(d, "p").get("config"), None)
            self.assertEqual(call(d, "troupe.getProcessDetails", "p")["config"], "current")
            d.define(both.replace("startsecs=0", "startsecs=0\nbackoffmin=7\nstopwaitsecs=3", 1))
            d.ctl("update", "--mode", "process")
            self.assertEqual(row(d, "p").get("config"), None)  # that acts at once
            d.ctl("stop", "p")
            d.define(both)
            d.ctl("update", "--mode", "process")
            self.assertEqual(row(d, "p").get("config"), None)  # nothing runs with the old ones


class Metrics(unittest.TestCase):
    def test_restarts_that_had_to_wait(self):
        with House(program("db", "autorestart=true") + program("app", "autorestart=true\ndepends_on=db"), port=free_port()) as d:
            wait_until(lambda: d.infos()["app"]["statename"] == "RUNNING", "it runs")
            self.assertNotIn("restarts_held", get(d, "/metrics"))
            d.ctl("stop", "db")
            os.kill(d.pids()["app"], 9)
            wait_until(lambda: 'supervisord_restarts_held_total{why="dependency"} 1' in get(d, "/metrics"), "it is held")
            d.ctl("start", "db")
            wait_until(lambda: d.infos()["app"]["statename"] == "RUNNING", "it runs")
            text = get(d, "/metrics")
            self.assertIn("# TYPE supervisord_restarts_held counter\n", text)
            self.assertIn('supervisord_restarts_held_total{why="dependency"} 1', text)
            self.assertEqual(text.count("supervisord_restarts_held_total"), 1)

    def test_of_slots_and_hooks(self):
        with House(program("p", "autorestart=true\npoststop=/bin/sleep 3"), port=free_port()) as d:
            pid = wait_until(lambda: d.pids()["p"], "it runs")
            os.kill(pid, 9)
            wait_until(lambda: 'supervisord_restarts_held_total{why="hook"} 1' in get(d, "/metrics"), "it has waited")


if __name__ == "__main__":
    unittest.main()
