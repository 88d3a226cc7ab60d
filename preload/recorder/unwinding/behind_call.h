// Whether an address is one that a call returns to. The first frame of a coroutine has in the place of its return
// address whatever was laid or left there: 0, the start of a function that is to run next, an old word. Believing it
// would name a wrong function, and lead beyond the coroutine's stack.
#pragma once

#include <cstdint>

namespace mqtrack::recorder {

/// False if the instruction before `pc`, an address that call-frame information covers, is not a call. Of other
/// addresses some look like that too. Never faults; async-signal-safe. One implementation per architecture.
[[nodiscard]] bool IsBehindCall(std::uint64_t pc);

/// The same of any address, whatever lies there and whatever another thread makes of it: false if it cannot be read.
/// One system call; never faults; async-signal-safe; errno is kept.
[[nodiscard]] bool IsBehindCallAnywhere(std::uint64_t pc);

}  // namespace mqtrack::recorder
