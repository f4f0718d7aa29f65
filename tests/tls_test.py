"""TLS of the servers and of supervisorctl: certificates made here by the openssl command, Python's own ssl and xmlrpc as
independent clients. Numbers are those of docs/contract/access.md, 12."""
import hashlib
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import xmlrpc.client

from support import BIN, PATIENCE, PORTABLE, Daemon, free_port, sanitized, wait_until

NOBODY = 65534


class Authority:
    """Signs certificates. Keys are of a curve: they are made at once."""

    def __init__(self, folder, name="ca"):
        self.folder, self.name = folder, name
        os.makedirs(folder, exist_ok=True)
        self.cert, self.key = self.path(name + ".pem"), self.path(name + ".key")
        self.run("req", "-x509", *self.new_key(self.key), "-out", self.cert, "-subj", f"/CN={name}", "-days", "3650")

    def path(self, name):
        return os.path.join(self.folder, name)

    @staticmethod
    def new_key(path):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path]

    @staticmethod
    def run(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=PATIENCE)

    def issue(self, name, subject=None, days=365, purpose="serverAuth", names="DNS:localhost,IP:127.0.0.1"):
        """The paths of a new certificate and of its key."""
        cert, key, request = (self.path(name + end) for end in (".pem", ".key", ".csr"))
        self.run("req", *self.new_key(key), "-out", request, "-subj", subject or f"/CN={name}")
        extensions = self.path(name + ".ext")
        with open(extensions, "w") as f:
            f.write(f"basicConstraints=CA:FALSE\nextendedKeyUsage={purpose}\nsubjectAltName={names}\n")
        self.run("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self.key, "-days", str(days),
                 "-extfile", extensions, "-out", cert)
        for path in (cert, key):
            os.chmod(path, 0o644)
        return cert, key

    def client_context(self, cert=None):
        context = ssl.create_default_context(cafile=self.cert)
        if cert:
            context.load_cert_chain(*cert)
        return context


def tls_server(port, cert, key, more="", section="inet_http_server"):
    return f"""
[{section}]
port=127.0.0.1:{port}
tls_cert={cert}
tls_key={key}
{more}
"""


REST = """
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[program:cat]
command=/bin/cat
startsecs=0
stdout_logfile={dir}/cat.out
"""


def proxy(port, context, headers=(), host="localhost", user=""):
    return xmlrpc.client.ServerProxy(f"https://{user}{host}:{port}/RPC2", context=context, headers=headers)


def connect(port, context, host="localhost"):
    raw = socket.create_connection(("127.0.0.1", port), PATIENCE)
    return context.wrap_socket(raw, server_hostname=host)


def read_all(connection):
    """Until the other end closes; and whether it said so."""
    data = b""
    try:
        while piece := connection.recv(65536):
            data += piece
    except (ssl.SSLEOFError, ConnectionResetError):
        return data, False
    return data, True


def ask(port, context, text):
    with connect(port, context) as c:
        c.sendall(text)
        return read_all(c)


class TlsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="troupe-tls-")
        os.chmod(cls.folder, 0o755)
        cls.ca = Authority(cls.folder)
        cls.cert, cls.key = cls.ca.issue("server")
        cls.trusting = cls.ca.client_context()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def daemon(self, more="", text=REST, **how):
        self.port = free_port()
        return Daemon(tls_server(self.port, self.cert, self.key, more) + text, **how)


class ServerTest(TlsTest):
    def test_xmlrpc_of_a_stock_client(self):  # 154
        with self.daemon() as d:
            d.started()
            s = proxy(self.port, self.trusting)
            self.assertEqual(s.supervisor.getState()["statename"], "RUNNING")
            self.assertEqual([row["name"] for row in s.supervisor.getAllProcessInfo()], ["cat"])

    def test_many_requests_of_one_connection_and_a_close_that_is_told(self):
        request = b"GET /ok.html HTTP/1.1\r\nHost: localhost\r\n%s\r\n"
        with self.daemon() as d:
            d.started()
            with connect(self.port, self.trusting) as c:
                self.assertIn(c.version(), ("TLSv1.2", "TLSv1.3"))
                c.sendall(request % b"" * 20 + request % b"Connection: close\r\n")
                data, told = read_all(c)
            self.assertEqual(data.count(b"HTTP/1.1 200 OK"), 21)
            self.assertTrue(told)

    def test_several_servers_in_one_file(self):
        plain, other = free_port(), free_port()
        text = f"[inet_http_server:plain]\nport=127.0.0.1:{plain}\n" + tls_server(
            other, self.cert, self.key, "tls_min=1.3", "inet_http_server:other") + REST
        with self.daemon(text=text) as d:
            d.started()
            for s in (proxy(self.port, self.trusting), proxy(other, self.trusting),
                      xmlrpc.client.ServerProxy(f"http://127.0.0.1:{plain}/RPC2")):
                self.assertEqual(s.supervisor.getState()["statename"], "RUNNING")

    def test_plain_http_is_told_so(self):  # 162
        with self.daemon() as d:
            d.started()
            with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as c:
                c.sendall(b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
                data, _ = read_all(c)
            self.assertTrue(data.startswith(b"HTTP/1.1 400 Bad Request\r\n"), data)
            self.assertIn(b"\r\nContent-Type: text/plain\r\n", data)
            self.assertIn(b"\r\n\r\nthis server speaks HTTPS", data)
            d.wait_for(r"WARN 127.0.0.1 spoke plain HTTP to \[inet_http_server\]")

    def test_the_address_of_children(self):
        text = REST + "[program:tell]\ncommand=/bin/sh -c 'echo $SUPERVISOR_SERVER_URL; cat'\nstdout_logfile={dir}/tell.out\n"
        with self.daemon(text=text) as d:
            d.started()
            self.assertEqual(wait_until(lambda: d.read("tell.out"), "the address"), f"https://127.0.0.1:{self.port}\n")


    @unittest.skipIf(PORTABLE, "looks into /proc")
    def test_who_does_without_pays_nothing(self):
        for program in ("supervisord", "supervisorctl"):
            linked = subprocess.run(["ldd", os.path.join(BIN, program)], capture_output=True, text=True).stdout
            self.assertNotRegex(linked, "libssl|libcrypto")
        plain = free_port()
        for daemon, loaded in ((Daemon(f"[inet_http_server]\nport=127.0.0.1:{plain}\n" + REST), False),
                               (self.daemon(), True)):
            with daemon as d:
                d.started()
                with open(f"/proc/{d.working_pid}/maps") as maps:
                    self.assertEqual("libssl" in maps.read(), loaded)

    def test_what_is_too_old(self):  # 153
        old = self.ca.client_context()
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_2
        with self.daemon("tls_min=1.3") as d:
            d.started()
            with self.assertRaisesRegex(ssl.SSLError, "ALERT_PROTOCOL_VERSION"):
                connect(self.port, old)
            with connect(self.port, self.trusting) as c:
                self.assertEqual(c.version(), "TLSv1.3")
        with self.daemon() as d:
            d.started()
            with connect(self.port, old) as c:
                self.assertEqual((c.version(), c.compression()), ("TLSv1.2", None))
            body = bytes([3, 2]) + bytes(32) + b"\0" + bytes.fromhex("000a002f0035c013c014000a") + b"\1\0"
            hello_of_1_1 = (b"\x16\3\1" + (len(body) + 4).to_bytes(2, "big") + b"\1" + len(body).to_bytes(3, "big") + body)
            with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as c:
                c.sendall(hello_of_1_1)
                data, _ = read_all(c)
            self.assertEqual((data[0], data[-2:]), (21, bytes([2, 70])))  # a fatal alert: protocol_version

    def test_nothing_is_resumed(self):  # 161
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.ca.client_context()
            context.minimum_version = context.maximum_version = version
            with self.daemon() as d:
                d.started()
                session = None
                for _ in range(2):
                    raw = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
                    with context.wrap_socket(raw, server_hostname="localhost", session=session) as c:
                        c.sendall(b"GET /ok.html HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                        self.assertIn(b"200 OK", read_all(c)[0])
                        self.assertFalse(c.session_reused)
                        session = c.session if c.session and c.session.id else None
                self.assertFalse(session and session.has_ticket)

    def test_renegotiation_is_refused(self):  # 161
        with self.daemon() as d:
            d.started()
            done = subprocess.run(["openssl", "s_client", "-tls1_2", "-connect", f"127.0.0.1:{self.port}", "-alpn", "h2,http/1.1"],
                                  input=b"R\n", capture_output=True, timeout=PATIENCE)
            self.assertIn(b"no renegotiation", done.stderr)
            self.assertIn(b"ALPN protocol: http/1.1", done.stdout)
            done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-alpn", "h2"],
                                  input=b"", capture_output=True, timeout=PATIENCE)
            self.assertIn(b"No ALPN negotiated", done.stdout)
            self.assertEqual(proxy(self.port, self.trusting).supervisor.getState()["statename"], "RUNNING")

    def test_a_large_answer_to_a_slow_reader_and_a_large_request(self):
        text = REST + "[program:talker]\ncommand=/bin/sh -c 'yes 0123456789 | head -c 6000000; cat'\nstdout_logfile={dir}/t.out\n"
        with self.daemon(text=text) as d:
            wait_until(lambda: os.path.getsize(os.path.join(d.dir, "t.out")) == 6000000, "the log")
            d.started()
            call = (b"<?xml version='1.0'?><methodCall><methodName>supervisor.readProcessStdoutLog</methodName><params>"
                    b"<param><value><string>talker</string></value></param><param><value><int>0</int></value></param>"
                    b"<param><value><int>6000000</int></value></param></params></methodCall>")
            with connect(self.port, self.trusting) as c:
                c.sendall(b"POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                          % (len(call), call))
                others = proxy(self.port, self.trusting)
                for _ in range(20):  # the one who does not read holds up nobody
                    self.assertEqual(others.supervisor.getState()["statename"], "RUNNING")
                data, told = read_all(c)
            self.assertEqual(data.count(b"0123456789"), 545454)
            self.assertTrue(told)
            big = "x" * 3_000_000
            with self.assertRaises(xmlrpc.client.Fault) as refused:
                proxy(self.port, self.trusting).supervisor.getProcessInfo(big)
            self.assertEqual(refused.exception.faultCode, 10)

    def test_continue_is_said(self):
        with self.daemon() as d, connect(d.started() and self.port, self.trusting) as c:
            call = b"<?xml version='1.0'?><methodCall><methodName>supervisor.getState</methodName></methodCall>"
            c.sendall(b"POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\n"
                      b"Content-Length: %d\r\n\r\n" % len(call))
            self.assertEqual(c.recv(65536), b"HTTP/1.1 100 Continue\r\n\r\n")
            c.sendall(call)
            self.assertIn(b"RUNNING", read_all(c)[0])

    def test_who_hangs_up_while_he_waits_or_follows(self):
        text = REST + "[program:slow]\ncommand=/bin/cat\nautostart=false\nstartsecs=30\n"
        call = (b"<?xml version='1.0'?><methodCall><methodName>supervisor.startProcess</methodName><params>"
                b"<param><value><string>slow</string></value></param></params></methodCall>")
        requests = (b"POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (len(call), call),
                    b"GET /logtail/cat HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with self.daemon(text=text) as d:
            d.pid_of("cat")
            def sockets():
                return sum(1 for fd in os.listdir(f"/proc/{d.working_pid}/fd")
                           if os.path.realpath(f"/proc/{d.working_pid}/fd/{fd}").find("socket:") >= 0)
            before = sockets()
            for request, sign in zip(requests, (lambda: d.pid_of("slow"), lambda: None)):
                c = connect(self.port, self.trusting)
                c.sendall(request)
                sign()
                if request.startswith(b"GET"):
                    self.assertIn(b"200 OK", c.recv(65536))
                wait_until(lambda: sockets() == before + 1, "the connection")
                c.unwrap if request.startswith(b"GET") else None
                c.close()
                wait_until(lambda: sockets() == before, "its end")

    def test_stalled_handshakes(self):  # 167
        other = free_port()
        text = tls_server(other, self.cert, self.key, "", "inet_http_server:other") + REST
        with self.daemon(text=text) as d:
            d.started()
            served = proxy(self.port, self.trusting)
            self.assertEqual(served.supervisor.getState()["statename"], "RUNNING")
            begun = time.monotonic()
            with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as alone:
                alone.sendall(b"\x16\x03")
                self.assertEqual(alone.recv(1), b"")
                self.assertGreater(time.monotonic() - begun, 8)
            stalled = [socket.create_connection(("127.0.0.1", self.port), PATIENCE) for _ in range(100)]
            for c in stalled:
                c.sendall(b"\x16\x03")
            self.assertEqual(served.supervisor.getState()["statename"], "RUNNING")  # over a connection that is there
            self.assertEqual(proxy(other, self.trusting).supervisor.getState()["statename"], "RUNNING")
            late = connect(self.port, self.trusting)  # behind all of them, who have to go after a second
            self.assertEqual(stalled[0].recv(1), b"")
            for c in (*stalled, late):
                c.close()

    def test_foreground_background_and_an_ordinary_user(self):
        for user in (None, NOBODY) if os.getuid() == 0 else (None,):
            for args in (("-n",), ()):
                self.port = free_port()
                with self.subTest(user=user, args=args), Daemon(
                        tls_server(self.port, self.cert, self.key) + REST, args=args, start=False) as d:
                    def become():
                        os.setgroups([])
                        os.setgid(user)
                        os.setuid(user)
                    if user:
                        os.chown(d.dir, user, user)
                    d.start(become if user else None)
                    state = lambda: proxy(self.port, self.trusting).supervisor.getState()["statename"]

                    def answers():
                        try:
                            return state() == "RUNNING"
                        except OSError:
                            return False
                    wait_until(answers, "an answer")
                    proxy(self.port, self.trusting).supervisor.restart()
                    wait_until(lambda: d.log().count("supervisord started with pid") >= 2, "the restart")
                    wait_until(answers, "an answer after the restart")
                    proxy(self.port, self.trusting).supervisor.shutdown()
                    wait_until(lambda: not os.path.exists(d.pid_path), "the end")


class RefusedStartTest(TlsTest):
    """151, 152: what a start, and --test, say of files."""

    def setUp(self):
        self.own = tempfile.mkdtemp(prefix="troupe-tls-own-", dir=self.folder)
        os.chmod(self.own, 0o755)

    def file(self, name, text):
        path = os.path.join(self.own, name)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, 0o644)
        return path

    def refused(self, cert, key, sentence, more="", line=None, options=""):
        """`line`: counted from the section's header."""
        port = free_port()
        with Daemon(tls_server(port, cert, key, more) + REST, options=options, start=False) as d:
            if options:
                os.chown(d.dir, NOBODY, NOBODY)
            d.start()
            status, error = d.refusal()
            self.assertEqual((status, error.splitlines()[0]), (2, "Error: " + sentence))
            at = open(d.config).read().splitlines().index("[inet_http_server]") + 1 + (line or 2)
            self.assertIn(f"({d.config}:{at})", error)
            if options:
                return
            test = subprocess.run([*d.argv, "--test"], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual((test.returncode, test.stderr), (2, f"{d.config}:{at}: {sentence}\n"))

    def test_files_that_are_not_what_they_should_be(self):  # 151
        s = "[inet_http_server] "
        missing, empty = os.path.join(self.own, "nope"), self.file("empty.pem", "no certificate here\n")
        locked = os.path.join(self.own, "locked.key")
        self.ca.run("ec", "-in", self.key, "-aes128", "-passout", "pass:x", "-out", locked)
        pkcs8 = os.path.join(self.own, "pkcs8.key")
        self.ca.run("pkcs8", "-topk8", "-in", self.key, "-passout", "pass:x", "-out", pkcs8)
        other = self.ca.issue("other")[1]
        fifo = os.path.join(self.own, "fifo")
        os.mkfifo(fifo)
        rows = [
            (missing, self.key, f"cannot read tls_cert {missing}: No such file or directory", "", 2),
            (self.own, self.key, f"cannot read tls_cert {self.own}: Is a directory", "", 2),
            (fifo, self.key, f"cannot read tls_cert {fifo}: it is no regular file", "", 2),
            (empty, self.key, f"tls_cert {empty} holds no certificate", "", 2),
            (self.cert, missing, f"cannot read tls_key {missing}: No such file or directory", "", 3),
            (self.cert, locked, f"tls_key {locked} needs a passphrase", "", 3),
            (self.cert, pkcs8, f"tls_key {pkcs8} needs a passphrase", "", 3),
            (self.cert, empty, f"tls_key {empty} holds no key", "", 3),
            (self.cert, other, f"tls_key {other} does not belong to tls_cert {self.cert}", "", 3),
            (self.cert, self.key, f"tls_client_ca {empty} holds no certificate", f"tls_client_ca={empty}", 4),
        ]
        for cert, key, sentence, more, line in rows:
            with self.subTest(sentence):
                self.refused(cert, key, s + sentence, more, line)

    @unittest.skipUnless(os.getuid() == 0, "needs root")
    def test_a_key_that_only_root_may_read(self):  # 152
        key = self.file("root.key", open(self.key).read())
        os.chmod(key, 0o600)
        self.refused(self.cert, key, f"[inet_http_server] cannot read tls_key {key}: Permission denied", "", 3, "user=nobody")

    def test_strict(self):  # 213
        ended = self.ca.issue("over", days=-1)
        port = free_port()
        with Daemon(tls_server(port, *ended) + REST, start=False) as d:
            test = subprocess.run([*d.argv, "--test", "--strict"], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(test.returncode, 2)
            self.assertRegex(test.stderr, r"s.conf:\d+: \[inet_http_server\] certificate over expires 20")
            test = subprocess.run([*d.argv, "--test"], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual((test.returncode, test.stderr), (0, ""))


ACCESS = """
[role:deploy]
verbs=update
programs=cat
[user:ci]
tls_cn=ci.example
roles=deploy
[user:finger]
tls_fingerprint={fingerprint}
roles=viewer
[user:anna]
password=anna-pw
roles=viewer
"""


class ClientCertificateTest(TlsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clients = Authority(os.path.join(cls.folder, "clients"), "clients")
        issue = lambda name, subject=None, **how: cls.clients.issue(name, subject, names="DNS:unused", **{
            "purpose": "clientAuth", **how})
        cls.ci = issue("ci", "/CN=ci.example")
        cls.both = issue("both", "/O=x/CN=ci.example")
        cls.nobody = issue("nobody", "/CN=nobody.example")
        cls.two = issue("two", "/CN=ci.example/CN=other.example")
        cls.ended = issue("ended", "/CN=ci.example", days=-1)
        cls.server_purpose = issue("serving", "/CN=ci.example", purpose="serverAuth")
        cls.foreign = cls.ca.issue("foreign", "/CN=ci.example", purpose="clientAuth")
        with open(cls.both[0]) as f:
            cls.fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(f.read())).hexdigest()

    def served(self, more=""):
        return self.daemon(f"tls_client_ca={self.clients.cert}\n{more}",
                           text=REST + ACCESS.replace("{fingerprint}", self.fingerprint))

    def whoami(self, cert=None, headers=(), user=""):
        with proxy(self.port, self.ca.client_context(cert), headers, user=user) as s:
            seen = s.access.whoami()
        return f"{seen['user']} ({seen['how']})"

    def code(self, cert=None):
        with self.assertRaises(xmlrpc.client.ProtocolError) as refused:
            self.whoami(cert)
        return refused.exception.errcode

    def test_who_they_are(self):  # 155, 157, 158, 159
        with self.served() as d:
            d.started()
            self.assertEqual(self.whoami(self.ci), "ci (certificate)")
            self.assertEqual(self.whoami(self.both), "finger (certificate)")
            self.assertEqual(self.code(self.nobody), 401)
            self.assertEqual(self.code(self.two), 401)
            self.assertEqual(self.code(), 401)
            self.assertEqual(self.whoami(self.nobody, user="anna:anna-pw@"), "anna (password)")
            self.assertEqual(self.whoami(self.ci, user="anna:anna-pw@"), "anna (password)")
            with proxy(self.port, self.ca.client_context(self.ci)) as s:
                self.assertEqual(s.supervisor.reloadConfig(), [[[], [], []]])
                with self.assertRaises(xmlrpc.client.Fault) as refused:
                    s.supervisor.startProcess("cat")
                self.assertEqual(refused.exception.faultCode, 60)  # already started: update brings start

    def test_a_name_with_a_nul(self):  # 158
        cert, key = self.clients.issue("nul", "/CN=ci.exampleXXXX", purpose="clientAuth", names="DNS:unused")
        with open(cert) as f:
            der = ssl.PEM_cert_to_DER_cert(f.read())

        def element(at):
            """Its beginning and end."""
            count = der[at + 1] & 0x7f if der[at + 1] & 0x80 else 0
            size = int.from_bytes(der[at + 2:at + 2 + count], "big") if count else der[at + 1]
            return at, at + 2 + count + size

        def wrapped(tag, content):
            size = len(content).to_bytes(2, "big")
            return tag + b"\x82" + size + content
        begin, end = element(4)
        signed = der[begin:end].replace(b"ci.exampleXXXX", b"ci.example\0evi")
        algorithm = der[end:element(end)[1]]
        with open(self.clients.path("tbs"), "wb") as f:
            f.write(signed)
        self.clients.run("dgst", "-sha256", "-sign", self.clients.key, "-out", self.clients.path("sig"), self.clients.path("tbs"))
        with open(self.clients.path("sig"), "rb") as f:
            signature = b"\0" + f.read()
        made = wrapped(b"\x30", signed + algorithm + b"\x03" + bytes([len(signature)]) + signature)
        with open(cert, "w") as f:
            f.write(ssl.DER_cert_to_PEM_cert(made))
        with self.served() as d:
            d.started()
            self.assertEqual(self.code((cert, key)), 401)
            self.assertEqual(self.whoami((cert, key), user="anna:anna-pw@"), "anna (password)")

    def test_what_ends_the_handshake(self):  # 156
        with self.served() as d:
            d.started()
            for cert in (self.foreign, self.ended, self.server_purpose):
                with self.subTest(cert[0]), self.assertRaises((ssl.SSLError, ConnectionError)):
                    self.whoami(cert)
            self.assertEqual(self.whoami(self.ci), "ci (certificate)")

    def test_no_client_without(self):  # 160, and 4: what supervisorctl says
        with self.served("tls_client=required") as d:
            d.started()
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                self.whoami()
            self.assertEqual(self.whoami(self.ci), "ci (certificate)")
            program = [os.path.join(BIN, "supervisorctl"), "-c", "", "-s", f"https://localhost:{self.port}", "--cacert", self.ca.cert]
            run = lambda *more: subprocess.run([*program, *more], capture_output=True, text=True, timeout=PATIENCE)
            done = run("status")
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout, r"^error: <class 'ssl.SSLError'>, \[SSL: ALERT\] .*alert certificate required\n$")
            done = run("--cert", self.foreign[0], "--key", self.foreign[1], "status")
            self.assertRegex(done.stdout, r"^error: <class 'ssl.SSLError'>, \[SSL: ALERT\] .*alert unknown ca\n$")
            done = run("--cert", self.ci[0], "--key", self.ci[1], "whoami")
            self.assertIn("ci (certificate) from 127.0.0.1\nroles: deploy\n", done.stdout)

    def test_a_session_has_a_cookie_for_tls_only(self):  # 111
        with self.served() as d:
            d.started()
            form = b"user=anna&password=anna-pw&next=index.html"
            data, _ = ask(self.port, self.ca.client_context(),
                          b"POST /signin.html HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\nContent-Length: %d\r\n"
                          b"Content-Type: application/x-www-form-urlencoded\r\n\r\n%s" % (self.port, len(form), form))
            self.assertTrue(data.startswith(b"HTTP/1.1 303"), data)
            self.assertRegex(data.decode(), rf"\r\nSet-Cookie: __Host-troupe_{self.port}=[^;]+; Path=/; HttpOnly; SameSite=Strict; Secure\r\n")

    def test_rules_that_are_replaced(self):
        with self.served() as d:
            d.started()
            with proxy(self.port, self.ca.client_context(self.ci)) as s:
                self.assertEqual(s.access.whoami()["user"], "ci")
                text = open(d.config).read().replace("tls_cn=ci.example", "tls_cn=other.example")
                d.write("s.conf", text + "[user:boss]\npassword=boss-pw\nroles=admin\n")
                with proxy(self.port, self.ca.client_context(self.ci)) as first:
                    first.supervisor.reloadConfig()  # by ci: checked only
                self.assertEqual(s.access.whoami()["user"], "ci")



@unittest.skipIf(PORTABLE, "nothing is watched")
class RenewalTest(TlsTest):
    def setUp(self):
        self.own = tempfile.mkdtemp(prefix="troupe-tls-own-", dir=self.folder)
        os.chmod(self.own, 0o755)
        os.mkdir(os.path.join(self.own, "v1"))
        for name, source in (("cert.pem", self.cert), ("key.pem", self.key)):
            shutil.copy(source, os.path.join(self.own, "v1", name))
        os.symlink("v1", os.path.join(self.own, "live"))

    def at(self, *names):
        return os.path.join(self.own, *names)

    def served(self, more="", text=REST):
        self.port = free_port()
        return Daemon(tls_server(self.port, self.at("live", "cert.pem"), self.at("live", "key.pem"), more) + text)

    def name_seen(self):
        with connect(self.port, self.trusting) as c:
            return dict(part[0] for part in c.getpeercert()["subject"])["commonName"]

    def replaced(self, d, name, count=1):
        d.wait_for(rf"INFO \[inet_http_server\] certificate replaced: {name}, expires 20\d\d-\d\d-\d\dT[\d:]+Z\n", count)
        self.assertEqual(self.name_seen(), name)

    def test_in_place_by_rename_and_by_a_link(self):  # 163
        with self.served(text=REST + "[audit]\nfile={dir}/audit\n") as d:
            d.started()
            old = connect(self.port, self.trusting)
            begun = time.monotonic()
            for source, name in zip(self.ca.issue("in-place"), ("cert.pem", "key.pem")):
                with open(source) as new, open(self.at("v1", name), "w") as f:
                    f.write(new.read())
            self.replaced(d, "in-place")
            trail = wait_until(lambda: d.read("audit"), "the record")
            self.assertRegex(trail, r'"server":"inet_http_server".*"target":"in-place"')
            self.assertLess(time.monotonic() - begun, PATIENCE)
            for source, name in zip(self.ca.issue("renamed"), ("cert.pem", "key.pem")):
                shutil.copy(source, self.at("v1", name + ".new"))
                os.rename(self.at("v1", name + ".new"), self.at("v1", name))
            self.replaced(d, "renamed")
            os.mkdir(self.at("v2"))
            for source, name in zip(self.ca.issue("linked"), ("cert.pem", "key.pem")):
                shutil.copy(source, self.at("v2", name))
            os.symlink("v2", self.at("live.new"))
            os.rename(self.at("live.new"), self.at("live"))
            self.replaced(d, "linked")
            shutil.copy(self.at("v1", "cert.pem"), self.at("v2", "cert.pem"))  # where it leads now
            shutil.copy(self.at("v1", "key.pem"), self.at("v2", "key.pem"))
            self.replaced(d, "renamed", 2)
            with old:
                old.sendall(b"GET /ok.html HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                self.assertIn(b"200 OK", read_all(old)[0])

    def test_what_does_not_fit(self):  # 164
        with self.served() as d:
            d.started()
            good = open(self.at("v1", "cert.pem")).read()
            stays = r"; the one that expires 20\d\d-[^ ]+ stays in use"
            for spoil, reason in (
                    (lambda: d.write(self.at("v1", "cert.pem"), "garbage\n"), "tls_cert .* holds no certificate"),
                    (lambda: os.remove(self.at("v1", "cert.pem")), "cannot read tls_cert .*: No such file or directory")):
                spoil()
                d.wait_for(rf"ERRO \[inet_http_server\] tls_cert .*/live/cert.pem could not be loaded: {reason}{stays}\n")
                self.assertEqual(self.name_seen(), "server")
                d.write(self.at("v1", "cert.pem"), good)
            other = self.ca.issue("other")
            shutil.copy(other[1], self.at("v1", "key.pem"))
            d.wait_for(r"could not be loaded: tls_key .* does not belong to tls_cert .*" + stays)
            shutil.copy(other[0], self.at("v1", "cert.pem"))
            self.replaced(d, "other")
            self.assertEqual(d.log().count("could not be loaded"), 3)

    def test_a_key_that_follows(self):  # 165
        with self.served() as d:
            d.started()
            cert, key = self.ca.issue("followed")
            shutil.copy(cert, self.at("v1", "cert.pem"))
            time.sleep(3)  # it is what is tested: how long may it take
            shutil.copy(key, self.at("v1", "key.pem"))
            self.replaced(d, "followed")
            self.assertNotIn("could not be loaded", d.log())

    def test_clients_of_another_authority(self):  # 166
        first = Authority(self.at("first"), "first")
        second = Authority(self.at("second"), "second")
        client = first.issue("old", "/CN=old", purpose="clientAuth", names="DNS:unused")
        shutil.copy(first.cert, self.at("clients.pem"))
        with self.served(f"tls_client_ca={self.at('clients.pem')}\ntls_client=required") as d:
            d.started()
            state = lambda: proxy(self.port, self.ca.client_context(client)).supervisor.getState()["statename"]
            self.assertEqual(state(), "RUNNING")
            shutil.copy(second.cert, self.at("clients.pem"))
            d.wait_for("certificate replaced: server")
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                state()

    def test_usr2_and_reread_look_again(self):
        with self.served() as d:
            d.started()
            good = open(self.at("v1", "cert.pem")).read()
            for look in (lambda: d.send(signal.SIGUSR2), proxy(self.port, self.trusting).supervisor.reloadConfig):
                d.write(self.at("v1", "cert.pem"), "garbage\n")
                count = d.log().count("could not be loaded")
                d.wait_for("could not be loaded", count + 1)
                look()
                d.wait_for("could not be loaded", count + 2)  # it was looked at, and is told again
                d.write(self.at("v1", "cert.pem"), good)
            d.write(self.at("v1", "cert.pem"), good + "\n")
            self.replaced(d, "server")

    def test_the_metric_and_the_end(self):  # 168
        cert, key = self.ca.issue("ending", days=10)
        shutil.copy(cert, self.at("v1", "cert.pem"))
        shutil.copy(key, self.at("v1", "key.pem"))
        other = self.ca.issue("ending-too", days=5)
        with self.served() as d:
            d.started()
            d.wait_for(r"WARN \[inet_http_server\] certificate ending expires 20")
            data, _ = ask(self.port, self.trusting, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            left = int(re.search(rb'supervisord_tls_cert_expiry_seconds\{server="inet_http_server"\} (\d+)', data).group(1))
            self.assertTrue(10 * 86400 - 600 < left <= 10 * 86400, left)
            self.assertEqual(d.log().count("certificate ending expires"), 1)  # the handshake has not told it again
            for source, name in zip(other, ("cert.pem", "key.pem")):
                shutil.copy(source, self.at("v1", name))
            self.replaced(d, "ending-too")
            d.wait_for(r"WARN \[inet_http_server\] certificate ending-too expires 20")
            self.name_seen()
            self.assertEqual(d.log().count("certificate ending-too expires"), 1)

    def test_nothing_wakes(self):
        with self.served() as d:
            d.started()
            self.assertEqual(self.name_seen(), "server")
            if sanitized(d.pid):
                self.skipTest("a sanitizer has a thread of its own, which wakes")
            tasks = f"/proc/{d.working_pid}/task"  # once: looking for it takes longer than it has to sleep
            wakeups = lambda: sum(int(re.search(r"voluntary_ctxt_switches:\s+(\d+)", open(f"{tasks}/{t}/status").read()).group(1))
                                  for t in os.listdir(tasks))
            seen = []

            def quiet():
                seen.append(wakeups())
                return len(seen) > 100 and seen[-1] == seen[-100]
            wait_until(quiet, "a daemon that sleeps")


class TrustedProxiesTest(unittest.TestCase):
    TEXT = REST + """
[role:local]
verbs=start
programs=*
networks=loopback
[user:anna]
password=anna-pw
roles=viewer,local
"""

    def ask(self, port, headers, user="anna:anna-pw@"):
        with xmlrpc.client.ServerProxy(f"http://{user}127.0.0.1:{port}/RPC2", headers=headers) as s:
            seen = s.access.whoami()
        return seen["from"], "start" in seen["rights"]

    def test_whose_word_counts(self):  # 220
        trusting, strict = free_port(), free_port()
        text = (f"[inet_http_server:a]\nport=127.0.0.1:{trusting}\ntrusted_proxies=loopback, 10.0.0.0/8\n"
                f"[inet_http_server:b]\nport=127.0.0.1:{strict}\n" + self.TEXT)
        with Daemon(text) as d:
            d.started()
            self.assertEqual(self.ask(trusting, []), ("127.0.0.1", True))
            forged = [("X-Forwarded-For", "127.0.0.1, 192.0.2.7, 10.0.0.2")]
            self.assertEqual(self.ask(trusting, forged), ("192.0.2.7", False))
            self.assertEqual(self.ask(strict, [("X-Forwarded-For", "192.0.2.7")]), ("127.0.0.1", True))
            # one connection of a proxy, many clients
            with xmlrpc.client.ServerProxy(f"http://anna:anna-pw@127.0.0.1:{trusting}/RPC2") as s:
                for address in ("192.0.2.1", "192.0.2.2", "2001:db8::1"):
                    s("transport")._headers = [("X-Forwarded-For", address)]
                    self.assertEqual(s.access.whoami()["from"], address)
                s("transport")._headers = []
                self.assertEqual(s.access.whoami()["from"], "127.0.0.1")

    def test_who_came_by_https(self):  # 111
        trusting, strict = free_port(), free_port()
        text = (f"[inet_http_server:a]\nport=127.0.0.1:{trusting}\ntrusted_proxies=loopback\n"
                f"[inet_http_server:b]\nport=127.0.0.1:{strict}\n[unix_http_server]\nfile={{dir}}/s\ntrusted_proxies=unix\n" + self.TEXT)
        form = b"user=anna&password=anna-pw"

        def cookie(connection, proto):
            with connection as c:
                c.settimeout(PATIENCE)
                c.sendall(b"POST /signin.html HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n"
                          b"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: %s\r\n"
                          b"Content-Type: application/x-www-form-urlencoded\r\n\r\n%s" % (len(form), proto, form))
                return re.search(r"Set-Cookie: ([^=]+)=.*?(; Secure)?\r\n", read_all(c)[0].decode()).groups()

        def tcp(port):
            return socket.create_connection(("127.0.0.1", port), PATIENCE)
        with Daemon(text) as d:
            d.started()
            self.assertEqual(cookie(tcp(trusting), b"https"), (f"__Host-troupe_{trusting}", "; Secure"))
            self.assertEqual(cookie(tcp(trusting), b"https, http"), (f"troupe_{trusting}", None))
            self.assertEqual(cookie(tcp(strict), b"https"), (f"troupe_{strict}", None))
            local = socket.socket(socket.AF_UNIX)
            local.connect(os.path.join(d.dir, "s"))
            self.assertEqual(cookie(local, b"https"), ("__Host-troupe_unix", "; Secure"))

    def test_who_guesses_is_held_up_alone(self):
        port = free_port()
        with Daemon(f"[inet_http_server:a]\nport=127.0.0.1:{port}\ntrusted_proxies=loopback\n" + self.TEXT) as d:
            d.started()
            codes = []
            for _ in range(11):
                with self.assertRaises(xmlrpc.client.ProtocolError) as refused:
                    self.ask(port, [("X-Forwarded-For", "192.0.2.66")], "bob:wrong@")
                codes.append(refused.exception.errcode)
            self.assertEqual((codes[0], codes[-1]), (401, 429))
            d.wait_for("WARN too many failed sign-ins from 192.0.2.66")
            self.assertEqual(self.ask(port, [("X-Forwarded-For", "192.0.2.67")]), ("192.0.2.67", False))


class ClientTest(TlsTest):
    """supervisorctl."""

    def ctl(self, *words, url=None, check=None):
        done = subprocess.run([os.path.join(BIN, "supervisorctl"), "-c", "", "-s",
                               url or f"https://localhost:{self.port}", *words],
                              capture_output=True, text=True, timeout=PATIENCE * 2, stdin=subprocess.DEVNULL)
        if check is not None:
            self.assertEqual((done.returncode, done.stdout), (1, f"error: <class '{check[0]}'>, {check[1]}\n"))
        return done

    def test_a_daemon_whose_certificate_fits(self):  # 191
        with self.daemon("username=anna\npassword=pw\n") as d:
            d.pid_of("cat")
            done = self.ctl("--cacert", self.ca.cert, "-u", "anna", "-p", "pw", "status")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, r"^cat +RUNNING +pid \d+, uptime")
            by_url = self.ctl("--cacert", self.ca.cert, "pid", url=f"https://anna:pw@127.0.0.1:{self.port}")
            self.assertEqual(by_url.stdout, f"{d.pid}\n")

    def test_the_options_of_the_file_and_of_open(self):
        with self.daemon() as d:
            d.pid_of("cat")
            conf = d.write("ctl.conf", f"[supervisorctl]\nserverurl=https://localhost:{self.port}\n"
                                       f"tls_cacert={self.ca.cert}\n")
            program = [os.path.join(BIN, "supervisorctl"), "-c", conf]
            done = subprocess.run(program + ["status"], capture_output=True, text=True, timeout=PATIENCE)
            self.assertIn("RUNNING", done.stdout)
            done = subprocess.run(program + ["-s", "unix:///nowhere"], capture_output=True, text=True, timeout=PATIENCE,
                                  input=f"open https://localhost:{self.port}\npid cat\n")
            self.assertIn(str(d.pid_of("cat")), done.stdout)

    def test_a_log_that_is_followed(self):
        with self.daemon() as d:
            pid = d.pid_of("cat")
            follow = subprocess.Popen([os.path.join(BIN, "supervisorctl"), "-c", "", "-s", f"https://localhost:{self.port}",
                                       "--cacert", self.ca.cert, "tail", "-f", "cat"], stdout=subprocess.PIPE)
            self.addCleanup(follow.stdout.close)
            self.addCleanup(follow.wait)
            self.addCleanup(follow.kill)
            self.assertTrue(follow.stdout.readline().startswith(b"==>"))
            for line in (b"one\n", b"two\n"):
                proxy(self.port, self.trusting).supervisor.sendProcessStdin("cat", line.decode())
                self.assertEqual(follow.stdout.readline(), line)
            self.assertTrue(pid)

    def test_many_programs_at_once(self):
        text = REST + "[program:many]\ncommand=/bin/cat\nnumprocs=40\nprocess_name=%(process_num)02d\nautostart=false\nstartsecs=0\n"
        with self.daemon(text=text) as d:
            d.started()
            done = self.ctl("--cacert", self.ca.cert, "start", "many:*")
            self.assertEqual(done.stdout.count(": started"), 40, done)
            self.assertIn("many:07: stopped", self.ctl("--cacert", self.ca.cert, "stop", "many:0?").stdout)

    def test_who_is_not_trusted(self):  # 189
        with self.daemon() as d:
            d.started()
            error = "ssl.SSLCertVerificationError"
            words = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
            for arguments in (["status"], ["pid"], ["start", "cat"]):
                self.ctl(*arguments, check=(error, words + "unable to get local issuer certificate"))
            self.ctl("--cacert", self.ca.cert, "status", url=f"https://127.0.0.2:{self.port}".replace("127.0.0.2", "127.1"),
                     check=(error, words + "Hostname mismatch, certificate is not valid for '127.1'."))

    def test_a_certificate_that_is_over(self):
        ended = self.ca.issue("ended", days=-1)
        self.port = free_port()
        with Daemon(tls_server(self.port, *ended) + REST) as d:
            d.wait_for(r"WARN \[inet_http_server\] certificate ended expires \d{4}-\d\d-\d\dT")  # 213
            d.started()
            self.ctl("--cacert", self.ca.cert, "status",
                     check=("ssl.SSLCertVerificationError",
                            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired"))

    def test_a_server_without_tls(self):  # 190, 224
        plain = free_port()
        with self.daemon(text=f"[inet_http_server:p]\nport=127.0.0.1:{plain}\n" + REST) as d:
            d.started()
            self.ctl("status", url=f"https://u:secret@localhost:{plain}",
                     check=("ssl.SSLError", "[SSL: WRONG_VERSION_NUMBER] wrong version number"))

    def test_nothing_is_sent_to_who_offers_http(self):  # 224
        with socket.create_server(("127.0.0.1", 0)) as listener:
            seen = []

            def serve():
                for _ in range(2):
                    c, _ = listener.accept()
                    with c:
                        seen.append(c.recv(65536))
                        c.sendall(b"HTTP/1.1 301 Moved\r\nLocation: http://localhost/\r\nContent-Length: 0\r\n\r\n")
            thread = threading.Thread(target=serve)
            thread.start()
            for action in ("status", "pid"):
                self.ctl("-u", "anna", "-p", "secret", action, url=f"https://localhost:{listener.getsockname()[1]}",
                         check=("ssl.SSLError", "[SSL: WRONG_VERSION_NUMBER] wrong version number"))
            thread.join()
        for bytes_ in seen:
            self.assertEqual(bytes_[0], 22)  # the hello, and nothing else
            self.assertNotIn(b"secret", bytes_)

    def test_files_that_cannot_be_read(self):
        for option in ("--cacert", "--cert"):
            done = self.ctl(option, "/nope", "status", url="https://localhost:1")
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertRegex(done.stderr, r"^Error: could not read /nope\nFor help, use .* -h\n$")

    def test_full_names(self):  # 193
        done = self.ctl("--cacer", "f", "status")
        self.assertEqual(done.returncode, 2)
        self.assertIn("option --cacer not recognized", done.stderr)

    def setUp(self):
        self.port = 1


if __name__ == "__main__":
    unittest.main()
