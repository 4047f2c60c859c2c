// Cuts the list of containers into pages.
//
// Threads: a free function.

#ifndef GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_PAGE_H_
#define GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_PAGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/runtime/container/container.h"

namespace gantry::runtime {

struct ContainerPage {
  std::vector<ContainerInfo> containers;
  // Empty after the last page.
  std::string next_page_token;
};

// About how many bytes a container takes in an answer: more rather than less.
int64_t EstimatedBytes(const ContainerInfo& info);

// A page of `containers`, which are sorted newest first. `list_name` says what
// list it is; a token of another list is refused. 0 stands for 100, at most
// 1,000 are returned, and no more than fit into about 3 MiB, but at least one.
//
// INVALID_ARGUMENT: a negative size or a strange token.
absl::StatusOr<ContainerPage> CutPage(std::vector<ContainerInfo> containers,
                                      const std::string& list_name,
                                      int page_size,
                                      const std::string& page_token);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_PAGE_H_
