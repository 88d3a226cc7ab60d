// Descriptors made and closed through syscall(): libuv closes this way, and calls that the C library has no function
// for are only to be had so.
#pragma once

#include "preload/recorder/unwinding/start_frame.h"

namespace mqtrack::hooks {

/// True if `number` makes or closes descriptors.
[[nodiscard]] bool IsDescriptorCall(long number);

/// syscall(number, a, …) for such a number. `frame` is that of the hook.
long DescriptorCall(long number, long a, long b, long c, long d, long e, long f, recorder::StartFrame frame);

}  // namespace mqtrack::hooks
