// What is held follows the hour: bursts that are gone an hour later, and a working set that follows the time of day.
#include <cmath>
#include <cstddef>
#include <list>
#include <memory>
#include <numbers>
#include <vector>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

std::vector<std::unique_ptr<char[]>> burst;
std::list<std::unique_ptr<char[]>> working_set;

[[gnu::noinline]] void BufferBurst(int hour) {
  burst.clear();
  const std::size_t blocks = Scatter(static_cast<std::uint32_t>(hour)) % 7 * 150;
  for (std::size_t i = 0; i < blocks; ++i) burst.push_back(std::make_unique<char[]>(100));
}

[[gnu::noinline]] void SizeByHour(int hour) {
  const auto wanted = static_cast<std::size_t>(500 - 400 * std::cos(hour * 2 * std::numbers::pi / 24));
  while (working_set.size() > wanted) working_set.pop_front();
  while (working_set.size() < wanted) working_set.push_back(std::make_unique<char[]>(64));
}

const Case kBursts("bursts", {.on_tick = BufferBurst});
const Case kDailyRhythm("daily_rhythm", {.on_tick = SizeByHour});

}  // namespace
}  // namespace mqtrack::verdicts
