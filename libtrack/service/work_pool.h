// A few threads that make answers, and a queue with a bound.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace mqtrack::service {

/// Thread-safe.
class WorkPool {
 public:
  WorkPool(std::size_t threads, std::size_t most_waiting);
  WorkPool(const WorkPool&) = delete;
  WorkPool& operator=(const WorkPool&) = delete;
  /// What is under way is ended, what waits is dropped.
  ~WorkPool();

  /// False if too many wait already.
  [[nodiscard]] bool Post(std::function<void()> work);

 private:
  void Work();

  std::size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool is_ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace mqtrack::service
