#include "libtrack/snapshot/crash_story.h"

#include <algorithm>
#include <csignal>
#include <map>

#include "libtrack/log/reader.h"
#include "libtrack/process/process_end.h"
#include "libtrack/profile/location_name.h"
#include "libtrack/snapshot/stack_profile.h"
#include "libtrack/support/base_name.h"
#include "libtrack/support/display_name.h"

namespace mqtrack::snapshot {
namespace {

using log::CrashRecord;

/// A handler that calls _exit after a signal does so at once.
constexpr std::int64_t kSoonNs = 2'000'000'000;

const log::Stack* StackOf(const log::LogContent& content, const CrashRecord& crash) {
  const auto id = static_cast<log::StackId>(crash.stack);
  const auto at = std::lower_bound(content.stacks.begin(), content.stacks.end(), id,
                                   [](const log::Stack& stack, log::StackId wanted) { return stack.id < wanted; });
  return at != content.stacks.end() && at->id == id ? &*at : nullptr;
}

/// True if `inner` was raised in a handler of `outer`: its stack leads through that of `outer`, whose first address is
/// a place there and no return address.
bool IsWithin(const log::Stack* inner, const log::Stack* outer) {
  if (inner == nullptr || outer == nullptr || outer->addresses.size() < 2) return false;
  const std::size_t common = outer->addresses.size() - 1;
  return inner->addresses.size() > common && std::equal(outer->addresses.begin() + 1, outer->addresses.end(),
                                                        inner->addresses.end() - static_cast<std::ptrdiff_t>(common));
}

/// The signal that ended the process. Of one that was raised again by its handler, the first.
const CrashRecord* FindFatal(const log::LogContent& content) {
  const log::LogFacts& facts = content.facts;
  const bool known = facts.end.kind == static_cast<std::uint32_t>(log::EndKind::kKilled);
  const bool exited = !known && facts.state == log::State::kEnded;
  const CrashRecord* fatal = nullptr;
  for (const CrashRecord& crash : facts.crashes) {
    if (crash.pid != facts.crash_pid || (known && crash.signal != facts.end.status)) continue;
    fatal = &crash;
  }
  if (fatal == nullptr) return nullptr;
  if (exited && facts.ended_unix_ns - static_cast<std::int64_t>(fatal->unix_ns) > kSoonNs) return nullptr;
  for (auto earlier = facts.crashes.rbegin(); earlier != facts.crashes.rend(); ++earlier) {
    if (earlier->sequence < fatal->sequence && earlier->tid == fatal->tid && earlier->pid == fatal->pid &&
        IsWithin(StackOf(content, *fatal), StackOf(content, *earlier)))
      fatal = &*earlier;
  }
  return fatal;
}

bool IsOfSystem(const std::string& module) {
  for (const char* name : {"libc.so", "libc-", "ld-linux", "libpthread", "libstdc++", "libgcc_s", "libmqtrack_",
                           "[vdso]", "linux-vdso", "libasan", "libm.so"}) {
    if (module.starts_with(name)) return true;
  }
  return false;
}

void AddFrames(const profile::Profile& profile, const profile::Sample& sample, CrashStory& story) {
  for (const profile::LocationId id : sample.locations) {
    const profile::Location& location = profile.location(id);
    CrashFrame frame;
    if (const std::size_t mapping = Index(location.mapping); mapping < profile.mappings.size())
      frame.module = support::BaseName(profile.mappings[mapping].file);
    frame.function = profile::UnsymbolizedName(profile, location);
    if (location.lines.empty()) story.stack.push_back(frame);
    for (const profile::Line& line : location.lines) {
      frame.function = profile.function(line.function).name;
      frame.file = profile.function(line.function).filename;
      frame.line = line.line;
      story.stack.push_back(frame);
    }
  }
  const auto own = std::find_if(story.stack.begin(), story.stack.end(), [](const CrashFrame& frame) {
    return !frame.module.empty() && !IsOfSystem(frame.module);
  });
  if (own != story.stack.end()) story.culprit = static_cast<std::size_t>(own - story.stack.begin());
}

std::string LabelOf(const CrashStory& story, const std::string& key) {
  for (const profile::Label& label : story.labels) {
    if (label.key == key) return label.str;
  }
  return {};
}

std::string MemoryWords(std::uint32_t out_of_memory) {
  switch (static_cast<log::OutOfMemory>(out_of_memory)) {
    case log::OutOfMemory::kKernelLog:
      return ", out of memory (the kernel's log says so)";
    case log::OutOfMemory::kCounted:
      return ", out of memory (its control group has counted such a kill)";
    case log::OutOfMemory::kNo:
      return ", not for want of memory";
    case log::OutOfMemory::kUnknown:
      break;
  }
  return ", whether for want of memory is unknown";
}

std::string Where(const CrashStory& crash) {
  if (crash.stack.empty()) return {};
  const CrashFrame& culprit = crash.stack[crash.culprit];
  std::string text = " at " + support::DisplayName(culprit.function);
  if (crash.culprit > 0) text += " (in " + support::DisplayName(crash.stack.front().function) + ")";
  return text;
}

}  // namespace

support::Result<EndStory> ReadEnd(const process::RecordedProcess& process, const Options& options) {
  EndStory story;
  if (process.IsAlive()) return story;
  story.end = process.facts.end;
  if (process.facts.crashes.empty()) return story;
  const support::Result<log::LogReader> reader =
      log::LogReader::Open(process.log_path, support::MappedFile::Access::kRead);
  if (!reader) return reader.error();
  const support::Result<log::LogContent> content = reader->Read(false, log::Blocks::kSummed);
  if (!content) return content.error();
  const CrashRecord* fatal = FindFatal(*content);
  if (fatal == nullptr) return story;
  CrashStory crash;
  crash.signal = fatal->signal;
  crash.code = fatal->code;
  crash.address = fatal->address;
  crash.unix_ns = static_cast<std::int64_t>(fatal->unix_ns);
  crash.tid = fatal->tid;
  crash.handled = (fatal->flags & log::kCrashHandled) != 0;
  crash.without_stack = (fatal->flags & log::kCrashNoStack) != 0;
  if (fatal->stack != 0) {
    const StackValues value{static_cast<log::StackId>(fatal->stack), static_cast<log::LabelsId>(fatal->labels), 0, {1}};
    const profile::Profile profile = BuildStackProfile(*content, process, {{"crashes", "count"}}, {value}, options);
    if (!profile.samples.empty()) {
      AddFrames(profile, profile.samples.front(), crash);
      crash.labels = profile.samples.front().labels;
      std::erase_if(crash.labels, [](const profile::Label& label) { return label.key == "generation"; });
    }
  }
  story.crash = std::move(crash);
  return story;
}

std::string EndWords(const EndStory& story) {
  const auto kind = static_cast<log::EndKind>(story.end.kind);
  if (kind == log::EndKind::kExited) {
    const std::string exited = "exited " + std::to_string(story.end.status);
    return story.crash ? exited + " after " + process::SignalName(story.crash->signal) + Where(*story.crash) : exited;
  }
  if (kind == log::EndKind::kUnknown)
    return story.crash ? process::SignalName(story.crash->signal) + Where(*story.crash) : "";
  std::string words = process::SignalName(story.end.status);
  if (story.crash) words += Where(*story.crash);
  if (story.end.status == SIGKILL) words += MemoryWords(story.end.out_of_memory);
  return words;
}

std::string EndSentence(const EndStory& story) {
  std::string words = EndWords(story);
  if (!story.crash) return words;
  const CrashStory& crash = *story.crash;
  if (!crash.stack.empty() && !crash.stack[crash.culprit].file.empty()) {
    const CrashFrame& culprit = crash.stack[crash.culprit];
    words += ", " + std::string(support::BaseName(culprit.file)) + ":" + std::to_string(culprit.line);
  }
  if (const std::string thread = LabelOf(crash, "thread"); !thread.empty()) words += ", in thread " + thread;
  const std::string packet = LabelOf(crash, "mqtt_packet"), client = LabelOf(crash, "mqtt_client");
  const std::string topic = LabelOf(crash, "mqtt_topic"), region = LabelOf(crash, "region");
  if (!region.empty()) words += ", in region " + region;
  if (!packet.empty())
    words += ", handling " + packet + (client.empty() ? "" : " from " + client) + (topic.empty() ? "" : " on " + topic);
  return words;
}

}  // namespace mqtrack::snapshot
