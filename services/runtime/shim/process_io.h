// A shim's ends of the standard streams of one process: pipes, or a terminal's
// master side. Never blocks.
//
//   Open → the OCI runtime makes a process with stdio() → TakeOver → reading
//   and writing, as poll(2) says.
//
// Threads: one.

#ifndef GANTRY_SERVICES_RUNTIME_SHIM_PROCESS_IO_H_
#define GANTRY_SERVICES_RUNTIME_SHIM_PROCESS_IO_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/fs/unique_fd.h"
#include "services/runtime/oci_runtime/oci_runtime.h"
#include "services/runtime/shim/process_stream.h"

namespace gantry::runtime {

class ProcessIo {
 public:
  struct Options {
    bool terminal = false;
    // Otherwise standard input is at its end from the start.
    bool open_stdin = false;
    // Where the socket for the terminal may be made.
    std::string work_dir;
    // Tells it apart from others in that directory.
    std::string name;
  };

  // Output streams, as an index: standard output and standard error.
  static constexpr int kStreams = 2;

  static absl::StatusOr<std::unique_ptr<ProcessIo>> Open(
      const Options& options);
  ~ProcessIo();

  bool is_terminal() const { return options_.terminal; }

  // For the OCI runtime; valid until TakeOver.
  OciRuntime::Stdio stdio() const;
  // The process has its ends: closes them here, or takes its terminal over.
  absl::Status TakeOver();

  // To be polled for POLLIN; -1 if nothing comes from there any more.
  int output_fd(int stream) const;
  // To be polled for POLLOUT; -1 if nothing is waiting to be written.
  int input_fd() const;

  // Reads what is there and hands it to `sink`, until that returns false or the
  // turn is over. False if there was nothing.
  bool ReadOutput(int stream, absl::FunctionRef<bool(absl::string_view)> sink);
  bool AllOutputEnded() const;
  // Gives up what may still come.
  void CloseOutput();

  // Adds to what is written to the process. Without an open input, or after its
  // end, nothing happens.
  void WriteInput(absl::string_view data);
  // The input ends when all is written. A terminal has no end.
  void CloseInput();
  void FlushInput();
  size_t pending_input_bytes() const { return input_.size() - input_start_; }

  void Resize(TerminalSize size);

 private:
  explicit ProcessIo(const Options& options);

  absl::Status OpenPipes();
  absl::Status OpenConsoleSocket();

  const Options options_;
  // The process's ends of the pipes, until TakeOver.
  UniqueFd far_ends_[3];
  UniqueFd outputs_[kStreams];
  UniqueFd input_fd_;
  // The terminal's master side; also read and written by the two above.
  UniqueFd console_;
  bool console_ended_ = false;

  UniqueFd console_listener_;
  UniqueFd console_dir_;

  std::string input_;
  size_t input_start_ = 0;
  bool input_closing_ = false;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SHIM_PROCESS_IO_H_
