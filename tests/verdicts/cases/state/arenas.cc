// Each hour some threads use a lot of memory, more each time, and give it back but for a small result, which lasts for
// an hour. Each thread has an arena of the allocator's, which cannot give back what lies below the result.
#include <array>
#include <cstddef>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

constexpr std::size_t kThreads = 6, kBlocks = 300, kMoreEachHour = 50, kBlock = 1000;
std::array<std::unique_ptr<char[]>, kThreads> results;

[[gnu::noinline]] std::unique_ptr<char[]> WorkInThread(std::size_t count) {
  std::vector<std::unique_ptr<char[]>> blocks(count);
  for (auto& block : blocks) block = std::make_unique<char[]>(kBlock);
  return std::make_unique<char[]>(64);
}

void Work(int hour) {
  const auto threads = 1 + static_cast<std::size_t>(hour) % kThreads;
  const std::size_t blocks = kBlocks + kMoreEachHour * static_cast<std::size_t>(hour);
  results = {};
  std::latch all(static_cast<std::ptrdiff_t>(threads));  // so that no two have the same arena
  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < threads; ++i)
    workers.emplace_back([&all, i, blocks] {
      all.arrive_and_wait();
      results[i] = WorkInThread(blocks);
    });
  for (std::thread& worker : workers) worker.join();
}

const Case kCase("arenas", {.on_tick = Work});

}  // namespace
}  // namespace mqtrack::verdicts
