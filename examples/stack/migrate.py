#!/usr/bin/env python3
"""Brings the data from whatever schema it has to the present one, a step at a time. What is done is not done again, so it
may be killed at any moment, and run at each start."""
from resp import Redis


def count_results(redis):
    redis("SET", "count", redis("HLEN", "results"))


STEPS = [lambda redis: redis("SETNX", "motto", "no job is lost"), count_results]

if __name__ == "__main__":
    with Redis() as redis:
        before = int(redis("GET", "schema") or 0)
        for number, step in enumerate(STEPS[before:], before + 1):
            step(redis)
            redis("SET", "schema", number)
        print(f"schema {before} to {max(before, len(STEPS))}")
