#include "libtrack/snapshot/thread_dump.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/profile/merge.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/snapshot/add_symbols.h"
#include "libtrack/snapshot/captured_stacks.h"
#include "libtrack/snapshot/facts.h"
#include "libtrack/support/unix_time.h"
#include "libtrack/threads/thread_capture.h"

namespace mqtrack::snapshot {
namespace {

using profile::LocationId;
using profile::Profile;
using threads::CapturedThread;
using threads::ThreadCapture;

constexpr std::string_view kMomentLabels[] = {"age", "tid", "waited", "waits_for"};
// glibc's functions in which a thread waits for a mutex, below the futex call or as its caller.
constexpr std::string_view kMutexFunctions[] = {
    "__lll_lock_wait",         "__pthread_mutex_lock",      "pthread_mutex_lock",     "__pthread_mutex_lock_full",
    "pthread_mutex_timedlock", "__pthread_mutex_timedlock", "pthread_mutex_clocklock"};
constexpr std::size_t kFramesOfMutex = 4;  // from the leaf: where these functions are met

void AddText(profile::Sample& sample, const char* key, const std::string& value) {
  if (value.empty()) return;
  profile::Label& label = sample.labels.emplace_back();
  label.key = key;
  label.str = value;
}

void AddNumber(profile::Sample& sample, const char* key, std::int64_t value, const char* unit) {
  profile::Label& label = sample.labels.emplace_back();
  label.key = key;
  label.num = value;
  label.num_unit = unit;
}

// The futex's owner field means something only if what the thread waits for is a mutex: its own stack says that.
bool WaitsForMutex(const Profile& profile, const profile::Sample& sample) {
  std::size_t seen = 0;
  for (const LocationId id : sample.locations) {
    for (const profile::Line& line : profile.location(id).lines) {
      std::string_view name = profile.function(line.function).system_name;
      while (name.starts_with("___")) name.remove_prefix(1);
      if (name.starts_with("__GI_")) name.remove_prefix(5);
      if (std::find(std::begin(kMutexFunctions), std::end(kMutexFunctions), name) != std::end(kMutexFunctions)) {
        return true;
      }
      if (++seen == kFramesOfMutex) return false;
    }
  }
  return false;
}

std::string WaitText(const ThreadCapture& capture, const CapturedThread& thread, bool is_mutex) {
  if (!is_mutex) return thread.waits_for;
  const std::size_t address = thread.waits_for.find("0x");
  std::string text = "mutex";
  if (address != std::string::npos)
    text += " " + thread.waits_for.substr(address, thread.waits_for.find(' ', address) - address);
  const auto holder = std::find_if(capture.threads.begin(), capture.threads.end(),
                                   [&](const CapturedThread& other) { return other.tid == thread.lock_holder; });
  if (thread.lock_holder == 0 || holder == capture.threads.end()) return text;
  return text + ", held by thread " + std::to_string(holder->tid) + " \"" + holder->name + "\"";
}

void AddLabels(const ThreadCapture& capture, const CapturedThread& thread, const Profile& profile,
               profile::Sample& sample) {
  const bool is_mutex = thread.wait_call == "futex" && WaitsForMutex(profile, sample);
  if (thread.age) AddNumber(sample, "age", thread.age->count(), "nanoseconds");
  AddText(sample, "state", thread.state);
  AddText(sample, "thread", thread.name);
  AddNumber(sample, "tid", thread.tid, "");
  AddText(sample, "wait", is_mutex ? "mutex" : thread.wait_call);
  if (thread.waited) AddNumber(sample, "waited", thread.waited->count(), "nanoseconds");
  AddText(sample, "waits_for", WaitText(capture, thread, is_mutex));
}

std::vector<LocationId> StackOf(const CapturedThread& thread, CapturedStacks& stacks) {
  if (thread.addresses.empty()) return {stacks.Named("[did not stop in time]")};
  return stacks.Of(thread.addresses, thread.complete, thread.truncated);
}

}  // namespace

support::Result<Profile> DumpThreads(pid_t pid, const symbolize::Options& symbols) {
  const support::Result<ThreadCapture> capture = threads::CaptureThreads(pid);
  if (!capture) return capture.error();
  Profile profile;
  profile.sample_types = {profile::WithUnit(profile::kThreads)};
  profile.default_sample_type = profile::kThreads;
  CapturedStacks stacks(capture->modules, profile);
  for (const CapturedThread& thread : capture->threads) {
    profile.samples.push_back({StackOf(thread, stacks), {1}, {}});
  }
  profile.time_nanos = support::UnixNanosNow();
  AddProcessFacts(profile, capture->name, capture->pid, capture->command);
  AddFact(profile, "stood_still_nanoseconds", std::to_string(capture->stood_still.count()));
  AddSymbols(profile, symbols, pid);
  for (std::size_t i = 0; i < profile.samples.size(); ++i) {
    AddLabels(*capture, capture->threads[i], profile, profile.samples[i]);
  }
  return profile;
}

support::Result<Profile> WithoutMoment(Profile dump) {
  for (profile::Sample& sample : dump.samples) {
    std::erase_if(sample.labels, [](const profile::Label& label) {
      return std::find(std::begin(kMomentLabels), std::end(kMomentLabels), label.key) != std::end(kMomentLabels);
    });
  }
  return profile::Merge({&dump});
}

}  // namespace mqtrack::snapshot
