// profile.proto on the wire, gzipped or raw, to Profile. Format: google/pprof proto/profile.proto. The bytes are
// hostile.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::profile {

/// Decodes a gzipped or raw profile.proto message. `where` names the input in errors. Malformed input is an error that
/// names the offset and what was expected; a decompressed size above `limit_bytes` too. What is accepted passes
/// Validate, and is the same again once it was written and read. Names of sample types and labels are valid UTF-8.
[[nodiscard]] support::Result<Profile> DecodePprof(std::string_view bytes, const std::string& where,
                                                   std::uint64_t limit_bytes = std::uint64_t{1} << 30);

}  // namespace mqtrack::profile
