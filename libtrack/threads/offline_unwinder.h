// Stacks from copies: a thread's registers and the memory of its stack were copied while it stood still; the frames are
// found afterwards, by libunwind with accessors that read the copies, while the thread runs again.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "libtrack/threads/module_memory.h"
#include "libtrack/threads/thread_registers.h"

namespace mqtrack::threads {

/// What was copied of one thread.
struct ThreadCopy {
  ThreadRegisters registers;
  std::uint64_t stack_start = 0;  // address of the copy's first byte: the stack pointer
  std::vector<std::byte> stack;
};

/// A stack, leaf first.
struct UnwoundStack {
  /// The leaf's program counter as it is, callers' inside the call instruction. Never empty.
  std::vector<std::uint64_t> addresses;
  bool complete = false;   // ends where the unwind information says that there is no caller
  bool truncated = false;  // had more frames than kMostFrames
};

/// Unwinds copies of threads of one process; keeps what it has learnt about its code. Borrows `memory`.
/// Not thread-safe.
class OfflineUnwinder {
 public:
  static constexpr std::size_t kMostFrames = 512;

  explicit OfflineUnwinder(ModuleMemory& memory);
  ~OfflineUnwinder();
  OfflineUnwinder(const OfflineUnwinder&) = delete;
  OfflineUnwinder& operator=(const OfflineUnwinder&) = delete;

  [[nodiscard]] UnwoundStack Unwind(const ThreadCopy& copy);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mqtrack::threads
