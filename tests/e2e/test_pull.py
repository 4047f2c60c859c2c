"""Pulls from registries that work, and from registries that do not."""

import os
import threading
import time
import unittest

import tests.harness.rpc as rpc
from tests.harness.platform import BUSYBOX_TAR, Platform, wait_until
from tests.harness.registry import BadRegistry, DockerRegistry, Images, PullFailure, configure, free_port


class PullTest(unittest.TestCase):

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.registry = DockerRegistry()
        cls.addClassCleanup(cls.registry.stop)
        cls.locked = DockerRegistry(user="ann", password="s3cret", tls=True)
        cls.addClassCleanup(cls.locked.stop)
        cls.platform = Platform()
        cls.addClassCleanup(cls.platform.destroy)
        configure(cls.platform, max_attempts=3, idle_timeout_seconds=2,
                  registries={cls.locked.host: {"ca_file": cls.locked.ca_file}})
        cls.platform.start()
        cls.images = Images(cls.platform.socket)
        cls.busybox = cls.registry.push("oci-archive:" + BUSYBOX_TAR, "team/busybox:1")

    def bad(self, fault, **options):
        registry = BadRegistry(fault, **options)
        self.addCleanup(registry.stop)
        return registry

    def test_the_runtime_pulls_by_its_policy(self):
        runtime = rpc.Runtime(self.platform.socket)
        image = self.locked.push("oci-archive:" + BUSYBOX_TAR, "team/policy:1")
        for policy in ("PULL_POLICY_UNSPECIFIED", "PULL_POLICY_NEVER"):
            with self.assertRaises(rpc.Failure) as caught:
                runtime.create(image, ["true"], pull_policy=policy)
            self.assertEqual(caught.exception.code, "NOT_FOUND")
        with self.assertRaises(rpc.Failure) as caught:
            runtime.create(image, ["true"], pull_policy="PULL_POLICY_MISSING", username="ann", password="wrong")
        self.assertEqual(caught.exception.code, "UNAUTHENTICATED")
        created = [runtime.create(image, ["true"], pull_policy=policy, username="ann", password="s3cret")
                   for policy in ("PULL_POLICY_MISSING", "PULL_POLICY_ALWAYS")]
        # What is here is not asked for.
        created.append(runtime.create(image, ["true"], pull_policy="PULL_POLICY_MISSING"))
        for container in created:
            self.assertEqual(self.platform.ctl("start", "-a", container).returncode, 0)
            self.platform.out("rm", container)
        self.platform.out("rmi", image)

    def assert_pull_fails(self, image, code, reason, text="", **options):
        """The pull fails in this way, says so in one line, and leaves nothing."""
        before = self.images.counts()
        with self.assertRaises(PullFailure) as caught:
            self.images.pull(image, **options)
        failure = caught.exception
        self.assertEqual((failure.code, failure.reason), (code, reason), failure.message)
        self.assertIn(text, failure.message)
        self.assertNotIn("\n", failure.message)
        self.assertIn(image.split("/", 1)[1].split("@")[0].split(":")[0], failure.message)
        self.assertNotIn("s3cret", failure.message)
        self.assertEqual(self.images.counts(), before)
        return failure.message

    def pull_and_remove(self, registry, **options):
        """The events of a pull that works; the image is gone again."""
        before = self.images.counts()
        events = self.images.pull(registry.image, **options)
        self.assertEqual(events[0].resolved.digest, registry.digest)
        self.assertEqual(events[-1].pulled_image.digest, registry.digest)
        self.assertNotEqual(self.images.counts(), before)
        self.images.remove(registry.image)
        self.assertEqual(self.images.counts(), before)
        return events

    def test_pulled_image_has_names_and_layers(self):
        events = self.images.pull(self.busybox)
        resolved, pulled = events[0].resolved, events[-1].pulled_image
        self.assertEqual(resolved.name, self.busybox)
        self.assertEqual(pulled.name, self.busybox)
        self.assertFalse(pulled.up_to_date)
        states = {}
        for event in events[1:-1]:
            states[event.layer.digest] = event.layer
        self.assertEqual(set(states), {layer.digest for layer in resolved.layers})
        for layer in resolved.layers:
            self.assertEqual(states[layer.digest].downloaded_bytes, layer.size_bytes)
        image = self.images.get(self.busybox)
        self.assertEqual(image.id, pulled.id)
        self.assertEqual(list(image.names), [self.busybox])
        by_digest = f"{self.busybox.rsplit(':', 1)[0]}@{pulled.digest}"
        self.assertEqual(list(image.repo_digests), [by_digest])
        again = self.images.pull(self.busybox)
        self.assertTrue(again[-1].pulled_image.up_to_date)
        self.assertEqual({self.images.messages.LAYER_STATE_EXISTS}, {again[-2].layer.state})
        self.assertEqual(list(self.images.remove(self.busybox).untagged_names), [self.busybox, by_digest])
        self.images.pull(by_digest)
        image = self.images.get(by_digest)
        self.assertEqual((list(image.names), list(image.repo_digests)), ([], [by_digest]))
        self.images.remove(by_digest)
        self.assertRaises(PullFailure, self.images.get, image.id)

    def test_registry_with_tls_and_password(self):
        image = self.locked.push("oci-archive:" + BUSYBOX_TAR, "secret:1")
        self.images.pull(image, username="ann", password="s3cret")
        self.images.remove(image)
        for options in ({}, {"username": "ann", "password": "s3cret-not"}):
            self.assert_pull_fails(image, "UNAUTHENTICATED", "PULL_ACCESS_DENIED",
                                   "pull access denied for " + image.rsplit(":", 1)[0], **options)

    def test_unknown_certificate(self):
        untrusted = DockerRegistry(tls=True)
        self.addCleanup(untrusted.stop)
        self.assert_pull_fails(f"127.0.0.2:{untrusted.port}/a:1", "UNAVAILABLE", "REGISTRY_UNREACHABLE")

    def test_missing_image(self):
        message = self.assert_pull_fails(self.registry.host + "/none:latest", "NOT_FOUND", "MANIFEST_UNKNOWN")
        self.assertIn(f"manifest for {self.registry.host}/none:latest not found: ", message)
        self.assert_pull_fails(f"{self.registry.host}/team/busybox@sha256:{'0' * 64}", "NOT_FOUND", "MANIFEST_UNKNOWN")

    def test_digest_of_another_repository(self):
        digest = self.images.pull(self.busybox)[-1].pulled_image.digest
        self.assert_pull_fails(f"{self.registry.host}/other:1@{digest}", "NOT_FOUND", "MANIFEST_UNKNOWN")
        self.images.remove(self.busybox)

    def test_malformed_name(self):
        with self.assertRaises(PullFailure) as caught:
            self.images.pull("Not/A Name")
        self.assertEqual(caught.exception.code, "INVALID_ARGUMENT")

    def test_no_registry(self):
        self.assert_pull_fails(f"localhost:{free_port()}/a:1", "UNAVAILABLE", "REGISTRY_UNREACHABLE")

    def test_what_works_in_the_end(self):
        for fault in ("none", "busy", "stops-once", "ignores-range", "token", "index", "redirect"):
            with self.subTest(fault):
                registry = self.bad(fault)
                events = self.pull_and_remove(registry)
                if fault.startswith("stops") or fault.startswith("ignores"):
                    self.assertIn(self.images.messages.LAYER_STATE_RETRYING, [event.layer.state for event in events])

    def test_failures(self):
        for fault, code, reason in (
                ("unauthorized", "UNAUTHENTICATED", "PULL_ACCESS_DENIED"),
                ("missing", "NOT_FOUND", "MANIFEST_UNKNOWN"),
                ("failing", "UNAVAILABLE", "REGISTRY_FAILED"),
                ("wrong-bytes", "DATA_LOSS", None),
                ("not-a-layer", "INVALID_ARGUMENT", None),
                ("stops", "DATA_LOSS", "CUT_OFF"),
                ("larger", "DATA_LOSS", "CUT_OFF"),
                ("smaller", "DATA_LOSS", "SIZE_MISMATCH"),
                ("silent", "UNAVAILABLE", "REGISTRY_UNREACHABLE"),
                ("both-keys", "INVALID_ARGUMENT", "BAD_MANIFEST"),
                ("other-type", "INVALID_ARGUMENT", "BAD_MANIFEST"),
                ("schema1", "INVALID_ARGUMENT", "BAD_MANIFEST"),
                ("foreign", "INVALID_ARGUMENT", "BAD_MANIFEST"),
                ("other-index", "NOT_FOUND", "PLATFORM_NOT_FOUND")):
            with self.subTest(fault):
                registry = self.bad(fault)
                before = self.images.counts()
                with self.assertRaises(PullFailure) as caught:
                    self.images.pull(registry.image)
                failure = caught.exception
                self.assertEqual(failure.code, code, failure.message)
                if reason is not None:
                    self.assertEqual(failure.reason, reason, failure.message)
                self.assertIn("image", failure.message)
                self.assertNotIn("\n", failure.message)
                self.assertEqual(self.images.counts(), before)

    def test_platform_is_chosen(self):
        registry = self.bad("index")
        self.images.pull(registry.image, platform="linux/s390x")
        self.assertEqual(self.images.get(registry.image).platform.architecture, "s390x")
        self.images.remove(registry.image)
        self.assert_pull_fails(registry.image, "NOT_FOUND", "PLATFORM_NOT_FOUND", platform="linux/riscv64")

    def test_redirects_get_no_credentials(self):
        registry = self.bad("redirect")
        self.pull_and_remove(registry, username="ann", password="s3cret")
        self.assertTrue(registry.foreign_headers)
        for headers in registry.foreign_headers:
            self.assertNotIn("authorization", {name.lower() for name in headers})

    def test_token_server_gets_the_credentials(self):
        registry = self.bad("token")
        self.pull_and_remove(registry, username="ann", password="s3cret")
        self.assertEqual(len(registry.authorizations), 1)
        self.assertTrue(registry.authorizations[0].startswith("Basic "))
        self.pull_and_remove(registry)
        self.assertEqual(registry.authorizations[1:], [None])
        with open(os.path.join(self.platform.state_dir, "log", "image.log"), encoding="utf-8") as file:
            log = file.read()
        for secret in ("s3cret", "the-token", registry.authorizations[0].split()[1]):
            self.assertNotIn(secret, log)

    def test_cancelled_pull_ends_and_leaves_nothing(self):
        registry = self.bad("slow")
        before = self.images.counts()
        stream = self.images.start_pull(registry.image)
        for event in stream:
            if event.layer.digest == registry.last_layer and event.layer.state == self.images.messages.LAYER_STATE_DOWNLOADING:
                break
        stream.cancel()
        wait_until(lambda: self.images.counts() == before, 10, "nothing left of a cancelled pull")
        self.assertFalse(os.listdir(os.path.join(self.platform.state_dir, "image/ingest")))

    def test_two_pulls_of_one_image_at_once(self):
        registry = self.bad("none", layer_bytes=5_000_000)
        failures = []

        def pull():
            try:
                self.images.pull(registry.image)
            except PullFailure as failure:
                failures.append(failure)

        threads = [threading.Thread(target=pull) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.images.remove(registry.image)

    def test_pull_after_the_service_was_killed_in_one(self):
        registry = self.bad("slow")
        before = self.images.counts()
        stream = self.images.start_pull(registry.image)
        for event in stream:
            if event.layer.digest == registry.last_layer and event.layer.state == self.images.messages.LAYER_STATE_DOWNLOADING:
                break
        self.platform.kill("image")
        self.assertRaises(Exception, list, stream)
        self.platform.start()
        wait_until(lambda: self.images.counts() == before, 20, "what the killed pull brought is collected")
        registry.fault = "none"
        self.pull_and_remove(registry)

    def test_many_pulls_leave_no_thread_and_no_descriptor(self):
        registry = self.bad("stops", layer_bytes=10_000)
        pid = self.platform.pid("image")

        def used():
            return len(os.listdir(f"/proc/{pid}/fd")), len(os.listdir(f"/proc/{pid}/task"))

        def fail():
            self.assertRaises(PullFailure, self.images.pull, registry.image)

        fail()
        time.sleep(0.2)
        before = used()
        for _ in range(5):
            fail()
        wait_until(lambda: used()[0] <= before[0] + 8 and used()[1] <= before[1] + 8, 20, f"{used()} as {before}")


if __name__ == "__main__":
    unittest.main()
