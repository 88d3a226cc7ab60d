// Bytes as text: Base64 and hexadecimal digits (RFC 4648).
#pragma once

#include <string>
#include <string_view>

namespace mqtrack::support {

/// With "=" at the end.
[[nodiscard]] std::string EncodeBase64(std::string_view bytes);

/// As far as `text` is Base64; "=" and whatever is none ends it.
[[nodiscard]] std::string DecodeBase64(std::string_view text);

/// "0a1f" of two bytes.
[[nodiscard]] std::string EncodeHex(std::string_view bytes);

/// The number that a hexadecimal digit is; -1: it is none.
[[nodiscard]] int HexDigitValue(char digit);

}  // namespace mqtrack::support
