#include "libtrack/verdicts/state_fit.h"

#include <cmath>
#include <cstdlib>

namespace mqtrack::verdicts {
namespace {

struct Figure {
  std::int64_t analysis::BrokerState::*value;
  const char* what;
};

constexpr Figure kFigures[] = {
    {&analysis::BrokerState::retained, "retained messages"},
    {&analysis::BrokerState::subscriptions, "subscriptions"},
    {&analysis::BrokerState::offline_sessions, "sessions of clients that are offline"},
    {&analysis::BrokerState::unacknowledged_out, "messages that clients have not acknowledged"},
    {&analysis::BrokerState::half_open_in, "QoS 2 messages that clients have not released"},
    {&analysis::BrokerState::wills, "wills"},
    {&analysis::BrokerState::connected, "connected clients"},
    {&analysis::BrokerState::sessions, "sessions"},
};

/// What does not follow, as a share of all that changed.
constexpr double kMostUnexplained = 0.1;

}  // namespace

StateFit FindStateFit(const std::vector<analysis::BrokerState>& states, const std::vector<std::int64_t>& counts) {
  StateFit best;
  double best_rest = kMostUnexplained;
  const double growth = static_cast<double>(counts.back()) - static_cast<double>(counts.front());
  if (growth <= 0) return best;
  for (const analysis::BrokerState& state : states) {
    if (!state.is_known) return best;
  }
  for (const Figure& figure : kFigures) {
    const auto at = [&](std::size_t i) { return static_cast<double>(states[i].*figure.value); };
    const double risen = at(states.size() - 1) - at(0);
    if (risen <= 0) continue;
    const double each = growth / risen;
    double rest = 0, changed = 0;
    for (std::size_t i = 1; i < counts.size(); ++i) {
      const double change = static_cast<double>(counts[i]) - static_cast<double>(counts[i - 1]);
      rest += std::abs(change - each * (at(i) - at(i - 1)));
      changed += std::abs(change);
    }
    // What a broker holds of one of them is a few things; hundreds, or a hundredth, fit by chance.
    constexpr double kFewest = 0.2, kMost = 64;
    if (each < kFewest || each > kMost || rest > best_rest * changed) continue;
    best_rest = rest / changed * 0.999;  // of two that fit alike, the first
    best = {figure.what, states.front().*figure.value, states.back().*figure.value, each};
  }
  return best;
}

}  // namespace mqtrack::verdicts
