// Function names as a reader wants to see them. For tables and pictures only: what identifies a function (JSON,
// patterns, comparisons) is the whole name.
#pragma once

#include <string>
#include <string_view>

namespace mqtrack::support {

/// `name` without what C++ adds by itself: default template arguments ("std::map<int, Topic, std::less<int>,
/// std::allocator<…>>" is "std::map<int, Topic>"), inline namespaces of the standard library, ABI tags; strings and
/// streams of char under their short names. A name that is still mangled, since it is too long for the demangler, shows
/// its path (MangledPath). Names of other languages pass through. In linear time.
[[nodiscard]] std::string DisplayName(std::string_view name);

}  // namespace mqtrack::support
