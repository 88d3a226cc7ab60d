#include "libtrack/analysis/printable.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace mqtrack::analysis {
namespace {

constexpr std::size_t kMaxQuotedBytes = 60;
constexpr std::size_t kMaxComparedBytes = 64;
constexpr std::size_t kMaxMessageBytes = 200;

unsigned char Byte(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

/// Length of the valid UTF-8 sequence at `at`, 0 if there is none. Overlong forms and surrogates are not valid.
std::size_t SequenceLength(std::string_view text, std::size_t at) {
  const unsigned char lead = Byte(text, at);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xc2 && lead <= 0xdf   ? 2
                             : lead >= 0xe0 && lead <= 0xef ? 3
                             : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                            : 0;
  if (length == 0 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((Byte(text, at + i) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = Byte(text, at + 1);
  if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)) return 0;
  if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) return 0;
  return length;
}

/// C0 and C1 controls, and the marks that turn the direction of the text around them.
bool IsControl(std::string_view sequence) {
  const unsigned char first = Byte(sequence, 0);
  if (sequence.size() == 1) return first < 0x20 || first == 0x7f;
  if (sequence.size() == 2) return first == 0xc2 && Byte(sequence, 1) < 0xa0;
  if (sequence.size() != 3) return false;
  const unsigned char second = Byte(sequence, 1), third = Byte(sequence, 2);
  if (first == 0xef) return second == 0xbf && third >= 0xbe;  // U+FFFE and U+FFFF are no characters; XML forbids them
  if (first != 0xe2) return false;
  return (second == 0x80 && third >= 0xa8 && third <= 0xae) || (second == 0x81 && third >= 0xa6 && third <= 0xa9);
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string printable;
  printable.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = SequenceLength(text, at);
    const std::string_view sequence = text.substr(at, std::max<std::size_t>(length, 1));
    if (length == 0 || IsControl(sequence)) {
      printable += '?';
    } else {
      printable += sequence;
    }
    at += sequence.size();
  }
  return printable;
}

std::string Quoted(std::string_view text) {
  if (text.size() <= kMaxQuotedBytes) return '"' + Printable(text) + '"';
  std::size_t cut = kMaxQuotedBytes;
  while (cut > 0 && (Byte(text, cut) & 0xc0) == 0x80) --cut;  // never inside a character
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
