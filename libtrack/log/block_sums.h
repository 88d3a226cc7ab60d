// Heap blocks summed while the live table is read: memory by distinct stacks, not by blocks.
#pragma once

#include <cstdint>
#include <vector>

#include "libtrack/log/layout.h"

namespace mqtrack::log {

struct LiveEntry;

/// The heap blocks of one stack with one label set, born in one generation.
struct BlockGroup {
  StackId stack{};
  LabelsId labels{};
  std::uint32_t generation = 0;
  std::uint64_t objects = 0, bytes = 0;               // of what was recorded; bytes stay at the largest number
  double estimated_objects = 0, estimated_bytes = 0;  // sampled recording: what the recorded blocks stand for
};

/// a + b, or the largest number where that overflows: a hostile log can hold any sizes.
[[nodiscard]] constexpr std::uint64_t SaturatingAdd(std::uint64_t a, std::uint64_t b) {
  return a + b < a ? ~std::uint64_t{0} : a + b;
}

/// Flat open addressing: there may be millions of blocks. Not thread-safe.
class BlockSums {
 public:
  /// `sample_bytes`: the mean sampling interval, 0 in exact mode.
  explicit BlockSums(std::uint64_t sample_bytes = 0);
  void Add(const LiveEntry& block);
  /// One group each, in order of first appearance.
  [[nodiscard]] std::vector<BlockGroup> Take() && { return std::move(groups_); }

 private:
  BlockGroup& Find(const LiveEntry& block);
  std::uint32_t& Probe(StackId stack, LabelsId labels, std::uint32_t generation);
  void Grow();

  std::uint64_t sample_bytes_;
  std::vector<std::uint32_t> table_;  // index + 1 into groups_; a power of two, at most half full
  std::vector<BlockGroup> groups_;
};

}  // namespace mqtrack::log
