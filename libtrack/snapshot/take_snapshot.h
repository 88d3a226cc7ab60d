// A snapshot of a recorded process.
#pragma once

#include <string>

#include "libtrack/process/discovery.h"
#include "libtrack/process/run_counts.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"
#include "libtrack/symbolize/symbolizer.h"

namespace mqtrack::snapshot {

struct Options {
  std::string log_dir;             // where to look for recorded processes; empty: default
  bool advance_generation = true;  // a snapshot of a live log starts the next generation
  bool ends_now = false;    // the process ends at this moment: that is the snapshot's time, though nobody wrote it down
  bool has_exited = false;  // by itself, as its parent knows, whatever its log says
  bool leave_out_inherited = false;  // of a child of fork only what it made itself, where its log can tell
  /// What the process's run has counted, where that is known already: see RunCounts.
  const process::RunCounts* run_counts = nullptr;
  bool tell_of_others = true;  // name the recorded children of the process, whose figures are not in the snapshot
  bool walk_pages = true;      // say whose resident memory is: the kernel walks all of the process's pages for it
  symbolize::Options symbols;
  bool symbolize = true;
};

/// Takes a snapshot of a recorded process, alive or dead.
[[nodiscard]] support::Result<profile::Profile> TakeSnapshot(const process::RecordedProcess& process,
                                                             const Options& options);

}  // namespace mqtrack::snapshot
