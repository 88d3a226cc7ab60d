// A capture as a file: a core file that debuggers open, with the bytes of the log, and a note that says what core files
// have no place for (saved_facts.h). Looked at later and elsewhere it tells the same.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "libtrack/heapgraph/capture/heap_capture.h"
#include "libtrack/support/result.h"

namespace mqtrack::heapgraph {

/// What was written so far, and what that will be in all, about.
using SaveProgress = std::function<void(std::uint64_t done, std::uint64_t all)>;

struct SavedFile {
  std::uint64_t bytes = 0;  // of memory and log in it
};

/// Writes `capture`, which was made with CaptureOptions::keep_log, to `path`, where nothing may be yet. Only its owner
/// can read it. Errors: those of CoreWriter; too little room on the disk, with figures.
[[nodiscard]] support::Result<SavedFile> SaveCapture(const HeapCapture& capture, const MemorySource& memory,
                                                     const std::string& path, const SaveProgress& progress);

}  // namespace mqtrack::heapgraph
