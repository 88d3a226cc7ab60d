// How often something is done.
#pragma once

#include <chrono>
#include <string>

#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// A time of a second to a year as `option` was given; `usual` if it was not.
[[nodiscard]] support::Result<std::chrono::seconds> ParseInterval(const std::string& option, const std::string& text,
                                                                  std::chrono::seconds usual);

}  // namespace mqtrack::cli
