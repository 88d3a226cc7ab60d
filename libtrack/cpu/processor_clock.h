// The processor time of a process and of its threads, as the kernel has counted it: exact, whatever is sampled.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace mqtrack::cpu {

/// Nanoseconds that `clock` shows; nothing if there is none.
[[nodiscard]] std::optional<std::int64_t> NanosOf(clockid_t clock);

/// Of all threads of the process that has `pid` now, also of those that have ended.
class ProcessorClock {
 public:
  explicit ProcessorClock(pid_t pid);
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// False once that process has ended, be it as a zombie, whoever has its pid by then.
  [[nodiscard]] bool IsOfRunning() const;
  /// Nanoseconds since the process began. Once it has ended: what was read last.
  [[nodiscard]] std::int64_t Read();

 private:
  pid_t pid_;
  std::uint64_t start_ticks_ = 0;
  clockid_t clock_{};
  bool known_ = false;
  std::int64_t last_nanos_ = 0;
};

/// A thread of a process at one moment.
struct ThreadMoment {
  char state = '?';        // R: at work, or about to be
  std::int64_t ticks = 0;  // of processor time, in steps of the kernel's clock tick
  int processor = -1;      // where it is, or was last
};
/// Nothing if it has ended.
[[nodiscard]] std::optional<ThreadMoment> LookAtThread(pid_t pid, pid_t tid);

/// What the scheduler has counted of one thread. Of one that runs it may be one tick of the kernel's behind.
struct ThreadTimes {
  std::int64_t used_nanos = 0;    // on a processor
  std::int64_t waited_nanos = 0;  // for one, while it was ready to run: up to when it got it last
  std::int64_t turns = 0;         // how often it got one
};
/// Of what /proc/PID/task/TID/schedstat says. Nothing where the kernel does not count: without CONFIG_SCHED_INFO the
/// file holds zeros only, or is not there.
[[nodiscard]] std::optional<ThreadTimes> ParseSchedstat(std::string_view text);
/// Nothing if the thread has ended. In steps of the kernel's clock tick where it does not count.
[[nodiscard]] std::optional<ThreadTimes> TimesOfThread(pid_t pid, pid_t tid);

}  // namespace mqtrack::cpu
