// Samples by the kernel's events (perf_event_open): each thread is interrupted after so much processor time of its own,
// and its registers and the top of its stack go into the ring of the processor it runs on. The service is neither
// stopped nor traced; threads that it starts meanwhile are sampled from their first instruction on.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "libtrack/cpu/cpu_capture.h"
#include "libtrack/cpu/event_ring.h"
#include "libtrack/cpu/processor_clock.h"
#include "libtrack/cpu/stack_tally.h"
#include "libtrack/support/file.h"
#include "libtrack/support/result.h"

namespace mqtrack::cpu {

class EventSampler {
 public:
  /// Samples the process of `clock`.
  EventSampler(const ProcessorClock& clock, std::int64_t hz) : clock_(clock), pid_(clock.pid()), hz_(hz) {}

  /// Begins to sample. `needs_kernel_time`: refuses where only time in user mode may be sampled. An error says why it
  /// cannot be had here.
  [[nodiscard]] support::Status Open(bool needs_kernel_time);
  /// Until `deadline`, the end of the process, or `is_interrupted`.
  void Run(StackTally& tally, std::chrono::steady_clock::time_point deadline,
           const std::function<bool()>& is_interrupted);
  [[nodiscard]] bool has_kernel_time() const { return has_kernel_time_; }
  [[nodiscard]] bool has_ended() const { return has_ended_; }
  [[nodiscard]] const CpuCost& cost() const { return cost_; }

 private:
  [[nodiscard]] int OpenOne(pid_t tid, int processor) const;
  [[nodiscard]] support::Status OpenOnProcessor(int processor, const std::vector<pid_t>& threads);
  [[nodiscard]] support::Status ShareRings();
  void Drain(StackTally& tally);
  void TakeSample(std::span<const std::byte> record, StackTally& tally);
  [[nodiscard]] std::int64_t period_nanos() const;

  const ProcessorClock& clock_;
  pid_t pid_;
  std::int64_t hz_;
  bool has_kernel_time_ = true, has_ended_ = false;
  std::vector<std::vector<support::FileHandle>> events_;  // by processor
  std::vector<int> first_events_;                         // of each ring
  std::vector<EventRing> rings_;
  threads::ThreadCopy copy_;
  CpuCost cost_;
};

}  // namespace mqtrack::cpu
