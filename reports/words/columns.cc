#include "reports/words/columns.h"

#include <algorithm>
#include <utility>

#include "reports/words/fit_names.h"

namespace mqtrack::reports {
namespace {

constexpr std::string_view kCutMark = "...";
constexpr std::size_t kGap = 2;           // blanks between columns
constexpr std::size_t kMinFlexible = 16;  // a name cut shorter says nothing
// Without a width nothing is cut, as in the log of a CI job. One std:: name of 500 characters must not push the file
// and line of all others out of sight there: names longer than this stand out of their column.
constexpr std::size_t kWidestAligned = 80;

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// How readily a column gives way: of a path the end is enough, a name is wanted whole.
std::size_t Eagerness(Columns::Kind kind) { return kind == Columns::Kind::kPath ? 3 : 2; }

const char* StyleCode(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kBold:
      return "\033[1m";
    case Style::kDim:
      return "\033[2m";
    case Style::kGrew:
    case Style::kBad:
      return "\033[1;31m";
    case Style::kShrank:
    case Style::kGood:
      return "\033[32m";
  }
  return "";
}

}  // namespace

std::string Styled(std::string_view text, Style style, bool colour) {
  if (!colour || style == Style::kPlain || text.empty()) return std::string(text);
  return StyleCode(style) + std::string(text) + "\033[0m";
}

std::size_t TextWidth(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !IsContinuation(c); }));
}

std::string_view FirstCharacters(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  for (; at < text.size() && count > 0; --count) {
    do ++at;
    while (at < text.size() && IsContinuation(text[at]));
  }
  return text.substr(0, at);
}

std::string_view LastCharacters(std::string_view text, std::size_t count) {
  std::size_t at = text.size();
  for (; at > 0 && count > 0; --count) {
    do --at;
    while (at > 0 && IsContinuation(text[at]));
  }
  return text.substr(at);
}

std::string CutMiddle(std::string_view text, std::size_t width) {
  if (TextWidth(text) <= width) return std::string(text);
  if (width <= kCutMark.size()) return std::string(LastCharacters(text, width));
  const std::size_t kept = width - kCutMark.size(), front = kept / 3;
  return std::string(FirstCharacters(text, front)).append(kCutMark).append(LastCharacters(text, kept - front));
}

std::string CutStart(std::string_view text, std::size_t width) {
  if (TextWidth(text) <= width) return std::string(text);
  if (width <= kCutMark.size()) return std::string(LastCharacters(text, width));
  return std::string(kCutMark).append(LastCharacters(text, width - kCutMark.size()));
}

std::vector<std::size_t> Columns::Widths(std::size_t indent, int width) const {
  std::vector<std::size_t> widths(kinds_.size(), 0);
  for (const Row& row : rows_) {
    for (std::size_t i = 0; i < row.cells.size(); ++i) widths[i] = std::max(widths[i], TextWidth(row.cells[i].text));
  }
  if (width <= 0) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (kinds_[i] == Kind::kName) widths[i] = std::min(widths[i], kWidestAligned);
    }
    return widths;
  }
  const auto total = [&] {
    std::size_t sum = indent;
    for (const std::size_t column : widths) sum += column + (column > 0 ? kGap : 0);
    return sum - std::min(sum, kGap);
  };
  // The widest flexible column gives way first, so that a short path is not cut for the sake of a long name.
  while (total() > static_cast<std::size_t>(width)) {
    std::size_t widest = kinds_.size();
    for (std::size_t i = 0; i < kinds_.size(); ++i) {
      const bool flexible = kinds_[i] == Kind::kName || kinds_[i] == Kind::kPath;
      if (!flexible || widths[i] <= kMinFlexible) continue;
      if (widest == kinds_.size() || widths[i] * Eagerness(kinds_[i]) > widths[widest] * Eagerness(kinds_[widest])) {
        widest = i;
      }
    }
    if (widest == kinds_.size()) break;
    --widths[widest];
  }
  return widths;
}

std::vector<std::string> Columns::TextsOf(std::size_t column) const {
  std::vector<std::string> texts;
  texts.reserve(rows_.size());
  for (const Row& row : rows_) texts.push_back(column < row.cells.size() ? row.cells[column].text : std::string());
  return texts;
}

void Columns::Replace(std::size_t column, std::vector<std::string> texts) {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (column < rows_[i].cells.size()) rows_[i].cells[column].text = std::move(texts[i]);
  }
}

void Columns::CutPaths(std::size_t column, std::size_t width) {
  for (Row& row : rows_) {
    if (column < row.cells.size()) row.cells[column].text = CutStart(row.cells[column].text, width);
  }
}

std::string Columns::Render(std::size_t indent, int width, bool colour) {
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    if (kinds_[i] == Kind::kName) Replace(i, FitNames(TextsOf(i), kWidestName));
    if (kinds_[i] == Kind::kPath) CutPaths(i, kWidestName);
  }
  const std::vector<std::size_t> widths = Widths(indent, width);
  if (width > 0) {
    for (std::size_t i = 0; i < kinds_.size(); ++i) {
      if (kinds_[i] == Kind::kName) Replace(i, DistinctCuts(TextsOf(i), widths[i]));
      if (kinds_[i] == Kind::kPath) CutPaths(i, widths[i]);
    }
  }
  std::string text;
  for (const Row& row : rows_) {
    std::size_t pending = indent;  // blanks not yet written: none are at a line's end
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      if (widths[i] == 0) continue;
      const std::string& cell = row.cells[i].text;
      const std::size_t padding = widths[i] - std::min(widths[i], TextWidth(cell));
      if (kinds_[i] == Kind::kNumber) pending += padding;
      if (!cell.empty()) text += std::string(std::exchange(pending, 0), ' ') + Styled(cell, row.cells[i].style, colour);
      if (kinds_[i] != Kind::kNumber) pending += padding;
      pending += kGap;
    }
    text += "\n" + row.below;
  }
  return text;
}

}  // namespace mqtrack::reports
