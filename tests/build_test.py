#!/usr/bin/env python3
"""What a person gets from the build: a clean copy without .git configures without test packages and builds programs only;
an installation is packaging/files.txt, can be moved and taken back; a missing package is one command to be run."""
import configparser
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import BIN, ORACLE, PORTABLE, ROOT  # noqa: E402

BUILD = os.path.dirname(os.path.abspath(BIN))
COMPONENTS = ("runtime", "development", "doc", "examples", "man", "completions")


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


class Folder(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="troupe.build.")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def inside(self, *parts):
        return os.path.join(self.dir, *parts)


class Configure(Folder):
    """A plain `cmake -S . -B build`, in a copy of the sources as a release's archive has them."""

    def setUp(self):
        super().setUp()
        self.source = self.inside("source")
        shutil.copytree(ROOT, self.source, symlinks=True,
                        ignore=shutil.ignore_patterns("build", ".git", "node_modules", "__pycache__"))
        self.configure("-DTROUPE_UNITY=OFF")  # so that each file has a command of its own

    def configure(self, *more):
        configured = run("cmake", "-S", self.source, "-B", self.inside("build"), "-G", "Ninja", *more)
        self.assertEqual(configured.returncode, 0, configured.stdout + configured.stderr)

    def compile(self, source):
        commands = run("ninja", "-C", self.inside("build"), "-t", "commands", "programs").stdout.splitlines()
        command = next(line for line in commands if line.endswith(" " + os.path.join(self.source, source)))
        return run("sh", "-c", command, cwd=self.inside("build"))

    def test_programs_need_no_tests_and_tests_no_mercy(self):
        commands = run("ninja", "-C", self.inside("build"), "-t", "commands", "programs").stdout
        self.assertIn(os.path.join(self.source, "apps/supervisord.cpp"), commands)
        self.assertEqual(re.findall(f"{re.escape(self.source)}/(?:tests|benchmarks|examples)/\\S*", commands), [])
        with open(self.inside("build", "CMakeCache.txt")) as f:
            cache = f.read()
        self.assertNotIn("boost_unit_test_framework_DIR", cache)
        self.assertIn("CMAKE_BUILD_TYPE:STRING=Release\n", cache)

        with open(os.path.join(self.source, "config/text.cpp"), "a") as f:
            f.write("\nvoid of_a_newer_compiler() { int nobody_uses_this = 0; }\n")
        compiled = self.compile("config/text.cpp")
        self.assertEqual(compiled.returncode, 0, compiled.stderr)
        self.assertIn("warning: unused variable", compiled.stderr)
        self.configure("-DTROUPE_DEVELOPER=ON", "-DBUILD_TESTING=OFF")
        compiled = self.compile("config/text.cpp")
        self.assertNotEqual(compiled.returncode, 0)
        self.assertIn("error: unused variable", compiled.stderr)

    def test_no_include_goes_up(self):
        """A room sees those it stands on, and no other."""
        for source, beyond in (("config/text.cpp", "platform/spawn.hpp"), ("platform/spawn.cpp", "protocols/events.hpp"),
                               ("protocols/events.cpp", "actors/core/control.hpp"),
                               ("actors/core/control.cpp", "actors/io/child_io.hpp"),
                               ("actors/io/relay.cpp", "actors/rpc/rpc_methods.hpp"),
                               ("actors/rpc/rpc_caller.cpp", "actors/extensions/extensions.hpp"),
                               ("actors/extensions/extensions.cpp", "actors/web/web_desk.hpp"),
                               ("actors/web/web_desk.cpp", "actors/extensions/extensions.hpp"),
                               ("actors/web/web_desk.cpp", "actors/http/http_server.hpp"),
                               ("actors/http/http_rpc.cpp", "actors/services.hpp"),
                               ("apps/ctl/session.cpp", "actors/core/control.hpp")):
            with self.subTest(source=source, beyond=beyond):
                self.assertTrue(os.path.exists(os.path.join(self.source, beyond)))
                path = os.path.join(self.source, source)
                with open(path) as f:
                    text = f.read()
                with open(path, "w") as f:
                    f.write(f'#include "{beyond}"\n{text}')
                self.assertIn(f"fatal error: {beyond}: No such file or directory", self.compile(source).stderr)
                with open(path, "w") as f:
                    f.write(text)


class Install(Folder):
    """By components: that leaves the manifest of a real `make install` from this folder alone."""

    def setUp(self):
        super().setUp()
        self.manifest = self.inside("manifest.txt")
        with open(self.manifest, "w") as manifest:
            for component in COMPONENTS:
                installed = run("cmake", "--install", BUILD, "--prefix", "/usr", "--strip", "--component", component,
                                env=dict(os.environ, DESTDIR=self.inside("root")))
                self.assertEqual(installed.returncode, 0, installed.stderr)
                with open(os.path.join(BUILD, f"install_manifest_{component}.txt")) as f:
                    manifest.write(f.read().rstrip("\n") + "\n")

    def files(self):
        found = []
        for folder, _, names in os.walk(self.inside("root")):
            for name in names:
                path = os.path.join(folder, name)
                mode = stat.S_IMODE(os.lstat(path).st_mode)
                found.append((os.path.relpath(path, self.inside("root", "usr")), f"{mode:04o}"))
        return [f"{mode} {path}" for path, mode in sorted(found)]

    def test_exactly_what_is_listed(self):
        with open(os.path.join(ROOT, "packaging", "files.txt")) as f:
            listed = [line.rstrip("\n") for line in f if not line.startswith("#")]
        if PORTABLE:  # the keeper is for Linux only
            listed = [line for line in listed if " libexec/" not in line]
        self.assertEqual(self.files(), listed, "what is installed, and packaging/files.txt")
        with open(os.path.join(BUILD, "cmake_install.cmake")) as f:
            self.assertNotIn("Unspecified", f.read(), "a file of no component")

        removed = run("cmake", f"-DMANIFEST={self.manifest}", "-P", os.path.join(ROOT, "cmake", "uninstall.cmake"),
                      env=dict(os.environ, DESTDIR=self.inside("root")))
        self.assertEqual(removed.returncode, 0, removed.stderr)
        self.assertEqual(self.files(), [])
        self.assertEqual(sorted(os.listdir(self.inside("root", "usr", "share", "doc"))), [])
        self.assertFalse(os.path.exists(self.manifest))

    def test_no_program_dies_where_it_is_told_to(self):
        """Points at which a test kills the worker (platform/fault_point.hpp) are in a program of their own."""
        for folder, _, names in os.walk(self.inside("root", "usr")):
            for name in names if "/share/doc/" not in folder + "/" else ():
                with open(os.path.join(folder, name), "rb") as f:
                    self.assertNotIn(b"TROUPE_DIE_AT", f.read(), name)

    def test_runs_wherever_it_is_moved(self):
        os.rename(self.inside("root", "usr"), self.inside("moved"))
        with open(os.path.join(BUILD, "CMakeCache.txt")) as f:
            optimised = "CMAKE_BUILD_TYPE:STRING=Release\n" in f.read()
        for program in sorted(os.listdir(self.inside("moved", "bin"))):
            with open(self.inside("moved", "bin", program), "rb") as f:
                content = f.read()
            if optimised: # assertions name their files
                self.assertNotIn(ROOT.encode(), content, program)
        for program in ("supervisord", "supervisorctl"):
            ran = run(self.inside("moved", "bin", program), "--version" if program == "supervisord" else "--help")
            self.assertEqual(ran.returncode, 0, ran.stderr)
            self.assertTrue(ran.stdout)


class Package(unittest.TestCase):
    """What of the Debian packages can be seen without building them; the rest is `make packages`."""

    def read(self, *path):
        with open(os.path.join(ROOT, *path)) as f:
            return f.read()

    def test_versions_are_the_programs(self):
        version = run(os.path.join(BIN, "supervisord"), "--version").stdout.strip()
        self.assertRegex(self.read("debian", "changelog"), rf"^troupe \({re.escape(version)}-\d+\) ")
        metadata = self.read("python", f"supervisor-{version.split('+')[0]}.dist-info", "METADATA")
        self.assertIn(f"\nVersion: {version.split('+')[0]}\n", metadata)

    def test_configuration_is_debians(self):
        """The same settings; words of our own."""
        def settings(text):
            parser = configparser.RawConfigParser(inline_comment_prefixes=(";",))
            parser.read_string(text)
            return {name: dict(parser[name]) for name in parser.sections()}
        path = os.path.join(ORACLE, "etc/supervisor/supervisord.conf")
        if not os.path.exists(path):
            self.skipTest("Debian's Supervisor is not there: scripts/fetch-oracle")
        with open(path) as f:
            self.assertEqual(settings(self.read("packaging", "supervisord.conf")), settings(f.read()))

    def test_unit(self):
        unit = dict(line.split("=", 1) for line in self.read("debian", "supervisor.service").splitlines() if "=" in line and line[0] != "#")
        config = "-c /etc/supervisor/supervisord.conf"
        self.assertEqual(unit["ExecStart"], f"/usr/bin/supervisord -n {config}")
        self.assertEqual(unit["ExecStop"], f"/usr/bin/supervisorctl {config} $OPTIONS shutdown")
        self.assertEqual(unit["ExecReload"], f"/usr/bin/supervisorctl {config} $OPTIONS reload")
        self.assertEqual([unit[key] for key in ("Type", "NotifyAccess", "KillMode", "Restart", "RestartSec", "After", "WantedBy")],
                         ["notify", "main", "process", "on-failure", "50s", "network.target", "multi-user.target"])
        self.assertNotIn("TimeoutStopSec", unit, "the daemon asks for what it needs")


class Bootstrap(Folder):
    """scripts/bootstrap of somebody who is not root, on a machine where a package is missing."""

    def setUp(self):
        super().setUp()
        self.program("id", "echo 1000")
        self.program("dpkg-query", 'case "$*" in *libedit-dev*) exit 1 ;; esac; printf installed')
        self.program("apt-get", f"echo apt-get >> {self.inside('called')}")
        self.sudo = f"echo \"$*\" >> {self.inside('called')}; "

    def program(self, name, text):
        with open(self.inside(name), "w") as f:
            f.write(f"#!/bin/sh\n{text}\n")
        os.chmod(self.inside(name), 0o755)

    def bootstrap(self):
        return run(os.path.join(ROOT, "scripts", "bootstrap"), stdin=subprocess.DEVNULL, timeout=20,
                   env=dict(os.environ, PATH=self.dir + ":/usr/bin:/bin"))

    def called(self):
        if not os.path.exists(self.inside("called")):
            return []
        with open(self.inside("called")) as f:
            return f.read().splitlines()

    def test_who_has_no_sudo_is_told_the_one_command(self):
        self.program("sudo", self.sudo + "exit 1")
        told = self.bootstrap()
        self.assertEqual(told.returncode, 3)
        self.assertIn("    apt-get install --no-install-recommends libedit-dev\n", told.stderr)
        self.assertEqual(told.stdout, "")
        self.assertEqual(self.called(), ["-n true"])

    def test_who_has_sudo_installs_what_is_missing(self):
        self.program("sudo", self.sudo + "cat > /dev/null")
        done = self.bootstrap()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libedit-dev",
                      self.called())

    def test_nothing_is_missing(self):
        self.program("sudo", self.sudo + "exit 1")
        self.program("dpkg-query", "printf installed")
        done = self.bootstrap()
        self.assertEqual((done.returncode, done.stdout, done.stderr, self.called()), (0, "", "", []))


if __name__ == "__main__":
    unittest.main()
