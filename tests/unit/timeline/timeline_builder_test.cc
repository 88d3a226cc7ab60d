#include "libtrack/timeline/timeline_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/timeline/kept_timeline.h"

namespace mqtrack::timeline {
namespace {

using log::TraceType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint8_t kPublish = 3, kPuback = 4;

class TimelineBuilderTest : public ::testing::Test {
 protected:
  void Add(TraceType type, std::uint64_t ns, std::uint64_t value = 0, const EventText& text = {}) {
    builder_.Add(MakeEvent(type, ns, value, text));
  }
  void Publish(std::uint64_t ns, std::uint32_t connection) {
    builder_.Add(MakePacket(ns, kPublish, connection, {"sender", "a/b"}));
  }
  void Send(std::uint64_t ns, std::uint8_t packet, std::uint32_t connection) {
    builder_.Add(MakePacket(ns, packet, connection, {}, TraceType::kSent));
  }

  KeptTimeline kept_;
  TimelineBuilder builder_{kept_, {.pid = 5, .process_name = "broker", .live_base = 1000, .thread_name = {}}};
};

TEST_F(TimelineBuilderTest, APacketLastsUntilItsThreadGoesOn) {
  for (const TraceType next : {TraceType::kDone, TraceType::kWaits, TraceType::kTakesUp}) {
    kept_.slices.clear();
    const std::uint64_t start = static_cast<std::uint64_t>(builder_.last_ns()) + 100;
    Publish(start, 3);
    Add(next, start + 50);
    const auto packets = kept_.SlicesOf(Subject::kPacket, Track::Kind::kThread);
    ASSERT_THAT(packets, SizeIs(1));
    EXPECT_EQ(packets[0].begin_ns, static_cast<std::int64_t>(start));
    EXPECT_EQ(packets[0].end_ns, static_cast<std::int64_t>(start + 50));
    EXPECT_EQ(packets[0].name, "PUBLISH a/b");
    EXPECT_EQ(packets[0].details.client, "sender");
  }
}

TEST_F(TimelineBuilderTest, CopiesBelongToThePublishThatIsHandled) {
  Publish(100, 3);
  Send(110, kPublish, 4);
  Send(120, kPuback, 3);
  Send(130, kPublish, 5);
  Add(TraceType::kDone, 140);
  Send(150, kPublish, 5);  // queued before, by whomever
  const auto packets = kept_.SlicesOf(Subject::kPacket, Track::Kind::kThread);
  ASSERT_THAT(packets, SizeIs(1));
  EXPECT_EQ(packets[0].details.copies, 2u);
  ASSERT_THAT(kept_.instants, SizeIs(4));
  EXPECT_THAT(packets[0].flows, ElementsAre(kept_.instants[0].flow, kept_.instants[2].flow));
  EXPECT_EQ(kept_.instants[1].flow, 0u);
  EXPECT_EQ(kept_.instants[3].flow, 0u);
}

TEST_F(TimelineBuilderTest, ACountlessFanOutIsCountedAndNotDrawn) {
  Publish(100, 3);
  for (std::uint64_t i = 0; i < 1000; ++i) Send(101 + i, kPublish, 4);
  Add(TraceType::kDone, 2000);
  const auto packets = kept_.SlicesOf(Subject::kPacket, Track::Kind::kThread);
  ASSERT_THAT(packets, SizeIs(1));
  EXPECT_EQ(packets[0].details.copies, 1000u);
  EXPECT_THAT(packets[0].flows, SizeIs(TimelineBuilder::kMostFlows));
}

TEST_F(TimelineBuilderTest, RegionsNestAndThoseThatWereJumpedOutOfEnd) {
  Add(TraceType::kRegion, 100, 1, {"", "outer"});
  Add(TraceType::kRegion, 110, 2, {"", "inner"});
  Add(TraceType::kRegion, 120, 2, {"", "instead"});
  Add(TraceType::kRegionEnd, 130, 0);
  ASSERT_THAT(kept_.slices, SizeIs(3));
  EXPECT_EQ(kept_.slices[0].name, "inner");
  EXPECT_EQ(kept_.slices[1].name, "instead");
  EXPECT_EQ(kept_.slices[2].name, "outer");
  EXPECT_LT(kept_.slices[0].end_ns, kept_.slices[1].begin_ns);
  EXPECT_LT(kept_.slices[1].end_ns, kept_.slices[2].end_ns);
}

TEST_F(TimelineBuilderTest, AConnectionIsCalledByItsClientOnceThatIsKnown) {
  log::TraceEvent opened = MakePacket(90, 0, 3, {}, TraceType::kOpened);
  opened.value = 0;
  builder_.Add(opened);
  EXPECT_THAT(kept_.instants, IsEmpty());
  Publish(100, 3);
  Add(TraceType::kDone, 110);
  builder_.Add(MakePacket(120, 0, 3, {}, TraceType::kClosed));
  ASSERT_THAT(kept_.instants, SizeIs(2));
  EXPECT_EQ(kept_.instants[0].name, "opened");
  EXPECT_EQ(kept_.instants[1].name, "closed");
  EXPECT_EQ(kept_.tracks.at(kept_.instants[1].track).name, "client sender");
}

TEST_F(TimelineBuilderTest, TheHeapIsWhatItWasAndWhatHasChangedSince) {
  log::TraceEvent event = MakeEvent(TraceType::kDone, 100);
  event.live_bytes = static_cast<std::uint64_t>(-200);
  builder_.Add(event);
  builder_.AddLiveBytes(50, 7);  // of an earlier moment
  ASSERT_THAT(kept_.values, SizeIs(1));
  EXPECT_EQ(kept_.values[0].value, 800);
}

TEST_F(TimelineBuilderTest, WhatIsOpenAtTheEndIsSaidToBe) {
  Publish(100, 3);
  Add(TraceType::kRegion, 110, 1, {"", "region"});
  builder_.Finish(200);
  ASSERT_THAT(kept_.slices, SizeIs(3));
  for (const Slice& slice : kept_.slices) {
    EXPECT_TRUE(slice.details.is_unfinished);
    EXPECT_GE(slice.end_ns, 200);
  }
}

/// True if slices of each track nest or follow each other.
bool DoNest(const KeptTimeline& kept) {
  for (const Slice& a : kept.slices) {
    for (const Slice& b : kept.slices) {
      if (a.track != b.track || &a == &b) continue;
      if (a.begin_ns < b.begin_ns && b.begin_ns < a.end_ns && a.end_ns < b.end_ns) return false;
    }
  }
  return true;
}

TEST_F(TimelineBuilderTest, WhateverComesNestsAndEnds) {
  std::mt19937_64 random(7);
  std::uint64_t ns = 100;
  for (int i = 0; i < 1500; ++i) {
    log::TraceEvent event = MakeEvent(static_cast<TraceType>(random() % 16), ns, random() % 5, {"c", "t"});
    ns += random() % 3;  // and sometimes not at all
    event.thread = static_cast<std::uint32_t>(random() % 3);
    event.connection = static_cast<std::uint32_t>(random() % 4);
    event.packet = static_cast<std::uint8_t>(random() % 18);
    if (random() % 50 == 0) event.text_bytes = 255;
    if (random() % 50 == 0) event.ns = random();
    if (random() % 50 == 0) event.value = random();
    builder_.Add(event);
  }
  builder_.Finish(0);
  EXPECT_GT(builder_.passed_over(), 0u);
  EXPECT_EQ(builder_.events(), 1500u);
  EXPECT_TRUE(DoNest(kept_));
  for (const Slice& slice : kept_.slices) EXPECT_LT(slice.begin_ns, slice.end_ns);
}

TEST_F(TimelineBuilderTest, ThreadsThatNobodyHasAreNotKeptForEver) {
  for (std::uint32_t thread = 0; thread < TimelineBuilder::kMostThreads + 10; ++thread) {
    log::TraceEvent event = MakeEvent(TraceType::kDone, 100 + thread);
    event.thread = thread;
    builder_.Add(event);
  }
  EXPECT_EQ(builder_.passed_over(), 10u);
}

}  // namespace
}  // namespace mqtrack::timeline
