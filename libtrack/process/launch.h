// Starts a command under the recorder.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "libtrack/support/result.h"

namespace mqtrack::process {

struct LaunchOptions {
  std::vector<std::string> command;
  std::string recorder_path;  // the preload library; empty: found beside the executable, then in ../lib/mqtrack, then
                              // the build tree
  std::string log_dir;        // empty: default
  std::uint64_t sample_bytes = 0;     // 0: exact
  std::uint64_t log_limit_bytes = 0;  // 0: default
  std::vector<std::string> without;   // names of log::kRecordables that are not to be recorded
  std::string snapshot_dir;           // for snapshots that the command takes of itself; empty: the current directory,
                                      // unless the environment says otherwise
};

/// The recorder library that will be preloaded, or an error that lists where it was looked for.
[[nodiscard]] support::Result<std::string> FindRecorder(const std::string& preferred = {});

/// Checks that `program` (resolved through PATH) can be recorded: exists, executable, dynamically linked (a script's
/// interpreter counts), of this architecture, not set-uid/set-gid or with file capabilities unless we are that user. An
/// error says what is the matter and what to do.
[[nodiscard]] support::Status CheckRecordable(const std::string& program);

/// A warning in one sentence if the program defines an allocator of its own (jemalloc or tcmalloc linked in, a
/// sanitizer), which hides from the recorder what is allocated through it; empty otherwise.
[[nodiscard]] std::string OwnAllocatorWarning(const std::string& program);

/// "mallocx in bridge": the first function of an allocator's own interface that the program itself calls, which the
/// recorder does not see (libtrack/log/unseen_call.h); empty if it calls none. What its libraries call is found out
/// when it runs.
[[nodiscard]] std::string FindUnseenCall(const std::string& program);

/// A started command and what became of it.
struct LaunchResult {
  int exit_code = 0;     // the command's own; 128 + n when killed by signal n
  std::int64_t pid = 0;  // 0: never started
  /// Not empty: the command could not be started, exit_code is what a shell gives (127 not found, 126 not executable),
  /// and this says why.
  std::string problem;
};

/// Starts the command with the recorder preloaded, forwards SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2 to
/// it, waits for it, and returns its status. A signal that the terminal sent to the whole process group is not
/// delivered twice. A command that cannot be recorded (CheckRecordable) or a log directory that has no room is an
/// error, and nothing is started. Call it from the only thread. `before_reap` is called after it ended while its pid
/// still cannot be reused.
[[nodiscard]] support::Result<LaunchResult> Launch(const LaunchOptions& options,
                                                   const std::function<void(std::int64_t pid)>& before_reap = {});

}  // namespace mqtrack::process
