// Which lines of a file are worth showing beside those that hold something.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "libtrack/analysis/code/source_lines.h"

namespace mqtrack::reports {

/// Ranges of line numbers, first and last, ascending and apart: each line with a value and `context` lines around it,
/// the head of the function, and gaps too short to be left out. Lines beyond `file_lines` are not in them.
[[nodiscard]] std::vector<std::pair<std::int64_t, std::int64_t>> ShownLines(const analysis::FunctionLines& function,
                                                                            std::int64_t file_lines, int context);

}  // namespace mqtrack::reports
