// What a store of profiles is sent of one service at one moment. In-use values are a state; what was allocated is told
// as what came since the part before, with the time that took, since stores add such values up.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::push {

/// One profile to be stored, with what the store files it under. Plain data.
struct PushPart {
  bool is_state = true;                       // false: what was allocated between `from` and `until`
  std::int64_t from_ns = 0, until_ns = 0;     // since the epoch
  std::string service;                        // name of the service
  std::map<std::string, std::string> labels;  // of the whole profile, as "machine"
  std::vector<profile::ValueType> types;
  std::string pprof;  // gzipped profile.proto
};

/// Labels of samples that are kept: a store makes a series of each value, so none by default.
using KeptLabels = std::vector<std::string>;

/// The parts of `profile`: its state, and what was allocated since `before`, if that is of the same recording. `before`
/// may be null. Without values there is no part.
[[nodiscard]] support::Result<std::vector<PushPart>> MakeParts(const profile::Profile& profile,
                                                               const profile::Profile* before, const KeptLabels& kept);

/// As bytes that can lie in a file, and back. Malformed bytes are an error.
[[nodiscard]] std::string EncodePart(const PushPart& part);
[[nodiscard]] support::Result<PushPart> DecodePart(const std::string& bytes, const std::string& where);

}  // namespace mqtrack::push
