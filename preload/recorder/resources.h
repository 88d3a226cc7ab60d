// Live things other than heap blocks: threads, timers, descriptors, mappings, MQTT clients and subscriptions. Each is
// one entry of the same live table, exact in sampled mode too: they are few.
#pragma once

#include <cstddef>
#include <cstdint>

#include "preload/recorder/labels/label_table.h"
#include "preload/recorder/live/live_table.h"
#include "preload/recorder/recorder.h"
#include "preload/recorder/unwinding/unwind.h"

namespace mqtrack::recorder {

/// A view of a recorder. `handle` tells a thing from others of its kind, and one handle has one writer at a time.
/// `bytes` is what the thing holds (a thread's stack, a mapping), 0 if that means nothing. Labels are added to those of
/// the thread. Kinds that are not recorded are ignored. All members may be called from any thread and from signal
/// handlers, keep errno, allocate nothing, and never block.
class Resources {
 public:
  explicit constexpr Resources(Recorder& owner) : recorder_(owner) {}

  /// The thing now exists. Called after the real call made it.
  void Record(log::Kind kind, std::uint64_t handle, std::uint64_t bytes, StartFrame caller,
              const Label* labels = nullptr, std::size_t label_count = 0) const;
  /// The thing exists, and was made before the recorder was there: its stack is SyntheticStack::kBeforeAttach, or
  /// kInherited in a program that was started with the recorder.
  void RecordInherited(log::Kind kind, std::uint64_t handle, std::uint64_t bytes, const Label* labels = nullptr,
                       std::size_t label_count = 0) const;
  /// What Record and RecordInherited would enter, for things that are entered by Restore.
  [[nodiscard]] LiveRecord Describe(std::uint64_t bytes, StartFrame caller, const Label* labels,
                                    std::size_t label_count) const;
  [[nodiscard]] LiveRecord DescribeInherited(std::uint64_t bytes, const Label* labels, std::size_t label_count) const;
  /// The thing is about to end. Called before the real call ends it. False if it was not known; that is not an error.
  bool Forget(log::Kind kind, std::uint64_t handle, LiveRecord& record) const;
  /// True if the thing is known.
  [[nodiscard]] bool Knows(log::Kind kind, std::uint64_t handle) const;
  /// The thing did not end after all.
  void Restore(log::Kind kind, std::uint64_t handle, const LiveRecord& record) const;
  /// Gives a known thing further labels, or new values of those it has, in one step: others may forget or relabel it at
  /// the same time.
  bool Relabel(log::Kind kind, std::uint64_t handle, const Label* labels, std::size_t label_count) const;

  /// Forgets every thing of this kind whose handle `is_gone`. Only for a child of fork, before it has other threads.
  void ForgetWhere(log::Kind kind, bool (*is_gone)(std::uint64_t handle)) const;

 private:
  Recorder& recorder_;
};

inline constexpr Resources resources{recorder};

}  // namespace mqtrack::recorder
