#include <gtest/gtest.h>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/analysis/workload/per_packet.h"
#include "libtrack/analysis/workload/work_done.h"
#include "tests/unit/analysis/profile_builder.h"

namespace mqtrack::analysis {
namespace {

using mqtrack::testing::ProfileBuilder;

constexpr std::size_t kConnect = 1, kPublish = 3, kPuback = 4, kSubscribe = 8;

ProfileBuilder Worked(const std::string& received, const std::string& sent) {
  ProfileBuilder builder;
  builder.Fact("packets_received", received).Fact("packets_sent", sent);
  return builder;
}

WorkDone Work(const std::string& received, const std::string& sent) { return ReadWork(Worked(received, sent).Build()); }

TEST(WorkDone, IsReadFromFacts) {
  const WorkDone work = Work("CONNECT=3 PUBLISH=500", "none");
  EXPECT_TRUE(work.is_known);
  EXPECT_EQ(work.received[kConnect], 3);
  EXPECT_EQ(work.received[kPublish], 500);
  EXPECT_EQ(work.sent[kPuback], 0);
  EXPECT_FALSE(work.IsNone());
  EXPECT_TRUE(Work("none", "none").is_known);
  EXPECT_TRUE(Work("none", "none").IsNone());
}

TEST(WorkDone, IsNotKnownWhereNobodyCounted) { EXPECT_FALSE(ReadWork(ProfileBuilder().Build()).is_known); }

TEST(WorkDone, OfAMergedProfileIsAddedUp) {
  ProfileBuilder both = Worked("PUBLISH=500", "none");
  both.Fact("packets_received", "PUBLISH=7").Fact("uncounted_senders", "2").Fact("uncounted_senders", "3");
  EXPECT_EQ(ReadWork(both.Build()).received[kPublish], 507);
  EXPECT_EQ(ReadWork(both.Build()).uncounted_senders, 5);
}

TEST(WorkDone, IsNotKnownFromFactsThatMakeNoSense) {
  for (const char* fact : {"PUBLISH", "PUBLISH=", "PUBLISH=x", "PUBLISH=-1", "=5", "TELEGRAM=5", "PUBLISH=5,CONNECT=3",
                           "PUBLISH=99999999999999999999", "PUBLISH=9223372036854775807 PUBLISH=1"})
    EXPECT_FALSE(Work(fact, "none").is_known) << fact;
}

TEST(WorkDone, BetweenTwoSnapshots) {
  const WorkDone between = WorkBetween(Work("PUBLISH=500", "none"), Work("PUBLISH=520 CONNECT=2", "PUBACK=20"));
  EXPECT_TRUE(between.is_known);
  EXPECT_EQ(between.received[kPublish], 20);
  EXPECT_EQ(between.received[kConnect], 2);
  EXPECT_EQ(between.sent[kPuback], 20);
}

TEST(WorkDone, BetweenTwoRecordingsIsNotKnown) {
  EXPECT_FALSE(WorkBetween(Work("PUBLISH=500", "none"), Work("PUBLISH=20", "none")).is_known);
  EXPECT_FALSE(WorkBetween(ReadWork(ProfileBuilder().Build()), Work("PUBLISH=20", "none")).is_known);
}

TEST(PerPacket, IsAWholeNumberOfObjectsForEach) {
  const WorkDone work = Work("PUBLISH=500 CONNECT=20", "PUBACK=500");
  const std::optional<PerPacket> per = FindPerPacket(work, 24 * 500, 500, "PUBLISH");
  ASSERT_TRUE(per);
  EXPECT_EQ(per->type, kPublish);
  EXPECT_FALSE(per->is_sent);
  EXPECT_EQ(per->packets, 500);
  EXPECT_EQ(per->value, 24);
  EXPECT_EQ(per->objects, 1);
  EXPECT_TRUE(per->is_exact);
}

TEST(PerPacket, MayDifferInBytes) {
  const std::optional<PerPacket> per = FindPerPacket(Work("PUBLISH=500", "none"), 24 * 500 + 3, 1000, "PUBLISH");
  ASSERT_TRUE(per);
  EXPECT_EQ(per->value, 24);
  EXPECT_EQ(per->objects, 2);
  EXPECT_FALSE(per->is_exact);
  EXPECT_EQ(FindPerPacket(Work("PUBLISH=500", "none"), 24 * 500 + 250, 1000, "PUBLISH")->value, 25);
}

TEST(PerPacket, IsOfThePacketThatCausedIt) {
  const WorkDone work = Work("PUBLISH=500 CONNECT=20 SUBSCRIBE=20", "none");
  EXPECT_EQ(FindPerPacket(work, 2000, 20, "SUBSCRIBE")->type, kSubscribe);
  EXPECT_EQ(FindPerPacket(work, 2000, 20, "CONNECT")->type, kConnect);
  EXPECT_FALSE(FindPerPacket(work, 2000, 20, "PUBLISH"));
  EXPECT_FALSE(FindPerPacket(work, 2000, 500, "(several)"));
}

TEST(PerPacket, WithoutACauseTheMostPacketsCount) {
  const WorkDone work = Work("PUBLISH=500 CONNECT=20", "PUBACK=500");
  EXPECT_EQ(FindPerPacket(work, 1000, 1000, "")->type, kPublish);
  EXPECT_EQ(FindPerPacket(work, 40, 40, "")->type, kConnect);
}

TEST(PerPacket, IsNoneOfTooFewOrTooManyOrNoGrowth) {
  EXPECT_FALSE(FindPerPacket(Work("PUBLISH=9", "none"), 90, 9, "PUBLISH"));
  EXPECT_TRUE(FindPerPacket(Work("PUBLISH=10", "none"), 90, 10, "PUBLISH"));
  EXPECT_FALSE(FindPerPacket(Work("PUBLISH=10", "none"), 90000, 650, "PUBLISH"));
  EXPECT_FALSE(FindPerPacket(Work("PUBLISH=10", "none"), -90, -10, "PUBLISH"));
  EXPECT_FALSE(FindPerPacket(Work("PUBLISH=10", "none"), 0, 0, "PUBLISH"));
  EXPECT_FALSE(FindPerPacket(ReadWork(ProfileBuilder().Build()), 90, 10, "PUBLISH"));
}

/// The row of "leak" after 20 PUBLISH, of which 20 objects were made under these labels.
Site RowOf(const std::vector<profile::Label>& first, const std::vector<profile::Label>& second) {
  ProfileBuilder base = Worked("PUBLISH=5", "none"), newer = Worked("PUBLISH=25", "none");
  base.Heap({"malloc", "leak", "main"}, 3, 30, first);
  newer.Heap({"malloc", "leak", "main"}, 13, 130, first).Heap({"malloc", "leak", "main"}, 10, 100, second);
  const auto table = DiffSites(base.Build(), newer.Build(), *WrapperList::Load(), {});
  return table.value().sites.at(0);
}

TEST(PerPacket, OfARowWhoseGrowthOnePacketCaused) {
  const profile::Label publish{"mqtt_packet", "PUBLISH", 0, ""}, connect{"mqtt_packet", "CONNECT", 0, ""};
  const Site row = RowOf({publish}, {{"generation", "", 1, ""}, publish});
  ASSERT_TRUE(row.per_packet);
  EXPECT_EQ(row.per_packet->value, 10);
  EXPECT_EQ(row.per_packet->objects, 1);
  EXPECT_EQ(row.per_packet->packets, 20);
  EXPECT_FALSE(RowOf({publish}, {connect}).per_packet);
  EXPECT_FALSE(RowOf({publish}, {}).per_packet);
  EXPECT_TRUE(RowOf({}, {{"generation", "", 1, ""}}).per_packet);
}

}  // namespace
}  // namespace mqtrack::analysis
