#include "services/runtime/container/container_lifecycle.h"

#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <thread>

#include "common/fs/file.h"
#include "common/fs/temp_dir.h"
#include "common/kv/fake_kv_store.h"
#include "common/status/error.h"
#include "common/testing/status_matchers.h"
#include "services/runtime/container/fake_rootfs_source.h"
#include "services/runtime/container/kv_container_store.h"
#include "services/runtime/shim/fake_shim_host.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kRefused = absl::StatusCode::kFailedPrecondition;

class ContainerLifecycleTest : public ::testing::Test {
 protected:
  ContainerLifecycleTest() { StartService(); }

  void StartService() {
    LifecycleOptions options;
    options.state_dir = dir_.path() + "/state";
    options.bundles_dir = dir_.path() + "/bundles";
    options.runtimes = {{"crun", "/bin/sh"}};
    options.default_runtime = "crun";
    lifecycle_ =
        std::make_unique<ContainerLifecycle>(options, store_, rootfs_, shims_);
  }
  // Waits for workers, as the end of the service does.
  void StopService() { lifecycle_.reset(); }
  void Restart() {
    StopService();
    StartService();
    ASSERT_THAT(lifecycle_->Recover(), IsOk());
  }

  static ContainerOptions Busybox() {
    ContainerOptions options;
    options.image = "busybox";
    return options;
  }
  static ContainerOptions AutoRemoved() {
    ContainerOptions options = Busybox();
    options.auto_remove = true;
    return options;
  }
  std::string Create(const std::string& name,
                     const ContainerOptions& options = Busybox()) {
    const auto created = lifecycle_->Create("", "", name, options);
    EXPECT_THAT(created, IsOk());
    return created.ok() ? created->container.id : "";
  }
  std::string Run(const std::string& name,
                  const ContainerOptions& options = Busybox()) {
    const std::string id = Create(name, options);
    EXPECT_THAT(lifecycle_->Start(id), IsOk());
    return id;
  }
  ContainerState StateOf(const std::string& ref) {
    return lifecycle_->Get(ref).value().state;
  }

  TempDir dir_ = TempDir::Create().value();
  FakeKvStore kv_;
  KvContainerStore store_{kv_};
  FakeRootfsSource rootfs_;
  FakeShimHost shims_;
  std::unique_ptr<ContainerLifecycle> lifecycle_;
};

TEST_F(ContainerLifecycleTest, CreatesStartsAndEndsAContainer) {
  const std::string id = Create("web");
  const ContainerInfo created = lifecycle_->Get("web").value();
  EXPECT_EQ(created.state, ContainerState::kCreated);
  EXPECT_THAT(created.args, ElementsAre("sh"));
  ASSERT_THAT(lifecycle_->Start("web"), IsOk());
  EXPECT_THAT(lifecycle_->Start("web"), IsOk());
  EXPECT_EQ(StateOf("web"), ContainerState::kRunning);
  EXPECT_NE(lifecycle_->Get("web")->pid, 0);
  shims_.Finish(id, 3);
  EXPECT_EQ(StateOf("web"), ContainerState::kExited);
  EXPECT_EQ(lifecycle_->Wait("web", nullptr).value(), 3);
}

TEST_F(ContainerLifecycleTest, WritesTheBundleForTheShim) {
  const std::string id = Run("web");
  const auto config =
      ReadFile(dir_.path() + "/bundles/" + id + "/config.json", 1 << 20);
  ASSERT_THAT(config, IsOk());
  EXPECT_NE(config->find("\"cgroupsPath\":\"/gantry/" + id), std::string::npos);
  EXPECT_NE(config->find("\"HOSTNAME=" + id.substr(0, 12) + "\""),
            std::string::npos);
}

TEST_F(ContainerLifecycleTest, StartsAnEndedContainerAnew) {
  const std::string id = Run("web");
  shims_.Finish(id, 3);
  ASSERT_THAT(lifecycle_->Start("web"), IsOk());
  EXPECT_EQ(StateOf("web"), ContainerState::kRunning);
  EXPECT_EQ(lifecycle_->Get("web")->exit_code, 0);
}

TEST_F(ContainerLifecycleTest, TheSameNameTwiceIsAConflict) {
  const std::string id = Create("web");
  const auto second = lifecycle_->Create("", "", "web", Busybox());
  EXPECT_THAT(second, StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_NE(second.status().message().find(id), absl::string_view::npos);
  EXPECT_THAT(rootfs_.Ids(), SizeIs(1));
}

TEST_F(ContainerLifecycleTest, MakesANameUp) {
  const auto created = lifecycle_->Create("", "", "", Busybox());
  ASSERT_THAT(created, IsOk());
  EXPECT_THAT(lifecycle_->Get(created->container.name), IsOk());
}

TEST_F(ContainerLifecycleTest, AFailedCreationLeavesNothing) {
  ContainerOptions options = Busybox();
  options.user = "nobody";
  const auto created = lifecycle_->Create("", "", "web", options);
  EXPECT_EQ(ReasonOf(created.status())->reason, "USER_NOT_FOUND");
  options = Busybox();
  options.image = "gone";
  EXPECT_THAT(lifecycle_->Create("", "", "web", options),
              StatusIs(absl::StatusCode::kNotFound));
  kv_.FailWrites(absl::ResourceExhaustedError("full"));
  EXPECT_THAT(lifecycle_->Create("", "", "web", Busybox()),
              StatusIs(absl::StatusCode::kResourceExhausted));
  kv_.FailWrites(absl::OkStatus());
  EXPECT_THAT(rootfs_.Ids(), IsEmpty());
  EXPECT_THAT(*ListDirectory(dir_.path() + "/state/containers"), IsEmpty());
  Create("web");
}

TEST_F(ContainerLifecycleTest, TheSameRequestTwiceMakesOneContainer) {
  const auto first = lifecycle_->Create("r1", "print", "", Busybox());
  const auto again = lifecycle_->Create("r1", "print", "", Busybox());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(first->container.id, again->container.id);
  const auto other = lifecycle_->Create("r1", "other", "", Busybox());
  EXPECT_THAT(other, StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(ReasonOf(other.status())->reason, "REQUEST_ID_REUSED");
}

TEST_F(ContainerLifecycleTest, AFailedStartIsRecordedAndLeavesItCreated) {
  const std::string id = Create("web");
  shims_.FailLaunch(Error(kRefused, "COMMAND_NOT_FOUND", "no such file"));
  EXPECT_THAT(lifecycle_->Start("web"), StatusIs(kRefused));
  const ContainerInfo info = lifecycle_->Get("web").value();
  EXPECT_EQ(info.state, ContainerState::kCreated);
  EXPECT_EQ(info.exit_code, 127);
  EXPECT_EQ(info.error, "exec: \"sh\": no such file");
  EXPECT_THAT(shims_.Ids(), IsEmpty());
  shims_.FailLaunch(absl::InternalError("it broke"));
  EXPECT_FALSE(lifecycle_->Start("web").ok());
  EXPECT_EQ(lifecycle_->Get("web")->exit_code, 128);
  EXPECT_THAT(shims_.Ids(), IsEmpty());
  shims_.FailLaunch(absl::OkStatus());
  EXPECT_THAT(lifecycle_->Start("web"), IsOk());
}

TEST_F(ContainerLifecycleTest, AFailedStartRemovesAnAutoRemovedContainer) {
  Create("web", AutoRemoved());
  shims_.FailLaunch(Error(kRefused, "COMMAND_NOT_FOUND", "no such file"));
  EXPECT_FALSE(lifecycle_->Attach("web", {.start = true}).ok());
  EXPECT_THAT(lifecycle_->Get("web"), StatusIs(absl::StatusCode::kNotFound));
  StopService();
  EXPECT_THAT(*store_.LoadAll(), IsEmpty());
}

TEST_F(ContainerLifecycleTest, AnAttachmentGetsOutputAndThenTheExit) {
  const std::string id = Create("web");
  auto attachment = lifecycle_->Attach("web", {.start = true});
  ASSERT_THAT(attachment, IsOk());
  EXPECT_EQ(attachment->container_id, id);
  shims_.WriteOutput(id, OutputStream::kStderr, "hello");
  shims_.Finish(id, 4);
  const auto output = attachment->stream->Read();
  ASSERT_THAT(output, IsOk());
  EXPECT_EQ(output->data, "hello");
  EXPECT_EQ(output->stream, OutputStream::kStderr);
  EXPECT_EQ(attachment->stream->Read()->exit->exit_code, 4);
  EXPECT_THAT(attachment->stream->Read(),
              StatusIs(absl::StatusCode::kOutOfRange));
}

TEST_F(ContainerLifecycleTest, TheNameIsFreeWhenTheAttachmentEnds) {
  const std::string id = Create("web", AutoRemoved());
  auto attachment = lifecycle_->Attach("web", {.start = true});
  ASSERT_THAT(attachment, IsOk());
  std::thread end([&] { shims_.Finish(id, 0); });
  EXPECT_EQ(attachment->stream->Read()->exit->exit_code, 0);
  Create("web");
  EXPECT_THAT(lifecycle_->Get(id), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(rootfs_.Ids(), SizeIs(1));
  end.join();
  StopService();
  EXPECT_THAT(*store_.LoadAll(), SizeIs(1));
  EXPECT_THAT(*ListDirectory(dir_.path() + "/state/containers"), SizeIs(1));
  EXPECT_THAT(*ListDirectory(dir_.path() + "/bundles"), IsEmpty());
}

TEST_F(ContainerLifecycleTest, ACancelledAttachmentLeavesTheContainerRunning) {
  Create("web");
  auto attachment = lifecycle_->Attach("web", {.start = true});
  ASSERT_THAT(attachment, IsOk());
  std::thread cancel([&] { attachment->stream->Cancel(); });
  EXPECT_THAT(attachment->stream->Read(),
              StatusIs(absl::StatusCode::kCancelled));
  cancel.join();
  EXPECT_EQ(StateOf("web"), ContainerState::kRunning);
}

TEST_F(ContainerLifecycleTest, AttachesOnlyToWhatRuns) {
  Create("web");
  EXPECT_THAT(lifecycle_->Attach("web", {}), StatusIs(kRefused));
}

TEST_F(ContainerLifecycleTest, InputIsForContainersThatWantIt) {
  ContainerOptions options = Busybox();
  Create("closed", options);
  EXPECT_EQ(
      ReasonOf(
          lifecycle_->Attach("closed", {.start = true, .stdin = true}).status())
          ->reason,
      "STDIN_CLOSED");
  options.open_stdin = options.stdin_once = options.tty = true;
  const std::string id = Create("open", options);
  auto attachment = lifecycle_->Attach(
      "open", {.start = true, .stdin = true, .terminal_size = {24, 80}});
  ASSERT_THAT(attachment, IsOk());
  EXPECT_THAT(attachment->stream->WriteInput("hello"), IsOk());
  EXPECT_THAT(attachment->stream->CloseInput(), IsOk());
  EXPECT_EQ(shims_.InputOf(id), "hello<end>");
  const LaunchRequest launch = shims_.LaunchOf(id);
  EXPECT_TRUE(launch.open_stdin && launch.stdin_once && launch.terminal);
  EXPECT_TRUE(launch.await_primary);
  EXPECT_EQ(launch.terminal_size.columns, 80);
}

TEST_F(ContainerLifecycleTest, CommandsAreExecutedInWhatRuns) {
  ContainerOptions options = Busybox();
  options.env = {"A=1", "B=2"};
  options.working_dir = "/srv";
  Create("web", options);
  ExecOptions exec;
  exec.command = {"ls", "-l"};
  exec.env = {"B=3"};
  exec.attach = true;
  EXPECT_EQ(ReasonOf(lifecycle_->Exec("web", exec).status())->reason,
            "NOT_RUNNING");
  ASSERT_THAT(lifecycle_->Start("web"), IsOk());
  const auto started = lifecycle_->Exec("web", exec);
  ASSERT_THAT(started, IsOk());
  EXPECT_EQ(started->exec_id.size(), 64u);
  const std::string process = started->stream->Read()->data;
  for (const char* part :
       {R"("args":["ls","-l"])", R"("A=1")", R"("B=3")", R"("cwd":"/srv")"}) {
    EXPECT_NE(process.find(part), std::string::npos) << process;
  }
  EXPECT_EQ(started->stream->Read()->exit->exit_code, 0);
  exec.attach = false;
  EXPECT_EQ(lifecycle_->Exec("web", exec)->stream, nullptr);
  exec.command = {};
  EXPECT_THAT(lifecycle_->Exec("web", exec).status(),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(ContainerLifecycleTest, StopSendsTheImagesSignalAndThenKills) {
  rootfs_.SetConfig(
      R"({"architecture":"amd64","os":"linux","config":{"Cmd":["sh"],)"
      R"("StopSignal":"SIGQUIT"},"rootfs":{"type":"layers","diff_ids":[]}})");
  const std::string id = Run("web");
  ASSERT_THAT(lifecycle_->Stop("web", absl::Milliseconds(1), std::nullopt),
              IsOk());
  EXPECT_EQ(lifecycle_->Get("web")->exit_code, 128 + SIGKILL);
  EXPECT_THAT(lifecycle_->Stop("web", std::nullopt, std::nullopt), IsOk());
  EXPECT_EQ(lifecycle_->Get("web")->stop_signal, SIGQUIT);
}

TEST_F(ContainerLifecycleTest, KillNeedsAContainerThatRuns) {
  const std::string id = Create("web");
  const absl::Status status = lifecycle_->Kill("web", "TERM");
  EXPECT_THAT(status, StatusIs(kRefused));
  EXPECT_EQ(status.message(), "container " + id + " is not running");
  EXPECT_THAT(lifecycle_->Kill("web", "NOSUCH"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  ASSERT_THAT(lifecycle_->Start("web"), IsOk());
  ASSERT_THAT(lifecycle_->Kill("web", "USR1"), IsOk());
  EXPECT_THAT(shims_.SignalsOf(id), ElementsAre(SIGUSR1));
}

TEST_F(ContainerLifecycleTest, RemovesWhatRunsOnlyByForce) {
  Run("web");
  const absl::Status status = lifecycle_->Remove("web", false);
  EXPECT_THAT(status, StatusIs(kRefused));
  EXPECT_EQ(status.message(),
            "cannot remove container \"/web\": container is running: stop the "
            "container before removing or force remove");
  ASSERT_THAT(lifecycle_->Remove("web", true), IsOk());
  EXPECT_THAT(lifecycle_->Get("web"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(rootfs_.Ids(), IsEmpty());
  StopService();
  EXPECT_THAT(shims_.Ids(), IsEmpty());
  EXPECT_THAT(*store_.LoadAll(), IsEmpty());
  EXPECT_THAT(*ListDirectory(dir_.path() + "/state/containers"), IsEmpty());
}

TEST_F(ContainerLifecycleTest, ListsAndCountsContainers) {
  Create("a");
  const std::string id = Run("b");
  EXPECT_THAT(lifecycle_->List({.all = true}, 0, "")->containers, SizeIs(2));
  const auto active = lifecycle_->List({}, 0, "");
  ASSERT_THAT(active->containers, SizeIs(1));
  EXPECT_EQ(active->containers[0].id, id);
  EXPECT_EQ(lifecycle_->Counts().running, 1);
  EXPECT_EQ(lifecycle_->Counts().stopped, 1);
}

TEST_F(ContainerLifecycleTest, TheLogIsCompleteWhenTheContainerHasEnded) {
  const std::string id = Run("web");
  const auto logs = lifecycle_->Logs("web");
  ASSERT_THAT(logs, IsOk());
  EXPECT_FALSE(logs->writer_done());
  shims_.Finish(id, 0);
  EXPECT_TRUE(logs->writer_done());
  EXPECT_THAT(ListDirectory(logs->log_dir), IsOk());
}

TEST_F(ContainerLifecycleTest, FindsARunningContainerAfterARestart) {
  const std::string id = Run("web");
  Restart();
  EXPECT_EQ(StateOf("web"), ContainerState::kRunning);
  auto attachment = lifecycle_->Attach("web", {});
  ASSERT_THAT(attachment, IsOk());
  shims_.Finish(id, 5);
  EXPECT_EQ(attachment->stream->Read()->exit->exit_code, 5);
  EXPECT_EQ(lifecycle_->Get("web")->exit_code, 5);
}

TEST_F(ContainerLifecycleTest, LearnsOfAnEndThatItMissed) {
  const std::string kept = Run("kept");
  const std::string removed = Run("removed", AutoRemoved());
  StopService();
  shims_.Finish(kept, 6);
  shims_.Finish(removed, 7);
  StartService();
  ASSERT_THAT(lifecycle_->Recover(), IsOk());
  EXPECT_EQ(StateOf("kept"), ContainerState::kExited);
  EXPECT_EQ(lifecycle_->Get("kept")->exit_code, 6);
  EXPECT_THAT(lifecycle_->Get("removed"),
              StatusIs(absl::StatusCode::kNotFound));
  StopService();
  EXPECT_THAT(shims_.Ids(), IsEmpty());
  EXPECT_THAT(rootfs_.Ids(), SizeIs(1));
}

TEST_F(ContainerLifecycleTest, AContainerWhoseShimIsGoneWasKilled) {
  const std::string id = Run("web");
  StopService();
  ASSERT_THAT(shims_.Delete(id), IsOk());
  StartService();
  ASSERT_THAT(lifecycle_->Recover(), IsOk());
  EXPECT_EQ(lifecycle_->Get("web")->exit_code, 137);
  EXPECT_THAT(lifecycle_->Start("web"), IsOk());
}

TEST_F(ContainerLifecycleTest, FinishesAStartThatWasNotRecorded) {
  const std::string id = Run("web");
  StopService();
  StoredContainer before = store_.LoadAll().value()[0];
  before.info.state = ContainerState::kCreated;
  before.info.pid = 0;
  ASSERT_THAT(store_.Update(before), IsOk());
  StartService();
  ASSERT_THAT(lifecycle_->Recover(), IsOk());
  EXPECT_EQ(StateOf("web"), ContainerState::kRunning);
  EXPECT_NE(lifecycle_->Get("web")->pid, 0);
}

TEST_F(ContainerLifecycleTest, FinishesARemovalAndSweepsWhatNobodyNames) {
  const std::string id = Create("web");
  StopService();
  StoredContainer half = store_.LoadAll().value()[0];
  half.info.state = ContainerState::kRemoving;
  half.name_released = true;
  ASSERT_THAT(store_.UpdateAndReleaseName(half, true), IsOk());
  ASSERT_THAT(MakeDirectories(dir_.path() + "/state/containers/x/log", 0700),
              IsOk());
  ASSERT_THAT(MakeDirectories(dir_.path() + "/bundles/x/rootfs", 0700), IsOk());
  ASSERT_THAT(rootfs_.Prepare("x", "busybox"), IsOk());
  StartService();
  ASSERT_THAT(lifecycle_->Recover(), IsOk());
  EXPECT_THAT(lifecycle_->Get("web"), StatusIs(absl::StatusCode::kNotFound));
  StopService();
  EXPECT_THAT(*store_.LoadAll(), IsEmpty());
  EXPECT_THAT(rootfs_.Ids(), IsEmpty());
  EXPECT_GE(rootfs_.sync_count(), 1);
  EXPECT_THAT(*ListDirectory(dir_.path() + "/state/containers"), IsEmpty());
  EXPECT_THAT(*ListDirectory(dir_.path() + "/bundles"), IsEmpty());
}

TEST_F(ContainerLifecycleTest, ManyAtATimeDoNotDisturbEachOther) {
  std::vector<std::thread> clients;
  for (int client = 0; client < 8; ++client) {
    clients.emplace_back([this] {
      for (int i = 0; i < 10; ++i) {
        const auto created = lifecycle_->Create("", "", "", AutoRemoved());
        ASSERT_THAT(created, IsOk());
        const std::string id = created->container.id;
        auto attachment = lifecycle_->Attach(id, {.start = true});
        ASSERT_THAT(attachment, IsOk());
        shims_.Finish(id, 9);
        EXPECT_EQ(attachment->stream->Read()->exit->exit_code, 9);
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_THAT(lifecycle_->List({.all = true}, 0, "")->containers, IsEmpty());
  StopService();
  EXPECT_THAT(*store_.LoadAll(), IsEmpty());
  EXPECT_THAT(shims_.Ids(), IsEmpty());
}

}  // namespace
}  // namespace gantry::runtime
