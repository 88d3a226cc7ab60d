#include "libtrack/cpu/cpu_record.h"

#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

#include "libtrack/profile/fact.h"
#include "libtrack/profile/merge.h"
#include "libtrack/snapshot/add_symbols.h"
#include "libtrack/snapshot/captured_stacks.h"
#include "libtrack/support/units.h"

namespace mqtrack::cpu {
namespace {

using profile::AddFact;
using profile::Profile;

std::string Percent(std::int64_t part, std::int64_t whole) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f %%",
                whole > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0);
  return text;
}

std::vector<profile::LocationId> LocationsOf(const WorkStack& stack, snapshot::CapturedStacks& stacks) {
  if (stack.addresses.empty()) return {stacks.Named("[" + stack.gap + "]")};
  return stacks.Of(stack.addresses, stack.complete, stack.truncated);
}

void AddNotes(const CpuCapture& capture, Profile& profile) {
  AddFact(profile, "note", CostSentence(capture));
  if (capture.stacks.empty()) {
    AddFact(profile, "note", "no thread was met at work, so the profile is empty");
  } else if (std::all_of(capture.stacks.begin(), capture.stacks.end(),
                         [](const auto& row) { return row.first.gap == kNeverMet; })) {
    AddFact(profile, "note",
            std::string("no thread was met at work; the time that the kernel has counted stands in [") + kNeverMet +
                "]: look for longer (--for) or more often (--hz)");
  }
  if (!capture.has_kernel_time)
    AddFact(profile, "note", "only time in user mode was sampled: what system calls cost is missing");
  if (capture.has_ended) AddFact(profile, "note", "the process has ended meanwhile; this is what there was until then");
  if (capture.cost.lost > 0) {
    AddFact(profile, "note",
            support::FormatCount(capture.cost.lost) +
                " samples are missing: mqtrack was not given the time to read them; ask for fewer (--hz)");
  }
}

}  // namespace

std::string CostSentence(const CpuCapture& capture) {
  const std::int64_t elapsed = capture.elapsed.count();
  const std::string own = "mqtrack itself used " + Percent(capture.cost.own_nanos, elapsed) + " of a processor";
  if (capture.way == Way::kEvents) {
    return "sampled by events of the kernel, " + std::to_string(capture.hz) +
           " for each second of processor time; the service was not stopped, " + own;
  }
  const double rate =
      static_cast<double>(capture.cost.looks) * 1e9 / static_cast<double>(std::max<std::int64_t>(elapsed, 1));
  char looks[64];
  std::snprintf(looks, sizeof looks, "%.1f times a second", rate);
  return std::string("sampled by stopping threads at work, ") + looks + ", since " + capture.why_no_events +
         "; threads stood still for " + Percent(capture.cost.stood_nanos, elapsed) + " of the time, at most " +
         support::FormatValue(capture.cost.longest_stop_nanos, "nanoseconds") + " at once, " + own;
}

Profile ProfileOfCapture(const CpuCapture& capture, bool symbolize, const symbolize::Options& symbols) {
  Profile profile;
  profile.sample_types = {{"samples", "count"}, {"cpu", "nanoseconds"}};
  profile.default_sample_type = "cpu";
  profile.period_type = {"cpu", "nanoseconds"};
  profile.period = 1'000'000'000 / capture.hz;
  profile.time_nanos = capture.began_unix_ns;
  profile.duration_nanos = capture.elapsed.count();
  snapshot::CapturedStacks stacks(capture.modules, profile);
  for (const auto& [stack, sum] : capture.stacks) {
    profile::Sample& sample = profile.samples.emplace_back();
    sample.locations = LocationsOf(stack, stacks);
    sample.values = {sum.samples, sum.nanos};
    if (!stack.thread.empty()) sample.labels.push_back({"thread", stack.thread, 0, {}});
  }
  snapshot::AddProcessFacts(profile, capture.name, capture.pid, capture.command);
  AddFact(profile, "cpu_way", capture.way == Way::kEvents ? "events" : "stops");
  AddFact(profile, "cpu_used_nanoseconds", std::to_string(capture.process_nanos));
  AddNotes(capture, profile);
  if (symbolize) snapshot::AddSymbols(profile, symbols, capture.has_ended ? 0 : capture.pid);
  return profile;
}

}  // namespace mqtrack::cpu
