// Sockets whose peers do not take what was sent to them.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace mqtrack::procfs {

/// Of the TCP connections that the process's namespace has: what was written and not yet acknowledged by the peer's
/// kernel, in bytes, by where a descriptor of it leads ("socket:[12345]"). Those with none are left out. A moment's
/// picture: what a fast peer is about to take is in it as well.
[[nodiscard]] std::map<std::string, std::int64_t> UnsentBytes(std::int64_t pid);

}  // namespace mqtrack::procfs
