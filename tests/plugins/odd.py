"""A program behind an [rpcinterface:x] that does what a test tells it, right or wrong. For tests/extension_test.py."""
import json
import os
import signal
import sys
import time

mode = sys.argv[1] if len(sys.argv) > 1 else ""
start = {}


def write(text):
    sys.stdout.write(text)
    sys.stdout.flush()


def say(**message):
    write(json.dumps(message) + "\n")


def pid():
    return os.getpid()


def echo(value):
    return value


def options():
    return start.get("params", {})


def env(name):
    return os.environ.get(name, "")


def hang():
    """Answers nothing, and goes on."""


def late(file):
    """Answers once the file exists, and only then reads on."""
    open(file + ".waiting", "w").close()
    while not os.path.exists(file):
        time.sleep(0.001)
    return "late"


def end(code):
    os._exit(code)


def babble(text):
    write(text)


def flood(size):
    write("x" * size)


def tell(text):
    text = text.replace("<ESC>", "\x1b").replace("<CR>", "\r")  # which XML cannot say
    say(method="log", params={"level": "warn", "text": text})
    say(method="publish", params={"type": "told", "data": text})
    say(method="something new")
    print("complaint: " + text + "\nno end", end="", file=sys.stderr, flush=True)
    return True


def relay(method, arguments=()):
    say(id="mine", method=method, params=list(arguments))
    while True:
        message = json.loads(sys.stdin.readline())
        if message.get("id") == "mine":
            return message.get("result", message.get("error"))


def close(fd):
    os.close(fd)
    print(f"closed {fd}", file=sys.stderr, flush=True)
    while True:
        time.sleep(60)


def again():
    register("pid", "again", "newer")
    return True


def newer():
    return "new"


NOTHING = (hang, end, babble, flood, close)  # that answer nothing
METHODS = {"pid": (pid, ""), "echo": (echo, "string value"), "options": (options, ""), "env": (env, "string name"),
           "hang": (hang, ""), "late": (late, "string file"), "end": (end, "int code"), "babble": (babble, "string text"),
           "flood": (flood, "int size"), "tell": (tell, "string text"),
           "relay": (relay, "string method, array arguments=[]"), "close": (close, "int fd"), "again": (again, ""),
           "newer": (newer, "")}


def register(*names):
    say(jsonrpc="2.0", method="register",
        params={"methods": [{"name": n, "params": METHODS[n][1], "result": "string", "help": "for tests"} for n in names]})


if mode == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if mode == "misnamed":
    say(method="register", params={"methods": [{"name": "_private"}]})
elif mode != "mute":
    register(*sorted(METHODS))
while True:
    line = sys.stdin.readline()
    if not line:
        if mode == "stubborn":
            time.sleep(0.01)
            continue
        break
    message = json.loads(line)
    if message.get("method") == "start":
        start = message
        continue
    method = METHODS[message["method"]][0]
    try:
        answer = {"result": method(*message["params"])}
    except Exception as e:
        answer = {"error": {"code": 1000, "message": repr(e)}}
    if method not in NOTHING:
        say(jsonrpc="2.0", id=message["id"], **answer)
