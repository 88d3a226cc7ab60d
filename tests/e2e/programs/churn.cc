// churn THREADS PAIRS: allocates and frees PAIRS blocks in all, with a bounded number alive, on THREADS threads.
// Prints "warm" after the first hundredth, "done" at the end, and then waits to be ended.
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t kBlocksAlive = 64;  // per thread

struct Block {
  char* memory = nullptr;
};

/// A new block of a changing size takes the place of an old one. Not inlined, so that every call is one creation site.
[[gnu::noinline]] void Replace(Block& block, std::size_t bytes) {
  std::free(block.memory);
  block.memory = static_cast<char*>(std::malloc(bytes));
  if (block.memory != nullptr) block.memory[0] = 1;
}

void Churn(std::uint64_t pairs) {
  static thread_local Block blocks[kBlocksAlive];
  std::uint64_t random = 88172645463325252ULL;
  for (std::uint64_t i = 0; i < pairs; ++i) {
    random ^= random << 13, random ^= random >> 7, random ^= random << 17;  // xorshift64 (Marsaglia)
    Replace(blocks[random % kBlocksAlive], 16 + (random >> 32) % 1024);
  }
}

void Say(const char* what) {
  std::puts(what);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: churn THREADS PAIRS\n", stderr);
    return 2;
  }
  const auto threads = std::strtoul(argv[1], nullptr, 10);
  const auto pairs = std::strtoull(argv[2], nullptr, 10) / threads;
  std::barrier warm(static_cast<std::ptrdiff_t>(threads), []() noexcept { Say("warm"); });
  std::vector<std::thread> workers;
  for (unsigned long i = 0; i < threads; ++i) {
    workers.emplace_back([&warm, pairs] {
      Churn(pairs / 100);
      warm.arrive_and_wait();
      Churn(pairs - pairs / 100);
    });
  }
  for (auto& worker : workers) worker.join();
  Say("done");
  pause();
}
