#include "cli/generation_clock.h"

#include <signal.h>

#include "libtrack/log/reader.h"
#include "libtrack/process/discovery.h"

namespace mqtrack::cli {
namespace {

void BeginGenerations(const std::string& log_dir, std::uint64_t run) {
  const auto recorded = process::ListRecorded(log_dir);
  if (!recorded) return;
  for (const process::RecordedProcess& process : *recorded) {
    if (!process.error.empty() || process.facts.run != run || !process::MayBeRecording(process)) continue;
    // A log that cannot be written to has one long generation.
    auto reader = log::LogReader::Open(process.log_path, support::MappedFile::Access::kReadWrite);
    if (reader) reader->AdvanceGeneration();
  }
}

}  // namespace

void GenerationClock::Start(std::chrono::seconds every, const std::string& log_dir, std::uint64_t run) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all,
                    &before);  // what the thread inherits: signals are for whoever waits for the command
  thread_ = std::thread([=, this] { Tick(every, log_dir, run); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void GenerationClock::Tick(std::chrono::seconds every, const std::string& log_dir, std::uint64_t run) {
  auto next = std::chrono::steady_clock::now() + every;
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_until(lock, next, [this] { return is_over_; })) {
    lock.unlock();
    BeginGenerations(log_dir, run);
    lock.lock();
    next += every;
  }
}

void GenerationClock::Stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  stopped_.notify_all();
  thread_.join();
}

}  // namespace mqtrack::cli
