// GitHub's workflow commands: one line each, shown next to the source line they name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mqtrack::reports {

/// `level`: error, warning or notice. `file` empty: of no file; `line` 0: of none.
[[nodiscard]] std::string GithubCommand(const char* level, const std::string& file, std::int64_t line,
                                        const std::string& title, std::string_view message);

}  // namespace mqtrack::reports
