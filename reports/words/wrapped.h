// Sentences on several lines.
#pragma once

#include <cstddef>
#include <string>

namespace mqtrack::reports {

/// Lines of `text`, each at most `width` columns (0: 120), the first after `indent` blanks, further ones after two
/// more.
[[nodiscard]] std::string Wrapped(const std::string& text, std::size_t indent, int width);

}  // namespace mqtrack::reports
