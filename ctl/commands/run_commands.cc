// run, create and start: what begins a container.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/fs/file.h"
#include "common/fs/unique_fd.h"
#include "common/oci/reference.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "ctl/commands/command.h"
#include "ctl/commands/create_flags.h"
#include "ctl/commands/signal_proxy.h"

namespace gantry::ctl {
namespace {

bool HasReason(const absl::Status& status, absl::string_view reason) {
  const auto found = ReasonOf(status);
  return found.has_value() && found->reason == reason;
}

bool CannotExecute(const absl::Status& status) {
  return HasReason(status, "COMMAND_NOT_FOUND") ||
         HasReason(status, "COMMAND_NOT_EXECUTABLE");
}

// 127 and 126 for a command that cannot be executed, else 125.
int ExitCodeOf(const absl::Status& status) {
  if (HasReason(status, "COMMAND_NOT_FOUND")) return kExitNotFound;
  if (HasReason(status, "COMMAND_NOT_EXECUTABLE")) return kExitNotExecutable;
  return kExitEngine;
}

void PrintRunError(CommandContext& context, const std::string& text) {
  context.console.Err(absl::StrCat("ctl: ", text, "\nSee 'ctl run --help'.\n"));
}

int FailRun(CommandContext& context, const absl::Status& status) {
  PrintRunError(context, ErrorText(status));
  return ExitCodeOf(status);
}

// The file that --cidfile names, made before the container so that it is known
// to be new, and removed again if nothing was written to it.
class CidFile {
 public:
  CidFile() = default;
  CidFile(std::string path, UniqueFd fd)
      : path_(std::move(path)), fd_(std::move(fd)) {}
  CidFile(CidFile&&) = default;
  ~CidFile() {
    if (fd_.is_open() && !written_) unlink(path_.c_str());
  }

  static absl::StatusOr<CidFile> Create(const std::string& path) {
    if (path.empty()) return CidFile();
    UniqueFd fd(
        open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!fd.is_open() && errno == EEXIST) {
      return absl::AlreadyExistsError(absl::StrCat(
          "container ID file found, make sure the other container isn't "
          "running or delete ",
          path));
    }
    if (!fd.is_open()) {
      return absl::ErrnoToStatus(
          errno, absl::StrCat("failed to create the container ID file ", path));
    }
    return CidFile(path, std::move(fd));
  }

  absl::Status Write(const std::string& id) {
    if (!fd_.is_open()) return absl::OkStatus();
    written_ = true;
    return WriteAll(fd_.get(), id, path_);
  }

 private:
  std::string path_;
  UniqueFd fd_;
  bool written_ = false;
};

// "busybox:latest".
std::string CompleteName(const std::string& image) {
  const auto reference = oci::Reference::Parse(image);
  return reference.ok() ? reference->Familiar() : image;
}

struct Created {
  std::string id;
  int exit_code = 0;
};

// Makes the container that `flags` describe. On failure the user has been told,
// and `exit_code` is set.
Created CreateFromFlags(CommandContext& context, const ParsedFlags& flags,
                        int engine_exit_code) {
  const auto spec = SpecFromFlags(flags);
  auto cid_file = spec.ok() ? CidFile::Create(flags.String("cidfile"))
                            : absl::StatusOr<CidFile>(spec.status());
  if (absl::IsUnimplemented(cid_file.status())) {
    context.console.Err(
        absl::StrCat("ctl: ", cid_file.status().message(), "\n"));
    return {"", kExitEngine};
  }
  if (!cid_file.ok()) {
    PrintRunError(context, std::string(cid_file.status().message()));
    return {"", kExitEngine};
  }
  const auto response =
      context.client.CreateContainer(flags.String("name"), *spec);
  if (!response.ok()) {
    if (HasReason(response.status(), "IMAGE_NOT_FOUND")) {
      context.console.Err(absl::StrCat("Unable to find image '",
                                       CompleteName(spec->image()),
                                       "' locally\n"));
    } else {
      PrintRunError(context, ErrorText(response.status()));
    }
    return {"", engine_exit_code};
  }
  for (const std::string& warning : response->warnings()) {
    context.console.Err(absl::StrCat("WARNING: ", warning, "\n"));
  }
  const std::string id = response->container().id();
  if (const absl::Status status = cid_file->Write(id); !status.ok()) {
    context.console.Err(absl::StrCat(status.message(), "\n"));
  }
  return {id, 0};
}

// Starts a container with its output attached; returns what it ended with.
absl::StatusOr<int> StartAttached(CommandContext& context,
                                  const std::string& container,
                                  SignalProxy* signals) {
  GatewayClient::AttachEvents events;
  events.on_opened = [signals] {
    if (signals != nullptr) signals->Open();
  };
  events.on_output = [&context](runtime::v1::OutputStream stream,
                                absl::string_view data) {
    if (stream == runtime::v1::OUTPUT_STREAM_STDERR) {
      context.console.Err(data);
    } else {
      context.console.Out(data);
    }
  };
  return context.client.AttachContainer(container, true, events);
}

int RunDetached(CommandContext& context, const ParsedFlags& flags) {
  const Created created = CreateFromFlags(context, flags, kExitEngine);
  if (created.id.empty()) return created.exit_code;
  const absl::Status status = context.client.StartContainer(created.id);
  if (!status.ok()) {
    if (flags.Bool("rm") && CannotExecute(status)) {
      context.client.RemoveContainer(created.id, true).IgnoreError();
    }
    return FailRun(context, status);
  }
  context.console.Out(absl::StrCat(created.id, "\n"));
  return 0;
}

int RunAttached(CommandContext& context, const ParsedFlags& flags) {
  // Written before Hold, and read after it.
  std::string container;
  std::unique_ptr<SignalProxy> signals;
  if (!flags.IsSet("sig-proxy") || flags.Bool("sig-proxy")) {
    signals = std::make_unique<SignalProxy>([&](const std::string& signal) {
      // The container may have ended meanwhile.
      context.client.KillContainer(container, signal).IgnoreError();
    });
  }
  const Created created = CreateFromFlags(context, flags, kExitEngine);
  if (created.id.empty()) return created.exit_code;
  container = created.id;
  if (signals != nullptr) signals->Hold();
  const auto exit_code = StartAttached(context, created.id, signals.get());
  if (exit_code.ok()) return *exit_code;
  if (flags.Bool("rm") && CannotExecute(exit_code.status())) {
    context.client.RemoveContainer(created.id, true).IgnoreError();
  }
  return FailRun(context, exit_code.status());
}

int Run(CommandContext& context, const ParsedFlags& flags) {
  return flags.Bool("detach") ? RunDetached(context, flags)
                              : RunAttached(context, flags);
}

int Create(CommandContext& context, const ParsedFlags& flags) {
  const Created created = CreateFromFlags(context, flags, kExitError);
  if (created.id.empty()) return created.exit_code;
  context.console.Out(absl::StrCat(created.id, "\n"));
  return 0;
}

int StartOneAttached(CommandContext& context, const std::string& container) {
  SignalProxy signals([&](const std::string& signal) {
    context.client.KillContainer(container, signal).IgnoreError();
  });
  signals.Hold();
  const auto exit_code = StartAttached(context, container, &signals);
  return exit_code.ok() ? *exit_code : Fail(context, exit_code.status());
}

int Start(CommandContext& context, const ParsedFlags& flags) {
  if (flags.Bool("attach")) {
    if (flags.arguments().size() > 1) {
      context.console.Err(
          "ctl: you cannot start and attach multiple containers at once\n");
      return kExitError;
    }
    return StartOneAttached(context, flags.arguments()[0]);
  }
  std::vector<std::string> failed;
  ForEach(context, flags.arguments(), true, [&](const std::string& container) {
    absl::Status status = context.client.StartContainer(container);
    if (!status.ok()) failed.push_back(container);
    return status;
  });
  if (failed.empty()) return 0;
  context.console.Err(absl::StrCat("Error: failed to start containers: ",
                                   absl::StrJoin(failed, ", "), "\n"));
  return kExitError;
}

}  // namespace

std::vector<Command> RunCommands() {
  std::vector<FlagSpec> run_flags = CreateFlags();
  run_flags.push_back({'d', "detach", FlagKind::kBool,
                       "Run container in background and print container ID"});
  run_flags.push_back({'\0', "sig-proxy", FlagKind::kBool,
                       "Proxy received signals to the process (default true)"});
  return {
      {{"run", "container run"},
       "[OPTIONS] IMAGE [COMMAND] [ARG...]",
       "Create and run a new container from an image",
       1,
       -1,
       run_flags,
       Run,
       ArgumentOrder::kFlagsFirst,
       kExitEngine},
      {{"create", "container create"},
       "[OPTIONS] IMAGE [COMMAND] [ARG...]",
       "Create a new container",
       1,
       -1,
       CreateFlags(),
       Create,
       ArgumentOrder::kFlagsFirst,
       kExitEngine},
      {{"start", "container start"},
       "[OPTIONS] CONTAINER [CONTAINER...]",
       "Start one or more stopped containers",
       1,
       -1,
       {{'a', "attach", FlagKind::kBool,
         "Attach STDOUT/STDERR and forward signals"},
        {'i', "interactive", FlagKind::kBool, "",
         "-i, --interactive is not available in this version: containers have "
         "no standard input"}},
       Start},
  };
}

}  // namespace gantry::ctl
