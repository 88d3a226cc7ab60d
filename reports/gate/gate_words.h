// What a GateResult says, in words that all its formats share.
#pragma once

#include <string>
#include <vector>

#include "libtrack/analysis/gate/gate.h"

namespace mqtrack::reports {

/// "PASS", "FAIL", "CANNOT MEASURE".
[[nodiscard]] std::string VerdictWord(analysis::Verdict verdict);

/// "mosquitto (pid 4711) is within its 3 limits", "… exceeds 2 of its 3 limits", "… cannot be measured".
[[nodiscard]] std::string GateVerdictSentence(const analysis::GateResult& result);

/// Which limit: "growth of inuse_space", "growth of a single site of inuse_space", "total of threads".
[[nodiscard]] std::string CheckName(const analysis::GateCheck& check);

/// "limit 64 KiB"; "its own limit" where only overrides apply.
[[nodiscard]] std::string LimitWords(const analysis::GateCheck& check);
[[nodiscard]] std::string FormatLimit(const analysis::Limit& limit, const std::string& unit);

/// "+4.3 MiB", "+4.3 MiB in 25,000 objects"; of a total, without the sign.
[[nodiscard]] std::string Measured(const analysis::GateCheck& check);

/// "retain__store (src/retain.c:123) grew by 4,512,320 bytes in 25,000 objects, limit 64 KiB".
[[nodiscard]] std::string SiteSentence(const analysis::GateCheck& check, const analysis::GateSite& site);

/// Whether `sites` of a check are each beyond their limit, or only what a too high total is made of.
[[nodiscard]] bool SitesAreViolations(const analysis::GateCheck& check);

/// A part of a stack that is printed.
struct ShownFrames {
  const analysis::GateFrame* frame = nullptr;  // null: `left_out` frames are not shown here
  std::size_t left_out = 0;
  /// "(199,936 frames left out)".
  [[nodiscard]] std::string LeftOutWords() const;
};
/// All frames of a stack, leaf first; of one that is deeper than a page, the middle is left out.
[[nodiscard]] std::vector<ShownFrames> FramesToShow(const analysis::GateSite& site);

/// Stack frames as "function file:line", leaf first.
[[nodiscard]] std::vector<std::string> StackWords(const analysis::GateSite& site);

/// What suppressions and the ignore list did: "suppressions: 2 of 3 used", and each unused one by name.
[[nodiscard]] std::vector<std::string> ExclusionSentences(const analysis::GateResult& result);

}  // namespace mqtrack::reports
