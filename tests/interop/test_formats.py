"""--format and inspect beside Docker's own: the same objects, the same templates, the same answers."""

import io
import json
import os
import subprocess
import tarfile
import tempfile
import unittest

from tests.harness.platform import BUSYBOX_TAR, PlatformTest, wait_until

# Debian's, whatever else is in PATH.
DOCKER = "/usr/bin/docker"
DOCKERD = "/usr/sbin/dockerd"

ARGUMENTS = ["--network", "none", "-l", "com.example.role=front-end", "-e", "A=1", "-w", "/tmp", "-u", "0:0",
             "--hostname", "inner"]

PS = [
    r"{{.Names}}",
    r"{{.Image}}",
    r"{{.Command}}",
    r"{{.State}}",
    r"{{.Names}}\t{{.Image}}\n",
    r'{{.Label "com.example.role"}}',
    r'{{.Label "none"}}|{{.Ports}}|{{.Networks}}|{{.Mounts}}|{{.LocalVolumes}}',
    r"{{upper .Names}} {{.Names | title}} {{.Names | lower | upper}}",
    r'{{printf "%-12s|%12s|%q" .Names .Image .Command}}',
    r"{{len .Names}} {{len .ID}}",
    r'{{if eq .State "exited"}}down{{else if eq .State "created"}}new{{else}}up{{end}}',
    r'{{if and (eq .Names "web") (ne .Image "other")}}yes{{end}}',
    r"{{with .Names}}<{{.}}>{{else}}none{{end}}{{with .Ports}}p{{else}}no ports{{end}}",
    r'{{range split .Names "e"}}[{{.}}]{{end}}',
    r'{{join (split .Image ":") "/"}}',
    r"{{$n := .Names}}{{range $i, $c := split .Command ` `}}{{$i}}{{$n}}{{$c}};{{end}}",
    r"{{json .Names}} {{json .Command}}",
    r"{{pad .Names 2 3}}|{{truncate .Image 3}}",
    r"{{- .Names -}}   {{/* a comment */}}  !",
    r"{{println .Names .State}}",
    r'{{index (split .Image ":") 0}}',
    r"{{or .Ports .Names}} {{and .Names .Image}} {{not .Ports}}",
    r"table {{.Names}}\t{{.Image}}\t{{.State}}",
    r"table {{.Names}}\t{{.Label `com.example.role`}}",
    r"table {{upper .Names}} {{lower .Image}} {{title .State}}",
    r"table {{.Command}}\t{{.Networks}}\t{{.LocalVolumes}}\t{{.Mounts}}",
    r"table{{.Names}}",
    r"plain text",
    r"{{.Bogus}}",
    r"table {{.Bogus}}",
    r"{{",
    r"{{.Names",
    r"{{bogus .Names}}",
    r"{{.Label}}",
    r"{{.Label 3}}",
    r"{{.Names.Foo}}",
    r"{{range .Names}}{{end}}",
    r"{{if .Names}}",
    r"{{lower}}",
]

IMAGES = [
    r"{{.Repository}}:{{.Tag}}",
    r"{{.ID}}",
    r"{{.Digest}}",
    r"{{.CreatedAt}}",
    r"{{.CreatedSince}}",
    r"{{.SharedSize}} {{.UniqueSize}}",
    r"{{.Repository | upper}}/{{title .Tag}}",
    r'{{printf "%s@%s" .Repository .Tag}}',
    r'{{printf "%-20s|%5.2s|" .Repository .Repository}}',
    r"{{len .ID}}",
    r'{{if eq .Tag "1" "2"}}tagged{{end}}',
    r'{{if not (eq .Tag "<none>")}}{{.Repository}}{{end}}',
    r"{{json .Repository}}",
    r"{{json .Tag}} {{.Tag | json}}",
    r'{{split .Repository "a"}}',
    r'{{join (split .Repository "/") "-"}}',
    r"{{slice .CreatedAt}}",
    r"{{truncate .Repository 2}}",
    r"{{html .Digest}} {{js .Digest}} {{urlquery .CreatedAt}}",
    r'{{with $r := .Repository}}{{$r}}{{$r = "x"}}{{$r}}{{end}}',
    r"table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}",
    r"table {{.Repository}}\t{{.Digest}}",
    r"table {{.CreatedAt}}\t{{.SharedSize}}\t{{.UniqueSize}}",
    r"table {{upper .Repository}}:{{lower .Tag}}",
    r"table {{.ID}}",
    r"\t{{.Repository}}\t|\n",
    r"{{.Nope}}",
    r"{{.Repository | nope}}",
    r"{{end}}",
    r"{{index .Repository `x`}}",
    r"{{else}}",
    r"{{.Repository}",
    r"{{range .Tag}}{{.}}{{end}}",
]

INSPECT_CONTAINER = [
    r"{{.Name}}",
    r"{{.Path}} {{.Args}}",
    r"{{json .Args}}",
    r"{{.Image}}",
    r"{{.State.Status}} {{.State.ExitCode}} {{.State.Running}} {{.State.Pid}} {{.State.OOMKilled}}",
    r"{{if .State.Running}}up{{else}}down {{.State.ExitCode}}{{end}}",
    r"{{.State.Health}} {{.HostConfig.PidsLimit}} {{.HostConfig.Binds}} {{.Config.ExposedPorts}}",
    r"{{json .Config.Labels}}",
    r"{{json .Config.Env}}",
    r"{{json .Config}}",
    r"{{json .HostConfig.RestartPolicy}} {{.HostConfig.RestartPolicy}}",
    r"{{range .Config.Env}}{{println .}}{{end}}",
    r"{{range $k, $v := .Config.Labels}}{{$k}}={{$v}};{{end}}",
    r'{{index .Config.Labels "com.example.role"}}|{{index .Config.Labels "none"}}|{{.Config.Labels.none}}',
    r"{{range $name, $net := .NetworkSettings.Networks}}{{$name}}{{$net.IPAddress}}{{end}}",
    r"{{len .Config.Env}} {{len .Mounts}} {{len .NetworkSettings.Ports}}",
    r"{{.Config.Entrypoint}} {{.Config.Cmd}} {{index .Config.Cmd 0}}",
    r"{{.Config.StopSignal}} {{.Config.StopTimeout}} {{.Config.WorkingDir}} {{.Config.User}} {{.Config.Hostname}}",
    r'{{printf "%s|%5d|%-5d|%05d|%x|%v" .Name .State.ExitCode .State.ExitCode .State.ExitCode .State.ExitCode .Args}}',
    r'{{printf "%d %s %z %d" .Name .State.Pid 1}}',
    r'{{printf "%q %v %+v" .Args .Config.Labels .HostConfig.RestartPolicy}}',
    r'{{printf "%5.2f %e %g %t" 3.14159 1234.5 0.1 true}}',
    r"{{(index .Args 1) | upper}}",
    r"{{slice .Args 1}} {{slice .Name 1 3}}",
    r"{{eq .State.ExitCode 3}} {{eq .State.ExitCode 1 2 3}} {{ne .Name `x`}} {{lt 1 .State.ExitCode}} {{ge 2 3}}",
    r'{{eq .State.ExitCode "3"}}',
    r"{{$x := .Name}}{{$y := len $x}}{{$x}}{{$y}}{{$x = `z`}}{{$x}}",
    r"{{with .State}}{{.Status}}{{$.Name}}{{end}}",
    r"{{/* c */ -}}   {{.Name}}   {{- /* c */}}",
    r"{{range $i, $a := .Args}}{{if $i}},{{end}}{{$a}}{{end}}",
    r"{{range .Args}}{{if eq . `-c`}}{{continue}}{{end}}{{.}}{{break}}{{end}}",
    r"{{range .HostConfig.Binds}}x{{else}}nothing{{end}}",
    r'{{define "t"}}[{{.}}]{{end}}{{template "t" .Name}}{{block "b" .Path}}<{{.}}>{{end}}',
    r'{{"a\tb\u00e9\x41"}} {{`raw\n`}} {{0x10}} {{1e3}} {{1_000}} {{-3}}' + r" {{'a'}}",
    r"{{.GraphDriver.Data}} {{.Mounts}} {{json .Mounts}}",
    r"{{not .Config.Tty}} {{or .HostConfig.Binds `none`}} {{and 0 (index .Args 9)}}",
    r"{{print 1 2}} {{print `a` `b`}} {{print 1 `a` 2}}",
    r"{{html .Args}} {{urlquery `a b&c`}} {{js `<'>`}}",
    r"text without actions \t \n",
    r"{{.Nope}}",
    r"{{.State.Nope}}",
    r"{{.Name.Nope}}",
    r"{{index .Args 9}}",
    r"{{.State.Health.Status}}",
    r"{{eq .Args .Args}}",
    r"{{lt 1 `a`}}",
    r"{{range .Name}}{{end}}",
    r"{{nope}}",
    r"{{$nope}}",
    r"{{if .Name}}",
    r"{{'a}}",
    r"{{template `none`}}",
    r"{{len}}",
    r"{{nil}}",
    r"{{1 2}}",
]

INSPECT_IMAGE = [
    r"{{.Id}}",
    r"{{.ID}} {{.RepoTags}}",
    r"{{json .RepoDigests}}",
    r"{{.Os}}/{{.Architecture}}{{with .Variant}}/{{.}}{{end}}",
    r"{{json .RootFS}}",
    r"{{.RootFS.Type}} {{len .RootFS.Layers}} {{index .RootFS.Layers 0}}",
    r"{{json .Config}}",
    r"{{json .ContainerConfig}}",
    r"{{.Author}}|{{.Comment}}|{{.DockerVersion}}|{{.Parent}}|{{.Container}}",
    r"{{.Created}}",
    r"{{range .Config.Env}}[{{.}}]{{end}}",
    r"{{range $port, $empty := .Config.ExposedPorts}}{{$port}} {{end}}",
    r"{{json .Config.ExposedPorts}} {{json .Config.Volumes}} {{.Config.StopSignal}}",
    r"{{index .Config.Labels `maintainer`}}",
    r'{{join .Config.Entrypoint " "}} {{join .Config.Cmd ","}}',
    r"{{.Config.Healthcheck.Test}}",
    r"{{.Nope}}",
    r"{{.Config.Labels.nope.nope}}",
]

VERSION = [
    r"{{.Server.Os}}/{{.Server.Arch}}",
    r"{{.Client.Os}}/{{.Client.Arch}}",
    r"{{.Client.Os | upper}}",
    r"{{title .Client.Os}}",
    r'{{printf "%s-%s" .Client.Os .Server.Os}}',
    r'{{printf "%10s|%-10s|" .Client.Os .Server.Os}}',
    r"{{json .Client.Os}}",
    r'{{if eq .Client.Os .Server.Os}}same{{end}}',
    r'{{if ne .Client.Arch "none"}}{{.Client.Arch}}{{end}}',
    r"{{with .Server}}{{.Os}}{{end}}",
    r"{{with .Client}}{{.Arch}}{{with $.Server}}{{.Os}}{{end}}{{end}}",
    r"{{$c := .Client}}{{$c.Os}}",
    r"{{(.Client).Os}}",
    r'{{join (split .Client.Os "i") "-"}}',
    r"{{len .Client.Os}}",
    r"{{slice .Client.Os 1 3}}",
    r"{{println .Client.Os .Server.Os}}",
    r"{{if .Server}}connected{{end}}",
    r"{{if gt (len .Server.Components) 1}}several{{end}}",
    r"{{range .Server.Components}}{{if .Name}}c{{break}}{{end}}{{end}}",
    r"a\tb {{- .Client.Os -}} c",
    r"{{pad .Client.Os 1 1}}|{{truncate .Client.Os 2}}",
    r"{{index .Client.Os 0}}",
    r"{{not .Client.Os}}",
    r"no actions",
    r"{{.Server.Nope}}",
    r"{{.Client.Os.Nope}}",
]

# A container that uses what "web" does not.
MANY = ["-it", "--rm", "--init", "--read-only", "--stop-timeout", "7", "--stop-signal", "USR1", "--network", "host",
        "--entrypoint", "echo", "-e", "Z=1", "-e", "A=", "made:1", "a", "b c"]

# Keys that only one of the two has.
KEY_EXCEPTIONS = set()

# What an engine decides for itself, by the path's beginning.
VALUE_EXCEPTIONS = (
    # Made up for each container, or a time.
    "Id", "Created", "State.StartedAt", "State.FinishedAt", "Metadata.LastTagTime",
    # Where things are on the host.
    "ResolvConfPath", "HostnamePath", "HostsPath", "LogPath",
    # How images are put together, and what runs containers.
    "Driver", "GraphDriver.Name", "HostConfig.Runtime",
    # Logs are files of another form.
    "HostConfig.LogConfig.Type",
    # More is hidden than Docker 20.10 does.
    "HostConfig.MaskedPaths",
    # A network without addresses is no object of its own.
    "NetworkSettings.SandboxID", "NetworkSettings.SandboxKey", "NetworkSettings.Networks.none.NetworkID",
)


def run(*command):
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)} exited with {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def make_archive(source, target):
    """A docker-archive with the layer of `source`, and a configuration that says much."""
    with tarfile.open(source) as archive:
        manifest = json.load(archive.extractfile("manifest.json"))[0]
        config = json.load(archive.extractfile(manifest["Config"]))
        layers = [(name, archive.extractfile(name).read()) for name in manifest["Layers"]]
    config.update(created="2020-01-02T03:04:05.6Z", author="Someone <a@example.org>", comment="a comment",
                  docker_version="1.2.3", container="c" * 64)
    config["config"] = {
        "Env": ["PATH=/usr/bin:/bin", "A=image", "B=image"], "Entrypoint": ["sh", "-c"], "Cmd": ["true", "x"],
        "Labels": {"maintainer": "someone", "com.example.role": "image", "b": "<&>"}, "StopSignal": "SIGINT",
        "ExposedPorts": {"80/tcp": {}, "53/udp": {}}, "WorkingDir": "/srv", "User": "1:1", "OnBuild": ["RUN x"],
        "Healthcheck": {"Test": ["NONE"]}}
    config["container_config"] = {"Cmd": ["/bin/sh", "-c", "#(nop)"], "Hostname": "builder"}
    documents = [("config.json", json.dumps(config).encode()),
                 ("manifest.json", json.dumps([{"Config": "config.json", "RepoTags": ["made:1"],
                                                "Layers": manifest["Layers"]}]).encode())]
    with tarfile.open(target, "w") as archive:
        for name, data in layers + documents:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def key_paths(value, path=""):
    if isinstance(value, dict):
        for key, member in value.items():
            yield f"{path}.{key}".lstrip(".")
            yield from key_paths(member, f"{path}.{key}")
    elif isinstance(value, list):
        for element in value:
            yield from key_paths(element, path + "[]")


def leaves(value, path=""):
    if isinstance(value, dict) and value:
        for key, member in value.items():
            yield from leaves(member, f"{path}.{key}".lstrip("."))
    else:
        yield path, value


class FormatsTest(PlatformTest):

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="gantry-formats-")
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.start_docker()
        super().setUpClass()
        try:
            cls.make_objects()
        except BaseException:
            cls.platform.destroy()
            raise

    @classmethod
    def path(cls, name):
        return os.path.join(cls.scratch.name, name)

    @classmethod
    def start_docker(cls):
        cls.docker = [DOCKER, "-H", "unix://" + cls.path("docker.sock"), "--config", cls.path("config")]
        daemon = subprocess.Popen(
            [DOCKERD, "-H", "unix://" + cls.path("docker.sock"), "--data-root", cls.path("docker"),
             "--exec-root", cls.path("exec"), "--pidfile", cls.path("docker.pid"), "--bridge=none", "--iptables=false",
             "--ip6tables=false", "--storage-driver", "vfs"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(daemon.wait, 60)
        cls.addClassCleanup(daemon.terminate)
        wait_until(lambda: subprocess.run([*cls.docker, "version"], capture_output=True, check=False).returncode == 0,
                   60, "dockerd answers")

    @classmethod
    def make_objects(cls):
        """The image made:1 and the container web, in both."""
        run("skopeo", "--insecure-policy", "copy", "-q", "oci-archive:" + BUSYBOX_TAR,
            f"docker-archive:{cls.path('in.tar')}:busybox:latest")
        make_archive(cls.path("in.tar"), cls.path("made.tar"))
        run(*cls.platform.command("rmi", "busybox"))
        os.mkdir(cls.path("mounted"))
        command = ["run", "--name", "web", *ARGUMENTS, "made:1", "echo hi there; exit 3"]
        for program in (cls.docker, cls.platform.command()):
            run(*program, "load", "-i", cls.path("made.tar"))
            done = subprocess.run([*program, *command], capture_output=True, timeout=60, check=False)
            if (done.returncode, done.stdout) != (3, b"hi there\n"):
                raise AssertionError(f"{program[0]}: {done}")

    def make_many(self):
        """A second container in both, which is gone after the test."""
        folder = self.path("mounted")
        for program in (self.docker, self.platform.command()):
            run(*program, "create", "--name", "many", "-v", folder + ":/a:ro", "-v", folder + ":/b", *MANY)
            self.addCleanup(run, *program, "rm", "many")

    def answer(self, program, *args):
        env = dict(os.environ, TZ="UTC")
        done = subprocess.run([*program, *args], capture_output=True, timeout=60, check=False, env=env)
        return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace").strip()

    def check(self, *args):
        """Both answer alike: the exit code, the output, and whether there is a line of complaint."""
        with self.subTest(args=args):
            theirs = self.answer(self.docker, *args)
            ours = self.answer(self.platform.command(), *args)
            self.assertEqual(ours[0], theirs[0], f"docker: {theirs}, ctl: {ours}")
            if theirs[0] == 0:
                self.assertEqual(ours[1], theirs[1], f"docker: {theirs}, ctl: {ours}")
            else:
                self.assertEqual(ours[1].strip(), theirs[1].strip(), f"docker: {theirs}, ctl: {ours}")
            for complaint in (theirs[2], ours[2]):
                self.assertEqual(len(complaint.splitlines()), 0 if theirs[0] == 0 else 1, f"docker: {theirs}, ctl: {ours}")

    def check_all(self, templates, *command):
        for template in templates:
            self.check(*command[:1], "--format", template, *command[1:])

    def test_there_are_enough_templates(self):
        self.assertGreaterEqual(len(PS + IMAGES + INSPECT_CONTAINER + INSPECT_IMAGE + VERSION), 100)

    def test_ps(self):
        self.check_all(PS, "ps", "-a")

    def test_images(self):
        self.check_all(IMAGES, "images", "made")

    def test_inspect_of_a_container(self):
        self.check_all(INSPECT_CONTAINER, "inspect", "web")

    def test_inspect_of_an_image(self):
        self.check_all(INSPECT_IMAGE, "inspect", "made:1")

    def test_version(self):
        self.check_all(VERSION, "version")

    def test_what_is_missing(self):
        for args in (["inspect", "nosuch"], ["inspect", "nosuch", "-f", "{{.Name}}"], ["container", "inspect", "nosuch"],
                     ["image", "inspect", "nosuch"], ["inspect", "--type", "image", "web"],
                     ["inspect", "--type", "container", "made:1"], ["inspect", "-f", "{{.Name}}", "web", "nosuch", "web"]):
            self.check(*args)
            self.assertEqual(self.answer(self.docker, *args)[2], self.answer(self.platform.command(), *args)[2])

    def test_listings(self):
        self.make_many()
        for args in (["images", "made"], ["images", "--digests", "made"], ["images", "-q", "--no-trunc", "made"],
                     ["images", "--filter", "dangling=true"], ["images", "--filter", "reference=ma*"], ["images", "nosuch"],
                     ["ps", "-a", "--no-trunc", "--format", "{{.Names}} {{.Command}}"], ["ps"],
                     ["ps", "-a", "--format", "{{.Names}} {{.Image}} {{.LocalVolumes}} {{.Networks}} {{.State}}"],
                     ["ps", "-a", "--no-trunc", "--format", "{{.Mounts}}"], ["ps", "-a", "--format", "{{.Mounts}}"]):
            with self.subTest(args=args):
                self.assertEqual(self.without_size(self.answer(self.platform.command(), *args)),
                                 self.without_size(self.answer(self.docker, *args)))

    @staticmethod
    def without_size(answer):
        """Layers are stored in another way, so that sizes differ."""
        return answer[0], [line.rsplit("   ", 1)[0] if "ago" in line else line for line in answer[1].splitlines()]

    def compare(self, name):
        theirs = json.loads(self.answer(self.docker, "inspect", name)[1])[0]
        ours = json.loads(self.answer(self.platform.command(), "inspect", name)[1])[0]
        self.assertEqual(set(key_paths(ours)) ^ set(key_paths(theirs)), KEY_EXCEPTIONS)
        self.assertEqual([path for path in key_paths(ours)], [path for path in key_paths(theirs)], "the order of the keys")
        for found in (ours, theirs):
            # Docker mixes the container's own variables and its mounts up.
            found["Config"]["Env"].sort()
            found.get("Mounts", []).sort(key=lambda mount: mount["Destination"])
            (found.get("HostConfig", {}).get("Binds") or []).sort()
        mine = dict(leaves(ours))
        for path, value in leaves(theirs):
            if not path.startswith(VALUE_EXCEPTIONS):
                self.assertEqual(mine.get(path), value, path)

    def test_inspect_has_dockers_keys_and_values(self):
        self.make_many()
        self.compare("web")
        self.compare("many")
        self.compare("made:1")


if __name__ == "__main__":
    unittest.main()
