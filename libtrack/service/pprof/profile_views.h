// What of a snapshot each of Go's profiles shows.
#pragma once

#include <string>
#include <string_view>

#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::service {

/// By their names in paths.
inline constexpr std::string_view kHeap = "heap", kAllocs = "allocs", kThreadCreate = "threadcreate",
                                  kSnapshot = "snapshot";

/// The heap as Go's profile of it: its four sample types in Go's order and no labels, since scrapers make a series of
/// each label. `default_type` is what viewers open. An error if the heap is not recorded.
[[nodiscard]] support::Result<profile::Profile> HeapView(const profile::Profile& snapshot,
                                                         std::string_view default_type);
/// Threads by the stacks that created them, under the name "threadcreate".
[[nodiscard]] support::Result<profile::Profile> ThreadCreateView(const profile::Profile& snapshot);
/// A dump of threads as Go's goroutine profile.
[[nodiscard]] support::Result<profile::Profile> GoroutineView(const profile::Profile& dump);

/// Both taken together as Go answers to seconds=: `newer` minus `base`, with the time of the newer one and the time
/// between the two.
[[nodiscard]] support::Result<profile::Profile> DeltaView(const profile::Profile& newer, const profile::Profile& base);

}  // namespace mqtrack::service
