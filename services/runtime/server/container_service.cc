#include "services/runtime/server/container_service.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/grpc/grpc_status.h"
#include "common/oci/digest.h"
#include "common/status/status_macros.h"
#include "services/runtime/log/cri_log_reader.h"
#include "services/runtime/server/blocking_stream.h"
#include "services/runtime/server/cancel_watcher.h"
#include "services/runtime/server/process_call.h"
#include "services/runtime/server/proto_convert.h"

namespace gantry::runtime {
namespace {

constexpr size_t kMaxRequestIdLength = 128;
// A container must fit a message many times over, so that lists of them can be
// read.
constexpr size_t kMaxSpecBytes = 1 << 20;
constexpr size_t kLogBatchBytes = 256 << 10;

absl::Status CheckNamed(const std::string& container) {
  if (!container.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError("the request names no container");
}

// A digest of all that a message says.
std::string DigestOf(const google::protobuf::Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream output(&bytes);
    google::protobuf::io::CodedOutputStream coded(&output);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return oci::Digest::Of(bytes).hex();
}

// What tells two requests apart, whatever request id they carry.
std::string FingerprintOf(v1::CreateContainerRequest request) {
  request.clear_request_id();
  request.clear_registry_credentials();
  return DigestOf(request);
}

absl::Status Create(ContainerLifecycle& lifecycle, ImagePuller& puller,
                    const v1::CreateContainerRequest& request,
                    v1::CreateContainerResponse& response) {
  if (request.request_id().size() > kMaxRequestIdLength) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the request_id has ", request.request_id().size(),
        " characters; at most ", kMaxRequestIdLength, " are allowed"));
  }
  if (request.spec().ByteSizeLong() > kMaxSpecBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "arguments, variables and labels have ", request.spec().ByteSizeLong(),
        " bytes together; at most ", kMaxSpecBytes, " are allowed"));
  }
  GANTRY_ASSIGN_OR_RETURN(const ContainerOptions options,
                          FromProto(request.spec()));
  GANTRY_RETURN_IF_ERROR(puller.Pull(options.image, request.pull_policy(),
                                     request.registry_credentials()));
  GANTRY_ASSIGN_OR_RETURN(
      const Created created,
      lifecycle.Create(request.request_id(), FingerprintOf(request),
                       request.name(), options));
  *response.mutable_container() = ToProto(created.container);
  response.mutable_warnings()->Assign(created.warnings.begin(),
                                      created.warnings.end());
  return absl::OkStatus();
}

using AttachCall =
    BlockingStream<v1::AttachContainerRequest, v1::AttachContainerResponse>;
using ExecCall =
    BlockingStream<v1::ExecContainerRequest, v1::ExecContainerResponse>;

absl::Status Attach(ContainerLifecycle& lifecycle, AttachCall& call) {
  v1::AttachContainerRequest request;
  if (!call.Read(&request) || !request.has_open()) {
    return absl::InvalidArgumentError(
        "the first message must open the attachment");
  }
  const v1::AttachOpen& open = request.open();
  GANTRY_RETURN_IF_ERROR(CheckNamed(open.container()));
  AttachOptions options;
  options.start = open.start();
  options.stdin = open.stdin();
  options.terminal_size = FromProto(open.terminal_size());
  GANTRY_ASSIGN_OR_RETURN(const Attachment attachment,
                          lifecycle.Attach(open.container(), options));
  v1::AttachContainerResponse opened;
  opened.mutable_opened()->set_container_id(attachment.container_id);
  if (!call.Write(opened)) return absl::CancelledError("the client has left");
  return Carry(call, *attachment.stream, options.stdin);
}

absl::Status Exec(ContainerLifecycle& lifecycle, ExecCall& call) {
  v1::ExecContainerRequest request;
  if (!call.Read(&request) || !request.has_open()) {
    return absl::InvalidArgumentError("the first message must open the exec");
  }
  const v1::ExecOpen& open = request.open();
  GANTRY_RETURN_IF_ERROR(CheckNamed(open.container()));
  ExecOptions options = FromProto(open.spec());
  options.stdin = open.stdin();
  options.attach = true;
  options.terminal_size = FromProto(open.terminal_size());
  GANTRY_ASSIGN_OR_RETURN(const StartedExec started,
                          lifecycle.Exec(open.container(), options));
  v1::ExecContainerResponse opened;
  opened.mutable_opened()->set_exec_id(started.exec_id);
  if (!call.Write(opened)) return absl::CancelledError("the client has left");
  return Carry(call, *started.stream, options.stdin);
}

absl::StatusOr<LogQuery> QueryOf(const v1::ReadLogsRequest& request,
                                 std::function<bool()> writer_done) {
  LogQuery query;
  if (request.has_tail()) {
    if (request.tail() < 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          "tail is ", request.tail(), "; it cannot be below zero"));
    }
    query.tail = request.tail();
  }
  if (request.has_since()) {
    GANTRY_ASSIGN_OR_RETURN(query.since, FromProto(request.since()));
  }
  if (request.has_until()) {
    GANTRY_ASSIGN_OR_RETURN(const absl::Time until, FromProto(request.until()));
    // The reader's end is included, the request's is not.
    query.until = until - absl::Nanoseconds(1);
  }
  query.follow = request.follow();
  query.is_writer_done = std::move(writer_done);
  return query;
}

// Entries go out many at a time, and at once when no more are there: `Next` may
// wait only with nothing in hand, so a reader that follows sees lines promptly.
absl::Status SendLog(CriLogReader& reader, bool follow,
                     grpc::ServerWriter<v1::ReadLogsResponse>& writer) {
  v1::ReadLogsResponse batch;
  size_t bytes = 0;
  while (true) {
    GANTRY_ASSIGN_OR_RETURN(const std::optional<LogEntry> entry, reader.Next());
    if (entry.has_value()) {
      *batch.add_entries() = ToProto(*entry);
      bytes += entry->data.size() + 32;
    }
    const bool flush = !entry.has_value() || bytes >= kLogBatchBytes ||
                       (follow && !reader.HasBuffered());
    if (flush && batch.entries_size() > 0) {
      if (!writer.Write(batch))
        return absl::CancelledError("the client has left");
      batch.Clear();
      bytes = 0;
    }
    if (!entry.has_value()) return absl::OkStatus();
  }
}

absl::Status Read(ContainerLifecycle& lifecycle, grpc::ServerContext& context,
                  const v1::ReadLogsRequest& request,
                  grpc::ServerWriter<v1::ReadLogsResponse>& writer) {
  GANTRY_RETURN_IF_ERROR(CheckNamed(request.container()));
  GANTRY_ASSIGN_OR_RETURN(LogSource source,
                          lifecycle.Logs(request.container()));
  GANTRY_ASSIGN_OR_RETURN(LogQuery query,
                          QueryOf(request, std::move(source.writer_done)));
  if (query.tail == 0 && !query.follow) return absl::OkStatus();
  GANTRY_ASSIGN_OR_RETURN(const std::unique_ptr<CriLogReader> reader,
                          CriLogReader::Open(source.log_dir, std::move(query)));
  const CancelWatcher watcher([&context] { return context.IsCancelled(); },
                              [&reader] { reader->Cancel(); });
  return SendLog(*reader, request.follow(), writer);
}

absl::Status Stop(ContainerLifecycle& lifecycle, grpc::ServerContext& context,
                  const v1::StopContainerRequest& request) {
  GANTRY_RETURN_IF_ERROR(CheckNamed(request.container()));
  std::optional<absl::Duration> timeout;
  if (request.has_timeout()) {
    GANTRY_ASSIGN_OR_RETURN(timeout, FromProto(request.timeout()));
  }
  std::optional<std::string> signal;
  if (!request.signal().empty()) signal = request.signal();
  return lifecycle.Stop(request.container(), timeout, signal,
                        [&context] { return context.IsCancelled(); });
}

absl::Status Wait(ContainerLifecycle& lifecycle, grpc::ServerContext& context,
                  const v1::WaitContainerRequest& request,
                  v1::WaitContainerResponse& response) {
  GANTRY_RETURN_IF_ERROR(CheckNamed(request.container()));
  GANTRY_ASSIGN_OR_RETURN(const int code,
                          lifecycle.Wait(request.container(), [&context] {
                            return context.IsCancelled();
                          }));
  response.set_exit_code(code);
  return absl::OkStatus();
}

absl::StatusOr<ListQuery> QueryOf(v1::ListContainersRequest request) {
  ListQuery query;
  query.all = request.all();
  GANTRY_ASSIGN_OR_RETURN(query.filter,
                          ContainerFilter::Create(FromProto(request.filter())));
  request.clear_page_size();
  request.clear_page_token();
  query.list_name = DigestOf(request);
  return query;
}

absl::Status List(ContainerLifecycle& lifecycle,
                  const v1::ListContainersRequest& request,
                  v1::ListContainersResponse& response) {
  GANTRY_ASSIGN_OR_RETURN(const ListQuery query, QueryOf(request));
  GANTRY_ASSIGN_OR_RETURN(
      ContainerPage page,
      lifecycle.List(query, request.page_size(), request.page_token()));
  for (const ContainerInfo& info : page.containers) {
    *response.add_containers() = ToProto(info);
  }
  response.set_next_page_token(std::move(page.next_page_token));
  return absl::OkStatus();
}

absl::Status Get(ContainerLifecycle& lifecycle,
                 const v1::GetContainerRequest& request,
                 v1::GetContainerResponse& response) {
  GANTRY_RETURN_IF_ERROR(CheckNamed(request.container()));
  GANTRY_ASSIGN_OR_RETURN(const ContainerInfo info,
                          lifecycle.Get(request.container()));
  *response.mutable_container() = ToProto(info);
  return absl::OkStatus();
}

}  // namespace

grpc::Status ContainerService::CreateContainer(
    grpc::ServerContext* /*context*/, const v1::CreateContainerRequest* request,
    v1::CreateContainerResponse* response) {
  return ToGrpcStatus(Create(lifecycle_, puller_, *request, *response));
}

grpc::Status ContainerService::StartContainer(
    grpc::ServerContext* /*context*/, const v1::StartContainerRequest* request,
    v1::StartContainerResponse* /*response*/) {
  absl::Status named = CheckNamed(request->container());
  return ToGrpcStatus(named.ok() ? lifecycle_.Start(request->container())
                                 : named);
}

grpc::ServerBidiReactor<v1::AttachContainerRequest,
                        v1::AttachContainerResponse>*
ContainerService::AttachContainer(grpc::CallbackServerContext* /*context*/) {
  return AttachCall::Serve([this](AttachCall& call) {
    return ToGrpcStatus(Attach(lifecycle_, call));
  });
}

grpc::ServerBidiReactor<v1::ExecContainerRequest, v1::ExecContainerResponse>*
ContainerService::ExecContainer(grpc::CallbackServerContext* /*context*/) {
  return ExecCall::Serve(
      [this](ExecCall& call) { return ToGrpcStatus(Exec(lifecycle_, call)); });
}

grpc::Status ContainerService::StartExec(grpc::ServerContext* /*context*/,
                                         const v1::StartExecRequest* request,
                                         v1::StartExecResponse* response) {
  absl::Status status = CheckNamed(request->container());
  if (status.ok()) {
    absl::StatusOr<StartedExec> started =
        lifecycle_.Exec(request->container(), FromProto(request->spec()));
    status = started.status();
    if (started.ok()) response->set_exec_id(started->exec_id);
  }
  return ToGrpcStatus(status);
}

grpc::Status ContainerService::StopContainer(
    grpc::ServerContext* context, const v1::StopContainerRequest* request,
    v1::StopContainerResponse* /*response*/) {
  return ToGrpcStatus(Stop(lifecycle_, *context, *request));
}

grpc::Status ContainerService::KillContainer(
    grpc::ServerContext* /*context*/, const v1::KillContainerRequest* request,
    v1::KillContainerResponse* /*response*/) {
  absl::Status named = CheckNamed(request->container());
  return ToGrpcStatus(
      named.ok() ? lifecycle_.Kill(request->container(), request->signal())
                 : named);
}

grpc::Status ContainerService::WaitContainer(
    grpc::ServerContext* context, const v1::WaitContainerRequest* request,
    v1::WaitContainerResponse* response) {
  return ToGrpcStatus(Wait(lifecycle_, *context, *request, *response));
}

grpc::Status ContainerService::RemoveContainer(
    grpc::ServerContext* /*context*/, const v1::RemoveContainerRequest* request,
    v1::RemoveContainerResponse* /*response*/) {
  absl::Status named = CheckNamed(request->container());
  return ToGrpcStatus(
      named.ok() ? lifecycle_.Remove(request->container(), request->force())
                 : named);
}

grpc::Status ContainerService::ListContainers(
    grpc::ServerContext* /*context*/, const v1::ListContainersRequest* request,
    v1::ListContainersResponse* response) {
  return ToGrpcStatus(List(lifecycle_, *request, *response));
}

grpc::Status ContainerService::GetContainer(
    grpc::ServerContext* /*context*/, const v1::GetContainerRequest* request,
    v1::GetContainerResponse* response) {
  return ToGrpcStatus(Get(lifecycle_, *request, *response));
}

grpc::Status ContainerService::ReadLogs(
    grpc::ServerContext* context, const v1::ReadLogsRequest* request,
    grpc::ServerWriter<v1::ReadLogsResponse>* writer) {
  return ToGrpcStatus(Read(lifecycle_, *context, *request, *writer));
}

}  // namespace gantry::runtime
