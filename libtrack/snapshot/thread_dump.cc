#include "libtrack/snapshot/thread_dump.h"

#include <time.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libtrack/profile/merge.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/snapshot/add_symbols.h"
#include "libtrack/snapshot/facts.h"
#include "libtrack/threads/thread_capture.h"

namespace mqtrack::snapshot {
namespace {

using profile::LocationId;
using profile::Profile;
using threads::CapturedThread;
using threads::ThreadCapture;

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::string_view kMomentLabels[] = {"age", "tid", "waited", "waits_for"};
// glibc's functions in which a thread waits for a mutex, below the futex call or as its caller.
constexpr std::string_view kMutexFunctions[] = {
    "__lll_lock_wait",         "__pthread_mutex_lock",      "pthread_mutex_lock",     "__pthread_mutex_lock_full",
    "pthread_mutex_timedlock", "__pthread_mutex_timedlock", "pthread_mutex_clocklock"};
constexpr std::size_t kFramesOfMutex = 4;  // from the leaf: where these functions are met

/// Makes the locations of a capture.
class Locations {
 public:
  Locations(const ThreadCapture& capture, Profile& profile) : profile_(profile) {
    for (const threads::LoadedModule& module : capture.modules) {
      profile::Mapping& mapping = profile_.mappings.emplace_back();
      mapping.start = module.start;
      mapping.limit = module.end;
      mapping.file = module.path;
      mapping.build_id = module.build_id;
    }
  }

  [[nodiscard]] std::vector<LocationId> Of(const CapturedThread& thread) {
    std::vector<LocationId> stack;
    for (const std::uint64_t address : thread.addresses) stack.push_back(At(address));
    if (stack.empty()) return {Named("[did not stop in time]")};
    if (thread.truncated) {
      stack.push_back(Named("[truncated]"));
    } else if (!thread.complete) {
      stack.push_back(Named("[incomplete]"));
    }
    return stack;
  }

 private:
  [[nodiscard]] LocationId At(std::uint64_t address) {
    const auto [at, added] = by_address_.try_emplace(address, LocationId{});
    if (!added) return at->second;
    at->second = static_cast<LocationId>(profile_.locations.size());
    profile::Location& location = profile_.locations.emplace_back();
    location.address = address;
    for (std::size_t i = 0; i < profile_.mappings.size(); ++i) {
      const profile::Mapping& mapping = profile_.mappings[i];
      if (mapping.start <= address && address < mapping.limit) location.mapping = static_cast<profile::MappingId>(i);
    }
    return at->second;
  }

  [[nodiscard]] LocationId Named(const std::string& name) {
    const auto [at, added] = by_name_.try_emplace(name, LocationId{});
    if (!added) return at->second;
    at->second = static_cast<LocationId>(profile_.locations.size());
    const auto function = static_cast<profile::FunctionId>(profile_.functions.size());
    profile_.functions.push_back({name, name, {}, 0});
    profile_.locations.emplace_back().lines.push_back({function, 0});
    return at->second;
  }

  Profile& profile_;
  std::unordered_map<std::uint64_t, LocationId> by_address_;
  std::map<std::string, LocationId> by_name_;
};

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

void AddFacts(const ThreadCapture& capture, Profile& profile) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  profile.time_nanos = std::int64_t{now.tv_sec} * kNanosPerSecond + now.tv_nsec;
  AddFact(profile, "format", "1");
  AddFact(profile, "target", capture.name + " (pid " + std::to_string(capture.pid) + ")");
  std::string command;
  for (const std::string& word : capture.command) command += (command.empty() ? "" : " ") + word;
  if (!command.empty()) AddFact(profile, "command", command);
  AddFact(profile, "stood_still_nanoseconds", std::to_string(capture.stood_still.count()));
}

}  // namespace

support::Result<Profile> DumpThreads(pid_t pid, const symbolize::Options& symbols) {
  const support::Result<ThreadCapture> capture = threads::CaptureThreads(pid);
  if (!capture) return capture.error();
  Profile profile;
  profile.sample_types = {profile::WithUnit(profile::kThreads)};
  profile.default_sample_type = profile::kThreads;
  Locations locations(*capture, profile);
  for (const CapturedThread& thread : capture->threads) {
    profile.samples.push_back({locations.Of(thread), {1}, {}});
  }
  AddFacts(*capture, profile);
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
