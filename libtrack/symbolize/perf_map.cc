#include "libtrack/symbolize/perf_map.h"

#include <algorithm>
#include <charconv>

namespace mqtrack::symbolize {
namespace {

/// Takes a hexadecimal number and the blank behind it off the front of `line`.
bool TakeHex(std::string_view& line, std::uint64_t& value) {
  if (line.starts_with("0x")) line.remove_prefix(2);
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value, 16);
  if (error != std::errc() || end == line.data() + line.size() || *end != ' ') return false;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()) + 1);
  return true;
}

/// Takes ":NUMBER" off the end of `text`; -1 if there is none.
std::int64_t TakeNumber(std::string_view& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) return -1;
  std::int64_t value = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + colon + 1, last, value);
  if (error != std::errc() || end != last || value < 0) return -1;
  text.remove_suffix(text.size() - colon);
  return value;
}

std::optional<CodeName> ParseV8(std::string_view text) {
  constexpr std::string_view kKinds[] = {"JS:", "LazyCompile:", "Function:", "Script:", "Eval:"};
  const auto kind =
      std::find_if(std::begin(kKinds), std::end(kKinds), [&](std::string_view k) { return text.starts_with(k); });
  if (kind == std::end(kKinds)) return std::nullopt;
  text.remove_prefix(kind->size());
  while (!text.empty() && std::string_view("~*^+").find(text[0]) != std::string_view::npos) text.remove_prefix(1);
  const std::size_t blank = text.find(' ');
  CodeName result;
  result.name = std::string(text.substr(0, blank));
  if (result.name.empty()) result.name = "(anonymous)";
  if (blank == std::string_view::npos) return result;
  std::string_view place = text.substr(blank + 1);
  if (place.starts_with("file://")) place.remove_prefix(7);
  const std::int64_t column = TakeNumber(place), line = TakeNumber(place);
  if (column >= 0) result.line = line >= 0 ? line : column;
  result.file = std::string(place);
  return result;
}

std::optional<CodeName> ParsePython(std::string_view text) {
  constexpr std::string_view kPrefix = "py::";
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  const std::size_t colon = text.find(':');
  CodeName result;
  result.name = std::string(text.substr(0, colon));
  if (colon != std::string_view::npos) result.file = std::string(text.substr(colon + 1));
  return result;
}

}  // namespace

CodeName ParseCodeName(std::string_view text) {
  if (auto v8 = ParseV8(text)) return *v8;
  if (auto python = ParsePython(text)) return *python;
  return {std::string(text), {}, 0};
}

PerfMap PerfMap::Parse(std::string_view text) {
  PerfMap map;
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    std::uint64_t start = 0, size = 0;
    if (!TakeHex(line, start) || !TakeHex(line, size) || size == 0 || size > ~start || line.empty()) continue;
    map.entries_.push_back({start, start + size, map.entries_.size(), std::string(line)});
  }
  std::stable_sort(map.entries_.begin(), map.entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.start < b.start; });
  std::uint64_t max_end = 0;
  for (const Entry& entry : map.entries_) map.max_end_.push_back(max_end = std::max(max_end, entry.end));
  return map;
}

std::optional<CodeName> PerfMap::Find(std::uint64_t address) const {
  const auto after = std::upper_bound(entries_.begin(), entries_.end(), address,
                                      [](std::uint64_t value, const Entry& entry) { return value < entry.start; });
  const Entry* latest = nullptr;
  for (auto i = static_cast<std::size_t>(after - entries_.begin()); i-- > 0 && max_end_[i] > address;) {
    if (entries_[i].end > address && (latest == nullptr || entries_[i].order > latest->order)) latest = &entries_[i];
  }
  if (latest == nullptr) return std::nullopt;
  return ParseCodeName(latest->name);
}

}  // namespace mqtrack::symbolize
