#include "preload/hooks/timers/timers_before.h"

#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include <cstring>
#include <initializer_list>

#include "preload/hooks/timers/timer_records.h"
#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/recorder.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::hooks {
namespace {

using recorder::Argument;
using recorder::KernelCall;

std::uint64_t NanosOf(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_usec) * 1'000;
}

/// A timer whose expiry calls a function is a structure of the C library to the service, which cannot be found from the
/// kernel's number; of all others the number is the timer_t.
void RecordPosix(std::uint64_t id, bool calls_function) {
  itimerspec now{};
  if (KernelCall(SYS_timer_gettime, static_cast<long>(id), Argument(&now)) != 0) return;
  RecordTimerBefore(TimerKind::kPosix, calls_function ? log::kKernelHandle | id : HandleOfTimer(TimerKind::kPosix, id),
                    ScheduleOf(now.it_value, now.it_interval));
}

/// Lines as proc(5) describes them: "ID: 5", some others, "notify: signal/pid.1234" or "thread" or "none".
struct TimerLines {
  std::uint64_t id = 0;
  bool has_id = false;
};
void ReadTimerLine(const char* line, void* data) {
  TimerLines& lines = *static_cast<TimerLines*>(data);
  if (std::strncmp(line, "ID: ", 4) == 0) {
    lines.id = recorder::ParseDecimal(line + 4);
    lines.has_id = true;
  } else if (std::strncmp(line, "notify: ", 8) == 0 && lines.has_id) {
    // The C library has the kernel wake a thread of its own: "signal/tid.1235".
    RecordPosix(lines.id, std::strstr(line, "/tid.") != nullptr);
    lines.has_id = false;
  }
}

}  // namespace

void RecordTimersBefore() {
  if (!recorder::recorder.Records(log::Kind::kTimer) || recorder::recorder.sandboxed()) return;
  TimerLines lines;
  recorder::VisitLines("/proc/self/timers", ReadTimerLine, &lines);
  for (const int which : {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF}) {
    itimerval now{};
    if (KernelCall(SYS_getitimer, which, Argument(&now)) != 0) continue;
    const Schedule schedule = {NanosOf(now.it_value), NanosOf(now.it_interval)};
    if (schedule.first_ns == 0 || schedule.every_ns == 0) continue;
    RecordTimerBefore(TimerKind::kInterval, HandleOfTimer(TimerKind::kInterval, static_cast<std::uint64_t>(which)),
                      schedule);
  }
}

void RecordTimerFdBefore(int fd) {
  itimerspec now{};
  if (KernelCall(SYS_timerfd_gettime, fd, Argument(&now)) != 0) return;
  RecordTimerBefore(TimerKind::kTimerFd, HandleOfTimer(TimerKind::kTimerFd, static_cast<std::uint64_t>(fd)),
                    ScheduleOf(now.it_value, now.it_interval));
}

}  // namespace mqtrack::hooks
