// What an address without a symbol is called.
#pragma once

#include <string>
#include <string_view>

#include "libtrack/profile/profile.h"

namespace mqtrack::profile {

/// "mosquitto+0x2a40": the mapped file's base name and the offset of the address in that file; "0x7f12" without a
/// mapping. Stable over address randomisation, so two runs agree on it.
[[nodiscard]] std::string UnsymbolizedName(const Profile& profile, const Location& location);

/// True of "mosquitto+0x2a40", as addresses in a file are called for which there is no name.
[[nodiscard]] bool IsOffsetName(std::string_view name);

}  // namespace mqtrack::profile
