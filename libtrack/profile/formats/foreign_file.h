// Files that people take for profiles, or that are profiles of a kind that is not read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mqtrack::profile {

/// What `bytes` are and how to come by something that is read, as the rest of a sentence that begins with the file's
/// name; nothing if nobody knows.
[[nodiscard]] std::optional<std::string> DescribeForeignFile(std::string_view bytes);

/// "pprof profiles (.pb.gz or raw), heap files of …": what is read, for messages.
[[nodiscard]] const char* AcceptedProfiles();

}  // namespace mqtrack::profile
