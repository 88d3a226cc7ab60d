#include "reports/code/shown_lines.h"

#include <algorithm>

namespace mqtrack::reports {

std::vector<std::pair<std::int64_t, std::int64_t>> ShownLines(const analysis::FunctionLines& function,
                                                              std::int64_t file_lines, int context) {
  constexpr std::int64_t kShortGap = 20;
  std::vector<std::pair<std::int64_t, std::int64_t>> ranges;
  const auto add = [&](std::int64_t first, std::int64_t last) {
    first = std::max<std::int64_t>(first, 1);
    last = std::min(last, file_lines);
    if (first > last) return;
    if (!ranges.empty() && first <= ranges.back().second + kShortGap) {
      ranges.back().second = std::max(ranges.back().second, last);
    } else {
      ranges.emplace_back(first, last);
    }
  };
  std::int64_t first_hit = 0;
  for (const analysis::LineCost& line : function.lines) {
    if (line.line > 0 && first_hit == 0) first_hit = line.line;
  }
  const std::int64_t start = function.start_line;
  if (start > 0 && start <= first_hit) add(start, start);
  for (const analysis::LineCost& line : function.lines) {
    if (line.line <= 0 || line.line > file_lines) continue;
    const std::int64_t before = line.line - context;
    // What is above the function is another one's.
    add(start > 0 && start <= line.line ? std::max(start, before) : before, line.line + context);
  }
  return ranges;
}

}  // namespace mqtrack::reports
