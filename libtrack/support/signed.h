// Counts that are never negative, as the signed numbers that profiles and reports hold.
#pragma once

#include <cstdint>

namespace mqtrack::support {

/// What no process can have so much of (2^63) is not expected.
[[nodiscard]] constexpr std::int64_t Signed(std::uint64_t value) { return static_cast<std::int64_t>(value); }

}  // namespace mqtrack::support
