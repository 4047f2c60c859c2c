"""The C++ rules of this repository: one set of warnings for everything."""

_COPTS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-unused-parameter",
    "-Wno-missing-field-initializers",
]

# What a static gRPC or Protobuf program needs from the system. The archives
# refer to each other, so the linker sees them as one group.
_STATIC_PROTOBUF_LIBS = [
    "-lprotobuf",
    "-lz",
]

_STATIC_GRPC_LIBS = [
    "-lgrpc++",
    "-lgrpc",
    "-lgpr",
    "-lupb",
    "-laddress_sorting",
    "-lre2",
    "-lcares",
    "-lssl",
    "-lcrypto",
    "-ldl",
    "-lrt",
] + _STATIC_PROTOBUF_LIBS

_STATIC_ABSL_LIBS = ["-labsl_" + name for name in [
    "bad_optional_access", "bad_variant_access", "base", "city", "civil_time",
    "cord", "cord_internal", "cordz_functions", "cordz_handle", "cordz_info",
    "debugging_internal", "demangle_internal", "examine_stack",
    "exponential_biased", "failure_signal_handler", "graphcycles_internal", "hash",
    "hashtablez_sampler", "int128", "log_severity", "low_level_hash",
    "malloc_internal", "random_distributions",
    "random_internal_distribution_test_util", "random_internal_platform",
    "random_internal_pool_urbg", "random_internal_randen",
    "random_internal_randen_hwaes", "random_internal_randen_hwaes_impl",
    "random_internal_randen_slow", "random_internal_seed_material",
    "random_seed_gen_exception", "random_seed_sequences", "raw_hash_set",
    "raw_logging_internal", "spinlock_wait", "stacktrace", "status", "statusor",
    "str_format_internal", "strerror", "strings", "strings_internal",
    "symbolize", "synchronization", "throw_delegate", "time", "time_zone",
]]

def _sanitized(static, dynamic):
    # A sanitizer's runtime cannot be linked into a static program.
    return select({
        "//bazel:sanitizer_address": dynamic,
        "//bazel:sanitizer_thread": dynamic,
        "//conditions:default": static,
    })

def gantry_cc_library(name, copts = [], **kwargs):
    native.cc_library(
        name = name,
        copts = _COPTS + copts,
        linkstatic = True,
        **kwargs
    )

def gantry_cc_binary(name, copts = [], **kwargs):
    native.cc_binary(
        name = name,
        copts = _COPTS + copts,
        **kwargs
    )

def gantry_static_binary(name, grpc = True, copts = [], linkopts = [], **kwargs):
    """A fully static program: it starts three times faster than a dynamic one.

    Args:
      name: of the target and of the program.
      grpc: whether it uses gRPC; otherwise Protobuf alone is linked.
      copts: further compiler flags.
      linkopts: further linker flags.
      **kwargs: as for cc_binary.
    """
    libs = (_STATIC_GRPC_LIBS if grpc else _STATIC_PROTOBUF_LIBS) + _STATIC_ABSL_LIBS
    native.cc_binary(
        name = name,
        copts = _COPTS + copts,
        linkopts = linkopts + _sanitized(
            static = ["-static", "-Wl,--start-group"] + libs + ["-lpthread", "-Wl,--end-group"],
            dynamic = [],
        ),
        **kwargs
    )

def gantry_cc_test(name, copts = [], deps = [], size = "small", **kwargs):
    native.cc_test(
        name = name,
        copts = _COPTS + copts,
        size = size,
        linkstatic = True,
        deps = deps + ["//third_party/debian:gtest_main"],
        **kwargs
    )
