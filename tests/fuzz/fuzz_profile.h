// What must hold for every profile that a reader accepted, however odd its bytes were.
#pragma once

#include "libtrack/profile/formats/pprof_decode.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/profile/formats/validate.h"
#include "libtrack/profile/merge.h"
#include "libtrack/support/check.h"

namespace mqtrack::fuzz {

/// `again` is `profile`, written and read: the same samples in the same order. One without a stack got one.
inline void CheckSame(const profile::Profile& profile, const profile::Profile& again) {
  TRACK_CHECK(again.sample_types == profile.sample_types, "sample types");
  TRACK_CHECK(again.samples.size() == profile.samples.size(), "%zu samples", again.samples.size());
  for (std::size_t i = 0; i < profile.samples.size(); ++i) {
    TRACK_CHECK(again.samples[i].values == profile.samples[i].values, "values of sample %zu", i);
    TRACK_CHECK(again.samples[i].labels == profile.samples[i].labels, "labels of sample %zu", i);
    TRACK_CHECK(again.samples[i].locations == profile.samples[i].locations || profile.samples[i].locations.empty(),
                "stack of sample %zu", i);
  }
}

/// It is valid, it is the same when it was written and read again, and its difference with itself is nothing.
inline void CheckAccepted(const profile::Profile& profile) {
  const support::Status valid = profile::Validate(profile, "accepted");
  TRACK_CHECK(valid.ok(), "%s", valid.error().ToString().c_str());
  const std::string written = profile::EncodePprofMessage(profile);
  const auto again = profile::DecodePprof(written, "again");
  TRACK_CHECK(again.ok(), "%s", again.error().ToString().c_str());
  CheckSame(profile, *again);
  TRACK_CHECK(profile::EncodePprofMessage(*again) == written, "written differently the second time");
  if (profile.sample_types.empty()) return;
  const auto diff = profile::Subtract(profile, profile);
  TRACK_CHECK(!diff.ok() || diff->samples.empty(), "%zu samples left", diff->samples.size());
}

}  // namespace mqtrack::fuzz
