#include "libtrack/topology/time_text.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

#include "libtrack/topology/span_record.h"

namespace mqtrack::topology {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr double kLargest = 9.2e18;

// Takes exactly `digits` digits off `text`; false if there are none.
bool TakeNumber(std::string_view& text, std::size_t digits, int& value) {
  if (text.size() < digits) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc() || end != text.data() + digits || value < 0) return false;
  text.remove_prefix(digits);
  return true;
}

bool TakeCharacter(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// Days since 1970-01-01 of a date of the Gregorian calendar (Howard Hinnant's days_from_civil).
std::int64_t DaysOf(int year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const int era = (year >= 0 ? year : year - 399) / 400;
  const int year_of_era = year - era * 400;
  const int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return std::int64_t{era} * 146097 + day_of_era - 719468;
}

std::int64_t TakeFraction(std::string_view& text) {
  std::int64_t nanos = 0, scale = kSecond / 10;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    nanos += (text.front() - '0') * scale;
    scale /= 10;
    text.remove_prefix(1);
  }
  return nanos;
}

// Seconds east of Greenwich: "Z", "+02:00", "+0200", or nothing, which is taken for UTC.
bool TakeOffset(std::string_view& text, int& seconds) {
  seconds = 0;
  if (text.empty() || TakeCharacter(text, "Zz")) return text.empty();
  const bool west = text.front() == '-';
  int hours = 0, minutes = 0;
  if (!TakeCharacter(text, "+-") || !TakeNumber(text, 2, hours)) return false;
  (void)TakeCharacter(text, ":");
  if (!text.empty() && !TakeNumber(text, 2, minutes)) return false;
  seconds = (west ? -1 : 1) * (hours * 3600 + minutes * 60);
  return text.empty();
}

std::int64_t ParseRfc3339(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, offset = 0;
  const bool is_date = TakeNumber(text, 4, year) && TakeCharacter(text, "-") && TakeNumber(text, 2, month) &&
                       TakeCharacter(text, "-") && TakeNumber(text, 2, day) && TakeCharacter(text, "Tt ");
  const bool is_time = is_date && TakeNumber(text, 2, hour) && TakeCharacter(text, ":") &&
                       TakeNumber(text, 2, minute) && TakeCharacter(text, ":") && TakeNumber(text, 2, second);
  if (!is_time || year < 1970 || year > 2200 || month < 1 || month > 12 || day < 1 || day > 31) return kUnknownTime;
  const std::int64_t fraction = TakeCharacter(text, ".,") ? TakeFraction(text) : 0;
  if (!TakeOffset(text, offset)) return kUnknownTime;
  const std::int64_t seconds = DaysOf(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
  return seconds * kSecond + fraction;
}

std::int64_t UnitNanos(std::string_view unit) {
  if (unit == "ns") return 1;
  if (unit == "us" || unit == "\xC2\xB5s" || unit == "\xCE\xBCs") return 1000;
  if (unit == "ms") return 1'000'000;
  if (unit == "s") return kSecond;
  if (unit == "m" || unit == "min") return 60 * kSecond;
  if (unit == "h") return 3600 * kSecond;
  return 0;
}

bool IsNumberPart(char c) { return (c >= '0' && c <= '9') || c == '.' || c == 'e' || c == 'E' || c == '+'; }

}  // namespace

std::int64_t NumberTime(std::int64_t number) {
  if (number <= 0) return kUnknownTime;
  std::int64_t scale = kSecond;
  // Each unit until the year 2255; no time of day since 1970 of the next finer unit is as small.
  for (std::int64_t bound = 9'000'000'000; scale > 1; bound *= 1000, scale /= 1000) {
    if (number < bound) return number * scale;
  }
  return number;
}

std::int64_t NumberTime(double number) {
  if (!(number > 0) || number >= kLargest) return kUnknownTime;
  if (number >= 9e12) return NumberTime(static_cast<std::int64_t>(number));
  const double whole = std::floor(number), fraction = number - whole;
  const std::int64_t scale = number < 9e9 ? kSecond : 1'000'000;
  return static_cast<std::int64_t>(whole) * scale + static_cast<std::int64_t>(fraction * static_cast<double>(scale));
}

std::int64_t ParseTime(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return NumberTime(number);
  double real = 0;
  const auto [real_end, real_error] = std::from_chars(text.data(), text.data() + text.size(), real);
  if (real_error == std::errc() && real_end == text.data() + text.size()) return NumberTime(real);
  return ParseRfc3339(text);
}

std::int64_t ScaledDuration(double number, std::int64_t unit_ns) {
  const double nanos = number * static_cast<double>(unit_ns);
  return nanos >= 0 && nanos < kLargest ? static_cast<std::int64_t>(std::llround(nanos)) : kUnknownTime;
}

std::int64_t ParseSpanDuration(std::string_view text, std::int64_t unit_ns) {
  if (text.empty()) return kUnknownTime;
  double nanos = 0;
  while (!text.empty()) {
    std::size_t length = 0;
    while (length < text.size() && IsNumberPart(text[length])) ++length;
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + length, number);
    if (length == 0 || error != std::errc() || end != text.data() + length) return kUnknownTime;
    text.remove_prefix(length);
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    length = 0;
    while (length < text.size() && !IsNumberPart(text[length]) && text[length] != ' ') ++length;
    const std::int64_t unit = length == 0 ? unit_ns : UnitNanos(text.substr(0, length));
    if (unit == 0) return kUnknownTime;
    nanos += number * static_cast<double>(unit);
    text.remove_prefix(length);
  }
  return ScaledDuration(nanos, 1);
}

}  // namespace mqtrack::topology
