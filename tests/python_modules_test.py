#!/usr/bin/env python3
"""The modules of python3-supervisor (python/): each name by itself, and a listener that uses them under the real daemon,
compared with the same listener on Supervisor's own modules where Debian's package was fetched."""
import importlib.metadata
import io
import json
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rpc_support import SERVER, client, fault_of  # noqa: E402
from support import ORACLE, ROOT, Daemon, free_port, wait_until  # noqa: E402

MODULES = os.path.join(ROOT, "python")
SUPERVISORS = os.path.join(ORACLE, "usr/lib/python3/dist-packages")
sys.path.insert(0, MODULES)
import xmlrpc.client  # noqa: E402

from supervisor import childutils, events, options, states  # noqa: E402
from supervisor import xmlrpc as supervisor_xmlrpc  # noqa: E402


class Names(unittest.TestCase):
    def test_states_are_those_of_the_daemon(self):
        with open(os.path.join(ROOT, "protocols", "process_state.hpp")) as f:
            rows = dict((name, int(code)) for code, name in re.findall(r'STATE\(\w+, (\d+), "(\w+)"\)', f.read()))
        self.assertEqual({name: code for name, code in vars(states.ProcessStates).items() if name.isupper()}, rows)
        for name, code in rows.items():
            self.assertEqual(states.getProcessStateDescription(code), name)
        self.assertIsNone(states.getProcessStateDescription(5))
        self.assertEqual(states.getSupervisorStateDescription(-1), "SHUTDOWN")
        self.assertEqual(states.getEventListenerStateDescription(30), "ACKNOWLEDGED")
        self.assertEqual(sorted(states.RUNNING_STATES + states.STOPPED_STATES + (states.ProcessStates.STOPPING,)),
                         sorted(rows.values()))

    def test_events_are_those_of_the_daemon(self):
        with open(os.path.join(ROOT, "config", "event_names.hpp")) as f:
            names = re.findall(r'(?:TYPE\(\w+, |FAMILY\()"(\w+)"\)', f.read())
        self.assertEqual(sorted(name for name in vars(events.EventTypes) if name.isupper()), sorted(names))
        for name in names:
            event = getattr(events.EventTypes, name)
            self.assertEqual(events.getEventNameByType(event), name)
            self.assertIs(getattr(events, event.__name__), event)
            self.assertTrue(issubclass(event, events.Event))
        self.assertTrue(issubclass(events.ProcessStateFatalEvent, events.ProcessStateEvent))
        self.assertTrue(issubclass(events.ProcessLogStdoutEvent, events.EventTypes.PROCESS_LOG))
        self.assertEqual([event.period for event in events.TICK_EVENTS], [5, 60, 3600])

    def test_faults_are_those_of_the_daemon(self):
        with open(os.path.join(ROOT, "protocols", "faults.hpp")) as f:
            text = f.read()
        for name, code in vars(supervisor_xmlrpc.Faults).items():
            if name.isupper() and name != "SUCCESS":
                self.assertRegex(text, rf'\b{code}, "{name}"')
                self.assertEqual(supervisor_xmlrpc.getFaultDescription(code), name)
        error = supervisor_xmlrpc.RPCError(10, "x")
        self.assertEqual((error.code, error.text), (10, "BAD_NAME: x"))

    def test_names_of_processes(self):
        for group, process, name in (("a", "a", "a"), ("a", "b", "a:b"), ("a", "b:c", "a:b:c"), ("a", None, "a:*")):
            self.assertEqual(options.make_namespec(group, process), name)
            self.assertEqual(options.split_namespec(name), (group, process))
        self.assertEqual(options.split_namespec("a:"), ("a", None))

    def test_version(self):
        found = importlib.metadata.Distribution.discover(name="supervisor", path=[MODULES])
        self.assertEqual([one.version for one in found], ["4.3.0"])


class Protocol(unittest.TestCase):
    def test_listener(self):
        out = io.StringIO()
        headers, payload = childutils.listener.wait(io.StringIO("ver:3.0 server:a:b len:4\nhellö"), out)
        self.assertEqual((headers, payload), ({"ver": "3.0", "server": "a:b", "len": "4"}, "hell"))
        childutils.listener.ok(out)
        childutils.listener.fail(out)
        childutils.listener.send("ö", out)
        self.assertEqual(out.getvalue(), "READY\nRESULT 2\nOKRESULT 4\nFAILRESULT 2\nö")
        with self.assertRaises(EOFError):
            childutils.listener.wait(io.StringIO(""), out)

    def test_words(self):
        self.assertEqual(childutils.eventdata("a:b c:d\nx\ny"), ({"a": "b", "c": "d"}, "x\ny"))
        self.assertEqual(childutils.get_headers(""), {})
        self.assertRegex(childutils.get_asctime(1234567890.25), r"^2009-02-1\d \d\d:\d\d:\d\d,250$")
        out = io.StringIO()
        childutils.pcomm.send("word", out)
        childutils.pcomm.send(b"word", out)
        self.assertEqual(out.getvalue(), 2 * "<!--XSUPERVISOR:BEGIN-->word<!--XSUPERVISOR:END-->")

    def test_urls(self):
        for url in ("", "ftp://x", "https://x", None):
            with self.assertRaises(ValueError):
                supervisor_xmlrpc.SupervisorTransport("", "", url)


def heard(modules):
    """What the listener wrote down, with those modules: of a program that speaks between tokens, and of an event that it
    refuses at first."""
    script = os.path.join(ROOT, "tests", "listeners", "childutils_user.py")
    talker = "from supervisor import childutils; import sys, time; childutils.pcomm.send(TEXT, OUT); time.sleep(1000)"
    talker = (talker.replace("TEXT", "'words'").replace("OUT", "sys.stdout") if modules == MODULES else
              talker.replace("TEXT", "b'words'").replace("OUT", "sys.stdout.buffer"))  # theirs takes bytes, and stdout text
    text = (f"[program:talker]\nstartsecs=0\ncommand={sys.executable} -W ignore -c \"{talker}\"\nstdout_capture_maxbytes=1KB\n"
            f"environment=PYTHONPATH=\"{modules}\"\n"
            f"[eventlistener:pool]\ncommand={sys.executable} -W ignore {script} {{dir}}/heard\n"
            f"events=PROCESS_COMMUNICATION,REMOTE_COMMUNICATION\nenvironment=PYTHONPATH=\"{modules}\"\n")
    with Daemon(SERVER + text) as d:
        with client(d) as proxy:
            def lines():
                return [json.loads(line) for line in d.read("heard").splitlines()]
            wait_until(lambda: len(lines()) >= 2, "what the program says")
            proxy.supervisor.sendRemoteCommEvent("kind", "data")
            return wait_until(lambda: len(lines()) >= 8 and lines(), "the event that was refused, again")


class Under(unittest.TestCase):
    def test_a_listener(self):
        ours = heard(MODULES)
        remote = [["REMOTE_COMMUNICATION", "3.0", "pool", True], ["kind", "data"],
                  ["talker", ["g", None], "RUNNING", True, "RUNNING"]]
        self.assertEqual(ours, [["PROCESS_COMMUNICATION_STDOUT", "3.0", "pool", True], ["talker", "words"], *remote, *remote])

    def test_the_same_with_supervisors_modules(self):
        if not os.path.exists(SUPERVISORS):
            self.skipTest("Debian's Supervisor is not there: scripts/fetch-oracle")
        self.assertEqual(heard(SUPERVISORS), heard(MODULES))

    def test_transport_over_tcp_with_a_password(self):
        port = free_port()
        text = f"[inet_http_server]\nport=127.0.0.1:{port}\nusername=me\npassword=it:is\n"
        with Daemon(SERVER + text) as d:
            with client(d):
                def proxy(user, password):
                    return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=supervisor_xmlrpc.SupervisorTransport(
                        user, password, f"http://127.0.0.1:{port}"))
                with proxy("me", "it:is") as server:
                    self.assertEqual(server.supervisor.getState()["statename"], "RUNNING")
                    self.assertEqual(fault_of(server.supervisor.getProcessInfo, "x")[0], supervisor_xmlrpc.Faults.BAD_NAME)
                    self.assertEqual(server.supervisor.getIdentification(), "supervisor")
                with proxy("me", "wrong") as server, self.assertRaises(xmlrpc.client.ProtocolError) as refused:
                    server.supervisor.getState()
                self.assertEqual(refused.exception.errcode, 401)


if __name__ == "__main__":
    unittest.main(verbosity=2)
