// How often something is done.
#pragma once

#include <chrono>
#include <string>

#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// A time of a second to a year as `option` was given; `usual` if it was not.
[[nodiscard]] support::Result<std::chrono::seconds> ParseInterval(const std::string& option, const std::string& text,
                                                                  std::chrono::seconds usual);

/// How long from the beginning of a look to that of the next one: as asked, and at least four times as long as the look
/// took, so that looking at many large logs cannot fill a processor.
[[nodiscard]] std::chrono::steady_clock::duration Pace(std::chrono::seconds every,
                                                       std::chrono::steady_clock::duration cost);

}  // namespace mqtrack::cli
