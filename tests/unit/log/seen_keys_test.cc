#include "libtrack/log/seen_keys.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace mqtrack::log {
namespace {

std::uint64_t Block(std::uint64_t address) { return MakeKey(Kind::kHeapBlock, address); }

TEST(SeenKeys, KnowsAKeyFromItsNeighbours) {
  SeenKeys seen;
  EXPECT_TRUE(seen.Insert(Block(0x7f0000001000)));
  EXPECT_FALSE(seen.Insert(Block(0x7f0000001000)));
  EXPECT_TRUE(seen.Insert(Block(0x7f0000001008)));
  EXPECT_TRUE(seen.Insert(Block(0x7f0000011000))) << "the same place of the next region";
  EXPECT_TRUE(seen.Insert(MakeKey(Kind::kMapping, 0x7f0000001000))) << "the same handle of another kind";
}

TEST(SeenKeys, HoldsHandlesThatAreAlignedToNothing) {
  SeenKeys seen;
  for (std::uint64_t number = 1; number < 100; ++number) {
    EXPECT_TRUE(seen.Insert(MakeKey(Kind::kDescriptor, number)));
    EXPECT_FALSE(seen.Insert(MakeKey(Kind::kDescriptor, number)));
  }
}

// A region is a list at first, and a bitmap when it is full: no key is lost or invented on the way.
TEST(SeenKeys, StaysExactWhereAListBecomesABitmap) {
  SeenKeys seen;
  for (std::uint64_t i = 0; i < 8192; ++i) EXPECT_TRUE(seen.Insert(Block(0x10000 + 8 * (i * 2731 % 8192)))) << i;
  for (std::uint64_t i = 0; i < 8192; ++i) EXPECT_FALSE(seen.Insert(Block(0x10000 + 8 * i))) << i;
}

TEST(SeenKeys, AgreesWithASetOfKeys) {
  SeenKeys seen;
  std::set<std::uint64_t> model;
  std::mt19937_64 random(1);
  for (int i = 0; i < 300'000; ++i) {
    const std::uint64_t spread = std::uint64_t{1} << random() % 40;
    const std::uint64_t key = Block(0x5500'0000'0000 + random() % spread);
    ASSERT_EQ(seen.Insert(key), model.insert(key).second) << key;
  }
}

}  // namespace
}  // namespace mqtrack::log
