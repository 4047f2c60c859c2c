// Makes a tree of a Go template's tokens.
//
// Threads: one at a time.

#ifndef GANTRY_CTL_OUTPUT_TEMPLATE_TEMPLATE_PARSER_H_
#define GANTRY_CTL_OUTPUT_TEMPLATE_TEMPLATE_PARSER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ctl/output/template/pipeline_parser.h"
#include "ctl/output/template/template_node.h"
#include "ctl/output/template/token_stream.h"

namespace gantry::ctl {

class TemplateParser {
 public:
  // `name` is in messages: "template: name:1: …".
  //
  // INVALID_ARGUMENT: malformed, or it names a function or a variable that is
  // not there; the message says in one line what and where.
  static absl::StatusOr<TemplateTree> Parse(absl::string_view text,
                                            absl::string_view name);

 private:
  using Nodes = std::vector<TemplateNode>;

  TemplateParser(TokenStream& tokens, TemplateTree* tree)
      : tokens_(tokens), pipelines_(tokens), tree_(tree) {}

  absl::Status ParseAll();
  // Up to an action that begins with {{end}} or {{else}}, whose word is taken
  // and returned, or to the end: "".
  absl::StatusOr<std::string> ParseList(Nodes* nodes);
  // As ParseList for one action; its word if that ends the list, else "".
  absl::StatusOr<std::string> ParseAction(Nodes* nodes);
  absl::Status ParseControl(TemplateNode::Kind kind, const std::string& word,
                            Nodes* nodes);
  absl::Status ParseElse(TemplateNode* node, const std::string& word);
  absl::Status ParseDefinition();
  absl::Status ParseTemplateCall(Nodes* nodes);
  absl::Status ParseBlock(Nodes* nodes);
  absl::StatusOr<std::string> ParseTemplateName(absl::string_view context);

  TokenStream& tokens_;
  PipelineParser pipelines_;
  TemplateTree* tree_;
  int depth_ = 0;
  int range_depth_ = 0;
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_OUTPUT_TEMPLATE_TEMPLATE_PARSER_H_
