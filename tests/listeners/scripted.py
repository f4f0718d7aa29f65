#!/usr/bin/env python3
"""A listener that records what it receives, in text mode, and answers as it is told; the last answer is repeated.

scripted.py RECORD ANSWER...; an answer is one of
  ok, fail       accept, reject
  raw:TEXT       write TEXT (escapes as in Python), then READY as ever
  exit:N         exit without an answer
  okexit:N       accept and exit at once
  hang           answer nothing, for ever
  flood          write without end and without line feed
An ANSWER that starts with `first-` is done instead of the first READY: first-twice, first-junk, first-deaf (READY, then
stdin closed), first-wait:FILE (READY once FILE exists)."""
import json
import os
import sys
import time

sys.stdin.reconfigure(encoding="utf-8", newline="\n")


def say(text):
    sys.stdout.write(text)
    sys.stdout.flush()


def hang():
    while True:
        time.sleep(3600)


def begin(how):
    how, _, argument = how.partition(":")
    if how == "first-twice":
        say("READY\nREADY\n")
    elif how == "first-junk":
        say("hello world\n")
    elif how == "first-deaf":
        os.close(0)
        say("READY\n")
        hang()
    elif how == "first-wait":
        while not os.path.exists(argument):
            time.sleep(0.005)
        say("READY\n")


def answer(how):
    how, _, argument = how.partition(":")
    if how == "ok":
        say("RESULT 2\nOK")
    elif how == "fail":
        say("RESULT 4\nFAIL")
    elif how == "raw":
        say(argument.encode().decode("unicode_escape"))
    elif how == "exit":
        os._exit(int(argument))
    elif how == "okexit":
        say("RESULT 2\nOK")
        os._exit(int(argument))
    elif how == "hang":
        hang()
    elif how == "flood":
        while True:
            os.write(1, b"x" * 65536)


record, answers = sys.argv[1], sys.argv[2:]
if answers[0].startswith("first-"):
    begin(answers.pop(0))
else:
    say("READY\n")
with open(record, "a", encoding="utf-8") as out:
    while line := sys.stdin.readline():
        header = dict(token.split(":", 1) for token in line.split())
        body = sys.stdin.read(int(header["len"]))
        out.write(json.dumps({"pid": os.getpid(), "line": line, "header": header, "body": body}) + "\n")
        out.flush()
        answer(answers[0])
        if len(answers) > 1:
            answers.pop(0)
        say("READY\n")
