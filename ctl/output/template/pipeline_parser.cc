#include "ctl/output/template/pipeline_parser.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/status_macros.h"
#include "ctl/output/human.h"
#include "ctl/output/template/go_literal.h"
#include "ctl/output/template/template_functions.h"

namespace gantry::ctl {
namespace {

using Operand = TemplateOperand;
using TokenKind = Token::Kind;

constexpr int kMaxDepth = 100;

bool BeginsOperand(TokenKind kind) {
  switch (kind) {
    case TokenKind::kWord:
    case TokenKind::kField:
    case TokenKind::kVariable:
    case TokenKind::kDot:
    case TokenKind::kNumber:
    case TokenKind::kCharacter:
    case TokenKind::kString:
    case TokenKind::kRawString:
    case TokenKind::kLeftParen:
      return true;
    default:
      return false;
  }
}

std::string TextOf(const TemplateCommand& command) {
  return absl::StrJoin(command.operands, " ",
                       [](std::string* out, const Operand& operand) {
                         absl::StrAppend(out, operand.text);
                       });
}

std::string TextOf(const TemplatePipeline& pipeline) {
  const std::string commands =
      absl::StrJoin(pipeline.commands, " | ",
                    [](std::string* out, const TemplateCommand& command) {
                      absl::StrAppend(out, command.text);
                    });
  if (pipeline.variables.empty()) return commands;
  return absl::StrCat(absl::StrJoin(pipeline.variables, ", "),
                      pipeline.assigns ? " = " : " := ", commands);
}

}  // namespace

absl::Status PipelineParser::ParseDeclarations(TemplatePipeline* pipeline,
                                               absl::string_view context) {
  while (tokens_.PeekNonSpace().kind == TokenKind::kVariable) {
    const size_t before = tokens_.at();
    const std::string name = tokens_.Next().text;
    const TokenKind next = tokens_.PeekNonSpace().kind;
    if (next == TokenKind::kComma) {
      tokens_.Next();
      pipeline->variables.push_back(name);
      if (context != "range" || pipeline->variables.size() > 1) {
        return tokens_.Malformed(
            absl::StrCat("too many declarations in ", context));
      }
      if (tokens_.PeekNonSpace().kind != TokenKind::kVariable) {
        return tokens_.Malformed("range can only initialize variables");
      }
      continue;
    }
    if (next == TokenKind::kDeclare || next == TokenKind::kAssign) {
      tokens_.Next();
      pipeline->variables.push_back(name);
      pipeline->assigns = next == TokenKind::kAssign;
      return absl::OkStatus();
    }
    tokens_.GoTo(before);
    break;
  }
  if (pipeline->variables.empty()) return absl::OkStatus();
  return tokens_.Malformed("range can only initialize variables");
}

absl::StatusOr<TemplatePipeline> PipelineParser::Parse(
    absl::string_view context, TokenKind end) {
  const absl::Cleanup leave = [this] { --depth_; };
  if (++depth_ > kMaxDepth) return tokens_.Malformed("too deeply nested");
  TemplatePipeline pipeline;
  pipeline.position = tokens_.PeekNonSpace().position;
  GANTRY_RETURN_IF_ERROR(ParseDeclarations(&pipeline, context));
  while (tokens_.PeekNonSpace().kind != end) {
    if (!BeginsOperand(tokens_.Peek().kind))
      return tokens_.Unexpected(tokens_.Next(), context);
    GANTRY_ASSIGN_OR_RETURN(TemplateCommand command, ParseCommand());
    pipeline.commands.push_back(std::move(command));
  }
  tokens_.Next();
  GANTRY_RETURN_IF_ERROR(CheckPipeline(pipeline, context));
  pipeline.text = TextOf(pipeline);
  if (!pipeline.assigns) {
    variables_.insert(variables_.end(), pipeline.variables.begin(),
                      pipeline.variables.end());
  }
  return pipeline;
}

absl::Status PipelineParser::CheckPipeline(const TemplatePipeline& pipeline,
                                           absl::string_view context) const {
  if (pipeline.commands.empty()) {
    return tokens_.Malformed(absl::StrCat("missing value for ", context));
  }
  for (size_t i = 1; i < pipeline.commands.size(); ++i) {
    const Operand::Kind kind = pipeline.commands[i].operands[0].kind;
    if (kind == Operand::Kind::kLiteral || kind == Operand::Kind::kDot ||
        kind == Operand::Kind::kNil) {
      return tokens_.Malformed(
          absl::StrCat("non executable command in pipeline stage ", i + 1));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<TemplateCommand> PipelineParser::ParseCommand() {
  TemplateCommand command;
  command.position = tokens_.PeekNonSpace().position;
  while (BeginsOperand(tokens_.PeekNonSpace().kind)) {
    GANTRY_ASSIGN_OR_RETURN(Operand operand, ParseOperand());
    command.operands.push_back(std::move(operand));
    const TokenKind next = tokens_.Peek().kind;
    if (next == TokenKind::kSpace) continue;
    if (next != TokenKind::kRightDelimiter && next != TokenKind::kRightParen &&
        next != TokenKind::kPipe) {
      return tokens_.Unexpected(tokens_.Next(), "operand");
    }
  }
  if (tokens_.PeekNonSpace().kind == TokenKind::kPipe) tokens_.Next();
  command.text = TextOf(command);
  return command;
}

absl::StatusOr<TemplateOperand> PipelineParser::ParseOperand() {
  GANTRY_ASSIGN_OR_RETURN(Operand operand, ParseTerm());
  if (tokens_.Peek().kind != TokenKind::kField) return operand;
  if (operand.kind == Operand::Kind::kLiteral ||
      operand.kind == Operand::Kind::kDot ||
      operand.kind == Operand::Kind::kNil) {
    return tokens_.Malformed(
        absl::StrCat("unexpected . after term ", Quote(operand.text)));
  }
  operand.position = tokens_.Peek().position;
  while (tokens_.Peek().kind == TokenKind::kField) {
    const Token& token = tokens_.Next();
    operand.fields.push_back(token.text.substr(1));
    operand.text += token.text;
  }
  return operand;
}

absl::StatusOr<TemplateOperand> PipelineParser::ParseTerm() {
  const Token token = tokens_.NextNonSpace();
  Operand operand;
  operand.text = token.text;
  operand.position = token.position;
  switch (token.kind) {
    case TokenKind::kWord:
      return ParseWord(token);
    case TokenKind::kDot:
      return operand;
    case TokenKind::kField:
      operand.kind = Operand::Kind::kField;
      operand.fields.push_back(token.text.substr(1));
      return operand;
    case TokenKind::kVariable:
      if (std::find(variables_.begin(), variables_.end(), token.text) ==
          variables_.end()) {
        return tokens_.Malformed(
            absl::StrCat("undefined variable ", Quote(token.text)));
      }
      operand.kind = Operand::Kind::kVariable;
      operand.name = token.text;
      return operand;
    case TokenKind::kLeftParen: {
      GANTRY_ASSIGN_OR_RETURN(
          TemplatePipeline inner,
          Parse("parenthesized pipeline", TokenKind::kRightParen));
      operand.kind = Operand::Kind::kPipeline;
      operand.text = absl::StrCat("(", inner.text, ")");
      operand.pipeline =
          std::make_shared<const TemplatePipeline>(std::move(inner));
      return operand;
    }
    default:
      return ParseLiteral(token);
  }
}

absl::StatusOr<TemplateOperand> PipelineParser::ParseLiteral(
    const Token& token) const {
  Operand operand;
  operand.text = token.text;
  operand.position = token.position;
  operand.kind = Operand::Kind::kLiteral;
  if (token.kind == TokenKind::kNumber) {
    const auto number = ParseGoNumber(token.text);
    if (!number.has_value()) {
      return tokens_.Malformed(
          absl::StrCat("bad number syntax: ", Quote(token.text)));
    }
    operand.literal = GoValue(*number);
    return operand;
  }
  const auto text = token.kind == TokenKind::kRawString
                        ? token.text.substr(1, token.text.size() - 2)
                        : UnquoteGo(token.text);
  if (!text.has_value()) return tokens_.Malformed("invalid syntax");
  operand.literal = token.kind == TokenKind::kCharacter
                        ? GoValue(Json(DecodeUtf8(*text)))
                        : GoValue(Json(*text));
  return operand;
}

absl::StatusOr<TemplateOperand> PipelineParser::ParseWord(
    const Token& token) const {
  Operand operand;
  operand.text = token.text;
  operand.position = token.position;
  if (token.text == "true" || token.text == "false") {
    operand.kind = Operand::Kind::kLiteral;
    operand.literal = GoValue(Json(token.text == "true"));
  } else if (token.text == "nil") {
    operand.kind = Operand::Kind::kNil;
  } else if (IsTemplateFunction(token.text)) {
    operand.kind = Operand::Kind::kFunction;
    operand.name = token.text;
  } else {
    return tokens_.Malformed(
        absl::StrCat("function ", Quote(token.text), " not defined"));
  }
  return operand;
}

}  // namespace gantry::ctl
