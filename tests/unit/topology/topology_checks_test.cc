#include "libtrack/topology/topology_checks.h"

#include <gtest/gtest.h>

#include "tests/unit/topology/log_lines.h"

namespace mqtrack::topology {
namespace {

Check Parsed(const std::string& text) {
  const support::Result<Check> check = ParseCheck(text);
  EXPECT_TRUE(check) << text;
  return check ? check.value() : Check{};
}

std::vector<std::string> Findings(const std::vector<std::string>& checks, const Topology& now,
                                  const Topology* base = nullptr) {
  std::vector<Check> parsed;
  for (const std::string& text : checks) parsed.push_back(Parsed(text));
  Comparison comparison;
  if (base != nullptr) comparison = Compare(now, *base);
  const Judgement judgement = Judge(parsed, now, base != nullptr ? &comparison : nullptr);
  EXPECT_TRUE(judgement.not_measured.empty());
  std::vector<std::string> sentences;
  for (const auto& finding : judgement.findings) sentences.push_back(finding.check + ": " + finding.sentence);
  return sentences;
}

const std::string kChain = Line("t", 1, 0, "a", 0, 50) + Line("t", 2, 1, "b", 1, 40, ",\"status\":\"error\"");

TEST(TopologyChecks, EachFindsItsOwnAndPassesWithout) {
  const Topology chain = Read(kChain), circle = Read(kChain + Line("t", 3, 2, "a", 2, 5));
  EXPECT_EQ(Findings({"cycle"}, circle), std::vector<std::string>{"cycle: a circle: a -> b -> a"});
  EXPECT_TRUE(Findings({"cycle"}, chain).empty());
  EXPECT_EQ(Findings({"new-cycle"}, circle, &chain).size(), 1u);
  EXPECT_TRUE(Findings({"new-cycle"}, circle, &circle).empty());
  EXPECT_EQ(Findings({"new-edge"}, circle, &chain), std::vector<std::string>{"new-edge: a new call: b -> a, 1 time"});
  EXPECT_EQ(Findings({"p99=30ms"}, chain).size(), 1u);
  EXPECT_TRUE(Findings({"p99=50ms", "p50=1m"}, chain).empty());
  EXPECT_EQ(Findings({"error-rate=1%"}, chain), std::vector<std::string>{"error-rate=1%: a -> b: 1 of 1 failed"});
  EXPECT_TRUE(Findings({"error-rate=100%"}, chain).empty());
  EXPECT_EQ(Findings({"orphans=0"}, Read(kChain + Line("t", 9, 8, "b"))).size(), 1u);
  EXPECT_TRUE(Findings({"orphans=0", "slow-service"}, chain).empty());
}

TEST(TopologyChecks, SlowerTellsFromWhatToWhat) {
  std::string before, after;
  for (int i = 0; i < 20; ++i) {
    const std::string trace = "t" + std::to_string(i);
    before += Line(trace, 1, 0, "a") + Line(trace, 2, 1, "b", 0, 10);
    after += Line(trace, 1, 0, "a") + Line(trace, 2, 1, "b", 0, 20);
  }
  const Topology base = Read(before), now = Read(after);
  ASSERT_EQ(Findings({"slower=1.5"}, now, &base).size(), 1u);
  EXPECT_NE(Findings({"slower=1.5"}, now, &base)[0].find("median 20 ms, was 10 ms"), std::string::npos)
      << Findings({"slower=1.5"}, now, &base)[0];
  EXPECT_TRUE(Findings({"slower=2.5x"}, now, &base).empty());
}

TEST(TopologyChecks, LogsThatMissTooMuchPassNothing) {
  const Judgement broken = Judge({Parsed("cycle")}, Read(kChain + "broken\n"), nullptr);
  EXPECT_FALSE(broken.Passes());
  ASSERT_EQ(broken.not_measured.size(), 1u);
  EXPECT_EQ(broken.not_measured[0], "1 of 3 lines are no JSON");
  std::string far = Line("t", 1, 0, "a");
  for (int i = 0; i < 30; ++i) far += Line("u" + std::to_string(i), 1, 0, "c");
  EXPECT_FALSE(Judge({Parsed("cycle")}, Read(far + Line("t", 2, 1, "b"), 10), nullptr).Passes());
  EXPECT_TRUE(Judge({}, Read("broken\n"), nullptr).Passes());
}

TEST(TopologyChecks, WhatIsNoCheckIsSaid) {
  EXPECT_NE(ParseCheck("new-cycel").error().text.find("did you mean new-cycle?"), std::string::npos);
  for (const char* text : {"", "cycle=1", "p99", "p99=", "p99=5", "p99=-1ms", "slower=0.5", "slower=x",
                           "error-rate=101%", "orphans=1.5", "orphans=-1"})
    EXPECT_FALSE(ParseCheck(text)) << text;
  EXPECT_TRUE(NeedsBase(Parsed("slower=2")));
  EXPECT_FALSE(NeedsBase(Parsed("cycle")));
}

}  // namespace
}  // namespace mqtrack::topology
