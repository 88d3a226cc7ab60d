// What the reader makes of well-formed logs: running, dead, and killed in the middle of an operation.
#include "libtrack/log/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <iterator>

#include "libtrack/log/unseen_call.h"
#include "tests/support/log_builder.h"
#include "tests/support/scratch_directory.h"

namespace mqtrack::log {
namespace {

using support::ErrorCode;
using support::MappedFile;
using support::Result;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::LogBuilder;
using ::testing::Pair;
using ::testing::SizeIs;

class ReaderTest : public ::testing::Test {
 protected:
  Result<LogReader> Open(LogBuilder& builder, MappedFile::Access access = MappedFile::Access::kRead) {
    builder.Write(path_);
    return LogReader::Open(path_, access);
  }
  Result<LogContent> Read(LogBuilder& builder, bool alive = false, Blocks blocks = Blocks::kEach) {
    Result<LogReader> reader = Open(builder);
    if (!reader) return reader.error();
    return reader->Read(alive, blocks);
  }
  // Enters a block into the only bucket of the oldest level, past the writer.
  static void EnterIntoOldest(LogBuilder& builder, std::uint64_t block, std::uint64_t meta, StackId stack) {
    auto& bucket = builder.At<Bucket>(kHeaderBytes);
    bucket.state = kStateInsert;
    bucket.keys[0] = MakeKey(Kind::kHeapBlock, block);
    bucket.meta[0] = meta;
    bucket.references[0] = {static_cast<std::uint32_t>(stack), 0};
  }
  testing::ScratchDirectory directory_;
  const std::string path_ = directory_.File("4321-77.log");
};

TEST_F(ReaderTest, GivesTheHeadersFacts) {
  LogBuilder builder;
  builder.header().epoch = 5;
  builder.header().losses[static_cast<std::size_t>(Loss::kTableFull)] = 3;
  builder.header().losses[static_cast<std::size_t>(Loss::kForkWindow)] = 4;
  builder.header().heap_recorded = 1;
  const auto reader = Open(builder);
  ASSERT_TRUE(reader) << reader.error().ToString();
  const LogFacts facts = reader->Facts();
  EXPECT_EQ(facts.pid, 4321u);
  EXPECT_EQ(facts.start_ticks, 77u);
  EXPECT_EQ(facts.comm, "broker");
  EXPECT_EQ(facts.exe, "/usr/sbin/broker");
  EXPECT_THAT(facts.cmdline, ElementsAre("broker", "-c", "my conf"));
  EXPECT_EQ(facts.generation, 5u);
  EXPECT_EQ(facts.TotalLosses(), 7u);
  EXPECT_TRUE(facts.heap_recorded);
}

TEST_F(ReaderTest, GivesACallOfAnAllocatorsOwnFunction) {
  LogBuilder builder;
  ASSERT_TRUE(Open(builder));
  EXPECT_EQ(Open(builder)->Facts().unseen_call, "");
  auto& call = builder.At<UnseenCall>(kUnseenCallAt);
  std::strcpy(call.function, "mallocx");
  std::strcpy(call.file, "bridge");
  EXPECT_EQ(Open(builder)->Facts().unseen_call, "mallocx");
  EXPECT_EQ(Open(builder)->Facts().unseen_caller, "bridge");
  std::memset(&call, 'x', sizeof call);  // neither ends
  EXPECT_EQ(Open(builder)->Facts().unseen_call, std::string(sizeof call.function, 'x'));
  EXPECT_EQ(Open(builder)->Facts().unseen_caller, std::string(sizeof call.file, 'x'));
}

TEST_F(ReaderTest, GivesEveryLiveEntryWithItsStackLabelsAndModule) {
  LogBuilder builder;
  builder.AddModule(0x1000, 0x9000, 0x1000, "/usr/sbin/broker", true, std::string("\xab\x01", 2));
  const StackId stack = builder.AddStack({0x1234, 0x1300}, kStackIncomplete, 7, 700);
  const LabelsId labels = builder.AddLabels({{LabelKey::kThread, "io"}, {LabelKey::kMqttClient, "c1"}});
  ASSERT_TRUE(builder.Insert(Kind::kHeapBlock, 0x7f00, 100, stack, labels, 2));
  ASSERT_TRUE(builder.Insert(Kind::kThread, 9, 0, stack));
  const auto content = Read(builder);
  ASSERT_TRUE(content) << content.error().ToString();
  ASSERT_THAT(content->live, SizeIs(2));
  const bool heap_first = content->live[0].kind == Kind::kHeapBlock;
  const LiveEntry& block = content->live[heap_first ? 0 : 1];
  EXPECT_EQ(block.kind, Kind::kHeapBlock);
  EXPECT_EQ(block.handle, 0x7f00u);
  EXPECT_EQ(block.bytes, 100u);
  EXPECT_EQ(block.generation, 2u);
  EXPECT_EQ(block.stack, stack);
  EXPECT_EQ(content->live[heap_first ? 1 : 0].kind, Kind::kThread);
  ASSERT_THAT(content->stacks, SizeIs(1));
  EXPECT_THAT(content->stacks[0].addresses, ElementsAre(0x1234, 0x1300));
  EXPECT_EQ(content->stacks[0].flags, kStackIncomplete);
  EXPECT_EQ(content->stacks[0].modules, 1u);
  EXPECT_EQ(content->stacks[0].alloc_objects, 7u);
  EXPECT_EQ(content->stacks[0].alloc_bytes, 700u);
  ASSERT_THAT(content->label_sets, SizeIs(1));
  EXPECT_THAT(content->label_sets[0].second,
              ElementsAre(Pair(LabelKey::kThread, "io"), Pair(LabelKey::kMqttClient, "c1")));
  ASSERT_THAT(content->modules, SizeIs(1));
  EXPECT_EQ(content->modules[0].build_id, "ab01");
  EXPECT_EQ(content->modules[0].path, "/usr/sbin/broker");
  EXPECT_TRUE(content->modules[0].is_main);
  EXPECT_EQ(content->in_flight, 0u);
}

TEST_F(ReaderTest, ReadsEveryLevel) {
  LogBuilder builder({.level_buckets = {1, 1, 2}});
  const StackId stack = builder.AddStack({0x1234});
  std::uint64_t inserted = 0;
  while (builder.Insert(Kind::kHeapBlock, 0x1000 + 16 * inserted, 1, stack)) ++inserted;
  EXPECT_GT(inserted, 2 * kSlotsPerBucket) << "more than the newest level holds";
  const auto content = Read(builder);
  ASSERT_TRUE(content) << content.error().ToString();
  EXPECT_EQ(content->live.size(), inserted);
}

TEST_F(ReaderTest, KeepsTheYoungerOfAKeySeenTwice) {
  LogBuilder builder({.level_buckets = {1, 1}});
  const StackId stack = builder.AddStack({0x1234});
  ASSERT_TRUE(builder.Insert(Kind::kHeapBlock, 0x7f00, 100, stack, LabelsId::kNone, 9));
  // The same key in the other level, older: as if it had been moved while we read.
  EnterIntoOldest(builder, 0x7f00, MakeMeta(50, 3), stack);
  const auto content = Read(builder);
  ASSERT_TRUE(content) << content.error().ToString();
  ASSERT_THAT(content->live, SizeIs(1));
  EXPECT_EQ(content->live[0].generation, 9u);
  EXPECT_EQ(content->live[0].bytes, 100u);
}

// A free that went past the recorder leaves a record for good: whichever is read first, the younger one counts.
TEST_F(ReaderTest, KeepsTheYoungerAlsoWhereItIsReadLast) {
  for (const Blocks blocks : {Blocks::kEach, Blocks::kSummed}) {
    LogBuilder builder({.level_buckets = {1, 1}});
    const StackId stack = builder.AddStack({0x1234}), other = builder.AddStack({0x5678});
    ASSERT_TRUE(builder.Insert(Kind::kHeapBlock, 0x7f00, 100, stack, LabelsId::kNone, 3));
    EnterIntoOldest(builder, 0x7f00, MakeMeta(50, 9), other);
    const auto content = Read(builder, false, blocks);
    ASSERT_TRUE(content) << content.error().ToString();
    if (blocks == Blocks::kEach) {
      ASSERT_THAT(content->live, SizeIs(1));
      EXPECT_EQ(content->live[0].generation, 9u);
      continue;
    }
    EXPECT_THAT(content->live, IsEmpty());
    ASSERT_THAT(content->blocks, SizeIs(1));
    EXPECT_EQ(content->blocks[0].stack, other);
    EXPECT_EQ(content->blocks[0].objects, 1u);
    EXPECT_EQ(content->blocks[0].bytes, 50u);
  }
}

TEST_F(ReaderTest, SumsBlocksByStackLabelsAndGeneration) {
  LogBuilder builder;
  const StackId stack = builder.AddStack({0x1234}), other = builder.AddStack({0x5678});
  const LabelsId labels = builder.AddLabels({{LabelKey::kThread, "main"}});
  ASSERT_TRUE(builder.Insert(Kind::kHeapBlock, 0x1000, 10, stack, labels, 1));
  ASSERT_TRUE(builder.Insert(Kind::kHeapBlock, 0x1010, 20, stack, labels, 1));
  ASSERT_TRUE(builder.Insert(Kind::kHeapBlock, 0x1020, 40, stack, LabelsId::kNone, 1));
  ASSERT_TRUE(builder.Insert(Kind::kHeapBlock, 0x1030, 80, stack, labels, 2));
  ASSERT_TRUE(builder.Insert(Kind::kHeapBlock, 0x1040, 160, other, labels, 1));
  ASSERT_TRUE(builder.Insert(Kind::kHeapBlock, kHeapBeforeHandle, 5000, other));
  ASSERT_TRUE(builder.Insert(Kind::kDescriptor, 7, 0, other, labels));
  const auto content = Read(builder, false, Blocks::kSummed);
  ASSERT_TRUE(content) << content.error().ToString();
  std::vector<std::uint64_t> sums;
  for (const BlockGroup& group : content->blocks) {
    sums.push_back(group.bytes);
    EXPECT_EQ(group.objects, group.bytes == 30 ? 2u : 1u);
    EXPECT_EQ(group.labels, group.bytes == 40 ? LabelsId::kNone : labels);
    EXPECT_EQ(group.stack, group.bytes == 160 ? other : stack);
    EXPECT_EQ(group.generation, group.bytes == 80 ? 2u : 1u);
  }
  EXPECT_THAT(sums, ::testing::UnorderedElementsAre(30, 40, 80, 160));
  EXPECT_THAT(content->live, SizeIs(2)) << "the heap before the attach, and the descriptor";
  EXPECT_THAT(content->label_sets, SizeIs(1));
  EXPECT_EQ(content->inserted, content->removed + 7);
}

TEST_F(ReaderTest, ReadsALogWhoseWriterWasKilledInTheMiddle) {
  LogBuilder builder;
  const StackId stack = builder.AddStack({0x1234});
  for (std::uint64_t i = 0; i < 20; ++i) ASSERT_TRUE(builder.Insert(Kind::kHeapBlock, 16 * (i + 1), 8, stack));
  Bucket& inserting = *builder.writer().BucketOf(MakeKey(Kind::kHeapBlock, 16));
  *std::find(std::begin(inserting.keys), std::end(inserting.keys), 0) = kBusyKey;  // has only claimed a slot
  Bucket* removing = nullptr;
  for (std::uint64_t i = 0; i < 20 && (removing == nullptr || removing == &inserting); ++i) {
    removing = builder.writer().BucketOf(MakeKey(Kind::kHeapBlock, 16 * (i + 1)));
  }
  // Has emptied its slot, but not counted it.
  *std::find_if(std::begin(removing->keys), std::end(removing->keys), [](std::uint64_t key) { return key != 0; }) = 0;
  for (const bool alive : {false, true}) {  // alive: the wait for the writer must end
    const auto content = Read(builder, alive);
    ASSERT_TRUE(content) << content.error().ToString();
    EXPECT_THAT(content->live, SizeIs(19));
    EXPECT_EQ(content->in_flight, 2u);
  }
}

TEST_F(ReaderTest, ReadsALogInMemoryAsItDoesAFile) {
  LogBuilder builder;
  ASSERT_TRUE(builder.Insert(Kind::kHeapBlock, 16, 8, builder.AddStack({0x1234})));
  auto in_memory = LogReader::OpenBytes({builder.base(), builder.size()}, "memory");
  ASSERT_TRUE(in_memory) << in_memory.error().ToString();
  const LogReader reader = std::move(*in_memory);
  const auto content = reader.Read(false), of_file = Read(builder);
  ASSERT_TRUE(content && of_file);
  EXPECT_EQ(content->facts.path, "memory");
  ASSERT_THAT(content->live, SizeIs(1));
  EXPECT_EQ(content->live[0].handle, of_file->live[0].handle);
  EXPECT_THAT(content->stacks, SizeIs(1));
  const auto cut = LogReader::OpenBytes({builder.base(), kHeaderBytes - 1}, "memory");
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, ErrorCode::kBadInput);
  EXPECT_EQ(cut.error().where, "memory");
}

TEST_F(ReaderTest, WaitsForAWriterOnlyAsLongAsItsPatienceLasts) {
  LogBuilder builder;
  ASSERT_TRUE(builder.Insert(Kind::kHeapBlock, 16, 8, builder.AddStack({0x1234})));
  Bucket& bucket = *builder.writer().BucketOf(MakeKey(Kind::kHeapBlock, 16));
  *std::find(std::begin(bucket.keys), std::end(bucket.keys), 0) = kBusyKey;
  const auto reader = Open(builder);
  ASSERT_TRUE(reader);
  const auto seconds_of = [&](const Patience& patience) {
    const auto before = std::chrono::steady_clock::now();
    const auto content = reader->Read(true, Blocks::kEach, patience);
    EXPECT_TRUE(content && content->in_flight == 1);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
  };
  // 3,000 sleeps of 0.1 ms, and none.
  const Patience long_patience = {.spins = 1, .yields = 1, .sleeps_per_bucket = 3000, .sleeps_in_all = 3000};
  const Patience no_sleep = {.spins = 1, .yields = 1, .sleeps_per_bucket = 0, .sleeps_in_all = 3000};
  EXPECT_GE(seconds_of(long_patience), 0.3);
  double least = seconds_of(no_sleep);  // on a busy machine, any one read may take long
  for (int i = 0; i < 20 && least >= 0.3; ++i) least = std::min(least, seconds_of(no_sleep));
  EXPECT_LT(least, 0.3);
}

TEST_F(ReaderTest, CountsWhatABucketsCounterDoesNotAgreeWith) {
  LogBuilder builder;
  const StackId stack = builder.AddStack({0x1234});
  ASSERT_TRUE(builder.Insert(Kind::kHeapBlock, 16, 8, stack));
  builder.writer().BucketOf(MakeKey(Kind::kHeapBlock, 16))->state += 2 * kStateInsert;
  const auto content = Read(builder);
  ASSERT_TRUE(content);
  EXPECT_THAT(content->live, SizeIs(1));
  EXPECT_EQ(content->in_flight, 2u);
}

TEST_F(ReaderTest, CountsWhatWasInsertedAndRemoved) {
  LogBuilder builder;
  const StackId stack = builder.AddStack({0x1234});
  for (std::uint64_t i = 0; i < 20; ++i) ASSERT_TRUE(builder.Insert(Kind::kHeapBlock, 16 * (i + 1), 8, stack));
  for (std::uint64_t i = 0; i < 5; ++i) ASSERT_TRUE(builder.writer().Remove(MakeKey(Kind::kHeapBlock, 16 * (i + 1))));
  const auto content = Read(builder);
  ASSERT_TRUE(content);
  EXPECT_EQ(content->inserted, 20u);
  EXPECT_EQ(content->removed, 5u);
}

TEST_F(ReaderTest, AdvancesTheGenerationUpToTheLast) {
  LogBuilder builder;
  builder.header().epoch = 7;
  auto reader = Open(builder, MappedFile::Access::kReadWrite);
  ASSERT_TRUE(reader) << reader.error().ToString();
  EXPECT_EQ(reader->AdvanceGeneration(), 7u);
  EXPECT_EQ(reader->AdvanceGeneration(), 8u);
  EXPECT_EQ(reader->Facts().generation, 9u);
  EXPECT_GT(reader->Facts().last_snapshot_unix_ns, 0);
  builder.header().epoch = kMaxGeneration;
  auto last = Open(builder, MappedFile::Access::kReadWrite);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->AdvanceGeneration(), kMaxGeneration);
  EXPECT_EQ(last->Facts().generation, kMaxGeneration);
}

TEST_F(ReaderTest, ALogThatIsBeingCreatedIsNotYetRecording) {
  LogBuilder no_magic;
  std::fill(std::begin(no_magic.header().magic), std::end(no_magic.header().magic), '\0');
  const auto unborn = Open(no_magic);
  ASSERT_FALSE(unborn);
  EXPECT_EQ(unborn.error().code, ErrorCode::kCannotMeasure);
  EXPECT_THAT(unborn.error().text, HasSubstr("not yet recording"));
  LogBuilder starting;
  starting.header().state = static_cast<std::uint32_t>(State::kStarting);
  const auto content = Read(starting);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, ErrorCode::kCannotMeasure);
  EXPECT_THAT(content.error().text, HasSubstr("not yet recording"));
}

TEST_F(ReaderTest, AForeignVersionCannotBeMeasured) {
  LogBuilder builder;
  builder.header().version = kVersion + 1;
  const auto reader = Open(builder);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, ErrorCode::kCannotMeasure);
  EXPECT_THAT(reader.error().text, HasSubstr("reads version 3"));
}

TEST_F(ReaderTest, ASegmentThatIsBeingFilledIsSkipped) {
  LogBuilder builder;
  builder.header().segments[builder.header().segment_count++] = Segment{};
  const auto content = Read(builder);
  ASSERT_TRUE(content) << content.error().ToString();
  EXPECT_THAT(content->live, IsEmpty());
}

}  // namespace
}  // namespace mqtrack::log
