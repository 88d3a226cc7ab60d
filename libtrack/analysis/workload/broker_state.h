// What a broker has to hold, from the packets that it received and sent: sessions, subscriptions, retained messages,
// messages under way. Growth that this explains is state, and no leak.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/analysis/workload/work_done.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::analysis {

/// At one moment, by what clients and broker told each other (docs/mqtt.md, "State"); what a broker holds besides, for
/// a plugin or from its own store, nobody told.
struct BrokerState {
  bool is_known = false;              // false: no broker, or nobody counted, and the rest means nothing
  bool is_complete = true;            // false: `gaps` say what the figures lack
  std::int64_t connected = 0;         // clients that have connected and are there
  std::int64_t sessions = 0;          // of clients that are connected, or gone and to be remembered
  std::int64_t offline_sessions = 0;  // of these, those of clients that are gone
  std::int64_t subscriptions = 0;     // distinct filters of each session
  std::int64_t retained = 0;          // topics with a retained message
  std::int64_t retained_set = 0, retained_cleared = 0;  // PUBLISH packets that did so, since the recording began
  std::int64_t unacknowledged_out = 0;  // messages sent to a client of a session, and not yet acknowledged
  std::int64_t half_open_in = 0;        // messages of QoS 2 received, and not yet released
  std::int64_t wills = 0;               // connected clients that have left a will
  // Since the recording began, of what was there before and was not counted then (ForChange):
  std::int64_t kept_before = 0;   // sessions that have turned up among those above
  std::int64_t left_before = 0;   // clients whose connections have ended
  std::vector<std::string> gaps;  // why it is not complete, one word each: "attached", "websockets" …
};

/// One of them, and what snapshots and JSON call it.
struct BrokerFigure {
  std::string_view name;
  std::int64_t BrokerState::*value;
};
inline constexpr BrokerFigure kBrokerFigures[] = {{"connected", &BrokerState::connected},
                                                  {"sessions", &BrokerState::sessions},
                                                  {"offline_sessions", &BrokerState::offline_sessions},
                                                  {"subscriptions", &BrokerState::subscriptions},
                                                  {"retained", &BrokerState::retained},
                                                  {"retained_set", &BrokerState::retained_set},
                                                  {"retained_cleared", &BrokerState::retained_cleared},
                                                  {"unacknowledged_out", &BrokerState::unacknowledged_out},
                                                  {"half_open_in", &BrokerState::half_open_in},
                                                  {"wills", &BrokerState::wills}};

/// What puts the changes of these right, beside them in the same fact, and no figure of its own.
inline constexpr BrokerFigure kBrokerBefore[] = {{"kept_before", &BrokerState::kept_before},
                                                 {"left_before", &BrokerState::left_before}};

/// From the profile's facts. Several of them are added up, as a merged profile has them. Not known if one of them makes
/// no sense.
[[nodiscard]] BrokerState ReadBrokerState(const profile::Profile& profile);

/// A figure as far as its changes are concerned: without what was there before the recorder came, and seemed to be new
/// when it was first met. It may be negative: only differences of two moments mean anything.
[[nodiscard]] std::int64_t ForChange(const BrokerState& state, std::int64_t BrokerState::*figure);

/// What it held before, of the older of two snapshots: where nobody had connected yet, nothing.
[[nodiscard]] BrokerState StateBefore(const BrokerState& base, const WorkDone& work);

}  // namespace mqtrack::analysis
