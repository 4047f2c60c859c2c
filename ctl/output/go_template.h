// The part of Go's text/template that people use with --format:
//
//   {{.Field}} {{.State.Pid}} {{json .}} {{index .Labels "x"}} {{len .Args}}
//   {{range .Args}}…{{else}}…{{end}} {{range $k, $v := .Labels}}…{{end}}
//   {{if eq .A "b"}}…{{else if …}}…{{else}}…{{end}} {{with .A}}…{{end}}
//   {{$x := .A}} {{.A | upper}} {{- trim -}} {{/* comment */}}
//   printf print println join split lower upper title truncate eq ne lt le gt
//   ge and or not
//
// "\t" and "\n" outside of actions are a tab and a line feed.
//
// Threads: a value; Execute may run in several at once.

#ifndef GANTRY_CTL_OUTPUT_GO_TEMPLATE_H_
#define GANTRY_CTL_OUTPUT_GO_TEMPLATE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/json/json.h"

namespace gantry::ctl {

class GoTemplate {
 public:
  // INVALID_ARGUMENT: not a template of this kind; says what is wrong.
  static absl::StatusOr<GoTemplate> Parse(absl::string_view text);

  // INVALID_ARGUMENT: a field that `data` does not have, or an operation on a
  // value of the wrong kind. Objects may have a member "Label()": the labels
  // that {{.Label "x"}} looks into; it is shown nowhere else.
  absl::StatusOr<std::string> Execute(const Json& data) const;

  struct Node;

 private:
  std::shared_ptr<const std::vector<Node>> nodes_;  // Copies share the tree.
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_OUTPUT_GO_TEMPLATE_H_
