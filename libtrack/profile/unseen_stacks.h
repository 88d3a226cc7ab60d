// What stands in a profile in place of a stack that the recorder has not seen.
#pragma once

#include <string_view>

namespace mqtrack::profile {

inline constexpr std::string_view kBeforeAttach = "[before attach]";
inline constexpr std::string_view kInherited = "[inherited]";

/// True of a function by which all heap blocks from before a recording go. Together they are one entry, as large as the
/// allocator says, with its own overhead: how many they are is not known.
[[nodiscard]] constexpr bool StandsForManyBlocks(std::string_view function) {
  return function == kBeforeAttach || function == kInherited;
}

}  // namespace mqtrack::profile
