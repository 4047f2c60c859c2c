#include "services/image/layer/entry_error.h"

#include <cerrno>
#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace gantry::image {
namespace {

constexpr size_t kShownBytes = 200;

}  // namespace

std::string QuotedName(absl::string_view name) {
  return absl::StrCat("\"", absl::CHexEscape(name.substr(0, kShownBytes)),
                      name.size() > kShownBytes ? "\"..." : "\"");
}

absl::Status RefuseEntry(absl::string_view name, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("the entry ", QuotedName(name), " ", why));
}

absl::Status EntryError(absl::string_view what, absl::string_view name) {
  const int error = errno;
  const std::string text = absl::StrCat(what, " ", QuotedName(name));
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(
          absl::StrCat(text, ": the disk is full"));
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case EEXIST:
    case EXDEV:
    case EINVAL:
    case EFBIG:
    case EMLINK:
      return absl::InvalidArgumentError(
          absl::StrCat(text, ": ", strerror(error)));
    default:
      return absl::ErrnoToStatus(error, text);
  }
}

}  // namespace gantry::image
