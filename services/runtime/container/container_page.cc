#include "services/runtime/container/container_page.h"

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace gantry::runtime {
namespace {

constexpr int kDefaultPageSize = 100;
constexpr int kMaxPageSize = 1000;
// A client accepts a message of 4 MiB unless it asks for more.
constexpr int64_t kMaxPageBytes = 3 << 20;
// What stands before a string, and what a container has beside its strings.
constexpr int64_t kFieldBytes = 8;
constexpr int64_t kFixedBytes = 256;

int64_t BytesOf(const std::string& text) {
  return kFieldBytes + static_cast<int64_t>(text.size());
}

int64_t BytesOf(const std::vector<std::string>& texts) {
  int64_t bytes = 0;
  for (const std::string& text : texts) bytes += BytesOf(text);
  return bytes;
}

int64_t BytesOf(const ContainerOptions& options) {
  int64_t bytes = BytesOf(options.image) + BytesOf(options.command) +
                  BytesOf(options.env) + BytesOf(options.working_dir) +
                  BytesOf(options.user) + BytesOf(options.hostname) +
                  BytesOf(options.runtime) + BytesOf(options.network) +
                  BytesOf(options.stop_signal);
  if (options.entrypoint.has_value()) bytes += BytesOf(*options.entrypoint);
  for (const auto& [name, value] : options.labels)
    bytes += kFieldBytes + BytesOf(name) + BytesOf(value);
  for (const HostMount& mount : options.mounts)
    bytes += 2 * kFieldBytes + BytesOf(mount.source) + BytesOf(mount.target);
  return bytes;
}

// "<list>.<created_at in nanoseconds>.<id>" of the last container returned.
std::string TokenAfter(const ContainerInfo& last,
                       const std::string& list_name) {
  return absl::StrCat(list_name, ".", absl::ToUnixNanos(last.created_at), ".",
                      last.id);
}

}  // namespace

int64_t EstimatedBytes(const ContainerInfo& info) {
  // The directory of its files lies beside that of its log.
  return kFixedBytes + BytesOf(info.options) + BytesOf(info.id) +
         BytesOf(info.name) + BytesOf(info.image_id) + BytesOf(info.error) +
         BytesOf(info.args) + 2 * BytesOf(info.log_path);
}

absl::StatusOr<ContainerPage> CutPage(std::vector<ContainerInfo> containers,
                                      const std::string& list_name,
                                      int page_size,
                                      const std::string& page_token) {
  if (page_size < 0) {
    return absl::InvalidArgumentError("invalid page size: below zero");
  }
  if (page_size == 0) page_size = kDefaultPageSize;
  page_size = std::min(page_size, kMaxPageSize);

  auto first = containers.begin();
  if (!page_token.empty()) {
    const std::vector<std::string> parts = absl::StrSplit(page_token, '.');
    int64_t nanos = 0;
    if (parts.size() != 3 || parts[0] != list_name ||
        !absl::SimpleAtoi(parts[1], &nanos) || parts[2].empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("invalid page token: \"", page_token, "\""));
    }
    // By place, not by container: the one that the token names may be gone.
    const auto last = std::make_pair(absl::FromUnixNanos(nanos), parts[2]);
    first = std::find_if(first, containers.end(), [&](const auto& info) {
      return std::tie(info.created_at, info.id) <
             std::tie(last.first, last.second);
    });
  }
  ContainerPage page;
  int64_t bytes = 0;
  while (first != containers.end() &&
         page.containers.size() < static_cast<size_t>(page_size)) {
    bytes += EstimatedBytes(*first);
    if (bytes > kMaxPageBytes && !page.containers.empty()) break;
    page.containers.push_back(std::move(*first++));
  }
  if (first != containers.end()) {
    page.next_page_token = TokenAfter(page.containers.back(), list_name);
  }
  return page;
}

}  // namespace gantry::runtime
