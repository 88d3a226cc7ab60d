// Snapshots of one service as a timeline: how the value of each of its top sites, and of all together, went.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "libtrack/analysis/sites.h"
#include "libtrack/support/result.h"
#include "libtrack/timeline/timeline_sink.h"

namespace mqtrack::timeline {

/// Snapshots are added in any order, and not kept. Not thread-safe.
class SiteCurves {
 public:
  /// `where` names the snapshot in errors: one that does not say when it was taken, counts in another unit than those
  /// before, or was taken at the same time.
  [[nodiscard]] support::Status Add(const analysis::SiteTable& table, std::int64_t time_ns, const std::string& where);
  /// A counter for all sites together and one for each of the `most_sites` that ever held the most.
  void Tell(TimelineSink& sink, std::size_t most_sites) const;

 private:
  struct Moment {
    std::int64_t total = 0;
    std::map<std::string, std::int64_t> sites;
  };
  [[nodiscard]] std::vector<std::string> Largest(std::size_t most) const;

  std::map<std::int64_t, Moment> moments_;  // by time
  profile::ValueType type_;
  std::string name_;
};

}  // namespace mqtrack::timeline
