// Gets a profile over http(s), as `go tool pprof URL` does.
#pragma once

#include <cstdint>
#include <string>

#include "libtrack/support/result.h"

namespace mqtrack::snapshot {

/// "http://…" or "https://…", in any case.
[[nodiscard]] bool IsUrl(const std::string& target);

/// A bare host, or Go's index page /debug/pprof/, means its heap profile; anything else stays as it is.
[[nodiscard]] std::string ProfileUrl(const std::string& url);

/// The body of a GET, with any content encoding undone. Anything but status 200, more than `limit_bytes`, or no answer
/// within the time limit is an error.
[[nodiscard]] support::Result<std::string> Fetch(const std::string& url,
                                                 std::uint64_t limit_bytes = std::uint64_t{1} << 30);

}  // namespace mqtrack::snapshot
