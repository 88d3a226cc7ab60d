#include "libtrack/stress/scenario.h"

#include <gtest/gtest.h>

#include "libtrack/stress/ready_scenarios.h"

namespace mqtrack::stress {
namespace {

TEST(ScenarioTest, EveryReadyOneIsOne) {
  for (const ReadyScenario& one : ReadyScenarios()) {
    const auto scenario = ParseScenario(ReadyJson(one.name, 10, 20, 3), one.name);
    ASSERT_TRUE(scenario) << scenario.error().ToString();
    EXPECT_FALSE(scenario->stages.empty());
  }
  EXPECT_EQ(ReadyJson("nothing", 1, 1, 1), "");
}

TEST(ScenarioTest, ReadsWhatItSays) {
  const auto scenario = ParseScenario(
      R"({"name":"n","seed":7,"groups":[{"name":"a","clients":3,"version":"5","clean":false,"session_expiry":9,"qos":2,
          "topic":"t/{client}","payload":100,"will":true,"same_id":2,"reads":false,"answers":false}],
          "stages":[{"do":"connect","over":1.5},{"name":"load","do":"publish","rate":10,"seconds":2,"retain":true}]})",
      "test");
  ASSERT_TRUE(scenario) << scenario.error().ToString();
  const Group& group = scenario->groups[0];
  EXPECT_EQ(scenario->seed, 7U);
  EXPECT_EQ(group.version, mqtt::Version::k5);
  EXPECT_EQ(group.clients, 3);
  EXPECT_EQ(group.same_id, 2);
  EXPECT_TRUE(group.will && !group.clean && !group.reads && !group.answers);
  EXPECT_EQ(scenario->stages[1].name, "load");
  EXPECT_TRUE(scenario->stages[1].retain);
  EXPECT_EQ(scenario->stages[0].over, 1.5);
}

TEST(ScenarioTest, WhatIsWrongIsNamed) {
  const auto expect = [](const std::string& json, const std::string& words) {
    const auto scenario = ParseScenario(json, "test");
    ASSERT_FALSE(scenario) << json;
    EXPECT_NE(scenario.error().ToString().find(words), std::string::npos) << scenario.error().ToString();
  };
  const auto stage = [](const std::string& text) { return R"({"groups":[{"name":"a"}],"stages":[)" + text + "]}"; };
  expect("nonsense", "no JSON");
  expect("[]", "no object");
  expect("{}", "no list of groups");
  expect(R"({"groups":[{"name":"a"}],"stages":[{"do":"wait","seconds":1}],"sed":1})", "\"sed\"; did you mean seed?");
  expect(R"({"groups":[{"name":"a","client":1}],"stages":[{"do":"wait","seconds":1}]})", "did you mean clients?");
  expect(R"({"groups":[{"name":"a","qos":3}],"stages":[{"do":"wait","seconds":1}]})", "qos is not from 0 to 2");
  expect(R"({"groups":[{"clients":1}],"stages":[{"do":"wait","seconds":1}]})", "has no name");
  expect(stage(R"({"do":"conect"})"), "do is none of");
  expect(stage(R"({"do":"publish","rate":1})"), "needs \"rate\" and \"seconds\"");
  expect(stage(R"({"do":"connect","rate":1})"), "\"over\"");
  expect(stage(R"({"do":"connect","group":"b"})"), "none of the groups");
  expect(stage(R"({"do":"wait"})"), "needs \"seconds\"");
  expect(stage(R"({"do":"wait","seconds":"1"})"), "seconds is no number");
  expect(stage("7"), "no object");
}

}  // namespace
}  // namespace mqtrack::stress
