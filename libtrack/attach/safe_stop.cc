#include "libtrack/attach/safe_stop.h"

#include <time.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "libtrack/attach/restartable_sequence.h"
#include "libtrack/procfs/ptrace_refusal.h"
#include "libtrack/threads/interrupted_call.h"

namespace mqtrack::attach {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

// How long to wait for all threads to stand still: longer each time, since on a busy machine each must get its turn.
constexpr auto kFirstLimit = std::chrono::milliseconds(50), kLongestLimit = std::chrono::milliseconds(800);
constexpr long kFirstPauseNanos = 200'000, kLongestPauseNanos = 50'000'000;

}  // namespace

SafeStop::SafeStop(const AttachTarget& target, const RemoteMemory& memory)
    : target_(target), memory_(memory), unwinder_(memory), places_(target.modules) {}

// After a detach, threads may still be inside a hook, with the old log in their hands.
bool SafeStop::IsInRecorder(const threads::CpuRegisters& registers) const {
  if (target_.recorder == nullptr || static_cast<log::AttachStage>(target_.state.stage) != log::AttachStage::kIdle)
    return false;
  if (target_.recorder->HasCode(threads::CodeAddress(registers))) return true;
  std::uint8_t inside = 0;
  return memory_.Read(registers.fs_base + static_cast<std::uint64_t>(target_.state.inside_offset), &inside, 1) &&
         inside != 0;
}

Result<std::unique_ptr<threads::SeizedThread>> SafeStop::Look() {
  std::vector<std::unique_ptr<threads::SeizedThread>> threads;
  for (const pid_t tid : threads::ThreadsOf(target_.pid)) {
    std::unique_ptr<threads::SeizedThread> thread = threads::SeizedThread::Seize(target_.pid, tid);
    if (thread != nullptr)
      threads.push_back(std::move(thread));
    else if (errno != ESRCH)
      return procfs::WhyNotTraced(target_.pid, tid, errno);
  }
  if (threads.empty()) return procfs::WhyNotTraced(target_.pid, target_.pid, ESRCH);
  threads_ = threads.size();
  stopped_at_ = threads::Clock::now();
  ++looks_;
  in_the_way_.clear();
  others_.clear();
  for (const auto& thread : threads) thread->Interrupt();
  std::unique_ptr<threads::SeizedThread> chosen;
  bool hindered = false;
  const threads::Clock::time_point deadline =
      stopped_at_ + std::min<threads::Clock::duration>(kFirstLimit * looks_, kLongestLimit);
  for (auto& thread : threads) {
    threads::CpuRegisters registers;
    if (!thread->WaitStopped(deadline) || !thread->ReadRegisters(registers)) {
      if (thread->gone()) continue;
      hindered = true;  // nobody knows where it is: it may hold a lock
      in_the_way_ = "thread " + std::to_string(thread->tid()) + " did not stop, since it waits for a device or a child";
      continue;
    }
    if (thread->tid() != target_.pid)
      others_.push_back({registers.fs_base, static_cast<std::uint64_t>(thread->tid()), {}});
    if (IsInRecorder(registers)) {
      hindered = true;
      in_the_way_ = "thread " + std::to_string(thread->tid()) + " is inside the recorder";
      continue;
    }
    if (IsInRestartableSequence(*thread, registers, memory_)) {
      if (in_the_way_.empty())
        in_the_way_ = "thread " + std::to_string(thread->tid()) + " was inside a restartable sequence";
      continue;  // moves on by itself
    }
    if (chosen != nullptr && !threads::IsWaitingCall(registers)) continue;  // moves on by itself
    const SafePoints::Judgement judgement = places_.Judge(registers, unwinder_.Unwind(thread->tid(), registers));
    if (judgement.verdict == SafePoints::Verdict::kBlocking) hindered = true;
    if (!judgement.inside.empty() && (hindered || in_the_way_.empty())) {
      in_the_way_ = "thread " + std::to_string(thread->tid()) +
                    (judgement.verdict == SafePoints::Verdict::kBlocking ? " waits inside " : " was inside ") +
                    judgement.inside;
    }
    if (judgement.verdict == SafePoints::Verdict::kSafe && chosen == nullptr) chosen = std::move(thread);
  }
  return hindered ? nullptr : std::move(chosen);
}

Error SafeStop::TimeIsOver() const {
  return {ErrorCode::kCannotMeasure,
          "found no safe moment in " + std::to_string(looks_) + (looks_ == 1 ? " look" : " looks") +
              (in_the_way_.empty() ? "" : ": " + in_the_way_) +
              "; nothing was changed and the process goes on: try again, or longer with --timeout",
          procfs::ProcessName(target_.pid)};
}

Result<std::unique_ptr<threads::SeizedThread>> SafeStop::Find(threads::Clock::time_point deadline) {
  for (long nanos = kFirstPauseNanos;; nanos = std::min(nanos * 2, kLongestPauseNanos)) {
    Result<std::unique_ptr<threads::SeizedThread>> found = Look();
    others_went_on_at_ = threads::Clock::now();
    if (!found || *found != nullptr) return found;
    if (threads::Clock::now() > deadline) return TimeIsOver();
    const timespec pause{0, nanos};
    ::nanosleep(&pause, nullptr);
  }
}

}  // namespace mqtrack::attach
