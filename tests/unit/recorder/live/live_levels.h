// The levels of a live table as they lie in its log.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

#include "preload/recorder/log/log_file.h"

namespace mqtrack::recorder {

struct LiveLevel {
  log::Bucket* buckets;
  std::uint64_t count;
};

/// Those in the directory, in its order; with withdrawn ones.
inline std::vector<LiveLevel> LiveLevels(const LogFile& file) {
  std::vector<LiveLevel> levels;
  for (const log::Segment& segment : file.header().segments) {
    if (segment.kind != static_cast<std::uint32_t>(log::SegmentKind::kLiveLevel)) continue;
    levels.push_back({file.At<log::Bucket>(segment.offset), segment.count});
  }
  return levels;
}

/// In how many slots of `bucket` `key` is; 0: how many are empty.
inline std::uint64_t CountIn(const log::Bucket& bucket, std::uint64_t key) {
  return static_cast<std::uint64_t>(std::count(std::begin(bucket.keys), std::end(bucket.keys), key));
}

/// How many slots of a level are in use.
inline std::uint64_t OccupiedSlots(const LiveLevel& level) {
  std::uint64_t occupied = 0;
  for (std::uint64_t i = 0; i < level.count; ++i) occupied += log::kSlotsPerBucket - CountIn(level.buckets[i], 0);
  return occupied;
}

/// Numbers from `first` on whose keys have the same two buckets of the oldest level: one more than find room in both.
template <typename KeyOf>
std::vector<std::uint64_t> Crowd(const LogFile& file, std::uint64_t first, KeyOf key_of) {
  const std::uint64_t buckets = LiveLevels(file).front().count;
  const log::BucketChoices wanted = log::ChooseBuckets(key_of(first), buckets);
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t n = first; numbers.size() < 2 * log::kSlotsPerBucket + 1; ++n) {
    const log::BucketChoices choice = log::ChooseBuckets(key_of(n), buckets);
    if (choice.first == wanted.first && choice.second == wanted.second) numbers.push_back(n);
  }
  return numbers;
}

}  // namespace mqtrack::recorder
