// A TARGET becomes figures.
#pragma once

#include <string>
#include <vector>

#include "libtrack/figures/figures.h"
#include "libtrack/process/discovery.h"
#include "libtrack/snapshot/take_snapshot.h"
#include "libtrack/support/result.h"

namespace mqtrack::figures {

struct ReadOptions {
  snapshot::Options loading = {};  // as for a TARGET of any command; never begins a generation
  std::size_t sites = 0;           // how many places in the code are told by name; 0: none, and no symbols are read
};

/// A pid or name of a recorded process, its log, a snapshot, or an http(s) URL of a Go service, whose goroutines are
/// asked for as well. The service is not stopped. Errors are those of snapshot::LoadTarget.
[[nodiscard]] support::Result<TargetFigures> ReadFigures(const std::string& target, const ReadOptions& options);

/// Of a recorded process. One whose log cannot be read has mqtrack_up 0 and nothing that the log would tell.
[[nodiscard]] Figures ReadProcessFigures(const process::RecordedProcess& process, const ReadOptions& options);

/// Names that tell these processes apart and stay the same for as long as each lives: its own name, and behind that the
/// pid of those that were started later under the same one. One for each, in order.
[[nodiscard]] std::vector<std::string> NameProcesses(const std::vector<process::RecordedProcess>& processes);

}  // namespace mqtrack::figures
