#include "libtrack/profile/label_frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libtrack/profile/formats/pprof_decode.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/profile/merge.h"
#include "tests/unit/profile/sample_profile.h"

namespace mqtrack::profile {
namespace {

using ::testing::ElementsAre;

SampleProfile Publishes() {
  SampleProfile profile(OneType("inuse_space", "bytes"));
  profile.Add({"malloc", "publish", "main"}, {10},
              {{"mqtt_client", "meter", 0, ""}, {"mqtt_topic", "sensors/+/temp", 0, ""}});
  profile.Add({"malloc", "publish", "main"}, {20}, {{"generation", "", 3, ""}, {"mqtt_client", "lamp", 0, ""}});
  profile.Add({"malloc", "main"}, {40});
  return profile;
}

std::vector<std::string> Stacks(const Profile& profile) {
  std::vector<std::string> stacks;
  for (const Sample& sample : profile.samples) stacks.push_back(StackOf(profile, sample));
  return stacks;
}

TEST(AddLabelFrames, TheFirstRootKeyIsOutermost) {
  const Profile framed = AddLabelFrames(*Publishes(), {.roots = {"mqtt_client", "mqtt_topic"}});
  EXPECT_THAT(Stacks(framed), ElementsAre("malloc;publish;main;sensors/+/temp;meter", "malloc;publish;main;(none);lamp",
                                          "malloc;main;(none);(none)"));
}

TEST(AddLabelFrames, TheLastLeafKeyIsInnermost) {
  const Profile framed =
      AddLabelFrames(*Publishes(), {.roots = {"mqtt_topic"}, .leaves = {"mqtt_client", "generation"}});
  EXPECT_THAT(Stacks(framed), ElementsAre("(none);meter;malloc;publish;main;sensors/+/temp",
                                          "3;lamp;malloc;publish;main;(none)", "(none);(none);malloc;main;(none)"));
}

TEST(AddLabelFrames, SeveralValuesAreOneFrame) {
  SampleProfile profile(OneType("inuse_space", "bytes"));
  profile.Add({"main"}, {1}, {{"thread", "a", 0, ""}, {"thread", "b", 0, ""}});
  EXPECT_THAT(Stacks(AddLabelFrames(*profile, {.roots = {"thread"}})), ElementsAre("main;a,b"));
}

TEST(AddLabelFrames, AreKnownAsSuchAfterAFileAndAMerge) {
  const Profile framed = AddLabelFrames(*Publishes(), {.roots = {"mqtt_client"}});
  const Profile read = DecodePprof(EncodePprof(framed), "test").value();
  const Profile merged = Merge({&framed, &read}).value();
  ASSERT_EQ(merged.samples.size(), 3U);  // equal frames are one, whichever file they come from
  EXPECT_EQ(merged.samples[0].values[0], 20);
  std::vector<std::string> names;
  for (const Function& function : merged.functions) {
    if (IsLabelFrame(function)) names.push_back(LabelFrameName(function));
  }
  EXPECT_THAT(names, ElementsAre("mqtt_client: meter", "mqtt_client: lamp", "mqtt_client: (none)"));
}

TEST(AddLabelFrames, WithoutKeysChangesNothing) {
  EXPECT_EQ(EncodePprof(AddLabelFrames(*Publishes(), {})), EncodePprof(*Publishes()));
}

TEST(LabelKeys, AreThoseOfAllSamples) {
  EXPECT_THAT(LabelKeys(*Publishes()), ElementsAre("generation", "mqtt_client", "mqtt_topic"));
}

}  // namespace
}  // namespace mqtrack::profile
