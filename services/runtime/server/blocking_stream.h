// The server's side of a bidirectional call, for a handler that waits: for its
// client, for a process, for both on two threads. Unlike gRPC's synchronous
// streams the call can end while a read is still waiting.
//
//   return BlockingStream<Request, Response>::Serve([](auto& stream) {
//     Request request;
//     while (stream.Read(&request)) stream.Write(Answer(request));
//     return grpc::Status::OK;
//   });
//
// Threads: the handler has one of its own. Read by one thread at a time, Write
// by one, the rest by any. When the handler returns, no thread may use it.

#ifndef GANTRY_SERVICES_RUNTIME_SERVER_BLOCKING_STREAM_H_
#define GANTRY_SERVICES_RUNTIME_SERVER_BLOCKING_STREAM_H_

#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <optional>
#include <thread>
#include <utility>

#include "common/sync/mutex.h"

namespace gantry::runtime {

template <typename Request, typename Response>
class BlockingStream : public grpc::ServerBidiReactor<Request, Response> {
 public:
  using Handler = std::function<grpc::Status(BlockingStream&)>;

  // What gRPC asks the method for; goes away by itself.
  static BlockingStream* Serve(Handler handler) {
    auto* stream = new BlockingStream();
    std::thread([stream, handler = std::move(handler)] {
      stream->End(handler(*stream));
    }).detach();
    return stream;
  }

  // Goes out together with the status when the handler returns OK, which takes
  // less time than a Write before it.
  void SetLastResponse(Response response) {
    last_response_ = std::move(response);
  }

  // The next request; false after the last one, when the client has gone, and
  // after StopReading.
  bool Read(Request* request) {
    MutexLock lock(mu_);
    if (reading_stopped_) return false;
    read_ = Operation::kUnderWay;
    this->StartRead(&incoming_);
    while (read_ == Operation::kUnderWay && !reading_stopped_) {
      changed_.wait(lock);
    }
    if (read_ != Operation::kDone) return false;
    *request = std::move(incoming_);
    return true;
  }

  // Waits until gRPC has taken it; false if the client has gone.
  bool Write(const Response& response) {
    MutexLock lock(mu_);
    if (cancelled_) return false;
    write_ = Operation::kUnderWay;
    this->StartWrite(&response);
    while (write_ == Operation::kUnderWay) changed_.wait(lock);
    return write_ == Operation::kDone;
  }

  // A waiting Read and all later ones return false.
  void StopReading() {
    MutexLock lock(mu_);
    reading_stopped_ = true;
    changed_.notify_all();
  }

  // The client has gone without saying that its requests end.
  bool is_cancelled() {
    MutexLock lock(mu_);
    return cancelled_;
  }

  // `on_cancel` is called once when the client goes, at once if it has; null to
  // be told no more.
  void SetCancelHandler(std::function<void()> on_cancel) {
    MutexLock lock(mu_);
    if (cancelled_ && on_cancel) on_cancel();
    on_cancel_ = std::move(on_cancel);
  }

 private:
  enum class Operation { kNone, kUnderWay, kDone, kFailed };

  BlockingStream() = default;
  ~BlockingStream() override = default;

  void End(const grpc::Status& status) {
    if (status.ok() && last_response_.has_value()) {
      this->StartWriteAndFinish(&*last_response_, grpc::WriteOptions(), status);
    } else {
      this->Finish(status);
    }
  }

  void OnReadDone(bool ok) override {
    MutexLock lock(mu_);
    read_ = ok ? Operation::kDone : Operation::kFailed;
    changed_.notify_all();
  }
  void OnWriteDone(bool ok) override {
    MutexLock lock(mu_);
    write_ = ok ? Operation::kDone : Operation::kFailed;
    changed_.notify_all();
  }
  void OnCancel() override {
    MutexLock lock(mu_);
    cancelled_ = true;
    if (on_cancel_) on_cancel_();
    changed_.notify_all();
  }
  void OnDone() override { delete this; }

  Mutex mu_;
  CondVar changed_;
  Request incoming_;
  std::optional<Response> last_response_;
  Operation read_ ABSL_GUARDED_BY(mu_) = Operation::kNone;
  Operation write_ ABSL_GUARDED_BY(mu_) = Operation::kNone;
  bool reading_stopped_ ABSL_GUARDED_BY(mu_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  std::function<void()> on_cancel_ ABSL_GUARDED_BY(mu_);
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SERVER_BLOCKING_STREAM_H_
