// Names inside Markdown.
#pragma once

#include <string>
#include <string_view>

namespace mqtrack::reports {

/// `text` as a code span that also holds inside a table cell; "" of an empty text.
[[nodiscard]] std::string MarkdownCode(std::string_view text);
/// `text` as running text: nothing in it is markup or HTML.
[[nodiscard]] std::string MarkdownText(std::string_view text);

}  // namespace mqtrack::reports
