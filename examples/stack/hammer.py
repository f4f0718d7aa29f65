#!/usr/bin/env python3
"""Asks the stack all the time, four requests at once: leaves jobs and looks for their results. Says what was refused, at
once, and at its end (Ctrl-C or SIGTERM) whether each job that was taken is done. Its status is 0 if nothing was refused,
1 if something was, 2 if a job is lost.

hammer.py [PORT]"""
import http.client
import itertools
import os
import signal
import sys
import threading
import time

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else int(os.environ.get("STACK_PORT") or 8080)
going, refused, taken, requests = threading.Event(), [], {}, itertools.count()
going.set()


def ask(method, path, body=None):
    """(status, text), or (0, what went wrong)."""
    next(requests)
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException) as e:
        return 0, repr(e)
    finally:
        connection.close()


def hammer(number):
    for n in itertools.count():
        if not going.is_set():
            return
        name, words = f"{os.getpid()}-{number}-{n}", n % 9
        for method, path, body in (("PUT", f"/jobs/{name}", "word " * words), ("GET", f"/jobs/{name}", None), ("GET", "/", None)):
            status, text = ask(method, path, body)
            if status not in (200, 202):
                refused.append(f"{time.strftime('%H:%M:%S')} {method} {path}: {status} {text.strip()}")
                print(refused[-1], flush=True)
                time.sleep(0.05)
            elif method == "PUT":
                taken[name] = words


def lost(deadline):
    """Names of jobs that have no result, or a wrong one, by then."""
    left = dict(taken)
    while left and time.monotonic() < deadline:
        for name, words in list(left.items()):
            if ask("GET", f"/jobs/{name}") == (200, f"{words}\n"):
                del left[name]
            else:
                time.sleep(0.05)
                break
    return sorted(left)


def main():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    threads = [threading.Thread(target=hammer, args=[n]) for n in range(4)]
    while ask("GET", "/")[0] != 200:
        time.sleep(0.05)
    print(f"asking port {PORT}", flush=True)
    for thread in threads:
        thread.start()
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
    going.clear()
    for thread in threads:
        thread.join()
    asked = next(requests)
    missing = lost(time.monotonic() + 30)
    print(f"{asked} requests, {len(refused)} refused; {len(taken)} jobs, {len(missing)} lost", *missing[:10], flush=True)
    return 2 if missing else 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
