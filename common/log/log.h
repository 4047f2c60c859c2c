// Log lines of a service on standard error, one event a line in logfmt:
//
//   time=2025-01-02T03:04:05.678Z level=info service=image msg="image loaded"
//   image=sha256:…
//
// Threads: from any. A line is one write(2), so that lines never mix.

#ifndef GANTRY_COMMON_LOG_LOG_H_
#define GANTRY_COMMON_LOG_LOG_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace gantry {

using LogFields = std::vector<std::pair<absl::string_view, std::string>>;

// Names the service in all later lines. Call once, before any thread is made.
void InitLog(absl::string_view service);

void LogInfo(absl::string_view message, const LogFields& fields = {});
void LogWarning(absl::string_view message, const LogFields& fields = {});
void LogError(absl::string_view message, const LogFields& fields = {});

// The line without its time and its end: `level=info service=… msg="…" k=v`.
// Values are quoted where they hold a space, a quote, "=" or a control
// character.
std::string FormatLogLine(absl::string_view level, absl::string_view service,
                          absl::string_view message, const LogFields& fields);

}  // namespace gantry

#endif  // GANTRY_COMMON_LOG_LOG_H_
