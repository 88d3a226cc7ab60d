#include "libtrack/analysis/sites.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <limits>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/other_growth.h"
#include "tests/unit/analysis/profile_builder.h"

namespace mqtrack::analysis {
namespace {

using testing::Frames;
using ::testing::HasSubstr;
using testing::ProfileBuilder;

const WrapperList& Wrappers() {
  static const WrapperList wrappers = *WrapperList::Load();
  return wrappers;
}

const Site* Find(const SiteTable& table, const std::string& function) {
  for (const Site& site : table.sites) {
    if (site.function == function) return &site;
  }
  return nullptr;
}

TEST(TopSites, SumsByCulpritAndCountsObjects) {
  const auto profile =
      ProfileBuilder()
          .Heap({"malloc", "mosquitto__malloc memory_mosq.c:9", "retain__store retain.c:10", "main"}, 2, 200)
          .Heap({"malloc", "retain__store retain.c:44", "main"}, 3, 30)
          .Heap({"calloc", "context__init context.c:7", "main"}, 1, 672)
          .Build();
  const auto table = TopSites(profile, Wrappers(), {});
  ASSERT_TRUE(table.ok()) << table.error().ToString();
  ASSERT_EQ(table->sites.size(), 2U);
  EXPECT_EQ(table->sites[0].function, "context__init");
  EXPECT_EQ(table->sites[1].function, "retain__store");
  EXPECT_EQ(table->sites[1].value, 230);
  EXPECT_EQ(table->sites[1].objects, 5);
  EXPECT_EQ(table->sites[1].line, 10);  // of the heavier stack
  EXPECT_EQ(table->sites[1].file, "retain.c");
  EXPECT_EQ(table->sites[1].module, "mosquitto");
  EXPECT_EQ(table->sites[1].stack.size(), 4U);
  EXPECT_EQ(table->total, 902);
  EXPECT_EQ(table->objects_total, 6);
  EXPECT_TRUE(table->has_objects);
  EXPECT_FALSE(table->is_diff);
}

TEST(TopSites, OfADifferenceAreSortedByTheSizeOfTheChange) {
  const auto profile = ProfileBuilder()
                           .Heap({"malloc", "grew a.c:1", "main"}, 1, 50)
                           .Heap({"malloc", "shrank a.c:2", "main"}, -3, -900)
                           .Heap({"malloc", "least a.c:3", "main"}, 0, std::numeric_limits<std::int64_t>::min())
                           .Build();
  const auto table = TopSites(profile, Wrappers(), {});
  ASSERT_TRUE(table.ok()) << table.error().ToString();
  EXPECT_TRUE(table->holds_changes);
  ASSERT_EQ(table->sites.size(), 3U);
  EXPECT_EQ(table->sites[0].function, "least");
  EXPECT_EQ(table->sites[1].function, "shrank");
  EXPECT_EQ(table->sites[2].function, "grew");
}

TEST(TopSites, ADifferenceIsKnownWithoutANegativeValueIfTheProfileSaysSo) {
  const ProfileBuilder grew = ProfileBuilder().Heap({"malloc", "grew a.c:1", "main"}, 1, 50);
  EXPECT_FALSE(TopSites(grew.Build(), Wrappers(), {})->holds_changes);
  EXPECT_TRUE(TopSites(ProfileBuilder(grew).Fact("difference", "a to b").Build(), Wrappers(), {})->holds_changes);
  const auto labelled = ProfileBuilder(grew).Heap({"malloc", "grew a.c:1"}, 1, 1, {{"pprof::base", "true", 0, {}}});
  EXPECT_TRUE(TopSites(labelled.Build(), Wrappers(), {})->holds_changes);
}

TEST(TopSites, GranularitiesSplitAndJoin) {
  const auto profile = ProfileBuilder()
                           .Heap({"malloc", "store a.c:1", "main"}, 1, 10)
                           .Heap({"malloc", "store a.c:2", "main"}, 1, 20)
                           .Heap({"malloc", "store a.c:2", "other"}, 1, 40)
                           .Heap({"calloc", "store b.c:2", "main"}, 1, 80)
                           .Build();
  const auto rows = [&](Granularity granularity) {
    const auto table = TopSites(profile, Wrappers(), {"", granularity, ""});
    std::vector<std::int64_t> values;
    for (const Site& site : table->sites) values.push_back(site.value);
    return values;
  };
  EXPECT_THAT(rows(Granularity::kFunction), ::testing::ElementsAre(80, 70));  // two functions of one name, in two files
  EXPECT_THAT(rows(Granularity::kLine), ::testing::ElementsAre(80, 60, 10));
  EXPECT_THAT(rows(Granularity::kStack), ::testing::ElementsAre(80, 40, 20, 10));
  EXPECT_THAT(rows(Granularity::kLeaf), ::testing::ElementsAre(80, 70));  // calloc, malloc
}

TEST(TopSites, LeafIsTheInnermostInlinedFrame) {
  const auto profile = ProfileBuilder().Heap({"push q.h:3 <inlined", "enqueue q.cc:9", "main"}, 1, 8).Build();
  const auto table = TopSites(profile, Wrappers(), {"", Granularity::kLeaf, ""});
  ASSERT_EQ(table->sites.size(), 1U);
  EXPECT_EQ(table->sites[0].function, "push");
  EXPECT_EQ(table->sites[0].line, 3);
  ASSERT_EQ(table->sites[0].stack.size(), 3U);
  EXPECT_TRUE(table->sites[0].stack[0].inlined);
}

TEST(TopSites, GroupsByLabel) {
  const auto profile = ProfileBuilder()
                           .Heap({"f a.c:1"}, 1, 10, {{"thread", "net", 0, ""}})
                           .Heap({"g a.c:2"}, 1, 20, {{"thread", "net", 0, ""}})
                           .Heap({"f a.c:1"}, 1, 5, {{"generation", "", 3, ""}})
                           .Build();
  const auto table = TopSites(profile, Wrappers(), {"", Granularity::kLabel, "thread"});
  ASSERT_EQ(table->sites.size(), 2U);
  EXPECT_EQ(table->sites[0].label, "net");
  EXPECT_EQ(table->sites[0].value, 30);
  EXPECT_EQ(table->sites[1].label, "(none)");
  const auto by_generation = TopSites(profile, Wrappers(), {"", Granularity::kLabel, "generation"});
  EXPECT_EQ(by_generation->sites[1].label, "3");
}

TEST(TopSites, NamesWhatHasNoSymbolAndNoStack) {
  const auto profile = ProfileBuilder().Heap({"?", "main"}, 1, 10).Heap({}, 1, 5).Build();
  const auto table = TopSites(profile, Wrappers(), {});
  ASSERT_EQ(table->sites.size(), 2U);
  EXPECT_THAT(table->sites[0].function, HasSubstr("mosquitto+0x"));
  EXPECT_EQ(table->sites[1].function, "[no stack]");
  EXPECT_EQ(table->total, 15);
}

TEST(TopSites, MissingTypeListsWhatThereIs) {
  const auto table = TopSites(ProfileBuilder().Heap({"f"}, 1, 1).Build(), Wrappers(), {"threads", {}, ""});
  ASSERT_FALSE(table.ok());
  EXPECT_THAT(table.error().ToString(), HasSubstr("alloc_objects, alloc_space, inuse_objects, inuse_space"));
}

TEST(DiffSites, MatchesRunsAtDifferentAddresses) {
  const Frames stack = {"malloc", "leak leak.c:3", "main"}, stable = {"malloc", "keep keep.c:1"};
  const auto base = ProfileBuilder(0x400000).Heap(stack, 1, 100).Heap(stable, 4, 40).Build();
  const auto newer = ProfileBuilder(0x7f0000000000).Heap(stable, 4, 40).Heap(stack, 11, 1100).Build();
  for (const Granularity granularity : {Granularity::kFunction, Granularity::kLine}) {
    const auto table = DiffSites(base, newer, Wrappers(), {"", granularity, ""});
    ASSERT_TRUE(table.ok()) << table.error().ToString();
    ASSERT_EQ(table->sites.size(), 2U);
    EXPECT_EQ(table->sites[0].function, "leak");
    EXPECT_EQ(table->sites[0].growth(), 1000);
    EXPECT_EQ(table->sites[0].object_growth(), 10);
    EXPECT_EQ(table->sites[0].base_value, 100);
    EXPECT_EQ(table->sites[1].growth(), 0);
    EXPECT_EQ(table->base_total, 140);
    EXPECT_EQ(table->total, 1140);
  }
}

TEST(DiffSites, SameStackInBothRunsIsOneStackRow) {
  const Frames stack = {"malloc", "leak leak.c:3", "main"};
  const auto base = ProfileBuilder(0x400000).Heap(stack, 1, 100).Build();
  const auto newer = ProfileBuilder(0x500000).Heap(stack, 3, 300).Build();
  const auto table = DiffSites(base, newer, Wrappers(), {"", Granularity::kStack, ""});
  ASSERT_EQ(table->sites.size(), 1U);
  EXPECT_EQ(table->sites[0].growth(), 200);
}

TEST(DiffSites, BiggestGrowthFirstShrunkLast) {
  const auto base = ProfileBuilder().Heap({"shrinks a.c:1"}, 1, 100).Heap({"gone a.c:2"}, 1, 500).Build();
  const auto newer =
      ProfileBuilder().Heap({"shrinks a.c:1"}, 1, 90).Heap({"small a.c:3"}, 1, 1).Heap({"big a.c:4"}, 1, 9).Build();
  const auto table = DiffSites(base, newer, Wrappers(), {});
  ASSERT_EQ(table->sites.size(), 4U);
  EXPECT_EQ(table->sites[0].function, "big");
  EXPECT_EQ(table->sites[1].function, "small");
  EXPECT_EQ(table->sites[2].function, "shrinks");
  EXPECT_EQ(table->sites[3].function, "gone");
  EXPECT_EQ(table->sites[3].growth(), -500);
}

TEST(DiffSites, GenerationsOfOneStackAreOneSite) {
  const Frames stack = {"malloc", "leak leak.c:3"};
  const auto base = ProfileBuilder().Heap(stack, 1, 100, {{"generation", "", 0, "n"}}).Build();
  const auto newer = ProfileBuilder()
                         .Heap(stack, 1, 100, {{"generation", "", 0, "n"}})
                         .Heap(stack, 2, 50, {{"generation", "", 1, "n"}})
                         .Build();
  const auto table = DiffSites(base, newer, Wrappers(), {});
  ASSERT_EQ(table->sites.size(), 1U);
  EXPECT_EQ(table->sites[0].growth(), 50);
  const auto by_generation = DiffSites(base, newer, Wrappers(), {"", Granularity::kLabel, "generation"});
  ASSERT_EQ(by_generation->sites.size(), 2U);
  EXPECT_EQ(by_generation->sites[0].label, "1 n");
}

TEST(DiffSites, TypeMissingOnOneSideIsAnError) {
  const auto heap = ProfileBuilder().Heap({"f"}, 1, 1).Build();
  const auto with_threads =
      ProfileBuilder().Heap({"f"}, 1, 1).Add({"pthread_create", "start s.c:1"}, {{"threads", 2}}).Build();
  const auto table = DiffSites(heap, with_threads, Wrappers(), {"threads", {}, ""});
  ASSERT_FALSE(table.ok());
  EXPECT_THAT(table.error().ToString(), HasSubstr("base profile: "));
  EXPECT_THAT(table.error().ToString(), HasSubstr("inuse_space"));
  const auto threads = TopSites(with_threads, Wrappers(), {"threads", {}, ""});
  ASSERT_EQ(threads->sites.size(), 1U);
  EXPECT_FALSE(threads->has_objects);
}

TEST(DiffSites, ExtremeValuesWrapWithoutUndefinedBehaviour) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max(),
                         kMin = std::numeric_limits<std::int64_t>::min();
  const auto base = ProfileBuilder().Heap({"f a.c:1"}, kMin, kMin).Heap({"g a.c:1"}, kMax, kMax).Build();
  const auto newer = ProfileBuilder().Heap({"f a.c:1"}, kMax, kMax).Heap({"g a.c:1"}, kMin, kMin).Build();
  const auto table = DiffSites(base, newer, Wrappers(), {});
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->sites.size(), 2U);
}

TEST(DiffSites, CanBeMovedWithItsStacks) {
  auto made = DiffSites(ProfileBuilder().Build(), ProfileBuilder().Heap({"f a.c:1"}, 1, 10).Build(), Wrappers(), {});
  ASSERT_TRUE(made.ok());
  const SiteTable table = *std::move(made);
  EXPECT_EQ(Find(table, "f")->stack.at(0).function->name, "f");
  EXPECT_EQ(Find(table, "f")->stack.at(0).function, &table.profile.functions.at(0));
}

// --- threads that ended and were never joined; what else grew

const Frames kWorker = {"pthread_create", "start_worker worker.cc:41", "main"};
const std::vector<profile::Label> kUnjoined = {{"stack_size", "8MiB", 0, ""}, {"state", "exited_unjoined", 0, ""}};
const std::vector<profile::Label> kSmallUnjoined = {{"stack_size", "256KiB", 0, ""},
                                                    {"state", "exited_unjoined", 0, ""}};
const std::vector<profile::Label> kRunning = {{"stack_size", "8MiB", 0, ""}, {"state", "running", 0, ""}};

TEST(UnjoinedThreads, AreCountedWithWhatTheirStacksHold) {
  const auto before = ProfileBuilder().Add(kWorker, {{"threads", 1}}, kUnjoined).Build();
  const auto after = ProfileBuilder()
                         .Add(kWorker, {{"threads", 3}}, kUnjoined)
                         .Add(kWorker, {{"threads", 2}}, kSmallUnjoined)
                         .Add(kWorker, {{"threads", 7}}, kRunning)
                         .Build();
  const auto table = DiffSites(before, after, Wrappers(), {"threads", {}, ""});
  ASSERT_TRUE(table.ok()) << table.error().ToString();
  ASSERT_EQ(table->sites.size(), 1U);
  const Unjoined& unjoined = table->sites[0].unjoined;
  EXPECT_EQ(unjoined.threads, 5);
  EXPECT_EQ(unjoined.base_threads, 1);
  EXPECT_EQ(unjoined.stack_bytes, (3 * 8 << 20) + 2 * (256 << 10));
  EXPECT_EQ(unjoined.base_stack_bytes, 8 << 20);
  EXPECT_EQ(table->sites[0].growth(), 11);
}

TEST(UnjoinedThreads, AreNotLookedForInOtherTypes) {
  const auto profile = ProfileBuilder().Heap({"malloc", "f", "main"}, 4, 100, kUnjoined).Build();
  const auto table = TopSites(profile, Wrappers(), {});
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->sites[0].unjoined.threads, 0);
}

TEST(GrowthOfOtherTypes, NamesEachTypeThatGrewWithItsBiggestSite) {
  const Frames other = {"pthread_create", "start_helper worker.cc:90", "main"};
  const Frames timer = {"timer_create", "arm timer.cc:7", "main"};
  const auto before = ProfileBuilder()
                          .Heap({"malloc", "f", "main"}, 1, 10)
                          .Add(kWorker, {{"threads", 1}}, kRunning)
                          .Add(timer, {{"timers", 5}})
                          .Add(timer, {{"fds", 0}})
                          .Build();
  const auto after = ProfileBuilder()
                         .Heap({"malloc", "f", "main"}, 2, 30)
                         .Add(kWorker, {{"threads", 9}}, kUnjoined)
                         .Add(other, {{"threads", 4}}, kRunning)
                         .Add(timer, {{"timers", 5}})
                         .Add(timer, {{"fds", 0}})
                         .Build();
  const auto grew = GrowthOfOtherTypes(before, after, Wrappers(), "inuse_space");
  ASSERT_TRUE(grew.ok()) << grew.error().ToString();
  ASSERT_EQ(grew->size(), 1U);
  EXPECT_EQ(grew->front().value_type.type, "threads");
  EXPECT_EQ(grew->front().growth(), 12);
  EXPECT_EQ(grew->front().most.function, "start_worker");
  EXPECT_EQ(grew->front().most.growth(), 8);
  EXPECT_EQ(grew->front().most.unjoined.thread_growth(), 9);

  // Bytes and objects of the heap are one thing; what was ever allocated always grows.
  const auto beside_objects = GrowthOfOtherTypes(before, after, Wrappers(), "inuse_objects");
  ASSERT_TRUE(beside_objects.ok());
  ASSERT_EQ(beside_objects->size(), 1U);
  const auto beside_threads = GrowthOfOtherTypes(before, after, Wrappers(), "threads");
  ASSERT_TRUE(beside_threads.ok());
  ASSERT_EQ(beside_threads->size(), 1U);
  EXPECT_EQ(beside_threads->front().value_type.type, "inuse_space");
}

TEST(GrowthOfOtherTypes, SaysNothingOfTypesThatOneSideHasNot) {
  const auto before = ProfileBuilder().Heap({"malloc", "f", "main"}, 1, 10).Build();
  const auto after = ProfileBuilder().Heap({"malloc", "f", "main"}, 1, 10).Add(kWorker, {{"threads", 9}}).Build();
  const auto grew = GrowthOfOtherTypes(before, after, Wrappers(), "inuse_space");
  ASSERT_TRUE(grew.ok());
  EXPECT_TRUE(grew->empty());
}

}  // namespace
}  // namespace mqtrack::analysis
