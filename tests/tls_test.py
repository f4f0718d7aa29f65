"""TLS of the servers and of supervisorctl: certificates made here by the openssl command, Python's own ssl and xmlrpc as
independent clients. Numbers are those of docs/contract/access.md, 12."""
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

from support import BIN, PATIENCE, Daemon, children_of, free_port, wait_until

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
