// What time it is.
#pragma once

#include <cstdint>

namespace mqtrack::support {

/// Nanoseconds since the epoch, by the clock that can be set.
[[nodiscard]] std::int64_t UnixNanosNow();

}  // namespace mqtrack::support
