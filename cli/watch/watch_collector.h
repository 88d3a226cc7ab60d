// Looks at recorded processes and Go services, again and again. It reads logs and asks URLs; it begins no generation,
// writes nothing, and keeps what it needs for trends only, so that any number of watchers may come and go.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/watch/watch_round.h"
#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/process/discovery.h"
#include "libtrack/snapshot/take_snapshot.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// Not thread-safe. A look takes as long as reading the logs does; a URL that does not answer makes it wait.
class WatchCollector {
 public:
  /// `targets`: pids, names, logs, files, URLs; empty: every recorded process. `options`: for looking.
  WatchCollector(std::vector<std::string> targets, snapshot::Options options, analysis::WrapperList wrappers);

  /// Everything as it is now. Processes that have ended since an earlier look stay in it until their log is removed:
  /// that is told once, with the last figures, and then they are forgotten.
  [[nodiscard]] WatchRound Look();

 private:
  /// What is kept of one process from look to look.
  struct Kept {
    WatchedProcess process;
    bool was_alive = false;
    bool seen = false;  // in this look
  };

  void LookAtLogs(WatchRound& round);
  void LookAtOther(const std::string& target, std::int64_t now_ns);
  [[nodiscard]] bool IsWanted(const process::RecordedProcess& process) const;
  void Update(Kept& kept, support::Result<profile::Profile> profile, std::int64_t now_ns);
  void Judge(WatchedProcess& process) const;

  std::vector<std::string> names_, others_;  // of `targets`: names and pids; files and URLs
  bool all_ = false;
  snapshot::Options options_;
  analysis::WrapperList wrappers_;
  std::map<std::string, Kept> kept_;  // by id
};

}  // namespace mqtrack::cli
