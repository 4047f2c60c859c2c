"""Times what users wait for, each beside its baseline in the same run.

    sudo /usr/bin/python3 tests/bench/bench.py [NAME ...]

Ratios count; the milliseconds are this machine's. Baselines: podman with crun on a
store of its own, `tar x` of the same layers, a file written directly. Nothing here
asserts on time.
"""

import gzip
import hashlib
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.dont_write_bytecode = True

from tests.harness.platform import BUSYBOX_TAR, Platform  # noqa: E402


def timed(call, times):
    """Median seconds of `call`."""
    took = []
    for _ in range(times):
        began = time.monotonic()
        call()
        took.append(time.monotonic() - began)
    return statistics.median(took)


class Podman:
    """podman without network on a private store."""

    def __init__(self, scratch):
        # crun refuses to start where a version 2 hierarchy lies beside version 1.
        self.base = ["unshare", "-m", "sh", "-c", 'umount -l /sys/fs/cgroup/unified 2>/dev/null; exec "$@"', "podman",
                     "podman", "--root", scratch + "/podman", "--runroot", scratch + "/podman-run",
                     "--cgroup-manager", "cgroupfs", "--events-backend", "none"]
        self("pull", "-q", "oci-archive:" + BUSYBOX_TAR)
        self.image = self("images", "-q").split()[0]

    def __call__(self, *args):
        done = subprocess.run([*self.base, *args], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"podman {' '.join(args)}: {done.stderr}")
        return done.stdout

    def run(self, *args):
        return self("run", "--network", "none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024", *args)


def make_image(path):
    """A docker-archive of four gzip layers, about 150 MiB unpacked, and its layers."""
    layers = []
    for number in range(4):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            for index in range(1000):
                data = hashlib.sha256(f"{number}/{index}".encode()).digest() * 1200
                info = tarfile.TarInfo(f"d{number}/s{index % 50}/f{index}")
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        layers.append(out.getvalue())
    packed = [gzip.compress(layer, 1) for layer in layers]
    config = json.dumps({"os": "linux", "architecture": "amd64", "rootfs": {
        "type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest() for layer in layers]}}).encode()
    names = [f"l{number}.tar" for number in range(4)]
    manifest = json.dumps([{"Config": "c.json", "RepoTags": ["bench:1"], "Layers": names}]).encode()
    with tarfile.open(path, "w") as tar:
        for name, data in (*zip(names, packed), ("c.json", config), ("manifest.json", manifest)):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return packed


class Bench:

    def __init__(self, scratch):
        self.scratch = scratch
        self.platform = Platform().start().load_busybox()
        self.podman = Podman(scratch)

    def row(self, what, ours, baseline, name, unit="ms", scale=1000):
        ratio = baseline / ours if ours else float("inf")
        print(f"{what:34} {ours * scale:10.1f} {unit:4}  {name:14} {baseline * scale:10.1f} {unit:4}  {ratio:6.1f}", flush=True)

    def bench_run(self):
        ours = timed(lambda: self.platform.out("run", "--rm", "busybox", "true"), 20)
        theirs = timed(lambda: self.podman.run("--rm", self.podman.image, "true"), 5)
        self.row("run --rm true", ours, theirs, "podman, crun")

    def bench_version(self):
        self.row("version", timed(lambda: self.platform.out("version"), 20),
                 timed(lambda: self.podman("version"), 5), "podman")

    def bench_fifty(self):
        began = time.monotonic()
        for _ in range(50):
            self.platform.out("run", "-d", "busybox", "sleep", "1000")
        ours = (time.monotonic() - began) / 50
        began = time.monotonic()
        for _ in range(10):
            self.podman.run("-d", self.podman.image, "sleep", "1000")
        self.row("run -d, one at a time", ours, (time.monotonic() - began) / 10, "podman, crun")
        self.row("ps -a of 50 (podman: 10)", timed(lambda: self.platform.out("ps", "-a"), 20),
                 timed(lambda: self.podman("ps", "-a"), 5), "podman")
        self.memory()
        ids = self.platform.out("ps", "-aq").split()
        ours = timed(lambda: self.platform.out("rm", "-f", *ids), 1) / 50
        theirs = timed(lambda: self.podman("rm", "-f", "-t", "0", "-a"), 1) / 10
        self.row("rm -f, each", ours, theirs, "podman")

    def memory(self):
        def pss(command, needle):
            sizes = []
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    with open(f"/proc/{pid}/comm", encoding="ascii") as file:
                        name = file.read().strip()
                    with open(f"/proc/{pid}/cmdline", "rb") as file:
                        if not name.startswith(command) or needle.encode() not in file.read():
                            continue
                    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                        sizes.append(next(int(line.split()[1]) for line in file if line.startswith("Pss:")))
                except OSError:
                    continue
            return statistics.mean(sizes) if sizes else 0
        self.row("memory of an idle container", pss("gantry-shim", self.platform.run_dir), pss("conmon", self.scratch),
                 "conmon", "KiB", 1)

    def bench_load(self):
        archive = self.scratch + "/image.tar"
        packed = make_image(archive)

        def tar():
            target = tempfile.mkdtemp(dir=self.scratch)
            for layer in packed:
                subprocess.run(["tar", "xzf", "-", "-C", target], input=layer, check=True)

        def ours():
            self.platform.out("load", "-q", "-i", archive)
        took = timed(ours, 1)
        self.row("load of 150 MiB, 4,000 files", took, timed(tar, 1), "tar xz")
        self.row("load of 150 MiB, 4,000 files", took, timed(lambda: self.podman("load", "-q", "-i", archive), 1), "podman")
        self.platform.out("rmi", "bench:1")

    def bench_log(self):
        script = "i=0; while [ $i -lt 40 ]; do cat /f; i=$((i+1)); done"
        prepare = "yes 'a line of a log that is about sixty characters long, as it is' | head -n 40000 > /f; "
        began = time.monotonic()
        self.platform.out("run", "-d", "--name", "log", "busybox", "sh", "-c", prepare + script)
        self.platform.out("wait", "log")
        ours = time.monotonic() - began
        began = time.monotonic()
        self.podman.run("-d", "--name", "log", "--log-driver", "k8s-file", self.podman.image, "sh", "-c", prepare + script)
        self.podman("wait", "log")
        self.row("log of 100 MB, written", ours, time.monotonic() - began, "podman")
        read = timed(lambda: self.platform.ctl("logs", "log"), 1)
        self.row("log, read back", read, timed(lambda: self.podman("logs", "log"), 1), "podman")
        self.platform.out("rm", "log")
        self.podman("rm", "log")

    def run(self, names):
        print(f"{'operation':34} {'gantry':>15}  {'baseline':14} {'':>15}   ratio")
        for name in sorted(dir(self)):
            if name.startswith("bench_") and (not names or name[6:] in names):
                getattr(self, name)()

    def clean_up(self):
        self.platform.destroy()
        subprocess.run([*self.podman.base, "rm", "-f", "-t", "0", "-a"], capture_output=True, check=False)


def main():
    scratch = tempfile.mkdtemp(prefix="gantry-bench-")
    bench = Bench(scratch)
    try:
        bench.run(sys.argv[1:])
    finally:
        bench.clean_up()
        subprocess.run(["umount", "-l", scratch + "/podman/overlay"], capture_output=True, check=False)
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
