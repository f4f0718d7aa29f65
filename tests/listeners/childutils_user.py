"""An event listener that uses what it imports from supervisor, Troupe's modules or Supervisor's own, and writes down what
came of it into the file argv[1]. An event PROCESS_STATE_EXITED with `again` in its name is refused once."""
import json
import os
import sys

from supervisor import childutils, states
from supervisor.options import make_namespec, split_namespec

out = open(sys.argv[1], "a")
refused = False


def say(*what):
    print(json.dumps(what), file=out, flush=True)


supervisor = childutils.getRPCInterface(os.environ)
while True:
    headers, payload = childutils.listener.wait(sys.stdin, sys.stdout)
    say(headers["eventname"], headers["ver"], headers["pool"], len(payload) == int(headers["len"]))
    if headers["eventname"] == "PROCESS_COMMUNICATION_STDOUT":
        words, data = childutils.eventdata(payload)
        say(words["processname"], data)
    elif headers["eventname"] == "REMOTE_COMMUNICATION":
        words, data = childutils.eventdata(payload + "\n")
        say(words["type"], data.rstrip("\n"))
        info = supervisor.supervisor.getProcessInfo("talker")
        say(make_namespec(info["group"], info["name"]), split_namespec("g:*"), states.getProcessStateDescription(info["state"]),
            info["state"] in states.RUNNING_STATES, supervisor.supervisor.getState()["statename"])
        if not refused:
            refused = True
            childutils.listener.fail(sys.stdout)
            continue
    childutils.listener.ok(sys.stdout)
