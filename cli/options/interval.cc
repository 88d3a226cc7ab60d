#include "cli/options/interval.h"

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

}  // namespace mqtrack::cli
