// One thread of another process, seized by ptrace and stopped. Whatever happens to the tracer, the kernel lets the
// thread go on: PTRACE_O_EXITKILL is not used, no signal is sent, and no breakpoint is set.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "libtrack/threads/cpu_registers.h"

namespace mqtrack::threads {

using Clock = std::chrono::steady_clock;

/// Everything of a thread that a call in it could change.
struct ThreadContext {
  CpuRegisters registers{};
  std::vector<std::byte> extended;  // the XSAVE area: floating point and vector registers
  std::uint64_t signal_mask = 0;
};

/// All members must be called from the thread that seized it. The destructor lets the thread go on.
class SeizedThread {
 public:
  /// Seizes `tid`; null if that is not possible, with errno of ptrace.
  [[nodiscard]] static std::unique_ptr<SeizedThread> Seize(pid_t pid, pid_t tid);
  /// One that this thread traces already, and that somebody else lets go on: a thread of a StoppedProcess, which is
  /// `stopped`, or a new task of a traced one, which is about to stop.
  [[nodiscard]] static std::unique_ptr<SeizedThread> Adopt(pid_t pid, pid_t tid, bool stopped);
  ~SeizedThread();
  SeizedThread(const SeizedThread&) = delete;
  SeizedThread& operator=(const SeizedThread&) = delete;

  [[nodiscard]] pid_t tid() const { return tid_; }
  /// While it is seized and stopped now, no system call filter (seccomp) applies to it, if the kernel and our own
  /// privileges allow that.
  void SuspendFilters() const;
  /// Asks it to stop; it does so as soon as it is interruptible.
  void Interrupt();
  /// True once it stands still. False: it has ended, or the time is over.
  [[nodiscard]] bool WaitStopped(Clock::time_point deadline);
  [[nodiscard]] bool stopped() const { return stopped_; }
  [[nodiscard]] bool gone() const { return gone_; }

  [[nodiscard]] bool ReadRegisters(CpuRegisters& registers) const;
  [[nodiscard]] std::optional<ThreadContext> ReadContext() const;
  [[nodiscard]] bool SetRegisters(const CpuRegisters& registers) const;
  [[nodiscard]] bool SetSignalMask(std::uint64_t mask) const;
  [[nodiscard]] bool SetExtended(const std::vector<std::byte>& extended) const;
  /// Runs on, to the next system call's entry or exit; true once it stopped there.
  [[nodiscard]] bool RunToSystemCall(Clock::time_point deadline);
  /// From a stop at a system call to one outside of it, without executing anything.
  [[nodiscard]] bool StopBeforeNextInstruction(Clock::time_point deadline);
  /// While it is stopped: the tasks that it makes are traced from their first instruction on, and so are theirs.
  void TraceNewTasks() const;
  /// Runs on until it has made a task; the id of that. Nothing if it ended or, with `within_call`, has left the system
  /// call first that it stands in.
  [[nodiscard]] std::optional<pid_t> RunToNewTask(Clock::time_point deadline, bool within_call = false);
  /// Runs on until it has ended.
  [[nodiscard]] bool RunToEnd(Clock::time_point deadline);
  /// While it is stopped: the kernel kills it when its tracer ends.
  [[nodiscard]] bool DieWithTracer() const;
  /// Runs on.
  void Continue();
  /// Takes note of a stop or the end that came by itself, and lets it run on.
  void LookAfter();
  /// Lets it go on as if nothing had been: a call that the kernel gives up for every wake-up, though no signal came, is
  /// made again.
  void Release();

 private:
  SeizedThread(pid_t pid, pid_t tid) : pid_(pid), tid_(tid) {}
  enum class Change { kNone, kInterrupted, kSystemCall, kNewTask, kGone };
  [[nodiscard]] Change Poll();
  [[nodiscard]] bool WaitFor(Change wanted, Clock::time_point deadline) { return WaitForOne(wanted, wanted, deadline); }
  [[nodiscard]] bool WaitForOne(Change wanted, Change or_this, Clock::time_point deadline);

  pid_t pid_, tid_;
  bool stopped_ = false, gone_ = false, tracing_calls_ = false;
  bool adopted_ = false;  // somebody else lets it go on
};

/// True if a signal waits that the thread would take now.
[[nodiscard]] bool HasPendingSignal(pid_t pid, pid_t tid);

/// Ids of all threads.
[[nodiscard]] std::vector<pid_t> ThreadsOf(pid_t pid);

}  // namespace mqtrack::threads
