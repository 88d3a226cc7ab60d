// Text for a terminal that knows no UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace mqtrack::support {

/// True if the user's locale (LC_ALL, LC_CTYPE, LANG, the first that is set) is one of UTF-8. Without any it is not.
[[nodiscard]] bool LocaleIsUtf8();

/// `text` with what is no ASCII written otherwise: "us" for microseconds, "->" for an arrow, else "?" for a character.
[[nodiscard]] std::string ToAscii(std::string_view text);

/// `text` as the user's locale can show it.
[[nodiscard]] std::string ForLocale(std::string text);

}  // namespace mqtrack::support
