"""Registries for tests: a good one, and one that misbehaves as it is told."""

import crypt
import gzip
import hashlib
import http.server
import io
import json
import os
import random
import re
import shutil
import socket
import subprocess
import tarfile
import tempfile
import threading

from tests.harness import rpc
from tests.harness.platform import wait_until

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class DockerRegistry:
    """The distribution's docker-registry on a free loopback port, with a store of its own."""

    def __init__(self, user=None, password=None, tls=False):
        self.root = tempfile.mkdtemp(prefix="gantry-registry-")
        self.port = free_port()
        self.host = f"localhost:{self.port}"
        self.user = user
        self.password = password
        self.ca_file = None
        http_part = f"  addr: 127.0.0.1:{self.port}\n"
        auth_part = ""
        if tls:
            self.ca_file = self._path("cert.pem")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                            "-addext", "subjectAltName=DNS:localhost", "-keyout", self._path("key.pem"), "-out", self.ca_file],
                           check=True, capture_output=True)
            http_part += f"  tls:\n    certificate: {self.ca_file}\n    key: {self._path('key.pem')}\n"
        if user:
            with open(self._path("htpasswd"), "w", encoding="ascii") as file:
                file.write(f"{user}:{crypt.crypt(password, crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16))}\n")
            auth_part = f"auth:\n  htpasswd:\n    realm: test\n    path: {self._path('htpasswd')}\n"
        with open(self._path("config.yml"), "w", encoding="ascii") as file:
            file.write("version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n"
                       f"    rootdirectory: {self._path('store')}\nhttp:\n{http_part}{auth_part}")
        self._process = subprocess.Popen(["docker-registry", "serve", self._path("config.yml")],
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers, 30, "docker-registry answers")

    def _path(self, name):
        return os.path.join(self.root, name)

    def _answers(self):
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", self.port)) == 0

    def push(self, source, name):
        """Copies an image that skopeo can read to the name; the complete name."""
        command = ["skopeo", "--insecure-policy", "copy", "-q", "--dest-tls-verify=false"]
        if self.user:
            command += ["--dest-creds", f"{self.user}:{self.password}"]
        done = subprocess.run([*command, source, f"docker://{self.host}/{name}"], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"skopeo copy {source}: {done.stderr}")
        return f"{self.host}/{name}"

    def stop(self):
        self._process.terminate()
        self._process.wait(30)
        shutil.rmtree(self.root, ignore_errors=True)


def make_layer(files):
    """A layer of {name: bytes}: (compressed bytes, diffID)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return gzip.compress(out.getvalue(), 1, mtime=0), digest_of(out.getvalue())


def descriptor(media_type, data, size=None, **more):
    return {"mediaType": media_type, "digest": digest_of(data), "size": len(data) if size is None else size, **more}


class BadRegistry:
    """A registry with the image "image:1" of two layers, which does what `fault` says.

    none          nothing: it is a good one
    redirect      blobs are at another port; `foreign_headers` is what was sent there
    token         a token is needed; `authorizations` is what the token server got
    unauthorized  401 without a challenge
    missing       404
    busy          429 with Retry-After at first, then it works
    failing       500 always
    wrong-bytes   the last layer is as long as it should be, and another
    not-a-layer   the last layer has its digest, and is no archive
    stops         every answer with the last layer ends after its first half
    stops-once    the first one does; ranges are served
    ignores-range the first one does; ranges are not served
    larger        the manifest says that the last layer is longer than it is
    smaller       the manifest says that it is shorter
    silent        the last layer is never sent
    slow          the last layer is sent by the kilobyte
    both-keys     the manifest is an index too
    other-type    the manifest's type and Content-Type differ
    schema1       the manifest is of schema 1
    foreign       the last layer has URLs elsewhere
    index         an index of several platforms
    other-index   an index of other platforms only
    """

    def __init__(self, fault="none", layer_bytes=1_000_000):
        self.fault = fault
        self.requests = []
        self.foreign_headers = []
        self.authorizations = []
        self._seen = {}
        self._lock = threading.Lock()
        noise = random.Random(1)
        small, small_id = make_layer({"etc/small": b"small\n", "etc/passwd": b"root:x:0:0::/:/bin/sh\n"})
        if fault == "not-a-layer":
            large = noise.randbytes(layer_bytes)
            large_id = digest_of(large)
        else:
            large, large_id = make_layer({f"data/{i}": noise.randbytes(layer_bytes // 10) for i in range(10)})
        self.last_layer = digest_of(large)
        self.blobs = {digest_of(small): small, self.last_layer: large}
        size = len(large) + {"larger": 10, "smaller": -10}.get(fault, 0)
        layers = [descriptor(LAYER, small), descriptor(LAYER, large, size)]
        if fault == "foreign":
            layers[1]["mediaType"] = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
            layers[1]["urls"] = ["http://localhost:1/elsewhere"]
        self.manifests = {}
        manifest = self._manifest("amd64", [small_id, large_id], layers)
        self.content_type = MANIFEST
        document = manifest
        if fault == "both-keys":
            document = json.dumps({**json.loads(manifest), "manifests": []}).encode()
        elif fault == "other-type":
            self.content_type = INDEX
        elif fault == "schema1":
            self.content_type = "application/vnd.docker.distribution.manifest.v1+prettyjws"
            document = b'{"schemaVersion": 1, "fsLayers": []}'
        elif fault in ("index", "other-index"):
            self.content_type = INDEX
            entries = []
            for architecture in ("s390x", "amd64") if fault == "index" else ("s390x",):
                data = self._manifest(architecture, [small_id, large_id], layers)
                self.manifests[digest_of(data)] = (data, MANIFEST)
                entries.append(descriptor(MANIFEST, data, platform={"os": "linux", "architecture": architecture}))
            document = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()
        self.digest = digest_of(document)
        self.manifests["1"] = self.manifests[self.digest] = (document, self.content_type)
        self._servers = []
        self.port = self._serve(self._answer)
        self.host = f"localhost:{self.port}"
        self.foreign_port = self._serve(self._answer_elsewhere)
        self.image = f"{self.host}/image:1"

    def _manifest(self, architecture, diff_ids, layers):
        config = json.dumps({"os": "linux", "architecture": architecture, "config": {"Cmd": ["true"]},
                             "rootfs": {"type": "layers", "diff_ids": diff_ids}}).encode()
        self.blobs[digest_of(config)] = config
        return json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor(CONFIG, config),
                           "layers": layers}).encode()

    def _serve(self, answer):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                try:
                    answer(self)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                """A client that leaves is no error here."""

        server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self._servers.append(server)
        return server.server_address[1]

    def _first(self, what):
        with self._lock:
            self._seen[what] = self._seen.get(what, 0) + 1
            return self._seen[what] == 1

    @staticmethod
    def _send(handler, status, body=b"", content_type="application/json", headers=()):
        handler.send_response(status)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    @staticmethod
    def _error(code, message):
        return json.dumps({"errors": [{"code": code, "message": message}]}).encode()

    def _answer(self, handler):
        with self._lock:
            self.requests.append(handler.path)
        if handler.path.startswith("/token"):
            self.authorizations.append(handler.headers.get("Authorization"))
            self._send(handler, 200, b'{"token": "the-token", "expires_in": 300}')
            return
        if self.fault == "unauthorized":
            self._send(handler, 401)
        elif self.fault == "missing":
            self._send(handler, 404, self._error("MANIFEST_UNKNOWN", "manifest unknown"))
        elif self.fault == "failing":
            self._send(handler, 500)
        elif self.fault == "busy" and self._first("any"):
            self._send(handler, 429, self._error("TOOMANYREQUESTS", "slow down"), headers=[("Retry-After", "1")])
        elif self.fault == "token" and handler.headers.get("Authorization") != "Bearer the-token":
            challenge = f'Bearer realm="http://localhost:{self.port}/token",service="test",scope="repository:image:pull"'
            self._send(handler, 401, headers=[("WWW-Authenticate", challenge)])
        elif handler.path.startswith("/v2/image/manifests/"):
            document = self.manifests.get(handler.path.rsplit("/", 1)[1])
            if document is None:
                self._send(handler, 404, self._error("MANIFEST_UNKNOWN", "manifest unknown"))
            else:
                self._send(handler, 200, document[0], document[1])
        elif handler.path.startswith("/v2/image/blobs/"):
            self._answer_blob(handler, handler.path.rsplit("/", 1)[1])
        else:
            self._send(handler, 404)

    def _answer_elsewhere(self, handler):
        self.foreign_headers.append(dict(handler.headers))
        digest = handler.path.rsplit("/", 1)[1].partition("?")[0]
        self._send(handler, 200, self.blobs[digest], "application/octet-stream")

    def _answer_blob(self, handler, digest):
        data = self.blobs[digest]
        if self.fault == "redirect":
            self._send(handler, 307, headers=[("Location", f"http://localhost:{self.foreign_port}/{digest}?signature=s3cret")])
            return
        if digest == self.last_layer:
            if self.fault == "silent":
                threading.Event().wait(60)
                handler.close_connection = True
                return
            if self.fault == "wrong-bytes":
                data = data[:-9] + b"X" + data[-8:]
            if self.fault == "slow":
                self._send_slowly(handler, data)
                return
            stops = self.fault == "stops" or (self.fault in ("stops-once", "ignores-range") and self._first(digest))
            if stops:
                handler.send_response(200)
                handler.send_header("Content-Length", str(len(data)))
                handler.end_headers()
                handler.wfile.write(data[:len(data) // 2])
                handler.close_connection = True
                return
        wanted = handler.headers.get("Range")
        if wanted and self.fault != "ignores-range":
            begin = int(wanted.removeprefix("bytes=").split("-")[0])
            self._send(handler, 206, data[begin:], "application/octet-stream",
                       [("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")])
        else:
            self._send(handler, 200, data, "application/octet-stream")

    @staticmethod
    def _send_slowly(handler, data):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        for begin in range(0, len(data), 1024):
            handler.wfile.write(data[begin:begin + 1024])
            threading.Event().wait(0.02)

    def stop(self):
        for server in self._servers:
            server.shutdown()
            server.server_close()


class PullFailure(Exception):
    """A pull that failed, with its code by name, its reason and its message."""

    def __init__(self, error):
        super().__init__(error.details())
        self.code = error.code().name
        self.message = error.details()
        self.reason = ""
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                # The reason is the one word of this form in the details.
                self.reason = max(re.findall(rb"[A-Z][A-Z_0-9]{3,62}", value), key=len, default=b"").decode()


class Images:
    """ImageService and StoreService through a gateway."""

    def __init__(self, socket_path):
        rpc.load()
        import grpc
        from gantry.image.v1 import image_service_pb2, image_service_pb2_grpc, store_service_pb2, store_service_pb2_grpc
        self._grpc = grpc
        self.messages = image_service_pb2
        self._store_messages = store_service_pb2
        channel = grpc.insecure_channel("unix:" + socket_path)
        self.stub = image_service_pb2_grpc.ImageServiceStub(channel)
        self._store = store_service_pb2_grpc.StoreServiceStub(channel)

    def start_pull(self, image, platform=None, username="", password="", timeout=120):
        """The stream of events."""
        request = self.messages.PullImageRequest(image=image)
        if platform:
            request.platform.os, request.platform.architecture = platform.split("/")
        if username:
            request.credentials.username, request.credentials.password = username, password
        return self.stub.PullImage(request, timeout=timeout, wait_for_ready=True)

    def pull(self, image, **options):
        """All events of a pull."""
        try:
            return list(self.start_pull(image, **options))
        except self._grpc.RpcError as error:
            raise PullFailure(error) from error

    def get(self, image):
        try:
            return self.stub.GetImage(self.messages.GetImageRequest(image=image), timeout=30, wait_for_ready=True).image
        except self._grpc.RpcError as error:
            raise PullFailure(error) from error

    def remove(self, image):
        try:
            return self.stub.RemoveImage(self.messages.RemoveImageRequest(image=image), timeout=60, wait_for_ready=True)
        except self._grpc.RpcError as error:
            raise PullFailure(error) from error

    def counts(self):
        """What is in the store: (images, blobs, layers)."""
        info = self._store.GetStoreInfo(self._store_messages.GetStoreInfoRequest(), timeout=30, wait_for_ready=True)
        return info.image_count, info.blob_count, info.layer_count


def configure(platform, **config):
    """Writes the image service's configuration of a platform that is not started yet."""
    os.makedirs(platform.state_dir, exist_ok=True)
    with open(os.path.join(platform.state_dir, "image.json"), "w", encoding="ascii") as file:
        json.dump(config, file)
