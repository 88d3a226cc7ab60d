// A process stands still for looks no more than a hundredth of the time, however many ask.
#include "cli/serving/look_desk.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mqtrack::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LookDeskTest : public testing::Test {
 protected:
  http::Response Ask(const std::string& question, milliseconds stood_still, const std::string& log = "log") {
    return desk_.Ask(log, question, seconds(1), [&]() -> support::Result<LookDesk::Look> {
      ++looks_;
      now_ += milliseconds(20);
      if (stood_still < milliseconds(0)) return support::Error{support::ErrorCode::kCannotMeasure, "no", "log"};
      return LookDesk::Look{"{\"look\":" + std::to_string(looks_) + "}", stood_still};
    });
  }
  static std::string Header(const http::Response& response, const std::string& name) {
    const auto found = std::find_if(response.headers.begin(), response.headers.end(),
                                    [&](const auto& header) { return header.first == name; });
    return found == response.headers.end() ? "" : found->second;
  }

  int looks_ = 0;
  LookDesk::Clock::time_point now_{};
  LookDesk desk_{[this] { return now_; }};
};

TEST_F(LookDeskTest, TheSameQuestionSoonHasTheSameAnswer) {
  EXPECT_EQ(Header(Ask("owners", milliseconds(100)), "Age"), "0");
  now_ += seconds(4);
  const http::Response again = Ask("owners", milliseconds(100));
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, "{\"look\":1}");
  EXPECT_EQ(Header(again, "Age"), "4");
}

TEST_F(LookDeskTest, AnotherQuestionWaitsForAHundredTimesTheStandstill) {
  EXPECT_EQ(Ask("owners", milliseconds(100)).status, 200);
  now_ += seconds(4);
  const http::Response early = Ask("why a", milliseconds(100));
  EXPECT_EQ(early.status, 429);
  EXPECT_EQ(Header(early, "Retry-After"), "6");
  EXPECT_EQ(looks_, 1);
  EXPECT_EQ(Ask("why a", milliseconds(1), "another log").status, 200) << "of another process";
  now_ += seconds(6);
  EXPECT_EQ(Ask("why a", milliseconds(100)).status, 200);
  EXPECT_EQ(Ask("owners", milliseconds(100)).status, 429) << "what was found before is not said of now";
}

TEST_F(LookDeskTest, AQuickLookWaitsForTheInterval) {
  EXPECT_EQ(Ask("owners", milliseconds(0)).status, 200);
  now_ += milliseconds(900);
  EXPECT_EQ(Ask("why", milliseconds(0)).status, 429);
  now_ += milliseconds(200);
  EXPECT_EQ(Ask("why", milliseconds(0)).status, 200);
}

TEST_F(LookDeskTest, ALookThatFailsHasBeenOne) {
  EXPECT_EQ(Ask("owners", milliseconds(-1)).status, 409);
  EXPECT_EQ(Ask("owners", milliseconds(-1)).status, 429);
  EXPECT_EQ(looks_, 1);
}

}  // namespace
}  // namespace mqtrack::cli
