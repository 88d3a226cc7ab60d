// All threads of a process stand still for a moment, and go on whatever happens to us.
//
// Each thread is seized (PTRACE_SEIZE), which by itself stops nothing and sends no signal, and then interrupted. The
// kernel ends the tracing of a seized thread when its tracer is gone, by whatever death, and lets it run; so there is
// no moment in which killing us would leave a service standing. A thread found in a group-stop (SIGSTOP, ^Z) stays in
// it; a signal that arrives while we look is delivered when the thread goes on.
//
// ptrace belongs to one thread of the tracer. The work is therefore done on a thread of its own, whose end also lets go
// what could not be stopped in time and therefore cannot be detached (a thread in uninterruptible sleep).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "libtrack/support/result.h"
#include "libtrack/threads/thread_registers.h"

namespace mqtrack::threads {

/// A thread of the stopped process.
struct StoppedThread {
  pid_t tid = 0;
  bool stopped = false;        // false: it did not stop in time, has no registers and is running or will be
  bool group_stopped = false;  // it had been stopped by a signal before, and will stay so
  int signal = 0;              // to be delivered when it goes on
  ThreadRegisters registers;   // the worker may change the thread, but must put these back
};

/// What the work is given while the process stands still. Use it on the calling thread only.
class StoppedProcess {
 public:
  explicit StoppedProcess(pid_t pid) : pid_(pid) {}
  StoppedProcess(const StoppedProcess&) = delete;
  StoppedProcess& operator=(const StoppedProcess&) = delete;
  ~StoppedProcess() { Resume(); }

  /// Seizes and interrupts every thread, those too that are born meanwhile, and reads their registers. Returns when all
  /// stand still or `limit` has passed; at least one does, or it is an error that says why.
  [[nodiscard]] support::Status Stop(std::chrono::milliseconds limit);
  /// Lets all threads go on and ends the tracing. Does nothing the second time.
  void Resume();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// In the order they were found: the main thread first, unless it has ended.
  [[nodiscard]] std::vector<StoppedThread>& threads() { return threads_; }
  /// From the first interruption until Resume, or until now.
  [[nodiscard]] std::chrono::nanoseconds stood_still() const;

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] support::Result<bool> SeizeNewThreads();
  void InterruptFrom(std::size_t first);
  void WaitForStops(Clock::time_point deadline);
  void Collect(StoppedThread& thread, int wait_status);

  pid_t pid_;
  std::vector<StoppedThread> threads_;
  std::vector<pid_t> ended_;
  Clock::time_point first_interrupt_{}, resumed_{};
};

struct StopOptions {
  /// How long to wait for all threads to stand still. What does not stop in time keeps running.
  std::chrono::milliseconds limit{500};
};

/// Calls `work` while the process stands still, on a thread made for it, and lets the process go on: afterwards, or as
/// soon as `work` calls Resume(). The signals of the terminal's stop keys are held back meanwhile, so that ^Z stops us
/// only when the service runs again. Errors: no such process, not permitted (says what to do), traced by another
/// program already, a kernel thread, a zombie; and what `work` returns.
[[nodiscard]] support::Status WhileStopped(pid_t pid, const StopOptions& options,
                                           const std::function<support::Status(StoppedProcess&)>& work);

}  // namespace mqtrack::threads
