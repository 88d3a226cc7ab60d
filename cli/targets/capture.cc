#include "cli/targets/capture.h"

#include <unistd.h>

#include <ctime>
#include <set>
#include <string_view>

#include "cli/output.h"
#include "cli/targets/input.h"
#include "libtrack/analysis/culprit/drop_frames.h"
#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/side.h"
#include "libtrack/profile/fact.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/units.h"

namespace mqtrack::cli {
namespace {

/// "mosquitto (pid 4711)" as "mosquitto-4711"; of a path or URL the last component.
std::string NamePart(const std::string& named, const std::string& target) {
  const std::size_t open = named.rfind(" (pid ");
  if (open != std::string::npos) {
    return FileNamePart(named.substr(0, open)) + "-" + FileNamePart(named.substr(open + 6));
  }
  return FileNamePart(std::string_view(target).substr(target.find_last_of('/') + 1));
}

std::string UtcTime(std::int64_t time_nanos) {
  const std::time_t seconds = time_nanos > 0 ? time_nanos / 1'000'000'000 : std::time(nullptr);
  std::tm utc{};
  char text[32];
  ::gmtime_r(&seconds, &utc);
  return {text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc)};
}

}  // namespace

std::string FileNamePart(std::string_view text) {
  std::string part;
  for (const char c : text) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
    if (plain) {
      part += c;
    } else if (!part.empty() && part.back() != '-') {
      part += '-';
    }
  }
  while (!part.empty() && part.back() == '-') part.pop_back();
  return part.empty() ? "snapshot" : part;
}

CaptureSummary Summarise(const profile::Profile& profile, const std::string& target) {
  const analysis::Side side = analysis::DescribeSide(profile);
  CaptureSummary summary;
  summary.target = side.target.empty() ? target : side.target;
  support::Result<std::size_t> type = profile::FindSampleType(profile, std::string(profile::kInuseSpace));
  const bool is_heap = type.ok();
  if (!is_heap) type = profile::FindSampleType(profile, "");
  if (type) {
    summary.type = profile.sample_types[type.value()].type;
    summary.unit = profile.sample_types[type.value()].unit;
    summary.value = profile::Total(profile, type.value());
  }
  const support::Result<std::size_t> blocks = profile::FindSampleType(profile, std::string(profile::kInuseObjects));
  if (is_heap && blocks) summary.blocks = profile::Total(profile, blocks.value());
  std::set<std::vector<profile::LocationId>> stacks;
  for (const profile::Sample& sample : profile.samples) {
    // A recording also carries the stacks whose blocks are all freed.
    if (type && sample.values[type.value()] != 0) stacks.insert(sample.locations);
  }
  summary.stacks = static_cast<std::int64_t>(stacks.size());
  // Other producers do not say; nothing is claimed for them.
  summary.losses = profile::FindFact(profile, "losses") ? side.losses : -1;
  summary.is_all_seen = side.unseen_frees == 0 && side.unseen_call.empty();
  summary.sample_bytes = side.sample_bytes;
  summary.generation = profile::FindFact(profile, "generation").value_or("");
  return summary;
}

std::string SummarySentence(const CaptureSummary& summary) {
  std::string text = summary.target + ": " + support::FormatValue(summary.value, summary.unit);
  if (summary.blocks >= 0) {
    text += " live in " + support::FormatCount(summary.blocks) + (summary.blocks == 1 ? " block" : " blocks");
  } else {
    text += " " + summary.type;
  }
  text += " from " + support::FormatCount(summary.stacks) + (summary.stacks == 1 ? " stack" : " stacks");
  if (summary.sample_bytes > 0) text += ", estimated from 1 sample in " + support::FormatBytes(summary.sample_bytes);
  if (summary.losses == 0 && summary.is_all_seen) text += ", nothing missed";
  if (summary.losses > 0) {
    text += ", " + support::FormatCount(summary.losses) + (summary.losses == 1 ? " event" : " events") + " missed";
  }
  if (!summary.generation.empty()) text += ", generation " + summary.generation;
  return text;
}

std::string DefaultFileName(const profile::Profile& profile, const std::string& target) {
  const std::string stem = NamePart(analysis::DescribeSide(profile).target, target) + "-" + UtcTime(profile.time_nanos);
  std::string name = stem + ".pb.gz";
  for (int i = 2; ::access(name.c_str(), F_OK) == 0; ++i) name = stem + "-" + std::to_string(i) + ".pb.gz";
  return name;
}

support::Status WriteCapture(profile::Profile& profile, const std::string& path) {
  if (profile.drop_frames.empty()) profile.drop_frames = analysis::DropFramesRegex();
  return WriteBinaryResult(path, profile::EncodePprof(profile));
}

void PrintCaptureNotes(const profile::Profile& profile, const std::string& target, const Messages& messages) {
  WarnAboutLosses(profile, target, messages);
  WarnAboutShallowStacks(profile, target, messages);
  WarnAboutUnseen(profile, target, messages);
  NoteState(profile, messages);
  NoteLostConnections(analysis::DescribeSide(profile).lost_connections, target, messages);
  for (const std::string_view key : {profile::kNamesFact, std::string_view("note")})
    for (const std::string& note : profile::FindFacts(profile, key)) messages.Note(note);
}

}  // namespace mqtrack::cli
