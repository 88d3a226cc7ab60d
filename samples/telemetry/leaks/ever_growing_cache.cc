// --leak=cache: every reading is remembered to recognise duplicates, and nothing is ever forgotten again.
#include <array>
#include <cstdint>
#include <unordered_map>

#include "samples/telemetry/leaks/leak.h"

namespace sample {
namespace {

constexpr std::uint64_t kMostSeen = 64;

struct SeenReading {
  double value = 0;
  std::array<char, 104> topic{};
};

class EverGrowingCache : public Leak {
 public:
  explicit EverGrowingCache(bool repaired) : repaired_(repaired) {}
  void OnReading(const Reading& reading) override { RememberAsSeen(reading); }

 private:
  void RememberAsSeen(const Reading& reading) {
    SeenReading& seen = seen_[reading.sequence];  // the leak: a cache without a limit or an age
    seen.value = reading.value;
    reading.topic.copy(seen.topic.data(), seen.topic.size() - 1);
    if (repaired_ && reading.sequence > kMostSeen) seen_.erase(reading.sequence - kMostSeen);  // the repair: a bound
  }

  const bool repaired_;
  std::unordered_map<std::uint64_t, SeenReading> seen_;
};

}  // namespace

std::unique_ptr<Leak> MakeEverGrowingCache(bool repaired) { return std::make_unique<EverGrowingCache>(repaired); }

}  // namespace sample
