"""A Dockerfile built and run without an engine: FROM, ADD, COPY, RUN, ENV, USER, WORKDIR, STOPSIGNAL, HEALTHCHECK, ENTRYPOINT
and CMD, in chroots (container.py). What else stands in one is an error. RUN has the network of this machine."""
import glob
import json
import os
import re
import shlex
import shutil
import signal

from container import PATH, Container, Root


def lines_of(text):
    """Instructions, in their order: (word, rest)."""
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.M).replace("\\\n", " ")
    return [tuple(line.strip().split(None, 1)) for line in text.splitlines() if line.strip()]


def command_of(text):
    """As a list, or through the shell."""
    return json.loads(text) if text.startswith("[") else ["/bin/sh", "-c", text]


class Image:
    """`bases`: {name of an image: tar of its root}; `context`: the folder that COPY and ADD take from."""

    def __init__(self, dockerfile, context, bases):
        self.context, self.bases = context, bases
        self.root, self.env, self.user, self.workdir = None, {"PATH": PATH}, "0:0", "/"
        self.entrypoint, self.command, self.health, self.stop_signal = [], [], None, signal.SIGTERM
        try:
            for word, rest in lines_of(dockerfile):
                getattr(self, "do_" + word.lower())(rest)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.root:
            shutil.rmtree(self.root.path)

    def do_from(self, name):
        self.root = Root(None if name == "scratch" else self.bases[name])

    def copy(self, rest, unpack):
        *sources, target = json.loads(rest) if rest.startswith("[") else shlex.split(rest)
        found = [path for source in sources for path in sorted(glob.glob(os.path.join(self.context, source)))]
        assert found, f"nothing matches {sources}"
        target = os.path.join(self.workdir, target)
        for path in found:
            if unpack and ".tar" in os.path.basename(path):
                os.makedirs(self.root.inside(target), exist_ok=True)
                self.root.extract(path, target)
                continue
            into = os.path.join(target, os.path.basename(path)) if target.endswith("/") else target
            os.makedirs(os.path.dirname(self.root.inside(into)), exist_ok=True)
            if os.path.isdir(path):
                shutil.copytree(path, self.root.inside(target), dirs_exist_ok=True)
            else:
                shutil.copy(path, self.root.inside(into))

    def do_add(self, rest):
        self.copy(rest, unpack=True)

    def do_copy(self, rest):
        self.copy(rest, unpack=False)

    def do_run(self, rest):
        for name in ("resolv.conf", "hosts"):  # as an engine does
            if os.path.exists("/etc/" + name):
                shutil.copy("/etc/" + name, self.root.inside("/etc/" + name))
        with Container(self.root, command_of(rest), self.user, self.env, self.workdir) as c:
            status = c.wait(900)
            assert status == 0, f"RUN {rest}: {status}\n{c.output()}"

    def do_env(self, rest):
        self.env.update(word.split("=", 1) for word in shlex.split(rest))

    def do_user(self, rest):
        self.user = rest

    def do_workdir(self, rest):
        self.workdir = os.path.join(self.workdir, rest)
        os.makedirs(self.root.inside(self.workdir), exist_ok=True)

    def do_stopsignal(self, rest):
        self.stop_signal = signal.Signals[rest]

    def do_healthcheck(self, rest):
        self.health = command_of(rest.split("CMD", 1)[1].strip())

    def do_entrypoint(self, rest):
        self.entrypoint = command_of(rest)

    def do_cmd(self, rest):
        self.command = command_of(rest)

    def run(self, **more):
        return Container(self.root, self.entrypoint + self.command, **{"user": self.user, "env": self.env,
                                                                       "workdir": self.workdir, **more})


def health_of(image, container):
    """The status of its HEALTHCHECK."""
    return container.run(*image.health).returncode
