// What a series of the history means: growth and verdicts, as figures and for the page.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libtrack/figures/figures.h"
#include "libtrack/profile/profile.h"
#include "libtrack/verdicts/diagnosis.h"

namespace mqtrack::history {

/// Snapshots of one recording and what they say; kept together, since the diagnosis points into them. Immutable.
struct Judged {
  std::vector<profile::Profile> profiles;
  verdicts::Diagnosis diagnosis;
  figures::Figures figures;  // mqtrack_growth_*, mqtrack_verdict_*, mqtrack_memory_room_seconds, mqtrack_site_bytes
  std::string problem;       // not empty: they are no series, and there is no diagnosis
};

/// Takes the snapshots. The heap is not looked at: nothing is stopped for it, and nothing is called lost.
[[nodiscard]] std::shared_ptr<const Judged> JudgeSeries(std::vector<profile::Profile> profiles);

}  // namespace mqtrack::history
