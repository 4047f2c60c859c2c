#!/usr/bin/env python3
"""Runs a command in a new container, prints its output and exits with its exit code.

    run_container.py [--socket PATH] [--image IMAGE] [--request-id KEY] COMMAND [ARGUMENT ...]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import uuid

import grpc

PROTOS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "protos")
FILES = (
    "gantry/image/v1/registry_credentials.proto",
    "gantry/runtime/v1/container.proto",
    "gantry/runtime/v1/container_service.proto",
    "gantry/types/v1/access.proto",
    "google/rpc/error_details.proto",
    "google/rpc/status.proto",
)
# What ctl and Docker exit with when the container could not be run.
EXIT_NOT_RUN = 125
EXIT_OF_REASON = {"COMMAND_NOT_EXECUTABLE": 126, "COMMAND_NOT_FOUND": 127}


def make_stubs(folder):
    """Makes Python modules from the protos. A real client does this once, when it is built."""
    subprocess.run(["protoc", "-I", PROTOS, "--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin",
                    "--python_out", folder, "--grpc_python_out", folder, *FILES], check=True)
    sys.path.insert(0, folder)


def error_info(error):
    """The google.rpc.ErrorInfo of a failed call, or None: it tells errors of one code apart."""
    from google.rpc import error_details_pb2, status_pb2
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        status = status_pb2.Status.FromString(value)
        for detail in status.details:
            info = error_details_pb2.ErrorInfo()
            if detail.Unpack(info):
                return info
    return None


def run(stub, messages, args):
    """Creates, starts and follows the container; returns its exit code."""
    # With a request_id the call may be repeated after a lost answer: it
    # returns the container that the first call made.
    request = messages.CreateContainerRequest(request_id=args.request_id or str(uuid.uuid4()))
    request.spec.image = args.image
    request.spec.command.extend(args.command)
    created = stub.CreateContainer(request, timeout=60)
    for warning in created.warnings:
        print("warning: " + warning, file=sys.stderr)
    container = created.container.id

    try:
        # The container starts once the connection stands: no output is missed.
        opened = messages.AttachContainerRequest(open=messages.AttachOpen(container=container, start=True))
        for response in stub.AttachContainer(iter([opened])):
            kind = response.WhichOneof("response")
            if kind == "output":
                is_error = response.output.stream == messages.OUTPUT_STREAM_STDERR
                stream = sys.stderr.buffer if is_error else sys.stdout.buffer
                stream.write(response.output.data)
                stream.flush()
            elif kind == "exit":
                return response.exit.exit_code
        raise RuntimeError("the stream ended without an exit")
    finally:
        stub.RemoveContainer(messages.RemoveContainerRequest(container=container, force=True), timeout=60)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", default="/run/gantry/gateway.sock")
    parser.add_argument("--image", default="busybox")
    parser.add_argument("--request-id", default="")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    args = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        make_stubs(folder)
        from gantry.runtime.v1 import container_service_pb2 as messages
        from gantry.runtime.v1 import container_service_pb2_grpc as services

        with grpc.insecure_channel("unix:" + os.path.abspath(args.socket)) as channel:
            try:
                return run(services.ContainerServiceStub(channel), messages, args)
            except grpc.RpcError as error:
                info = error_info(error)
                reason = info.reason if info else ""
                print(f"{error.code().name} {reason or '-'}: {error.details()}", file=sys.stderr)
                return EXIT_OF_REASON.get(reason, EXIT_NOT_RUN)


if __name__ == "__main__":
    sys.exit(main())
