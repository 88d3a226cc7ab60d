// Text that goes into a page. Names come from the measured program and from whoever talks to it: each is cleaned first,
// then escaped.
#pragma once

#include <string>
#include <string_view>

namespace mqtrack::reports {

/// `text` as the content of an element, or the value of an attribute in quotes.
[[nodiscard]] std::string Html(std::string_view text);

/// `text`, in which a name of a function may be long, with places where a line may break.
[[nodiscard]] std::string HtmlName(std::string_view text);

/// <tag class="classes">content</tag>. `content` is HTML; `classes` may be empty.
[[nodiscard]] std::string Element(std::string_view tag, std::string_view classes, std::string_view content);

}  // namespace mqtrack::reports
