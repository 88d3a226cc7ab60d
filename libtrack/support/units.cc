#include "libtrack/support/units.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <limits>
#include <utility>

namespace mqtrack::support {
namespace {

constexpr std::array<const char*, 7> kByteUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

// The magnitude of any int64, including the smallest one, whose negation does not fit.
std::uint64_t Magnitude(std::int64_t value) {
  return value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
}

// magnitude / divisor in tenths, rounded to nearest. Split so that nothing overflows for divisors up to 2^60.
std::uint64_t Tenths(std::uint64_t magnitude, std::uint64_t divisor) {
  return magnitude / divisor * 10 + (magnitude % divisor * 10 + divisor / 2) / divisor;
}

std::string TenthsToString(std::uint64_t tenths) {
  std::string text = std::to_string(tenths / 10);
  if (tenths % 10 != 0) text += "." + std::to_string(tenths % 10);
  return text;
}

std::string WithPlus(std::int64_t value, std::string text) { return value > 0 ? "+" + std::move(text) : text; }

std::string FormatNanos(std::int64_t nanos) {
  struct Unit {
    std::uint64_t nanos;
    const char* name;
  };
  constexpr std::array<Unit, 4> kUnits = {{{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "us"}, {1, "ns"}}};
  const std::uint64_t magnitude = Magnitude(nanos);
  for (const Unit& unit : kUnits) {
    if (magnitude < unit.nanos && unit.nanos != 1) continue;
    return (nanos < 0 ? "-" : "") + TenthsToString(Tenths(magnitude, unit.nanos)) + " " + unit.name;
  }
  return {};
}

Error BadBytes(std::string_view text, const char* what) {
  return {ErrorCode::kBadInput,
          "'" + std::string(text) + "' is not a size: " + what + "; write for example 64KiB, 1.5MiB or 4096", ""};
}

// The power of 1024 that a suffix stands for, or -1.
int SuffixPower(std::string_view suffix) {
  if (suffix.empty()) return 0;
  std::string lower;
  for (const char c : suffix) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  if (lower == "b") return 0;
  const std::size_t power = std::string_view("bkmgtpe").find(lower[0]);
  if (power == std::string_view::npos || power == 0) return -1;
  const std::string_view rest = std::string_view(lower).substr(1);
  return rest.empty() || rest == "b" || rest == "ib" ? static_cast<int>(power) : -1;
}

}  // namespace

std::string FormatBytes(std::int64_t bytes) {
  const std::uint64_t magnitude = Magnitude(bytes);
  std::size_t unit = 0;
  std::uint64_t divisor = 1;
  // 1023.96 KiB would round to "1024 KiB": such a number belongs to the next unit.
  while (unit + 1 < kByteUnits.size() && (magnitude / divisor >= 1024 || Tenths(magnitude, divisor) >= 10240)) {
    divisor <<= 10;
    ++unit;
  }
  return (bytes < 0 ? "-" : "") + TenthsToString(Tenths(magnitude, divisor)) + " " + kByteUnits[unit];
}

std::string FormatSignedBytes(std::int64_t bytes) { return WithPlus(bytes, FormatBytes(bytes)); }

std::string FormatCount(std::int64_t count) {
  std::string digits = std::to_string(Magnitude(count));
  for (std::size_t i = digits.size(); i > 3;) digits.insert(i -= 3, 1, ',');
  return count < 0 ? "-" + digits : digits;
}

std::string FormatSignedCount(std::int64_t count) { return WithPlus(count, FormatCount(count)); }

std::string FormatValue(std::int64_t value, std::string_view unit) {
  if (unit == "bytes") return FormatBytes(value);
  if (unit == "nanoseconds") return FormatNanos(value);
  if (unit == "count" || unit.empty()) return FormatCount(value);
  return FormatCount(value) + " " + std::string(unit);
}

std::string FormatSignedValue(std::int64_t value, std::string_view unit) {
  return WithPlus(value, FormatValue(value, unit));
}

std::string FormatPercent(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return "-";
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (percent != 0 && percent > -0.05 && percent < 0.05) return "<0.1 %";
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.1f %%", percent);
  return text.data();
}

std::string FormatDuration(std::int64_t seconds) {
  struct Step {
    std::uint64_t seconds;
    const char* name;
  };
  constexpr std::array<Step, 4> kSteps = {{{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}}};
  const std::uint64_t magnitude = Magnitude(seconds);
  const std::string sign = seconds < 0 ? "-" : "";
  for (std::size_t i = 0; i < kSteps.size(); ++i) {
    if (magnitude < kSteps[i].seconds) continue;
    std::string text = sign + std::to_string(magnitude / kSteps[i].seconds) + " " + kSteps[i].name;
    if (i + 1 == kSteps.size()) return text;
    const std::uint64_t rest = magnitude % kSteps[i].seconds / kSteps[i + 1].seconds;
    if (rest != 0) text += " " + std::to_string(rest) + " " + kSteps[i + 1].name;
    return text;
  }
  return "0 s";
}

std::string FormatUtc(std::int64_t unix_nanos) {
  if (unix_nanos == 0) return {};
  const auto seconds = static_cast<std::time_t>(unix_nanos / 1'000'000'000);
  std::tm parts{};
  std::array<char, 40> text{};
  if (gmtime_r(&seconds, &parts) == nullptr) return {};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts)};
}

Result<std::int64_t> ParseBytes(std::string_view text) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const char* const end = text.data() + text.size();
  std::uint64_t whole = 0;
  auto [next, error] = std::from_chars(text.data(), end, whole);
  if (error == std::errc::result_out_of_range) return BadBytes(text, "the number is too large");
  if (error != std::errc()) return BadBytes(text, "it does not start with a number");

  // The fraction as fraction / scale, nine digits at most: more say nothing about a number of bytes worth typing.
  std::uint64_t fraction = 0;
  std::uint64_t scale = 1;
  const bool has_fraction = next != end && *next == '.';
  if (has_fraction) {
    const char* const first = ++next;
    for (; next != end && *next >= '0' && *next <= '9'; ++next) {
      if (scale == 1'000'000'000) return BadBytes(text, "it has more than nine decimals");
      fraction = fraction * 10 + static_cast<std::uint64_t>(*next - '0');
      scale *= 10;
    }
    if (next == first) return BadBytes(text, "no digit follows the point");
  }
  std::string_view suffix(next, static_cast<std::size_t>(end - next));
  if (suffix.starts_with(' ')) suffix.remove_prefix(1);
  const int power = SuffixPower(suffix);
  if (power < 0) return BadBytes(text, "the unit is not one of B, KiB, MiB, GiB, TiB, PiB, EiB");
  if (has_fraction && power == 0) return BadBytes(text, "there is no part of a byte");
  const std::uint64_t multiplier = std::uint64_t{1} << (10 * power);
  if (whole > kMax / multiplier) return BadBytes(text, "the number is too large");
  const auto extra = static_cast<std::uint64_t>(static_cast<long double>(fraction) / static_cast<long double>(scale) *
                                                static_cast<long double>(multiplier));
  if (extra > kMax - whole * multiplier) return BadBytes(text, "the number is too large");
  return static_cast<std::int64_t>(whole * multiplier + extra);
}

Result<std::int64_t> ParseDuration(std::string_view text) {
  std::string_view digits = text;
  std::int64_t seconds = 1;
  if (!text.empty() && (text.back() < '0' || text.back() > '9')) {
    constexpr std::pair<char, std::int64_t> kUnits[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    seconds = 0;
    for (const auto& [letter, length] : kUnits) {
      if (text.back() == letter) seconds = length;
    }
    digits.remove_suffix(1);
  }
  const Result<std::int64_t> count = ParseCount(digits);
  std::int64_t duration = 0;
  constexpr std::int64_t kLongest = std::int64_t{366} * 86400;
  if (seconds == 0 || !count || __builtin_mul_overflow(*count, seconds, &duration) || duration > kLongest)
    return Error{ErrorCode::kBadInput, "'" + std::string(text) + "' is no time, such as 90s, 10m or 2h", ""};
  return duration;
}

Result<std::int64_t> ParseCount(std::string_view text) {
  std::int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [next, error] = std::from_chars(text.data(), end, count);
  if (error == std::errc::result_out_of_range) {
    return Error{ErrorCode::kBadInput, "'" + std::string(text) + "' is too large a number", ""};
  }
  if (error != std::errc() || next != end || count < 0) {
    return Error{ErrorCode::kBadInput, "'" + std::string(text) + "' is not a whole number, such as 20", ""};
  }
  return count;
}

}  // namespace mqtrack::support
