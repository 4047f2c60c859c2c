// The real shim under the real OCI runtime. Needs root, crun and busybox.
//
//   shim_host_root_test PATH_OF_GANTRY_SHIM

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <map>
#include <optional>
#include <thread>

#include "absl/strings/match.h"
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
         {"sh", "true", "sleep", "yes", "head", "ls", "grep", "tail", "wc",
          "stty", "tty", "cat", "cmp", "readlink"}) {
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
    const pid_t zygote = PeerOf(dir_.path() + "/run/internal/zygote-2.sock");
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
        R"("process":{"terminal":)", terminal_,
        R"(,"cwd":"/","user":{"uid":0,"gid":0},"env":["PATH=/bin"],"args":[")",
        absl::StrJoin(args, R"(",")"),
        R"("]},"mounts":[{"destination":"/proc","type":"proc","source":"proc"},{"destination":"/dev","type":"tmpfs","source":"tmpfs"},{"destination":"/dev/pts","type":"devpts","source":"devpts","options":["newinstance","ptmxmode=0666"]}],)",
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

  std::string Run(const std::string& name,
                  const std::vector<std::string>& args) {
    return Launch(Request(name, args));
  }

  std::string Launch(LaunchRequest request) {
    const std::string id = request.id;
    const auto pid = host_->Launch(std::move(request));
    EXPECT_THAT(pid, IsOk());
    EXPECT_GT(pid.value_or(0), 1);
    return id;
  }

  // Runs it with a primary client from the beginning.
  std::unique_ptr<ProcessStream> RunAttached(LaunchRequest request) {
    request.await_primary = true;
    const bool stdin = request.open_stdin;
    const std::string id = Launch(std::move(request));
    return host_->Attach(id, {/*primary=*/true, stdin, {}}).value();
  }

  ExecRequest Command(const std::vector<std::string>& args,
                      bool terminal = false) {
    ExecRequest request;
    request.exec_id = absl::StrCat("exec-", ::getpid(), "-", ++last_exec_);
    request.process_json = absl::StrCat(
        R"({"cwd":"/","terminal":)", terminal ? "true" : "false",
        R"(,"user":{"uid":0,"gid":0},"env":["PATH=/bin"],"args":[")",
        absl::StrJoin(args, R"(",")"), R"("]})");
    request.terminal = terminal;
    request.attach = true;
    request.seccomp_program = seccomp_program_;
    return request;
  }

  struct Outcome {
    std::string out;
    std::string err;
    int exit_code = -1;
    absl::Status status;
  };

  // All that comes until the exit.
  static Outcome ReadAll(ProcessStream& stream) {
    Outcome outcome;
    while (true) {
      auto event = stream.Read();
      outcome.status = event.status();
      if (!event.ok()) return outcome;
      if (event->exit.has_value()) {
        outcome.exit_code = event->exit->exit_code;
        return outcome;
      }
      (event->stream == OutputStream::kStdout ? outcome.out : outcome.err) +=
          event->data;
    }
  }

  // Until the output holds `text`.
  static std::string ReadUntil(ProcessStream& stream, const std::string& text) {
    std::string out;
    while (!absl::StrContains(out, text)) {
      auto event = stream.Read();
      if (!event.ok() || event->exit.has_value()) break;
      out += event->data;
    }
    return out;
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

  // What the shim's own starter loads: "allow". Empty for the OCI runtime's.
  std::string seccomp_program_;
  // "true" for a container with a terminal.
  std::string terminal_ = "false";
  int last_exec_ = 0;
  int64_t memory_limit_ = int64_t{1} << 30;
  TempDir dir_ = TempDir::Create("/tmp").value();
  std::vector<std::string> ids_;
  Mutex mu_;
  CondVar changed_;
  std::map<std::string, std::vector<ExitStatus>> exits_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<ShimHost> host_;
};

TEST_F(ShimHostRootTest, OutputAndExitCodeArrive) {
  LaunchRequest request =
      Request("a", {"sh", "-c", "echo out; echo err >&2; exit 7"});
  const std::string id = request.id;
  const Outcome outcome = ReadAll(*RunAttached(std::move(request)));
  EXPECT_EQ(outcome.exit_code, 7);
  EXPECT_EQ(outcome.out, "out\n");
  EXPECT_EQ(outcome.err, "err\n");
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
    const absl::Status status = host_->Launch(std::move(request)).status();
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
  const absl::Status status = host_->Launch(std::move(request)).status();
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
  ASSERT_THAT(host_->Launch(std::move(request)), IsOk());
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
  const std::string running = Run("b", {"sleep", "1000"});
  const std::string exited = Run("c", {"sh", "-c", "exit 5"});
  EXPECT_EQ(AwaitExit(exited), 5);
  const std::string unknown = Run("d", {"sleep", "1000"});
  Restart();
  const auto survivors = host_->Recover({running, exited}).value();
  ASSERT_EQ(survivors.size(), 2u);
  EXPECT_EQ(survivors[0].state, Survivor::State::kRunning);
  EXPECT_GT(survivors[0].pid, 1);
  EXPECT_EQ(survivors[1].state, Survivor::State::kExited);
  EXPECT_EQ(survivors[1].exit.exit_code, 5);
  EXPECT_THAT(host_->Signal(unknown, 0), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(host_->Signal(running, SIGKILL), IsOk());
  EXPECT_EQ(AwaitExit(running), 137);
}

TEST_F(ShimHostRootTest, AContainerDiesWithItsShim) {
  LaunchRequest request = Request("a", {"sleep", "1000"});
  const std::string id = request.id;
  const pid_t pid = host_->Launch(std::move(request)).value();
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
  const pid_t zygote = PeerOf(dir_.path() + "/run/internal/zygote-2.sock");
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
        EXPECT_THAT(host_->Launch(std::move(requests[i])), IsOk());
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
  const auto stream = RunAttached(
      Request("a", {"sh", "-c", "yes 0123456789 | head -n 1000000"}));
  absl::SleepFor(absl::Milliseconds(300));
  EXPECT_EQ(ReadAll(*stream).out.size(), 11u * 1000 * 1000);
}

TEST_F(ShimHostRootTest, AContainerThatIsHeldBackCanBeKilled) {
  LaunchRequest request = Request("a", {"yes"});
  const std::string id = request.id;
  const auto reader = RunAttached(std::move(request));
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
    EXPECT_THAT(host_->Launch(Request("a", {"true"})),
                StatusIs(absl::StatusCode::kAlreadyExists));
    EXPECT_THAT(host_->Delete(id), IsOk());
    MutexLock lock(mu_);
    exits_.clear();
  }
}

TEST_F(ShimHostRootTest, AnotherReaderIsCutOffAndHoldsNobodyBack) {
  const std::string id =
      Run("a", {"sh", "-c", "sleep 0.2; yes 0123456789 | head -n 2000000"});
  auto reader = host_->Attach(id, {}).value();
  EXPECT_EQ(AwaitExit(id), 0);
  absl::Status status;
  while (status.ok()) status = reader->Read().status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST_F(ShimHostRootTest, WithoutAnOpenInputItIsAtItsEnd) {
  EXPECT_EQ(ReadAll(*RunAttached(Request("a", {"wc", "-c"}))).out, "0\n");
}

TEST_F(ShimHostRootTest, InputOfAnySizeArrives) {
  LaunchRequest request = Request("a", {"wc", "-c"});
  request.open_stdin = true;
  const auto stream = RunAttached(std::move(request));
  const std::string piece(500000, '\xff');
  for (int i = 0; i < 40; ++i) EXPECT_THAT(stream->WriteInput(piece), IsOk());
  EXPECT_THAT(stream->CloseInput(), IsOk());
  const Outcome outcome = ReadAll(*stream);
  EXPECT_EQ(outcome.out, "20000000\n");
  EXPECT_EQ(outcome.exit_code, 0);
}

TEST_F(ShimHostRootTest, InputThatIsNotReadWaitsAndIsNoTrouble) {
  LaunchRequest request = Request("a", {"sh", "-c", "sleep 0.3; exit 3"});
  request.open_stdin = true;
  const auto stream = RunAttached(std::move(request));
  std::thread writer([&stream] {
    const std::string piece(500000, 'x');
    while (stream->WriteInput(piece).ok()) {
    }
  });
  EXPECT_EQ(ReadAll(*stream).exit_code, 3);
  stream->Cancel();
  writer.join();
}

TEST_F(ShimHostRootTest, InputEndsWithItsClientIfThatIsWished) {
  for (const bool once : {false, true}) {
    LaunchRequest request = Request(once ? "a" : "b", {"wc", "-c"});
    const std::string id = request.id;
    request.open_stdin = true;
    request.stdin_once = once;
    auto stream = RunAttached(std::move(request));
    EXPECT_THAT(stream->WriteInput("12345"), IsOk());
    stream->Cancel();
    stream.reset();
    if (once) {
      EXPECT_EQ(AwaitExit(id), 0);
      EXPECT_EQ(Log(id), "5\n");
      continue;
    }
    absl::SleepFor(absl::Milliseconds(100));
    auto second = host_->Attach(id, {/*primary=*/false, true, {}}).value();
    EXPECT_THAT(second->WriteInput("678"), IsOk());
    EXPECT_THAT(second->CloseInput(), IsOk());
    EXPECT_EQ(ReadAll(*second).out, "8\n");
  }
}

TEST_F(ShimHostRootTest, ATerminalWorks) {
  terminal_ = "true";
  LaunchRequest request = Request("a", {"sh"});
  request.terminal = true;
  request.open_stdin = true;
  request.terminal_size = {33, 101};
  const auto stream = RunAttached(std::move(request));
  EXPECT_THAT(stream->WriteInput("tty; stty size\n"), IsOk());
  EXPECT_TRUE(absl::StrContains(ReadUntil(*stream, "33 101\r\n"), "33 101"));
  EXPECT_THAT(stream->Resize({40, 90}), IsOk());
  EXPECT_THAT(stream->WriteInput("stty size; exit 5\n"), IsOk());
  const Outcome outcome = ReadAll(*stream);
  EXPECT_TRUE(absl::StrContains(outcome.out, "40 90\r\n")) << outcome.out;
  EXPECT_EQ(outcome.exit_code, 5);
}

// Both by the OCI runtime and by the shim itself.
class ExecRootTest : public ShimHostRootTest,
                     public ::testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    ShimHostRootTest::SetUp();
    if (!GetParam()) return;
    const sock_filter allow = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
    seccomp_program_.assign(reinterpret_cast<const char*>(&allow),
                            sizeof(allow));
  }
};

TEST_P(ExecRootTest, ACommandIsExecutedInTheContainer) {
  const std::string id = Run("a", {"sleep", "1000"});
  const auto stream =
      host_->Exec(id, Command({"sh", "-c", "echo o; echo e >&2; exit 9"}));
  ASSERT_THAT(stream, IsOk());
  const Outcome outcome = ReadAll(**stream);
  EXPECT_EQ(outcome.out, "o\n");
  EXPECT_EQ(outcome.err, "e\n");
  EXPECT_EQ(outcome.exit_code, 9);
}

TEST_P(ExecRootTest, AnExecutedCommandHasInputAndTerminal) {
  const std::string id = Run("a", {"sleep", "1000"});
  ExecRequest count = Command({"wc", "-c"});
  count.stdin = true;
  const auto pipe = host_->Exec(id, count).value();
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(pipe->WriteInput(std::string(100000, 'x')), IsOk());
  }
  EXPECT_THAT(pipe->CloseInput(), IsOk());
  EXPECT_EQ(ReadAll(*pipe).out, "2000000\n");

  ExecRequest shell = Command({"sh"}, /*terminal=*/true);
  shell.stdin = true;
  shell.terminal_size = {11, 22};
  const auto terminal = host_->Exec(id, shell).value();
  EXPECT_THAT(terminal->WriteInput("stty size; exit 4\n"), IsOk());
  const Outcome outcome = ReadAll(*terminal);
  EXPECT_TRUE(absl::StrContains(outcome.out, "11 22\r\n")) << outcome.out;
  EXPECT_EQ(outcome.exit_code, 4);
}

TEST_P(ExecRootTest, ExecutedCommandsThatCannotRunHaveTheirReasons) {
  const std::string id = Run("a", {"sleep", "1000"});
  const auto reason = [&](const std::string& command) {
    const absl::Status status = host_->Exec(id, Command({command})).status();
    const auto found = ReasonOf(status);
    return found.has_value() ? found->reason : status.ToString();
  };
  EXPECT_EQ(reason("nope"), "COMMAND_NOT_FOUND");
  EXPECT_EQ(reason("/bin/text"), "COMMAND_NOT_EXECUTABLE");
  EXPECT_EQ(reason("/directory"), "COMMAND_NOT_EXECUTABLE");
}

TEST_P(ExecRootTest, AnExecutedCommandOutlivesItsClient) {
  const std::string id = Run("a", {"sleep", "1000"});
  auto stream =
      host_->Exec(id, Command({"sh", "-c", "sleep 0.2; echo x > /dev/done"}));
  ASSERT_THAT(stream, IsOk());
  stream->reset();
  const auto seen = host_->Exec(
      id, Command({"sh", "-c", "until cat /dev/done; do sleep 0.1; done"}));
  EXPECT_EQ(ReadAll(**seen).out, "x\n");
}

TEST_P(ExecRootTest, ExecutedCommandsEndWithTheContainer) {
  const std::string id = Run("a", {"sleep", "1000"});
  const auto stream = host_->Exec(id, Command({"sleep", "1000"})).value();
  EXPECT_THAT(host_->Signal(id, SIGKILL), IsOk());
  EXPECT_EQ(ReadAll(*stream).exit_code, 137);
  EXPECT_EQ(AwaitExit(id), 137);
  EXPECT_THAT(host_->Exec(id, Command({"true"})).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_P(ExecRootTest, ManyCommandsAtOnce) {
  const std::string id = Run("a", {"sleep", "1000"});
  std::vector<ExecRequest> requests;
  for (int i = 0; i < 24; ++i) {
    requests.push_back(Command({"sh", "-c", absl::StrCat("exit ", i)}));
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 24; ++i) {
    threads.emplace_back([&, i] {
      const auto stream = host_->Exec(id, requests[i]);
      ASSERT_THAT(stream, IsOk());
      EXPECT_EQ(ReadAll(**stream).exit_code, i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_P(ExecRootTest, NothingOfTheShimIsInTheProcess) {
  const std::string id = Run("a", {"sleep", "1000"});
  EXPECT_EQ(
      ReadAll(*host_->Exec(id, Command({"ls", "/proc/self/fd"})).value()).out,
      "0\n1\n2\n3\n");
  const Outcome status = ReadAll(
      *host_
           ->Exec(id, Command({"grep", "-E",
                               "Sig(Ign|Blk)|CapInh|CapAmb|NSpid|Tracer",
                               "/proc/self/status"}))
           .value());
  EXPECT_TRUE(absl::StrContains(status.out, "SigIgn:\t0000000000000000"));
  EXPECT_TRUE(absl::StrContains(status.out, "SigBlk:\t0000000000000000"));
  EXPECT_TRUE(absl::StrContains(status.out, "CapInh:\t0000000000000000"));
  EXPECT_TRUE(absl::StrContains(status.out, "CapAmb:\t0000000000000000"));
  EXPECT_TRUE(absl::StrContains(status.out, "TracerPid:\t0"));
}

TEST_P(ExecRootTest, ItIsInTheContainersNamespacesAndGroups) {
  const std::string id = Run("a", {"sleep", "1000"});
  const Outcome same = ReadAll(
      *host_
           ->Exec(id, Command({"sh", "-c",
                               "for n in mnt pid net uts ipc; do "
                               "[ $(readlink /proc/1/ns/$n) = "
                               "$(readlink /proc/self/ns/$n) ] || echo $n; "
                               "done; cat /proc/1/cgroup > /dev/a; "
                               "cat /proc/self/cgroup > /dev/b; "
                               "cmp /dev/a /dev/b && echo same"}))
           .value());
  EXPECT_EQ(same.out, "same\n") << same.err;
}

TEST_P(ExecRootTest, TheHostsProgramCannotBeOverwritten) {
  const std::string id = Run("a", {"sleep", "1000"});
  const pid_t zygote = PeerOf(dir_.path() + "/run/internal/zygote-2.sock");
  char target[256] = {};
  ASSERT_GT(::readlink(absl::StrCat("/proc/", zygote, "/exe").c_str(), target,
                       sizeof(target) - 1),
            0);
  EXPECT_TRUE(absl::StartsWith(target, "/memfd:gantry-shim")) << target;
  EXPECT_LT(::open(absl::StrCat("/proc/", zygote, "/exe").c_str(),
                   O_WRONLY | O_CLOEXEC),
            0);
  // A program that is the one that starts it.
  const auto stream = host_->Exec(id, Command({"/proc/self/exe"}));
  if (stream.ok()) {
    EXPECT_NE(ReadAll(**stream).exit_code, 0);
  }
}

TEST_P(ExecRootTest, TheUserAndItsCapabilitiesAreTheSpecifications) {
  const std::string id = Run("a", {"sleep", "1000"});
  ExecRequest request =
      Command({"grep", "-E", "^(Uid|Gid|Groups|Cap(Bnd|Eff|Prm))",
               "/proc/self/status"});
  request.process_json =
      R"json({"cwd":"/","args":["grep","-E","^(Uid|Gid|Groups|Cap(Bnd|Eff|Prm))",)json"
      R"json("/proc/self/status"],"env":["PATH=/bin"],)json"
      R"json("user":{"uid":33,"gid":34,"additionalGids":[34,55]},)json"
      R"json("capabilities":{"bounding":["CAP_CHOWN"],"effective":[],"permitted":[]}})json";
  EXPECT_EQ(ReadAll(*host_->Exec(id, request).value()).out,
            "Uid:\t33\t33\t33\t33\nGid:\t34\t34\t34\t34\n"
            "Groups:\t34 55 \nCapPrm:\t0000000000000000\n"
            "CapEff:\t0000000000000000\nCapBnd:\t0000000000000001\n");
}

TEST_P(ExecRootTest, ADirectoryThatIsMissingIsAnError) {
  const std::string id = Run("a", {"sleep", "1000"});
  for (const char* dir : {"/nope", "/proc/self/fd/7", "/bin/text"}) {
    ExecRequest request = Command({"true"});
    request.process_json = absl::StrCat(
        R"({"args":["true"],"env":["PATH=/bin"],"cwd":")", dir, R"("})");
    const absl::Status status = host_->Exec(id, request).status();
    const auto reason = ReasonOf(status);
    EXPECT_EQ(reason.has_value() ? reason->reason : status.ToString(),
              "COMMAND_NOT_EXECUTABLE")
        << dir;
  }
}

INSTANTIATE_TEST_SUITE_P(Starters, ExecRootTest, ::testing::Bool(),
                         [](const auto& info) {
                           return info.param ? "Shim" : "OciRuntime";
                         });

}  // namespace
}  // namespace gantry::runtime

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (argc > 1) gantry::runtime::shim_program = argv[1];
  return RUN_ALL_TESTS();
}
