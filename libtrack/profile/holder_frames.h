// Reference profiles: stacks that say who holds a block, not who made it. At the root stands an owner, then the sorts
// of objects by which it is held, and at the leaf the function that made it. Any viewer of profiles shows what each of
// them holds (its cumulative value). Names hold nothing that differs between two looks at the same service, such as
// numbers of threads or addresses, so that profiles can be subtracted.
#pragma once

#include <string>
#include <string_view>

#include "libtrack/profile/fact.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::profile {

/// Of the fact kHeapLookFact: all of a profile's stacks are of this sort.
inline constexpr std::string_view kLooksForHolders = "holders";
[[nodiscard]] inline bool IsOfHolders(const Profile& profile) {
  return FindFact(profile, kHeapLookFact).value_or(std::string()) == kLooksForHolders;
}

// Where a real function has its name in the symbol table.
inline constexpr std::string_view kOwnerMark = "[owner] ", kHolderMark = "[holder]";

/// The frame of an owner, of a kind such as "client", called `title`.
[[nodiscard]] inline Function OwnerFrame(std::string_view kind, std::string title) {
  return {std::move(title), std::string(kOwnerMark).append(kind), {}, 0};
}
/// The kind of an owner's frame; empty if it is none.
[[nodiscard]] inline std::string_view OwnerKindOf(const Function& function) {
  const std::string_view mark = function.system_name;
  return mark.starts_with(kOwnerMark) ? mark.substr(kOwnerMark.size()) : std::string_view();
}

/// The frame of objects: where the one above points to them, which may be empty, and what they are.
[[nodiscard]] inline Function HolderFrame(const std::string& member, const std::string& what) {
  return {member.empty() ? what : member + " (" + what + ")", std::string(kHolderMark), {}, 0};
}

}  // namespace mqtrack::profile
