"""The example clients run containers on a real platform."""

import os
import subprocess
import unittest

from tests.harness.platform import TOP, PlatformTest

EXAMPLES = os.path.join(TOP, "examples")


class Examples:
    """What every example has to do; `program` is its command line."""

    program = ()

    def example(self, *args):
        return subprocess.run([*self.program, "--socket", self.platform.socket, *args], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60, check=False)

    def test_output_and_success(self):
        done = self.example("echo", "hello from gRPC")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"hello from gRPC\n", b""))

    def test_streams_stay_apart_and_exit_code_is_the_containers(self):
        done = self.example("sh", "-c", r"printf 'a\000\377b'; printf 'e\001' >&2; exit 42")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (42, b"a\x00\xffb", b"e\x01"))

    def test_large_output_is_complete(self):
        done = self.example("seq", "1", "200000")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, "".join(f"{n}\n" for n in range(1, 200001)).encode())

    def test_reason_of_an_error_is_read(self):
        done = self.example("--image", "nosuchimage", "true")
        self.assertEqual((done.returncode, done.stdout), (125, b""))
        self.assertTrue(done.stderr.startswith(b"NOT_FOUND IMAGE_NOT_FOUND: "), done.stderr)
        done = self.example("nosuchprogram")
        self.assertEqual((done.returncode, done.stdout), (127, b""))
        self.assertTrue(done.stderr.startswith(b"FAILED_PRECONDITION COMMAND_NOT_FOUND: "), done.stderr)

    def test_request_id_of_another_request_is_refused(self):
        key = "key-" + type(self).__name__
        self.assertEqual(self.example("--request-id", key, "true").returncode, 0)
        done = self.example("--request-id", key, "false")
        self.assertEqual(done.returncode, 125, done.stderr)
        self.assertTrue(done.stderr.startswith(b"ALREADY_EXISTS REQUEST_ID_REUSED: "), done.stderr)

    def tearDown(self):
        self.assertEqual(self.out("ps", "-aq"), "")


class PythonTest(Examples, PlatformTest):
    program = ("/usr/bin/python3", os.path.join(EXAMPLES, "python/run_container.py"))


class NodeTest(Examples, PlatformTest):
    program = ("node", os.path.join(EXAMPLES, "node/run_container.js"))


if __name__ == "__main__":
    unittest.main()
