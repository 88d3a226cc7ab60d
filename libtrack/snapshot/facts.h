// What a snapshot says about the process and the recording, as comments of the profile. Private to the module.
#pragma once

#include <string>
#include <string_view>

#include "libtrack/log/reader.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::snapshot {

/// Appends "mqtrack: <key>: <value>" (profile.h lists the keys). Control characters of the value become '?', so that no
/// process name can fake another fact.
void AddFact(profile::Profile& profile, std::string_view key, const std::string& value);

/// Appends every fact that the log itself holds.
void AddLogFacts(profile::Profile& profile, const log::LogContent& content);

}  // namespace mqtrack::snapshot
