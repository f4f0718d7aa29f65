"""What answers hold where access is controlled: no password, whoever asks and whatever fails, and events as ever. Must
not ask who may do what: access_matrix_test.py does. Source: docs/contract/access.md, 8 and 11."""
import glob
import http.client
import json
import os
import re
import subprocess
import sys
import unittest

from access_test import PROGRAMS, USERS, basic, servers
from support import BIN, PATIENCE, Daemon, free_port, wait_until

MARK = "marker-of-a-secret"
SECRETS = {name: f"{MARK}-{name}-that-is-long" for name in ("plain", "file", "server", "sha")}
MADE = f"""
[user:pia]
password={SECRETS['plain']}
roles=admin
[user:fay]
password_file={{dir}}/fay.pw
roles=viewer
[inet_http_server_marked]
port=127.0.0.1:%d
username=marked
password={SECRETS['server']}
[access]
token_file={{dir}}/tokens
[audit]
file={{dir}}/audit.log
required=true
reads=true
"""
EAR = """import sys
while True:
    print('READY', flush=True)
    head = dict(w.split(':') for w in sys.stdin.readline().split())
    body = sys.stdin.read(int(head['len']))
    with open('{dir}/heard', 'a') as f:
        f.write(head['eventname'] + ' ' + body + chr(10))
    sys.stdout.write('RESULT 2' + chr(10) + 'OK')
    sys.stdout.flush()
"""
LISTENER = "[eventlistener:ear]\ncommand=" + sys.executable + " {dir}/ear.py\nevents=PROCESS_STATE\n"


def ctl(daemon, *words, as_user=("pia", SECRETS["plain"])):
    made = subprocess.run([os.path.join(BIN, "supervisorctl"), "-s", f"unix://{daemon.dir}/S", "-u", as_user[0], "-p", as_user[1],
                           *words], capture_output=True, text=True, timeout=PATIENCE)
    return made.stdout + made.stderr


class Answers(unittest.TestCase):
    def test_no_password_is_in_any_answer_log_or_record(self):
        port, marked = free_port(), free_port()
        with Daemon(servers(port, free_port()) + USERS + MADE % marked + PROGRAMS, options="loglevel=blather\n",
                    files={"fay.pw": SECRETS["file"] + "\n"}) as daemon:
            os.chmod(os.path.join(daemon.dir, "fay.pw"), 0o600)
            daemon.wait_for("success: p2 entered RUNNING")
            found = {}

            def ask(method, path, body=None, user="pia", password=SECRETS["plain"], to=port):
                c = http.client.HTTPConnection("127.0.0.1", to, timeout=PATIENCE)
                c.request(method, path, body, {"Authorization": basic(user, password)})
                answer = c.getresponse()
                text = answer.read().decode(errors="replace")
                c.close()
                found[f"{method} {path} {body}"] = text + str(answer.headers)
                return answer.status, text
            methods = json.loads(ask("POST", "/api/v1/call/system.listMethods", "[]")[1])["result"]
            self.assertIn("access.createToken", methods)
            for method in methods:
                if method.rsplit(".")[1] not in ("shutdown", "restart", "upgrade"):
                    for body in ("[]", '["web:web_00"]', "[0, 100000]"):
                        ask("POST", "/api/v1/call/" + method, body)
            for path in ("index.html", "account.html", "signin.html", "metrics", "api/v1/status", "api/v1/whoami", "api/v1/can",
                         "api/v1/tokens", "api/v1/mainlog", "history.html", "graph.html", "api/v1/processes/db"):
                ask("GET", "/" + path)
            self.assertEqual(ask("GET", "/api/v1/whoami", user="marked", password=SECRETS["server"], to=marked)[0], 200)
            self.assertEqual(ask("GET", "/api/v1/whoami", user="fay", password=SECRETS["file"])[0], 200)
            self.assertEqual(ask("GET", "/api/v1/whoami", user="pia", password=SECRETS["sha"])[0], 401)
            self.assertEqual(ask("GET", "/api/v1/whoami", user=SECRETS["sha"], password="a name typed wrong")[0], 401)
            for words in (("whoami",), ("status",), ("reread",), ("can", "start", "web:*"), ("fg", "nobody"), ("avail",)):
                found[" ".join(words)] = ctl(daemon, *words)
            self.assertIn("pia", found["whoami"])
            for args in (("--test",), ("--test", "--strict")):
                made = subprocess.run([*daemon.argv[:3], *args], capture_output=True, text=True, timeout=PATIENCE)
                found[" ".join(args)] = made.stdout + made.stderr
            self.assertIn("keeps its password as plain text", found["--test --strict"])
            with open(f"/proc/{daemon.pid}/cmdline") as f:
                found["argv"] = f.read()
            for name in glob.glob(daemon.dir + "/**", recursive=True):
                if os.path.isfile(name) and os.path.basename(name) not in ("s.conf", "fay.pw"):
                    with open(name, errors="replace") as f:
                        found[name] = f.read()
            told = {what: text for what, text in found.items() if MARK in text}
            self.assertEqual({what: text[max(0, text.index(MARK) - 200):][:400] for what, text in told.items()}, {})
            self.assertTrue(any(name.endswith("audit.log") for name in found))

    def test_errors_name_the_line_and_not_the_value(self):
        for text, says in ((f"[user:x]\npassword=%(ENV_NO_{MARK})s\n", "cannot be expanded"),
                           (f"[user:x]\npassword={{MD5}}{MARK}\n", "unknown form"),
                           (f"[user:x]\npassword=$9${MARK}\n", "libcrypt"),
                           (f"[user:x]\npassword={{SHA}}{MARK}\n", "40 hexadecimal"),
                           (f"[user:x]\npassword=a\npassword_file=/{MARK}\n", "both"),
                           (f"[inet_http_server]\nport=9001\nusername=x\npassword=%({MARK})s\n", "cannot be expanded"),
                           (f"[inet_http_server]\nport=9001\npassword={MARK}\n", "incomplete authentication")):
            with self.subTest(text), Daemon(text + PROGRAMS, start=False) as daemon:
                for args in ((), ("--test",), ("--test", "--strict")):
                    made = subprocess.run([*daemon.argv[:3], "-n", *args], capture_output=True, text=True, timeout=PATIENCE)
                    self.assertNotEqual(made.returncode, 0)
                    self.assertIn(says, made.stdout + made.stderr)
                    self.assertRegex(made.stdout + made.stderr, r"s\.conf")
                    self.assertNotIn(MARK, made.stdout + made.stderr)

    def test_events_of_a_stop_are_as_ever(self):  # 207
        port = free_port()
        with Daemon(servers(port, free_port()) + USERS + PROGRAMS + LISTENER, files={"ear.py": EAR}) as daemon:
            daemon.wait_for("success: (p2|ear) entered RUNNING", 2)
            heard = os.path.join(daemon.dir, "heard")

            def bodies():
                if not os.path.exists(heard):
                    return []
                with open(heard) as f:
                    return [re.sub(r"pid:\d+", "pid:N", line.rstrip("\n")) for line in f if "web_00" in line]
            wait_until(lambda: any("RUNNING" in body for body in bodies()), "it is up")
            before = len(bodies())
            self.assertEqual(ctl(daemon, "stop", "web:web_00", as_user=("anna", "anna-pw")), "web:web_00: stopped\n")
            self.assertIn("not permitted", ctl(daemon, "stop", "cron", as_user=("anna", "anna-pw")))
            wait_until(lambda: len(bodies()) == before + 2, "both events")
            self.assertEqual(bodies()[before:], [
                "PROCESS_STATE_STOPPING processname:web_00 groupname:web from_state:RUNNING pid:N",
                "PROCESS_STATE_STOPPED processname:web_00 groupname:web from_state:STOPPING pid:N"])


if __name__ == "__main__":
    unittest.main()
