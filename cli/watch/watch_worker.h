// A thread that looks while the screen goes on answering keys: a look may take seconds, and a URL may not answer.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "cli/watch/watch_collector.h"
#include "cli/watch/watch_round.h"
#include "cli/watch/watch_view.h"

namespace mqtrack::cli {

/// Takes no signals. The object ends when the look in progress is done; StopWithin says whether that is soon.
class WatchWorker {
 public:
  WatchWorker(WatchCollector collector, std::chrono::seconds every);
  ~WatchWorker();
  WatchWorker(const WatchWorker&) = delete;
  WatchWorker& operator=(const WatchWorker&) = delete;

  /// Asks it to end. False: it is still in a look, of a service that does not answer, say; looks only read, so the
  /// program may end all the same.
  [[nodiscard]] bool StopWithin(std::chrono::milliseconds wait);
  /// The newest round, if there is one that was not taken yet.
  [[nodiscard]] std::shared_ptr<const WatchRound> TakeRound();
  /// Runs another verb of this program, after what it does now.
  void Ask(WatchRequest request);
  /// What it printed, once.
  [[nodiscard]] std::optional<std::pair<WatchRequest, std::string>> TakeAnswer();

 private:
  void Work();
  [[nodiscard]] bool IsStopping();

  WatchCollector collector_;
  std::chrono::seconds every_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false, ended_ = false;
  std::optional<WatchRequest> request_;
  std::shared_ptr<const WatchRound> round_;
  std::optional<std::pair<WatchRequest, std::string>> answer_;
  std::thread thread_;
};

}  // namespace mqtrack::cli
