#include "ctl/flags/flag_set.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <exception>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "common/status/status_macros.h"

namespace gantry::ctl {
namespace {

// CLI11 takes "--name=" for a flag whose value is the next argument, and keeps
// the "=" of "-e=K". These bytes mark such arguments on the way in, and are
// taken away on the way out.
constexpr char kEmptyMark = '\x01';
constexpr char kEqualsMark = '\x02';

std::string Mark(const std::string& argument) {
  if (absl::StartsWith(argument, "--") && argument.size() > 3 &&
      argument.find('=') == argument.size() - 1) {
    return argument + kEmptyMark;
  }
  if (argument.size() >= 3 && argument[0] == '-' &&
      std::isalpha(static_cast<unsigned char>(argument[1])) &&
      argument[2] == '=') {
    return absl::StrCat(argument.substr(0, 3), std::string(1, kEqualsMark),
                        argument.substr(3));
  }
  return argument;
}

std::string UnmarkArgument(std::string argument) {
  if (absl::EndsWith(argument, absl::string_view(&kEmptyMark, 1))) {
    argument.pop_back();
  } else if (argument.size() > 3 && argument[3] == kEqualsMark) {
    argument.erase(3, 1);
  }
  return argument;
}

std::string UnmarkValue(std::string value) {
  if (value == std::string(1, kEmptyMark)) return "";
  if (value.size() > 1 && value[0] == '=' && value[1] == kEqualsMark) {
    return value.substr(2);
  }
  return value;
}

absl::Status UnknownFlag(absl::string_view argument) {
  if (absl::StartsWith(argument, "--")) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown flag: ", argument.substr(0, argument.find('='))));
  }
  return absl::InvalidArgumentError(absl::StrFormat(
      "unknown shorthand flag: '%c' in %s", argument[1], argument));
}

std::string FlagLabel(const FlagSpec& spec) {
  return spec.letter == '\0' ? absl::StrCat("--", spec.name)
                             : absl::StrCat("-", std::string(1, spec.letter),
                                            ", --", spec.name);
}

absl::Status CheckValue(const FlagSpec& spec, const std::string& value) {
  bool boolean;
  int64_t number;
  absl::string_view parser;
  if (spec.kind == FlagKind::kBool && !absl::SimpleAtob(value, &boolean)) {
    parser = "ParseBool";
  } else if (spec.kind == FlagKind::kInt && !absl::SimpleAtoi(value, &number)) {
    parser = "ParseInt";
  } else {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrFormat(
      "invalid argument \"%s\" for \"%s\" flag: strconv.%s: parsing \"%s\": "
      "invalid syntax",
      value, FlagLabel(spec), parser, value));
}

bool AsksForIt(const FlagSpec& spec, const std::vector<std::string>& values) {
  bool boolean = true;
  return spec.kind != FlagKind::kBool ||
         (absl::SimpleAtob(values.back(), &boolean) && boolean);
}

// The name that a command line's last argument gives a flag that lacks its
// value.
absl::Status MissingValue(const std::vector<FlagSpec>& specs,
                          const std::string& argument) {
  if (absl::StartsWith(argument, "--")) {
    return absl::InvalidArgumentError(
        absl::StrCat("flag needs an argument: ", argument));
  }
  return absl::InvalidArgumentError(absl::StrFormat(
      "flag needs an argument: '%c' in %s", argument.back(), argument));
}

std::vector<FlagSpec> WithHelp(const std::vector<FlagSpec>& specs) {
  std::vector<FlagSpec> all = specs;
  const bool letter_taken =
      std::any_of(specs.begin(), specs.end(),
                  [](const FlagSpec& spec) { return spec.letter == 'h'; });
  all.push_back({letter_taken ? '\0' : 'h', "help", FlagKind::kBool, ""});
  return all;
}

struct RawResult {
  std::map<std::string, std::vector<std::string>, std::less<>> values;
  std::vector<std::string> rest;
};

// May throw what CLI11 throws.
RawResult RunCli11(const std::vector<FlagSpec>& specs,
                   const std::vector<std::string>& arguments,
                   ArgumentOrder order) {
  CLI::App app;
  app.set_help_flag("");
  app.allow_extras();
  if (order == ArgumentOrder::kFlagsFirst) app.prefix_command();
  std::vector<std::pair<const FlagSpec*, CLI::Option*>> options;
  for (const FlagSpec& spec : specs) {
    const std::string names =
        spec.letter == '\0'
            ? absl::StrCat("--", spec.name)
            : absl::StrCat("-", std::string(1, spec.letter), ",--", spec.name);
    CLI::Option* option =
        spec.kind == FlagKind::kBool
            ? app.add_flag(names)
            : app.add_option(names, CLI::callback_t([](const CLI::results_t&) {
                               return true;
                             }))
                  ->expected(1)
                  ->allow_extra_args(false);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    options.emplace_back(&spec, option);
  }
  // CLI11 reads its vector from the back.
  std::vector<std::string> reversed;
  for (auto it = arguments.rbegin(); it != arguments.rend(); ++it) {
    reversed.push_back(Mark(*it));
  }
  app.parse(reversed);

  RawResult result;
  for (const auto& [spec, option] : options) {
    if (option->count() == 0) continue;
    for (const std::string& value : option->results()) {
      result.values[spec->name].push_back(UnmarkValue(value));
    }
  }
  for (std::string& argument : app.remaining()) {
    result.rest.push_back(UnmarkArgument(std::move(argument)));
  }
  return result;
}

absl::StatusOr<std::vector<std::string>> TakeArguments(
    const std::vector<std::string>& rest, ArgumentOrder order) {
  std::vector<std::string> arguments;
  bool flags_may_come = true;
  for (const std::string& argument : rest) {
    if (flags_may_come && argument == "--") {
      flags_may_come = false;
      continue;
    }
    if (flags_may_come && argument.size() > 1 && argument[0] == '-') {
      return UnknownFlag(argument);
    }
    arguments.push_back(argument);
    if (order == ArgumentOrder::kFlagsFirst) flags_may_come = false;
  }
  return arguments;
}

}  // namespace

bool ParsedFlags::IsSet(absl::string_view name) const {
  return values_.find(name) != values_.end();
}

bool ParsedFlags::Bool(absl::string_view name) const {
  bool value = false;
  return IsSet(name) && absl::SimpleAtob(String(name), &value) && value;
}

std::string ParsedFlags::String(absl::string_view name) const {
  const auto it = values_.find(name);
  return it == values_.end() ? "" : it->second.back();
}

int64_t ParsedFlags::Int(absl::string_view name, int64_t missing) const {
  int64_t value = missing;
  if (IsSet(name) && !absl::SimpleAtoi(String(name), &value)) return missing;
  return value;
}

std::vector<std::string> ParsedFlags::List(absl::string_view name) const {
  const auto it = values_.find(name);
  return it == values_.end() ? std::vector<std::string>() : it->second;
}

absl::StatusOr<ParsedFlags> ParseFlags(
    const std::vector<FlagSpec>& specs,
    const std::vector<std::string>& arguments, ArgumentOrder order) {
  const std::vector<FlagSpec> all = WithHelp(specs);
  RawResult raw;
  try {
    raw = RunCli11(all, arguments, order);
  } catch (const CLI::ArgumentMismatch&) {
    return MissingValue(all, arguments.empty() ? "" : arguments.back());
  } catch (const std::exception& e) {
    return absl::InvalidArgumentError(e.what());
  }
  ParsedFlags parsed;
  parsed.values_ = std::move(raw.values);
  GANTRY_ASSIGN_OR_RETURN(parsed.arguments_, TakeArguments(raw.rest, order));
  for (const FlagSpec& spec : all) {
    for (const std::string& value : parsed.List(spec.name)) {
      GANTRY_RETURN_IF_ERROR(CheckValue(spec, value));
    }
    if (!spec.refusal.empty() && parsed.IsSet(spec.name) &&
        AsksForIt(spec, parsed.values_[spec.name])) {
      return absl::UnimplementedError(spec.refusal);
    }
  }
  return parsed;
}

std::string DescribeFlags(const std::vector<FlagSpec>& specs) {
  std::vector<std::pair<std::string, std::string>> lines;
  size_t width = 0;
  for (const FlagSpec& spec : specs) {
    if (!spec.refusal.empty()) continue;
    std::string label = spec.letter == '\0'
                            ? absl::StrCat("      --", spec.name)
                            : absl::StrCat("  -", std::string(1, spec.letter),
                                           ", --", spec.name);
    if (spec.kind == FlagKind::kString) absl::StrAppend(&label, " string");
    if (spec.kind == FlagKind::kList) absl::StrAppend(&label, " list");
    if (spec.kind == FlagKind::kInt) absl::StrAppend(&label, " int");
    width = std::max(width, label.size());
    lines.emplace_back(std::move(label), spec.help);
  }
  std::sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) {
    return a.first.substr(a.first.find("--")) <
           b.first.substr(b.first.find("--"));
  });
  std::string text;
  for (const auto& [label, help] : lines) {
    absl::StrAppend(&text, label, std::string(width + 3 - label.size(), ' '),
                    help, "\n");
  }
  return text;
}

}  // namespace gantry::ctl
