// Which processes are, or were, recorded: the logs on this machine.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libtrack/log/reader.h"
#include "libtrack/support/result.h"

namespace mqtrack::process {

struct RecordedProcess {
  std::string log_path;
  log::LogFacts facts;
  bool alive = false;  // pid exists with the same start time
  std::string error;   // not empty: the log could not be read; facts are void
};

/// "alive"; of those that run and are recorded no more "detached", or "unrecorded" if they were not attached to
/// themselves (they run another program now); "ended": exited by itself; "dead": was killed or crashed, or runs where
/// it cannot be seen from here.
[[nodiscard]] std::string_view StateName(const RecordedProcess& process);

/// Every log in `log_dir`; empty: MQTRACK_LOG_DIR if set, else the default directory of the caller (all users' for
/// root). Unreadable logs are listed with their error. Alive first, then newest first.
[[nodiscard]] support::Result<std::vector<RecordedProcess>> ListRecorded(const std::string& log_dir = {});

/// The one process meant by a pid or a name (comm or basename of the executable). Live ones win over dead ones. No
/// match or several is an error that lists the candidates and says what to do.
[[nodiscard]] support::Result<RecordedProcess> FindRecorded(const std::string& pid_or_name,
                                                            const std::string& log_dir = {});

/// Removes the log of a dead process. Refuses a live one.
[[nodiscard]] support::Status RemoveLog(const RecordedProcess& process);

}  // namespace mqtrack::process
