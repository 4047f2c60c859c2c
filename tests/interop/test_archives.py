"""Images that other engines save are loaded and run."""

import os
import subprocess
import tempfile
import unittest

from tests.harness.platform import BUSYBOX_TAR, PlatformTest, wait_until


def run(*command, **kwargs):
    done = subprocess.run(command, capture_output=True, timeout=120, check=False, **kwargs)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)} exited with {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout


class ArchivesTest(PlatformTest):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.scratch = tempfile.TemporaryDirectory(prefix="gantry-interop-")
        cls.addClassCleanup(cls.scratch.cleanup)

    def path(self, name):
        return os.path.join(self.scratch.name, name)

    def check_runs(self, archive, stdin=None):
        """The archive is loaded, and what it holds runs."""
        if stdin is None:
            text = self.out("load", "-i", archive)
        else:
            text = self.out("load", stdin=stdin)
        name = text.splitlines()[-1].split(": ", 1)[1]
        self.assertEqual(self.out("run", "--rm", name, "echo", "it runs"), "it runs")

    def skopeo(self, destination):
        run("skopeo", "--insecure-policy", "copy", "-q", "oci-archive:" + BUSYBOX_TAR, destination)

    def test_skopeo_docker_archive(self):
        self.skopeo(f"docker-archive:{self.path('d.tar')}:example.org/from-skopeo:1")
        self.check_runs(self.path("d.tar"))
        self.assertIn("example.org/from-skopeo", self.out("images"))

    def test_skopeo_oci_archive_plain_gzip_zstd(self):
        self.skopeo(f"oci-archive:{self.path('o.tar')}:example.org/oci:2")
        self.check_runs(self.path("o.tar"))
        with open(self.path("o.tar"), "rb") as file:
            data = file.read()
        for tool in (("gzip", "-c"), ("zstd", "-q", "-c")):
            self.check_runs(None, stdin=subprocess.run(tool, input=data, capture_output=True, check=True).stdout)

    def test_podman_save(self):
        podman = ["podman", "--root", self.path("podman"), "--runroot", self.path("podman-run"), "--storage-driver", "vfs"]
        run(*podman, "pull", "-q", "oci-archive:" + BUSYBOX_TAR)
        image = run(*podman, "images", "-q").decode().split()[0]
        run(*podman, "tag", image, "example.org/podman:1")
        for form in ("docker-archive", "oci-archive"):
            run(*podman, "save", "-q", "--format", form, "-o", self.path(form + ".tar"), "example.org/podman:1")
            self.check_runs(self.path(form + ".tar"))

    def test_buildah_commit(self):
        root = ["--root", self.path("buildah"), "--runroot", self.path("buildah-run"), "--storage-driver", "vfs"]
        container = run("buildah", *root, "from", "-q", "oci-archive:" + BUSYBOX_TAR).decode().strip()
        run("buildah", *root, "config", "--env", "FROM=buildah", "--cmd", "env", container)
        run("buildah", *root, "commit", "-q", container, f"oci-archive:{self.path('b.tar')}:example.org/buildah:1")
        self.out("load", "-i", self.path("b.tar"))
        self.assertIn("FROM=buildah", self.out("run", "--rm", "example.org/buildah:1"))

    def test_umoci_layout(self):
        self.skopeo(f"oci:{self.path('layout')}:mine")
        run("umoci", "config", "--image", self.path("layout") + ":mine", "--config.env", "FROM=umoci", "--config.cmd", "env")
        run("tar", "-C", self.path("layout"), "-cf", self.path("u.tar"), ".")
        text = self.out("load", "-i", self.path("u.tar"))
        image = text.splitlines()[-1].split(": ", 1)[1]
        self.assertIn("FROM=umoci", self.out("run", "--rm", image))

    def test_docker_save(self):
        socket = self.path("docker.sock")
        daemon = subprocess.Popen(
            ["dockerd", "-H", "unix://" + socket, "--data-root", self.path("docker"), "--exec-root", self.path("docker-exec"),
             "--pidfile", self.path("docker.pid"), "--bridge=none", "--iptables=false", "--ip6tables=false",
             "--storage-driver", "vfs"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        docker = ["docker", "-H", "unix://" + socket]
        try:
            wait_until(lambda: subprocess.run([*docker, "version"], capture_output=True, check=False).returncode == 0, 60,
                       "dockerd answers")
            self.skopeo(f"docker-archive:{self.path('in.tar')}:example.org/docker:1")
            run(*docker, "load", "-i", self.path("in.tar"))
            run(*docker, "save", "-o", self.path("out.tar"), "example.org/docker:1")
        finally:
            daemon.terminate()
            daemon.wait(60)
        self.check_runs(self.path("out.tar"))


if __name__ == "__main__":
    unittest.main()
