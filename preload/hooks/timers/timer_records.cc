#include "preload/hooks/timers/timer_records.h"

#include <cstring>

#include "preload/hooks/process/late_log.h"
#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/resources.h"

namespace mqtrack::hooks {
namespace {

using log::LabelKey;
using recorder::Label;
using recorder::LiveRecord;
using recorder::recorder;
using recorder::resources;

constexpr std::uint64_t kHandleShift = 52;

const char* KindName(TimerKind kind) {
  switch (kind) {
    case TimerKind::kPosix:
      return "posix";
    case TimerKind::kTimerFd:
      return "timerfd";
    case TimerKind::kInterval:
      return "itimer";
    case TimerKind::kLibuv:
      return "libuv";
    case TimerKind::kLibevent:
    case TimerKind::kLibeventAssigned:
      return "libevent";
  }
  return "";
}

/// "250ms", "1.5s", "~1.2s": two digits, and a mark where there are more.
void FormatInterval(std::uint64_t nanos, char* text) {
  constexpr struct {
    std::uint64_t nanos;
    const char* name;
  } kUnits[] = {{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "us"}, {1, "ns"}};
  std::uint64_t rounded = nanos, digit = 1;
  while (rounded / digit >= 100) digit *= 10;
  rounded = rounded / digit * digit;
  std::size_t unit = 0;
  while (rounded < kUnits[unit].nanos) ++unit;
  char* end = text;
  if (rounded != nanos) *end++ = '~';
  end += ::mqtrack::recorder::FormatDecimal(rounded / kUnits[unit].nanos, end);
  if (const std::uint64_t rest = rounded % kUnits[unit].nanos; rest != 0) {
    *end++ = '.';
    end += ::mqtrack::recorder::FormatDecimal(rest / (kUnits[unit].nanos / 10), end);
  }
  std::strcpy(end, kUnits[unit].name);
}

/// The labels of a timer in a state of its own.
struct TimerLabels {
  TimerLabels(TimerKind kind, const Schedule& schedule) {
    const bool armed = schedule.first_ns != 0, periodic = armed && schedule.every_ns != 0;
    const char* state = !armed ? "disarmed" : periodic ? "periodic" : "one_shot";
    if (periodic) FormatInterval(schedule.every_ns, interval);
    labels[0] = {LabelKey::kTimerKind, KindName(kind), std::strlen(KindName(kind))};
    labels[1] = {LabelKey::kState, state, std::strlen(state)};
    // Without a value where there is no interval: that takes an earlier one away.
    labels[2] = {LabelKey::kInterval, interval, std::strlen(interval)};
  }
  char interval[40] = {};
  Label labels[3];
};

}  // namespace

std::uint64_t HandleOfTimer(TimerKind kind, std::uint64_t id) {
  return static_cast<std::uint64_t>(kind) << kHandleShift | (id & ((std::uint64_t{1} << kHandleShift) - 1));
}

Schedule ScheduleOf(const timespec& first, const timespec& every) {
  constexpr std::uint64_t kNanosPerSecond = 1'000'000'000;
  return {static_cast<std::uint64_t>(first.tv_sec) * kNanosPerSecond + static_cast<std::uint64_t>(first.tv_nsec),
          static_cast<std::uint64_t>(every.tv_sec) * kNanosPerSecond + static_cast<std::uint64_t>(every.tv_nsec)};
}

bool AreTimersRecorded() { return WillRecord() && recorder.Records(log::Kind::kTimer); }

void RecordTimer(TimerKind kind, std::uint64_t id, const Schedule& schedule, recorder::StartFrame frame) {
  HookScope scope(frame);
  if (!scope.EntersRecorder()) return;
  const TimerLabels description(kind, schedule);
  LiveRecord before;
  (void)resources.Forget(log::Kind::kTimer, HandleOfTimer(kind, id), before);
  resources.Record(log::Kind::kTimer, HandleOfTimer(kind, id), 0, frame, description.labels, 3);
}

void RecordTimerBefore(TimerKind kind, std::uint64_t handle, const Schedule& schedule) {
  const TimerLabels description(kind, schedule);
  resources.RecordInherited(log::Kind::kTimer, handle, 0, description.labels, 3);
}

bool RescheduleTimer(TimerKind kind, std::uint64_t id, const Schedule& schedule, recorder::StartFrame frame) {
  HookScope scope(frame);
  if (!scope.EntersRecorder()) return false;
  const TimerLabels description(kind, schedule);
  return resources.Relabel(log::Kind::kTimer, HandleOfTimer(kind, id), description.labels, 3);
}

bool ForgetTimer(TimerKind kind, std::uint64_t id, recorder::StartFrame frame) {
  HookScope scope(frame);
  LiveRecord record;
  return scope.EntersRecorder() && resources.Forget(log::Kind::kTimer, HandleOfTimer(kind, id), record);
}

void ForgetTimersAfterFork() {
  resources.ForgetWhere(log::Kind::kTimer, [](std::uint64_t handle) {
    const auto kind = static_cast<TimerKind>(handle >> kHandleShift);
    return kind == TimerKind::kPosix || kind == TimerKind::kInterval;
  });
}

}  // namespace mqtrack::hooks
