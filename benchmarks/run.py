#!/usr/bin/env python3
"""Whole-daemon benchmarks: ours, a bare C limit and Debian's supervisor, interleaved in one run, as ratios.

Absolute figures of a shared machine mean little; the ratios of one run do. Standard library only.
Usage: run.py [--quick] [--bin DIR] [--no-supervisor] [--json FILE] [SCENARIO ...]
"""
import argparse
import json
import os
import resource
import shutil
import sys

import control
import events
import growth
import harness
import life
import logs

# Each names its scenarios in SCENARIOS: {name: function of the bench}; they run in this order.
ROOMS = [
    life,
    control,
    logs,
    events,
    growth,
]


def main():
    scenarios = {name: run for room in ROOMS for name, run in room.SCENARIOS.items()}
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--bin", default=os.path.join(harness.BUILD, "bin"), help="folder of our programs")
    parser.add_argument("--no-supervisor", action="store_true", help="leave Debian's supervisor out")
    parser.add_argument("--json", help="write the figures to this file, too")
    parser.add_argument("scenario", nargs="*", help=", ".join(scenarios) + " (default: all)")
    args = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    unknown = [name for name in args.scenario if name not in scenarios]
    if unknown:
        parser.error(f"no scenario {unknown[0]!r}; there are: {', '.join(scenarios)}")
    bench = harness.Bench(args)
    try:
        for name in args.scenario or scenarios:
            scenarios[name](bench)
    finally:
        shutil.rmtree(bench.folder, ignore_errors=True)
        if args.json:
            with open(args.json, "w") as f:
                json.dump(bench.results, f, indent=1)


if __name__ == "__main__":
    sys.exit(main())
