#include "libtrack/cpu/processor_clock.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "libtrack/procfs/proc_status.h"
#include "libtrack/support/file.h"

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

std::optional<ThreadTimes> ParseSchedstat(std::string_view text) {
  ThreadTimes times;
  for (std::int64_t* value : {&times.used_nanos, &times.waited_nanos, &times.turns}) {
    const std::size_t digits = std::min(text.find_first_of(" \n"), text.size());
    if (std::from_chars(text.data(), text.data() + digits, *value).ec != std::errc()) return std::nullopt;
    text.remove_prefix(std::min(digits + 1, text.size()));
  }
  if (times.used_nanos == 0 && times.waited_nanos == 0 && times.turns == 0) return std::nullopt;
  return times;
}

std::optional<std::int64_t> NanosOf(clockid_t clock) {
  timespec now{};
  if (::clock_gettime(clock, &now) != 0) return std::nullopt;
  return std::int64_t{now.tv_sec} * kNanosPerSecond + now.tv_nsec;
}

ProcessorClock::ProcessorClock(pid_t pid) : pid_(pid), known_(::clock_getcpuclockid(pid, &clock_) == 0) {
  if (const auto status = procfs::ReadProcStatus(pid)) start_ticks_ = status->start_ticks;
  (void)Read();
}

std::int64_t ProcessorClock::Read() {
  if (known_) last_nanos_ = std::max(last_nanos_, NanosOf(clock_).value_or(0));
  return last_nanos_;
}

bool ProcessorClock::IsOfRunning() const { return procfs::IsAlive(pid_, start_ticks_); }

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

std::optional<ThreadTimes> TimesOfThread(pid_t pid, pid_t tid) {
  Text text;
  if (const auto times = ParseSchedstat(ReadTaskFile(pid, tid, "schedstat", text))) return times;
  const std::optional<ThreadMoment> moment = LookAtThread(pid, tid);
  if (!moment) return std::nullopt;
  return ThreadTimes{.used_nanos = moment->ticks * (kNanosPerSecond / ::sysconf(_SC_CLK_TCK))};
}

}  // namespace mqtrack::cpu
