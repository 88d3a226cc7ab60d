#include "libtrack/profile/formats/text/symbol_section.h"

#include <algorithm>

#include "libtrack/support/cxx_name.h"

namespace mqtrack::profile {
namespace {

constexpr std::string_view kBetweenInlined = "--";

bool IsHexDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// What nm printed behind a name: the address of one of several equal names, the version of a library's symbol.
std::string_view WithoutTableMarks(std::string_view name) {
  if (name.ends_with('>')) {
    const std::size_t open = name.rfind('<');
    const std::string_view digits = open == std::string_view::npos ? "" : name.substr(open + 1, name.size() - open - 2);
    if (digits.size() >= 8 && std::all_of(digits.begin(), digits.end(), IsHexDigit)) name = name.substr(0, open);
  }
  const std::size_t version = name.rfind('@');
  if (version == std::string_view::npos || version == 0) return name;
  // A path of a Go module may hold a '@' too, but goes on with slashes.
  if (name.find_first_of("/ (", version) != std::string_view::npos) return name;
  name = name.substr(0, version);
  return name.ends_with('@') ? name.substr(0, name.size() - 1) : name;
}

// Where the first name ends: at "--", unless that is the operator.
std::size_t EndOfName(std::string_view text) {
  std::size_t end = text.find(kBetweenInlined);
  while (end != std::string_view::npos && text.substr(0, end).ends_with("operator")) {
    end = text.find(kBetweenInlined, end + kBetweenInlined.size());
  }
  return end;
}

std::vector<AddressNames::Name> ParseNames(std::string_view text) {
  std::vector<AddressNames::Name> names;
  while (!text.empty()) {
    const std::size_t end = EndOfName(text);
    const std::string_view whole = text.substr(0, end);
    const std::string_view name = WithoutTableMarks(whole);
    const bool is_address = name.starts_with("0x") && std::all_of(name.begin() + 2, name.end(), IsHexDigit);
    if (!name.empty() && !is_address) names.push_back({{support::QualifiedName(name), std::string(whole), {}, 0}, 0});
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + kBetweenInlined.size());
  }
  std::reverse(names.begin(), names.end());  // the function that was inlined into stands first
  return names;
}

}  // namespace

bool IsSymbolSection(std::string_view line) {
  LineScanner scan(line);
  return scan.Literal("---").Literal("symbol").ok() && scan.AtEnd();
}

support::Result<AddressNames> ReadSymbolSection(LineCursor& lines) {
  AddressNames table;
  while (const auto line = lines.Next()) {
    if (line->starts_with("---")) return table;
    LineScanner scan(*line);
    std::uint64_t address = 0;
    // "binary=/usr/sbin/broker" and the like say nothing that the profile does not.
    if (!line->starts_with("0x")) continue;
    if (!scan.Number(address, 16).ok()) return lines.Bad("'0xaddress name'", *line);
    auto names = ParseNames(scan.Spaces().rest());
    if (!names.empty()) table.Add(address, std::move(names));
  }
  return support::Error{support::ErrorCode::kBadInput,
                        "is cut off: line " + std::to_string(lines.number()) +
                            " is still in the names of '--- symbol', and the profile should follow behind '---'; "
                            "copy the whole file",
                        lines.where()};
}

}  // namespace mqtrack::profile
