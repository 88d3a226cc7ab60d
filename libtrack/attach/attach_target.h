// Whether, and why not, the recorder can be put into a running process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/attach/remote/remote_memory.h"
#include "libtrack/attach/remote/remote_module.h"
#include "libtrack/log/attach_layout.h"
#include "libtrack/support/result.h"

namespace mqtrack::attach {

/// A process that could be attached to, and what is needed for that. Nothing of it was stopped.
struct AttachTarget {
  pid_t pid = 0;
  std::string name;
  std::uint32_t uid = 0;
  std::vector<Mapping> mappings;
  std::vector<RemoteModule> modules;  // those that SafePoints needs with their symbols
  const RemoteModule* libc = nullptr;
  const RemoteModule* recorder = nullptr;  // null: not in the process yet
  std::uint64_t state_address = 0;         // of its log::AttachState
  log::AttachState state{};
};

/// Examines it. An error says in one sentence why it cannot be attached to, and what to do.
[[nodiscard]] support::Result<AttachTarget> ExamineTarget(pid_t pid);

}  // namespace mqtrack::attach
