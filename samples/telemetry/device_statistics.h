// The service's real work: minimum, maximum and mean of every topic. Bounded, so it does not leak.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "samples/telemetry/reading.h"

namespace sample {

class DeviceStatistics {
 public:
  /// Topics beyond this many are counted together, so that a flood of new topics cannot exhaust memory.
  static constexpr std::size_t kMostTopics = 1000;

  void Add(const Reading& reading);

 private:
  struct Summary {
    std::uint64_t count = 0;
    double sum = 0, lowest = 0, highest = 0;
  };
  std::unordered_map<std::string, Summary> by_topic_;
  Summary others_;
};

}  // namespace sample
