// Readers beside writers: every read must be consistent while several threads insert and remove as fast as they can.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <atomic>
#include <functional>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "libtrack/log/reader.h"
#include "libtrack/support/check.h"
#include "tests/support/log_builder.h"
#include "tests/support/scratch_directory.h"

namespace mqtrack::log {
namespace {

using support::MappedFile;

constexpr std::uint64_t kThreads = 3;
constexpr std::uint64_t kKeysPerThread = 60;
constexpr std::uint64_t kPinned = 40;
constexpr Kind kKind = Kind::kDescriptor;  // whose handles may be any small numbers
constexpr int kReads = 1500;

// What a block's size and generation must be, so that a torn slot is noticed.
std::uint64_t SizeFor(std::uint64_t handle) { return handle * 3 + 1; }
std::uint32_t GenerationFor(std::uint64_t handle) { return static_cast<std::uint32_t>(handle % 1000); }

void Churn(testing::ModelWriter& writer, std::uint64_t first, StackId stack, const std::atomic<bool>& stop) {
  for (std::uint64_t round = 0; !stop.load(std::memory_order_relaxed); ++round) {
    for (std::uint64_t i = 0; i < kKeysPerThread; ++i) {
      const std::uint64_t handle = first + i;
      const std::uint64_t key = MakeKey(kKind, handle);
      if (round % 2 == 0) {
        TRACK_CHECK(writer.Insert(key, MakeMeta(SizeFor(handle), GenerationFor(handle)), stack, LabelsId::kNone),
                    "the table is too small");
      } else {
        TRACK_CHECK(writer.Remove(key), "lost a key");
      }
    }
  }
}

void CheckRead(const LogContent& content) {
  std::set<std::uint64_t> seen;
  std::uint64_t pinned = 0;
  for (const LiveEntry& entry : content.live) {
    ASSERT_TRUE(seen.insert(entry.handle).second) << "a block is there twice";
    ASSERT_EQ(entry.bytes, SizeFor(entry.handle)) << "a torn record";
    ASSERT_EQ(entry.generation, GenerationFor(entry.handle));
    pinned += entry.handle < 1000;
  }
  ASSERT_EQ(pinned, kPinned) << "a block that lived all the while is missing";
}

/// A log on disk that threads write to until the end of the test.
class WrittenLog {
 public:
  /// `work`: what thread number `t` does until `stop`.
  WrittenLog(
      testing::LogBuilder& builder,
      const std::function<void(testing::ModelWriter& writer, std::uint64_t t, const std::atomic<bool>& stop)>& work) {
    builder.Write(path_);
    mapped_.emplace(MappedFile::Open(path_, MappedFile::Access::kReadWrite));
    TRACK_CHECK(mapped_->ok(), "the log that was just written");
    writer_.emplace((*mapped_)->data());
    for (std::uint64_t t = 0; t < kThreads; ++t) threads_.emplace_back([=, this] { work(*writer_, t, stop_); });
  }
  ~WrittenLog() { Settle(); }
  WrittenLog(const WrittenLog&) = delete;
  WrittenLog& operator=(const WrittenLog&) = delete;

  /// Reads again and again beside the writers.
  void ReadOften(Blocks blocks, const std::function<void(const LogContent&)>& check) {
    const auto reader = LogReader::Open(path_, MappedFile::Access::kRead);
    ASSERT_TRUE(reader);
    for (int i = 0; i < kReads && !::testing::Test::HasFatalFailure(); ++i) {
      const auto content = reader->Read(true, blocks);
      ASSERT_TRUE(content) << content.error().ToString();
      check(*content);
    }
  }
  /// Ends the writers.
  void Settle() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  const testing::ScratchDirectory directory_;
  const std::string path_ = directory_.File("1-1.log");
  std::optional<support::Result<MappedFile>> mapped_;
  std::optional<testing::ModelWriter> writer_;
  std::atomic<bool> stop_ = false;
  std::vector<std::thread> threads_;
};

// Blocks that are summed while they are read: those that live all the while are in the sum once each, and no sum has
// more than could be alive at once.
TEST(ConcurrentRead, SumsEachBlockOnce) {
  constexpr std::uint64_t kBytes = 1000;
  testing::LogBuilder builder({.level_buckets = {32, 64}});
  const StackId pinned = builder.AddStack({0x1234}), churned = builder.AddStack({0x5678});
  for (std::uint64_t i = 0; i < kPinned; ++i) {
    ASSERT_TRUE(builder.Insert(Kind::kHeapBlock, 0x1000 + 16 * i, kBytes, pinned));
  }
  // Each key is freed and made again at once, so that it changes its bucket while it is read.
  WrittenLog log(builder, [&](testing::ModelWriter& writer, std::uint64_t t, const std::atomic<bool>& stop) {
    for (std::uint64_t i = 0; !stop.load(std::memory_order_relaxed); ++i) {
      const std::uint64_t key = MakeKey(Kind::kHeapBlock, 0x100'0000 * (t + 1) + 16 * (i % kKeysPerThread));
      if (i >= kKeysPerThread) TRACK_CHECK(writer.Remove(key), "lost a key");
      TRACK_CHECK(writer.Insert(key, MakeMeta(kBytes, 1), churned, LabelsId::kNone), "the table is too small");
    }
  });
  log.ReadOften(Blocks::kSummed, [&](const LogContent& content) {
    for (const BlockGroup& group : content.blocks) {
      ASSERT_EQ(group.bytes, group.objects * kBytes);
      if (group.stack == pinned) {
        ASSERT_EQ(group.objects, kPinned);
      } else {
        ASSERT_LE(group.objects, kThreads * kKeysPerThread);
      }
    }
  });
}

TEST(ConcurrentRead, IsConsistentEveryTime) {
  testing::LogBuilder builder({.level_buckets = {32, 64}});
  const StackId stack = builder.AddStack({0x1234});
  for (std::uint64_t handle = 100; handle < 100 + kPinned; ++handle) {
    ASSERT_TRUE(builder.Insert(kKind, handle, SizeFor(handle), stack, LabelsId::kNone, GenerationFor(handle)));
  }
  WrittenLog log(builder, [&](testing::ModelWriter& writer, std::uint64_t t, const std::atomic<bool>& stop) {
    Churn(writer, 100'000 * (t + 1), stack, stop);
  });
  log.ReadOften(Blocks::kEach, CheckRead);
  log.Settle();
  const auto reader = LogReader::Open(log.path(), MappedFile::Access::kRead);
  ASSERT_TRUE(reader);
  const auto quiet = reader->Read(false);
  ASSERT_TRUE(quiet) << quiet.error().ToString();
  EXPECT_EQ(quiet->inserted, quiet->removed + quiet->live.size());
  EXPECT_EQ(quiet->in_flight, 0u);
}

}  // namespace
}  // namespace mqtrack::log
