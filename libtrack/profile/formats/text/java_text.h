// Java's text profiles: "--- heapz 1 ---" and "--- contentionz 1 ---" with "format = java", and the list of locations
// at their end, which Java's CPU profiles have too. As google/pprof profile/legacy_java_profile.go reads them.
#pragma once

#include "libtrack/profile/formats/text/address_names.h"
#include "libtrack/profile/formats/text/text_lines.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::profile {

/// True if the text that starts with `lines`' next line says of itself that Java wrote it.
[[nodiscard]] bool IsJavaText(LineCursor lines);

/// Parses it: inuse_objects and inuse_space, unsampled as Java samples (every 512 KiB), or contentions and delay. A
/// malformed line is an error with its number.
[[nodiscard]] support::Result<Profile> ParseJavaText(LineCursor lines);

/// Names the locations of `profile` from the list that `lines` stands before; their addresses were numbers in that list
/// and nothing else, so those of the named ones are cleared.
void NameJavaLocations(LineCursor lines, Profile& profile);

}  // namespace mqtrack::profile
