#include "libtrack/history/totals_text.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace mqtrack::history {
namespace {

std::optional<std::int64_t> ParseNumber(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool IsName(std::string_view text) {
  return !text.empty() && text.size() < 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

std::string TotalsLine(const Totals& totals) {
  std::string line = std::to_string(totals.time);
  for (const auto& [name, value] : totals.values) line += " " + name + "=" + std::to_string(value);
  return line + " .\n";  // a line that was cut off lacks its end
}

std::optional<Totals> ParseTotals(std::string_view line) {
  if (!line.ends_with(" .")) return std::nullopt;
  line.remove_suffix(2);
  Totals totals;
  bool is_first = true;
  while (!line.empty()) {
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size() == line.size() ? word.size() : word.size() + 1);
    const std::size_t equals = word.find('=');
    if (is_first != (equals == std::string_view::npos)) return std::nullopt;
    const auto number = ParseNumber(is_first ? word : word.substr(equals + 1));
    if (!number || (!is_first && !IsName(word.substr(0, equals)))) return std::nullopt;
    if (is_first) {
      totals.time = *number;
    } else {
      totals.values.emplace_back(word.substr(0, equals), *number);
    }
    is_first = false;
  }
  return totals.time > 0 && totals.time <= kLatestMoment ? std::optional(std::move(totals)) : std::nullopt;
}

std::vector<Totals> ParseTotalsFile(std::string_view text) {
  std::map<UnixMillis, Totals> by_time;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) break;  // cut off
    if (auto totals = ParseTotals(text.substr(0, end))) {
      const UnixMillis time = totals->time;
      by_time[time] = *std::move(totals);
    }
    text.remove_prefix(end + 1);
  }
  std::vector<Totals> all;
  for (auto& [time, totals] : by_time) all.push_back(std::move(totals));
  return all;
}

}  // namespace mqtrack::history
