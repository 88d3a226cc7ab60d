#include "cli/options/text_columns.h"

#include <algorithm>

namespace mqtrack::cli {

std::string TextColumns::Render(int width) const {
  if (rows_.empty()) return {};
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(column.title);
  std::vector<std::size_t> widths(columns_.size());
  std::vector<std::vector<std::string>> lines = rows_;
  lines.insert(lines.begin(), titles);
  for (const std::vector<std::string>& cells : lines) {
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
  }
  std::size_t total = 0;
  for (const std::size_t column : widths) total += column + 2;
  const bool is_narrow = width > 0 && total > static_cast<std::size_t>(width) + 2;
  std::string text;
  for (const std::vector<std::string>& cells : lines) {
    std::string line;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (is_narrow && columns_[i].wide_only) continue;
      const std::string padding(widths[i] - cells[i].size(), ' ');
      line += (i == 0 ? "" : "  ") + (columns_[i].align == Align::kRight ? padding + cells[i] : cells[i] + padding);
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  return text;
}

}  // namespace mqtrack::cli
