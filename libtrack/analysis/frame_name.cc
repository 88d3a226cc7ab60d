#include "libtrack/analysis/frame_name.h"

#include "libtrack/profile/location_name.h"

namespace mqtrack::analysis {
std::string_view BaseName(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string FrameName(const profile::Profile& profile, const Frame& frame) {
  if (frame.function != nullptr && !frame.function->name.empty()) return frame.function->name;
  if (frame.function != nullptr && !frame.function->system_name.empty()) return frame.function->system_name;
  return profile::UnsymbolizedName(profile, profile.location(frame.location));
}

std::string ModuleName(const profile::Profile& profile, profile::LocationId location) {
  const profile::MappingId mapping = profile.location(location).mapping;
  if (mapping == profile::MappingId::kNone) return {};
  return std::string(BaseName(profile.mappings[Index(mapping)].file));
}

}  // namespace mqtrack::analysis
