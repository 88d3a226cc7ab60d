// The registers of a stopped thread, and what they tell about the system call it is in. In
// thread_registers_x86_64.cc and its like.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "libtrack/support/result.h"
#include "libtrack/threads/cpu_registers.h"

namespace mqtrack::threads {

/// The system call a thread is blocked in.
struct SystemCall {
  std::int64_t number = -1;
  std::array<std::uint64_t, 6> arguments{};
};

/// General registers of one thread, as ptrace gives them.
struct ThreadRegisters {
  CpuRegisters raw{};

  [[nodiscard]] std::uint64_t pc() const;
  [[nodiscard]] std::uint64_t sp() const;
  /// What the thread finds its thread-local variables by.
  [[nodiscard]] std::uint64_t thread_pointer() const;
  /// A register by its number in DWARF, the program counter included; nothing for those not among these.
  [[nodiscard]] std::optional<std::uint64_t> ByDwarfNumber(int number) const;
  /// The call that the stop interrupted and that the kernel will begin again; nothing if the thread was running its own
  /// code, or was about to return from a call that had ended.
  [[nodiscard]] std::optional<SystemCall> InterruptedCall() const;
  /// Some calls (epoll_wait, receiving with a timeout) answer any interruption with EINTR instead of beginning again,
  /// and a service may not expect that. If this thread is about to be told so, changes the result to the kernel's
  /// "begin again unless a handler runs" and returns true: the registers must then be written back before it goes on.
  /// It is what the kernel itself says for most calls: with a signal handler to run the service sees its EINTR still.
  [[nodiscard]] bool BeginCallAgain();
};

/// Reads the registers of a thread in ptrace-stop; must be called on the tracing thread. A 32-bit thread is an error.
[[nodiscard]] support::Result<ThreadRegisters> ReadRegisters(pid_t tid);
/// All registers beyond the general ones (floating point, vectors), as the kernel lays them out; empty if it does not
/// give them.
[[nodiscard]] std::vector<std::byte> ReadExtendedRegisters(pid_t tid);
/// Writes them back. False if the thread has meanwhile been killed.
bool WriteRegisters(pid_t tid, const ThreadRegisters& registers);

}  // namespace mqtrack::threads
