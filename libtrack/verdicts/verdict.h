// What growth means: a leak, or a service that does its work. docs/verdicts.md states the rules in words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mqtrack::verdicts {

/// In the order in which rows are shown: what has to be mended first.
enum class Verdict : std::uint8_t {
  kLost,          // nothing points to it any more
  kLeak,          // held, and every stretch leaves more behind that is nobody's state
  kInconclusive,  // not decided, and `next` says by what it would be
  kBacklog,       // the state of sessions, queues, retained messages
  kCache,         // bounded: what it makes anew it releases as well, or it has stopped growing
  kWarmUp,        // grew at first, and no more
  kChurn,         // goes up and down
};
inline constexpr std::size_t kVerdicts = 7;

/// "lost", "leak", "inconclusive", "backlog", "cache", "warm-up", "churn".
[[nodiscard]] std::string_view VerdictName(Verdict verdict);

/// True if somebody has to mend the service.
[[nodiscard]] inline bool IsLeak(Verdict verdict) { return verdict == Verdict::kLost || verdict == Verdict::kLeak; }

struct Judgement {
  Verdict verdict = Verdict::kInconclusive;
  std::vector<std::string> evidence;  // short sentences with figures
  std::string next;                   // what would decide it, or what to do; may be empty
};

}  // namespace mqtrack::verdicts
