"""What runs a container, in a few lines: a folder as root, process 1 of a pid namespace, mounts of its own, read-only if
asked, any user. Needs root and namespaces (`skip_without` says so). Images come from dockerfile.py or a tar."""
import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def can_run():
    return os.getuid() == 0 and subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True).returncode == 0


def wait_until(condition, what, seconds=30):
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.01)
    return value


class Root:
    """A folder that is gone at the end."""

    def __init__(self, tar=None):
        self.path = tempfile.mkdtemp(prefix="troupe-root-")
        os.chmod(self.path, 0o755)
        if tar:
            self.extract(tar)

    def extract(self, tar, where="/"):
        subprocess.run(["tar", "-x", "-p", "-f", tar, "-C", self.inside(where)], check=True)

    def inside(self, path):
        return os.path.join(self.path, path.lstrip("/"))

    def write(self, path, text, mode=0o644):
        os.makedirs(os.path.dirname(self.inside(path)), exist_ok=True)
        with open(self.inside(path), "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(self.inside(path), mode)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)


class Container:
    """`command` as process 1 in `root`; both its channels are in `output`."""

    def __init__(self, root, command, user="0:0", env=None, workdir="/", read_only=False, tmpfs=(), files=None):
        uid, _, gid = user.partition(":")
        self.root, self.user = root, (int(uid), int(gid or 0))
        self.env = {"PATH": PATH, **(env or {})}
        what = {"root": root.path, "command": command, "uid": self.user[0], "gid": self.user[1], "env": self.env,
                "workdir": workdir, "read_only": read_only, "tmpfs": list(tmpfs), "files": files}
        self.log = tempfile.TemporaryFile()
        self.begun = time.monotonic()
        self.process = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child",
                                         sys.executable, os.path.abspath(__file__), json.dumps(what)],
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    @property
    def pid(self):
        """Of its process 1, as seen from here."""
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"

        def child():
            with contextlib.suppress(FileNotFoundError), open(children) as f:
                return f.read().split()
            raise AssertionError("the container is over: " + self.output())
        return int(wait_until(child, "process 1")[0])

    def output(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def run(self, *command, timeout=30):
        """What `docker exec` does, as the container's user."""
        uid, gid = self.user
        enter = ["nsenter", "-t", str(self.pid), "--mount", "--pid", "--root", "--wd=/", "-S", str(uid), "-G", str(gid)]
        return subprocess.run([*enter, *command], env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)

    def send(self, signo):
        os.kill(self.pid, signo)

    def wait(self, timeout=30):
        return self.process.wait(timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            with contextlib.suppress(AssertionError, ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)  # and with it all in it
            self.process.wait()
        self.log.close()


def make_dev(dev):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", dev], check=True)
    for name, minor in (("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)):
        os.mknod(f"{dev}/{name}", 0o20666, os.makedev(1, minor))
        os.chmod(f"{dev}/{name}", 0o666)
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        os.symlink("/proc/self/fd" + target, f"{dev}/{name}")


def become(what):
    """Inside, as process 1."""
    def mount(*words):
        subprocess.run(["mount", *words], check=True)
    root = what["root"]
    mount("--bind", root, root)
    for name in ("proc", "dev", *(path.lstrip("/") for path in what["tmpfs"])):
        os.makedirs(f"{root}/{name}", exist_ok=True)
    mount("-t", "proc", "proc", f"{root}/proc")
    make_dev(f"{root}/dev")
    for path in what["tmpfs"]:
        mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", root + path)
    if what["read_only"]:
        mount("-o", "remount,bind,ro", root)
    for fd in (1, 2):  # as engines do: /dev/stdout can be opened by that user
        os.fchown(fd, what["uid"], what["gid"])
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(what["files"] or most, most),) * 2)
    os.chroot(root)
    os.chdir(what["workdir"])
    os.setgroups([])
    os.setgid(what["gid"])
    os.setuid(what["uid"])
    os.execvpe(what["command"][0], what["command"], what["env"])


if __name__ == "__main__":
    become(json.loads(sys.argv[1]))
