// Pieces of a screen: styled text that never is wider than it may be, and curves made of characters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/watch/watch_round.h"
#include "reports/words/columns.h"

namespace mqtrack::cli {

struct ScreenSize {
  std::size_t columns = 80, rows = 24;
};

struct ScreenSpan {
  std::string text;  // valid UTF-8 without control characters
  reports::Style style = reports::Style::kPlain;
};

struct ScreenLine {
  std::vector<ScreenSpan> spans;
  bool selected = false;

  ScreenLine() = default;
  explicit ScreenLine(std::string text, reports::Style style = reports::Style::kPlain);
  /// Adds text; whatever it holds, it cannot move the cursor.
  ScreenLine& Add(std::string_view text, reports::Style style = reports::Style::kPlain);
  /// Adds text right- or left-aligned in so many columns, and two blanks; cut if it is wider.
  ScreenLine& AddRight(std::string_view text, std::size_t columns, reports::Style style = reports::Style::kPlain);
  ScreenLine& AddLeft(std::string_view text, std::size_t columns, reports::Style style = reports::Style::kPlain);
  /// Cuts what lies beyond so many columns.
  void CutTo(std::size_t columns);
  [[nodiscard]] std::string Text() const;
};

/// Columns that a terminal takes for it: two for a wide character, none for a combining one.
[[nodiscard]] std::size_t ColumnsOf(std::string_view text);

/// The beginning of `text` that fits into so many columns.
[[nodiscard]] std::string CutToColumns(std::string_view text, std::size_t columns);

/// The course of a resource in `width` characters of eight heights; of ASCII where `utf8` is false. The lowest and the
/// highest value span the heights; a course that never changed is low throughout.
[[nodiscard]] std::string Curve(const std::vector<WatchedResource::Point>& points, std::size_t width, bool utf8);

/// `text` as lines of at most so many columns.
[[nodiscard]] std::vector<std::string> WrapText(std::string_view text, std::size_t columns);

}  // namespace mqtrack::cli
