#include "libtrack/analysis/thread_groups.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

#include "libtrack/analysis/culprit/frame_name.h"
#include "libtrack/analysis/culprit/stack_expander.h"
#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/profile/fact.h"
#include "libtrack/profile/sample_types.h"

namespace mqtrack::analysis {
namespace {

using profile::Profile;
using support::Result;

/// What a frame reads like: its function and line, or its address where it has no name.
using FrameKey = std::pair<const profile::Function*, std::int64_t>;

FrameKey KeyOf(const Frame& frame) {
  if (frame.function == nullptr) return {nullptr, static_cast<std::int64_t>(Index(frame.location))};
  return {frame.function, frame.line};
}

Result<std::size_t> FindThreads(const Profile& profile, const std::string& where) {
  for (const std::string_view name : {profile::kThreads, profile::kGoroutine}) {
    for (std::size_t i = 0; i < profile.sample_types.size(); ++i) {
      if (profile.sample_types[i].type == name) return i;
    }
  }
  return support::Error{
      support::ErrorCode::kBadInput,
      "holds no threads, but " + profile::ListSampleTypes(profile) +
          "; mqtrack top shows these, and the threads of a running process are shown by its pid or name",
      where};
}

ThreadsAlike Describe(const profile::Sample& sample, std::int64_t count) {
  ThreadsAlike threads;
  threads.count = count;
  std::string wait;
  for (const profile::Label& label : sample.labels) {
    if (label.key == "thread") threads.name = label.str;
    if (label.key == "state") threads.state = label.str;
    if (label.key == "wait") wait = label.str;
    if (label.key == "waits_for") threads.waits_for = label.str;
    if (label.key == "tid") threads.tid = label.num;
    if (label.key == "waited") threads.waited_nanos = label.num;
    if (label.key == "age") threads.age_nanos = label.num;
  }
  if (threads.waits_for.empty()) threads.waits_for = wait;
  return threads;
}

std::string LeafName(const Profile& profile, const ThreadGroup& group) {
  return group.stack.empty() ? std::string() : FrameName(profile, group.stack.front());
}

void Sort(ThreadGroups& groups) {
  std::stable_sort(groups.groups.begin(), groups.groups.end(), [&](const ThreadGroup& a, const ThreadGroup& b) {
    if (a.count != b.count) return a.count > b.count;
    return LeafName(groups.profile, a) < LeafName(groups.profile, b);
  });
}

}  // namespace

Result<ThreadGroups> GroupThreads(Profile profile, const std::string& where) {
  const Result<std::size_t> type = FindThreads(profile, where);
  if (!type) return type.error();
  const Result<WrapperList> wrappers = WrapperList::Load();
  if (!wrappers) return wrappers.error();
  ThreadGroups groups;
  groups.profile = std::move(profile);
  groups.sample_type = groups.profile.sample_types[*type].type;
  groups.creation_stacks = profile::FindFact(groups.profile, "mode").has_value();
  groups.side = DescribeSide(groups.profile);
  if (const auto stood = profile::FindFact(groups.profile, "stood_still_nanoseconds")) {
    groups.stood_still_nanos = std::strtoll(stood->c_str(), nullptr, 10);
  }
  const StackExpander expander(groups.profile, *wrappers, {});
  std::map<std::vector<FrameKey>, std::size_t> known;
  for (const profile::Sample& sample : groups.profile.samples) {
    const std::int64_t count = sample.values[*type];
    if (count == 0) continue;
    std::vector<Frame> stack;
    expander.Expand(sample.locations, stack);
    std::vector<FrameKey> key;
    key.reserve(stack.size());
    for (const Frame& frame : stack) key.push_back(KeyOf(frame));
    const auto [at, added] = known.try_emplace(std::move(key), groups.groups.size());
    if (added) groups.groups.emplace_back().stack = std::move(stack);
    ThreadGroup& group = groups.groups[at->second];
    group.count += count;
    group.threads.push_back(Describe(sample, count));
    groups.total += count;
  }
  Sort(groups);
  return groups;
}

}  // namespace mqtrack::analysis
