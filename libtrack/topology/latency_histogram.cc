#include "libtrack/topology/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace mqtrack::topology {
namespace {

constexpr int kPartBits = 5;  // 32 parts of each power of two
constexpr std::uint64_t kParts = 1u << kPartBits;

int BucketOf(std::uint64_t value) {
  if (value < kParts) return static_cast<int>(value);
  const int shift = static_cast<int>(std::bit_width(value)) - 1 - kPartBits;
  return static_cast<int>((static_cast<std::uint64_t>(shift) << kPartBits) + (value >> shift));
}

// The middle of what falls into the bucket.
std::int64_t ValueOf(int bucket) {
  const auto number = static_cast<std::uint64_t>(bucket);
  if (number < 2 * kParts) return bucket;
  const std::uint64_t shift = (number >> kPartBits) - 1;
  const std::uint64_t low = (number - (shift << kPartBits)) << shift;
  return static_cast<std::int64_t>(low + (std::uint64_t{1} << shift) / 2);
}

}  // namespace

void LatencyHistogram::AddToBucket(int bucket, std::int64_t count) {
  if (counts_.empty()) first_ = bucket;
  if (bucket < first_) {
    counts_.insert(counts_.begin(), static_cast<std::size_t>(first_ - bucket), 0);
    first_ = bucket;
  }
  const auto at = static_cast<std::size_t>(bucket - first_);
  if (at >= counts_.size()) counts_.resize(at + 1);
  counts_[at] += count;
  count_ += count;
}

void LatencyHistogram::Add(std::int64_t nanos) {
  nanos = std::max<std::int64_t>(nanos, 0);
  AddToBucket(BucketOf(static_cast<std::uint64_t>(nanos)), 1);
  max_ = std::max(max_, nanos);
}

void LatencyHistogram::Merge(const LatencyHistogram& other) {
  for (std::size_t i = 0; i < other.counts_.size(); ++i) {
    if (other.counts_[i] != 0) AddToBucket(other.first_ + static_cast<int>(i), other.counts_[i]);
  }
  max_ = std::max(max_, other.max_);
}

std::int64_t LatencyHistogram::Percentile(double fraction) const {
  if (count_ == 0) return 0;
  const auto rank = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::ceil(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(count_))));
  std::int64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::min(ValueOf(first_ + static_cast<int>(i)), max_);
  }
  return max_;
}

}  // namespace mqtrack::topology
