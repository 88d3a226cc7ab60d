// Whether the figures of two profiles can be compared at all.
#pragma once

#include <string>

#include "libtrack/analysis/side.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::analysis {

/// One sentence on why the difference of the two means nothing: two recordings of one process, or one that was sampled
/// otherwise than the other. Empty: it does mean something, as far as the profiles tell.
[[nodiscard]] std::string WhyNotComparable(const Side& base, const Side& newer);

/// True if the two are of one recording.
[[nodiscard]] bool AreOfOneRecording(const Side& base, const Side& newer);

/// True if both are of one recording, which counted no event between them: whatever a test did, it did elsewhere.
[[nodiscard]] bool NothingHappenedBetween(const profile::Profile& base, const profile::Profile& newer);

}  // namespace mqtrack::analysis
