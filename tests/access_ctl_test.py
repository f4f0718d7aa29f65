"""supervisorctl and a daemon with access control: the vectors of docs/contract/access.md, 12.4, by the programs as they
are built. The daemon's rules and programs are those of access_test.py."""
import os
import shutil
import subprocess
import unittest

import access_test
from access_test import CARL
from support import BIN, PATIENCE, Daemon, free_port, wait_until

OFF = "access control is off: whoever gets in may do everything\n"
BANNER = "==> Press Ctrl-C to exit <==\n"


class Client(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.port, cls.old_port = free_port(), free_port()
        cls.daemon = Daemon(access_test.servers(cls.port, cls.old_port) + access_test.USERS + access_test.PROGRAMS)
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.socket = os.path.join(cls.daemon.dir, "S")
        cls.client = shutil.copy(os.path.join(BIN, "supervisorctl"), cls.daemon.dir)  # where everybody may run it
        cls.daemon.wait_for("success: p2 entered RUNNING")
        wait_until(lambda: len(access_test.over_unix(cls.socket).supervisor.getAllProcessInfo()) == 7, "all of them")

    def run_as(self, who, *words):
        """(stdout, exit status); stderr is kept. Stdin is open and silent: `fg` would end with it."""
        as_peer = {"user": CARL, "group": CARL, "extra_groups": []} if who == "carl" else {}
        port, password = self.old_port if who == "boss" else self.port, "password" if who == "bob" else who + "-pw"
        where = ["-s", "unix://" + self.socket] if who == "carl" else \
            ["-s", f"http://127.0.0.1:{port}", "-u", who, "-p", password]
        silent, typing = os.pipe()
        try:
            done = subprocess.run([self.client, "-c", "", *where, *words], stdin=silent, capture_output=True, timeout=PATIENCE,
                                  **as_peer)
        finally:
            os.close(silent)
            os.close(typing)
        self.err = done.stderr.decode()
        return done.stdout.decode(), done.returncode

    def check(self, who, line, out, status):
        with self.subTest(who=who, line=line):
            self.assertEqual(self.run_as(who, *line.split()), (out, status))

    @unittest.skipIf(os.geteuid(), "about another user")
    def test_who_am_i(self):  # 169
        self.check("carl", "whoami", "carl (peer) from unix\nroles: bouncer\nstatus    web:web_00\nrestart   web:web_00\n", 0)

    def test_who_am_i_over_tcp(self):
        out, status = self.run_as("anna", "whoami")
        self.assertEqual((out.splitlines()[:2], status), (["anna (password) from 127.0.0.1", "roles: webops, reader"], 0))
        self.assertIn("\nstart     web:web_00, web:web_01\n", out)
        self.check("nil", "whoami", "nil (password) from 127.0.0.1\nroles: none\n", 0)

    def test_what_may_be_done(self):  # 171 to 176
        self.check("anna", "can start web:web_00", "web:web_00: yes\n", 0)
        self.check("anna", "can start db", "db: no\n", 4)
        self.check("anna", "can start secret", "secret: ERROR (no such process)\n", 1)
        self.check("anna", "can shutdown", "shutdown: no\n", 4)
        self.check("boss", "can shutdown", "shutdown: yes\n", 0)
        self.check("anna", "can host.disk", "host.disk: no\n", 4)
        self.check("boss", "can host.disk", "host.disk: yes\n", 0)
        self.check("anna", "can start web:* db", "web:web_00: yes\nweb:web_01: yes\ndb: no\n", 4)
        self.check("anna", "can stop w*", "web:web_00: yes\nweb:web_01: yes\n", 0)
        self.check("boss", "can --as anna stop db", "db: no\n", 4)
        self.check("boss", "can --as anna stop web:web_00", "web:web_00: yes\n", 0)
        self.check("boss", "can --as nemo stop db", "ERROR: no such user: nemo\n", 1)
        self.check("anna", "can --as anna stop db", "ERROR: not permitted\n", 4)

    def test_start_and_stop(self):  # 177, 184
        out, status = self.run_as("anna", "stop", "all")  # in the order in which they end
        self.assertEqual((sorted(out.splitlines()), status), (["web:web_00: stopped", "web:web_01: stopped"], 0))
        self.check("anna", "start db web:web_00", "db: ERROR (not permitted)\nweb:web_00: started\n", 4)
        self.check("anna", "start pair:*", "pair: ERROR (not permitted)\n", 4)
        self.check("anna", "start all", "web:web_01: started\n", 0)
        self.check("bob", "stop all", "all: ERROR (not permitted)\n", 4)
        self.check("bob", "clear web:*", "web: ERROR (not permitted)\n", 4)
        self.check("hugo", "signal HUP db", "db: ERROR (no such process)\n", 1)
        self.check("hugo", "signal TERM web:web_00", "web:web_00: ERROR (not permitted)\n", 4)

    @unittest.skipIf(os.geteuid(), "about another user")
    def test_restart_as_one_act(self):  # 179, 180
        before, _ = self.run_as("carl", "pid", "web:web_00")
        both = "web:web_00: stopped\nweb:web_00: started\n"
        self.check("carl", "restart web:web_00", both, 0)
        self.assertNotEqual(self.run_as("carl", "pid", "web:web_00"), (before, 0))
        for line in "restart web:*", "restart all", "restart w*:web_00":
            self.check("carl", line, both, 0)
        self.check("carl", "stop web:web_00", "web:web_00: ERROR (not permitted)\n", 4)
        self.check("carl", "restart db", "db: ERROR (no such process)\ndb: ERROR (no such process)\n", 1)
        self.check("bob", "restart db", "db: ERROR (not permitted)\n", 4)

    def test_hidden_is_absent(self):  # 181 to 183
        out, status = self.run_as("anna", "status")
        self.assertEqual([row.split()[0] for row in out.splitlines()],
                         ["cron", "db", "pair:p1", "pair:p2", "web:web_00", "web:web_01"])
        self.check("anna", "status secret", "secret: ERROR (no such process)\n", 4)
        self.check("anna", "pid secret", "No such process secret\n", 1)

    def test_what_is_denied_otherwise(self):  # 185 to 188
        self.check("bob", "shutdown", "ERROR: not permitted\n", 4)
        self.check("bob", "reload", "ERROR: not permitted\n", 4)
        self.check("bob", "reread", "ERROR: not permitted\n", 4)
        self.check("bob", "update", "ERROR: not permitted\n", 4)
        self.check("bob", "avail", "ERROR: not permitted\n", 4)
        self.check("bob", "maintail", "supervisord: ERROR (not permitted)\n", 4)
        self.check("bob", "tail db", "db: ERROR (not permitted)\n", 4)
        self.check("bob", "add db", "ERROR: not permitted: db\n", 4)
        self.check("bob", "remove db", "ERROR: not permitted: db\n", 4)
        self.check("bob", "tail -f db", BANNER, 1)
        self.assertEqual(self.err, f"http://127.0.0.1:{self.port}/logtail/db/stdout Cannot read, status code 403\n")
        self.check("bob", "fg db", BANNER + "ERROR: not permitted\n", 4)


class Off(unittest.TestCase):
    def test_whoever_gets_in(self):  # 170
        text = ("[unix_http_server]\nfile={dir}/S\n[rpcinterface:supervisor]\n"
                "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n")
        with Daemon(text) as d:
            wait_until(lambda: os.path.exists(os.path.join(d.dir, "S")), "the socket")
            for line, out, status in (("whoami", OFF, 0), ("can stop x", OFF, 0), ("whoami --json", "null\n", 0),
                                      ("token list", "ERROR: this daemon keeps no tokens\n", 1)):
                done = subprocess.run([os.path.join(BIN, "supervisorctl"), "-c", "", "-s", f"unix://{d.dir}/S", *line.split()],
                                      capture_output=True, timeout=PATIENCE)
                self.assertEqual((done.stdout.decode(), done.returncode), (out, status))


if __name__ == "__main__":
    unittest.main()
