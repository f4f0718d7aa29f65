"""Access control among strangers: headers that would make somebody of nobody, requests behind a proof that hide a second
one, peers from other namespaces and over descriptors of others, logs that two programs share, crowds that guess. Numbers
are those of docs/contract/access.md, 12."""
import array
import concurrent.futures
import http.client
import os
import re
import socket
import subprocess
import sys
import threading
import unittest
import xmlrpc.client

import access_test
from access_test import CARL, OPS, OPS_GROUP, OPS_GROUPS, basic, fault_of, in_user, over_unix
from support import BIN, PATIENCE, Daemon, alive, free_port, wait_until

def raw(connect, request):
    """Everything that comes for these bytes, until the daemon closes or has answered once more than is waited for."""
    with connect() as s:
        s.sendall(request.encode() if isinstance(request, str) else request)
        got = b""
        while block := s.recv(65536):
            got += block
        return got.decode(errors="replace")


class Strangers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.port, cls.old_port = free_port(), free_port()
        cls.daemon = Daemon(access_test.servers(cls.port, cls.old_port) + f"""
[unix_http_server_n]
file={{dir}}/N
chmod=0777
peer_auth=false
[program:gone]
command={{dir}}/is-not-there
autostart=false
labels=back
[program:shares]
command=/bin/cat
stdout_logfile={{dir}}/secret.out
[program:says]
command=/bin/cat
stdout_logfile={{dir}}/main.log
[user:slow]
password=$6$rounds=60000$abcdefgh$du2k4ZIdSyDFKRaX1sByBNzXRpV92PeqpnuXPu2FK1EYKtpXjVa7bU37MUemvI1HtqUMSEh4epliQu032luaa0
roles=viewer
[role:tailer]
verbs=tail,clear
programs=shares, says
[user:tim]
password=tim-pw
roles=tailer
""" + access_test.USERS + access_test.PROGRAMS)
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.s, cls.n = os.path.join(cls.daemon.dir, "S"), os.path.join(cls.daemon.dir, "N")
        cls.daemon.wait_for("success: p2 entered RUNNING")

    def connect(self, host="127.0.0.1"):
        s = socket.create_connection((host, self.port), PATIENCE)
        return s

    def tcp(self, user, password=None):
        return xmlrpc.client.ServerProxy(f"http://{user}:{password or user + '-pw'}@127.0.0.1:{self.port}/RPC2")

    # -- what is asked for ---------------------------------------------------------------------------

    def test_a_denied_start_does_not_tell_of_the_file(self):  # 73
        self.assertEqual(fault_of(lambda: self.tcp("anna").supervisor.startProcess("gone")),
                         (403, "NOT_PERMITTED: anna may not start gone"))
        self.assertEqual(fault_of(lambda: self.tcp("op").supervisor.startProcess("gone"))[0], 20)

    def test_logs_that_others_write(self):  # 90, 91
        tim = self.tcp("tim")
        for name in ("shares", "says"):
            for call in (lambda: tim.supervisor.tailProcessStdoutLog(name, 0, 100),
                         lambda: tim.supervisor.readProcessStdoutLog(name, 0, 100),
                         lambda: tim.supervisor.clearProcessLogs(name)):
                self.assertEqual(fault_of(call)[0], 403, name)
            head = f"GET /logtail/{name} HTTP/1.0\r\nAuthorization: {basic('tim', 'tim-pw')}\r\n\r\n"
            self.assertIn(" 403 ", raw(self.connect, head))
        self.assertEqual(fault_of(lambda: self.tcp("op").supervisor.tailProcessStdoutLog("shares", 0, 100)), ["", 0, False])
        self.assertEqual(fault_of(lambda: self.tcp("op").supervisor.tailProcessStdoutLog("says", 0, 100))[0], 403)

    def test_paths_that_look_like_others(self):  # 229
        for path in ("//RPC2", "/RPC2x", "/%52PC2", "/logtailx/secret", "//signin.html/../logtail/secret", "/./", "/%2e%2e/",
                     "/stylesheets/../", "/stylesheets/%2e%2e/index.html", "/scripts/..%2findex.html"):
            for method in ("GET", "POST"):
                head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                got = raw(self.connect, head)
                self.assertRegex(got, r"^HTTP/1\.1 (401|404|400) ", path)
                self.assertNotIn("secret", got)

    # -- headers -------------------------------------------------------------------------------------

    def test_headers_make_nobody_somebody(self):  # 219, 221
        def status(*headers):
            head = "POST /RPC2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n"
            return int(raw(self.connect, head + "".join(h + "\r\n" for h in headers) + "\r\n").split(" ")[1])
        good = basic("anna", "anna-pw")
        for header in ("X-Remote-User: anna", "X-Forwarded-User: anna", "Remote_User: anna", "Authorization_: " + good,
                       "X-Authorization: " + good, "Proxy-Authorization: " + good, "X-Forwarded-For: 127.0.0.1",
                       "Forwarded: for=127.0.0.1", "Cookie: troupe_unix=x; troupe_unix=y", "X-Troupe-Token: x"):
            self.assertEqual(status(header), 401, header)
        for headers in (["Troupe-Identity: x"], ["Troupe-Identity: x", "Authorization: " + good],
                        ["Authorization: Basic", " " + good[6:]], ["Authorization:\n " + good],
                        ["Authorization: " + good, "authorization: " + good], ["Authorization : " + good]):
            self.assertEqual(status(*headers), 400, headers)

    def test_a_second_request_in_the_body_of_the_first(self):  # 222
        hidden = "POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
        proof = f"Authorization: {basic('anna', 'anna-pw')}\r\n"
        for lengths in ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n",
                        "Transfer-Encoding: chunked, gzip\r\n", "Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n"):
            got = raw(self.connect, f"POST /RPC2 HTTP/1.1\r\nHost: x\r\n{proof}{lengths}\r\n0\r\n\r\n{hidden}")
            self.assertRegex(got, r"^HTTP/1\.1 400 ")
            self.assertEqual(got.count("HTTP/1.1 "), 1, got)

    def test_a_body_that_cannot_be_read_is_not_in_the_log(self):
        body = ("<methodCall><methodName>supervisor.sendProcessStdin</methodName><params><param><value>web</value></param>"
                "<param><value>the-secret-text")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("POST", "/RPC2", body, {"Authorization": basic("vera", "vera-pw"), "Content-Type": "text/xml"})
        self.assertEqual(connection.getresponse().status, 400)
        connection.close()
        self.daemon.wait_for(f"XML-RPC request data of {len(body)} bytes is invalid: ")
        self.assertNotIn("the-secret-text", self.daemon.log())

    def test_calls_in_calls(self):  # 225
        anna = self.tcp("anna")
        inner = [{"methodName": "supervisor.stopProcess", "params": ["db"]}]
        nested = anna.system.multicall([{"methodName": "system.multicall", "params": [inner]}])
        self.assertEqual(nested[0]["faultCode"], 2)
        one = ("<value><struct><member><name>methodName</name><value>supervisor.shutdown</value></member>"
               "</struct></value>")
        body = ("<methodCall><methodName>system.multicall</methodName><params><param><value><array><data>" + one * 100_000 +
                "</data></array></value></param></params></methodCall>")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("POST", "/RPC2", body, {"Authorization": basic("anna", "anna-pw"), "Content-Type": "text/xml"})
        for _ in range(20):  # others are served meanwhile
            self.assertEqual(anna.supervisor.getState()["statename"], "RUNNING")
        answer = connection.getresponse().read().decode()
        connection.close()
        self.assertEqual(answer.count("<value><int>403</int></value>"), 100_000, answer[:500])
        self.assertEqual(anna.supervisor.getState()["statename"], "RUNNING")

    # -- peers ---------------------------------------------------------------------------------------

    def test_a_server_that_asks_no_peer(self):  # 147
        self.assertEqual(fault_of(over_unix(self.n).supervisor.getState), 401)
        boss = over_unix(self.n, [("Authorization", basic("vera", "vera-pw"))])
        self.assertEqual(boss.supervisor.getState()["statename"], "RUNNING")

    def test_a_user_with_a_large_number_is_not_another(self):  # 142
        for uid in (4000000000, 2**31, 2**16 + CARL, 2**32 - 2):
            self.assertEqual(in_user(uid, [uid], lambda: fault_of(over_unix(self.s).supervisor.getState)), "401", uid)

    def test_a_descriptor_of_somebody_else(self):  # 144, 150
        """The identity is that of whoever connected, and as of then."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)

        def work():
            s = socket.socket(socket.AF_UNIX)
            s.connect(self.s)
            socket.send_fds(theirs, [b"x"], [s.fileno()])
            return "sent"
        self.assertEqual(in_user(CARL, [CARL], work), "'sent'")
        fd = socket.recv_fds(ours, 1, 1)[1][0]
        ours.close()
        theirs.close()
        connection = http.client.HTTPConnection("localhost", timeout=PATIENCE)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=fd)
        connection.request("POST", "/RPC2", xmlrpc.client.dumps((), "access.whoami"), {"Content-Type": "text/xml"})
        who = xmlrpc.client.loads(connection.getresponse().read())[0][0]
        connection.close()
        self.assertEqual((who["user"], who["how"]), ("carl", "peer"))

        def member():  # leaves its group with a connection open
            os.setgroups([])
            return os.getgroups()
        kept = xmlrpc.client.ServerProxy("http://localhost/RPC2", transport=access_test.UnixTransport(self.s))

        def leaves():
            first = kept.access.whoami()["user"]
            return first
        self.assertEqual(in_user(OPS, OPS_GROUPS, leaves), "'ops'")
        self.assertEqual(in_user(OPS, [OPS], lambda: fault_of(over_unix(self.s).supervisor.getState)), "401")

    def test_a_script_with_many_connections_is_one_check(self):  # 107, 108
        def ask(_):
            return fault_of(self.tcp("slow").supervisor.getState)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            came = list(pool.map(ask, range(64)))
        self.assertEqual([c for c in came if c != {"statecode": 1, "statename": "RUNNING"}], [])

    # -- crowds --------------------------------------------------------------------------------------

    def test_who_is_known_gets_in_while_strangers_guess(self):  # 103, 230
        self.assertEqual(self.tcp("vera").supervisor.getState()["statename"], "RUNNING")  # known from 127.0.0.1
        stop = threading.Event()
        seen = []

        def guess(host):
            while not stop.is_set():
                try:
                    s = socket.socket()
                    s.settimeout(PATIENCE)
                    s.bind((host, 0))
                    s.connect(("127.0.0.1", self.port))
                    with s:
                        s.sendall(f"GET / HTTP/1.0\r\nAuthorization: {basic('vera', 'wrong')}\r\n\r\n".encode())
                        seen.append(s.recv(15).decode()[9:12])
                except OSError:
                    pass
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            guessers = [pool.submit(guess, f"127.0.1.{i + 1}") for i in range(20)]
            try:
                wait_until(lambda: seen.count("429") > 100, "the strangers are turned away")
                for _ in range(5):
                    self.assertEqual(self.tcp("vera").supervisor.getState()["statename"], "RUNNING")
            finally:
                stop.set()
            for g in guessers:
                g.result()
        self.assertEqual(set(seen) - {"401", "429", "503"}, set())
        self.daemon.wait_for("too many failed sign-ins for a user")


class Namespace(unittest.TestCase):
    def test_a_peer_of_another_user_namespace(self):  # 141
        """The daemon is root of a user namespace, to whose kernel view other users are all the same nobody."""
        probe = subprocess.run(["unshare", "-U", "-r", "true"], stderr=subprocess.DEVNULL, check=False)
        if probe.returncode != 0:
            self.skipTest("no user namespaces here")
        daemon = Daemon("[unix_http_server]\nfile={dir}/S\nchmod=0777\n" + access_test.USERS.replace(
            f"unixuser={CARL}", "password=x").replace(f"unixgroup={OPS_GROUP}", "password=x") + access_test.PROGRAMS +
            "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n",
            argv=["unshare", "-U", "-r", os.path.join(BIN, "supervisord")])
        with daemon:
            daemon.wait_for("success: p2 entered RUNNING")
            path = os.path.join(daemon.dir, "S")
            self.assertEqual(in_user(CARL, [CARL], lambda: fault_of(over_unix(path).supervisor.getState)), "401")
            self.assertEqual(in_user(65534, [65534], lambda: fault_of(over_unix(path).supervisor.getState)), "401")
            self.assertEqual(over_unix(path).access.whoami()["user"], "unix:root")


class Changing(unittest.TestCase):
    """Rules that change while they are used."""

    def setUp(self):
        self.port, self.old_port = free_port(), free_port()
        self.daemon = Daemon(access_test.servers(self.port, self.old_port) + access_test.USERS + access_test.PROGRAMS + """
[program:stubborn]
command=/bin/sh -c "trap '' USR1; exec sleep 1000"
autostart=false
startsecs=0
stopsignal=USR1
stopwaitsecs=600
""")
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.daemon.wait_for("success: p2 entered RUNNING")
        self.boss = xmlrpc.client.ServerProxy(f"http://boss:boss-pw@127.0.0.1:{self.old_port}/RPC2")
        with open(self.daemon.config) as f:
            self.text = f.read()

    def use(self, text):
        new = self.daemon.config + ".new"
        with open(new, "w") as f:
            f.write(text)
        os.replace(new, self.daemon.config)
        self.assertEqual(self.boss.supervisor.reloadConfig(), [[[], [], []]])

    def test_a_new_password_counts_at_once(self):  # 109
        vera = xmlrpc.client.ServerProxy(f"http://vera:vera-pw@127.0.0.1:{self.port}/RPC2")
        self.assertEqual(vera.supervisor.getState()["statename"], "RUNNING")
        self.use(self.text.replace("password=vera-pw", "password=new-pw"))
        self.assertEqual(fault_of(vera.supervisor.getState), 401)
        vera = xmlrpc.client.ServerProxy(f"http://vera:new-pw@127.0.0.1:{self.port}/RPC2")
        self.assertEqual(vera.supervisor.getState()["statename"], "RUNNING")

    def test_what_was_proved_by_a_password_ends_with_it(self):
        """Whoever stole it keeps neither the log that he follows nor the session that it opened."""
        signed_in = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        signed_in.request("POST", "/api/v1/session", '{"user":"vera","password":"vera-pw"}')
        answer = signed_in.getresponse()
        answer.read()
        cookie = {"Cookie": answer.getheader("Set-Cookie").split(";")[0]}

        def status():
            signed_in.request("GET", "/api/v1/whoami", headers=cookie)
            got = signed_in.getresponse()
            got.read()
            return got.status
        follows = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        head = f"GET /logtail/web:web_00 HTTP/1.1\r\nHost: x\r\nAuthorization: {basic('op', 'op-pw')}\r\n\r\n"
        follows.sendall(head.encode())
        self.assertTrue(follows.recv(4096).startswith(b"HTTP/1.1 200"))
        self.use(self.text.replace("password=anna-pw", "password=another"))  # somebody else's
        self.assertEqual(status(), 200)
        follows.setblocking(False)
        self.assertRaises(BlockingIOError, follows.recv, 1)
        follows.settimeout(PATIENCE)
        self.use(self.text.replace("password=vera-pw", "password=new-pw").replace("password=op-pw", "password=new-pw"))
        self.assertEqual(status(), 401)
        while follows.recv(4096):  # until it is closed
            pass
        follows.close()
        signed_in.close()

    def test_calls_that_wait_their_turn_are_judged_then(self):
        """A multicall does not do what its caller may do no longer: he is asked who he is at each call."""
        self.boss.supervisor.startProcess("stubborn")
        pid = self.boss.supervisor.getProcessInfo("stubborn")["pid"]
        self.addCleanup(lambda: alive(pid) and os.kill(pid, 9))

        def comm():
            with open(f"/proc/{pid}/comm") as f:
                return f.read()
        wait_until(lambda: comm() == "sleep\n", "it ignores the signal")
        op = xmlrpc.client.ServerProxy(f"http://op:op-pw@127.0.0.1:{self.port}/RPC2")
        calls = [{"methodName": "supervisor.stopProcess", "params": [name]} for name in ("stubborn", "db")]
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            came = pool.submit(op.system.multicall, calls)
            wait_until(lambda: self.boss.supervisor.getProcessInfo("stubborn")["statename"] == "STOPPING", "it is stopped")
            self.use(self.text.replace("[user:op]\npassword=op-pw\nroles=operator\n", ""))
            os.kill(pid, 9)
            came = came.result()
        self.assertEqual(came, [True, {"faultCode": 403, "faultString": "NOT_PERMITTED: op may not supervisor.stopProcess"}])
        self.assertEqual(self.boss.supervisor.getProcessInfo("db")["statename"], "RUNNING")

    def test_a_body_that_takes_its_time(self):
        body = xmlrpc.client.dumps(("db",), "supervisor.stopProcess").encode()
        head = (f"POST /RPC2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: text/xml\r\n"
                f"Authorization: {basic('op', 'op-pw')}\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n")
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as s:
            s.sendall(head.encode())
            self.assertEqual(s.recv(4096), b"HTTP/1.1 100 Continue\r\n\r\n")  # he is admitted
            self.use(self.text.replace("[user:op]\npassword=op-pw\nroles=operator\n", ""))
            s.sendall(body)
            self.assertTrue(s.recv(4096).startswith(b"HTTP/1.1 401 "))
        self.assertEqual(self.boss.supervisor.getProcessInfo("db")["statename"], "RUNNING")

    def test_no_answer_by_two_rules(self):  # 233
        """Anna sees all but `secret`, or `db` and `secret` alone, and never a mixture."""
        two = {frozenset({"web_00", "web_01", "cron", "db", "p1", "p2", "stubborn"}), frozenset({"db", "secret"})}
        other = self.text.replace("[user:anna]\npassword=anna-pw\nroles=webops,reader",
                                  "[role:few]\nverbs=status\nprograms=db,secret\n[user:anna]\npassword=anna-pw\nroles=few")
        self.assertNotEqual(other, self.text)
        stop = threading.Event()
        seen = set()

        def ask():
            anna = xmlrpc.client.ServerProxy(f"http://anna:anna-pw@127.0.0.1:{self.port}/RPC2")
            while not stop.is_set():
                seen.add(frozenset(p["name"] for p in anna.supervisor.getAllProcessInfo()))
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            askers = [pool.submit(ask) for _ in range(4)]
            try:
                for i in range(100):
                    self.use(other if i % 2 == 0 else self.text)
            finally:
                stop.set()
            for a in askers:
                a.result()
        self.assertEqual(seen, two)


class Hidden(unittest.TestCase):
    def test_nothing_is_said_of_what_flaps_unseen(self):  # 79, 80
        """A page that may not see it hears of it neither while it starts and stops nor when it is removed."""
        port, old_port = free_port(), free_port()
        events = "[role:follower]\nverbs=events\nprograms=*, !secret\n[user:flo]\npassword=flo-pw\nroles=follower\n"
        with Daemon(access_test.servers(port, old_port) + events + access_test.USERS + access_test.PROGRAMS) as daemon:
            daemon.wait_for("success: p2 entered RUNNING")
            boss = xmlrpc.client.ServerProxy(f"http://boss:boss-pw@127.0.0.1:{old_port}/RPC2")

            def follow(user, password, at):
                s = socket.create_connection(("127.0.0.1", at), PATIENCE)
                s.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: {basic(user, password)}\r\n\r\n".encode())
                return s
            with follow("flo", "flo-pw", port) as flo, follow("boss", "boss-pw", old_port) as sees:
                got = {flo: b"", sees: b""}

                def take(s, word):
                    while word not in got[s]:
                        block = s.recv(65536)
                        self.assertTrue(block)
                        got[s] += block
                take(flo, b'"p2"')
                take(sees, b'"p2"')
                begin = len(got[flo])
                for _ in range(50):
                    boss.supervisor.stopProcess("secret")
                    boss.supervisor.startProcess("secret")
                boss.supervisor.stopProcess("secret")
                boss.supervisor.removeProcessGroup("secret")
                take(sees, b"removed")
                boss.supervisor.stopProcess("cron")  # something that he hears of
                take(flo, b"STOPPED")
                told = got[flo][begin:].decode()
                self.assertNotIn("secret", told)
                names = set(re.findall(r'"name":"([^"]*)"', told))
                self.assertEqual(names, {"cron"})
                self.assertNotIn("secret", got[flo].decode())


if __name__ == "__main__":
    if os.getuid() != 0:
        print("needs root, to be somebody else", file=sys.stderr)
        sys.exit(77)
    unittest.main()
