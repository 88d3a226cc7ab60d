// The rules: from a site's history to its verdict. docs/verdicts.md states them in words, in the same order.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libtrack/analysis/workload/asked.h"
#include "libtrack/analysis/workload/broker_state.h"
#include "libtrack/verdicts/site_history.h"
#include "libtrack/verdicts/sys_witness.h"
#include "libtrack/verdicts/verdict.h"
#include "libtrack/verdicts/work_rate.h"

namespace mqtrack::verdicts {

/// What is known of the process, for all of its sites.
struct Surroundings {
  std::vector<analysis::BrokerState> states;  // at each snapshot
  SysWitness sys;
  WorkOfStretches work;
  analysis::Asked asked;              // at the last snapshot; stalled is who was so in the last third, too
  std::set<std::string> away;         // ids of clients that are known to be gone while their sessions are kept
  std::int64_t unnamed = 0;           // connections of before an attach, whose clients nobody knows: perhaps any
  std::set<std::string> connected;    // ids of clients that have an open descriptor; empty where that is not told
  bool has_owners = false;            // the heap was looked at
  bool clients_own_queues = false;    // and found messages that wait in the objects of those they wait for: OwnsQueue
  bool messages_were_taken = false;   // what waited for clients that were away has been fetched: WereTaken
  bool acknowledges_nothing = false;  // of late messages are under way, and no client has acknowledged any
  bool is_of_survivors = false;       // Series::is_of_survivors
};

/// True if it was made whenever a PUBLISH was at work, and nearly all of it went at once: a queue that was fetched.
[[nodiscard]] bool WereTaken(const SiteHistory& history);

/// True if what a PUBLISH made there belongs to clients that do not take it.
[[nodiscard]] bool OwnsQueue(const SiteHistory& history, const Surroundings& around);

/// Nothing if the site neither grew, nor varied, nor has lost anything: there is nothing to say.
[[nodiscard]] std::optional<Judgement> Judge(const SiteHistory& history, const Surroundings& around);

}  // namespace mqtrack::verdicts
