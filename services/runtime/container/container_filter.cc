#include "services/runtime/container/container_filter.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace gantry::runtime {
namespace {

constexpr size_t kMaxNames = 100;
constexpr size_t kMaxPatternBytes = 1024;
// Of one expression, compiled and while it matches.
constexpr int64_t kMaxPatternMemoryBytes = 1 << 20;

absl::StatusOr<std::unique_ptr<re2::RE2>> Compile(const std::string& pattern) {
  const auto refuse = [&](absl::string_view why) {
    return absl::InvalidArgumentError(
        absl::StrCat("the name filter \"",
                     absl::CHexEscape(pattern.substr(0, 200)), "\" ", why));
  };
  if (pattern.size() > kMaxPatternBytes) {
    return refuse(absl::StrCat("is longer than ", kMaxPatternBytes, " bytes"));
  }
  re2::RE2::Options options;
  options.set_max_mem(kMaxPatternMemoryBytes);
  options.set_log_errors(false);
  auto expression = std::make_unique<re2::RE2>(pattern, options);
  if (!expression->ok()) {
    return refuse(absl::StrCat("is no regular expression: ",
                               absl::CHexEscape(expression->error())));
  }
  return expression;
}

// Whether there is no condition, or one of its values is `test`ed true.
template <typename Values, typename Test>
bool OneOf(const Values& values, const Test& test) {
  return values.empty() || std::any_of(values.begin(), values.end(), test);
}

}  // namespace

ContainerFilter::ContainerFilter() = default;
ContainerFilter::ContainerFilter(ContainerFilter&&) noexcept = default;
ContainerFilter& ContainerFilter::operator=(ContainerFilter&&) noexcept =
    default;
ContainerFilter::~ContainerFilter() = default;

absl::StatusOr<ContainerFilter> ContainerFilter::Create(
    ContainerConditions conditions) {
  if (conditions.names.size() > kMaxNames) {
    return absl::InvalidArgumentError(
        absl::StrCat("more than ", kMaxNames, " name filters"));
  }
  ContainerFilter filter;
  for (const std::string& name : conditions.names) {
    absl::StatusOr<std::unique_ptr<re2::RE2>> expression = Compile(name);
    if (!expression.ok()) return expression.status();
    filter.names_.push_back(*std::move(expression));
  }
  for (const std::string& label : conditions.labels) {
    if (label.empty() || label[0] == '=') {
      return absl::InvalidArgumentError(absl::StrCat(
          "the label filter \"", absl::CHexEscape(label.substr(0, 200)),
          "\" has no name: give \"name\" or \"name=value\""));
    }
  }
  filter.conditions_ = std::move(conditions);
  return filter;
}

bool ContainerFilter::Matches(const ContainerInfo& info) const {
  return MatchesName(info.name) &&
         OneOf(conditions_.ids,
               [&](const std::string& id) {
                 return absl::StartsWith(info.id, id);
               }) &&
         OneOf(conditions_.states,
               [&](ContainerState state) { return info.state == state; }) &&
         OneOf(conditions_.exit_codes,
               [&](int code) {
                 return info.state == ContainerState::kExited &&
                        info.exit_code == code;
               }) &&
         MatchesLabels(info);
}

bool ContainerFilter::MatchesName(const std::string& name) const {
  const std::string with_slash = "/" + name;
  return OneOf(names_, [&](const std::unique_ptr<re2::RE2>& expression) {
    return re2::RE2::PartialMatch(name, *expression) ||
           re2::RE2::PartialMatch(with_slash, *expression);
  });
}

bool ContainerFilter::MatchesLabels(const ContainerInfo& info) const {
  const auto& there = info.options.labels;
  return std::all_of(conditions_.labels.begin(), conditions_.labels.end(),
                     [&](const std::string& label) {
                       const std::pair<std::string, std::string> wanted =
                           absl::StrSplit(label, absl::MaxSplits('=', 1));
                       const auto found = there.find(wanted.first);
                       return found != there.end() &&
                              (!absl::StrContains(label, '=') ||
                               found->second == wanted.second);
                     });
}

}  // namespace gantry::runtime
