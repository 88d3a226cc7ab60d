#include "libtrack/profile/formats/text/go_text.h"

#include "libtrack/profile/formats/text/heap_header.h"
#include "libtrack/profile/formats/text/remark_names.h"
#include "libtrack/support/utf8.h"

namespace mqtrack::profile {
namespace {

using support::Error;
using support::Result;

class Parser {
 public:
  explicit Parser(LineCursor lines) : lines_(std::move(lines)), names_(builder_) {}

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
      names_.Read(scan.rest());
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
    names_.Begin();
    return {};
  }

  void EndSample() {
    if (!in_sample_) return;
    in_sample_ = false;
    names_.End(locations_);
    if (is_heap_) {
      Unsample(counts_.inuse_objects, counts_.inuse_space, rate_);
      Unsample(counts_.alloc_objects, counts_.alloc_space, rate_);
      builder_.AddHeapSample(std::move(locations_), counts_);
    } else {
      builder_.profile().samples.push_back({std::move(locations_), {counts_.inuse_objects}, names_.labels()});
    }
    locations_.clear();
  }

  LineCursor lines_;
  TextProfileBuilder builder_;
  RemarkNames names_;
  bool is_heap_ = false;
  std::int64_t rate_ = 1;
  // The sample whose lines are being read.
  bool in_sample_ = false;
  std::vector<LocationId> locations_;
  HeapCounts counts_;
};

}  // namespace

Result<Profile> ParseGoText(LineCursor lines) { return Parser(std::move(lines)).Parse(); }

}  // namespace mqtrack::profile
