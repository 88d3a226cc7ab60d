// Which recordings of one name are one service's.
#include "libtrack/history/service_course.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace mqtrack::history {
namespace {

RecordingSpan Ran(UnixMillis first, UnixMillis last, const std::string& command = "") {
  return {{"mosquitto", first / 1000, first}, first, last, command};
}

std::vector<std::int64_t> Pids(const std::vector<SeriesKey>& keys) {
  std::vector<std::int64_t> pids;
  for (const SeriesKey& key : keys) pids.push_back(key.pid);
  return pids;
}

using Expected = std::vector<std::int64_t>;

TEST(ServiceCourse, OneThatIsStartedAgainIsOneService) {
  const std::vector<RecordingSpan> spans = {Ran(1000, 2000, "a"), Ran(3000, 4000, "b"), Ran(5000, 6000, "c")};
  EXPECT_FALSE(AnyAtOnce(spans));
  EXPECT_EQ(Pids(CourseOf(spans[2].key, spans)), (Expected{1000, 3000, 5000}));
  EXPECT_EQ(Pids(CourseOf(spans[1].key, spans)), (Expected{1000, 3000})) << "what came later is no past of it";
}

TEST(ServiceCourse, TwoAtOnceAreTwo) {
  const std::vector<RecordingSpan> spans = {Ran(1000, 9000), Ran(2000, 9000)};
  EXPECT_TRUE(AnyAtOnce(spans));
  EXPECT_EQ(Pids(CourseOf(spans[0].key, spans)), (Expected{1000}));
  EXPECT_EQ(Pids(CourseOf(spans[1].key, spans)), (Expected{2000}));
}

TEST(ServiceCourse, CommandLinesTellWhoseThePastIs) {
  // One broker goes on all the time, another one is started again and again beside it.
  const std::vector<RecordingSpan> spans = {Ran(1000, 9000, "-c main.conf"), Ran(2000, 3000, "-c bridge.conf"),
                                            Ran(4000, 5000, "-c bridge.conf"), Ran(6000, 9000, "-c bridge.conf")};
  EXPECT_EQ(Pids(CourseOf(spans[0].key, spans)), (Expected{1000}));
  EXPECT_EQ(Pids(CourseOf(spans[3].key, spans)), (Expected{2000, 4000, 6000}));
}

TEST(ServiceCourse, WhatCannotBeToldApartIsNobodysPast) {
  const std::vector<RecordingSpan> spans = {Ran(1000, 3000, "w"), Ran(1500, 3500, "w"), Ran(5000, 9000, "w"),
                                            Ran(5500, 9000, "w")};
  EXPECT_EQ(Pids(CourseOf(spans[2].key, spans)), (Expected{5000}));
  EXPECT_EQ(Pids(CourseOf(spans[3].key, spans)), (Expected{5500}));
}

TEST(ServiceCourse, OneThatNoLookHasMetYetHasItself) {
  const std::vector<RecordingSpan> spans = {Ran(1000, 3000)};
  EXPECT_EQ(Pids(CourseOf(Ran(7000, 7000).key, spans)), (Expected{7000}));
}

TEST(ServiceCourse, AtOnceIsFoundWhereverItIs) {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    std::vector<RecordingSpan> spans;
    std::set<UnixMillis> begins;
    while (begins.size() < 6) begins.insert(static_cast<UnixMillis>(random() % 100));
    for (const UnixMillis begin : begins) spans.push_back(Ran(begin, begin + static_cast<UnixMillis>(random() % 20)));
    std::shuffle(spans.begin(), spans.end(), random);
    const RecordingSpan own = Ran(1000, 2000);
    spans.push_back(own);
    Expected expected;
    for (const UnixMillis begin : begins) {
      const auto of = [&](UnixMillis first) {
        return *std::find_if(spans.begin(), spans.end(), [&](const auto& span) { return span.first == first; });
      };
      const bool is_alone = std::none_of(spans.begin(), spans.end(), [&](const auto& other) {
        return other.first != begin && other.first <= of(begin).last && begin <= other.last;
      });
      if (is_alone) expected.push_back(begin);
    }
    expected.push_back(1000);
    EXPECT_EQ(Pids(CourseOf(own.key, spans)), expected);
    EXPECT_EQ(AnyAtOnce(spans), expected.size() != spans.size());
  }
}

}  // namespace
}  // namespace mqtrack::history
