"""Services, shims and the zygote are killed; nothing that was acknowledged is lost."""

import os
import random
import signal
import subprocess
import time

from tests.harness.platform import PlatformTest, SERVICES, cgroups_of, wait_until

COUNT = 600_000


class KillTest(PlatformTest):

    def tearDown(self):
        self.platform.start()
        for container in self.out("ps", "-aq").split():
            self.ctl("rm", "-f", container)

    def descendants(self, name):
        """Pids of processes of this platform whose command is `name`."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/comm", encoding="ascii", errors="replace") as file:
                    command = file.read().strip()
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    line = file.read()
            except OSError:
                continue
            # The runtime service has the shim's name among its arguments.
            if command == name and self.platform.run_dir.encode() in line:
                found.append(int(pid))
        return found

    def zygote(self):
        pids = self.descendants("gantry-shim")
        for pid in pids:
            with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
                parent = int(next(line for line in file if line.startswith("PPid:")).split()[1])
            if parent not in pids:
                return pid
        raise AssertionError(f"no zygote among {pids}")

    def shim_of(self, container):
        pid = int(self.out("inspect", "-f", "{{.State.Pid}}", container))
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            return int(next(line for line in file if line.startswith("PPid:")).split()[1])

    def test_services_killed_at_random_lose_no_line(self):
        script = (f"i=0; while [ $i -lt {COUNT} ]; do seq $((i + 1)) $((i + 5000)); i=$((i + 5000)); usleep 90000; done; exit 17")
        container = self.out("run", "-d", "--name", "counter", "busybox", "sh", "-c", script)
        generator = random.Random(7)
        for _ in range(20):
            time.sleep(generator.uniform(0.05, 0.5))
            self.platform.kill(generator.choice(SERVICES))
            self.platform.start()
        self.assertEqual(self.out("wait", "counter"), "17")
        lines = self.ctl("logs", "counter").stdout
        self.assertEqual(lines, "".join(f"{n}\n" for n in range(1, COUNT + 1)).encode())
        self.out("rm", "counter")
        self.assert_nothing_left()
        wait_until(lambda: not cgroups_of(container), what="no cgroup left")

    def test_exit_while_the_services_are_away_is_known_later(self):
        self.out("run", "-d", "--name", "gone", "busybox", "sh", "-c", "sleep 0.5; echo last; exit 23")
        for name in SERVICES:
            self.platform.kill(name)
        time.sleep(1)
        self.platform.start()
        self.assertEqual(self.out("wait", "gone"), "23")
        self.assertEqual(self.out("logs", "gone"), "last")

    def test_killed_shim_ends_its_container_with_137(self):
        container = self.out("run", "-d", "--name", "orphan", "busybox", "sleep", "1000")
        pid = int(self.out("inspect", "-f", "{{.State.Pid}}", "orphan"))
        os.kill(self.shim_of("orphan"), signal.SIGKILL)
        self.assertEqual(self.out("wait", "orphan"), "137")
        self.assertIn("Exited (137)", self.out("ps", "-a"))
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"), what="the end of the container's process")
        wait_until(lambda: not cgroups_of(container), what="no cgroup left")
        self.out("rm", "orphan")
        self.assert_nothing_left()

    def test_killed_zygote_leaves_containers_and_is_replaced(self):
        self.out("run", "-d", "--name", "before", "busybox", "sleep", "1000")
        os.kill(self.zygote(), signal.SIGKILL)
        self.assertEqual(self.out("run", "--rm", "busybox", "echo", "after"), "after")
        self.assertIn("before", self.out("ps"))
        self.out("stop", "-t", "0", "before")

    def test_killed_client_does_not_matter_to_the_container(self):
        process = self.platform.popen("run", "--name", "kept", "busybox", "sh", "-c",
                                      "i=0; while [ $i -lt 20 ]; do echo $i; i=$((i+1)); usleep 50000; done",
                                      stdout=subprocess.PIPE)
        process.stdout.readline()
        process.kill()
        process.wait()
        process.stdout.close()
        self.assertEqual(self.out("wait", "kept"), "0")
        self.assertEqual(self.out("logs", "kept").splitlines(), [str(n) for n in range(20)])

    def test_load_cut_off_by_a_kill_leaves_nothing(self):
        from tests.harness.platform import BUSYBOX_TAR
        with open(BUSYBOX_TAR, "rb") as file:
            data = file.read()
        store = os.path.join(self.platform.state_dir, "image")
        before = sorted(os.listdir(store + "/blobs/sha256")), sorted(os.listdir(store + "/layers"))
        for size in (10_000, len(data) - 10_000):
            process = self.platform.popen("load", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            process.stdin.write(data[:size])
            process.stdin.flush()
            time.sleep(0.2)
            self.platform.kill("image")
            process.stdin.close()
            process.wait(30)
            self.platform.start()
        wait_until(lambda: (sorted(os.listdir(store + "/blobs/sha256")), sorted(os.listdir(store + "/layers"))) == before,
                   what="a store as before")
        self.assertEqual(os.listdir(store + "/ingest"), [])

    def test_repeated_request_id_gives_the_same_container(self):
        import tests.harness.rpc as rpc
        runtime = rpc.Runtime(self.platform.socket)
        first = runtime.create("busybox", ["true"], name="once", request_id="r-1")
        self.platform.kill("runtime")
        self.platform.start()
        wait_until(runtime.answers, what="the runtime service")
        self.assertEqual(runtime.create("busybox", ["true"], name="once", request_id="r-1"), first)
        with self.assertRaises(rpc.Failure) as caught:
            runtime.create("busybox", ["false"], name="once", request_id="r-1")
        self.assertEqual(caught.exception.code, "ALREADY_EXISTS")
        self.out("rm", "once")
