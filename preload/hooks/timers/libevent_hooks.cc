// libevent's timers: events without a descriptor and without a signal. evtimer_new and its kin are macros for these.
//
// An event of event_new is a timer until event_free, armed or not. One that the service set up in memory of its own has
// no end that could be heard of, so it is counted while it is added, and only if it repeats: others are over when they
// fire, which nobody is told.
//
// Every argument is passed on as the whole register it came in, and functions of the same name in other libraries are
// jumped to: libev, for one, has some.
#include <sys/time.h>

#include <cstdint>

#include "preload/hooks/hook_scope.h"
#include "preload/hooks/library_function.h"
#include "preload/hooks/timers/timer_records.h"

using mqtrack::hooks::AreTimersRecorded;
using mqtrack::hooks::ForgetTimer;
using mqtrack::hooks::LibraryFunction;
using mqtrack::hooks::RecordTimer;
using mqtrack::hooks::RescheduleTimer;
using mqtrack::hooks::Schedule;
using mqtrack::hooks::StartOnce;
using mqtrack::hooks::TimerKind;

namespace {

using Function = long (*)(std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t);

constexpr char kLibrary[] = "libevent";
constexpr long kFailed = -1;
constexpr unsigned kSignal = 0x08, kPersist = 0x10;  // EV_SIGNAL, EV_PERSIST

constinit LibraryFunction new_event{"event_new", kLibrary}, add_event{"event_add", kLibrary},
    delete_event{"event_del", kLibrary}, remove_timer{"event_remove_timer", kLibrary},
    free_event{"event_free", kLibrary}, free_finalize{"event_free_finalize", kLibrary},
    get_descriptor{"event_get_fd", kLibrary}, get_events{"event_get_events", kLibrary};

/// libevent's functions return an int.
bool Succeeded(long result) { return static_cast<int>(result) == 0; }

/// -1 of a timer; of others, and where libevent is too old to ask, something else.
int Ask(LibraryFunction& question, std::uint64_t event, const void* caller) {
  const auto found = question.For(caller);
  if (!found.is_it) return 0;
  return static_cast<int>(reinterpret_cast<Function>(found.function)(event, 0, 0, 0, 0, 0));
}

std::uint64_t Nanos(const timeval& time) {
  // Of a "common timeout" the upper bits hold its number.
  const std::uint64_t micros = static_cast<std::uint64_t>(time.tv_usec) & 0xfffff;
  const std::uint64_t nanos = static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + micros * 1'000;
  return nanos != 0 ? nanos : 1;  // an armed timer expires
}

/// What event_add makes of an event. Asked before the call: after it, the event may have fired and be gone.
struct Addition {
  bool is_timer = false, repeats = false;
  Schedule schedule;
};
Addition LookAt(std::uint64_t event, const timeval& after, const void* caller) {
  Addition addition;
  if (Ask(get_descriptor, event, caller) != -1) return addition;
  const auto events = static_cast<unsigned>(Ask(get_events, event, caller));
  addition.is_timer = (events & kSignal) == 0;
  addition.repeats = (events & kPersist) != 0;
  addition.schedule = {Nanos(after), addition.repeats ? Nanos(after) : 0};
  return addition;
}

void NoteAdded(std::uint64_t event, const Addition& addition, mqtrack::recorder::StartFrame frame) {
  if (RescheduleTimer(TimerKind::kLibevent, event, addition.schedule, frame)) return;
  if (addition.repeats && !RescheduleTimer(TimerKind::kLibeventAssigned, event, addition.schedule, frame)) {
    RecordTimer(TimerKind::kLibeventAssigned, event, addition.schedule, frame);
  }
}

void NoteDeleted(std::uint64_t event, mqtrack::recorder::StartFrame frame) {
  if (!RescheduleTimer(TimerKind::kLibevent, event, {}, frame)) {
    ForgetTimer(TimerKind::kLibeventAssigned, event, frame);
  }
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

long event_new(std::uint64_t base, std::uint64_t descriptor, std::uint64_t events, std::uint64_t callback,
               std::uint64_t argument, std::uint64_t f) {
  StartOnce();
  const auto found = new_event.For(__builtin_return_address(0));
  if (found.function == nullptr) return 0;
  const auto real_function = reinterpret_cast<Function>(found.function);
  if (!found.is_it || !AreTimersRecorded()) return real_function(base, descriptor, events, callback, argument, f);
  const long event = real_function(base, descriptor, events, callback, argument, f);
  if (event != 0 && static_cast<int>(descriptor) == -1 && (events & kSignal) == 0) {
    RecordTimer(TimerKind::kLibevent, static_cast<std::uint64_t>(event), {}, MQTRACK_HOOK_FRAME);
  }
  return event;
}

long event_add(std::uint64_t event, std::uint64_t after, std::uint64_t c, std::uint64_t d, std::uint64_t e,
               std::uint64_t f) {
  StartOnce();
  const void* caller = __builtin_return_address(0);
  const auto found = add_event.For(caller);
  if (found.function == nullptr) return kFailed;
  const auto real_function = reinterpret_cast<Function>(found.function);
  if (!found.is_it || after == 0 || !AreTimersRecorded()) return real_function(event, after, c, d, e, f);
  const Addition addition = LookAt(event, *reinterpret_cast<const timeval*>(after), caller);
  const long result = real_function(event, after, c, d, e, f);
  if (addition.is_timer && Succeeded(result)) NoteAdded(event, addition, MQTRACK_HOOK_FRAME);
  return result;
}

long event_del(std::uint64_t event, std::uint64_t b, std::uint64_t c, std::uint64_t d, std::uint64_t e,
               std::uint64_t f) {
  StartOnce();
  const auto found = delete_event.For(__builtin_return_address(0));
  if (found.function == nullptr) return kFailed;
  const auto real_function = reinterpret_cast<Function>(found.function);
  if (!found.is_it || !AreTimersRecorded()) return real_function(event, b, c, d, e, f);
  const long result = real_function(event, b, c, d, e, f);
  if (Succeeded(result)) NoteDeleted(event, MQTRACK_HOOK_FRAME);
  return result;
}

long event_remove_timer(std::uint64_t event, std::uint64_t b, std::uint64_t c, std::uint64_t d, std::uint64_t e,
                        std::uint64_t f) {
  StartOnce();
  const auto found = remove_timer.For(__builtin_return_address(0));
  if (found.function == nullptr) return kFailed;
  const auto real_function = reinterpret_cast<Function>(found.function);
  if (!found.is_it || !AreTimersRecorded()) return real_function(event, b, c, d, e, f);
  const long result = real_function(event, b, c, d, e, f);
  if (Succeeded(result)) NoteDeleted(event, MQTRACK_HOOK_FRAME);
  return result;
}

long event_free(std::uint64_t event, std::uint64_t b, std::uint64_t c, std::uint64_t d, std::uint64_t e,
                std::uint64_t f) {
  StartOnce();
  const auto found = free_event.For(__builtin_return_address(0));
  if (found.function == nullptr) return kFailed;
  if (found.is_it && AreTimersRecorded()) ForgetTimer(TimerKind::kLibevent, event, MQTRACK_HOOK_FRAME);
  return reinterpret_cast<Function>(found.function)(event, b, c, d, e, f);
}

/// The end of an event whose callback may be running on another thread.
long event_free_finalize(std::uint64_t flags, std::uint64_t event, std::uint64_t callback, std::uint64_t d,
                         std::uint64_t e, std::uint64_t f) {
  StartOnce();
  const auto found = free_finalize.For(__builtin_return_address(0));
  if (found.function == nullptr) return kFailed;
  if (found.is_it && AreTimersRecorded()) ForgetTimer(TimerKind::kLibevent, event, MQTRACK_HOOK_FRAME);
  return reinterpret_cast<Function>(found.function)(flags, event, callback, d, e, f);
}

}  // extern "C"
#pragma GCC visibility pop
