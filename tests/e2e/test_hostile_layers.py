"""Layers that attack, and layers with everything that a layer may have: what the host and what a container see."""

import gzip
import hashlib
import io
import json
import os
import tarfile
import tempfile

from tests.harness.platform import BUSYBOX_TAR, PlatformTest

UP = "../" * 16


def member(name, kind=tarfile.REGTYPE, link="", mode=0o644, data=b"", **more):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.mtime = kind, link, mode, 1000
    for key, value in more.items():
        setattr(info, key, value)
    return info, data


def file(name, data=b"dead", **more):
    return member(name, data=data, **more)


def directory(name, mode=0o755, **more):
    return member(name, tarfile.DIRTYPE, mode=mode, **more)


def link(name, to):
    return member(name, tarfile.SYMTYPE, to, mode=0o777)


def hard(name, to):
    return member(name, tarfile.LNKTYPE, to, mode=0o7777)


def layer(*members, form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, encoding="utf-8", errors="surrogateescape") as tar:
        for info, data in members:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def digest(data):
    return hashlib.sha256(data).hexdigest()


def busybox_layer():
    """The uncompressed layer of the busybox image, and its architecture."""
    with tarfile.open(BUSYBOX_TAR) as tar:
        documents = {m.name: tar.extractfile(m).read() for m in tar if m.isfile()}

    def blob(descriptor):
        return documents["blobs/sha256/" + descriptor["digest"].split(":")[1]]

    manifest = json.loads(blob(json.loads(documents["index.json"])["manifests"][0]))
    return gzip.decompress(blob(manifest["layers"][0])), json.loads(blob(manifest["config"]))["architecture"]


def archive(name, layers, architecture, diff_ids=None):
    """A docker-archive; `layers` are tar streams, compressed or not."""
    config = json.dumps({
        "os": "linux", "architecture": architecture, "config": {"Cmd": ["sh"], "Env": ["PATH=/bin"]},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + d for d in diff_ids or map(digest, layers)]}}).encode()
    names = [f"{number}/layer.tar" for number in range(len(layers))]
    manifest = json.dumps([{"Config": "config.json", "RepoTags": [name], "Layers": names}]).encode()
    return layer(file("manifest.json", manifest), file("config.json", config), *map(file, names, layers))


class HostileLayersTest(PlatformTest):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.base, cls.architecture = busybox_layer()

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="gantry-canary-")
        self.addCleanup(scratch.cleanup)
        self.outside = scratch.name
        os.mkdir(os.path.join(self.outside, "dir"), 0o700)
        with open(os.path.join(self.outside, "canary"), "w", encoding="ascii") as canary:
            canary.write("alive")
        os.chmod(os.path.join(self.outside, "canary"), 0o600)

    def untouched(self):
        """Everything that could change outside."""
        seen = []
        for folder, _, names in os.walk(self.outside):
            for path in [folder] + [os.path.join(folder, name) for name in sorted(names)]:
                info = os.lstat(path)
                seen.append((path, info.st_mode, info.st_uid, info.st_gid, info.st_nlink, info.st_mtime_ns, info.st_ctime_ns))
        with open(os.path.join(self.outside, "canary"), encoding="ascii") as canary:
            return seen, canary.read()

    def load(self, name, *layers, **more):
        return self.ctl("load", stdin=archive(name, layers, self.architecture, **more))

    def stored(self):
        folder = os.path.join(self.platform.state_dir, "image")
        return sorted(os.listdir(folder + "/layers")), sorted(os.listdir(folder + "/blobs/sha256"))

    def test_nothing_outside_is_touched(self):
        out = self.outside
        cases = {
            "symlink-absolute": [link("l", out), file("l/canary"), directory("l/dir", 0o777)],
            "symlink-up-and-out": [link("l", UP + out[1:]), file("l/canary"), file("l/dir/new")],
            "symlink-multiple": [link("one", out), link("two", "/one"), file("two/canary")],
            "symlink-override-directory": [directory("d"), link("d", out), directory("d/dir", 0o777), file("d/canary")],
            "symlink-as-root": [link(".", out), file("canary")],
            "hardlink-absolute": [hard("h", out + "/canary"), file("h")],
            "hardlink-up-and-out": [hard("h", UP + out[1:] + "/canary"), file("h")],
            "hardlink-symlink-chmod": [link("l", out + "/canary"), hard("h", "l"), file("h", mode=0o777)],
            "directory-override-symlink": [link("d", out + "/dir"), directory("d", 0o777), file("d/new")],
            "whiteout-symlink-path": [link("l", out), file("l/.wh.canary", b""), file("l/.wh..wh..opq", b"")],
            "whiteout-parent": [directory("etc"), file("etc/.wh...", b"")],
            "whiteout-root": [file(".wh.", b"")],
            "name-up-and-out": [file(UP + out[1:] + "/canary")],
            "name-absolute": [file(out + "/canary")],
            "owner-wraps-to-root": [file("f", uid=1 << 32, mode=0o4755)],
        }
        before = self.untouched()
        for name, members in cases.items():
            with self.subTest(name):
                done = self.load(f"hostile:{name}", layer(*members))
                self.assertIn(done.returncode, (0, 1), done.stderr)
                self.assertEqual(self.untouched(), before)
        # Those that were taken can be removed, and also that stays inside.
        for name in self.out("images", "--format", "{{.Repository}}:{{.Tag}}").splitlines():
            if name.startswith("hostile:"):
                self.out("rmi", name)
        self.assertEqual(self.untouched(), before)

    def test_layers_hide_and_replace_what_is_below(self):
        below = layer(directory("d"), file("d/old", b"old"), directory("opaque"), file("opaque/old", b"old"),
                      file("gone", b"old"), file("again", b"old"), directory("was-dir"), file("was-dir/old", b"old"),
                      file("was-file", b"old"), directory("child"), file("child/old", b"old"))
        above = layer(file("d/.wh.old", b""), file("d/new", b"new"),
                      directory("opaque"), file("opaque/new", b"new"), file("opaque/.wh..wh..opq", b""),
                      file(".wh.gone", b""), file(".wh.again", b""), file("again", b"new"),
                      file("was-dir", b"new"), directory("was-file"), file("was-file/new", b"new"),
                      file(".wh.child", b""), file("child/new", b"new"))
        self.assertEqual(self.load("stack:1", self.base, below, above).returncode, 0)
        text = self.out("run", "--rm", "stack:1", "sh", "-c",
                        "ls d opaque was-file child; cat again was-dir; ls gone 2>/dev/null || echo gone")
        self.assertEqual(text.split(), ["child:", "new", "d:", "new", "opaque:", "new", "was-file:", "new", "newnewgone"])

    def test_an_opaque_root_hides_every_layer_below(self):
        self.assertEqual(self.load("root:1", layer(file("old", b"old")), layer(file(".wh..wh..opq", b"")),
                                   self.base).returncode, 0)
        self.assertNotIn("old", self.out("run", "--rm", "root:1", "ls", "/").split())

    def test_everything_a_layer_may_have_is_there(self):
        names = [b"caf\xe9", b"nfd-e\xcc\x81", b"nfc-\xc3\xa9", b"half\xc3"]
        members = [directory("odd"), file("owned", b"x", mode=0o4751, uid=1234, gid=65533),
                   member("fifo", tarfile.FIFOTYPE), member("null", tarfile.CHRTYPE, devmajor=1, devminor=3, mode=0o666),
                   file("/".join(["n" * 200] * 10), b"deep")]
        members += [file("odd/" + name.decode("utf-8", "surrogateescape"), b"x") for name in names]
        for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
            self.assertEqual(self.load("all:1", self.base, layer(*members, form=form)).returncode, 0)
            done = self.ctl("run", "--rm", "all:1", "sh", "-c",
                            "cd /odd; for f in *; do printf '%s\\n' \"$f\"; done; stat -c '%a %u %g %Y' /owned; "
                            "stat -c '%F' /fifo; stat -c '%F %t %T' /null; cat /n*/n*/n*/n*/n*/n*/n*/n*/n*/n*")
            lines = done.stdout.split(b"\n")
            self.assertEqual(sorted(lines[:4]), sorted(names), done.stderr)
            self.assertEqual(lines[4:], [b"4751 1234 65533 1000", b"fifo", b"character special file 1 3", b"deep"])

    def test_damaged_layers_end_in_time_and_the_store_stays_usable(self):
        plain = layer(file("f", os.urandom(300000)), file("g", b"x" * 100000))
        packed = gzip.compress(plain)
        before = self.stored()
        damaged = packed[:5000] + bytes([packed[5000] ^ 0x55]) + packed[5001:]
        # Cut at the boundary between two entries, too.
        for data in (packed[:-5000], packed[:20], damaged, plain[:512 + 300032], plain[:700], b"", gzip.compress(b"")):
            done = self.load("damaged:1", data, diff_ids=[digest(plain)])
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
            self.assertEqual(self.stored(), before)
        self.assertEqual(self.load("whole:1", packed, diff_ids=[digest(plain)]).returncode, 0)
        self.out("rmi", "whole:1")

    def test_ten_gigabytes_in_ten_megabytes_are_refused(self):
        info = tarfile.TarInfo("zeros")
        info.size = 10 << 30
        zeros = gzip.compress(bytes(16 << 20), 9)
        bomb = gzip.compress(info.tobuf(tarfile.GNU_FORMAT)) + zeros * 640 + gzip.compress(bytes(1024))
        self.assertLess(len(bomb), 11 << 20)
        before = self.stored()
        done = self.load("bomb:1", bomb, diff_ids=["0" * 64])
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"grows", done.stderr)
        self.assertEqual(self.stored(), before)

    def test_an_image_archive_that_is_a_bomb_is_refused(self):
        info = tarfile.TarInfo("blobs/sha256/" + "0" * 64)
        info.size = 10 << 30
        before = self.stored()
        done = self.ctl("load", stdin=gzip.compress(info.tobuf(tarfile.GNU_FORMAT)) + gzip.compress(bytes(16 << 20), 9) * 640)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"grows", done.stderr)
        self.assertEqual(self.stored(), before)
