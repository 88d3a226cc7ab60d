#include "libtrack/profile/sample_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "libtrack/profile/fact.h"
#include "sample_profile.h"

namespace mqtrack::profile {
namespace {

using log::Kind;
using log::SampleKind;

TEST(TableOfKinds, EveryRowIsFilledIn) {
  for (const SampleKind& row : log::kSampleKinds) {
    EXPECT_NE(std::string(row.name), "");
    EXPECT_NE(std::string(row.many), "") << row.name;
    EXPECT_NE(std::string(row.one), "") << row.name;
    EXPECT_NE(std::string(row.meaning), "") << row.name;
    EXPECT_EQ(row.kind == Kind::kNone, std::string(row.without).empty()) << row.name;
  }
}

TEST(TableOfKinds, NamesAreDistinctOlderOnesToo) {
  std::set<std::string> names;
  for (const SampleKind& row : log::kSampleKinds) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    if (*row.older_name != 0) {
      EXPECT_TRUE(names.insert(row.older_name).second) << row.older_name;
    }
  }
}

TEST(TableOfKinds, RowsOfOneKindAgree) {
  std::map<Kind, std::string> without;
  std::map<Kind, int> telling;
  std::set<std::pair<Kind, log::Measure>> measured;
  for (const SampleKind& row : log::kSampleKinds) {
    EXPECT_TRUE(measured.insert({row.kind, row.measure}).second) << row.name;
    if (row.kind == Kind::kNone) continue;
    EXPECT_EQ(without.emplace(row.kind, row.without).first->second, row.without) << row.name;
    telling[row.kind] += row.tells_growth ? 1 : 0;
    if (log::IsCumulative(row.measure)) {
      EXPECT_FALSE(row.tells_growth) << row.name;
    }
  }
  for (unsigned kind = 1; kind < log::kKinds; ++kind) EXPECT_EQ(telling[static_cast<Kind>(kind)], 1) << kind;
}

TEST(TableOfKinds, WhatCanBeLeftOutFollowsFromIt) {
  std::map<std::string, std::uint64_t> bits;
  for (const log::Recordable& recordable : log::kRecordables) bits[recordable.name] = recordable.kind_bits;
  EXPECT_EQ(bits.size(), log::kRecordables.count);
  EXPECT_EQ(bits["mqtt"], log::KindBit(Kind::kMqttClient) | log::KindBit(Kind::kMqttSubscription));
  EXPECT_EQ(bits["heap"], log::KindBit(Kind::kHeapBlock));
  EXPECT_EQ(bits["packets"], log::kPacketsBit);
  for (const SampleKind& row : log::kSampleKinds) {
    if (row.kind != Kind::kNone) {
      EXPECT_NE(bits[row.without] & log::KindBit(row.kind), 0u) << row.name;
    }
  }
}

TEST(SampleTypes, WordsForOneAndMany) {
  EXPECT_EQ(TypeWords("inuse_space"), "live bytes");
  EXPECT_EQ(TypeWords("space"), "live bytes");
  EXPECT_EQ(TypeWords("threads", 1), "thread");
  EXPECT_EQ(TypeWords("goroutine", 2), "goroutines");
  EXPECT_EQ(TypeWords("contentions"), "");
  EXPECT_EQ(TypeWords(""), "");
}

TEST(SampleTypes, WhatCountsTheThingsThatATypeWeighs) {
  EXPECT_EQ(ObjectsSibling("inuse_space"), "inuse_objects");
  EXPECT_EQ(ObjectsSibling("alloc_space"), "alloc_objects");
  EXPECT_EQ(ObjectsSibling("space"), "objects");
  EXPECT_EQ(ObjectsSibling("resource_space"), "resources");
  EXPECT_EQ(ObjectsSibling("mapped_space"), "");  // mappings are not counted
  EXPECT_EQ(ObjectsSibling("threads"), "");
  EXPECT_EQ(ObjectsSibling("contention_space"), "");
}

TEST(SampleTypes, AllThatTheRecorderCountsTheDefaultFirst) {
  const std::vector<std::string> types = RecordedTypes();
  EXPECT_EQ(types.front(), kInuseSpace);
  EXPECT_EQ(types.size(), log::kSampleKindCount - 1);  // without goroutines
  EXPECT_THAT(types, testing::Contains("mapped_space"));
}

TEST(FindSampleType, ByNameDefaultAndAlias) {
  SampleProfile built({{"threads", "count"}, {"space", "bytes"}, {"fds", "count"}});
  EXPECT_EQ(*FindSampleType(*built, "threads"), 0u);
  EXPECT_EQ(*FindSampleType(*built, ""), 2u);
  built->default_sample_type = "space";
  EXPECT_EQ(*FindSampleType(*built, ""), 1u);
  EXPECT_EQ(*FindSampleType(*built, "inuse_space"), 1u);
  SampleProfile newer({{"threads", "count"}, {"inuse_space", "bytes"}});
  EXPECT_EQ(*FindSampleType(*newer, "space"), 1u);
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

}  // namespace
}  // namespace mqtrack::profile
