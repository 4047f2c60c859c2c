#include "ctl/output/template/go_printf.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "ctl/output/template/go_format.h"

namespace gantry::ctl {
namespace {

using Kind = GoValue::Kind;

constexpr int kMaxWidth = 10000;

FormatSpec AsText(FormatSpec spec) {
  spec.verb = 's';
  return spec;
}

// One call of printf.
class Printer {
 public:
  Printer(absl::string_view format, const std::vector<GoValue>& args)
      : format_(format), args_(args) {}

  std::string Print() {
    while (at_ < format_.size()) {
      const size_t percent = std::min(format_.find('%', at_), format_.size());
      absl::StrAppend(&out_, format_.substr(at_, percent - at_));
      at_ = percent + 1;
      if (percent < format_.size()) PrintVerb();
    }
    if (!reordered_ && next_ < args_.size()) PrintExtra();
    return std::move(out_);
  }

 private:
  bool Take(char c) {
    if (at_ >= format_.size() || format_[at_] != c) return false;
    ++at_;
    return true;
  }

  void TakeFlags(FormatSpec* spec) {
    for (; at_ < format_.size(); ++at_) {
      switch (format_[at_]) {
        case '+':
          spec->plus = true;
          break;
        case '-':
          spec->minus = true;
          break;
        case '#':
          spec->sharp = true;
          break;
        case ' ':
          spec->space = true;
          break;
        case '0':
          spec->zero = true;
          break;
        default:
          return;
      }
    }
  }

  // "[2]": which argument is next.
  void TakeIndex() {
    if (at_ >= format_.size() || format_[at_] != '[') return;
    reordered_ = true;
    const size_t end = format_.find(']', at_);
    int index = 0;
    if (end == absl::string_view::npos ||
        !absl::SimpleAtoi(format_.substr(at_ + 1, end - at_ - 1), &index) ||
        index < 1 || static_cast<size_t>(index) > args_.size()) {
      good_index_ = false;
      at_ = end == absl::string_view::npos ? at_ + 1 : end + 1;
      return;
    }
    next_ = static_cast<size_t>(index) - 1;
    at_ = end + 1;
  }

  // "12", or "*" for an argument; FormatSpec::kUnset if there is neither.
  int TakeNumber(absl::string_view complaint) {
    int number = FormatSpec::kUnset;
    if (Take('*')) {
      if (next_ < args_.size() && args_[next_].kind() == Kind::kInt &&
          std::abs(args_[next_].AsInt()) <= kMaxWidth) {
        number = static_cast<int>(args_[next_].AsInt());
      } else {
        absl::StrAppend(&out_, complaint);
      }
      ++next_;
      return number;
    }
    const size_t begin = at_;
    while (at_ < format_.size() && absl::ascii_isdigit(format_[at_])) ++at_;
    if (at_ == begin) return FormatSpec::kUnset;
    if (!absl::SimpleAtoi(format_.substr(begin, at_ - begin), &number) ||
        number > kMaxWidth) {
      absl::StrAppend(&out_, complaint);
      return FormatSpec::kUnset;
    }
    return number;
  }

  void PrintVerb() {
    FormatSpec spec;
    good_index_ = true;
    TakeFlags(&spec);
    TakeIndex();
    spec.width = TakeNumber("%!(BADWIDTH)");
    if (spec.width < FormatSpec::kUnset) {
      spec.minus = true;
      spec.width = -spec.width;
    }
    if (Take('.')) {
      TakeIndex();
      spec.precision = std::max(0, TakeNumber("%!(BADPREC)"));
    }
    TakeIndex();
    if (at_ >= format_.size()) {
      out_ += "%!(NOVERB)";
      return;
    }
    spec.verb = format_[at_++];
    if (spec.verb == '%') {
      out_ += '%';
    } else if (!good_index_) {
      absl::StrAppendFormat(&out_, "%%!%c(BADINDEX)", spec.verb);
    } else if (next_ >= args_.size()) {
      absl::StrAppendFormat(&out_, "%%!%c(MISSING)", spec.verb);
    } else {
      PrintArgument(args_[next_++], spec);
    }
  }

  void PrintArgument(const GoValue& value, const FormatSpec& spec) {
    if (spec.verb == 'T') {
      out_ += FormatValue(GoValue(Json(value.TypeName())), AsText(spec), 0);
    } else {
      out_ += FormatValue(value, spec, 0);
    }
  }

  void PrintExtra() {
    std::vector<std::string> extra;
    for (; next_ < args_.size(); ++next_) {
      const GoValue& value = args_[next_];
      extra.push_back(
          value.kind() == Kind::kNone
              ? "<nil>"
              : absl::StrCat(value.TypeName(), "=", GoFormat(value)));
    }
    absl::StrAppend(&out_, "%!(EXTRA ", absl::StrJoin(extra, ", "), ")");
  }

  absl::string_view format_;
  const std::vector<GoValue>& args_;
  size_t at_ = 0;
  size_t next_ = 0;
  bool reordered_ = false;
  bool good_index_ = true;
  std::string out_;
};

}  // namespace

std::string GoPrintf(absl::string_view format,
                     const std::vector<GoValue>& args) {
  return Printer(format, args).Print();
}

}  // namespace gantry::ctl
