#include "libtrack/verdicts/row_verdicts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libtrack/verdicts/snapshot_series.h"
#include "tests/unit/analysis/profile_builder.h"

namespace mqtrack::verdicts {
namespace {

using mqtrack::testing::Frames;
using mqtrack::testing::ProfileBuilder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Frames kStore = {"malloc", "store src/store.c:3", "main src/main.c:9"};
const Frames kKeep = {"malloc", "keep src/keep.c:4", "main src/main.c:9"};

/// `stored` messages are retained; `kept` are something else.
profile::Profile Snapshot(int generation, std::int64_t stored, std::int64_t kept, const char* recording = "1") {
  ProfileBuilder builder;
  builder.Time(1'700'000'000 + 60 * generation).Fact("process", "7-1").Fact("recording", recording);
  builder.Fact("generation", std::to_string(generation))
      .Fact("packets_received", "PUBLISH=" + std::to_string(50 * generation));
  builder.Fact("mqtt_state", "connected=1 sessions=1 offline_sessions=0 subscriptions=0 retained=" +
                                 std::to_string(stored) + " retained_set=" + std::to_string(stored) +
                                 " retained_cleared=0 unacknowledged_out=0 half_open_in=0 wills=0");
  builder.Heap(kStore, stored, 100 * stored).Heap(kKeep, kept, 23 * kept);
  return builder.Build();
}

analysis::SiteTable Judged(const profile::Profile& before, const profile::Profile& after,
                           const Expectations& expectations = {}) {
  const analysis::WrapperList wrappers = *analysis::WrapperList::Load();
  analysis::SiteTable table = *analysis::DiffSites(before, after, wrappers, {});
  JudgeRows(&before, after, wrappers, expectations, table);
  return table;
}

TEST(RowVerdicts, StateComesLastHoweverMuchItIs) {
  const analysis::SiteTable table = Judged(Snapshot(1, 0, 3), Snapshot(2, 500, 40));
  ASSERT_EQ(table.sites.size(), 2U);
  EXPECT_EQ(table.sites[0].function, "keep");
  ASSERT_TRUE(table.sites[0].verdict);
  EXPECT_EQ(table.sites[0].verdict->name, "inconclusive");
  EXPECT_EQ(table.sites[1].function, "store");
  ASSERT_TRUE(table.sites[1].verdict);
  EXPECT_EQ(table.sites[1].verdict->name, "backlog");
  EXPECT_THAT(table.sites[1].verdict->evidence.front(), HasSubstr("retained messages"));
}

TEST(RowVerdicts, OfTwoRecordingsNothingIsSaid) {
  const analysis::SiteTable table = Judged(Snapshot(1, 0, 3), Snapshot(2, 500, 40, "2"));
  EXPECT_EQ(table.sites[0].function, "store");
  for (const analysis::Site& site : table.sites) EXPECT_FALSE(site.verdict);
}

TEST(RowVerdicts, WhatIsExpectedIsACacheAndWhatIsMoreIsALeak) {
  const Expectations taught = *ParseExpectations("cache keep 1KiB", "taught");
  analysis::SiteTable table = Judged(Snapshot(1, 0, 3), Snapshot(2, 500, 40), taught);
  EXPECT_EQ(table.sites[1].function, "keep");
  EXPECT_EQ(table.sites[1].verdict->name, "cache");
  EXPECT_THAT(table.sites[1].verdict->evidence.front(),
              HasSubstr("meant to grow to 1 KiB (taught:1), and holds 920 B"));
  table = Judged(Snapshot(1, 0, 3), Snapshot(2, 500, 50), taught);
  EXPECT_EQ(table.sites[0].verdict->name, "leak");
  EXPECT_THAT(table.sites[0].verdict->evidence.front(), HasSubstr("which is more"));
}

TEST(RowVerdicts, ASeriesIsPutInOrder) {
  std::vector<profile::Profile> snapshots = {Snapshot(3, 20, 30), Snapshot(1, 0, 10), Snapshot(2, 10, 20)};
  const auto series = MakeSeries(std::move(snapshots));
  ASSERT_TRUE(series) << series.error().ToString();
  const Series all = series->Get();
  ASSERT_EQ(all.sides.size(), 3U);
  EXPECT_EQ(all.sides[0].generation, 1);
  EXPECT_EQ(all.sides[2].generation, 3);
  EXPECT_FALSE(MakeSeries({Snapshot(1, 0, 0)}));
}

}  // namespace
}  // namespace mqtrack::verdicts
