// Chains through a memory made by hand: words of blocks at an address each, and a variable.
#include "libtrack/heapgraph/holding_chains.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "libtrack/heapgraph/holder_paths.h"

namespace mqtrack::heapgraph {
namespace {

using ::testing::ElementsAre;

constexpr std::uint64_t kBase = 0x10000, kVariable = 0x8000, kBlock = 64, kStep = 128;

/// Words by address; what was not written is 0.
class WordSource final : public MemorySource {
 public:
  std::map<std::uint64_t, std::uint64_t> words;
  [[nodiscard]] std::size_t Read(std::uint64_t address, void* into, std::size_t bytes) const override {
    for (std::size_t i = 0; i + 8 <= bytes; i += 8) {
      const auto word = words.find(address + i);
      const std::uint64_t value = word == words.end() ? 0 : word->second;
      std::memcpy(static_cast<char*>(into) + i, &value, sizeof value);
    }
    return bytes;
  }
  bool Visit(AddressRange, const Visitor&) const override { return true; }
};

enum Types : std::uint64_t { kDatabase = 1, kSession, kMessage };

/// One variable, of a type that has sessions; blocks of stack 1 are sessions, of stack 2 messages, of others unknown.
class HandNames final : public DataNames {
 public:
  bool has_types = true;
  MakerFacts MakerOf(log::StackId stack) override {
    const auto number = static_cast<std::uint64_t>(stack);
    return {number, "maker" + std::to_string(number), "", 0, "service"};
  }
  VariableFacts VariableAt(std::uint32_t, std::uint64_t) override {
    return {"db", "db.c", 41, kVariable, has_types ? static_cast<TypeId>(kDatabase) : TypeId::kNone};
  }
  std::string ReadableType(const std::string&) override { return {}; }
  TypeId TypeNamed(std::uint32_t, const std::string&) override { return TypeId::kNone; }
  std::string NameOf(TypeId type) override { return type == static_cast<TypeId>(kSession) ? "Session" : "Message"; }
  std::uint64_t BytesOf(TypeId) override { return kBlock; }
  std::vector<PointerField> PointersOf(TypeId type) override {
    if (type == static_cast<TypeId>(kDatabase)) return {{8, static_cast<TypeId>(kSession)}};
    if (type == static_cast<TypeId>(kSession))
      return {{0, static_cast<TypeId>(kSession)}, {16, static_cast<TypeId>(kMessage)}};
    return {{0, static_cast<TypeId>(kMessage)}};
  }
  std::optional<std::string> MemberAt(TypeId type, std::uint64_t, std::uint64_t offset) override {
    if (offset == 0) return "next";
    if (type == static_cast<TypeId>(kDatabase) && offset == 8) return "sessions";
    if (type == static_cast<TypeId>(kSession) && offset == 16) return "queued";
    return std::nullopt;
  }
};

class HoldingChainsTest : public ::testing::Test {
 protected:
  HoldingChainsTest() {
    capture_.content.modules.push_back({});
    capture_.content.modules[0].is_main = true;
    capture_.content.modules[0].path = "/usr/bin/service";
    capture_.threads.push_back({});
    capture_.threads[0].tid = 7;
    capture_.threads[0].name = "worker";
    graph_.regions = {{RootKind::kGlobal, {kVariable, kVariable + 64}, 0}, {RootKind::kStack, {}, 0}};
  }
  std::uint32_t Add(std::uint32_t stack) {
    log::LiveEntry block;
    block.kind = log::Kind::kHeapBlock;
    block.handle = kBase + capture_.blocks.size() * kStep;
    block.bytes = kBlock;
    block.stack = static_cast<log::StackId>(stack);
    capture_.blocks.push_back(block);
    return static_cast<std::uint32_t>(capture_.blocks.size() - 1);
  }
  void Point(std::uint32_t from, std::uint64_t offset, std::uint32_t to, std::uint64_t into = 0) {
    memory_.words[capture_.blocks[from].handle + offset] = capture_.blocks[to].handle + into;
    edges_.emplace(from, to);
  }
  void Hold(std::uint32_t block, std::uint64_t offset, std::uint32_t region = 0) {
    graph_.root_edges.push_back({kVariable + offset, {static_cast<BlockId>(block), false}, region});
  }
  void MakeEdges() {
    graph_.first_edge = {0};
    graph_.edges.clear();
    for (std::uint32_t block = 0; block < capture_.blocks.size(); ++block) {
      for (auto edge = edges_.lower_bound({block, 0}); edge != edges_.end() && edge->first == block; ++edge)
        graph_.edges.emplace_back(static_cast<BlockId>(edge->second), false);
      graph_.first_edge.push_back(graph_.edges.size());
    }
  }
  ChainFindings Why(const std::vector<std::uint32_t>& targets) {
    MakeEdges();
    const Ownership ownership = AssignBlocks(graph_, capture_, memory_, {});
    std::vector<BlockId> blocks;
    for (const std::uint32_t target : targets) blocks.push_back(static_cast<BlockId>(target));
    return FindHoldingChains(graph_, capture_, memory_, ownership, names_, blocks);
  }
  /// Of each node its owner's kind and what leads to it, with how many blocks it has.
  std::map<std::string, std::uint64_t> Paths() {
    MakeEdges();
    const Ownership ownership = AssignBlocks(graph_, capture_, memory_, {});
    const HolderPaths paths = FindHolderPaths(graph_, capture_, memory_, ownership, names_);
    std::vector<std::string> names;
    for (const HolderNode& node : paths.nodes) {
      const bool is_owner = node.parent == kNoHolder;
      EXPECT_TRUE(is_owner || node.parent < names.size());
      const std::string& what = node.type_name.empty() ? node.maker.function : node.type_name;
      names.push_back(is_owner ? std::string(OwnerKindName(ownership.owners[node.owner].kind))
                               : names[node.parent] + "/" + node.member + ":" + what);
    }
    std::map<std::string, std::uint64_t> blocks;
    for (const HeldBlocks& held : paths.held) blocks[names[held.node]] += held.blocks;
    return blocks;
  }
  static std::vector<std::string> Members(const HoldingChain& chain) {
    std::vector<std::string> members;
    for (const ChainStep& step : chain.steps) members.push_back(step.member);
    return members;
  }
  /// `count` sessions in a list, with a queue of `messages` each; the messages.
  std::vector<std::uint32_t> Broker(int count, int messages) {
    std::vector<std::uint32_t> all;
    std::uint32_t before = 0;
    for (int i = 0; i < count; ++i) {
      const std::uint32_t session = Add(1);
      if (i == 0) Hold(session, 8);
      if (i != 0) Point(before, 0, session);
      std::uint32_t last = session;
      for (int j = 0; j < messages; ++j) {
        const std::uint32_t message = Add(2);
        Point(last, j == 0 ? 16 : 0, message);
        all.push_back(last = message);
      }
      before = session;
    }
    return all;
  }

  HeapGraph graph_;
  HeapCapture capture_;
  WordSource memory_;
  HandNames names_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> edges_;
};

TEST_F(HoldingChainsTest, QueuesOfAllSessionsAreOneShape) {
  const ChainFindings found = Why(Broker(5, 30));
  ASSERT_EQ(found.chains.size(), 1U);
  const HoldingChain& chain = found.chains[0];
  EXPECT_EQ(chain.root.variable.name, "db");
  EXPECT_THAT(Members(chain), ElementsAre("sessions", "queued"));
  EXPECT_EQ(chain.steps[0].type_name, "Session");
  EXPECT_EQ(chain.steps[0].blocks, 5U);
  EXPECT_THAT(chain.steps[0].repeats, ElementsAre("next"));
  EXPECT_TRUE(chain.steps[0].holds_alone);
  EXPECT_EQ(chain.steps[1].type_name, "Message");
  EXPECT_EQ(chain.blocks, 150U);
  EXPECT_EQ(chain.bytes, 150 * kBlock);
  EXPECT_EQ(chain.steps[1].most_in_a_row, 30U);
}

TEST_F(HoldingChainsTest, HoldersAreATreeInWhichEachBlockStandsOnce) {
  const std::vector<std::uint32_t> messages = Broker(5, 30);
  const std::uint32_t shared = Add(4), below = Add(5), lost = Add(6), lost_too = Add(7), worker = Add(8);
  Point(messages[3], 24, shared);  // of two sessions: it is the variable's
  Point(messages[100], 24, shared);
  Point(shared, 8, below);
  Point(lost, 0, lost_too);
  Hold(worker, 0, 1);
  const std::map<std::string, std::uint64_t> paths = Paths();
  EXPECT_THAT(paths, ::testing::UnorderedElementsAre(std::pair("global/sessions:Session", 5),
                                                     std::pair("global/sessions:Session/queued:Message", 150),
                                                     std::pair("global/sessions:Session/:maker4", 1),
                                                     std::pair("global/sessions:Session/:maker4/+0x8:maker5", 1),
                                                     std::pair("lost/:maker6", 1), std::pair("lost/:maker7", 1),
                                                     std::pair("thread/:maker8", 1)));
}

TEST_F(HoldingChainsTest, HoldersOfALongListTakeNoStack) {
  (void)Broker(1, 200'000);
  EXPECT_EQ(Paths()["global/sessions:Session/queued:Message"], 200'000U);
}

TEST_F(HoldingChainsTest, WithoutTypesByMakerAndOffset) {
  names_.has_types = false;
  const ChainFindings found = Why(Broker(5, 30));
  ASSERT_EQ(found.chains.size(), 1U);
  EXPECT_THAT(Members(found.chains[0]), ElementsAre("+0x8", "+0x10"));
  EXPECT_EQ(found.chains[0].steps[1].type_name, "");
  EXPECT_EQ(found.chains[0].steps[1].maker.function, "maker2");
}

TEST_F(HoldingChainsTest, AListThatIsAsLongAsTheHeapTakesNoStack) {
  const ChainFindings found = Why(Broker(1, 200'000));
  ASSERT_EQ(found.chains.size(), 1U);
  EXPECT_EQ(found.chains[0].steps[1].most_in_a_row, 200'000U);
}

TEST_F(HoldingChainsTest, ManySlotsWithoutATypeAreAnArray) {
  const std::uint32_t array = Add(3);
  Hold(array, 16);
  std::vector<std::uint32_t> targets;
  for (std::uint64_t offset = 0; offset < kBlock; offset += 8) Point(array, offset, targets.emplace_back(Add(4)));
  const ChainFindings found = Why(targets);
  ASSERT_EQ(found.chains.size(), 1U);
  EXPECT_THAT(Members(found.chains[0]), ElementsAre("+0x10", "[]"));
  EXPECT_EQ(found.chains[0].steps[1].blocks, 8U);
}

TEST_F(HoldingChainsTest, WhatIsHeldTwiceIsNotFreedWithOne) {
  const std::vector<std::uint32_t> messages = Broker(2, 1);
  const std::uint32_t text = Add(3);
  Point(messages[0], 24, text);
  Point(messages[1], 24, text);
  const ChainFindings found = Why({text});
  ASSERT_EQ(found.chains.size(), 1U);
  const HoldingChain& chain = found.chains[0];
  EXPECT_EQ(chain.steps[2].pointers, 2U);
  EXPECT_FALSE(chain.steps[1].holds_alone);
  EXPECT_TRUE(chain.steps[0].holds_alone) << "the first session holds the second";
  EXPECT_TRUE(chain.root_holds_alone);
}

TEST_F(HoldingChainsTest, AWordOnAStackCountsWhereNothingElseDoes) {
  const std::uint32_t by_both = Add(3), by_stack = Add(3), lost = Add(3);
  Hold(by_both, 8);
  Hold(by_both, 0, 1);
  Hold(by_stack, 0, 1);
  const ChainFindings found = Why({by_both, by_stack, lost});
  ASSERT_EQ(found.chains.size(), 2U);
  EXPECT_EQ(found.chains[0].root.kind, RootKind::kGlobal);
  EXPECT_TRUE(found.chains[0].is_sure);
  EXPECT_EQ(found.chains[1].root.kind, RootKind::kStack);
  EXPECT_EQ(found.chains[1].root.thread, "thread 7 \"worker\"");
  EXPECT_FALSE(found.chains[1].is_sure);
  EXPECT_EQ(found.lost_blocks, 1U);
  EXPECT_EQ(found.blocks, 3U);
}

TEST_F(HoldingChainsTest, OneStalePointerNamesNobody) {
  // A member of a session points to one of many blocks that are longer than a message, and no message.
  Broker(1, 0);
  std::vector<std::uint32_t> others;
  for (int i = 0; i < 10; ++i) {
    others.push_back(Add(9));
    capture_.blocks.back().bytes = kBlock + 24;
    Hold(others.back(), 24);
  }
  Point(0, 16, others[3]);
  for (const HoldingChain& chain : Why(others).chains) EXPECT_EQ(chain.steps.back().type_name, "");
}

}  // namespace
}  // namespace mqtrack::heapgraph
