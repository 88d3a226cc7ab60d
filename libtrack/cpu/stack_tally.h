// What was seen at work: stacks with how often each was, and how much processor time it stands for.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "libtrack/procfs/memory_maps.h"
#include "libtrack/threads/module_memory.h"
#include "libtrack/threads/offline_unwinder.h"

namespace mqtrack::cpu {

/// The gap of time that was counted, of what was not seen at work even once.
inline constexpr char kNeverMet[] = "never met at work";

/// A stack of one thread, or of several with one name.
struct WorkStack {
  std::string thread;
  std::vector<std::uint64_t> addresses;  // leaf first; callers' inside the call instruction. Empty: see `gap`
  bool complete = false, truncated = false;
  std::string gap;  // without addresses: why time has no stack
  auto operator<=>(const WorkStack&) const = default;
};
struct WorkSum {
  std::int64_t samples = 0, nanos = 0;
};

/// Unwinds copies of stacks as they come and keeps the sums, so that memory grows with what differs and not with time.
/// Not thread-safe.
class StackTally {
 public:
  explicit StackTally(pid_t pid);

  /// One sample of thread `tid`, worth `nanos` of processor time.
  void Add(pid_t tid, const threads::ThreadCopy& copy, std::int64_t nanos);
  /// Time that thread `tid` has used since its last sample: belongs to that, or is a gap if it was never sampled.
  void AddRest(pid_t tid, std::int64_t nanos);
  /// Time of thread `tid` that no stack is known for, and why; 0: of threads that are gone.
  void AddGap(pid_t tid, const std::string& why, std::int64_t samples, std::int64_t nanos);

  [[nodiscard]] const std::map<WorkStack, WorkSum>& sums() const { return sums_; }
  /// The sums, of a tally that is not used any more.
  [[nodiscard]] std::map<WorkStack, WorkSum> TakeSums() && { return std::move(sums_); }
  [[nodiscard]] std::int64_t nanos() const { return nanos_; }
  /// Of distinct threads, as far as they were seen at work.
  [[nodiscard]] std::size_t threads() const { return names_.size(); }
  [[nodiscard]] const std::vector<threads::LoadedModule>& modules() const { return memory_->modules(); }

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] const std::string& NameOf(pid_t tid);
  [[nodiscard]] bool LookAgainAtMappings();
  WorkSum& Count(WorkStack stack, std::int64_t samples, std::int64_t nanos);

  pid_t pid_;
  std::vector<procfs::MemoryMapping> maps_;
  std::unique_ptr<threads::ModuleMemory> memory_;
  std::unique_ptr<threads::OfflineUnwinder> unwinder_;
  Clock::time_point looked_;  // at the mappings
  std::unordered_map<pid_t, std::string> names_;
  std::map<WorkStack, WorkSum> sums_;
  std::unordered_map<pid_t, WorkSum*> latest_;  // of each thread its last sample's
  std::int64_t nanos_ = 0;
};

}  // namespace mqtrack::cpu
