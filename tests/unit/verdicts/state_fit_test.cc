#include "libtrack/verdicts/state_fit.h"

#include <gtest/gtest.h>

namespace mqtrack::verdicts {
namespace {

using States = std::vector<analysis::BrokerState>;

States Of(std::int64_t analysis::BrokerState::*figure, const std::vector<std::int64_t>& values) {
  States states;
  for (const std::int64_t value : values) {
    analysis::BrokerState state;
    state.is_known = true;
    state.*figure = value;
    states.push_back(state);
  }
  return states;
}

TEST(StateFitTest, WhatHasThreeThingsForEachRetainedMessageFollowsThem) {
  const StateFit fit = FindStateFit(Of(&analysis::BrokerState::retained, {0, 10, 25, 30}), {4, 34, 79, 94}, "");
  EXPECT_EQ(fit.what, "retained messages");
  EXPECT_DOUBLE_EQ(fit.each, 3);
  EXPECT_EQ(fit.first, 0);
  EXPECT_EQ(fit.last, 30);
}

TEST(StateFitTest, WhatGrowsWhileTheFigureStandsDoesNot) {
  EXPECT_EQ(FindStateFit(Of(&analysis::BrokerState::retained, {7, 7, 7, 7}), {4, 34, 79, 94}, "").what, "");
  EXPECT_EQ(FindStateFit(Of(&analysis::BrokerState::retained, {9, 7, 5, 0}), {4, 34, 79, 94}, "").what, "");
}

TEST(StateFitTest, WhatGrowsInOtherStretchesDoesNot) {
  EXPECT_EQ(FindStateFit(Of(&analysis::BrokerState::connected, {0, 30, 30, 30}), {0, 10, 20, 30}, "").what, "");
}

TEST(StateFitTest, ClientsOfBeforeThatComeBackAreNoGrowth) {
  States states = Of(&analysis::BrokerState::connected, {0, 10, 20, 30});
  const std::vector<std::int64_t> counts = {0, 10, 20, 30};
  EXPECT_EQ(FindStateFit(states, counts, "CONNECT").what, "connected clients");
  for (analysis::BrokerState& state : states) state.left_before = state.connected;
  EXPECT_EQ(FindStateFit(states, counts, "CONNECT").what, "");
  EXPECT_EQ(FindStateOfAll(states.front(), states.back(), 30, "CONNECT").what, "");
}

TEST(StateFitTest, GrowthThatIsNoneAndStateThatIsNotKnownFitNothing) {
  EXPECT_EQ(FindStateFit(Of(&analysis::BrokerState::connected, {0, 3, 6}), {8, 8, 8}, "").what, "");
  States unknown = Of(&analysis::BrokerState::connected, {0, 3, 6});
  unknown[1].is_known = false;
  EXPECT_EQ(FindStateFit(unknown, {0, 3, 6}, "").what, "");
}

TEST(StateFitTest, WhatFollowsAllThatWereSetThoughSomeWereClearedIsNoState) {
  States states = Of(&analysis::BrokerState::retained, {0, 10, 20, 30});
  for (std::size_t i = 0; i < states.size(); ++i) {
    states[i].retained_set = static_cast<std::int64_t>(20 * i);
    states[i].retained_cleared = static_cast<std::int64_t>(10 * i);
  }
  EXPECT_EQ(FindStateFit(states, {4, 64, 124, 184}, "").what, "");
  states[2].retained_set += 15, states[2].retained_cleared += 15;
  EXPECT_EQ(FindStateFit(states, {4, 34, 64, 94}, "").what, "retained messages");
}

TEST(StateFitTest, OfWhatIsThereNowAWholeNumberForEachIsState) {
  const analysis::BrokerState state = Of(&analysis::BrokerState::retained, {24}).front();
  EXPECT_EQ(FindStateOfAll({}, state, 72, "").what, "retained messages");
  EXPECT_EQ(FindStateOfAll({}, state, 73, "PUBLISH").what, "retained messages") << "one more is on its way";
  EXPECT_EQ(FindStateOfAll({}, state, 110, "").what, "");
  EXPECT_EQ(FindStateOfAll({}, state, 24 * 20, "").what, "");
  EXPECT_EQ(FindStateOfAll({}, {}, 72, "").what, "");
}

TEST(StateFitTest, WhatAPublishMakesFollowsNoSessions) {
  const States states = Of(&analysis::BrokerState::sessions, {0, 10, 20, 30});
  EXPECT_EQ(FindStateFit(states, {0, 20, 40, 60}, "CONNECT").what, "sessions");
  EXPECT_EQ(FindStateFit(states, {0, 20, 40, 60}, "PUBLISH").what, "");
}

TEST(StateFitTest, HundredsForEachFitByChance) {
  EXPECT_EQ(FindStateFit(Of(&analysis::BrokerState::connected, {0, 1, 2, 3}), {0, 100, 200, 300}, "").what, "");
}

}  // namespace
}  // namespace mqtrack::verdicts
