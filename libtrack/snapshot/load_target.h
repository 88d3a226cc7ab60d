// A TARGET (pid, name, log file, snapshot or profile file, http(s) URL) becomes a Profile.
#pragma once

#include <string>

#include "libtrack/profile/profile.h"
#include "libtrack/snapshot/take_snapshot.h"
#include "libtrack/support/result.h"

namespace mqtrack::snapshot {

/// True if LoadTarget would read a file or fetch a URL for `target`, false if it would look for a process.
[[nodiscard]] bool IsFileOrUrl(const std::string& target);

/// Whether to look at a TARGET again can show something else.
enum class TargetState {
  kSaved,    // a file that stays what it is
  kRunning,  // a process that is recorded now, or whatever answers at a URL
  kEnded,    // a recorded process that is gone
};
/// The state of what LoadTarget would read for `target`; kEnded also if that is nothing.
[[nodiscard]] TargetState StateOfTarget(const std::string& target, const Options& options);

/// Anything the command line calls TARGET. Order: an http(s) URL is fetched; an existing file that is a log (by magic),
/// a profile or a bundle of one with its files is read; else a pid or name of a recorded process. A file of that name
/// that is neither a log nor a profile, such as the service's program, does not hide the process. An error says what
/// was tried.
[[nodiscard]] support::Result<profile::Profile> LoadTarget(const std::string& target, const Options& options);

}  // namespace mqtrack::snapshot
