// The directories logs live in, and whether to trust them: /dev/shm is open to everybody, so anybody can make a
// directory there and put files into it that look like logs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libtrack/support/result.h"

namespace mqtrack::process {

/// One place to look for logs.
struct LogDirectory {
  std::string path;
  std::optional<std::uint32_t> owner;  // who must own it; none: it was named by the user, who vouches for it
};

/// Where to look: `log_dir` if not empty, else MQTRACK_LOG_DIR if set, else the caller's own default directory, and for
/// root every user's.
[[nodiscard]] std::vector<LogDirectory> LogDirectories(const std::string& log_dir);

/// The default directory of a user.
[[nodiscard]] std::string DefaultLogDirectory(std::uint32_t uid);

/// Whether a directory exists, and is safe to read from: a directory and no link, owned by the expected user, and not
/// writable by others when it is not the caller's. Missing is not an error: false.
[[nodiscard]] support::Result<bool> CheckLogDirectory(const LogDirectory& directory);

/// Whether a file system may hold logs (libtrack/log/file_systems.h). `type`: f_type of statfs; `path` goes into the
/// error.
[[nodiscard]] support::Status CheckFileSystem(std::uint32_t type, const std::string& path);

/// Before a launch: the directory can be made or written to, and has room for a log. `log_dir` as for LogDirectories.
[[nodiscard]] support::Status CheckRoomForLog(const std::string& log_dir);

/// Why the limit on file sizes, which a command inherits from this process, leaves no room for a log; empty: it does.
/// Such a command runs all the same, and is not recorded.
[[nodiscard]] std::string WhyNoLogFits();

/// What a log's file name says (libtrack/log/environment.h).
struct LogName {
  std::int64_t pid = 0;
  std::uint64_t start_ticks = 0;
  std::uint64_t pid_namespace = 0;  // 0: not said
};
[[nodiscard]] std::optional<LogName> ParseLogName(const std::string& file_name);

}  // namespace mqtrack::process
