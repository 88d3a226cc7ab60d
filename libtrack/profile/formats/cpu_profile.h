// gperftools' CPU profile: words of the machine's size, five of header, then samples, then /proc/self/maps. Described
// in gperftools docs/cpuprofile-fileformat.html; Java's variant as google/pprof profile/legacy_java_profile.go reads
// it.
#pragma once

#include <string>
#include <string_view>

#include "libtrack/profile/formats/text/address_names.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::profile {

/// True if `bytes` begin with its header, in words of four or eight bytes of either order.
[[nodiscard]] bool IsCpuProfile(std::string_view bytes);

/// Parses it: samples (count) and cpu (nanoseconds). `symbols`: the names that came with it, or an empty table; a
/// profile with names and a period of one microsecond was written by `pprof --raw` from a profile of another kind, and
/// has the one type samples. `offset`: where `bytes` begin in the file, for errors.
[[nodiscard]] support::Result<Profile> ParseCpuProfile(std::string_view bytes, const std::string& where,
                                                       const AddressNames& symbols = {}, std::size_t offset = 0);

}  // namespace mqtrack::profile
