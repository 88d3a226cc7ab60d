// Each hour many blocks come and go, more each time. A small one that is made last stays for ten hours, so that the
// allocator cannot give back what lies below it.
#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

constexpr std::size_t kBlocks = 2000, kMoreEachHour = 500, kBlock = 1000, kHours = 10;
std::array<std::unique_ptr<char[]>, kHours> pins;

[[gnu::noinline]] void PinHeap(int hour) {
  std::vector<std::unique_ptr<char[]>> blocks(kBlocks + kMoreEachHour * static_cast<std::size_t>(hour));
  for (auto& block : blocks) {
    block = std::make_unique<char[]>(kBlock);
    block[0] = 1;
  }
  pins[static_cast<std::size_t>(hour) % kHours] = std::make_unique<char[]>(64);
}

const Case kCase("fragmentation", {.on_tick = PinHeap});

}  // namespace
}  // namespace mqtrack::verdicts
