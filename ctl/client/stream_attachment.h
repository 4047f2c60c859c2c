// An Attachment over a call of AttachContainer or ExecContainer, whose messages
// have the same form.

#ifndef GANTRY_CTL_CLIENT_STREAM_ATTACHMENT_H_
#define GANTRY_CTL_CLIENT_STREAM_ATTACHMENT_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/grpc/grpc_status.h"
#include "common/status/error.h"
#include "ctl/client/attachment.h"

namespace gantry::ctl {

template <typename Request, typename Response>
class StreamAttachment final : public Attachment {
 public:
  using Stream = grpc::ClientReaderWriter<Request, Response>;

  // Sends `open`. `stream` is a call that was made with `context`.
  StreamAttachment(std::unique_ptr<grpc::ClientContext> context,
                   std::unique_ptr<Stream> stream, const Request& open)
      : context_(std::move(context)), stream_(std::move(stream)) {
    stream_->Write(open);  // A failure is the status that reading ends with.
  }

  absl::StatusOr<int> ReadUntilExit(const Events& events) override {
    bool opened = false;
    bool ended = false;
    int exit_code = 0;
    Response response;
    while (stream_->Read(&response)) {
      if (response.has_output()) {
        events.on_output(response.output().stream(), response.output().data());
      } else if (response.has_opened()) {
        opened = true;
        events.on_opened();
      } else if (response.has_exit()) {
        ended = true;
        exit_code = response.exit().exit_code();
      }
    }
    const absl::Status status = FromGrpcStatus(stream_->Finish());
    if (ended) return exit_code;
    const bool broken = opened && absl::IsUnavailable(status);
    if (!status.ok() && !broken) return status;
    return Error(
        absl::StatusCode::kDataLoss, "ATTACH_BROKEN",
        absl::StrCat("the connection ended before the process did",
                     status.ok() ? "" : absl::StrCat(": ", status.message())));
  }

  bool SendInput(std::string bytes) override {
    Request request;
    request.set_input(std::move(bytes));
    return stream_->Write(request);
  }

  bool SendSize(const TerminalSize& size) override {
    Request request;
    request.mutable_resize()->set_rows(size.rows);
    request.mutable_resize()->set_columns(size.columns);
    return stream_->Write(request);
  }

  void EndInput() override { stream_->WritesDone(); }
  void Leave() override { context_->TryCancel(); }

 private:
  const std::unique_ptr<grpc::ClientContext> context_;
  const std::unique_ptr<Stream> stream_;
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_CLIENT_STREAM_ATTACHMENT_H_
