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


if __name__ == "__main__":
    unittest.main()
