#include "libtrack/process/log_directory.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "libtrack/log/environment.h"
#include "libtrack/log/file_systems.h"
#include "libtrack/procfs/proc_status.h"
#include "libtrack/support/units.h"

namespace mqtrack::process {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

// A log of a small service takes less; below this a recording would drop events almost at once.
constexpr std::uint64_t kRoomNeeded = 16u << 20;

template <typename Number>
bool ParseNumber(std::string_view text, Number& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end && !text.empty();
}

std::vector<LogDirectory> EveryUsers() {
  const std::string prefix = log::kDefaultLogDirPrefix;
  const std::filesystem::path parent = std::filesystem::path(prefix).parent_path();
  std::vector<LogDirectory> directories;
  std::error_code error;
  for (std::filesystem::directory_iterator it(parent, error), end; !error && it != end; it.increment(error)) {
    const std::string path = it->path().string();
    std::uint32_t uid = 0;
    if (path.rfind(prefix, 0) == 0 && ParseNumber(std::string_view(path).substr(prefix.size()), uid)) {
      directories.push_back({path, uid});
    }
  }
  return directories;
}

}  // namespace

std::string DefaultLogDirectory(std::uint32_t uid) { return log::kDefaultLogDirPrefix + std::to_string(uid); }

std::vector<LogDirectory> LogDirectories(const std::string& log_dir) {
  if (!log_dir.empty()) return {{log_dir, std::nullopt}};
  const char* environment = std::getenv(log::kEnvLogDir);
  if (environment != nullptr && *environment != '\0') return {{environment, std::nullopt}};
  if (::geteuid() == 0) return EveryUsers();
  return {{DefaultLogDirectory(::getuid()), ::getuid()}};
}

Result<bool> CheckLogDirectory(const LogDirectory& directory) {
  struct stat info {};
  const bool named = !directory.owner.has_value();
  const int failed = named ? ::stat(directory.path.c_str(), &info) : ::lstat(directory.path.c_str(), &info);
  if (failed != 0 && (errno == ENOENT || errno == ENOTDIR)) return false;
  if (failed != 0) {
    return Error{ErrorCode::kSystem, std::string("cannot look into it: ") + std::strerror(errno), directory.path};
  }
  if (!S_ISDIR(info.st_mode))
    return Error{ErrorCode::kBadInput, "not a directory, so no logs are read from it", directory.path};
  if (directory.owner && info.st_uid != *directory.owner) {
    return Error{ErrorCode::kBadInput,
                 "belongs to user id " + std::to_string(info.st_uid) + ", not to " + std::to_string(*directory.owner) +
                     ", so its logs are not trusted; remove it",
                 directory.path};
  }
  if (info.st_uid != ::geteuid() && (info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Error{ErrorCode::kBadInput,
                 "belongs to user id " + std::to_string(info.st_uid) +
                     " and others may write to it, so its logs are not trusted; chmod it to 0700",
                 directory.path};
  }
  if (::access(directory.path.c_str(), R_OK | X_OK) != 0) {
    return Error{ErrorCode::kSystem,
                 "no permission to read it: run as root or as user id " + std::to_string(info.st_uid), directory.path};
  }
  return true;
}

namespace {

/// The recorder of no user writes into a directory that others may write to (LogFile::Create). Whose it is is not
/// asked: the command may change its user before it starts the service.
Status CheckNobodyElseWrites(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || (info.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  return Error{ErrorCode::kBadInput,
               "others may write to it, so no log is written there; name a directory below it, which is then made",
               path};
}

}  // namespace

namespace {

bool HoldsDeadLogs(const std::string& directory) {
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const auto name = ParseLogName(it->path().filename().string());
    if (name && !procfs::IsAlive(name->pid, name->start_ticks)) return true;
  }
  return false;
}

}  // namespace

Status CheckFileSystem(std::uint32_t type, const std::string& path) {
  if (log::MayHoldLogs(type)) return {};
  const char* name = log::FileSystemName(type);
  return Error{ErrorCode::kBadInput,
               "no log is written there, since its file system (" + (name != nullptr ? name : std::to_string(type)) +
                   ") may take back memory that it has given, which would kill the service: choose a directory on a "
                   "tmpfs, such as /dev/shm, or on ext4 with --log-dir",
               path};
}

Status CheckRoomForLog(const std::string& log_dir) {
  std::string path = log_dir;
  if (path.empty()) {
    const char* environment = std::getenv(log::kEnvLogDir);
    path = environment != nullptr && *environment != '\0' ? environment : DefaultLogDirectory(::getuid());
  }
  const Result<bool> usable = CheckLogDirectory({path, std::nullopt});
  if (!usable) return usable.error();
  if (*usable) {
    if (const Status safe = CheckNobodyElseWrites(path); !safe) return safe;
  }
  // The recorder makes the directory itself, but not its parents.
  std::string existing = *usable ? path : std::filesystem::path(path).lexically_normal().parent_path().string();
  if (existing.empty()) existing = ".";
  if (::access(existing.c_str(), W_OK | X_OK) != 0) {
    return Error{ErrorCode::kSystem,
                 "the log cannot be written there: " + std::string(std::strerror(errno)) +
                     "; choose another directory with --log-dir",
                 path};
  }
  struct statfs info {};
  if (::statfs(existing.c_str(), &info) != 0) return {};  // the recorder looks again
  if (const Status fit = CheckFileSystem(static_cast<std::uint32_t>(info.f_type), path); !fit) return fit;
  const auto block = static_cast<std::uint64_t>(info.f_bsize);
  const std::uint64_t all = info.f_blocks * block, kept = log::KeptFree(all), free = info.f_bavail * block;
  if (all == 0 || free >= kRoomNeeded + kept) return {};  // no limit, or well below
  return Error{ErrorCode::kCannotMeasure,
               "only " + std::to_string(free >> 10) + " KiB are free there, and a log needs at least " +
                   std::to_string(kRoomNeeded >> 20) + " MiB beside the " + std::to_string(kept >> 10) +
                   " KiB that stay free for the service: " +
                   (HoldsDeadLogs(path) ? "remove logs of dead processes with `mqtrack clean`, " : "") +
                   "enlarge it (docker: --shm-size), or choose another directory with --log-dir",
               path};
}

std::string WhyNoLogFits() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur >= log::kSmallestLogBytes) return {};
  return "the limit on file sizes (ulimit -f) is " + support::FormatBytes(static_cast<std::int64_t>(limit.rlim_cur)) +
         ", and a log needs " + support::FormatBytes(static_cast<std::int64_t>(log::kSmallestLogBytes)) +
         "; raise it, as with ulimit -f unlimited";
}

std::optional<LogName> ParseLogName(const std::string& file_name) {
  const std::string_view suffix = log::kLogSuffix;
  std::string_view name = file_name;
  if (!name.ends_with(suffix)) return std::nullopt;
  name.remove_suffix(suffix.size());
  const std::size_t dash = name.find('-');
  LogName parsed;
  if (const std::size_t last = name.rfind('-'); last != dash) {
    if (!ParseNumber(name.substr(last + 1), parsed.pid_namespace)) return std::nullopt;
    name = name.substr(0, last);
  }
  if (dash == std::string_view::npos || !ParseNumber(name.substr(0, dash), parsed.pid) || parsed.pid <= 0 ||
      !ParseNumber(name.substr(dash + 1), parsed.start_ticks)) {
    return std::nullopt;
  }
  return parsed;
}

}  // namespace mqtrack::process
