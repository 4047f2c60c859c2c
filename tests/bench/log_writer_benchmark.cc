// How fast a container's output gets into its log, beside a plain copy of the
// same bytes into one file.
//
//   log_writer_benchmark DIRECTORY [MEGABYTES]
//
// Prints megabytes of output a second and the memory that was needed. Nothing
// here asserts on time.

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/fs/file.h"
#include "common/fs/unique_fd.h"
#include "common/status/status_macros.h"
#include "services/runtime/log/cri_log_writer.h"

namespace gantry::runtime {
namespace {

// As much as is read from a container's pipe at once.
constexpr size_t kPieceBytes = 64 << 10;
constexpr int64_t kMaxLogFileBytes = 10 << 20;
constexpr int kMaxLogFiles = 5;

std::string PieceOf(int line_bytes) {
  std::string piece;
  while (piece.size() < kPieceBytes) {
    piece.append(static_cast<size_t>(line_bytes) - 1, 'x');
    piece.push_back('\n');
  }
  piece.resize(kPieceBytes);
  return piece;
}

// Megabytes a second of `total` bytes since `begin`.
double Rate(int64_t total, absl::Time begin) {
  return static_cast<double>(total) / 1e6 /
         absl::ToDoubleSeconds(absl::Now() - begin);
}

int64_t PeakMemoryKib() {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

absl::StatusOr<double> LogRate(const std::string& dir, const std::string& piece,
                               int64_t total) {
  GANTRY_ASSIGN_OR_RETURN(
      const auto writer,
      CriLogWriter::Open(dir, kMaxLogFileBytes, kMaxLogFiles));
  const absl::Time begin = absl::Now();
  for (int64_t done = 0; done < total; done += kPieceBytes) {
    GANTRY_RETURN_IF_ERROR(
        writer->Write(LogStream::kStdout, piece, absl::Now()));
  }
  return Rate(total, begin);
}

absl::StatusOr<double> PlainRate(const std::string& dir,
                                 const std::string& piece, int64_t total) {
  const std::string path = dir + "/plain";
  const UniqueFd fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd.is_open()) return absl::ErrnoToStatus(errno, path);
  const absl::Time begin = absl::Now();
  for (int64_t done = 0; done < total; done += kPieceBytes)
    GANTRY_RETURN_IF_ERROR(WriteAll(fd.get(), piece, path));
  const double rate = Rate(total, begin);
  ::unlink(path.c_str());
  return rate;
}

absl::Status Run(const std::string& dir, int64_t total) {
  for (const int line_bytes : {100, 20, 1000}) {
    const std::string log_dir = dir + "/log";
    GANTRY_RETURN_IF_ERROR(MakeDirectories(log_dir, 0700));
    const std::string piece = PieceOf(line_bytes);
    GANTRY_ASSIGN_OR_RETURN(const double log, LogRate(log_dir, piece, total));
    GANTRY_RETURN_IF_ERROR(RemoveTree(log_dir));
    GANTRY_ASSIGN_OR_RETURN(const double plain, PlainRate(dir, piece, total));
    std::printf("lines of %4d bytes: log %5.0f MB/s, plain file %5.0f MB/s\n",
                line_bytes, log, plain);
  }
  std::printf("peak memory: %lld KiB\n",
              static_cast<long long>(PeakMemoryKib()));
  return absl::OkStatus();
}

}  // namespace
}  // namespace gantry::runtime

int main(int argc, char** argv) {
  int64_t megabytes = 1024;
  if (argc < 2 || argc > 3 ||
      (argc == 3 && !absl::SimpleAtoi(argv[2], &megabytes))) {
    std::fprintf(stderr, "usage: log_writer_benchmark DIRECTORY [MEGABYTES]\n");
    return 2;
  }
  const absl::Status status = gantry::runtime::Run(argv[1], megabytes << 20);
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return 1;
  }
  return 0;
}
