// Ends a group of processes when this process is gone, however that ended.
#pragma once

#include <sys/types.h>

#include <string>

#include "libtrack/support/file.h"

namespace mqtrack::process {

/// A small process that waits for the end of ours, and then ends the group: SIGTERM, and SIGKILL five seconds later.
/// A folder of the group goes then, too.
/// PR_SET_PDEATHSIG would not do: the kernel forgets it when a program changes its user, as mosquitto does, and means
/// the end of a thread by it. Any thread may make one. Where no process can be made, nothing is guarded.
class GroupGuard {
 public:
  GroupGuard() = default;
  /// `group` is a process group of this session, which has a process now. `folder` goes when the group has ended;
  /// empty: there is none.
  explicit GroupGuard(pid_t group, const std::string& folder = {});
  /// Ends the guard only.
  ~GroupGuard();
  GroupGuard(const GroupGuard&) = delete;
  GroupGuard& operator=(const GroupGuard&) = delete;

 private:
  pid_t pid_ = -1;
  support::FileHandle alive_;  // closed by the kernel when this process is gone
};

}  // namespace mqtrack::process
