#include "ctl/commands/container_query.h"

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/status/status_macros.h"
#include "ctl/commands/container_view.h"

namespace gantry::ctl {
namespace {

constexpr runtime::v1::ContainerState kStates[] = {
    runtime::v1::CONTAINER_STATE_CREATED,
    runtime::v1::CONTAINER_STATE_RUNNING,
    runtime::v1::CONTAINER_STATE_PAUSED,
    runtime::v1::CONTAINER_STATE_RESTARTING,
    runtime::v1::CONTAINER_STATE_REMOVING,
    runtime::v1::CONTAINER_STATE_EXITED,
    runtime::v1::CONTAINER_STATE_DEAD};

// Docker's names begin with a slash, which patterns may ask for.
std::string NamePattern(absl::string_view pattern) {
  if (absl::ConsumePrefix(&pattern, "/") ||
      absl::ConsumePrefix(&pattern, "^/")) {
    return absl::StrCat("^", pattern);
  }
  return std::string(pattern);
}

absl::Status AddStatus(const std::string& value,
                       runtime::v1::ContainerFilter* filter) {
  for (const runtime::v1::ContainerState state : kStates) {
    if (StateName(state) == value) {
      filter->add_states(state);
      return absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("invalid filter 'status=", value,
                   "': must be created, running, paused, restarting, removing, "
                   "exited or dead"));
}

absl::Status AddExitCode(const std::string& value,
                         runtime::v1::ContainerFilter* filter) {
  int32_t code = 0;
  if (!absl::SimpleAtoi(value, &code)) {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid filter 'exited=", value, "': must be a number"));
  }
  filter->add_exit_codes(code);
  return absl::OkStatus();
}

absl::Status AddFilter(const std::string& text, ContainerListing* listing) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        "invalid argument \"", text,
        "\" for \"-f, --filter\" flag: invalid filter '", text, "'"));
  }
  const std::string key = text.substr(0, equals);
  const std::string value = text.substr(equals + 1);
  runtime::v1::ContainerFilter* filter = &listing->query.filter;
  if (key == "status") return AddStatus(value, filter);
  if (key == "exited") return AddExitCode(value, filter);
  if (key == "name") {
    filter->add_names(NamePattern(value));
  } else if (key == "id") {
    filter->add_ids(value);
  } else if (key == "label") {
    filter->add_labels(value);
  } else if (key == "ancestor") {
    listing->ancestors.push_back(value);
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid filter '", key, "'"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ContainerListing> ListingFromFlags(const ParsedFlags& flags) {
  ContainerListing listing;
  for (const std::string& text : flags.List("filter")) {
    GANTRY_RETURN_IF_ERROR(AddFilter(text, &listing));
  }
  int64_t last = flags.Int("last", -1);
  if (flags.Bool("latest") && last < 0) last = 1;
  if (last > 0) listing.limit = last;
  if (listing.ancestors.empty()) listing.query.limit = listing.limit;
  listing.query.all = flags.Bool("all") || last > 0 ||
                      listing.query.filter.states_size() > 0 ||
                      listing.query.filter.exit_codes_size() > 0;
  return listing;
}

}  // namespace gantry::ctl
