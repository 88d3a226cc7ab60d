// Profile to profile.proto on the wire. Format: google/pprof proto/profile.proto.
#pragma once

#include <string>

#include "libtrack/profile/profile.h"

namespace mqtrack::profile {

/// Encodes as gzipped profile.proto: ids 1..N in order, string_table[0] empty, every location with at least one line
/// (an unsymbolized one gets "module+0xoffset"), valid UTF-8 only. Deterministic: equal profiles give equal bytes.
[[nodiscard]] std::string EncodePprof(const Profile& profile);
/// The same message, not compressed.
[[nodiscard]] std::string EncodePprofMessage(const Profile& profile);

}  // namespace mqtrack::profile
