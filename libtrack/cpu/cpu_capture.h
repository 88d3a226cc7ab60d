// Where a running process spends processor time: its stacks, sampled for a while. Without names: those are the
// symbolizer's business.
//
// Two ways. By events: the kernel interrupts each thread after so much processor time of its own and copies its
// registers and the top of its stack into a ring that we read (perf_event_open); the service does not stop. Where that
// is not allowed, as in most containers, by stops: at random moments each thread that is at work is stopped by ptrace
// for the time it takes to copy its stack (stop_sampler.h). Either way the frames are found outside of the process.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "libtrack/cpu/stack_tally.h"
#include "libtrack/support/result.h"

namespace mqtrack::cpu {

enum class Way { kAny, kEvents, kStops };

struct CpuOptions {
  pid_t pid = 0;
  std::chrono::nanoseconds duration{};
  std::int64_t hz = 99;  // samples for each second of processor time that a thread uses
  Way way = Way::kAny;
  std::function<bool()> is_interrupted = [] { return false; };  // ends it before its time, with what there is
};

/// What the looking has cost, and how much it saw.
struct CpuCost {
  std::int64_t own_nanos = 0;    // processor time of ours
  std::int64_t stood_nanos = 0;  // that threads of the service stood still, all added up
  std::int64_t longest_stop_nanos = 0;
  std::int64_t looks = 0;    // of kStops: moments at which was looked
  std::int64_t lost = 0;     // of kEvents: samples for which the ring had no room
  std::int64_t without = 0;  // samples without a stack: no thread of 64-bit code, or it did not stop in time
};

struct CpuCapture {
  pid_t pid = 0;
  std::string name;
  std::vector<std::string> command;
  Way way = Way::kAny;          // never kAny
  std::string why_no_events;    // of kStops
  bool has_kernel_time = true;  // false: only time in user mode was sampled
  bool has_ended = false;       // the process, meanwhile
  std::int64_t began_unix_ns = 0;
  std::chrono::nanoseconds elapsed{};
  std::int64_t hz = 0;             // as asked for
  std::int64_t process_nanos = 0;  // processor time that the process used meanwhile, by the kernel's own account
  std::int64_t threads = 0;        // of them at work
  CpuCost cost;
  std::map<WorkStack, WorkSum> stacks;
  std::vector<threads::LoadedModule> modules;
};

/// Samples the process, on threads of its own, until the time is over, the process has ended or it is interrupted.
/// Errors: no such process; not permitted, traced by another program, 32-bit (kCannotMeasure).
[[nodiscard]] support::Result<CpuCapture> CaptureCpu(const CpuOptions& options);

}  // namespace mqtrack::cpu
