// The real shim under the real OCI runtime. Needs root, crun and busybox.
//
//   shim_host_root_test PATH_OF_GANTRY_SHIM

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <map>
#include <optional>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/fs/file.h"
#include "common/fs/temp_dir.h"
#include "common/status/error.h"
#include "common/sync/mutex.h"
#include "common/testing/status_matchers.h"
#include "services/runtime/log/cri_log_reader.h"
#include "services/runtime/shim/exit_file.h"
#include "services/runtime/shim/zygote_shim_host.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

std::string shim_program;

// Root file system: busybox alone, attached as a clone of a directory.
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
constexpr int kSysOpenTree = 428;

// Whoever listens on `path`.
pid_t PeerOf(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ucred peer = {};
  socklen_t size = sizeof(peer);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address),
                sizeof(address)) != 0 ||
      ::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return -1;
  }
  return peer.pid;
}

class ShimHostRootTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::getuid(), 0u) << "needs root";
    const std::string rootfs = dir_.path() + "/rootfs";
    for (const char* name : {"bin", "proc", "dev", "directory"}) {
      ASSERT_THAT(MakeDirectories(absl::StrCat(rootfs, "/", name), 0755),
                  IsOk());
    }
    const std::string busybox = ReadFile("/usr/bin/busybox", 16 << 20).value();
    ASSERT_THAT(
        WriteFileAtomically(rootfs + "/bin/busybox", busybox, 0755, false),
        IsOk());
    for (const char* name :
         {"sh", "true", "sleep", "yes", "head", "ls", "grep", "tail"}) {
      ASSERT_EQ(
          ::symlink("busybox", absl::StrCat(rootfs, "/bin/", name).c_str()), 0);
    }
    ASSERT_THAT(WriteFileAtomically(rootfs + "/bin/text", "x", 0644, false),
                IsOk());
    Restart();
  }

  void TearDown() override {
    ASSERT_NE(host_, nullptr);
    for (const std::string& id : ids_) EXPECT_THAT(host_->Delete(id), IsOk());
    host_.reset();
    const pid_t zygote = PeerOf(dir_.path() + "/run/internal/zygote.sock");
    if (zygote > 1) ::kill(zygote, SIGKILL);
    EXPECT_EQ(ListDirectory(dir_.path() + "/run/internal/shim").value(),
              std::vector<std::string>());
    EXPECT_EQ(ListDirectory(dir_.path() + "/run/internal/oci").value(),
              std::vector<std::string>());
  }

  // As when the runtime service is started again.
  void Restart() {
    host_.reset();
    ZygoteShimHostOptions options;
    options.run_dir = dir_.path() + "/run";
    options.shim_program = shim_program;
    options.containers_dir = dir_.path() + "/containers";
    options.runtime_path = "crun";
    auto host = NewZygoteShimHost(options);
    ASSERT_THAT(host, IsOk());
    host_ = *std::move(host);
    host_->SetExitHandler(
        [this](const std::string& id, const ExitStatus& exit) {
          MutexLock lock(mu_);
          exits_[id].push_back(exit);
          changed_.notify_all();
        });
  }

  LaunchRequest Request(const std::string& name,
                        const std::vector<std::string>& args) {
    LaunchRequest request;
    request.id = absl::StrCat("gantry-test-", ::getpid(), "-", name);
    ids_.push_back(request.id);
    request.bundle_dir = absl::StrCat(dir_.path(), "/bundles/", request.id);
    request.runtime_path = "crun";
    request.log_dir =
        absl::StrCat(dir_.path(), "/containers/", request.id, "/log");
    request.exit_file =
        absl::StrCat(dir_.path(), "/containers/", request.id, "/exit");
    EXPECT_THAT(MakeDirectories(request.bundle_dir + "/rootfs", 0700), IsOk());
    EXPECT_THAT(MakeDirectories(request.log_dir, 0700), IsOk());
    const std::string config = absl::StrCat(
        R"({"ociVersion":"1.0.0","root":{"path":"rootfs"},)",
        R"("process":{"cwd":"/","user":{"uid":0,"gid":0},"env":["PATH=/bin"],"args":[")",
        absl::StrJoin(args, R"(",")"),
        R"("]},"mounts":[{"destination":"/proc","type":"proc","source":"proc"},{"destination":"/dev","type":"tmpfs","source":"tmpfs"}],)",
        R"("linux":{"cgroupsPath":")", CgroupPathOf(request.id),
        R"(","resources":{"memory":{"limit":)", memory_limit_,
        R"(}},"namespaces":[{"type":"pid"},{"type":"mount"},{"type":"ipc"},{"type":"uts"},{"type":"network"}]}})");
    EXPECT_THAT(WriteFileAtomically(request.bundle_dir + "/config.json", config,
                                    0600, false),
                IsOk());
    request.rootfs.reset(static_cast<int>(
        ::syscall(kSysOpenTree, AT_FDCWD, (dir_.path() + "/rootfs").c_str(),
                  OPEN_TREE_CLONE | O_CLOEXEC)));
    EXPECT_TRUE(request.rootfs.is_open());
    return request;
  }

  std::string Create(const std::string& name,
                     const std::vector<std::string>& args) {
    LaunchRequest request = Request(name, args);
    const std::string id = request.id;
    const auto pid = host_->Create(std::move(request));
    EXPECT_THAT(pid, IsOk());
    EXPECT_GT(pid.value_or(0), 1);
    return id;
  }

  std::string Run(const std::string& name,
                  const std::vector<std::string>& args) {
    const std::string id = Create(name, args);
    EXPECT_THAT(host_->Start(id), IsOk());
    return id;
  }

  // The exit that the handler was told; -1 if it is not called in time.
  int AwaitExit(const std::string& id) {
    MutexLock lock(mu_);
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (exits_[id].empty() && absl::Now() < deadline) {
      changed_.wait_for(lock, std::chrono::milliseconds(100));
    }
    return exits_[id].size() == 1 ? exits_[id][0].exit_code : -1;
  }

  std::string Log(const std::string& id) {
    auto log = CriLogReader::Open(
        absl::StrCat(dir_.path(), "/containers/", id, "/log"), {});
    std::string text;
    while (log.ok()) {
      auto entry = (*log)->Next();
      if (!entry.ok() || !entry->has_value()) break;
      absl::StrAppend(&text, (*entry)->data);
    }
    return text;
  }

  pid_t ShimOf(const std::string& id) {
    // Its session's leader is the shim, in all that it started before.
    return PeerOf(
        absl::StrCat(dir_.path(), "/run/internal/shim/", id, ".sock"));
  }

  int64_t memory_limit_ = int64_t{1} << 30;
  TempDir dir_ = TempDir::Create("/tmp").value();
  std::vector<std::string> ids_;
  Mutex mu_;
  CondVar changed_;
  std::map<std::string, std::vector<ExitStatus>> exits_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<ShimHost> host_;
};

TEST_F(ShimHostRootTest, OutputAndExitCodeArrive) {
  const std::string id =
      Create("a", {"sh", "-c", "echo out; echo err >&2; exit 7"});
  auto reader = host_->Attach(id, true).value();
  ASSERT_THAT(host_->Start(id), IsOk());
  std::string out, err;
  while (true) {
    auto event = reader->Read();
    ASSERT_THAT(event, IsOk());
    if (event->exit.has_value()) {
      EXPECT_EQ(event->exit->exit_code, 7);
      break;
    }
    (event->stream == OutputStream::kStdout ? out : err) += event->data;
  }
  EXPECT_EQ(out, "out\n");
  EXPECT_EQ(err, "err\n");
  EXPECT_EQ(AwaitExit(id), 7);
  EXPECT_NE(Log(id).find("out\n"), std::string::npos);
  EXPECT_EQ(ReadExitFile(dir_.path() + "/containers/" + id + "/exit")
                .value()
                .exit_code,
            7);
}

TEST_F(ShimHostRootTest, CommandsThatCannotRunHaveTheirReasons) {
  const auto reason = [&](const std::string& name, const std::string& command) {
    LaunchRequest request = Request(name, {command});
    const std::string id = request.id;
    absl::Status status = host_->Create(std::move(request)).status();
    if (status.ok()) status = host_->Start(id);
    const auto found = ReasonOf(status);
    return found.has_value() ? found->reason : status.ToString();
  };
  EXPECT_EQ(reason("a", "nope"), "COMMAND_NOT_FOUND");
  EXPECT_EQ(reason("b", "/bin/nope"), "COMMAND_NOT_FOUND");
  EXPECT_EQ(reason("c", "/bin/text"), "COMMAND_NOT_EXECUTABLE");
  EXPECT_EQ(reason("d", "/directory"), "COMMAND_NOT_EXECUTABLE");
}

TEST_F(ShimHostRootTest, ARuntimeThatIsMissingIsAnInternalError) {
  LaunchRequest request = Request("a", {"true"});
  request.runtime_path = "/nonexistent/runtime";
  const absl::Status status = host_->Create(std::move(request)).status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInternal));
  EXPECT_NE(status.message().find("/nonexistent/runtime: No such file"),
            absl::string_view::npos)
      << status;
}

TEST_F(ShimHostRootTest, AFileThatIsNoProgramEndsWith126) {
  ASSERT_EQ(::chmod((dir_.path() + "/rootfs/bin/text").c_str(), 0755), 0);
  const std::string id = Run("a", {"/bin/text"});
  EXPECT_EQ(AwaitExit(id), 126);
  EXPECT_EQ(Log(id), "exec `/bin/text`: Exec format error\n");
}

TEST_F(ShimHostRootTest, NothingOfTheShimIsInTheContainer) {
  const std::string files = Run("a", {"ls", "/proc/self/fd"});
  EXPECT_EQ(AwaitExit(files), 0);
  // 3 is the directory that is listed.
  EXPECT_EQ(Log(files), "0\n1\n2\n3\n");
  const std::string signals =
      Run("b", {"grep", "-E", "Sig(Ign|Blk)", "/proc/self/status"});
  EXPECT_EQ(AwaitExit(signals), 0);
  EXPECT_EQ(Log(signals),
            "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_F(ShimHostRootTest, RunningOutOfMemoryIsTold) {
  memory_limit_ = 16 << 20;
  const std::string id =
      Run("a", {"sh", "-c", "head -c 100m /dev/zero | tail -c 90m"});
  EXPECT_NE(AwaitExit(id), 0);
  EXPECT_TRUE(ReadExitFile(dir_.path() + "/containers/" + id + "/exit")
                  .value()
                  .oom_killed);
}

TEST_F(ShimHostRootTest, AnotherRuntimeWorksToo) {
  LaunchRequest request = Request("a", {"sh", "-c", "echo hello; exit 3"});
  request.runtime_path = "runc";
  const std::string id = request.id;
  ASSERT_THAT(host_->Create(std::move(request)), IsOk());
  ASSERT_THAT(host_->Start(id), IsOk());
  EXPECT_EQ(AwaitExit(id), 3);
  EXPECT_EQ(Log(id), "hello\n");
}

TEST_F(ShimHostRootTest, AShimIsSmall) {
  const std::string id =
      Run("a", {"sh", "-c", "yes 0123456789 | head -n 100000; sleep 1000"});
  while (Log(id).size() < 1100000) absl::SleepFor(absl::Milliseconds(10));
  const std::string memory =
      ReadFile(absl::StrCat("/proc/", ShimOf(id), "/smaps_rollup"), 10000)
          .value();
  int64_t kib = 0;
  for (absl::string_view line : absl::StrSplit(memory, '\n')) {
    if (!absl::ConsumePrefix(&line, "Pss:")) continue;
    EXPECT_TRUE(absl::SimpleAtoi(absl::StripSuffix(line, " kB"), &kib)) << line;
  }
  EXPECT_GT(kib, 0);
  EXPECT_LT(kib, 4096);
}

TEST_F(ShimHostRootTest, SignalsEndTheContainer) {
  const std::string id = Run("a", {"sleep", "1000"});
  EXPECT_THAT(host_->Signal(id, SIGKILL), IsOk());
  EXPECT_EQ(AwaitExit(id), 137);
  EXPECT_THAT(host_->Signal(id, SIGKILL),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(host_->Delete(id), IsOk());
  EXPECT_THAT(host_->Signal(id, SIGKILL),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_NE(::access(("/sys/fs/cgroup/pids/gantry/" + id).c_str(), F_OK), 0);
}

TEST_F(ShimHostRootTest, DeleteKillsAContainerThatRuns) {
  const std::string id = Run("a", {"sleep", "1000"});
  EXPECT_THAT(host_->Delete(id), IsOk());
  EXPECT_EQ(AwaitExit(id), 137);
}

TEST_F(ShimHostRootTest, ARestartedServiceFindsItsContainers) {
  const std::string created = Create("a", {"sh", "-c", "exit 4"});
  const std::string running = Run("b", {"sleep", "1000"});
  const std::string exited = Run("c", {"sh", "-c", "exit 5"});
  EXPECT_EQ(AwaitExit(exited), 5);
  const std::string unknown = Run("d", {"sleep", "1000"});
  Restart();
  const auto survivors = host_->Recover({created, running, exited}).value();
  ASSERT_EQ(survivors.size(), 3u);
  EXPECT_EQ(survivors[0].state, Survivor::State::kCreated);
  EXPECT_EQ(survivors[1].state, Survivor::State::kRunning);
  EXPECT_GT(survivors[1].pid, 1);
  EXPECT_EQ(survivors[2].state, Survivor::State::kExited);
  EXPECT_EQ(survivors[2].exit.exit_code, 5);
  EXPECT_THAT(host_->Signal(unknown, 0), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(host_->Start(created), IsOk());
  EXPECT_EQ(AwaitExit(created), 4);
  EXPECT_THAT(host_->Signal(running, SIGKILL), IsOk());
  EXPECT_EQ(AwaitExit(running), 137);
}

TEST_F(ShimHostRootTest, AContainerDiesWithItsShim) {
  LaunchRequest request = Request("a", {"sleep", "1000"});
  const std::string id = request.id;
  const pid_t pid = host_->Create(std::move(request)).value();
  ASSERT_THAT(host_->Start(id), IsOk());
  ASSERT_GT(ShimOf(id), 1);
  ASSERT_EQ(::kill(ShimOf(id), SIGKILL), 0);
  EXPECT_EQ(AwaitExit(id), 137);
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST_F(ShimHostRootTest, ADeadShimIsFoundOutByRecover) {
  const std::string id = Run("a", {"sleep", "1000"});
  const pid_t shim = ShimOf(id);
  host_.reset();
  ASSERT_EQ(::kill(shim, SIGKILL), 0);
  Restart();
  const auto survivors = host_->Recover({id}).value();
  EXPECT_EQ(survivors[0].state, Survivor::State::kExited);
  EXPECT_EQ(survivors[0].exit.exit_code, 137);
}

TEST_F(ShimHostRootTest, ContainersOutliveTheZygote) {
  const std::string id = Run("a", {"sleep", "1000"});
  const pid_t zygote = PeerOf(dir_.path() + "/run/internal/zygote.sock");
  ASSERT_EQ(::kill(zygote, SIGKILL), 0);
  const std::string other = Run("b", {"true"});
  EXPECT_EQ(AwaitExit(other), 0);
  EXPECT_THAT(host_->Signal(id, SIGKILL), IsOk());
  EXPECT_EQ(AwaitExit(id), 137);
}

TEST_F(ShimHostRootTest, ManyContainersAtOnce) {
  std::vector<std::thread> threads;
  std::vector<LaunchRequest> requests;
  for (int i = 0; i < 40; ++i) {
    requests.push_back(
        Request(absl::StrCat(i), {"sh", "-c", absl::StrCat("exit ", i)}));
  }
  const absl::Time start = absl::Now();
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = t; i < 40; i += 8) {
        const std::string id = requests[i].id;
        EXPECT_THAT(host_->Create(std::move(requests[i])), IsOk());
        EXPECT_THAT(host_->Start(id), IsOk());
        EXPECT_EQ(AwaitExit(id), i);
        EXPECT_THAT(host_->Delete(id), IsOk());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  RecordProperty(
      "milliseconds",
      static_cast<int>(absl::ToInt64Milliseconds(absl::Now() - start)));
}

TEST_F(ShimHostRootTest, NoOutputIsLostOnItsWayToASlowPrimaryReader) {
  const std::string id =
      Create("a", {"sh", "-c", "yes 0123456789 | head -n 1000000"});
  auto reader = host_->Attach(id, true).value();
  ASSERT_THAT(host_->Start(id), IsOk());
  absl::SleepFor(absl::Milliseconds(300));
  size_t bytes = 0;
  while (true) {
    auto event = reader->Read();
    ASSERT_THAT(event, IsOk());
    if (event->exit.has_value()) break;
    bytes += event->data.size();
  }
  EXPECT_EQ(bytes, 11u * 1000 * 1000);
}

TEST_F(ShimHostRootTest, AContainerThatIsHeldBackCanBeKilled) {
  const std::string id = Create("a", {"yes"});
  auto reader = host_->Attach(id, true).value();
  ASSERT_THAT(host_->Start(id), IsOk());
  ASSERT_THAT(reader->Read(), IsOk());
  EXPECT_THAT(host_->Signal(id, SIGKILL), IsOk());
  EXPECT_EQ(AwaitExit(id), 137);
  reader->Cancel();
  EXPECT_THAT(reader->Read(), StatusIs(absl::StatusCode::kCancelled));
}

TEST_F(ShimHostRootTest, AnIdIsUsedAgainAfterDelete) {
  for (int i = 0; i < 3; ++i) {
    const std::string id = Run("a", {"true"});
    EXPECT_EQ(AwaitExit(id), 0);
    EXPECT_THAT(host_->Create(Request("a", {"true"})),
                StatusIs(absl::StatusCode::kAlreadyExists));
    EXPECT_THAT(host_->Delete(id), IsOk());
    MutexLock lock(mu_);
    exits_.clear();
  }
}

TEST_F(ShimHostRootTest, AnotherReaderIsCutOffAndHoldsNobodyBack) {
  const std::string id =
      Create("a", {"sh", "-c", "yes 0123456789 | head -n 2000000"});
  auto reader = host_->Attach(id, false).value();
  ASSERT_THAT(host_->Start(id), IsOk());
  EXPECT_EQ(AwaitExit(id), 0);
  absl::Status status;
  while (status.ok()) status = reader->Read().status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted));
}

}  // namespace
}  // namespace gantry::runtime

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (argc > 1) gantry::runtime::shim_program = argv[1];
  return RUN_ALL_TESTS();
}
