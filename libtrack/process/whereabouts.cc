#include "libtrack/process/whereabouts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <sstream>

#include "libtrack/process/proc_status.h"
#include "libtrack/support/file.h"
#include "libtrack/support/units.h"

namespace mqtrack::process {
namespace {

using Life = Whereabouts::Life;

/// The namespace that all others of a machine are below, and from which all processes can be seen: Linux,
/// include/linux/proc_ns.h, PROC_PID_INIT_INO.
constexpr std::uint64_t kInitialPidNamespace = 0xEFFFFFFC;
constexpr std::uint64_t kStatusLimit = 64 * 1024;

/// The pids after the first one of "NSpid:	4711	1" in /proc/PID/status; none for a process of our own namespace.
std::vector<std::int64_t> InnerPids(const std::string& folder) {
  const auto status = support::ReadFile(folder + "/status", kStatusLimit);
  const std::size_t at = status ? status->find("\nNSpid:") : std::string::npos;
  if (at == std::string::npos) return {};
  const std::size_t from = at + 7;
  std::istringstream words(status->substr(from, status->find('\n', from) - from));
  std::vector<std::int64_t> pids;
  std::int64_t pid = 0;
  for (words >> pid; words >> pid;) pids.push_back(pid);
  return pids;
}

/// Whether anybody has the log open for writing, or mapped: a recorder has as long as it lives, in whichever container.
/// The kernel answers that where it grants a read lease, which it does only if there is no writer; the lease is given
/// back at once. It needs the owner of the file, or CAP_LEASE.
Life AskForWriter(const std::string& path) {
  const support::FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return Life::kUnknown;
  // Whoever opens the log for writing meanwhile waits for us, and we are told so by a signal: by one that harms nobody.
  if (::fcntl(file.get(), F_SETSIG, SIGURG) != 0) return Life::kUnknown;
  if (::fcntl(file.get(), F_SETLEASE, F_RDLCK) == 0) {
    ::fcntl(file.get(), F_SETLEASE, F_UNLCK);
    return Life::kGone;
  }
  return errno == EAGAIN ? Life::kRuns : Life::kUnknown;
}

}  // namespace

std::uint64_t OwnPidNamespace() {
  struct stat info {};
  return ::stat("/proc/self/ns/pid", &info) == 0 ? info.st_ino : 0;
}

std::vector<Locator::Contained> Locator::ListContained() {
  std::vector<Contained> all;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    const support::Result<std::int64_t> pid = support::ParseCount(it->path().filename().string());
    if (!pid) continue;
    Contained found{*pid, InnerPids(it->path().string()), 0};
    if (found.inner_pids.empty()) continue;
    const auto status = ReadProcStatus(*pid);
    if (!status) continue;
    found.start_ticks = status->start_ticks;
    all.push_back(std::move(found));
  }
  return all;
}

Whereabouts Locator::Locate(const log::LogFacts& facts) {
  const bool here = facts.pid_namespace == 0 || facts.pid_namespace == own_namespace_;
  if (here) return IsAlive(facts.pid, facts.start_ticks) ? Whereabouts{Life::kRuns, facts.pid} : Whereabouts{};
  if (!contained_) contained_ = ListContained();
  for (const Contained& process : *contained_) {
    const auto& pids = process.inner_pids;
    if (process.start_ticks != facts.start_ticks || std::find(pids.begin(), pids.end(), facts.pid) == pids.end())
      continue;
    if (IsAlive(process.pid, facts.start_ticks)) return {Life::kRuns, process.pid};
  }
  if (own_namespace_ == kInitialPidNamespace) return {};
  return {AskForWriter(facts.path), 0};
}

}  // namespace mqtrack::process
