// What all timer hooks share: how a timer of any make is known to the recorder, and the labels that describe it.
//
//   timer_kind   posix, timerfd, itimer, libuv, libevent
//   state        disarmed; one_shot: armed to expire once, and whether it has since is not known; periodic
//   interval     of a periodic timer, "1s" or "250ms"; to two digits, and "~1.2s" where it has more, so that services
//                that compute their intervals do not get a sample for each
#pragma once

#include <time.h>

#include <cstdint>

#include "preload/recorder/unwinding/start_frame.h"

namespace mqtrack::hooks {

/// In the upper bits of the handle: timers of different makes have numbers of their own.
enum class TimerKind : std::uint8_t {
  kPosix = 1,             // timer_t
  kTimerFd = 2,           // descriptor
  kInterval = 3,          // which of the three timers of setitimer
  kLibuv = 4,             // address of the uv_timer_t
  kLibevent = 5,          // address of an event of event_new
  kLibeventAssigned = 6,  // address of an event of the service's own, set up by event_assign
};

/// When a timer expires, in nanoseconds; 0: never, and no repetition.
struct Schedule {
  std::uint64_t first_ns = 0, every_ns = 0;
};
/// What the recorder knows a timer by.
[[nodiscard]] std::uint64_t HandleOfTimer(TimerKind kind, std::uint64_t id);
[[nodiscard]] Schedule ScheduleOf(const timespec& first, const timespec& every);

/// True if the closing of descriptors is heard of: a timerfd would seem to live for ever otherwise.
[[nodiscard]] bool AreDescriptorsHooked();
/// True if timers are recorded at all: hooks pass through where it is false.
[[nodiscard]] bool AreTimersRecorded();

/// A timer now exists. `frame` is the hook's. What was known of the same id before is forgotten.
void RecordTimer(TimerKind kind, std::uint64_t id, const Schedule& schedule, recorder::StartFrame frame);
/// One was there before the recorder heard of anything. `handle`: of HandleOfTimer, or with log::kKernelHandle.
void RecordTimerBefore(TimerKind kind, std::uint64_t handle, const Schedule& schedule);
/// It was armed or disarmed. False if it is not known.
bool RescheduleTimer(TimerKind kind, std::uint64_t id, const Schedule& schedule, recorder::StartFrame frame);
/// It is about to end. False if it is not known.
bool ForgetTimer(TimerKind kind, std::uint64_t id, recorder::StartFrame frame);
/// In a child of fork: forgets timers that are not inherited.
void ForgetTimersAfterFork();

}  // namespace mqtrack::hooks
