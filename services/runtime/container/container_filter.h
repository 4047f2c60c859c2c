// Which containers a list shows. Of the values of one condition one must match,
// of the conditions each that has values; of labels all must match.
//
//   GANTRY_ASSIGN_OR_RETURN(const ContainerFilter filter,
//                           ContainerFilter::Create(std::move(conditions)));
//   if (filter.Matches(info)) …
//
// Threads: may be shared by any number of threads.

#ifndef GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_FILTER_H_
#define GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_FILTER_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "services/runtime/container/container.h"

namespace re2 {
class RE2;
}  // namespace re2

namespace gantry::runtime {

// A condition without values is none.
struct ContainerConditions {
  // Regular expressions (RE2) found anywhere in the name, with or without the
  // slash that Docker puts before it: "^web" and "^/web" are the same.
  std::vector<std::string> names;
  // Beginnings of ids.
  std::vector<std::string> ids;
  std::vector<ContainerState> states;
  // "name", or "name=value".
  std::vector<std::string> labels;
  // Of containers that have exited.
  std::vector<int> exit_codes;
};

class ContainerFilter {
 public:
  // INVALID_ARGUMENT: a name that is no regular expression, is longer than
  // 1,024 bytes or needs too much memory; more than 100 names; an empty label.
  static absl::StatusOr<ContainerFilter> Create(ContainerConditions conditions);

  // Matches every container.
  ContainerFilter();
  ContainerFilter(ContainerFilter&&) noexcept;
  ContainerFilter& operator=(ContainerFilter&&) noexcept;
  ~ContainerFilter();

  bool Matches(const ContainerInfo& info) const;

  // Whether it names states: these are listed whether they run or not.
  bool has_states() const { return !conditions_.states.empty(); }

 private:
  bool MatchesName(const std::string& name) const;
  bool MatchesLabels(const ContainerInfo& info) const;

  ContainerConditions conditions_;
  // Of `conditions_.names`.
  std::vector<std::unique_ptr<re2::RE2>> names_;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_FILTER_H_
