// What the recorder does around fork, on the forking thread.
#pragma once

#include "preload/recorder/recorder.h"

namespace mqtrack::recorder {

/// What log a child of fork has.
enum class ForkedLog {
  kNone,   // it records nothing, and can write to no log
  kCopy,   // its own, with all that its parent's had
  kNew,    // its own, which knows nothing of the time before
  kLater,  // none yet; its parent's is mapped, unwritable
};

/// A view of a recorder. Members keep errno, allocate nothing and take no lock.
class ForkHandlers {
 public:
  explicit constexpr ForkHandlers(Recorder& owner) : recorder_(owner) {}

  /// True if the child will take its log later, if at all, and this process is to be watched meanwhile: TellChange,
  /// TellEnd.
  bool Before() const;
  void AfterInParent() const;
  /// Returns kNone, kCopy or kLater. `interrupts`: fork was called by a signal handler that interrupted the recorder or
  /// the allocator.
  [[nodiscard]] ForkedLog AfterInChild(bool interrupts) const;

  // In the parent of children that have no log yet:
  /// Its log is about to change: from now on it does not say what those children have inherited.
  void TellChange() const;
  /// It is about to end; its log stays as it is.
  void TellEnd() const;

  // In such a child:
  /// False in a child of vfork that runs in its memory.
  [[nodiscard]] bool IsLateChild() const;
  /// Makes its log: a copy, if its parent has ended without having changed anything since the fork, which is waited for
  /// for some milliseconds; else a new one. Never kLater.
  [[nodiscard]] ForkedLog TakeLate() const;

 private:
  void BeginCopy(std::uint32_t parent) const;
  /// The child records nothing, which the run is told.
  [[nodiscard]] bool StartNew(std::uint32_t parent) const;

  Recorder& recorder_;
};

inline constexpr ForkHandlers fork_handlers{recorder};

}  // namespace mqtrack::recorder
