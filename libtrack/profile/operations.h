// Merge, subtract and filter profiles; the rules are pprof's, so that our numbers agree with `go tool pprof`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::profile {

/// Sums profiles: equal stacks with equal labels become one sample; location identity is pprof's (mapping by build id
/// or file, offset, lines), so two runs of one binary match in spite of address randomisation. Sample types are
/// intersected by name, in the order of the first; no common one is an error that lists both sides.
[[nodiscard]] support::Result<Profile> Merge(const std::vector<const Profile*>& profiles);

/// newer - base, as pprof's -base: base's values negated, merged, zero samples dropped.
[[nodiscard]] support::Result<Profile> Subtract(const Profile& newer, const Profile& base);

/// Index of the sample type named `name` (empty: default_sample_type, else the last one). pprof's alias applies:
/// inuse_space also finds "space". A miss is an error that lists what there is.
[[nodiscard]] support::Result<std::size_t> FindSampleType(const Profile& profile, const std::string& name);

/// Name of the type that counts what `sample_type` weighs: "inuse_objects" of "inuse_space", Go's older "objects" of
/// "space"; empty if it weighs nothing.
[[nodiscard]] std::string ObjectsSibling(std::string_view sample_type);

/// Index of the ObjectsSibling of sample type number `sample_type`, if the profile has it.
[[nodiscard]] std::optional<std::size_t> FindObjectsType(const Profile& profile, std::size_t sample_type);

/// "inuse_objects, inuse_space", or "none": for messages.
[[nodiscard]] std::string ListSampleTypes(const Profile& profile);

/// The value of a label as text: the string, or the number with its unit.
[[nodiscard]] std::string LabelText(const Label& label);

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

/// Sum of one value over all samples.
[[nodiscard]] std::int64_t Total(const Profile& profile, std::size_t sample_type);

/// The value of the fact `key` in the comments (kFactPrefix), if present.
[[nodiscard]] std::optional<std::string> FindFact(const Profile& profile, std::string_view key);

}  // namespace mqtrack::profile
