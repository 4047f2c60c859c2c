#include "ctl/output/template/template_functions.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/status/status_macros.h"
#include "ctl/output/template/go_format.h"
#include "ctl/output/template/go_printf.h"
#include "ctl/output/template/template_compare.h"

namespace gantry::ctl {
namespace {

using Kind = GoValue::Kind;
using Args = std::vector<GoValue>;
using Function = absl::StatusOr<GoValue> (*)(const Args& args);

constexpr int64_t kMaxPadding = 10000;

absl::Status Bad(absl::string_view what) {
  return absl::InvalidArgumentError(what);
}

GoValue Text(std::string text) { return GoValue(Json(std::move(text))); }

// ---- Values -----------------------------------------------------------------

absl::StatusOr<GoValue> Length(const Args& args) {
  switch (args[0].kind()) {
    case Kind::kString:
    case Kind::kList:
    case Kind::kMap:
      return GoValue(Json(static_cast<int64_t>(args[0].size())));
    case Kind::kNone:
      return Bad("len of nil pointer");
    default:
      return Bad(absl::StrCat("len of type ", args[0].TypeName()));
  }
}

// `value` as a position up to `end`.
absl::StatusOr<size_t> Position(const GoValue& value, size_t end) {
  if (value.kind() == Kind::kNone) {
    return Bad("cannot index slice/array with nil");
  }
  if (value.kind() != Kind::kInt) {
    return Bad(
        absl::StrCat("cannot index slice/array with type ", value.TypeName()));
  }
  if (value.AsInt() < 0 || value.AsInt() > static_cast<int64_t>(end)) {
    return Bad(absl::StrCat("index out of range: ", value.AsInt()));
  }
  return static_cast<size_t>(value.AsInt());
}

absl::StatusOr<GoValue> IndexOnce(const GoValue& item, const GoValue& index) {
  switch (item.kind()) {
    case Kind::kNone:
      return Bad("index of untyped nil");
    case Kind::kNil:
      return Bad("index of nil pointer");
    case Kind::kMap:
      if (index.kind() == Kind::kString) return item.Get(index.AsString());
      if (index.kind() == Kind::kNone)
        return Bad("value is nil; should be string");
      return Bad(absl::StrCat("value has type ", index.TypeName(),
                              "; should be string"));
    case Kind::kList:
    case Kind::kString: {
      GANTRY_ASSIGN_OR_RETURN(const size_t at, Position(index, item.size()));
      if (at == item.size()) {
        return Bad(absl::StrCat("index out of range: ", at));
      }
      if (item.kind() == Kind::kList) return item.At(at);
      const std::string text = item.AsString();
      return GoValue(Json(int64_t{static_cast<unsigned char>(text[at])}));
    }
    default:
      return Bad(absl::StrCat("can't index item of type ", item.TypeName()));
  }
}

absl::StatusOr<GoValue> Index(const Args& args) {
  GoValue item = args[0];
  for (size_t i = 1; i < args.size(); ++i) {
    GANTRY_ASSIGN_OR_RETURN(GoValue element, IndexOnce(item, args[i]));
    item = std::move(element);
  }
  return item;
}

absl::StatusOr<GoValue> Slice(const Args& args) {
  const GoValue& item = args[0];
  if (item.kind() == Kind::kNone) return Bad("slice of untyped nil");
  if (item.kind() != Kind::kList && item.kind() != Kind::kString) {
    return Bad(absl::StrCat("can't slice item of type ", item.TypeName()));
  }
  const size_t most = item.kind() == Kind::kString ? 3 : 4;
  if (args.size() > most) {
    return Bad(absl::StrCat("too many slice indexes: ", args.size() - 1));
  }
  size_t bounds[3] = {0, item.size(), item.size()};
  for (size_t i = 1; i < args.size(); ++i) {
    GANTRY_ASSIGN_OR_RETURN(bounds[i - 1], Position(args[i], item.size()));
  }
  if (bounds[0] > bounds[1] || bounds[1] > bounds[2]) {
    return Bad(absl::StrCat("invalid slice index: ", bounds[0], " > ",
                            std::min(bounds[1], bounds[2])));
  }
  if (item.kind() == Kind::kString) {
    return Text(item.AsString().substr(bounds[0], bounds[1] - bounds[0]));
  }
  Json part = Json::array();
  for (size_t i = bounds[0]; i < bounds[1]; ++i) {
    part.push_back(item.json()[i]);
  }
  return GoValue(std::move(part), item.type());
}

absl::StatusOr<GoValue> Not(const Args& args) {
  return GoValue(Json(!args[0].IsTrue()));
}

absl::StatusOr<GoValue> CallValue(const Args& args) {
  if (args[0].kind() == Kind::kNone) return Bad("call of nil");
  return Bad(absl::StrCat("non-function of type ", args[0].TypeName()));
}

// ---- Printing ---------------------------------------------------------------

// Blanks between two that are not strings.
std::string PrintAll(const Args& args) {
  std::string out;
  for (size_t i = 0; i < args.size(); ++i) {
    if (i > 0 && args[i].kind() != Kind::kString &&
        args[i - 1].kind() != Kind::kString) {
      out += ' ';
    }
    out += FormatValue(args[i], FormatSpec(), 0);
  }
  return out;
}

absl::StatusOr<GoValue> Print(const Args& args) { return Text(PrintAll(args)); }

absl::StatusOr<GoValue> Println(const Args& args) {
  return Text(absl::StrCat(
      absl::StrJoin(args, " ",
                    [](std::string* out, const GoValue& arg) {
                      absl::StrAppend(out, FormatValue(arg, FormatSpec(), 0));
                    }),
      "\n"));
}

absl::StatusOr<GoValue> Printf(const Args& args) {
  return Text(GoPrintf(args[0].AsString(), Args(args.begin() + 1, args.end())));
}

absl::StatusOr<GoValue> PrintAsJson(const Args& args) {
  return Text(args[0].PrintAsJson());
}

absl::StatusOr<GoValue> Html(const Args& args) {
  return Text(absl::StrReplaceAll(PrintAll(args), {{"\"", "&#34;"},
                                                   {"'", "&#39;"},
                                                   {"&", "&amp;"},
                                                   {"<", "&lt;"},
                                                   {">", "&gt;"}}));
}

absl::StatusOr<GoValue> Js(const Args& args) {
  static constexpr absl::string_view kInHex = "<>&=";
  std::string out;
  for (const char c : PrintAll(args)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\' || c == '\'' || c == '"') {
      absl::StrAppend(&out, "\\", std::string(1, c));
    } else if (byte < 0x20 || kInHex.find(c) != absl::string_view::npos) {
      absl::StrAppendFormat(&out, "\\u%04X", byte);
    } else {
      out += c;
    }
  }
  return Text(std::move(out));
}

absl::StatusOr<GoValue> UrlQuery(const Args& args) {
  std::string out;
  for (const char c : PrintAll(args)) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) ||
        absl::StrContains("-_.~", std::string(1, c))) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      absl::StrAppendFormat(&out, "%%%02X", byte);
    }
  }
  return Text(std::move(out));
}

// ---- Texts ------------------------------------------------------------------

absl::StatusOr<GoValue> Lower(const Args& args) {
  return Text(absl::AsciiStrToLower(args[0].AsString()));
}

absl::StatusOr<GoValue> Upper(const Args& args) {
  return Text(absl::AsciiStrToUpper(args[0].AsString()));
}

// The first letter of each word; letters, digits and underscores are words.
absl::StatusOr<GoValue> Title(const Args& args) {
  std::string text = args[0].AsString();
  bool in_word = false;
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (!in_word) c = absl::ascii_toupper(byte);
    in_word =
        absl::ascii_isalnum(byte) || c == '_' || c == '\'' || byte >= 0x80;
  }
  return Text(std::move(text));
}

absl::StatusOr<GoValue> Split(const Args& args) {
  const std::string text = args[0].AsString();
  const std::string between = args[1].AsString();
  std::vector<std::string> parts;
  if (!text.empty() || !between.empty()) {
    parts = absl::StrSplit(text, between);
  }
  return GoValue(Json(parts), GoType::Strings());
}

absl::StatusOr<GoValue> Join(const Args& args) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < args[0].size(); ++i) {
    parts.push_back(args[0].At(i).AsString());
  }
  return Text(absl::StrJoin(parts, args[1].AsString()));
}

absl::StatusOr<GoValue> Pad(const Args& args) {
  const std::string text = args[0].AsString();
  if (text.empty()) return Text(text);
  const int64_t before = args[1].AsInt();
  const int64_t after = args[2].AsInt();
  if (before < 0 || after < 0 || before > kMaxPadding || after > kMaxPadding) {
    return Bad(absl::StrCat("padding must be 0 to ", kMaxPadding));
  }
  return Text(absl::StrCat(std::string(static_cast<size_t>(before), ' '), text,
                           std::string(static_cast<size_t>(after), ' ')));
}

absl::StatusOr<GoValue> Truncate(const Args& args) {
  const int64_t most = args[1].AsInt();
  if (most < 0) return Bad("slice bounds out of range");
  return Text(args[0].AsString().substr(0, static_cast<size_t>(most)));
}

// ---- The table of functions -------------------------------------------------

struct Entry {
  // A letter an argument: "s" string, "i" integer, "l" list of strings, "a"
  // anything; "*" for any number of any kind.
  absl::string_view arguments;
  Function call;
};

const std::map<absl::string_view, Entry>& Functions() {
  static const auto& functions = *new std::map<absl::string_view, Entry>{
      {"and", {"a*", nullptr}},
      {"call", {"a*", CallValue}},
      {"eq", {"a*", Equal}},
      {"ge", {"aa", GreaterOrEqual}},
      {"gt", {"aa", Greater}},
      {"html", {"*", Html}},
      {"index", {"a*", Index}},
      {"join", {"ls", Join}},
      {"js", {"*", Js}},
      {"json", {"a", PrintAsJson}},
      {"le", {"aa", LessOrEqual}},
      {"len", {"a", Length}},
      {"lower", {"s", Lower}},
      {"lt", {"aa", Less}},
      {"ne", {"aa", NotEqual}},
      {"not", {"a", Not}},
      {"or", {"a*", nullptr}},
      {"pad", {"sii", Pad}},
      {"print", {"*", Print}},
      {"printf", {"s*", Printf}},
      {"println", {"*", Println}},
      {"slice", {"a*", Slice}},
      {"split", {"ss", Split}},
      {"title", {"s", Title}},
      {"truncate", {"si", Truncate}},
      {"upper", {"s", Upper}},
      {"urlquery", {"*", UrlQuery}},
  };
  return functions;
}

bool IsListOfStrings(const GoValue& value) {
  if (value.kind() != Kind::kList) return false;
  for (size_t i = 0; i < value.size(); ++i) {
    if (value.At(i).kind() != Kind::kString) return false;
  }
  return true;
}

}  // namespace

bool IsTemplateFunction(absl::string_view name) {
  return Functions().count(name) > 0;
}

absl::Status CheckArgumentCount(absl::string_view name, size_t count) {
  absl::string_view wanted = Functions().at(name).arguments;
  const bool any_more = absl::EndsWith(wanted, "*");
  if (any_more) wanted.remove_suffix(1);
  if (count == wanted.size() || (any_more && count > wanted.size())) {
    return absl::OkStatus();
  }
  return Bad(absl::StrCat("wrong number of args for ", name, ": want ",
                          any_more ? "at least " : "", wanted.size(), " got ",
                          count));
}

absl::Status CheckArgument(absl::string_view name, size_t index,
                           const GoValue& value) {
  const absl::string_view wanted = Functions().at(name).arguments;
  const char letter = index < wanted.size() ? wanted[index] : '*';
  const bool raw = value.IsRawNumber();
  bool fits = true;
  absl::string_view type;
  if (letter == 's') {
    type = "string";
    fits = value.kind() == Kind::kString && !raw;
  } else if (letter == 'i') {
    type = "int";
    fits = value.kind() == Kind::kInt;
  } else if (letter == 'l') {
    type = "[]string";
    fits = IsListOfStrings(value);
  }
  if (fits) return absl::OkStatus();
  if (value.kind() == Kind::kNone) {
    return Bad(absl::StrCat("invalid value; expected ", type));
  }
  return Bad(absl::StrCat("wrong type for value; expected ", type, "; got ",
                          value.TypeName()));
}

absl::StatusOr<GoValue> CallTemplateFunction(absl::string_view name,
                                             const std::vector<GoValue>& args) {
  return Functions().at(name).call(args);
}

bool LeavesHeading(absl::string_view name) {
  static constexpr absl::string_view kNames[] = {
      "join", "json", "lower", "split", "title", "truncate", "upper"};
  return std::find(std::begin(kNames), std::end(kNames), name) !=
         std::end(kNames);
}

}  // namespace gantry::ctl
