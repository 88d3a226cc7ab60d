// A diagnosis as a broker's would be, small enough to be read whole.
#pragma once

#include "libtrack/verdicts/diagnosis.h"
#include "reports/diagnosis/diagnosis_options.h"

namespace mqtrack::testing {

/// One lost site, one leak, one that is not decided, one backlog and a cache, at four snapshots. Every name that comes
/// from outside ends with `suffix`.
[[nodiscard]] verdicts::Diagnosis SampleDiagnosis(const std::string& suffix = "");
[[nodiscard]] reports::DiagnosisOptions SampleDiagnosisOptions(const std::string& suffix = "");

}  // namespace mqtrack::testing
