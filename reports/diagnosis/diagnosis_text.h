// A diagnosis as text.
#pragma once

#include <string>

#include "libtrack/verdicts/diagnosis.h"
#include "reports/diagnosis/diagnosis_options.h"

namespace mqtrack::reports {

[[nodiscard]] std::string RenderDiagnosisText(const verdicts::Diagnosis& diagnosis, const DiagnosisOptions& options);

/// "1 leak and 2 backlogs", or "no leak".
[[nodiscard]] std::string DiagnosisHeadline(const verdicts::Diagnosis& diagnosis);

/// What a verdict's site holds more, or has lost: "+390 KiB in 500 objects", "+3 threads".
[[nodiscard]] std::string AmountOf(const verdicts::SiteVerdict& one);

/// What to do about it: the judgement's own advice, or the command that shows more. May be empty.
[[nodiscard]] std::string NextStepOf(const verdicts::SiteVerdict& one, const DiagnosisOptions& options);

}  // namespace mqtrack::reports
