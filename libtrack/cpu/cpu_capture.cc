#include "libtrack/cpu/cpu_capture.h"

#include <time.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "libtrack/cpu/event_sampler.h"
#include "libtrack/cpu/processor_clock.h"
#include "libtrack/cpu/stop_sampler.h"
#include "libtrack/procfs/proc_status.h"
#include "libtrack/procfs/ptrace_refusal.h"
#include "libtrack/support/unix_time.h"
#include "libtrack/threads/stop_keys.h"

namespace mqtrack::cpu {
namespace {

using support::Error;
using support::ErrorCode;
using support::Status;
using Clock = std::chrono::steady_clock;

std::int64_t OwnNanosAll() { return NanosOf(CLOCK_PROCESS_CPUTIME_ID).value_or(0); }

Status SampleByStops(const CpuOptions& options, Clock::time_point deadline, ProcessorClock& clock, StackTally& tally,
                     CpuCapture& capture) {
  Status status;
  const threads::StopKeysHeld keys;
  // ptrace belongs to one thread; when that ends, the kernel lets go whatever could not be.
  std::thread([&] {
    StopSampler sampler(clock, options.hz, tally, keys);
    status = sampler.Run(deadline, options.is_interrupted);
    capture.cost = sampler.cost();
    capture.has_ended = sampler.has_ended();
  }).join();
  capture.way = Way::kStops;
  return status;
}

/// Why it could not; nothing if it did.
std::string SampleByEvents(const CpuOptions& options, Clock::time_point deadline, const ProcessorClock& clock,
                           StackTally& tally, CpuCapture& capture) {
  EventSampler sampler(clock, options.hz);
  if (const Status opened = sampler.Open(options.way == Way::kAny); !opened) return opened.error().text;
  sampler.Run(tally, deadline, options.is_interrupted);
  capture.cost = sampler.cost();
  capture.has_ended = sampler.has_ended();
  capture.has_kernel_time = sampler.has_kernel_time();
  capture.way = Way::kEvents;
  return {};
}

Status Sample(const CpuOptions& options, Clock::time_point deadline, ProcessorClock& clock, StackTally& tally,
              CpuCapture& capture) {
  if (options.way != Way::kStops) {
    capture.why_no_events = SampleByEvents(options, deadline, clock, tally, capture);
    if (capture.why_no_events.empty()) return {};
    if (options.way == Way::kEvents)
      return Error{ErrorCode::kCannotMeasure, capture.why_no_events, procfs::ProcessName(options.pid)};
  } else {
    capture.why_no_events = "stops were asked for";
  }
  if (Status possible = procfs::CheckTraceable(options.pid); !possible) return possible;
  const Status sampled = SampleByStops(options, deadline, clock, tally, capture);
  if (sampled) return {};
  Error error = sampled.error();
  error.code = ErrorCode::kCannotMeasure;
  return error;
}

// An event comes after a whole period of a thread's time on a processor: of threads that end before that there is none,
// and the switching from thread to thread is not in it. Less than a few periods are the rests of threads that go on.
void CountUnsampled(const CpuCapture& capture, StackTally& tally) {
  const std::int64_t unsampled = capture.process_nanos - tally.nanos(), period = 1'000'000'000 / capture.hz;
  const std::int64_t rests = period * (8 + static_cast<std::int64_t>(tally.threads()));
  if (unsampled > rests && unsampled > capture.process_nanos / 20) tally.AddGap(0, "not sampled", 0, unsampled);
}

}  // namespace

support::Result<CpuCapture> CaptureCpu(const CpuOptions& options) {
  CpuCapture capture;
  capture.pid = options.pid;
  capture.hz = options.hz;
  if (const auto status = procfs::ReadProcStatus(options.pid)) capture.name = status->comm;
  capture.command = procfs::CommandOf(options.pid);
  // That somebody else traces it matters to stops only.
  if (const Status possible = procfs::CheckTraceable(options.pid);
      !possible && possible.error().code != ErrorCode::kCannotMeasure)
    return possible.error();
  StackTally tally(options.pid);
  ProcessorClock clock(options.pid);
  const std::int64_t before = clock.Read(), own_before = OwnNanosAll();
  const Clock::time_point begin = Clock::now();
  capture.began_unix_ns = support::UnixNanosNow();
  // Read at every look: a process that has ended may have no clock any more, and counts up to the last one then.
  CpuOptions sampling = options;
  sampling.is_interrupted = [&] {
    (void)clock.Read();
    return options.is_interrupted();
  };
  if (const Status sampled = Sample(sampling, begin + options.duration, clock, tally, capture); !sampled)
    return sampled.error();
  capture.elapsed = Clock::now() - begin;
  capture.process_nanos = clock.Read() - before;
  if (capture.has_ended) capture.process_nanos = std::max(capture.process_nanos, tally.nanos());
  if (capture.way == Way::kEvents && !capture.has_ended && capture.has_kernel_time) CountUnsampled(capture, tally);
  // However little: an empty profile says that nothing was used.
  if (tally.sums().empty() && capture.process_nanos > 0) tally.AddGap(0, kNeverMet, 0, capture.process_nanos);
  capture.cost.own_nanos = OwnNanosAll() - own_before;
  capture.threads = static_cast<std::int64_t>(tally.threads());
  capture.modules = tally.modules();
  capture.stacks = std::move(tally).TakeSums();
  return capture;
}

}  // namespace mqtrack::cpu
