#include "common/grpc/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace gantry {
namespace {

constexpr char kTcpReadChunkSize[] = "grpc.experimental.tcp_read_chunk_size";

// grpc.http2.*: /usr/include/grpc/impl/codegen/grpc_types.h.
const std::vector<std::pair<const char*, int>>& Settings() {
  static const auto* const settings =
      new std::vector<std::pair<const char*, int>>{
          {GRPC_ARG_HTTP2_MAX_FRAME_SIZE, 8 << 20},
          {GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 32 << 20},
          {kTcpReadChunkSize, 1 << 20},
          {GRPC_ARG_HTTP2_WRITE_BUFFER_SIZE, 8 << 20},
          {GRPC_ARG_HTTP2_BDP_PROBE, 0},
          {GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0},
          {GRPC_ARG_MAX_METADATA_SIZE, 64 << 10},
      };
  return *settings;
}

}  // namespace

void ApplyTransportSettings(grpc::ChannelArguments& arguments) {
  for (const auto& [name, value] : Settings()) arguments.SetInt(name, value);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
  // How long one attempt may take: on a busy machine an accepted connection
  // waits.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 10000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // Channels of one target in one process do not share a connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
}

void ApplyTransportSettings(grpc::ServerBuilder& builder) {
  for (const auto& [name, value] : Settings())
    builder.AddChannelArgument(name, value);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
}

std::shared_ptr<grpc::Channel> UnixChannel(const std::string& socket_path) {
  grpc::ChannelArguments arguments;
  ApplyTransportSettings(arguments);
  return grpc::CreateCustomChannel(absl::StrCat("unix:", socket_path),
                                   grpc::InsecureChannelCredentials(),
                                   arguments);
}

}  // namespace gantry
