#include "libtrack/threads/stuck_thread.h"

#include <cstdint>
#include <map>
#include <string>
#include <thread>

#include "libtrack/procfs/proc_status.h"
#include "libtrack/threads/seized_thread.h"

namespace mqtrack::threads {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{5};

std::string StatusPath(pid_t pid, pid_t tid) {
  return "/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) + "/status";
}

/// How often the thread has gone to sleep, if it is in such a sleep now.
std::optional<std::uint64_t> SleepNumber(pid_t pid, pid_t tid) {
  char state = '?';
  procfs::ReadProcLine(StatusPath(pid, tid), "State:") >> state;
  std::uint64_t number = 0;
  if (state != 'D' || !(procfs::ReadProcLine(StatusPath(pid, tid), "voluntary_ctxt_switches:") >> number))
    return std::nullopt;
  return number;
}

}  // namespace

std::optional<pid_t> FindStuckThread(pid_t pid, std::chrono::milliseconds patience) {
  std::map<pid_t, std::uint64_t> asleep;
  for (const pid_t tid : ThreadsOf(pid)) {
    if (const auto number = SleepNumber(pid, tid)) asleep.emplace(tid, *number);
  }
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!asleep.empty()) {
    std::erase_if(asleep, [&](const auto& thread) { return SleepNumber(pid, thread.first) != thread.second; });
    if (!asleep.empty() && std::chrono::steady_clock::now() >= deadline) return asleep.begin()->first;
    if (!asleep.empty()) std::this_thread::sleep_for(kBetweenLooks);
  }
  return std::nullopt;
}

}  // namespace mqtrack::threads
