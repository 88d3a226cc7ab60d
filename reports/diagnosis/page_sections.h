// The sections of a diagnosis's page below the verdicts. Each is HTML, and empty where there is nothing to say.
#pragma once

#include <string>

#include "libtrack/verdicts/diagnosis.h"
#include "reports/diagnosis/diagnosis_options.h"

namespace mqtrack::reports {

/// A chart for everything that is counted, memory first.
[[nodiscard]] std::string DrawResources(const verdicts::Diagnosis& diagnosis);

/// MQTT packets handled meanwhile, and what the broker held before and after.
[[nodiscard]] std::string DrawWork(const verdicts::Diagnosis& diagnosis);

/// Whose the growth of all judged sites is.
[[nodiscard]] std::string DrawOwners(const verdicts::Diagnosis& diagnosis);

/// The snapshots, the looks at the heap, notes, and the command.
[[nodiscard]] std::string DrawMeasurement(const verdicts::Diagnosis& diagnosis, const DiagnosisOptions& options);

}  // namespace mqtrack::reports
