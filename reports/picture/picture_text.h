// Text that goes into a picture. Function names, topics and titles come from the measured program and from whoever
// talks to it, so they are treated as hostile: cleaned first, then escaped for the format they enter.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mqtrack::reports {

/// `text` as valid UTF-8 without characters that XML 1.0 forbids or that reorder a line: what is invalid becomes
/// U+FFFD, line breaks and tabs become spaces.
[[nodiscard]] std::string CleanText(std::string_view text);

/// For a double-quoted Graphviz string: quotes, backslashes and entities are literal. `text` must be clean.
[[nodiscard]] std::string EscapeDot(std::string_view text);

/// Columns that `text` takes in a monospace font: East Asian wide characters and emoji count twice.
[[nodiscard]] std::size_t DisplayColumns(std::string_view text);

/// `text` if it fits into `columns`, else its beginning and "…"; nothing if not even two characters fit.
[[nodiscard]] std::string FitColumns(std::string_view text, std::size_t columns);

}  // namespace mqtrack::reports
