// The gate: compares a profile with limits and says pass, fail, or "cannot measure". A gate that cannot measure does
// not pass. It knows no output format; reports/gate/gate_formats.h prints a GateResult.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/gate/baseline.h"
#include "libtrack/analysis/gate/gate_config.h"
#include "libtrack/analysis/gate/growth_unit.h"
#include "libtrack/analysis/gate/kept_memory.h"
#include "libtrack/analysis/gate/suppressions.h"
#include "libtrack/analysis/side.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::analysis {

enum class Verdict {
  kPass,           // exit 0
  kFail,           // exit 1: a limit is exceeded
  kCannotMeasure,  // exit 3: GateResult::reasons says why
};

/// A frame in words; owns its text, so that a result outlives the profiles.
struct GateFrame {
  std::string function, file, module;
  std::int64_t line = 0;
  bool inlined = false, wrapper = false;
};

/// A site that breaks a limit, or that grew most where a total breaks one.
struct GateSite {
  std::string function, file, module;
  std::string caller;  // as Site::caller
  std::int64_t line = 0;
  std::int64_t base_value = 0, value = 0;
  std::int64_t base_objects = 0, objects = 0;
  Limit limit;                                     // the one that applied to this site
  std::string reason;                              // of the override that set the limit; may be empty
  std::vector<GateFrame> stack;                    // heaviest stack, leaf first
  Unjoined unjoined;                               // as of the Site
  std::optional<std::int64_t> steady_growth = {};  // as of the Site
  std::string verdict = {};                        // kVerdict: "leak", and the evidence behind a colon
  [[nodiscard]] std::int64_t growth() const;
  /// What is held against a limit.
  [[nodiscard]] std::int64_t judged_growth() const { return steady_growth.value_or(growth()); }
  [[nodiscard]] std::int64_t object_growth() const;
};

/// One limit of the configuration and what was measured against it.
struct GateCheck {
  enum class Kind { kGrowth, kSiteGrowth, kTotal, kLost, kVerdict };
  [[nodiscard]] bool is_growth() const { return kind == Kind::kGrowth || kind == Kind::kSiteGrowth; }
  Kind kind = Kind::kGrowth;
  profile::ValueType value_type;
  bool has_objects = false;
  Limit limit;
  std::int64_t base_value = 0, value = 0;  // totals after suppressions and the ignore list
  std::int64_t base_objects = 0, objects = 0;
  GrowthUnit unit;                                 // what the limit is per; of a total: not set
  std::optional<std::int64_t> steady_growth = {};  // of a series: the sum of its sites'
  std::string verdicts = {};                       // kVerdict: those that no site may have, "lost, leak"
  bool passed = true;
  /// kSiteGrowth: every site beyond its limit. Otherwise, when failed: the sites that contribute most. Biggest first.
  std::vector<GateSite> sites;
  [[nodiscard]] std::int64_t growth() const;
  /// What is held against a limit on growth.
  [[nodiscard]] std::int64_t judged_growth() const { return steady_growth.value_or(growth()); }
  [[nodiscard]] std::int64_t object_growth() const;
};

/// How much of the input a suppression, an ignore pattern or the list of kept memory took out.
struct GateExclusion {
  enum class Kind { kSuppression, kIgnore, kKept };
  Kind kind = Kind::kSuppression;
  std::string pattern;
  int line = 0;             // kSuppression: in the file
  std::uint64_t count = 0;  // stacks (kSuppression), sites (kIgnore) or blocks (kKept); 0: unused
  std::int64_t bytes = 0;   // kKept: in the new profile, left out of totals only
  std::string why = {};     // kKept
};

struct GateResult {
  Verdict verdict = Verdict::kPass;
  std::vector<std::string> reasons;   // why it cannot be measured; empty otherwise
  std::vector<std::string> warnings;  // things to know, e.g. that values are estimates of a sampled recording
  std::vector<GateCheck> checks;      // in the order: growth, site growth, total, lost, verdict; by type
  Side base, newer;                   // what was compared
  bool has_base = false;
  std::optional<Forecast> forecast = {};  // of a series whose live bytes grow steadily
  std::int64_t snapshots = 0;             // of a series: how many were judged
  std::vector<GateExclusion> exclusions;
  std::string suppressions_file;
  std::vector<AllocationLayer> passed_over;  // as of the tables
};

/// What the gate looks at. Pointers are borrowed for the call; only `newer` and `wrappers` must be set.
struct GateInputs {
  const profile::Profile* newer = nullptr;
  const profile::Profile* base = nullptr;        // --base, or a baseline that is a profile; of a series the first
  bool is_series = false;                        // of snapshots of one process, `newer` being the last
  std::vector<const profile::Profile*> between;  // of a series, in order
  const SiteBaseline* site_baseline = nullptr;   // a baseline that is JSON; not together with `base`
  const profile::Profile* lost = nullptr;        // what of `newer` nothing points to; null: not known
  const WrapperList* wrappers = nullptr;
  const KeptMemory* kept = nullptr;  // what totals are without; null: nothing
  Suppressions suppressions;         // already loaded from GateConfig::suppressions_file, or empty
};

/// An error (kBadInput) is a wrong configuration: no limit at all, a growth limit without a base, a size as the limit
/// of a count. Everything that makes the measurement worthless is a result with Verdict::kCannotMeasure.
[[nodiscard]] support::Result<GateResult> RunGate(const GateConfig& config, const GateInputs& inputs);

}  // namespace mqtrack::analysis
