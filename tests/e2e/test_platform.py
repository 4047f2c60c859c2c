"""version, info, metrics, sockets, identities and logs."""

import grp
import os
import pwd
import re
import stat
import subprocess
import tempfile
import time
import unittest

from tests.harness.platform import CTL, Platform, PlatformTest, wait_until


class PlatformSurfaceTest(PlatformTest):

    def test_version_and_info(self):
        text = self.out("version")
        for word in ("Client:", "Server:", "Version:"):
            self.assertIn(word, text)
        info = self.out("info")
        for word in ("Containers:", "Running:", "Images:", "Runtimes:", "Kernel Version:"):
            self.assertIn(word, info)
        self.assertEqual(self.out("version", "--format", "{{.Server.Version}}"),
                         self.out("version", "--format", "{{.Client.Version}}"))

    def test_unknown_command(self):
        self.assert_fails(1, "nosuch", text="nosuch")

    def test_sockets_have_their_modes(self):
        gateway = os.stat(self.platform.socket)
        self.assertEqual(stat.S_IMODE(gateway.st_mode), 0o660)
        self.assertEqual(grp.getgrgid(gateway.st_gid).gr_name, "gantry")
        self.assertEqual(stat.S_IMODE(os.stat(self.platform.run_dir + "/internal").st_mode), 0o700)
        for folder in ("image", "runtime"):
            self.assertEqual(os.stat(os.path.join(self.platform.state_dir, folder)).st_mode & 0o077, 0)

    def test_another_user_is_refused(self):
        nobody = pwd.getpwnam("nobody")
        with tempfile.TemporaryDirectory() as scratch:
            os.chmod(scratch, 0o755)
            program = os.path.join(scratch, "ctl")
            subprocess.run(["cp", CTL, program], check=True)
            done = subprocess.run([program, "--host", "unix://" + self.platform.socket, "ps"], capture_output=True,
                                  user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], timeout=30, check=False)
            self.assertEqual(done.returncode, 1)
            group = grp.getgrnam("gantry").gr_gid
            done = subprocess.run([program, "--host", "unix://" + self.platform.socket, "ps", "-q"], capture_output=True,
                                  user=nobody.pw_uid, group=group, extra_groups=[], timeout=30, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_metrics_of_all_three(self):
        self.out("run", "--rm", "busybox", "true")
        for path in ("/metrics", "/metrics/image", "/metrics/runtime"):
            status, body = self.platform.http(path)
            self.assertEqual(status, 200, path)
            for name in ("grpc_server_started_total", "grpc_server_handled_total", "grpc_server_handling_seconds",
                         "process_resident_memory_bytes"):
                self.assertIn(name, body, path)
        self.assertIn("gantry_runtime_containers", self.platform.http("/metrics/runtime")[1])
        self.assertIn("gantry_image_layers", self.platform.http("/metrics/image")[1])
        self.assertEqual(self.platform.http("/nosuch")[0], 404)

    def test_one_request_id_runs_through_the_logs(self):
        self.out("run", "--rm", "busybox", "true")

        def ids(name):
            with open(os.path.join(self.platform.state_dir, "log", name + ".log"), encoding="utf-8") as file:
                return set(re.findall(r"request_id=(\S+)", file.read()))
        wait_until(lambda: ids("gateway") & ids("runtime"), what="a request id in gateway and runtime")
        wait_until(lambda: ids("runtime") & ids("image"), what="a request id in runtime and image")

    def test_connection_refused_names_the_socket(self):
        done = subprocess.run([CTL, "--host", "unix:///nonexistent.sock", "ps"], capture_output=True, timeout=30, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"/nonexistent.sock", done.stderr)

    def test_status_and_second_start(self):
        self.assertEqual(self.platform.script("status").returncode, 0)
        pids = [self.platform.pid(name) for name in ("image", "runtime", "gateway")]
        self.platform.start()
        self.assertEqual(pids, [self.platform.pid(name) for name in ("image", "runtime", "gateway")])


class PrometheusTest(unittest.TestCase):

    def test_prometheus_scrapes_all_three(self):
        with tempfile.TemporaryDirectory() as scratch:
            import json
            import socket
            import urllib.request
            ports = []
            for _ in range(2):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", 0))
                    ports.append(probe.getsockname()[1])
            platform = Platform('{"metrics_address": "127.0.0.1:%d"}' % ports[0])
            process = None
            try:
                platform.start()
                with open(os.path.join(scratch, "p.yml"), "w", encoding="ascii") as file:
                    file.write("global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n")
                    for name, path in (("gateway", "/metrics"), ("image", "/metrics/image"), ("runtime", "/metrics/runtime")):
                        file.write(f"- job_name: {name}\n  metrics_path: {path}\n"
                                   f"  static_configs: [{{targets: ['127.0.0.1:{ports[0]}']}}]\n")
                process = subprocess.Popen(
                    ["prometheus", f"--config.file={scratch}/p.yml", f"--storage.tsdb.path={scratch}/data",
                     f"--web.listen-address=127.0.0.1:{ports[1]}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

                def up():
                    try:
                        with urllib.request.urlopen(f"http://127.0.0.1:{ports[1]}/api/v1/query?query=up", timeout=2) as answer:
                            result = json.load(answer)["data"]["result"]
                    except OSError:
                        return False
                    return {r["metric"]["job"] for r in result if r["value"][1] == "1"} == {"gateway", "image", "runtime"}
                wait_until(up, 40, "three targets up")
            finally:
                if process is not None:
                    process.kill()
                    process.wait()
                time.sleep(0.1)
                platform.destroy()
