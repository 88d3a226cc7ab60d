// The first line of gperftools' and Go's heap text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "libtrack/profile/formats/text/text_profile.h"

namespace mqtrack::profile {

/// "heap profile: 7: 51712 [7: 51712] @ heap/1048576"
struct HeapHeader {
  HeapCounts totals;
  std::string type;       // "heap", "heap_v2", "heapprofile", "growth"...; empty: an old file without one
  std::int64_t rate = 1;  // mean bytes between samples; 1: every block
};

/// Nothing if `line` is no such header or has a type nobody writes. A log prefix before it ("file.cc:12] ") is legal.
[[nodiscard]] std::optional<HeapHeader> ParseHeapHeader(std::string_view line);

}  // namespace mqtrack::profile
