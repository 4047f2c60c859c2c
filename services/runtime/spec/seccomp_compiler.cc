#include "services/runtime/spec/seccomp_compiler.h"

#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/fs/file.h"
#include "common/fs/unique_fd.h"
#include "common/status/status_macros.h"

namespace gantry::runtime {
namespace {

constexpr int64_t kMaxProgramBytes = 1 << 20;

struct FilterDeleter {
  void operator()(void* filter) const { ::seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, FilterDeleter>;

absl::Status Unknown(absl::string_view what, absl::string_view value) {
  return absl::InvalidArgumentError(
      absl::StrCat("the seccomp profile has an unknown ", what, ": ", value));
}

absl::Status FromLibrary(int result, absl::string_view what) {
  if (result == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(-result, absl::StrCat("seccomp: ", what));
}

absl::StatusOr<uint32_t> ActionOf(const std::string& name, uint32_t number) {
  if (name == "SCMP_ACT_ALLOW") return SCMP_ACT_ALLOW;
  if (name == "SCMP_ACT_ERRNO") return SCMP_ACT_ERRNO(number);
  if (name == "SCMP_ACT_TRACE") return SCMP_ACT_TRACE(number);
  if (name == "SCMP_ACT_LOG") return SCMP_ACT_LOG;
  if (name == "SCMP_ACT_TRAP") return SCMP_ACT_TRAP;
  if (name == "SCMP_ACT_KILL" || name == "SCMP_ACT_KILL_THREAD") {
    return SCMP_ACT_KILL_THREAD;
  }
  if (name == "SCMP_ACT_KILL_PROCESS") return SCMP_ACT_KILL_PROCESS;
  return Unknown("action", name);
}

absl::StatusOr<scmp_compare> OperatorOf(const std::string& name) {
  if (name == "SCMP_CMP_NE") return SCMP_CMP_NE;
  if (name == "SCMP_CMP_LT") return SCMP_CMP_LT;
  if (name == "SCMP_CMP_LE") return SCMP_CMP_LE;
  if (name == "SCMP_CMP_EQ") return SCMP_CMP_EQ;
  if (name == "SCMP_CMP_GE") return SCMP_CMP_GE;
  if (name == "SCMP_CMP_GT") return SCMP_CMP_GT;
  if (name == "SCMP_CMP_MASKED_EQ") return SCMP_CMP_MASKED_EQ;
  return Unknown("operator", name);
}

// The value of a member that is a name or a number, with a default.
std::string NameIn(const Json& object, const char* key) {
  return object.contains(key) ? object[key].get<std::string>() : "";
}
uint64_t NumberIn(const Json& object, const char* key, uint64_t missing) {
  return object.contains(key) ? object[key].get<uint64_t>() : missing;
}

absl::StatusOr<std::vector<scmp_arg_cmp>> ArgumentsOf(const Json& rule) {
  std::vector<scmp_arg_cmp> arguments;
  if (!rule.contains("args")) return arguments;
  for (const Json& arg : rule["args"]) {
    scmp_arg_cmp compare = {};
    compare.arg = static_cast<unsigned>(NumberIn(arg, "index", 0));
    GANTRY_ASSIGN_OR_RETURN(compare.op, OperatorOf(NameIn(arg, "op")));
    // Of SCMP_CMP_MASKED_EQ the mask comes first, in both.
    compare.datum_a = NumberIn(arg, "value", 0);
    compare.datum_b = NumberIn(arg, "valueTwo", 0);
    arguments.push_back(compare);
  }
  return arguments;
}

// All must hold, except that of several about one argument each is a rule of
// its own: one program cannot compare an argument twice.
std::vector<std::vector<scmp_arg_cmp>> Alternatives(
    const std::vector<scmp_arg_cmp>& arguments) {
  std::set<unsigned> indices;
  for (const scmp_arg_cmp& argument : arguments) indices.insert(argument.arg);
  if (indices.size() == arguments.size()) return {arguments};
  std::vector<std::vector<scmp_arg_cmp>> alternatives;
  for (const scmp_arg_cmp& argument : arguments) {
    alternatives.push_back({argument});
  }
  return alternatives;
}

absl::Status AddRule(void* filter, const Json& rule, uint32_t default_action) {
  GANTRY_ASSIGN_OR_RETURN(
      const uint32_t action,
      ActionOf(NameIn(rule, "action"),
               static_cast<uint32_t>(NumberIn(rule, "errnoRet", EPERM))));
  // The library refuses what changes nothing.
  if (action == default_action) return absl::OkStatus();
  GANTRY_ASSIGN_OR_RETURN(const std::vector<scmp_arg_cmp> arguments,
                          ArgumentsOf(rule));
  for (const Json& json_name : rule["names"]) {
    const std::string name = json_name.get<std::string>();
    const int number = ::seccomp_syscall_resolve_name(name.c_str());
    if (number == __NR_SCMP_ERROR) continue;
    for (const auto& alternative : Alternatives(arguments)) {
      GANTRY_RETURN_IF_ERROR(FromLibrary(
          ::seccomp_rule_add_array(filter, action, number,
                                   static_cast<unsigned>(alternative.size()),
                                   alternative.data()),
          absl::StrCat("rule for ", name)));
    }
  }
  return absl::OkStatus();
}

absl::Status AddArchitectures(void* filter, const Json& profile) {
  if (!profile.contains("architectures")) return absl::OkStatus();
  for (const Json& architecture : profile["architectures"]) {
    std::string name = architecture.get<std::string>();
    const std::string plain =
        absl::AsciiStrToLower(absl::StripPrefix(name, "SCMP_ARCH_"));
    const uint32_t token = ::seccomp_arch_resolve_name(plain.c_str());
    if (token == 0) return Unknown("architecture", name);
    const int added = ::seccomp_arch_add(filter, token);
    if (added != -EEXIST) GANTRY_RETURN_IF_ERROR(FromLibrary(added, name));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> CompileSeccomp(const Json& profile) {
  GANTRY_ASSIGN_OR_RETURN(const uint32_t default_action,
                          ActionOf(NameIn(profile, "defaultAction"),
                                   static_cast<uint32_t>(NumberIn(
                                       profile, "defaultErrnoRet", EPERM))));
  const Filter filter(::seccomp_init(default_action));
  if (filter == nullptr) return absl::InternalError("seccomp_init failed");
  GANTRY_RETURN_IF_ERROR(AddArchitectures(filter.get(), profile));
  // OCI runtimes set no_new_privs, or not, themselves.
  GANTRY_RETURN_IF_ERROR(
      FromLibrary(::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_NNP, 0),
                  "no_new_privs"));
  for (const Json& rule : profile["syscalls"]) {
    GANTRY_RETURN_IF_ERROR(AddRule(filter.get(), rule, default_action));
  }
  const UniqueFd program(::memfd_create("seccomp", MFD_CLOEXEC));
  if (!program.is_open()) return absl::ErrnoToStatus(errno, "memfd_create");
  GANTRY_RETURN_IF_ERROR(
      FromLibrary(::seccomp_export_bpf(filter.get(), program.get()), "export"));
  if (::lseek(program.get(), 0, SEEK_SET) != 0) {
    return absl::ErrnoToStatus(errno, "lseek");
  }
  return ReadFd(program.get(), "the seccomp program", kMaxProgramBytes);
}

}  // namespace gantry::runtime
