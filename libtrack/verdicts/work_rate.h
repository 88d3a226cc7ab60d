// What is left behind, for each unit of work that was done: packets of one type, or time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/analysis/workload/work_done.h"

namespace mqtrack::verdicts {

/// The work of each stretch between two snapshots, in order.
struct WorkOfStretches {
  std::vector<analysis::WorkDone> packets;
  std::vector<std::int64_t> nanos;
  /// True if in stretch `i` packets were handled, or nobody counted them.
  [[nodiscard]] bool MayHaveWorked(std::size_t i) const;
};

/// How evenly something is left behind.
struct WorkRate {
  std::string unit;            // "PUBLISH received", "hour"; empty: nothing fits
  bool is_exact = false;       // the same whole number for each packet in every stretch
  double each = 0;             // per unit, over all stretches
  double early = 0, late = 0;  // the same in the first and the last third
  double spread = 1;           // the largest third's by the smallest's
};

/// The unit of which `left` (one per stretch) is most evenly so many each. `cause`: only packets of this type, "" of
/// any. Time is taken where no packets fit.
[[nodiscard]] WorkRate FindWorkRate(const WorkOfStretches& work, const std::vector<std::int64_t>& left,
                                    const std::string& cause);

}  // namespace mqtrack::verdicts
