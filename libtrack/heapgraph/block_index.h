// Which recorded block an address lies in. Asked for every word of the process's memory, so it must say no at once to
// what is no address of a block, and yes after a look at two tables.
#pragma once

#include <cstdint>
#include <vector>

#include "libtrack/log/reader.h"

namespace mqtrack::heapgraph {

/// A block's number, in order of address.
enum class BlockId : std::uint32_t { kNone = 0xffffffff };

/// Borrows the blocks: sorted by address, none overlapping another. Immutable.
class BlockIndex {
 public:
  explicit BlockIndex(const std::vector<log::LiveEntry>& blocks);

  /// The block that `address` lies in, its first byte included even where it has none; kNone if there is none.
  [[nodiscard]] BlockId Find(std::uint64_t address) const {
    if (address - lowest_ >= span_) return BlockId::kNone;
    return Search(address);
  }

 private:
  /// What is known of one stretch of addresses: a table of its granules, or the one block that covers it all.
  struct Stretch {
    std::uint64_t number;  // address >> kStretchBits
    std::uint32_t table;   // into tables_, in units of kGranules; kWhole: `block` covers it
    std::uint32_t block;
  };
  static constexpr std::uint32_t kWhole = 0xffffffff;
  static constexpr unsigned kStretchBits = 18, kGranuleBits = 8;
  static constexpr std::uint32_t kGranules = 1u << (kStretchBits - kGranuleBits);

  [[nodiscard]] BlockId Search(std::uint64_t address) const;
  [[nodiscard]] const Stretch* FindStretch(std::uint64_t number) const;
  Stretch& AddStretch(std::uint64_t number);
  void Enter(std::uint32_t block);
  void Grow();

  const std::vector<log::LiveEntry>& blocks_;
  std::uint64_t lowest_ = 0, span_ = 0;
  std::vector<std::uint32_t> places_;  // hash of a stretch's number -> its place in stretches_ + 1
  std::vector<Stretch> stretches_;
  std::vector<std::uint32_t> tables_;  // of each granule, the first block that reaches into or begins behind its start
};

/// Where a block ends; a block without bytes takes one.
[[nodiscard]] constexpr std::uint64_t EndOf(const log::LiveEntry& block) {
  return block.handle + (block.bytes == 0 ? 1 : block.bytes);
}

}  // namespace mqtrack::heapgraph
