// --leak=thread: every reading is stored by a thread of its own. The threads end at once, but nobody joins them, so
// their stacks (8 MiB of address space each) and the jobs they worked on stay.
#include <array>
#include <memory>
#include <thread>
#include <vector>

#include "samples/telemetry/leaks/leak.h"

namespace sample {
namespace {

struct StoreJob {
  double value = 0;
  std::array<char, 2048> line{};
  std::thread thread;
};

void Store(StoreJob& job) { job.line.fill(job.value < 0 ? '-' : '+'); }

class UnjoinedThreads : public Leak {
 public:
  explicit UnjoinedThreads(bool repaired) : repaired_(repaired) {}
  ~UnjoinedThreads() override { JoinAll(); }
  void OnReading(const Reading& reading) override { StoreInBackground(reading); }

 private:
  void JoinAll() {
    for (auto& job : jobs_) job->thread.join();
    jobs_.clear();
  }

  void StoreInBackground(const Reading& reading) {
    if (repaired_) JoinAll();  // the repair: the last one is joined before the next one begins
    jobs_.push_back(std::make_unique<StoreJob>());
    StoreJob& job = *jobs_.back();
    job.value = reading.value;
    job.thread = std::thread(Store, std::ref(job));  // the leak: joined only when the service ends
  }

  const bool repaired_;
  std::vector<std::unique_ptr<StoreJob>> jobs_;
};

}  // namespace

std::unique_ptr<Leak> MakeUnjoinedThreads(bool repaired) { return std::make_unique<UnjoinedThreads>(repaired); }

}  // namespace sample
