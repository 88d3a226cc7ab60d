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

}  // namespace mqtrack::profile
