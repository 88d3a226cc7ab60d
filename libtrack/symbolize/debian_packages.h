// Which Debian packages have the debug symbols of installed files, from dpkg's own lists.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mqtrack::symbolize {

/// The package that owns each of `files` on the Debian system whose root folder is `root` ("" is this machine); files
/// of no package are left out. Reads /var/lib/dpkg/info, treated as hostile: names that no package can have are passed
/// over.
[[nodiscard]] std::map<std::string, std::string> OwningPackages(const std::string& root,
                                                                const std::vector<std::string>& files);

/// "mosquitto-dbgsym"; "libc6-dbg" of the C library, which has one of the older kind.
[[nodiscard]] std::string DebugPackageOf(std::string_view package);

/// The suite of such packages, "trixie-debug", by /etc/os-release below `root`; empty if that is not Debian's.
[[nodiscard]] std::string DebugSuite(const std::string& root);

}  // namespace mqtrack::symbolize
