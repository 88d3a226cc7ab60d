// What /proc tells about the threads of a process, read without stopping them.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace mqtrack::procfs {

/// Facts of one thread; a moment's picture.
struct ThreadFacts {
  std::string name;          // what the thread is called: at most 15 bytes
  char state = '?';          // R, S, D, T, Z …
  std::string wait_channel;  // the kernel's function it sleeps in; empty if it does not, or if that may not be read
  std::uint64_t stack_pointer = 0;  // of the system call it is blocked in; 0 if it is in none
  std::uint64_t program_counter = 0;
  /// How long it has not been on a processor. Nothing where the kernel does not tell (no /proc/PID/sched).
  std::optional<std::chrono::nanoseconds> not_run_for;
  std::chrono::nanoseconds age{};  // since it was started, in steps of the kernel's clock tick, 10 ms
};

/// Of every thread, by thread id. A thread that ends meanwhile may be missing.
[[nodiscard]] std::map<pid_t, ThreadFacts> ReadThreadFacts(pid_t pid);

/// Just the name, for a thread that was born after the facts were read; empty if it is gone.
[[nodiscard]] std::string ReadThreadName(pid_t pid, pid_t tid);

}  // namespace mqtrack::procfs
