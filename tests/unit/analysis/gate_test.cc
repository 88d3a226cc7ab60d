#include "libtrack/analysis/gate/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "tests/unit/analysis/profile_builder.h"

namespace mqtrack::analysis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ProfileBuilder;

const WrapperList& Wrappers() {
  static const WrapperList wrappers = *WrapperList::Load();
  return wrappers;
}

GateConfig Config(const std::string& json) {
  auto config = ParseGateConfig(json, "gate.json");
  EXPECT_TRUE(config.ok()) << (config.ok() ? "" : config.error().ToString());
  return config.ok() ? *config : GateConfig{};
}

support::Result<GateResult> Judge(const std::string& json, const profile::Profile* base, const profile::Profile& newer,
                                  const std::string& suppressions = "") {
  GateInputs inputs;
  inputs.base = base;
  inputs.newer = &newer;
  inputs.wrappers = &Wrappers();
  inputs.suppressions = *ParseSuppressions(suppressions, "leaks.supp");
  return RunGate(Config(json), inputs);
}

ProfileBuilder Before() {
  return ProfileBuilder()
      .Time(1000)
      .Heap({"malloc", "keep keep.c:1", "main"}, 10, 1000)
      .Heap({"malloc", "leak leak.c:3", "main"}, 1, 100);
}
ProfileBuilder After() {
  return ProfileBuilder()
      .Time(2000)
      .Heap({"malloc", "keep keep.c:1", "main"}, 10, 1000)
      .Heap({"malloc", "leak leak.c:3", "main"}, 11, 1100);
}

TEST(RunGate, PassesAtTheLimitAndFailsBeyondIt) {
  const auto base = Before().Build(), newer = After().Build();
  EXPECT_EQ(Judge(R"({"max_growth": 1000})", &base, newer)->verdict, Verdict::kPass);
  const auto result = Judge(R"({"max_growth": 999})", &base, newer);
  EXPECT_EQ(result->verdict, Verdict::kFail);
  ASSERT_EQ(result->checks.size(), 1U);
  const GateCheck& check = result->checks[0];
  EXPECT_EQ(check.growth(), 1000);
  EXPECT_EQ(check.object_growth(), 10);
  ASSERT_EQ(check.sites.size(), 1U);  // what did not grow is not named
  EXPECT_EQ(check.sites[0].function, "leak");
  EXPECT_EQ(check.sites[0].file, "leak.c");
  EXPECT_EQ(check.sites[0].line, 3);
  EXPECT_EQ(check.sites[0].stack.size(), 3U);
}

TEST(RunGate, ValuesThatOverflowWhereTheyAreAddedUpAreNoSmallTotal) {
  const auto most = ProfileBuilder()
                        .Heap({"malloc", "one"}, 1, INT64_MAX)
                        .Heap({"malloc", "other"}, 1, INT64_MAX)
                        .Heap({"malloc", "third"}, 1, 2)
                        .Build();
  const auto total = Judge(R"({"max_total": 0})", nullptr, most);
  EXPECT_EQ(total->verdict, Verdict::kCannotMeasure);
  EXPECT_THAT(total->reasons, ElementsAre(HasSubstr("inuse_space are too large to be added up")));
  const auto base = Before().Build();
  EXPECT_EQ(Judge(R"({"max_growth": 0})", &base, most)->verdict, Verdict::kCannotMeasure);
  EXPECT_EQ(Judge(R"({"max_growth": 0})", &most, base)->verdict, Verdict::kCannotMeasure);
}

TEST(RunGate, SiteLimitsAndOverrides) {
  const auto base = Before().Build();
  const auto newer = After().Heap({"malloc", "cache cache.c:5"}, 1, 600).Build();
  const auto result = Judge(R"({"max_site_growth": 500})", &base, newer);
  ASSERT_EQ(result->checks.size(), 1U);
  ASSERT_EQ(result->checks[0].sites.size(), 2U);
  EXPECT_EQ(result->checks[0].sites[0].function, "leak");
  EXPECT_EQ(result->checks[0].sites[1].function, "cache");
  const auto overridden = Judge(
      R"({"max_site_growth": 500, "sites": [{"function": "^leak$", "max_growth": 1000},
          {"function": "cache.c", "max_growth": 1, "reason": "must not grow"}]})",
      &base, newer);
  ASSERT_EQ(overridden->checks[0].sites.size(), 1U);
  EXPECT_EQ(overridden->checks[0].sites[0].limit.value, 1);
  EXPECT_EQ(overridden->checks[0].sites[0].reason, "must not grow");
  const auto only = Judge(R"({"sites": [{"function": "cache", "max_growth": 599}]})", &base, newer);
  EXPECT_EQ(only->verdict, Verdict::kFail);
  EXPECT_EQ(only->checks[0].sites.size(), 1U);
}

TEST(RunGate, FewObjectsCannotBreakASiteLimit) {
  const auto base = Before().Build();
  const auto newer = Before().Time(2000).Heap({"calloc", "keepalive k.c:1"}, 1, 786432).Build();
  EXPECT_EQ(Judge(R"({"max_site_growth": 0, "min_objects": 2})", &base, newer)->verdict, Verdict::kPass);
  EXPECT_EQ(Judge(R"({"max_site_growth": 0, "min_objects": 1})", &base, newer)->verdict, Verdict::kFail);
  EXPECT_EQ(Judge(R"({"max_growth": 0, "min_objects": 2})", &base, newer)->verdict, Verdict::kFail);
}

TEST(RunGate, LimitsOfOtherTypes) {
  const auto base = Before().Add({"pthread_create", "start s.c:1"}, {{"threads", 2}}).Build();
  const auto newer = Before().Time(2000).Add({"pthread_create", "start s.c:1"}, {{"threads", 5}}).Build();
  const auto result = Judge(R"({"max_growth": {"inuse_space": "1KiB", "threads": 2}})", &base, newer);
  EXPECT_EQ(result->verdict, Verdict::kFail);
  ASSERT_EQ(result->checks.size(), 2U);
  EXPECT_TRUE(result->checks[0].passed);
  EXPECT_EQ(result->checks[1].growth(), 3);
  const auto wrong = Judge(R"({"max_growth": {"threads": "1KiB"}})", &base, newer);
  ASSERT_FALSE(wrong.ok());
  EXPECT_THAT(wrong.error().ToString(), HasSubstr("1KiB is a size, but threads is a count"));
}

TEST(RunGate, WhatIsLostIsJudgedByItself) {
  const auto newer = After().Build();
  const auto lost = ProfileBuilder().Heap({"malloc", "lose lose.c:9", "main"}, 2, 64).Build();
  const auto judge = [&](const std::string& json, const profile::Profile* part) {
    GateInputs inputs;
    inputs.newer = &newer;
    inputs.lost = part;
    inputs.wrappers = &Wrappers();
    return RunGate(Config(json), inputs);
  };
  EXPECT_EQ(judge(R"({"max_lost": 64})", &lost)->verdict, Verdict::kPass);
  const auto result = judge(R"({"max_lost": {"inuse_space": 63, "inuse_objects": 2}, "max_total": 5000})", &lost);
  EXPECT_EQ(result->verdict, Verdict::kFail);
  ASSERT_EQ(result->checks.size(), 3U);
  EXPECT_EQ(result->checks[0].kind, GateCheck::Kind::kTotal);
  EXPECT_TRUE(result->checks[1].passed);
  EXPECT_EQ(result->checks[2].kind, GateCheck::Kind::kLost);
  EXPECT_EQ(result->checks[2].value, 64);
  ASSERT_EQ(result->checks[2].sites.size(), 1U);
  EXPECT_EQ(result->checks[2].sites[0].function, "lose");
  // What is not known is not 0.
  const auto unknown = judge(R"({"max_lost": 0})", nullptr);
  EXPECT_EQ(unknown->verdict, Verdict::kCannotMeasure);
  EXPECT_THAT(unknown->reasons, ElementsAre(HasSubstr("memory of a process only")));
  EXPECT_EQ(judge(R"({"max_lost": {"threads": 0}})", &lost)->verdict, Verdict::kCannotMeasure);
}

TEST(RunGate, ALookThatFoundNothingLostIsAMeasurement) {
  auto looked = ProfileBuilder().Fact("process", "service (pid 7)").Fact("heap_look", "lost").Build();
  looked.sample_types = {{"inuse_objects", "count"}, {"inuse_space", "bytes"}};
  GateInputs inputs;
  inputs.newer = inputs.lost = &looked;
  inputs.wrappers = &Wrappers();
  EXPECT_EQ(RunGate(Config(R"({"max_lost": 0})"), inputs)->verdict, Verdict::kPass);
}

TEST(RunGate, TotalsNeedNoBase) {
  const auto newer = After().Build();
  EXPECT_EQ(Judge(R"({"max_total": 2100})", nullptr, newer)->verdict, Verdict::kPass);
  const auto result = Judge(R"({"max_total": "2KiB"})", nullptr, newer);
  EXPECT_EQ(result->verdict, Verdict::kFail);
  EXPECT_EQ(result->checks[0].sites[0].function, "leak");
  const auto missing = Judge(R"({"max_growth": 1})", nullptr, newer);
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(missing.error().ToString(), HasSubstr("--base"));
  EXPECT_FALSE(Judge("{}", &newer, newer).ok());
}

TEST(RunGate, SuppressedAndIgnoredGrowthDoesNotCount) {
  const auto base = Before().Build(), newer = After().Build();
  const auto suppressed = Judge(R"({"max_growth": 0})", &base, newer, "leak:unused\nleak:leak.c\n");
  EXPECT_EQ(suppressed->verdict, Verdict::kPass);
  ASSERT_EQ(suppressed->exclusions.size(), 2U);
  EXPECT_EQ(suppressed->exclusions[0].count, 0U);
  EXPECT_EQ(suppressed->exclusions[1].count, 2U);  // base and new
  const auto ignored = Judge(R"({"max_growth": 0, "ignore": ["^leak$"]})", &base, newer);
  EXPECT_EQ(ignored->verdict, Verdict::kPass);
  EXPECT_EQ(ignored->exclusions[0].count, 1U);
}

TEST(RunGate, CannotMeasure) {
  const auto base = Before().Build(), newer = After().Build();
  const char* limit = R"({"max_growth": "1GiB"})";
  const auto reasons = [&](const profile::Profile& from, const profile::Profile& to, const char* json) {
    const auto result = Judge(json, &from, to);
    EXPECT_TRUE(result.ok());
    EXPECT_EQ(result->verdict, Verdict::kCannotMeasure);
    return result->reasons;
  };
  EXPECT_THAT(reasons(base, ProfileBuilder().Time(2000).Build(), limit),
              ElementsAre(HasSubstr("nothing was recorded")));
  EXPECT_THAT(reasons(base, ProfileBuilder().Time(2000).Heap({"f"}, 0, 0).Build(), limit),
              ElementsAre(HasSubstr("nothing was")));
  EXPECT_THAT(reasons(base, After().Fact("losses", "12").Fact("lost_bytes", "4096").Build(), limit),
              ElementsAre(HasSubstr("the new profile has missed 12 events (4 KiB)")));
  EXPECT_THAT(reasons(Before().Fact("losses", "1").Build(), newer, limit),
              ElementsAre(HasSubstr("the base has missed 1 event,")));
  EXPECT_THAT(reasons(base, After().Fact("losses", "many").Build(), limit), ElementsAre(HasSubstr("readably")));
  EXPECT_THAT(reasons(base, After().Fact("losses", "0").Fact("losses", "7").Build(), limit),
              ElementsAre(HasSubstr("missed 7 events")));  // as merged profiles have it
  EXPECT_THAT(reasons(newer, base, limit), ElementsAre(HasSubstr("swapped")));
  EXPECT_THAT(reasons(base, After().Fact("target", "broker (pid 7)").Fact("state", "detached").Build(), limit),
              ElementsAre(HasSubstr("broker (pid 7) was detached and runs on")));
  EXPECT_THAT(reasons(base, newer, R"({"max_growth": {"threads": 0}})"),
              ElementsAre(HasSubstr("no sample type 'threads'")));
  EXPECT_EQ(Judge(limit, &base, After().Fact("losses", "0").Build())->verdict, Verdict::kPass);
  // Connections that could not be followed cost labels, not values, and no limit is by label.
  EXPECT_EQ(Judge(limit, &base, After().Fact("lost_connections", "3").Build())->verdict, Verdict::kPass);
}

TEST(RunGate, WarnsAboutProcessesThatAreNoMore) {
  const auto warnings = [&](const profile::Profile& from, const profile::Profile& to) {
    const auto result = Judge(R"({"max_growth": "1GiB"})", &from, to);
    EXPECT_EQ(result->verdict, Verdict::kPass);
    return result->warnings;
  };
  const auto first = Before().Fact("target", "broker (pid 7)").Build();
  EXPECT_THAT(warnings(first, After().Fact("target", "broker (pid 7)").Build()), ElementsAre());
  EXPECT_THAT(warnings(first, After().Fact("target", "broker (pid 7)").Fact("state", "ended").Build()), ElementsAre());
  EXPECT_THAT(warnings(first, After().Fact("target", "broker (pid 7)").Fact("state", "dead").Build()),
              ElementsAre(HasSubstr("broker (pid 7) was killed or crashed")));
  EXPECT_THAT(warnings(first, After().Fact("target", "broker (pid 8)").Build()),
              ElementsAre(HasSubstr("the base is of broker (pid 7), the new profile of broker (pid 8)")));
}

// What was there before an attach is alive, though nothing was allocated since.
TEST(RunGate, MeasuresWhatIsAliveThoughNothingWasAllocated) {
  const auto attached = [](std::int64_t seconds, std::int64_t bytes) {
    return ProfileBuilder()
        .Time(seconds)
        .Add({"[before attach]"}, {{"inuse_space", bytes}, {"inuse_objects", 1}, {"alloc_space", 0}})
        .Build();
  };
  const auto base = attached(1000, 5000), newer = attached(2000, 4000);
  EXPECT_EQ(Judge(R"({"max_growth": 0})", &base, newer)->verdict, Verdict::kPass);
}

TEST(RunGate, WarnsAboutEstimatesAndOtherPrograms) {
  const auto base = Before().Build();
  const char* limit = R"({"max_growth": "1GiB"})";
  EXPECT_THAT(Judge(limit, &base, After().Build())->warnings, IsEmpty());
  EXPECT_THAT(Judge(limit, &base, After().Fact("sample_bytes", "524288").Build())->warnings,
              ElementsAre(HasSubstr("the new profile was sampled (one block in about 512 KiB)")));
  auto go = After().Build();
  go.period = 524288;
  EXPECT_THAT(Judge(limit, &base, go)->warnings, ElementsAre(HasSubstr("estimates")));
  auto rebuilt = After().Build();
  rebuilt.mappings[0].build_id = "other";
  EXPECT_THAT(Judge(limit, &base, rebuilt)->warnings, ElementsAre(HasSubstr("another build of mosquitto")));
  rebuilt.mappings[0].file = "/usr/bin/bridge";
  EXPECT_THAT(Judge(limit, &base, rebuilt)->warnings,
              ElementsAre(HasSubstr("the base is of mosquitto, the new profile of bridge")));
}

TEST(RunGate, SiteBaseline) {
  const auto newer = After().Build();
  const auto baseline = MakeSiteBaseline(Before().Heap({"malloc", "gone gone.c:1"}, 1, 50).Build(), Wrappers());
  ASSERT_TRUE(baseline.ok());
  const auto reread = ParseSiteBaseline(EncodeSiteBaseline(*baseline), "baseline.json");
  ASSERT_TRUE(reread.ok()) << reread.error().ToString();
  const auto run = [&](const std::string& json, const std::string& suppressions = "") {
    GateInputs inputs;
    inputs.newer = &newer;
    inputs.site_baseline = &*reread;
    inputs.wrappers = &Wrappers();
    inputs.suppressions = *ParseSuppressions(suppressions, "f");
    return RunGate(Config(json), inputs);
  };
  const auto result = run(R"({"max_growth": 949, "max_site_growth": 999})");
  ASSERT_TRUE(result.ok()) << result.error().ToString();
  EXPECT_EQ(result->checks[0].growth(), 950);  // + 1000 leaked - 50 gone
  EXPECT_FALSE(result->checks[0].passed);
  ASSERT_EQ(result->checks[1].sites.size(), 1U);
  EXPECT_EQ(result->checks[1].sites[0].growth(), 1000);
  EXPECT_EQ(result->checks[1].sites[0].object_growth(), 10);
  EXPECT_EQ(run(R"({"max_growth": 950})")->verdict, Verdict::kPass);
  EXPECT_EQ(run(R"({"max_growth": 999})", "leak:gone")->verdict, Verdict::kFail);  // out of the baseline as well
  EXPECT_EQ(run(R"({"max_growth": {"threads": 1}})")->verdict, Verdict::kCannotMeasure);
  EXPECT_EQ(run(R"({"max_growth": {"alloc_space": 1}})")->verdict, Verdict::kCannotMeasure);
}

std::vector<std::string> HeapReasons(const profile::Profile* base, const profile::Profile& newer) {
  return Judge(base != nullptr ? R"({"max_growth": "1GiB"})" : R"({"max_total": "1GiB"})", base, newer)->reasons;
}

TEST(RunGate, DoesNotMeasureAHeapThatIsFreedPastTheRecorder) {
  const auto base = Before().Fact("process", "1-2-3").Fact("unseen_frees", "7").Build();
  const auto same = After().Fact("process", "1-2-3").Fact("unseen_frees", "7").Build();
  const auto more = After().Fact("process", "1-2-3").Fact("unseen_frees", "8").Build();
  const auto other = After().Fact("process", "4-5-6").Fact("unseen_frees", "8").Build();
  const auto clean = After().Fact("process", "4-5-6").Build();
  EXPECT_THAT(HeapReasons(&base, same), IsEmpty());
  EXPECT_THAT(HeapReasons(&base, more), ElementsAre(HasSubstr("1 block was freed without")));
  EXPECT_THAT(HeapReasons(&base, other), ElementsAre(HasSubstr("8 blocks were freed without")));
  EXPECT_THAT(HeapReasons(&base, clean), ElementsAre(HasSubstr("7 blocks were freed without")));
  EXPECT_THAT(HeapReasons(nullptr, same), ElementsAre(HasSubstr("7 blocks were freed without")));
  EXPECT_THAT(HeapReasons(nullptr, After().Fact("unseen_frees", "x").Build()), ElementsAre(HasSubstr("not readable")));
  const auto threads = After().Fact("unseen_frees", "8").Add({"f"}, {{"threads", 1}}).Build();
  EXPECT_EQ(Judge(R"({"max_total": {"threads": 1}})", nullptr, threads)->verdict, Verdict::kPass);
}

TEST(RunGate, DoesNotMeasureAHeapWhoseAllocatorIsCalledDirectly) {
  const auto before = Before().Build(), base = Before().Fact("unseen_call", "tc_malloc in old").Build();
  const auto newer = After().Build(), calls = After().Fact("unseen_call", "mallocx in bridge").Build();
  EXPECT_THAT(HeapReasons(&before, calls), ElementsAre(HasSubstr("(mallocx in bridge)")));
  EXPECT_THAT(HeapReasons(nullptr, calls), ElementsAre(HasSubstr("(mallocx in bridge)")));
  EXPECT_THAT(HeapReasons(&base, newer), ElementsAre(HasSubstr("(tc_malloc in old)")));
  EXPECT_EQ(Judge(R"({"max_growth": 1})", &before, calls)->verdict, Verdict::kCannotMeasure);
  const auto threads = After().Fact("unseen_call", "mallocx in bridge").Add({"f"}, {{"threads", 1}}).Build();
  EXPECT_EQ(Judge(R"({"max_total": {"threads": 1}})", nullptr, threads)->verdict, Verdict::kPass);
}

}  // namespace
}  // namespace mqtrack::analysis
