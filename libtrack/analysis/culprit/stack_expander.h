// Stacks as frames: inlined functions in their own place, and for each whether it only passes an allocation on.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "libtrack/analysis/culprit/culprit.h"
#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::analysis {

/// The frames of every location of a profile, made once: which functions are wrappers is decided here and nowhere else,
/// once per function. The profile must outlive it and not change. Immutable after construction; safe to share between
/// threads.
class StackExpander {
 public:
  /// `sample_type` decides about constructors: what holds a client, a thread, a timer or a descriptor makes it in its
  /// constructor and ends it in its destructor, so whoever made the object, and keeps it, is to blame. Of memory the
  /// constructor itself may be.
  StackExpander(const profile::Profile& profile, const WrapperList& wrappers, std::string_view sample_type);

  /// The frames at one code address, innermost first; an unsymbolized location is one frame without a function.
  [[nodiscard]] std::span<const Frame> FramesOf(profile::LocationId location) const {
    const std::size_t begin = first_[Index(location)];
    return {frames_.data() + begin, first_[Index(location) + 1] - begin};
  }

  /// Replaces `stack` with the frames of a sample's locations, leaf first.
  void Expand(const std::vector<profile::LocationId>& locations, std::vector<Frame>& stack) const;

 private:
  std::vector<Frame> frames_;
  std::vector<std::size_t> first_;  // of each location, into frames_; one more at the end
};

}  // namespace mqtrack::analysis
