// Profiles as Go writes them for people: debug=1 and debug=2.
#pragma once

#include <string>
#include <string_view>

#include "libtrack/profile/profile.h"

namespace mqtrack::service {

/// "heap profile: 3: 300 [10: 1000] @ heap/2": live blocks and bytes, in brackets all there ever were. Of a HeapView.
/// Its period says that values need no scaling: they have been.
[[nodiscard]] std::string HeapText(const profile::Profile& view);

/// "goroutine profile: total 3", and each stack with how many are there. Of a view with one sample type.
[[nodiscard]] std::string CountText(const profile::Profile& view, std::string_view name);

/// "goroutine 4711 [futex, 2 minutes]:" and its stack, one for each thread. Of a dump of threads as it was taken.
[[nodiscard]] std::string ThreadText(const profile::Profile& dump);

}  // namespace mqtrack::service
