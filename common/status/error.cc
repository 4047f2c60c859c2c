#include "common/status/error.h"

#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace gantry {
namespace {

// The payload never leaves the process in this form: common/grpc turns it into
// google.rpc.ErrorInfo. Strings with their lengths: "6:REASON3:key5:value".
constexpr absl::string_view kPayloadUrl = "gantry.dev/error-reason";

void AppendString(std::string& out, absl::string_view value) {
  absl::StrAppend(&out, value.size(), ":", value);
}

std::optional<std::string> TakeString(absl::string_view& in) {
  const size_t colon = in.find(':');
  size_t length = 0;
  if (colon == absl::string_view::npos ||
      !absl::SimpleAtoi(in.substr(0, colon), &length) ||
      in.size() - colon - 1 < length) {
    return std::nullopt;
  }
  std::string value(in.substr(colon + 1, length));
  in.remove_prefix(colon + 1 + length);
  return value;
}

}  // namespace

absl::Status Error(absl::StatusCode code, absl::string_view reason,
                   absl::string_view message,
                   std::map<std::string, std::string> metadata) {
  return WithReason(absl::Status(code, message),
                    ErrorReason{std::string(reason), std::move(metadata)});
}

absl::Status WithReason(absl::Status status, ErrorReason reason) {
  if (status.ok()) return status;
  std::string payload;
  AppendString(payload, reason.reason);
  for (const auto& [key, value] : reason.metadata) {
    AppendString(payload, key);
    AppendString(payload, value);
  }
  status.SetPayload(kPayloadUrl, absl::Cord(payload));
  return status;
}

std::optional<ErrorReason> ReasonOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayloadUrl);
  if (!payload.has_value()) return std::nullopt;
  const std::string text(*payload);
  absl::string_view rest = text;
  ErrorReason result;
  std::optional<std::string> reason = TakeString(rest);
  if (!reason.has_value()) return std::nullopt;
  result.reason = *std::move(reason);
  while (!rest.empty()) {
    std::optional<std::string> key = TakeString(rest);
    std::optional<std::string> value = TakeString(rest);
    if (!key.has_value() || !value.has_value()) return std::nullopt;
    result.metadata.emplace(*std::move(key), *std::move(value));
  }
  return result;
}

absl::Status Annotate(const absl::Status& status, absl::string_view context) {
  if (status.ok()) return status;
  absl::Status annotated(status.code(),
                         absl::StrCat(context, ": ", status.message()));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    annotated.SetPayload(url, payload);
  });
  return annotated;
}

}  // namespace gantry
