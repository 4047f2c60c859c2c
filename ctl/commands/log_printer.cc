#include "ctl/commands/log_printer.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ctl/commands/container_view.h"
#include "ctl/output/human.h"

namespace gantry::ctl {
namespace {

constexpr size_t kMostGathered = 256 * 1024;

}  // namespace

void LogPrinter::Add(const runtime::v1::LogEntry& entry) {
  const bool is_error = entry.stream() == runtime::v1::OUTPUT_STREAM_STDERR;
  if (is_error != gathered_is_error_ || gathered_.size() >= kMostGathered) {
    Flush();
  }
  gathered_is_error_ = is_error;
  bool& at_line_start = at_line_start_[is_error ? 1 : 0];
  if (timestamps_ && at_line_start) {
    absl::StrAppend(&gathered_, IsoTime(ToTime(entry.time())), " ");
  }
  gathered_ += entry.data();
  if (!entry.data().empty()) at_line_start = entry.data().back() == '\n';
}

void LogPrinter::Flush() {
  if (gathered_is_error_) {
    console_.Err(gathered_);
  } else {
    console_.Out(gathered_);
  }
  gathered_.clear();
}

}  // namespace gantry::ctl
