#include "libtrack/profile/formats/text/heap_header.h"

#include <algorithm>

namespace mqtrack::profile {

std::optional<HeapHeader> ParseHeapHeader(std::string_view line) {
  constexpr std::string_view kStart = "heap profile:";
  const std::size_t at = line.find(kStart);
  if (at == std::string_view::npos) return std::nullopt;
  LineScanner scan(line.substr(at + kStart.size()));
  HeapHeader header;
  if (!ScanHeapCounts(scan, header.totals) || !scan.Literal("@").ok()) return std::nullopt;
  const std::string_view word = scan.Word();
  const std::size_t slash = word.find('/');
  header.type = word.substr(0, slash);
  std::int64_t rate = 1;
  if (slash != std::string_view::npos && !LineScanner(word.substr(slash + 1)).Number(rate).ok()) return std::nullopt;
  if (header.type == "heap") {
    header.rate = rate / 2;  // written as twice the mean distance
  } else if (header.type == "heap_v2" || header.type == "heapz_v2") {
    header.rate = rate;
  } else if (header.type.empty()) {
    // Before the type existed, equal totals meant sampling at 128 KiB.
    const HeapCounts& totals = header.totals;
    const bool sampled = totals.inuse_objects == totals.alloc_objects && totals.inuse_space == totals.alloc_space;
    header.rate = sampled ? std::int64_t{128} << 10 : 1;
  } else if (header.type != "heapprofile" && header.type != "growth" && header.type != "growthz" &&
             header.type != "fragmentation" && header.type != "fragmentationz") {
    return std::nullopt;
  }
  header.rate = std::max<std::int64_t>(header.rate, 1);
  return header;
}

}  // namespace mqtrack::profile
