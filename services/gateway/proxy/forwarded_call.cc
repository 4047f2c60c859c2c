#include "services/gateway/proxy/forwarded_call.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/client_callback.h>

#include <atomic>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/grpc/grpc_status.h"
#include "common/status/error.h"
#include "common/sync/mutex.h"

namespace gantry::gateway {
namespace {

constexpr char kReservedPrefix[] = "x-gantry-";

// What belongs to a connection and not to the call, and what only the gateway
// says.
bool IsPassedOn(absl::string_view key) {
  return key != "user-agent" && key != "content-type" && key != "te" &&
         key != "host" && !absl::StartsWith(key, ":") &&
         !absl::StartsWith(key, "grpc-") &&
         !absl::StartsWith(key, kReservedPrefix);
}

std::string ToString(const grpc::string_ref& text) {
  return {text.data(), text.size()};
}

// A connection that failed says so in gRPC's words; ours say what to do.
grpc::Status Explained(const grpc::Status& status, const std::string& backend) {
  if (status.error_code() != grpc::StatusCode::UNAVAILABLE ||
      !status.error_details().empty()) {
    return status;
  }
  return ToGrpcStatus(
      Error(absl::StatusCode::kUnavailable, "BACKEND_UNAVAILABLE",
            absl::StrCat("the ", backend,
                         " service does not answer; see \"scripts/platform "
                         "status\" and its log"),
            {{"backend", backend}}));
}

class ForwardedCall {
 public:
  ForwardedCall(grpc::GenericCallbackServerContext* context, Route& route,
                const std::map<std::string, std::string>& metadata, CallEnd end)
      : server_context_(context),
        client_context_(
            grpc::ClientContext::FromCallbackServerContext(*context)),
        route_(route),
        end_(std::move(end)),
        front_(*this),
        back_(*this) {
    for (const auto& [key, value] : context->client_metadata()) {
      const std::string name = ToString(key);
      if (IsPassedOn(name)) client_context_->AddMetadata(name, ToString(value));
    }
    for (const auto& [key, value] : metadata)
      client_context_->AddMetadata(key, value);
  }

  grpc::ServerGenericBidiReactor* Start() {
    route_.stub->PrepareBidiStreamingCall(client_context_.get(),
                                          server_context_->method(),
                                          grpc::StubOptions(), &back_);
    // One for each direction: both are driven from the front's callbacks too.
    back_.AddMultipleHolds(2);
    back_.StartCall();
    back_.StartRead(&response_);
    front_.StartRead(&request_);
    return &front_;
  }

 private:
  // The client's side.
  class Front : public grpc::ServerGenericBidiReactor {
   public:
    explicit Front(ForwardedCall& call) : call_(call) {}
    void OnReadDone(bool ok) override { call_.RequestRead(ok); }
    void OnWriteDone(bool ok) override { call_.ResponseWritten(ok); }
    void OnCancel() override { call_.client_context_->TryCancel(); }
    void OnDone() override {
      call_.end_(call_.status_);
      call_.Release();
    }

   private:
    ForwardedCall& call_;
  };

  // The backend's side.
  class Back
      : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
   public:
    explicit Back(ForwardedCall& call) : call_(call) {}
    void OnReadInitialMetadataDone(bool ok) override { call_.MetadataRead(ok); }
    void OnReadDone(bool ok) override { call_.ResponseRead(ok); }
    void OnWriteDone(bool ok) override { call_.RequestWritten(ok); }
    void OnDone(const grpc::Status& status) override { call_.BackDone(status); }

   private:
    ForwardedCall& call_;
  };

  // --- Requests: read in front, written behind, in turns.

  void RequestRead(bool ok) {
    {
      MutexLock lock(mu_);
      reading_request_ = false;
      // The backend has ended the call: nobody wants this request any more.
      if (requests_closed_) return;
      if (!ok) requests_closed_ = true;
    }
    if (ok) {
      back_.StartWrite(&request_);
      return;
    }
    // One who has gone did not say that these were all its requests.
    if (server_context_->IsCancelled()) {
      client_context_->TryCancel();
    } else {
      back_.StartWritesDone();
    }
    back_.RemoveHold();
  }

  void RequestWritten(bool ok) {
    {
      MutexLock lock(mu_);
      if (ok && !responses_closed_) {
        reading_request_ = true;
        // Under the lock: once it is free the call may end and the front go.
        front_.StartRead(&request_);
        return;
      }
      requests_closed_ = true;
    }
    back_.RemoveHold();
  }

  // --- Responses: read behind, written in front, in turns.

  // The first response waits for the backend's metadata, which it sends ahead.
  void MetadataRead(bool ok) {
    if (ok) AddInitialMetadata();
    bool write = false;
    {
      MutexLock lock(mu_);
      metadata_read_ = true;
      write = response_waits_;
    }
    if (write) front_.StartWrite(&response_);
  }

  void AddInitialMetadata() {
    for (const auto& [key, value] :
         client_context_->GetServerInitialMetadata()) {
      const std::string name = ToString(key);
      if (IsPassedOn(name))
        server_context_->AddInitialMetadata(name, ToString(value));
    }
  }

  void ResponseRead(bool ok) {
    if (!ok) return CloseResponses();
    {
      MutexLock lock(mu_);
      response_waits_ = !metadata_read_;
      if (response_waits_) return;
    }
    front_.StartWrite(&response_);
  }

  void ResponseWritten(bool ok) {
    if (ok) {
      back_.StartRead(&response_);
      return;
    }
    client_context_->TryCancel();
    CloseResponses();
  }

  // No response comes any more. A request that is still awaited is not waited
  // for.
  void CloseResponses() {
    bool release_requests = false;
    {
      MutexLock lock(mu_);
      responses_closed_ = true;
      if (reading_request_ && !requests_closed_) {
        requests_closed_ = true;
        release_requests = true;
      }
    }
    if (release_requests) back_.RemoveHold();
    back_.RemoveHold();
  }

  void BackDone(const grpc::Status& status) {
    for (const auto& [key, value] :
         client_context_->GetServerTrailingMetadata()) {
      const std::string name = ToString(key);
      if (IsPassedOn(name))
        server_context_->AddTrailingMetadata(name, ToString(value));
    }
    status_ = Explained(status, route_.backend);
    front_.Finish(status_);
    Release();
  }

  void Release() {
    if (--owners_ == 0) delete this;
  }

  grpc::GenericCallbackServerContext* const server_context_;
  const std::unique_ptr<grpc::ClientContext> client_context_;
  Route& route_;
  const CallEnd end_;
  Front front_;
  Back back_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  grpc::Status status_;
  // The front and the back; each lets go in its OnDone.
  std::atomic<int> owners_{2};
  Mutex mu_;
  bool reading_request_ ABSL_GUARDED_BY(mu_) = true;
  bool requests_closed_ ABSL_GUARDED_BY(mu_) = false;
  bool responses_closed_ ABSL_GUARDED_BY(mu_) = false;
  bool metadata_read_ ABSL_GUARDED_BY(mu_) = false;
  bool response_waits_ ABSL_GUARDED_BY(mu_) = false;
};

class RefusedCall : public grpc::ServerGenericBidiReactor {
 public:
  RefusedCall(const grpc::Status& status, CallEnd end)
      : status_(status), end_(std::move(end)) {
    Finish(status);
  }
  void OnDone() override {
    end_(status_);
    delete this;
  }

 private:
  const grpc::Status status_;
  const CallEnd end_;
};

}  // namespace

grpc::ServerGenericBidiReactor* StartForwardedCall(
    grpc::GenericCallbackServerContext* context, Route& route,
    const std::map<std::string, std::string>& metadata, CallEnd end) {
  return (new ForwardedCall(context, route, metadata, std::move(end)))->Start();
}

grpc::ServerGenericBidiReactor* StartRefusedCall(const grpc::Status& status,
                                                 CallEnd end) {
  return new RefusedCall(status, std::move(end));
}

}  // namespace gantry::gateway
