// What a running process has lost, by two looks at it some time apart: a block whose only pointer is on its way through
// the kernel, or is kept in a form that is no pointer at that moment, is held again at the second.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/heapgraph/capture/heap_capture.h"
#include "libtrack/log/reader.h"
#include "libtrack/process/discovery.h"
#include "libtrack/support/result.h"

namespace mqtrack::heapgraph {

/// A loss: the block it begins with, and how much is lost with it.
struct Loss {
  log::LiveEntry head;
  std::uint32_t ring_blocks = 0;  // in its ring; 0: none
  std::uint64_t blocks = 0, bytes = 0;
};

/// How one look went.
struct Look {
  std::chrono::nanoseconds stood_still{};
  bool cloned = false;
  std::string why_not_cloned;
  std::uint64_t unreadable = 0;  // parts of its memory that could not be read: what they hold looks lost
  std::string from_core;         // as of HeapCapture
};

struct LostFindings {
  log::LogContent content;  // of the last look, without heap blocks
  std::vector<Loss> losses;
  std::vector<log::LiveEntry> blocks;  // all lost ones, by address
  std::uint64_t live_blocks = 0, live_bytes = 0;
  std::uint64_t found_once = 0;  // lost in one of two looks only
  std::uint64_t overlapping = 0;
  bool has_unknown_heap = false;
  std::vector<Look> looks;  // one if the first found nothing, or only one was wanted
};

struct LookOptions {
  CaptureOptions capture;
  bool once = false;
  std::chrono::seconds between{1};
};

/// Looks. Errors: those of WithCapture.
[[nodiscard]] support::Result<LostFindings> FindLost(const process::RecordedProcess& process,
                                                     const LookOptions& options);

}  // namespace mqtrack::heapgraph
