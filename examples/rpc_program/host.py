#!/usr/bin/env python3
"""An RPC interface in Python, over JSON lines: what the host is up to.
    [rpcinterface:host]
    command = /path/host.py
Requests arrive on stdin, one JSON object a line; answers, and whatever else the daemon is to know, leave on stdout.
What is printed to stderr ends up in the daemon's log."""
import json
import os
import shutil
import sys


def say(**message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def load():
    return list(os.getloadavg())


def disk(path="/"):
    usage = shutil.disk_usage(path)
    return {"path": path, "total": usage.total, "free": usage.free}


def restart_all():
    """Calls the daemon: what it answers arrives on stdin like everything else."""
    for method in ("supervisor.stopAllProcesses", "supervisor.startAllProcesses"):
        say(id=method, method=method)
        while True:
            message = json.loads(sys.stdin.readline())
            if message.get("id") == method:
                break
            postponed.append(message)
    return True


METHODS = {
    "load": (load, "", "array", "load averages of 1, 5 and 15 minutes", "read"),
    "disk": (disk, "string path=/", "struct", "size of a file system, and what is free", "read"),
    "restartAll": (restart_all, "", "boolean", "stop all processes, then start them", "admin"),
}
postponed = []


def answer(message):
    if "method" not in message or "id" not in message:
        return  # start: the interface's name, and what else its section says
    try:
        say(id=message["id"], result=METHODS[message["method"]][0](*message["params"]))
    except Exception as e:  # 30: FAILED
        say(id=message["id"], error={"code": 30, "message": f"FAILED: {e}"})


say(method="register", params={"methods": [
    {"name": name, "params": params, "result": result, "help": help, "access": access}
    for name, (_, params, result, help, access) in METHODS.items()]})
for line in sys.stdin:
    answer(json.loads(line))
    while postponed:
        answer(postponed.pop(0))
