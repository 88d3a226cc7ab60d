// Each hour some threads use a lot of memory and give it back; each thread makes the allocator keep an arena.
#include <cstddef>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

constexpr std::size_t kThreads = 6, kBlocks = 800;

[[gnu::noinline]] void WorkInThreads(int hour) {
  const auto threads = 1 + static_cast<std::size_t>(hour) % kThreads;
  std::latch all(static_cast<std::ptrdiff_t>(threads));
  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < threads; ++i)
    workers.emplace_back([&all] {
      std::vector<std::unique_ptr<char[]>> blocks;
      for (std::size_t block = 0; block < kBlocks; ++block) blocks.push_back(std::make_unique<char[]>(1000));
      all.arrive_and_wait();
    });
  for (std::thread& worker : workers) worker.join();
}

const Case kCase("arenas", {.on_tick = WorkInThreads});

}  // namespace
}  // namespace mqtrack::verdicts
