// The threads of a profile, grouped by identical stacks: what a thread dump shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libtrack/analysis/culprit/culprit.h"
#include "libtrack/analysis/side.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::analysis {

/// Threads that look alike: one of them in a dump that was just taken, several in one that was read from a file.
struct ThreadsAlike {
  std::int64_t count = 0;
  std::string name, state;
  std::string waits_for;                     // as exactly as the profile tells; empty if it waits for nothing
  std::int64_t tid = 0;                      // 0: not known
  std::optional<std::int64_t> waited_nanos;  // since they last ran
  std::optional<std::int64_t> age_nanos;     // since they were started
};

/// All threads with one stack.
struct ThreadGroup {
  std::int64_t count = 0;
  std::vector<Frame> stack;  // leaf first. Refers to ThreadGroups::profile
  std::vector<ThreadsAlike> threads;
};

/// Movable only: the frames point into the profile.
struct ThreadGroups {
  ThreadGroups() = default;
  ThreadGroups(ThreadGroups&&) = default;
  ThreadGroups& operator=(ThreadGroups&&) = default;

  profile::Profile profile;
  std::string sample_type;       // "threads", or Go's "goroutine"
  bool creation_stacks = false;  // the stacks are those that created the threads, not what they are doing
  Side side;
  std::int64_t total = 0;
  std::int64_t stood_still_nanos = -1;  // how long the process was stopped; -1: not known
  std::vector<ThreadGroup> groups;      // the biggest first, then by name of the innermost frame
};

/// Groups the `threads` (else `goroutine`) of a profile. Stacks are alike if they read alike: the same functions and
/// lines. A profile without such values is an error that says what it holds.
[[nodiscard]] support::Result<ThreadGroups> GroupThreads(profile::Profile profile, const std::string& where);

}  // namespace mqtrack::analysis
