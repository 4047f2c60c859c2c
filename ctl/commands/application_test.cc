#include "ctl/commands/application.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>

#include "absl/time/clock.h"
#include "common/fs/file.h"
#include "common/fs/temp_dir.h"
#include "common/fs/unique_fd.h"
#include "common/status/error.h"
#include "ctl/testing/fake_gateway.h"

namespace gantry::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

// A file in memory that a console writes to.
class Capture {
 public:
  Capture() : fd_(memfd_create("capture", MFD_CLOEXEC)) {}
  int fd() const { return fd_.get(); }
  std::string Text() const {
    const off_t size = lseek(fd_.get(), 0, SEEK_END);
    std::string text(static_cast<size_t>(size), '\0');
    EXPECT_EQ(pread(fd_.get(), text.data(), text.size(), 0), size);
    return text;
  }
  void Fill(const std::string& text) {
    EXPECT_EQ(pwrite(fd_.get(), text.data(), text.size(), 0),
              static_cast<ssize_t>(text.size()));
  }

 private:
  UniqueFd fd_;
};

struct Result {
  int exit_code;
  std::string out;
  std::string err;
};

// Blocks what the signal proxy passes on, as a parent of all threads would.
void BlockInterrupt() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

class ApplicationTest : public ::testing::Test {
 protected:
  ApplicationTest() {
    BlockInterrupt();
    gateway_ = std::make_unique<FakeGateway>();
    client_ = std::make_unique<GatewayClient>(gateway_->Channel());
  }

  Result Ctl(const std::vector<std::string>& arguments,
             const std::string& input = "") {
    Capture in;
    Capture out;
    Capture err;
    in.Fill(input);
    const int exit_code = RunApplication(
        arguments, StandardStreams{in.fd(), out.fd(), err.fd()}, client_.get());
    BlockInterrupt();
    return {exit_code, out.Text(), err.Text()};
  }

  void AddContainer(char digit, const std::string& name,
                    runtime::v1::ContainerState state, int exit_code = 0) {
    const int64_t now = absl::ToUnixSeconds(absl::Now());
    runtime::v1::Container container;
    container.set_id(std::string(64, digit));
    container.set_name(name);
    container.mutable_spec()->set_image("busybox");
    (*container.mutable_spec()->mutable_labels())["app"] = name;
    container.set_image_id("sha256:ab");
    container.set_state(state);
    container.set_exit_code(exit_code);
    container.mutable_created_at()->set_seconds(now - 300);
    container.mutable_started_at()->set_seconds(now - 180);
    container.mutable_finished_at()->set_seconds(now - 120);
    for (const char* arg : {"sh", "-c", "sleep 1000000000"}) {
      container.add_args(arg);
    }
    gateway_->containers.containers.push_back(container);
  }

  void AddOutput(runtime::v1::OutputStream stream, const std::string& data) {
    runtime::v1::OutputChunk chunk;
    chunk.set_stream(stream);
    chunk.set_data(data);
    gateway_->containers.output.push_back(chunk);
  }

  std::unique_ptr<FakeGateway> gateway_;
  std::unique_ptr<GatewayClient> client_;
};

TEST_F(ApplicationTest, RunWritesBothStreamsAndReturnsTheExitCode) {
  AddOutput(runtime::v1::OUTPUT_STREAM_STDOUT, std::string("a\0b", 3));
  AddOutput(runtime::v1::OUTPUT_STREAM_STDERR, "oops\n");
  gateway_->containers.exit_code = 42;
  const Result result = Ctl({"run", "--rm", "-e", "A=1", "--entrypoint", "",
                             "busybox", "sh", "-c", "exit"});
  EXPECT_EQ(result.exit_code, 42);
  EXPECT_EQ(result.out, std::string("a\0b", 3));
  EXPECT_EQ(result.err, "oops\n");
  const auto request = gateway_->containers.last_create();
  EXPECT_TRUE(request.spec().auto_remove());
  EXPECT_THAT(request.spec().env(), ElementsAre("A=1"));
  EXPECT_THAT(request.spec().command(), ElementsAre("sh", "-c", "exit"));
  EXPECT_TRUE(request.spec().has_entrypoint());
  EXPECT_EQ(request.spec().entrypoint().args_size(), 0);
  EXPECT_FALSE(request.request_id().empty());
}

TEST_F(ApplicationTest, RunDetachedPrintsTheId) {
  const Result result = Ctl({"run", "-d", "--name", "web", "busybox"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, std::string(64, 'a') + "\n");
  EXPECT_EQ(gateway_->containers.last_create().name(), "web");
}

TEST_F(ApplicationTest, RunNamesAnImageThatIsMissing) {
  gateway_->containers.create_status =
      Error(absl::StatusCode::kNotFound, "IMAGE_NOT_FOUND", "no such image");
  const Result result = Ctl({"run", "--pull", "never", "nothing"});
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_EQ(result.err, "Unable to find image 'nothing:latest' locally\n");
  EXPECT_TRUE(gateway_->images.pulls().empty());
}

// What a pull of a layer tells.
std::vector<image::v1::PullImageResponse> PullEvents(bool up_to_date) {
  const std::string layer = "sha256:" + std::string(64, 'd');
  std::vector<image::v1::PullImageResponse> events(4);
  image::v1::PullResolved* resolved = events[0].mutable_resolved();
  resolved->set_name("docker.io/library/busybox:latest");
  resolved->add_layers()->set_digest(layer);
  events[1].mutable_layer()->set_digest(layer);
  events[1].mutable_layer()->set_state(image::v1::LAYER_STATE_DOWNLOADING);
  events[2].mutable_layer()->set_digest(layer);
  events[2].mutable_layer()->set_state(image::v1::LAYER_STATE_COMPLETE);
  image::v1::PulledImage* pulled = events[3].mutable_pulled_image();
  pulled->set_name("docker.io/library/busybox:latest");
  pulled->set_digest("sha256:ee");
  pulled->set_up_to_date(up_to_date);
  return events;
}

constexpr char kPullText[] =
    "latest: Pulling from library/busybox\n"
    "dddddddddddd: Pulling fs layer\n"
    "dddddddddddd: Pull complete\n"
    "Digest: sha256:ee\n"
    "Status: Downloaded newer image for busybox:latest\n";

TEST_F(ApplicationTest, RunPullsAnImageThatIsMissing) {
  gateway_->containers.create_status =
      Error(absl::StatusCode::kNotFound, "IMAGE_NOT_FOUND", "no such image");
  gateway_->containers.failing_creates = 1;
  gateway_->images.pull_events = PullEvents(false);
  AddOutput(runtime::v1::OUTPUT_STREAM_STDOUT, "hello\n");
  const Result result = Ctl({"run", "busybox"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "hello\n");
  EXPECT_EQ(result.err,
            std::string("Unable to find image 'busybox:latest' locally\n") +
                kPullText);
  EXPECT_EQ(gateway_->images.pulls().at(0).image(), "busybox");
}

TEST_F(ApplicationTest, RunPullsQuietlyOrAlwaysIfAsked) {
  gateway_->images.pull_events = PullEvents(false);
  const Result always = Ctl({"run", "-d", "--pull", "always", "busybox"});
  EXPECT_EQ(always.exit_code, 0);
  EXPECT_EQ(always.err, kPullText);
  EXPECT_EQ(Ctl({"run", "-qd", "--pull=always", "busybox"}).err, "");
  EXPECT_EQ(gateway_->images.pulls().size(), 2u);
  const Result wrong = Ctl({"run", "--pull=maybe", "busybox"});
  EXPECT_EQ(wrong.exit_code, 125);
  EXPECT_THAT(wrong.err, StartsWith("ctl: invalid pull option: 'maybe'"));
}

TEST_F(ApplicationTest, AFailedPullIsOneLineAndNoContainer) {
  gateway_->containers.create_status =
      Error(absl::StatusCode::kNotFound, "IMAGE_NOT_FOUND", "no such image");
  gateway_->images.pull_status =
      Error(absl::StatusCode::kNotFound, "MANIFEST_UNKNOWN", "not there");
  const Result run = Ctl({"run", "busybox"});
  EXPECT_EQ(run.exit_code, 125);
  EXPECT_EQ(run.err,
            "Unable to find image 'busybox:latest' locally\n"
            "ctl: Error response from daemon: not there\n");
  EXPECT_EQ(Ctl({"create", "busybox"}).exit_code, 1);
  const Result pull = Ctl({"pull", "busybox:latest"});
  EXPECT_EQ(pull.exit_code, 1);
  EXPECT_EQ(pull.out, "");
  EXPECT_EQ(pull.err, "Error response from daemon: not there\n");
}

TEST_F(ApplicationTest, PullTellsWhatItDoes) {
  gateway_->images.pull_events = PullEvents(false);
  EXPECT_EQ(Ctl({"pull", "busybox"}).out,
            std::string("Using default tag: latest\n") + kPullText +
                "docker.io/library/busybox:latest\n");
  EXPECT_EQ(Ctl({"pull", "-q", "busybox"}).out,
            "docker.io/library/busybox:latest\n");
  gateway_->images.pull_events = PullEvents(true);
  EXPECT_THAT(Ctl({"pull", "localhost:5000/busybox:latest"}).out,
              HasSubstr("Status: Image is up to date for "
                        "localhost:5000/busybox:latest\n"));
  EXPECT_EQ(Ctl({"pull", "--platform", "linux/arm64/v8", "busybox"}).exit_code,
            0);
  EXPECT_EQ(gateway_->images.pulls().back().platform().ShortDebugString(),
            R"(os: "linux" architecture: "arm64" variant: "v8")");
  EXPECT_EQ(Ctl({"pull", "--platform", "linux/", "busybox"}).exit_code, 1);
  EXPECT_EQ(Ctl({"pull", "BusyBox"}).exit_code, 1);
  EXPECT_EQ(Ctl({"pull", "-a", "busybox"}).exit_code, 125);
}

TEST_F(ApplicationTest, PullSendsTheCredentialsOfTheRegistry) {
  const TempDir directory = TempDir::Create().value();
  ASSERT_TRUE(WriteFileAtomically(directory.path() + "/config.json",
                                  R"({"auths": {"localhost:5000":
                                      {"username": "me", "password": "p"}}})",
                                  0600, false)
                  .ok());
  setenv("DOCKER_CONFIG", directory.path().c_str(), 1);
  EXPECT_EQ(Ctl({"pull", "localhost:5000/a:1"}).exit_code, 0);
  EXPECT_EQ(gateway_->images.pulls().back().credentials().username(), "me");
  EXPECT_EQ(Ctl({"pull", "localhost:5001/a:1"}).exit_code, 0);
  EXPECT_EQ(gateway_->images.pulls().back().credentials().username(), "");
  ASSERT_TRUE(WriteFileAtomically(directory.path() + "/config.json",
                                  R"({"credsStore": "nonexistent"})", 0600,
                                  false)
                  .ok());
  const Result helper = Ctl({"pull", "localhost:5000/a:1"});
  EXPECT_EQ(helper.exit_code, 1);
  EXPECT_THAT(helper.err, MatchesRegex("executing the credential helper "
                                       "docker-credential-nonexistent.*\n"));
  unsetenv("DOCKER_CONFIG");
}

TEST_F(ApplicationTest, RunSendsItsInputOnlyIfItIsInteractive) {
  gateway_->containers.echoes_input = true;
  std::string all;
  for (int i = 0; i < 1000000; ++i) all.push_back(static_cast<char>(i * 7));
  const Result interactive = Ctl({"run", "-i", "busybox"}, all);
  EXPECT_EQ(interactive.exit_code, 0);
  EXPECT_TRUE(interactive.out == all);
  EXPECT_TRUE(gateway_->containers.last_attach().start());
  EXPECT_TRUE(gateway_->containers.last_attach().stdin());
  EXPECT_TRUE(gateway_->containers.last_create().spec().stdin_once());
  EXPECT_EQ(Ctl({"run", "busybox"}, "input").out, "");
  EXPECT_FALSE(gateway_->containers.last_attach().stdin());
}

TEST_F(ApplicationTest, RunAttachesTheStreamsThatAreAskedFor) {
  AddOutput(runtime::v1::OUTPUT_STREAM_STDOUT, "out\n");
  AddOutput(runtime::v1::OUTPUT_STREAM_STDERR, "err\n");
  const Result out = Ctl({"run", "-a", "stdout", "busybox"});
  EXPECT_EQ(out.out + out.err, "out\n");
  const Result err = Ctl({"run", "-a", "STDERR", "busybox"});
  EXPECT_EQ(err.out + err.err, "err\n");
  EXPECT_EQ(Ctl({"run", "-i", "-a", "stdin", "busybox"}).out,
            std::string(64, 'a') + "\n");
  const Result both = Ctl({"run", "-d", "-a", "stdout", "busybox"});
  EXPECT_EQ(both.exit_code, 1);
  EXPECT_EQ(both.err,
            "conflicting options: cannot specify both --attach and --detach\n");
}

TEST_F(ApplicationTest, ATerminalIsWantedWhereOneIsAskedFor) {
  AddContainer('1', "one", runtime::v1::CONTAINER_STATE_RUNNING);
  gateway_->containers.containers[0].mutable_spec()->set_tty(true);
  gateway_->containers.containers[0].mutable_spec()->set_open_stdin(true);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"run", "-it", "busybox"},
        {"exec", "-it", "one", "sh"},
        {"attach", "one"},
        {"start", "-ai", "one"}}) {
    const Result result = Ctl(words);
    EXPECT_EQ(result.exit_code, 1) << words[0];
    EXPECT_EQ(result.err, "the input device is not a TTY\n") << words[0];
  }
  EXPECT_EQ(Ctl({"run", "-t", "busybox"}).exit_code, 0);
  EXPECT_EQ(Ctl({"run", "-dit", "busybox"}).exit_code, 0);
  EXPECT_EQ(Ctl({"attach", "--no-stdin", "one"}).exit_code, 0);
}

TEST_F(ApplicationTest, DetachKeysAreChecked) {
  const Result run = Ctl({"run", "--detach-keys", "ctrl-1", "busybox"});
  EXPECT_EQ(run.exit_code, 125);
  EXPECT_THAT(run.err,
              StartsWith("ctl: invalid detach keys (ctrl-1) provided"));
  AddContainer('1', "one", runtime::v1::CONTAINER_STATE_RUNNING);
  EXPECT_EQ(Ctl({"attach", "--detach-keys", "xx", "one"}).exit_code, 1);
  EXPECT_EQ(Ctl({"exec", "--detach-keys", "xx", "one", "sh"}).exit_code, 1);
}

TEST_F(ApplicationTest, AttachJoinsAContainerThatRuns) {
  AddContainer('1', "one", runtime::v1::CONTAINER_STATE_RUNNING);
  AddContainer('2', "two", runtime::v1::CONTAINER_STATE_EXITED);
  gateway_->containers.containers[0].mutable_spec()->set_open_stdin(true);
  gateway_->containers.echoes_input = true;
  gateway_->containers.exit_code = 3;
  const Result result = Ctl({"attach", "one"}, "hello");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.out, "hello");
  EXPECT_FALSE(gateway_->containers.last_attach().start());
  EXPECT_EQ(Ctl({"container", "attach", "--no-stdin", "one"}, "hello").out, "");
  const Result stopped = Ctl({"attach", "two"});
  EXPECT_EQ(stopped.exit_code, 1);
  EXPECT_EQ(stopped.err,
            "You cannot attach to a stopped container, start it first\n");
  EXPECT_EQ(Ctl({"attach", "three"}).err,
            "Error response from daemon: No such container: three\n");
}

TEST_F(ApplicationTest, StartAttachesInputToAnOpenContainer) {
  AddContainer('1', "one", runtime::v1::CONTAINER_STATE_EXITED);
  gateway_->containers.containers[0].mutable_spec()->set_open_stdin(true);
  gateway_->containers.echoes_input = true;
  EXPECT_EQ(Ctl({"start", "-ai", "one"}, "hello").out, "hello");
  EXPECT_EQ(Ctl({"start", "-i", "one"}, "hello").out, "hello");
  EXPECT_EQ(Ctl({"start", "-a", "one"}, "hello").out, "");
  EXPECT_EQ(Ctl({"start", "-i", "one", "two"}).exit_code, 1);
}

TEST_F(ApplicationTest, ExecDescribesTheCommandAndReturnsItsCode) {
  gateway_->containers.echoes_input = true;
  gateway_->containers.exit_code = 7;
  AddOutput(runtime::v1::OUTPUT_STREAM_STDERR, "err\n");
  const Result result = Ctl({"exec", "-i", "-e", "A=1", "-u", "1:2", "-w", "/x",
                             "one", "sh", "-c", "-i"},
                            "input");
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_EQ(result.out, "input");
  EXPECT_EQ(result.err, "err\n");
  EXPECT_EQ(gateway_->containers.last_exec().ShortDebugString(),
            R"(container: "one" spec { command: "sh" command: "-c" )"
            R"(command: "-i" env: "A=1" working_dir: "/x" user: "1:2" } )"
            "stdin: true");
  EXPECT_EQ(Ctl({"exec", "one", "cat"}, "input").out, "");
  EXPECT_EQ(Ctl({"exec", "one"}).exit_code, 1);
}

TEST_F(ApplicationTest, ExecDetachedOnlyStartsIt) {
  const Result result = Ctl({"exec", "-d", "one", "sleep", "1"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out + result.err, "");
  EXPECT_EQ(gateway_->containers.last_start_exec().spec().command_size(), 2);
}

TEST_F(ApplicationTest, ExecTellsItsFailuresApart) {
  const auto fail = [&](const char* reason, const char* flag) {
    gateway_->containers.start_status =
        Error(absl::StatusCode::kFailedPrecondition, reason, "so it is");
    const Result result = Ctl({"exec", flag, "one", "x"});
    EXPECT_EQ(result.err, "Error response from daemon: so it is\n");
    return result.exit_code;
  };
  for (const char* flag : {"-i", "-d"}) {
    EXPECT_EQ(fail("COMMAND_NOT_FOUND", flag), 127);
    EXPECT_EQ(fail("COMMAND_NOT_EXECUTABLE", flag), 126);
    EXPECT_EQ(fail("NOT_RUNNING", flag), 1);
  }
}

TEST_F(ApplicationTest, ABrokenConnectionIsOneLine) {
  AddContainer('1', "one", runtime::v1::CONTAINER_STATE_RUNNING);
  gateway_->containers.breaks_before_exit = true;
  const std::string line = "the connection ended before the process did\n";
  const Result run = Ctl({"run", "busybox"});
  EXPECT_EQ(run.exit_code, 125);
  EXPECT_EQ(run.err, "ctl: " + line);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"attach", "one"}, {"exec", "one", "sh"}}) {
    const Result result = Ctl(words);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.err, line);
  }
}

TEST_F(ApplicationTest, RunTellsCommandsThatCannotBeExecutedApart) {
  gateway_->containers.start_status =
      Error(absl::StatusCode::kFailedPrecondition, "COMMAND_NOT_FOUND", "gone");
  const Result attached = Ctl({"run", "--rm", "busybox", "x"});
  EXPECT_EQ(attached.exit_code, 127);
  EXPECT_EQ(attached.err,
            "ctl: Error response from daemon: gone\nSee 'ctl run --help'.\n");
  EXPECT_THAT(gateway_->containers.removed(),
              ElementsAre(std::string(64, 'a')));
  gateway_->containers.start_status =
      Error(absl::StatusCode::kFailedPrecondition, "COMMAND_NOT_EXECUTABLE",
            "denied");
  EXPECT_EQ(Ctl({"run", "-d", "busybox", "x"}).exit_code, 126);
}

TEST_F(ApplicationTest, RunPassesSignalsOn) {
  gateway_->containers.runs_until_killed = true;
  gateway_->containers.exit_code = 130;
  gateway_->containers.on_attached = [] { kill(getpid(), SIGINT); };
  EXPECT_EQ(Ctl({"run", "busybox"}).exit_code, 130);
  EXPECT_THAT(gateway_->containers.kills(), ElementsAre("SIGINT"));
}

TEST_F(ApplicationTest, PsShowsATableOfAllPages) {
  AddContainer('1', "one", runtime::v1::CONTAINER_STATE_RUNNING);
  AddContainer('2', "two", runtime::v1::CONTAINER_STATE_EXITED, 3);
  AddContainer('3', "three", runtime::v1::CONTAINER_STATE_RUNNING);
  AddContainer('4', "four", runtime::v1::CONTAINER_STATE_CREATED);
  EXPECT_EQ(
      Ctl({"ps", "-a"}).out,
      "CONTAINER ID   IMAGE     COMMAND                  CREATED         STATUS"
      "                     PORTS     NAMES\n"
      "111111111111   busybox   \"sh -c 'sleep 100000…\"   5 minutes ago   Up "
      "3 minutes                         one\n"
      "222222222222   busybox   \"sh -c 'sleep 100000…\"   5 minutes ago   "
      "Exited (3) 2 minutes ago             two\n"
      "333333333333   busybox   \"sh -c 'sleep 100000…\"   5 minutes ago   Up "
      "3 minutes                         three\n"
      "444444444444   busybox   \"sh -c 'sleep 100000…\"   5 minutes ago   "
      "Created                              four\n");
  EXPECT_EQ(Ctl({"container", "ls", "-q"}).out, "111111111111\n333333333333\n");
}

TEST_F(ApplicationTest, PsFiltersAndFormats) {
  AddContainer('1', "one", runtime::v1::CONTAINER_STATE_RUNNING);
  AddContainer('2', "two", runtime::v1::CONTAINER_STATE_EXITED, 3);
  EXPECT_EQ(Ctl({"ps", "-f", "status=exited", "--format",
                 "{{.Names}} {{.State}} {{.Label \"app\"}}"})
                .out,
            "two exited two\n");
  EXPECT_EQ(Ctl({"ps", "-aq", "--no-trunc", "-f", "name=^/one$"}).out,
            std::string(64, '1') + "\n");
  EXPECT_EQ(Ctl({"ps", "-aq", "-f", "label=app=two"}).out, "222222222222\n");
  EXPECT_EQ(Ctl({"ps", "-lq"}).out, "111111111111\n");
  EXPECT_EQ(Ctl({"ps", "--format", "{{.Bogus}}"}).exit_code, 1);
  EXPECT_EQ(Ctl({"ps", "-f", "bogus=1"}).err, "invalid filter 'bogus'\n");
  EXPECT_EQ(Ctl({"ps", "-n", "1", "-q"}).out, "111111111111\n");
  EXPECT_EQ(Ctl({"ps", "-q", "-f", "exited=3"}).out, "222222222222\n");
  EXPECT_EQ(Ctl({"ps", "-aq", "-f", "ancestor=busybox", "-n", "1"}).out,
            "111111111111\n");
  EXPECT_EQ(Ctl({"ps", "-aq", "-f", "ancestor=alpine"}).out, "");
}

TEST_F(ApplicationTest, LogsKeepTheStreamsApart) {
  for (const char* line : {"out\n", "part", "ial\n"}) {
    runtime::v1::LogEntry entry;
    entry.set_stream(runtime::v1::OUTPUT_STREAM_STDOUT);
    entry.set_data(line);
    entry.mutable_time()->set_seconds(1);
    gateway_->containers.log.push_back(entry);
  }
  gateway_->containers.log[0].set_stream(runtime::v1::OUTPUT_STREAM_STDERR);
  const Result plain = Ctl({"logs", "x"});
  EXPECT_EQ(plain.out, "partial\n");
  EXPECT_EQ(plain.err, "out\n");
  EXPECT_EQ(Ctl({"logs", "-t", "x"}).out,
            "1970-01-01T00:00:01.000000000Z partial\n");
}

TEST_F(ApplicationTest, InspectFindsContainersAndImages) {
  AddContainer('1', "one", runtime::v1::CONTAINER_STATE_RUNNING);
  image::v1::Image image;
  image.set_id("sha256:ab");
  image.add_names("docker.io/library/busybox:latest");
  gateway_->images.images.push_back(image);
  gateway_->images.config_json =
      R"({"config": {"Env": ["PATH=/bin"], "Cmd": ["sh"]}})";
  EXPECT_EQ(Ctl({"inspect", "-f",
                 "{{.Name}} {{.State.Running}} {{json .Config.Env}} "
                 "{{.HostConfig.AutoRemove}}",
                 "one"})
                .out,
            "/one true [\"PATH=/bin\"] false\n");
  EXPECT_EQ(Ctl({"inspect", "-f", "{{json .RepoTags}}", "sha256:ab"}).out,
            "[\"busybox:latest\"]\n");
  const Result missing = Ctl({"inspect", "none"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_EQ(missing.out, "[]\n");
  EXPECT_EQ(missing.err, "Error: No such object: none\n");
  EXPECT_THAT(Ctl({"inspect", "one"}).out,
              StartsWith("[\n    {\n        \"Id\": \"1111"));
}

TEST_F(ApplicationTest, ImagesAreListedByNameAndRemoved) {
  image::v1::Image image;
  image.set_id("sha256:" + std::string(64, 'c'));
  image.add_names("docker.io/library/busybox:1.36");
  image.add_names("docker.io/library/busybox:latest");
  image.add_names("localhost:5000/a/b:1");
  image.set_size_bytes(4261550);
  gateway_->images.images.push_back(image);
  EXPECT_EQ(Ctl({"images", "busybox:1.36"}).out,
            "REPOSITORY   TAG       IMAGE ID       CREATED   SIZE\n"
            "busybox      1.36      cccccccccccc   N/A       4.26MB\n");
  EXPECT_EQ(Ctl({"images", "--format", "{{.Repository}}:{{.Tag}}"}).out,
            "busybox:1.36\nbusybox:latest\nlocalhost:5000/a/b:1\n");
  EXPECT_EQ(Ctl({"images", "-q", "-f", "reference=busybox:1.36", "-f",
                 "reference=busy*"})
                .out,
            "cccccccccccc\ncccccccccccc\n");
  EXPECT_EQ(Ctl({"images", "-f", "bogus=1"}).err, "invalid filter 'bogus'\n");
  EXPECT_EQ(Ctl({"images", "-f", "dangling=x"}).exit_code, 1);
  EXPECT_EQ(Ctl({"images", "-q", "docker.io/library/busybox"}).out,
            "cccccccccccc\ncccccccccccc\n");
  EXPECT_EQ(Ctl({"rmi", "busybox"}).out,
            "Untagged: busybox:latest\nDeleted: sha256:ab\n");
}

TEST_F(ApplicationTest, LoadSendsAllOfTheInput) {
  const Result result = Ctl({"load", "-q"}, std::string(1000000, 'x'));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "Loaded image: busybox:latest\nLoaded image ID: sha256:ab\n");
  EXPECT_EQ(gateway_->images.loaded_bytes, 1000000u);
  gateway_->images.load_status = absl::InvalidArgumentError("not an archive");
  EXPECT_EQ(Ctl({"load"}, std::string(1000000, 'x')).err,
            "Error response from daemon: not an archive\n");
}

TEST_F(ApplicationTest, ForcedRemovalOfNothingIsNoFailure) {
  EXPECT_EQ(Ctl({"rm", "-f", "missing", "a"}).exit_code, 0);
  const Result result = Ctl({"rm", "missing", "b"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "b\n");
  EXPECT_EQ(result.err,
            "Error response from daemon: No such container: missing\n");
}

TEST_F(ApplicationTest, MistakesAreToldInOneWay) {
  EXPECT_EQ(Ctl({"bogus"}).err,
            "ctl: 'bogus' is not a ctl command.\nSee 'ctl --help'\n");
  EXPECT_EQ(Ctl({"push", "busybox"}).err,
            "ctl: 'push' is not available in this version\n");
  EXPECT_EQ(Ctl({"system", "df"}).err,
            "ctl: 'system df' is not available in this version\n");
  const Result flag = Ctl({"run", "--bogus", "x"});
  EXPECT_EQ(flag.exit_code, 125);
  EXPECT_EQ(flag.err, "unknown flag: --bogus\nSee 'ctl run --help'.\n");
  EXPECT_EQ(Ctl({"ps", "--bogus"}).exit_code, 1);
  const Result refused = Ctl({"run", "-Pd", "x"});
  EXPECT_EQ(refused.exit_code, 125);
  EXPECT_THAT(refused.err,
              MatchesRegex("ctl: -P, --publish-all is not available .*\n"));
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"run", "--network", "bridge", "x"},
        {"run", "-v", "name:/data", "x"},
        {"run", "-v", "./here:/data", "x"},
        {"run", "--mount", "type=tmpfs,dst=/x", "x"}}) {
    const Result result = Ctl(words);
    EXPECT_EQ(result.exit_code, 125);
    EXPECT_THAT(result.err,
                MatchesRegex("ctl: -.* is not available in this version.*\n"));
  }
  EXPECT_EQ(Ctl({"rm", "--help"}).exit_code, 0);
  EXPECT_EQ(Ctl({"rm"}).exit_code, 1);
}

}  // namespace
}  // namespace gantry::ctl
