#include "libtrack/analysis/workload/work_done.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "libtrack/log/packet_types.h"
#include "libtrack/profile/fact.h"
#include "libtrack/support/units.h"

namespace mqtrack::analysis {
namespace {

/// Adds "PUBLISH=500" to the totals. False: that is no such thing.
bool AddPacket(std::string_view text, PacketTotals& totals) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return false;
  const auto* name = std::find(std::begin(log::kPacketNames) + 1, std::end(log::kPacketNames), text.substr(0, equals));
  const support::Result<std::int64_t> count = support::ParseCount(text.substr(equals + 1));
  if (name == std::end(log::kPacketNames) || !count || *count < 0) return false;
  std::int64_t& total = totals[static_cast<std::size_t>(name - std::begin(log::kPacketNames))];
  return !__builtin_add_overflow(total, *count, &total);
}

/// False if there is no such fact, or one that makes no sense.
bool AddFacts(const profile::Profile& profile, std::string_view key, PacketTotals& totals) {
  const std::vector<std::string> facts = profile::FindFacts(profile, key);
  for (const std::string& fact : facts) {
    if (fact == profile::kNoPackets) continue;
    for (std::string_view rest = fact; !rest.empty();) {
      const std::size_t blank = std::min(rest.find(' '), rest.size());
      if (!AddPacket(rest.substr(0, blank), totals)) return false;
      rest.remove_prefix(std::min(blank + 1, rest.size()));
    }
  }
  return !facts.empty();
}

bool Subtract(const PacketTotals& base, const PacketTotals& newer, PacketTotals& between) {
  for (std::size_t type = 0; type < between.size(); ++type) {
    between[type] = newer[type] - base[type];
    if (between[type] < 0) return false;
  }
  return true;
}

}  // namespace

bool WorkDone::IsNone() const {
  const auto is_none = [](const PacketTotals& totals) {
    return std::all_of(totals.begin(), totals.end(), [](std::int64_t count) { return count == 0; });
  };
  return is_none(received) && is_none(sent);
}

WorkDone ReadWork(const profile::Profile& profile) {
  WorkDone work;
  work.is_known = AddFacts(profile, profile::kPacketsReceivedFact, work.received) &&
                  AddFacts(profile, profile::kPacketsSentFact, work.sent);
  for (const std::string& fact : profile::FindFacts(profile, profile::kUncountedSendersFact)) {
    const support::Result<std::int64_t> count = support::ParseCount(fact);
    work.is_known = work.is_known && count && *count >= 0 &&
                    !__builtin_add_overflow(work.uncounted_senders, *count, &work.uncounted_senders);
  }
  return work;
}

WorkDone WorkBetween(const WorkDone& base, const WorkDone& newer) {
  WorkDone between;
  between.is_known = base.is_known && newer.is_known && Subtract(base.received, newer.received, between.received) &&
                     Subtract(base.sent, newer.sent, between.sent);
  between.uncounted_senders = newer.uncounted_senders;
  return between;
}

}  // namespace mqtrack::analysis
