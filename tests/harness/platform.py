"""A private platform for tests: its own root, its own services."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.path.join(TOP, "bazel-bin")
CTL = os.path.join(BIN, "ctl/ctl")
BUSYBOX_TAR = os.path.join(BIN, "packaging/busybox/busybox.tar")
SERVICES = ("image", "runtime", "gateway")


def wait_until(condition, seconds=20, what="the condition"):
    """Polls until the condition holds; fails with `what` when the time is up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"{what} did not hold within {seconds} s")


class Platform:
    """Starts the three services below a new directory, and stops them."""

    def __init__(self, config=None):
        self.root = tempfile.mkdtemp(prefix="gantry-test-", dir="/tmp")
        os.chmod(self.root, 0o755)
        self.env = dict(os.environ)
        self.env.pop("GANTRY_HOST", None)
        if config is not None:
            path = os.path.join(self.root, "gateway.json")
            with open(path, "w", encoding="utf-8") as file:
                file.write(config)
            self.env["GANTRY_CONFIG"] = path

    @property
    def run_dir(self):
        return os.path.join(self.root, "run")

    @property
    def state_dir(self):
        return os.path.join(self.root, "state")

    @property
    def socket(self):
        return os.path.join(self.run_dir, "gateway.sock")

    def script(self, *args):
        return subprocess.run([os.path.join(TOP, "scripts/platform"), *args, "--root", self.root],
                              env=self.env, capture_output=True, text=True, timeout=90, check=False)

    def start(self):
        done = self.script("start")
        if done.returncode != 0:
            raise AssertionError(f"platform start: {done.stderr}{self.logs()}")
        return self

    def stop(self):
        return self.script("stop")

    def destroy(self):
        """Removes every container and everything else of this platform."""
        for container in self.ctl("ps", "-aq").stdout.decode().split():
            self.ctl("rm", "-f", container)
        self.stop()
        subprocess.run(["pkill", "-KILL", "-f", self.run_dir + "/"], check=False)
        shutil.rmtree(self.root, ignore_errors=True)

    def logs(self):
        """The last lines of the services' logs, for a failure's message."""
        text = ""
        for name in SERVICES:
            try:
                with open(os.path.join(self.state_dir, "log", name + ".log"), encoding="utf-8", errors="replace") as file:
                    text += f"\n--- {name}\n" + "".join(file.readlines()[-15:])
            except OSError:
                pass
        return text

    def pid(self, name):
        with open(os.path.join(self.run_dir, name + ".pid"), encoding="ascii") as file:
            return int(file.read())

    def kill(self, name, signum=signal.SIGKILL):
        """Kills a service and waits until it is gone."""
        pid = self.pid(name)
        os.kill(pid, signum)
        wait_until(lambda: not os.path.exists(f"/proc/{pid}") or _is_zombie(pid), what=f"the end of {name}")

    def command(self, *args):
        return [CTL, "--host", "unix://" + self.socket, *args]

    def ctl(self, *args, stdin=None, timeout=120, env=None):
        """Runs ctl; stdout and stderr are bytes."""
        return subprocess.run(self.command(*args), input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL,
                              capture_output=True, timeout=timeout, check=False, env=env or self.env)

    def popen(self, *args, **kwargs):
        kwargs.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.Popen(self.command(*args), env=self.env, **kwargs)

    def out(self, *args, **kwargs):
        """Standard output of a ctl that must succeed, without the last line feed."""
        done = self.ctl(*args, **kwargs)
        if done.returncode != 0:
            raise AssertionError(f"ctl {' '.join(args)} exited with {done.returncode}: "
                                 f"{done.stderr.decode(errors='replace')}{self.logs()}")
        return done.stdout.decode(errors="replace").rstrip("\n")

    def load_busybox(self):
        self.out("load", "-i", BUSYBOX_TAR)
        return self

    def http(self, path):
        """GET over the gateway's socket: (status, body)."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(self.socket)
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            data = b""
            while chunk := connection.recv(65536):
                data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        return int(head.split()[1]), body.decode()

    def leftovers(self):
        """What must not be there without containers: mounts, snapshots, bundles, cgroups, shims."""
        found = []
        with open("/proc/self/mountinfo", encoding="utf-8") as file:
            found += [line for line in file if self.root in line]
        for folder in (os.path.join(self.state_dir, "image/snapshots"), os.path.join(self.run_dir, "internal/bundles"),
                       os.path.join(self.run_dir, "internal/shim"), os.path.join(self.state_dir, "runtime/containers"),
                       os.path.join(self.run_dir, "internal/oci")):
            if os.path.isdir(folder):
                found += [os.path.join(folder, name) for name in os.listdir(folder) if not name.startswith(".")]
        return found


def _is_zombie(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def cgroups_of(container_id):
    """Cgroup directories of a container, in every hierarchy."""
    found = []
    for folder, names, _ in os.walk("/sys/fs/cgroup"):
        found += [os.path.join(folder, name) for name in names if container_id in name]
        if folder.count("/") > 6:
            names.clear()
    return found


class PlatformTest(unittest.TestCase):
    """One platform for all tests of a class, with the busybox image loaded."""

    config = None
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.platform = Platform(cls.config)
        try:
            cls.platform.start().load_busybox()
        except BaseException:
            cls.platform.destroy()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.platform.destroy()

    def ctl(self, *args, **kwargs):
        return self.platform.ctl(*args, **kwargs)

    def out(self, *args, **kwargs):
        return self.platform.out(*args, **kwargs)

    def assert_fails(self, code, *args, text="", **kwargs):
        """ctl must exit with `code` and one line on stderr that holds `text`."""
        done = self.ctl(*args, **kwargs)
        message = done.stderr.decode(errors="replace")
        self.assertEqual(done.returncode, code, message)
        self.assertIn(text, message)
        return message

    def assert_nothing_left(self):
        wait_until(lambda: not self.platform.leftovers(), 20, f"nothing left ({self.platform.leftovers()})")
