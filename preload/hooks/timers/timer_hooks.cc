// POSIX timers and the interval timers of setitimer. The real functions are called without the guard: timer_create
// allocates, for a timer that calls a function, what timer_delete frees.
#include <sys/time.h>
#include <time.h>

#include <cerrno>

#include "preload/hooks/hook_scope.h"
#include "preload/hooks/real_functions.h"
#include "preload/hooks/timers/timer_records.h"

using mqtrack::hooks::AreTimersRecorded;
using mqtrack::hooks::ForgetTimer;
using mqtrack::hooks::real;
using mqtrack::hooks::RecordTimer;
using mqtrack::hooks::RescheduleTimer;
using mqtrack::hooks::Schedule;
using mqtrack::hooks::ScheduleOf;
using mqtrack::hooks::StartOnce;
using mqtrack::hooks::TimerKind;
using mqtrack::recorder::recorder;

namespace {

bool AreTimersOfThisProcess() { return AreTimersRecorded() && !recorder.IsInChildOfVfork(); }

std::uint64_t IdOf(timer_t timer) { return reinterpret_cast<std::uint64_t>(timer); }

std::uint64_t NanosOf(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_usec) * 1'000;
}

/// One that expires once ends by itself, unheard, and there are only three: just those that repeat are counted.
void NoteInterval(int which, const Schedule& schedule, mqtrack::recorder::StartFrame frame) {
  const auto id = static_cast<std::uint64_t>(which);
  if (schedule.first_ns != 0 && schedule.every_ns != 0) {
    RecordTimer(TimerKind::kInterval, id, schedule, frame);
  } else {
    ForgetTimer(TimerKind::kInterval, id, frame);
  }
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

int timer_create(clockid_t clock, sigevent* event, timer_t* timer) noexcept {
  StartOnce();
  const int result = real.timer_create(clock, event, timer);
  if (result == 0 && AreTimersOfThisProcess()) RecordTimer(TimerKind::kPosix, IdOf(*timer), {}, MQTRACK_HOOK_FRAME);
  return result;
}

int timer_settime(timer_t timer, int flags, const itimerspec* value, itimerspec* before) noexcept {
  StartOnce();
  // Read before the call, since `before` may be the same place.
  const Schedule schedule = value != nullptr ? ScheduleOf(value->it_value, value->it_interval) : Schedule{};
  const int result = real.timer_settime(timer, flags, value, before);
  if (result == 0 && AreTimersOfThisProcess()) {
    RescheduleTimer(TimerKind::kPosix, IdOf(timer), schedule, MQTRACK_HOOK_FRAME);
  }
  return result;
}

int timer_delete(timer_t timer) noexcept {
  StartOnce();
  if (AreTimersOfThisProcess()) ForgetTimer(TimerKind::kPosix, IdOf(timer), MQTRACK_HOOK_FRAME);
  return real.timer_delete(timer);
}

int setitimer(__itimer_which_t which, const itimerval* value, itimerval* before) noexcept {
  StartOnce();
  Schedule schedule;
  if (value != nullptr) schedule = {NanosOf(value->it_value), NanosOf(value->it_interval)};
  const int result = real.setitimer(static_cast<int>(which), value, before);
  if (result == 0 && AreTimersOfThisProcess()) NoteInterval(static_cast<int>(which), schedule, MQTRACK_HOOK_FRAME);
  return result;
}

/// Takes the place of what setitimer(ITIMER_REAL) had set, and expires once.
unsigned alarm(unsigned seconds) noexcept {
  StartOnce();
  const unsigned left = real.alarm(seconds);
  if (AreTimersOfThisProcess()) ForgetTimer(TimerKind::kInterval, ITIMER_REAL, MQTRACK_HOOK_FRAME);
  return left;
}

}  // extern "C"
#pragma GCC visibility pop
