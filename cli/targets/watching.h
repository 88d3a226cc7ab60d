// Snapshots of a running process, taken one after another for some time.
#pragma once

#include <signal.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "cli/messages.h"
#include "libtrack/profile/profile.h"
#include "libtrack/snapshot/take_snapshot.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// While it lives, the first SIGINT, SIGTERM or SIGHUP is noted, and a second ends the command as ever, unless it comes
/// within half a second: then it is the same wish. One at a time.
class InterruptNoted {
 public:
  InterruptNoted();
  ~InterruptNoted();
  InterruptNoted(const InterruptNoted&) = delete;
  InterruptNoted& operator=(const InterruptNoted&) = delete;
  [[nodiscard]] static bool IsInterrupted();
  /// What standard error is told, with its newline, when a second signal ends the command: what it leaves behind.
  void SayIfCutShort(const std::string& text);

 private:
  struct sigaction int_before_ {
  }, term_before_{}, hup_before_{};
  std::string text_;
};

struct WatchOptions {
  std::chrono::seconds duration{300};
  std::chrono::seconds every{30};
};

using OnSnapshot = std::function<void(profile::Profile&)>;

/// Takes a snapshot at once, then one `every` so often, and one at the end of `duration`; each begins a generation.
/// Says how far it is, once for each. Ends before its time, with what there is, when InterruptNoted says so, or
/// when the process has ended or runs another program. `on_snapshot`, if any, may add to each as soon as it is taken.
/// Errors: those of the first snapshot.
[[nodiscard]] support::Result<std::vector<profile::Profile>> WatchProcess(const std::string& target,
                                                                          const snapshot::Options& options,
                                                                          const WatchOptions& watch,
                                                                          const Messages& messages,
                                                                          const OnSnapshot& on_snapshot = {});

}  // namespace mqtrack::cli
