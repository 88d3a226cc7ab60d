#include "samples/telemetry/device_statistics.h"

#include <algorithm>

namespace sample {

void DeviceStatistics::Add(const Reading& reading) {
  auto found = by_topic_.find(reading.topic);
  if (found == by_topic_.end() && by_topic_.size() < kMostTopics) found = by_topic_.try_emplace(reading.topic).first;
  Summary& summary = found == by_topic_.end() ? others_ : found->second;
  summary.lowest = summary.count == 0 ? reading.value : std::min(summary.lowest, reading.value);
  summary.highest = summary.count == 0 ? reading.value : std::max(summary.highest, reading.value);
  summary.sum += reading.value;
  ++summary.count;
}

}  // namespace sample
