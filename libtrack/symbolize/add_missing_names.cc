#include "libtrack/symbolize/add_missing_names.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "libtrack/profile/location_name.h"
#include "libtrack/symbolize/module_files.h"
#include "libtrack/symbolize/name_coverage.h"

namespace mqtrack::symbolize {
namespace {

using profile::Line;
using profile::Profile;

/// What lines tell: 0 nothing, 1 an offset, 2 a name, 3 a place in the source.
int Worth(const Profile& profile, const std::vector<Line>& lines) {
  int worth = lines.empty() ? 0 : 1;
  for (const Line& line : lines) {
    if (line.line != 0) return 3;
    if (!profile::IsOffsetName(profile.function(line.function).name)) worth = 2;
  }
  return worth;
}

bool MayBeAskedAgain(const Profile& profile, const profile::Location& location) {
  const bool in_file = profile::Index(location.mapping) < profile.mappings.size();
  return in_file && !location.lines.empty() && Worth(profile, location.lines) < 3 &&
         !IsPseudoFile(profile.mappings[profile::Index(location.mapping)].file);
}

void RemoveUnusedFunctions(Profile& profile) {
  std::vector<bool> used(profile.functions.size(), false);
  for (const profile::Location& location : profile.locations)
    for (const Line& line : location.lines) used[profile::Index(line.function)] = true;
  std::vector<profile::FunctionId> moved(profile.functions.size());
  std::size_t kept = 0;
  for (std::size_t i = 0; i < used.size(); ++i) {
    moved[i] = static_cast<profile::FunctionId>(kept);
    if (!used[i]) continue;
    if (kept != i) profile.functions[kept] = std::move(profile.functions[i]);
    ++kept;
  }
  profile.functions.resize(kept);
  for (profile::Location& location : profile.locations)
    for (Line& line : location.lines) line.function = moved[profile::Index(line.function)];
}

}  // namespace

Report AddMissingNames(Profile& profile, const Options& options) {
  std::vector<std::pair<std::size_t, std::vector<Line>>> before;
  for (std::size_t i = 0; i < profile.locations.size(); ++i) {
    profile::Location& location = profile.locations[i];
    if (MayBeAskedAgain(profile, location)) before.emplace_back(i, std::exchange(location.lines, {}));
  }
  Report report = Symbolize(profile, options);
  for (auto& [i, lines] : before) {
    std::vector<Line>& found = profile.locations[i].lines;
    if (Worth(profile, found) <= Worth(profile, lines)) found = std::move(lines);
  }
  RemoveUnusedFunctions(profile);
  return report;
}

}  // namespace mqtrack::symbolize
