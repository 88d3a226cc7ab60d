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
  std::string trace_log;              // where traced regions write their lines (track/trace.h); empty: as it is
  bool crash_report = false;          // preload the crash reporter as well
  std::string cpu_profile;            // preload gperftools' CPU profiler as well, which writes to this file; empty: not
  std::int64_t cpu_hz = 0;            // samples for each second of processor time
  bool keep_logs = false;             // of processes that live less than a second too
  std::string snapshot_dir;           // for snapshots that the command takes of itself; empty: the current directory,
                                      // unless the environment says otherwise
};

/// A started command and what became of it.
struct LaunchResult {
  int exit_code = 0;     // the command's own; 128 + n when killed by signal n
  std::int64_t pid = 0;  // 0: never started
  /// Not empty: the command could not be started, exit_code is what a shell gives (127 not found, 126 not executable),
  /// and this says why.
  std::string problem;
};

/// Starts the command with the recorder preloaded and signals as they were inherited (inherited_signals.h), forwards
/// SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2 to it, waits for it, and returns its status. A signal that the
/// terminal sent to the whole process group is not delivered twice. A command that cannot be recorded (CheckRecordable)
/// or a log directory that has no room is an error, and nothing is started. Call it from the only thread. `started` is
/// called once it runs, `before_reap` after it ended while its pid still cannot be reused.
[[nodiscard]] support::Result<LaunchResult> Launch(const LaunchOptions& options,
                                                   const std::function<void(std::int64_t pid)>& before_reap = {},
                                                   const std::function<void(std::int64_t pid)>& started = {});

/// As Launch, but does not wait: the process is the caller's child, to be ended and reaped by it, and the first of a
/// process group, so that ^C does not reach it. Its standard output and error go to the file `output`; it reads
/// nothing. Any thread may call it.
[[nodiscard]] support::Result<LaunchResult> Start(const LaunchOptions& options, const std::string& output);

/// Whether a child that has ended, and was not waited for yet, exited by itself. False: a signal killed it.
[[nodiscard]] bool HasExited(std::int64_t pid);

}  // namespace mqtrack::process
