// A stored baseline: what a service is known to hold, small and stable enough to be committed next to its sources.
// Either a snapshot (or any profile), or the JSON that `mqtrack gate --write-baseline` writes: sites by function and
// file name, since addresses, stacks and checkout paths differ between machines.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::analysis {

/// What one site held when the baseline was written.
struct BaselineSite {
  std::string function;
  std::string file;                            // base name only; may be empty
  std::map<std::string, std::int64_t> values;  // by sample type; zeros left out
};

/// The JSON form, schema "mqtrack-baseline/1" (docs/json.md).
struct SiteBaseline {
  std::string program;   // base name of the main binary
  std::string build_id;  // of the main binary; may be empty
  std::int64_t time_nanos = 0;
  std::map<std::string, std::string> sample_types;  // type to unit
  std::vector<AllocationLayer> passed_over;         // that the names of the sites rest on
  std::vector<BaselineSite> sites;
};

/// One of the two.
struct Baseline {
  std::optional<profile::Profile> profile;
  std::optional<SiteBaseline> sites;
};

/// What `--write-baseline` writes, with `layers` passed over as well as `wrappers`. Samples whose frames all are
/// unknown are kept under their module+offset name.
[[nodiscard]] support::Result<SiteBaseline> MakeSiteBaseline(const profile::Profile& profile,
                                                             const WrapperList& wrappers,
                                                             std::vector<AllocationLayer> layers = {});
/// Deterministic, one site per line, so that a diff of two baselines reads well in a review.
[[nodiscard]] std::string EncodeSiteBaseline(const SiteBaseline& baseline);
[[nodiscard]] support::Result<SiteBaseline> ParseSiteBaseline(std::string_view json, const std::string& where);

/// Reads a baseline file, of whichever form.
[[nodiscard]] support::Result<Baseline> LoadBaseline(const std::string& path);

}  // namespace mqtrack::analysis
