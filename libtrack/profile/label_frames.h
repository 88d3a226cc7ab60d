// Labels as frames: the values of a label become pseudo functions at the root or at the leaf of each stack, so that
// everything that works on stacks (pictures, tables, filters, pprof viewers) can group by them. The rules are those of
// pprof's -tagroot and -tagleaf.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "libtrack/profile/profile.h"

namespace mqtrack::profile {

/// Keys of labels, from the root towards the leaf in both lists.
struct LabelFrames {
  std::vector<std::string> roots = {};
  std::vector<std::string> leaves = {};
  [[nodiscard]] bool empty() const { return roots.empty() && leaves.empty(); }
};

/// Adds one frame per key to every sample. Its function is called as the label's values, separated by commas, or
/// kNoLabelValue if the sample has no such label (there pprof leaves the name empty); its file is the key.
[[nodiscard]] Profile AddLabelFrames(Profile profile, const LabelFrames& keys);

/// The name of a sample's value where it has no such label.
inline constexpr std::string_view kNoLabelValue = "(none)";

/// True of a function that AddLabelFrames made, also when read back from a file.
[[nodiscard]] bool IsLabelFrame(const Function& function);

/// "mqtt_client: meter": what such a function is called in tables and pictures.
[[nodiscard]] std::string LabelFrameName(const Function& function);

/// Keys of the labels that any sample has.
[[nodiscard]] std::set<std::string> LabelKeys(const Profile& profile);

}  // namespace mqtrack::profile
