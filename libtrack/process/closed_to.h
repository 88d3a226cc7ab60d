// Whether another user can open the recorder: a checkout below /root is closed to all but root.
#pragma once

#include <cstdint>
#include <string>

namespace mqtrack::process {

/// What keeps user `uid` from reading the file `path`: the first folder on the way to it that the user may not enter,
/// or the file itself. Empty if nothing does. Links are followed. Groups and access lists are not looked at, so what
/// only these open counts as closed.
[[nodiscard]] std::string ClosedTo(const std::string& path, std::uint32_t uid);

}  // namespace mqtrack::process
