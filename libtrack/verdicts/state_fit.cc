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

using Amounts = std::vector<std::int64_t>;

// What a broker holds of one thing is a few others; hundreds, or a hundredth, fit by chance.
constexpr double kFewestEach = 0.2, kMostEach = 64;

Amounts ValuesOf(const std::vector<analysis::BrokerState>& states, std::int64_t analysis::BrokerState::*figure) {
  Amounts values;
  for (const analysis::BrokerState& state : states) values.push_back(analysis::ForChange(state, figure));
  return values;
}

/// How well counts follow a figure: what is not `each` times its change, as a share of all changes.
struct Following {
  double each = 0, rest = 1;
};

Following Follow(const Amounts& figure, const Amounts& counts) {
  const auto change_of = [](const Amounts& values, std::size_t from, std::size_t to) {
    return static_cast<double>(values[to]) - static_cast<double>(values[from]);
  };
  const double growth = change_of(counts, 0, counts.size() - 1), risen = change_of(figure, 0, figure.size() - 1);
  if (risen <= 0) return {};
  Following following;
  following.each = growth / risen;
  double rest = 0, changed = 0;
  for (std::size_t i = 1; i < counts.size(); ++i) {
    const double change = change_of(counts, i - 1, i);
    rest += std::abs(change - following.each * change_of(figure, i - 1, i));
    changed += std::abs(change);
  }
  following.rest = rest / changed;
  return following;
}

/// Where some retained messages were cleared: what follows all that ever were set, cleared or not, is no state.
bool FollowsAllThatWereSet(const std::vector<analysis::BrokerState>& states, const std::vector<std::int64_t>& counts,
                           double rest) {
  if (states.back().retained_cleared <= states.front().retained_cleared) return false;
  return Follow(ValuesOf(states, &analysis::BrokerState::retained_set), counts).rest <= rest;
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
    const Following following = Follow(ValuesOf(states, figure.value), counts);
    if (following.each < kFewestEach || following.each > kMostEach || following.rest > best_rest) continue;
    const bool is_retained = figure.value == &analysis::BrokerState::retained;
    if (is_retained && FollowsAllThatWereSet(states, counts, following.rest)) continue;
    best_rest = following.rest * 0.999;  // of two that fit alike, the first
    best = {figure.what, states.front().*figure.value, states.back().*figure.value, following.each};
  }
  return best;
}

StateFit FitFigure(const std::string& what, const Amounts& figure, const Amounts& counts) {
  if (counts.back() <= counts.front()) return {};
  const Following following = Follow(figure, counts);
  if (following.each < kFewestEach || following.each > kMostEach || following.rest > kMostUnexplained) return {};
  return {what, figure.front(), figure.back(), following.each};
}

StateFit FindStateOfAll(const analysis::BrokerState& before, const analysis::BrokerState& now, std::int64_t growth,
                        const std::string& cause) {
  constexpr std::int64_t kFewest = 10, kMostForEach = 8, kPart = 50;  // fewer, or more for each, fit by chance
  StateFit fit;
  for (const Figure& figure : kFigures) {
    const std::int64_t there = analysis::ForChange(now, figure.value) - analysis::ForChange(before, figure.value);
    if (!now.is_known || there < kFewest || growth < there || (!cause.empty() && cause != figure.cause)) continue;
    const std::int64_t each = (growth + there / 2) / there;
    if (each > kMostForEach || std::abs(growth - each * there) > growth / kPart) continue;
    fit = {figure.what, before.*figure.value, now.*figure.value, static_cast<double>(each)};
    break;
  }
  return fit;
}

}  // namespace mqtrack::verdicts
