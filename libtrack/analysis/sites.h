// Sites: the rows of top and diff. A site is a place in the code that creates things; its name is the culprit frame's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/analysis/culprit/culprit.h"
#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/forecast.h"
#include "libtrack/analysis/side.h"
#include "libtrack/analysis/workload/per_packet.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::analysis {

/// How stacks are grouped into rows.
enum class Granularity {
  kFunction,  // culprit function (default)
  kLine,      // culprit function and line
  kStack,     // every distinct creation stack
  kLeaf,      // innermost frame, wrappers included: the flat column of `go tool pprof`, without its drop_frames
  kLabel,     // the value of one label (SiteOptions::label)
};

struct SiteOptions {
  std::string sample_type;  // empty: the profile's default
  Granularity granularity = Granularity::kFunction;
  std::string label;  // for kLabel
};

/// a - b and a + b without undefined behaviour: values of a foreign profile may be anything, and wrap as Go's do.
[[nodiscard]] constexpr std::int64_t Difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
[[nodiscard]] constexpr std::int64_t Sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

/// Threads that ended and were never joined: each still holds its stack. Only counted where the sample type is threads.
struct Unjoined {
  std::int64_t base_threads = 0, threads = 0;
  std::int64_t base_stack_bytes = 0, stack_bytes = 0;  // address space
  [[nodiscard]] std::int64_t thread_growth() const { return Difference(threads, base_threads); }
  [[nodiscard]] std::int64_t stack_growth() const { return Difference(stack_bytes, base_stack_bytes); }
};

/// What a row's growth means, in words that libtrack/verdicts finds.
struct RowVerdict {
  std::string name;                        // "leak", "backlog" …: verdicts::VerdictName
  std::vector<std::string> evidence = {};  // short sentences with figures
  std::string next = {};                   // what would decide it, or what to do; may be empty
};

/// One row. Values are of the chosen sample type; objects of its count sibling (inuse_space: inuse_objects), or 0.
struct Site {
  std::string function;                    // "mosquitto+0x2a40" where there is no name
  std::string file;                        // may be empty
  std::int64_t line = 0;                   // of the heaviest stack of the site; 0 unknown
  std::string module;                      // base name of the mapped file
  std::string caller;                      // of a function without a name: the nearest caller with one; else empty
  NamedBy named_by = NamedBy::kNearest;    // why this function; not told of kLeaf rows
  std::string label = {};                  // for kLabel
  std::int64_t base_value = 0, value = 0;  // before and now; base 0 for top
  std::int64_t base_objects = 0, objects = 0;
  Unjoined unjoined;
  std::optional<std::int64_t> steady_growth = {};  // of a series: see gate/gate_series.h
  std::optional<PerPacket> per_packet = {};        // of a comparison: what the growth is to the work that was done
  std::optional<RowVerdict> verdict = {};          // where it was judged, see libtrack/verdicts/row_verdicts.h
  std::vector<Frame> stack;                        // of its heaviest stack, leaf first. Refers to SiteTable::profile
  [[nodiscard]] std::int64_t growth() const { return Difference(value, base_value); }
  [[nodiscard]] std::int64_t object_growth() const { return Difference(objects, base_objects); }
};

/// Another sample type that grew, and the site where it grew most (without its stack).
struct OtherGrowth {
  profile::ValueType value_type;
  std::int64_t base_total = 0, total = 0;
  Site most;
  [[nodiscard]] std::int64_t growth() const { return Difference(total, base_total); }
};

/// All rows of a profile or of a comparison, biggest growth (or value, or size of change) first, then by name.
/// Movable only: the frames of its sites point into its profile.
struct SiteTable {
  SiteTable() = default;
  SiteTable(SiteTable&&) = default;
  SiteTable& operator=(SiteTable&&) = default;

  profile::Profile profile;  // what `Site::stack` refers to; of a comparison: the merge of both sides
  profile::ValueType value_type;
  bool has_objects = false;
  bool is_diff = false;
  bool holds_changes = false;  // of top: the profile is itself a difference (profile::IsDifference); values are changes
  std::vector<Site> sites;     // rows that are zero on both sides are left out
  Side base, newer;            // of top, only `newer` is filled
  Granularity granularity = Granularity::kFunction;
  std::string label = {};  // the label key of kLabel
  std::int64_t base_total = 0, total = 0;
  std::int64_t base_objects_total = 0, objects_total = 0;
  std::optional<Forecast> forecast = {};  // of live bytes that grew steadily, see gate_series.h; set where it is asked
  std::vector<OtherGrowth> also_grew;     // see GrowthOfOtherTypes; empty until it is asked
  std::vector<AllocationLayer> passed_over;  // which of the list's layers stand in their stacks; most callers first
};

/// The biggest sites of one sample type. A missing type is an error that lists what there is.
[[nodiscard]] support::Result<SiteTable> TopSites(const profile::Profile& profile, const WrapperList& wrappers,
                                                  const SiteOptions& options);
/// What grew and shrank between two profiles: both sides of a stack are found by the rules of profile::Merge. Errors as
/// those of TopSites and Merge; `where` says which side.
[[nodiscard]] support::Result<SiteTable> DiffSites(const profile::Profile& base, const profile::Profile& newer,
                                                   const WrapperList& wrappers, const SiteOptions& options);

}  // namespace mqtrack::analysis
