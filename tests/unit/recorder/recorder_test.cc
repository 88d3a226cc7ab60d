#include "preload/recorder/recorder.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "libtrack/log/reader.h"
#include "preload/recorder/fork_handlers.h"
#include "preload/recorder/heap_blocks.h"
#include "tests/unit/recorder/recording_fixture.h"

namespace mqtrack::recorder {
namespace {

/// Each test runs in a child, because a process starts its recorder once.
class RecorderTest : public RecordingTest {
 protected:
  template <typename Body>
  void InChild(Body body) {
    const pid_t child = ::fork();
    if (child == 0) {
      const char* why = nullptr;
      if (!recorder.Start(settings_, why)) ::_exit(99);
      recorder.UseFullStacks();
      body();
      ::_exit(testing::Test::HasFailure() ? 1 : 0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  static log::LogContent ReadBack(const std::string& path) { return ReadLog(path, false); }
  static const void* Block(std::uintptr_t n) { return reinterpret_cast<const void*>(0x100000 + n * 32); }
};

__attribute__((noinline, optimize("no-omit-frame-pointer"))) void RecordHere(const void* block, std::uint64_t bytes) {
  heap_blocks.Record(block, bytes, {__builtin_frame_address(0)});
}

void ExpectInvariant(const log::LogContent& content) {
  EXPECT_EQ(content.inserted, content.removed + content.live.size());
  std::uint64_t allocated = 0;
  for (const log::Stack& stack : content.stacks) allocated += stack.alloc_objects;
  EXPECT_EQ(allocated, content.inserted + content.facts.TotalLosses());
}

TEST_F(RecorderTest, WhatIsNotForgottenIsLive) {
  InChild([] {
    for (std::uintptr_t i = 0; i < 1000; ++i) RecordHere(Block(i), i);
    LiveRecord record;
    for (std::uintptr_t i = 0; i < 990; ++i) EXPECT_TRUE(heap_blocks.Forget(Block(i), &record));
    EXPECT_FALSE(heap_blocks.Forget(Block(5000), &record));
  });
  const log::LogContent content = ReadBack(LogPath());
  EXPECT_EQ(content.live.size(), 10u);
  EXPECT_EQ(content.facts.unmatched_frees, 1u);
  EXPECT_EQ(content.facts.TotalLosses(), 0u);
  ExpectInvariant(content);
  ASSERT_FALSE(content.label_sets.empty());
  EXPECT_EQ(content.label_sets[0].second[0].second, "recorder_test");
}

TEST_F(RecorderTest, ThreadsRecordTogether) {
  InChild([] {
    std::vector<std::thread> threads;
    for (std::uintptr_t t = 0; t < 4; ++t) {
      threads.emplace_back([t] {
        LiveRecord record;
        for (std::uintptr_t i = 0; i < 20000; ++i) {
          RecordHere(Block(t * 100000 + i), 8);
          if (i % 4 == 0) continue;
          EXPECT_TRUE(heap_blocks.Forget(Block(t * 100000 + i), &record));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
  const log::LogContent content = ReadBack(LogPath());
  EXPECT_EQ(content.live.size(), 20000u);
  ExpectInvariant(content);
}

// The child of a fork knows what it inherited, and what parent and child do afterwards does not mix.
TEST_F(RecorderTest, AForkedChildGetsACopyOfItsOwn) {
  InChild([] {
    for (std::uintptr_t i = 0; i < 100; ++i) RecordHere(Block(i), 10);
    (void)fork_handlers.Before();
    const pid_t child = ::fork();
    LiveRecord record;
    if (child == 0) {
      (void)fork_handlers.AfterInChild(false);
      EXPECT_TRUE(heap_blocks.Forget(Block(0), &record));
      RecordHere(Block(1000), 77);
      RecordHere(Block(1001), 77);
      ::_exit(0);
    }
    fork_handlers.AfterInParent();
    for (std::uintptr_t i = 0; i < 50; ++i) EXPECT_TRUE(heap_blocks.Forget(Block(i), &record));
    int status = 0;
    ::waitpid(child, &status, 0);
  });
  std::vector<std::size_t> live;
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    const log::LogContent content = ReadBack(entry.path());
    live.push_back(content.live.size());
    EXPECT_EQ(content.facts.origin == log::Origin::kFork, content.live.size() == 101u);
    EXPECT_EQ(content.facts.TotalLosses(), 0u);
    ExpectInvariant(content);
  }
  std::sort(live.begin(), live.end());
  EXPECT_EQ(live, (std::vector<std::size_t>{50, 101}));
}

/// Enters `bytes` bytes that were made by a stack which nothing else has.
void RecordWithStackOfItsOwn(std::uintptr_t bytes) {
  const std::uint64_t addresses[] = {bytes * 64, 7, 9};
  LiveRecord record{};
  record.bytes = bytes;
  record.stack = recorder.stacks().IdOf(recorder.stacks().Intern(addresses, 3, 0));
  recorder.Insert(log::MakeKey(log::Kind::kHeapBlock, bytes * 64), record);
}

// Threads of the parent go on while the child copies: what they write into the log after the fork is in the copy, and
// the child writes nothing over it.
TEST_F(RecorderTest, AChildKeepsTheStacksThatItsParentWroteWhileItCopied) {
  constexpr std::uintptr_t kOfParent = 300, kOfChild = 200;
  InChild([] {
    std::thread([] {}).join();  // from now on the C library says that there may be others
    RecordWithStackOfItsOwn(1);
    (void)fork_handlers.Before();
    int gate[2];
    ASSERT_EQ(::pipe(gate), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      char word = 0;
      if (::read(gate[0], &word, 1) != 1) ::_exit(1);
      (void)fork_handlers.AfterInChild(false);
      for (std::uintptr_t i = 0; i < kOfChild; ++i) RecordWithStackOfItsOwn(1000 + i);
      ::_exit(0);
    }
    for (std::uintptr_t i = 0; i < kOfParent; ++i) RecordWithStackOfItsOwn(2 + i);
    ASSERT_EQ(::write(gate[1], "x", 1), 1);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  });
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    const log::LogContent content = ReadBack(entry.path());
    const bool is_child = content.facts.origin == log::Origin::kFork;
    EXPECT_EQ(content.live.size(), 1 + kOfParent + (is_child ? kOfChild : 0)) << entry.path();
    for (const log::LiveEntry& live : content.live) {
      const auto stack = std::find_if(content.stacks.begin(), content.stacks.end(),
                                      [&](const log::Stack& one) { return one.id == live.stack; });
      ASSERT_NE(stack, content.stacks.end()) << live.bytes;
      EXPECT_EQ(stack->addresses, (std::vector<std::uint64_t>{live.bytes * 64, 7, 9}));
    }
  }
}

// As in a process of a container that was attached to from outside: nobody makes a log for its children.
TEST_F(RecorderTest, AChildThatGetsNoLogChangesNothingOfItsParents) {
  settings_.descriptor = ::open((directory_ + "/made.log").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(settings_.descriptor, 0);
  InChild([] {
    for (std::uintptr_t i = 0; i < 100; ++i) RecordHere(Block(i), 10);
    (void)fork_handlers.Before();
    const pid_t child = ::fork();
    if (child == 0) {
      (void)fork_handlers.AfterInChild(false);
      EXPECT_FALSE(recorder.recording());
      // As code that was interrupted by a signal handler which called fork would: it goes on in the child.
      RecordHere(Block(1), 77);
      RecordHere(Block(1000), 77);
      recorder.CountLoss(log::Loss::kTableFull);
      ::_exit(testing::Test::HasFailure() ? 1 : 0);
    }
    fork_handlers.AfterInParent();
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  });
  const log::LogContent content = ReadBack(LogPath());
  EXPECT_EQ(content.live.size(), 100u);
  EXPECT_EQ(content.facts.TotalLosses(), 0u);
  ExpectInvariant(content);
}

TEST_F(RecorderTest, AFullLogLosesRecordsAndCountsThem) {
  settings_.limit_bytes = std::uint64_t{4} << 20;
  InChild([] {
    for (std::uintptr_t i = 0; i < 300000; ++i) RecordHere(Block(i), 10);
  });
  const log::LogContent content = ReadBack(LogPath());
  EXPECT_GT(content.facts.losses[static_cast<std::size_t>(log::Loss::kTableFull)], 0u);
  EXPECT_EQ(content.live.size() + content.facts.TotalLosses(), 300000u);
  EXPECT_EQ(content.facts.lost_bytes, content.facts.TotalLosses() * 10);
}

TEST_F(RecorderTest, TheLogOfAChurningProcessStaysFlat) {
  InChild([] {
    LiveRecord record;
    for (int i = 0; i < 5000; ++i) RecordHere(Block(static_cast<std::uintptr_t>(i)), 10);
    for (int i = 0; i < 2000000; ++i) {
      const auto n = static_cast<std::uintptr_t>(i % 5000);
      heap_blocks.Forget(Block(n), &record);
      RecordHere(Block(n), 10);
    }
  });
  const log::LogContent content = ReadBack(LogPath());
  EXPECT_EQ(content.live.size(), 5000u);
  EXPECT_LT(content.facts.reserved_bytes, std::uint64_t{2} << 20);
  ExpectInvariant(content);
}

}  // namespace
}  // namespace mqtrack::recorder
