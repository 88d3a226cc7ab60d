// Threads that allocate, resize and free without pause, hand blocks to one another, and check what is in them. Answers
// every line on standard input with "alive" and how often each thread went round since the last one; ends at its end.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

namespace {

constexpr int kBlocks = 64;

std::atomic<bool> ending = false;
std::atomic<unsigned char*> exchange[kBlocks];

void Check(const unsigned char* block) {
  for (int i = 8; i < 24; ++i) {
    if (block[i] != static_cast<unsigned char>(block[0] + i)) {
      std::printf("a block was damaged\n");
      std::fflush(stdout);
      std::abort();
    }
  }
}

void Fill(unsigned char* block, unsigned char seed) {
  block[0] = seed;
  for (int i = 8; i < 24; ++i) block[i] = static_cast<unsigned char>(seed + i);
}

void Hammer(unsigned seed, std::atomic<unsigned long>& rounds) {
  while (!ending) {
    seed = seed * 1664525 + 1013904223;
    auto* block =
        static_cast<unsigned char*>(seed % 3 == 0 ? std::calloc(1, 24 + seed % 500) : std::malloc(24 + seed % 5000));
    Fill(block, static_cast<unsigned char>(seed >> 8));
    if (seed % 5 == 0) block = static_cast<unsigned char*>(std::realloc(block, 24 + seed % 9000));
    Check(block);
    block = exchange[seed >> 16 & (kBlocks - 1)].exchange(block);
    if (block != nullptr) Check(block);
    std::free(block);
    const auto text = std::make_unique<char[]>(40);
    text[0] = 1;
    rounds.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace

int main(int count, char** arguments) {
  const int threads = count > 1 ? std::atoi(arguments[1]) : 8;
  std::vector<std::atomic<unsigned long>> rounds(static_cast<std::size_t>(threads));
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([i, &rounds] { Hammer(static_cast<unsigned>(i), rounds[static_cast<std::size_t>(i)]); });
  }
  std::printf("ready\n");
  std::fflush(stdout);
  char line[64];
  while (std::fgets(line, sizeof line, stdin) != nullptr) {
    unsigned long least = ~0UL;
    for (auto& count_of_thread : rounds) {
      const unsigned long seen = count_of_thread.load();
      while (count_of_thread.load() == seen) std::this_thread::yield();  // each of them moves
      if (seen < least) least = seen;
    }
    std::printf("alive %lu\n", least);
    std::fflush(stdout);
  }
  ending = true;
  for (std::thread& thread : running) thread.join();
  for (auto& block : exchange) std::free(block.load());
}
