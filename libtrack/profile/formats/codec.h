// profile.proto on the wire: gzipped or raw protobuf to Profile and back.
// Format: google/pprof proto/profile.proto. Reading treats the bytes as hostile.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::profile {

/// Decodes a gzipped or raw profile.proto message. `where` names the input in errors. Malformed input is an error that
/// names the offset and what was expected; a decompressed size above `limit_bytes` too. What is accepted passes
/// Validate, and is the same again once it was written and read. Names of sample types and labels are valid UTF-8.
[[nodiscard]] support::Result<Profile> DecodePprof(std::string_view bytes, const std::string& where,
                                                   std::uint64_t limit_bytes = std::uint64_t{1} << 30);

/// Encodes as gzipped profile.proto: ids 1..N in order, string_table[0] empty, every location with at least one line
/// (an unsymbolized one gets "module+0xoffset"), valid UTF-8 only. Deterministic: equal profiles give equal bytes.
[[nodiscard]] std::string EncodePprof(const Profile& profile);
/// The same message, not compressed.
[[nodiscard]] std::string EncodePprofMessage(const Profile& profile);

/// What is wrong with a profile's sample types: one has no name, or two have the same; else empty. Values are chosen by
/// the name of their type.
[[nodiscard]] std::string CheckSampleTypes(const std::vector<ValueType>& types);

/// Checks ids, value counts and label rules of a profile that was built or decoded.
[[nodiscard]] support::Status Validate(const Profile& profile, const std::string& where);

}  // namespace mqtrack::profile
