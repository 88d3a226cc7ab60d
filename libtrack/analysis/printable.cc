#include "libtrack/analysis/printable.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "libtrack/support/utf8.h"

namespace mqtrack::analysis {
namespace {

constexpr std::size_t kMaxQuotedBytes = 60;
constexpr std::size_t kMaxComparedBytes = 64;
constexpr std::size_t kMaxMessageBytes = 200;

/// C0 and C1 controls, the marks that turn the direction of the text around them, and what XML forbids.
bool IsControl(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
         c == 0xfffe || c == 0xffff;
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string printable;
  printable.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const support::CodePoint point = support::DecodeUtf8(text, at);
    if (point.bytes == 0 || IsControl(point.value)) {
      printable += '?';
    } else {
      printable += text.substr(at, point.bytes);
    }
    at += std::max<std::size_t>(point.bytes, 1);
  }
  return printable;
}

std::string Quoted(std::string_view text) {
  if (text.size() <= kMaxQuotedBytes) return '"' + Printable(text) + '"';
  std::size_t cut = kMaxQuotedBytes;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;  // never inside a character
  return '"' + Printable(text.substr(0, cut)) + "...\"";
}

std::string JsonErrorText(std::string_view message) {
  if (const std::size_t bracket = message.find("] "); bracket != std::string_view::npos) {
    message.remove_prefix(bracket + 2);
  }
  return "not valid JSON: " + Printable(message.substr(0, kMaxMessageBytes));
}

std::size_t EditDistance(std::string_view a, std::string_view b) {
  a = a.substr(0, kMaxComparedBytes);
  b = b.substr(0, kMaxComparedBytes);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = std::exchange(row[j + 1], std::min({substituted, row[j] + 1, row[j + 1] + 1}));
    }
  }
  return row.back();
}

}  // namespace mqtrack::analysis
