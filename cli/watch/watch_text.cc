#include "cli/watch/watch_text.h"

#include <wchar.h>

#include <algorithm>
#include <array>

#include "libtrack/analysis/printable.h"
#include "libtrack/support/utf8.h"

namespace mqtrack::cli {
namespace {

/// Columns of the character at `at`, and its bytes.
std::pair<std::size_t, std::size_t> CharacterAt(std::string_view text, std::size_t at) {
  const support::CodePoint point = support::DecodeUtf8(text, at);
  if (point.bytes == 0) return {1, 1};
  const int width = ::wcwidth(static_cast<wchar_t>(point.value));
  return {static_cast<std::size_t>(std::max(width, 0)), point.bytes};
}

}  // namespace

std::size_t ColumnsOf(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto [width, bytes] = CharacterAt(text, at);
    columns += width;
    at += bytes;
  }
  return columns;
}

std::string CutToColumns(std::string_view text, std::size_t columns) {
  std::size_t used = 0, at = 0;
  while (at < text.size()) {
    const auto [width, bytes] = CharacterAt(text, at);
    if (used + width > columns) break;
    used += width;
    at += bytes;
  }
  return std::string(text.substr(0, at));
}

ScreenLine::ScreenLine(std::string text, reports::Style style) { Add(text, style); }

ScreenLine& ScreenLine::Add(std::string_view text, reports::Style style) {
  spans.push_back({analysis::Printable(text), style});
  return *this;
}

ScreenLine& ScreenLine::AddRight(std::string_view text, std::size_t columns, reports::Style style) {
  const std::string cut = CutToColumns(analysis::Printable(text), columns);
  return Add(std::string(columns - std::min(columns, ColumnsOf(cut)), ' ') + cut + "  ", style);
}

ScreenLine& ScreenLine::AddLeft(std::string_view text, std::size_t columns, reports::Style style) {
  const std::string cut = CutToColumns(analysis::Printable(text), columns);
  return Add(cut + std::string(columns - std::min(columns, ColumnsOf(cut)) + 2, ' '), style);
}

void ScreenLine::CutTo(std::size_t columns) {
  for (ScreenSpan& span : spans) {
    span.text = CutToColumns(span.text, columns);
    columns -= std::min(columns, ColumnsOf(span.text));
  }
}

std::string ScreenLine::Text() const {
  std::string text;
  for (const ScreenSpan& span : spans) text += span.text;
  return text;
}

std::string Curve(const std::vector<WatchedResource::Point>& points, std::size_t width, bool utf8) {
  static constexpr std::array<const char*, 8> kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  static constexpr std::array<const char*, 8> kAscii = {"_", ".", ",", "-", "=", "+", "*", "#"};
  const auto& heights = utf8 ? kBlocks : kAscii;
  if (points.empty() || width == 0) return {};
  const auto [least, most] =
      std::minmax_element(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.total < b.total; });
  const double low = static_cast<double>(least->total), span = static_cast<double>(most->total) - low;
  const std::size_t shown = std::min(width, points.size());
  std::string curve;
  for (std::size_t i = 0; i < shown; ++i) {
    // The last of each stretch, so that the newest is always there.
    const auto& point = points[(i + 1) * points.size() / shown - 1];
    const double height = span > 0 ? (static_cast<double>(point.total) - low) / span * 7.0 : 0.0;
    curve += heights[static_cast<std::size_t>(std::clamp(height + 0.5, 0.0, 7.0))];
  }
  return curve;
}

std::vector<std::string> WrapText(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string line = analysis::Printable(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    std::string_view rest = line;
    do {
      std::string piece = CutToColumns(rest, columns);
      if (piece.empty() && !rest.empty()) piece = rest.substr(0, CharacterAt(rest, 0).second);
      rest.remove_prefix(piece.size());
      lines.push_back(std::move(piece));
    } while (!rest.empty());
  }
  return lines;
}

}  // namespace mqtrack::cli
