#!/usr/bin/env python3
"""Does what is in the list of jobs: counts the words, and leaves the number under the job's name. A job that is being done
is in a list of this worker's own, named by its number, which is looked into first after a kill -9: none is lost, and one
may be done twice. Ends when redis does. Tells supervisord when it is ready and that it is well, by sd_notify's protocol."""
import os
import signal
import socket
import sys

from resp import Redis

MINE = f"jobs:{sys.argv[1]}"
going = True


def tell(text):
    where = os.environ.get("NOTIFY_SOCKET")
    if where:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.sendto(text.encode(), "\0" + where[1:] if where[0] == "@" else where)


def leave(*_):
    global going
    going = False  # once the job that it is at is done


def do(redis, job):
    name, _, words = job.partition(b" ")
    if redis("HSETNX", "results", name, len(words.split())):
        redis("INCR", "count")
    redis("LREM", MINE, 1, job)


def main():
    signal.signal(signal.SIGTERM, leave)
    with Redis() as redis:
        for job in redis("LRANGE", MINE, 0, -1):
            do(redis, job)
        tell("READY=1")
        while going:
            job = redis("BLMOVE", "jobs", MINE, "RIGHT", "LEFT", 0.5)
            if job is not None:
                do(redis, job)
            tell("WATCHDOG=1")


if __name__ == "__main__":
    try:
        main()
    except OSError as e:
        sys.exit(f"redis: {e}")
