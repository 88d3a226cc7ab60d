#include <gtest/gtest.h>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/profile/label_frames.h"
#include "reports/flame/flame_svg.h"
#include "reports/flame/folded.h"
#include "tests/golden/picture_golden.h"
#include "tests/unit/reports/picture_profiles.h"

namespace mqtrack::reports {
namespace {

using testing::BrokerProfile;
using testing::ExpectPictureGolden;

std::string Flame(const profile::Profile& profile, const profile::Profile* base) {
  return RenderFlameSvg(profile, base, analysis::WrapperList::Load().value(), {}).value();
}

TEST(FlameGoldenTest, OneProfile) {
  ExpectPictureGolden("flame/expected/broker.svg", Flame(BrokerProfile(1), nullptr));
}

TEST(FlameGoldenTest, Difference) {
  const profile::Profile base = BrokerProfile(0);
  ExpectPictureGolden("flame/expected/diff.svg", Flame(BrokerProfile(1), &base));
}

TEST(FlameGoldenTest, EmptyDifference) {
  const profile::Profile base = BrokerProfile(0);
  ExpectPictureGolden("flame/expected/empty.svg", Flame(base, &base));
}

TEST(FlameGoldenTest, ByLabel) {
  ExpectPictureGolden("flame/expected/by_packet.svg",
                      Flame(profile::AddLabelFrames(BrokerProfile(1), {{"mqtt_packet"}}), nullptr));
}

TEST(FlameGoldenTest, HostileNames) {
  ExpectPictureGolden("flame/expected/hostile.svg", Flame(testing::HostileProfile(), nullptr));
}

TEST(FlameGoldenTest, Folded) {
  ExpectPictureGolden("flame/expected/broker.folded", RenderFolded(BrokerProfile(1), nullptr, {}).value());
}

TEST(FlameGoldenTest, FoldedDifference) {
  const profile::Profile base = BrokerProfile(0);
  ExpectPictureGolden("flame/expected/diff.folded", RenderFolded(BrokerProfile(1), &base, {}).value());
}

}  // namespace
}  // namespace mqtrack::reports
