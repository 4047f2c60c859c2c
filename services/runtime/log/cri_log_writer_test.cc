#include "services/runtime/log/cri_log_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <sstream>
#include <string>

#include "common/fs/file.h"
#include "common/fs/temp_dir.h"
#include "common/testing/status_matchers.h"
#include "services/runtime/log/log_entry.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

const absl::Time kNow = absl::FromUnixSeconds(1700000000);
constexpr char kTime[] = "2023-11-14T22:13:20.000000000Z";

class CriLogWriterTest : public ::testing::Test {
 protected:
  std::unique_ptr<CriLogWriter> Open(int64_t max_bytes = 1 << 20,
                                     int max_files = 3) {
    auto writer = CriLogWriter::Open(dir_.path(), max_bytes, max_files);
    EXPECT_THAT(writer, IsOk());
    return std::move(writer).value();
  }
  std::string File(const std::string& name = kLogFileName) {
    return ReadFile(dir_.path() + "/" + name, 10 << 20).value_or("(none)");
  }

  TempDir dir_ = TempDir::Create().value();
};

TEST_F(CriLogWriterTest, WritesOneEntryForEachLine) {
  auto writer = Open();
  EXPECT_THAT(writer->Write(LogStream::kStdout, "a\n\nb\n", kNow), IsOk());
  EXPECT_THAT(writer->Write(LogStream::kStderr, "c\n", kNow), IsOk());
  const std::string time = kTime;
  EXPECT_EQ(File(), time + " stdout F a\n" + time + " stdout F \n" + time +
                        " stdout F b\n" + time + " stderr F c\n");
}

TEST_F(CriLogWriterTest, AnUnfinishedLineIsWrittenAtOnceAsPartial) {
  auto writer = Open();
  EXPECT_THAT(writer->Write(LogStream::kStdout, "pro", kNow), IsOk());
  EXPECT_EQ(File(), std::string(kTime) + " stdout P pro\n");
}

TEST_F(CriLogWriterTest, LongLinesAreSplit) {
  auto writer = Open();
  const std::string piece(CriLogWriter::kMaxEntryBytes, 'x');
  EXPECT_THAT(writer->Write(LogStream::kStdout, piece + piece + "\n", kNow),
              IsOk());
  EXPECT_EQ(File(), std::string(kTime) + " stdout P " + piece + "\n" + kTime +
                        " stdout F " + piece + "\n");
}

TEST_F(CriLogWriterTest, KeepsABoundedNumberOfBoundedFiles) {
  constexpr int64_t kBytes = 64 << 10;
  auto writer = Open(kBytes, 3);
  const std::string line = std::string(1000, 'x') + "\n";
  std::string data;
  for (int i = 0; i < 500; ++i) data += line;
  EXPECT_THAT(writer->Write(LogStream::kStdout, data, kNow), IsOk());
  EXPECT_EQ(ListDirectory(dir_.path()).value(),
            (std::vector<std::string>{"container.log", "container.log.1",
                                      "container.log.2"}));
  EXPECT_LE(File("container.log.1").size(), static_cast<size_t>(kBytes));
  EXPECT_GT(File("container.log.1").size(), static_cast<size_t>(kBytes) - 1100);
}

TEST_F(CriLogWriterTest, PiecesOfAnySizeAreWrittenWhole) {
  // Empty lines, short ones, those that just fit into an entry and longer ones.
  std::string data, expected;
  for (int i = 0; i < 3000; ++i) {
    const size_t length =
        i % 500 == 499 ? CriLogWriter::kMaxEntryBytes + i % 3 : i % 60;
    const std::string line(length, static_cast<char>('a' + i % 26));
    data += line + "\n";
    const std::string first = line.substr(0, CriLogWriter::kMaxEntryBytes);
    if (first.size() < line.size()) {
      expected += std::string(kTime) + " stdout P " + first + "\n";
    }
    expected += std::string(kTime) + " stdout F " +
                line.substr(first.size() < line.size() ? first.size() : 0) +
                "\n";
  }
  auto writer = Open(int64_t{1} << 30);
  EXPECT_THAT(writer->Write(LogStream::kStdout, data, kNow), IsOk());
  EXPECT_EQ(File(), expected);
}

TEST_F(CriLogWriterTest, EachFileHoldsWholeEntries) {
  auto writer = Open(64 << 10, 4);
  std::string data;
  for (int i = 0; i < 20000; ++i) data += std::to_string(i) + "\n";
  EXPECT_THAT(writer->Write(LogStream::kStdout, data, kNow), IsOk());
  int next = -1;
  for (const char* name : {"container.log.3", "container.log.2",
                           "container.log.1", "container.log"}) {
    std::istringstream lines(File(name));
    std::string line;
    while (std::getline(lines, line)) {
      const std::optional<LogEntry> entry = ParseLogEntry(line);
      ASSERT_TRUE(entry.has_value()) << line;
      const int number = std::stoi(entry->data);
      if (next >= 0) {
        EXPECT_EQ(number, next);
      }
      next = number + 1;
    }
  }
  EXPECT_EQ(next, 20000);
}

TEST_F(CriLogWriterTest, WhatStandsInTheWayOfRotationIsAnError) {
  auto writer = Open(64 << 10, 2);
  ASSERT_THAT(MakeDirectories(dir_.path() + "/container.log.1", 0700), IsOk());
  const std::string data(200 << 10, '\n');
  EXPECT_FALSE(writer->Write(LogStream::kStdout, data, kNow).ok());
  ASSERT_EQ(::rmdir((dir_.path() + "/container.log.1").c_str()), 0);
  EXPECT_THAT(writer->Write(LogStream::kStdout, "after\n", kNow), IsOk());
  EXPECT_THAT(File(), ::testing::EndsWith(" stdout F after\n"));
}

TEST_F(CriLogWriterTest, GoesOnInTheFileThatIsThere) {
  EXPECT_THAT(Open()->Write(LogStream::kStdout, "a\n", kNow), IsOk());
  EXPECT_THAT(Open()->Write(LogStream::kStdout, "b\n", kNow), IsOk());
  EXPECT_EQ(File(),
            std::string(kTime) + " stdout F a\n" + kTime + " stdout F b\n");
}

TEST_F(CriLogWriterTest, FilesArePrivate) {
  Open();
  struct stat info;
  ASSERT_EQ(::stat((dir_.path() + "/container.log").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(CriLogWriterTest, FollowsNoSymbolicLink) {
  ASSERT_EQ(::symlink("elsewhere", (dir_.path() + "/container.log").c_str()),
            0);
  EXPECT_FALSE(CriLogWriter::Open(dir_.path(), 1 << 20, 3).ok());
}

TEST_F(CriLogWriterTest, RefusesAPipe) {
  ASSERT_EQ(::mkfifo((dir_.path() + "/container.log").c_str(), 0600), 0);
  EXPECT_FALSE(CriLogWriter::Open(dir_.path(), 1 << 20, 3).ok());
}

}  // namespace
}  // namespace gantry::runtime
