#include "libtrack/cpu/processor_clock.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "libtrack/support/file.h"
#include "libtrack/threads/seized_thread.h"

namespace mqtrack::cpu {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr int kUserTimeField = 14, kSystemTimeField = 15, kProcessorField = 39;  // of /proc/PID/stat

using Text = std::array<char, 1024>;

// Read hundreds of times a second: without memory of its own.
std::string_view ReadTaskFile(pid_t pid, pid_t tid, const char* name, Text& text) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%d/task/%d/%s", pid, tid, name);
  const support::FileHandle file(::open(path, O_RDONLY | O_CLOEXEC));
  const ssize_t got = file.valid() ? ::read(file.get(), text.data(), text.size() - 1) : -1;
  if (got <= 0) return {};
  text[static_cast<std::size_t>(got)] = 0;
  return {text.data(), static_cast<std::size_t>(got)};
}

}  // namespace

ProcessorClock::ProcessorClock(pid_t pid) : known_(::clock_getcpuclockid(pid, &clock_) == 0) { (void)Read(); }

std::int64_t ProcessorClock::Read() {
  timespec now{};
  if (known_ && ::clock_gettime(clock_, &now) == 0)
    last_nanos_ = std::max(last_nanos_, std::int64_t{now.tv_sec} * kNanosPerSecond + now.tv_nsec);
  return last_nanos_;
}

std::optional<ThreadMoment> LookAtThread(pid_t pid, pid_t tid) {
  Text text;
  const std::string_view stat = ReadTaskFile(pid, tid, "stat", text);
  const std::size_t close = stat.rfind(')');  // a name may hold anything
  if (close == std::string_view::npos || close + 2 >= stat.size()) return std::nullopt;
  ThreadMoment moment;
  moment.state = stat[close + 2];
  if (moment.state == 'Z' || moment.state == 'X') return std::nullopt;
  const char* at = stat.data() + close + 3;
  char* end = nullptr;
  for (int field = 4; field <= kProcessorField; ++field, at = end) {
    const long long value = std::strtoll(at, &end, 10);
    if (field == kUserTimeField || field == kSystemTimeField) moment.ticks += value;
    if (field == kProcessorField) moment.processor = static_cast<int>(value);
  }
  return moment;
}

bool IsAnyThreadAlive(pid_t pid) {
  if (LookAtThread(pid, pid)) return true;
  const std::vector<pid_t> threads = threads::ThreadsOf(pid);  // a main thread may have ended before the others
  return std::any_of(threads.begin(), threads.end(), [pid](pid_t tid) { return LookAtThread(pid, tid).has_value(); });
}

std::optional<ThreadTimes> TimesOfThread(pid_t pid, pid_t tid) {
  Text text;
  ThreadTimes times;
  if (const std::string_view schedstat = ReadTaskFile(pid, tid, "schedstat", text); !schedstat.empty()) {
    char* at = text.data();
    for (std::int64_t* value : {&times.used_nanos, &times.waited_nanos, &times.turns}) {
      *value = std::strtoll(at, &at, 10);
    }
    return times;
  }
  const std::optional<ThreadMoment> moment = LookAtThread(pid, tid);  // a kernel without CONFIG_SCHED_INFO
  if (!moment) return std::nullopt;
  times.used_nanos = moment->ticks * (kNanosPerSecond / ::sysconf(_SC_CLK_TCK));
  return times;
}

}  // namespace mqtrack::cpu
