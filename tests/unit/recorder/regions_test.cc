// What a thread makes in a region carries its name, whichever way the region was left; and resources of the service's
// own. Stack addresses are made up, so that it is certain who lies above whom.
#include "preload/recorder/labels/regions.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <thread>

#include "libtrack/log/reader.h"
#include "preload/recorder/heap_blocks.h"
#include "preload/recorder/labels/region_stack.h"
#include "preload/recorder/own_resources.h"
#include "preload/recorder/packets/packet_follower.h"
#include "preload/recorder/packets/packet_labels.h"
#include "preload/recorder/recorder.h"
#include "preload/recorder/thread_labels.h"
#include "tests/unit/recorder/recording_fixture.h"

namespace mqtrack::recorder {
namespace {

using LabelMap = std::map<log::LabelKey, std::string>;

/// The frame of a function `level` calls deep, and the `number`th object in it.
struct Frame {
  explicit Frame(int level) : base(0x7ffe'0000'0000 - static_cast<std::uintptr_t>(level) * 0x100) {}
  [[nodiscard]] const void* Object(int number) const { return Address(base + 0x10 + static_cast<std::size_t>(number)); }
  /// Of a hook that it calls.
  [[nodiscard]] const void* Hook() const { return Address(base - 0x10); }

 private:
  static const void* Address(std::uintptr_t value) {
    return reinterpret_cast<const void*>(value);  // NOLINT(performance-no-int-to-ptr): never read
  }
  std::uintptr_t base;
};

class RegionsTest : public RecordingTest {
 protected:
  void SetUp() override {
    RecordingTest::SetUp();
    settings_.recorded_kinds =
        log::KindBit(log::Kind::kHeapBlock) | log::KindBit(log::Kind::kCustom) | log::kPacketsBit;
    const char* why = nullptr;
    ASSERT_TRUE(recorder_->Start(settings_, why)) << why;
    thread_state = {};
    region_stack = {};
  }
  void TearDown() override {
    thread_state = {};
    region_stack = {};
    RecordingTest::TearDown();
  }

  void Enter(int level, const std::string& name, int object = 0) {
    Regions(*recorder_).Enter(Frame(level).Object(object), name.c_str(), Frame(level).Hook());
  }
  void Leave(int level, int object = 0) { Regions(*recorder_).Leave(Frame(level).Object(object), Frame(level).Hook()); }
  void BeginPacket(const std::string& client) {
    Connection connection = {};
    connection.has_client = 1;
    connection.client.bytes = static_cast<std::uint8_t>(client.copy(connection.client.data, kMaxClientBytes));
    ConnectionSets sets = {};
    PacketLabels(*recorder_).Begin(connection, {}, sets);
  }

  /// The labels of a block that is allocated now.
  LabelMap LabelsNow() {
    const std::uintptr_t address = next_block_ += 64;
    HeapBlocks(*recorder_)
        .Record(reinterpret_cast<void*>(address),  // NOLINT(performance-no-int-to-ptr)
                10, {__builtin_frame_address(0)});
    return LabelsOf(log::Kind::kHeapBlock)[address];
  }
  /// The region it is in; "" if in none.
  std::string Now() { return LabelsNow()[log::LabelKey::kRegion]; }

  /// The labels of all live things of a kind, by handle.
  [[nodiscard]] std::map<std::uint64_t, LabelMap> LabelsOf(log::Kind kind) const {
    auto reader = log::LogReader::Open(LogPath(), support::MappedFile::Access::kRead);
    EXPECT_TRUE(reader);
    const auto content = reader->Read(true);
    EXPECT_TRUE(content);
    std::map<std::uint64_t, LabelMap> labels;
    for (const log::LiveEntry& entry : content->live) {
      if (entry.kind != kind) continue;
      LabelMap& of = labels[entry.handle];
      for (const auto& [id, pairs] : content->label_sets) {
        if (id == entry.labels) of.insert(pairs.begin(), pairs.end());
      }
    }
    return labels;
  }

  // Too large for a stack.
  std::unique_ptr<Recorder> recorder_ = std::make_unique<Recorder>();
  std::uintptr_t next_block_ = 0x10000;
};

TEST_F(RegionsTest, NestAndEnd) {
  EXPECT_EQ(Now(), "");
  Enter(1, "handle");
  EXPECT_EQ(Now(), "handle");
  Enter(2, "decode");
  EXPECT_EQ(Now(), "handle/decode");
  Leave(2);
  EXPECT_EQ(Now(), "handle");
  Enter(1, "encode", 1);  // in the same function; the compiler may place its object above or below the other one
  EXPECT_EQ(Now(), "handle/encode");
  Leave(1, 1);
  EXPECT_EQ(Now(), "handle");
  Leave(1);
  EXPECT_EQ(Now(), "");
}

TEST_F(RegionsTest, WithoutItTheLabelsAreThoseOfBefore) {
  const LabelMap before = LabelsNow();
  EXPECT_EQ(before.count(log::LabelKey::kThread), 1u);
  Enter(1, "handle");
  LabelMap inside = LabelsNow();
  EXPECT_EQ(inside.extract(log::LabelKey::kRegion).mapped(), "handle");
  EXPECT_EQ(inside, before);
  Leave(1);
  EXPECT_EQ(LabelsNow(), before);
}

TEST_F(RegionsTest, ARegionInOneOfItsNameAddsNothing) {
  Enter(1, "walk");
  Enter(2, "walk");
  Enter(3, "walk");
  EXPECT_EQ(Now(), "walk");
  Leave(3);
  Leave(2);
  EXPECT_EQ(Now(), "walk");
  Leave(1);
  EXPECT_EQ(Now(), "");
}

TEST_F(RegionsTest, TheDeepestAreNotNamed) {
  for (int level = 1; level <= 9; ++level) Enter(level, std::string(1, static_cast<char>('a' + level - 1)));
  EXPECT_EQ(Now(), "a/b/c/d/e/f");
  for (int level = 9; level > 6; --level) Leave(level);
  EXPECT_EQ(Now(), "a/b/c/d/e/f");
  Leave(6);
  EXPECT_EQ(Now(), "a/b/c/d/e");
  for (int level = 5; level > 0; --level) Leave(level);
  EXPECT_EQ(Now(), "");
}

TEST_F(RegionsTest, JumpedOutOfEndsWithTheNextFromNoDeeper) {
  Enter(1, "serve");
  Enter(5, "lost");
  Enter(6, "lost too");
  // longjmp to level 1
  Enter(2, "next");
  EXPECT_EQ(Now(), "serve/next");
  Leave(2);
  EXPECT_EQ(Now(), "serve");
  Enter(5, "lost");
  Leave(2);  // of a region that nobody knows
  EXPECT_EQ(Now(), "serve");
  Leave(1);
  EXPECT_EQ(Now(), "");
}

TEST_F(RegionsTest, JumpedOutOfEndsWhenItsPlaceIsTakenOnceMore) {
  for (int i = 0; i < 20; ++i) {
    Enter(3, "lost");
    EXPECT_EQ(Now(), "lost");
  }
  Enter(4, "deeper");
  EXPECT_EQ(Now(), "lost/deeper");  // for all that anybody knows
  Enter(3, "again", 0);
  EXPECT_EQ(Now(), "again");
  Leave(3);
  EXPECT_EQ(Now(), "");
}

TEST_F(RegionsTest, InsideOfOneWhosePlaceIsTakenStay) {
  Enter(3, "lost");
  // A jump, and then functions with larger frames: the next one lies around the place of the one that was lost.
  Regions(*recorder_).Enter(Frame(2).Object(0), "next", Frame(6).Hook());
  EXPECT_EQ(Now(), "lost/next");
  Regions(*recorder_).Enter(Frame(3).Object(0), "inner", Frame(6).Hook());
  EXPECT_EQ(Now(), "next/inner");
  Regions(*recorder_).Leave(Frame(3).Object(0), Frame(6).Hook());
  EXPECT_EQ(Now(), "next");
  Regions(*recorder_).Leave(Frame(2).Object(0), Frame(6).Hook());
  EXPECT_EQ(Now(), "");
}

TEST_F(RegionsTest, LeftOutOfOrderEndWithTheOuterOne) {
  Enter(1, "outer");
  Enter(2, "inner");
  Leave(1);
  EXPECT_EQ(Now(), "");
  Leave(2);
  EXPECT_EQ(Now(), "");
}

TEST_F(RegionsTest, PacketsComeAndGoMeanwhile) {
  Enter(1, "serve");
  BeginPacket("c1");
  EXPECT_EQ(LabelsNow()[log::LabelKey::kMqttClient], "c1");
  EXPECT_EQ(Now(), "serve");
  Enter(2, "decode");
  EXPECT_EQ(LabelsNow()[log::LabelKey::kMqttClient], "c1");
  EXPECT_EQ(Now(), "serve/decode");
  PacketLabels::End();
  EXPECT_EQ(Now(), "serve/decode");
  EXPECT_EQ(LabelsNow().count(log::LabelKey::kMqttClient), 0u);
  BeginPacket("c2");
  Leave(2);
  EXPECT_EQ(Now(), "serve");
  EXPECT_EQ(LabelsNow()[log::LabelKey::kMqttClient], "c2");
  Leave(1);
  EXPECT_EQ(LabelsNow()[log::LabelKey::kMqttClient], "c2");
  EXPECT_EQ(Now(), "");
}

TEST_F(RegionsTest, ANewNameOfTheThreadKeepsIt) {
  Enter(1, "serve");
  ThreadLabels::Renamed();
  EXPECT_EQ(Now(), "serve");
  Leave(1);
  EXPECT_EQ(Now(), "");
}

TEST_F(RegionsTest, EachThreadHasItsOwn) {
  Enter(1, "serve");
  std::thread([this] {
    EXPECT_EQ(Now(), "");
    Leave(1);  // of another thread
    Enter(1, "work");
    EXPECT_EQ(Now(), "work");
  }).join();
  EXPECT_EQ(Now(), "serve");
  Leave(1);
}

TEST_F(RegionsTest, ANewLogKnowsNothingOfThem) {
  Enter(1, "serve");
  const char* why = nullptr;
  ASSERT_TRUE(recorder_->StartAgain(settings_, why)) << why;
  EXPECT_EQ(Now(), "");
  Leave(1);
  Enter(2, "next");
  EXPECT_EQ(Now(), "next");
}

TEST_F(RegionsTest, ResourcesAreToldApartByKindAndHandle) {
  const StartFrame here = {__builtin_frame_address(0)};
  OwnResources(*recorder_).Acquire("buffer", 0x1000, 4096, here);
  OwnResources(*recorder_).Acquire("lease", 0x1000, 0, here);
  OwnResources(*recorder_).Acquire("buffer", 0xffff'ffff'ffff'ffff, 0, here);  // no address
  OwnResources(*recorder_).Acquire("buffer", 0x2000, 1, here);
  OwnResources(*recorder_).Acquire("buffer", 0x2000, 2, here);  // once more
  OwnResources(*recorder_).Release("lease", 0x2000);
  std::map<std::string, int> kinds;
  for (const auto& [handle, labels] : LabelsOf(log::Kind::kCustom)) ++kinds[labels.at(log::LabelKey::kKind)];
  EXPECT_EQ(kinds, (std::map<std::string, int>{{"buffer", 3}, {"lease", 1}}));
  OwnResources(*recorder_).Release("lease", 0x1000);
  OwnResources(*recorder_).Release("buffer", 0xffff'ffff'ffff'ffff);
  OwnResources(*recorder_).Release("buffer", 0x2000);
  const auto left = LabelsOf(log::Kind::kCustom);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left.begin()->second.at(log::LabelKey::kKind), "buffer");
}

}  // namespace
}  // namespace mqtrack::recorder
