// Generations that begin by the clock: a log then tells by itself what each stretch of time left behind, whoever looks
// at it later, and whatever became of the process.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace mqtrack::cli {

/// Begins a generation in the logs of one run, every so often, on a thread of its own that takes no signals. It writes
/// into the logs from outside, as a snapshot does: the recorded processes do nothing for it.
class GenerationClock {
 public:
  GenerationClock() = default;
  ~GenerationClock() { Stop(); }
  GenerationClock(const GenerationClock&) = delete;
  GenerationClock& operator=(const GenerationClock&) = delete;

  /// `run`: LogFacts::run of the processes that are meant.
  void Start(std::chrono::seconds every, const std::string& log_dir, std::uint64_t run);
  void Stop();

 private:
  void Tick(std::chrono::seconds every, const std::string& log_dir, std::uint64_t run);

  std::mutex mutex_;
  std::condition_variable stopped_;
  bool is_over_ = false;
  std::thread thread_;
};

}  // namespace mqtrack::cli
