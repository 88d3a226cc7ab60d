// The memory of a running recorded process at one moment: its blocks as the log has them, its threads' registers, and a
// copy of itself to read the rest from.
//
// All threads are stopped; the process is made to clone itself by a system call (libtrack/attach/clone_process.h), and
// the bytes of its log are copied meanwhile, since the log is shared memory and goes on changing. Then the threads go
// on, and everything else is read from the copy, which never runs. It is ended when the work is done, or by the kernel
// if this program dies. Where the process cannot be cloned, its memory is copied while it stands, if there is not too
// much.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "libtrack/heapgraph/capture/memory_source.h"
#include "libtrack/log/log_copy.h"
#include "libtrack/log/reader.h"
#include "libtrack/process/discovery.h"
#include "libtrack/procfs/memory_maps.h"
#include "libtrack/support/result.h"

namespace mqtrack::heapgraph {

/// A thread as it stood.
struct ThreadAtRest {
  pid_t tid = 0;
  std::string name;
  std::uint64_t stack_pointer = 0, thread_pointer = 0;
  std::vector<std::uint64_t> registers;  // all, as words
};

struct HeapCapture {
  pid_t pid = 0;
  std::string process;                 // "mosquitto (pid 4711)"
  log::LogContent content;             // without its heap blocks
  std::vector<log::LiveEntry> blocks;  // by address, none overlapping another
  std::uint64_t overlapping = 0;       // that were left out for that
  bool has_unknown_heap = false;       // some of the heap was made before the recording, and lies between the blocks
  std::uint64_t log_inode = 0;
  std::uint64_t not_copied = 0;  // mappings that a copy does not have, and that were too large to copy beside it
  std::vector<std::uint64_t> kernel_words;  // that the process has given to the kernel, just after that moment
  std::vector<ThreadAtRest> threads;        // the main thread first, if it is there
  std::vector<procfs::MemoryMapping> mappings;
  bool cloned = false;
  std::string why_not_cloned;  // if it was copied instead
  std::string from_core;       // how the core file was written that it is from; empty: it is from the process itself
  std::chrono::nanoseconds stood_still{};
  std::shared_ptr<const log::LogCopy> log;  // if CaptureOptions::keep_log
  std::function<support::Status()> check;   // may be null; an error if its memory was taken away meanwhile
};

struct CoreTarget;  // core_target.h

struct CaptureOptions {
  bool force = false;        // whatever memory is left, and however long it stands still
  bool never_clone = false;  // copy its memory while it stands
  bool keep_log = false;
  std::shared_ptr<const CoreTarget> core = {};  // look at this instead of the running process; null: at that
};

/// Captures `process` and calls `work` while its memory can be read, on a thread made for it. Errors: it does not run
/// any more; it may not be traced (says what to do); a thread did not stop; memory is short; and what `work` returns.
[[nodiscard]] support::Status WithCapture(
    const process::RecordedProcess& process, const CaptureOptions& options,
    const std::function<support::Status(const HeapCapture&, const MemorySource&)>& work);

}  // namespace mqtrack::heapgraph
