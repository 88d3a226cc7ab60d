// libuv's timers, from uv_timer_init to uv_close. A handle is the service's own memory, and its address the timer's id.
// What uv_timer_start says of a timer that expires once holds until it is started again or stopped.
//
// Every argument is passed on as the whole register it came in, and functions of the same name in other libraries are
// jumped to.
#include <cstdint>

#include "preload/hooks/hook_scope.h"
#include "preload/hooks/library_function.h"
#include "preload/hooks/timers/timer_records.h"

using mqtrack::hooks::AreTimersRecorded;
using mqtrack::hooks::ForgetTimer;
using mqtrack::hooks::LibraryFunction;
using mqtrack::hooks::RecordTimer;
using mqtrack::hooks::RescheduleTimer;
using mqtrack::hooks::StartOnce;
using mqtrack::hooks::TimerKind;

namespace {

using Function = long (*)(std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t);

constexpr char kLibrary[] = "libuv";
constexpr long kNotThere = -38;  // UV_ENOSYS
constexpr std::uint64_t kNanosPerMilli = 1'000'000;

constinit LibraryFunction timer_init{"uv_timer_init", kLibrary}, timer_start{"uv_timer_start", kLibrary},
    timer_again{"uv_timer_again", kLibrary}, timer_stop{"uv_timer_stop", kLibrary}, close_handle{"uv_close", kLibrary},
    get_repeat{"uv_timer_get_repeat", kLibrary};

/// libuv's functions return an int.
bool Succeeded(long result) { return static_cast<int>(result) == 0; }

/// In nanoseconds, and never 0: an armed timer expires.
std::uint64_t Nanos(std::uint64_t millis) {
  if (millis == 0) return 1;
  return millis < UINT64_MAX / kNanosPerMilli ? millis * kNanosPerMilli : UINT64_MAX;
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

long uv_timer_init(std::uint64_t loop, std::uint64_t timer, std::uint64_t c, std::uint64_t d, std::uint64_t e,
                   std::uint64_t f) {
  StartOnce();
  const auto found = timer_init.For(__builtin_return_address(0));
  if (found.function == nullptr) return kNotThere;
  const auto real_function = reinterpret_cast<Function>(found.function);
  if (!found.is_it || !AreTimersRecorded()) return real_function(loop, timer, c, d, e, f);
  const long result = real_function(loop, timer, c, d, e, f);
  if (Succeeded(result)) RecordTimer(TimerKind::kLibuv, timer, {}, MQTRACK_HOOK_FRAME);
  return result;
}

long uv_timer_start(std::uint64_t timer, std::uint64_t callback, std::uint64_t timeout, std::uint64_t repeat,
                    std::uint64_t e, std::uint64_t f) {
  StartOnce();
  const auto found = timer_start.For(__builtin_return_address(0));
  if (found.function == nullptr) return kNotThere;
  const auto real_function = reinterpret_cast<Function>(found.function);
  if (!found.is_it || !AreTimersRecorded()) return real_function(timer, callback, timeout, repeat, e, f);
  const long result = real_function(timer, callback, timeout, repeat, e, f);
  if (Succeeded(result)) {
    RescheduleTimer(TimerKind::kLibuv, timer, {Nanos(timeout), repeat != 0 ? Nanos(repeat) : 0}, MQTRACK_HOOK_FRAME);
  }
  return result;
}

long uv_timer_again(std::uint64_t timer, std::uint64_t b, std::uint64_t c, std::uint64_t d, std::uint64_t e,
                    std::uint64_t f) {
  StartOnce();
  const void* caller = __builtin_return_address(0);
  const auto found = timer_again.For(caller);
  if (found.function == nullptr) return kNotThere;
  const auto real_function = reinterpret_cast<Function>(found.function);
  if (!found.is_it || !AreTimersRecorded()) return real_function(timer, b, c, d, e, f);
  std::uint64_t repeat = 0;
  if (const auto repeat_of = get_repeat.For(caller); repeat_of.is_it) {
    repeat = static_cast<std::uint64_t>(reinterpret_cast<Function>(repeat_of.function)(timer, b, c, d, e, f));
  }
  const long result = real_function(timer, b, c, d, e, f);
  // It does nothing to a timer that does not repeat.
  if (Succeeded(result) && repeat != 0)
    RescheduleTimer(TimerKind::kLibuv, timer, {Nanos(repeat), Nanos(repeat)}, MQTRACK_HOOK_FRAME);
  return result;
}

long uv_timer_stop(std::uint64_t timer, std::uint64_t b, std::uint64_t c, std::uint64_t d, std::uint64_t e,
                   std::uint64_t f) {
  StartOnce();
  const auto found = timer_stop.For(__builtin_return_address(0));
  if (found.function == nullptr) return kNotThere;
  const auto real_function = reinterpret_cast<Function>(found.function);
  if (!found.is_it || !AreTimersRecorded()) return real_function(timer, b, c, d, e, f);
  const long result = real_function(timer, b, c, d, e, f);
  if (Succeeded(result)) RescheduleTimer(TimerKind::kLibuv, timer, {}, MQTRACK_HOOK_FRAME);
  return result;
}

/// Of handles of every kind.
long uv_close(std::uint64_t handle, std::uint64_t b, std::uint64_t c, std::uint64_t d, std::uint64_t e,
              std::uint64_t f) {
  StartOnce();
  const auto found = close_handle.For(__builtin_return_address(0));
  if (found.function == nullptr) return kNotThere;
  if (found.is_it && AreTimersRecorded()) ForgetTimer(TimerKind::kLibuv, handle, MQTRACK_HOOK_FRAME);
  return reinterpret_cast<Function>(found.function)(handle, b, c, d, e, f);
}

}  // extern "C"
#pragma GCC visibility pop
