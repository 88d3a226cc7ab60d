// Each hour many blocks come and go, larger ones each time, and small ones among them stay for ten hours.
#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

constexpr std::size_t kBlocks = 3000, kEach = 40, kHours = 10;
std::deque<std::unique_ptr<char[]>> pins;

[[gnu::noinline]] void PinHeap(int hour) {
  std::vector<std::unique_ptr<char[]>> blocks;
  blocks.reserve(kBlocks);
  for (std::size_t i = 0; i < kBlocks; ++i) {
    blocks.push_back(std::make_unique<char[]>(200 + static_cast<std::size_t>(hour) % 64 * 16));
    if (i % kEach == 0) pins.push_back(std::make_unique<char[]>(64));
  }
  while (pins.size() > kBlocks / kEach * kHours) pins.pop_front();
}

const Case kCase("fragmentation", {.on_tick = PinHeap});

}  // namespace
}  // namespace mqtrack::verdicts
