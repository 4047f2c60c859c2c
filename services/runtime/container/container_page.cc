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

// "<list>.<created_at in nanoseconds>.<id>" of the last container returned.
std::string TokenAfter(const ContainerInfo& last,
                       const std::string& list_name) {
  return absl::StrCat(list_name, ".", absl::ToUnixNanos(last.created_at), ".",
                      last.id);
}

}  // namespace

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
  while (first != containers.end() &&
         page.containers.size() < static_cast<size_t>(page_size)) {
    page.containers.push_back(std::move(*first++));
  }
  if (first != containers.end()) {
    page.next_page_token = TokenAfter(page.containers.back(), list_name);
  }
  return page;
}

}  // namespace gantry::runtime
