"""Times a cold pull of a large image by Gantry, podman, docker and containerd.

    sudo /usr/bin/python3 tests/bench/pull.py [--times N] [gantry podman docker ctr]

The image has eight gzip layers, about 500 MB and 15,000 files in all; it lies in a
docker-registry on loopback. Every engine pulls N times, in turn with the others, each
time into an empty store on an ext4 file system that was just made (in a file: what was
deleted before slows no one down); the median counts. Ratios count, the seconds are this
machine's. Also printed: the image service's peak memory.
"""

import gzip
import hashlib
import io
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.dont_write_bytecode = True

from tests.harness.platform import Platform, wait_until  # noqa: E402
from tests.harness.registry import DockerRegistry, Images  # noqa: E402

LAYERS = 8
FILES = 1900
FILE_BYTES = 33_000


def run(*command, **kwargs):
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, **kwargs)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
    return done.stdout


def make_archive(path):
    """A docker-archive with the image; a third of each file's bytes does not compress."""
    noise = random.Random(7)
    diff_ids, names = [], []
    with tarfile.open(path, "w") as archive:
        def add(name, data):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))

        for number in range(LAYERS):
            out = io.BytesIO()
            with tarfile.open(fileobj=out, mode="w") as tar:
                for index in range(FILES):
                    data = noise.randbytes(FILE_BYTES // 3) + hashlib.sha256(f"{number}/{index}".encode()).digest() * (FILE_BYTES // 48)
                    info = tarfile.TarInfo(f"usr/lib/layer{number}/dir{index % 60}/file{index}")
                    info.size = len(data)
                    info.mode = 0o644
                    tar.addfile(info, io.BytesIO(data))
            diff_ids.append("sha256:" + hashlib.sha256(out.getvalue()).hexdigest())
            names.append(f"layer{number}.tar.gz")
            add(names[-1], gzip.compress(out.getvalue(), 5))
        add("config.json", json.dumps({"os": "linux", "architecture": "amd64", "rootfs": {
            "type": "layers", "diff_ids": diff_ids}}).encode())
        add("manifest.json", json.dumps([{"Config": "config.json", "RepoTags": ["bench:1"], "Layers": names}]).encode())


class Disk:
    """A new ext4 file system, mounted at `path`."""

    def __init__(self, scratch):
        self.path = scratch + "/disk"
        self._file = scratch + "/disk.img"
        with open(self._file, "wb") as file:
            file.truncate(8 << 30)
        run("mkfs.ext4", "-q", "-F", "-N", "200000", "-E", "lazy_itable_init=0,lazy_journal_init=0", self._file)
        os.makedirs(self.path, exist_ok=True)
        run("mount", "-o", "loop", self._file, self.path)
        os.sync()

    def remove(self):
        run("umount", "-R", self.path)
        os.remove(self._file)


class Gantry:

    peaks = []

    def __init__(self, scratch):
        self.platform = Platform()
        os.rmdir(self.platform.root)
        self.platform.root = scratch + "/gantry"
        os.mkdir(self.platform.root, 0o755)
        self.images = Images(self.platform.start().socket)

    def pull(self, image):
        self.images.pull(image, timeout=600)

    def stop(self):
        with open(f"/proc/{self.platform.pid('image')}/status", encoding="ascii") as file:
            self.peaks.append(next(int(line.split()[1]) for line in file if line.startswith("VmHWM")))
        self.platform.destroy()


class Podman:

    def __init__(self, scratch):
        self.command = ["podman", "--root", scratch + "/podman", "--runroot", scratch + "/podman-run", "--storage-driver", "overlay",
                        "--events-backend", "none", "--cgroup-manager", "cgroupfs"]

    def pull(self, image):
        run(*self.command, "pull", "-q", "--tls-verify=false", image)

    def stop(self):
        subprocess.run([*self.command, "system", "reset", "-f"], capture_output=True, check=False)


class Docker:

    def __init__(self, scratch):
        self.socket = "unix://" + scratch + "/docker.sock"
        self.daemon = subprocess.Popen(
            ["dockerd", "-H", self.socket, "--data-root", scratch + "/docker", "--exec-root", scratch + "/docker-exec", "--pidfile",
             scratch + "/docker.pid", "--bridge=none", "--iptables=false", "--ip6tables=false", "--max-concurrent-downloads=8"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: subprocess.run(["docker", "-H", self.socket, "version"], capture_output=True, check=False).returncode == 0,
                   60, "dockerd answers")

    def pull(self, image):
        run("docker", "-H", self.socket, "pull", "-q", image)

    def stop(self):
        self.daemon.terminate()
        self.daemon.wait(60)


class Containerd:

    def __init__(self, scratch):
        self.command = ["ctr", "-a", scratch + "/containerd.sock"]
        self.daemon = subprocess.Popen(
            ["containerd", "-a", scratch + "/containerd.sock", "--root", scratch + "/containerd", "--state", scratch + "/containerd-state"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: subprocess.run([*self.command, "version"], capture_output=True, check=False).returncode == 0, 60,
                   "containerd answers")

    def pull(self, image):
        run(*self.command, "images", "pull", "--plain-http", image)

    def stop(self):
        self.daemon.terminate()
        self.daemon.wait(60)


ENGINES = {"gantry": Gantry, "podman": Podman, "docker": Docker, "ctr": Containerd}


def time_pull(name, scratch, image):
    """Seconds of one cold pull."""
    disk = Disk(scratch)
    try:
        engine = ENGINES[name](disk.path)
        try:
            began = time.monotonic()
            engine.pull(image)
            return time.monotonic() - began
        finally:
            engine.stop()
    finally:
        disk.remove()


def main():
    arguments = sys.argv[1:]
    times = 3
    if arguments[:1] == ["--times"]:
        times = int(arguments[1])
        arguments = arguments[2:]
    scratch = tempfile.mkdtemp(prefix="gantry-pull-")
    registry = DockerRegistry()
    try:
        archive = scratch + "/image.tar"
        make_archive(archive)
        image = registry.push("docker-archive:" + archive, "bench:1")
        os.remove(archive)
        took = {name: [] for name in arguments or ENGINES}
        for _ in range(times):
            for name, seconds in took.items():
                seconds.append(time_pull(name, scratch, image))
        own = statistics.median(took["gantry"]) if "gantry" in took else None
        for name, seconds in took.items():
            value = statistics.median(seconds)
            print(f"{name:8} {value:8.2f} s  {value / own if own else 1:6.2f}", flush=True)
        if Gantry.peaks:
            print(f"peak memory of the image service: {max(Gantry.peaks) // 1024} MiB")
    finally:
        registry.stop()
        shutil.rmtree(scratch, ignore_errors=True)


main()
