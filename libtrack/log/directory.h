// The segment directory of a log, checked. Private to the reader.
#pragma once

#include <optional>
#include <vector>

#include "libtrack/log/log_view.h"

namespace mqtrack::log {

/// The published segments by what they hold, each list in publication order; every one lies inside the file, is large
/// enough for its count, and overlaps no other.
struct Directory {
  std::vector<Segment> levels, indexes, arenas;  // arenas: sorted by offset
  std::optional<Segment> modules;
  std::uint64_t withdrawals = 0;  // Header::withdrawals when this was so
};

/// Checks magic, version, sizes and enumerations of the header.
[[nodiscard]] support::Status CheckHeader(const LogView& view, const std::string& path);

/// Copies and checks the directory as it is now. While the process runs it may grow, and levels may be withdrawn.
[[nodiscard]] support::Result<Directory> ReadDirectory(const LogView& view);

/// False if a level of a directory that was read before has been withdrawn since.
[[nodiscard]] bool IsThere(const LogView& view, const Segment& level);

}  // namespace mqtrack::log
