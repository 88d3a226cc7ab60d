#include "libtrack/heapgraph/block_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace mqtrack::heapgraph {
namespace {

log::LiveEntry Block(std::uint64_t address, std::uint64_t bytes) {
  log::LiveEntry block;
  block.kind = log::Kind::kHeapBlock;
  block.handle = address;
  block.bytes = bytes;
  return block;
}

TEST(BlockIndexTest, NoneInNothing) {
  const std::vector<log::LiveEntry> blocks;
  const BlockIndex index(blocks);
  EXPECT_EQ(index.Find(0), BlockId::kNone);
  EXPECT_EQ(index.Find(~std::uint64_t{0}), BlockId::kNone);
}

TEST(BlockIndexTest, FirstAndLastByteAndNoneBehind) {
  const std::vector<log::LiveEntry> blocks = {Block(0x1000, 0), Block(0x1010, 24), Block(0x7f0000000000, 1 << 24)};
  const BlockIndex index(blocks);
  EXPECT_EQ(index.Find(0xfff), BlockId::kNone);
  EXPECT_EQ(index.Find(0x1000), BlockId{0}) << "a block without bytes is found by its address";
  EXPECT_EQ(index.Find(0x1001), BlockId::kNone);
  EXPECT_EQ(index.Find(0x1010), BlockId{1});
  EXPECT_EQ(index.Find(0x1027), BlockId{1});
  EXPECT_EQ(index.Find(0x1028), BlockId::kNone);
  EXPECT_EQ(index.Find(0x7f0000000000 + (1 << 23)), BlockId{2}) << "in the middle of a large one";
  EXPECT_EQ(index.Find(0x7f0000000000 + (1 << 24) - 1), BlockId{2});
  EXPECT_EQ(index.Find(0x7f0000000000 + (1 << 24)), BlockId::kNone);
}

TEST(BlockIndexTest, AgreesWithASearchThroughAll) {
  std::mt19937_64 random(14);
  for (int round = 0; round < 20; ++round) {
    std::vector<log::LiveEntry> blocks;
    std::uint64_t at = 0x500000;
    for (int i = 0; i < 3000; ++i) {
      at += random() % (random() % 50 == 0 ? 1'000'000 : 64);
      const std::uint64_t bytes = random() % (random() % 40 == 0 ? 700'000 : 300);
      blocks.push_back(Block(at, bytes));
      at = EndOf(blocks.back());
    }
    const BlockIndex index(blocks);
    for (int i = 0; i < 20'000; ++i) {
      const log::LiveEntry& near = blocks[random() % blocks.size()];
      const std::uint64_t address = near.handle + random() % (near.bytes + 40) - 20;
      const auto behind = std::upper_bound(blocks.begin(), blocks.end(), address,
                                           [](std::uint64_t a, const auto& b) { return a < b.handle; });
      BlockId expected = BlockId::kNone;
      if (behind != blocks.begin() && address < EndOf(*std::prev(behind)))
        expected = static_cast<BlockId>(std::prev(behind) - blocks.begin());
      ASSERT_EQ(index.Find(address), expected);
    }
  }
}

}  // namespace
}  // namespace mqtrack::heapgraph
