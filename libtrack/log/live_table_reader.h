// Copies the live table, bucket by bucket, each as it was at one instant. Private to the reader.
#pragma once

#include <vector>

#include "libtrack/log/directory.h"
#include "libtrack/log/reader.h"

namespace mqtrack::log {

struct LiveTable {
  std::vector<LiveEntry> entries;           // every key once, but for those in `blocks`
  std::vector<BlockGroup> blocks;           // Blocks::kSummed: the heap blocks
  std::uint64_t in_flight = 0;              // operations found begun and not ended
  std::uint64_t inserted = 0, removed = 0;  // ever, by the buckets' versions
};

/// Waits for writers to leave a bucket for as long as `patience` lasts. Levels that are added meanwhile are read too.
[[nodiscard]] support::Result<LiveTable> ReadLiveTable(const LogView& view, const Patience& patience, Blocks blocks);

}  // namespace mqtrack::log
