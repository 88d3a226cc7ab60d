#include "libtrack/analysis/workload/broker_state.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "libtrack/profile/fact.h"
#include "libtrack/support/units.h"

namespace mqtrack::analysis {
namespace {

/// The words of a text with single blanks between them, one after the other.
std::string_view TakeWord(std::string_view& text) {
  const std::size_t blank = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, blank);
  text.remove_prefix(std::min(blank + 1, text.size()));
  return word;
}

/// Adds "retained=500". Names of later versions are passed over. False: that is no figure.
bool AddFigure(std::string_view text, BrokerState& state) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  const support::Result<std::int64_t> count = support::ParseCount(text.substr(equals + 1));
  if (!count || *count < 0) return false;
  const auto is_named = [&](const BrokerFigure& known) { return known.name == text.substr(0, equals); };
  const auto* figure = std::find_if(std::begin(kBrokerFigures), std::end(kBrokerFigures), is_named);
  if (figure == std::end(kBrokerFigures)) {
    figure = std::find_if(std::begin(kBrokerBefore), std::end(kBrokerBefore), is_named);
    if (figure == std::end(kBrokerBefore)) return true;
  }
  std::int64_t& total = state.*figure->value;
  return !__builtin_add_overflow(total, *count, &total);
}

void AddGaps(std::string_view words, std::vector<std::string>& gaps) {
  while (!words.empty()) {
    const std::string word(TakeWord(words));
    if (!word.empty() && std::find(gaps.begin(), gaps.end(), word) == gaps.end()) gaps.push_back(word);
  }
}

}  // namespace

BrokerState ReadBrokerState(const profile::Profile& profile) {
  BrokerState state;
  for (const std::string& fact : profile::FindFacts(profile, profile::kMqttStateFact)) {
    for (std::string_view rest = fact; !rest.empty();) {
      if (!AddFigure(TakeWord(rest), state)) return {};
    }
    state.is_known = true;
  }
  for (const std::string& fact : profile::FindFacts(profile, profile::kMqttStateGapsFact)) {
    state.is_complete = false;
    AddGaps(fact, state.gaps);
  }
  return state;
}

std::int64_t ForChange(const BrokerState& state, std::int64_t BrokerState::*figure) {
  // A client that was connected and had a session comes back as both, and one with a clean session as a new one.
  std::int64_t before = 0;
  if (figure == &BrokerState::connected) before = state.left_before;
  if (figure == &BrokerState::sessions) before = std::max(state.kept_before, state.left_before);
  if (figure == &BrokerState::offline_sessions) before = state.kept_before;
  return state.*figure - before;
}

BrokerState StateBefore(const BrokerState& base, const WorkDone& work) {
  constexpr std::size_t kConnect = 1;
  BrokerState state = base;
  if (!state.is_known) state.is_known = work.is_known && work.received[kConnect] == 0;
  return state;
}

}  // namespace mqtrack::analysis
