#include "services/runtime/container/container_directory.h"

#include "absl/strings/str_cat.h"
#include "common/fs/file.h"
#include "common/status/status_macros.h"

namespace gantry::runtime {
namespace {

constexpr char kHosts[] =
    "127.0.0.1\tlocalhost\n"
    "::1\tlocalhost ip6-localhost ip6-loopback\n"
    "fe00::\tip6-localnet\n"
    "ff00::\tip6-mcastprefix\n"
    "ff02::1\tip6-allnodes\n"
    "ff02::2\tip6-allrouters\n";
constexpr int64_t kMaxHostFileBytes = 1 << 20;

// What the host has, as far as it can be read.
std::string HostFile(const std::string& path) {
  return ReadFile(path, kMaxHostFileBytes).value_or("");
}

absl::Status WriteShared(const std::string& path, absl::string_view data) {
  return WriteFileAtomically(path, data, 0644, /*sync=*/false);
}

}  // namespace

absl::Status ContainerDirectory::Create(const std::string& id,
                                        absl::string_view hostname,
                                        bool host_network) const {
  GANTRY_RETURN_IF_ERROR(MakeDirectories(LogDir(id), 0700));
  GANTRY_RETURN_IF_ERROR(WriteShared(
      File(id, "hosts"), host_network ? HostFile("/etc/hosts") : kHosts));
  GANTRY_RETURN_IF_ERROR(
      WriteShared(File(id, "hostname"), absl::StrCat(hostname, "\n")));
  return WriteShared(File(id, "resolv.conf"), HostFile("/etc/resolv.conf"));
}

absl::Status ContainerDirectory::Remove(const std::string& id) const {
  return RemoveTree(absl::StrCat(dir_, "/", id));
}

absl::StatusOr<std::vector<std::string>> ContainerDirectory::List() const {
  absl::StatusOr<std::vector<std::string>> ids = ListDirectory(dir_);
  if (absl::IsNotFound(ids.status())) return std::vector<std::string>();
  return ids;
}

std::string ContainerDirectory::LogDir(const std::string& id) const {
  return absl::StrCat(dir_, "/", id, "/log");
}

std::string ContainerDirectory::ExitFile(const std::string& id) const {
  return absl::StrCat(dir_, "/", id, "/exit");
}

std::string ContainerDirectory::File(const std::string& id,
                                     absl::string_view name) const {
  return absl::StrCat(dir_, "/", id, "/", name);
}

}  // namespace gantry::runtime
