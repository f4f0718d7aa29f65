#!/usr/bin/env python3
"""Event listeners under our daemon and under Debian's Supervisor 4.2.5: the same script records the same envelopes and
bodies, and what the daemon says about it in its log is the same. Left out: pids, TICK events, and the order among
programs, which 4.2.5 leaves to its polling."""
import os
import re
import sys
import unittest
import xmlrpc.client
from concurrent.futures import ThreadPoolExecutor
from functools import partial

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from listeners_test import listener, record  # noqa: E402
from rpc_support import SERVER, client  # noqa: E402
from support import Daemon, oracle, wait_until  # noqa: E402

DEBIAN = oracle("supervisord")

LIFE = ("[program:cat]\ncommand=/bin/cat\nstdout_events_enabled=true\n"
        "[program:ñandú]\ncommand=/bin/sh -c 'printf \"\\303\\261\\n\"; sleep 2; exit 0'\nstdout_events_enabled=true\n"
        "[program:odd]\ncommand=/bin/sh -c 'printf \"a\\377b\\n\" >&2; sleep 2; exit 3'\nautorestart=false\n"
        "stderr_events_enabled=true\n"
        "[program:quick]\ncommand=/bin/false\nstartretries=1\nstartsecs=30\n"
        "[program:absent]\ncommand=/no/such/thing\nstartretries=0\n"
        "[program:two]\ncommand=/bin/cat\nnumprocs=2\nprocess_name=%(program_name)s_%(process_num)02d\n[group:g]\nprograms=two\n"
        "[program:idle]\ncommand=/bin/cat\nautostart=false\nredirect_stderr=true\n")


def up_to_the_end(d):
    """What was received up to the last event that is sent; a TICK may follow it."""
    events = record(d)
    at = next((i for i, e in enumerate(events) if e["body"] == "type:the\nend"), None)
    return events[:at + 1] if at is not None else None


def whole(events):
    """Serials count without a gap; then (serials aside) what each process and the daemon itself were said to do."""
    told = [e for e in events if not e["header"]["eventname"].startswith("TICK")]
    for key in ("serial", "poolserial"):
        numbers = [int(e["header"][key]) for e in events]
        assert numbers == list(range(len(events))), numbers
    by_subject = {}
    for e in told:
        assert int(e["header"]["len"]) == len(e["body"])
        who = re.search(r"processname:(\S+)", e["body"])
        text = re.sub(r"pid:[1-9]\d*", "pid:N", e["body"])
        line = re.sub(r"serial:\d+", "serial:S", e["line"])
        line = re.sub(r"len:\d+", "", line) if "pid:N" in text else line  # pids have their own number of digits
        by_subject.setdefault(who.group(1) if who else "", []).append(line + text)
    return by_subject


@unittest.skipUnless(DEBIAN, "Debian's supervisor was not fetched (scripts/fetch-oracle build/oracle)")
class Beside(unittest.TestCase):
    maxDiff = None

    def both(self, text, live):
        """What `live(daemon, rpc)` returns under ours and under theirs."""
        return self.side_by_side([(text, live)])[0]

    def side_by_side(self, lives, files=None):
        """For each (text, live) the same, some at a time: 4.2.5 spends its seconds waiting."""
        def run(text, live, argv, env):
            with Daemon(SERVER + text, argv=argv, env={**env, "PYTHONUTF8": "1"}, files=files) as d, client(d) as proxy:
                return live(d, proxy.supervisor)
        with ThreadPoolExecutor(6) as threads:
            runs = [[threads.submit(run, *life, *how) for how in ((None, DEBIAN[1]), DEBIAN)] for life in lives]
        for (text, _), (ours, theirs) in zip(lives, runs):
            with self.subTest(text):
                self.assertEqual(ours.result(), theirs.result())
        return [ours.result() for ours, _ in runs]

    def test_a_life(self):
        def live(d, rpc):
            for pattern in ("success: cat", "success: two_01", "exited: odd", "exited: ñandú", "gave up: quick", "gave up: absent"):
                d.wait_for(pattern)
            rpc.sendProcessStdin("cat", "héllo\nworld")
            wait_until(lambda: any("world" in e["body"] for e in record(d)), "the output of cat")
            for data in ("data1", "déta", "two\nlines", ""):
                rpc.sendRemoteCommEvent("ty", data)
            rpc.startProcess("idle")
            rpc.stopProcess("idle")
            rpc.removeProcessGroup("idle")
            rpc.addProcessGroup("idle")
            rpc.stopProcessGroup("g")
            rpc.sendRemoteCommEvent("the", "end")
            return whole(wait_until(lambda: up_to_the_end(d), "the last event"))
        lives = self.both(LIFE + listener(events="EVENT", more="buffer_size=200\n"), live)
        self.assertEqual(set(lives), {"", "l", "cat", "ñandú", "odd", "quick", "absent", "two_00", "two_01", "idle"})
        self.assertGreater(sum(len(v) for v in lives.values()), 40)

    def test_subscriptions(self):
        def live(d, rpc):
            d.wait_for("success: cat")
            rpc.sendRemoteCommEvent("ty", "1")
            rpc.stopProcess("cat")
            rpc.startProcess("cat")
            rpc.sendRemoteCommEvent("the", "end")
            return whole(wait_until(lambda: up_to_the_end(d), "the last event"))
        self.side_by_side([("[program:cat]\ncommand=/bin/cat\n" + listener(events=names, more="buffer_size=50\n"), live)
                           for names in ("REMOTE_COMMUNICATION", "process_state_running , Remote_Communication",
                                         "PROCESS_STATE,REMOTE_COMMUNICATION",
                                         "SUPERVISOR_STATE_CHANGE,PROCESS_GROUP,REMOTE_COMMUNICATION")])

    def test_answers(self):
        """The records that tell what became of an answer."""
        def live(until, d, rpc):
            d.wait_for("success: l")
            d.wait_for("l: ACKNOWLEDGED -> (READY|UNKNOWN)")
            rpc.sendRemoteCommEvent("ty", "1")
            d.wait_for(until)
            told = [r for r in d.records() if re.match(r"(DEBG|INFO|WARN|ERRO) (l: |exited: l|event |rebuffering|pool |epipe)", r)]
            end = next(i for i, r in enumerate(told) if re.search(until, r))
            return told[:end + 1], [e["line"] for e in record(d)][:told[:end + 1].count("DEBG event 0 sent to listener l")]
        cases = (("ok", "l: event was processed"), ("fail ok", "l: event was processed"),
                 ("exit:3 ok", "rebuffering event 0"), ("okexit:0 ok", "exited: l"),
                 ("raw:RESULT.0002\\nOK ok", "l: event was processed"),
                 ("raw:XXXXXXX2\\nOK ok", "l: event was processed"),
                 ("raw:RESULT.1_0.\\n0123456789 ok", "bad result line"),
                 ("raw:RESULT.3\\nOK\\n ok", "l: event was rejected"),
                 ("raw:RESULT.2\\nOKbogus.data\\n ok", "has entered the UNKNOWN"),
                 ("raw:nonsense\\n ok", "rebuffering event 0"), ("raw:RESULT.\\n ok", "rebuffering event 0"),
                 ("raw:\\303\\n ok", "rebuffering event 0"),
                 ("first-twice ok", "has entered the UNKNOWN"), ("first-junk ok", "has entered the UNKNOWN"),
                 ("first-deaf ok", "rebuffering event 0"))
        self.side_by_side([(listener(answers=answers, more="autorestart=false\n"), partial(live, until))
                           for answers, until in cases])

    def test_supervisor_s_own_library(self):
        """A listener on supervisor.childutils, which also asks the daemon over XML-RPC."""
        script = ("import json, os, sys\nfrom supervisor import childutils\nout = open(sys.argv[1], 'a')\n"
                  "rpc = childutils.getRPCInterface(os.environ)\n"
                  "while True:\n  headers, payload = childutils.listener.wait()\n"
                  "  pairs, data = childutils.eventdata(payload)\n"
                  "  out.write(json.dumps([headers['eventname'], pairs.get('type'), data, rpc.supervisor.getState()]) + '\\n')\n"
                  "  out.flush()\n  childutils.listener.ok() if data != 'no' else childutils.listener.fail()\n")

        def live(d, rpc):
            for data in ("1", "déta\nzwei", "no"):
                rpc.sendRemoteCommEvent("ty", data)
            d.wait_for("l: event was rejected", 2)
            return d.read("u.out").splitlines()[:3]
        text = (f"[eventlistener:l]\ncommand={sys.executable} {{dir}}/u.py {{dir}}/u.out\nevents=REMOTE_COMMUNICATION\n"
                f'environment=PYTHONPATH="{DEBIAN[1]["PYTHONPATH"]}",PYTHONUTF8="1"\n')
        self.assertEqual(len(self.side_by_side([(text, live)], {"u.py": script})[0]), 3)

    def test_overflow(self):
        def live(d, rpc):
            d.wait_for("success: l")
            for i in range(6):
                rpc.sendRemoteCommEvent("ty", str(i))
            d.write("go", "")
            wait_until(lambda: len(record(d)) == 3, "what was left")
            return [e["line"] + e["body"] for e in record(d)], [r for r in d.records() if r.startswith("ERRO")]
        lines, errors = self.both(listener(answers="first-wait:{dir}/go ok", more="buffer_size=3\n"), live)
        self.assertEqual(len(errors), 3)

    def test_refusals_of_requests(self):
        def live(d, rpc):
            d.wait_for("success: l")
            faults = []
            for ask in (lambda: rpc.removeProcessGroup("l"), lambda: rpc.addProcessGroup("l"), lambda: rpc.startProcess("l"),
                        lambda: rpc.sendRemoteCommEvent("ty")):
                with self.assertRaises(xmlrpc.client.Fault) as refused:
                    ask()
                faults.append((refused.exception.faultCode, refused.exception.faultString))
            return faults
        self.both(listener(more=""), live)


if __name__ == "__main__":
    unittest.main()
