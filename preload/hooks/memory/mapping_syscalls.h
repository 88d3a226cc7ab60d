// Mappings made and unmapped through syscall().
#pragma once

#include "preload/recorder/unwinding/start_frame.h"

namespace mqtrack::hooks {

/// True if `number` maps or unmaps memory.
[[nodiscard]] bool IsMappingCall(long number);

/// syscall(number, a, …) for such a number. `frame` is that of the hook.
long MappingCall(long number, long a, long b, long c, long d, long e, long f, recorder::StartFrame frame);

}  // namespace mqtrack::hooks
