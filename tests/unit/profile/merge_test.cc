#include "libtrack/profile/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <ctime>

#include "libtrack/profile/formats/pprof_decode.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/profile/formats/validate.h"
#include "libtrack/profile/same_names.h"
#include "libtrack/profile/sample_types.h"
#include "sample_profile.h"

namespace mqtrack::profile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

const std::vector<ValueType> kHeap = {{"inuse_objects", "count"}, {"inuse_space", "bytes"}};

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

// Debug symbols were installed between the snapshots: the same addresses have other names, files and lines.
TEST(UnifyNames, TheBetterSideNamesBoth) {
  SampleProfile a(kHeap);
  a.Add({"x", "main"}, {1, 10});
  SampleProfile b(kHeap);
  b.Add({"x", "main"}, {2, 20});
  a->mappings[0].build_id = b->mappings[0].build_id = "abcd";
  for (Location& location : a->locations) location.lines.clear();
  a->functions.clear();
  EXPECT_EQ(Merge({&*a, &*b})->samples.size(), 2u) << "two places by their names";

  Profile base = *a, newer = *b;
  UnifyNames(base, newer);
  EXPECT_TRUE(Validate(base, "").ok());
  EXPECT_THAT(Rows(*Merge({&base, &newer})), ElementsAre("x;main 3 30"));
  EXPECT_TRUE(Subtract(newer, newer)->samples.empty());

  base = *b, newer = *a;  // and the other way round: the program on the disk was built anew
  UnifyNames(base, newer);
  EXPECT_THAT(Rows(*Merge({&base, &newer})), ElementsAre("x;main 3 30"));

  base = *a, newer = *b;
  newer.mappings[0].build_id = "other build";
  UnifyNames(base, newer);
  EXPECT_TRUE(base.locations[0].lines.empty()) << "of another build nobody knows that it is the same place";
  base = *a, newer = *b;
  base.mappings[0].build_id = newer.mappings[0].build_id = "";
  UnifyNames(base, newer);
  EXPECT_TRUE(base.locations[0].lines.empty());
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

}  // namespace
}  // namespace mqtrack::profile
