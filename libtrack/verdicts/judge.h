// The rules: from a site's history to its verdict. docs/verdicts.md states them in words, in the same order.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libtrack/analysis/workload/broker_state.h"
#include "libtrack/verdicts/site_history.h"
#include "libtrack/verdicts/verdict.h"
#include "libtrack/verdicts/work_rate.h"

namespace mqtrack::verdicts {

/// What is known of the process, for all of its sites.
struct Surroundings {
  std::vector<analysis::BrokerState> states;  // at each snapshot
  WorkOfStretches work;
  std::set<std::string> connected;  // ids of clients that have an open descriptor; empty where that is not told
  bool has_owners = false;          // the heap was looked at
  bool is_of_survivors = false;     // Series::is_of_survivors
};

/// Nothing if the site neither grew, nor varied, nor has lost anything: there is nothing to say.
[[nodiscard]] std::optional<Judgement> Judge(const SiteHistory& history, const Surroundings& around);

}  // namespace mqtrack::verdicts
