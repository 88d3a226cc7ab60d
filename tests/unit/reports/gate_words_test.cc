// What the gate's reports leave out, and how they count.
#include "reports/gate/gate_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "reports/gate/gate_formats.h"

namespace mqtrack::reports {
namespace {

using ::testing::HasSubstr;

analysis::GateResult DeepResult(std::size_t frames) {
  analysis::GateSite site;
  site.function = "descend";
  for (std::size_t i = 0; i < frames; ++i) site.stack.push_back({"descend" + std::to_string(i), "deep.c", {}, 7});
  analysis::GateCheck check;
  check.kind = analysis::GateCheck::Kind::kTotal;
  check.value_type = {"inuse_space", "bytes"};
  check.passed = false;
  check.sites.push_back(site);
  analysis::GateResult result;
  result.verdict = analysis::Verdict::kFail;
  result.newer.target = "svc (pid 7)";
  result.checks.push_back(check);
  return result;
}

TEST(GateWords, TheMiddleOfADeepStackIsLeftOut) {
  const analysis::GateResult deep = DeepResult(200'000);
  for (const char* format : {"text", "junit", "markdown", "github"}) {
    const std::string report = RenderGate(deep, format, {});
    EXPECT_LT(std::count(report.begin(), report.end(), '\n'), 120) << format;
    EXPECT_LT(report.size(), 20'000u) << format;
  }
  const std::string text = RenderGate(deep, "text", {});
  EXPECT_THAT(text, HasSubstr("(199,936 frames left out)"));
  EXPECT_THAT(text, HasSubstr("descend0 "));
  EXPECT_THAT(text, HasSubstr("descend199999 "));
}

TEST(GateWords, NothingIsLeftOutWhereThatSavesNothing) {
  const analysis::GateResult shallow = DeepResult(65);
  EXPECT_EQ(FramesToShow(shallow.checks[0].sites[0]).size(), 65u);
}

TEST(GateWords, ThingsAreCounted) {
  analysis::GateSite site;
  site.function = "StartWorker";
  site.value = 250;
  analysis::GateCheck check;
  check.kind = analysis::GateCheck::Kind::kTotal;
  check.value_type = {"threads", "count"};
  EXPECT_EQ(SiteSentence(check, site), "StartWorker holds 250 threads");
  site.value = 1;
  EXPECT_EQ(SiteSentence(check, site), "StartWorker holds 1 thread");
  check.value_type = {"goroutine", "count"};
  EXPECT_THAT(SiteSentence(check, site), HasSubstr(" holds 1 goroutine"));
}

TEST(GateWords, OneOfSeveralIsOne) {
  analysis::GateResult result;
  result.newer.target = "svc (pid 7)";
  result.checks.resize(1);
  EXPECT_THAT(RenderSeveralGates({{result, {}}}, "text"), HasSubstr("PASS: svc (pid 7) is within its limit\n"));
}

}  // namespace
}  // namespace mqtrack::reports
