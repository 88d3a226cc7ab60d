#include "libtrack/profile/same_names.h"

#include <cstdint>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

namespace mqtrack::profile {
namespace {

using Place = std::pair<std::string, std::uint64_t>;  // build id, offset in the file

/// Where a location is in its file; an empty build id: not known.
Place PlaceOf(const Profile& profile, const Location& location) {
  if (Index(location.mapping) >= profile.mappings.size()) return {};
  const Mapping& mapping = profile.mappings[Index(location.mapping)];
  return {mapping.build_id, location.address - mapping.start + mapping.offset};
}

/// More is better: a name, then where it is in the source, then what was inlined there.
auto Knowledge(const Profile& profile, const Location& location) {
  bool has_name = false, has_file = false;
  std::size_t with_line = 0;
  for (const Line& line : location.lines) {
    has_name |= !profile.function(line.function).name.empty();
    has_file |= !profile.function(line.function).filename.empty();
    with_line += line.line != 0 ? 1 : 0;
  }
  return std::tuple(has_name, has_file, with_line, location.lines.size());
}

/// Copies lines between profiles, each function once.
class LineCopier {
 public:
  LineCopier(const Profile& from, Profile& into) : from_(from), into_(into) {}
  void Copy(const Location& source, Location& target) {
    target.lines.clear();
    for (const Line& line : source.lines) target.lines.push_back({Map(line.function), line.line});
  }

 private:
  FunctionId Map(FunctionId id) {
    const auto [entry, is_new] = ids_.try_emplace(Index(id), FunctionId{});
    if (is_new) {
      entry->second = static_cast<FunctionId>(into_.functions.size());
      into_.functions.push_back(from_.function(id));
    }
    return entry->second;
  }

  const Profile& from_;
  Profile& into_;
  std::map<std::size_t, FunctionId> ids_;
};

}  // namespace

void UnifyNames(Profile& base, Profile& newer) {
  std::map<Place, std::size_t> in_base;
  for (std::size_t i = 0; i < base.locations.size(); ++i) {
    Place place = PlaceOf(base, base.locations[i]);
    if (!place.first.empty()) in_base.try_emplace(std::move(place), i);
  }
  LineCopier to_base(newer, base), to_newer(base, newer);
  for (Location& location : newer.locations) {
    const auto known = in_base.find(PlaceOf(newer, location));
    if (known == in_base.end()) continue;
    Location& before = base.locations[known->second];
    const auto knows_before = Knowledge(base, before), knows_now = Knowledge(newer, location);
    if (knows_now > knows_before) {
      to_base.Copy(location, before);
    } else if (knows_before > knows_now) {
      to_newer.Copy(before, location);
    }
  }
}

}  // namespace mqtrack::profile
