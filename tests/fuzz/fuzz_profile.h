// What must hold for every profile that a reader accepted, however odd its bytes were.
#pragma once

#include "libtrack/profile/formats/codec.h"
#include "libtrack/profile/operations.h"
#include "libtrack/support/check.h"

namespace mqtrack::fuzz {

/// Its references are sound, it can be written and read again, and its difference with itself is nothing.
inline void CheckAccepted(const profile::Profile& profile) {
  for (const profile::Sample& sample : profile.samples) {
    TRACK_CHECK(sample.values.size() == profile.sample_types.size(), "values");
    for (const profile::LocationId id : sample.locations) {
      TRACK_CHECK(profile::Index(id) < profile.locations.size(), "location");
    }
  }
  const auto again = profile::DecodePprof(profile::EncodePprof(profile), "again");
  TRACK_CHECK(again.ok(), "%s", again.error().ToString().c_str());
  TRACK_CHECK(again->samples.size() == profile.samples.size(), "samples");
  if (profile.sample_types.empty()) return;
  const auto diff = profile::Subtract(profile, profile);
  TRACK_CHECK(!diff.ok() || diff->samples.empty(), "%zu samples left", diff->samples.size());
}

}  // namespace mqtrack::fuzz
