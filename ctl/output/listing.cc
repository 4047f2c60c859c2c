#include "ctl/output/listing.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status/status_macros.h"
#include "ctl/output/go_template.h"
#include "ctl/output/table.h"

namespace gantry::ctl {

absl::StatusOr<std::string> PrintListing(const std::vector<Json>& items,
                                         const Json& headers,
                                         absl::string_view format,
                                         absl::string_view default_table) {
  if (format.empty() || format == "table") format = default_table;
  if (format == "json") format = "{{json .}}";
  const bool as_table = absl::ConsumePrefix(&format, "table ");
  GANTRY_ASSIGN_OR_RETURN(const GoTemplate line, GoTemplate::Parse(format));
  std::string text;
  std::vector<std::vector<std::string>> rows;
  if (as_table) {
    GANTRY_ASSIGN_OR_RETURN(const std::string heading, line.Execute(headers));
    rows.push_back(absl::StrSplit(heading, '\t'));
  }
  for (const Json& item : items) {
    GANTRY_ASSIGN_OR_RETURN(const std::string row, line.Execute(item));
    if (as_table) {
      rows.push_back(absl::StrSplit(row, '\t'));
    } else {
      absl::StrAppend(&text, row, "\n");
    }
  }
  return as_table ? PrintTable(rows) : text;
}

}  // namespace gantry::ctl
