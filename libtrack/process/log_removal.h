// Getting rid of logs: of processes that are gone, and of those that run on and are recorded no more.
#pragma once

#include <cstdint>

#include "libtrack/process/discovery.h"
#include "libtrack/support/result.h"

namespace mqtrack::process {

/// The memory, or disk, that a log occupies; 0 if it is gone.
[[nodiscard]] std::int64_t LogBytes(const RecordedProcess& process);

/// True if the log belongs to another user than the caller.
[[nodiscard]] bool IsOfAnotherUser(const RecordedProcess& process);

/// True if the process runs, but nothing is written to the log any more: it was detached from, or became another
/// program.
[[nodiscard]] bool IsRecordedNoMore(const RecordedProcess& process);

/// Why RemoveLog would refuse.
[[nodiscard]] support::Status CheckRemovable(const RecordedProcess& process);

/// Removes the log. Refuses if the process is recorded, or may be. One that was detached from has the log mapped until
/// it is attached to again: its memory is given back at once where the file system can do that.
[[nodiscard]] support::Status RemoveLog(const RecordedProcess& process);

}  // namespace mqtrack::process
