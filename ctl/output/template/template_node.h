// The tree of a template.
//
// Threads: values; a parsed tree is not changed.

#ifndef GANTRY_CTL_OUTPUT_TEMPLATE_TEMPLATE_NODE_H_
#define GANTRY_CTL_OUTPUT_TEMPLATE_TEMPLATE_NODE_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ctl/output/template/go_value.h"

namespace gantry::ctl {

struct TemplatePipeline;

// One operand of a command.
struct TemplateOperand {
  enum class Kind {
    kDot,
    kNil,
    // A number, a string, true or false.
    kLiteral,
    // ".A.B"
    kField,
    // "$x.A"
    kVariable,
    kFunction,
    // "(…)", with or without fields after it.
    kPipeline,
  };

  Kind kind = Kind::kDot;
  // As a message shows it.
  std::string text;
  // Where it stands in the template, in bytes.
  size_t position = 0;
  GoValue literal;
  // Of a variable ("$" is the root) or a function.
  std::string name;
  // Of all but literals.
  std::vector<std::string> fields;
  std::shared_ptr<const TemplatePipeline> pipeline;
};

// Operands, of which the first may be called with the others.
struct TemplateCommand {
  std::string text;
  size_t position = 0;
  std::vector<TemplateOperand> operands;
};

// Commands; the value of each goes to the end of the next one's operands.
struct TemplatePipeline {
  std::string text;
  size_t position = 0;
  // "$x" or "$i, $x" before ":=" or "=".
  std::vector<std::string> variables;
  // It was "=": the variables are there already.
  bool assigns = false;
  std::vector<TemplateCommand> commands;
};

struct TemplateNode {
  enum class Kind {
    kText,
    kAction,
    kIf,
    kRange,
    kWith,
    kBreak,
    kContinue,
    // {{template "name" pipeline}}
    kTemplate,
  };

  Kind kind = Kind::kText;
  // Of a text, and the name of a template.
  std::string text;
  size_t position = 0;
  TemplatePipeline pipeline;
  std::vector<TemplateNode> body;
  std::vector<TemplateNode> otherwise;
};

struct TemplateTree {
  std::string name;
  std::string source;
  std::vector<TemplateNode> nodes;
  // {{define "name"}} and {{block "name" …}}.
  std::map<std::string, std::vector<TemplateNode>> definitions;
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_OUTPUT_TEMPLATE_TEMPLATE_NODE_H_
