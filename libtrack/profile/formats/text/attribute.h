// Lines "name = value" at the start of profiles of locks and of Java.
#pragma once

#include <optional>
#include <string_view>

namespace mqtrack::profile {

struct Attribute {
  std::string_view key, value;  // without blanks around them
};

/// Nothing if `line` is no such line.
[[nodiscard]] std::optional<Attribute> ParseAttribute(std::string_view line);

}  // namespace mqtrack::profile
