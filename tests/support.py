"""What the system tests share: a daemon of ours (or Debian's) in a folder of its own, conditions with deadlines,
and looks into /proc. Standard library only; no fixed sleeps."""
import contextlib
import errno
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BIN = os.environ.get("TROUPE_BIN", os.path.join(ROOT, "build", "release", "bin"))
ORACLE = os.environ.get("TROUPE_ORACLE", os.path.join(ROOT, "build", "oracle"))
# Sanitized builds are slower; deadlines are for hanging, not for speed.
SURVIVE = bool(os.environ.get("TROUPE_SURVIVE"))  # every daemon is a keeper and a worker
PATIENCE = float(os.environ.get("TROUPE_PATIENCE", "20"))



def _is_portable():
    try:
        with open(os.path.join(os.path.dirname(BIN), "CMakeCache.txt")) as f:
            return "TROUPE_PORTABLE:BOOL=ON" in f.read()
    except OSError:
        return False


# Built to do without what only Linux has (cmake --preset portable): /proc, inotify, more than FD_SETSIZE descriptors.
PORTABLE = _is_portable()


def wait_until(condition, what, deadline=None):
    """The first true value of condition(). A file that is not there is one that is not there yet, or is being renamed."""
    end = time.monotonic() + (deadline or PATIENCE)
    while True:
        missing = None
        try:
            value = condition()
        except FileNotFoundError as e:
            value, missing = None, e
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {what}" + (f": {missing}" if missing else ""))
        time.sleep(0.005)


def oracle(program):
    """(argv, env) of a program of Debian's supervisor, or None where it was not fetched."""
    packages = os.path.join(ORACLE, "usr/lib/python3/dist-packages")
    path = os.path.join(ORACLE, "usr/bin", program)
    if not os.path.exists(path):
        return None
    python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else "python3"
    return [python, path], {**os.environ, "PYTHONPATH": packages}


def stat_fields(pid):
    """Fields of /proc/PID/stat from the state on, or None where there is no such process."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def all_children_of(pid):
    """{pid: state letter} of the children of `pid`."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            fields = stat_fields(entry)
            if fields and int(fields[1]) == pid:
                found[int(entry)] = fields[0]
    return found


def children_of(pid):
    """The same; with TROUPE_SURVIVE without the worker of a keeper."""
    return {p: state for p, state in all_children_of(pid).items() if not (SURVIVE and name_of(p) == "troupe-worker")}


def name_of(pid):
    """As it is listed; empty where there is no such process."""
    try:
        with open(f"/proc/{pid}/comm") as f:
            return f.read().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def alive(pid):
    fields = stat_fields(pid)
    return bool(fields) and fields[0] != "Z"


def open_fds(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def status_field(pid, name):
    """A number of /proc/PID/status."""
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith(name + ":"))


def own_memory(pid):
    """kB; without pages of files, which a worker shares with its keeper and maps when it comes to them."""
    return status_field(pid, "RssAnon") + status_field(pid, "RssShmem")


def preloading(library, **more):
    """The environment in which `library` goes before the C library; under AddressSanitizer, too, which wants to be first."""
    options = os.environ.get("ASAN_OPTIONS", "")
    return {**os.environ, "LD_PRELOAD": library, "ASAN_OPTIONS": f"{options}:verify_asan_link_order=0".lstrip(":"), **more}


def sanitized(pid):
    """Shadow memory and freed memory that is kept: sizes of such a process say nothing."""
    return status_field(pid, "VmSize") > 1 << 30


_ports = []


def free_port(host="127.0.0.1"):
    """A port that nobody listens on. Tests that run at the same time have others until this process ends, and it is none
    that the system would give to a connection."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as f:
        first = int(f.read().split()[0])
    ports = range(15000, first if first > 20000 else 30000)  # below: tests/web
    host = host.strip("[]")
    while True:
        port = random.SystemRandom().choice(ports)  # the sequences that tests seed stay as they are
        ours = socket.socket(socket.AF_UNIX)
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as s:
            try:
                ours.bind(f"\0troupe-test-port-{port}")
                s.bind((host, port))
            except OSError as e:
                ours.close()
                if e.errno != errno.EADDRINUSE:
                    raise
                continue
        _ports.append(ours)
        return port


def example(name, folder, more=None):
    """The configuration file of a copy of examples/NAME below `folder`, where all that it writes goes, too; with a free
    port, and what else `more` replaces."""
    copy = os.path.join(folder, name)
    shutil.copytree(os.path.join(ROOT, "examples", name), copy)
    words = {"/tmp/troupe-": folder + "/", "/tmp": folder, ":9001": f":{free_port()}", **(more or {})}
    for base, _, files in os.walk(copy):
        for file in files:
            if file.endswith((".conf", ".ini")):
                path = os.path.join(base, file)
                with open(path) as f:
                    text = f.read()
                if SURVIVE and "\nsurvive=" not in text:
                    text = text.replace("[supervisord]\n", "[supervisord]\nsurvive=true\n")
                with open(path, "w") as f:
                    f.write(re.sub("|".join(map(re.escape, words)), lambda m: words[m.group(0)], text))
    return os.path.join(copy, "supervisord.conf")


class Daemon:
    """supervisord on a configuration text. `%(dir)s`-style: `{dir}` in the text is the folder."""

    def __init__(self, text="", options="", args=("-n",), files=None, argv=None, env=None, start=True, preexec=None,
                 main=True, pipe=False):
        self.dir = tempfile.mkdtemp(prefix="troupe-test-")
        os.chmod(self.dir, 0o777 if "user=nobody" in options else 0o755)  # sockets and pid file are made as that user
        self.config = os.path.join(self.dir, "s.conf")
        self.log_path = os.path.join(self.dir, "main.log")
        self.pid_path = os.path.join(self.dir, "s.pid")
        self.survives = SURVIVE and "survive=" not in options and "--test" not in args
        if self.survives:
            options += "\nsurvive=true" if options else "survive=true"  # lines below keep their numbers
        head = (f"[supervisord]\nlogfile={self.log_path}\npidfile={self.pid_path}\nchildlogdir={self.dir}\n"
                f"loglevel=debug\n{options}\n") if main else ""
        for path, content in (files or {}).items():
            self.write(path, content)
        self.write("s.conf", (head + text).replace("{dir}", self.dir))
        self.argv = (argv or [os.path.join(BIN, "supervisord")]) + ["-c", self.config, *args]
        self.env, self.pipe = env, pipe
        self.process = None
        if start:
            self.start(preexec)

    def write(self, path, content):
        full = os.path.join(self.dir, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w") as f:
            f.write(content.replace("{dir}", self.dir))
        return full

    def start(self, preexec=None):
        with open(os.path.join(self.dir, "stdout"), "wb") as out, open(os.path.join(self.dir, "stderr"), "wb") as err:
            self.process = subprocess.Popen(self.argv, env=self.env, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE if self.pipe else out, stderr=err, preexec_fn=preexec)
        self.pid = self.process.pid

    @property
    def working_pid(self):
        """Of the process with the threads, descriptors and memory: the daemon itself, or the worker of a keeper."""
        if not SURVIVE:
            return self.pid
        return wait_until(lambda: next((pid for pid in all_children_of(self.pid) if name_of(pid) == "troupe-worker"), None),
                          "a worker")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            if self.process and self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
                try:
                    self.process.wait(PATIENCE)
                except subprocess.TimeoutExpired:
                    children = all_children_of(self.pid)
                    self.process.kill()  # first: it would start another worker
                    for pid in children:
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
                    self.process.wait()
                    raise AssertionError("the daemon did not end on SIGTERM")
            if died := re.findall(".* is rebuilt from its record", self.log()):
                raise AssertionError(f"{len(died)} times: {died[0]}")
            if self.survives and (died := re.findall("CRIT supervisord's worker .*", self.log())):
                raise AssertionError(f"{len(died)} times: {died[0]}")  # which nobody would have noticed
        finally:
            if self.process and self.process.stdout:
                self.process.stdout.close()
            shutil.rmtree(self.dir, ignore_errors=True)

    def log(self):
        try:
            with open(self.log_path, errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def records(self):
        """The log's records without time stamps, and without what only a keeper in a folder on a disk says."""
        records = [line[24:] for line in self.log().splitlines()]
        return [r for r in records if not r.startswith("INFO the register of programs has no file")]

    def wait_for(self, pattern, count=1, deadline=None):
        """The match objects of `pattern` in the log, once there are `count`."""
        def found():
            if self.process.poll() is not None and len(re.findall(pattern, self.log())) < count:
                raise AssertionError(f"the daemon ended with {self.process.returncode} while waiting for {pattern!r}:\n"
                                     + self.log()[-3000:])
            matches = list(re.finditer(pattern, self.log()))
            return matches if len(matches) >= count else None
        try:
            return wait_until(found, f"{count} x {pattern!r} in the log", deadline)
        except AssertionError as e:
            raise AssertionError(f"{e}\n{self.log()[-3000:]}\n{self.last_words()}") from None

    def started(self):
        self.wait_for(r"supervisord started with pid \d+")
        return self

    def pid_of(self, name, count=1):
        """The pid of the `count`-th spawn of process `name`."""
        return int(self.wait_for(rf"spawned: '{name}' with pid (\d+)\n", count)[count - 1].group(1))

    def send(self, signo):
        self.process.send_signal(signo)

    def kill_whole(self):
        """SIGKILL for all that it is, but not for programs. A keeper would make another worker: it is stopped first (a
        worker that is stopped would be told to go on, and to hang up, by the kernel with the keeper's end)."""
        worker = self.working_pid
        if worker != self.pid:
            os.kill(self.pid, signal.SIGSTOP)
            os.kill(worker, signal.SIGKILL)
            wait_until(lambda: not alive(worker), "the worker's end")
        self.process.kill()
        self.process.wait(PATIENCE)

    def finish(self, signo=signal.SIGTERM):
        """Exit status after `signo`."""
        self.send(signo)
        return self.process.wait(PATIENCE)

    def last_words(self):
        """The end of its stderr, where there is any."""
        path = os.path.join(self.dir, "stderr")
        return "stderr: " + self.read("stderr")[-1000:] if os.path.exists(path) else ""

    def refusal(self):
        """(status, stderr) of a daemon that should not start."""
        return self.process.wait(PATIENCE), self.read("stderr")

    def read(self, path):
        with open(os.path.join(self.dir, path), errors="replace") as f:
            return f.read()
