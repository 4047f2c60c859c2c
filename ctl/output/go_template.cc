#include "ctl/output/go_template.h"

#include <utility>

#include "common/status/status_macros.h"
#include "ctl/output/template/template_parser.h"

namespace gantry::ctl {

absl::StatusOr<GoTemplate> GoTemplate::Parse(absl::string_view text,
                                             absl::string_view name) {
  GANTRY_ASSIGN_OR_RETURN(TemplateTree tree, TemplateParser::Parse(text, name));
  GoTemplate parsed;
  parsed.tree_ = std::make_shared<const TemplateTree>(std::move(tree));
  return parsed;
}

absl::StatusOr<std::string> GoTemplate::Execute(
    const GoValue& data, EvaluatorOptions options) const {
  return TemplateEvaluator(*tree_, options).Run(data);
}

absl::StatusOr<std::string> GoTemplate::Execute(const Json& data) const {
  EvaluatorOptions options;
  options.missing_key = MissingKey::kError;
  return Execute(GoValue(data), options);
}

}  // namespace gantry::ctl
