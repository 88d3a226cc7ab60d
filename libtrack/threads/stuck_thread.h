// Whether all threads of a process can be stopped soon: asked before anything is stopped, so that a service does not
// stand still for one of its threads that does not.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>

namespace mqtrack::threads {

/// A thread that stays in one uninterruptible sleep (a device, a network file system, a child of vfork that runs) for
/// as long as `patience`. Returns nothing as soon as there is none.
[[nodiscard]] std::optional<pid_t> FindStuckThread(pid_t pid, std::chrono::milliseconds patience);

}  // namespace mqtrack::threads
