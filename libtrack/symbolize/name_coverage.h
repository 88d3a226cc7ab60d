// How much of a profile has names, and which files would name the rest.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "libtrack/profile/profile.h"

namespace mqtrack::symbolize {

/// Frames here are the distinct code addresses of a profile. Frames that stand for something else, such as
/// "[truncated]", do not count.
struct NameCoverage {
  struct Module {
    std::string file, build_id;  // as recorded; the build id may be empty
    std::size_t frames = 0, nameless = 0, without_line = 0;
  };
  std::size_t frames = 0, named = 0, with_line = 0;
  /// Files without debug information, none of whose frames has a line: first those with the most nameless frames.
  std::vector<Module> lacking;
};

[[nodiscard]] NameCoverage MeasureCoverage(const profile::Profile& profile);

}  // namespace mqtrack::symbolize
