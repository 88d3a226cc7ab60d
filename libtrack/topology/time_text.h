// Times and durations as logs write them.
#pragma once

#include <cstdint>
#include <string_view>

namespace mqtrack::topology {

/// Nanoseconds since the epoch of RFC 3339 ("2026-11-30T10:00:00.25Z", with a blank for the T, with an offset) or of
/// digits as NumberTime takes them; kUnknownTime for anything else.
[[nodiscard]] std::int64_t ParseTime(std::string_view text);
/// Of a number whose size says its unit: seconds, milliseconds, microseconds or nanoseconds since the epoch.
[[nodiscard]] std::int64_t NumberTime(double number);
[[nodiscard]] std::int64_t NumberTime(std::int64_t number);

/// Nanoseconds of "1.5s", "20ms", "7us", "1m2.5s" (as Go writes them), or of a bare number of `unit_ns`; kUnknownTime
/// for anything else.
[[nodiscard]] std::int64_t ParseSpanDuration(std::string_view text, std::int64_t unit_ns);
/// `number` units of `unit_ns`; kUnknownTime if negative, not a number or too large.
[[nodiscard]] std::int64_t ScaledDuration(double number, std::int64_t unit_ns);

}  // namespace mqtrack::topology
