// What the recorder's table of sessions says of one client, and how many of its blocks are messages.
#include "libtrack/heapgraph/client_states.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "libtrack/heapgraph/dominators.h"
#include "libtrack/log/client_hash.h"
#include "tests/unit/heapgraph/graph_builder.h"

namespace mqtrack::heapgraph {
namespace {

using log::BrokerGap;

constexpr std::uint64_t kLevel = 0x7f0000000000, kDay = 1'700'000'000;

/// The levels of a table, as far as something was written to them.
class TableSource final : public MemorySource {
 public:
  std::map<std::uint64_t, std::vector<std::uint64_t>> pieces;
  bool is_readable = true;

  void Put(std::uint64_t place, const log::BrokerSession& session) {
    std::vector<std::uint64_t> words(sizeof session / sizeof(std::uint64_t));
    std::memcpy(words.data(), &session, sizeof session);
    // In two pieces, as pages end anywhere in an entry.
    const std::uint64_t at = kLevel + place * sizeof session;
    pieces[at] = {words.begin(), words.begin() + 3};
    pieces[at + 3 * sizeof(std::uint64_t)] = {words.begin() + 3, words.end()};
  }
  [[nodiscard]] std::size_t Read(std::uint64_t, void*, std::size_t) const override { return 0; }
  bool Visit(AddressRange range, const Visitor& visitor) const override {
    for (const auto& [at, words] : pieces) {
      if (range.Contains(at)) visitor(at, words);
    }
    return is_readable;
  }
};

log::BrokerSession Session(const std::string& id, log::SessionState state) {
  log::BrokerSession session{};
  session.key = log::SessionKey(id);
  session.state = static_cast<std::uint64_t>(state) << log::kSessionStateShift | 5;
  session.subscriptions = 3;
  session.unacknowledged = 20;
  session.half_open = 1;
  session.era = 7;
  session.since_unix_seconds = static_cast<std::uint32_t>(kDay);
  return session;
}

class SessionTableTest : public ::testing::Test {
 protected:
  SessionTableTest() {
    figures_.is_broker = 1;
    figures_.session_levels[0] = kLevel;
    memory_.Put(0, Session("pump7", log::SessionState::kOffline));
    memory_.Put(9, Session("pump8", log::SessionState::kConnected));
    memory_.Put(255, Session("gone", log::SessionState::kGone));
  }
  [[nodiscard]] ClientState Of(const std::string& id) const { return SessionTable(figures_, memory_).Of(id); }
  void Note(BrokerGap gap) { figures_.gaps |= std::uint64_t{1} << static_cast<unsigned>(gap); }

  log::BrokerFigures figures_{};
  TableSource memory_;
};

TEST_F(SessionTableTest, SaysOfEachClientWhatIsItsOwn) {
  const ClientState offline = Of("pump7");
  EXPECT_EQ(offline.connection, ClientConnection::kOffline);
  EXPECT_EQ(offline.since_unix_seconds, static_cast<std::int64_t>(kDay));
  EXPECT_EQ(offline.subscriptions, 3u);
  EXPECT_EQ(offline.inflight, 20u);
  EXPECT_EQ(offline.half_received, 1u);
  EXPECT_EQ(Of("pump8").connection, ClientConnection::kConnected);
  EXPECT_EQ(Of("gone").connection, ClientConnection::kEnded);
  EXPECT_EQ(Of("nobody").connection, ClientConnection::kEnded);
  EXPECT_EQ(Of("nobody").subscriptions, std::nullopt);
}

TEST_F(SessionTableTest, WhatIsNotKnownHasNoValue) {
  EXPECT_EQ(Of(std::string(64, 'x')).connection, ClientConnection::kUnknown) << "the id may have been cut";
  memory_.is_readable = false;
  EXPECT_EQ(Of("nobody").connection, ClientConnection::kUnknown);
  EXPECT_EQ(Of("pump7").connection, ClientConnection::kOffline);
  memory_.is_readable = true;
  figures_.of[static_cast<std::size_t>(log::BrokerFigure::kSessions)] = 3;
  EXPECT_EQ(Of("nobody").connection, ClientConnection::kUnknown) << "there were more than could be read";
  EXPECT_EQ(Of("pump8").connection, ClientConnection::kConnected);
  Note(BrokerGap::kUnseenWrites);
  EXPECT_EQ(Of("pump7").inflight, std::nullopt);
  EXPECT_EQ(Of("pump7").subscriptions, 3u);
  Note(BrokerGap::kRefusals);
  EXPECT_EQ(Of("pump7").subscriptions, std::nullopt);
  Note(BrokerGap::kEarlier);
  EXPECT_EQ(Of("nobody").connection, ClientConnection::kUnknown);
  Note(BrokerGap::kLostConnection);
  EXPECT_EQ(Of("pump7").connection, ClientConnection::kUnknown);
  figures_.gaps = 0;
  log::BrokerSession stored = Session("pump9", log::SessionState::kConnected);
  stored.is_stored = 1;
  memory_.Put(10, stored);
  EXPECT_EQ(Of("pump9").connection, ClientConnection::kConnected);
  EXPECT_EQ(Of("pump9").subscriptions, std::nullopt);
  figures_.session_levels[0] = 0;
  EXPECT_EQ(Of("pump7").connection, ClientConnection::kUnknown);
}

TEST_F(SessionTableTest, AnAddressThatCannotBeIsNoTable) {
  for (const std::uint64_t address : {~std::uint64_t{0}, kLevel + 1, std::uint64_t{8}}) {
    figures_.session_levels[1] = address;
    EXPECT_EQ(Of("pump8").connection, ClientConnection::kConnected) << address;
  }
}

TEST_F(SessionTableTest, QueuedIsWhatIsNeitherSentNorHalfReceived) {
  ClientState state = Of("pump7");
  EXPECT_EQ(state.Queued(), std::nullopt);
  state.message_blocks = 221;
  EXPECT_EQ(state.Queued(), 200u);
  state.message_blocks = 4;
  EXPECT_EQ(state.Queued(), 0u);
  state.inflight.reset();
  EXPECT_EQ(state.Queued(), std::nullopt);
}

constexpr auto kConnects = static_cast<log::StackId>(1), kQueues = static_cast<log::StackId>(2),
               kProperty = static_cast<log::StackId>(3), kOther = static_cast<log::StackId>(4);
constexpr auto kNoLabels = static_cast<log::LabelsId>(0), kOfPublisher = static_cast<log::LabelsId>(1),
               kOfPump = static_cast<log::LabelsId>(2);

class CountMessagesTest : public ::testing::Test {
 protected:
  CountMessagesTest() {
    capture_.content.facts.counts_packets = true;
    const auto publish = [](const char* client) {
      return log::LabelPairs{{log::LabelKey::kMqttPacket, "PUBLISH"}, {log::LabelKey::kMqttClient, client}};
    };
    capture_.content.label_sets = {{kOfPublisher, publish("publisher")}, {kOfPump, publish("pump")}};
    Add(kConnects, kNoLabels);  // the client's object, which holds all else
  }
  std::uint32_t Add(log::StackId stack, log::LabelsId labels) {
    log::LiveEntry block;
    block.stack = stack;
    block.labels = labels;
    capture_.blocks.push_back(block);
    owner_of_.push_back(0);
    return static_cast<std::uint32_t>(capture_.blocks.size() - 1);
  }
  std::optional<std::uint64_t> Count(std::vector<std::pair<std::uint32_t, std::uint32_t>> held = {}) {
    for (std::uint32_t i = 1; i < capture_.blocks.size(); ++i) {
      bool is_held = false;
      for (const auto& [from, to] : held) is_held |= to == i;
      if (!is_held) held.emplace_back(0, i);
    }
    DominatorTree tree;
    tree.parent.assign(capture_.blocks.size() + 1, 0);
    tree.parent[0] = kNoNode;
    for (const auto& [from, to] : held) tree.parent[to + 1] = from + 1;
    const std::string client = "pump";
    return CountMessages(capture_, {tree, 1, owner_of_, {&client, nullptr}},
                         [](log::StackId stack) { return static_cast<std::uint64_t>(stack); })[0];
  }

  HeapCapture capture_;
  std::vector<std::uint32_t> owner_of_;
};

TEST_F(CountMessagesTest, CountsWhatMakesMessagesForOthersHoweverItCame) {
  for (int i = 0; i < 5; ++i) Add(kQueues, kOfPublisher);
  Add(kQueues, kNoLabels);  // a will
  Add(kOther, kOfPump);     // what its own packets make
  EXPECT_EQ(Count(), 6u);
}

TEST_F(CountMessagesTest, PartsOfAMessageAreNone) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> held;
  std::uint32_t last = 0;
  for (int i = 0; i < 3; ++i) {  // a list: one leads to the next
    const std::uint32_t message = Add(kQueues, kOfPublisher);
    held.emplace_back(last, message);
    for (int part = 0; part < 2; ++part) held.emplace_back(message, Add(kProperty, kOfPublisher));
    last = message;
  }
  EXPECT_EQ(Count(held), 3u);
}

TEST_F(CountMessagesTest, NothingIsNotNone) {
  EXPECT_EQ(Count(), 0u);
  Add(kOther, kOfPump);
  EXPECT_EQ(Count(), std::nullopt) << "a message to itself, or anything else";
  capture_.content.facts.counts_packets = false;
  EXPECT_EQ(Count(), std::nullopt);
  capture_.content.facts.counts_packets = true;
  Add(kQueues, kOfPublisher);
  EXPECT_EQ(Count(), 1u);
  capture_.content.facts.unlabelled[static_cast<std::size_t>(log::Unlabelled::kQueued)] = 1;
  EXPECT_EQ(Count(), std::nullopt) << "another thread made it, and nothing says for whom";
}

}  // namespace
}  // namespace mqtrack::heapgraph
