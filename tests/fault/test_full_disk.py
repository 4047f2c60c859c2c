"""A full disk fails what needs room, in one line, and nothing else."""

import gzip
import io
import os
import subprocess
import tarfile
import unittest

from tests.harness.platform import Platform


class FullDiskTest(unittest.TestCase):
    """The platform's state is on a small file system of its own."""

    def setUp(self):
        self.platform = Platform()
        os.makedirs(self.platform.state_dir)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", self.platform.state_dir], check=True)
        self.addCleanup(self.clean_up)
        self.platform.start().load_busybox()

    def clean_up(self):
        self.platform.destroy()
        subprocess.run(["umount", "-l", self.platform.state_dir], check=False)
        self.platform.destroy()

    def store(self):
        folder = os.path.join(self.platform.state_dir, "image")
        return [sorted(os.listdir(os.path.join(folder, name))) for name in ("blobs/sha256", "layers", "ingest")]

    @staticmethod
    def big_archive(size):
        import hashlib
        import json
        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w") as tar:
            info = tarfile.TarInfo("big")
            info.size = size
            tar.addfile(info, io.BytesIO(os.urandom(1 << 20) * (size >> 20)))
        layer = layer.getvalue()
        config = json.dumps({"os": "linux", "architecture": "amd64", "rootfs": {
            "type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}).encode()
        packed = gzip.compress(layer, 1)
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            manifest = json.dumps([{"Config": "c.json", "RepoTags": ["big:1"], "Layers": ["l.tar"]}]).encode()
            for name, data in (("l.tar", packed), ("c.json", config), ("manifest.json", manifest)):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        return out.getvalue()

    def test_load_that_does_not_fit_leaves_nothing(self):
        before = self.store()
        done = self.platform.ctl("load", stdin=self.big_archive(128 << 20))
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"full", done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertEqual(self.store(), before)
        self.assertEqual(self.platform.out("run", "--rm", "busybox", "echo", "goes on"), "goes on")

    def test_platform_goes_on_when_there_is_room_again(self):
        filler = os.path.join(self.platform.state_dir, "filler")
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 65536)
            except OSError:
                pass
        done = self.platform.ctl("run", "--rm", "busybox", "echo", "x")
        self.assertIn(done.returncode, (0, 125), done.stderr)
        self.assertEqual(self.platform.ctl("images").returncode, 0)
        os.remove(filler)
        self.assertEqual(self.platform.out("run", "--rm", "busybox", "echo", "goes on"), "goes on")
        self.assertEqual(self.platform.out("ps", "-aq"), "")


if __name__ == "__main__":
    unittest.main()
