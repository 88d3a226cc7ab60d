#include "libtrack/analysis/printable.h"

#include <algorithm>

#include "libtrack/support/utf8.h"

namespace mqtrack::analysis {
namespace {

constexpr std::size_t kMaxQuotedBytes = 60;
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

}  // namespace mqtrack::analysis
