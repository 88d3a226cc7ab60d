// A diagnosis as text.
#pragma once

#include <string>

#include "libtrack/verdicts/diagnosis.h"
#include "reports/diagnosis/diagnosis_options.h"

namespace mqtrack::reports {

[[nodiscard]] std::string RenderDiagnosisText(const verdicts::Diagnosis& diagnosis, const DiagnosisOptions& options);

/// "1 leak and 2 backlogs", or "no leak".
[[nodiscard]] std::string DiagnosisHeadline(const verdicts::Diagnosis& diagnosis);

/// "mosquitto (pid 7): 1 leak and 2 backlogs, in 7 snapshots over 1 h."
[[nodiscard]] std::string DiagnosisTitle(const verdicts::Diagnosis& diagnosis);

/// True of caches, warm-up and churn: shown only where asked for.
[[nodiscard]] bool NeedsNobody(verdicts::Verdict verdict);

/// How often its heap was looked at and how long it stood still, or why nobody looked; may be empty.
[[nodiscard]] std::string LooksWords(const DiagnosisOptions& options);

/// What the broker says of itself below $SYS, what became of it, and what of the growth that explains, without its full
/// stop; empty where nobody asked.
[[nodiscard]] std::string SysSentence(const verdicts::Diagnosis& diagnosis);

/// What of the process's memory is in no live block, without its full stop; empty where that is not worth a word.
[[nodiscard]] std::string AllocatorSentence(const verdicts::Diagnosis& diagnosis);

/// "client pump7", "global db (mosquitto)", "shared".
[[nodiscard]] std::string OwnerInWords(const verdicts::OwnerName& owner);

/// What a verdict's site holds more, or has lost: "+390 KiB in 500 objects", "+3 threads".
[[nodiscard]] std::string AmountOf(const verdicts::SiteVerdict& one);

/// What to do about it: the judgement's own advice, or the command that shows more. May be empty.
[[nodiscard]] std::string NextStepOf(const verdicts::SiteVerdict& one, const DiagnosisOptions& options);

}  // namespace mqtrack::reports
