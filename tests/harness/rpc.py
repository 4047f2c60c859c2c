"""The platform's RPCs from Python, by stubs that are made from protos/ when they are first needed."""

import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_generated = None


def load():
    """Makes the stubs importable: gantry.runtime.v1.container_service_pb2 and the like."""
    global _generated
    if _generated is None:
        _generated = tempfile.mkdtemp(prefix="gantry-stubs-")
        protos = [os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(TOP, "protos", "gantry"))
                  for name in names if name.endswith(".proto")]
        subprocess.run(["protoc", "-I", os.path.join(TOP, "protos"), "--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin",
                        "--python_out", _generated, "--grpc_python_out", _generated, *protos], check=True)
        sys.path.insert(0, _generated)


class Failure(Exception):
    """A call that failed, with its code by name."""

    def __init__(self, error):
        super().__init__(error.details())
        self.code = error.code().name


class Runtime:
    """ContainerService through a gateway."""

    def __init__(self, socket):
        load()
        import grpc
        from gantry.runtime.v1 import container_service_pb2, container_service_pb2_grpc
        self._grpc = grpc
        self._messages = container_service_pb2
        self._stub = container_service_pb2_grpc.ContainerServiceStub(grpc.insecure_channel("unix:" + socket))

    def create(self, image, command, name="", request_id="", pull_policy="PULL_POLICY_UNSPECIFIED", username="", password=""):
        """The new container's id."""
        request = self._messages.CreateContainerRequest(name=name, request_id=request_id, pull_policy=pull_policy)
        request.registry_credentials.username, request.registry_credentials.password = username, password
        request.spec.image = image
        request.spec.command.extend(command)
        try:
            return self._stub.CreateContainer(request, timeout=30, wait_for_ready=True).container.id
        except self._grpc.RpcError as error:
            raise Failure(error) from error

    def answers(self):
        try:
            self._stub.ListContainers(self._messages.ListContainersRequest(), timeout=5)
        except self._grpc.RpcError:
            return False
        return True
