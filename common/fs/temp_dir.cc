#include "common/fs/temp_dir.h"

#include <stdlib.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/fs/file.h"

namespace gantry {
namespace {

std::string DefaultParent() {
  for (const char* name : {"TEST_TMPDIR", "TMPDIR"}) {
    const char* value = ::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "/tmp";
}

}  // namespace

absl::StatusOr<TempDir> TempDir::Create(const std::string& parent) {
  std::string path =
      absl::StrCat(parent.empty() ? DefaultParent() : parent, "/gantry-XXXXXX");
  if (::mkdtemp(path.data()) == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrCat("make directory ", path));
  }
  return TempDir(std::move(path));
}

TempDir::TempDir(std::string path) : path_(std::move(path)) {}

TempDir::TempDir(TempDir&& other) noexcept
    : path_(std::exchange(other.path_, "")) {}

TempDir& TempDir::operator=(TempDir&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

TempDir::~TempDir() {
  if (!path_.empty()) RemoveTree(path_).IgnoreError();
}

}  // namespace gantry
