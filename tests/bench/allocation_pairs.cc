// What recorder_bench.py measures: threads that each free a block and allocate another, N times, at about 20 frames'
// depth, along about 1,000 distinct stacks, with 10,000 blocks alive per thread. Built without frame pointers, as
// distributions build.
//
// Why this is representative: a broker under load allocates and frees small blocks (packets, topics, queue entries)
// from a few hundred to a few thousand call paths, while a set of sessions and retained messages stays alive.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

constexpr unsigned kLivePerThread = 10000;
constexpr int kDepth = 17;  // and main or the thread's entry above, and the leaf below
constexpr unsigned kPaths = 1024;

thread_local std::vector<void*>* live = nullptr;
thread_local unsigned position = 0;

void Pair() {
  void*& place = (*live)[position % kLivePerThread];
  std::free(place);
  place = std::malloc(16 + position % 200);
  ++position;
}

template <int kLeft>
void Left(unsigned path);
template <int kLeft>
void Right(unsigned path);

/// Each bit of `path` chooses one of two functions, so 2^10 paths lead to as many distinct stacks.
template <int kLeft>
void Next(unsigned path) {
  if constexpr (kLeft == 0) {
    Pair();
  } else if ((path & 1) != 0) {
    Left<kLeft - 1>(path >> 1);
  } else {
    Right<kLeft - 1>(path >> 1);
  }
}

// The empty assembly keeps the two functions apart and the calls from becoming jumps.
template <int kLeft>
__attribute__((noinline)) void Left(unsigned path) {
  Next<kLeft>(path);
  asm volatile("" ::: "memory");
}
template <int kLeft>
__attribute__((noinline)) void Right(unsigned path) {
  asm volatile("" ::: "memory");
  Next<kLeft>(path);
  asm volatile("nop" ::: "memory");
}

double NanosPerPair(long pairs) {
  std::vector<void*> blocks(kLivePerThread, nullptr);
  live = &blocks;
  for (unsigned i = 0; i < kLivePerThread; ++i) Left<kDepth>(i % kPaths);
  const auto start = std::chrono::steady_clock::now();
  for (long i = 0; i < pairs; ++i) Left<kDepth>(static_cast<unsigned>(i * 7) % kPaths);
  const auto end = std::chrono::steady_clock::now();
  for (void* block : blocks) std::free(block);
  return std::chrono::duration<double, std::nano>(end - start).count() / static_cast<double>(pairs);
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  const long pairs = argc > 2 ? std::atol(argv[2]) : 100000;
  std::vector<double> nanos(static_cast<std::size_t>(threads));
  std::vector<std::thread> running;
  for (double& mine : nanos) running.emplace_back([&mine, pairs] { mine = NanosPerPair(pairs); });
  for (std::thread& thread : running) thread.join();
  double sum = 0;
  for (const double mine : nanos) sum += mine;
  std::printf("%.1f\n", sum / threads);
}
