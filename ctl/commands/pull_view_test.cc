#include "ctl/commands/pull_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace gantry::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

// What a terminal shows: the few controls that the view uses, on a screen that
// wraps long lines and scrolls.
class Screen {
 public:
  explicit Screen(TerminalSize size) : size_(size), lines_(1) {}

  void Write(const std::string& text) {
    for (size_t at = 0; at < text.size(); ++at) {
      if (text[at] == '\x1b') {
        at = Control(text, at + 2);
      } else if (text[at] == '\r') {
        column_ = 0;
      } else if (text[at] == '\n') {
        column_ = 0;
        Down();
      } else {
        Put(text[at]);
      }
    }
  }
  // From the first to the last with anything on it, also what scrolled away.
  std::vector<std::string> Lines() const {
    std::vector<std::string> lines = lines_;
    while (!lines.empty() && lines.back().empty()) lines.pop_back();
    return lines;
  }

 private:
  size_t Control(const std::string& text, size_t at) {
    size_t number = 0;
    for (; absl::ascii_isdigit(text[at]); ++at) {
      number = number * 10 + static_cast<size_t>(text[at] - '0');
    }
    const size_t top =
        lines_.size() > size_.rows ? lines_.size() - size_.rows : 0;
    if (text[at] == 'A') row_ = row_ < top + number ? top : row_ - number;
    if (text[at] == 'K') lines_[row_].resize(column_, ' ');
    if (text[at] == 'J') {
      lines_.resize(row_ + 1);
      lines_[row_].resize(column_, ' ');
    }
    return at;
  }
  void Down() {
    if (++row_ == lines_.size()) lines_.emplace_back();
  }
  void Put(char c) {
    if (column_ == size_.columns) {
      column_ = 0;
      Down();
    }
    std::string& line = lines_[row_];
    if (line.size() <= column_) line.resize(column_ + 1, ' ');
    line[column_++] = c;
  }

  const TerminalSize size_;
  std::vector<std::string> lines_;
  size_t row_ = 0;
  size_t column_ = 0;
};

std::string Digest(int number) {
  return absl::StrCat("sha256:", std::string(11, 'a'),
                      std::string(1, static_cast<char>('a' + number)),
                      std::string(52, '0'));
}

std::string Id(int number) { return Digest(number).substr(7, 12); }

image::v1::PullResolved Resolved(int layers, int64_t size_bytes) {
  image::v1::PullResolved resolved;
  resolved.set_name("docker.io/library/busybox:latest");
  for (int i = 0; i < layers; ++i) {
    image::v1::PulledLayer* layer = resolved.add_layers();
    layer->set_digest(Digest(i));
    layer->set_size_bytes(size_bytes);
  }
  return resolved;
}

image::v1::LayerProgress At(int layer, image::v1::LayerState state,
                            int64_t bytes = 0, const std::string& reason = "") {
  image::v1::LayerProgress progress;
  progress.set_digest(Digest(layer));
  progress.set_state(state);
  progress.set_downloaded_bytes(bytes);
  progress.set_reason(reason);
  return progress;
}

class PullViewTest : public ::testing::Test {
 protected:
  // Plays it, a second apart, and shows it on a screen.
  std::vector<std::string> Play(
      const image::v1::PullResolved& resolved,
      const std::vector<image::v1::LayerProgress>& steps, TerminalSize size,
      bool to_the_end) {
    PullView view(true);
    Screen screen(size);
    screen.Write(view.Resolved(resolved));
    absl::Time now = absl::UnixEpoch();
    for (const auto& step : steps) {
      screen.Write(view.Progress(step, size, now += absl::Seconds(1)));
    }
    if (to_the_end) screen.Write(view.End(size));
    return screen.Lines();
  }
};

TEST_F(PullViewTest, LinesAreRedrawnInPlace) {
  EXPECT_THAT(Play(Resolved(3, 3400000),
                   {At(0, image::v1::LAYER_STATE_EXISTS),
                    At(1, image::v1::LAYER_STATE_WAITING),
                    At(2, image::v1::LAYER_STATE_DOWNLOADING, 100),
                    At(2, image::v1::LAYER_STATE_DOWNLOADING, 1700000)},
                   {24, 100}, false),
              ElementsAre("latest: Pulling from library/busybox",
                          Id(0) + ": Already exists", Id(1) + ": Waiting",
                          Id(2) + ": Downloading [" + std::string(25, '=') +
                              ">" + std::string(25, ' ') + "]    1.7MB/3.4MB"));
}

TEST_F(PullViewTest, ShorterTextLeavesNothingOfTheLonger) {
  EXPECT_THAT(
      Play(Resolved(2, 1000),
           {At(0, image::v1::LAYER_STATE_DOWNLOADING, 1000),
            At(0, image::v1::LAYER_STATE_UNPACKING),
            At(1, image::v1::LAYER_STATE_RETRYING, 0, "reset\x1b[2J by\npeer"),
            At(0, image::v1::LAYER_STATE_COMPLETE)},
           {24, 100}, true),
      ElementsAre("latest: Pulling from library/busybox",
                  Id(0) + ": Pull complete",
                  Id(1) + ": Retrying: reset?[2J by?peer"));
}

TEST_F(PullViewTest, ANarrowTerminalDoesNotWrap) {
  for (uint32_t columns = 1; columns < 100; ++columns) {
    const auto lines =
        Play(Resolved(2, 3400000),
             {At(0, image::v1::LAYER_STATE_DOWNLOADING, 1000),
              At(1, image::v1::LAYER_STATE_RETRYING, 0, std::string(200, 'x')),
              At(0, image::v1::LAYER_STATE_DOWNLOADING, 3400000)},
             {24, columns}, true);
    // The first line is not redrawn, and may wrap.
    const size_t first = (36 + columns - 1) / columns;
    ASSERT_THAT(lines, SizeIs(first + 2)) << columns;
  }
}

TEST_F(PullViewTest, FewerRowsThanLayersShowThoseThatMatter) {
  const std::vector<image::v1::LayerProgress> steps = {
      At(0, image::v1::LAYER_STATE_COMPLETE),
      At(1, image::v1::LAYER_STATE_WAITING),
      At(2, image::v1::LAYER_STATE_EXISTS),
      At(5, image::v1::LAYER_STATE_UNPACKING),
      At(3, image::v1::LAYER_STATE_UNPACKING)};
  EXPECT_THAT(
      Play(Resolved(6, 10), steps, {4, 80}, false),
      ElementsAre("latest: Pulling from library/busybox", Id(1) + ": Waiting",
                  Id(3) + ": Extracting", Id(5) + ": Extracting"));
  EXPECT_THAT(
      Play(Resolved(6, 10), steps, {4, 80}, true),
      ElementsAre("latest: Pulling from library/busybox",
                  Id(0) + ": Pull complete", Id(1) + ": Waiting",
                  Id(2) + ": Already exists", Id(3) + ": Extracting",
                  Id(4) + ": Pulling fs layer", Id(5) + ": Extracting"));
}

TEST_F(PullViewTest, ProgressAloneIsDrawnAtMostTwentyTimesASecond) {
  PullView view(true);
  view.Resolved(Resolved(1, 1000));
  const absl::Time now = absl::UnixEpoch();
  const auto step = [&](int64_t bytes, absl::Duration at) {
    return view.Progress(At(0, image::v1::LAYER_STATE_DOWNLOADING, bytes), {},
                         now + at);
  };
  EXPECT_NE(step(1, absl::ZeroDuration()), "");
  EXPECT_EQ(step(2, absl::Milliseconds(49)), "");
  EXPECT_NE(step(3, absl::Milliseconds(51)), "");
  EXPECT_NE(view.Progress(At(0, image::v1::LAYER_STATE_UNPACKING), {},
                          now + absl::Milliseconds(52)),
            "");
}

TEST(PlainPullViewTest, TellsOfEachLayerOnce) {
  PullView view(false);
  image::v1::PullResolved resolved = Resolved(2, 10);
  *resolved.add_layers() = resolved.layers(0);
  std::string text = view.Resolved(resolved);
  for (const auto& step : {At(0, image::v1::LAYER_STATE_WAITING),
                           At(0, image::v1::LAYER_STATE_DOWNLOADING, 1),
                           At(0, image::v1::LAYER_STATE_DOWNLOADING, 5),
                           At(1, image::v1::LAYER_STATE_WAITING),
                           At(1, image::v1::LAYER_STATE_EXISTS),
                           At(0, image::v1::LAYER_STATE_RETRYING, 5, "reset"),
                           At(0, image::v1::LAYER_STATE_DOWNLOADING, 10),
                           At(0, image::v1::LAYER_STATE_UNPACKING),
                           At(0, image::v1::LAYER_STATE_COMPLETE),
                           At(7, image::v1::LAYER_STATE_COMPLETE)}) {
    text += view.Progress(step, {}, absl::UnixEpoch());
  }
  text += view.End({});
  EXPECT_EQ(
      text,
      absl::StrCat("latest: Pulling from library/busybox\n", Id(0),
                   ": Pulling fs layer\n", Id(1), ": Already exists\n", Id(0),
                   ": Retrying: reset\n", Id(0), ": Pull complete\n"));
}

TEST(PlainPullViewTest, NamesADigestInFull) {
  image::v1::PullResolved resolved;
  const std::string name =
      absl::StrCat("localhost:5000/team/app@sha256:", std::string(64, 'e'));
  resolved.set_name(name);
  EXPECT_EQ(PullView(false).Resolved(resolved),
            absl::StrCat(name, ": Pulling from team/app\n"));
}

}  // namespace
}  // namespace gantry::ctl
