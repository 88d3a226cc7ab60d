#include "libtrack/profile/location_name.h"

#include <array>
#include <charconv>

#include "libtrack/support/base_name.h"

namespace mqtrack::profile {

std::string UnsymbolizedName(const Profile& profile, const Location& location) {
  std::string name;
  std::uint64_t offset = location.address;
  if (Index(location.mapping) < profile.mappings.size()) {
    const Mapping& mapping = profile.mappings[Index(location.mapping)];
    name = support::BaseName(mapping.file);
    if (!name.empty()) {
      name += '+';
      offset = location.address - mapping.start + mapping.offset;
    }
  }
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), offset, 16).ptr;
  return name + "0x" + std::string(digits.data(), end);
}

bool IsOffsetName(std::string_view name) {
  const std::size_t plus = name.rfind("+0x");
  if (plus == std::string_view::npos || plus == 0 || plus + 3 == name.size()) return false;
  return name.find_first_not_of("0123456789abcdef", plus + 3) == std::string_view::npos;
}

}  // namespace mqtrack::profile
