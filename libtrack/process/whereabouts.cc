#include "libtrack/process/whereabouts.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <utility>

#include "libtrack/procfs/proc_status.h"
#include "libtrack/support/file.h"
#include "libtrack/support/units.h"

namespace mqtrack::process {
namespace {

using Life = Whereabouts::Life;

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

/// The pids after the first one of "NSpid: 4711 1"; none for a process that is in no namespace below that of /proc.
std::vector<std::int64_t> InnerPids(const std::string& folder) {
  std::istringstream words = procfs::ReadProcLine(folder + "/status", "NSpid:");
  std::vector<std::int64_t> pids;
  std::int64_t pid = 0;
  for (words >> pid; words >> pid;) pids.push_back(pid);
  return pids;
}

/// Clock ticks by which a process sees all starts later than the machine does: that of its time namespace.
std::int64_t TicksAhead(const std::string& pid) {
  std::istringstream words = procfs::ReadProcLine("/proc/" + pid + "/timens_offsets", "boottime ");
  std::int64_t seconds = 0, nanos = 0;
  if (!(words >> seconds >> nanos)) return 0;
  const std::int64_t ticks = ::sysconf(_SC_CLK_TCK);
  return seconds * ticks + nanos / (kNanosPerSecond / ticks);
}

/// Whether `pid` is the process that says of itself that it was started at `start_ticks`, and runs.
bool Runs(std::int64_t pid, std::uint64_t start_ticks) {
  const auto status = procfs::ReadProcStatus(pid);
  if (!status || !procfs::IsAlive(pid, status->start_ticks)) return false;
  if (status->start_ticks == start_ticks) return true;
  const std::int64_t ahead = TicksAhead(std::to_string(pid)) - TicksAhead("self");
  // Seconds and nanoseconds are rounded to ticks one by one: the last digit may be another.
  const auto apart = static_cast<std::int64_t>(status->start_ticks + static_cast<std::uint64_t>(ahead) - start_ticks);
  return ahead != 0 && apart >= -1 && apart <= 1;
}

/// True of a plain file on a file system that counts those who map it as its writers. Overlayfs does not, as it has the
/// file below mapped instead; of others it is not known, and those of a network refuse leases for reasons of their own.
bool KnowsItsWriters(int file) {
  constexpr std::uint64_t kXfs = 0x58465342;
  struct stat kind {};
  struct statfs info {};
  if (::fstat(file, &kind) != 0 || !S_ISREG(kind.st_mode) || ::fstatfs(file, &info) != 0) return false;
  const auto type = static_cast<std::uint64_t>(info.f_type);
  return type == TMPFS_MAGIC || type == EXT4_SUPER_MAGIC || type == BTRFS_SUPER_MAGIC || type == kXfs;
}

/// Whether anybody has the log open for writing, or mapped: a recorder has as long as it lives, in whichever container.
/// The kernel answers that where it grants a read lease, which it does only if there is no writer; the lease is given
/// back at once. It needs the owner of the file, or CAP_LEASE.
Life AskForWriter(const std::string& path) {
  const support::FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.valid() || !KnowsItsWriters(file.get())) return Life::kUnknown;
  // Whoever opens the log for writing meanwhile waits for us, and we are told so by a signal: by one that harms nobody.
  if (::fcntl(file.get(), F_SETSIG, SIGURG) != 0) return Life::kUnknown;
  if (::fcntl(file.get(), F_SETLEASE, F_RDLCK) == 0) {
    ::fcntl(file.get(), F_SETLEASE, F_UNLCK);
    return Life::kGone;
  }
  return errno == EAGAIN ? Life::kRuns : Life::kUnknown;
}

bool IsProcOurs() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self", error) == std::to_string(::getpid());
}

}  // namespace

std::uint64_t OwnPidNamespace() {
  struct stat info {};
  return ::stat("/proc/self/ns/pid", &info) == 0 ? info.st_ino : 0;
}

Locator::Locator() : own_namespace_(OwnPidNamespace()), own_proc_(IsProcOurs()) {}

bool Locator::IsOfOurPids(const log::LogFacts& facts) const {
  return facts.pid_namespace == 0 || (facts.pid_namespace == own_namespace_ && own_proc_);
}

std::vector<Locator::Contained> Locator::ListContained() {
  std::vector<Contained> all;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    const support::Result<std::int64_t> pid = support::ParseCount(it->path().filename().string());
    if (!pid) continue;
    Contained found{*pid, InnerPids(it->path().string())};
    if (!found.inner_pids.empty()) all.push_back(std::move(found));
  }
  return all;
}

Whereabouts Locator::Locate(const log::LogFacts& facts) {
  if (IsOfOurPids(facts))
    return Runs(facts.pid, facts.start_ticks) ? Whereabouts{Life::kRuns, facts.pid} : Whereabouts{};
  if (!contained_) contained_ = ListContained();
  for (const Contained& process : *contained_) {
    const auto& pids = process.inner_pids;
    if (std::find(pids.begin(), pids.end(), facts.pid) == pids.end()) continue;
    if (Runs(process.pid, facts.start_ticks)) return {Life::kRuns, process.pid};
  }
  // From where all processes can be seen, one that cannot be seen is none.
  const bool sees_all = own_namespace_ == log::kInitialPidNamespace && own_proc_ && ::geteuid() == 0;
  return sees_all ? Whereabouts{} : Whereabouts{AskForWriter(facts.path), 0};
}

}  // namespace mqtrack::process
