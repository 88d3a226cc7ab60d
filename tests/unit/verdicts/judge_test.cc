#include "libtrack/verdicts/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mqtrack::verdicts {
namespace {

constexpr std::int64_t kBytesEach = 24, kMinute = 60'000'000'000;

/// Of each stretch, what is alive of it at each later snapshot: born[stretch] = {at its end, a stretch later, ...}.
using Cohorts = std::vector<std::vector<std::int64_t>>;

SiteHistory History(const Cohorts& born, std::int64_t before = 0) {
  SiteHistory history;
  history.site.function = "keep";
  history.type = {"inuse_space", "bytes"};
  history.has_objects = true;
  const std::size_t snapshots = born.size() + 1;
  history.held.resize(snapshots);
  history.cohorts.assign(snapshots, std::vector<Held>(snapshots));
  for (std::size_t i = 0; i < snapshots; ++i) {
    history.cohorts[i][0] = {before * kBytesEach, before};
    for (std::size_t stretch = 0; stretch < i; ++stretch) {
      const std::int64_t objects = born[stretch][i - stretch - 1];
      history.cohorts[i][stretch + 1] = {objects * kBytesEach, objects};
    }
    for (const Held& held : history.cohorts[i]) history.held[i].Add(held);
  }
  history.site.base_value = history.held.front().value;
  history.site.base_objects = history.held.front().objects;
  history.site.value = history.held.back().value;
  history.site.objects = history.held.back().objects;
  return history;
}

/// Every stretch leaves `left` behind for good.
SiteHistory Kept(const std::vector<std::int64_t>& left, std::int64_t before = 0) {
  Cohorts born;
  for (std::size_t i = 0; i < left.size(); ++i) born.emplace_back(left.size() - i, left[i]);
  return History(born, before);
}

/// Stretches of a minute in which nobody counted packets.
Surroundings Around(std::size_t stretches) {
  Surroundings around;
  around.states.resize(stretches + 1);
  around.work.packets.resize(stretches);
  around.work.nanos.assign(stretches, kMinute);
  return around;
}

Verdict VerdictOf(const SiteHistory& history, Surroundings around) {
  const std::optional<Judgement> judgement = Judge(history, around);
  EXPECT_TRUE(judgement.has_value());
  return judgement ? judgement->verdict : Verdict::kChurn;
}
Verdict VerdictOf(const SiteHistory& history) { return VerdictOf(history, Around(history.held.size() - 1)); }

TEST(JudgeTest, WhatEachStretchLeavesBehindForGoodIsALeak) {
  const SiteHistory history = Kept({10, 12, 9, 11, 10});
  const std::optional<Judgement> judgement = Judge(history, Around(5));
  ASSERT_TRUE(judgement);
  EXPECT_EQ(judgement->verdict, Verdict::kLeak);
  EXPECT_THAT(judgement->evidence, ::testing::Contains(::testing::HasSubstr("10, 12, 9, 11, 10 objects")));
}

TEST(JudgeTest, TwoStretchesDecideNothing) {
  const std::optional<Judgement> judgement = Judge(Kept({10, 10}), Around(2));
  ASSERT_TRUE(judgement);
  EXPECT_EQ(judgement->verdict, Verdict::kInconclusive);
  EXPECT_THAT(judgement->next, ::testing::HasSubstr("more snapshots"));
}

TEST(JudgeTest, ALeakAmongChurnOfTheSameSiteIsFound) {
  // Of a hundred that are there at the end of a stretch three stay.
  EXPECT_EQ(VerdictOf(History({{100, 3, 3, 3, 3}, {90, 3, 3, 3}, {120, 3, 3}, {80, 3}, {100}})), Verdict::kLeak);
}

TEST(JudgeTest, WhatStoppedGrowingIsWarmUp) { EXPECT_EQ(VerdictOf(Kept({30, 5, 0, 0, 0, 0})), Verdict::kWarmUp); }

TEST(JudgeTest, WhatIsReplacedAllTheTimeIsACache) {
  EXPECT_EQ(
      VerdictOf(History({{50, 40, 20, 0, 0, 0}, {50, 40, 20, 0, 0}, {30, 20, 10, 0}, {40, 30, 20}, {40, 30}, {30}})),
      Verdict::kCache);
}

TEST(JudgeTest, WhatFillsEverMoreSlowlyIsACache) { EXPECT_EQ(VerdictOf(Kept({64, 32, 16, 8, 4, 2})), Verdict::kCache); }

TEST(JudgeTest, AQueueThatGetsLongerIsABacklog) {
  EXPECT_EQ(VerdictOf(History({{40, 10, 0, 0, 0}, {60, 20, 0, 0}, {80, 40, 0}, {100, 60}, {120}})), Verdict::kBacklog);
}

TEST(JudgeTest, WhatWaitsForAClientThatIsOfflineIsABacklogAndNamesIt) {
  SiteHistory history = Kept({10, 10, 10, 10});
  history.owners[{"client", "pump7"}] = {40 * kBytesEach, 40};
  const std::optional<Judgement> judgement = Judge(history, Around(4));
  ASSERT_TRUE(judgement);
  EXPECT_EQ(judgement->verdict, Verdict::kBacklog);
  EXPECT_THAT(judgement->evidence, ::testing::Contains(::testing::HasSubstr("a client that is offline: pump7")));
}

TEST(JudgeTest, NobodyKnowsWhetherAClientOfBeforeAnAttachIsOffline) {
  SiteHistory history = Kept({10, 10, 10, 10});
  history.owners[{"client", "pump7"}] = {40 * kBytesEach, 40};
  history.causes["PUBLISH"] = 40;
  Surroundings around = Around(4);
  around.has_owners = true;
  around.unnamed = 1;  // it may be behind this one
  const std::optional<Judgement> judgement = Judge(history, around);
  ASSERT_TRUE(judgement);
  EXPECT_EQ(judgement->verdict, Verdict::kInconclusive);
  EXPECT_THAT(judgement->evidence, ::testing::Contains(::testing::HasSubstr("pump7, who had connected before the")));
  // What its messages did not make is no queue.
  history.causes = {{"SUBSCRIBE", 40}};
  EXPECT_EQ(VerdictOf(history, around), Verdict::kLeak);
  history.causes = {{"PUBLISH", 40}};
  around.away = {"pump7"};
  EXPECT_EQ(VerdictOf(history, around), Verdict::kBacklog);
  around.away.clear();
  around.connected = {"pump7"};  // it has connected anew
  EXPECT_EQ(VerdictOf(history, around), Verdict::kLeak);
  around.connected.clear();
  around.unnamed = 0;
  EXPECT_EQ(VerdictOf(history, around), Verdict::kBacklog);
}

TEST(JudgeTest, WhatGrowsInTheObjectsOfAClientThatIsThereIsALeak) {
  SiteHistory history = Kept({10, 10, 10, 10});
  history.owners[{"client", "pump7"}] = {40 * kBytesEach, 40};
  Surroundings around = Around(4);
  around.connected = {"pump7"};
  EXPECT_EQ(VerdictOf(history, around), Verdict::kLeak);
}

/// Made whenever a PUBLISH was at work, while a client is away, and nobody could look at who holds it.
Judgement OfFiles(const std::vector<std::int64_t>& queued) {
  SiteHistory history = Kept({10, 12, 9, 11, 10});
  history.causes["PUBLISH"] = 52;
  Surroundings around = Around(5);
  for (std::size_t i = 0; i < around.states.size(); ++i) {
    around.states[i].is_known = true;
    around.states[i].sessions = around.states[i].offline_sessions = 1;
    if (queued.empty()) continue;
    around.sys.is_known = true;
    around.sys.queued.push_back(queued[i]);
    around.sys.stored.push_back(queued[i] + 50);
  }
  return Judge(history, around).value_or(Judgement());
}

TEST(JudgeTest, TheBrokersOwnCountSettlesWhatFilesDoNotTell) {
  EXPECT_EQ(OfFiles({}).verdict, Verdict::kInconclusive);
  const Judgement leak = OfFiles({7, 7, 7, 7, 7, 7});
  EXPECT_EQ(leak.verdict, Verdict::kLeak);
  EXPECT_THAT(leak.evidence, ::testing::Contains("$SYS counts 57 stored messages as before, of which 50 are retained"));
  const Judgement queue = OfFiles({7, 17, 29, 38, 49, 59});
  EXPECT_EQ(queue.verdict, Verdict::kBacklog);
  EXPECT_THAT(queue.evidence, ::testing::Contains(::testing::HasSubstr("1 client is offline with a session")));
  // It grew in other stretches.
  const Judgement neither = OfFiles({7, 57, 57, 57, 57, 57});
  EXPECT_EQ(neither.verdict, Verdict::kInconclusive);
  EXPECT_THAT(neither.evidence, ::testing::Contains(::testing::HasSubstr("$SYS counts 107 stored messages (+50)")));
}

TEST(JudgeTest, WhatFollowsTheRetainedMessagesIsABacklog) {
  Surroundings around = Around(4);
  for (std::size_t i = 0; i < around.states.size(); ++i) {
    around.states[i].is_known = true;
    around.states[i].retained = static_cast<std::int64_t>(5 * i);
  }
  EXPECT_EQ(VerdictOf(Kept({10, 10, 10, 10}), around), Verdict::kBacklog);
  for (analysis::BrokerState& state : around.states) state.retained = 0;
  EXPECT_EQ(VerdictOf(Kept({10, 10, 10, 10}), around), Verdict::kLeak);
}

TEST(JudgeTest, OfFilesNobodyCanSayWhetherMessagesWaitForClientsThatAreAway) {
  SiteHistory history = Kept({10, 10, 10, 10});
  history.causes = {{"PUBLISH", 40}};
  Surroundings around = Around(4);
  for (analysis::BrokerState& state : around.states) state.is_known = true;
  EXPECT_EQ(VerdictOf(history, around), Verdict::kLeak) << "nobody is away";
  around.states.back().offline_sessions = 1;
  EXPECT_EQ(VerdictOf(history, around), Verdict::kInconclusive);
  around.has_owners = true;
  EXPECT_EQ(VerdictOf(history, around), Verdict::kLeak);
  around.has_owners = false;
  history.causes = {{"CONNECT", 40}};
  EXPECT_EQ(VerdictOf(history, around), Verdict::kLeak);
}

/// Of `history` so much was made by messages on each of these topics.
void MadeBy(SiteHistory& history, const std::map<std::string, std::int64_t>& topics) {
  history.topics = topics;
  history.causes.clear();
  for (const auto& [topic, count] : topics) history.causes["PUBLISH"] += count;
}

/// pump7 is away and has asked for the messages of pumps.
Surroundings WithPump7Away(std::size_t stretches) {
  Surroundings around = Around(stretches);
  for (analysis::BrokerState& state : around.states) {
    state.is_known = true;
    state.offline_sessions = 1;
  }
  around.asked.is_all = true;
  around.asked.filters = {{"pumps/#", 1, 0, 0, {"pump7"}}, {"doors/#", 0, 0, 3, {}}};
  return around;
}

TEST(JudgeTest, WhatWasMadeForMessagesThatAClientAwayHasAskedForIsABacklog) {
  const Surroundings around = WithPump7Away(4);
  SiteHistory history = Kept({10, 10, 10, 10});
  MadeBy(history, {{"pumps/+", 40}});
  const std::optional<Judgement> judgement = Judge(history, around);
  ASSERT_TRUE(judgement);
  EXPECT_EQ(judgement->verdict, Verdict::kBacklog);
  EXPECT_THAT(judgement->evidence,
              ::testing::ElementsAre("40 objects were made for messages on pumps/#, which a client "
                                     "has asked for that is offline: pump7"));
  // What the broker says of itself, and replaces all the time, is no part of the growth.
  history.causes[""] = 12;
  EXPECT_EQ(VerdictOf(history, around), Verdict::kBacklog);
  history.causes["PUBLISH"] = 52;
  EXPECT_EQ(VerdictOf(history, around), Verdict::kLeak) << "messages of which nobody knows a topic that is asked for";
  // Even between two snapshots.
  SiteHistory pair = Kept({40});
  MadeBy(pair, {{"pumps/+", 40}});
  EXPECT_EQ(VerdictOf(pair, WithPump7Away(1)), Verdict::kBacklog);
  MadeBy(pair, {{"pumps/+", 10}, {"news", 30}});
  EXPECT_EQ(VerdictOf(pair, WithPump7Away(1)), Verdict::kInconclusive);
}

TEST(JudgeTest, WhatNobodyWaitsForIsALeakThoughClientsAreAway) {
  Surroundings around = WithPump7Away(4);
  SiteHistory history = Kept({10, 10, 10, 10});
  MadeBy(history, {{"pumps/+", 8}, {"news", 32}});
  EXPECT_EQ(VerdictOf(history, around), Verdict::kLeak);
  around.asked.is_all = false;
  EXPECT_EQ(VerdictOf(history, around), Verdict::kInconclusive) << "others may wait for it";
}

TEST(JudgeTest, AClientThatIsAwayAndHasAskedForEverythingDecidesNothing) {
  Surroundings around = WithPump7Away(4);
  around.asked.filters = {{"#", 1, 0, 0, {"logger"}}};
  SiteHistory history = Kept({10, 10, 10, 10});
  MadeBy(history, {{"pumps/+", 40}});
  EXPECT_EQ(VerdictOf(history, around), Verdict::kInconclusive);
}

TEST(JudgeTest, WhereQueuesBelongToClientsWhatDoesNotIsNone) {
  Surroundings around = WithPump7Away(4);
  around.has_owners = around.clients_own_queues = true;
  SiteHistory history = Kept({10, 10, 10, 10});
  MadeBy(history, {{"pumps/+", 40}});
  history.owners[{"global", "samples"}] = {40 * kBytesEach, 40};
  EXPECT_EQ(VerdictOf(history, around), Verdict::kLeak);
  around.clients_own_queues = false;
  EXPECT_EQ(VerdictOf(history, around), Verdict::kBacklog);
}

TEST(JudgeTest, WhatAClientDoesNotReadIsABacklog) {
  Surroundings around = Around(4);
  around.connected = {"slow"};
  around.asked.stalled = {"slow"};
  around.asked.filters = {{"pictures", 0, 1, 0, {"slow"}}};
  SiteHistory history = Kept({10, 10, 10, 10});
  MadeBy(history, {{"pictures", 40}});
  const std::optional<Judgement> judgement = Judge(history, around);
  ASSERT_TRUE(judgement);
  EXPECT_EQ(judgement->verdict, Verdict::kBacklog);
  EXPECT_THAT(judgement->evidence.front(), ::testing::HasSubstr("does not read what it is sent: slow"));
  around.asked.stalled.clear();  // for a moment, and not always of late
  EXPECT_EQ(VerdictOf(history, around), Verdict::kLeak);
}

TEST(JudgeTest, OfTwoSnapshotsOnlyAWholeNumberForEachIsState) {
  Surroundings around = Around(1);
  for (analysis::BrokerState& state : around.states) state.is_known = true;
  around.states.back().retained = 40;
  EXPECT_EQ(VerdictOf(Kept({80}), around), Verdict::kBacklog);
  EXPECT_EQ(VerdictOf(Kept({97}), around), Verdict::kInconclusive);
}

TEST(JudgeTest, WhatNothingPointsToIsLostHoweverShortItWasWatched) {
  SiteHistory history = Kept({10, 10});
  history.lost = {20 * kBytesEach, 20};
  EXPECT_EQ(VerdictOf(history), Verdict::kLost);
}

TEST(JudgeTest, OneBlockThatGrewToItsSizeIsBounded) {
  SiteHistory history = Kept({0, 0, 0, 0, 0, 0}, 1);
  const std::int64_t sizes[] = {1024, 2048, 4096, 4096, 4096, 4096, 4096};
  for (std::size_t i = 0; i < history.held.size(); ++i) history.held[i] = {sizes[i], 1};
  EXPECT_EQ(VerdictOf(history), Verdict::kCache);
}

TEST(JudgeTest, TextThatGetsLongerByADigitIsNoLeak) {
  SiteHistory history = Kept({0, 0, 0, 0}, 100);
  for (std::size_t i = 0; i < history.held.size(); ++i)
    history.held[i] = {10'000 + 8 * static_cast<std::int64_t>(i), 100};
  EXPECT_EQ(VerdictOf(history), Verdict::kChurn);
  for (std::size_t i = 0; i < history.held.size(); ++i)
    history.held[i] = {10'000 + 2'000 * static_cast<std::int64_t>(i), 100};
  EXPECT_EQ(VerdictOf(history), Verdict::kLeak);
}

TEST(JudgeTest, OneBlockThatIsNotDueToGrowYetIsNotCalledBounded) {
  // A text that gets longer at one pace, in a buffer that doubles.
  SiteHistory history = Kept({0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 1);
  const std::int64_t sizes[] = {15, 30, 30, 61, 61, 61, 122, 122, 122, 122, 122};
  for (std::size_t i = 0; i < history.held.size(); ++i) history.held[i] = {1024 * sizes[i], 1};
  const std::optional<Judgement> judgement = Judge(history, Around(10));
  ASSERT_TRUE(judgement);
  EXPECT_EQ(judgement->verdict, Verdict::kInconclusive);
  EXPECT_THAT(judgement->evidence, ::testing::Contains(::testing::HasSubstr("next be full after 2 more stretches")));
}

TEST(JudgeTest, WhatClientsHaveAskedForAndNobodyAcknowledgesIsABacklog) {
  Surroundings around = Around(4);
  around.asked.filters = {{"orders", 0, 0, 1, {}}};
  for (analysis::BrokerState& state : around.states) state.is_known = true;
  around.states.back().unacknowledged_out = 20;
  SiteHistory history = Kept({10, 10, 10, 10});
  MadeBy(history, {{"orders", 40}});
  EXPECT_EQ(VerdictOf(history, around), Verdict::kInconclusive);  // as it was: it may wait
  around.acknowledges_nothing = true;
  const std::optional<Judgement> judgement = Judge(history, around);
  ASSERT_TRUE(judgement);
  EXPECT_EQ(judgement->verdict, Verdict::kBacklog);
  EXPECT_THAT(judgement->evidence.front(),
              ::testing::HasSubstr("orders, which clients have asked for; 20 are not ack"));
  // What nobody has asked for is none of it.
  SiteHistory other = Kept({10, 10, 10, 10});
  MadeBy(other, {{"news", 40}});
  around.asked.is_all = true;
  EXPECT_EQ(VerdictOf(other, around), Verdict::kLeak);
}

TEST(JudgeTest, OneBlockThatGrowsWithEveryStretchIsALeak) {
  SiteHistory history = Kept({0, 0, 0, 0, 0, 0}, 1);
  for (std::size_t i = 0; i < history.held.size(); ++i)
    history.held[i] = {static_cast<std::int64_t>(1024 * (i + 1)), 1};
  EXPECT_EQ(VerdictOf(history), Verdict::kLeak);
}

TEST(JudgeTest, WhatGoesUpAndDownIsChurn) {
  EXPECT_EQ(VerdictOf(History({{40, 0, 0}, {90, 0}, {0}}, 5)), Verdict::kChurn);
}

TEST(JudgeTest, WhatOnlyTheNewestStretchLeftMayBeOnItsWay) {
  EXPECT_EQ(VerdictOf(History({{0, 0, 0, 0}, {3, 0, 0}, {0, 0}, {4}})), Verdict::kChurn);
  EXPECT_EQ(VerdictOf(Kept({0, 0, 0, 4})), Verdict::kChurn);
  EXPECT_EQ(VerdictOf(Kept({0, 4})), Verdict::kInconclusive);
}

TEST(JudgeTest, OfWhatNeverChangesNothingIsSaid) { EXPECT_FALSE(Judge(Kept({0, 0, 0, 0}, 77), Around(4)).has_value()); }

TEST(JudgeTest, WithoutGenerationsGrowthFromSnapshotToSnapshotIsJudged) {
  SiteHistory history = Kept({10, 12, 9, 11, 10});
  history.cohorts.clear();
  EXPECT_EQ(VerdictOf(history), Verdict::kLeak);
}

TEST(JudgeTest, ThreadsAreCountedAsThreads) {
  SiteHistory history = Kept({1, 1, 1, 1});
  history.type = {"threads", "count"};
  history.has_objects = false;
  for (auto& held : history.held) held.value = held.objects;
  for (auto& cohorts : history.cohorts) {
    for (Held& held : cohorts) held.value = held.objects;
  }
  const std::optional<Judgement> judgement = Judge(history, Around(4));
  ASSERT_TRUE(judgement);
  EXPECT_EQ(judgement->verdict, Verdict::kLeak);
}

}  // namespace
}  // namespace mqtrack::verdicts
