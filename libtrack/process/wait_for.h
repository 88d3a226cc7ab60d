// Moments to take a snapshot at: when a process is recorded at last, and when it has nothing to do.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "libtrack/process/discovery.h"
#include "libtrack/support/result.h"

namespace mqtrack::process {

/// FindRecorded, tried again until it finds a process that is alive, for at most `most`, or until `is_over`, which may
/// be empty. The error is that of the last try. Several matches, and the pid of a process that is gone, are not waited
/// for.
[[nodiscard]] support::Result<RecordedProcess> WaitUntilRecorded(const std::string& pid_or_name,
                                                                 const std::string& log_dir,
                                                                 std::chrono::nanoseconds most,
                                                                 const std::function<bool()>& is_over = {});

/// What the threads of a process, also those that have ended, used of processors; nothing if the process is gone.
[[nodiscard]] std::optional<std::chrono::nanoseconds> ProcessorTime(std::int64_t pid);

/// Waits until all threads of `process` together used less than 1 % of a processor for half a second: until work that
/// was asked of it is done. One that has ended is idle. kCannotMeasure if that takes more than `most`, or if the
/// process cannot be seen from here.
[[nodiscard]] support::Status WaitUntilIdle(const RecordedProcess& process, std::chrono::nanoseconds most);

}  // namespace mqtrack::process
