#!/usr/bin/env python3
"""What a program finds around it, on the built binaries: env files that are read at each start, the user's variables, a
clean environment, groups, a directory that is made; for its hooks, stopcommand and probes as for itself, as root and as
an ordinary user, over a restart, an upgrade and a death of the worker. Vectors of docs/contract/programs.md, 10 and 18."""
import contextlib
import grp
import os
import pwd
import signal
import stat
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from readiness_test import House as ReadinessHouse, PYTHON as OWN_PYTHON, program as program_of  # noqa: E402
from rpc_support import client, fault_of  # noqa: E402
from support import alive, wait_until  # noqa: E402

ROOT = os.getuid() == 0
root_only = unittest.skipUnless(ROOT, "needs root")
NOBODY = pwd.getpwnam("nobody")
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable  # other users can run it
# What a process has: its environment, groups and place, in {dir}/NAME.is; all of it is there at once. With `end` it then ends
# the program that it is run for.
LOOK = r"""
import os, signal, sys
name = sys.argv[1]
with open("/proc/self/status") as f:
    groups = next(line for line in f if line.startswith("Groups:")).split()[1:]
text = "\n".join(f"{k}={v}" for k, v in os.environ.items())
text += f"\nuid={os.getuid()}\ngid={os.getgid()}\ngroups={' '.join(sorted(groups))}\ndirectory={os.getcwd()}\n"
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".is")
with open(path + ".new", "w") as f:
    f.write(text)
os.rename(path + ".new", path)
if "end" in sys.argv:
    os.kill(int(os.environ["SUPERVISOR_PID"]), signal.SIGTERM)
"""


def look(name):
    return f"{PYTHON} {{dir}}/look.py {name}"


def program(name, more=""):
    return program_of(name, more).replace(OWN_PYTHON, PYTHON)


def as_user(uid):
    def become():
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    return become


class House(ReadinessHouse):
    """With `as_root=False` it is an ordinary user's, whoever runs the test."""

    def __init__(self, text, options="", names=("p",), files=None, before=None, as_root=True, **more):
        self.before, self.as_root = before, as_root
        super().__init__(text, options, names=names, files={"look.py": LOOK, **(files or {})}, **more)

    def start(self, preexec=None):
        if self.before:
            self.before(self)
        if ROOT:
            os.chmod(self.dir, 0o777 if self.as_root else 0o755)
            for name in os.listdir(self.dir):  # umask or not: orders come by them
                if stat.S_ISFIFO(os.lstat(os.path.join(self.dir, name)).st_mode):
                    os.chmod(os.path.join(self.dir, name), 0o666)
            if not self.as_root:
                for name in ["", *os.listdir(self.dir)]:
                    os.chown(os.path.join(self.dir, name), NOBODY.pw_uid, NOBODY.pw_gid)
                preexec = as_user(NOBODY.pw_uid)
        super().start(preexec)

    def put(self, path, text):
        self.write(path, text)
        if ROOT and not self.as_root:
            os.chown(os.path.join(self.dir, path), NOBODY.pw_uid, NOBODY.pw_gid)

    def found(self, name="p"):
        """What the child that runs now has found."""
        file = os.path.join(self.dir, name + ".env")
        self.tell(f"env {file}", name=name)
        with open(file) as f:
            return dict(line.rstrip("\n").partition("=")[::2] for line in f)

    def seen(self, name):
        """What a look has found, once."""
        path = os.path.join(self.dir, name + ".is")

        def read():
            with open(path) as f:
                return dict(line.rstrip("\n").partition("=")[::2] for line in f)
        there = wait_until(read, name + " to run")
        os.remove(path)
        return there

    def again(self, name="p"):
        with client(self) as proxy:
            proxy.supervisor.stopProcess(name)
            with contextlib.suppress(FileNotFoundError):  # it had not come to its first line yet
                os.remove(os.path.join(self.dir, name + ".did"))
            proxy.supervisor.startProcess(name)

    def groups_of(self, pid):
        with open(f"/proc/{pid}/status") as f:
            lines = dict(line.rstrip("\n").partition(":\t")[::2] for line in f)
        return int(lines["Gid"].split()[0]), sorted(int(word) for word in lines["Groups"].split())

    def fails_with(self, text, name="p"):
        return wait_until(lambda: self.info(name)["spawnerr"] == text and self.info(name)["statename"] in ("BACKOFF", "FATAL"),
                          f"{name} to fail with {text!r}, not {self.info(name)['spawnerr']!r}")


class EnvFiles(unittest.TestCase):
    TEXT = "envfile=app.env, -local.env\nenvironment=OWN=\"program\",BOTH=\"program\"\nstartsecs=0"
    FILE = "# of the application\nexport A=1\nBOTH=file\nDAEMON=file\nS=file\n"

    def check(self, as_root):
        with House(program("p", self.TEXT), "environment=DAEMON=\"d\",S=\"d\",T=\"d\"", files={"app.env": self.FILE},
                   as_root=as_root, env={**os.environ, "A": "0", "INHERITED": "yes"}) as d:
            d.becomes("RUNNING")
            it = d.found()
            for key, value in (("A", "1"), ("BOTH", "program"), ("OWN", "program"), ("DAEMON", "file"), ("S", "file"),
                               ("T", "d"), ("INHERITED", "yes"), ("SUPERVISOR_PROCESS_NAME", "p")):
                self.assertEqual(it.get(key), value, key)
            d.put("app.env", "A=2\n")  # read by the next start, without a reread
            d.put("local.env", "B='two words'\nA=3 # the later file\n")
            d.again()
            it = d.found()
            self.assertEqual((it["A"], it["B"], it["DAEMON"]), ("3", "two words", "d"))
            self.assertEqual(d.finish(), 0)

    def test_layers_and_two_starts(self):  # P069
        self.check(True)

    def test_of_an_ordinary_user(self):
        self.check(False)

    def test_by_itself_too(self):
        with House(program("p", "envfile=app.env\nstartsecs=0\nautorestart=true\nexitcodes=0"), files={"app.env": "A=1\n"}) as d:
            first = d.becomes("RUNNING")["pid"]
            d.write("app.env", "A=2\n")
            os.kill(first, signal.SIGKILL)
            wait_until(lambda: d.info()["pid"] not in (0, first), "another one")
            self.assertEqual(d.found()["A"], "2")

    def test_a_missing_one(self):  # P067, P068
        with House(program("p", "envfile=a.env\nstartretries=100\nbackoffmax=0.1\nstartsecs=0") +
                   program("q", "envfile=-a.env\nstartsecs=0"), names=("p", "q")) as d:
            d.becomes("RUNNING", name="q")
            d.fails_with(f"can't read envfile '{d.dir}/a.env': ENOENT")
            self.assertIn(f"spawnerr: can't read envfile '{d.dir}/a.env': ENOENT", d.log())
            d.write("a.env", "A=1\n")
            d.becomes("RUNNING")
            self.assertEqual(d.found()["A"], "1")

    def test_what_a_client_is_told(self):
        with House(program("p", "envfile=a.env\nautostart=false\nstartretries=0"), files={"a.env": "A=1\n\n9A=1\n"}) as d:
            with client(d) as proxy:
                self.assertIn("SPAWN_ERROR", str(fault_of(lambda: proxy.supervisor.startProcess("p"))))
                self.assertEqual(proxy.supervisor.getProcessInfo("p")["spawnerr"],
                                 f"envfile '{d.dir}/a.env', line 3: no KEY=VALUE")  # P066
            self.assertEqual(d.ctl("start", "p"), (7, "p: ERROR (spawn error)\n"))

    def test_none_of_these_holds_it_up(self):
        kinds = {"fifo": os.mkfifo, "folder": os.mkdir, "device": lambda path: os.symlink("/dev/zero", path),
                 "large": lambda path: open(path, "w").write("A=1\n" * (1 << 19)),
                 "open": lambda path: open(path, "w").write("A=1\nB=\"2\n\n")}
        text = "".join(program(name, f"envfile={name}.env\nstartretries=0\nstartsecs=0") for name in kinds)
        with House(text + program("p", "startsecs=0"), names=("p", *kinds),
                   before=lambda d: [make(os.path.join(d.dir, name + ".env")) for name, make in kinds.items()]) as d:
            said = {"fifo": "can't read envfile '{}': EINVAL (it is no regular file)",
                    "folder": "can't read envfile '{}': EISDIR",
                    "device": "can't read envfile '{}': EINVAL (it is no regular file)",
                    "large": "envfile '{}' is larger than 1 MiB",
                    "open": "envfile '{}', line 2: No closing quotation"}
            for name, words in said.items():
                d.becomes("FATAL", name=name)
                self.assertEqual(d.info(name)["spawnerr"], words.format(f"{d.dir}/{name}.env"))
            d.becomes("RUNNING")
            d.again()  # who has nothing to do with it goes on
            self.assertEqual(d.finish(), 0)

    @root_only
    def test_a_stranger_s_link(self):
        def before(d):
            d.write("secret", "PASSWORD=hunter2\n")
            os.chmod(os.path.join(d.dir, "secret"), 0o600)
            os.mkdir(os.path.join(d.dir, "home"))
            os.symlink(os.path.join(d.dir, "secret"), os.path.join(d.dir, "home", "app.env"))
            for name in ("home", "home/app.env"):
                os.lchown(os.path.join(d.dir, name), NOBODY.pw_uid, NOBODY.pw_gid)
        with House(program("p", "user=nobody\nenvfile=-home/app.env\nstartretries=0"), before=before) as d:
            d.becomes("FATAL")
            self.assertEqual(d.info()["spawnerr"],
                             f"can't read envfile '{d.dir}/home/app.env': ELOOP (the link {d.dir}/home/app.env belongs to uid "
                             f"{NOBODY.pw_uid} and leads to what is not that user's: it is not followed)")

    def test_only_the_name_is_compared(self):
        with House(program("p", "envfile=a.env\nstartsecs=0"), files={"a.env": "A=1\n"}) as d:
            d.becomes("RUNNING")
            d.write("a.env", "A=2\n")
            self.assertEqual(d.ctl("reread"), (0, "No config updates to processes\n"))
            d.write("s.conf", d.read("s.conf").replace("envfile=a.env", "envfiles=b.env"))
            self.assertEqual(d.ctl("reread"), (0, "p: changed\n"))


class Helpers(unittest.TestCase):
    def everything(self):
        return f"envfile=app.env\nsetenv_user=true\ncleanenv=true\ndirectory={{dir}}/made/here\ndirectory_create=true\n" \
               f"prestart={look('prestart')}\npoststart={look('poststart')}\nprestop={look('prestop')}\n" \
               f"poststop={look('poststop')}\nstopcommand={look('stopcommand')} end\nhealth=exec:{look('health')}\n" \
               f"healthinterval=0.2\nstartsecs=0\n"

    def check(self, more="", survive="", **house):
        # The child's own folder is where its FIFO is: it is told by its whole path.
        text = program("p", self.everything() + more).replace("directory={dir}\n", "", 1).replace("child.py p", "child.py {dir}/p")
        with House(text, survive, files={"app.env": "A=1\n"}, env={**os.environ, "GONE": "1", "LC_X": "kept"}, **house) as d:
            d.becomes("RUNNING")
            it = d.found()
            with client(d) as proxy:
                pid = proxy.supervisor.getProcessInfo("p")["pid"]
                looks = {name: d.seen(name) for name in ("prestart", "poststart", "health")}
                groups = d.groups_of(pid)
                where = os.readlink(f"/proc/{pid}/cwd")
                proxy.supervisor.stopProcess("p")
            looks.update({name: d.seen(name) for name in ("prestop", "stopcommand", "poststop")})
            self.assertEqual((it["A"], it.get("GONE"), it["LC_X"]), ("1", None, "kept"))
            for name, seen in looks.items():
                for key in ("A", "GONE", "HOME", "USER", "LOGNAME", "SHELL", "PATH", "LC_X", "SUPERVISOR_PROCESS_NAME"):
                    self.assertEqual(seen.get(key), it.get(key), f"{key} of {name}")
                self.assertEqual((int(seen["gid"]), sorted(map(int, seen["groups"].split()))), groups, name)
                self.assertEqual(seen["directory"], where, name)
            self.assertEqual(where, f"{d.dir}/made/here")
            return it, groups

    def test_have_what_the_program_has(self):
        own = pwd.getpwuid(os.getuid())
        it, _ = self.check()
        self.assertEqual((it["HOME"], it["USER"], it["LOGNAME"], it["SHELL"]),
                         (own.pw_dir, own.pw_name, own.pw_name, own.pw_shell or "/bin/sh"))

    @root_only
    def test_of_another_user(self):
        it, groups = self.check("user=nobody\ngroup=mail\nsupplementarygroups=games, mail\n")
        self.assertEqual((it["HOME"], it["USER"], it["LOGNAME"], it["SHELL"]),
                         (NOBODY.pw_dir, "nobody", "nobody", NOBODY.pw_shell))
        mail, games = grp.getgrnam("mail").gr_gid, grp.getgrnam("games").gr_gid
        self.assertEqual(groups, (mail, sorted((mail, games))))

    @root_only
    def test_of_an_ordinary_user_s_daemon(self):
        it, _ = self.check(as_root=False)
        self.assertEqual(it["USER"], "nobody")

    @root_only
    def test_with_a_keeper(self):
        _, groups = self.check("user=nobody\ngroup=mail\n", survive="survive=true")
        self.assertEqual(groups[0], grp.getgrnam("mail").gr_gid)

    def test_a_prestart_without_its_env_file(self):
        with House(program("p", f"envfile=no.env\nprestart={look('prestart')}\nstartretries=0")) as d:
            d.becomes("FATAL")
            self.assertEqual(d.info()["spawnerr"], f"prestart failed (can't read envfile '{d.dir}/no.env': ENOENT)")


class Groups(unittest.TestCase):
    @root_only
    def test_of_a_running_child(self):
        mail, games = grp.getgrnam("mail").gr_gid, grp.getgrnam("games").gr_gid
        rows = {"a": ("user=nobody\n", (NOBODY.pw_gid, [NOBODY.pw_gid])),
                "b": (f"user=nobody\ngroup={mail}\n", (mail, [mail])),
                "c": ("user=nobody\nsupplementarygroups=games\n", (NOBODY.pw_gid, sorted((NOBODY.pw_gid, games)))),
                "e": ("user=nobody\nsupplementarygroups=\n", (NOBODY.pw_gid, [NOBODY.pw_gid])),
                "f": ("group=mail\nsupplementarygroups=games\n", (mail, sorted((mail, games))))}
        text = "".join(f"[program:{name}]\ncommand=/bin/sleep 1000\nstartsecs=0\n{more}" for name, (more, _) in rows.items())
        with House(text, names=()) as d:
            for name, (_, groups) in rows.items():
                pid = d.becomes("RUNNING", name=name)["pid"]
                self.assertEqual(d.groups_of(pid), groups, name)
            self.assertEqual(d.groups_of(d.pid)[0], os.getgid())

    @root_only
    def test_an_ordinary_user_cannot(self):
        text = "[program:{0}]\ncommand=/bin/sleep 1000\nstartsecs=0\nautorestart=false\nstderr_logfile={{dir}}/{0}.err\n{1}\n"
        with House(text.format("a", "group=mail") + text.format("b", f"group={NOBODY.pw_gid}\nsupplementarygroups="),
                   names=(), as_root=False) as d:
            d.becomes("RUNNING", name="b")
            d.becomes("EXITED", name="a")
            self.assertEqual(d.read("a.err"), f"supervisor: couldn't setuid to {NOBODY.pw_uid}: Can't change groups as nonroot "
                                              "user\nsupervisor: child process was not spawned\n")

    def test_an_unknown_one(self):  # P048
        with House("[program:p]\ncommand=/bin/cat\ngroup=nosuch\n", names=()) as d:
            status, said = d.refusal()
            self.assertEqual(status, 2)
            self.assertIn("Invalid group name nosuch in section 'program:p'", said)

    @root_only
    def test_over_an_upgrade_and_a_death(self):
        mail = grp.getgrnam("mail").gr_gid
        with House(program("p", "user=nobody\ngroup=mail\nenvfile=app.env\nsetenv_user=true\nstartsecs=0"), "survive=true",
                   files={"app.env": "A=1\n"}) as d:
            d.becomes("RUNNING")
            self.assertEqual(d.ctl("upgrade")[0], 0)
            d.kill_worker()
            d.becomes("RUNNING")
            d.write("app.env", "A=2\n")
            d.again()
            it = d.found()
            self.assertEqual((it["A"], it["USER"]), ("2", "nobody"))
            self.assertEqual(d.groups_of(d.info()["pid"])[0], mail)


class Directories(unittest.TestCase):
    SLEEP = "[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\nstartretries=0\ndirectory_create=true\n"

    def test_made_at_the_first_start_and_at_the_next(self):
        with House(self.SLEEP + "directory={dir}/a/b\ndirectory_mode=0750\n", "umask=077", names=()) as d:
            pid = d.becomes("RUNNING")["pid"]
            self.assertEqual(os.readlink(f"/proc/{pid}/cwd"), f"{d.dir}/a/b")
            for part in ("a", "a/b"):
                self.assertEqual(stat.S_IMODE(os.stat(f"{d.dir}/{part}").st_mode), 0o750)
            with client(d) as proxy:
                proxy.supervisor.stopProcess("p")
                os.rmdir(f"{d.dir}/a/b")
                os.chmod(f"{d.dir}/a", 0o711)
                proxy.supervisor.startProcess("p")
            self.assertEqual(stat.S_IMODE(os.stat(f"{d.dir}/a").st_mode), 0o711)  # what is there stays as it is
            self.assertEqual(stat.S_IMODE(os.stat(f"{d.dir}/a/b").st_mode), 0o750)

    @root_only
    def test_for_its_user(self):
        with House(self.SLEEP + "directory={dir}/a/b\nuser=nobody\ngroup=mail\n", names=()) as d:
            pid = d.becomes("RUNNING")["pid"]
            self.assertEqual(os.readlink(f"/proc/{pid}/cwd"), f"{d.dir}/a/b")
            for part in ("a", "a/b"):
                made = os.stat(f"{d.dir}/{part}")
                self.assertEqual((made.st_uid, made.st_gid), (NOBODY.pw_uid, grp.getgrnam("mail").gr_gid))

    @root_only
    def test_several_at_once(self):
        text = self.SLEEP.replace("startretries=0", "startretries=0\nnumprocs=8\nprocess_name=%(process_num)d\n")
        with House(text + "directory={dir}/a/b\nuser=nobody\nautorestart=false\n", names=()) as d:
            for number in range(8):
                d.becomes("RUNNING", name=f"p:{number}")

    @root_only
    def test_through_a_stranger_s_link(self):
        def before(d):
            for name in ("vault", "home"):
                os.mkdir(os.path.join(d.dir, name))
            os.symlink(os.path.join(d.dir, "vault"), os.path.join(d.dir, "home", "link"))
            for name in ("home", "home/link"):
                os.lchown(os.path.join(d.dir, name), NOBODY.pw_uid, NOBODY.pw_gid)
        with House(self.SLEEP + "directory={dir}/home/link/new\nuser=nobody\n", names=(), before=before) as d:
            d.becomes("FATAL")
            self.assertEqual(d.info()["spawnerr"],
                             f"can't create directory '{d.dir}/home/link/new': ELOOP (the link {d.dir}/home/link belongs to uid "
                             f"{NOBODY.pw_uid} and leads to what is not that user's: it is not followed)")
            self.assertEqual(os.listdir(f"{d.dir}/vault"), [])

    def test_where_none_can_be(self):
        with House(self.SLEEP + "directory={dir}/s.conf/x\n", names=()) as d:
            d.becomes("FATAL")
            self.assertEqual(d.info()["spawnerr"], f"can't create directory '{d.dir}/s.conf/x': ENOTDIR")

    def test_without_the_option(self):
        with House("[program:p]\ncommand=/bin/sleep 1000\ndirectory={dir}/a\nautorestart=false\nstartretries=0\n"
                   "stderr_logfile={dir}/p.err\n", names=()) as d:
            d.becomes("FATAL")
            self.assertTrue(d.read("p.err").startswith(f"supervisor: couldn't chdir to {d.dir}/a: ENOENT\n"))
            self.assertFalse(os.path.exists(f"{d.dir}/a"))


class ALife(unittest.TestCase):
    def test_nothing_of_it_stays_open(self):
        with House(program("p", "envfile=app.env\nstartsecs=0"), files={"app.env": "A=1\n"}) as d:
            d.becomes("RUNNING")
            d.again()
            before = len(os.listdir(f"/proc/{d.working_pid}/fd"))
            for _ in range(5):
                d.again()
            wait_until(lambda: len(os.listdir(f"/proc/{d.working_pid}/fd")) <= before, "as few descriptors as before")
            self.assertTrue(alive(d.info()["pid"]))


if __name__ == "__main__":
    unittest.main()
