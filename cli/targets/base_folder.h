// A folder of snapshots as the base of another: each process of a run is compared with the one of the earlier run that
// is like it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/options/profile_options.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

class BaseFolder {
 public:
  struct Entry {
    std::string file, program, command;
    profile::Profile profile;
    bool taken = false;
  };

  /// Loads all snapshots of `folder`, by file name. Errors as of GateTargets, which read NEW.
  [[nodiscard]] static support::Result<BaseFolder> Load(const std::string& folder, const LoadOptions& loading);

  /// The process with the program and the command line of `newer`, else the first of its program; each only once. Null:
  /// the earlier run had none.
  [[nodiscard]] Entry* Take(const profile::Profile& newer);

 private:
  std::vector<Entry> entries_;
};

/// What a process has to be compared with that the earlier run did not have: nothing.
[[nodiscard]] profile::Profile NothingLike(const profile::Profile& newer);

}  // namespace mqtrack::cli
