// gzip (RFC 1952) in memory, over zlib.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libtrack/support/result.h"

namespace mqtrack::support {

inline constexpr int kGzipWindowBits = 15 + 16;  // zlib's way to ask for the gzip wrapper

/// True if `bytes` starts with gzip's magic number.
[[nodiscard]] bool IsGzip(std::string_view bytes);

/// Inflates one gzip file (all its members). Corrupt or truncated input and more than `limit_bytes` of output are
/// errors that name `where`; never holds more than the limit, however small the input is.
[[nodiscard]] Result<std::string> Gunzip(std::string_view bytes, const std::string& where, std::uint64_t limit_bytes);

/// Deflates into one gzip member without name and time, so that equal input gives equal bytes.
[[nodiscard]] std::string Gzip(std::string_view bytes);

}  // namespace mqtrack::support
