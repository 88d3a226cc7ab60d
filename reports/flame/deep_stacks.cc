#include "reports/flame/deep_stacks.h"

#include <algorithm>
#include <iterator>

namespace mqtrack::reports {
namespace {

constexpr std::size_t kHalf = kDrawnFrames / 2;

void AppendRange(const StackSet& from, std::size_t begin, std::size_t end, StackSet& to) {
  to.frame_ids.insert(to.frame_ids.end(), from.frame_ids.begin() + static_cast<std::ptrdiff_t>(begin),
                      from.frame_ids.begin() + static_cast<std::ptrdiff_t>(end));
  to.lines.insert(to.lines.end(), from.lines.begin() + static_cast<std::ptrdiff_t>(begin),
                  from.lines.begin() + static_cast<std::ptrdiff_t>(end));
}

bool IsDeep(const PicturedStack& stack) { return stack.length - stack.tail > kDrawnFrames; }

}  // namespace

std::size_t ShortenDeepStacks(StackSet& set) {
  const auto deep = std::count_if(set.stacks.begin(), set.stacks.end(), IsDeep);
  if (deep == 0) return 0;
  // One name for all, without the number, so that stacks that differ only in depth lie side by side.
  const auto gap = static_cast<FrameId>(set.frames.size());
  set.frames.push_back({.name = "(frames left out)", .wrapper = true});
  StackSet shorter;
  for (PicturedStack& stack : set.stacks) {
    const std::size_t begin = stack.begin, end = stack.begin + stack.length, length = stack.length - stack.tail;
    stack.begin = shorter.frame_ids.size();
    if (IsDeep(stack)) {
      AppendRange(set, begin, begin + kHalf, shorter);
      shorter.frame_ids.push_back(gap);
      shorter.lines.push_back(0);
      AppendRange(set, begin + length - kHalf, end, shorter);
    } else {
      AppendRange(set, begin, end, shorter);
    }
    stack.length = static_cast<std::uint32_t>(shorter.frame_ids.size() - stack.begin);
  }
  set.frame_ids = std::move(shorter.frame_ids);
  set.lines = std::move(shorter.lines);
  return static_cast<std::size_t>(deep);
}

}  // namespace mqtrack::reports
