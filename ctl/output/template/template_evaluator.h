// Runs a template over a value.
//
// Threads: one at a time; a new one for each run.

#ifndef GANTRY_CTL_OUTPUT_TEMPLATE_TEMPLATE_EVALUATOR_H_
#define GANTRY_CTL_OUTPUT_TEMPLATE_TEMPLATE_EVALUATOR_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "ctl/output/template/go_value.h"
#include "ctl/output/template/template_node.h"

namespace gantry::ctl {

// What a map is to do when asked for a field that it does not have.
enum class MissingKey { kNoValue, kError };

struct EvaluatorOptions {
  MissingKey missing_key = MissingKey::kNoValue;
  // The data are headings: functions that change the letters of a text leave it
  // as it is.
  bool is_heading = false;
};

class TemplateEvaluator {
 public:
  // `tree` outlives the evaluator.
  TemplateEvaluator(const TemplateTree& tree, EvaluatorOptions options)
      : tree_(tree), options_(options) {}

  // INVALID_ARGUMENT: a field that is not there, a function that does not take
  // its arguments, or the text grows beyond 16 MiB. The message says in one
  // line what and where.
  absl::StatusOr<std::string> Run(const GoValue& data);

 private:
  // How the run goes on after a node.
  enum class Flow { kOn, kBreak, kContinue };
  using Nodes = std::vector<TemplateNode>;

  absl::StatusOr<Flow> RunNodes(const Nodes& nodes, const GoValue& dot);
  absl::StatusOr<Flow> RunNode(const TemplateNode& node, const GoValue& dot);
  absl::StatusOr<Flow> RunCondition(const TemplateNode& node,
                                    const GoValue& dot);
  absl::StatusOr<Flow> RunRange(const TemplateNode& node, const GoValue& dot);
  absl::StatusOr<Flow> RunElement(const TemplateNode& node, const GoValue& key,
                                  const GoValue& element);
  absl::StatusOr<Flow> RunTemplate(const TemplateNode& node,
                                   const GoValue& dot);

  using Piped = std::optional<GoValue>;
  absl::StatusOr<GoValue> Evaluate(const TemplatePipeline& pipeline,
                                   const GoValue& dot);
  absl::Status SetVariable(const std::string& name, bool assigns,
                           const GoValue& value);
  absl::StatusOr<GoValue> EvaluateCommand(const TemplateCommand& command,
                                          const GoValue& dot,
                                          const Piped& piped);
  absl::StatusOr<GoValue> EvaluateOperand(const TemplateOperand& operand,
                                          const GoValue& dot);
  // The fields of `operand` from `value` on; the last may be a method, which
  // takes the command's other operands.
  absl::StatusOr<GoValue> EvaluateFields(const TemplateOperand& operand,
                                         GoValue value, const GoValue& dot,
                                         const TemplateCommand* command,
                                         const Piped& piped);
  absl::StatusOr<GoValue> EvaluateField(const GoValue& value,
                                        const std::string& name,
                                        bool has_arguments);
  absl::StatusOr<GoValue> CallMethod(const GoField& method,
                                     const GoValue& value, const GoValue& dot,
                                     const TemplateCommand* command,
                                     const Piped& piped);
  absl::StatusOr<GoValue> CallFunction(const std::string& name,
                                       const TemplateCommand& command,
                                       const GoValue& dot, const Piped& piped);
  absl::StatusOr<GoValue> AndOr(const std::string& name,
                                const TemplateCommand& command,
                                const GoValue& dot, const Piped& piped);

  // What messages name as the place from here on.
  void At(const std::string& text, size_t position) {
    text_here_ = &text;
    position_ = position;
  }
  absl::Status Failure(absl::string_view what) const;

  const TemplateTree& tree_;
  const EvaluatorOptions options_;
  // The last of a name is the one that is meant; a block drops its own.
  std::vector<std::pair<std::string, GoValue>> variables_;
  const std::string* text_here_ = nullptr;
  size_t position_ = 0;
  int depth_ = 0;
  std::string out_;
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_OUTPUT_TEMPLATE_TEMPLATE_EVALUATOR_H_
