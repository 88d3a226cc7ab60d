// What one look at all watched processes found. Made by the collector, shown by the screen and the lines.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libtrack/analysis/side.h"
#include "libtrack/profile/profile.h"
#include "libtrack/verdicts/verdict.h"

namespace mqtrack::cli {

/// One sample type that tells growth, over the time of the watch.
struct WatchedResource {
  struct Point {
    std::int64_t time_ns = 0, total = 0;
  };
  profile::ValueType type;
  std::vector<Point> points;  // oldest first, at least one; thinned, so that the whole watch stays in it

  [[nodiscard]] std::int64_t Now() const { return points.back().total; }
  [[nodiscard]] std::int64_t Growth() const;
  /// Growth by the hour over the whole watch; nothing if that is too short to say so.
  [[nodiscard]] std::optional<std::int64_t> PerHour() const;
};

/// What the generations of the log say, as `mqtrack diagnose` on a snapshot.
struct WatchedVerdicts {
  std::array<std::size_t, verdicts::kVerdicts> counts{};
  std::map<std::pair<std::string, std::string>, verdicts::Verdict> of;  // by sample type and function
};

/// Of a process whose log was there at the look before.
constexpr char kLogRemoved[] = "log removed";

struct WatchedProcess {
  std::string id;      // the log's path, or the URL or file
  std::string target;  // by which other verbs find it
  std::string name;
  std::int64_t pid = 0;  // 0: not known
  std::string state;     // in one word; kLogRemoved, "no answer"
  std::string error;     // why there is nothing newer; the figures are then those of the last look that went well
  bool is_current = false;
  std::vector<WatchedResource> resources;
  std::optional<WatchedVerdicts> verdicts;  // none: the log has too few generations
  analysis::Side side;
  std::shared_ptr<const profile::Profile> first, newest;  // of this recording; null until the first look went well
};

struct WatchRound {
  std::int64_t time_ns = 0;  // since the epoch
  std::int64_t cost_ms = 0;  // how long the look took
  std::int64_t every_s = 0;
  std::vector<WatchedProcess> processes;
  std::string problem;  // of the look as a whole
};

}  // namespace mqtrack::cli
