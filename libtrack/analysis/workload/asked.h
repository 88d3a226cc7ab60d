// What a broker's clients have asked for, and who of them does not take it: what is made for messages that somebody
// waits for, and does not take, is that client's.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/profile/profile.h"

namespace mqtrack::analysis {

/// One filter, generalised as labels are.
struct AskedFilter {
  std::string filter;
  std::int64_t away = 0;           // clients that are gone while their sessions are kept
  std::int64_t stalled = 0;        // clients that do not take what is sent to them
  std::int64_t connected = 0;      // all others
  std::vector<std::string> names;  // of the first two kinds, three at most
};

struct Asked {
  bool is_all = false;  // nobody waits who is not named here
  std::vector<AskedFilter> filters;
  std::set<std::string> stalled;  // clients
};

/// From the profile's facts; what makes no sense is left out.
[[nodiscard]] Asked ReadAsked(const profile::Profile& profile);

/// True if a message of this topic goes to who has asked for this filter (MQTT 5.0, 4.7): both as labels show them,
/// with identifiers become "+".
[[nodiscard]] bool IsAskedFor(std::string_view topic, std::string_view filter);

/// True of a filter that all topics match.
[[nodiscard]] bool AsksForAll(std::string_view filter);

}  // namespace mqtrack::analysis
