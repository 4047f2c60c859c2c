// Channels and servers set up alike on every hop: without these settings a
// stream of 256 KiB messages runs at a fifth of its speed, and calls that are
// idle for hours are cut off.
//
// Threads: free functions.

#ifndef GANTRY_COMMON_GRPC_CHANNEL_H_
#define GANTRY_COMMON_GRPC_CHANNEL_H_

#include <grpcpp/channel.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/channel_arguments.h>

#include <memory>
#include <string>

namespace gantry {

// Best size of a message in a stream of bytes.
inline constexpr int kStreamChunkBytes = 256 << 10;

void ApplyTransportSettings(grpc::ChannelArguments& arguments);
void ApplyTransportSettings(grpc::ServerBuilder& builder);

// A channel to a server on a unix socket; connects when it is first used, and
// again within a second after the server was away.
std::shared_ptr<grpc::Channel> UnixChannel(const std::string& socket_path);

}  // namespace gantry

#endif  // GANTRY_COMMON_GRPC_CHANNEL_H_
