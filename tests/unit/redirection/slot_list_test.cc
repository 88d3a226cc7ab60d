#include "preload/attach/slot_list.h"

#include <gtest/gtest.h>

namespace mqtrack::redirection {
namespace {

constexpr std::uintptr_t kMany = 10'000;  // more than it has room for at first

TEST(SlotList, RemembersMany) {
  SlotList slots;
  for (std::uintptr_t i = 1; i <= kMany; ++i) ASSERT_TRUE(slots.Remember(i * 8, i));
  for (std::uintptr_t i = 1; i <= kMany; ++i) ASSERT_EQ(slots.OriginalOf(i * 8), i);
  EXPECT_EQ(slots.OriginalOf(4), 0u);
}

TEST(SlotList, TakesTheNewValueOfASlotThatComesAgain) {
  SlotList slots;
  ASSERT_TRUE(slots.Remember(8, 1));
  slots.MayRepeat(true);
  ASSERT_TRUE(slots.Remember(8, 2));
  EXPECT_EQ(slots.OriginalOf(8), 2u);
}

TEST(SlotList, ForgetsAll) {
  SlotList slots;
  ASSERT_TRUE(slots.Remember(8, 1));
  slots.Clear();
  EXPECT_EQ(slots.OriginalOf(8), 0u);
  ASSERT_TRUE(slots.Remember(16, 3));
  EXPECT_EQ(slots.OriginalOf(16), 3u);
}

}  // namespace
}  // namespace mqtrack::redirection
