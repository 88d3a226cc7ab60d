// Runs a program so that the service does not notice: no child that a wait() of its could meet, no SIGCHLD, no
// descriptor in its table, no lock of the C library, no memory of its heap.
//
// A process X is made that shares the service's memory and tells nobody when it ends (clone with exit signal 0, which
// makes it invisible to wait without __WCLONE). X has a descriptor table of its own; in it, it starts the program,
// waits for that, and ends. The program cannot be that child itself: execve gives back every child the exit signal
// SIGCHLD.
#pragma once

#include <cstddef>

namespace mqtrack::hooks {

struct UnseenProgram {
  static constexpr std::size_t kMaxCandidates = 24;

  const char* candidates[kMaxCandidates] = {};  // paths, tried in turn; a null pointer ends them
  char* const* arguments = nullptr;
  char* const* environment = nullptr;
  int timeout_seconds = 0;
  char* said = nullptr;  // gets what the program wrote to standard error, its end if that is too long; terminated
  std::size_t said_bytes = 0;
};

/// Runs it and waits: 0 if it ended with exit code 0. -EIO: with another one, or by a signal. -ETIMEDOUT: killed,
/// having taken too long. Others, such as -ENOENT: it could not be started. Blocks only the calling thread, whose
/// signals wait.
[[nodiscard]] int RunUnseen(const UnseenProgram& program);

}  // namespace mqtrack::hooks
