#include "libtrack/analysis/gate/gate_refusal.h"

#include <algorithm>
#include <utility>

#include "libtrack/analysis/comparable.h"
#include "libtrack/analysis/printable.h"
#include "libtrack/profile/fact.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/units.h"

namespace mqtrack::analysis {
namespace {

bool IsEmpty(const profile::Profile& profile) {
  return std::all_of(profile.samples.begin(), profile.samples.end(), [](const profile::Sample& sample) {
    return std::all_of(sample.values.begin(), sample.values.end(), [](std::int64_t value) { return value == 0; });
  });
}

bool JudgesTheHeap(const GateResult& result) {
  return std::any_of(result.checks.begin(), result.checks.end(), [](const GateCheck& check) {
    return profile::SampleKindOf(check.value_type.type).kind == log::Kind::kHeapBlock;
  });
}

/// True if not one heap block was ever recorded, though threads or descriptors may have been: no program works without
/// any, so it has an allocator that the recorder cannot see.
bool MissesTheHeap(const profile::Profile& profile) {
  if (profile::FindFact(profile, "no_allocation")) return false;  // it is known to have no such allocator
  bool told = false;
  for (std::size_t i = 0; i < profile.sample_types.size(); ++i) {
    // What is alive may be from before an attach.
    const log::SampleKind& kind = profile::SampleKindOf(profile.sample_types[i].type);
    if (kind.kind != log::Kind::kHeapBlock || !log::IsBytes(kind.measure)) continue;
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
    reasons.push_back(std::string(name) + " does not say readably how many events were missed; take the snapshot again");
    return;
  }
  std::string text =
      std::string(name) + " has missed " + support::FormatCount(side.losses) + (side.losses == 1 ? " event" : " events");
  if (side.lost_bytes > 0) text += " (" + support::FormatBytes(side.lost_bytes) + ")";
  reasons.push_back(
      text + ", so growth is not known; record again with more shared memory, or with --sample 512KiB to need less");
}

/// Of one process, what was known at the base stands on both sides. Frees are noticed only when an address is used
/// again, so one that was says that others may have been missed: there is no number of them that does not matter.
void AddUnseenFrees(const GateResult& result, std::vector<std::string>& reasons) {
  const std::int64_t before = result.has_base ? result.base.unseen_frees : 0, now = result.newer.unseen_frees;
  if (before < 0 || now < 0) {
    reasons.emplace_back("it is not readable how many blocks were freed past the recorder; take the snapshots again");
    return;
  }
  const bool is_one = result.has_base && MayBeOfOneProcess(result.base, result.newer);
  const std::int64_t count = is_one ? now - before : std::max(before, now);
  if (count <= 0) return;
  reasons.push_back(support::FormatCount(count) + (count == 1 ? " block was" : " blocks were") +
                    " freed without the recorder seeing it (another allocator, or its own functions?), and how many "
                    "more that were not noticed is not known, so the heap is not known either");
}

void AddUnseenCalls(const GateResult& result, std::vector<std::string>& reasons) {
  const std::string& call =
      !result.newer.unseen_call.empty() || !result.has_base ? result.newer.unseen_call : result.base.unseen_call;
  if (call.empty()) return;
  reasons.push_back("an allocator's own function is called, which the recorder does not see (" + Printable(call) +
                    "): blocks that it makes are missing, and blocks that it frees are left over");
}

void AddSampled(const Side& side, const char* name, std::vector<std::string>& warnings) {
  if (side.sample_bytes == 0) return;
  std::string text = std::string(name) + " was sampled";
  if (side.sample_bytes > 0) text += " (one block in about " + support::FormatBytes(side.sample_bytes) + ")";
  warnings.push_back(text + ": its values are estimates, and small sites may be missing");
}

std::string Processes(std::int64_t count) {
  return support::FormatCount(count) + (count == 1 ? " process" : " processes");
}

bool JudgesGrowth(const GateResult& result) {
  return std::any_of(result.checks.begin(), result.checks.end(),
                     [](const GateCheck& check) { return check.is_growth(); });
}

/// What a process elsewhere held beyond a limit.
struct BeyondElsewhere {
  const ElsewhereProcess* process;
  const GateCheck* check;
  std::int64_t value;
};

/// Processes that are beyond a limit, each once, the largest value first.
std::vector<BeyondElsewhere> FindBeyondElsewhere(const GateResult& result) {
  std::vector<BeyondElsewhere> beyond;
  for (const ElsewhereProcess& other : result.newer.elsewhere) {
    for (const GateCheck& check : result.checks) {
      const auto total = other.totals.find(check.value_type.type);
      if (check.limit.text.empty() || total == other.totals.end() || total->second <= check.limit.value) continue;
      beyond.push_back({&other, &check, total->second});
      break;
    }
  }
  std::stable_sort(beyond.begin(), beyond.end(),
                   [](const BeyondElsewhere& a, const BeyondElsewhere& b) { return a.value > b.value; });
  return beyond;
}

/// One that held more than a limit allows may be the very one that is meant: a shell's figures say nothing of it.
void AddElsewhere(const GateResult& result, std::vector<std::string>& reasons) {
  const std::vector<BeyondElsewhere> beyond = FindBeyondElsewhere(result);
  if (beyond.empty()) return;
  const BeyondElsewhere& most = beyond.front();
  std::string text = Printable(most.process->name) + " of the same run held " +
                     support::FormatValue(most.value, most.check->value_type.unit) + " of " +
                     Printable(most.check->value_type.type) + ", beyond the limit, and is not in this profile";
  if (beyond.size() > 1)
    text += ", nor " +
            (beyond.size() == 2 ? std::string("is one more") : "are " + std::to_string(beyond.size() - 1) + " more") +
            " of that kind";
  reasons.push_back(text +
                    "; write a file for each process (mqtrack run --snapshot-at-exit DIR/), and judge the folder, or "
                    "those files in it that matter");
}

/// What of the same run nobody can judge, or has to judge elsewhere.
void WarnOfOthers(const Side& side, std::vector<std::string>& warnings) {
  constexpr std::size_t kMostNamed = 3;
  if (!side.elsewhere.empty()) {
    std::string names;
    for (std::size_t i = 0; i < side.elsewhere.size() && i < kMostNamed; ++i)
      names += (i == 0 ? "" : ", ") + Printable(side.elsewhere[i].name);
    if (side.elsewhere.size() > kMostNamed)
      names += " and " + std::to_string(side.elsewhere.size() - kMostNamed) + " more";
    warnings.push_back("judged is " + (side.target.empty() ? "one process" : Printable(side.target)) +
                       " alone; recorded too, and not in this profile: " + names);
  }
  if (side.left_no_log > 0) {
    warnings.push_back(Processes(side.left_no_log) +
                       " of the same run ended within a second and left no log, so nobody knows what they had alive; "
                       "mqtrack run --snapshot-at-exit DIR/ takes a snapshot of each");
  }
}

std::string NotRecorded(const Side& side) {
  std::string names;
  for (const std::string& name : side.not_recorded_programs) names += (names.empty() ? "" : ", ") + Printable(name);
  return Processes(side.not_recorded_processes) + " of the same run could not be recorded" +
         (names.empty() ? "" : " (" + names + ")");
}

bool JudgesTotals(const GateResult& result) {
  return std::any_of(result.checks.begin(), result.checks.end(),
                     [](const GateCheck& check) { return check.kind == GateCheck::Kind::kTotal; });
}

/// What is judged at the end of a run is all that it left. Growth is of one process, whatever others do.
void AddNotRecorded(const GateResult& result, bool is_allowed, std::vector<std::string>& reasons) {
  const Side& side = result.newer;
  if (is_allowed || !JudgesTotals(result)) return;
  if (side.not_recorded_processes < 0) {
    reasons.emplace_back("it is not readable how many processes of the run were not recorded; record again");
  } else if (side.not_recorded_processes > 0) {
    reasons.push_back(NotRecorded(side) +
                      ", so what they held is not known (static, set-uid, started without LD_PRELOAD, made by a bare "
                      "system call, or in a chroot?); if that does not matter, say --allow-unrecorded");
  }
}

/// Programs that both were recorded, and are not one.
bool AreOfTwoPrograms(const Side& base, const Side& newer) {
  return !base.process.empty() && !newer.process.empty() && !base.program.empty() && !newer.program.empty() &&
         base.program != newer.program;
}

bool IsBefore(const Side& newer, const Side& base) {
  if (base.time_nanos != 0 && newer.time_nanos != 0) return base.time_nanos > newer.time_nanos;
  // Of a process that was killed there is no time, but nothing comes after it.
  const bool base_is_last = base.state == "dead" || base.state == "ended";
  if (!AreOfOneRecording(base, newer)) return false;
  return base.generation > newer.generation || (base_is_last && newer.state.empty());
}

std::string Process(const Side& side) { return side.target.empty() ? "the process" : Printable(side.target); }
std::string Program(const Side& side) { return side.program.empty() ? "an unnamed program" : Printable(side.program); }

/// Why growth from base to new is none.
void AddIncomparable(const profile::Profile& base, const profile::Profile& newer, const GateResult& result,
                     std::vector<std::string>& reasons) {
  if (std::string why = WhyNotComparable(result.base, result.newer); !why.empty()) {
    reasons.push_back(std::move(why));
  } else if (AreOfTwoPrograms(result.base, result.newer)) {
    reasons.push_back("the base is of " + Program(result.base) + ", the new profile of " + Program(result.newer) +
                      ": what one program has more than another is no growth; name two snapshots of one");
  } else if (result.newer.state != "detached" && result.newer.state != "unrecorded" &&
             NothingHappenedBetween(base, newer)) {
    reasons.push_back(Process(result.newer) +
                      " recorded nothing between base and new, not one block made or freed: it did nothing in between, "
                      "or had ended before; take the second snapshot after the work that is to be judged");
  }
}

}  // namespace

std::vector<std::string> ReasonsNotToMeasure(const profile::Profile& newer, const profile::Profile* base,
                                             const GateResult& result, bool allow_unrecorded) {
  std::vector<std::string> reasons;
  // That nothing is lost is what a look for that is meant to find.
  const bool looked_for_lost = profile::FindFact(newer, profile::kHeapLookFact) == std::string(profile::kLooksForLost);
  if (IsEmpty(newer) && !looked_for_lost && !profile::FindFact(newer, "no_allocation")) {
    reasons.push_back(
        "nothing was recorded: the new profile holds no sample; was the service started with mqtrack run, and was it "
        "the "
        "service itself that was recorded?");
  } else if (JudgesTheHeap(result) && !looked_for_lost && MissesTheHeap(newer)) {
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
  if (JudgesTheHeap(result)) {
    AddUnseenCalls(result, reasons);
    AddUnseenFrees(result, reasons);
  }
  if (result.has_base && IsBefore(result.newer, result.base)) {
    reasons.push_back("the base is newer than the new profile; are the two swapped?");
  } else if (base != nullptr && JudgesGrowth(result)) {
    AddIncomparable(*base, newer, result, reasons);
  }
  AddElsewhere(result, reasons);
  AddNotRecorded(result, allow_unrecorded, reasons);
  return reasons;
}

std::vector<std::string> Warnings(const GateResult& result, bool allow_unrecorded) {
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
  WarnOfOthers(result.newer, warnings);
  if (result.newer.not_recorded_processes > 0 && (allow_unrecorded || !JudgesTotals(result)))
    warnings.push_back(NotRecorded(result.newer));
  if (!result.has_base) return warnings;
  if (AreOfTwoPrograms(result.base, result.newer)) return warnings;  // that is a reason
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
