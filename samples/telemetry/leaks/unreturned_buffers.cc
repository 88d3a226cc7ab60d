// --leak=pool: buffers come from a pool and go back when they have been sent. A reading that fails to be encoded
// returns early, and its buffer never goes back; so the pool, which owns all of them, makes ever more.
#include <array>
#include <memory>
#include <vector>

#include "samples/telemetry/leaks/leak.h"

namespace sample {
namespace {

using Buffer = std::array<char, 512>;

class BufferPool {
 public:
  Buffer& Take() {
    if (free_.empty()) return MakeBuffer();
    Buffer& buffer = *free_.back();
    free_.pop_back();
    return buffer;
  }
  void Give(Buffer& buffer) { free_.push_back(&buffer); }

 private:
  Buffer& MakeBuffer() {
    all_.push_back(std::make_unique<Buffer>());
    return *all_.back();
  }

  std::vector<std::unique_ptr<Buffer>> all_;
  std::vector<Buffer*> free_;
};

class UnreturnedBuffers : public Leak {
 public:
  explicit UnreturnedBuffers(bool repaired) : repaired_(repaired) {}
  void OnReading(const Reading& reading) override { Send(reading); }

 private:
  void Send(const Reading& reading) {
    Buffer& buffer = pool_.Take();
    if (!Encode(reading, buffer)) {
      if (repaired_) pool_.Give(buffer);  // the repair: every way out gives back what was taken
      return;                             // the leak: without it
    }
    pool_.Give(buffer);
  }

  /// The format knows no odd readings.
  static bool Encode(const Reading& reading, Buffer& buffer) {
    reading.topic.copy(buffer.data(), buffer.size() - 1);
    return reading.sequence % 2 == 0;
  }

  const bool repaired_;
  BufferPool pool_;
};

}  // namespace

std::unique_ptr<Leak> MakeUnreturnedBuffers(bool repaired) { return std::make_unique<UnreturnedBuffers>(repaired); }

}  // namespace sample
