#include "cli/options/interval.h"

#include <algorithm>

#include "libtrack/support/units.h"

namespace mqtrack::cli {

support::Result<std::chrono::seconds> ParseInterval(const std::string& option, const std::string& text,
                                                    std::chrono::seconds usual) {
  if (text.empty()) return usual;
  const support::Result<std::int64_t> seconds = support::ParseDuration(text);
  if (seconds && *seconds >= 1) return std::chrono::seconds(*seconds);
  return support::Error{support::ErrorCode::kBadInput, "is no time of a second to a year; say 1s, 30s or 5m",
                        option + " " + text};
}

std::chrono::steady_clock::duration Pace(std::chrono::seconds every, std::chrono::steady_clock::duration cost) {
  return std::max<std::chrono::steady_clock::duration>(every, 4 * cost);
}

}  // namespace mqtrack::cli
