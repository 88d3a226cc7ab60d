// Names for the stacks in which something grew.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/hunt/census.h"
#include "libtrack/process/discovery.h"
#include "libtrack/support/result.h"

namespace mqtrack::hunt {

/// The function to blame for a stack, and the stack as names, leaf first.
struct SiteName {
  std::string function, file, module;
  std::int64_t line = 0;
  std::vector<std::string> chain;
  std::string cache;  // not empty: a known cache with a bound keeps this, and which
};

/// One for each of `places`, which are of this process's log. `content`: that log, read.
[[nodiscard]] support::Result<std::vector<SiteName>> NameSites(const log::LogContent& content,
                                                               const process::RecordedProcess& process,
                                                               const std::vector<Place>& places);

}  // namespace mqtrack::hunt
