#!/usr/bin/env python3
"""An event listener of the standard library only: says on stderr, which is its log, what crashed or gave up.
stdout belongs to the protocol: READY, then for each event RESULT."""
import sys


def say(text):
    sys.stdout.write(text)
    sys.stdout.flush()


def tokens(line):
    return dict(token.split(":", 1) for token in line.split())


while True:
    say("READY\n")
    header = sys.stdin.readline()
    if not header:
        sys.exit(0)  # the daemon is gone
    header = tokens(header)
    body = tokens(sys.stdin.read(int(header["len"])))
    if header["eventname"] == "PROCESS_STATE_FATAL":
        print(f"{body['processname']} gave up", file=sys.stderr, flush=True)
    elif body["expected"] == "0":
        print(f"{body['processname']} (pid {body['pid']}) crashed", file=sys.stderr, flush=True)
    say("RESULT 2\nOK")
