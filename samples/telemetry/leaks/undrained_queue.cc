// --leak=queue: readings are queued for an uploader, but the uploader was switched off and the producer was not.
#include <cstdint>
#include <deque>

#include "samples/telemetry/leaks/leak.h"

namespace sample {
namespace {

struct UploadRecord {
  double value;
  std::uint64_t sequence;
  char topic[112];
};

class UndrainedQueue : public Leak {
 public:
  void OnReading(const Reading& reading) override { EnqueueForUpload(reading); }

 private:
  void EnqueueForUpload(const Reading& reading) {
    UploadRecord record{reading.value, reading.sequence, {}};
    reading.topic.copy(record.topic, sizeof record.topic - 1);
    pending_.push_back(record);  // the leak: there is no pop_front anywhere
  }

  std::deque<UploadRecord> pending_;
};

}  // namespace

std::unique_ptr<Leak> MakeUndrainedQueue() { return std::make_unique<UndrainedQueue>(); }

}  // namespace sample
