// The processor time of a process and of its threads, as the kernel has counted it: exact, whatever is sampled.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <cstdint>
#include <optional>

namespace mqtrack::cpu {

/// Of all threads of a process, also of those that have ended.
class ProcessorClock {
 public:
  explicit ProcessorClock(pid_t pid);
  /// Nanoseconds since the process began. Once it has ended: what was read last.
  [[nodiscard]] std::int64_t Read();

 private:
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

/// False once the process has ended, be it as a zombie.
[[nodiscard]] bool IsAnyThreadAlive(pid_t pid);

/// What the scheduler has counted of one thread. Of one that runs it may be one tick of the kernel's behind.
struct ThreadTimes {
  std::int64_t used_nanos = 0;    // on a processor
  std::int64_t waited_nanos = 0;  // for one, while it was ready to run: up to when it got it last
  std::int64_t turns = 0;         // how often it got one
};
/// Nothing if the thread has ended.
[[nodiscard]] std::optional<ThreadTimes> TimesOfThread(pid_t pid, pid_t tid);

}  // namespace mqtrack::cpu
