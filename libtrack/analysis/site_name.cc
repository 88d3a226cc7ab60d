#include "libtrack/analysis/site_name.h"

#include <string>
#include <string_view>

#include "libtrack/analysis/culprit/frame_name.h"

namespace mqtrack::analysis {
namespace {

constexpr std::string_view kNoStack = "[no stack]";

/// True if the symbolizer found no name: "module+0x1a2b".
bool IsNameless(std::string_view function, std::string_view module) {
  return !module.empty() && function.starts_with(module) && function.substr(module.size()).starts_with("+0x");
}

/// The nearest function with a name that called frames[culprit]; empty if that has a name of its own, or none has.
std::string NamedCaller(const profile::Profile& profile, const std::vector<Frame>& frames, std::size_t culprit) {
  for (std::size_t i = culprit; i < frames.size() && !frames[i].label; ++i) {
    if (i > culprit && frames[i].start) continue;  // called by whatever starts every program: that tells nothing
    std::string name = FrameName(profile, frames[i]);
    if (!IsNameless(name, ModuleName(profile, frames[i].location))) return i == culprit ? std::string() : name;
  }
  return {};
}

}  // namespace

void NameSite(const profile::Profile& profile, Granularity granularity, const std::vector<Frame>& frames, Site& site) {
  if (frames.empty()) {
    site.function = std::string(kNoStack);
    return;
  }
  const auto [nearest, named_by] = FindCulprit(frames);
  const std::size_t culprit = granularity == Granularity::kLeaf ? 0 : nearest;
  const Frame& frame = frames[culprit];
  if (granularity != Granularity::kLeaf) site.named_by = named_by;
  site.caller = NamedCaller(profile, frames, culprit);
  site.function = FrameName(profile, frame);
  site.module = ModuleName(profile, frame.location);
  site.file = FrameFile(frame);
  site.line = frame.line;
}

}  // namespace mqtrack::analysis
