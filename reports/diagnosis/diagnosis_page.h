// A diagnosis as a page: one HTML file that asks no network for anything, can be read without scripts, by keyboard, as
// printed, in the dark and on a narrow screen. All text is escaped.
#pragma once

#include <string>

#include "libtrack/verdicts/diagnosis.h"
#include "reports/diagnosis/diagnosis_options.h"

namespace mqtrack::reports {

[[nodiscard]] std::string RenderDiagnosisPage(const verdicts::Diagnosis& diagnosis, const DiagnosisOptions& options);

}  // namespace mqtrack::reports
