#include "ctl/output/template/template_parser.h"

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "ctl/output/template/go_literal.h"

namespace gantry::ctl {
namespace {

using TokenKind = Token::Kind;

constexpr int kMaxDepth = 100;

}  // namespace

absl::StatusOr<TemplateTree> TemplateParser::Parse(absl::string_view text,
                                                   absl::string_view name) {
  TemplateTree tree;
  tree.name = std::string(name);
  tree.source = std::string(text);
  TemplateLexer lexer(text);
  auto words = lexer.Scan();
  if (!words.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "template: ", name, ":", lexer.line(), ": ", words.status().message()));
  }
  TokenStream tokens(*std::move(words), name, text);
  TemplateParser parser(tokens, &tree);
  GANTRY_RETURN_IF_ERROR(parser.ParseAll());
  return tree;
}

absl::Status TemplateParser::ParseAll() {
  GANTRY_ASSIGN_OR_RETURN(const std::string word, ParseList(&tree_->nodes));
  if (word.empty()) return absl::OkStatus();
  return tokens_.Malformed(absl::StrCat("unexpected {{", word, "}}"));
}

absl::StatusOr<std::string> TemplateParser::ParseList(Nodes* nodes) {
  const absl::Cleanup leave = [this] { --depth_; };
  if (++depth_ > kMaxDepth) return tokens_.Malformed("too deeply nested");
  while (tokens_.Peek().kind != TokenKind::kEnd) {
    const Token& token = tokens_.Next();
    if (token.kind == TokenKind::kText) {
      TemplateNode node;
      node.text = token.text;
      nodes->push_back(std::move(node));
      continue;
    }
    GANTRY_ASSIGN_OR_RETURN(std::string word, ParseAction(nodes));
    if (!word.empty()) return word;
  }
  return std::string();
}

absl::StatusOr<std::string> TemplateParser::ParseAction(Nodes* nodes) {
  using Kind = TemplateNode::Kind;
  const Token token = tokens_.PeekNonSpace();
  const std::string word = token.kind == TokenKind::kWord ? token.text : "";
  const size_t before = tokens_.at();
  if (!word.empty()) tokens_.Next();
  absl::Status status;
  if (word == "end" || word == "else") return word;
  if (word == "if") {
    status = ParseControl(Kind::kIf, word, nodes);
  } else if (word == "range") {
    status = ParseControl(Kind::kRange, word, nodes);
  } else if (word == "with") {
    status = ParseControl(Kind::kWith, word, nodes);
  } else if (word == "define") {
    status =
        depth_ == 1 ? ParseDefinition() : tokens_.Unexpected(token, "command");
  } else if (word == "template") {
    status = ParseTemplateCall(nodes);
  } else if (word == "block") {
    status = ParseBlock(nodes);
  } else if (word == "break" || word == "continue") {
    if (range_depth_ == 0) {
      return tokens_.Malformed(
          absl::StrCat("{{", word, "}} outside {{range}}"));
    }
    status = tokens_.Expect(TokenKind::kRightDelimiter, "{{" + word + "}}");
    TemplateNode node;
    node.kind = word == "break" ? Kind::kBreak : Kind::kContinue;
    nodes->push_back(std::move(node));
  } else {
    tokens_.GoTo(before);
    TemplateNode node;
    node.kind = Kind::kAction;
    GANTRY_ASSIGN_OR_RETURN(
        node.pipeline, pipelines_.Parse("command", TokenKind::kRightDelimiter));
    nodes->push_back(std::move(node));
  }
  GANTRY_RETURN_IF_ERROR(status);
  return std::string();
}

absl::Status TemplateParser::ParseControl(TemplateNode::Kind kind,
                                          const std::string& word,
                                          Nodes* nodes) {
  const size_t variable_count = pipelines_.variables().size();
  TemplateNode node;
  node.kind = kind;
  GANTRY_ASSIGN_OR_RETURN(node.pipeline,
                          pipelines_.Parse(word, TokenKind::kRightDelimiter));
  const int ranges = kind == TemplateNode::Kind::kRange ? 1 : 0;
  range_depth_ += ranges;
  auto ended = ParseList(&node.body);
  range_depth_ -= ranges;
  GANTRY_RETURN_IF_ERROR(ended.status());
  if (ended->empty()) return tokens_.Malformed("unexpected EOF");
  if (*ended == "else") {
    GANTRY_RETURN_IF_ERROR(ParseElse(&node, word));
  } else {
    GANTRY_RETURN_IF_ERROR(tokens_.Expect(TokenKind::kRightDelimiter, "end"));
  }
  pipelines_.variables().resize(variable_count);
  nodes->push_back(std::move(node));
  return absl::OkStatus();
}

// After the word "else", up to {{end}}.
absl::Status TemplateParser::ParseElse(TemplateNode* node,
                                       const std::string& word) {
  const absl::Cleanup leave = [this] { --depth_; };
  if (++depth_ > kMaxDepth) return tokens_.Malformed("too deeply nested");
  const Token& token = tokens_.PeekNonSpace();
  if (word == "if" && token.kind == TokenKind::kWord && token.text == "if") {
    tokens_.Next();
    return ParseControl(node->kind, word, &node->otherwise);
  }
  GANTRY_RETURN_IF_ERROR(tokens_.Expect(TokenKind::kRightDelimiter, "else"));
  GANTRY_ASSIGN_OR_RETURN(const std::string ended, ParseList(&node->otherwise));
  if (ended.empty()) return tokens_.Malformed("unexpected EOF");
  if (ended != "end") return tokens_.Malformed("expected end; found {{else}}");
  return tokens_.Expect(TokenKind::kRightDelimiter, "end");
}

absl::StatusOr<std::string> TemplateParser::ParseTemplateName(
    absl::string_view context) {
  const Token& token = tokens_.NextNonSpace();
  const auto name = UnquoteGo(token.text);
  const bool is_string =
      token.kind == TokenKind::kString || token.kind == TokenKind::kRawString;
  if (!is_string || !name.has_value())
    return tokens_.Unexpected(token, context);
  return *name;
}

absl::Status TemplateParser::ParseDefinition() {
  GANTRY_ASSIGN_OR_RETURN(const std::string name,
                          ParseTemplateName("define clause"));
  GANTRY_RETURN_IF_ERROR(
      tokens_.Expect(TokenKind::kRightDelimiter, "define clause"));
  std::vector<std::string> outer = {"$"};
  std::swap(outer, pipelines_.variables());
  Nodes body;
  GANTRY_ASSIGN_OR_RETURN(const std::string ended, ParseList(&body));
  std::swap(outer, pipelines_.variables());
  if (ended.empty()) return tokens_.Malformed("unexpected EOF");
  if (ended != "end")
    return tokens_.Malformed("unexpected {{else}} in define clause");
  tree_->definitions[name] = std::move(body);
  return tokens_.Expect(TokenKind::kRightDelimiter, "end");
}

absl::Status TemplateParser::ParseTemplateCall(Nodes* nodes) {
  TemplateNode node;
  node.kind = TemplateNode::Kind::kTemplate;
  node.position = tokens_.Peek().position;
  GANTRY_ASSIGN_OR_RETURN(node.text, ParseTemplateName("template clause"));
  if (tokens_.PeekNonSpace().kind == TokenKind::kRightDelimiter) {
    tokens_.Next();
  } else {
    GANTRY_ASSIGN_OR_RETURN(
        node.pipeline,
        pipelines_.Parse("template clause", TokenKind::kRightDelimiter));
  }
  nodes->push_back(std::move(node));
  return absl::OkStatus();
}

absl::Status TemplateParser::ParseBlock(Nodes* nodes) {
  TemplateNode node;
  node.kind = TemplateNode::Kind::kTemplate;
  node.position = tokens_.Peek().position;
  GANTRY_ASSIGN_OR_RETURN(node.text, ParseTemplateName("block clause"));
  GANTRY_ASSIGN_OR_RETURN(
      node.pipeline,
      pipelines_.Parse("block clause", TokenKind::kRightDelimiter));
  std::vector<std::string> outer = {"$"};
  std::swap(outer, pipelines_.variables());
  Nodes body;
  GANTRY_ASSIGN_OR_RETURN(const std::string ended, ParseList(&body));
  std::swap(outer, pipelines_.variables());
  if (ended != "end") return tokens_.Malformed("unexpected EOF");
  tree_->definitions[node.text] = std::move(body);
  nodes->push_back(std::move(node));
  return tokens_.Expect(TokenKind::kRightDelimiter, "end");
}

}  // namespace gantry::ctl
