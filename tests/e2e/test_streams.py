"""Standard streams without a terminal: run -i, attach, start -ai."""

import hashlib
import os
import signal
import subprocess
import tempfile
import time

from tests.harness.platform import PlatformTest, wait_until

ALL_BYTES = bytes(range(256))


class StreamsTest(PlatformTest):

    def tearDown(self):
        for container in self.out("ps", "-aq").split():
            self.ctl("rm", "-f", container)

    def test_input_goes_through_unchanged(self):
        for data in (b"", b"x", ALL_BYTES, b"\x10\x11" * 3, ALL_BYTES * 4000):
            done = self.ctl("run", "--rm", "-i", "busybox", "cat", stdin=data)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertTrue(done.stdout == data, f"{len(done.stdout)} of {len(data)} bytes")

    def test_large_input_has_the_right_sum(self):
        size = 200 << 20
        with tempfile.TemporaryFile() as file:
            digest = hashlib.sha256()
            block = os.urandom(1 << 20)
            for number in range(size >> 20):
                data = number.to_bytes(8, "big") + block[8:]
                file.write(data)
                digest.update(data)
            file.seek(0)
            process = self.platform.popen("run", "--rm", "-i", "busybox", "sha256sum", stdin=file, stdout=subprocess.PIPE)
            self.assertEqual(process.communicate(timeout=120)[0].split()[0].decode(), digest.hexdigest())
            self.assertEqual(process.returncode, 0)

    def test_large_input_comes_back_through_cat(self):
        data = ALL_BYTES * (40 << 12)
        done = self.ctl("run", "--rm", "-i", "busybox", "cat", stdin=data)
        self.assertEqual(hashlib.sha256(done.stdout).hexdigest(), hashlib.sha256(data).hexdigest())

    def test_output_and_error_stay_apart(self):
        done = self.ctl("run", "--rm", "-i", "busybox", "sh", "-c", "tee /dev/stderr", stdin=ALL_BYTES)
        self.assertEqual((done.stdout, done.stderr), (ALL_BYTES, ALL_BYTES))

    def test_end_of_input_arrives(self):
        done = self.ctl("run", "--rm", "-i", "busybox", "sh", "-c", "cat; echo end; exit 4", stdin=b"a")
        self.assertEqual((done.returncode, done.stdout), (4, b"aend\n"))

    def test_without_i_the_input_is_empty(self):
        done = self.ctl("run", "--rm", "busybox", "sh", "-c", "cat; echo end", stdin=b"not for you")
        self.assertEqual((done.returncode, done.stdout), (0, b"end\n"))

    def test_closed_input_and_the_null_device_are_at_their_end(self):
        command = " ".join(self.platform.command("run", "--rm", "-i", "busybox", "wc", "-c"))
        for redirection in ("<&-", "</dev/null"):
            done = subprocess.run(["bash", "-c", f"{command} {redirection}"], capture_output=True, timeout=60, check=False)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"0\n", b""))

    def test_closed_output_is_no_failure(self):
        command = " ".join(self.platform.command("run", "--rm", "-i", "busybox", "sh", "-c", "'cat; exit 5'"))
        done = subprocess.run(["bash", "-c", f"{command} >&- 2>&-"], input=b"x", timeout=60, check=False)
        self.assertEqual(done.returncode, 5)

    def test_container_that_ends_first_ends_ctl(self):
        read_end, write_end = os.pipe()
        self.addCleanup(os.close, write_end)
        process = self.platform.popen("run", "--rm", "-i", "busybox", "sh", "-c", "exit 9", stdin=read_end)
        os.close(read_end)
        self.assertEqual(process.wait(20), 9)

    def test_container_that_does_not_read_ends_ctl(self):
        process = self.platform.popen("run", "--rm", "-i", "busybox", "sh", "-c", "sleep 0.5; exit 9",
                                      stdin=subprocess.PIPE)
        try:
            while True:
                process.stdin.write(b"x" * 65536)
        except BrokenPipeError:
            pass
        self.assertEqual(process.wait(20), 9)
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass

    def test_input_is_interactive(self):
        process = self.platform.popen("run", "--rm", "-i", "busybox", "cat", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for number in range(20):
            line = f"line {number}\n".encode()
            process.stdin.write(line)
            process.stdin.flush()
            self.assertEqual(process.stdout.readline(), line)
        process.stdin.close()
        self.assertEqual(process.wait(20), 0)
        process.stdout.close()

    def test_start_attached_and_interactive(self):
        container = self.out("create", "-i", "busybox", "sh", "-c", "cat; exit 6")
        for _ in range(2):
            done = self.ctl("start", "-ai", container, stdin=b"again")
            self.assertEqual((done.returncode, done.stdout, done.stderr), (6, b"again", b""))

    def test_two_attached_see_the_same(self):
        self.out("run", "-di", "--name", "shared", "busybox", "cat")
        first = self.platform.popen("attach", "shared", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        second = self.platform.popen("attach", "--no-stdin", "shared", stdout=subprocess.PIPE)
        # What was written before the second was attached is for the first alone.
        os.set_blocking(second.stdout.fileno(), False)

        def second_sees_it():
            first.stdin.write(b"both\n")
            first.stdin.flush()
            self.assertEqual(first.stdout.readline(), b"both\n")
            return second.stdout.readline() == b"both\n"

        wait_until(second_sees_it, what="the line at the second")
        self.out("kill", "shared")
        self.assertEqual((first.wait(20), second.wait(20)), (137, 137))
        for process in (first, second):
            process.stdout.close()
        first.stdin.close()

    def test_client_that_leaves_does_not_end_the_container(self):
        self.out("run", "-di", "--name", "stays", "busybox", "cat")
        process = self.platform.popen("attach", "--sig-proxy=false", "stays", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdin.write(b"hello\n")
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), b"hello\n")
        process.terminate()
        self.assertEqual(process.wait(20), -signal.SIGTERM)
        process.stdout.close()
        process.stdin.close()
        time.sleep(0.2)
        self.assertNotEqual(self.out("ps", "-q", "-f", "name=stays"), "")

    def test_attach_to_what_does_not_run(self):
        self.ctl("run", "--name", "over", "busybox", "true")
        done = self.ctl("attach", "over")
        self.assertEqual((done.returncode, done.stderr),
                         (1, b"You cannot attach to a stopped container, start it first\n"))
        self.assert_fails(1, "attach", "nosuch", text="No such container: nosuch")

    def test_chosen_streams(self):
        talk = "echo out; echo err >&2"
        done = self.ctl("run", "--rm", "-a", "stdout", "busybox", "sh", "-c", talk)
        self.assertEqual((done.stdout, done.stderr), (b"out\n", b""))
        done = self.ctl("run", "--rm", "-a", "STDERR", "busybox", "sh", "-c", talk)
        self.assertEqual((done.stdout, done.stderr), (b"", b"err\n"))
        done = self.ctl("run", "-i", "-a", "stdin", "busybox", "sh", "-c", "cat >/got; cat /got", stdin=b"data\n")
        self.assertEqual(self.out("logs", done.stdout.decode().strip()), "data")
        done = self.ctl("run", "-d", "-a", "stdout", "busybox", "true")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"conflicting options", done.stderr)

    def test_signals_reach_the_container(self):
        for command in ("run", "attach"):
            trap = "trap 'echo got; exit 7' TERM; echo ready; while :; do sleep 0.05; done"
            if command == "run":
                process = self.platform.popen("run", "-i", "--rm", "busybox", "sh", "-c", trap, stdin=subprocess.PIPE,
                                              stdout=subprocess.PIPE)
                self.assertEqual(process.stdout.readline(), b"ready\n")
            else:
                self.out("run", "-d", "--name", "trap", "busybox", "sh", "-c", trap.replace("echo ready; while :; do", "while :; do echo tick;"))
                process = self.platform.popen("attach", "trap", stdout=subprocess.PIPE)
                self.assertEqual(process.stdout.readline(), b"tick\n")
            process.terminate()
            self.assertEqual(process.wait(20), 7)
            self.assertIn(b"got\n", process.stdout.read())
            process.stdout.close()
            if process.stdin:
                process.stdin.close()

    def test_without_proxy_a_signal_is_for_ctl(self):
        process = self.platform.popen("run", "--name", "alone", "--sig-proxy=false", "busybox", "sh", "-c",
                                      "echo ready; sleep 100", stdout=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(20), -signal.SIGINT)
        process.stdout.close()
        self.assertNotEqual(self.out("ps", "-q", "-f", "name=alone"), "")


class BrokenConnectionTest(PlatformTest):

    def test_lost_gateway_is_one_line(self):
        process = self.platform.popen("run", "-i", "--name", "lost", "busybox", "cat", stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdin.write(b"x\n")
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), b"x\n")
        self.platform.kill("gateway")
        self.assertEqual(process.wait(20), 125)
        message = process.stderr.read().decode()
        self.assertEqual(len(message.splitlines()), 1, message)
        self.assertIn("the connection ended before the process did", message)
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()
        self.platform.start()
        wait_until(lambda: self.ctl("rm", "-f", "lost").returncode == 0, what="the removal")
