// Which addresses may be sampled blocks: of thousands of frees in sampled mode one is of a sampled block, and this
// tells the others apart by looking at one word.
#pragma once

#include <cstdint>

#include "libtrack/log/layout.h"
#include "preload/recorder/atomic_field.h"

namespace mqtrack::recorder {

/// A counting filter (Fan, Cao, Almeida, Broder: "Summary cache", 2000) with one hash function. Thread-safe, lock-free.
class SampledBlocks {
 public:
  /// Before the block is entered into the live table.
  void Add(const void* block) { AddRelaxed(CountOf(block), std::uint32_t{1}); }
  /// After it was taken out.
  void Remove(const void* block) { AddRelaxed(CountOf(block), ~std::uint32_t{0}); }
  /// False: the block was not sampled.
  [[nodiscard]] bool MayContain(const void* block) { return LoadRelaxed(CountOf(block)) != 0; }

 private:
  static constexpr int kBits = 12;
  std::uint32_t& CountOf(const void* block) {
    return counts_[reinterpret_cast<std::uintptr_t>(block) * 0x9e3779b97f4a7c15ULL >> (64 - kBits)];
  }
  std::uint32_t counts_[1 << kBits] = {};
};

}  // namespace mqtrack::recorder
