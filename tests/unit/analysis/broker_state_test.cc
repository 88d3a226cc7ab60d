#include "libtrack/analysis/workload/broker_state.h"

#include <gtest/gtest.h>

#include "tests/unit/analysis/profile_builder.h"

namespace mqtrack::analysis {
namespace {

using mqtrack::testing::ProfileBuilder;

constexpr char kFigures[] =
    "connected=10 sessions=50 offline_sessions=40 subscriptions=12 retained=500 retained_set=700 retained_cleared=200 "
    "unacknowledged_out=3 half_open_in=1 wills=2";

BrokerState Read(const std::string& fact) { return ReadBrokerState(ProfileBuilder().Fact("mqtt_state", fact).Build()); }

TEST(BrokerState, ChangesAreWithoutWhatWasThereBefore) {
  const BrokerState before = Read("connected=1 sessions=2 offline_sessions=0");
  const BrokerState now = Read("connected=11 sessions=12 offline_sessions=4 kept_before=4 left_before=10");
  const auto change = [&](std::int64_t BrokerState::*figure) {
    return ForChange(now, figure) - ForChange(before, figure);
  };
  EXPECT_EQ(change(&BrokerState::connected), 0);
  EXPECT_EQ(change(&BrokerState::sessions), 0);
  EXPECT_EQ(change(&BrokerState::offline_sessions), 0);
  EXPECT_EQ(change(&BrokerState::retained), 0);
  EXPECT_EQ(now.connected, 11);
}

TEST(BrokerState, IsReadFromFacts) {
  const BrokerState state = Read(kFigures);
  EXPECT_TRUE(state.is_known);
  EXPECT_TRUE(state.is_complete);
  EXPECT_EQ(state.connected, 10);
  EXPECT_EQ(state.sessions, 50);
  EXPECT_EQ(state.offline_sessions, 40);
  EXPECT_EQ(state.subscriptions, 12);
  EXPECT_EQ(state.retained, 500);
  EXPECT_EQ(state.retained_set, 700);
  EXPECT_EQ(state.retained_cleared, 200);
  EXPECT_EQ(state.unacknowledged_out, 3);
  EXPECT_EQ(state.half_open_in, 1);
  EXPECT_EQ(state.wills, 2);
}

TEST(BrokerState, IsNotKnownOfWhatIsNoBroker) { EXPECT_FALSE(ReadBrokerState(ProfileBuilder().Build()).is_known); }

TEST(BrokerState, SaysWhatIsMissing) {
  ProfileBuilder builder;
  builder.Fact("mqtt_state", kFigures)
      .Fact("mqtt_state_gaps", "attached websockets")
      .Fact("mqtt_state_gaps", "attached");
  const BrokerState state = ReadBrokerState(builder.Build());
  EXPECT_TRUE(state.is_known);
  EXPECT_FALSE(state.is_complete);
  EXPECT_EQ(state.gaps, (std::vector<std::string>{"attached", "websockets"}));
}

TEST(BrokerState, OfAMergedProfileIsAddedUp) {
  ProfileBuilder both;
  both.Fact("mqtt_state", kFigures).Fact("mqtt_state", "retained=7 sessions=1");
  EXPECT_EQ(ReadBrokerState(both.Build()).retained, 507);
  EXPECT_EQ(ReadBrokerState(both.Build()).sessions, 51);
}

TEST(BrokerState, OfALaterVersionIsReadAsFarAsItIsUnderstood) {
  const BrokerState state = Read("retained=7 shared=3");
  EXPECT_TRUE(state.is_known);
  EXPECT_EQ(state.retained, 7);
}

TEST(BrokerState, BeforeAnybodyHasConnectedIsNone) {
  WorkDone work;
  EXPECT_FALSE(StateBefore({}, work).is_known);
  work.is_known = true;
  EXPECT_TRUE(StateBefore({}, work).is_known);
  EXPECT_EQ(StateBefore(Read(kFigures), work).retained, 500);
  work.received[1] = 3;
  EXPECT_FALSE(StateBefore({}, work).is_known);
}

TEST(BrokerState, IsNotKnownFromFactsThatMakeNoSense) {
  for (const char* fact : {"retained", "retained=", "retained=x", "retained=-1", "=5", "retained=5,wills=3",
                           "retained=99999999999999999999", "retained=9223372036854775807 retained=1"})
    EXPECT_FALSE(Read(fact).is_known) << fact;
}

}  // namespace
}  // namespace mqtrack::analysis
