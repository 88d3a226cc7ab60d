// What a broker's clients have asked for, and who of them does not take it now: facts of a snapshot, by which growth
// that waits for somebody is told from a leak. Private to the module.
#pragma once

#include <cstdint>
#include <set>

#include "libtrack/log/reader.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::snapshot {

/// `stalled`: descriptors whose peers do not take what was sent to them. Adds nothing to what is no broker.
void AddAskedFacts(profile::Profile& profile, const log::LogContent& content, const std::set<std::uint64_t>& stalled);

}  // namespace mqtrack::snapshot
