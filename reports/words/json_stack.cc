#include "reports/words/json_stack.h"

#include "libtrack/analysis/culprit/frame_name.h"

namespace mqtrack::reports {

nlohmann::ordered_json StackJson(const profile::Profile& profile, const std::vector<analysis::Frame>& stack) {
  nlohmann::ordered_json frames = nlohmann::ordered_json::array();
  for (const analysis::Frame& frame : stack) {
    frames.push_back({{"function", analysis::FrameName(profile, frame)},
                      {"file", analysis::FrameFile(frame)},
                      {"line", frame.line},
                      {"module", analysis::ModuleName(profile, frame.location)},
                      {"inlined", frame.inlined},
                      {"wrapper", frame.wrapper}});
  }
  return frames;
}

}  // namespace mqtrack::reports
