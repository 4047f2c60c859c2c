// Writes log entries: each stream to its own descriptor, in order, gathered so
// that many short lines are one write.
//
// Threads: one at a time.

#ifndef GANTRY_CTL_COMMANDS_LOG_PRINTER_H_
#define GANTRY_CTL_COMMANDS_LOG_PRINTER_H_

#include <string>

#include "ctl/output/console.h"
#include "gantry/runtime/v1/container_service.pb.h"

namespace gantry::ctl {

class LogPrinter {
 public:
  // With `timestamps` each line begins with its time. `console` outlives it.
  LogPrinter(const Console& console, bool timestamps)
      : console_(console), timestamps_(timestamps) {}

  void Add(const runtime::v1::LogEntry& entry);
  // Writes what was gathered.
  void Flush();

 private:
  const Console& console_;
  const bool timestamps_;
  bool gathered_is_error_ = false;
  std::string gathered_;
  // Whether the next bytes of the streams begin a line: output, error.
  bool at_line_start_[2] = {true, true};
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_COMMANDS_LOG_PRINTER_H_
