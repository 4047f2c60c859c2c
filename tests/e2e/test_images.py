"""load, images, rmi: good archives and bad ones."""

import gzip
import io
import json
import os
import subprocess
import tarfile
import tempfile

from tests.harness.platform import BUSYBOX_TAR, PlatformTest


class ImagesTest(PlatformTest):

    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)

    def path(self, name):
        return os.path.join(self.scratch.name, name)

    def blob_count(self):
        return len(os.listdir(os.path.join(self.platform.state_dir, "image/blobs/sha256")))

    def layer_count(self):
        return len(os.listdir(os.path.join(self.platform.state_dir, "image/layers")))

    def test_images_has_dockers_columns(self):
        header, row = self.out("images").splitlines()[:2]
        self.assertEqual(header.split(), ["REPOSITORY", "TAG", "IMAGE", "ID", "CREATED", "SIZE"])
        self.assertEqual(row.split()[:2], ["busybox", "latest"])
        self.assertRegex(self.out("images", "-q"), "^[0-9a-f]{12}$")

    def test_load_from_standard_input_plain_gzip_zstd(self):
        with open(BUSYBOX_TAR, "rb") as file:
            plain = file.read()
        zstd = subprocess.run(["zstd", "-q"], input=plain, capture_output=True, check=True).stdout
        for data in (plain, gzip.compress(plain), zstd):
            self.assertEqual(self.out("load", stdin=data), "Loaded image: busybox:latest")

    def test_cut_off_archives_leave_nothing(self):
        with open(BUSYBOX_TAR, "rb") as file:
            plain = file.read()
        before = self.blob_count(), self.layer_count(), self.out("images", "-q")
        for size in (0, 1, 511, 512, 5000, len(plain) // 2, len(plain) - 20000):
            message = self.assert_fails(1, "load", stdin=plain[:size])
            self.assertEqual(len(message.strip().splitlines()), 1, message)
        self.assert_fails(1, "load", stdin=gzip.compress(plain)[:-5000])
        self.assert_fails(1, "load", stdin=os.urandom(100000))
        self.assertEqual((self.blob_count(), self.layer_count(), self.out("images", "-q")), before)

    def test_changed_layer_is_refused(self):
        source = tarfile.open(BUSYBOX_TAR)
        out = io.BytesIO()
        target = tarfile.open(fileobj=out, mode="w")
        biggest = max((m for m in source if m.isfile()), key=lambda m: m.size).name
        for member in source:
            data = source.extractfile(member).read() if member.isfile() else b""
            if member.name == biggest:
                data = data[:1000] + bytes([data[1000] ^ 1]) + data[1001:]
            target.addfile(member, io.BytesIO(data))
        target.close()
        self.assert_fails(1, "load", stdin=out.getvalue())

    def docker_archive(self, layer_members, name="made:1"):
        """A docker-archive with one layer of (TarInfo, bytes)."""
        import hashlib
        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w") as tar:
            for member, data in layer_members:
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
        layer = layer.getvalue()
        config = json.dumps({"os": "linux", "architecture": "amd64", "config": {"Cmd": ["/x"]},
                             "rootfs": {"type": "layers",
                                        "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}).encode()
        config_name = hashlib.sha256(config).hexdigest() + ".json"
        manifest = json.dumps([{"Config": config_name, "RepoTags": [name], "Layers": ["l/layer.tar"]}]).encode()
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            for entry, data in (("l/layer.tar", layer), (config_name, config), ("manifest.json", manifest)):
                info = tarfile.TarInfo(entry)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        return out.getvalue()

    @staticmethod
    def member(name, kind=tarfile.REGTYPE, link="", mode=0o644):
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.mode = kind, link, mode
        return info

    def test_hostile_layers_touch_nothing_outside(self):
        canary = self.path("canary")
        with open(canary, "w", encoding="ascii") as file:
            file.write("alive")
        os.chmod(canary, 0o600)
        m = self.member
        cases = [
            [(m("../" * 12 + canary[1:]), b"dead")],
            [(m("dir", tarfile.SYMTYPE, self.scratch.name), b""), (m("dir/canary"), b"dead")],
            [(m("dir", tarfile.SYMTYPE, "../" * 12 + self.scratch.name[1:]), b""), (m("dir/canary"), b"dead")],
            [(m("f", tarfile.SYMTYPE, canary), b""), (m("f"), b"dead")],
            [(m("f", tarfile.LNKTYPE, canary), b""), (m("f"), b"dead")],
            [(m("f", tarfile.SYMTYPE, canary), b""), (m("g", tarfile.LNKTYPE, "f"), b""), (m("g", mode=0o777), b"dead")],
            [(m(".", tarfile.SYMTYPE, self.scratch.name), b""), (m("canary"), b"dead")],
            [(m(".wh."), b"")],
            [(m("a/.wh...") , b"")],
        ]
        for number, members in enumerate(cases):
            self.ctl("load", stdin=self.docker_archive(members, f"hostile:{number}"))
            with open(canary, encoding="ascii") as file:
                self.assertEqual(file.read(), "alive", number)
            self.assertEqual(os.stat(canary).st_mode & 0o777, 0o600)
            self.assertEqual(os.listdir(self.scratch.name), ["canary"])
        for line in self.out("images", "--format", "{{.Repository}}:{{.Tag}}").splitlines():
            if line.startswith("hostile"):
                self.out("rmi", line)

    def test_docker_archive_runs(self):
        with open("/bin/busybox", "rb") as file:
            program = file.read()
        archive = self.docker_archive([(self.member("bin", tarfile.DIRTYPE, mode=0o755), b""),
                                       (self.member("bin/busybox", mode=0o755), program),
                                       (self.member("x", tarfile.SYMTYPE, "bin/busybox"), b"")], "tiny:2")
        self.assertEqual(self.out("load", stdin=archive), "Loaded image: tiny:2")
        self.assertEqual(self.out("run", "--rm", "--entrypoint", "/bin/busybox", "tiny:2", "echo", "ok"), "ok")
        before = self.blob_count(), self.layer_count()
        text = self.out("rmi", "tiny:2")
        self.assertIn("Untagged: tiny:2", text)
        self.assertIn("Deleted: sha256:", text)
        self.assertLess(self.blob_count(), before[0])
        self.assertEqual(self.layer_count(), before[1] - 1)

    def test_rmi_refuses_what_a_container_uses(self):
        self.out("create", "--name", "user", "busybox", "true")
        self.assert_fails(1, "rmi", "busybox", text="conflict")
        self.out("rm", "user")
        self.assert_fails(1, "rmi", "nosuch", text="No such image: nosuch")

    def test_full_disk_leaves_nothing(self):
        state = os.path.join(self.platform.state_dir, "image")
        self.assertTrue(os.path.isdir(state))
        before = self.blob_count(), self.layer_count()
        zeros = [(self.member("big"), b"\0" * (64 << 20))]
        archive = gzip.compress(self.docker_archive(zeros, "big:1"), 1)
        self.assertEqual(self.out("load", stdin=archive), "Loaded image: big:1")
        self.out("rmi", "big:1")
        self.assertEqual((self.blob_count(), self.layer_count()), before)
