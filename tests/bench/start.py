"""Times starting and executing beside bare crun on the same bundle, and weighs what stays.

    sudo /usr/bin/python3 tests/bench/start.py [NAME ...]

Names: run exec version parallel memory. The bundle is the one that Gantry makes, less
the compiled seccomp program and the network namespace that was made ahead: crun compiles
the profile and makes the namespace itself, as it does for everyone else. Nothing here
asserts on time.
"""

import concurrent.futures
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.dont_write_bytecode = True

from tests.harness.platform import Platform  # noqa: E402

ROUNDS = 40


def run(command):
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def paired(first, second, rounds=ROUNDS):
    """Median seconds of two calls that take turns."""
    took = ([], [])
    for number in range(rounds + 3):
        for call, times in zip((first, second), took):
            began = time.monotonic()
            call()
            if number >= 3:
                times.append(time.monotonic() - began)
    return statistics.median(took[0]), statistics.median(took[1])


def memory_of(pid, field="Pss"):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(field + ":"))


class BareCrun:
    """crun without an engine, on a bundle like Gantry's."""

    def __init__(self, scratch, platform):
        self.state = scratch + "/crun"
        self.scratch = scratch
        container = platform.out("run", "-d", "busybox", "sleep", "1000")
        with open(f"{platform.run_dir}/internal/bundles/{container}/config.json", encoding="utf-8") as file:
            self.config = json.load(file)
        for mount in self.config["mounts"]:
            if mount["type"] == "bind":
                mount["source"] = shutil.copy(mount["source"], scratch)
        platform.out("rm", "-f", container)
        self.config.pop("annotations", None)
        for namespace in self.config["linux"]["namespaces"]:
            namespace.pop("path", None)
        self.count = 0

    def bundle(self, name, *args):
        folder = f"{self.scratch}/{name}"
        os.makedirs(folder + "/rootfs/bin")
        os.makedirs(folder + "/rootfs/etc")
        for program in ("true", "sleep"):
            shutil.copy("/bin/busybox", f"{folder}/rootfs/bin/{program}")
        self.config["process"]["args"] = list(args)
        self.config["linux"]["cgroupsPath"] = f"/gantry-bench-{os.getpid()}-{name}"
        with open(folder + "/config.json", "w", encoding="utf-8") as file:
            json.dump(self.config, file)
        return folder

    def __call__(self, *args):
        run(["crun", "--root", self.state, *args])

    def run(self, bundle):
        self.count += 1
        self("run", "--bundle", bundle, f"bench-{self.count}-{os.getpid()}")


class Bench:

    def __init__(self, scratch):
        self.scratch = scratch
        self.platform = Platform().start().load_busybox()
        self.crun = BareCrun(scratch, self.platform)

    @staticmethod
    def row(what, ours, baseline, name, ratio, unit="ms"):
        print(f"{what:36} {ours:9.1f} {unit:4}  {name:22} {baseline:9.1f} {unit:4}  {ratio:6.2f}", flush=True)

    def bench_run(self):
        bundle = self.crun.bundle("run", "true")
        command = self.platform.command("run", "--rm", "--network", "none", "busybox", "true")
        ours, bare = paired(lambda: run(command), lambda: self.crun.run(bundle))
        self.row("run --rm busybox true", ours * 1000, bare * 1000, "crun run", ours / bare)

    def bench_exec(self):
        container = self.platform.out("run", "-d", "busybox", "sleep", "1000")
        bundle = self.crun.bundle("exec", "sleep", "1000")
        self.crun("run", "--detach", "--bundle", bundle, "bench-exec")
        command = self.platform.command("exec", container, "true")
        ours, bare = paired(lambda: run(command), lambda: self.crun("exec", "bench-exec", "true"))
        self.row("exec C true", ours * 1000, bare * 1000, "crun exec", ours / bare)
        self.crun("delete", "--force", "bench-exec")
        self.platform.out("rm", "-f", container)

    def bench_version(self):
        source = self.scratch + "/empty.c"
        with open(source, "w", encoding="ascii") as file:
            file.write("int main(void) { return 0; }\n")
        run(["gcc", "-O2", "-static", "-o", self.scratch + "/empty", source])
        command = self.platform.command("version")
        ours, bare = paired(lambda: run(command), lambda: run([self.scratch + "/empty"]))
        self.row("version", ours * 1000, bare * 1000, "empty static program", ours / bare)

    def bench_parallel(self):
        bundles = [self.crun.bundle(f"parallel{number}", "true") for number in range(8)]
        command = self.platform.command("run", "--rm", "--network", "none", "busybox", "true")

        def rate(call):
            with concurrent.futures.ThreadPoolExecutor(8) as clients:
                began = time.monotonic()
                list(clients.map(call, range(50)))
                return 50 / (time.monotonic() - began)
        free = list(bundles)

        def bare_run(_):
            bundle = free.pop()
            self.crun.run(bundle)
            free.append(bundle)
        rates = [(rate(lambda _: run(command)), rate(bare_run)) for _ in range(3)]
        ours, bare = (statistics.median(values) for values in zip(*rates))
        self.row("50 runs by 8 clients", ours, bare, "crun run, 8 at once", ours / bare, "1/s")

    def bench_memory(self):
        ids = [self.platform.out("run", "-d", "busybox", "sh", "-c", "yes 0123456789 | head -c 1048576; exec sleep 1000")
               for _ in range(200)]
        for container in ids:
            self.platform.out("exec", container, "true")
        time.sleep(1)
        shims = []
        for container in ids:
            pid = self.platform.out("inspect", "-f", "{{.State.Pid}}", container)
            with open(f"/proc/{pid}/status", encoding="ascii") as file:
                shims.append(int(next(line.split()[1] for line in file if line.startswith("PPid:"))))
        sizes = [memory_of(pid) for pid in shims]
        self.row("a shim of 200: mean, largest", statistics.mean(sizes), max(sizes), "(largest)", 0, "KiB")
        for name in ("image", "runtime", "gateway"):
            pid = self.platform.pid(name)
            self.row(f"{name} service, 200 containers", memory_of(pid) / 1024, memory_of(pid, "Rss") / 1024, "(resident)", 0, "MiB")
        self.platform.out("rm", "-f", *ids)

    def run(self, names):
        print(f"{'operation':36} {'gantry':>14}  {'baseline':22} {'':>14}   ratio")
        for name in ("run", "exec", "version", "parallel", "memory"):
            if not names or name in names:
                getattr(self, "bench_" + name)()


def main():
    # crun refuses to start where a version 2 hierarchy lies beside version 1.
    if os.environ.get("GANTRY_BENCH_ALONE") != "1":
        os.environ["GANTRY_BENCH_ALONE"] = "1"
        os.execvp("unshare", ["unshare", "-m", "sh", "-c", 'umount -l /sys/fs/cgroup/unified 2>/dev/null; exec "$@"', "bench",
                              sys.executable, os.path.abspath(__file__), *sys.argv[1:]])
    scratch = tempfile.mkdtemp(prefix="gantry-bench-")
    bench = Bench(scratch)
    try:
        bench.run(sys.argv[1:])
    finally:
        bench.platform.destroy()
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
