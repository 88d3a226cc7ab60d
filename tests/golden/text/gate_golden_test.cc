// What `mqtrack gate` prints in each format, to the letter.
#include <gtest/gtest.h>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "reports/gate/gate_formats.h"
#include "reports/gate/gate_report_options.h"
#include "tests/golden/text/broker_profiles.h"
#include "tests/golden/text/golden_file.h"

namespace mqtrack::reports {
namespace {

using testing::ExpectGolden;

const analysis::WrapperList& Wrappers() {
  static const analysis::WrapperList wrappers = *analysis::WrapperList::Load();
  return wrappers;
}

analysis::GateResult Judge(const std::string& json, const profile::Profile& newer) {
  const auto base = testing::BrokerBefore().Build();
  const auto config = analysis::ParseGateConfig(json, "gate.json");
  EXPECT_TRUE(config.ok());
  analysis::GateInputs inputs;
  inputs.base = &base;
  inputs.newer = &newer;
  inputs.wrappers = &Wrappers();
  inputs.suppressions = *analysis::ParseSuppressions("# known\nleak:config__read\nleak:^never_seen$\n", "leaks.supp");
  return *analysis::RunGate(*config, inputs);
}

analysis::GateResult Failing() {
  return Judge(R"({"max_growth": {"inuse_space": "64KiB", "threads": 3}, "max_site_growth": "32KiB",
                   "max_total": {"inuse_space": "1MiB"}, "ignore": ["nobody"],
                   "sites": [{"function": "script", "max_growth": 10, "reason": "100% <hostile>"}]})",
               testing::BrokerAfter().Fact("sample_bytes", "524288").Build());
}
analysis::GateResult Passing() { return Judge(R"({"max_growth": "64MiB"})", testing::BrokerAfter().Build()); }
analysis::GateResult Unmeasured() {
  return Judge(R"({"max_growth": {"inuse_space": "64MiB", "timers": 0}})",
               testing::BrokerAfter().Fact("losses", "12").Fact("lost_bytes", "4096").Build());
}

class GateGolden : public ::testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(GateGolden, MatchesFile) {
  const std::string format = GetParam().first, extension = GetParam().second;
  GateReportOptions options;
  options.base_name = "before.pb.gz";
  options.new_name = "after.pb.gz";
  options.source_root = "/home/build/telemetry/";
  const auto golden = [&](const char* verdict, const analysis::GateResult& result) {
    ExpectGolden("gate_" + std::string(verdict) + extension, RenderGate(result, format, options));
  };
  golden("fail", Failing());
  golden("pass", Passing());
  golden("cannot_measure", Unmeasured());
}

INSTANTIATE_TEST_SUITE_P(AllFormats, GateGolden,
                         ::testing::Values(std::pair{"text", ".txt"}, std::pair{"json", ".json"},
                                           std::pair{"junit", ".xml"}, std::pair{"markdown", ".md"},
                                           std::pair{"github", ".github"}),
                         [](const auto& entry) { return entry.param.first; });

TEST(GateFormats, EachHasItsGolden) {
  std::vector<std::string> names;
  for (const GateFormat& format : GateFormats()) names.push_back(format.name);
  EXPECT_EQ(names, (std::vector<std::string>{"text", "json", "junit", "markdown", "github"}));
}

}  // namespace
}  // namespace mqtrack::reports
