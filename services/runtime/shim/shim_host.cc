#include "services/runtime/shim/shim_host.h"

#include "absl/strings/str_cat.h"

namespace gantry::runtime {

std::string CgroupPathOf(const std::string& id) {
  return absl::StrCat("/gantry/", id);
}

}  // namespace gantry::runtime
