"""What hangs on somebody else's doing holds up its own program only: a path that a file system does not answer for, a
directory, an exec, a child that its user stops before its exec. A seccomp filter lets chosen system calls of the daemon
and its children wait for ever, by path, on the real binary. Standard library only."""
import array
import ctypes
import fcntl
import os
import platform
import select
import socket
import struct
import subprocess
import threading
import unittest
import xmlrpc.client

from support import PATIENCE, Daemon, free_port, status_field, wait_until

LIBC = ctypes.CDLL(None, use_errno=True)
CALLS = {"chdir": 80, "execve": 59, "openat": 257, "openat2": 437, "newfstatat": 262, "stat": 4}  # x86_64
PATH_AT = {"chdir": 0, "execve": 0, "openat": 1, "openat2": 1, "newfstatat": 1, "stat": 0}  # which argument is the path
SECCOMP, PRCTL_FILTER_NEW_LISTENER = 317, 8
RECEIVE, ANSWER = 0xC0502100, 0xC0182101  # SECCOMP_IOCTL_NOTIF_RECV and _SEND
GO_ON = 1  # SECCOMP_USER_NOTIF_FLAG_CONTINUE


def filter_program(numbers):
    """Of BPF: a listener decides about these calls, all others go on."""
    lines = [(0x20, 0, 0, 0)]  # the call's number
    for i, number in enumerate(numbers):
        lines.append((0x15, len(numbers) - i, 0, number))
    lines += [(0x06, 0, 0, 0x7FFF0000), (0x06, 0, 0, 0x7FC00000)]  # allow; ask the listener
    code = b"".join(struct.pack("HBBI", *line) for line in lines)
    buffer = ctypes.create_string_buffer(code)
    return struct.pack("HxxxxxxP", len(lines), ctypes.addressof(buffer)), buffer


class Hangs:
    """Calls of these kinds with `part` in their path wait until they are released, or for ever."""

    def __init__(self, part, *kinds):
        self.part, self.kinds, self.waiting = part.encode(), kinds, []
        self.ours, self.theirs = socket.socketpair()
        self.numbers = {CALLS[k]: k for k in kinds}
        self.end = threading.Event()

    def install(self):
        """In the child that becomes the daemon."""
        program, self.kept = filter_program(list(self.numbers))
        LIBC.prctl(38, 1, 0, 0, 0) if os.getuid() else None
        fd = LIBC.syscall(SECCOMP, 1, PRCTL_FILTER_NEW_LISTENER, ctypes.c_char_p(program))
        if fd < 0:
            os._exit(77)
        self.theirs.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])
        os.close(fd)

    def serve(self):
        _, ancillary, _, _ = self.ours.recvmsg(1, socket.CMSG_SPACE(4))
        self.fd = struct.unpack("i", ancillary[0][2][:4])[0]
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def path_of(self, pid, address):
        with open(f"/proc/{pid}/mem", "rb", 0) as memory:
            memory.seek(address)
            return memory.read(256).split(b"\0")[0]

    def run(self):
        while not self.end.is_set():
            if not select.select([self.fd], [], [], 0.05)[0]:
                continue
            request = bytearray(80)
            try:
                fcntl.ioctl(self.fd, RECEIVE, request)
            except OSError:
                continue  # it is gone already
            number, pid, _, call = struct.unpack_from("QIIi", request)
            arguments = struct.unpack_from("6Q", request, 32)
            try:
                hangs = self.part in self.path_of(pid, arguments[PATH_AT[self.numbers[call]]])
            except OSError:
                hangs = False
            if hangs:
                self.waiting.append((number, pid))
            else:
                self.answer(number)

    def answer(self, number):
        try:
            fcntl.ioctl(self.fd, ANSWER, struct.pack("QqiI", number, 0, 0, GO_ON))
        except OSError:
            pass

    def release(self):
        while self.waiting:
            self.answer(self.waiting.pop()[0])

    def close(self):
        self.end.set()
        self.release()
        if hasattr(self, "thread"):
            self.thread.join()
            os.close(self.fd)
        self.ours.close()
        self.theirs.close()


TEXT = """
[unix_http_server]
file={dir}/s.sock
[inet_http_server]
port=127.0.0.1:PORT
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[program:good]
command=/bin/sleep 3600
startsecs=0
[program:bad]
command=/bin/sleep 3600
startsecs=0
stopwaitsecs=1
"""


@unittest.skipUnless(platform.machine() == "x86_64", "the calls' numbers are those of x86_64")
class SpawnsThatHang(unittest.TestCase):
    def start(self, part, kinds, options, calls=1):
        """A daemon in which `calls` calls with `part` in their path hang by the time this returns."""
        hangs = Hangs(part, *kinds)
        self.addCleanup(hangs.close)
        self.port = free_port()
        d = Daemon(TEXT.replace("PORT", str(self.port)) + options, files={"hangs/x": ""}, start=False)
        self.addCleanup(d.__exit__)
        opener = threading.Thread(target=hangs.serve, daemon=True)
        opener.start()  # Popen returns only when the daemon's own exec was let through
        d.start(hangs.install)
        if d.process.poll() == 77:
            self.skipTest("no seccomp listeners here")
        opener.join(PATIENCE)
        d.started()
        wait_until(lambda: len(hangs.waiting) >= calls, "calls that hang")
        return d, hangs, self.rpc()

    def rpc(self):
        return xmlrpc.client.ServerProxy(f"http://127.0.0.1:{self.port}/RPC2").supervisor

    def others_go_on(self, rpc):
        for _ in range(3):
            rpc.stopProcess("good")
            self.assertEqual(rpc.getProcessInfo("good")["statename"], "STOPPED")
            rpc.startProcess("good")
            self.assertEqual(rpc.getProcessInfo("good")["statename"], "RUNNING")

    def test_a_directory_that_hangs(self):
        d, _, rpc = self.start("/hangs", ["chdir"], "directory={dir}/hangs\n")
        self.others_go_on(rpc)
        wait_until(lambda: rpc.getProcessInfo("bad")["pid"], "its pid, though it has not got to its exec")
        rpc.stopProcess("bad")  # TERM, and KILL after a second
        self.assertEqual(rpc.getProcessInfo("bad")["statename"], "STOPPED")
        self.others_go_on(rpc)
        self.assertEqual(d.finish(), 0)

    def test_an_exec_that_hangs_while_the_daemon_ends(self):
        d, hangs, rpc = self.start("bin/cat", ["execve"], "[program:worse]\ncommand=/bin/cat\nstopwaitsecs=1\n")
        self.others_go_on(rpc)
        pid = hangs.waiting[0][1]
        self.assertEqual(d.finish(), 0)
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"), "the end of the child")

    def test_an_env_file_that_hangs(self):
        d, _, rpc = self.start("/hangs/x", ["openat2"],
                               "[program:worse]\ncommand=/bin/sleep 3600\nenvfile={dir}/hangs/x\nstartretries=0\n")
        self.others_go_on(rpc)
        d.wait_for("spawnerr: spawning 'worse' hangs: its command, its directory, an env file or a log cannot be reached")
        wait_until(lambda: rpc.getProcessInfo("worse")["statename"] == "FATAL", "it to be given up")
        self.others_go_on(rpc)
        self.assertEqual(d.finish(), 0)

    def test_a_command_on_a_path_that_hangs(self):
        d, hangs, rpc = self.start("/hangs/program", ["newfstatat", "stat"],
                                   "[program:worse]\ncommand={dir}/hangs/program\nautostart=false\n", calls=0)
        said = []

        def start():
            try:
                said.append(self.rpc().startProcess("worse"))
            except xmlrpc.client.Fault as fault:
                said.append(fault.faultString)
        asked = threading.Thread(target=start, daemon=True)
        asked.start()
        wait_until(lambda: hangs.waiting, "the call that hangs")
        self.others_go_on(rpc)
        d.wait_for("spawnerr: spawning 'worse' hangs: its command, its directory or a log cannot be reached")
        asked.join(PATIENCE)
        self.assertFalse(asked.is_alive())
        self.assertEqual(said, ["SPAWN_ERROR: worse"])
        self.others_go_on(rpc)
        self.assertEqual(d.finish(), 0)

    @unittest.skipUnless(os.getuid() == 0, "needs root")
    def test_a_user_who_stops_his_child_before_its_exec(self):
        d, hangs, rpc = self.start("/hangs", ["chdir"], "user=nobody\ndirectory={dir}/hangs\n")
        stop = f"import os, signal; os.setuid(65534); os.kill({hangs.waiting[0][1]}, signal.SIGSTOP)"
        subprocess.run(["python3", "-c", stop], check=True)
        self.others_go_on(rpc)
        rpc.stopProcess("bad")
        self.assertEqual(rpc.getProcessInfo("bad")["statename"], "STOPPED")
        self.assertEqual(d.finish(), 0)

    def test_a_log_that_hangs_while_it_is_cleared(self):
        """Whoever asked for it waits for the disk; nobody else does."""
        d, hangs, rpc = self.start("hung.log", ["openat", "openat2"],
                                   "[program:quiet]\ncommand=/bin/cat\nautostart=false\nstderr_logfile=NONE\n"
                                   "stdout_logfile={dir}/hung.log\n", calls=0)
        for method, came in (("clearProcessLogs", True),
                             ("clearAllProcessLogs", [80, 80, 80])):
            d.write("hung.log", "to be cleared")
            said = []
            arguments = ("quiet",) if came is True else ()
            asked = threading.Thread(target=lambda: said.append(getattr(self.rpc(), method)(*arguments)), daemon=True)
            asked.start()
            wait_until(lambda: hangs.waiting, "the call that hangs")
            rpc.getState()
            self.assertEqual((said, d.read("hung.log")), ([], "to be cleared"))
            hangs.release()
            asked.join(PATIENCE)
            self.assertEqual(said[0] if came is True else [r["status"] for r in said[0]], came)
            self.assertEqual(d.read("hung.log"), "")
        self.assertEqual(d.finish(), 0)

    def test_more_of_them_than_there_may_be_threads(self):
        options = "".join(f"[program:h{i:02d}]\ncommand=/bin/sleep 1000\ndirectory={{dir}}/hangs\nstopwaitsecs=1\n"
                          for i in range(40))
        d, hangs, rpc = self.start("/hangs", ["chdir"], options, calls=30)
        d.wait_for("spawnerr: spawning 'h\\d\\d' hangs")  # one that no thread was left for
        self.assertLess(len(hangs.waiting), 40)
        self.assertLess(status_field(d.working_pid, "Threads"), 60)
        rpc.stopProcess("good")
        self.assertEqual(rpc.getProcessInfo("good")["statename"], "STOPPED")
        self.assertEqual(d.finish(), 0)

    @unittest.skipUnless(os.getuid() == 0, "needs root")
    def test_a_user_whose_spawns_all_hang(self):
        options = "".join(f"[program:h{i:02d}]\ncommand=/bin/sleep 1000\ndirectory={{dir}}/hangs\nuser=nobody\n"
                          f"stopwaitsecs=1\n" for i in range(40))
        d, hangs, rpc = self.start("/hangs", ["chdir"], options, calls=30)
        d.wait_for("spawnerr: spawning 'h\\d\\d' hangs")  # no more threads may hang for that user
        self.assertLess(len(hangs.waiting), 40)
        self.others_go_on(rpc)
        self.assertLess(status_field(d.working_pid, "Threads"), 60)
        self.assertEqual(d.finish(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=1)
