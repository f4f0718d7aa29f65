#!/usr/bin/env python3
"""The bundle and the Dockerfiles of examples/docker in roots of their own, as process 1: every file of it is needed, a
read-only root, any user, orphans, signals, the health check. TROUPE_PACKAGES: where packages and bundle are
(build/packages); Dockerfile.debian needs minimal.tar there (`make packages` makes it). Source: docs/contract/packaging.md,
3 (S1 to S6). Needs root and namespaces; nothing is left behind."""
import glob
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, "..", "..")
sys.path.insert(0, HERE)
from container import Container, Root, can_run, wait_until  # noqa: E402
from dockerfile import Image, health_of  # noqa: E402

PACKAGES = os.path.abspath(os.environ.get("TROUPE_PACKAGES", os.path.join(TOP, "build", "packages")))
DAEMON = ["supervisord", "-n", "-c", "/etc/supervisor/supervisord.conf"]
ANYBODY = "1000730000:0"

with open(os.path.join(TOP, "examples", "docker", "supervisord.conf"), encoding="utf-8") as f:
    CONFIG = f.read()
NO_CHILDLOGDIR = re.sub("^childlogdir.*\n", "", CONFIG, flags=re.M)


def setUpModule():
    if not can_run():
        raise unittest.SkipTest("this needs root, and namespaces of its own")
    folder = tempfile.mkdtemp(prefix="troupe-containers-")
    unittest.addModuleCleanup(subprocess.run, ["rm", "-r", folder])
    globals()["WORKER"] = os.path.join(folder, "worker")
    globals()["COUNTER"] = os.path.join(folder, "counter.so")
    subprocess.run(["cc", "-static", "-O2", "-Wall", "-o", WORKER, os.path.join(HERE, "worker.c")], check=True)
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-I", os.path.join(TOP, "include"), "-o", COUNTER,
                    os.path.join(TOP, "examples", "rpc_plugin", "counter.c")], check=True)
    globals()["BUNDLE"] = glob.glob(os.path.join(PACKAGES, "troupe-*-linux-*.tar.gz"))[0]


def program(name, words, more=""):
    return f"[program:{name}]\ncommand=/worker {words}\nstdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\nredirect_stderr=true\nstartsecs=0\n{more}\n"


def bundled(config):
    root = Root(BUNDLE)
    root.write("/etc/supervisor/supervisord.conf", config)
    subprocess.run(["cp", WORKER, root.inside("/worker")], check=True)
    return root


def is_in(pid, namespace):
    try:
        return os.stat(f"/proc/{pid}/ns/pid").st_ino == namespace
    except OSError:
        return False


class Machine(unittest.TestCase):
    def is_up(self, container, *names):
        def good():
            done = container.run("supervisorctl", "health", "--ready", *names)
            self.assertIsNone(container.process.poll(), container.output())
            return done.returncode == 0
        wait_until(good, f"{names or 'all'} to run: {container.output()}")

    def ends_well(self, container, signo=signal.SIGTERM):
        container.send(signo)
        self.assertEqual(container.wait(10), 0, container.output())


class Bundle(Machine):
    def test_all_of_it_works_in_an_empty_root(self):
        config = CONFIG + program("who", "who") + program("nobody", "who", "user=nobody\n")
        config += "[rpcinterface:counter]\nsupervisor.rpcinterface_factory=/counter.so:counter\n"
        with bundled(config) as root:
            subprocess.run(["cp", COUNTER, root.inside("/counter.so")], check=True)
            root.write("/etc/group", "root:x:0:\nnogroup:x:65534:\nextra:x:4711:nobody\n")
            with Container(root, DAEMON) as c:
                self.is_up(c)
                status = c.run("supervisorctl", "status")
                self.assertEqual((status.returncode, status.stdout.count("RUNNING")), (0, 2), status)
                self.assertRegex(c.output(), r"uid 0 gid 0 groups.* home none\n")
                wait_until(lambda: re.search(r"uid 65534 gid 65534 groups (65534 )?4711", c.output()), "who nobody is: " + c.output())
                self.assertRegex(c.output(), "counter")
                for command in (["echo_supervisord_conf"], ["supervisord", "--version"], ["supervisorctl", "-h"]):
                    done = c.run(*command)
                    self.assertEqual((done.returncode, done.stderr), (0, ""), command)
                self.ends_well(c)

    def test_edited_lines(self):
        """A shell of supervisorctl knows the terminals that the bundle describes."""
        with bundled(CONFIG) as root, Container(root, DAEMON) as c:
            self.is_up(c)
            for name in ("xterm", "xterm-256color", "tmux-256color", "screen", "linux", "vt100"):
                enter = ["exec", "nsenter", "-t", str(c.pid), "--mount", "--pid", "--root", "--wd=/", "supervisorctl"]
                done = subprocess.run(["script", "-q", "-e", "-c", " ".join(enter), "/dev/null"], input="version\nexit\n",
                                      env={**c.env, "TERM": name}, capture_output=True, text=True, timeout=30)
                self.assertIn("4.3.0+troupe", done.stdout, name)
                self.assertNotIn("terminal", done.stdout)

    def test_every_object_is_needed(self):
        def objects(root):
            return sorted(os.path.relpath(path, root.path) for path in glob.glob(root.path + "/**/*.so*", recursive=True)
                          if os.path.isfile(path))
        with bundled(CONFIG) as root:
            found = objects(root)
        self.assertGreater(len(found), 4, found)
        for name in found:
            with self.subTest(name), bundled(CONFIG) as root:
                os.remove(root.inside(name))
                with Container(root, ["supervisord", "--version"]) as c:
                    self.assertNotEqual(c.wait(), 0, f"{name} is not needed")

    def test_nothing_else_is_in_it(self):
        listed = subprocess.run(["tar", "-t", "-f", BUNDLE], capture_output=True, text=True, check=True).stdout.splitlines()
        files = [name.removeprefix(".") for name in listed if not name.endswith("/")]
        others = [name for name in files if not re.search(r"\.so(\.|$)|/doc/.*/copyright$|^/lib/terminfo/./", name)]
        self.assertEqual(others, ["/etc/group", "/etc/nsswitch.conf", "/etc/passwd", "/etc/supervisor/supervisord.conf",
                                  "/usr/bin/echo_supervisord_conf", "/usr/bin/pidproxy", "/usr/bin/supervisor_stdout",
                                  "/usr/bin/supervisorctl", "/usr/bin/supervisord", "/usr/libexec/troupe/keeper", "/var/run"])
        self.assertEqual(sum("/terminfo/" in name for name in files), 6)
        owners = subprocess.run(["tar", "-t", "-v", "-f", BUNDLE, "--numeric-owner"], capture_output=True, text=True, check=True).stdout
        self.assertEqual(set(re.findall(r"^\S+ (\S+)", owners, re.M)), {"0/0"})
        self.assertIn("drwxrwxrwt 0/0", owners, "/tmp")

    def test_the_same_packages_make_the_same_bundle(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([os.path.join(TOP, "scripts", "build-bundle"), PACKAGES, folder], check=True, capture_output=True)
            again, = glob.glob(folder + "/*.tar.gz")
            subprocess.run(["cmp", again, BUNDLE], check=True)

    def test_sizes(self):
        with bundled(CONFIG) as root, Container(root, DAEMON) as c:
            self.is_up(c)
            with open(f"/proc/{c.pid}/status") as f:
                rss = re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)
            unpacked = subprocess.run(["du", "-sk", root.path], capture_output=True, text=True).stdout.split()[0]
            print(f"report: bundle {os.path.getsize(BUNDLE) >> 10} KiB, with a worker of a MiB unpacked {unpacked} KiB, RSS {rss} KiB",
                  file=sys.stderr)


class Locked(Machine):
    """No root, and a root that cannot be written to."""

    def test_runs_and_ends(self):
        with bundled(CONFIG + program("who", "who") + "[program:quiet]\ncommand=/worker wait\n") as root:
            with Container(root, DAEMON, user=ANYBODY, read_only=True, tmpfs=["/run"]) as c:
                self.is_up(c)
                wait_until(lambda: "uid 1000730000 gid 0 groups home none" in c.output(), "who it is: " + c.output())
                self.assertEqual(c.run("supervisorctl", "restart", "quiet").returncode, 0)
                self.ends_well(c)

    def test_survives(self):
        with bundled(CONFIG.replace("[supervisord]", "[supervisord]\nsurvive=true") + program("who", "who")) as root:
            with Container(root, DAEMON, user=ANYBODY, read_only=True, tmpfs=["/run"]) as c:
                self.is_up(c)
                self.ends_well(c)

    def test_nowhere_for_a_log(self):
        with bundled(NO_CHILDLOGDIR + "[program:quiet]\ncommand=/worker wait\n") as root:
            with Container(root, DAEMON, user=ANYBODY, read_only=True, tmpfs=["/run"]) as c:
                self.assertEqual(c.wait(), 2, c.output())
                self.assertRegex(c.output(), "could not create AUTO log .*: Read-only file system; set childlogdir= to a folder that can "
                                             "be written, or stdout_logfile=NONE, stderr_logfile=NONE")
        with bundled(NO_CHILDLOGDIR + "[program:quiet]\ncommand=/worker wait\nstdout_logfile=NONE\nstderr_logfile=NONE\n") as root:
            with Container(root, DAEMON, user=ANYBODY, read_only=True, tmpfs=["/run"]) as c:
                self.is_up(c)
                self.ends_well(c)


class First(Machine):
    """As process 1, with as many descriptors as there may be."""
    PROGRAMS = (program("orphans", "orphans 50", "autorestart=false\nautostart=false\n") + program("wait", "wait")
                + program("fails", "fail", "autostart=false\nautorestart=false\nstartsecs=1\nstartretries=0\n"))

    def check(self, image):
        with image.run() as c:
            self.is_up(c)
            begun = time.monotonic()
            self.assertEqual(health_of(image, c), 0)
            print(f"report: answered {(begun - c.begun) * 1000:.0f} ms after the engine began, with the health check's own start",
                  file=sys.stderr)
            self.assertEqual(c.run("supervisorctl", "pid").stdout, "1\n")
            self.assertEqual(c.run("supervisorctl", "start", "orphans").returncode, 0)

            def left():  # whoever is in the container, zombies too
                inside = os.stat(f"/proc/{c.pid}/ns/pid").st_ino
                return sum(is_in(pid, inside) for pid in os.listdir("/proc") if pid.isdigit())
            wait_until(lambda: left() > 40, "orphans")
            wait_until(lambda: left() == 2, "all but the daemon and a program to be reaped")
            c.run("supervisorctl", "start", "fails")
            wait_until(lambda: health_of(image, c) == 1, "it to be unhealthy")
            self.assertEqual(c.run(*image.health).stdout.split()[:2], ["fails", "FATAL"])
            self.ends_well(c, image.stop_signal)

    def build(self, name, context, bases=None):
        with open(os.path.join(TOP, "examples", "docker", name), encoding="utf-8") as f:
            return Image(f.read(), context, bases or {})

    def context(self, *packages):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for path in packages:
            os.symlink(path, os.path.join(folder.name, os.path.basename(path)))
        with open(os.path.join(folder.name, "supervisord.conf"), "w", encoding="utf-8") as f:
            f.write(CONFIG + self.PROGRAMS)
        return folder.name

    def test_from_scratch(self):
        with self.build("Dockerfile.scratch", self.context(BUNDLE)) as image:
            subprocess.run(["cp", WORKER, image.root.inside("/worker")], check=True)
            self.check(image)

    def test_from_debian(self):
        base = os.path.join(PACKAGES, "minimal.tar")
        if not os.path.exists(base):
            self.skipTest("no minimal.tar: make packages")
        package, = glob.glob(os.path.join(PACKAGES, "supervisor_*.deb"))
        with self.build("Dockerfile.debian", self.context(package), {"debian:12-slim": base}) as image:
            subprocess.run(["cp", WORKER, image.root.inside("/worker")], check=True)
            self.check(image)

    def test_each_signal(self):
        with bundled(CONFIG + self.PROGRAMS) as root:
            for signo in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
                with Container(root, DAEMON) as c:
                    self.is_up(c)
                    self.ends_well(c, signo)
            with Container(root, DAEMON) as c:
                self.is_up(c)
                pid = c.run("supervisorctl", "pid", "wait").stdout
                c.send(signal.SIGUSR2)
                c.send(signal.SIGHUP)
                wait_until(lambda: c.run("supervisorctl", "pid", "wait").stdout not in (pid, "0\n", ""), "another one after HUP")
                self.is_up(c)
                self.ends_well(c)

    def test_essential(self):
        with bundled(CONFIG + program("app", "fail", "essential=true\nautorestart=false\n")) as root:
            with Container(root, DAEMON) as c:
                self.assertEqual(c.wait(), 3, c.output())


if __name__ == "__main__":
    unittest.main(verbosity=2)
