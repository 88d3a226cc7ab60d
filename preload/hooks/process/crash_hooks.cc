// Where the crash reporter (preload/crash) leaves what it found: in the log, which survives the process. Called in a
// signal handler of a process that may be about to die, perhaps in the middle of the recorder or of the allocator.
#include <time.h>

#include "preload/hooks/resource_scope.h"
#include "preload/recorder/sync/kernel_call.h"
#include "preload/recorder/thread_labels.h"

namespace {

using mqtrack::hooks::ResourceScope;
using mqtrack::recorder::recorder;
namespace log = mqtrack::log;

std::uint64_t UnixNow() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

/// `frames`: return addresses, the place of the fault first. 1 if it was recorded. Async-signal-safe.
int mqtrack_v1_crash(const log::CrashRecord* crash, const std::uint64_t* frames, std::uint32_t count) {
  const ResourceScope scope(MQTRACK_HOOK_FRAME);
  if (!scope.records() || recorder.IsInChildOfVfork()) return 0;
  log::Header& header = recorder.header();
  const std::uint64_t number = __atomic_add_fetch(&header.crash_count, 1, __ATOMIC_RELAXED);
  log::CrashRecord& kept = header.crashes[number % log::kKeptCrashes];
  __atomic_store_n(&kept.sequence, 0u, __ATOMIC_RELEASE);
  kept.signal = crash->signal;
  kept.code = crash->code;
  kept.flags = crash->flags;
  kept.address = crash->address;
  kept.pid = crash->pid;
  kept.tid = crash->tid;
  kept.unix_ns = UnixNow();
  kept.stack = kept.labels = 0;
  // What is known without the tables is told first: the heap may be in any state, and the recorder's memory as well.
  __atomic_store_n(&kept.sequence, static_cast<std::uint32_t>(number), __ATOMIC_RELEASE);
  kept.labels =
      static_cast<std::uint32_t>(mqtrack::recorder::ThreadLabels(recorder).Of(mqtrack::recorder::thread_state));
  const std::uint32_t depth = count < log::kMaxFrames ? count : log::kMaxFrames;
  const std::uint32_t flags = count > log::kMaxFrames ? log::kStackTruncated : 0u;
  const log::StackRecord* stack = recorder.stacks().Intern(frames, depth, flags);
  if (stack != nullptr)
    __atomic_store_n(&kept.stack, static_cast<std::uint32_t>(recorder.stacks().IdOf(stack)), __ATOMIC_RELEASE);
  return 1;
}

}  // extern "C"
#pragma GCC visibility pop
