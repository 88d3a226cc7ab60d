#include "libtrack/profile/formats/text/address_names.h"

#include "libtrack/profile/formats/text/text_lines.h"
#include "libtrack/support/base_name.h"

namespace mqtrack::profile {
namespace {

// "run (Main.java:12)", "read (/lib/libc.so.6)", "GC".
AddressNames::Name ParsePlacedName(std::string_view text) {
  AddressNames::Name name;
  const std::size_t open = text.rfind(" (");
  std::string_view function = text;
  if (open != std::string_view::npos && open > 0 && text.ends_with(')')) {
    function = text.substr(0, open);
    std::string_view place = text.substr(open + 2, text.size() - open - 3);
    const std::size_t colon = place.rfind(':');
    if (colon != std::string_view::npos && LineScanner(place.substr(colon + 1)).Number(name.line).ok()) {
      place = place.substr(0, colon);
      if (name.line < 0) name.line = 0;
    } else {
      place = support::BaseName(place);  // a library: the folder says nothing
    }
    name.function.filename = place;
  }
  while (function.ends_with(' ')) function.remove_suffix(1);
  name.function.name = name.function.system_name = function;
  return name;
}

// Numbers the functions of a profile, each once.
class FunctionNumbers {
 public:
  explicit FunctionNumbers(std::vector<Function>& functions) : functions_(functions) {}

  FunctionId Of(const Function& function) {
    const std::string key = function.system_name + '\n' + function.filename;
    const auto [entry, is_new] = known_.emplace(key, FunctionId{static_cast<std::uint32_t>(functions_.size())});
    if (is_new) functions_.push_back(function);
    return entry->second;
  }

 private:
  std::vector<Function>& functions_;
  std::unordered_map<std::string, FunctionId> known_;
};

}  // namespace

bool AddressNames::AddPlacedLine(std::string_view line) {
  LineScanner scan(line);
  std::uint64_t address = 0;
  if (!scan.Spaces().rest().starts_with("0x") || !scan.Number(address, 16).ok()) return false;
  if (!scan.rest().starts_with(' ') && !scan.rest().starts_with('\t')) return false;
  std::string_view text = scan.Spaces().rest();
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  if (text.empty()) return false;
  Add(address, {ParsePlacedName(text)});
  return true;
}

void AddressNames::Apply(Profile& profile) const {
  if (empty()) return;
  FunctionNumbers numbers(profile.functions);
  for (Location& location : profile.locations) {
    if (!location.lines.empty()) continue;
    auto found = names_.find(location.address);
    if (found == names_.end()) found = names_.find(location.address + 1);
    if (found == names_.end()) continue;
    for (const Name& name : found->second) location.lines.push_back({numbers.Of(name.function), name.line});
  }
}

}  // namespace mqtrack::profile
