// Go's text/template as people use it with --format:
//
//   {{.Field}} {{.State.Pid}} {{json .}} {{index .Labels "x"}} {{len .Args}}
//   {{range $i, $x := .Args}}…{{else}}…{{end}} {{break}} {{continue}}
//   {{if eq .A "b" "c"}}…{{else if …}}…{{else}}…{{end}} {{with .A}}…{{end}}
//   {{$x := .A}}{{$x = .B}} {{.A | upper}} {{- trim -}} {{/* comment */}}
//   {{define "t"}}…{{end}}{{template "t" .A}} {{(index .A 0).B}}
//
// with all functions of Go and of Docker (template/template_functions.h).
//
// Threads: a value; Execute may run in several at once.

#ifndef GANTRY_CTL_OUTPUT_GO_TEMPLATE_H_
#define GANTRY_CTL_OUTPUT_GO_TEMPLATE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/json/json.h"
#include "ctl/output/template/go_value.h"
#include "ctl/output/template/template_evaluator.h"
#include "ctl/output/template/template_node.h"

namespace gantry::ctl {

class GoTemplate {
 public:
  // `name` is in messages: "template: name:1: …".
  //
  // INVALID_ARGUMENT: not a template; says in one line what is wrong.
  static absl::StatusOr<GoTemplate> Parse(absl::string_view text,
                                          absl::string_view name = "");

  // INVALID_ARGUMENT: a field that `data` does not have, or an operation on a
  // value of the wrong kind; says in one line what and where.
  absl::StatusOr<std::string> Execute(const GoValue& data,
                                      EvaluatorOptions options = {}) const;

  // The same for an object whose types are not known; a missing field is an
  // error.
  absl::StatusOr<std::string> Execute(const Json& data) const;

 private:
  std::shared_ptr<const TemplateTree> tree_;  // Copies share the tree.
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_OUTPUT_GO_TEMPLATE_H_
