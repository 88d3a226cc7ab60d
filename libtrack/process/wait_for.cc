#include "libtrack/process/wait_for.h"

#include <sys/types.h>

#include <ctime>
#include <optional>
#include <thread>

#include "libtrack/procfs/proc_status.h"
#include "libtrack/support/units.h"

namespace mqtrack::process {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;
using support::Error;
using support::ErrorCode;

constexpr std::chrono::milliseconds kPoll(20), kIdleFor(500);
constexpr double kIdleShare = 0.01;  // of a processor

std::string Seconds(nanoseconds time) {
  return support::FormatDuration(std::chrono::duration_cast<std::chrono::seconds>(time).count());
}

}  // namespace

// The clock counts nanoseconds, where /proc/PID/stat counts ticks of 10 ms.
std::optional<nanoseconds> ProcessorTime(std::int64_t pid) {
  clockid_t clock{};
  std::timespec time{};
  if (::clock_getcpuclockid(static_cast<pid_t>(pid), &clock) != 0) return std::nullopt;
  if (::clock_gettime(clock, &time) != 0) return std::nullopt;
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

support::Result<RecordedProcess> WaitUntilRecorded(const std::string& pid_or_name, const std::string& log_dir,
                                                   nanoseconds most, const std::function<bool()>& is_over) {
  const Clock::time_point deadline = Clock::now() + most;
  const support::Result<std::int64_t> pid = support::ParseCount(pid_or_name);
  for (;;) {
    const bool is_gone = pid && !procfs::ReadProcStatus(*pid);  // before the look: its log stays
    support::Result<RecordedProcess> found = FindRecorded(pid_or_name, log_dir);
    const bool final = is_gone || (found ? found->IsAlive() : found.error().code == ErrorCode::kBadInput);
    if (final || Clock::now() >= deadline || (is_over && is_over())) return found;
    std::this_thread::sleep_for(kPoll);
  }
}

support::Status WaitUntilIdle(const RecordedProcess& process, nanoseconds most) {
  if (StateOf(process) == ProcessState::kUnseen || (process.IsAlive() && process.where.pid == 0)) {
    return Error{ErrorCode::kCannotMeasure, "runs where its processor time cannot be seen from here", process.log_path};
  }
  const Clock::time_point deadline = Clock::now() + most;
  for (;;) {
    const std::optional<nanoseconds> before = ProcessorTime(process.where.pid);
    const Clock::time_point begin = Clock::now();
    std::this_thread::sleep_for(kIdleFor);
    const std::optional<nanoseconds> after = ProcessorTime(process.where.pid);
    if (!before || !after) return {};
    const double share =
        std::chrono::duration<double>(*after - *before) / std::chrono::duration<double>(Clock::now() - begin);
    if (share < kIdleShare) return {};
    if (Clock::now() < deadline) continue;
    return Error{ErrorCode::kCannotMeasure,
                 "was not idle for half a second within " + Seconds(most) + "; at last it used " +
                     support::FormatPercent(static_cast<std::int64_t>(share * 1000), 1000) +
                     " of a processor: end what it is asked to do, or take the snapshot without --wait-idle",
                 "process " + std::to_string(process.where.pid)};
  }
}

}  // namespace mqtrack::process
