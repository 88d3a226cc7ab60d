// --leak=queue: readings are queued for an uploader, but the uploader was switched off and the producer was not.
#include <cstddef>
#include <cstdint>
#include <deque>

#include "samples/telemetry/leaks/leak.h"

namespace sample {
namespace {

constexpr std::size_t kMostPending = 32;

struct UploadRecord {
  double value;
  std::uint64_t sequence;
  char topic[112];
};

class UndrainedQueue : public Leak {
 public:
  explicit UndrainedQueue(bool repaired) : repaired_(repaired) {}
  void OnReading(const Reading& reading) override { EnqueueForUpload(reading); }

 private:
  void EnqueueForUpload(const Reading& reading) {
    UploadRecord record{reading.value, reading.sequence, {}};
    reading.topic.copy(record.topic, sizeof record.topic - 1);
    pending_.push_back(record);                                             // the leak: there is no pop_front anywhere
    if (repaired_ && pending_.size() > kMostPending) pending_.pop_front();  // the repair: a bound, the oldest goes
  }

  const bool repaired_;
  std::deque<UploadRecord> pending_;
};

}  // namespace

std::unique_ptr<Leak> MakeUndrainedQueue(bool repaired) { return std::make_unique<UndrainedQueue>(repaired); }

}  // namespace sample
