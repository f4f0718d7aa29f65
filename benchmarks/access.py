"""What access control costs: answers a second of a daemon with it, over those of one without it, in turns.

    python3 benchmarks/access.py [--quick]      # as root: the caller is another user of this machine

A thousand programs, and a user with twenty roles, who is known by the unix socket. Prints four ratios and the
budgets of three; the last figure of each line is answers a second. What is denied to that user is allowed to root.
Uses the load of control.c, as control.py does."""
import argparse
import os
import pwd
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from harness import BUILD

CONTROL = os.path.join(BUILD, "bench", "bench_control")
DAEMON = os.path.join(BUILD, "bin", "supervisord")
CALLER, ROOT = pwd.getpwnam("www-data"), pwd.getpwuid(0)
ROLES = "".join(f"[role:r{i}]\nverbs=status,start,stop\nprograms=p{i}*,@front{i},g{i}:*\n" for i in range(20))
USER = f"[user:bench]\nunixuser={CALLER.pw_uid}\nroles={','.join(f'r{i}' for i in range(20))},viewer\n"
PROGRAMS = "".join(f"[program:p{i}]\ncommand=/bin/cat\nautostart=false\n" for i in range(1000))


class Seat:
    def __init__(self, folder, name, rules):
        self.path = os.path.join(folder, name + ".sock")
        file = os.path.join(folder, name + ".conf")
        with open(file, "w") as f:
            f.write(f"[supervisord]\nlogfile={folder}/{name}.log\npidfile={folder}/{name}.pid\nchildlogdir={folder}\n"
                    f"[unix_http_server]\nfile={self.path}\nchmod=0777\n[rpcinterface:supervisor]\n"
                    "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n" + rules + PROGRAMS)
        self.process = subprocess.Popen([DAEMON, "-n", "-c", file], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not os.path.exists(self.path):
            if self.process.poll() is not None:
                sys.exit(f"{name}: the daemon did not start; see {folder}/{name}.log")
            time.sleep(0.01)

    def answers(self, method, seconds, who=CALLER):
        said = subprocess.run(["setpriv", f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups", CONTROL,
                               "load", self.path, method, "16", str(seconds)], check=True, capture_output=True, text=True)
        return float(said.stdout.split()[0])

    def end(self):
        self.process.terminate()
        self.process.wait()


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="fewer rounds")
    rounds = 5 if options.parse_args().quick else 15
    folder = tempfile.mkdtemp(prefix="troupe-bench-")
    os.chmod(folder, 0o755)
    seats = {"off": Seat(folder, "off", ""), "on": Seat(folder, "on", ROLES + USER)}
    try:
        print("what                          ratio  budget  answers/s")
        for what, above, below, budget in (
                ("getState: on over off", ("on", "getState"), ("off", "getState"), 0.9),
                ("getAllProcessInfo: on over off", ("on", "getAllProcessInfo"), ("off", "getAllProcessInfo"), 0.7),
                ("clearLog: denied over allowed", ("on", "clearLog"), ("on", "clearLog", ROOT), 1.0),
                ("the same over getState", ("on", "clearLog"), ("on", "getState"), "")):
            figures = {above: [], below: []}
            for _ in range(rounds):
                for row in figures:
                    seat, method, *who = row
                    figures[row].append(seats[seat].answers(method, 0.5, *who))
            ratio = statistics.median(a / b for a, b in zip(figures[above], figures[below]))
            print(f"{what:30} {ratio:5.2f}  {budget:6}  {statistics.median(figures[above]):9.0f}")
    finally:
        for seat in seats.values():
            seat.end()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
