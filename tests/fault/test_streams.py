"""Services are killed while clients are attached, execute commands and hold terminals."""

import os
import pty
import random
import signal
import subprocess
import termios
import time

from tests.harness.platform import BUSYBOX_TAR, PlatformTest, SERVICES, wait_until
from tests.harness.registry import DockerRegistry


class StreamFaultTest(PlatformTest):

    def tearDown(self):
        self.platform.start()
        for container in self.out("ps", "-aq").split():
            self.ctl("rm", "-f", container)

    def attached(self, *args):
        return self.platform.popen(*args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def assert_broken(self, process, code):
        """The client must end by itself, with one clear line."""
        _, errors = process.communicate(timeout=30)
        text = errors.decode(errors="replace")
        self.assertEqual(process.returncode, code, text)
        self.assertTrue(text.strip(), "no line says what happened")
        self.assertNotIn("Traceback", text)

    def test_attached_clients_get_an_error_and_attach_again(self):
        for service in ("runtime", "gateway"):
            with self.subTest(service):
                name = "attached-" + service
                run = self.attached("run", "-i", "--name", name, "busybox", "sh", "-c",
                                    "echo ready; read a; echo got $a; read b; echo got $b; exit 9")
                self.assertEqual(run.stdout.readline(), b"ready\n")
                self.platform.kill(service)
                self.assert_broken(run, 125)
                self.platform.start()
                # The container was begun with the client's input, which ended with it.
                self.assertIn(self.out("wait", name), ("9", "1"))

    def test_a_detached_container_is_attached_again_after_a_kill(self):
        self.out("run", "-d", "-i", "--name", "again", "busybox", "sh", "-c", "read a; echo got $a; read b; exit $b")
        first = self.attached("attach", "again")
        time.sleep(0.5)
        self.platform.kill("runtime")
        self.assert_broken(first, 1)
        self.platform.start()
        second = self.attached("attach", "again")
        second.stdin.write(b"x\n7\n")
        second.stdin.flush()
        out, errors = second.communicate(timeout=30)
        self.assertEqual((second.returncode, out), (7, b"got x\n"), errors)

    def test_an_exec_that_loses_its_service_goes_on(self):
        self.out("run", "-d", "--name", "busy", "busybox", "sleep", "1000")
        exec_client = self.attached("exec", "busy", "sh", "-c", "echo on; sleep 1; touch /done; sleep 1000")
        self.assertEqual(exec_client.stdout.readline(), b"on\n")
        self.platform.kill("runtime")
        self.assert_broken(exec_client, 1)
        self.platform.start()
        wait_until(lambda: self.ctl("exec", "busy", "test", "-e", "/done").returncode == 0, what="the command that went on")
        self.out("rm", "-f", "busy")
        self.assert_nothing_left()

    def test_the_users_terminal_is_restored(self):
        for victim in ("runtime", "gateway", "client"):
            with self.subTest(victim):
                master, slave = pty.openpty()
                before = termios.tcgetattr(slave)
                process = subprocess.Popen(self.platform.command("run", "-it", "--name", "tty-" + victim, "busybox", "sh"),
                                           stdin=slave, stdout=slave, stderr=slave, env=self.platform.env,
                                           start_new_session=True)
                seen = b""
                while b"/ # " not in seen:
                    seen += os.read(master, 4096)
                self.assertNotEqual(termios.tcgetattr(slave), before)
                if victim == "client":
                    process.send_signal(signal.SIGTERM)
                else:
                    self.platform.kill(victim)
                process.wait(30)
                self.assertEqual(termios.tcgetattr(slave), before)
                self.platform.start()
                os.close(master)
                os.close(slave)
                self.ctl("rm", "-f", "tty-" + victim)

    def test_killed_shim_ends_attached_and_executing_clients(self):
        self.out("run", "-d", "-i", "--name", "lost", "busybox", "sleep", "1000")
        attached = self.attached("attach", "lost")
        executing = self.attached("exec", "lost", "sleep", "1000")
        time.sleep(0.7)
        pid = int(self.out("inspect", "-f", "{{.State.Pid}}", "lost"))
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            shim = int(next(line.split()[1] for line in file if line.startswith("PPid:")))
        os.kill(shim, signal.SIGKILL)
        attached.communicate(timeout=30)
        executing.communicate(timeout=30)
        self.assertEqual(attached.returncode, 137)
        self.assertNotEqual(executing.returncode, 0)
        self.assertEqual(self.out("wait", "lost"), "137")

    def test_random_kills_under_load_leave_nothing(self):
        generator = random.Random(11)
        registry = DockerRegistry()
        self.addCleanup(registry.stop)
        image = registry.push("oci-archive:" + BUSYBOX_TAR, "team/app:1")
        self.out("run", "-d", "--name", "base", "busybox", "sleep", "1000")
        clients = []
        for number in range(80):
            if number % 6 == 5:
                self.platform.kill(generator.choice(SERVICES))
                self.platform.start()
            command = generator.choice((("run", "--rm", "busybox", "true"), ("exec", "base", "true"),
                                        ("run", "--rm", "-i", "busybox", "cat"), ("run", "-d", "--rm", "busybox", "sleep", "0.2"),
                                        ("exec", "-i", "base", "cat"), ("exec", "-t", "base", "tty"), ("run", "--rm", "-t", "busybox", "tty"),
                                        ("pull", "-q", image), ("rmi", "-f", image)))
            clients.append(self.attached(*command))
            if len(clients) > 8:
                clients.pop(0).communicate(b"some input\n", timeout=60)
            time.sleep(generator.uniform(0, 0.05))
        for client in clients:
            client.communicate(b"some input\n", timeout=60)
        self.assertIn("base", self.out("ps", "--format", "{{.Names}}"))
        self.assertEqual(self.out("exec", "base", "echo", "alive"), "alive")
        self.out("pull", "-q", image)
        self.assertEqual(self.out("run", "--rm", image, "echo", "whole"), "whole")
        self.out("rmi", "-f", image)
        self.assertEqual(self.out("run", "--rm", "busybox", "echo", "whole"), "whole")
        for container in self.out("ps", "-aq").split():
            self.out("rm", "-f", container)
        self.assert_nothing_left()
