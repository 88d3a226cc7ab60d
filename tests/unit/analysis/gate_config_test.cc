#include "libtrack/analysis/gate/gate_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>

namespace mqtrack::analysis {
namespace {

using ::testing::HasSubstr;

TEST(ParseGateConfig, ReadsEveryKey) {
  const auto config = ParseGateConfig(R"({
    // comments are allowed
    "schema": "mqtrack-gate-config/1", "sample_type": "inuse_space",
    "max_growth": {"inuse_space": "64KiB", "threads": 0}, "max_site_growth": 4096, "max_total": "1.5MiB",
    "min_objects": 10,
    "sites": [{"function": "^retain__", "max_growth": "1MiB", "reason": "retained messages"}],
    "ignore": ["keepalive"], "suppressions": "leaks.supp", "baseline": "/abs/base.json"
  })",
                                      "ci/gate.json");
  ASSERT_TRUE(config.ok()) << config.error().ToString();
  EXPECT_EQ(config->max_growth.at("inuse_space").value, 65536);
  EXPECT_TRUE(config->max_growth.at("inuse_space").is_size);
  EXPECT_EQ(config->max_growth.at("threads").value, 0);
  EXPECT_FALSE(config->max_growth.at("threads").is_size);
  EXPECT_EQ(config->max_site_growth.at("").value, 4096);
  EXPECT_EQ(config->max_total.at("").value, 1572864);
  EXPECT_EQ(config->min_objects, 10);
  ASSERT_EQ(config->sites.size(), 1U);
  EXPECT_EQ(config->sites[0].reason, "retained messages");
  EXPECT_EQ(config->ignore.size(), 1U);
  EXPECT_EQ(config->suppressions_file, "ci/leaks.supp");
  EXPECT_EQ(config->baseline_file, "/abs/base.json");
  EXPECT_TRUE(config->has_growth_limit());
}

TEST(ParseGateConfig, SuggestsTheNearestKey) {
  const auto config = ParseGateConfig(R"({"max_grwoth": 1})", "gate.json");
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().ToString(), R"(gate.json: unknown key "max_grwoth"; did you mean "max_growth"?)");
}

TEST(ParseGateConfig, RefusesTheSameKeyTwice) {
  for (const char* json :
       {R"({"max_growth": 1, "max_total": 2, "max_growth": 3})", R"({"max_total": {"max_growth": 1, "max_growth": 2}})",
        R"({"sites": [{"function": "a", "max_growth": {"x": 1}, "max_growth": 2}]})"}) {
    const auto config = ParseGateConfig(json, "gate.json");
    ASSERT_FALSE(config.ok()) << json;
    EXPECT_EQ(config.error().ToString(), R"(gate.json: the key "max_growth" is there twice in one object; keep one)");
  }
  EXPECT_TRUE(ParseGateConfig(R"({"sites": [{"function": "a", "max_growth": 1}, {"function": "b", "max_growth": 1}],
                                  "max_growth": {"inuse_space": 1}})",
                              "gate.json")
                  .ok());
}

TEST(ParseGateConfig, RefusesHostileInputInOneLine) {
  for (const char* json : {"",
                           "{",
                           "[]",
                           "null",
                           "1",
                           "\"x\"",
                           "{\"max_growth\": -1}",
                           "{\"max_growth\": 1.5}",
                           "{\"max_growth\": true}",
                           "{\"max_growth\": \"64XB\"}",
                           "{\"max_growth\": {\"\": 1}}",
                           "{\"max_growth\": {\"threads\": []}}",
                           "{\"max_growth\": 99999999999999999999999}",
                           "{\"sites\": {}}",
                           "{\"sites\": [1]}",
                           "{\"sites\": [{}]}",
                           "{\"sites\": [{\"function\": \"f\"}]}",
                           "{\"sites\": [{\"function\": \"\", \"max_growth\": 1}]}",
                           "{\"ignore\": \"x\"}",
                           "{\"ignore\": [1]}",
                           "{\"ignore\": [\"\"]}",
                           "{\"schema\": \"other/1\"}",
                           "{\"min_objects\": \"64KiB\"}",
                           "{\"allow_unrecorded\": 1}",
                           "{\"suppressions\": 1}",
                           "{\"a\\nb\": 1}",
                           "\xff\xfe",
                           "{\"max_growth\": 1}x"}) {
    const auto config = ParseGateConfig(json, "gate.json");
    ASSERT_FALSE(config.ok()) << json;
    const std::string text = config.error().ToString();
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    EXPECT_THAT(text, ::testing::StartsWith("gate.json")) << json;
  }
}

TEST(ParseGateConfig, SurvivesDeepNesting) {
  EXPECT_FALSE(ParseGateConfig(std::string(200000, '['), "f").ok());
  EXPECT_FALSE(
      ParseGateConfig("{\"max_growth\":" + std::string(100000, '[') + std::string(100000, ']') + "}", "f").ok());
}

TEST(AddLimits, ReadsSizesCountsAndTypes) {
  LimitsByType limits;
  ASSERT_TRUE(AddLimits(limits, "64KiB,threads=0,fds=3", "--max-growth").ok());
  EXPECT_EQ(limits.at("").value, 65536);
  EXPECT_EQ(limits.at("threads").value, 0);
  EXPECT_EQ(limits.at("fds").value, 3);
  ASSERT_TRUE(AddLimits(limits, "threads=5", "--max-growth").ok());
  EXPECT_EQ(limits.at("threads").value, 5);
}

TEST(AddLimits, RefusesNonsenseNamingTheOption) {
  for (const char* text : {"", "x", "=1", "threads=", "threads=1,", "threads=1,threads=2", "1,2", "-1", "1e3"}) {
    LimitsByType limits;
    const auto added = AddLimits(limits, text, "--max-growth");
    ASSERT_FALSE(added.ok()) << text;
    EXPECT_THAT(added.error().ToString(), ::testing::StartsWith("--max-growth: ")) << text;
  }
}

}  // namespace
}  // namespace mqtrack::analysis
