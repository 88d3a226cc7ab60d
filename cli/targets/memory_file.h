// The memory of a running service as a file, to be looked at later or elsewhere: mqtrack snapshot --core.
#pragma once

#include <string>

#include "cli/messages.h"
#include "cli/targets/running_target.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

struct SavedMemory {
  std::string process;  // "mosquitto (pid 4711)"
  std::uint64_t bytes = 0;
  std::int64_t stood_still_nanos = 0;
};

/// Captures the process that `target` means and writes its memory to `path`. On a terminal it says how far that is.
[[nodiscard]] support::Result<SavedMemory> SaveMemory(const std::string& target, const std::string& log_dir,
                                                      const heapgraph::CaptureOptions& options, const std::string& path,
                                                      const Messages& messages);

}  // namespace mqtrack::cli
