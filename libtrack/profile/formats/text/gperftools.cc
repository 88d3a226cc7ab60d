#include "libtrack/profile/formats/text/gperftools.h"

#include "libtrack/profile/formats/text/address_names.h"
#include "libtrack/profile/formats/text/heap_header.h"

namespace mqtrack::profile {
namespace {

using support::Error;
using support::Result;

constexpr const char* kSampleForm = "'objects: bytes [objects: bytes] @ 0xaddress ...'";

bool HasAlloc(const HeapCounts& totals) {
  const bool present = totals.alloc_objects != 0 || totals.alloc_space != 0;
  return present && (totals.alloc_objects != totals.inuse_objects || totals.alloc_space != totals.inuse_space);
}

// Log lines of glog may stand before every line: "file.cc:12] rest".
std::string_view WithoutLogPrefix(std::string_view line) {
  const std::size_t bracket = line.find("] ");
  if (bracket == std::string_view::npos || line.find(".cc:") > bracket) return line;
  return line.substr(bracket + 2);
}

}  // namespace

Result<Profile> ParseGperftoolsHeap(LineCursor lines) {
  std::optional<std::string_view> line = lines.Next();
  while (line && line->empty()) line = lines.Next();
  const std::optional<HeapHeader> header = line ? ParseHeapHeader(*line) : std::nullopt;
  if (!header) return lines.Bad("'heap profile: n: bytes [n: bytes] @ type/rate'", line.value_or(""));

  TextProfileBuilder builder;
  builder.SetHeapTypes(HasAlloc(header->totals));
  builder.profile().period = header->rate;
  AddressNames names;  // Java's writers put a list of "0xaddress name (file:line)" below the samples
  while ((line = lines.Next())) {
    const std::string_view content = WithoutLogPrefix(*line);
    LineScanner scan(content);
    if (scan.AtEnd() || scan.rest().starts_with('#') || names.AddPlacedLine(content)) continue;
    if (IsMappedLibrariesHeader(content)) {
      builder.ReadMappedLibraries(lines);
      break;
    }
    HeapCounts counts;
    if (!ScanHeapCounts(scan, counts) || !scan.Literal("@").ok()) return lines.Bad(kSampleForm, content);
    const auto addresses = ScanAddresses(scan.rest());
    if (!addresses) return lines.Bad("addresses after '@'", scan.rest());
    if ((counts.inuse_objects == 0 && counts.inuse_space != 0) ||
        (counts.alloc_objects == 0 && counts.alloc_space != 0)) {
      return lines.Bad("no bytes where there are no objects", content);
    }
    Unsample(counts.inuse_objects, counts.inuse_space, header->rate);
    Unsample(counts.alloc_objects, counts.alloc_space, header->rate);
    builder.AddHeapSample(builder.Calls(*addresses), counts);
  }
  names.Apply(builder.profile());
  return std::move(builder.profile());
}

}  // namespace mqtrack::profile
