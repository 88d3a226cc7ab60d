// A diagnosis as JSON: docs/json.md.
#pragma once

#include <string>

#include "libtrack/verdicts/diagnosis.h"
#include "reports/diagnosis/diagnosis_options.h"

namespace mqtrack::reports {

[[nodiscard]] std::string RenderDiagnosisJson(const verdicts::Diagnosis& diagnosis, const DiagnosisOptions& options);

}  // namespace mqtrack::reports
