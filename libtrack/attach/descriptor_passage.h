// Puts descriptors of ours into another process, whatever namespaces it lives in. Private to this module.
//
// The process is made to create a pair of connected sockets; we take one end (pidfd_getfd) and send the descriptors
// through it, and the process is made to receive them. No name in any file system and no network is involved.
#pragma once

#include <sys/types.h>

#include <vector>

#include "libtrack/attach/remote/remote_call.h"
#include "libtrack/support/result.h"

namespace mqtrack::attach {

/// The numbers that `descriptors`, not more than 16, have in the process. They are closed on exec. An error leaves
/// nothing open there.
[[nodiscard]] support::Result<std::vector<int>> PassDescriptors(RemoteCaller& caller, const RemoteMemory& memory,
                                                                const std::vector<int>& descriptors);

/// Closes them there again.
void CloseThere(RemoteCaller& caller, const std::vector<int>& numbers);

}  // namespace mqtrack::attach
