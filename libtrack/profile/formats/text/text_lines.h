// Walks the lines of a text profile and scans the pieces all these formats are made of.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libtrack/support/result.h"

namespace mqtrack::profile {

/// A cursor over lines; keeps a view of the text. Line ends may be \n or \r\n.
class LineCursor {
 public:
  /// `lines_before`: how many lines of the file stand before `text`, for the numbers in errors.
  LineCursor(std::string_view text, std::string where, std::size_t lines_before = 0)
      : rest_(text), where_(std::move(where)), number_(lines_before) {}

  /// The next line without its end, or nothing at the end of the text.
  std::optional<std::string_view> Next() {
    if (rest_.empty()) return std::nullopt;
    const std::size_t end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++number_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  /// An error about the line that Next gave last.
  [[nodiscard]] support::Error Bad(const std::string& expected, std::string_view found) const {
    constexpr std::size_t kShown = 60;
    std::string shown;
    for (const char c : found.substr(0, kShown)) shown += c >= ' ' && c < 127 ? c : '?';
    if (found.size() > kShown) shown += "...";
    return {support::ErrorCode::kBadInput,
            "line " + std::to_string(number_) + ": expected " + expected + ", found '" + shown + "'", where_};
  }
  [[nodiscard]] const std::string& where() const { return where_; }
  /// What Next has not given yet, and the number of the line that it gave last.
  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] std::size_t number() const { return number_; }

 private:
  std::string_view rest_;
  std::string where_;
  std::size_t number_;
};

/// Consumes one line from its start; every step fails softly and leaves ok() false.
class LineScanner {
 public:
  explicit LineScanner(std::string_view line) : rest_(line) {}

  LineScanner& Spaces() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) rest_.remove_prefix(1);
    return *this;
  }
  /// Optional spaces, then exactly `text`.
  LineScanner& Literal(std::string_view text) {
    Spaces();
    if (!rest_.starts_with(text)) return Fail();
    rest_.remove_prefix(text.size());
    return *this;
  }
  /// Optional spaces, then a number in the given base, not below 0: what these formats count is there, or it is not.
  /// "0x" is accepted before base 16.
  template <typename Integer>
  LineScanner& Number(Integer& value, int base = 10) {
    Spaces();
    if (base == 16 && (rest_.starts_with("0x") || rest_.starts_with("0X"))) rest_.remove_prefix(2);
    const auto [next, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value, base);
    if (error != std::errc() || std::cmp_less(value, 0)) return Fail();
    rest_.remove_prefix(static_cast<std::size_t>(next - rest_.data()));
    return *this;
  }
  /// Optional spaces, then everything up to the next space; empty at the end.
  std::string_view Word() {
    Spaces();
    const std::string_view word = rest_.substr(0, rest_.find_first_of(" \t"));
    rest_.remove_prefix(word.size());
    return word;
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] bool AtEnd() { return Spaces().rest().empty(); }

 private:
  LineScanner& Fail() {
    ok_ = false;
    return *this;
  }
  std::string_view rest_;
  bool ok_ = true;
};

/// The addresses of a stack, separated by spaces, up to the end of the line; nothing if there is anything else.
inline std::optional<std::vector<std::uint64_t>> ScanAddresses(std::string_view text) {
  std::vector<std::uint64_t> addresses;
  LineScanner scan(text);
  while (!scan.AtEnd()) {
    std::uint64_t address = 0;
    if (!scan.Number(address, 16).ok()) return std::nullopt;
    if (!scan.rest().empty() && scan.rest().front() != ' ' && scan.rest().front() != '\t') return std::nullopt;
    addresses.push_back(address);
  }
  return addresses;
}

}  // namespace mqtrack::profile
