#include "ctl/flags/environment.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/fs/unique_fd.h"
#include "common/status/status_macros.h"

namespace gantry::ctl {
namespace {

constexpr size_t kMaxFileBytes = 16 << 20;
constexpr char kByteOrderMark[] = "\xef\xbb\xbf";

// How many bytes follow one that begins a character; -1 if it cannot.
int FollowingBytes(unsigned char first) {
  if (first < 0x80) return 0;
  if (first >= 0xc2 && first < 0xe0) return 1;
  if (first >= 0xe0 && first < 0xf0) return 2;
  return first >= 0xf0 && first < 0xf5 ? 3 : -1;
}

bool IsUtf8(absl::string_view text) {
  for (size_t at = 0; at < text.size(); ++at) {
    int following = FollowingBytes(static_cast<unsigned char>(text[at]));
    if (following < 0) return false;
    for (; following > 0; --following) {
      if (++at == text.size() ||
          (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80) {
        return false;
      }
    }
  }
  return true;
}

// Any kind of file: shells give pipes to read from.
absl::StatusOr<std::string> ReadText(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) {
    return absl::ErrnoToStatus(errno, absl::StrCat("open ", path));
  }
  std::string text;
  char buffer[4096];
  while (text.size() <= kMaxFileBytes) {
    const ssize_t got = read(fd.get(), buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return absl::ErrnoToStatus(errno, absl::StrCat("read ", path));
    if (got == 0) return text;
    text.append(buffer, static_cast<size_t>(got));
  }
  return absl::ResourceExhaustedError(
      absl::StrCat(path, " is longer than ", kMaxFileBytes, " bytes"));
}

// The lines that say something. `what` is what they are, for messages.
absl::StatusOr<std::vector<std::string>> ReadLines(const std::string& path,
                                                   absl::string_view what) {
  GANTRY_ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  std::vector<std::string> lines;
  int number = 0;
  for (absl::string_view line :
       absl::StrSplit(absl::StripPrefix(text, kByteOrderMark), '\n')) {
    ++number;
    if (!IsUtf8(line)) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": invalid UTF-8 bytes at line ", number));
    }
    line = absl::StripLeadingAsciiWhitespace(line);
    line = absl::StripSuffix(line, "\r");
    if (line.empty() || line[0] == '#') continue;
    const absl::string_view name = line.substr(0, line.find('='));
    if (name.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": no variable name on line '", line, "'"));
    }
    if (name.find_first_of(" \t") != absl::string_view::npos) {
      return absl::InvalidArgumentError(absl::StrCat("poorly formatted ", what,
                                                     ": variable '", name,
                                                     "' contains whitespaces"));
    }
    lines.emplace_back(line);
  }
  return lines;
}

void AddVariable(const std::string& variable, std::vector<std::string>* all) {
  if (absl::StrContains(variable, '=')) {
    all->push_back(variable);
  } else if (const char* value = std::getenv(variable.c_str())) {
    all->push_back(absl::StrCat(variable, "=", value));
  }
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ReadEnvironment(
    const std::vector<std::string>& files,
    const std::vector<std::string>& variables) {
  std::vector<std::string> all;
  for (const std::string& path : files) {
    GANTRY_ASSIGN_OR_RETURN(const std::vector<std::string> lines,
                            ReadLines(path, "environment"));
    for (const std::string& line : lines) AddVariable(line, &all);
  }
  for (const std::string& variable : variables) {
    if (variable.empty() || variable[0] == '=') {
      return absl::InvalidArgumentError(
          absl::StrCat("invalid environment variable: ", variable));
    }
    AddVariable(variable, &all);
  }
  return all;
}

absl::StatusOr<std::vector<std::string>> ReadLabels(
    const std::vector<std::string>& files,
    const std::vector<std::string>& labels) {
  std::vector<std::string> all;
  for (const std::string& path : files) {
    GANTRY_ASSIGN_OR_RETURN(const std::vector<std::string> lines,
                            ReadLines(path, "label"));
    all.insert(all.end(), lines.begin(), lines.end());
  }
  all.insert(all.end(), labels.begin(), labels.end());
  for (std::string& label : all) {
    if (!absl::StrContains(label, '=')) label += "=";
  }
  return all;
}

}  // namespace gantry::ctl
