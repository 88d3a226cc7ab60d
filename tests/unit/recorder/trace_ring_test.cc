// The ring of events, and who takes them out: libtrack/timeline/trace_session.h.
#include "preload/recorder/trace/trace_ring.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "libtrack/timeline/trace_session.h"
#include "preload/recorder/heap_blocks.h"
#include "preload/recorder/recorder.h"
#include "tests/unit/recorder/recording_fixture.h"

namespace mqtrack::recorder {
namespace {

using log::TraceEvent;
using log::TraceType;
using timeline::TraceSession;

class TraceRingTest : public RecordingTest {
 protected:
  void SetUp() override {
    RecordingTest::SetUp();
    settings_.recorded_kinds = log::KindBit(log::Kind::kHeapBlock);
    const char* why = nullptr;
    ASSERT_TRUE(recorder_->Start(settings_, why)) << why;
  }
  void TearDown() override {
    recorder_->trace().Stop();
    recorder_->log().Unmap();
    RecordingTest::TearDown();
  }
  TraceSession Begin(std::uint64_t ring_bytes = log::kSmallestTraceRing) {
    auto session = TraceSession::Begin(LogPath(), {.ring_bytes = ring_bytes, .large_bytes = 4096});
    EXPECT_TRUE(session) << session.error().ToString();
    return std::move(session).value();
  }
  static std::vector<TraceEvent> Take(TraceSession& session) {
    std::vector<TraceEvent> events;
    const support::Status taken = session.Take(events, 1'000'000);
    EXPECT_TRUE(taken) << taken.error().ToString();
    return events;
  }
  void Write(std::uint64_t value, const char* text = "") {
    if (recorder_->trace().IsOn())
      recorder_->trace().Write({.type = TraceType::kTimer, .value = value, .text = {text, std::strlen(text)}});
  }
  [[nodiscard]] log::TraceControl& control() {
    return *recorder_->log().At<log::TraceControl>(log::kTraceControlOffset);
  }

  std::unique_ptr<Recorder> recorder_ = std::make_unique<Recorder>();
};

TEST_F(TraceRingTest, WritesOnlyWhileSomebodyAsks) {
  Write(1);
  EXPECT_EQ(control().state, 0u);
  {
    TraceSession session = Begin();
    Write(2, "text");
    const std::vector<TraceEvent> events = Take(session);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].value, 2u);
    EXPECT_EQ(std::string(events[0].text, events[0].text_bytes), "text");
    EXPECT_EQ(events[0].thread, static_cast<std::uint32_t>(::gettid()));
  }
  Write(3);
  EXPECT_EQ(control().head, 1u);
}

TEST_F(TraceRingTest, DropsWhatIsNewAndCountsIt) {
  TraceSession session = Begin();
  constexpr std::uint64_t kRoom = log::kSmallestTraceRing / sizeof(TraceEvent);
  for (std::uint64_t i = 0; i < kRoom + 100; ++i) Write(i);
  std::vector<TraceEvent> events = Take(session);
  ASSERT_EQ(events.size(), kRoom);
  for (std::uint64_t i = 0; i < kRoom; ++i) EXPECT_EQ(events[i].value, i);
  EXPECT_EQ(session.Losses().dropped, 100u);
  Write(7);
  events = Take(session);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].value, 7u);
}

TEST_F(TraceRingTest, LongTextsAreCutAndSaidToBe) {
  TraceSession session = Begin();
  const std::string text(200, 'x'), client(40, 'c');
  recorder_->trace().Write(
      {.type = TraceType::kPacket, .client = {client.data(), client.size()}, .text = {text.data(), text.size()}});
  const std::vector<TraceEvent> events = Take(session);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].client_bytes, log::kTraceClientBytes);
  EXPECT_EQ(events[0].client_bytes + events[0].text_bytes, log::kTraceTextBytes);
  EXPECT_EQ(events[0].flags, log::kTraceTextCut);
}

TEST_F(TraceRingTest, ThreadsLoseNothingAndMixNothing) {
#ifdef __SANITIZE_THREAD__
  // The reader has a mapping of its own, and of what passes between two mappings ThreadSanitizer knows nothing: a place
  // that the reader has given back looks like one that two threads write to. So no place is used twice.
  constexpr std::uint64_t kEach = 5'000, kRing = std::uint64_t{4} << 20;
#else
  constexpr std::uint64_t kEach = 20'000, kRing = std::uint64_t{1} << 20;
#endif
  TraceSession session = Begin(kRing);
  constexpr int kThreads = 4;
  std::atomic<int> running = kThreads;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::uint64_t i = 0; i < kEach; ++i) Write(static_cast<std::uint64_t>(thread) << 32 | i);
      --running;
    });
  }
  std::vector<std::uint64_t> next(kThreads, 0);
  std::uint64_t seen = 0;
  for (bool is_last = false; !is_last;) {
    is_last = running == 0;
    for (const TraceEvent& event : Take(session)) {
      const std::uint64_t thread = event.value >> 32, number = event.value & 0xffffffff;
      ASSERT_LT(thread, static_cast<std::uint64_t>(kThreads));
      ASSERT_GE(number, next[thread]) << "an event twice, or out of order";
      next[thread] = number + 1;
      ++seen;
    }
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(seen + session.Losses().dropped, kThreads * kEach);
  EXPECT_EQ(session.Losses().unwritten, 0u);
}

TEST_F(TraceRingTest, TurnsItselfOffWhenNobodyIsHeardOf) {
  TraceSession session = Begin();
  Write(1);
  EXPECT_EQ(Take(session).size(), 1u);
  Write(2);  // sees the new beat
  StoreRelaxed(control().seen_ns,
               control().seen_ns - static_cast<std::uint64_t>(log::kTraceSilenceNanos) - 1'000'000'000);
  Write(3);
  EXPECT_FALSE(recorder_->trace().IsOn());
  EXPECT_EQ(control().head, 2u);
  EXPECT_EQ(Take(session).size(), 1u);  // who was not dead after all asks again
  EXPECT_TRUE(recorder_->trace().IsOn());
  EXPECT_EQ(session.Losses().pauses, 1u);
}

TEST_F(TraceRingTest, FollowsTheHeapFromWhereItWas) {
  int blocks[3];
  const StartFrame here = {__builtin_frame_address(0)};
  const HeapBlocks heap(*recorder_);
  heap.Record(&blocks[0], 1000, here);
  TraceSession session = Begin();
  EXPECT_EQ(session.LiveBytes(), 1000);
  heap.Record(&blocks[1], 8192, here);
  EXPECT_EQ(session.LiveBytes(), 9192);
  EXPECT_TRUE(heap.Forget(&blocks[0], nullptr));
  LiveRecord record;
  EXPECT_TRUE(heap.Forget(&blocks[1], &record));
  EXPECT_EQ(record.bytes, 8192u);
  EXPECT_EQ(session.LiveBytes(), 0);
  const std::vector<TraceEvent> events = Take(session);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].type, static_cast<std::uint8_t>(TraceType::kLargeBlock));
  EXPECT_EQ(events[1].type, static_cast<std::uint8_t>(TraceType::kLargeFree));
  EXPECT_EQ(events[1].value, 8192u);
}

TEST_F(TraceRingTest, AnEventThatWasNeverCompletedIsPassedOver) {
  TraceSession session = Begin();
  Write(1);
  ++control().head;  // its writer was killed
  Write(2);
  std::vector<TraceEvent> events;
  while (events.size() < 2) ASSERT_TRUE(session.Take(events, 100));
  EXPECT_EQ(events[1].value, 2u);
  EXPECT_EQ(session.Losses().unwritten, 1u);
}

TEST_F(TraceRingTest, OneSessionAtATime) {
  const TraceSession session = Begin();
  const auto second = TraceSession::Begin(LogPath(), {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, support::ErrorCode::kCannotMeasure);
}

}  // namespace
}  // namespace mqtrack::recorder
