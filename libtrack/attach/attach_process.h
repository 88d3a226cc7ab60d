// Puts the recorder into a running process, and makes it inert again.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "libtrack/support/result.h"

namespace mqtrack::attach {

struct AttachOptions {
  std::string recorder_path;  // empty: as FindRecorder
  std::string log_dir;        // absolute, or empty: the default one of the process's user
  std::uint64_t sample_bytes = 0;
  std::uint64_t log_limit_bytes = 0;
  std::uint64_t without_kinds = 0;   // KindBits
  std::int64_t timeout_ms = 10'000;  // how long to look for a safe moment
};

struct AttachOutcome {
  std::string process;  // "mosquitto (pid 1234)"
  std::string log_path;
  std::uint64_t modules = 0, slots = 0, stubborn = 0;
  std::int64_t threads = 0;         // that were stopped
  std::int64_t stopped_micros = 0;  // from the first thread's stop until all but one went on
  std::int64_t call_micros = 0;     // until the last one did, on which the recorder was called
  std::int64_t looks = 0;           // how often the process was stopped to find a safe moment
};

/// Either the process is recorded afterwards, or nothing in it has changed and the error says why. Must be called from
/// the only thread.
[[nodiscard]] support::Result<AttachOutcome> Attach(pid_t pid, const AttachOptions& options);

/// Either the recorder is inert afterwards, or nothing has changed.
[[nodiscard]] support::Result<AttachOutcome> Detach(pid_t pid, std::int64_t timeout_ms);

}  // namespace mqtrack::attach
