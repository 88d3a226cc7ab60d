// What the recorder does around fork, on the forking thread.
#pragma once

#include "preload/recorder/recorder.h"

namespace mqtrack::recorder {

/// A view of a recorder. Members keep errno, allocate nothing and take no lock.
class ForkHandlers {
 public:
  explicit constexpr ForkHandlers(Recorder& owner) : recorder_(owner) {}

  void Before() const;
  void AfterInParent() const;
  /// The child has a log of its own now, or records no longer and can write to no log.
  void AfterInChild() const;

 private:
  Recorder& recorder_;
};

inline constexpr ForkHandlers fork_handlers{recorder};

}  // namespace mqtrack::recorder
