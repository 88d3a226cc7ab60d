// --leak=cache: every reading is remembered to recognise duplicates, and nothing is ever forgotten again.
#include <array>
#include <cstdint>
#include <unordered_map>

#include "samples/telemetry/leaks/leak.h"

namespace sample {
namespace {

struct SeenReading {
  double value = 0;
  std::array<char, 104> topic{};
};

class EverGrowingCache : public Leak {
 public:
  void OnReading(const Reading& reading) override { RememberAsSeen(reading); }

 private:
  void RememberAsSeen(const Reading& reading) {
    SeenReading& seen = seen_[reading.sequence];  // the leak: a cache without a limit or an age
    seen.value = reading.value;
    reading.topic.copy(seen.topic.data(), seen.topic.size() - 1);
  }

  std::unordered_map<std::uint64_t, SeenReading> seen_;
};

}  // namespace

std::unique_ptr<Leak> MakeEverGrowingCache() { return std::make_unique<EverGrowingCache>(); }

}  // namespace sample
