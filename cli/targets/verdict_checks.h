// The gate by verdicts: no site of a series may have one that is named.
#pragma once

#include <string>
#include <vector>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/gate/gate.h"
#include "libtrack/analysis/gate/gate_config.h"
#include "libtrack/analysis/gate/suppressions.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"
#include "libtrack/verdicts/expectations.h"

namespace mqtrack::cli {

/// The names of all verdicts, as --fail-on takes them.
[[nodiscard]] std::vector<std::string> VerdictNames();

/// An error if one of `names` is none, which `option` says.
[[nodiscard]] support::Status CheckVerdictNames(const std::vector<std::string>& names, const std::string& option);

/// Judges `snapshots` of one process, or one with generations, and adds a check to `result` for each sample type that
/// has a site with a verdict of config.fail_on, or one that passed. What the configuration ignores or suppresses is
/// not judged. Where nothing can be told, `result` says so and does not pass. `is_prepared`: they are several, and
/// analysis::PrepareSeries has seen them.
void AddVerdictChecks(std::vector<profile::Profile> snapshots, bool is_prepared, const analysis::GateConfig& config,
                      const analysis::WrapperList& wrappers, analysis::Suppressions suppressions,
                      const verdicts::Expectations& expectations, analysis::GateResult& result);

}  // namespace mqtrack::cli
