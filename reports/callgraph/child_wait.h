// A child process that is not waited for longer than it may take.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>

namespace mqtrack::reports {

using Deadline = std::optional<std::chrono::steady_clock::time_point>;  // nothing: there is none

/// Waits until `child` has ended; its status as of waitpid. At the deadline it is killed: nothing is returned then. It
/// is reaped in either case.
[[nodiscard]] std::optional<int> WaitForChild(pid_t child, const Deadline& deadline);

}  // namespace mqtrack::reports
