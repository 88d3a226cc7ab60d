// Threads that allocate and free without pause beside the service, as a busy one has them: to try tools on that stop
// and go on with a process.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

namespace sample {

/// They run as long as it lives.
class BusyThreads {
 public:
  explicit BusyThreads(int count);
  ~BusyThreads();
  BusyThreads(const BusyThreads&) = delete;
  BusyThreads& operator=(const BusyThreads&) = delete;

 private:
  void Work();

  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

}  // namespace sample
