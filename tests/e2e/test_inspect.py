"""inspect, ps and images: what is shown, in Docker's words."""

import json
import os
import re
import tempfile

from tests.harness.platform import PlatformTest, wait_until


class InspectTest(PlatformTest):

    def tearDown(self):
        for container in self.out("ps", "-aq").split():
            self.out("rm", "-f", container)

    def inspect(self, *names):
        return json.loads(self.out("inspect", *names))

    def test_containers_and_images_together(self):
        self.out("create", "--name", "web", "busybox", "true")
        container, image = self.inspect("web", "busybox")
        self.assertEqual((container["Name"], image["RepoTags"]), ("/web", ["busybox:latest"]))
        self.assertEqual(container["Image"], image["Id"])
        self.assertEqual(self.out("inspect", "-f", "{{.Id}}", "web", "busybox").split(), [container["Id"], image["Id"]])

    def test_type_chooses_between_the_two(self):
        self.out("create", "--name", "busybox", "busybox", "true")
        self.assertEqual(self.inspect("busybox")[0]["Name"], "/busybox")
        self.assertEqual(self.inspect("--type", "image", "busybox")[0]["RepoTags"], ["busybox:latest"])
        self.assertEqual(self.inspect("--type", "container", "busybox")[0]["Name"], "/busybox")
        self.assert_fails(1, "inspect", "--type", "pod", "busybox", text="pod")

    def test_what_is_not_there_is_told_and_the_rest_is_shown(self):
        done = self.ctl("inspect", "none")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (1, b"[]\n", b"Error: No such object: none\n"))
        done = self.ctl("inspect", "none", "busybox", "void", "-f", "{{.Os}}")
        self.assertEqual((done.returncode, done.stdout), (1, b"linux\n"))
        self.assertEqual(done.stderr, b"Error: No such object: none\nError: No such object: void\n")
        self.assert_fails(1, "container", "inspect", "busybox", text="Error: No such container: busybox\n")
        self.assert_fails(1, "image", "inspect", "none", text="Error: No such image: none\n")

    def test_unique_beginnings_of_ids(self):
        container = self.out("create", "busybox", "true")
        self.assertEqual(self.inspect(container[:6])[0]["Id"], container)
        image = self.inspect("busybox")[0]["Id"]
        for name in (image, image[:20], image.split(":")[1], image.split(":")[1][:12]):
            self.assertEqual(self.inspect(name)[0]["Id"], image)

    def test_json_is_a_line_for_each(self):
        self.out("create", "--name", "web", "busybox", "true")
        lines = self.out("inspect", "--format", "json", "web", "busybox").splitlines()
        self.assertEqual([json.loads(line) for line in lines], self.inspect("web", "busybox"))

    def test_a_bad_template_is_64_and_a_bad_field_is_1(self):
        self.assertEqual(self.assert_fails(64, "inspect", "-f", "{{.Id", "busybox"),
                         "template parsing error: template: :1: unclosed action\n")
        self.assertEqual(self.assert_fails(1, "inspect", "-f", "{{.Nope}}", "busybox"),
                         'template parsing error: template: :1:2: executing "" at <.Nope>: map has no entry for key "Nope"\n')

    def test_what_a_container_was_made_with(self):
        with tempfile.TemporaryDirectory() as folder:
            self.out("create", "--name", "web", "-it", "--read-only", "--init", "-v", folder + ":/data:ro", "--rm",
                     "--network", "host", "--stop-timeout", "7", "--stop-signal", "USR1", "-w", "/tmp", "-u", "1000",
                     "--hostname", "inner", "--entrypoint", "echo", "-e", "Z=1", "-l", "a=b", "busybox", "x", "y z")
            found = self.inspect("web")[0]
        host, config = found["HostConfig"], found["Config"]
        self.assertEqual((found["Path"], found["Args"]), ("echo", ["x", "y z"]))
        self.assertEqual(host["Binds"], [folder + ":/data:ro"])
        self.assertEqual(found["Mounts"], [{"Type": "bind", "Source": folder, "Destination": "/data", "Mode": "ro",
                                            "RW": False, "Propagation": "rprivate"}])
        self.assertEqual((host["NetworkMode"], host["AutoRemove"], host["ReadonlyRootfs"], host["Init"]),
                         ("host", True, True, True))
        self.assertEqual(list(found["NetworkSettings"]["Networks"]), ["host"])
        self.assertEqual((config["Tty"], config["OpenStdin"], config["StdinOnce"], config["AttachStdin"]), (True,) * 4)
        self.assertEqual((config["Hostname"], config["User"], config["WorkingDir"]), ("inner", "1000", "/tmp"))
        self.assertEqual((config["Entrypoint"], config["Cmd"]), (["echo"], ["x", "y z"]))
        self.assertEqual((config["StopSignal"], config["StopTimeout"], config["Labels"]), ("USR1", 7, {"a": "b"}))
        self.assertEqual(config["Env"][0], "Z=1")
        self.assertTrue(config["Env"][1].startswith("PATH="))

    def test_the_state_follows_the_container(self):
        container = self.out("create", "--name", "web", "busybox", "sh", "-c", "sleep 100")
        state = self.inspect("web")[0]["State"]
        self.assertEqual((state["Status"], state["StartedAt"]), ("created", "0001-01-01T00:00:00Z"))
        self.assertRegex(self.out("ps", "-a"), r'web\b')
        self.assertEqual(self.out("ps", "-a", "--format", "{{.Status}}"), "Created")
        self.out("start", "web")
        found = self.inspect("web")[0]
        self.assertEqual((found["State"]["Status"], found["State"]["Running"]), ("running", True))
        self.assertTrue(os.path.exists(f"/proc/{found['State']['Pid']}"))
        for key in ("ResolvConfPath", "HostnamePath", "HostsPath"):
            self.assertTrue(os.path.isfile(found[key]), key)
        self.assertRegex(self.out("ps", "--format", "{{.Status}}"), "^(Up .* second|Less than|Up Less than)")
        self.out("kill", "web")
        wait_until(lambda: self.inspect(container)[0]["State"]["Status"] == "exited", what="the end of web")
        state = self.inspect("web")[0]["State"]
        self.assertEqual((state["ExitCode"], state["Pid"], state["Running"]), (137, 0, False))
        self.assertRegex(self.out("ps", "-a", "--format", "{{.Status}}"), r"^Exited \(137\) .* ago$")

    def test_ps_cuts_what_is_long(self):
        command = ["sh", "-c", "echo a long line; sleep 0"]
        container = self.out("create", "--name", "web", "-l", "b=2", "-l", "a=1", "busybox", *command)
        get = lambda *args: self.out("ps", "-a", *args)
        self.assertEqual(get("--format", "{{.ID}}|{{.Command}}"), container[:12] + "|\"sh -c 'echo a long …\"")
        self.assertEqual(get("--no-trunc", "--format", "{{.ID}}|{{.Command}}"),
                         container + "|\"sh -c 'echo a long line; sleep 0'\"")
        self.assertEqual(get("--format", '{{.Labels}} {{.Label "b"}} {{.Networks}} {{.LocalVolumes}}'), "a=1,b=2 2 none 0")
        self.assertEqual(json.loads(get("--format", "json"))["Names"], "web")
        header = get().splitlines()[0]
        self.assertEqual(re.split("  +", header.strip()),
                         ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"])

    def test_images_tell_digests_and_dangling_ones(self):
        header, row = self.out("images", "--digests").splitlines()
        self.assertEqual(header.split(), ["REPOSITORY", "TAG", "DIGEST", "IMAGE", "ID", "CREATED", "SIZE"])
        self.assertEqual(row.split()[:3], ["busybox", "latest", "<none>"])
        self.assertEqual(self.out("images", "-q", "--no-trunc"), self.inspect("busybox")[0]["Id"])
        self.assertEqual(self.out("images", "-q", "-f", "dangling=true"), "")
        self.assertEqual(self.out("images", "-f", "reference=busy*", "--format", "{{.Repository}}"), "busybox")
        self.assertEqual(json.loads(self.out("images", "--format", "json"))["Tag"], "latest")
