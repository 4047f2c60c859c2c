#include "ctl/output/go_template.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/status/status_macros.h"
#include "ctl/output/human.h"

namespace gantry::ctl {
namespace {

constexpr char kLabels[] = "Label()";

struct Pipeline;

// One operand: a literal, a variable or "." with fields after it, a function's
// name, or a pipeline in parentheses.
struct Operand {
  enum class Kind { kLiteral, kDot, kVariable, kFunction, kPipeline };
  Kind kind = Kind::kLiteral;
  Json literal;
  std::string name;
  std::vector<std::string> fields;
  std::shared_ptr<Pipeline> pipeline;
};

struct Pipeline {
  // "$x :=" or "$k, $v :=" before it.
  std::vector<std::string> variables;
  // A command is its operands; the value of one goes to the end of the next.
  std::vector<std::vector<Operand>> commands;
};

}  // namespace

struct GoTemplate::Node {
  enum class Kind { kText, kAction, kIf, kRange, kWith };
  Kind kind = Kind::kText;
  std::string text;
  Pipeline pipeline;
  std::vector<Node> body;
  std::vector<Node> otherwise;
};

namespace {

using Node = GoTemplate::Node;

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("template: :1: ", what));
}

bool IsNameChar(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

// ---- Words of an action -----------------------------------------------------

absl::StatusOr<std::string> ReadString(absl::string_view action, size_t* at) {
  const char quote = action[*at];
  std::string value;
  for (++*at; *at < action.size() && action[*at] != quote; ++*at) {
    char c = action[*at];
    if (c == '\\' && quote == '"' && *at + 1 < action.size()) {
      c = action[++*at];
      if (c == 'n') c = '\n';
      if (c == 't') c = '\t';
    }
    value += c;
  }
  if (*at >= action.size()) return Malformed("unterminated quoted string");
  ++*at;
  return value;
}

class ActionParser {
 public:
  explicit ActionParser(absl::string_view text) : text_(text) {}

  absl::StatusOr<Pipeline> Parse() {
    GANTRY_ASSIGN_OR_RETURN(Pipeline pipeline, ParsePipeline(0));
    if (at_ < text_.size()) {
      return Malformed(
          absl::StrCat("unexpected \"", text_.substr(at_, 1), "\" in operand"));
    }
    return pipeline;
  }

 private:
  void SkipBlanks() {
    while (at_ < text_.size() && absl::ascii_isspace(text_[at_])) ++at_;
  }

  std::string ReadName() {
    const size_t begin = at_;
    while (at_ < text_.size() && IsNameChar(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::vector<std::string> ReadFields() {
    std::vector<std::string> fields;
    while (at_ + 1 < text_.size() && text_[at_] == '.' &&
           IsNameChar(text_[at_ + 1])) {
      ++at_;
      fields.push_back(ReadName());
    }
    return fields;
  }

  // "$k, $v :=" if that is what comes; else nothing is taken.
  std::vector<std::string> ReadVariables() {
    const size_t begin = at_;
    std::vector<std::string> names;
    while (at_ < text_.size() && text_[at_] == '$') {
      ++at_;
      names.push_back(ReadName());
      SkipBlanks();
      if (absl::StartsWith(text_.substr(at_), ":=")) {
        at_ += 2;
        return names;
      }
      if (absl::StartsWith(text_.substr(at_), "= ")) {
        ++at_;
        return names;
      }
      if (at_ >= text_.size() || text_[at_] != ',') break;
      ++at_;
      SkipBlanks();
    }
    at_ = begin;
    return {};
  }

  absl::StatusOr<Pipeline> ParsePipeline(int depth) {
    if (depth > 32) return Malformed("too deeply nested");
    Pipeline pipeline;
    SkipBlanks();
    pipeline.variables = ReadVariables();
    pipeline.commands.emplace_back();
    while (true) {
      SkipBlanks();
      if (at_ >= text_.size() || text_[at_] == ')') break;
      if (text_[at_] == '|') {
        ++at_;
        if (pipeline.commands.back().empty()) {
          return Malformed("missing value for command");
        }
        pipeline.commands.emplace_back();
        continue;
      }
      GANTRY_ASSIGN_OR_RETURN(Operand operand, ParseOperand(depth));
      pipeline.commands.back().push_back(std::move(operand));
    }
    if (pipeline.commands.back().empty()) {
      return Malformed("missing value for command");
    }
    return pipeline;
  }

  absl::StatusOr<Operand> ParseOperand(int depth) {
    Operand operand;
    const char c = text_[at_];
    if (c == '"' || c == '`') {
      GANTRY_ASSIGN_OR_RETURN(operand.literal, ReadString(text_, &at_));
    } else if (c == '(') {
      ++at_;
      GANTRY_ASSIGN_OR_RETURN(Pipeline inner, ParsePipeline(depth + 1));
      if (at_ >= text_.size()) return Malformed("unclosed left paren");
      ++at_;
      operand.kind = Operand::Kind::kPipeline;
      operand.pipeline = std::make_shared<Pipeline>(std::move(inner));
      operand.fields = ReadFields();
    } else if (c == '$') {
      ++at_;
      operand.kind = Operand::Kind::kVariable;
      operand.name = ReadName();
      operand.fields = ReadFields();
    } else if (c == '.') {
      operand.kind = Operand::Kind::kDot;
      operand.fields = ReadFields();
      if (operand.fields.empty()) ++at_;
    } else if (std::isdigit(static_cast<unsigned char>(c)) || c == '-') {
      const size_t begin = at_++;
      while (at_ < text_.size() &&
             (IsNameChar(text_[at_]) || text_[at_] == '.'))
        ++at_;
      return ParseNumber(text_.substr(begin, at_ - begin));
    } else if (IsNameChar(c)) {
      return ParseWord(ReadName());
    } else {
      return Malformed(absl::StrFormat("unexpected \"%c\" in command", c));
    }
    return operand;
  }

  static absl::StatusOr<Operand> ParseNumber(absl::string_view text) {
    Operand operand;
    int64_t integer;
    double real;
    if (absl::SimpleAtoi(text, &integer)) {
      operand.literal = integer;
    } else if (absl::SimpleAtod(text, &real)) {
      operand.literal = real;
    } else {
      return Malformed(absl::StrCat("bad number syntax: \"", text, "\""));
    }
    return operand;
  }

  static absl::StatusOr<Operand> ParseWord(std::string word) {
    static const auto& functions = *new std::set<std::string>{
        "json",  "index", "len",   "printf", "print", "println",  "join",
        "split", "lower", "upper", "title",  "eq",    "ne",       "lt",
        "le",    "gt",    "ge",    "and",    "or",    "truncate", "not"};
    Operand operand;
    if (word == "true" || word == "false") {
      operand.literal = word == "true";
    } else if (word != "nil") {
      if (functions.find(word) == functions.end()) {
        return Malformed(absl::StrCat("function \"", word, "\" not defined"));
      }
      operand.kind = Operand::Kind::kFunction;
      operand.name = std::move(word);
    }
    return operand;
  }

  absl::string_view text_;
  size_t at_ = 0;
};

// ---- Text and actions ---------------------------------------------------

struct Piece {
  bool is_action;
  std::string text;
};

// Where the action that begins at `at` ends: "}}" outside of quotes.
size_t FindEnd(absl::string_view text, size_t at) {
  char quote = '\0';
  for (; at + 1 < text.size(); ++at) {
    const char c = text[at];
    if (quote != '\0') {
      if (c == '\\' && quote == '"') {
        ++at;
      } else if (c == quote) {
        quote = '\0';
      }
    } else if (c == '"' || c == '`') {
      quote = c;
    } else if (c == '}' && text[at + 1] == '}') {
      return at;
    }
  }
  return absl::string_view::npos;
}

absl::StatusOr<std::vector<Piece>> SplitPieces(absl::string_view text) {
  std::vector<Piece> pieces;
  bool trim_next = false;
  while (!text.empty()) {
    const size_t begin = text.find("{{");
    std::string plain(text.substr(0, begin));
    if (trim_next) absl::StripLeadingAsciiWhitespace(&plain);
    if (begin == absl::string_view::npos) {
      pieces.push_back({false, std::move(plain)});
      break;
    }
    const size_t end = FindEnd(text, begin + 2);
    if (end == absl::string_view::npos) return Malformed("unclosed action");
    absl::string_view action = text.substr(begin + 2, end - begin - 2);
    if (absl::StartsWith(action, "- ")) {
      absl::StripTrailingAsciiWhitespace(&plain);
      action.remove_prefix(2);
    }
    trim_next = absl::EndsWith(action, " -");
    if (trim_next) action.remove_suffix(2);
    pieces.push_back({false, std::move(plain)});
    action = absl::StripAsciiWhitespace(action);
    if (!absl::StartsWith(action, "/*")) {
      pieces.push_back({true, std::string(action)});
    }
    text.remove_prefix(end + 2);
  }
  return pieces;
}

// Takes `word` off the front of `action` if it is its first word.
bool TakeWord(absl::string_view* action, absl::string_view word) {
  if (!absl::StartsWith(*action, word)) return false;
  if (action->size() > word.size() && IsNameChar((*action)[word.size()])) {
    return false;
  }
  *action = absl::StripLeadingAsciiWhitespace(action->substr(word.size()));
  return true;
}

class TreeParser {
 public:
  explicit TreeParser(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}

  absl::StatusOr<std::vector<Node>> ParseAll() {
    GANTRY_ASSIGN_OR_RETURN(std::vector<Node> nodes, ParseList(0));
    if (at_ < pieces_.size()) {
      return Malformed(absl::StrCat("unexpected {{", pieces_[at_].text, "}}"));
    }
    return nodes;
  }

 private:
  // Up to {{end}} or {{else …}}, which is left, or to the end.
  absl::StatusOr<std::vector<Node>> ParseList(int depth) {
    if (depth > 32) return Malformed("too deeply nested");
    std::vector<Node> nodes;
    for (; at_ < pieces_.size(); ++at_) {
      Node node;
      absl::string_view action = pieces_[at_].text;
      if (!pieces_[at_].is_action) {
        node.text = pieces_[at_].text;
        nodes.push_back(std::move(node));
        continue;
      }
      absl::string_view rest = action;
      if (TakeWord(&rest, "end") || TakeWord(&rest, "else")) return nodes;
      if (TakeWord(&rest, "if")) {
        node.kind = Node::Kind::kIf;
      } else if (TakeWord(&rest, "range")) {
        node.kind = Node::Kind::kRange;
      } else if (TakeWord(&rest, "with")) {
        node.kind = Node::Kind::kWith;
      } else {
        node.kind = Node::Kind::kAction;
      }
      GANTRY_ASSIGN_OR_RETURN(node.pipeline, ActionParser(rest).Parse());
      if (node.kind != Node::Kind::kAction) {
        ++at_;
        GANTRY_RETURN_IF_ERROR(ParseBlock(&node, depth));
      }
      nodes.push_back(std::move(node));
    }
    return nodes;
  }

  // Body and else of `node`; stands at the {{end}} afterwards.
  absl::Status ParseBlock(Node* node, int depth) {
    GANTRY_ASSIGN_OR_RETURN(node->body, ParseList(depth + 1));
    if (at_ >= pieces_.size()) return Malformed("unexpected EOF");
    absl::string_view action = pieces_[at_].text;
    if (!TakeWord(&action, "else")) return absl::OkStatus();
    Node chained;
    if (TakeWord(&action, "if")) {
      chained.kind = Node::Kind::kIf;
      GANTRY_ASSIGN_OR_RETURN(chained.pipeline, ActionParser(action).Parse());
      ++at_;
      GANTRY_RETURN_IF_ERROR(ParseBlock(&chained, depth + 1));
      node->otherwise.push_back(std::move(chained));
      return absl::OkStatus();
    }
    ++at_;
    GANTRY_ASSIGN_OR_RETURN(node->otherwise, ParseList(depth + 1));
    if (at_ >= pieces_.size()) return Malformed("unexpected EOF");
    return absl::OkStatus();
  }

  std::vector<Piece> pieces_;
  size_t at_ = 0;
};

// ---- Values -----------------------------------------------------------------

Json WithoutLabels(const Json& value) {
  Json shown = value;
  if (shown.is_object()) shown.erase(kLabels);
  return shown;
}

std::string Print(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return "<no value>";
  if (value.is_number_float())
    return absl::StrFormat("%g", value.get<double>());
  if (value.is_array()) {
    std::vector<std::string> parts;
    for (const Json& element : value) parts.push_back(Print(element));
    return absl::StrCat("[", absl::StrJoin(parts, " "), "]");
  }
  if (value.is_object()) {
    std::map<std::string, std::string> parts;
    for (const auto& [key, element] : value.items()) {
      if (key != kLabels)
        parts[key] = element.is_null() ? "<nil>" : Print(element);
    }
    return absl::StrCat(
        "map[", absl::StrJoin(parts, " ", absl::PairFormatter(":")), "]");
  }
  return PrintJson(value);
}

bool IsTrue(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return !value.empty();
}

absl::StatusOr<Json> Field(const Json& value, const std::string& name) {
  if (value.is_object()) {
    const auto it = value.find(name);
    if (it != value.end()) return *it;
  } else if (value.is_null()) {
    return Json();
  }
  return absl::InvalidArgumentError(absl::StrFormat(
      "template: :1:2: executing \"\" at <.%s>: %s", name,
      value.is_object()
          ? absl::StrFormat("map has no entry for key \"%s\"", name)
          : absl::StrFormat("can't evaluate field %s", name)));
}

absl::Status BadCall(absl::string_view function, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrFormat(
      "template: :1:2: executing \"\" at <%s>: error calling %s: %s", function,
      function, what));
}

absl::StatusOr<std::string> Printf(const std::vector<Json>& args) {
  const std::string format = Print(args[0]);
  std::string out;
  size_t next = 1;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out += format[i];
      continue;
    }
    size_t verb = i + 1;
    while (verb < format.size() &&
           !std::isalpha(static_cast<unsigned char>(format[verb])) &&
           format[verb] != '%') {
      ++verb;
    }
    if (verb >= format.size()) return BadCall("printf", "incomplete verb");
    const std::string flags = format.substr(i + 1, verb - i - 1);
    i = verb;
    if (format[verb] == '%') {
      out += '%';
      continue;
    }
    if (next >= args.size()) {
      absl::StrAppend(&out, "%!", format.substr(verb, 1), "(MISSING)");
      continue;
    }
    const Json& arg = args[next++];
    std::string text = Print(arg);
    if (format[verb] == 'q') text = Quote(text);
    if (format[verb] == 'x' && arg.is_number_integer()) {
      text = absl::StrFormat("%x", arg.get<int64_t>());
    }
    const bool left = absl::StartsWith(flags, "-");
    const bool zeros = absl::StartsWith(flags, "0");
    size_t width = 0;
    size_t most = 0;
    const std::vector<std::string> sizes =
        absl::StrSplit(left ? flags.substr(1) : flags, '.');
    if (!absl::SimpleAtoi(sizes[0], &width)) width = 0;
    if (sizes.size() > 1 && absl::SimpleAtoi(sizes[1], &most)) {
      if (arg.is_number()) {
        text = absl::StrFormat("%.*f",
                               static_cast<int>(std::min<size_t>(most, 20)),
                               arg.get<double>());
      } else {
        text = text.substr(0, most);
      }
    }
    width = std::min<size_t>(width, 1000);
    const std::string pad(width > text.size() ? width - text.size() : 0,
                          zeros && arg.is_number() ? '0' : ' ');
    absl::StrAppend(&out, left ? "" : pad, text, left ? pad : "");
  }
  return out;
}

absl::StatusOr<Json> Index(const std::vector<Json>& args) {
  Json value = args[0];
  for (size_t i = 1; i < args.size(); ++i) {
    if (value.is_object() && args[i].is_string()) {
      const auto it = value.find(args[i].get<std::string>());
      Json element = it == value.end() ? Json("") : *it;
      value = std::move(element);
    } else if (value.is_array() && args[i].is_number_integer()) {
      const int64_t at = args[i].get<int64_t>();
      if (at < 0 || at >= static_cast<int64_t>(value.size())) {
        return BadCall("index",
                       absl::StrCat("reflect: slice index out of range: ", at));
      }
      Json element = value[static_cast<size_t>(at)];
      value = std::move(element);
    } else if (value.is_null()) {
      return Json();
    } else {
      return BadCall("index", "can't index item of this type");
    }
  }
  return value;
}

absl::StatusOr<Json> Compare(const std::string& name,
                             const std::vector<Json>& args) {
  if (args.size() < 2) return BadCall(name, "missing argument for comparison");
  if (name == "eq") {
    return Json(
        std::any_of(args.begin() + 1, args.end(),
                    [&](const Json& other) { return other == args[0]; }));
  }
  if (name == "ne") return Json(args[0] != args[1]);
  const bool comparable = (args[0].is_number() && args[1].is_number()) ||
                          (args[0].is_string() && args[1].is_string());
  if (!comparable) return BadCall(name, "incompatible types for comparison");
  if (name == "lt") return Json(args[0] < args[1]);
  if (name == "le") return Json(args[0] <= args[1]);
  if (name == "gt") return Json(args[0] > args[1]);
  return Json(args[0] >= args[1]);
}

absl::StatusOr<Json> Length(const Json& value) {
  if (value.is_string()) {
    return Json(
        static_cast<int64_t>(value.get_ref<const std::string&>().size()));
  }
  if (value.is_object() || value.is_array() || value.is_null()) {
    return Json(static_cast<int64_t>(WithoutLabels(value).size()));
  }
  return BadCall("len", "len of this type");
}

std::string PrintAll(const std::vector<Json>& args, absl::string_view between) {
  std::vector<std::string> parts;
  for (const Json& arg : args) parts.push_back(Print(arg));
  return absl::StrJoin(parts, between);
}

std::string Title(std::string text) {
  bool first = true;
  for (char& c : text) {
    if (first) c = absl::ascii_toupper(c);
    first = absl::ascii_isspace(c);
  }
  return text;
}

absl::StatusOr<Json> Call(const std::string& name,
                          const std::vector<Json>& args) {
  if (args.empty() && name != "print" && name != "println") {
    return BadCall(name, "wrong number of args");
  }
  if (name == "json") return Json(PrintJson(WithoutLabels(args[0])));
  if (name == "index") return Index(args);
  if (name == "len") return Length(args[0]);
  if (name == "print") return Json(PrintAll(args, ""));
  if (name == "println") return Json(PrintAll(args, " ") + "\n");
  if (name == "lower") return Json(absl::AsciiStrToLower(Print(args[0])));
  if (name == "upper") return Json(absl::AsciiStrToUpper(Print(args[0])));
  if (name == "title") return Json(Title(Print(args[0])));
  if (name == "not") return Json(!IsTrue(args[0]));
  if (name == "printf") {
    GANTRY_ASSIGN_OR_RETURN(std::string text, Printf(args));
    return Json(std::move(text));
  }
  if (name == "and" || name == "or") {
    for (const Json& arg : args) {
      if (IsTrue(arg) == (name == "or")) return arg;
    }
    return args.back();
  }
  if (name == "join" || name == "split" || name == "truncate") {
    if (args.size() != 2) return BadCall(name, "wrong number of args");
    if (name == "truncate") {
      const size_t most =
          args[1].is_number_integer() ? args[1].get<size_t>() : 0;
      return Json(Print(args[0]).substr(0, most));
    }
    if (name == "split") {
      return Json(std::vector<std::string>(
          absl::StrSplit(Print(args[0]), Print(args[1]))));
    }
    if (!args[0].is_array()) return BadCall(name, "not a list");
    return Json(PrintAll(args[0].get<std::vector<Json>>(), Print(args[1])));
  }
  return Compare(name, args);
}

// ---- Execution --------------------------------------------------------------

class Execution {
 public:
  explicit Execution(const Json& root) { variables_[""] = root; }

  absl::Status Run(const std::vector<Node>& nodes, const Json& dot) {
    for (const Node& node : nodes) GANTRY_RETURN_IF_ERROR(RunNode(node, dot));
    return absl::OkStatus();
  }

  std::string TakeText() { return std::move(text_); }

 private:
  absl::Status RunNode(const Node& node, const Json& dot) {
    if (node.kind == Node::Kind::kText) {
      text_ += node.text;
      return absl::OkStatus();
    }
    GANTRY_ASSIGN_OR_RETURN(const Json value, Evaluate(node.pipeline, dot));
    if (node.kind == Node::Kind::kRange) return RunRange(node, value, dot);
    if (!node.pipeline.variables.empty()) {
      variables_[node.pipeline.variables.back()] = value;
      if (node.kind == Node::Kind::kAction) return absl::OkStatus();
    }
    if (node.kind == Node::Kind::kAction) {
      text_ += Print(value);
      return absl::OkStatus();
    }
    if (!IsTrue(value)) return Run(node.otherwise, dot);
    return Run(node.body, node.kind == Node::Kind::kWith ? value : dot);
  }

  absl::Status RunRange(const Node& node, const Json& value, const Json& dot) {
    if (!value.is_array() && !value.is_object() && !value.is_null()) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "template: :1:2: executing \"\": range can't iterate over %s",
          Print(value)));
    }
    const Json shown = WithoutLabels(value);
    if (shown.empty()) return Run(node.otherwise, dot);
    std::map<std::string, Json> sorted;
    int64_t position = 0;
    if (shown.is_object()) {
      for (const auto& [key, element] : shown.items()) sorted[key] = element;
      for (const auto& [key, element] : sorted) {
        GANTRY_RETURN_IF_ERROR(RunElement(node, Json(key), element));
      }
      return absl::OkStatus();
    }
    for (const Json& element : shown) {
      GANTRY_RETURN_IF_ERROR(RunElement(node, Json(position++), element));
    }
    return absl::OkStatus();
  }

  absl::Status RunElement(const Node& node, Json key, const Json& element) {
    const std::vector<std::string>& names = node.pipeline.variables;
    if (names.size() == 2) variables_[names[0]] = std::move(key);
    if (!names.empty()) variables_[names.back()] = element;
    return Run(node.body, element);
  }

  absl::StatusOr<Json> Evaluate(const Pipeline& pipeline, const Json& dot) {
    std::optional<Json> piped;
    for (const std::vector<Operand>& command : pipeline.commands) {
      GANTRY_ASSIGN_OR_RETURN(Json value, RunCommand(command, dot, piped));
      piped = std::move(value);
    }
    return *piped;
  }

  absl::StatusOr<Json> RunCommand(const std::vector<Operand>& command,
                                  const Json& dot,
                                  const std::optional<Json>& piped) {
    const Operand& first = command[0];
    std::vector<Json> args;
    for (size_t i = 1; i < command.size(); ++i) {
      GANTRY_ASSIGN_OR_RETURN(Json arg, ValueOf(command[i], dot));
      args.push_back(std::move(arg));
    }
    if (piped.has_value()) args.push_back(*piped);
    if (first.kind == Operand::Kind::kFunction) return Call(first.name, args);
    if (args.empty()) return ValueOf(first, dot);
    if (first.kind == Operand::Kind::kDot && first.fields.size() == 1 &&
        first.fields[0] == "Label" && dot.is_object() &&
        dot.contains(kLabels)) {
      return Index({dot[kLabels], args[0]});
    }
    return absl::InvalidArgumentError(
        "template: :1:2: executing \"\": can't give argument to non-function");
  }

  absl::StatusOr<Json> ValueOf(const Operand& operand, const Json& dot) {
    Json value;
    switch (operand.kind) {
      case Operand::Kind::kLiteral:
        return operand.literal;
      case Operand::Kind::kFunction:
        return Call(operand.name, {});
      case Operand::Kind::kDot:
        value = dot;
        break;
      case Operand::Kind::kVariable: {
        const auto it = variables_.find(operand.name);
        if (it == variables_.end()) {
          return Malformed(
              absl::StrCat("undefined variable \"$", operand.name, "\""));
        }
        value = it->second;
        break;
      }
      case Operand::Kind::kPipeline: {
        GANTRY_ASSIGN_OR_RETURN(value, Evaluate(*operand.pipeline, dot));
        break;
      }
    }
    for (const std::string& field : operand.fields) {
      GANTRY_ASSIGN_OR_RETURN(Json next, Field(value, field));
      value = std::move(next);
    }
    return value;
  }

  std::map<std::string, Json> variables_;  // "" is "$", the root.
  std::string text_;
};

}  // namespace

absl::StatusOr<GoTemplate> GoTemplate::Parse(absl::string_view text) {
  GANTRY_ASSIGN_OR_RETURN(std::vector<Piece> pieces, SplitPieces(text));
  for (Piece& piece : pieces) {
    if (piece.is_action) continue;
    piece.text =
        absl::StrReplaceAll(piece.text, {{"\\t", "\t"}, {"\\n", "\n"}});
  }
  GANTRY_ASSIGN_OR_RETURN(std::vector<Node> nodes,
                          TreeParser(std::move(pieces)).ParseAll());
  GoTemplate parsed;
  parsed.nodes_ = std::make_shared<const std::vector<Node>>(std::move(nodes));
  return parsed;
}

absl::StatusOr<std::string> GoTemplate::Execute(const Json& data) const {
  Execution execution(data);
  GANTRY_RETURN_IF_ERROR(execution.Run(*nodes_, data));
  return execution.TakeText();
}

}  // namespace gantry::ctl
