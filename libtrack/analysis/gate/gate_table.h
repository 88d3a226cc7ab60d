// The site tables that the gate's limits are held against: suppressed stacks and ignored sites taken out on both sides.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/gate/gate.h"
#include "libtrack/analysis/gate/gate_series.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::analysis {

/// Makes the tables of one run of the gate, rows by function. Against a JSON baseline, rows that are only there have no
/// stack. Borrows its arguments. Not thread-safe.
class GateTables {
 public:
  GateTables(const GateConfig& config, const GateInputs& inputs);

  /// What a table is for: totals are without what the C and C++ libraries keep (kept_memory.h).
  enum class Purpose { kGrowth, kTotal, kLost };
  /// A missing sample type is an error that lists what there is.
  [[nodiscard]] support::Result<SiteTable> Make(const std::string& sample_type, Purpose purpose) const;

  /// What was taken out by the tables made so far.
  [[nodiscard]] std::vector<GateExclusion> Exclusions() const;

  /// Of a series: what grew from its first snapshot to the last, but not all the time, in the tables made so far.
  [[nodiscard]] const std::map<std::string, std::vector<UnsteadySite>>& unsteady() const { return unsteady_; }

 private:
  [[nodiscard]] support::Result<SiteTable> Lost(const std::string& sample_type) const;
  [[nodiscard]] support::Result<SiteTable> Compare(const std::string& sample_type, const profile::Profile& newer) const;
  [[nodiscard]] support::Status AddBaseline(SiteTable& table) const;
  void DropIgnored(SiteTable& table) const;

  const GateConfig& config_;
  const GateInputs& inputs_;
  Suppressions suppressions_;
  profile::Profile newer_;
  std::optional<profile::Profile> base_, newer_for_totals_, lost_;
  std::vector<profile::Profile> between_;
  std::optional<KeptMemory> kept_;
  WrapperList wrappers_;
  mutable std::vector<std::set<std::string>> ignored_;  // per pattern of the ignore list, the functions it took
  mutable std::map<std::string, std::vector<UnsteadySite>> unsteady_;  // by sample type
};

}  // namespace mqtrack::analysis
