// What a picture says about itself in words: what was measured, of which process, and how far to trust it.
#pragma once

#include <string>
#include <vector>

#include "reports/picture/stack_set.h"

namespace mqtrack::reports {

/// All text is clean (CleanText).
struct Caption {
  std::string title;                  // "mosquitto: live bytes"
  std::string summary;                // "4.2 MiB in 12,288 objects", "grew by +3 MiB: 1 MiB → 4 MiB"
  std::string part;                   // "only stacks that match --focus retain"; empty: the picture is of everything
  std::vector<std::string> facts;     // process, time, mode, in reading order
  std::vector<std::string> warnings;  // losses: what the numbers do not hold
};

/// `title` empty: made from the facts in the profile's comments, or else its main mapping. `kept`: what a filter kept,
/// to stand behind "only"; empty without one.
[[nodiscard]] Caption MakeCaption(const profile::Profile& profile, const profile::Profile* base, const StackSet& set,
                                  const std::string& title, const std::string& kept);

/// A sample type in words: "live bytes", or the type itself where nobody knows better. Clean.
[[nodiscard]] std::string DescribeSampleType(const std::string& type);

}  // namespace mqtrack::reports
