// The sentences under a verdict. Each is one fact with its figures, or empty where the fact is not known.
#pragma once

#include <map>
#include <set>
#include <string>

#include "libtrack/analysis/workload/broker_state.h"
#include "libtrack/verdicts/site_history.h"
#include "libtrack/verdicts/state_fit.h"
#include "libtrack/verdicts/trend.h"
#include "libtrack/verdicts/work_rate.h"

namespace mqtrack::verdicts {

class EvidenceWords {
 public:
  /// Both must outlive it.
  EvidenceWords(const SiteHistory& history, const Trend& trend) : history_(history), trend_(trend) {}

  /// The one type of packets that was handled whenever something of it was made; "" of several, or none.
  [[nodiscard]] std::string OnlyCause() const;

  [[nodiscard]] std::string Lost() const;       // "nothing points to 500 of its objects (390 KiB), at two looks"
  [[nodiscard]] std::string Growth() const;     // "from 3 to 503 objects in 5 stretches"
  [[nodiscard]] std::string Stretches() const;  // "each of 5 stretches left some behind: 100, 98, ..."
  [[nodiscard]] std::string Released() const;   // "of 300 objects that were there a stretch later, 290 are gone"
  [[nodiscard]] std::string NoMoreSince() const;
  [[nodiscard]] std::string Each(const WorkRate& rate) const;
  [[nodiscard]] std::string Filling(const WorkRate& rate) const;
  [[nodiscard]] std::string Follows(const StateFit& fit) const;
  [[nodiscard]] std::string WaitsFor(const std::set<std::string>& clients, const std::set<std::string>& connected,
                                     const Held& held) const;
  [[nodiscard]] std::string OfClientsOfBefore(const std::set<std::string>& clients, const Held& held) const;
  /// `clients`: at least so many wait, of whom `names` are known.
  [[nodiscard]] std::string AskedFor(const std::map<std::string, std::int64_t>& filters,
                                     const std::set<std::string>& names, std::int64_t clients,
                                     const std::set<std::string>& connected) const;
  /// Of filters of clients that are there, while `unacknowledged` messages are under way.
  [[nodiscard]] std::string AskedForAndNotAcknowledged(const std::map<std::string, std::int64_t>& filters,
                                                       std::int64_t unacknowledged) const;
  /// "40 clients are offline with a session, and 3 messages are not acknowledged"
  [[nodiscard]] std::string Waiting(const analysis::BrokerState& now) const;
  [[nodiscard]] std::string MayWait(const analysis::BrokerState& now) const;
  [[nodiscard]] std::string HeldBy() const;
  [[nodiscard]] std::string MayGo() const;
  [[nodiscard]] std::string UpAndDown() const;
  [[nodiscard]] std::string Larger() const;
  [[nodiscard]] std::string Jumps() const;
  [[nodiscard]] std::string SizeSince() const;
  [[nodiscard]] std::string NotDueYet() const;

 private:
  /// "40 objects were made for messages on pumps/#, doors/#"
  [[nodiscard]] std::string MadeForMessages(const std::map<std::string, std::int64_t>& filters) const;
  [[nodiscard]] std::string Things(std::int64_t count) const;
  [[nodiscard]] std::string Value(std::int64_t value) const;

  const SiteHistory& history_;
  const Trend& trend_;
};

}  // namespace mqtrack::verdicts
