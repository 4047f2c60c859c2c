// Makes a tree of what is inside of an action: variables, commands, operands.
//
// Threads: one at a time.

#ifndef GANTRY_CTL_OUTPUT_TEMPLATE_PIPELINE_PARSER_H_
#define GANTRY_CTL_OUTPUT_TEMPLATE_PIPELINE_PARSER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ctl/output/template/template_node.h"
#include "ctl/output/template/token_stream.h"

namespace gantry::ctl {

class PipelineParser {
 public:
  // `tokens` outlives the parser.
  explicit PipelineParser(TokenStream& tokens) : tokens_(tokens) {}

  // Up to a token of kind `end`, which is taken. `context` is in messages:
  // "if", "range", "command". Its variables are known from then on.
  //
  // INVALID_ARGUMENT: malformed, or an unknown function or variable.
  absl::StatusOr<TemplatePipeline> Parse(absl::string_view context,
                                         Token::Kind end);

  // The variables that are known, "$" first. Who ends a block, resets them.
  std::vector<std::string>& variables() { return variables_; }

 private:
  absl::Status ParseDeclarations(TemplatePipeline* pipeline,
                                 absl::string_view context);
  absl::Status CheckPipeline(const TemplatePipeline& pipeline,
                             absl::string_view context) const;
  absl::StatusOr<TemplateCommand> ParseCommand();
  absl::StatusOr<TemplateOperand> ParseOperand();
  absl::StatusOr<TemplateOperand> ParseTerm();
  absl::StatusOr<TemplateOperand> ParseLiteral(const Token& token) const;
  absl::StatusOr<TemplateOperand> ParseWord(const Token& token) const;

  TokenStream& tokens_;
  int depth_ = 0;
  std::vector<std::string> variables_ = {"$"};
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_OUTPUT_TEMPLATE_PIPELINE_PARSER_H_
