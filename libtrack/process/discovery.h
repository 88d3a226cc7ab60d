// Which processes are, or were, recorded: the logs on this machine.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libtrack/log/reader.h"
#include "libtrack/process/whereabouts.h"
#include "libtrack/support/result.h"

namespace mqtrack::process {

struct RecordedProcess {
  std::string log_path;
  log::LogFacts facts;
  Whereabouts where;
  std::string error;  // not empty: the log could not be read; facts are void

  /// By which it is called here; where our /proc does not know it, by which it calls, or called, itself.
  [[nodiscard]] std::int64_t Pid() const { return where.pid != 0 ? where.pid : facts.pid; }
  [[nodiscard]] bool IsAlive() const { return where.life == Whereabouts::Life::kRuns; }
};

enum class ProcessState {
  kAlive,
  kDetached,    // runs, and was recorded until it was detached from
  kUnrecorded,  // runs, and is recorded no more without having been attached to itself: it runs another program now
  kEnded,       // exited by itself
  kDead,        // was killed or crashed
  kUnseen       // runs in another container, or was killed there: that cannot be seen from here
};
[[nodiscard]] ProcessState StateOf(const RecordedProcess& process);
/// In one word: "alive".
[[nodiscard]] std::string_view StateName(ProcessState state);
/// True if it records now, as far as can be seen from here.
[[nodiscard]] bool MayBeRecording(const RecordedProcess& process);

/// The process of one log, wherever that lies.
[[nodiscard]] support::Result<RecordedProcess> OpenLog(const std::string& path);

/// Every log in `log_dir`; empty: MQTRACK_LOG_DIR if set, else the default directory of the caller (all users' for
/// root). Unreadable logs are listed with their error. Alive first, then newest first.
[[nodiscard]] support::Result<std::vector<RecordedProcess>> ListRecorded(const std::string& log_dir = {});

/// The one process meant by a pid or a name (comm or basename of the executable). Live ones win over dead ones. The pid
/// of an unrecorded process, such as `mqtrack run` or a shell, means the recorded one that runs below it. No match or
/// several is an error that lists the candidates and says what to do.
[[nodiscard]] support::Result<RecordedProcess> FindRecorded(const std::string& pid_or_name,
                                                            const std::string& log_dir = {});

/// Whether a pid or a name, as FindRecorded takes them, means this process. A log that cannot be read has a pid only.
[[nodiscard]] bool IsMeantBy(const RecordedProcess& process, const std::string& pid_or_name);

/// Where ListRecorded looks, as words of a sentence.
[[nodiscard]] std::string PlacesLookedAt(const std::string& log_dir);

}  // namespace mqtrack::process
