// What a CI job refuses: a new circle, a slow call, lost causes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libtrack/support/result.h"
#include "libtrack/topology/comparison.h"
#include "libtrack/topology/topology.h"

namespace mqtrack::topology {

/// One thing that is refused, as --fail-on names it.
struct Check {
  enum class Kind { kCycle, kNewCycle, kNewEdge, kP50, kP99, kSlower, kErrorRate, kOrphans, kSlowService };
  Kind kind{};
  double limit = 0;  // nanoseconds, times, a share, or a number
  std::string text;  // as it was given
};

/// "cycle", "new-cycle", "new-edge", "slow-service", "p50=TIME", "p99=TIME", "slower=TIMES", "error-rate=PERCENT",
/// "orphans=N".
[[nodiscard]] support::Result<Check> ParseCheck(std::string_view text);
/// True if the check is about what differs from a base.
[[nodiscard]] bool NeedsBase(const Check& check);
/// The words that ParseCheck takes, for help and messages.
[[nodiscard]] std::vector<std::string> CheckForms();

struct Judgement {
  struct Finding {
    std::string check, sentence;
  };
  std::vector<Finding> findings;          // what is refused
  std::vector<std::string> not_judged;    // what there was too little of to say: the check passes without it
  std::vector<std::string> not_measured;  // why the logs do not do for these checks at all
  [[nodiscard]] bool Passes() const { return findings.empty() && not_measured.empty(); }
};

/// `comparison` may be null if no check needs a base.
[[nodiscard]] Judgement Judge(const std::vector<Check>& checks, const Topology& topology, const Comparison* comparison);

}  // namespace mqtrack::topology
