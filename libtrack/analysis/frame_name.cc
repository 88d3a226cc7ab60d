#include "libtrack/analysis/frame_name.h"

#include <array>
#include <charconv>

namespace mqtrack::analysis {
namespace {

std::string Hex(std::uint64_t value) {
  std::array<char, 16> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return "0x" + std::string(digits.data(), end);
}

}  // namespace

std::string_view BaseName(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string FrameName(const profile::Profile& profile, const Frame& frame) {
  if (frame.function != nullptr && !frame.function->name.empty()) return frame.function->name;
  if (frame.function != nullptr && !frame.function->system_name.empty()) return frame.function->system_name;
  const profile::Location& location = profile.location(frame.location);
  const std::string module = ModuleName(profile, frame.location);
  if (module.empty()) return Hex(location.address);
  const profile::Mapping& mapping = profile.mappings[Index(location.mapping)];
  return module + "+" + Hex(location.address - mapping.start + mapping.offset);
}

std::string ModuleName(const profile::Profile& profile, profile::LocationId location) {
  const profile::MappingId mapping = profile.location(location).mapping;
  if (mapping == profile::MappingId::kNone) return {};
  return std::string(BaseName(profile.mappings[Index(mapping)].file));
}

}  // namespace mqtrack::analysis
