// A plain table of text: columns as wide as their widest cell.
#pragma once

#include <string>
#include <vector>

namespace mqtrack::cli {

class TextColumns {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
    bool wide_only = false;  // left out where the table would be wider than the terminal
  };
  explicit TextColumns(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// One cell per column.
  void AddRow(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// Titles and rows, two spaces between columns, none at the end of a line; nothing at all without rows. `width` 0: no
  /// limit.
  [[nodiscard]] std::string Render(int width = 0) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace mqtrack::cli
