// Snapshots of the served processes, shared between requests: however many ask, a process is looked at no more often
// than its interval allows.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "libtrack/figures/figures.h"
#include "libtrack/profile/profile.h"
#include "libtrack/service/target_list.h"
#include "libtrack/snapshot/take_snapshot.h"
#include "libtrack/support/result.h"

namespace mqtrack::service {

using SharedProfile = std::shared_ptr<const profile::Profile>;

/// Read by any thread.
struct SnapshotCounts {
  std::atomic<std::uint64_t> taken{0}, nanoseconds{0};
  std::atomic<std::int64_t> deltas{0};  // requests that wait for their second snapshot
};

/// Thread-safe; one snapshot at a time, since names that were found are kept in one place, and so that requests never
/// take more than one processor.
class SnapshotDesk {
 public:
  using Clock = std::chrono::steady_clock;
  SnapshotDesk(snapshot::Options options, std::chrono::milliseconds interval);

  /// Everything that is alive in the process, with names; never begins a generation. Taken not before `not_before`;
  /// waits for at most the interval if the last one is older than that, but too young for another.
  [[nodiscard]] support::Result<SharedProfile> Heap(const Target& target, Clock::time_point not_before);
  /// The current stacks of its threads, for which it is stopped for some milliseconds.
  [[nodiscard]] support::Result<SharedProfile> Threads(const Target& target, Clock::time_point not_before);
  /// Without symbols; the process is not stopped.
  [[nodiscard]] figures::Figures Figures(const Target& target);
  /// Not before this is good enough for whoever does not care.
  [[nodiscard]] Clock::time_point Recent() const { return Clock::now() - interval_; }
  [[nodiscard]] std::chrono::milliseconds interval() const { return interval_; }
  /// Forgets what nobody has asked for lately.
  void Sweep();
  [[nodiscard]] const SnapshotCounts& counts() const { return counts_; }
  /// One more, or one less, waits for its second snapshot.
  void CountDelta(int change) { counts_.deltas.fetch_add(change); }
  [[nodiscard]] const snapshot::Options& options() const { return options_; }

 private:
  /// The last look, also one that failed: a failure costs as much, and is asked for as often.
  template <typename T>
  struct Kept {
    std::optional<support::Result<T>> value;  // nothing: there was none
    Clock::time_point at{};
  };
  struct Drawer {
    Kept<SharedProfile> heap, threads;
    Kept<figures::Figures> figures;
  };
  template <typename T, typename Take>
  support::Result<T> Get(Kept<T> Drawer::*kind, const Target& target, Clock::time_point not_before, Take take);

  snapshot::Options options_;
  std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::map<std::string, Drawer> drawers_;  // by log
  SnapshotCounts counts_;
};

}  // namespace mqtrack::service
