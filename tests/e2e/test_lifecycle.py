"""ps, logs, stop, kill, wait, start, rm."""

import subprocess
import time

from tests.harness.platform import PlatformTest, cgroups_of, wait_until


class LifecycleTest(PlatformTest):

    def tearDown(self):
        for container in self.out("ps", "-aq").split():
            self.ctl("rm", "-f", container)

    def test_ps_has_dockers_columns(self):
        self.out("run", "-d", "--name", "web", "busybox", "sleep", "100")
        header, row = self.out("ps").splitlines()
        self.assertEqual(header.split("   ")[0], "CONTAINER ID")
        for column in ("CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"):
            self.assertIn(column, header)
        self.assertIn('"sleep 100"', row)
        self.assertIn("Up ", row)
        self.assertTrue(row.endswith("web"))

    def test_ps_shows_ended_containers_only_with_a(self):
        self.ctl("run", "--name", "over", "busybox", "sh", "-c", "exit 3")
        self.assertEqual(self.out("ps", "-q"), "")
        self.assertIn("Exited (3)", self.out("ps", "-a"))
        short = self.out("ps", "-aq")
        self.assertEqual(len(short), 12)
        self.assertTrue(self.out("ps", "-aq", "--no-trunc").startswith(short))

    def test_logs_keep_streams_apart(self):
        self.ctl("run", "--name", "talk", "busybox", "sh", "-c", "echo out; echo err >&2")
        done = self.ctl("logs", "talk")
        self.assertEqual((done.stdout, done.stderr), (b"out\n", b"err\n"))

    def test_logs_tail_and_times(self):
        self.ctl("run", "--name", "count", "busybox", "seq", "1", "1000")
        self.assertEqual(self.out("logs", "--tail", "3", "count"), "998\n999\n1000")
        self.assertEqual(self.out("logs", "--tail", "0", "count"), "")
        self.assertRegex(self.out("logs", "-t", "--tail", "1", "count"), r"^\d{4}-\d\d-\d\dT[\d:.]+Z 1000$")

    def test_logs_follow_until_the_end(self):
        self.out("run", "-d", "--name", "slow", "busybox", "sh", "-c", "for i in 1 2 3; do echo $i; sleep 0.2; done")
        self.assertEqual(self.out("logs", "-f", "slow"), "1\n2\n3")

    def test_stop_sends_term_then_kill(self):
        self.out("run", "-d", "--name", "polite", "busybox", "sh", "-c", "trap 'exit 5' TERM; while :; do sleep 0.05; done")
        time.sleep(0.3)
        self.assertEqual(self.out("stop", "polite"), "polite")
        self.assertEqual(self.out("wait", "polite"), "5")
        self.out("run", "-d", "--name", "stubborn", "busybox", "sh", "-c", "trap '' TERM; while :; do sleep 0.05; done")
        time.sleep(0.3)
        began = time.monotonic()
        self.out("stop", "-t", "1", "stubborn")
        self.assertLess(time.monotonic() - began, 8)
        self.assertEqual(self.out("wait", "stubborn"), "137")
        self.assertEqual(self.out("stop", "stubborn"), "stubborn")

    def test_kill_with_a_signal(self):
        self.out("run", "-d", "--name", "k", "busybox", "sh", "-c", "trap 'exit 9' USR1; while :; do sleep 0.05; done")
        time.sleep(0.3)
        self.assertEqual(self.out("kill", "-s", "USR1", "k"), "k")
        self.assertEqual(self.out("wait", "k"), "9")
        self.assert_fails(1, "kill", "k", text="not running")
        self.assert_fails(1, "kill", "-s", "NOSUCH", "k")

    def test_start_again(self):
        self.ctl("run", "--name", "twice", "busybox", "sh", "-c", "echo once >> /f; cat /f")
        done = self.ctl("start", "-a", "twice")
        self.assertEqual((done.returncode, done.stdout), (0, b"once\nonce\n"))
        self.assertEqual(self.out("start", "twice"), "twice")

    def test_create_then_start(self):
        container = self.out("create", "--name", "made", "busybox", "echo", "hi")
        self.assertRegex(container, "^[0-9a-f]{64}$")
        self.assertIn("Created", self.out("ps", "-a"))
        self.assertEqual(self.out("start", "-a", "made"), "hi")

    def test_wait_waits(self):
        self.out("run", "-d", "--name", "w", "busybox", "sh", "-c", "sleep 0.5; exit 4")
        self.assertEqual(self.out("wait", "w"), "4")

    def test_rm_refuses_what_runs(self):
        self.out("run", "-d", "--name", "busy", "busybox", "sleep", "100")
        self.assert_fails(1, "rm", "busy", text="running")
        container = self.out("inspect", "--format", "{{.Id}}", "busy")
        self.assertEqual(self.out("rm", "-f", "busy"), "busy")
        self.assert_fails(1, "rm", "busy", text="No such container: busy")
        self.assert_nothing_left()
        wait_until(lambda: not cgroups_of(container), what="no cgroup left")

    def test_id_prefixes(self):
        container = self.out("run", "-d", "busybox", "sleep", "100")
        self.assertEqual(self.out("inspect", "-f", "{{.Id}}", container[:5]), container)
        self.assert_fails(1, "logs", "0123456789ab", text="No such container")

    def test_container_forms(self):
        self.out("container", "run", "-d", "--name", "m", "busybox", "sleep", "100")
        self.assertIn("m", self.out("container", "ls"))
        self.out("container", "stop", "-t", "0", "m")
        self.out("container", "rm", "m")

    def test_inspect_is_dockers_json(self):
        self.ctl("run", "--name", "i", "-e", "A=b", "-l", "x=y", "busybox", "sh", "-c", "exit 6")
        get = lambda template: self.out("inspect", "--format", template, "i")
        self.assertEqual(get("{{.State.Status}} {{.State.ExitCode}} {{.State.Running}}"), "exited 6 false")
        self.assertEqual(get("{{.Path}} {{json .Args}}"), 'sh ["-c","exit 6"]')
        self.assertEqual(get('{{index .Config.Labels "x"}}'), "y")
        self.assertIn("A=b", get("{{json .Config.Env}}"))

    def test_slow_reader_holds_the_container_back_and_loses_nothing(self):
        process = self.platform.popen("run", "--name", "fast", "busybox", "seq", "1", "300000", stdout=subprocess.PIPE)
        time.sleep(0.5)
        data, _ = process.communicate(timeout=60)
        self.assertEqual(data, "".join(f"{n}\n" for n in range(1, 300001)).encode())
        self.assertEqual(self.ctl("logs", "fast").stdout, data)
