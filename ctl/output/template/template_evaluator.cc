#include "ctl/output/template/template_evaluator.h"

#include <algorithm>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/status/status_macros.h"
#include "ctl/output/human.h"
#include "ctl/output/template/template_functions.h"

namespace gantry::ctl {
namespace {

using Kind = GoValue::Kind;
using NodeKind = TemplateNode::Kind;
using Operand = TemplateOperand;

constexpr int kMaxDepth = 200;
constexpr size_t kMaxTextBytes = size_t{16} << 20;

}  // namespace

absl::StatusOr<std::string> TemplateEvaluator::Run(const GoValue& data) {
  variables_ = {{"$", data}};
  out_.clear();
  GANTRY_RETURN_IF_ERROR(RunNodes(tree_.nodes, data).status());
  return std::move(out_);
}

absl::Status TemplateEvaluator::Failure(absl::string_view what) const {
  const absl::string_view before =
      absl::string_view(tree_.source).substr(0, position_);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t line_feed = before.rfind('\n');
  const size_t column = line_feed == absl::string_view::npos
                            ? position_
                            : position_ - line_feed - 1;
  return absl::InvalidArgumentError(
      absl::StrCat("template: ", tree_.name, ":", line, ":", column,
                   ": executing ", Quote(tree_.name), " at <",
                   text_here_ == nullptr ? "" : *text_here_, ">: ", what));
}

// ---- Nodes ------------------------------------------------------------------

absl::StatusOr<TemplateEvaluator::Flow> TemplateEvaluator::RunNodes(
    const Nodes& nodes, const GoValue& dot) {
  const absl::Cleanup leave = [this] { --depth_; };
  if (++depth_ > kMaxDepth) return Failure("exceeded maximum template depth");
  for (const TemplateNode& node : nodes) {
    GANTRY_ASSIGN_OR_RETURN(const Flow flow, RunNode(node, dot));
    if (out_.size() > kMaxTextBytes) {
      return Failure(absl::StrCat("the text is larger than ",
                                  kMaxTextBytes >> 20, " MiB"));
    }
    if (flow != Flow::kOn) return flow;
  }
  return Flow::kOn;
}

absl::StatusOr<TemplateEvaluator::Flow> TemplateEvaluator::RunNode(
    const TemplateNode& node, const GoValue& dot) {
  switch (node.kind) {
    case NodeKind::kText:
      out_ += node.text;
      return Flow::kOn;
    case NodeKind::kAction: {
      GANTRY_ASSIGN_OR_RETURN(const GoValue value,
                              Evaluate(node.pipeline, dot));
      if (node.pipeline.variables.empty()) out_ += value.Print();
      return Flow::kOn;
    }
    case NodeKind::kIf:
    case NodeKind::kWith:
      return RunCondition(node, dot);
    case NodeKind::kRange:
      return RunRange(node, dot);
    case NodeKind::kBreak:
      return Flow::kBreak;
    case NodeKind::kContinue:
      return Flow::kContinue;
    case NodeKind::kTemplate:
      return RunTemplate(node, dot);
  }
  return Flow::kOn;
}

absl::StatusOr<TemplateEvaluator::Flow> TemplateEvaluator::RunCondition(
    const TemplateNode& node, const GoValue& dot) {
  const size_t variable_count = variables_.size();
  const absl::Cleanup leave = [this, variable_count] {
    variables_.resize(variable_count);
  };
  GANTRY_ASSIGN_OR_RETURN(const GoValue value, Evaluate(node.pipeline, dot));
  if (!value.IsTrue()) return RunNodes(node.otherwise, dot);
  return RunNodes(node.body, node.kind == NodeKind::kWith ? value : dot);
}

absl::StatusOr<TemplateEvaluator::Flow> TemplateEvaluator::RunRange(
    const TemplateNode& node, const GoValue& dot) {
  const size_t variable_count = variables_.size();
  const absl::Cleanup leave = [this, variable_count] {
    variables_.resize(variable_count);
  };
  GANTRY_ASSIGN_OR_RETURN(const GoValue value, Evaluate(node.pipeline, dot));
  const Kind kind = value.kind();
  if (kind != Kind::kList && kind != Kind::kMap && kind != Kind::kNone) {
    return Failure(absl::StrCat("range can't iterate over ", value.Print()));
  }
  if (value.size() == 0) return RunNodes(node.otherwise, dot);
  if (kind == Kind::kMap) {
    for (const std::string& key : value.Keys()) {
      GANTRY_ASSIGN_OR_RETURN(
          const Flow flow,
          RunElement(node, GoValue(Json(key)), value.Get(key)));
      if (flow == Flow::kBreak) break;
    }
    return Flow::kOn;
  }
  for (size_t i = 0; i < value.size(); ++i) {
    GANTRY_ASSIGN_OR_RETURN(
        const Flow flow,
        RunElement(node, GoValue(Json(static_cast<int64_t>(i))), value.At(i)));
    if (flow == Flow::kBreak) break;
  }
  return Flow::kOn;
}

absl::StatusOr<TemplateEvaluator::Flow> TemplateEvaluator::RunElement(
    const TemplateNode& node, const GoValue& key, const GoValue& element) {
  const size_t variable_count = variables_.size();
  const absl::Cleanup leave = [this, variable_count] {
    variables_.resize(variable_count);
  };
  const std::vector<std::string>& names = node.pipeline.variables;
  for (size_t i = 0; i < names.size(); ++i) {
    const bool is_key = names.size() == 2 && i == 0;
    GANTRY_RETURN_IF_ERROR(
        SetVariable(names[i], node.pipeline.assigns, is_key ? key : element));
  }
  return RunNodes(node.body, element);
}

absl::StatusOr<TemplateEvaluator::Flow> TemplateEvaluator::RunTemplate(
    const TemplateNode& node, const GoValue& dot) {
  At(node.text, node.position);
  const auto definition = tree_.definitions.find(node.text);
  if (definition == tree_.definitions.end()) {
    return Failure(absl::StrCat("template ", Quote(node.text), " not defined"));
  }
  GoValue value;
  if (!node.pipeline.commands.empty()) {
    GANTRY_ASSIGN_OR_RETURN(value, Evaluate(node.pipeline, dot));
  }
  std::vector<std::pair<std::string, GoValue>> outer = {{"$", value}};
  std::swap(outer, variables_);
  GANTRY_RETURN_IF_ERROR(RunNodes(definition->second, value).status());
  std::swap(outer, variables_);
  return Flow::kOn;
}

// ---- Pipelines --------------------------------------------------------------

absl::StatusOr<GoValue> TemplateEvaluator::Evaluate(
    const TemplatePipeline& pipeline, const GoValue& dot) {
  At(pipeline.text, pipeline.position);
  Piped piped;
  for (const TemplateCommand& command : pipeline.commands) {
    GANTRY_ASSIGN_OR_RETURN(GoValue value,
                            EvaluateCommand(command, dot, piped));
    piped = std::move(value);
  }
  for (const std::string& name : pipeline.variables) {
    GANTRY_RETURN_IF_ERROR(SetVariable(name, pipeline.assigns, *piped));
  }
  return *piped;
}

absl::Status TemplateEvaluator::SetVariable(const std::string& name,
                                            bool assigns,
                                            const GoValue& value) {
  if (!assigns) {
    variables_.emplace_back(name, value);
    return absl::OkStatus();
  }
  const auto found = std::find_if(
      variables_.rbegin(), variables_.rend(),
      [&name](const auto& variable) { return variable.first == name; });
  if (found == variables_.rend()) {
    return Failure(absl::StrCat("undefined variable: ", name));
  }
  found->second = value;
  return absl::OkStatus();
}

absl::StatusOr<GoValue> TemplateEvaluator::EvaluateCommand(
    const TemplateCommand& command, const GoValue& dot, const Piped& piped) {
  const Operand& first = command.operands[0];
  if (first.kind == Operand::Kind::kFunction && first.fields.empty()) {
    At(first.text, first.position);
    return CallFunction(first.name, command, dot, piped);
  }
  if (first.kind == Operand::Kind::kField) {
    At(first.text, first.position);
    return EvaluateFields(first, dot, dot, &command, piped);
  }
  if (first.kind == Operand::Kind::kNil) {
    At(first.text, first.position);
    return Failure("nil is not a command");
  }
  GANTRY_ASSIGN_OR_RETURN(GoValue value, EvaluateOperand(first, dot));
  if (command.operands.size() > 1 || piped.has_value()) {
    At(first.text, first.position);
    return Failure(
        absl::StrCat("can't give argument to non-function ", first.text));
  }
  return value;
}

absl::StatusOr<GoValue> TemplateEvaluator::EvaluateOperand(
    const Operand& operand, const GoValue& dot) {
  At(operand.text, operand.position);
  switch (operand.kind) {
    case Operand::Kind::kDot:
      return dot;
    case Operand::Kind::kNil:
      return GoValue();
    case Operand::Kind::kLiteral:
      return operand.literal;
    case Operand::Kind::kField:
      return EvaluateFields(operand, dot, dot, nullptr, std::nullopt);
    case Operand::Kind::kVariable: {
      const auto found = std::find_if(variables_.rbegin(), variables_.rend(),
                                      [&operand](const auto& variable) {
                                        return variable.first == operand.name;
                                      });
      if (found == variables_.rend()) {
        return Failure(absl::StrCat("undefined variable: ", operand.name));
      }
      return EvaluateFields(operand, found->second, dot, nullptr, std::nullopt);
    }
    case Operand::Kind::kFunction: {
      TemplateCommand command;
      command.text = operand.text;
      command.position = operand.position;
      command.operands.push_back(operand);
      GANTRY_ASSIGN_OR_RETURN(GoValue value, CallFunction(operand.name, command,
                                                          dot, std::nullopt));
      return EvaluateFields(operand, std::move(value), dot, nullptr,
                            std::nullopt);
    }
    case Operand::Kind::kPipeline: {
      GANTRY_ASSIGN_OR_RETURN(GoValue value, Evaluate(*operand.pipeline, dot));
      return EvaluateFields(operand, std::move(value), dot, nullptr,
                            std::nullopt);
    }
  }
  return GoValue();
}

// ---- Fields -----------------------------------------------------------------

absl::StatusOr<GoValue> TemplateEvaluator::EvaluateFields(
    const Operand& operand, GoValue value, const GoValue& dot,
    const TemplateCommand* command, const Piped& piped) {
  const bool has_arguments =
      (command != nullptr && command->operands.size() > 1) || piped.has_value();
  for (size_t i = 0; i < operand.fields.size(); ++i) {
    const bool last = i + 1 == operand.fields.size();
    const std::string& name = operand.fields[i];
    const GoField* field =
        value.kind() == Kind::kStruct ? value.type()->Field(name) : nullptr;
    GoValue next;
    if (field != nullptr && field->is_method) {
      GANTRY_ASSIGN_OR_RETURN(
          next, CallMethod(*field, value, dot, last ? command : nullptr,
                           last ? piped : std::nullopt));
    } else {
      GANTRY_ASSIGN_OR_RETURN(
          next, EvaluateField(value, name, last && has_arguments));
    }
    value = std::move(next);
  }
  return value;
}

absl::StatusOr<GoValue> TemplateEvaluator::EvaluateField(
    const GoValue& value, const std::string& name, bool has_arguments) {
  switch (value.kind()) {
    case Kind::kNone:
      if (options_.missing_key == MissingKey::kNoValue) return GoValue();
      return Failure(absl::StrCat("nil data; no entry for key ", Quote(name)));
    case Kind::kNil:
      return Failure(
          absl::StrCat("nil pointer evaluating ", value.TypeName(), ".", name));
    case Kind::kMap:
      if (has_arguments) {
        return Failure(
            absl::StrCat(name, " is not a method but has arguments"));
      }
      if (value.Has(name)) return value.Get(name);
      if (options_.missing_key == MissingKey::kNoValue) return GoValue();
      return Failure(absl::StrCat("map has no entry for key ", Quote(name)));
    case Kind::kStruct:
      if (const GoField* field = value.type()->Field(name); field != nullptr) {
        if (!has_arguments) return value.Member(*field);
        return Failure(absl::StrCat(
            name, " has arguments but cannot be invoked as function"));
      }
      break;
    default:
      break;
  }
  // In a document of unknown types every value is of the one type.
  const bool untyped = value.type()->kind == GoType::Kind::kRaw;
  return Failure(absl::StrCat("can't evaluate field ", name, " in type ",
                              untyped ? value.type()->name : value.TypeName()));
}

absl::StatusOr<GoValue> TemplateEvaluator::CallMethod(
    const GoField& method, const GoValue& value, const GoValue& dot,
    const TemplateCommand* command, const Piped& piped) {
  const size_t count = (command == nullptr ? 0 : command->operands.size() - 1) +
                       (piped.has_value() ? 1 : 0);
  if (count != 1) {
    return Failure(absl::StrCat("wrong number of args for ", method.name,
                                ": want 1 got ", count));
  }
  GoValue argument;
  if (piped.has_value()) {
    argument = *piped;
  } else {
    GANTRY_ASSIGN_OR_RETURN(argument,
                            EvaluateOperand(command->operands[1], dot));
  }
  if (argument.kind() != Kind::kString) {
    return Failure(absl::StrCat("expected string; found ", argument.Print()));
  }
  const std::string name = argument.AsString();
  if (!options_.is_heading) return value.Member(method).Get(name);
  // "com.example.my-label" has the heading "my label".
  const std::string last = name.substr(name.rfind('.') + 1);
  return GoValue(Json(absl::StrReplaceAll(last, {{"-", " "}, {"_", " "}})));
}

// ---- Functions --------------------------------------------------------------

absl::StatusOr<GoValue> TemplateEvaluator::CallFunction(
    const std::string& name, const TemplateCommand& command, const GoValue& dot,
    const Piped& piped) {
  const size_t count =
      command.operands.size() - 1 + (piped.has_value() ? 1 : 0);
  if (const auto status = CheckArgumentCount(name, count); !status.ok()) {
    return Failure(status.message());
  }
  if (name == "and" || name == "or") return AndOr(name, command, dot, piped);
  std::vector<GoValue> args;
  for (size_t i = 0; i < count; ++i) {
    const bool is_piped = i + 1 >= command.operands.size();
    if (is_piped) {
      args.push_back(*piped);
    } else {
      GANTRY_ASSIGN_OR_RETURN(GoValue argument,
                              EvaluateOperand(command.operands[i + 1], dot));
      args.push_back(std::move(argument));
    }
    if (options_.is_heading && LeavesHeading(name)) return args[0];
    if (const auto status = CheckArgument(name, i, args.back()); !status.ok()) {
      return Failure(status.message());
    }
  }
  auto result = CallTemplateFunction(name, args);
  if (result.ok()) return result;
  At(command.text, command.position);
  return Failure(
      absl::StrCat("error calling ", name, ": ", result.status().message()));
}

// The first argument that decides, without a look at those after it.
absl::StatusOr<GoValue> TemplateEvaluator::AndOr(const std::string& name,
                                                 const TemplateCommand& command,
                                                 const GoValue& dot,
                                                 const Piped& piped) {
  GoValue value;
  for (size_t i = 1; i < command.operands.size(); ++i) {
    GANTRY_ASSIGN_OR_RETURN(value, EvaluateOperand(command.operands[i], dot));
    if (value.IsTrue() == (name == "or")) return value;
  }
  return piped.has_value() ? *piped : value;
}

}  // namespace gantry::ctl
