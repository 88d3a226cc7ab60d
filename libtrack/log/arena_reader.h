// Stacks, label sets and modules: the records that live entries refer to. Private to the reader.
#pragma once

#include <vector>

#include "libtrack/log/directory.h"
#include "libtrack/log/id_index.h"
#include "libtrack/log/reader.h"

namespace mqtrack::log {

/// Every stack of the index and of `entries`, sorted by id.
[[nodiscard]] support::Result<std::vector<Stack>> ReadStacks(const LogView& view,
                                                             const std::vector<LiveEntry>& entries);

/// Every label set that `entries` refer to, sorted by id.
[[nodiscard]] support::Result<std::vector<std::pair<LabelsId, LabelPairs>>> ReadLabelSets(
    const LogView& view, const std::vector<LiveEntry>& entries);

/// The module table as it is now.
[[nodiscard]] support::Result<std::vector<LogModule>> ReadModules(const LogView& view);

}  // namespace mqtrack::log
