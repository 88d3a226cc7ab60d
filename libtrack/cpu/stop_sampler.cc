#include "libtrack/cpu/stop_sampler.h"

#include <sched.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "libtrack/procfs/ptrace_refusal.h"
#include "libtrack/threads/interrupted_call.h"
#include "libtrack/threads/stack_copy.h"
#include "libtrack/threads/thread_registers.h"
#include "libtrack/threads/urgency.h"

namespace mqtrack::cpu {
namespace {

using support::Status;

constexpr std::chrono::milliseconds kBetweenLists{50}, kStopLimit{50}, kLongestSleep{100};
constexpr std::size_t kStackBytes = 128 * 1024;  // what is copied while the thread stands still
constexpr double kNanosPerSecond = 1e9;
constexpr long kShortestNapNanos = 20'000, kLongestNapNanos = 100'000;
constexpr std::chrono::microseconds kSwitch{10};  // from one thread to another on a processor, at most

std::int64_t OwnNanos() { return NanosOf(CLOCK_THREAD_CPUTIME_ID).value_or(0); }

}  // namespace

StopSampler::StopSampler(ProcessorClock& clock, std::int64_t hz, StackTally& tally, const threads::StopKeysHeld& keys)
    : pid_(clock.pid()),
      hz_(hz),
      tally_(tally),
      clock_(clock),
      keys_(keys),
      process_before_(clock.Read()),
      tally_before_(tally.nanos()),
      scratch_(kStackBytes) {
  for (const pid_t tid : threads::ThreadsOf(pid_)) {
    counted_[tid] = TimesOfThread(pid_, tid).value_or(ThreadTimes{}).used_nanos;
  }
  listed_ = Clock::now();
}

// A thread that was born meanwhile has used all its time meanwhile.
void StopSampler::ListThreads() {
  listed_ = Clock::now();
  std::unordered_map<pid_t, std::int64_t> counted;
  for (const pid_t tid : threads::ThreadsOf(pid_)) {
    const auto known = counted_.find(tid);
    counted[tid] = known == counted_.end() ? 0 : known->second;
  }
  counted_ = std::move(counted);
}

// False: it has ended, or has not stopped in time.
bool StopSampler::StopAndCopy(threads::SeizedThread& thread, Caught& caught, StopTimes& times, Status& status) {
  const Clock::time_point deadline = Clock::now() + kStopLimit;
  // A thread that has a processor stops within microseconds. One that waits for its turn is not kept from it by us.
  timespec nap{0, kShortestNapNanos};
  thread.Interrupt();
  for (;;) {
    times.ran_until = Clock::now();
    if (thread.WaitStopped(Clock::time_point{})) break;
    if (thread.gone() || times.ran_until >= deadline) return false;
    ::nanosleep(&nap, nullptr);
    nap.tv_nsec = std::min(2 * nap.tv_nsec, kLongestNapNanos);
  }
  times.stopped = Clock::now();
  support::Result<threads::ThreadRegisters> registers = threads::ReadRegisters(thread.tid());
  if (!registers) {
    status = std::move(registers).error();
    return false;
  }
  // At once, so that it holds if we are killed.
  if (registers->BeginCallAgain()) threads::WriteRegisters(thread.tid(), *registers);
  caught.tid = thread.tid();
  caught.copy.registers = *registers;
  caught.copy.stack_start = registers->sp();
  const std::size_t bytes = threads::CopyStack(caught.tid, caught.copy.stack_start, scratch_);
  caught.copy.stack.assign(scratch_.begin(), scratch_.begin() + static_cast<std::ptrdiff_t>(bytes));
  return true;
}

// Of a thread that had to wait for its turn before it could stop, the kernel has counted how long. If that was since
// before the moment, the thread had no processor then. If not, it was running and has lost the processor, in most cases
// to us; or else it has been woken up in the instant between the moment and the look at its state. Only a call that
// waits can be woken from: in one it counts only if it has waited since we came.
bool StopSampler::WasAtWork(const Ready& ready, const ThreadTimes& now, const threads::ThreadRegisters& registers,
                            const StopTimes& times) {
  if (now.turns == ready.times.turns) return true;
  const std::chrono::nanoseconds waited(now.waited_nanos - ready.times.waited_nanos);
  if (waited > times.stopped - times.moment + kSwitch) return false;
  if (!threads::IsInCall(registers.raw) || !threads::IsWaitingCall(registers.raw)) return true;
  return ready.is_beside_us && waited + kSwitch >= times.ran_until - times.moment;
}

Status StopSampler::Catch(const Ready& ready, Clock::time_point moment) {
  std::unique_ptr<threads::SeizedThread> thread = threads::SeizedThread::Seize(pid_, ready.tid);
  if (thread == nullptr) {
    const int error = errno;
    const bool is_gone = error == ESRCH || procfs::HasEnded(pid_, ready.tid);
    return is_gone ? Status() : procfs::WhyNotTraced(pid_, ready.tid, error);
  }
  Status status;
  Caught caught;
  StopTimes times{.moment = moment, .ran_until = {}, .stopped = {}};
  const bool copied = StopAndCopy(*thread, caught, times, status);
  const ThreadTimes now = TimesOfThread(pid_, ready.tid).value_or(ready.times);
  if (!copied && !thread->stopped()) {
    cost_.without += thread->gone() ? 0 : 1;
    if (!thread->gone()) stuck_.push_back(std::move(thread));
    return status;
  }
  thread->Release();
  const std::int64_t stood = std::chrono::nanoseconds(Clock::now() - times.ran_until).count();
  cost_.stood_nanos += stood;
  cost_.longest_stop_nanos = std::max(cost_.longest_stop_nanos, stood);
  if (!copied) {
    ++cost_.without;
    return status;
  }
  has_caught_ = true;
  if (!WasAtWork(ready, now, caught.copy.registers, times)) return {};
  caught.nanos = std::max<std::int64_t>(0, now.used_nanos - std::exchange(counted_[ready.tid], now.used_nanos));
  caught_.push_back(std::move(caught));
  return {};
}

void StopSampler::LetGoStuckOnes() {
  std::erase_if(stuck_, [](const auto& thread) { return thread->WaitStopped(Clock::time_point{}) || thread->gone(); });
}

// It is seized already, and would be taken for one that somebody else traces.
bool StopSampler::IsStuck(pid_t tid) const {
  return std::any_of(stuck_.begin(), stuck_.end(), [tid](const auto& thread) { return thread->tid() == tid; });
}

Status StopSampler::Look(Clock::time_point moment) {
  ++cost_.looks;
  const int processor = ::sched_getcpu();
  std::vector<Ready> ready;
  for (const auto& [tid, counted] : counted_) {
    if (IsStuck(tid)) continue;
    const std::optional<ThreadMoment> thread = LookAtThread(pid_, tid);
    if (!thread || thread->state != 'R') continue;
    if (const auto times = TimesOfThread(pid_, tid)) ready.push_back({tid, *times, thread->processor == processor});
  }
  for (const Ready& one : ready) {
    if (Status caught = Catch(one, moment); !caught && !has_caught_) return caught;
  }
  return {};
}

void StopSampler::TallyCaught() {
  for (const Caught& caught : caught_) tally_.Add(caught.tid, caught.copy, caught.nanos);
  caught_.clear();
}

std::chrono::nanoseconds StopSampler::NextPause(std::int64_t stood_nanos, std::int64_t own_nanos) {
  // Random, so that it does not fall into step with what the service does by the clock.
  const double usual = kNanosPerSecond / static_cast<double>(hz_) * std::uniform_real_distribution(0.5, 1.5)(random_);
  const double longest = std::max(
      {usual, static_cast<double>(stood_nanos) / kMostStoodShare, static_cast<double>(own_nanos) / kMostOwnShare});
  return std::chrono::nanoseconds(static_cast<std::int64_t>(longest));
}

// What threads have used since their last sample, and what was used by those that are gone.
void StopSampler::CountTheRest() {
  ListThreads();
  for (auto& [tid, counted] : counted_) {
    const std::int64_t now = TimesOfThread(pid_, tid).value_or(ThreadTimes{.used_nanos = counted}).used_nanos;
    tally_.AddRest(tid, std::max<std::int64_t>(0, now - std::exchange(counted, now)));
  }
  const std::int64_t used = clock_.Read() - process_before_, seen = tally_.nanos() - tally_before_;
  if (used - seen > static_cast<std::int64_t>(kNanosPerSecond) / hz_)
    tally_.AddGap(0, "threads that have ended", 0, used - seen);
}

// Only what stands between us and the moment is urgent: the finding of frames is not. A thread that is stuck may come
// to stand still any time.
bool StopSampler::SleepUntil(Clock::time_point when) const {
  if (stuck_.empty()) keys_.Heed();
  const auto left = when - Clock::now();
  if (left.count() <= 0) return true;
  const std::int64_t nap =
      std::min(std::chrono::nanoseconds(left).count(), std::chrono::nanoseconds(kLongestSleep).count());
  const timespec sleep{0, static_cast<long>(nap)};
  ::nanosleep(&sleep, nullptr);
  return false;
}

Status StopSampler::Run(Clock::time_point deadline, const std::function<bool()>& is_interrupted) {
  ::prctl(PR_SET_TIMERSLACK, 1);
  std::int64_t own_before = OwnNanos();
  for (Clock::time_point next = Clock::now(); !has_ended_ && !is_interrupted() && Clock::now() < deadline;) {
    const std::int64_t stood_before = cost_.stood_nanos;
    {
      const threads::Urgency urgency;
      if (!SleepUntil(std::min(next, deadline)) && Clock::now() < next) continue;
      if (Status looked = Look(Clock::now()); !looked) return looked;
    }
    TallyCaught();
    LetGoStuckOnes();
    if (Clock::now() - listed_ >= kBetweenLists) ListThreads();
    (void)clock_.Read();  // the last one before the end counts
    has_ended_ = !clock_.IsOfRunning();
    const std::int64_t own = OwnNanos();
    next = std::max(next, Clock::now() - kLongestSleep) + NextPause(cost_.stood_nanos - stood_before, own - own_before);
    own_before = own;
  }
  CountTheRest();
  return {};
}

}  // namespace mqtrack::cpu
