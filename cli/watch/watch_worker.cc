#include "cli/watch/watch_worker.h"

#include <algorithm>
#include <csignal>

#include "cli/options/interval.h"
#include "cli/watch/verb_output.h"

namespace mqtrack::cli {

WatchWorker::WatchWorker(WatchCollector collector, std::chrono::seconds every)
    : collector_(std::move(collector)), every_(every) {
  // A thread inherits the mask: signals are the screen's.
  sigset_t all, before;
  ::sigfillset(&all);
  for (const int crash : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) ::sigdelset(&all, crash);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] {
    Work();
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

WatchWorker::~WatchWorker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool WatchWorker::StopWithin(std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  return changed_.wait_for(lock, wait, [this] { return ended_; });
}

bool WatchWorker::IsStopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

std::shared_ptr<const WatchRound> WatchWorker::TakeRound() {
  const std::lock_guard lock(mutex_);
  return std::exchange(round_, nullptr);
}

void WatchWorker::Ask(WatchRequest request) {
  {
    const std::lock_guard lock(mutex_);
    request_ = std::move(request);
  }
  changed_.notify_all();
}

std::optional<std::pair<WatchRequest, std::string>> WatchWorker::TakeAnswer() {
  const std::lock_guard lock(mutex_);
  return std::exchange(answer_, std::nullopt);
}

void WatchWorker::Work() {
  auto next_look = std::chrono::steady_clock::now();
  for (;;) {
    std::optional<WatchRequest> request;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_until(lock, next_look, [this] { return stopping_ || request_; });
      if (stopping_) return;
      request = std::exchange(request_, std::nullopt);
    }
    if (request) {
      std::string text = VerbOutput(request->words, [this] { return IsStopping(); });
      const std::lock_guard lock(mutex_);
      answer_.emplace(*std::move(request), std::move(text));
    } else if (std::chrono::steady_clock::now() >= next_look) {
      next_look = std::chrono::steady_clock::now();
      auto round = std::make_shared<WatchRound>(collector_.Look());
      const auto pace = Pace(every_, std::chrono::milliseconds(round->cost_ms));
      round->every_s = std::chrono::duration_cast<std::chrono::seconds>(pace).count();
      next_look += pace;
      const std::lock_guard lock(mutex_);
      round_ = std::move(round);
    }
  }
}

}  // namespace mqtrack::cli
