#include "reports/text/folded_frames.h"

#include <string>

#include "libtrack/analysis/culprit/frame_name.h"
#include "libtrack/support/cxx_name.h"

namespace mqtrack::reports {
namespace {

bool IsOfTheCxxLibrary(const profile::Profile& profile, const analysis::Frame& frame) {
  if (!frame.wrapper) return false;
  const std::string name = support::BareName(analysis::FrameName(profile, frame));
  return name.starts_with("std::") || name.starts_with("__gnu_cxx::");
}

}  // namespace

std::vector<StackLine> FoldFrames(const profile::Profile& profile, const std::vector<analysis::Frame>& stack,
                                  std::size_t culprit, bool all_frames) {
  std::vector<StackLine> lines;
  bool folds = false;  // the last line may take in the next frame
  for (std::size_t i = 0; i < stack.size(); ++i) {
    const bool may_fold = !all_frames && i != culprit && IsOfTheCxxLibrary(profile, stack[i]);
    if (folds && may_fold) {
      lines.back().frame = i;
      ++lines.back().folded;
    } else {
      lines.push_back({i, 0});
    }
    folds = may_fold;
  }
  return lines;
}

}  // namespace mqtrack::reports
