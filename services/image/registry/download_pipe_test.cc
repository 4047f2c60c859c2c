#include "services/image/registry/download_pipe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/testing/status_matchers.h"

namespace gantry::image {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

std::string Bytes(size_t count) {
  std::string bytes;
  for (size_t i = 0; i < count; ++i)
    bytes += static_cast<char>(i * 7 + i / 251);
  return bytes;
}

TEST(DownloadPipeTest, EverythingComesThroughInOrder) {
  const std::string bytes = Bytes(100'000);
  DownloadPipe pipe(1000);
  std::thread writer([&] {
    absl::string_view rest = bytes;
    for (size_t size = 1; !rest.empty(); size = size * 3 % 1777 + 1) {
      EXPECT_THAT(pipe.Write(rest.substr(0, size)), IsOk());
      rest.remove_prefix(std::min(size, rest.size()));
    }
    pipe.CloseWriter(absl::OkStatus());
  });
  std::string read;
  while (true) {
    const auto chunk = pipe.Next();
    ASSERT_THAT(chunk, IsOk());
    if (chunk->empty()) break;
    read.append(chunk->data(), chunk->size());
  }
  writer.join();
  EXPECT_EQ(read, bytes);
  EXPECT_TRUE(pipe.Next()->empty());
}

TEST(DownloadPipeTest, AFailureComesAfterTheBytesBeforeIt) {
  DownloadPipe pipe(1000);
  ASSERT_THAT(pipe.Write("some"), IsOk());
  pipe.CloseWriter(absl::UnavailableError("it broke off"));
  EXPECT_EQ(*pipe.Next(), "some");
  EXPECT_THAT(pipe.Next(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(pipe.Drain(), StatusIs(absl::StatusCode::kUnavailable));
}

TEST(DownloadPipeTest, AReaderWhoLeavesEndsTheWriter) {
  DownloadPipe pipe(10);
  std::thread writer([&] {
    EXPECT_THAT(pipe.Write(Bytes(1000)),
                StatusIs(absl::StatusCode::kCancelled));
  });
  EXPECT_THAT(pipe.Next(), IsOk());
  pipe.CloseReader();
  writer.join();
}

}  // namespace
}  // namespace gantry::image
