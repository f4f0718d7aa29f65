#!/usr/bin/env python3
"""Every example runs as its first lines say, from any folder, with nothing set: it is valid, starts, and answers
supervisorctl. What listener, redis and stack do is in tests of their own."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.request
import xmlrpc.client

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import BIN, PATIENCE, ROOT, example, wait_until  # noqa: E402

PLUGIN = os.path.join(os.path.dirname(BIN), "plugins", "counter.so")


class Examples(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="troupe-examples-")
        self.addCleanup(shutil.rmtree, self.folder, True)

    def ctl(self, *words):
        return subprocess.run([os.path.join(BIN, "supervisorctl"), "-c", self.config, *words], capture_output=True, text=True,
                              timeout=PATIENCE)

    def states(self):
        """{process: state}, or nothing while the daemon does not answer."""
        return dict(line.split()[:2] for line in self.ctl("status").stdout.splitlines() if len(line.split()) > 2)

    def run_example(self, name, more=None):
        self.config = example(name, self.folder, more)
        env = {"PATH": os.environ["PATH"]}  # nothing of ours
        argv = [os.path.join(BIN, "supervisord"), "-n", "-c", self.config]
        checked = subprocess.run([argv[0], "--test", "-c", self.config], capture_output=True, text=True, env=env, cwd="/")
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))
        self.daemon = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, cwd="/")
        self.addCleanup(self.end)

    def end(self):
        if self.daemon.poll() is None:
            self.daemon.terminate()
        self.daemon.communicate(timeout=PATIENCE)

    def rpc(self):
        """What the example's first lines call."""
        with open(self.config) as f:
            port = re.search(r"^port=127\.0\.0\.1:(\d+)$", f.read(), re.M).group(1)
        return xmlrpc.client.ServerProxy(f"http://127.0.0.1:{port}/RPC2")

    def expect(self, *running):
        wait_until(lambda: all(self.states().get(name) == "RUNNING" for name in running), f"{running} to run")

    def test_basic(self):
        self.run_example("basic")
        self.expect("clock", "worker:worker_00", "worker:worker_01")
        self.assertEqual(self.states()["tools:cat"], "STOPPED")
        with open(self.config) as f:
            port = re.search(r"^port=127\.0\.0\.1:(\d+)$", f.read(), re.M).group(1)  # on loopback
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE) as page:
            self.assertIn(b"worker_01", page.read())

    def test_make_run_says_what_to_try_next(self):
        said = subprocess.run(["make", "-n", "run"], cwd=ROOT, capture_output=True, text=True).stdout
        words = re.search(r"bin/supervisorctl -c (\S+) status", said)
        self.assertIsNotNone(words, said)
        with open(os.path.join(ROOT, words.group(1))) as f:
            port = re.search(r"^port=(127\.0\.0\.1:\d+)$", f.read(), re.M).group(1)
        self.assertIn(f"http://{port}/", said)

    def test_listener(self):
        self.run_example("listener")
        self.expect("notify", "steady")

    @unittest.skipUnless(shutil.which("redis-server"), "redis-server is not installed")
    def test_redis(self):
        from support import free_port
        self.run_example("redis", {"6390": str(free_port())})
        self.expect("redis:redis_00", "worker:worker_01", "worker:worker_02")

    @unittest.skipUnless(shutil.which("redis-server") and os.path.exists("/usr/sbin/nginx"), "redis or nginx is not installed")
    def test_stack(self):
        from support import free_port
        self.run_example("stack", {":-8080": f":-{free_port()}"})
        self.expect("redis", "web:web_00", "web:web_01", "worker:worker_00", "worker:worker_01", "front")
        self.assertNotIn("__pycache__", os.listdir(os.path.dirname(self.config)))

    def test_rpc_program(self):
        self.run_example("rpc_program")
        self.expect("cat")
        with self.rpc() as rpc:
            self.assertGreater(rpc.host.disk("/")["total"], 0)

    @unittest.skipUnless(os.path.exists(PLUGIN), "the example's shared object is not built")
    def test_rpc_plugin(self):
        self.run_example("rpc_plugin", {"%(here)s/../../build/release/plugins/counter.so": PLUGIN})
        self.expect("cat")
        with self.rpc() as rpc:
            self.assertEqual([rpc.counter.increment("visits") for _ in range(2)], [1, 2])

    def test_container(self):
        os.mkfifo(os.path.join(self.folder, "go"))
        self.run_example("container", {"sleep 5": "read line < {}".format(os.path.join(self.folder, "go"))})
        self.expect("end")
        wait_until(lambda: self.states().get("web") == "RUNNING", "web to run")
        with open(os.path.join(self.folder, "go"), "w") as go:
            go.write("now\n")
        out, _ = self.daemon.communicate(timeout=PATIENCE)  # it ends by itself
        self.assertEqual(self.daemon.returncode, 0)
        text = out.decode()
        self.assertIn("web GET / 200\n", text)
        self.assertIn("worker out of work\n", text)
        self.assertIn("end a program has ended, so the container does: processname:worker", text)


if __name__ == "__main__":
    unittest.main()
