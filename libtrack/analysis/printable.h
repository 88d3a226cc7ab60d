// Names from profiles and configuration files, made safe for one line of a terminal, a log or a picture.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mqtrack::analysis {

/// `text` with control characters and invalid UTF-8 replaced by '?': a function or topic name may hold escape
/// sequences.
[[nodiscard]] std::string Printable(std::string_view text);

/// Printable text in double quotes, cut to a length that fits an error message.
[[nodiscard]] std::string Quoted(std::string_view text);

/// "not valid JSON: …" for the message of an nlohmann::json exception, without the exception's number.
[[nodiscard]] std::string JsonErrorText(std::string_view message);

}  // namespace mqtrack::analysis
