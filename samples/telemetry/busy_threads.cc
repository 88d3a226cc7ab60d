#include "samples/telemetry/busy_threads.h"

#include <string>

namespace sample {
namespace {

constexpr std::size_t kKept = 64;
constexpr std::size_t kLongest = 4096;

}  // namespace

BusyThreads::BusyThreads(int count) {
  for (int i = 0; i < count; ++i) threads_.emplace_back([this] { Work(); });
}

BusyThreads::~BusyThreads() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
}

/// Texts of growing length replace one another, so that blocks of many sizes live for a while.
void BusyThreads::Work() {
  std::vector<std::string> kept(kKept);
  for (std::size_t round = 0; !stop_; ++round) {
    kept[round % kKept] = std::string(32 + round * 7 % kLongest, static_cast<char>('a' + round % 26));
  }
}

}  // namespace sample
