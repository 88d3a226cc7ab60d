#include "libtrack/analysis/code/code_frames.h"

#include <utility>

#include "libtrack/analysis/culprit/frame_name.h"
#include "libtrack/profile/label_frames.h"

namespace mqtrack::analysis {

CodeFrames::CodeFrames(const profile::Profile& profile, const KeyOf& key_of) {
  first_.reserve(profile.locations.size() + 1);
  for (std::size_t at = 0; at < profile.locations.size(); ++at) {
    const profile::Location& location = profile.locations[at];
    const profile::LocationId id{static_cast<std::uint32_t>(at)};
    first_.push_back(frames_.size());
    if (location.lines.empty()) {
      Add({.function = FrameName(profile, {.location = id}), .file = {}, .module = ModuleName(profile, id)}, false,
          key_of);
    }
    for (std::size_t i = 0; i < location.lines.size(); ++i) {
      const profile::Function& function = profile.function(location.lines[i].function);
      const analysis::Frame frame = {.location = id, .function = &function, .label = profile::IsLabelFrame(function)};
      Add({.function = FrameName(profile, frame),
           .file = FrameFile(frame),
           .module = ModuleName(profile, id),
           .line = location.lines[i].line,
           .start_line = function.start_line},
          i + 1 < location.lines.size(), key_of);
    }
  }
  first_.push_back(frames_.size());
}

void CodeFrames::Add(CodePlace place, bool inlined, const KeyOf& key_of) {
  const auto [entry, is_new] = numbers_.try_emplace(key_of(place), static_cast<std::uint32_t>(places_.size()));
  if (is_new) places_.push_back(std::move(place));
  frames_.push_back({entry->second, inlined});
}

}  // namespace mqtrack::analysis
