#include "libtrack/analysis/side.h"

#include <string_view>
#include <vector>

#include "libtrack/profile/fact.h"
#include "libtrack/support/base_name.h"
#include "libtrack/support/units.h"

namespace mqtrack::analysis {
namespace {

/// The sum of all facts named `key`, since a merged profile carries those of each part; 0 if there is none, -1 if one
/// of them is no number.
std::int64_t NumericFact(const profile::Profile& profile, std::string_view key) {
  const std::string prefix = std::string(profile::kFactPrefix) + std::string(key) + ": ";
  std::int64_t sum = 0;
  for (const std::string& comment : profile.comments) {
    if (!comment.starts_with(prefix)) continue;
    const support::Result<std::int64_t> number = support::ParseCount(std::string_view(comment).substr(prefix.size()));
    if (!number || __builtin_add_overflow(sum, *number, &sum)) return -1;
  }
  return sum;
}

/// -1 if there is none, too.
std::int64_t FactIfKnown(const profile::Profile& profile, std::string_view key) {
  return profile::FindFact(profile, key) ? NumericFact(profile, key) : -1;
}

constexpr std::string_view kIncompleteMark = "[incomplete]";

/// True for the root that says that callers are missing.
bool IsIncompleteMark(const profile::Profile& profile, profile::LocationId id) {
  const std::vector<profile::Line>& lines = profile.location(id).lines;
  return lines.size() == 1 && profile.function(lines[0].function).name == kIncompleteMark;
}

void CountStacks(const profile::Profile& profile, Side& side) {
  std::vector<bool> is_mark(profile.locations.size());
  for (std::size_t i = 0; i < is_mark.size(); ++i) {
    is_mark[i] = IsIncompleteMark(profile, static_cast<profile::LocationId>(i));
  }
  for (const profile::Sample& sample : profile.samples) {
    if (sample.locations.empty()) continue;
    ++side.stacks;
    side.one_frame_stacks += sample.locations.size() == 2 && is_mark[profile::Index(sample.locations.back())] ? 1 : 0;
  }
}

}  // namespace

Side DescribeSide(const profile::Profile& profile) {
  Side side;
  if (!profile.mappings.empty()) {
    side.program = std::string(support::BaseName(profile.mappings[0].file));
    side.build_id = profile.mappings[0].build_id;
  }
  side.target = profile::FindFact(profile, "target").value_or("");
  side.process = profile::FindFact(profile, "process").value_or("");
  side.recording = profile::FindFact(profile, "recording").value_or("");
  side.state = profile::FindFact(profile, "state").value_or("");
  side.time_nanos = profile.time_nanos;
  // Other producers say by the period that they sampled: Go and tcmalloc write the mean distance in bytes there.
  const bool sampled_elsewhere =
      !profile::FindFact(profile, "sample_bytes") && profile.period_type.type == "space" && profile.period > 1;
  side.sample_bytes = sampled_elsewhere ? profile.period : NumericFact(profile, "sample_bytes");
  side.losses = NumericFact(profile, "losses");
  side.lost_bytes = NumericFact(profile, "lost_bytes");
  side.lost_connections = NumericFact(profile, "lost_connections");
  side.connections_before = NumericFact(profile, "connections_before");
  side.mqtt_connections_before = NumericFact(profile, "mqtt_connections_before");
  side.queued_packets = NumericFact(profile, "queued_packets");
  side.websocket_connections = NumericFact(profile, "websocket_connections");
  side.unread_tls_connections = NumericFact(profile, "unread_tls_connections");
  side.memory = {FactIfKnown(profile, "rss_bytes"),          FactIfKnown(profile, "anonymous_bytes"),
                 FactIfKnown(profile, "recorder_rss_bytes"), FactIfKnown(profile, "live_heap_bytes"),
                 FactIfKnown(profile, "memory_room_bytes"),  profile::FindFact(profile, "memory_room_of").value_or("")};
  side.work = ReadWork(profile);
  side.broker = ReadBrokerState(profile);
  side.sys = ReadSysFigures(profile);
  CountStacks(profile, side);
  side.unseen_frees = NumericFact(profile, "unseen_frees");
  if (profile::FindFact(profile, "generation")) side.generation = NumericFact(profile, "generation");
  side.left_no_log = NumericFact(profile, "left_no_log");
  side.not_recorded_processes = NumericFact(profile, "not_recorded_processes");
  side.not_recorded_programs = profile::FindFacts(profile, "not_recorded_program");
  side.elsewhere = Elsewhere(profile);
  side.unseen_call = profile::FindFact(profile, "unseen_call").value_or("");
  return side;
}

std::string ShallowStacks(const Side& side) {
  if (side.one_frame_stacks * 2 <= side.stacks) return {};
  return support::FormatCount(side.one_frame_stacks) + " of " + support::FormatCount(side.stacks) +
         " stacks are one frame deep, so callers are missing and rows name only who called the allocator: probably the "
         "program has no unwind tables (built with -fno-asynchronous-unwind-tables, linked with --no-eh-frame-hdr, "
         "packed), or its code is made at run time; build it with tables (man mqtrack, NAMES)";
}

bool MayBeOfOneProcess(const Side& base, const Side& newer) {
  if (!base.process.empty() && !newer.process.empty()) return base.process == newer.process;
  return base.target.empty() || newer.target.empty() || base.target == newer.target;
}

}  // namespace mqtrack::analysis
