"""Images that other engines push to a registry are pulled."""

import os
import subprocess
import tempfile
import unittest

from tests.harness.platform import BUSYBOX_TAR, Platform, wait_until
from tests.harness.registry import DockerRegistry, Images


def run(*command, **kwargs):
    done = subprocess.run(command, capture_output=True, timeout=120, check=False, **kwargs)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)} exited with {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout


class RegistryTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="gantry-interop-")
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.registry = DockerRegistry()
        cls.addClassCleanup(cls.registry.stop)
        cls.platform = Platform()
        cls.addClassCleanup(cls.platform.destroy)
        cls.platform.start()
        cls.images = Images(cls.platform.socket)

    def path(self, name):
        return os.path.join(self.scratch.name, name)

    def name(self, repository):
        return f"{self.registry.host}/{repository}:1"

    def check_pulls(self, image):
        """The image is pulled, has its layers' files, and runs."""
        pulled = self.images.pull(image)[-1].pulled_image
        self.assertEqual(pulled.name, image)
        self.assertEqual(self.platform.out("run", "--rm", image, "echo", "it runs"), "it runs")
        return self.images.get(image)

    def test_skopeo_in_both_forms_and_compressions(self):
        for form in ("oci", "v2s2"):
            for compression in ("gzip", "zstd") if form == "oci" else ("gzip",):
                with self.subTest(form=form, compression=compression):
                    image = self.name(f"skopeo-{form}-{compression}")
                    run("skopeo", "--insecure-policy", "copy", "-q", "--dest-tls-verify=false", "--format", form,
                        "--dest-compress-format", compression, "oci-archive:" + BUSYBOX_TAR, "docker://" + image)
                    self.check_pulls(image)

    def test_podman_push(self):
        podman = ["podman", "--root", self.path("podman"), "--runroot", self.path("podman-run"), "--storage-driver", "vfs"]
        run(*podman, "pull", "-q", "oci-archive:" + BUSYBOX_TAR)
        image = run(*podman, "images", "-q").decode().split()[0]
        run(*podman, "push", "-q", "--tls-verify=false", image, "docker://" + self.name("podman"))
        self.check_pulls(self.name("podman"))

    def test_buildah_push_of_a_list(self):
        root = ["--root", self.path("buildah"), "--runroot", self.path("buildah-run"), "--storage-driver", "vfs"]
        container = run("buildah", *root, "from", "-q", "oci-archive:" + BUSYBOX_TAR).decode().strip()
        run("buildah", *root, "config", "--env", "FROM=buildah", container)
        run("buildah", *root, "commit", "-q", container, "localhost/one:1")
        run("buildah", *root, "manifest", "create", "localhost/list:1")
        run("buildah", *root, "manifest", "add", "localhost/list:1", "localhost/one:1")
        run("buildah", *root, "manifest", "push", "--all", "--tls-verify=false", "localhost/list:1", "docker://" + self.name("buildah"))
        image = self.check_pulls(self.name("buildah"))
        self.assertNotIn(image.manifest_digest, image.repo_digests[0])

    def test_docker_push(self):
        socket = self.path("docker.sock")
        daemon = subprocess.Popen(
            ["dockerd", "-H", "unix://" + socket, "--data-root", self.path("docker"), "--exec-root", self.path("docker-exec"),
             "--pidfile", self.path("docker.pid"), "--bridge=none", "--iptables=false", "--ip6tables=false",
             "--storage-driver", "vfs"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        docker = ["docker", "-H", "unix://" + socket]
        try:
            wait_until(lambda: subprocess.run([*docker, "version"], capture_output=True, check=False).returncode == 0, 60,
                       "dockerd answers")
            run("skopeo", "--insecure-policy", "copy", "-q", "oci-archive:" + BUSYBOX_TAR,
                f"docker-archive:{self.path('in.tar')}:{self.name('docker')}")
            run(*docker, "load", "-i", self.path("in.tar"))
            run(*docker, "push", self.name("docker"))
        finally:
            daemon.terminate()
            daemon.wait(60)
        self.check_pulls(self.name("docker"))


if __name__ == "__main__":
    unittest.main()
