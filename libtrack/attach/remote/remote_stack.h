// The stack of a stopped thread in another process, by its call-frame information (libdw).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "libtrack/attach/remote/remote_memory.h"
#include "libtrack/threads/cpu_registers.h"

namespace mqtrack::attach {

struct RemoteStack {
  std::vector<std::uint64_t> addresses;  // where each frame stands, innermost first; for callers inside the call
  bool complete = false;                 // unwound to the outermost frame
};

/// Made before anything is stopped, since reading the files' tables takes a while. Not thread-safe.
class RemoteUnwinder {
 public:
  explicit RemoteUnwinder(const RemoteMemory& memory);
  ~RemoteUnwinder();
  RemoteUnwinder(const RemoteUnwinder&) = delete;
  RemoteUnwinder& operator=(const RemoteUnwinder&) = delete;
  [[nodiscard]] RemoteStack Unwind(pid_t tid, const threads::CpuRegisters& registers);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mqtrack::attach
