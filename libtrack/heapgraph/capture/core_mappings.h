// The mappings of a process, as far as a core file that the kernel or a debugger wrote tells: their names and much of
// what the kernel says of a running process are not in it.
#pragma once

#include <cstdint>
#include <vector>

#include "libtrack/heapgraph/capture/core_log.h"
#include "libtrack/heapgraph/capture/heap_capture.h"
#include "libtrack/heapgraph/capture/page_map.h"

namespace mqtrack::heapgraph {

/// Inode that stands for the log's file.
inline constexpr std::uint64_t kCoreLogInode = 1;

struct CoreMappings {
  std::vector<procfs::MemoryMapping> mappings;
  std::vector<AddressRange> shown, missing;  // as CoreSource has them
};

/// `modules` and `blocks` (by address) are those of the log; `log`: that of the process, if it is known.
[[nodiscard]] CoreMappings FindCoreMappings(const corefile::CoreFile& core, const std::optional<CoreLog>& log,
                                            const std::vector<log::LogModule>& modules,
                                            const std::vector<log::LiveEntry>& blocks);

}  // namespace mqtrack::heapgraph
