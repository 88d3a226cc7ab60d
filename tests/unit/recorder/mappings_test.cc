#include "preload/recorder/mappings/mappings.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "libtrack/log/reader.h"
#include "preload/recorder/fork_handlers.h"
#include "preload/recorder/recorder.h"
#include "preload/recorder/resources.h"
#include "tests/unit/recorder/recording_fixture.h"

namespace mqtrack::recorder {
namespace {

constexpr std::uintptr_t kBase = 0x7000'0000'0000;
constexpr std::uintptr_t kPage = 4096;

AddressRange Pages(std::uintptr_t first, std::uintptr_t count) {
  return {kBase + first * kPage, kBase + (first + count) * kPage};
}

LiveRecord MadeHere(const char* kind) {
  const Label label = {log::LabelKey::kKind, kind, std::strlen(kind)};
  return resources.Describe(0, {__builtin_frame_address(0)}, &label, 1);
}

/// Each test records in a child, because a process starts its recorder once.
class MappingsTest : public RecordingTest {
 protected:
  template <typename Body>
  void InChild(Body body) {
    const pid_t child = ::fork();
    if (child == 0) {
      const char* why = nullptr;
      if (!recorder.Start(settings_, why)) ::_exit(99);
      body();
      ::_exit(testing::Test::HasFailure() ? 1 : 0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
    auto reader = log::LogReader::Open(LogPath(), support::MappedFile::Access::kRead);
    ASSERT_TRUE(reader) << reader.error().ToString();
    auto content = reader->Read(false);
    ASSERT_TRUE(content) << content.error().ToString();
    content_ = std::move(content).value();
    EXPECT_EQ(content_.inserted, content_.removed + content_.live.size());
    EXPECT_EQ(content_.facts.TotalLosses(), 0u);
    EXPECT_EQ(content_.facts.replaced, 0u);
  }
  /// Where what is recorded begins, and how many bytes it has. Overlaps are failures.
  [[nodiscard]] std::map<std::uint64_t, std::uint64_t> Held() const {
    std::map<std::uint64_t, std::uint64_t> held;
    for (const log::LiveEntry& entry : content_.live) {
      EXPECT_EQ(entry.kind, log::Kind::kMapping);
      held[entry.handle] = entry.bytes;
    }
    EXPECT_EQ(held.size(), content_.live.size());
    std::uint64_t end = 0;
    for (const auto& [start, bytes] : held) {
      EXPECT_GE(start, end);
      end = start + bytes;
    }
    return held;
  }
  using Expected = std::map<std::uint64_t, std::uint64_t>;

  log::LogContent content_;
};

TEST_F(MappingsTest, AHoleInTheMiddle) {
  InChild([] {
    mappings.Record(Pages(0, 10), MadeHere("anonymous"));
    mappings.Forget(Pages(4, 2));
  });
  EXPECT_EQ(Held(), (Expected{{kBase, 4 * kPage}, {kBase + 6 * kPage, 4 * kPage}}));
  EXPECT_EQ(content_.live[0].stack, content_.live[1].stack);
  EXPECT_EQ(content_.live[0].labels, content_.live[1].labels);
}

TEST_F(MappingsTest, AcrossManyMappings) {
  InChild([] {
    for (std::uintptr_t i = 0; i < 20; ++i) mappings.Record(Pages(i * 3, 2), MadeHere("anonymous"));
    CutMappings cut;
    mappings.Cut(Pages(1, 50), cut);
    EXPECT_EQ(cut.first().range.start, Pages(1, 1).start);
    mappings.Discard(cut);
  });
  EXPECT_EQ(Held(), (Expected{{kBase, kPage},
                              {kBase + 51 * kPage, 2 * kPage},
                              {kBase + 54 * kPage, 2 * kPage},
                              {kBase + 57 * kPage, 2 * kPage}}));
}

TEST_F(MappingsTest, WhatAFailedCallLeftMappedStaysKnown) {
  std::uintptr_t real = 0;
  InChild([&] {
    void* memory = ::mmap(nullptr, 16 * kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    real = reinterpret_cast<std::uintptr_t>(memory);
    for (std::uintptr_t i = 0; i < 16; i += 2)
      mappings.Record({real + i * kPage, real + (i + 2) * kPage}, MadeHere("anonymous"));
    CutMappings cut;
    mappings.Cut({real + kPage, real + 15 * kPage}, cut);
    ::munmap(reinterpret_cast<void*>(real + 4 * kPage), 2 * kPage);  // as a failed call may have done
    errno = 0;
    mappings.Restore(cut);
    EXPECT_EQ(errno, 0);
    MappedPiece piece;
    EXPECT_TRUE(mappings.Find(real, piece));
    EXPECT_EQ(piece.range.bytes(), 4 * kPage);  // one call made them all
    EXPECT_FALSE(mappings.Find(real + 5 * kPage, piece));
    EXPECT_TRUE(mappings.Find(real + 15 * kPage, piece));
  });
  std::uint64_t bytes = 0;
  for (const auto& [start, size] : Held()) bytes += size;
  EXPECT_EQ(bytes, 14 * kPage);
}

TEST_F(MappingsTest, MovedAndGrown) {
  InChild([] {
    mappings.Record(Pages(0, 4), MadeHere("file"));
    mappings.Record(Pages(4, 4), MadeHere("anonymous"));
    CutMappings cut;
    mappings.Cut(Pages(0, 8), cut);
    mappings.Move(cut, {Pages(0, 8), Pages(100, 12)}, MadeHere("growth"));
    // By a page at a time, it stays one entry.
    for (std::uintptr_t size = 12; size < 40; ++size) {
      mappings.Cut(Pages(100, size), cut);
      mappings.Move(cut, {Pages(100, size), Pages(100, size + 1)}, MadeHere("growth"));
    }
    mappings.Cut(Pages(100, 40), cut);
    mappings.Move(cut, {Pages(100, 40), Pages(200, 6)}, MadeHere("growth"));
  });
  EXPECT_EQ(Held(), (Expected{{kBase + 200 * kPage, 4 * kPage}, {kBase + 204 * kPage, 2 * kPage}}));
}

TEST_F(MappingsTest, WhatGrowsPageByPageStaysOneEntry) {
  InChild([] {
    mappings.Record(Pages(0, 1), MadeHere("file"));
    for (std::uintptr_t size = 1; size < 500; ++size) {
      CutMappings cut;
      mappings.Cut(Pages(0, size), cut);
      mappings.Move(cut, {Pages(0, size), Pages(0, size + 1)}, MadeHere("growth"));
    }
  });
  EXPECT_EQ(Held().size(), 2u);
  EXPECT_EQ(Held()[kBase + kPage], 499 * kPage);
}

// Pages are handed out to threads at random, so neighbours belong to different ones, and parts of one mapping are
// unmapped by several at once.
TEST_F(MappingsTest, ThreadsTakeOneMappingApart) {
  constexpr std::uintptr_t kThreads = 4, kPagesEach = 300, kAll = kThreads * kPagesEach;
  constexpr int kRounds = 12;
  std::vector<std::uintptr_t> owners(kAll);
  for (std::uintptr_t i = 0; i < kAll; ++i) owners[i] = i % kThreads;
  std::shuffle(owners.begin(), owners.end(), std::minstd_rand(7));
  const auto is_kept = [](std::uintptr_t page) { return page % 5 == 0; };
  InChild([&] {
    for (int round = 0; round < kRounds; ++round) {
      mappings.Record(Pages(0, kAll), MadeHere("anonymous"));
      std::vector<std::thread> threads;
      for (std::uintptr_t t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
          for (std::uintptr_t page = 0; page < kAll; ++page) {
            if (owners[page] != t) continue;
            if (page % 3 == 0) {
              mappings.Forget(Pages(page, 1));
              mappings.Record(Pages(page, 1), MadeHere("shared"));
            }
            if (!is_kept(page)) mappings.Forget(Pages(page, 1));
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
    }
  });
  std::uint64_t bytes = 0;
  for (const auto& [start, size] : Held()) {
    EXPECT_EQ(size, kPage);
    EXPECT_TRUE(is_kept((start - kBase) / kPage));
    bytes += size;
  }
  EXPECT_EQ(bytes, kAll / 5 * kPage);
}

// The child of a process whose other threads are at work finds mappings that it can go on with.
TEST_F(MappingsTest, ChildrenOfForkGoOn) {
  InChild([] {
    mappings.Record(Pages(1000, 1), MadeHere("anonymous"));
    std::atomic<bool> is_done = false;
    std::thread other([&] {
      for (std::uintptr_t i = 0; !is_done; i = (i + 1) % 500) {
        mappings.Record(Pages(i, 7), MadeHere("anonymous"));
        mappings.Forget(Pages(i + 2, 3));
      }
    });
    for (int i = 0; i < 50; ++i) {
      (void)fork_handlers.Before();
      const pid_t grandchild = ::fork();
      if (grandchild == 0) {
        if (fork_handlers.AfterInChild(false) != ForkedLog::kCopy) ::_exit(2);
        mappings.RepairAfterFork();
        ::unlink(recorder.log_path());
        MappedPiece piece;
        mappings.Forget(Pages(0, 600));
        const bool is_good = mappings.Find(Pages(1000, 1).start, piece) && !mappings.Find(Pages(300, 1).start, piece);
        ::_exit(is_good ? 0 : 1);
      }
      fork_handlers.AfterInParent();
      int status = 0;
      EXPECT_EQ(::waitpid(grandchild, &status, 0), grandchild);
      EXPECT_EQ(status, 0);
    }
    is_done = true;
    other.join();
    mappings.Forget(Pages(0, 600));
  });
}

}  // namespace
}  // namespace mqtrack::recorder
