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
  ~UnjoinedThreads() override {
    for (auto& job : jobs_) job->thread.join();
  }
  void OnReading(const Reading& reading) override { StoreInBackground(reading); }

 private:
  void StoreInBackground(const Reading& reading) {
    jobs_.push_back(std::make_unique<StoreJob>());
    StoreJob& job = *jobs_.back();
    job.value = reading.value;
    job.thread = std::thread(Store, std::ref(job));  // the leak: joined only when the service ends
  }

  std::vector<std::unique_ptr<StoreJob>> jobs_;
};

}  // namespace

std::unique_ptr<Leak> MakeUnjoinedThreads() { return std::make_unique<UnjoinedThreads>(); }

}  // namespace sample
