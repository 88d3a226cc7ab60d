#include "libtrack/disturb/disturbance.h"

#include <gtest/gtest.h>

#include <set>

namespace mqtrack::disturb {
namespace {

TEST(DisturbanceTest, ReadyPlansHaveNamesOfTheirOwn) {
  std::set<std::string> names;
  for (const Disturbance& one : ReadyPlan("all")) EXPECT_TRUE(names.insert(one.name).second) << one.name;
  EXPECT_GT(names.size(), 25U);
  for (const std::string& name : ReadyPlanNames()) EXPECT_FALSE(ReadyPlan(name).empty()) << name;
  EXPECT_TRUE(ReadyPlan("nothing").empty());
}

TEST(DisturbanceTest, ReadsAPlan) {
  const auto plan = ParsePlan(
      R"([{"do":"refuse","reason":5},{"do":"close","at":"SUBACK","passes":true,"reset":true},{"do":"send","hex":"4002ffff"}])",
      "plan");
  ASSERT_TRUE(plan) << plan.error().ToString();
  ASSERT_EQ(plan->size(), 3U);
  EXPECT_EQ((*plan)[0].reason, 5);
  EXPECT_EQ((*plan)[1].at, mqtt::Type::kSuback);
  EXPECT_TRUE((*plan)[1].passes && (*plan)[1].reset);
  EXPECT_EQ((*plan)[2].bytes, "\x40\x02\xff\xff");
}

TEST(DisturbanceTest, ALineOfAPlanReadsBackTheSame) {
  for (const Disturbance& one : ReadyPlan("all")) {
    const auto plan = ParsePlan("[" + PlanLine(one) + "]", one.name);
    ASSERT_TRUE(plan) << plan.error().ToString();
    const Disturbance& read = plan->front();
    EXPECT_EQ(read.name, one.name);
    EXPECT_EQ(read.kind, one.kind) << one.name;
    EXPECT_EQ(read.at, one.at) << one.name;
    EXPECT_EQ(read.passes, one.passes) << one.name;
    EXPECT_EQ(read.reset, one.reset) << one.name;
    EXPECT_EQ(read.reason, one.reason) << one.name;
    if (one.kind == Kind::kSilent) {
      EXPECT_EQ(read.ms, one.ms) << one.name;
    }
    EXPECT_EQ(read.bytes, one.bytes) << one.name;
  }
}

TEST(DisturbanceTest, WhatIsWrongIsNamed) {
  const auto expect = [](const std::string& json, const std::string& words) {
    const auto plan = ParsePlan(json, "plan");
    ASSERT_FALSE(plan) << json;
    EXPECT_NE(plan.error().ToString().find(words), std::string::npos) << plan.error().ToString();
  };
  expect("nonsense", "no JSON list");
  expect("[]", "no JSON list");
  expect("[7]", "no object");
  expect(R"([{"do":"refuse","reson":5}])", "did you mean reason?");
  expect(R"([{"do":"explode"}])", "do is none of");
  expect(R"([{"do":"close","at":"SUBBACK"}])", "at is no packet");
  expect(R"([{"do":"close","passes":1}])", "wrong type");
  expect(R"([{"do":"refuse","reason":-1}])", "wrong type");
  expect(R"([{"do":"refuse","reason":256}])", "too large");
  expect(R"([{"do":"send"}])", "needs \"hex\"");
  expect(R"([{"do":"send","hex":"abc"}])", "hex is none");
}

}  // namespace
}  // namespace mqtrack::disturb
