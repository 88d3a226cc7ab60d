#include "libtrack/profile/operations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <ctime>

#include "libtrack/profile/formats/codec.h"
#include "sample_profile.h"

namespace mqtrack::profile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

const std::vector<ValueType> kHeap = {{"inuse_objects", "count"}, {"inuse_space", "bytes"}};

// "stack value value ..." of every sample.
std::vector<std::string> Rows(const Profile& profile) {
  std::vector<std::string> rows;
  for (const Sample& sample : profile.samples) {
    std::string row = StackOf(profile, sample);
    for (const std::int64_t value : sample.values) row += " " + std::to_string(value);
    rows.push_back(row);
  }
  return rows;
}

TEST(Merge, SumsEqualStacks) {
  SampleProfile a(kHeap);
  a.Add({"x", "main"}, {1, 10}).Add({"y", "main"}, {2, 20});
  SampleProfile b(kHeap);
  b.Add({"y", "main"}, {3, 30}).Add({"z", "main"}, {4, 40});
  const auto merged = Merge({&*a, &*b});
  ASSERT_TRUE(merged.ok());
  EXPECT_TRUE(Validate(*merged, "").ok());
  // The functions of b have other ids and addresses than those of a: y and main differ in address, so they stay apart.
  EXPECT_EQ(Total(*merged, 1), 100);
  EXPECT_EQ(merged->functions.size(), 4u);
}

TEST(Merge, TakesAddressRandomisationOut) {
  SampleProfile a(kHeap);
  a.Add({"x", "main"}, {1, 10});
  SampleProfile b(kHeap);
  b.Add({"x", "main"}, {2, 20});
  b->mappings[0].start += 0x7000000;
  b->mappings[0].limit += 0x7000000;
  for (Location& location : b->locations) location.address += 0x7000000;
  const auto merged = Merge({&*a, &*b});
  ASSERT_TRUE(merged.ok());
  EXPECT_THAT(Rows(*merged), ElementsAre("x;main 3 30"));
  EXPECT_EQ(merged->locations.size(), 2u);
  EXPECT_EQ(merged->mappings.size(), 1u);

  b->mappings[0].build_id = "other build";
  EXPECT_EQ(Merge({&*a, &*b})->samples.size(), 2u);
}

TEST(Merge, LabelsArePartOfTheIdentity) {
  SampleProfile a(kHeap);
  a.Add({"x"}, {1, 10}, {{"thread", "io", 0, ""}}).Add({"x"}, {1, 10}, {{"thread", "main", 0, ""}});
  a.Add({"x"}, {1, 10}, {{"thread", "io", 0, ""}}).Add({"x"}, {1, 10}, {{"generation", "", 1, ""}});
  const auto merged = Merge({&*a});
  ASSERT_TRUE(merged.ok());
  EXPECT_THAT(Rows(*merged), ElementsAre("x 2 20", "x 1 10", "x 1 10"));
}

TEST(Merge, IntersectsSampleTypesByName) {
  SampleProfile a({{"fds", "count"}, {"inuse_objects", "count"}, {"inuse_space", "bytes"}});
  a.Add({"x"}, {7, 1, 10});
  SampleProfile b({{"inuse_space", "bytes"}, {"alloc_space", "bytes"}, {"inuse_objects", "count"}});
  b.Add({"x"}, {20, 99, 2});
  const auto merged = Merge({&*a, &*b});
  ASSERT_TRUE(merged.ok());
  EXPECT_EQ(merged->sample_types, kHeap);
  EXPECT_THAT(Rows(*merged), ElementsAre("x 3 30"));

  SampleProfile c(OneType("goroutine", "count"));
  const auto failed = Merge({&*a, &*c});
  ASSERT_FALSE(failed.ok());
  EXPECT_THAT(failed.error().text, HasSubstr("one has: fds, inuse_objects, inuse_space; another: goroutine"));
}

TEST(Merge, SpaceIsTheOlderNameOfInuseSpace) {
  SampleProfile a({{"alloc_space", "bytes"}, {"inuse_space", "bytes"}});
  a.Add({"x"}, {5, 10});
  SampleProfile b(OneType("space", "bytes"));
  b.Add({"x"}, {20});
  EXPECT_THAT(Rows(*Merge({&*a, &*b})), ElementsAre("x 30"));
}

TEST(Merge, BringsUnitsToTheFinerOne) {
  SampleProfile a(OneType("inuse_space", "kilobytes"));
  a.Add({"x"}, {2});
  SampleProfile b(OneType("inuse_space", "bytes"));
  b.Add({"x"}, {5});
  const auto merged = Merge({&*a, &*b});
  ASSERT_TRUE(merged.ok());
  EXPECT_EQ(merged->sample_types[0].unit, "bytes");
  EXPECT_THAT(Rows(*merged), ElementsAre("x 2053"));
  SampleProfile c(OneType("inuse_space", "seconds"));
  EXPECT_FALSE(Merge({&*a, &*c}).ok());
}

TEST(Merge, RefusesDifferentKindsOfProfile) {
  SampleProfile a(kHeap);
  SampleProfile b(kHeap);
  b->period_type = {"cpu", "nanoseconds"};
  EXPECT_THAT(Merge({&*a, &*b}).error().text, HasSubstr("different kinds of profile"));
  b->period_type = {};  // a file that leaves it out is welcome
  EXPECT_TRUE(Merge({&*a, &*b}).ok());
}

TEST(Merge, CombinesHeaders) {
  SampleProfile a(kHeap);
  SampleProfile b(kHeap);
  a->time_nanos = 20;
  b->time_nanos = 10;
  a->duration_nanos = 3;
  b->duration_nanos = 4;
  a->drop_frames = "d";
  b->drop_frames = "e";
  a->comments = {"mqtrack: mode: exact", "one"};
  b->comments = {"mqtrack: mode: sampled", "one", "two"};
  b->default_sample_type = "inuse_objects";
  const Profile merged = *Merge({&*a, &*b});
  EXPECT_EQ(merged.time_nanos, 10);
  EXPECT_EQ(merged.duration_nanos, 7);
  EXPECT_EQ(merged.drop_frames, "d");
  EXPECT_THAT(merged.comments, ElementsAre("mqtrack: mode: exact", "one", "two"));
  EXPECT_EQ(merged.default_sample_type, "inuse_objects");
  EXPECT_FALSE(Merge({}).ok());
}

TEST(Subtract, LeavesWhatChanged) {
  SampleProfile base(kHeap);
  base.Add({"same", "main"}, {1, 10}).Add({"grew", "main"}, {2, 20}).Add({"gone", "main"}, {3, 30});
  SampleProfile newer(kHeap);
  newer.Add({"same", "main"}, {1, 10}).Add({"grew", "main"}, {5, 50}).Add({"gone", "main"}, {0, 0});
  newer.Add({"born", "main"}, {1, 100});
  const auto diff = Subtract(*newer, *base);
  ASSERT_TRUE(diff.ok());
  EXPECT_THAT(Rows(*diff), UnorderedElementsAre("grew;main 3 30", "gone;main -3 -30", "born;main 1 100"));
  EXPECT_EQ(Subtract(*newer, *newer)->samples.size(), 0u);
}

TEST(Subtract, OverflowWrapsInsteadOfBreaking) {
  SampleProfile a(OneType("x", "count"));
  a.Add({"f"}, {INT64_MAX});
  SampleProfile b(OneType("x", "count"));
  b.Add({"f"}, {INT64_MIN});
  EXPECT_TRUE(Subtract(*a, *b).ok());
  EXPECT_TRUE(Merge({&*a, &*a}).ok());
}

// 20,000 stacks of 30 frames among 100,000 locations. Comparing pairwise would take minutes.
TEST(Subtract, IsFastOnLargeProfiles) {
  Profile a;
  a.sample_types = kHeap;
  a.mappings.push_back({0x400000, 0x40000000, 0, "/usr/sbin/broker", "abcd", true, true, true, true});
  std::uint64_t random = 1;
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    a.functions.push_back({"function_" + std::to_string(i), "_Zf" + std::to_string(i), "src/file.cc", 1});
    a.locations.push_back({MappingId{0}, 0x400000 + i * 16, {{FunctionId{i}, i}}, false});
  }
  for (int i = 0; i < 20'000; ++i) {
    Sample& sample = a.samples.emplace_back();
    for (int frame = 0; frame < 30; ++frame) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      sample.locations.push_back(LocationId{static_cast<std::uint32_t>((random >> 33) % 100'000)});
    }
    sample.values = {i + 1, i + 2};
  }
  Profile b = a;
  for (Sample& sample : b.samples) sample.values[1] += 1;
  // Processor time: the machine may be busy with other tests.
  const std::clock_t start = std::clock();
  const auto diff = Subtract(b, a);
  const std::clock_t subtracted = std::clock();
  const std::string bytes = EncodePprof(b);
  const std::clock_t encoded = std::clock();
  const auto decoded = DecodePprof(bytes, "");
  const std::clock_t end = std::clock();
  ASSERT_TRUE(diff.ok() && decoded.ok());
  EXPECT_EQ(Total(*diff, 0), 0);
  EXPECT_EQ(Total(*diff, 1), 20'000);
  EXPECT_EQ(decoded->samples.size(), 20'000u);
  const auto ms = [](std::clock_t from, std::clock_t to) {
    return static_cast<long>((to - from) * 1000 / CLOCKS_PER_SEC);
  };
  std::printf("subtract %ld ms, encode %ld ms, decode %ld ms of processor time\n", ms(start, subtracted),
              ms(subtracted, encoded), ms(encoded, end));
  EXPECT_LT(ms(start, end), 10'000);  // ten times what it takes, for sanitizers; pairwise work takes far longer
}

TEST(FindSampleType, ByNameDefaultAndAlias) {
  SampleProfile built({{"threads", "count"}, {"space", "bytes"}, {"fds", "count"}});
  EXPECT_EQ(*FindSampleType(*built, "threads"), 0u);
  EXPECT_EQ(*FindSampleType(*built, ""), 2u);
  built->default_sample_type = "space";
  EXPECT_EQ(*FindSampleType(*built, ""), 1u);
  EXPECT_EQ(*FindSampleType(*built, "inuse_space"), 1u);
  const auto missing = FindSampleType(*built, "timers");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, support::ErrorCode::kNotFound);
  EXPECT_EQ(missing.error().text, "no sample type 'timers'; this profile has: threads, space, fds");
  EXPECT_FALSE(FindSampleType(Profile{}, "").ok());
}

TEST(FindFact, ReadsComments) {
  Profile profile;
  profile.comments = {"other", "mqtrack: mode: exact", "mqtrack: losses: 0: none"};
  EXPECT_EQ(FindFact(profile, "mode"), "exact");
  EXPECT_EQ(FindFact(profile, "losses"), "0: none");
  EXPECT_EQ(FindFact(profile, "rss_bytes"), std::nullopt);
}

class FilterTest : public ::testing::Test {
 protected:
  FilterTest() : built_(kHeap) {
    built_.Add({"malloc", "db__message_store", "main"}, {1, 10}, {{"generation", "", 2, ""}, {"thread", "io", 0, ""}});
    built_.Add({"malloc", "sub__add", "main"}, {2, 20}, {{"generation", "", 5, ""}});
    built_.Add({"malloc", "SSL_new", "main"}, {3, 30}, {{"thread", "worker", 0, ""}});
  }
  std::vector<std::string> Filtered(Filter filter) {
    const auto result = ApplyFilter(*built_, filter);
    EXPECT_TRUE(result.ok()) << result.error().ToString();
    if (!result.ok()) return {};
    EXPECT_TRUE(Validate(*result, "").ok());
    return Rows(*result);
  }
  SampleProfile built_;
};

TEST_F(FilterTest, EmptyFilterKeepsEverything) { EXPECT_EQ(Filtered({}), Rows(*built_)); }

TEST_F(FilterTest, FocusAndIgnoreMatchNamesAndFiles) {
  EXPECT_THAT(Filtered({.focus = "sub__|^SSL_"}), ElementsAre("malloc;sub__add;main 2 20", "malloc;SSL_new;main 3 30"));
  EXPECT_THAT(Filtered({.ignore = "src/SSL_new\\.c$"}).size(), 2u);
  EXPECT_THAT(Filtered({.focus = "main", .ignore = "__"}), ElementsAre("malloc;SSL_new;main 3 30"));
  EXPECT_THAT(Filtered({.focus = "nothing"}).size(), 0u);
}

TEST_F(FilterTest, HideTakesFramesOut) {
  EXPECT_THAT(Filtered({.hide = "^malloc$"}),
              ElementsAre("db__message_store;main 1 10", "sub__add;main 2 20", "SSL_new;main 3 30"));
  EXPECT_EQ(Filtered({.hide = "."}).size(), 0u);
}

TEST_F(FilterTest, HideLeavesTheOtherInlinedFrames) {
  built_->locations[1].lines.insert(built_->locations[1].lines.begin(), built_->locations[0].lines[0]);
  EXPECT_THAT(Filtered({.focus = "db__", .hide = "malloc"}), ElementsAre("db__message_store;main 1 10"));
}

TEST_F(FilterTest, TagsByKeyTextAndRange) {
  EXPECT_EQ(Filtered({.tag_focus = "thread=work"}).size(), 1u);
  EXPECT_EQ(Filtered({.tag_focus = "io"}).size(), 1u);
  EXPECT_EQ(Filtered({.tag_ignore = "thread=."}).size(), 1u);
  EXPECT_THAT(Filtered({.tag_focus = "generation=3:"}), ElementsAre("malloc;sub__add;main 2 20"));
  EXPECT_THAT(Filtered({.tag_focus = "generation=:3"}), ElementsAre("malloc;db__message_store;main 1 10"));
  EXPECT_THAT(Filtered({.tag_focus = "generation=5"}), ElementsAre("malloc;sub__add;main 2 20"));
}

TEST_F(FilterTest, NamesAMalformedExpression) {
  const auto result = ApplyFilter(*built_, {.focus = "a(b"});
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().ToString(), HasSubstr("focus: 'a(b' is not a valid regular expression"));
  EXPECT_FALSE(ApplyFilter(*built_, {.tag_focus = "=x"}).ok());
  EXPECT_FALSE(ApplyFilter(*built_, {.hide = std::string(5000, 'a')}).ok());
}

TEST_F(FilterTest, LongNamesDoNotExhaustTheStack) {
  built_->functions[0].name = std::string(1 << 20, 'a');
  EXPECT_EQ(Filtered({.focus = "(a|b)*c"}).size(), 3u);  // src/malloc.c: the file still matches
}

}  // namespace
}  // namespace mqtrack::profile
