#include "libtrack/analysis/gate/gate_refusal.h"

#include <algorithm>

#include "libtrack/analysis/printable.h"
#include "libtrack/support/units.h"

namespace mqtrack::analysis {
namespace {

bool IsEmpty(const profile::Profile& profile) {
  return std::all_of(profile.samples.begin(), profile.samples.end(), [](const profile::Sample& sample) {
    return std::all_of(sample.values.begin(), sample.values.end(), [](std::int64_t value) { return value == 0; });
  });
}

/// True if a limit is on heap blocks and not one was ever recorded, though threads or descriptors may have been: no
/// program works without any, so it has an allocator that the recorder cannot see.
bool MissesTheHeap(const profile::Profile& profile, const GateResult& result) {
  const auto is_of_heap = [](const profile::ValueType& type) {
    return type.type.starts_with("inuse_") || type.type.starts_with("alloc_");
  };
  if (std::none_of(result.checks.begin(), result.checks.end(),
                   [&](const GateCheck& check) { return is_of_heap(check.value_type); })) {
    return false;
  }
  bool told = false;
  for (std::size_t i = 0; i < profile.sample_types.size(); ++i) {
    // What is alive may be from before an attach.
    if (profile.sample_types[i].type != profile::kAllocSpace && profile.sample_types[i].type != profile::kInuseSpace)
      continue;
    told = true;
    for (const profile::Sample& sample : profile.samples) {
      if (sample.values[i] != 0) return false;
    }
  }
  return told;
}

void AddLosses(const Side& side, const char* name, std::vector<std::string>& reasons) {
  if (side.losses == 0) return;
  if (side.losses < 0) {
    reasons.push_back(std::string(name) + " does not say readably how many events were lost; take the snapshot again");
    return;
  }
  std::string text =
      std::string(name) + " has lost " + support::FormatCount(side.losses) + (side.losses == 1 ? " event" : " events");
  if (side.lost_bytes > 0) text += " (" + support::FormatBytes(side.lost_bytes) + ")";
  reasons.push_back(
      text + ", so growth is not known; record again with more shared memory, or with --sample 512KiB to need less");
}

void AddSampled(const Side& side, const char* name, std::vector<std::string>& warnings) {
  if (side.sample_bytes == 0) return;
  std::string text = std::string(name) + " was sampled";
  if (side.sample_bytes > 0) text += " (one block in about " + support::FormatBytes(side.sample_bytes) + ")";
  warnings.push_back(text + ": its values are estimates, and small sites may be missing");
}

std::string Process(const Side& side) { return side.target.empty() ? "the process" : Printable(side.target); }
std::string Program(const Side& side) { return side.program.empty() ? "an unnamed program" : Printable(side.program); }

}  // namespace

std::vector<std::string> ReasonsNotToMeasure(const profile::Profile& newer, const GateResult& result) {
  std::vector<std::string> reasons;
  if (IsEmpty(newer)) {
    reasons.push_back(
        "nothing was recorded: the new profile holds no sample; was the service started with mqtrack run, and was it "
        "the "
        "service itself that was recorded?");
  } else if (MissesTheHeap(newer, result)) {
    reasons.push_back(
        "no allocation was recorded: the service may bring its own allocator (jemalloc or tcmalloc linked in, or Go), "
        "which the recorder cannot see");
  }
  if (result.newer.state == "detached") {
    reasons.push_back(Process(result.newer) +
                      " was detached and runs on: what it did since then was not recorded; attach to it again");
  } else if (result.newer.state == "unrecorded") {
    reasons.push_back(Process(result.newer) +
                      " is recorded no more (it runs another program, or was detached): what it did since then was not "
                      "recorded");
  }
  if (result.has_base) AddLosses(result.base, "the base", reasons);
  AddLosses(result.newer, "the new profile", reasons);
  if (result.has_base && result.base.time_nanos != 0 && result.newer.time_nanos != 0 &&
      result.base.time_nanos > result.newer.time_nanos) {
    reasons.push_back("the base is newer than the new profile; are the two swapped?");
  }
  return reasons;
}

std::vector<std::string> Warnings(const GateResult& result) {
  std::vector<std::string> warnings;
  if (result.has_base) AddSampled(result.base, "the base", warnings);
  AddSampled(result.newer, "the new profile", warnings);
  if (const std::string shallow = ShallowStacks(result.newer); !shallow.empty())
    warnings.push_back("of the new profile " + shallow);
  if (result.newer.state == "dead") {
    warnings.push_back(Process(result.newer) + " was killed or crashed: judged is what its log holds");
  } else if (result.newer.state == "unseen") {
    warnings.push_back(Process(result.newer) +
                       " runs in a container that cannot be seen from here, or was killed there: judged is what its "
                       "log holds");
  }
  if (!result.has_base) return warnings;
  if (result.base.program != result.newer.program && !result.base.program.empty() && !result.newer.program.empty()) {
    warnings.push_back("the base is of " + Program(result.base) + ", the new profile of " + Program(result.newer) +
                       ": growth between different programs means little");
    return warnings;
  }
  if (!MayBeOfOneProcess(result.base, result.newer)) {
    warnings.push_back("the base is of " + Process(result.base) + ", the new profile of " + Process(result.newer) +
                       ": two processes, so growth is also what they did differently since they started");
  }
  if (result.base.build_id != result.newer.build_id && !result.base.build_id.empty() &&
      !result.newer.build_id.empty()) {
    warnings.push_back("the base is of another build of " + Program(result.newer) +
                       ": sites match by function and file name only");
  }
  return warnings;
}

Side DescribeSide(const SiteBaseline& baseline) {
  Side side;
  side.program = baseline.program;
  side.build_id = baseline.build_id;
  side.time_nanos = baseline.time_nanos;
  return side;
}

}  // namespace mqtrack::analysis
