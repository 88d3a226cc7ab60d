// Goldens of the DOT text: where Graphviz then places the boxes depends on its version and fonts.
#include <gtest/gtest.h>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "reports/callgraph/call_graph.h"
#include "tests/golden/picture_golden.h"
#include "tests/unit/reports/picture_profiles.h"

namespace mqtrack::reports {
namespace {

using testing::BrokerProfile;
using testing::ExpectPictureGolden;

std::string Dot(const profile::Profile& profile, const profile::Profile* base) {
  return RenderDot(profile, base, analysis::WrapperList::Load().value(), {}).value();
}

TEST(CallGraphGoldenTest, OneProfile) {
  ExpectPictureGolden("callgraph/expected/broker.dot", Dot(BrokerProfile(1), nullptr));
}

TEST(CallGraphGoldenTest, Difference) {
  const profile::Profile base = BrokerProfile(0);
  ExpectPictureGolden("callgraph/expected/diff.dot", Dot(BrokerProfile(1), &base));
}

TEST(CallGraphGoldenTest, EmptyDifference) {
  const profile::Profile base = BrokerProfile(0);
  ExpectPictureGolden("callgraph/expected/empty.dot", Dot(base, &base));
}

TEST(CallGraphGoldenTest, HostileNames) {
  ExpectPictureGolden("callgraph/expected/hostile.dot", Dot(testing::HostileProfile(), nullptr));
}

}  // namespace
}  // namespace mqtrack::reports
