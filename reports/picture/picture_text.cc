#include "reports/picture/picture_text.h"

#include <algorithm>

#include "libtrack/support/utf8.h"

namespace mqtrack::reports {
namespace {

constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

bool IsLineSpace(char32_t c) { return c == '\n' || c == '\r' || c == '\t' || c == 0x85 || c == 0x2028 || c == 0x2029; }

// Control characters, non-characters and the bidirectional controls that could make a name read as another one.
bool IsForbidden(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) ||
         c == 0x200E || c == 0x200F || c == 0xFEFF || (c & 0xFFFEU) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF);
}

bool IsWide(char32_t c) {
  return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) || c >= 0x1F300;
}

}  // namespace

std::string CleanText(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const support::CodePoint point = support::DecodeUtf8(text, at);
    if (point.bytes == 0) {
      clean += support::kReplacementCharacter;
      ++at;
      continue;
    }
    if (IsLineSpace(point.value)) {
      clean += ' ';
    } else if (IsForbidden(point.value)) {
      clean += support::kReplacementCharacter;
    } else {
      clean += text.substr(at, point.bytes);
    }
    at += point.bytes;
  }
  return clean;
}

std::string EscapeDot(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '"':
        escaped += "\\\"";
        break;
      case '\\':
        escaped += "\\\\";
        break;
      case '&':
        escaped += "&amp;";
        break;  // Graphviz would decode an entity that a name happens to hold
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::size_t DisplayColumns(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    const support::CodePoint point = support::DecodeUtf8(text, at);
    columns += IsWide(point.value) ? 2 : 1;
    at += std::max<std::size_t>(point.bytes, 1);
  }
  return columns;
}

std::string FitColumns(std::string_view text, std::size_t columns) {
  if (DisplayColumns(text) <= columns) return std::string(text);
  if (columns < 3) return {};
  std::size_t used = 1, at = 0;  // 1 for the ellipsis
  while (at < text.size()) {
    const support::CodePoint point = support::DecodeUtf8(text, at);
    used += IsWide(point.value) ? 2 : 1;
    if (used > columns) break;
    at += std::max<std::size_t>(point.bytes, 1);
  }
  return std::string(text.substr(0, at)).append(kEllipsis);
}

}  // namespace mqtrack::reports
