// Text for XML and SVG documents.
#pragma once

#include <string>
#include <string_view>

namespace mqtrack::support {

/// `text` for XML element content and for attribute values in either kind of quotes. It must have been
/// made valid UTF-8 without characters that XML 1.0 forbids.
[[nodiscard]] std::string EscapeXml(std::string_view text);

}  // namespace mqtrack::support
