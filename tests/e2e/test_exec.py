"""ctl exec: another command in a container that runs."""

import hashlib
import os
import subprocess

from test_terminal import PROMPT, Terminal
from tests.harness.platform import PlatformTest, wait_until

ALL_BYTES = bytes(range(256))


class ExecTest(PlatformTest):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.platform.out("run", "-d", "--name", "host", "-e", "FROM=run", "-w", "/tmp", "busybox", "sleep", "100000")

    def test_output_streams_and_exit_codes(self):
        done = self.ctl("exec", "host", "sh", "-c", "echo out; echo err >&2; exit 7")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (7, b"out\n", b"err\n"))
        self.assertEqual(self.ctl("exec", "host", "true").returncode, 0)
        self.assertEqual(self.ctl("exec", "host", "sh", "-c", "kill -9 $$").returncode, 137)

    def test_commands_that_cannot_be_executed(self):
        for flags in ((), ("-d",)):
            message = self.assert_fails(127, "exec", *flags, "host", "nosuchprogram", text="nosuchprogram")
            self.assertEqual(len(message.splitlines()), 1, message)
            self.assert_fails(126, "exec", *flags, "host", "/etc/passwd", text="/etc/passwd")
            self.assert_fails(126, "exec", *flags, "host", "/etc", text="/etc")

    def test_containers_that_do_not_run(self):
        self.assert_fails(1, "exec", "nosuch", "true", text="No such container: nosuch")
        container = self.out("create", "busybox", "true")
        for flags in ((), ("-i",), ("-d",)):
            message = self.assert_fails(1, "exec", *flags, container, "true", text="is not running")
            self.assertEqual(len(message.splitlines()), 1, message)
        self.out("rm", container)

    def test_input_only_with_i(self):
        done = self.ctl("exec", "-i", "host", "cat", stdin=ALL_BYTES * 1000)
        self.assertEqual(hashlib.sha256(done.stdout).hexdigest(), hashlib.sha256(ALL_BYTES * 1000).hexdigest())
        self.assertEqual(done.returncode, 0)
        done = self.ctl("exec", "host", "cat", stdin=b"not for you")
        self.assertEqual((done.returncode, done.stdout), (0, b""))

    def test_large_input_has_the_right_sum(self):
        data = os.urandom(50 << 20)
        done = self.ctl("exec", "-i", "host", "sha256sum", stdin=data)
        self.assertEqual(done.stdout.split()[0].decode(), hashlib.sha256(data).hexdigest())

    def test_environment_directory_and_user(self):
        text = self.out("exec", "-e", "A=1 2", "-e", "FROM=exec", "host", "sh", "-c", "echo \"$A|$FROM|$PWD|$(id -u)\"")
        self.assertEqual(text, "1 2|exec|/tmp|0")
        text = self.out("exec", "-w", "/etc", "-u", "65534:65533", "host", "sh", "-c", "echo \"$FROM|$PWD|$(id -u):$(id -g)\"")
        self.assertEqual(text, "run|/etc|65534:65533")
        self.assert_fails(1, "exec", "-u", "nosuchuser", "host", "true", text="nosuchuser")

    def test_flags_end_at_the_container(self):
        self.assertEqual(self.out("exec", "host", "echo", "-e", "-i", "-d"), "-i -d")

    def test_detached_goes_on(self):
        done = self.ctl("exec", "-d", "host", "sh", "-c", "echo done >/tmp/detached")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))
        wait_until(lambda: self.ctl("exec", "host", "cat", "/tmp/detached").stdout == b"done\n", what="the file")

    def test_it_is_in_the_container(self):
        self.assertEqual(self.out("exec", "host", "hostname"), self.out("ps", "-q", "-f", "name=host"))
        self.assertIn("sleep 100000", self.out("exec", "host", "ps"))

    def test_container_that_ends_ends_it(self):
        self.out("run", "-d", "--name", "brief", "busybox", "sleep", "1000")
        process = self.platform.popen("exec", "brief", "sh", "-c", "echo ready; sleep 1000", stdout=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        self.out("kill", "brief")
        self.assertEqual(process.wait(20), 137)
        process.stdout.close()
        self.out("rm", "brief")

    def test_many_at_once(self):
        processes = [self.platform.popen("exec", "host", "sh", "-c", f"echo {n}; exit {n}", stdout=subprocess.PIPE)
                     for n in range(30)]
        for number, process in enumerate(processes):
            self.assertEqual(process.communicate(timeout=60)[0], f"{number}\n".encode())
            self.assertEqual(process.returncode, number)

    def test_shell_on_a_terminal(self):
        shell = Terminal(self.platform, "exec", "-it", "host", "sh", rows=31, columns=77)
        self.addCleanup(shell.close)
        shell.expect("/tmp # $")
        shell.type("cd /\n")
        shell.expect(PROMPT)
        self.assertEqual(shell.run("stty size"), "31 77\n")
        shell.resize(40, 99)
        wait_until(lambda: shell.run("stty size") == "40 99\n", what="the new size")
        shell.type("exit 5\n")
        self.assertEqual(shell.wait(), 5)
        self.assertEqual(shell.attributes(), shell.before)

    def test_detach_keys_leave_it_running(self):
        shell = Terminal(self.platform, "exec", "-it", "host", "sh", "-c", "sleep 4321")
        self.addCleanup(shell.close)
        wait_until(lambda: "sleep 4321" in self.out("exec", "host", "ps"), what="the start of sleep")
        shell.type(b"\x10\x11")
        self.assertEqual(shell.wait(), 0)
        self.assertEqual(shell.attributes(), shell.before)
        self.assertIn("sleep 4321", self.out("exec", "host", "ps"))

    def test_terminal_is_wanted_for_input(self):
        done = self.ctl("exec", "-it", "host", "sh", stdin=b"")
        self.assertEqual((done.returncode, done.stderr), (1, b"the input device is not a TTY\n"))
        self.assertEqual(self.ctl("exec", "-t", "host", "echo", "x").stdout, b"x\r\n")
