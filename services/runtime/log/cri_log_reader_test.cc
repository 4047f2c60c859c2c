#include "services/runtime/log/cri_log_reader.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/fs/temp_dir.h"
#include "common/testing/status_matchers.h"
#include "services/runtime/log/cri_log_writer.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

const absl::Time kStart = absl::FromUnixSeconds(1700000000);

class CriLogReaderTest : public ::testing::Test {
 protected:
  // Line `number`, as long as makes 64 of them fill a file, a second each.
  void WriteLine(int number) {
    const std::string line =
        absl::StrCat(number, ":", std::string(1000, 'x'), "\n");
    ASSERT_THAT(writer_->Write(LogStream::kStdout, line,
                               kStart + absl::Seconds(number)),
                IsOk());
  }
  std::unique_ptr<CriLogReader> Open(LogQuery query) {
    return std::move(CriLogReader::Open(dir_.path(), std::move(query))).value();
  }
  static int NumberOf(const LogEntry& entry) {
    return std::atoi(entry.data.c_str());
  }
  std::vector<int> Numbers(LogQuery query) {
    auto reader = Open(std::move(query));
    std::vector<int> numbers;
    while (true) {
      auto entry = reader->Next();
      EXPECT_THAT(entry, IsOk());
      if (!entry.ok() || !entry->has_value()) return numbers;
      numbers.push_back((*entry)->is_gap ? -1 : NumberOf(**entry));
    }
  }

  TempDir dir_ = TempDir::Create().value();
  std::unique_ptr<CriLogWriter> writer_ =
      CriLogWriter::Open(dir_.path(), 64 << 10, 4).value();
};

TEST_F(CriLogReaderTest, ReadsAcrossAllFilesInOrder) {
  for (int i = 0; i < 200; ++i) WriteLine(i);
  const std::vector<int> numbers = Numbers({});
  ASSERT_EQ(numbers.size(), 200u);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(numbers[i], i);
}

TEST_F(CriLogReaderTest, TailTakesTheLastLinesFromSeveralFiles) {
  for (int i = 0; i < 200; ++i) WriteLine(i);
  for (int tail : {0, 1, 5, 63, 64, 100, 199, 200, 1000}) {
    LogQuery query;
    query.tail = tail;
    const std::vector<int> numbers = Numbers(query);
    const int expected = std::min(tail, 200);
    ASSERT_EQ(numbers.size(), static_cast<size_t>(expected)) << tail;
    if (expected > 0) {
      EXPECT_EQ(numbers.front(), 200 - expected);
    }
  }
}

TEST_F(CriLogReaderTest, TailCountsAnUnfinishedLineAsOne) {
  WriteLine(1);
  WriteLine(2);
  ASSERT_THAT(writer_->Write(LogStream::kStdout, "3", kStart), IsOk());
  ASSERT_THAT(writer_->Write(LogStream::kStdout, "0", kStart), IsOk());
  LogQuery query;
  query.tail = 2;
  EXPECT_EQ(Numbers(query), (std::vector<int>{2, 3, 0}));
}

TEST_F(CriLogReaderTest, SinceAndUntilAreInclusive) {
  for (int i = 0; i < 10; ++i) WriteLine(i);
  LogQuery query;
  query.since = kStart + absl::Seconds(3);
  query.until = kStart + absl::Seconds(5);
  EXPECT_EQ(Numbers(query), (std::vector<int>{3, 4, 5}));
}

TEST_F(CriLogReaderTest, AnEmptyDirectoryIsAnEmptyLog) {
  TempDir empty = TempDir::Create().value();
  auto reader = CriLogReader::Open(empty.path(), {});
  ASSERT_THAT(reader, IsOk());
  EXPECT_FALSE((*reader)->Next().value().has_value());
  EXPECT_THAT(CriLogReader::Open(empty.path() + "/none", {}),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(CriLogReaderTest, FollowsAcrossRotationUntilTheWriterIsDone) {
  std::atomic<bool> done{false};
  LogQuery query;
  query.follow = true;
  query.is_writer_done = [&] { return done.load(); };
  auto reader = Open(query);
  std::thread writer([&] {
    for (int i = 0; i < 150; ++i) WriteLine(i);
    done = true;
  });
  for (int i = 0; i < 150; ++i) {
    auto entry = reader->Next();
    ASSERT_THAT(entry, IsOk());
    ASSERT_TRUE(entry->has_value());
    EXPECT_EQ(NumberOf(**entry), i);
  }
  EXPECT_FALSE(reader->Next().value().has_value());
  writer.join();
}

TEST_F(CriLogReaderTest, SaysWhereFilesWereRemovedBeforeTheyWereRead) {
  WriteLine(0);
  auto reader = Open({});
  ASSERT_EQ(NumberOf(*reader->Next().value()), 0);
  for (int i = 1; i < 1000; ++i) WriteLine(i);
  std::vector<LogEntry> entries;
  while (auto entry = reader->Next().value()) entries.push_back(*entry);
  bool gap = false;
  int previous = 0;
  for (const LogEntry& entry : entries) {
    if (entry.is_gap) {
      gap = true;
      continue;
    }
    EXPECT_GT(NumberOf(entry), previous);
    if (!gap) {
      EXPECT_EQ(NumberOf(entry), previous + 1);
    }
    previous = NumberOf(entry);
  }
  EXPECT_TRUE(gap);
  EXPECT_EQ(previous, 999);
}

TEST_F(CriLogReaderTest, CancelEndsAWaitingReader) {
  LogQuery query;
  query.follow = true;
  auto reader = Open(query);
  std::thread canceller([&] { reader->Cancel(); });
  EXPECT_THAT(reader->Next(), StatusIs(absl::StatusCode::kCancelled));
  canceller.join();
}

}  // namespace
}  // namespace gantry::runtime
