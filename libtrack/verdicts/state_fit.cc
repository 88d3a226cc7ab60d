#include "libtrack/verdicts/state_fit.h"

#include <cmath>
#include <cstdlib>

namespace mqtrack::verdicts {
namespace {

struct Figure {
  std::int64_t analysis::BrokerState::*value;
  const char* what;
  const char* cause;  // the type of packets that makes it more
};

constexpr Figure kFigures[] = {
    {&analysis::BrokerState::retained, "retained messages", "PUBLISH"},
    {&analysis::BrokerState::subscriptions, "subscriptions", "SUBSCRIBE"},
    {&analysis::BrokerState::offline_sessions, "sessions of clients that are offline", "CONNECT"},
    {&analysis::BrokerState::unacknowledged_out, "messages that clients have not acknowledged", "PUBLISH"},
    {&analysis::BrokerState::half_open_in, "QoS 2 messages that clients have not released", "PUBLISH"},
    {&analysis::BrokerState::wills, "wills", "CONNECT"},
    {&analysis::BrokerState::connected, "connected clients", "CONNECT"},
    {&analysis::BrokerState::sessions, "sessions", "CONNECT"},
};

/// What does not follow, as a share of all that changed.
constexpr double kMostUnexplained = 0.1;

double ValueOf(const analysis::BrokerState& state, std::int64_t analysis::BrokerState::*figure) {
  return static_cast<double>(state.*figure);
}

/// How well counts follow a figure: what is not `each` times its change, as a share of all changes.
struct Following {
  double each = 0, rest = 1;
};

Following Follow(const std::vector<analysis::BrokerState>& states, const std::vector<std::int64_t>& counts,
                 std::int64_t analysis::BrokerState::*figure) {
  const double growth = static_cast<double>(counts.back()) - static_cast<double>(counts.front());
  const double risen = ValueOf(states.back(), figure) - ValueOf(states.front(), figure);
  if (risen <= 0) return {};
  Following following;
  following.each = growth / risen;
  double rest = 0, changed = 0;
  for (std::size_t i = 1; i < counts.size(); ++i) {
    const double change = static_cast<double>(counts[i]) - static_cast<double>(counts[i - 1]);
    rest += std::abs(change - following.each * (ValueOf(states[i], figure) - ValueOf(states[i - 1], figure)));
    changed += std::abs(change);
  }
  following.rest = rest / changed;
  return following;
}

/// Where some retained messages were cleared: what follows all that ever were set, cleared or not, is no state.
bool FollowsAllThatWereSet(const std::vector<analysis::BrokerState>& states, const std::vector<std::int64_t>& counts,
                           double rest) {
  if (states.back().retained_cleared <= states.front().retained_cleared) return false;
  return Follow(states, counts, &analysis::BrokerState::retained_set).rest <= rest;
}

}  // namespace

StateFit FindStateFit(const std::vector<analysis::BrokerState>& states, const std::vector<std::int64_t>& counts,
                      const std::string& cause) {
  StateFit best;
  double best_rest = kMostUnexplained;
  if (counts.back() <= counts.front()) return best;
  for (const analysis::BrokerState& state : states) {
    if (!state.is_known) return best;
  }
  for (const Figure& figure : kFigures) {
    if (!cause.empty() && cause != figure.cause) continue;
    const Following following = Follow(states, counts, figure.value);
    // What a broker holds of one of them is a few things; hundreds, or a hundredth, fit by chance.
    constexpr double kFewest = 0.2, kMost = 64;
    if (following.each < kFewest || following.each > kMost || following.rest > best_rest) continue;
    const bool is_retained = figure.value == &analysis::BrokerState::retained;
    if (is_retained && FollowsAllThatWereSet(states, counts, following.rest)) continue;
    best_rest = following.rest * 0.999;  // of two that fit alike, the first
    best = {figure.what, states.front().*figure.value, states.back().*figure.value, following.each};
  }
  return best;
}

StateFit FindStateOfAll(const analysis::BrokerState& before, const analysis::BrokerState& now, std::int64_t growth,
                        const std::string& cause) {
  constexpr std::int64_t kFewest = 10, kMostEach = 8, kPart = 50;  // fewer, or more for each, fit by chance
  StateFit fit;
  for (const Figure& figure : kFigures) {
    const std::int64_t there = now.*figure.value - before.*figure.value;
    if (!now.is_known || there < kFewest || growth < there || (!cause.empty() && cause != figure.cause)) continue;
    const std::int64_t each = (growth + there / 2) / there;
    if (each > kMostEach || std::abs(growth - each * there) > growth / kPart) continue;
    fit = {figure.what, before.*figure.value, now.*figure.value, static_cast<double>(each)};
    break;
  }
  return fit;
}

}  // namespace mqtrack::verdicts
