#include "reports/timeline/timeline_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mqtrack::reports {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using timeline::Slice;
using timeline::Subject;
using timeline::Track;
using timeline::TrackId;

constexpr auto kThread = static_cast<TrackId>(1), kLane = static_cast<TrackId>(2), kHeap = static_cast<TrackId>(3);
constexpr std::int64_t kMilli = 1'000'000;

class TimelineSummaryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    summary_.Add(Track{.id = kThread, .kind = Track::Kind::kThread, .name = "broker"});
    summary_.Add(Track{.id = kLane, .name = "client c"});
  }
  void Add(TrackId track, Subject subject, std::int64_t begin_ms, std::int64_t end_ms, const std::string& name) {
    Slice slice = {.track = track, .subject = subject, .begin_ns = begin_ms * kMilli, .end_ns = end_ms * kMilli};
    slice.name = name;
    slice.details.client = subject == Subject::kPacket ? "c" : "";
    summary_.Add(slice);
  }
  std::string Render() { return summary_.Render(0, 1000 * kMilli); }

  TimelineSummary summary_{{.rows = 3}};
};

TEST_F(TimelineSummaryTest, SaysThatNothingWasSeen) { EXPECT_THAT(Render(), HasSubstr("No packet")); }

TEST_F(TimelineSummaryTest, CountsAPacketOnceAndKeepsTheSlowest) {
  for (int i = 0; i < 10; ++i) {
    Add(kThread, Subject::kPacket, i * 50, i * 50 + i + 1, "PUBLISH t" + std::string(1, static_cast<char>('a' + i)));
    Add(kLane, Subject::kPacket, i * 50, i * 50 + i + 1, "PUBLISH again");
  }
  const std::string text = Render();
  EXPECT_THAT(text, HasSubstr("PUBLISH     10"));
  EXPECT_THAT(text, HasSubstr("5.5 %"));
  for (const char* slow : {"PUBLISH tj", "PUBLISH ti", "PUBLISH th"}) EXPECT_THAT(text, HasSubstr(slow));
  EXPECT_THAT(text, Not(HasSubstr("PUBLISH tg")));
  EXPECT_LT(text.find("PUBLISH tj"), text.find("PUBLISH ti"));
}

TEST_F(TimelineSummaryTest, SaysWhatRanWhenTheHeapJumped) {
  summary_.Add(timeline::Value{kHeap, 10 * kMilli, 1000});
  summary_.Add(timeline::Value{kHeap, 20 * kMilli, 1000 + (1 << 20)});
  Add(kThread, Subject::kPacket, 11, 20, "PUBLISH guilty");
  summary_.Add(timeline::Value{kHeap, 30 * kMilli, 1000});
  const std::string text = Render();
  EXPECT_THAT(text, HasSubstr("+1 MiB  PUBLISH guilty of c"));
  EXPECT_THAT(text, HasSubstr("-1 MiB  no packet"));
}

TEST_F(TimelineSummaryTest, NamesOfRegionsAreBounded) {
  for (int i = 0; i < 3000; ++i) Add(kLane, Subject::kRegion, i, i + 1 + i / 2999, "region " + std::to_string(i));
  EXPECT_THAT(Render(), HasSubstr("(other)"));
}

}  // namespace
}  // namespace mqtrack::reports
