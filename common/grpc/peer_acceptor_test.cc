#include "common/grpc/peer_acceptor.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/fs/temp_dir.h"
#include "common/testing/status_matchers.h"
#include "gantry/types/v1/metrics_service.grpc.pb.h"

namespace gantry {
namespace {

using types::v1::GetMetricsRequest;
using types::v1::GetMetricsResponse;

// Answers with the uid of the caller; waits first if it is told to.
class WhoService : public types::v1::MetricsService::Service {
 public:
  grpc::Status GetMetrics(grpc::ServerContext* context,
                          const GetMetricsRequest* request,
                          GetMetricsResponse* response) override {
    const bool hold = context->client_metadata().count("hold") != 0;
    if (hold) {
      entered.Notify();
      release.WaitForNotification();
    }
    const std::optional<Peer> peer = acceptor->PeerOf(context->peer());
    response->set_text(peer.has_value() ? absl::StrCat(peer->uid) : "nobody");
    if (hold) held_answer = response->text();
    if (hold) left.Notify();
    return grpc::Status::OK;
  }

  PeerAcceptor* acceptor = nullptr;
  absl::Notification entered;
  absl::Notification release;
  absl::Notification left;
  std::string held_answer;
};

class PeerAcceptorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::chmod(dir_.path().c_str(), 0711), 0);
    PeerAcceptor::Options options;
    options.socket_path = socket_;
    options.mode = 0666;
    auto acceptor = PeerAcceptor::Listen(std::move(options));
    ASSERT_THAT(acceptor, testing::IsOk());
    acceptor_ = *std::move(acceptor);
    service_.acceptor = acceptor_.get();
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    acceptor_->Serve(*server_);
  }

  void TearDown() override {
    acceptor_->StopAccepting();
    server_->Shutdown();
  }

  // A connection that the kernel knows as that user's. The system call itself
  // changes this thread alone.
  std::shared_ptr<grpc::Channel> ConnectAs(uid_t uid) {
    EXPECT_EQ(::syscall(SYS_setresuid, -1, uid, -1), 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket_.c_str(),
                 sizeof(address.sun_path) - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address),
                        sizeof(address)),
              0);
    EXPECT_EQ(::syscall(SYS_setresuid, -1, ::getuid(), -1), 0);
    return grpc::CreateInsecureChannelFromFd("unix", fd);
  }

  std::string Ask(const std::shared_ptr<grpc::Channel>& channel) {
    grpc::ClientContext context;
    GetMetricsResponse response;
    const grpc::Status status =
        types::v1::MetricsService::NewStub(channel)->GetMetrics(&context, {},
                                                                &response);
    return status.ok() ? response.text() : status.error_message();
  }

  const TempDir dir_ = TempDir::Create("/tmp").value();
  const std::string socket_ = dir_.path() + "/s.sock";
  WhoService service_;
  std::unique_ptr<PeerAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(PeerAcceptorTest, CallerIsKnownByItsUid) {
  EXPECT_EQ(Ask(ConnectAs(::getuid())), absl::StrCat(::getuid()));
  EXPECT_FALSE(acceptor_->PeerOf("fd:9999").has_value());
  EXPECT_FALSE(acceptor_->PeerOf("unix:/x").has_value());
}

TEST_F(PeerAcceptorTest, UsersAreNotMixedUpWhenDescriptorsAreUsedAgain) {
  if (::getuid() != 0) GTEST_SKIP() << "connects as two users";
  for (int i = 0; i < 2000; ++i) {
    const uid_t uid = i % 2 == 0 ? 1111 : 2222;
    ASSERT_EQ(Ask(ConnectAs(uid)), absl::StrCat(uid));
  }
}

TEST_F(PeerAcceptorTest, CallKeepsItsUserAfterItsConnectionIsGone) {
  if (::getuid() != 0) GTEST_SKIP() << "connects as two users";
  grpc::ClientContext context;
  context.AddMetadata("hold", "1");
  std::shared_ptr<grpc::Channel> channel = ConnectAs(1111);
  std::thread caller([&] {
    GetMetricsResponse response;
    types::v1::MetricsService::NewStub(channel)->GetMetrics(&context, {},
                                                            &response);
  });
  service_.entered.WaitForNotification();
  context.TryCancel();
  caller.join();
  channel.reset();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(Ask(ConnectAs(2222)), "2222");
  service_.release.Notify();
  service_.left.WaitForNotification();
  EXPECT_EQ(service_.held_answer, "1111");
}

}  // namespace
}  // namespace gantry
