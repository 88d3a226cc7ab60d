// Aligned columns for a terminal: widths in characters, long cells cut where it hurts least, colour outside the
// counting.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mqtrack::reports {

/// Colours by meaning; what they look like is decided in one place.
enum class Style { kPlain, kBold, kDim, kGrew, kShrank, kGood, kBad };

/// `text` in `style`, or just `text` if colours are off.
[[nodiscard]] std::string Styled(std::string_view text, Style style, bool colour);

/// Number of characters (code points) of valid UTF-8.
[[nodiscard]] std::size_t TextWidth(std::string_view text);

/// The first or last `count` characters of `text`.
[[nodiscard]] std::string_view FirstCharacters(std::string_view text, std::size_t count);
[[nodiscard]] std::string_view LastCharacters(std::string_view text, std::size_t count);

/// At most `width` characters: "Queue<...>::Push" keeps both ends, the end (the function itself) being the longer one.
[[nodiscard]] std::string CutMiddle(std::string_view text, std::size_t width);
/// At most `width` characters: "...src/retain.c:123" keeps the end, where file and line are.
[[nodiscard]] std::string CutStart(std::string_view text, std::size_t width);

/// True of a terminal on which columns have to be left out, or their cells be put below each other.
[[nodiscard]] constexpr bool IsNarrow(int width) { return width > 0 && width < 80; }

/// Rows of cells. Columns are as wide as their widest cell; the flexible ones shrink to fit a width.
class Columns {
 public:
  enum class Kind {
    kNumber,  // right-aligned, never cut
    kText,    // left-aligned, never cut
    kName,    // left-aligned, a whole name of a function, shown and cut by FitNames
    kPath,    // left-aligned, cut at the start
  };
  struct Cell {
    std::string text;
    Style style = Style::kPlain;
  };

  explicit Columns(std::vector<Kind> kinds) : kinds_(std::move(kinds)) {}
  void AddRow(std::vector<Cell> cells) { rows_.push_back({std::move(cells), {}}); }
  /// Lines printed below the last row as they are.
  void AddBelow(std::string lines) { rows_.back().below = std::move(lines); }
  /// Every line starts with `indent` blanks and ends without any. `width` 0: no limit but kWidestName for a name or
  /// path. Call it once: it cuts the cells.
  [[nodiscard]] std::string Render(std::size_t indent, int width, bool colour);

 private:
  struct Row {
    std::vector<Cell> cells;
    std::string below;
  };
  [[nodiscard]] std::vector<std::size_t> Widths(std::size_t indent, int width) const;
  [[nodiscard]] std::vector<std::string> TextsOf(std::size_t column) const;
  void Replace(std::size_t column, std::vector<std::string> texts);
  void CutPaths(std::size_t column, std::size_t width);

  std::vector<Kind> kinds_;
  std::vector<Row> rows_;
};

}  // namespace mqtrack::reports
