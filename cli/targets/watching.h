// Snapshots of a running process, taken one after another for some time.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/messages.h"
#include "libtrack/profile/profile.h"
#include "libtrack/snapshot/take_snapshot.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

struct WatchOptions {
  std::chrono::seconds duration{300};
  std::chrono::seconds every{30};
};

/// Takes a snapshot at once, then one `every` so often, and one at the end of `duration`; each begins a generation.
/// Says how far it is, once for each. Ends before its time, with what there is, when the user interrupts it (^C), or
/// when the process has ended. Errors: those of the first snapshot.
[[nodiscard]] support::Result<std::vector<profile::Profile>> WatchProcess(const std::string& target,
                                                                          const snapshot::Options& options,
                                                                          const WatchOptions& watch,
                                                                          const Messages& messages);

}  // namespace mqtrack::cli
