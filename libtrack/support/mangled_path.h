// What a mangled C++ name says of itself without a demangler. The demangler of libstdc++ refuses symbols of more than
// about 1,000 characters, which Boost and expression templates exceed.
#pragma once

#include <string>
#include <string_view>

namespace mqtrack::support {

/// The path of names in a symbol of the Itanium C++ ABI, template arguments left out: "boost::asio::post<...>::Run".
/// Where the symbol goes on in a way that is not understood, the path ends in "...". `symbol` itself if it is no such
/// symbol. In linear time.
[[nodiscard]] std::string MangledPath(std::string_view symbol);

}  // namespace mqtrack::support
