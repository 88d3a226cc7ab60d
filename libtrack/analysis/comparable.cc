#include "libtrack/analysis/comparable.h"

#include "libtrack/analysis/printable.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/units.h"

namespace mqtrack::analysis {
namespace {

std::string HowSampled(const Side& side) {
  if (side.sample_bytes == 0) return "recorded exactly";
  return "sampled (one block in about " + support::FormatBytes(side.sample_bytes) + ")";
}

/// The totals of a sample type are there and the same on both sides.
bool IsSameTotal(const profile::Profile& base, const profile::Profile& newer, const std::string& type) {
  const support::Result<std::size_t> before = profile::FindSampleType(base, type),
                                     after = profile::FindSampleType(newer, type);
  return before && after && profile::Total(base, *before) == profile::Total(newer, *after);
}

}  // namespace

bool AreOfOneRecording(const Side& base, const Side& newer) {
  return !base.process.empty() && base.process == newer.process && !base.recording.empty() &&
         base.recording == newer.recording;
}

std::string WhyNotComparable(const Side& base, const Side& newer) {
  if (base.process.empty() || newer.process.empty()) return {};
  const bool is_one_process = base.process == newer.process;
  if (is_one_process && !base.recording.empty() && !newer.recording.empty() && base.recording != newer.recording) {
    return "the two are of two recordings of " + (newer.target.empty() ? "one process" : Printable(newer.target)) +
           ", which was detached from and attached to again or became another program between them: what the second "
           "found there is no growth, and what was freed meanwhile is not known; take both from one recording";
  }
  if (base.sample_bytes != newer.sample_bytes) {
    return "the base was " + HowSampled(base) + " and the new profile " + HowSampled(newer) +
           ": what grew cannot be told from what is estimated; record both in one way";
  }
  return {};
}

bool NothingHappenedBetween(const profile::Profile& base, const profile::Profile& newer) {
  const Side before = DescribeSide(base), after = DescribeSide(newer);
  if (!AreOfOneRecording(before, after) || before.sample_bytes != 0) return false;
  // Blocks that were made count for ever. Without them nothing tells that nothing happened.
  for (const std::string_view type :
       {profile::kAllocObjects, profile::kAllocSpace, profile::kInuseObjects, profile::kInuseSpace}) {
    if (!IsSameTotal(base, newer, std::string(type))) return false;
  }
  for (const profile::ValueType& type : newer.sample_types) {
    if (!IsSameTotal(base, newer, type.type)) return false;
  }
  return true;
}

}  // namespace mqtrack::analysis
