// Where pointers count that nothing else has to hold: variables, stacks, registers, mappings. All memory of the process
// that may be written to is one of these, or the allocator's, or the recorder's own, which is no holder of anything.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/heapgraph/capture/heap_capture.h"
#include "libtrack/heapgraph/capture/memory_source.h"
#include "libtrack/heapgraph/capture/page_map.h"

namespace mqtrack::heapgraph {

enum class RootKind : std::uint8_t {
  kGlobal,       // a variable of the executable or a library
  kThreadLocal,  // a thread's own variables, and what the C library keeps for it
  kStack,        // from a thread's stack pointer up
  kRegister,
  kMapping,      // a mapping that the service made
  kUnexplained,  // another mapping that nobody has told of: the loader's, or one made before the recording
  kKernel,       // no memory: what epoll and timers give back
  kUnknownHeap,  // blocks from before the recording, or free memory between them: that cannot be told apart
};
/// "global variable" and the like.
[[nodiscard]] std::string_view RootKindName(RootKind kind);

struct RootRegion {
  RootKind kind = RootKind::kUnexplained;
  AddressRange range;         // of a register, and the kernel's: none
  std::uint32_t subject = 0;  // kGlobal: index of the module in the log; of a thread's: of HeapCapture::threads
};
/// RootRegion::subject where it is not known: a file that no module of the log is, a thread that has ended.
inline constexpr std::uint32_t kNoSubject = 0xffffffff;

/// Whether pointers may stand in a mapping (of procfs::ReadMemoryUse) at all.
[[nodiscard]] bool CanHold(const procfs::MemoryMapping& mapping, std::uint64_t log_inode);

/// All of them but the registers. `allocator`: FindAllocatorMemory.
[[nodiscard]] std::vector<RootRegion> FindRootRegions(const HeapCapture& capture, const MemorySource& memory,
                                                      const std::vector<AddressRange>& allocator);

}  // namespace mqtrack::heapgraph
