// Names for a snapshot that was taken without them, and what a user is told of those that are still missing.
#pragma once

#include "cli/messages.h"
#include "libtrack/symbolize/name_coverage.h"
#include "libtrack/symbolize/symbolizer.h"

namespace mqtrack::cli {

/// "named 412 of 430 frames, 400 of them with file and line", which files are missing by their build ids, and where
/// they may come from. On stderr.
void PrintCoverage(const symbolize::NameCoverage& coverage, const symbolize::Options& options,
                   const Messages& messages);

}  // namespace mqtrack::cli
