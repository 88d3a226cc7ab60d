// UTF-8 checks: names come from symbol tables and topics, the wire format allows valid UTF-8 only.
#pragma once

#include <string>
#include <string_view>

namespace mqtrack::profile {

/// True if `text` is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
[[nodiscard]] bool IsUtf8(std::string_view text);

/// `text` with every malformed byte replaced by U+FFFD.
[[nodiscard]] std::string ToUtf8(std::string_view text);

}  // namespace mqtrack::profile
