#include "ctl/client/credential_helper.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/fs/unique_fd.h"
#include "common/json/json.h"
#include "common/status/status_macros.h"

extern char** environ;

namespace gantry::ctl {
namespace {

constexpr size_t kMaxAnswerBytes = 64 * 1024;
// What stands for a user name where the secret is an identity token.
constexpr char kTokenUser[] = "<token>";
constexpr char kNothingKept[] = "credentials not found in native keychain";

bool IsProgramName(const std::string& name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
         });
}

struct Outcome {
  // -1 if a signal ended it.
  int exit_code = -1;
  std::string output;
};

// Signals that ctl passes on to containers are not blocked in the helper.
absl::StatusOr<pid_t> Spawn(const std::string& program, int fd) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::string name = program;
  std::string get = "get";
  char* const arguments[] = {name.data(), get.data(), nullptr};
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, program.c_str(), &actions, &attributes,
                                 arguments, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return absl::ErrnoToStatus(
        error, absl::StrCat("executing the credential helper ", program));
  }
  return pid;
}

// Up to the end, or so far that it is too long.
std::string ReadAnswer(int fd) {
  std::string answer;
  char buffer[4096];
  while (answer.size() <= kMaxAnswerBytes) {
    const ssize_t got = read(fd, buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    answer.append(buffer, static_cast<size_t>(got));
  }
  return answer;
}

absl::StatusOr<Outcome> Run(const std::string& program,
                            const std::string& input) {
  // A pair of sockets: writing to a helper that has gone raises no signal.
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
    return absl::ErrnoToStatus(errno, "making a pair of sockets");
  }
  UniqueFd ours(fds[0]);
  UniqueFd theirs(fds[1]);
  GANTRY_ASSIGN_OR_RETURN(const pid_t pid, Spawn(program, theirs.get()));
  theirs.reset();
  // Far shorter than what a socket holds.
  send(ours.get(), input.data(), input.size(), MSG_NOSIGNAL);
  shutdown(ours.get(), SHUT_WR);
  Outcome outcome;
  outcome.output = ReadAnswer(ours.get());
  ours.reset();
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  return outcome;
}

}  // namespace

absl::StatusOr<image::v1::RegistryCredentials> AskCredentialHelper(
    const std::string& name, const std::string& server_address) {
  if (!IsProgramName(name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid credential helper \"", absl::CHexEscape(name),
                     "\": letters, digits, \"-\", \"_\" and \".\" are a name"));
  }
  const std::string program = absl::StrCat("docker-credential-", name);
  GANTRY_ASSIGN_OR_RETURN(const Outcome outcome, Run(program, server_address));
  const auto failed = [&](absl::string_view why) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the credential helper ", program, " for ", server_address, " ", why));
  };
  if (outcome.exit_code != 0) {
    if (absl::StrContains(outcome.output, kNothingKept)) {
      return image::v1::RegistryCredentials();
    }
    return failed(
        absl::StrCat("failed: ", absl::CHexEscape(absl::StripAsciiWhitespace(
                                     outcome.output.substr(0, 300)))));
  }
  // Nothing of the answer may be in a message: it holds a password.
  const auto answer = ParseJson(outcome.output);
  if (outcome.output.size() > kMaxAnswerBytes || !answer.ok() ||
      !answer->is_object()) {
    return failed("did not answer with a JSON object");
  }
  const auto user = GetString(*answer, "Username");
  const auto secret = GetString(*answer, "Secret");
  if (!user.ok() || !secret.ok()) {
    return failed("answered without Username and Secret");
  }
  image::v1::RegistryCredentials credentials;
  if (*user == kTokenUser) {
    credentials.set_identity_token(*secret);
  } else {
    credentials.set_username(*user);
    credentials.set_password(*secret);
  }
  return credentials;
}

}  // namespace gantry::ctl
