// What close_range and dup2 do, whichever way the program calls them: by their names or through syscall.
#pragma once

#include <climits>

#include "preload/hooks/descriptors/descriptors.h"
#include "preload/recorder/unwinding/start_frame.h"

namespace mqtrack::hooks {

/// CLOSE_RANGE_UNSHARE and CLOSE_RANGE_CLOEXEC of linux/close_range.h.
inline constexpr int kCloseRangeUnshare = 2, kCloseRangeCloexec = 4;

/// `real_close_range(first, last, flags)`. What is closed is forgotten first, as ever. The call fails for arguments
/// that are checked here, or because the kernel, or a sandbox, does not let it: that a range of no descriptors tells.
template <typename RealCloseRange>
auto CloseRange(unsigned first, unsigned last, int flags, RealCloseRange real_close_range) {
  const bool closes = first <= last && (flags & kCloseRangeCloexec) == 0 && (flags & ~kCloseRangeUnshare) == 0;
  if (closes && FollowDescriptors() && real_close_range(UINT_MAX, UINT_MAX, 0) == 0) RecordClosingRange(first, last);
  return real_close_range(first, last, flags);
}

/// dup2 and dup3: `real_dup()` makes `wanted` a copy of `fd`. What was `wanted` is closed, unless the call fails. The
/// number is open all the while, so nobody else gets it before that is noted.
template <typename RealDup>
auto Replace(int fd, int wanted, recorder::StartFrame frame, RealDup real_dup) {
  const auto result = real_dup();
  if (result >= 0 && fd != wanted && FollowDescriptors()) RecordReplaced(wanted, fd, frame);
  return result;
}

}  // namespace mqtrack::hooks
