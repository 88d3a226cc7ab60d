// ExpandStack for many stacks of one profile: whether a frame is a wrapper is decided once per code address.
#pragma once

#include <optional>
#include <vector>

#include "libtrack/analysis/culprit.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::analysis {

/// Remembers the frames of every location it has met. Borrows profile and list. Not thread-safe.
class StackExpander {
 public:
  StackExpander(const profile::Profile& profile, const WrapperList& wrappers)
      : profile_(profile), wrappers_(wrappers), by_location_(profile.locations.size()) {}

  /// Same as ExpandStack of a sample with these locations.
  [[nodiscard]] std::vector<Frame> Expand(const std::vector<profile::LocationId>& locations);

 private:
  const profile::Profile& profile_;
  const WrapperList& wrappers_;
  std::vector<std::optional<std::vector<Frame>>> by_location_;
};

}  // namespace mqtrack::analysis
