// What a broker's own count of messages below $SYS says of a site that grows: does it follow what waits for clients?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/analysis/workload/sys_figures.h"
#include "libtrack/verdicts/state_fit.h"

namespace mqtrack::verdicts {

/// Of a series of snapshots, at each of which the broker had renewed its figures since the one before.
struct SysWitness {
  bool is_known = false;             // false: nobody asked at every snapshot, or too often for the broker's interval
  std::vector<std::int64_t> queued;  // messages that are stored and not retained, at each snapshot
  std::vector<std::int64_t> stored;  // all that are stored

  /// How `counts` (as many) follow the messages that wait; empty: they do not.
  [[nodiscard]] StateFit Fit(const std::vector<std::int64_t>& counts) const;
  /// True if the messages that wait cannot be what grew by `growth`, not even if each waits for all `sessions`.
  [[nodiscard]] bool Excludes(std::int64_t growth, std::int64_t sessions) const;
  /// "$SYS counts 20,000 stored messages, +18,000, of which 300 are retained"; empty if it is not known.
  [[nodiscard]] std::string Words() const;
};

/// `figures`: at each snapshot.
[[nodiscard]] SysWitness ReadSysWitness(const std::vector<analysis::SysFigures>& figures);

}  // namespace mqtrack::verdicts
