#include "libtrack/threads/stopped_process.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>
#include <thread>
#include <unordered_set>
#include <utility>

#include "libtrack/procfs/ptrace_refusal.h"
#include "libtrack/threads/stop_keys.h"

namespace mqtrack::threads {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

// Most stops arrive within microseconds; a pause this short costs the service nothing and leaves the processor to it.
constexpr timespec kBetweenLooks{0, 20'000};
constexpr int kRoundsBetweenAsking = 16;

std::vector<pid_t> Tasks(pid_t pid) {
  std::vector<pid_t> tasks;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc/" + std::to_string(pid) + "/task", error), end;
       !error && it != end; it.increment(error)) {
    tasks.push_back(static_cast<pid_t>(std::strtol(it->path().filename().c_str(), nullptr, 10)));
  }
  return tasks;
}

bool IsGroupStop(int signal) {
  return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

}  // namespace

Result<bool> StoppedProcess::SeizeNewThreads() {
  std::unordered_set<pid_t> known(ended_.begin(), ended_.end());
  for (const StoppedThread& thread : threads_) known.insert(thread.tid);
  bool found = false;
  for (const pid_t tid : Tasks(pid_)) {
    if (known.contains(tid)) continue;
    if (::ptrace(PTRACE_SEIZE, tid, nullptr, nullptr) == 0) {
      threads_.emplace_back().tid = tid;
      found = true;
      continue;
    }
    const int error = errno;
    if (error == ESRCH || procfs::HasEnded(pid_, tid)) {
      ended_.push_back(tid);
      continue;
    }
    return procfs::WhyNotTraced(pid_, tid, error);
  }
  return found;
}

void StoppedProcess::InterruptFrom(std::size_t first) {
  if (first_interrupt_ == Clock::time_point{}) first_interrupt_ = Clock::now();
  for (std::size_t i = first; i < threads_.size(); ++i) ::ptrace(PTRACE_INTERRUPT, threads_[i].tid, nullptr, nullptr);
}

void StoppedProcess::Collect(StoppedThread& thread, int wait_status) {
  if (!WIFSTOPPED(wait_status)) {  // it has ended
    ended_.push_back(thread.tid);
    thread.tid = 0;
    return;
  }
  const int signal = WSTOPSIG(wait_status);
  if ((wait_status >> 16) == PTRACE_EVENT_STOP) {
    thread.group_stopped = IsGroupStop(signal);
  } else if ((wait_status >> 16) == 0) {
    thread.signal = signal;  // it was about to be delivered; the thread stands as still as the others
  }
  Result<ThreadRegisters> registers = ReadRegisters(thread.tid);
  thread.stopped = true;
  if (!registers) return;
  thread.registers = *registers;
  // At once, so that it holds if we are killed.
  if (thread.registers.BeginCallAgain()) WriteRegisters(thread.tid, thread.registers);
}

void StoppedProcess::WaitForStops(Clock::time_point deadline) {
  for (int round = 1;; ++round) {
    // A main thread that has ended tells nothing until the others have: now and then /proc is asked.
    const bool ask = round % kRoundsBetweenAsking == 0;
    bool all = true;
    for (StoppedThread& thread : threads_) {
      if (thread.stopped) continue;
      int status = 0;
      const pid_t answer = ::waitpid(thread.tid, &status, __WALL | WNOHANG);
      if (answer == thread.tid) {
        Collect(thread, status);
      } else if (answer < 0 && errno != EINTR) {
        ended_.push_back(thread.tid);
        thread.tid = 0;
      } else {
        all = all && ask && procfs::HasEnded(pid_, thread.tid);
      }
    }
    std::erase_if(threads_, [](const StoppedThread& thread) { return thread.tid == 0; });
    if (all || Clock::now() >= deadline) return;
    ::nanosleep(&kBetweenLooks, nullptr);
  }
}

Status StoppedProcess::Stop(std::chrono::milliseconds limit) {
  if (const Status possible = procfs::CheckTraceable(pid_); !possible) return possible;
  Clock::time_point deadline = Clock::time_point::max();
  // Threads are born as long as one of them runs, so the list is complete only when a look at it finds nothing new
  // after all have stopped. Nothing stands still during the first, longest round.
  for (;;) {
    const std::size_t before = threads_.size();
    Result<bool> found = SeizeNewThreads();
    if (!found) {
      Resume();
      return std::move(found).error();
    }
    if (!*found) break;
    InterruptFrom(before);
    if (deadline == Clock::time_point::max()) deadline = first_interrupt_ + limit;
    WaitForStops(deadline);
    if (Clock::now() >= deadline) break;
  }
  std::erase_if(threads_,
                [&](const StoppedThread& thread) { return !thread.stopped && procfs::HasEnded(pid_, thread.tid); });
  if (std::any_of(threads_.begin(), threads_.end(), [](const StoppedThread& thread) { return thread.stopped; })) {
    return {};
  }
  Resume();
  if (const Status possible = procfs::CheckTraceable(pid_); !possible) return possible;  // it has ended meanwhile
  return Error{ErrorCode::kCannotMeasure,
               "none of its threads stopped within " + std::to_string(limit.count()) +
                   " ms (uninterruptible sleep, or a machine under heavy load); try again",
               procfs::ProcessName(pid_)};
}

void StoppedProcess::Resume() {
  if (resumed_ != Clock::time_point{}) return;
  for (StoppedThread& thread : threads_) {
    if (!thread.stopped) continue;
    ::ptrace(PTRACE_DETACH, thread.tid, nullptr, thread.signal);
  }
  resumed_ = Clock::now();
}

std::chrono::nanoseconds StoppedProcess::stood_still() const {
  if (first_interrupt_ == Clock::time_point{}) return {};
  return (resumed_ == Clock::time_point{} ? Clock::now() : resumed_) - first_interrupt_;
}

Status WhileStopped(pid_t pid, const StopOptions& options, const std::function<Status(StoppedProcess&)>& work) {
  const StopKeysHeld keys;
  Status status;
  std::thread([&] {
    ::prctl(PR_SET_TIMERSLACK, 1);  // else each of the short pauses below is longer by 50 microseconds
    StoppedProcess process(pid);
    status = process.Stop(options.limit);
    if (status) status = work(process);
  }).join();
  return status;
}

}  // namespace mqtrack::threads
