// What a frame is called in tables and reports.
#pragma once

#include <string>

#include "libtrack/analysis/culprit/culprit.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::analysis {

/// The function's name, or profile::UnsymbolizedName where there is none; "mqtt_client: meter" of a label.
[[nodiscard]] std::string FrameName(const profile::Profile& profile, const Frame& frame);

/// The source file; empty if unknown, and of a label.
[[nodiscard]] std::string FrameFile(const Frame& frame);

/// Base name of the file that `location` is mapped from; empty if unknown.
[[nodiscard]] std::string ModuleName(const profile::Profile& profile, profile::LocationId location);

}  // namespace mqtrack::analysis
