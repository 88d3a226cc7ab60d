// The labels of a log as those of a profile. Private to the module.
#pragma once

#include <vector>

#include "libtrack/log/reader.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::snapshot {

/// Sorted, each key once. Equal sets of two ids become equal here, so samples are merged by value.
[[nodiscard]] std::vector<profile::Label> LabelsOfLog(const log::LabelPairs& pairs);

}  // namespace mqtrack::snapshot
