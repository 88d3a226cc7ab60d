// The gate's limits: from command-line options, from a JSON file (docs/gate.md), or both; options win.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/analysis/gate/growth_unit.h"
#include "libtrack/analysis/gate/name_pattern.h"
#include "libtrack/support/result.h"

namespace mqtrack::analysis {

/// A limit as it was written. Whether a size suits the sample type is known only once a profile is there.
struct Limit {
  std::int64_t value = 0;
  bool is_size = false;  // written with a unit of bytes
  std::string text;
};

/// Limits by sample type; the empty name is GateConfig::sample_type or, if that is empty too, the profile's default.
using LimitsByType = std::map<std::string, Limit>;

/// Other limits for the sites whose function (or file) matches. The first match counts. A matching site without a limit
/// for a type keeps the general one.
struct SiteOverride {
  NamePattern pattern;
  LimitsByType max_growth;
  std::string reason;  // why, for whoever reads the report; may be empty
};

struct GateConfig {
  std::string sample_type;           // what limits without a type mean; empty: the profile's default
  LimitsByType max_growth;           // of the total, new minus base
  LimitsByType max_site_growth;      // of every single site
  LimitsByType max_total;            // of the new total; needs no base
  LimitsByType max_lost;             // of what nothing points to any more; needs no base
  std::vector<std::string> fail_on;  // verdicts that no site may have (libtrack/verdicts/verdict.h); of a series
  PerUnit per;                       // what limits on growth are per
  std::int64_t min_objects = 0;      // a site that grew by fewer objects cannot break a site limit
  std::vector<SiteOverride> sites;
  std::vector<NamePattern> ignore;  // sites whose function or file matches count nowhere
  std::string kept_file;            // adds to the list of kept memory (kept_memory.h)
  std::string suppressions_file;    // LeakSanitizer syntax; empty: none
  std::string expect_file;          // what `fail_on` takes for caches (verdicts/expectations.h); empty: none
  std::string baseline_file;        // see baseline.h; empty: none
  bool allow_unrecorded = false;    // totals are judged though processes of the run could not be recorded
  [[nodiscard]] bool has_growth_limit() const;
  [[nodiscard]] bool has_limit() const {
    return has_growth_limit() || !max_total.empty() || !max_lost.empty() || !fail_on.empty();
  }
};

/// Parses the gate's JSON (comments allowed). Unknown keys are refused with the nearest known one. File names in it are
/// taken relative to the folder of `where`.
[[nodiscard]] support::Result<GateConfig> ParseGateConfig(std::string_view json, const std::string& where);
[[nodiscard]] support::Result<GateConfig> LoadGateConfig(const std::string& path);

/// Adds the limits of an option's text to `limits`, replacing those of the same type: "64KiB", "1000",
/// "inuse_space=64KiB,threads=0,fds=0". `option` names the option in errors.
[[nodiscard]] support::Status AddLimits(LimitsByType& limits, std::string_view text, const std::string& option);

/// Adds one `--ignore PATTERN`.
[[nodiscard]] support::Status AddIgnore(GateConfig& config, std::string_view pattern, const std::string& option);

}  // namespace mqtrack::analysis
