#include "reports/text/memory_line.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace mqtrack::reports {
namespace {

using analysis::Memory;

constexpr std::int64_t kMiB = std::int64_t{1} << 20;

Memory OfMiB(std::int64_t resident, std::int64_t anonymous, std::int64_t recorder, std::int64_t live_heap) {
  return {resident * kMiB, anonymous * kMiB, recorder * kMiB, live_heap * kMiB};
}

TEST(MemoryLine, StayedUpWhileTheHeapShrank) {
  EXPECT_EQ(MemorySentence(OfMiB(120, 110, 2, 100), OfMiB(118, 109, 3, 20)),
            "resident memory is 118 MiB (-2 MiB), though live heap blocks shrank by 80 MiB: the allocator keeps what "
            "was freed, and reuses it; beside live heap blocks the allocator, stacks and mappings hold 89 MiB (+79 "
            "MiB); the recorder's own share is 3 MiB (+1 MiB)");
}

TEST(MemoryLine, GrewMoreThanTheHeap) {
  EXPECT_EQ(MemorySentence(OfMiB(20, 12, 2, 10), OfMiB(60, 50, 4, 12)),
            "resident memory is 60 MiB (+40 MiB), 36 MiB more than live heap blocks: stacks, mappings, pages of "
            "files, or blocks that lie scattered among free memory; beside live heap blocks the allocator, stacks and "
            "mappings hold 38 MiB (+36 MiB); the recorder's own share is 4 MiB (+2 MiB)");
}

TEST(MemoryLine, GrewAsTheHeapDid) {
  EXPECT_EQ(MemorySentence(OfMiB(20, 12, 2, 10), OfMiB(30, 22, 2, 20)),
            "resident memory is 30 MiB (+10 MiB); beside live heap blocks the allocator, stacks and mappings hold 2 "
            "MiB (unchanged); the recorder's own share is 2 MiB (unchanged)");
}

TEST(MemoryLine, TheRecordersOwnGrowthIsNotTheServices) {
  const std::string text = MemorySentence(OfMiB(20, 12, 2, 10), OfMiB(60, 13, 42, 10));
  EXPECT_EQ(text.find("more than live heap blocks"), std::string::npos) << text;
}

TEST(MemoryLine, ShrankAsTheHeapDid) {
  const std::string text = MemorySentence(OfMiB(120, 110, 2, 100), OfMiB(45, 35, 2, 20));
  EXPECT_EQ(text.find("keeps"), std::string::npos) << text;
}

TEST(MemoryLine, WhatIsNotKnownIsNotSaid) {
  const Memory all = OfMiB(20, 12, 2, 10);
  EXPECT_EQ(MemorySentence(Memory(), Memory()), "");
  EXPECT_EQ(MemorySentence(all, Memory()), "");
  EXPECT_EQ(MemorySentence(Memory(), all), "");
  Memory resident;
  resident.resident = 20 * kMiB;
  EXPECT_EQ(MemorySentence(resident, all), "resident memory is 20 MiB (unchanged)");
}

TEST(MemoryLine, FieldsAreThoseThatBothSidesKnow) {
  const Memory all = OfMiB(20, 12, 2, 10);
  EXPECT_TRUE(MemoryJson(all, Memory()).is_null());
  Memory resident;
  resident.resident = kMiB;
  EXPECT_EQ(MemoryJson(resident, all).dump(), R"({"base_rss_bytes":1048576,"rss_bytes":20971520})");
  EXPECT_EQ(MemoryJson(all, all).size(), 8u);
}

}  // namespace
}  // namespace mqtrack::reports
