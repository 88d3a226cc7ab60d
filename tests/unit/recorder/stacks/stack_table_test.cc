#include "preload/recorder/stacks/stack_table.h"

#include <thread>
#include <vector>

#include "preload/recorder/unwinding/cfi.h"
#include "tests/unit/recorder/recording_fixture.h"

namespace mqtrack::recorder {
namespace {

class StackTableTest : public RecordingTest {
 protected:
  void SetUp() override {
    RecordingTest::SetUp();
    InitialiseCfi();
    const char* why = nullptr;
    ASSERT_TRUE(file_.Create(settings_, why)) << why;
    arena_.Create(file_);
    ASSERT_TRUE(modules_.Create(file_));
    ASSERT_TRUE(table_.Create(file_, arena_, modules_));
  }
  LogFile file_;
  Arena arena_;
  ModuleTable modules_;
  StackTable table_;
};

TEST_F(StackTableTest, EqualStacksAreOneAndDifferentOnesAreNot) {
  const std::uint64_t a[] = {100, 200, 300}, b[] = {100, 200, 301};
  log::StackRecord* first = table_.Intern(a, 3, 0);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(table_.Intern(a, 3, 0), first);
  EXPECT_NE(table_.Intern(b, 3, 0), first);
  EXPECT_NE(table_.Intern(a, 2, 0), first);
  EXPECT_NE(table_.Intern(a, 3, log::kStackTruncated), first);
  EXPECT_EQ(table_.RecordOf(table_.IdOf(first)), first);
  EXPECT_EQ(first->depth, 3u);
  EXPECT_EQ(table_.InternSynthetic(log::SyntheticStack::kUnknown),
            table_.InternSynthetic(log::SyntheticStack::kUnknown));
}

TEST_F(StackTableTest, ManyThreadsInternTheSameHundredThousandStacksOnce) {
  constexpr std::uint64_t kStacks = 100000;
  constexpr int kThreads = 4;
  std::vector<std::vector<log::StackRecord*>> found(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < kStacks; ++i) {
        const std::uint64_t addresses[] = {i * 16 + 1, 7, 9};
        found[static_cast<std::size_t>(t)].push_back(table_.Intern(addresses, 3, 0));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::uint64_t i = 0; i < kStacks; ++i) {
    ASSERT_NE(found[0][i], nullptr);
    const std::uint64_t addresses[] = {i * 16 + 1, 7, 9};
    ASSERT_EQ(table_.Intern(addresses, 3, 0)->hash, found[0][i]->hash);
  }
}

TEST_F(StackTableTest, KnowsTheModulesOfTheCodeItMeets) {
  const std::uint64_t here = reinterpret_cast<std::uint64_t>(&InitialiseCfi);
  const std::uint64_t libc = reinterpret_cast<std::uint64_t>(&std::malloc);
  const std::uint64_t addresses[] = {libc + 1, here + 1};
  log::StackRecord* stack = table_.Intern(addresses, 2, 0);
  ASSERT_EQ(stack->modules, file_.header().module_count);
  bool found_libc = false;
  for (std::uint32_t i = 0; i < log::kMaxSegments; ++i) {
    const log::Segment& segment = file_.header().segments[i];
    if (segment.kind != static_cast<std::uint32_t>(log::SegmentKind::kModules)) continue;
    const auto* modules = file_.At<log::Module>(segment.offset);
    EXPECT_EQ(modules[0].is_main, 1u);
    EXPECT_NE(std::string(modules[0].path).find("recorder_test"), std::string::npos);
    for (std::uint32_t m = 0; m < file_.header().module_count; ++m) {
      EXPECT_GT(modules[m].build_id_bytes, 0u) << modules[m].path;
      found_libc |= libc >= modules[m].start && libc < modules[m].end && modules[m].path[0] == '/';
    }
  }
  EXPECT_TRUE(found_libc);
}

}  // namespace
}  // namespace mqtrack::recorder
