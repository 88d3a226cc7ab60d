// How long something took, many times over: counts by size, of which any percentile can be told, and which can be added
// to each other (the log-linear scale of HdrHistogram: each power of two is divided into equal parts).
#pragma once

#include <cstdint>
#include <vector>

namespace mqtrack::topology {

/// Memory follows the spread of the values, at most 16 KiB. Percentiles are within 1.6 % of the true ones. Not
/// thread-safe.
class LatencyHistogram {
 public:
  /// Negative values count as 0.
  void Add(std::int64_t nanos);
  void Merge(const LatencyHistogram& other);

  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] std::int64_t max() const { return max_; }
  /// The value that `fraction` (0 to 1) of all are not larger than; 0 without any.
  [[nodiscard]] std::int64_t Percentile(double fraction) const;

 private:
  void AddToBucket(int bucket, std::int64_t count);

  std::vector<std::int64_t> counts_;  // of buckets from first_ on
  int first_ = 0;
  std::int64_t count_ = 0, max_ = 0;
};

}  // namespace mqtrack::topology
