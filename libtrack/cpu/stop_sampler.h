// Samples by stopping threads, for where perf_event_open is refused. At moments a random time apart each thread that is
// ready to run, and no other, is seized, stopped, copied and let go. A thread that waits is never touched: its waiting
// call would begin anew each time, and one with a time limit would never end. A thread that was ready but had no
// processor at that moment did not work: its copy is thrown away (WasAtWork). On a busy machine these are mostly
// threads that have just been woken, and their waiting calls would seem to be what costs the time.
//
// How often a thread is met at work says where it spends its time; how much that is the kernel counts: a sample is
// worth the processor time that its thread has used since the one before. So totals are exact at any rate, and the rate
// may fall. It does where it must: what threads stand still is at most kMostStoodShare of the time, and what we use
// ourselves at most kMostOwnShare of a processor.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <unordered_map>
#include <vector>

#include "libtrack/cpu/cpu_capture.h"
#include "libtrack/cpu/processor_clock.h"
#include "libtrack/cpu/stack_tally.h"
#include "libtrack/support/result.h"
#include "libtrack/threads/seized_thread.h"
#include "libtrack/threads/stop_keys.h"

namespace mqtrack::cpu {

inline constexpr double kMostStoodShare = 0.02, kMostOwnShare = 0.05;

/// To be used on one thread, made for it: what could not be let go is let go by the kernel when that thread ends.
class StopSampler {
 public:
  /// Samples the process of `clock`. `keys`: held on the calling thread, and heeded while no thread stands still.
  StopSampler(ProcessorClock& clock, std::int64_t hz, StackTally& tally, const threads::StopKeysHeld& keys);

  /// Until `deadline`, the end of the process, or `is_interrupted`. An error only if no thread could ever be stopped.
  [[nodiscard]] support::Status Run(std::chrono::steady_clock::time_point deadline,
                                    const std::function<bool()>& is_interrupted);
  [[nodiscard]] const CpuCost& cost() const { return cost_; }
  [[nodiscard]] bool has_ended() const { return has_ended_; }

 private:
  using Clock = std::chrono::steady_clock;

  /// A thread that was ready to run at the moment of the look.
  struct Ready {
    pid_t tid;
    ThreadTimes times;
    bool is_beside_us;  // on the processor that we run on
  };
  struct Caught {
    pid_t tid = 0;
    threads::ThreadCopy copy;
    std::int64_t nanos = 0;
  };
  /// When what happened while a thread was stopped.
  struct StopTimes {
    Clock::time_point moment;     // of the look
    Clock::time_point ran_until;  // when it was seen last not to stand still
    Clock::time_point stopped;
  };

  void ListThreads();
  [[nodiscard]] support::Status Look(Clock::time_point moment);
  [[nodiscard]] support::Status Catch(const Ready& ready, Clock::time_point moment);
  [[nodiscard]] bool StopAndCopy(threads::SeizedThread& thread, Caught& caught, StopTimes& times,
                                 support::Status& status);
  [[nodiscard]] static bool WasAtWork(const Ready& ready, const ThreadTimes& now,
                                      const threads::ThreadRegisters& registers, const StopTimes& times);
  [[nodiscard]] bool SleepUntil(Clock::time_point when) const;
  [[nodiscard]] bool IsStuck(pid_t tid) const;
  void LetGoStuckOnes();
  void TallyCaught();
  void CountTheRest();
  [[nodiscard]] std::chrono::nanoseconds NextPause(std::int64_t stood_nanos, std::int64_t own_nanos);

  pid_t pid_;
  std::int64_t hz_;
  StackTally& tally_;
  ProcessorClock& clock_;
  const threads::StopKeysHeld& keys_;
  std::int64_t process_before_, tally_before_;
  std::unordered_map<pid_t, std::int64_t> counted_;  // by thread: its processor time up to its last sample
  Clock::time_point listed_{};
  std::vector<std::unique_ptr<threads::SeizedThread>> stuck_;  // asked to stop, and have not
  std::vector<std::byte> scratch_;
  std::vector<Caught> caught_;  // at this look
  std::mt19937_64 random_{std::random_device{}()};
  CpuCost cost_;
  bool has_ended_ = false, has_caught_ = false;
};

}  // namespace mqtrack::cpu
