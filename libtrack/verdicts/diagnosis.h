// A series of snapshots of one process, judged: every site that grew with its verdict, and what the process as a whole
// holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/forecast.h"
#include "libtrack/analysis/side.h"
#include "libtrack/analysis/workload/broker_state.h"
#include "libtrack/analysis/workload/work_done.h"
#include "libtrack/verdicts/expectations.h"
#include "libtrack/verdicts/site_history.h"
#include "libtrack/verdicts/verdict.h"

namespace mqtrack::verdicts {

struct SiteVerdict {
  SiteHistory history;
  Judgement judgement;
  /// What the verdict is about: of a loss what is lost, else growth.
  [[nodiscard]] Held Amount() const;
};

/// One sample type that tells growth: what there was of it at each snapshot.
struct ResourceHistory {
  profile::ValueType type;
  std::vector<std::int64_t> totals;
};

struct Diagnosis {
  std::vector<analysis::Side> sides;
  std::vector<SiteVerdict> sites;  // by verdict, then most first
  std::vector<ResourceHistory> resources;
  analysis::WorkDone work;                     // between the first and the last snapshot
  std::vector<analysis::BrokerState> states;   // at each snapshot
  std::optional<analysis::Forecast> forecast;  // of what is lost and leaks
  std::int64_t kept_by_allocator = -1;  // resident, in no file, and no live block: -1 not known, or too little to say
  bool has_owners = false, has_lost = false;  // the heap was looked at
  bool tells_cohorts = false;
  bool is_of_survivors = false;  // Series::is_of_survivors
  [[nodiscard]] std::size_t Count(Verdict verdict) const;
  [[nodiscard]] bool HasLeak() const { return Count(Verdict::kLost) + Count(Verdict::kLeak) != 0; }
};

/// The series is of snapshot_series.h, mostly. What `expectations` names as a cache is one while it keeps to its size,
/// and a leak beyond.
[[nodiscard]] Diagnosis Diagnose(const Series& series, const analysis::WrapperList& wrappers,
                                 const Expectations& expectations = {});

}  // namespace mqtrack::verdicts
