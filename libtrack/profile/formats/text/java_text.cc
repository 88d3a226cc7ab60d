#include "libtrack/profile/formats/text/java_text.h"

#include <string>

#include "libtrack/profile/formats/text/attribute.h"
#include "libtrack/profile/formats/text/text_profile.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/utf8.h"

namespace mqtrack::profile {
namespace {

using support::Result;

constexpr std::int64_t kJavaHeapRate = 512 << 10;  // the writer's constant; the text does not state it

class Parser {
 public:
  explicit Parser(LineCursor lines) : lines_(std::move(lines)) {}

  Result<Profile> Parse() {
    const std::string_view first = lines_.Next().value_or("");
    is_heap_ = first.starts_with("--- heapz");
    if (!is_heap_ && !first.starts_with("--- contentionz")) {
      return lines_.Bad("'--- heapz 1 ---' or '--- contentionz 1 ---'", first);
    }
    SetTypes(is_heap_ ? "bytes" : "nanoseconds");
    LineCursor before_list = lines_;
    while (const auto line = lines_.Next()) {
      if (LineScanner(*line).Spaces().rest().starts_with("0x")) break;  // the list of locations
      const support::Status read = ReadLine(*line);
      if (!read) return read.error();
      before_list = lines_;
    }
    NameJavaLocations(before_list, builder_.profile());
    return std::move(builder_.profile());
  }

 private:
  void SetTypes(const std::string& unit) {
    Profile& profile = builder_.profile();
    if (is_heap_) {
      profile.sample_types = {WithUnit(kInuseObjects), {std::string(kInuseSpace), unit}};
      profile.period_type = {"space", "bytes"};
      profile.period = kJavaHeapRate;
      profile.default_sample_type = kInuseSpace;
    } else {
      profile.sample_types = {{"contentions", "count"}, {"delay", unit}};
      profile.period_type = {"contentions", "count"};
      profile.default_sample_type = "delay";
    }
  }

  support::Status ReadLine(std::string_view line) {
    LineScanner scan(line);
    if (scan.AtEnd()) return {};
    if (const auto attribute = ParseAttribute(line)) return ReadAttribute(*attribute, line);
    std::int64_t weight = 0, count = 0;
    if (!scan.Number(weight).Number(count).Literal("@").ok() || weight < 0 || count < 0 ||
        (is_heap_ && count == 0 && weight != 0)) {
      return lines_.Bad(is_heap_ ? "'bytes objects @ 0x...'" : "'delay count @ 0x...'", line);
    }
    const auto addresses = ScanAddresses(scan.rest());
    if (!addresses) return lines_.Bad("addresses after '@'", scan.rest());
    if (is_heap_) {
      Unsample(count, weight, kJavaHeapRate);
    } else if (period_ > 0) {
      count = Scaled(count, static_cast<double>(period_));
      weight = Scaled(weight, static_cast<double>(period_));
    }
    std::vector<LocationId> locations;
    for (const std::uint64_t address : *addresses) locations.push_back(builder_.At(address));
    builder_.profile().samples.push_back({std::move(locations), {count, weight}, {}});
    return {};
  }

  support::Status ReadAttribute(const Attribute& attribute, std::string_view line) {
    if (attribute.key == "resolution") {
      SetTypes(support::ToUtf8(attribute.value));
    } else if (attribute.key == "format") {
      if (attribute.value != "java") return lines_.Bad("'format = java'", line);
    } else {
      std::int64_t value = 0;
      if (!LineScanner(attribute.value).Number(value).ok() || value < 0) {
        return lines_.Bad("a number after '" + std::string(attribute.key) + " ='", line);
      }
      if (attribute.key == "sampling period" && !is_heap_) builder_.profile().period = period_ = value;
      if (attribute.key == "ms since reset") builder_.profile().duration_nanos = Scaled(value, 1e6);
    }
    return {};
  }

  LineCursor lines_;
  TextProfileBuilder builder_;
  bool is_heap_ = true;
  std::int64_t period_ = 0;
};

}  // namespace

bool IsJavaText(LineCursor lines) {
  const std::string_view first = lines.Next().value_or("");
  if (first.starts_with("--- heapz")) return true;
  if (!first.starts_with("--- contentionz")) return false;
  while (const auto line = lines.Next()) {
    if (LineScanner(*line).AtEnd()) continue;
    const auto attribute = ParseAttribute(*line);
    if (!attribute) return false;
    if (attribute->key == "format") return attribute->value == "java";
  }
  return false;
}

Result<Profile> ParseJavaText(LineCursor lines) { return Parser(std::move(lines)).Parse(); }

void NameJavaLocations(LineCursor lines, Profile& profile) {
  AddressNames names;
  while (const auto line = lines.Next()) names.AddPlacedLine(*line);
  names.Apply(profile);
  for (Location& location : profile.locations) {
    if (!location.lines.empty()) location.address = 0;
  }
}

}  // namespace mqtrack::profile
