#include "services/runtime/container/signals.h"

#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::StatusIs;

TEST(SignalsTest, KnowsNamesAndNumbers) {
  EXPECT_EQ(*ParseSignal("SIGTERM"), 15);
  EXPECT_EQ(*ParseSignal("TERM"), 15);
  EXPECT_EQ(*ParseSignal("sigterm"), 15);
  EXPECT_EQ(*ParseSignal("15"), 15);
  EXPECT_EQ(*ParseSignal("64"), 64);
}

TEST(SignalsTest, KnowsRealTimeSignals) {
  EXPECT_EQ(*ParseSignal("RTMIN"), 34);
  EXPECT_EQ(*ParseSignal("SIGRTMIN+3"), 37);
  EXPECT_EQ(*ParseSignal("SIGRTMAX-1"), 63);
}

TEST(SignalsTest, RefusesWhatIsNone) {
  for (const char* text : {"", "SIG", "0", "65", "-1", "15x", "NOSUCH",
                           "RTMIN+31", "RTMAX+1", "99999999999"}) {
    EXPECT_THAT(ParseSignal(text), StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
}

}  // namespace
}  // namespace gantry::runtime
