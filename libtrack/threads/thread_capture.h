// The stacks of all threads of a process at one moment, and what each thread is doing. Without names: those are the
// symbolizer's business.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libtrack/support/result.h"
#include "libtrack/threads/module_memory.h"

namespace mqtrack::threads {

/// One thread.
struct CapturedThread {
  pid_t tid = 0;
  std::string name;
  std::string state;                               // "running", "sleeping", "disk wait", "stopped", "exiting"
  std::string wait_call;                           // "epoll_wait"; empty if it is in no system call that blocks
  std::string waits_for;                           // "epoll_wait on fd 5 (epoll)"; empty likewise
  std::optional<std::chrono::nanoseconds> waited;  // since it last ran; nothing if that is not known
  std::optional<std::chrono::nanoseconds> age;     // since it was started; likewise
  /// Who holds the lock it waits for, if it is a mutex: meaningful only where its stack says that it is one.
  pid_t lock_holder = 0;
  std::vector<std::uint64_t> addresses;  // leaf first; callers' inside the call instruction. Empty: it did not stop
  bool complete = false, truncated = false;
};

struct ThreadCapture {
  pid_t pid = 0;
  std::string name;
  std::vector<std::string> command;
  std::vector<CapturedThread> threads;  // the main thread first
  std::vector<LoadedModule> modules;
  std::chrono::nanoseconds stood_still{};
};

/// Stops the process for the time it takes to copy registers and stacks, and unwinds when it runs again. Errors: those
/// of WhileStopped.
[[nodiscard]] support::Result<ThreadCapture> CaptureThreads(pid_t pid);

}  // namespace mqtrack::threads
