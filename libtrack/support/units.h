// Numbers as people read and write them. One place for every unit, so that all tables and messages agree.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libtrack/support/result.h"

namespace mqtrack::support {

/// "0 B", "512 B", "64 KiB", "1.5 MiB", "-3.2 GiB": powers of 1024, at most one decimal, dropped when it is .0.
[[nodiscard]] std::string FormatBytes(std::int64_t bytes);
/// "+1.5 MiB", "-12 B", "0 B".
[[nodiscard]] std::string FormatSignedBytes(std::int64_t bytes);
/// "1,234,567".
[[nodiscard]] std::string FormatCount(std::int64_t count);
/// "+1,234".
[[nodiscard]] std::string FormatSignedCount(std::int64_t count);
/// By the unit of a sample type: bytes, count, nanoseconds ("1.2 s"), anything else is printed after the number.
[[nodiscard]] std::string FormatValue(std::int64_t value, std::string_view unit);
[[nodiscard]] std::string FormatSignedValue(std::int64_t value, std::string_view unit);
/// "97.5 %", "0.1 %", "<0.1 %"; of zero: "-".
[[nodiscard]] std::string FormatPercent(std::int64_t part, std::int64_t whole);
/// "42 s", "3 min 5 s", "2 h 10 min", "12 d 4 h".
[[nodiscard]] std::string FormatDuration(std::int64_t seconds);

/// "2026-11-21 17:30:00 UTC" of a time since the epoch; empty for 0, which means unknown.
[[nodiscard]] std::string FormatUtc(std::int64_t unix_nanos);

/// Parses "0", "4096", "64KiB", "64K", "64kB", "1.5MiB", "2G" (all powers of 1024, case-insensitive). Negative,
/// overflowing or malformed text is an error that shows an example.
[[nodiscard]] Result<std::int64_t> ParseBytes(std::string_view text);
/// Parses "90", "90s", "10m", "2h", "1d": whole seconds, not negative, at most a year.
[[nodiscard]] Result<std::int64_t> ParseDuration(std::string_view text);
/// Parses a non-negative whole number.
[[nodiscard]] Result<std::int64_t> ParseCount(std::string_view text);

}  // namespace mqtrack::support
