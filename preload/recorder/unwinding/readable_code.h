// Whether code can be read: it may be there for execution only.
#pragma once

#include <cstdint>

namespace mqtrack::recorder {

/// True if code that a table covers can be read at `address`. Remembered for all threads, by pages. Never faults;
/// async-signal-safe.
[[nodiscard]] bool IsCodeReadable(std::uint64_t address);

}  // namespace mqtrack::recorder
