#include "libtrack/profile/formats/text/remark_names.h"

#include <algorithm>
#include <optional>

#include "libtrack/support/utf8.h"

namespace mqtrack::profile {
namespace {

struct SymbolLine {
  std::uint64_t address = 0;
  Function function;
  std::int64_t line = 0;
};

std::optional<SymbolLine> ParseSymbolLine(std::string_view text) {
  SymbolLine symbol;
  LineScanner scan(text);
  if (!scan.Literal("#").Number(symbol.address, 16).ok()) return std::nullopt;
  std::string_view name = scan.Spaces().rest();
  // Names of generic functions hold spaces; the columns are separated by tabs.
  const std::size_t tab = name.find('\t');
  std::string_view place = tab == std::string_view::npos ? std::string_view() : name.substr(tab);
  name = name.substr(0, tab);
  const std::size_t plus = name.rfind("+0x");
  if (plus != std::string_view::npos) name = name.substr(0, plus);
  if (name.empty()) return std::nullopt;
  place = LineScanner(place).Spaces().rest();
  const std::size_t colon = place.rfind(':');
  if (colon != std::string_view::npos) LineScanner(place.substr(colon + 1)).Number(symbol.line);
  symbol.function.name = symbol.function.system_name = name;
  symbol.function.filename = place.substr(0, colon);
  return symbol;
}

/// Takes a string in double quotes from the front of `text`; nothing if there is none. Of the escapes, those of
/// characters stand for themselves and others for '?': a label's value is for people.
std::optional<std::string> TakeQuoted(std::string_view& text) {
  text = LineScanner(text).Spaces().rest();
  if (!text.starts_with('"')) return std::nullopt;
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return support::ToUtf8(value);
    }
    if (text[i] != '\\') {
      value += text[i];
    } else if (++i < text.size()) {
      value += text[i] == '"' || text[i] == '\\' ? text[i] : '?';
    }
  }
  return std::nullopt;
}

}  // namespace

void RemarkNames::Begin() {
  named_in_sample_ = false;
  last_named_ = kNoLocation;
  labels_.clear();
}

void RemarkNames::Read(std::string_view line) {
  constexpr std::string_view kLabels = "# labels: {";
  if (line.starts_with(kLabels)) return ReadLabels(line.substr(kLabels.size()));
  const std::optional<SymbolLine> symbol = ParseSymbolLine(line);
  if (!symbol) return;
  // Symbol lines give the address inside the call; some versions give the return address.
  std::optional<LocationId> id = builder_.Find(symbol->address);
  if (!id) id = builder_.Find(symbol->address - 1);
  if (!id) return;
  named_in_sample_ = true;
  // The first sample that shows a location names it; several lines for one address are inlined calls, innermost
  // first. Later samples repeat the same lines.
  std::vector<Line>& named = builder_.profile().locations[Index(*id)].lines;
  if (!named.empty() && last_named_ != *id) return;
  named.push_back({Intern(symbol->function), symbol->line});
  last_named_ = *id;
}

void RemarkNames::ReadLabels(std::string_view text) {
  while (auto key = TakeQuoted(text)) {
    LineScanner scan(text);
    if (!scan.Literal(":").ok()) break;
    text = scan.rest();
    auto value = TakeQuoted(text);
    if (!value) break;
    // A number of 0 without a unit is how an empty string would be read again.
    if (!key->empty() && !value->empty()) labels_.push_back({std::move(*key), std::move(*value), 0, {}});
    text = LineScanner(text).Spaces().rest();
    if (!text.starts_with(',')) break;
    text.remove_prefix(1);
  }
  std::sort(labels_.begin(), labels_.end());
}

void RemarkNames::End(std::vector<LocationId>& locations) const {
  if (!named_in_sample_) return;
  std::erase_if(locations, [&](LocationId id) { return builder_.profile().location(id).lines.empty(); });
}

FunctionId RemarkNames::Intern(const Function& function) {
  std::vector<Function>& functions = builder_.profile().functions;
  const std::string key = function.name + '\n' + function.filename;
  const auto [entry, is_new] = functions_.emplace(key, FunctionId{static_cast<std::uint32_t>(functions.size())});
  if (is_new) functions.push_back(function);
  return entry->second;
}

}  // namespace mqtrack::profile
