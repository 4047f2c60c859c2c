#include "ctl/output/listing.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "ctl/output/go_template.h"
#include "ctl/output/table.h"

namespace gantry::ctl {
namespace {

// "Label()" is a method: {{.Label "x"}}.
constexpr absl::string_view kMethodSuffix = "()";

// An item is what has headings.
GoTypePtr ItemType(const Json& headers) {
  std::vector<GoField> fields;
  for (const auto& [key, heading] : headers.items()) {
    const bool is_method = absl::EndsWith(key, kMethodSuffix);
    fields.push_back({std::string(absl::StripSuffix(key, kMethodSuffix)), key,
                      is_method ? GoType::StringMap() : GoType::String(),
                      is_method});
  }
  return NewStructType("listing", std::move(fields));
}

absl::Status Told(absl::string_view what, const absl::Status& status) {
  return absl::InvalidArgumentError(absl::StrCat(what, status.message()));
}

std::vector<std::vector<std::string>> Rows(absl::string_view text) {
  std::vector<std::vector<std::string>> rows;
  for (const absl::string_view line :
       absl::StrSplit(absl::StripSuffix(text, "\n"), '\n')) {
    rows.push_back(absl::StrSplit(line, '\t'));
  }
  return rows;
}

}  // namespace

absl::StatusOr<std::string> PrintListing(const std::vector<Json>& items,
                                         const Json& headers,
                                         absl::string_view format,
                                         absl::string_view default_table) {
  if (format.empty() || format == "table") format = default_table;
  if (format == "json") format = "{{json .}}";
  const bool as_table = absl::ConsumePrefix(&format, "table");
  if (as_table) format = absl::StripAsciiWhitespace(format);
  const auto line = GoTemplate::Parse(
      absl::StrReplaceAll(format, {{"\\t", "\t"}, {"\\n", "\n"}}));
  if (!line.ok()) return Told("failed to parse template: ", line.status());

  const GoTypePtr type = ItemType(headers);
  std::string text;
  if (as_table) {
    EvaluatorOptions options;
    options.is_heading = true;
    const auto heading = line->Execute(GoValue(headers, type), options);
    if (!heading.ok()) {
      return Told("failed to execute template: ", heading.status());
    }
    text = absl::StrCat(*heading, "\n");
  } else if (items.empty()) {
    // A mistake is told although there is nothing to show.
    const auto nothing = line->Execute(GoValue(Json(), type));
    if (!nothing.ok()) {
      return Told("failed to execute template: ", nothing.status());
    }
  }
  for (const Json& item : items) {
    const auto row = line->Execute(GoValue(item, type));
    if (!row.ok()) return Told("failed to execute template: ", row.status());
    absl::StrAppend(&text, *row, "\n");
  }
  return as_table ? PrintTable(Rows(text)) : text;
}

}  // namespace gantry::ctl
