// Rejected: making `run` the reaper of orphans (PR_SET_CHILD_SUBREAPER). A daemon would see another parent than it sees
// without the recorder, and its zombies would be ours.
#include "cli/followers.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "libtrack/log/environment.h"
#include "libtrack/process/discovery.h"
#include "libtrack/procfs/proc_status.h"
#include "libtrack/support/units.h"
#include "libtrack/support/unix_time.h"

namespace mqtrack::cli {
namespace {

constexpr const char* kMark = log::kEnvRun;

std::string MarkEntry() {
  const char* value = std::getenv(kMark);
  return value == nullptr ? std::string() : std::string(kMark) + "=" + value;
}

std::vector<Follower> MarkedProcesses() {
  const std::string entry = MarkEntry();
  std::vector<Follower> found;
  if (entry.empty()) return found;
  std::error_code error;
  for (std::filesystem::directory_iterator proc("/proc", error), end; !error && proc != end; proc.increment(error)) {
    const support::Result<std::int64_t> pid = support::ParseCount(proc->path().filename().string());
    if (!pid || pid.value() == ::getpid()) continue;
    if (!procfs::HasInEnvironment(pid.value(), entry)) continue;
    if (const auto status = procfs::ReadProcStatus(pid.value())) {
      found.push_back({pid.value(), status->comm, status->uid, false});
    }
  }
  std::sort(found.begin(), found.end(), [](const Follower& a, const Follower& b) { return a.pid < b.pid; });
  return found;
}

void FindLogs(std::vector<Follower>& followers, const std::string& log_dir) {
  const support::Result<std::vector<process::RecordedProcess>> recorded = process::ListRecorded(log_dir);
  if (!recorded) return;
  for (Follower& follower : followers) {
    follower.recorded = std::any_of(recorded->begin(), recorded->end(), [&](const process::RecordedProcess& process) {
      return process.error.empty() && process.where.pid == follower.pid;
    });
  }
}

}  // namespace

std::uint64_t MarkRun() {
  const auto nanos = static_cast<std::uint64_t>(support::UnixNanosNow());
  ::setenv(kMark, (std::to_string(::getpid()) + "-" + std::to_string(nanos)).c_str(), 1);
  return nanos;
}

std::vector<Follower> LivingFollowers(const std::string& log_dir) {
  constexpr std::chrono::milliseconds kPatience(1000), kPoll(10);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    std::vector<Follower> followers = MarkedProcesses();
    FindLogs(followers, log_dir);
    const bool all_known =
        std::all_of(followers.begin(), followers.end(), [](const Follower& f) { return f.recorded; });
    if (all_known || std::chrono::steady_clock::now() >= deadline) return followers;
    std::this_thread::sleep_for(kPoll);
  }
}

}  // namespace mqtrack::cli
