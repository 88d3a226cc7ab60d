// The sources of functions, as far as they are found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "libtrack/analysis/code/source_lines.h"
#include "libtrack/symbolize/source_finder.h"
#include "reports/code/code_options.h"

namespace mqtrack::cli {

/// Of the first `functions` of `lines` (0: of all). What is not found, or may be another version than was compiled,
/// says so; `taken_ns` is when the profile was taken, Unix time in nanoseconds.
[[nodiscard]] std::vector<reports::FoundSource> FindSources(const analysis::SourceLines& lines, std::size_t functions,
                                                            std::int64_t taken_ns, symbolize::SourceFinder& finder);

}  // namespace mqtrack::cli
