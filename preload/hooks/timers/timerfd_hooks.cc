// timerfds. Each is known by one of its descriptors. While it has others, which is rare, they stand in a small table;
// when the descriptor that it is known by is closed, another takes its place.
#include <sys/timerfd.h>

#include <cstring>

#include "preload/hooks/descriptors/descriptors.h"
#include "preload/hooks/hook_scope.h"
#include "preload/hooks/real_functions.h"
#include "preload/hooks/timers/timer_descriptors.h"
#include "preload/hooks/timers/timer_records.h"
#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/resources.h"
#include "preload/recorder/sync/atomic_field.h"

namespace mqtrack::hooks {
namespace {

using ::mqtrack::recorder::AddRelaxed;
using ::mqtrack::recorder::LoadAcquire;
using ::mqtrack::recorder::LoadRelaxed;
using ::mqtrack::recorder::StoreRelaxed;
using ::mqtrack::recorder::Swap;
using recorder::Inside;
using recorder::LiveRecord;
using recorder::recorder;
using recorder::resources;
using recorder::thread_state;

/// Descriptors beyond the first of a timer: copy + 1 in the upper half, what it is a copy of + 1 in the lower. 0: free.
/// When all are taken, further copies are not known, and the timer seems to end with the descriptors that are.
constexpr std::size_t kMostCopies = 64;
std::uint64_t copies[kMostCopies];
std::uint32_t copy_count;  // at most this many entries are in use: nearly always 0

std::uint64_t MakeCopy(int copy, int fd) {
  return static_cast<std::uint64_t>(copy + 1) << 32 | static_cast<std::uint64_t>(fd + 1);
}
int CopyOf(std::uint64_t entry) { return static_cast<int>(entry >> 32) - 1; }
int KnownBy(std::uint64_t entry) { return static_cast<int>(entry & 0xffffffff) - 1; }

/// The descriptor that the timer behind `fd` is known by: nearly always `fd` itself.
int KnownDescriptor(int fd) {
  if (LoadAcquire(copy_count) == 0) return fd;
  for (const std::uint64_t& place : copies) {
    if (const std::uint64_t entry = LoadAcquire(place); entry != 0 && CopyOf(entry) == fd) return KnownBy(entry);
  }
  return fd;
}

void Release(std::uint64_t& place, std::uint64_t entry) {
  if (Swap(place, entry, std::uint64_t{0})) ::mqtrack::recorder::AddAcqRel(copy_count, ~0u);
}

/// True if `fd` was a copy; it is one no more.
bool ForgetCopy(int fd) {
  for (std::uint64_t& place : copies) {
    const std::uint64_t entry = LoadAcquire(place);
    if (entry == 0 || CopyOf(entry) != fd) continue;
    Release(place, entry);
    return true;
  }
  return false;
}

std::uint64_t HandleOf(int fd) { return HandleOfTimer(TimerKind::kTimerFd, static_cast<std::uint64_t>(fd)); }

/// Of each descriptor of a timerfd how often that has expired, as far as the service has read it, plus 1; the count is
/// kept where the timer is known by. 0: no timerfd. Larger numbers are not counted.
constexpr std::size_t kMostCounted = 65536;
std::uint64_t expirations[kMostCounted];

std::uint64_t* ExpirationsOf(int fd) {
  const auto number = static_cast<std::size_t>(fd);
  return number < kMostCounted ? &expirations[number] : nullptr;
}
void SetExpirations(int fd, std::uint64_t value) {
  if (std::uint64_t* count = ExpirationsOf(fd)) StoreRelaxed(*count, value);
}

/// "1+", "10+", "100+" …: a label that changes seldom, since every value of it is a label set.
std::size_t FormatMagnitude(std::uint64_t count, char* text) {
  std::uint64_t power = 1;
  while (count / power >= 10) power *= 10;
  const std::size_t digits = ::mqtrack::recorder::FormatDecimal(power, text);
  text[digits] = '+';
  return digits + 1;
}

/// The timer known by `fd` is known by its first copy from now on, and so are the other copies. False if it has none.
bool HandOver(int fd) {
  int heir = -1;
  for (std::uint64_t& place : copies) {
    const std::uint64_t entry = LoadAcquire(place);
    if (entry == 0 || KnownBy(entry) != fd) continue;
    if (heir < 0) {
      heir = CopyOf(entry);
      Release(place, entry);
    } else {
      Swap(place, entry, MakeCopy(CopyOf(entry), heir));
    }
  }
  LiveRecord record;
  if (heir >= 0 && ExpirationsOf(fd) != nullptr) SetExpirations(heir, LoadRelaxed(*ExpirationsOf(fd)));
  if (heir >= 0 && resources.Forget(log::Kind::kTimer, HandleOf(fd), record)) {
    resources.Restore(log::Kind::kTimer, HandleOf(heir), record);
  }
  return heir >= 0;
}

/// The recorder at work for a hook that may or may not hold the guard already.
class AtWork {
 public:
  AtWork() : outer_(thread_state.inside) { thread_state.inside = Inside::kRecorder; }
  ~AtWork() { thread_state.inside = outer_; }
  AtWork(const AtWork&) = delete;
  AtWork& operator=(const AtWork&) = delete;

 private:
  Inside outer_;
};

}  // namespace

void TimerFdClosed(int fd) {
  if (fd < 0 || !AreTimersRecorded()) return;
  const AtWork at_work;
  const bool lives_on = LoadAcquire(copy_count) != 0 && (ForgetCopy(fd) || HandOver(fd));
  SetExpirations(fd, 0);
  if (lives_on) return;
  LiveRecord record;
  (void)resources.Forget(log::Kind::kTimer, HandleOf(fd), record);
}

void TimerFdDuplicated(int fd, int copy) {
  if (fd < 0 || copy < 0 || fd == copy || !AreTimersRecorded()) return;
  const int known_by = KnownDescriptor(fd);
  if (!resources.Knows(log::Kind::kTimer, HandleOf(known_by))) return;
  for (std::uint64_t& place : copies) {
    if (!Swap(place, std::uint64_t{0}, MakeCopy(copy, known_by))) continue;
    ::mqtrack::recorder::AddAcqRel(copy_count, 1u);
    SetExpirations(copy, 1);
    return;
  }
}

void TimerFdRead(int fd, const void* buffer) {
  std::uint64_t* own = ExpirationsOf(fd);
  if (own == nullptr || LoadRelaxed(*own) == 0 || !AreTimersRecorded() || thread_state.inside != Inside::kHost ||
      recorder.IsInChildOfVfork())
    return;
  const AtWork at_work;
  const int known_by = KnownDescriptor(fd);
  std::uint64_t* count = ExpirationsOf(known_by);
  std::uint64_t fresh = 0;
  std::memcpy(&fresh, buffer, sizeof fresh);
  if (count == nullptr || fresh == 0) return;
  if (recorder.trace().IsOn()) recorder.trace().Write({.type = log::TraceType::kTimer, .value = fresh});
  const std::uint64_t before = AddRelaxed(*count, fresh) - 1;
  char text_before[24], text[24];
  const std::size_t length_before = before != 0 ? FormatMagnitude(before, text_before) : 0;
  const std::size_t length = FormatMagnitude(before + fresh, text);
  if (length == length_before) return;
  const ::mqtrack::recorder::Label label = {log::LabelKey::kFired, text, length};
  (void)resources.Relabel(log::Kind::kTimer, HandleOf(known_by), &label, 1);
}

}  // namespace mqtrack::hooks

using mqtrack::hooks::AreTimersRecorded;
using mqtrack::hooks::real;
using mqtrack::hooks::ScheduleOf;
using mqtrack::hooks::StartOnce;
using mqtrack::hooks::TimerKind;
using mqtrack::recorder::recorder;

#pragma GCC visibility push(default)
extern "C" {

int timerfd_create(int clock, int flags) noexcept {
  StartOnce();
  const int fd = real.timerfd_create(clock, flags);
  if (fd >= 0 && mqtrack::hooks::AreDescriptorsHooked() && AreTimersRecorded() && !recorder.IsInChildOfVfork()) {
    mqtrack::hooks::RecordTimer(TimerKind::kTimerFd, static_cast<std::uint64_t>(fd), {}, MQTRACK_HOOK_FRAME);
    mqtrack::hooks::SetExpirations(fd, 1);
  }
  return mqtrack::hooks::Opened(fd, mqtrack::hooks::FdKind::kTimerFd, MQTRACK_HOOK_FRAME);
}

int timerfd_settime(int fd, int flags, const itimerspec* value, itimerspec* before) noexcept {
  StartOnce();
  const mqtrack::hooks::Schedule schedule =
      value != nullptr ? ScheduleOf(value->it_value, value->it_interval) : mqtrack::hooks::Schedule{};
  const int result = real.timerfd_settime(fd, flags, value, before);
  if (result == 0 && AreTimersRecorded() && !recorder.IsInChildOfVfork()) {
    mqtrack::hooks::RescheduleTimer(TimerKind::kTimerFd,
                                    static_cast<std::uint64_t>(mqtrack::hooks::KnownDescriptor(fd)), schedule,
                                    MQTRACK_HOOK_FRAME);
  }
  return result;
}

}  // extern "C"
#pragma GCC visibility pop
