#include "reports/stress/stress_comparison.h"

#include <gtest/gtest.h>

#include "reports/stress/stress_json.h"
#include "reports/stress/stress_text.h"

namespace mqtrack::reports {
namespace {

stress::StressResult Result(std::int64_t latency_ms, std::int64_t failed, std::int64_t live_bytes) {
  stress::StressResult result;
  stress::StageResult& stage = result.stages.emplace_back();
  stage.name = stage.action = "publish";
  stage.planned = 100;
  stage.done = 100 - failed;
  stage.failed = failed;
  stage.seconds = 1;
  for (std::int64_t i = 0; i < stage.done; ++i) stage.answer.Add(latency_ms * 1'000'000);
  stage.before = stress::Holding{};
  stage.after = stress::Holding{live_bytes, 1, live_bytes, 1, 10};
  return result;
}

bool IsWorse(const stress::StressResult& before, const stress::StressResult& after) {
  const auto comparison = CompareStress(RenderStressJson(before), "before", RenderStressJson(after), 0.25);
  EXPECT_TRUE(comparison);
  return comparison && comparison->HasWorse();
}

TEST(StressComparisonTest, TellsWorseFromNoise) {
  const auto before = Result(10, 0, 1'000'000);
  EXPECT_FALSE(IsWorse(before, before));
  EXPECT_FALSE(IsWorse(before, Result(12, 0, 1'100'000)));
  EXPECT_TRUE(IsWorse(before, Result(20, 0, 1'000'000)));
  EXPECT_TRUE(IsWorse(before, Result(10, 5, 1'000'000)));
  EXPECT_TRUE(IsWorse(before, Result(10, 0, 2'000'000)));
  EXPECT_FALSE(IsWorse(Result(20, 0, 2'000'000), before));
}

TEST(StressComparisonTest, WhatCannotBeComparedIsRefused) {
  const std::string good = RenderStressJson(Result(1, 0, 0));
  stress::StressResult other = Result(1, 0, 0);
  other.stages[0].name = "another";
  EXPECT_FALSE(CompareStress("{}", "before", good, 0.25));
  EXPECT_FALSE(CompareStress("no json", "before", good, 0.25));
  EXPECT_FALSE(CompareStress(R"({"schema":"mqtrack-stress/1","stages":[1]})", "before", good, 0.25));
  EXPECT_FALSE(CompareStress(RenderStressJson(other), "before", good, 0.25));
}

TEST(StressComparisonTest, ABaseIsCheckedBeforeTheLoad) {
  stress::Scenario scenario;
  stress::Stage& stage = scenario.stages.emplace_back();
  stage.name = "publish";
  stage.action = stress::Action::kPublish;
  const std::string good = RenderStressJson(Result(1, 0, 0));
  EXPECT_TRUE(CheckStressBase(good, "before", scenario));
  EXPECT_FALSE(CheckStressBase("{}", "before", scenario));
  EXPECT_FALSE(CheckStressBase("no json", "before", scenario));
  scenario.stages.emplace_back(stage);
  EXPECT_FALSE(CheckStressBase(good, "before", scenario)) << "a stage more";
  scenario.stages.pop_back();
  scenario.stages[0].name = "another";
  EXPECT_FALSE(CheckStressBase(good, "before", scenario));
}

TEST(StressTextTest, SaysWhatWasMeasured) {
  const std::string text = RenderStressText(Result(10, 5, 3'200));
  EXPECT_NE(text.find("95 of 100 in 1.00 s, 95 a second, 5 failed"), std::string::npos) << text;
  EXPECT_NE(text.find("live 3.1 KiB"), std::string::npos) << text;
}

}  // namespace
}  // namespace mqtrack::reports
