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
};

/// Checks magic, version, sizes and enumerations of the header.
[[nodiscard]] support::Status CheckHeader(const LogView& view, const std::string& path);

/// Copies and checks the directory as it is now. It may grow while the process runs, never change.
[[nodiscard]] support::Result<Directory> ReadDirectory(const LogView& view);

}  // namespace mqtrack::log
