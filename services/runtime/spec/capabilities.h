// The capabilities that a container has unless it is given others: Docker's.
//
// Threads: a constant.

#ifndef GANTRY_SERVICES_RUNTIME_SPEC_CAPABILITIES_H_
#define GANTRY_SERVICES_RUNTIME_SPEC_CAPABILITIES_H_

namespace gantry::runtime {

inline constexpr const char* kDefaultCapabilities[] = {
    "CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FSETID",           "CAP_FOWNER",
    "CAP_MKNOD",   "CAP_NET_RAW",      "CAP_SETGID",           "CAP_SETUID",
    "CAP_SETFCAP", "CAP_SETPCAP",      "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT",
    "CAP_KILL",    "CAP_AUDIT_WRITE",
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SPEC_CAPABILITIES_H_
