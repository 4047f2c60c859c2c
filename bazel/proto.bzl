"""C++ code from the files below protos/, by the system's protoc."""

load("//bazel:defs.bzl", "gantry_cc_library")

# Generated code is not ours to warn about.
_GENERATED_COPTS = ["-Wno-error", "-w"]

def gantry_proto(name, src, deps = [], grpc = False, visibility = None):
    """Makes `<name>_cc_proto` and, with grpc, `<name>_cc_grpc`.

    Headers are included from the root of protos/: "gantry/image/v1/x.pb.h".

    Args:
      name: stem of the targets.
      src: the .proto file.
      deps: names of gantry_proto targets that src imports.
      grpc: whether src defines a service.
      visibility: of the C++ targets.
    """
    stem = src[:-len(".proto")]
    package_protos = native.glob(["**/*.proto"])
    proto_root = native.package_name() if native.package_name() else "."
    native.genrule(
        name = name + "_pb_gen",
        srcs = package_protos,
        outs = [stem + ".pb.h", stem + ".pb.cc"],
        cmd = "protoc -I%s --cpp_out=$(RULEDIR) %s/%s" % (proto_root, proto_root, src),
        visibility = ["//visibility:private"],
    )
    gantry_cc_library(
        name = name + "_cc_proto",
        srcs = [stem + ".pb.cc"],
        hdrs = [stem + ".pb.h"],
        copts = _GENERATED_COPTS,
        includes = ["."],
        visibility = visibility,
        deps = [dep + "_cc_proto" for dep in deps] + ["//third_party/debian:protobuf"],
        alwayslink = True,
    )
    if not grpc:
        return
    native.genrule(
        name = name + "_grpc_gen",
        srcs = package_protos,
        outs = [stem + ".grpc.pb.h", stem + ".grpc.pb.cc"],
        cmd = "protoc -I%s --plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin " % proto_root +
              "--grpc_out=$(RULEDIR) %s/%s" % (proto_root, src),
        visibility = ["//visibility:private"],
    )
    gantry_cc_library(
        name = name + "_cc_grpc",
        srcs = [stem + ".grpc.pb.cc"],
        hdrs = [stem + ".grpc.pb.h"],
        copts = _GENERATED_COPTS,
        includes = ["."],
        visibility = visibility,
        deps = [":" + name + "_cc_proto", "//third_party/debian:grpc++"],
    )
