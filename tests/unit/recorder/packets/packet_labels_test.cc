// What a thread allocates while it handles a packet, and what it costs to say so.
#include "preload/recorder/packets/packet_labels.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <string>

#include "libtrack/log/reader.h"
#include "preload/recorder/heap_blocks.h"
#include "preload/recorder/packets/packet_follower.h"
#include "preload/recorder/recorder.h"
#include "preload/recorder/thread_labels.h"
#include "tests/unit/recorder/recording_fixture.h"

namespace mqtrack::recorder {
namespace {

using LabelMap = std::map<log::LabelKey, std::string>;

class PacketLabelsTest : public RecordingTest {
 protected:
  void SetUp() override {
    RecordingTest::SetUp();
    settings_.recorded_kinds = log::KindBit(log::Kind::kHeapBlock) | log::kPacketsBit;
    const char* why = nullptr;
    ASSERT_TRUE(recorder_->Start(settings_, why)) << why;
    thread_state = {};
  }
  void TearDown() override {
    thread_state = {};
    RecordingTest::TearDown();
  }

  void Begin(PacketType type, const std::string& client, const std::string& topic) {
    Connection connection = {};
    connection.has_client = client.empty() ? 0 : 1;
    connection.client.bytes = static_cast<std::uint8_t>(client.copy(connection.client.data, kMaxClientBytes));
    Handling handling;
    handling.type = type;
    handling.has_topic = !topic.empty();
    handling.topic.bytes = static_cast<std::uint8_t>(topic.copy(handling.topic.data, kMaxTopicBytes));
    PacketLabels(*recorder_).Begin(connection, handling, one_connection_ ? sets_["the one"] : sets_[client]);
  }
  /// A block at this made-up address.
  void Allocate(std::uintptr_t address) {
    HeapBlocks(*recorder_).Record(reinterpret_cast<void*>(address), 10, {__builtin_frame_address(0)});
  }
  /// The labels of each block, by address; without the thread's.
  [[nodiscard]] std::map<std::uint64_t, LabelMap> Labels() const {
    auto reader = log::LogReader::Open(LogPath(), support::MappedFile::Access::kRead);
    EXPECT_TRUE(reader);
    const auto content = reader->Read(true);
    EXPECT_TRUE(content);
    std::map<std::uint64_t, LabelMap> labels;
    for (const log::LiveEntry& entry : content->live) {
      LabelMap& of = labels[entry.handle];
      for (const auto& [id, pairs] : content->label_sets) {
        if (id != entry.labels) continue;
        for (const auto& [key, value] : pairs) of[key] = value;
      }
      EXPECT_EQ(of.erase(log::LabelKey::kThread), 1u);
    }
    return labels;
  }

  bool one_connection_ = false;
  std::map<std::string, ConnectionSets> sets_;  // of each client's connection
  // Too large for a stack.
  std::unique_ptr<Recorder> recorder_ = std::make_unique<Recorder>();
};

const auto kPacket = log::LabelKey::kMqttPacket;
const auto kClient = log::LabelKey::kMqttClient;
const auto kTopic = log::LabelKey::kMqttTopic;

TEST_F(PacketLabelsTest, FromBeginToEnd) {
  Allocate(0x1000);
  Begin(PacketType::kPublish, "c1", "");
  Allocate(0x2000);
  Begin(PacketType::kPublish, "c1", "a/b");
  Allocate(0x3000);
  Begin(PacketType::kPingreq, "", "");
  Allocate(0x4000);
  PacketLabels::End();
  Allocate(0x5000);
  auto labels = Labels();
  EXPECT_EQ(labels[0x1000], LabelMap());
  EXPECT_EQ(labels[0x2000], (LabelMap{{kPacket, "PUBLISH"}, {kClient, "c1"}}));
  EXPECT_EQ(labels[0x3000], (LabelMap{{kPacket, "PUBLISH"}, {kClient, "c1"}, {kTopic, "a/b"}}));
  EXPECT_EQ(labels[0x4000], (LabelMap{{kPacket, "PINGREQ"}}));
  EXPECT_EQ(labels[0x5000], LabelMap());
}

// What is kept for a connection must not outlive what it was found for.
TEST_F(PacketLabelsTest, OneConnectionWithSeveralPacketsClientsAndThreadNames) {
  one_connection_ = true;
  auto begin_and_allocate = [this, at = std::uintptr_t{0}](PacketType type, const std::string& client) mutable {
    for (int i = 0; i < 2; ++i) {
      Begin(type, client, "");
      Allocate(at += 0x1000);
    }
  };
  begin_and_allocate(PacketType::kConnack, "");
  begin_and_allocate(PacketType::kPuback, "");
  begin_and_allocate(PacketType::kPuback, "c1");  // learnt in between
  begin_and_allocate(PacketType::kConnect, "c2");
  begin_and_allocate(PacketType::kPuback, "c2");
  ThreadLabels::Renamed();
  begin_and_allocate(PacketType::kPuback, "c2");
  auto labels = Labels();
  const LabelMap expected[] = {{{kPacket, "CONNACK"}},
                               {{kPacket, "PUBACK"}},
                               {{kPacket, "PUBACK"}, {kClient, "c1"}},
                               {{kPacket, "CONNECT"}, {kClient, "c2"}},
                               {{kPacket, "PUBACK"}, {kClient, "c2"}},
                               {{kPacket, "PUBACK"}, {kClient, "c2"}}};
  std::uintptr_t at = 0;
  for (const LabelMap& of : expected) {
    EXPECT_EQ(labels[at += 0x1000], of);
    EXPECT_EQ(labels[at += 0x1000], of);
  }
}

TEST_F(PacketLabelsTest, ANewNameOfTheThreadKeepsThePacket) {
  Begin(PacketType::kPublish, "c1", "a/b");
  ThreadLabels::Renamed();
  Allocate(0x1000);
  PacketLabels::End();
  Allocate(0x2000);
  auto labels = Labels();
  EXPECT_EQ(labels[0x1000], (LabelMap{{kPacket, "PUBLISH"}, {kClient, "c1"}, {kTopic, "a/b"}}));
  EXPECT_EQ(labels[0x2000], LabelMap());
}

TEST_F(PacketLabelsTest, AFloodOfTopicsEndsInOtherAndLeavesRoomForClients) {
  for (std::uint32_t i = 0; i < PacketSets::kMaxFull; ++i)
    Begin(PacketType::kPublish, "c1", "word" + std::to_string(i));
  Begin(PacketType::kPublish, "c1", "one more");
  Allocate(0x1000);
  Begin(PacketType::kPublish, "c2", "a/b");
  Allocate(0x2000);
  Begin(PacketType::kConnect, "c3", "");
  Allocate(0x3000);
  Begin(PacketType::kPublish, "c1", "word7");  // known from before
  Allocate(0x4000);
  for (std::uint32_t i = 0; i < PacketSets::kMaxWithClient; ++i)
    Begin(PacketType::kConnect, "x" + std::to_string(i), "");
  Begin(PacketType::kPublish, "c9", "a/b");
  Allocate(0x5000);
  Begin(PacketType::kConnect, "c3", "");
  Allocate(0x6000);
  auto labels = Labels();
  EXPECT_EQ(labels[0x1000], (LabelMap{{kPacket, "PUBLISH"}, {kClient, "c1"}, {kTopic, "(other)"}}));
  EXPECT_EQ(labels[0x2000], (LabelMap{{kPacket, "PUBLISH"}, {kClient, "c2"}, {kTopic, "(other)"}}));
  EXPECT_EQ(labels[0x3000], (LabelMap{{kPacket, "CONNECT"}, {kClient, "c3"}}));
  EXPECT_EQ(labels[0x4000], (LabelMap{{kPacket, "PUBLISH"}, {kClient, "c1"}, {kTopic, "word7"}}));
  EXPECT_EQ(labels[0x5000], (LabelMap{{kPacket, "PUBLISH"}, {kClient, "(other)"}, {kTopic, "(other)"}}));
  EXPECT_EQ(labels[0x6000], (LabelMap{{kPacket, "CONNECT"}, {kClient, "c3"}}));
}

}  // namespace
}  // namespace mqtrack::recorder
