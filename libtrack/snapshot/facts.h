// What a snapshot says about the process and the recording, as comments of the profile. Private to the module.
#pragma once

#include <string>
#include <string_view>

#include "libtrack/log/reader.h"
#include "libtrack/profile/fact.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::snapshot {

using profile::AddFact;

/// Appends every fact that the log itself holds.
void AddLogFacts(profile::Profile& profile, const log::LogContent& content);

}  // namespace mqtrack::snapshot
