#include "libtrack/snapshot/descriptor_check.h"

#include <time.h>

#include <algorithm>
#include <optional>
#include <unordered_map>

namespace mqtrack::snapshot {
namespace {

using log::Kind;
using log::LiveEntry;
using procfs::OpenDescriptors;

// Long enough for a thread that lost its processor between the kernel's answer and its note of it.
constexpr timespec kPauses[] = {{0, 3'000'000}, {0, 30'000'000}};
constexpr std::size_t kMostNamed = 6;

// Ids that no log can hold: offsets in it are in units of eight bytes.
constexpr auto kUnseenStack = static_cast<log::StackId>(0xffffffff);
constexpr std::uint32_t kFirstUnseenLabels = 0xffffff00;

bool IsSame(const LiveEntry& a, const LiveEntry& b) {
  return a.handle == b.handle && a.stack == b.stack && a.labels == b.labels && a.generation == b.generation;
}

std::string Counted(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string Named(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kMostNamed; ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kMostNamed) text += " and " + std::to_string(names.size() - kMostNamed) + " more";
  return text;
}

}  // namespace

DescriptorDifference CompareDescriptors(const OpenDescriptors& before, const std::vector<LiveEntry>& live,
                                        const OpenDescriptors& after) {
  DescriptorDifference difference;
  std::unordered_map<std::uint64_t, bool> held;
  for (const LiveEntry& entry : live) {
    if (entry.kind != Kind::kDescriptor) continue;
    held[entry.handle] = true;
    if (!before.contains(entry.handle) && !after.contains(entry.handle)) difference.stale.push_back(entry);
  }
  for (const auto& [number, target] : after) {
    const auto earlier = before.find(number);
    if (earlier != before.end() && earlier->second == target && !held.contains(number))
      difference.unknown.emplace_back(number, target);
  }
  return difference;
}

DescriptorDifference InBoth(const DescriptorDifference& a, const DescriptorDifference& b) {
  DescriptorDifference both;
  for (const auto& unknown : a.unknown) {
    if (std::find(b.unknown.begin(), b.unknown.end(), unknown) != b.unknown.end()) both.unknown.push_back(unknown);
  }
  for (const LiveEntry& stale : a.stale) {
    const auto same = [&](const LiveEntry& other) { return IsSame(stale, other); };
    if (std::any_of(b.stale.begin(), b.stale.end(), same)) both.stale.push_back(stale);
  }
  return both;
}

void PutRight(const DescriptorDifference& difference, const std::vector<std::string>& kinds, log::LogContent& content) {
  std::erase_if(content.live, [&](const LiveEntry& entry) {
    return entry.kind == Kind::kDescriptor && std::any_of(difference.stale.begin(), difference.stale.end(),
                                                          [&](const LiveEntry& stale) { return IsSame(stale, entry); });
  });
  if (difference.unknown.empty()) return;
  log::Stack& stack = content.stacks.emplace_back();  // the last by id, as they are sorted
  stack.id = kUnseenStack;
  stack.flags = log::kStackSynthetic;
  stack.synthetic = log::SyntheticStack::kNotSeenMade;
  std::vector<std::string> known;
  for (std::size_t i = 0; i < difference.unknown.size(); ++i) {
    const auto at = static_cast<std::size_t>(std::find(known.begin(), known.end(), kinds[i]) - known.begin());
    const auto labels = static_cast<log::LabelsId>(kFirstUnseenLabels + at);
    if (at == known.size()) {
      known.push_back(kinds[i]);
      content.label_sets.push_back({labels, {{log::LabelKey::kFdKind, kinds[i]}}});
    }
    LiveEntry& entry = content.live.emplace_back();
    entry.kind = Kind::kDescriptor;
    entry.handle = difference.unknown[i].first;
    entry.stack = kUnseenStack;
    entry.labels = labels;
  }
}

std::vector<std::string> Describe(const DescriptorDifference& difference, const std::vector<std::string>& kinds) {
  std::vector<std::string> sentences, names;
  for (std::size_t i = 0; i < difference.unknown.size(); ++i) {
    const auto& [number, target] = difference.unknown[i];
    const bool is_path = target.starts_with("/");
    names.push_back(std::to_string(number) + " (" + (is_path || kinds[i] == "other" ? target : kinds[i]) + ")");
  }
  if (!names.empty()) {
    sentences.push_back(Counted(names.size(), "descriptor") + " of the process " +
                        (names.size() == 1 ? "was" : "were") +
                        " opened unseen by the recorder, and counted as [not seen being made]: " + Named(names));
  }
  names.clear();
  for (const LiveEntry& stale : difference.stale) names.push_back(std::to_string(stale.handle));
  if (!names.empty()) {
    sentences.push_back(Counted(names.size(), "descriptor") + " that the recorder knows " +
                        (names.size() == 1 ? "was" : "were") +
                        " closed unseen by it, and not counted: " + Named(names));
  }
  return sentences;
}

std::vector<std::string> CheckDescriptors(const log::LogReader& reader, const OpenDescriptors& before,
                                          log::LogContent& content) {
  const std::uint32_t pid = content.facts.pid;
  std::optional<OpenDescriptors> after = procfs::ListOpenDescriptors(pid);
  if (!after) return {};
  DescriptorDifference difference = CompareDescriptors(before, content.live, *after);
  for (const timespec& pause : kPauses) {
    if (difference.empty()) return {};
    ::nanosleep(&pause, nullptr);
    const std::optional<OpenDescriptors> earlier = procfs::ListOpenDescriptors(pid);
    const support::Result<log::LogContent> again = reader.Read(true, log::Blocks::kSummed);
    after = procfs::ListOpenDescriptors(pid);
    if (!earlier || !again || !after || after->empty()) return {};  // it has ended
    difference = InBoth(difference, CompareDescriptors(*earlier, again->live, *after));
  }
  std::vector<std::string> targets;
  for (const auto& [number, target] : difference.unknown) targets.push_back(target);
  const std::vector<std::string> kinds = procfs::KindsOfDescriptors(pid, targets);
  PutRight(difference, kinds, content);
  return Describe(difference, kinds);
}

}  // namespace mqtrack::snapshot
