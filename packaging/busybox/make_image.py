"""Packs a static busybox with a link for each applet into an OCI archive.

    make_image.py BUSYBOX OUTPUT

The same program gives the same bytes: times, owners and order are fixed. The
image's architecture is the program's.
"""

import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile

# By e_machine of the ELF header and whether it is little endian, as image
# configurations name them.
ARCHITECTURES = {
    (3, True): "386", (21, True): "ppc64le", (22, False): "s390x", (40, True): "arm", (62, True): "amd64",
    (183, True): "arm64", (243, True): "riscv64", (258, True): "loong64",
}

DIRECTORIES = {
    "bin": 0o755, "dev": 0o755, "etc": 0o755, "home": 0o755, "proc": 0o555, "root": 0o700, "sys": 0o555,
    "tmp": 0o1777, "usr": 0o755, "usr/bin": 0o755, "usr/sbin": 0o755, "var": 0o755, "var/tmp": 0o1777,
}

PASSWD = """root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
bin:x:2:2:bin:/bin:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
"""

GROUP = """root:x:0:
daemon:x:1:
bin:x:2:
tty:x:5:
www-data:x:33:
users:x:100:
nogroup:x:65534:
"""


def architecture(program):
    """What the program runs on, by its ELF header."""
    if program[:4] != b"\x7fELF":
        raise SystemExit("busybox is no ELF program")
    little = program[5] == 1
    machine = int.from_bytes(program[18:20], "little" if little else "big")
    if (machine, little) not in ARCHITECTURES:
        raise SystemExit(f"busybox is for the unknown machine {machine}: add it to ARCHITECTURES")
    return ARCHITECTURES[machine, little]


def entry(name, mode, kind=tarfile.REGTYPE, link=""):
    info = tarfile.TarInfo(name)
    info.mode, info.type, info.linkname = mode, kind, link
    info.uname = info.gname = ""
    return info


def add(tar, info, data=b""):
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def make_layer(busybox, program):
    applets = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, mode in sorted(DIRECTORIES.items()):
            add(tar, entry(name, mode, tarfile.DIRTYPE))
        add(tar, entry("bin/busybox", 0o755), program)
        for applet in sorted(set(applets) - {"busybox"}):
            add(tar, entry("bin/" + applet, 0o755, tarfile.LNKTYPE, "bin/busybox"))
        add(tar, entry("usr/bin/env", 0o777, tarfile.SYMTYPE, "../../bin/env"))
        for name, text in (("etc/passwd", PASSWD), ("etc/group", GROUP)):
            add(tar, entry(name, 0o644), text.encode())
        add(tar, entry("etc/shadow", 0o600), b"root:*:::::::\n")
    return out.getvalue()


def descriptor(media_type, data, **more):
    return {"mediaType": media_type, "digest": "sha256:" + hashlib.sha256(data).hexdigest(), "size": len(data), **more}


def document(value):
    return json.dumps(value, separators=(",", ":")).encode()


def main():
    busybox, output = sys.argv[1:]
    with open(busybox, "rb") as file:
        program = file.read()
    layer = make_layer(busybox, program)
    packed = gzip.compress(layer, 9, mtime=0)
    config = document({
        "created": "1970-01-01T00:00:00Z", "architecture": architecture(program), "os": "linux",
        "config": {"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], "Cmd": ["sh"]},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "busybox-static"}],
    })
    manifest = document({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("application/vnd.oci.image.config.v1+json", config),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar+gzip", packed)],
    })
    index = document({
        "schemaVersion": 2,
        "manifests": [descriptor("application/vnd.oci.image.manifest.v1+json", manifest, annotations={
            "io.containerd.image.name": "docker.io/library/busybox:latest",
            "org.opencontainers.image.ref.name": "latest",
        })],
    })
    with tarfile.open(output, mode="w", format=tarfile.PAX_FORMAT) as tar:
        add(tar, entry("oci-layout", 0o644), document({"imageLayoutVersion": "1.0.0"}))
        add(tar, entry("index.json", 0o644), index)
        for data in (manifest, config, packed):
            add(tar, entry("blobs/sha256/" + hashlib.sha256(data).hexdigest(), 0o644), data)


main()
