"""ctl run: output, exit codes, and what the container sees."""

import os
import subprocess
import tempfile
import unittest

from tests.harness.platform import PlatformTest, wait_until


class RunTest(PlatformTest):

    def test_output_streams_stay_apart_and_binary_clean(self):
        done = self.ctl("run", "--rm", "busybox", "sh", "-c", r"printf 'a\000\377b'; printf 'e\001' >&2")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stdout, b"a\x00\xffb")
        self.assertEqual(done.stderr, b"e\x01")

    def test_exit_code_is_the_containers(self):
        self.assertEqual(self.ctl("run", "--rm", "busybox", "sh", "-c", "exit 42").returncode, 42)
        process = self.platform.popen("run", "--rm", "--name", "victim", "busybox", "sleep", "100")
        wait_until(lambda: "victim" in self.out("ps"), what="the start of victim")
        self.out("kill", "victim")
        self.assertEqual(process.wait(20), 137)

    def test_missing_command_is_127(self):
        message = self.assert_fails(127, "run", "--rm", "busybox", "nosuchprogram", text="nosuchprogram")
        self.assertIn("not found", message)

    def test_directory_as_command_is_126(self):
        self.assert_fails(126, "run", "--rm", "busybox", "/etc", text="/etc")

    def test_file_that_is_not_executable_is_126(self):
        self.assert_fails(126, "run", "--rm", "busybox", "/etc/passwd", text="/etc/passwd")

    def test_unknown_flag_is_125(self):
        self.assert_fails(125, "run", "--nosuchflag", "busybox", text="unknown flag: --nosuchflag")

    def test_unknown_user_is_125(self):
        self.assert_fails(125, "run", "--rm", "-u", "nosuchuser", "busybox", "true", text="nosuchuser")
        for user in ("4294967296", "2147483648", "-1"):
            self.assert_fails(125, "run", "--rm", "--user=" + user, "busybox", "true")

    def test_missing_image_is_125(self):
        self.assert_fails(125, "run", "--rm", "nosuchimage", "true", text="nosuchimage")

    def test_flags_of_later_versions_are_refused_in_one_line(self):
        for flags in (["-p", "80:80"], ["-p80:80"], ["-itp80:80"], ["-P"], ["-m", "1g"], ["--tmpfs", "/x"], ["-v", "named:/x"],
                      ["--network", "bridge"], ["--privileged"], ["--restart", "always"]):
            message = self.assert_fails(125, "run", *flags, "busybox", "true")
            self.assertEqual(len(message.strip().splitlines()), 1, message)

    def test_host_network_has_the_hosts_name_and_interfaces(self):
        text = self.out("run", "--rm", "--network", "host", "busybox", "sh", "-c", "hostname; ls /sys/class/net; cat /etc/hosts")
        with open("/etc/hosts", encoding="utf-8") as file:
            hosts = file.read()
        own = sorted(os.listdir("/sys/class/net"))
        self.assertEqual(text.split("\n")[0], os.uname().nodename)
        self.assertEqual(text.split("\n")[1:len(own) + 1], own)
        self.assertTrue(text.endswith(hosts.rstrip("\n")))

    def test_no_network_is_a_loopback(self):
        for flags in ([], ["--network", "none"], ["--net=none"]):
            self.assertEqual(self.out("run", "--rm", *flags, "busybox", "ls", "/sys/class/net"), "lo")

    def test_etc_files_and_variables_are_dockers(self):
        text = self.out("run", "--rm", "-h", "web", "busybox", "sh", "-c", "cat /etc/hosts /etc/hostname; env | sort")
        self.assertIn("127.0.0.1\tlocalhost\n", text)
        self.assertIn("\nweb\n", text)
        self.assertEqual(text.split("\nweb\n")[1].splitlines(), [
            "HOME=/root", "HOSTNAME=web", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "PWD=/", "SHLVL=1"])
        with open("/etc/resolv.conf", encoding="utf-8") as file:
            self.assertEqual(self.out("run", "--rm", "busybox", "cat", "/etc/resolv.conf"), file.read().rstrip("\n"))
        self.assertEqual(self.out("run", "--rm", "-t", "busybox", "sh", "-c", "echo $TERM").strip(), "xterm")

    def test_read_only_root_and_init(self):
        self.assert_fails(1, "run", "--rm", "--read-only", "busybox", "touch", "/x", text="Read-only file system")
        self.out("run", "--rm", "--read-only", "busybox", "sh", "-c", "echo x > /dev/shm/x")
        self.assertEqual(self.out("run", "--rm", "--init", "busybox", "sh", "-c", "echo $$; readlink /proc/1/exe"), "2\n/dev/init")
        self.assert_fails(127, "run", "--rm", "--init", "busybox", "nosuchprogram")

    def test_directories_of_the_host(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(folder + "/in", "w", encoding="ascii") as file:
                file.write("from the host\n")
            self.assertEqual(self.out("run", "--rm", "-v", folder + ":/data", "busybox", "sh", "-c", "cat /data/in; echo out > /data/out"),
                             "from the host")
            with open(folder + "/out", encoding="ascii") as file:
                self.assertEqual(file.read(), "out\n")
            self.assert_fails(1, "run", "--rm", "-v", folder + ":/data:ro", "busybox", "touch", "/data/x", text="Read-only")
            self.out("run", "--rm", "-v", folder + "/made/here:/data", "busybox", "touch", "/data/x")
            self.assertEqual(os.listdir(folder + "/made/here"), ["x"])
            self.assertEqual(self.out("run", "--rm", "-v", folder + "/in:/etc/hosts:ro", "busybox", "cat", "/etc/hosts"), "from the host")
            self.assert_fails(125, "run", "--mount", f"type=bind,src={folder}/not,dst=/x", "busybox", text="does not exist")
            for target in ("/", "/proc", "/proc/sys", "/a/../proc"):
                self.assert_fails(125, "run", "-v", folder + ":" + target, "busybox", "true")
            self.assert_fails(125, "run", "-v", folder + ":/a", "-v", folder + ":/b/../a", "busybox", text="Duplicate mount point: /a")
            self.assertEqual(self.out("ps", "-aq"), "")

    def test_environment_directory_user_and_labels(self):
        text = self.out("run", "--rm", "-e", "A=1 2", "-e", "B=", "-w", "/tmp", "-u", "65534:65534", "-l", "k=v",
                        "busybox", "sh", "-c", "echo \"$A|$B|$PWD|$(id -u):$(id -g)|$HOME\"")
        self.assertEqual(text.split("|")[:4], ["1 2", "", "/tmp", "65534:65534"])

    def test_entrypoint_takes_the_place_of_the_images(self):
        self.assertEqual(self.out("run", "--rm", "--entrypoint", "echo", "busybox", "hello", "you"), "hello you")

    def test_arguments_after_the_image_are_the_containers(self):
        self.assertEqual(self.out("run", "--rm", "busybox", "echo", "-e", "--rm", "-d"), "--rm -d")

    def test_name_is_free_when_run_rm_returns(self):
        for number in range(20):
            done = self.ctl("run", "--rm", "--name", "again", "busybox", "true")
            self.assertEqual((number, done.returncode, done.stderr), (number, 0, b""))

    def test_two_of_one_name(self):
        self.out("run", "-d", "--name", "taken", "busybox", "sleep", "100")
        message = self.assert_fails(125, "run", "--name", "taken", "busybox", "true", text="already in use")
        self.assertEqual(message.count("\n"), 1 if "See" not in message else 2, message)
        self.out("rm", "-f", "taken")

    def test_made_up_names_and_host_name(self):
        container = self.out("run", "-d", "busybox", "hostname")
        self.assertRegex(container, "^[0-9a-f]{64}$")
        self.out("wait", container)
        self.assertEqual(self.out("logs", container), container[:12])
        self.assertRegex(self.out("inspect", "--format", "{{.Name}}", container), "^/[a-z]+_[a-z]+[0-9]?$")
        self.out("rm", container)

    def test_root_has_dockers_default_capabilities(self):
        text = self.out("run", "--rm", "busybox", "grep", "Cap", "/proc/self/status")
        caps = dict(line.split(":\t") for line in text.splitlines())
        self.assertEqual(caps["CapEff"], "00000000a80425fb")
        self.assertEqual(caps["CapBnd"], "00000000a80425fb")
        self.assertEqual(caps["CapInh"], "0000000000000000")
        text = self.out("run", "--rm", "-u", "1000", "busybox", "grep", "Cap", "/proc/self/status")
        self.assertEqual(dict(line.split(":\t") for line in text.splitlines())["CapEff"], "0000000000000000")

    def test_seccomp_filter_is_on(self):
        self.assertIn("Seccomp:\t2", self.out("run", "--rm", "busybox", "grep", "Seccomp:", "/proc/self/status"))

    def test_kernel_files_are_masked_and_read_only(self):
        done = self.ctl("run", "--rm", "busybox", "sh", "-c", "echo 1 > /proc/sys/kernel/panic")
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.out("run", "--rm", "busybox", "sh", "-c", "cat /proc/kcore | wc -c"), "0")

    def test_only_loopback_is_there(self):
        self.assertEqual(self.out("run", "--rm", "busybox", "ls", "/sys/class/net").split(), ["lo"])

    def test_no_descriptor_is_inherited(self):
        listing = self.out("run", "--rm", "busybox", "sh", "-c", "ls /proc/self/fd | tr '\\n' ' '").split()
        self.assertLessEqual(set(listing), {"0", "1", "2", "3"})

    def test_work_directory_does_not_lead_out(self):
        for number in range(3, 12):
            done = self.ctl("run", "--rm", "-w", f"/proc/self/fd/{number}", "busybox", "ls", "..")
            self.assertNotEqual(done.returncode, 0)

    def test_signals_are_passed_on(self):
        process = self.platform.popen("run", "--rm", "--name", "sig", "busybox", "sh", "-c",
                                      "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done",
                                      stdout=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        process.terminate()
        self.assertEqual(process.wait(20), 7)
        process.stdout.close()

    def test_reader_that_leaves_ends_ctl_and_not_the_container(self):
        command = " ".join(self.platform.command("run", "--name", "yes", "busybox", "yes")) + " | head -n 1; echo ${PIPESTATUS[0]}"
        done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=60, check=False)
        self.assertEqual(done.stdout.split(), [b"y", b"141"])
        self.assertEqual(self.out("ps", "-q", "--filter", "name=yes") != "", True)
        self.out("rm", "-f", "yes")

    def test_large_output_is_complete(self):
        done = self.ctl("run", "--rm", "busybox", "sh", "-c", "seq 1 500000")
        self.assertEqual(done.stdout, "".join(f"{n}\n" for n in range(1, 500001)).encode())

    def test_hundred_runs_at_once(self):
        processes = [self.platform.popen("run", "--rm", "busybox", "echo", str(n), stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE) for n in range(100)]
        for number, process in enumerate(processes):
            out, err = process.communicate(timeout=120)
            self.assertEqual((process.returncode, out, err), (0, f"{number}\n".encode(), b""))
        wait_until(lambda: self.out("ps", "-aq") == "", what="no container left")
        self.assert_nothing_left()

    def test_other_runtime(self):
        self.assertEqual(self.out("run", "--rm", "--runtime", "crun", "busybox", "echo", "x"), "x")
        self.assert_fails(125, "run", "--rm", "--runtime", "nosuch", "busybox", "true", text="nosuch")


if __name__ == "__main__":
    os.environ.pop("GANTRY_HOST", None)
    unittest.main()
