// What a saved capture says of itself comes back as it was, and nothing of it is trusted.
#include "libtrack/heapgraph/capture/saved_facts.h"

#include <gtest/gtest.h>

namespace mqtrack::heapgraph {
namespace {

SavedFacts Example() {
  SavedFacts facts;
  facts.process = "my\nbroker (pid 7)";
  facts.stood_still_nanos = 350'000;
  facts.cloned = false;
  facts.why_not_cloned = "as you asked";
  facts.not_copied = 2;
  facts.log_inode = 99;
  facts.kernel_words = {0, 0xffffffffffffffff};
  facts.thread_names = {{7, "my broker"}, {8, "back\\slash n"}};
  procfs::MemoryMapping heap;
  heap.start = 0x1000;
  heap.end = 0x5000;
  heap.readable = heap.writable = heap.is_wiped_in_copies = true;
  heap.own_bytes = 0x2000;
  heap.path = "/a path/with blanks \n and more";
  facts.mappings = {heap};
  facts.shown = {{0x1000, 0x2000}, {0x3000, 0x4000}};
  facts.missing = {{0x4000, 0x5000}};
  return facts;
}

TEST(SavedFacts, ComeBack) {
  const SavedFacts before = Example();
  const support::Result<SavedFacts> after = DecodeSavedFacts(EncodeSavedFacts(before), "x.core");
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->process, before.process);
  EXPECT_EQ(after->stood_still_nanos, before.stood_still_nanos);
  EXPECT_EQ(after->cloned, before.cloned);
  EXPECT_EQ(after->why_not_cloned, before.why_not_cloned);
  EXPECT_EQ(after->not_copied, before.not_copied);
  EXPECT_EQ(after->log_inode, before.log_inode);
  EXPECT_EQ(after->kernel_words, before.kernel_words);
  EXPECT_EQ(after->thread_names, before.thread_names);
  ASSERT_EQ(after->mappings.size(), 1u);
  EXPECT_EQ(after->mappings[0].path, before.mappings[0].path);
  EXPECT_TRUE(after->mappings[0].writable && after->mappings[0].is_wiped_in_copies);
  EXPECT_FALSE(after->mappings[0].executable || after->mappings[0].shared || after->mappings[0].is_left_out_of_copies);
  ASSERT_EQ(after->shown.size(), 2u);
  EXPECT_EQ(after->shown[1].end, 0x4000u);
  EXPECT_EQ(after->missing[0].start, 0x4000u);
}

TEST(SavedFacts, RefuseWhatMakesNoSense) {
  const std::string first = "mqtrack-memory 1\n";
  for (const char* line : {"show 2000 1000", "show 1000", "show x y", "map 1000 2000", "map 1000 1000 0 0 0 0 rw",
                           "map 1000 1000000000000 0 0 0 0 rw", "stood", "show 1000 2000\nshow 1800 2800"}) {
    const support::Result<SavedFacts> facts = DecodeSavedFacts(first + line + "\n", "x.core");
    ASSERT_FALSE(facts.ok()) << line;
    EXPECT_EQ(facts.error().code, support::ErrorCode::kBadInput);
  }
  EXPECT_TRUE(DecodeSavedFacts(first + "of a later version 17\n", "x.core").ok());
  for (const char* text : {"", "mqtrack-memory", "mqtrack-memory 12\n", "mqtrack-memory 2\n"}) {
    const support::Result<SavedFacts> facts = DecodeSavedFacts(text, "x.core");
    ASSERT_FALSE(facts.ok()) << text;
    EXPECT_EQ(facts.error().code, support::ErrorCode::kCannotMeasure);
  }
}

}  // namespace
}  // namespace mqtrack::heapgraph
