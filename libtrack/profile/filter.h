// Which samples and frames of a profile a user asked for; the rules are pprof's.
#pragma once

#include <string>

#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::profile {

/// Which samples and frames to keep. Regular expressions (RE2-like subset of std::regex ECMAScript) match anywhere in a
/// function name or file name.
struct Filter {
  // Initialised, so that a caller may name only what it sets: {.focus = "x"}.
  std::string focus = {};                       // keep samples with a matching frame
  std::string ignore = {};                      // drop samples with a matching frame
  std::string hide = {};                        // drop matching frames
  std::string tag_focus = {}, tag_ignore = {};  // "key=value" or a regex on any value; numeric: "key=min:max"

  [[nodiscard]] bool empty() const {
    return focus.empty() && ignore.empty() && hide.empty() && tag_focus.empty() && tag_ignore.empty();
  }
};
/// A malformed expression is an error that names it.
[[nodiscard]] support::Result<Profile> ApplyFilter(const Profile& profile, const Filter& filter);

}  // namespace mqtrack::profile
