// A count and what is counted, in words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mqtrack::support {

/// "1 object", "2 objects", with separators of thousands.
[[nodiscard]] std::string Plural(std::int64_t count, std::string_view singular);

}  // namespace mqtrack::support
