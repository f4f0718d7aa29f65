#!/usr/bin/env python3
"""An RPC interface that calls the daemon, by itself or for whoever calls it, and tells who that is."""
import json
import sys


def say(**message):
    print(json.dumps(message), flush=True)


say(method="register", params={"methods": [
    {"name": "who", "params": "", "result": "struct", "help": "who calls"},
    {"name": "act", "params": "string method, array params, string whose=", "result": "struct",
     "help": "calls a method; whose: empty for nobody, me, or the number of a call"}]})
asked = {}
for line in sys.stdin:
    message = json.loads(line)
    if message.get("method") == "who":
        say(id=message["id"], result=message.get("caller", {}))
    elif message.get("method") == "act":
        method, params, *whose = message["params"]
        asked["call %d" % message["id"]] = message["id"]
        more = {} if not whose else {"for": message["id"] if whose[0] == "me" else json.loads(whose[0])}
        say(id="call %d" % message["id"], method=method, params=params, **more)
    elif message.get("id") in asked:
        say(id=asked.pop(message["id"]), **{k: message[k] for k in ("result", "error") if k in message})
