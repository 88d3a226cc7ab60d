#include "libtrack/profile/formats/go_text.h"

#include <unordered_map>

#include "libtrack/profile/formats/heap_header.h"
#include "libtrack/support/utf8.h"

namespace mqtrack::profile {
namespace {

using support::Error;
using support::Result;

// "#	0x5b4310	main.leakQueue+0x50	mqtt_demo/main.go:22"
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

class Parser {
 public:
  Parser(std::string_view text, const std::string& where) : lines_(text, where) {}

  Result<Profile> Parse() {
    const support::Status header = ReadHeader();
    if (!header) return header.error();
    while (const auto line = lines_.Next()) {
      if (line->starts_with("---") || IsMappedLibrariesHeader(*line)) break;
      const support::Status read = ReadLine(*line);
      if (!read) return read.error();
    }
    EndSample();
    return std::move(builder_.profile());
  }

 private:
  support::Status ReadHeader() {
    const std::string_view line = lines_.Next().value_or("");
    if (const auto heap = ParseHeapHeader(line)) {
      is_heap_ = true;
      rate_ = heap->rate;
      builder_.SetHeapTypes(true);
      builder_.profile().period = rate_;
      return {};
    }
    constexpr std::string_view kProfile = " profile: total ";
    const std::size_t at = line.find(kProfile);
    std::int64_t total = 0;
    if (at == std::string_view::npos || at == 0 || !LineScanner(line.substr(at + kProfile.size())).Number(total).ok()) {
      return lines_.Bad("'heap profile: ...' or 'goroutine profile: total n'", line);
    }
    const ValueType type{support::ToUtf8(line.substr(0, at)), "count"};
    builder_.profile().sample_types = {type};
    builder_.profile().period_type = type;
    builder_.profile().period = 1;
    return {};
  }

  support::Status ReadLine(std::string_view line) {
    LineScanner scan(line);
    if (scan.AtEnd()) return {};
    if (scan.rest().starts_with('#')) {
      // What is no symbol is a remark, such as the runtime.MemStats at the end.
      if (const auto symbol = ParseSymbolLine(line)) AddSymbol(*symbol);
      return {};
    }
    EndSample();
    HeapCounts counts;
    const bool counted = is_heap_ ? ScanHeapCounts(scan, counts) : scan.Number(counts.inuse_objects).ok();
    if (!counted || !scan.Literal("@").ok()) {
      return lines_.Bad(is_heap_ ? "'objects: bytes [objects: bytes] @ 0x...'" : "'count @ 0x...'", line);
    }
    const auto addresses = ScanAddresses(scan.rest());
    if (!addresses) return lines_.Bad("addresses after '@'", scan.rest());
    locations_ = builder_.Calls(*addresses);
    counts_ = counts;
    in_sample_ = true;
    return {};
  }

  void AddSymbol(const SymbolLine& symbol) {
    // Symbol lines give the address inside the call; some versions give the return address.
    std::optional<LocationId> id = builder_.Find(symbol.address);
    if (!id) id = builder_.Find(symbol.address - 1);
    if (!id) return;
    named_in_sample_ = true;
    // The first sample that shows a location names it; several lines for one address are inlined calls, innermost
    // first. Later samples repeat the same lines.
    std::vector<Line>& named = builder_.profile().locations[Index(*id)].lines;
    if (!named.empty() && last_named_ != *id) return;
    named.push_back({Intern(symbol.function), symbol.line});
    last_named_ = *id;
  }

  FunctionId Intern(const Function& function) {
    std::vector<Function>& functions = builder_.profile().functions;
    const std::string key = function.name + '\n' + function.filename;
    const auto [entry, is_new] = functions_.emplace(key, FunctionId{static_cast<std::uint32_t>(functions.size())});
    if (is_new) functions.push_back(function);
    return entry->second;
  }

  void EndSample() {
    if (!in_sample_) return;
    in_sample_ = false;
    last_named_ = kNoLocation;
    Profile& profile = builder_.profile();
    if (named_in_sample_) {
      // Go hides its allocator and scheduler from these lists, and from its protobuf too; so do we, for equal stacks.
      std::erase_if(locations_, [&](LocationId id) { return profile.location(id).lines.empty(); });
    }
    named_in_sample_ = false;
    if (is_heap_) {
      Unsample(counts_.inuse_objects, counts_.inuse_space, rate_);
      Unsample(counts_.alloc_objects, counts_.alloc_space, rate_);
      builder_.AddHeapSample(std::move(locations_), counts_);
    } else {
      profile.samples.push_back({std::move(locations_), {counts_.inuse_objects}, {}});
    }
    locations_.clear();
  }

  static constexpr LocationId kNoLocation{0xffffffff};

  LineCursor lines_;
  TextProfileBuilder builder_;
  std::unordered_map<std::string, FunctionId> functions_;
  bool is_heap_ = false;
  std::int64_t rate_ = 1;
  // The sample whose lines are being read.
  bool in_sample_ = false;
  bool named_in_sample_ = false;
  LocationId last_named_ = kNoLocation;
  std::vector<LocationId> locations_;
  HeapCounts counts_;
};

}  // namespace

Result<Profile> ParseGoText(std::string_view text, const std::string& where) { return Parser(text, where).Parse(); }

}  // namespace mqtrack::profile
