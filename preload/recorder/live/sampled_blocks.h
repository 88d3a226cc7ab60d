// Which addresses may be sampled blocks: of thousands of frees in sampled mode one is of a sampled block, and this
// tells the others apart by looking at one word.
#pragma once

#include <cstdint>

#include "libtrack/log/layout.h"
#include "preload/recorder/sync/atomic_field.h"

namespace mqtrack::recorder {

/// A counting filter (Fan, Cao, Almeida, Broder: "Summary cache", 2000) with one hash function, over stretches of 4 KiB
/// rather than blocks: what a service frees lies close together, so that the counts it needs stay in the processor's
/// cache. Thread-safe, lock-free.
class SampledBlocks {
 public:
  /// Before the block is entered into the live table.
  void Add(const void* block) { AddRelaxed(CountOf(block), std::uint16_t{1}); }
  /// After it was taken out.
  void Remove(const void* block) { AddRelaxed(CountOf(block), static_cast<std::uint16_t>(~0u)); }
  /// False: the block was not sampled.
  [[nodiscard]] bool MayContain(const void* block) { return LoadRelaxed(CountOf(block)) != 0; }

 private:
  static constexpr int kStretchBits = 12, kBits = 13;
  static constexpr std::uint64_t kStride = 0x9e3779b97f4a7c15;
  std::uint16_t& CountOf(const void* block) {
    // Stretches that lie together have their counts together; arenas that begin at round addresses have not.
    const std::uint64_t stretch = reinterpret_cast<std::uintptr_t>(block) >> kStretchBits;
    return counts_[(stretch + (stretch >> kBits) * kStride) & ((1u << kBits) - 1)];
  }
  std::uint16_t counts_[1 << kBits] = {};
};

}  // namespace mqtrack::recorder
