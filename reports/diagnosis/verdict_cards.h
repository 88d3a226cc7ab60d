// The sites of a diagnosis as cards of a page.
#pragma once

#include <string>

#include "libtrack/verdicts/diagnosis.h"
#include "reports/diagnosis/diagnosis_options.h"

namespace mqtrack::reports {

/// Those that somebody has to look at, in the diagnosis's order.
[[nodiscard]] std::string DrawVerdictCards(const verdicts::Diagnosis& diagnosis, const DiagnosisOptions& options);

/// The others, folded. Empty if there are none.
[[nodiscard]] std::string DrawNeedsNobody(const verdicts::Diagnosis& diagnosis);

/// Of which verdict there are how many, as marks in the verdicts' colours.
[[nodiscard]] std::string DrawVerdictCounts(const verdicts::Diagnosis& diagnosis);

}  // namespace mqtrack::reports
