#!/usr/bin/env python3
"""What the Debian packages do to a machine: over Debian's own, back, upgraded, removed, purged, each time in a throw-away
copy of this machine (tests/packaging/root), or in the smallest Debian. TROUPE_PACKAGES: where the packages are
(build/packages). For `make packages`, not for every commit. Must not install anything here.
Vectors of docs/contract/packaging.md, 2.6: D1 Installed (and `make packages-again`), D2 test_as_listed, D3 and D8 Minimal,
D4 to D7 Switch, D8 Removed, D9 to D11, D15, D16 Running, D12 InitScript, D17 Python and tests/python_modules_test.py; D13 and
D14 need no package: tests/notify_test.py."""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = os.path.abspath(os.environ.get("TROUPE_PACKAGES", os.path.join(HERE, "..", "..", "build", "packages")))

# Words of the scripts below. The shell stops at the first command that fails; what is installed asks nobody.
WORDS = r"""
set -eu
exec </dev/null
conf=/etc/supervisor/supervisord.conf
ours() { dpkg -i /packages/supervisor_*.deb >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; return 1; }; }
debians() { dpkg -i /packages/debian/supervisor_*.deb >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; return 1; }; }
files() { find /etc /usr /lib /var -xdev \( -path /var/lib/dpkg -o -path /var/cache -o -path /var/log/dpkg.log \
  -o -path /var/log/alternatives.log -o -name '*.pyc' -o -name __pycache__ \) -prune -o -printf '%p %m %u %g %l\n' | LC_ALL=C sort; }
until_true() { # SECONDS COMMAND...
  end=$(($(date +%s) + $1)); shift
  until "$@" >/dev/null 2>&1; do [ "$(date +%s)" -lt $end ] || { echo "never: $*"; supervisorctl -c $conf status; return 1; }; sleep 0.1; done
}
program() { # NAME COMMAND
  printf '[program:%s]\ncommand=%s\nstdout_logfile=/var/log/%s.out\nstdout_logfile_maxbytes=0\n' "$1" "$2" "$1" >/etc/supervisor/conf.d/"$1".conf
}
serve() { # what is in conf.d, whether the installation has started the daemon or not
  supervisorctl -c $conf version >/dev/null 2>&1 || /etc/init.d/supervisor start >/dev/null || true
  until_true 10 supervisorctl -c $conf version
  supervisorctl -c $conf update >/dev/null
}
up() { until_true 10 sh -c "supervisorctl -c $conf status $1 | grep -q RUNNING"; }
pid_of() { supervisorctl -c $conf pid "$1"; }
count() { # WORDS: processes whose command line begins so
  found=0
  for line in /proc/[0-9]*/cmdline; do
    case "$(tr '\0' ' ' 2>/dev/null <"$line")" in "$1"*) found=$((found + 1)) ;; esac
  done 2>/dev/null
  echo $found
}
"""


class Machine(unittest.TestCase):
    maxDiff = None

    def root(self, script, services=False, status=0, timeout=240, start=None):
        """Runs the script in a copy of this machine, or in the root of the tar `start`; answers what it printed."""
        command = [os.path.join(HERE, "root")] + (["--services"] if services else []) + ["--packages", PACKAGES]
        command += ["--from", start] if start else []
        ran = subprocess.run(command + ["sh", "-c", WORDS + script], capture_output=True, text=True, timeout=timeout)
        if ran.returncode == 77:
            self.skipTest(ran.stderr.strip())
        self.assertEqual(ran.returncode, status, ran.stdout + ran.stderr)
        return ran.stdout


class Installed(Machine):
    def test_as_listed(self):
        """Debian's files, but for its modules, are ours: same paths, modes and owners."""
        def listing(name):
            lines = subprocess.run(["dpkg", "-c", glob.glob(os.path.join(PACKAGES, name))[0]], capture_output=True,
                                   text=True, check=True).stdout.splitlines()
            return {line.split(None, 5)[5]: tuple(line.split()[:2]) for line in lines}
        debians = {path: what for path, what in listing("debian/supervisor_*.deb").items()
                   if "/python3" not in path and not re.search(r"/examples/.+\.py$", path)}
        config = "./etc/supervisor/supervisord.conf"  # of postinst: is not in the package
        self.assertEqual(debians.pop(config), ("-rw-r--r--", "root/root"))
        ours = listing("supervisor_*.deb")
        self.assertEqual({path: ours.get(path) for path in debians}, debians)
        beyond = sorted({re.sub(r"(/doc/supervisor/(docs|examples))/.*", r"\1/", path) for path in set(ours) - set(debians)
                         if not path.endswith("/") or "/doc/" in path})
        self.assertEqual([path for path in beyond if "/man/" not in path and "/bash-completion/" not in path],
                         ["./usr/bin/supervisor_stdout", "./usr/lib/tmpfiles.d/supervisor.conf",
                          "./usr/libexec/troupe/keeper", "./usr/share/doc/supervisor/README.md",
                          "./usr/share/doc/supervisor/SECURITY.md", "./usr/share/doc/supervisor/docs/",
                          "./usr/share/doc/supervisor/examples/", "./usr/share/lintian/overrides/supervisor",
                          "./usr/share/supervisor/supervisord.conf"])

    def test_fresh(self):
        told = self.root("""
            ours
            grep -i 'restart\\|question' /tmp/dpkg.log && exit 1
            cmp $conf /usr/share/supervisor/supervisord.conf
            stat -c %a $conf /etc/init.d/supervisor
            ls /etc/rc2.d | grep supervisor
            readlink /etc/systemd/system/multi-user.target.wants/supervisor.service
            for program in supervisord supervisorctl pidproxy echo_supervisord_conf supervisor_stdout; do
              ! ldd /usr/bin/$program | grep 'not found'
            done
            supervisord --test -c $conf
            supervisord --version
            systemd-analyze verify /lib/systemd/system/supervisor.service 2>&1
            [ ! -e /usr/share/man/man1 ] || [ "$(man -w supervisord.conf supervisorctl | wc -l)" = 2 ]
            systemd-tmpfiles --create /usr/lib/tmpfiles.d/supervisor.conf 2>&1
            """)
        version = re.search(r"supervisor_(.*)-1_", glob.glob(os.path.join(PACKAGES, "supervisor_*.deb"))[0])[1]
        lines = told.splitlines()
        self.assertEqual(lines[:2], ["644", "755"])
        self.assertRegex(lines[2], "^S[0-9]+supervisor$")
        self.assertEqual(lines[3], "/lib/systemd/system/supervisor.service")
        self.assertEqual(lines[-1], version, told)

    def test_depends_on_no_python(self):
        told = subprocess.run(["dpkg", "-f", glob.glob(os.path.join(PACKAGES, "supervisor_*.deb"))[0], "Depends",
                               "Pre-Depends"], capture_output=True, text=True, check=True).stdout
        self.assertIn("libcaf-core0.17", told)
        self.assertNotIn("python", told)
        self.assertNotIn("<<", told, "bound to one version of a library")


    def test_lintian(self):
        if not shutil.which("lintian"):
            self.skipTest("no lintian: scripts/bootstrap package")
        said = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning"]
                              + sorted(glob.glob(os.path.join(PACKAGES, "*.changes"))), capture_output=True, text=True)
        self.assertEqual((said.returncode, said.stdout), (0, ""), said.stderr)


    def test_hardened(self):
        """What the compiler was told (blhc), and what came of it: position-independent, relocations read-only from the start,
        functions that check sizes."""
        with tempfile.TemporaryDirectory() as folder:
            package, = glob.glob(os.path.join(PACKAGES, "supervisor_*.deb"))
            subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
            found = glob.glob(folder + "/usr/bin/*") + glob.glob(folder + "/usr/libexec/troupe/*")
            self.assertEqual(len(found), 6)
            for path in found:
                with self.subTest(os.path.basename(path)):
                    def readelf(*words, of=path):
                        return subprocess.run(["readelf", "-W", *words, of], capture_output=True, text=True, check=True).stdout
                    self.assertIn("DYN (Position-Independent Executable file)", readelf("-h"))
                    self.assertRegex(readelf("-d"), r"\(FLAGS_1\)\s+Flags: NOW PIE")
                    self.assertIn("GNU_RELRO", readelf("-l"))
                    if os.path.basename(path) in ("supervisord", "supervisorctl"):  # the others may call none of them
                        self.assertRegex(readelf("--dyn-syms"), r"__\w+_chk@GLIBC")
        if not shutil.which("blhc"):
            self.skipTest("no blhc: scripts/bootstrap package")
        judged = subprocess.run(["blhc", "--bindnow", os.path.join(PACKAGES, "build.log")], capture_output=True, text=True)
        self.assertEqual((judged.returncode, judged.stdout[:4000]), (0, ""))


class Minimal(Machine):
    """In the smallest Debian, with packages of the network: what ours needs beside it is what it says."""

    def root(self, script, **more):
        start = os.path.join(PACKAGES, "minimal.tar")
        if not os.path.exists(start):
            self.skipTest("no minimal.tar: make packages")
        return super().root("apt-get update -qq >/dev/null 2>&1\n" + script, start=start, timeout=600, **more)

    FIRST = """
            apt-get install -y -qq --no-install-recommends /packages/supervisor_*.deb >/tmp/apt.log 2>&1 || cat /tmp/apt.log
            """

    def test_runs_as_installed(self):
        told = self.root(self.FIRST + """
            dpkg -l | grep -i python && exit 1
            for program in supervisord supervisorctl pidproxy echo_supervisord_conf supervisor_stdout; do
              ldd /usr/bin/$program | grep 'not found' && exit 1
            done
            /usr/bin/supervisord -n -c $conf >/tmp/said &
            until_true 20 supervisorctl version
            supervisorctl version
            supervisorctl health
            supervisorctl shutdown
            wait $!
            """)
        self.assertRegex(told.splitlines()[0], r"4\.3\.0\+troupe")

    def test_purge_takes_back_what_came(self):
        told = self.root(self.FIRST + """
            dpkg -P supervisor >/dev/null 2>&1
            files | grep supervisor | grep -v '^/var/lib/apt\|^/var/log/apt' && exit 1
            files >/tmp/before
            """ + PURGED.format(first="") + """
            sed -i 's/^NOW //' /tmp/after
            diff /tmp/before /tmp/after || true
            """, services=True)
        self.assertEqual(re.findall(r"^[<>] (\S+)", told, re.M),
                         ["/etc/supervisor", "/etc/supervisor/conf.d", "/etc/supervisor/conf.d/a.conf",
                          "/etc/supervisor/conf.d/named.conf", "/var/log/supervisor", "/var/log/supervisor/named.log"], told)


class Switch(Machine):
    def test_over_debians_and_back(self):
        self.root("""
            debians
            files >/tmp/before
            cp $conf /tmp/conf
            ours
            cmp $conf /tmp/conf
            [ "$(stat -c %a /etc/init.d/supervisor)" = 755 ]
            ls /etc/rc2.d | grep -q supervisor
            readlink -e /etc/systemd/system/multi-user.target.wants/supervisor.service
            dpkg -i /packages/python3-supervisor_*.deb /packages/troupe-supervisor_*.deb
            dpkg -r troupe-supervisor python3-supervisor
            debians
            files >/tmp/after
            diff /tmp/before /tmp/after
            cmp $conf /tmp/conf
            """)

    def test_edited_files_are_nobodys_business(self):
        self.root("""
            debians
            echo '; mine' >>$conf
            program a '/bin/sleep 1000'
            cat $conf /etc/supervisor/conf.d/a.conf >/tmp/mine
            same() { cat $conf /etc/supervisor/conf.d/a.conf | cmp - /tmp/mine; }
            ours && same
            ours && same
            debians && same
            ours && same
            """)

    def test_ours_first_then_debians(self):
        self.root("""
            ours
            debians
            grep -q 'supervisor config file' $conf
            [ "$(dpkg-query -W -f '${db:Status-Status}' supervisor)" = installed ]
            """)

    def test_an_upgrade_to_debians_that_fails_leaves_the_configuration(self):
        self.root("""
            ours
            mkdir /tmp/broken && dpkg-deb -R /packages/debian/supervisor_*.deb /tmp/broken
            sed -i '2i exit 1' /tmp/broken/DEBIAN/preinst
            dpkg-deb -b /tmp/broken /tmp/broken.deb >/dev/null
            ! dpkg -i /tmp/broken.deb >/dev/null 2>&1
            cmp $conf /usr/share/supervisor/supervisord.conf
            [ "$(dpkg-query -W -f '${db:Status-Status}' supervisor)" = installed ]
            """)

    def test_one_that_was_deleted_stays_away(self):
        self.root("ours; rm $conf; ours; [ ! -e $conf ]")

    def test_troupe_supervisor_holds_it(self):
        """An ordinary upgrade brings a later one of the archive's, unless troupe-supervisor is there."""
        told = self.root("""
            ours
            mkdir /tmp/later /tmp/repository && dpkg-deb -R /packages/debian/supervisor_*.deb /tmp/later
            sed -i 's/^Version: .*/Version: 9.0-1/' /tmp/later/DEBIAN/control
            dpkg-deb -b /tmp/later /tmp/repository/supervisor_9.0-1_all.deb >/dev/null
            cd /tmp/repository && dpkg-scanpackages . >Packages 2>/dev/null
            echo 'deb [trusted=yes] file:/tmp/repository ./' >/tmp/repository.list
            apt() { apt-get -o Dir::Etc::sourcelist=/tmp/repository.list -o Dir::Etc::sourceparts=- "$@"; }
            apt update >/dev/null 2>&1
            echo "without: $(apt -s upgrade | grep -c 'Inst supervisor .*9.0-1')"
            dpkg -i /packages/troupe-supervisor_*.deb >/dev/null
            echo "with: $(apt -s upgrade | grep -c 'Inst supervisor .*9.0-1')"
            """)
        self.assertEqual(told, "without: 1\nwith: 0\n")


PURGED = """
    {first}
    ours
    program a '/bin/sh -c "echo word; exec sleep 1000"'
    sed -i '/stdout_logfile/d' /etc/supervisor/conf.d/a.conf
    program named '/bin/sh -c "echo word; exec sleep 1000"'
    sed -i 's#/var/log/named.out#/var/log/supervisor/named.log#' /etc/supervisor/conf.d/named.conf
    serve
    up a && up named
    ls /var/log/supervisor/a-stdout---*.log
    dpkg -P supervisor 2>&1
    [ "$(count sleep)" = 0 ]
    files | sed 's/^/NOW /' >/tmp/after
    """


class Removed(Machine):
    def test_purge_takes_back_what_came(self):
        for name, first in (("ours", ""), ("Debian's first", "debians")):
            with self.subTest(name):
                told = self.root("files >/tmp/before\n" + PURGED.format(first=first) + """
                    sed -i 's/^NOW //' /tmp/after
                    diff /tmp/before /tmp/after || true
                    rm -r /etc/supervisor /var/log/supervisor
                    ours
                    cmp $conf /usr/share/supervisor/supervisord.conf
                    """, services=True)
                left = re.findall(r"^[<>] (\S+)", told, re.M)
                self.assertEqual(left, ["/etc/supervisor", "/etc/supervisor/conf.d", "/etc/supervisor/conf.d/a.conf",
                                        "/etc/supervisor/conf.d/named.conf", "/var/log/supervisor",
                                        "/var/log/supervisor/named.log"], told)

    def test_purge_of_an_untouched_one_leaves_nothing(self):
        self.root("""
            files >/tmp/before
            ours
            dpkg -P supervisor
            files | diff /tmp/before -
            """)

    def test_removed_but_not_purged(self):
        self.root("""
            ours
            program a '/bin/sleep 1000'
            dpkg -r supervisor
            [ -e $conf ] && [ -e /etc/supervisor/conf.d/a.conf ]
            /etc/init.d/supervisor start 2>/dev/null || true
            ours
            [ -x /etc/init.d/supervisor ]
            """)


class Running(Machine):
    def test_upgraded_in_place(self):
        told = self.root("""
            ours
            program writer '/bin/sh -c "i=0; while :; do i=$$((i+1)); echo $i; sleep 0.01; done"'
            sed -i 's/\\$\\$/$/' /etc/supervisor/conf.d/writer.conf
            serve
            up writer
            before="$(cat /run/supervisord.pid) $(pid_of writer)"
            ours
            cat /tmp/dpkg.log
            after="$(cat /run/supervisord.pid) $(pid_of writer)"
            echo "before $before"
            echo "after $after"
            size=$(wc -l </var/log/writer.out)
            until_true 20 sh -c "[ \\$(wc -l </var/log/writer.out) -gt $((size + 20)) ]"
            /etc/init.d/supervisor stop
            seq "$(wc -l </var/log/writer.out)" | cmp - /var/log/writer.out
            """, services=True)
        self.assertEqual(re.search("^before (.*)", told, re.M)[1], re.search("^after (.*)", told, re.M)[1], told)
        self.assertIn("supervisord: upgraded ", told)
        self.assertNotIn("restarted", told)

    def test_in_place_with_a_keeper(self):
        told = self.root("""
            ours
            sed -i 's/^\\[supervisord\\]/&\\nsurvive=true/' $conf
            program sleeper '/bin/sleep 1000'
            /etc/init.d/supervisor restart
            up sleeper
            before="$(cat /run/supervisord.pid) $(pid_of sleeper)"
            ours
            cat /tmp/dpkg.log
            [ "$before" = "$(cat /run/supervisord.pid) $(pid_of sleeper)" ]
            /etc/init.d/supervisor status
            /etc/init.d/supervisor stop
            [ "$(count '/bin/sleep')" = 0 ]
            """, services=True)
        self.assertIn("supervisord: upgraded ", told)

    DEBIANS = """
            {before}
            debians
            program one '/bin/sleep 1001'
            program two '/bin/sleep 1002'
            serve
            up one && up two
            old=$(cat /run/supervisord.pid)
            [ "$(supervisorctl -c $conf version)" = 4.2.5 ]
            """

    def test_over_a_debian_daemon(self):
        told = self.root(self.DEBIANS.format(before="") + """
            ours
            cat /tmp/dpkg.log
            up one && up two
            supervisorctl -c $conf version
            [ "$(cat /run/supervisord.pid)" != "$old" ]
            [ "$(count '/bin/sleep 1001') $(count '/bin/sleep 1002')" = "1 1" ]
            """, services=True)
        self.assertEqual(told.count("programs are restarted once"), 1, told)
        self.assertIn("4.3.0+troupe", told.splitlines()[-1])

    def test_not_to_be_restarted(self):
        told = self.root(self.DEBIANS.format(before="") + """
            echo RESTART_ON_UPGRADE=no >>/etc/default/supervisor
            dpkg --force-confold -i /packages/supervisor_*.deb
            [ "$(cat /run/supervisord.pid)" = "$old" ] && kill -0 $old
            supervisorctl -c $conf version
            supervisorctl -c $conf status
            """, services=True)
        self.assertIn("the old daemon goes on", told)
        self.assertEqual(told.count("RUNNING"), 2)
        self.assertIn("\n4.2.5\n", told)

    def test_policy_forbids(self):
        told = self.root("""
            ours
            /etc/init.d/supervisor start
            old=$(cat /run/supervisord.pid)
            ours
            cat /tmp/dpkg.log
            [ "$(cat /run/supervisord.pid)" = "$old" ]
            """)
        self.assertIn("forbidden by policy-rc.d", told)

    def test_one_that_cannot_start_again(self):
        """The package says so and is not configured; what is wrong is mended, and it is."""
        told = self.root(self.DEBIANS.format(before="") + """
            printf '[program:x]\\n' >/etc/supervisor/conf.d/x.conf
            ! dpkg -i /packages/supervisor_*.deb 2>&1
            [ "$(dpkg-query -W -f '${db:Status-Status}' supervisor)" = half-configured ]
            rm /etc/supervisor/conf.d/x.conf
            dpkg --configure -a
            /etc/init.d/supervisor status
            """, services=True)
        self.assertIn("supervisord does not run after its restart", told)

    def test_exec_stop_ends_the_right_one(self):
        """A daemon of /etc/supervisord.conf is found first without -c."""
        self.root("""
            ours
            sed 's#/var/run/#/tmp/other.#; s#/var/log/supervisor#/tmp#; /include/,$d' $conf | sed 's#/var/run/#/tmp/other.#' >/etc/supervisord.conf
            supervisord -c /etc/supervisord.conf
            /etc/init.d/supervisor start
            other=$(cat /tmp/other.supervisord.pid) mine=$(cat /run/supervisord.pid)
            OPTIONS=
            eval "$(sed -n 's/^ExecStop=//p' /lib/systemd/system/supervisor.service)"
            until_true 30 sh -c "! kill -0 $mine"
            kill -0 $other
            """)

    def test_a_daemon_of_ones_own(self):
        told = self.root("""
            ours
            /etc/init.d/supervisor start
            mkdir /tmp/own && chown nobody /tmp/own
            sed 's#/var/run/#/tmp/own/#; s#/var/log/supervisor#/tmp/own#; /include/,$d' $conf >/tmp/own/own.conf
            as() { setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; }
            as supervisord -c /tmp/own/own.conf
            as supervisorctl -c /tmp/own/own.conf version
            as supervisorctl -c /tmp/own/own.conf shutdown
            as supervisorctl -c $conf status || true
            """)
        self.assertIn("4.3.0+troupe", told)
        self.assertIn("Permission denied", told)


# systemctl that writes down what it is asked to do, and says that the service runs if a daemon does.
SYSTEMD = r"""
mkdir -p /run/systemd/system
cat >/tmp/systemctl <<'EOF'
#!/bin/sh
echo "$*" >>/tmp/asked
case "$*" in
*is-active*) pgrep -f /usr/bin/supervisord >/dev/null ;;
*is-enabled*) echo enabled ;;
esac
EOF
chmod 755 /tmp/systemctl
cp --remove-destination /tmp/systemctl /usr/bin/systemctl
asked() { grep -oE '(start|stop|restart|try-restart|reload|kill) .*' /tmp/asked || true; rm -f /tmp/asked; }
"""


class UnderSystemd(Machine):
    """What systemd is asked to do; there is none here that does it."""

    def test_upgraded_in_place(self):
        told = self.root(SYSTEMD + """
            ours
            echo "first: $(asked)"
            program a '/bin/sleep 1000'
            supervisord -c $conf
            up a
            pid=$(pid_of a)
            ours
            grep -o 'supervisord: upgraded' /tmp/dpkg.log
            echo "again: $(asked)"
            [ "$(pid_of a)" = "$pid" ]
            dpkg -r supervisor >/dev/null 2>&1
            echo "removed: $(asked)"
            """, services=True)
        self.assertEqual([" ".join(line.split()) for line in told.splitlines()],
                         ["first: start supervisor.service", "supervisord: upgraded", "again: start supervisor.service",
                          "removed: stop supervisor.service"], told)

    def test_over_a_debian_daemon(self):
        told = self.root(SYSTEMD + """
            debians
            /usr/bin/supervisord -c $conf
            until_true 20 supervisorctl -c $conf version
            asked >/dev/null
            ours
            grep restarted /tmp/dpkg.log
            asked
            """, services=True)
        self.assertEqual(told.splitlines(), ["supervisor: programs are restarted once", "start supervisor.service",
                                             "restart supervisor.service"])


class Python(Machine):
    def test_listeners(self):
        """Debian's own example, and one of ours, with the modules of python3-supervisor; what Python compiles goes with them."""
        told = self.root("""
            files >/tmp/before
            ours
            dpkg -i /packages/python3-supervisor_*.deb >/dev/null
            python3 -c 'import importlib.metadata as m, supervisor.childutils; print(m.version("supervisor"), supervisor.__file__)'
            dpkg -x /packages/debian/supervisor_*.deb /tmp/debian
            echo '[eventlistener:theirs]
            command=python3 /tmp/debian/usr/share/doc/supervisor/examples/sample_eventlistener.py
            events=PROCESS_STATE_RUNNING
            stderr_logfile=/tmp/theirs.err' | sed 's/^ *//' >/etc/supervisor/conf.d/theirs.conf
            program late '/bin/sleep 1000'
            echo autostart=false >>/etc/supervisor/conf.d/late.conf
            serve
            up theirs
            supervisorctl -c $conf start late
            until_true 20 grep processname:late /tmp/theirs.err
            ! grep UNKNOWN /var/log/supervisor/supervisord.log
            rm /etc/supervisor/conf.d/* /var/log/late.out
            dpkg -P python3-supervisor supervisor >/dev/null
            files | diff /tmp/before -
            find /usr/lib/python3/dist-packages/supervisor* 2>/dev/null || true
            """, services=True)
        self.assertEqual(told.splitlines()[0], "4.3.0 /usr/lib/python3/dist-packages/supervisor/__init__.py")
        self.assertEqual(told.splitlines()[-1], "late: started", told)

    def test_not_beside_supervisors_own(self):
        self.root("""
            debians
            ! dpkg -i /packages/python3-supervisor_*.deb >/dev/null 2>&1
            python3 -c 'import importlib.metadata as m; assert m.version("supervisor") == "4.2.5"'
            """)


class InitScript(Machine):
    def test_every_verb(self):
        told = self.root("""
            ours
            init=/etc/init.d/supervisor
            try() { code=0; "$init" "$@" >/tmp/said 2>&1 || code=$?; echo "$state $* $code"; [ -s /tmp/said ] || echo "$state $*: silent"; }
            program slow "/bin/sh -c 'trap \\"sleep 4; exit 0\\" TERM; echo up; while :; do sleep 0.1; done'"
            echo stopwaitsecs=60 >>/etc/supervisor/conf.d/slow.conf
            state=off
            for verb in status stop force-reload try-restart reload; do try $verb; done
            [ ! -e /run/supervisord.pid ]
            try start && up slow
            state=on
            pid=$(cat /run/supervisord.pid)
            try status && try start
            [ "$(cat /run/supervisord.pid)" = "$pid" ]
            try reload && up slow
            [ "$(cat /run/supervisord.pid)" = "$pid" ]
            for verb in restart force-reload try-restart; do
              try $verb && up slow
              [ "$(cat /run/supervisord.pid)" != "$pid" ]
              pid=$(cat /run/supervisord.pid)
            done
            ! grep -q SIGKILL /var/log/supervisor/supervisord.log
            echo STOP_TIMEOUT=1 >>/etc/default/supervisor
            state=impatient && try stop
            grep 'has not ended within 1 s' /tmp/said
            sed -i /STOP_TIMEOUT=1/d /etc/default/supervisor
            state=on && try stop
            kill -0 $pid 2>/dev/null && exit 1
            state=off && echo 999999 >/run/supervisord.pid && try status && try start && up slow
            state=on && try stop && try nonsense
            printf '[program:x]\\n' >/etc/supervisor/conf.d/x.conf
            state=broken && try start && cat /tmp/said
            ! grep -q SIGKILL /var/log/supervisor/supervisord.log
            """)
        lines = told.splitlines()
        codes = [line for line in lines if re.fullmatch(r"\w+ [\w-]+ \d+", line)]
        self.assertEqual(codes, [
            "off status 3", "off stop 0", "off force-reload 0", "off try-restart 0", "off reload 0", "off start 0",
            "on status 0", "on start 0", "on reload 0", "on restart 0", "on force-reload 0", "on try-restart 0",
            "impatient stop 1", "on stop 0", "off status 1", "off start 0", "on stop 0", "on nonsense 2",
            "broken start 1"], told)
        self.assertEqual([line for line in lines if "silent" in line],
                         ["off force-reload: silent", "off try-restart: silent", "off reload: silent"])
        self.assertIn("x.conf", told[told.index("broken start 1"):], "the daemon's own error")


if __name__ == "__main__":
    if not glob.glob(os.path.join(PACKAGES, "supervisor_*.deb")):
        sys.exit(f"matrix: no packages in {PACKAGES}: scripts/build-deb makes them")
    debians = os.path.join(PACKAGES, "debian")
    if not glob.glob(os.path.join(debians, "supervisor_4.2.5-1_*.deb")):
        os.makedirs(debians, exist_ok=True)
        subprocess.run(["apt-get", "download", "-qq", "supervisor=4.2.5-1"], cwd=debians, check=True)
    unittest.main(verbosity=2)
