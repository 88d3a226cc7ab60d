#include "libtrack/analysis/culprit/frame_name.h"

#include "libtrack/profile/label_frames.h"
#include "libtrack/profile/location_name.h"
#include "libtrack/support/base_name.h"

namespace mqtrack::analysis {

std::string FrameName(const profile::Profile& profile, const Frame& frame) {
  if (frame.label) return profile::LabelFrameName(*frame.function);
  if (frame.function != nullptr && !frame.function->name.empty()) return frame.function->name;
  if (frame.function != nullptr && !frame.function->system_name.empty()) return frame.function->system_name;
  return profile::UnsymbolizedName(profile, profile.location(frame.location));
}

std::string FrameFile(const Frame& frame) {
  return frame.function == nullptr || frame.label ? std::string() : frame.function->filename;
}

std::string ModuleName(const profile::Profile& profile, profile::LocationId location) {
  const profile::MappingId mapping = profile.location(location).mapping;
  if (mapping == profile::MappingId::kNone) return {};
  return std::string(support::BaseName(profile.mappings[Index(mapping)].file));
}

}  // namespace mqtrack::analysis
