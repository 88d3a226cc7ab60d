#include "libtrack/snapshot/asked_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libtrack/log/client_hash.h"
#include "libtrack/profile/fact.h"

namespace mqtrack::snapshot {
namespace {

using log::LabelKey;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kPump[] = "pump 7", kSlow[] = "slow", kGone[] = "gone";

/// A broker with descriptors of "slow" (7) and "fast" (8), and what was asked for by packets of this type.
class AskedFactsTest : public testing::Test {
 protected:
  AskedFactsTest() {
    content_.facts.broker.is_broker = 1;
    Connect("slow", 7);
    Connect("fast", 8);
  }
  void Connect(const std::string& client, std::uint64_t descriptor) {
    log::LiveEntry entry;
    entry.kind = log::Kind::kDescriptor;
    entry.handle = descriptor;
    entry.labels = Labels({{LabelKey::kMqttClient, client}});
    content_.live.push_back(entry);
  }
  void Ask(const std::string& client, const std::string& filter, const std::string& packet = "SUBSCRIBE") {
    const auto id =
        Labels({{LabelKey::kMqttPacket, packet}, {LabelKey::kMqttClient, client}, {LabelKey::kMqttTopic, filter}});
    content_.asked.sets[content_.asked.count++] = static_cast<std::uint32_t>(id);
  }
  void Leave(std::string_view client) {
    ++content_.asked.away[log::AskedFilters::PlaceOf(log::HashOfId(client))];
    ++content_.facts.broker.of[static_cast<std::size_t>(log::BrokerFigure::kOffline)];
  }
  log::LabelsId Labels(log::LabelPairs pairs) {
    const auto id = static_cast<log::LabelsId>(content_.label_sets.size() + 1);
    content_.label_sets.emplace_back(id, std::move(pairs));
    return id;
  }
  [[nodiscard]] profile::Profile Facts() const {
    profile::Profile profile;
    AddAskedFacts(profile, content_, {7});
    return profile;
  }
  log::LogContent content_;
};

TEST_F(AskedFactsTest, SayWhoHasAskedForWhatAndDoesNotTakeIt) {
  Ask(kPump, "pumps/#");
  Ask(kGone, "pumps/#");
  Ask(kSlow, "pictures");
  Ask("fast", "pictures");
  Ask(kGone, "news");
  Leave(kPump);
  const profile::Profile profile = Facts();
  EXPECT_THAT(profile::FindFacts(profile, "mqtt_asked"), ElementsAre("pictures away=0 stalled=1 connected=1 slow",
                                                                     "pumps/# away=1 stalled=0 connected=0 pump%207"));
  EXPECT_THAT(profile::FindFacts(profile, "mqtt_stalled"), ElementsAre("slow"));
  EXPECT_TRUE(profile::FindFact(profile, "mqtt_asked_all"));
}

TEST_F(AskedFactsTest, DoNotClaimToKnowAll) {
  Ask(kPump, "pumps/#");
  Leave(kPump);
  Leave("one that has asked for nothing yet");
  EXPECT_FALSE(profile::FindFact(Facts(), "mqtt_asked_all"));
  content_.facts.broker.of[static_cast<std::size_t>(log::BrokerFigure::kOffline)] = 1;
  EXPECT_TRUE(profile::FindFact(Facts(), "mqtt_asked_all"));
  content_.asked.unnamed = 1;
  EXPECT_FALSE(profile::FindFact(Facts(), "mqtt_asked_all"));
  content_.asked.unnamed = 0;
  content_.asked.count = log::AskedFilters::kMostSets + 1;
  EXPECT_FALSE(profile::FindFact(Facts(), "mqtt_asked_all"));
}

TEST_F(AskedFactsTest, WhoWantsNoMoreOfItDoesNotWait) {
  Ask(kPump, "pumps/#");
  Ask(kPump, "pumps/#", "UNSUBSCRIBE");
  Leave(kPump);
  EXPECT_THAT(profile::FindFacts(Facts(), "mqtt_asked"), IsEmpty());
  EXPECT_FALSE(profile::FindFact(Facts(), "mqtt_asked_all")) << "it may have asked again";
}

TEST_F(AskedFactsTest, AreOfBrokersOnly) {
  content_.facts.broker.is_broker = 0;
  Ask(kSlow, "pictures");
  EXPECT_THAT(Facts().comments, IsEmpty());
}

}  // namespace
}  // namespace mqtrack::snapshot
