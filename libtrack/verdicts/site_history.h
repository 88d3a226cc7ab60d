// What one site held at each moment of a series, and of each stretch between two moments what is left: its cohorts.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/side.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::verdicts {

/// Snapshots of one recording, oldest first (analysis::PrepareSeries), and what two looks at its heap said.
struct Series {
  std::vector<const profile::Profile*> profiles;
  std::vector<analysis::Side> sides;  // one each
  bool is_of_survivors = false;       // SplitByGenerations: what had been there and is gone is not known
  /// Heap blocks by owner: labels kOwnerKindLabel and kOwnerLabel; and kUsedByLabel, the client that has a use of what
  /// is not its alone. Null: nobody has looked.
  const profile::Profile* owned = nullptr;
  /// Heap blocks that two looks found lost. Null: nobody has looked.
  const profile::Profile* lost = nullptr;
  /// True if every snapshot began a generation, so that of each thing it is known between which two it was made.
  [[nodiscard]] bool TellsCohorts() const;
};
inline constexpr std::string_view kOwnerKindLabel = "owner_kind", kOwnerLabel = "owner", kUsedByLabel = "used_by",
                                  kAwayLabel = "away";  // kAwayLabel: on a sample whose client is known to be offline

struct Held {
  std::int64_t value = 0, objects = 0;
  void Add(const Held& other);
};

/// Kind and name of an owner (heapgraph/owners.h). What a client has a use of counts as the client's.
using OwnerName = std::pair<std::string, std::string>;

/// One site of one sample type that tells growth. Cohort 0 was there before the first snapshot; cohort j was made
/// between snapshots j - 1 and j, counted from 0.
struct SiteHistory {
  analysis::Site site;  // base and new values are those of the first and the last snapshot
  profile::ValueType type;
  bool has_objects = false;
  std::vector<Held> held;                      // at each snapshot
  std::vector<std::vector<Held>> cohorts;      // [snapshot][cohort]; empty where they are not told
  std::map<std::string, std::int64_t> causes;  // what was made since the first, by label mqtt_packet ("" of none)
  std::map<std::string, std::int64_t> topics;  // of what a PUBLISH made, by label mqtt_topic
  std::map<OwnerName, Held> owners;            // of what was made since the first and is owned
  Held lost;                                   // of all that is there
  /// Things, where they are counted; else the value.
  [[nodiscard]] std::int64_t Count(const Held& of) const { return has_objects ? of.objects : of.value; }
  /// What is left at the end of each stretch, cohort 1 first: by cohorts, else by growth from snapshot to snapshot.
  [[nodiscard]] std::vector<std::int64_t> Left() const;
};

/// The histories of all sites that hold something at any moment, or have something lost, in no order.
[[nodiscard]] std::vector<SiteHistory> ReadHistories(const Series& series, const analysis::WrapperList& wrappers);

}  // namespace mqtrack::verdicts
