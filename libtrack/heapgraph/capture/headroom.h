// Whether a copy of a process fits into what memory is left. A copy shares its pages with the process until that writes
// to them; each page it writes to meanwhile is there twice, and counts against its control group.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/support/result.h"

namespace mqtrack::heapgraph {

/// A limit that applies to the process, and what of it is left.
struct MemoryLimit {
  std::string name;  // "its control group /system.slice/mosquitto.service"
  std::int64_t left_bytes = 0;
};

/// What the copy of a process may take while it is looked at.
struct CopyCost {
  std::int64_t page_tables = 0, anonymous = 0, committed = 0;
  /// Page tables, an eighth of what the process could write to, and some more.
  [[nodiscard]] std::int64_t need_bytes() const { return page_tables + anonymous / 8 + (std::int64_t{4} << 20); }
};

/// What the machine may still promise to processes.
struct CommitRoom {
  bool is_strict = false;  // vm.overcommit_memory is 2: every writable page counts, used or not
  std::int64_t left_bytes = 0;
};

[[nodiscard]] CopyCost CostOfCopy(pid_t pid);
/// The limits of its control groups (of both versions), and of the machine.
[[nodiscard]] std::vector<MemoryLimit> MemoryLimits(pid_t pid);

[[nodiscard]] CommitRoom CommitRoomLeft();

/// An error with figures if a copy does not fit. `name`: of the process, for the error.
[[nodiscard]] support::Status CheckRoom(const CopyCost& cost, const CommitRoom& commit,
                                        const std::vector<MemoryLimit>& limits, const std::string& name);
/// The same for a process as it is now.
[[nodiscard]] support::Status CheckRoomForCopy(pid_t pid, const std::string& name);

}  // namespace mqtrack::heapgraph
