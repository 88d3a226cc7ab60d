// What snapshot_bench.py looks at: a million live blocks over 10,000 stacks, and how long one malloc or free takes at
// worst, while the set grows and while a snapshot of it is taken.
//
//   many_blocks BLOCKS    prints "grown WORST_US P9999_US", then for each line on stdin: "go" frees and allocates for a
//                         while and prints "churned WORST_US P9999_US"; "shrink" frees all but every hundredth block
//                         and prints "shrunk WORST_US P9999_US TOTAL_US" of single frees; ends with stdin
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr unsigned kPathBits = 14;
constexpr unsigned kPaths = 10000;

std::vector<void*>* blocks = nullptr;
std::vector<float>* microseconds = nullptr;
std::size_t position = 0;

void TimedPair() {
  void*& place = (*blocks)[position % blocks->size()];
  const auto start = Clock::now();
  std::free(place);
  place = std::malloc(24 + position % 100);
  const std::chrono::duration<float, std::micro> took = Clock::now() - start;
  if (place == nullptr) std::abort();
  microseconds->push_back(took.count());
  position += 7919;  // a prime: all over the set
}

template <unsigned kLeft>
__attribute__((noinline)) void Walk(unsigned path) {
  if constexpr (kLeft == 0) {
    TimedPair();
  } else if ((path & 1) != 0) {
    Walk<kLeft - 1>(path >> 1);
    asm volatile("" ::: "memory");
  } else {
    Walk<kLeft - 1>(path >> 1);
    asm volatile("nop" ::: "memory");
  }
}

void Run(const char* what, std::size_t pairs) {
  microseconds->clear();
  for (std::size_t i = 0; i < pairs; ++i) Walk<kPathBits>(static_cast<unsigned>(i % kPaths));
  std::sort(microseconds->begin(), microseconds->end());
  std::printf("%s %.1f %.1f\n", what, microseconds->back(), (*microseconds)[microseconds->size() / 10000 * 9999]);
  std::fflush(stdout);
}

void Shrink() {
  microseconds->clear();
  double total = 0;
  for (std::size_t i = 0; i < blocks->size(); ++i) {
    if (i % 100 == 0) continue;
    const auto start = Clock::now();
    std::free((*blocks)[i]);
    const std::chrono::duration<float, std::micro> took = Clock::now() - start;
    (*blocks)[i] = nullptr;
    microseconds->push_back(took.count());
    total += static_cast<double>(took.count());
  }
  std::sort(microseconds->begin(), microseconds->end());
  std::printf("shrunk %.1f %.1f %.1f\n", static_cast<double>(microseconds->back()),
              static_cast<double>((*microseconds)[microseconds->size() / 10000 * 9999]), total);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000000;
  std::vector<void*> all(count);
  std::vector<float> times;
  times.reserve(count * 2);
  blocks = &all;
  microseconds = &times;
  Run("grown", count);
  for (char line[16]; std::fgets(line, sizeof line, stdin) != nullptr;) {
    if (std::strcmp(line, "shrink\n") == 0) {
      Shrink();
    } else {
      Run("churned", count * 2);
    }
  }
}
