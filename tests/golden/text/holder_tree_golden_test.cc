// What `mqtrack report --format holders` writes, to the letter; and that each byte stands in one place.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "libtrack/profile/fact.h"
#include "libtrack/profile/holder_frames.h"
#include "libtrack/profile/merge.h"
#include "libtrack/profile/sample_types.h"
#include "reports/holders/holder_tree.h"
#include "reports/holders/holders_dot.h"
#include "reports/holders/holders_json.h"
#include "tests/golden/text/golden_file.h"

namespace mqtrack::reports {
namespace {

using profile::Function;
using profile::HolderFrame;
using profile::OwnerFrame;
using testing::ExpectGolden;

/// A reference profile, stack by stack.
class HoldersBuilder {
 public:
  HoldersBuilder() {
    profile_.sample_types = {profile::WithUnit(profile::kInuseObjects), profile::WithUnit(profile::kInuseSpace)};
    profile_.default_sample_type = profile::kInuseSpace;
    profile_.time_nanos = 1'700'000'000'000'000'000;
    profile::AddFact(profile_, "target", "mosquitto (pid 4711)");
    profile::AddFact(profile_, profile::kHeapLookFact, std::string(profile::kLooksForHolders));
  }
  HoldersBuilder& Add(const std::vector<Function>& root_first, const Function& site, std::int64_t blocks,
                      std::int64_t bytes) {
    profile::Sample& sample = profile_.samples.emplace_back();
    sample.locations.push_back(Location(site, 42));
    for (auto frame = root_first.rbegin(); frame != root_first.rend(); ++frame)
      sample.locations.push_back(Location(*frame, 0));
    sample.values = {blocks, bytes};
    return *this;
  }
  [[nodiscard]] const profile::Profile& profile() const { return profile_; }

 private:
  profile::LocationId Location(const Function& function, std::int64_t line) {
    std::size_t i = 0;
    while (i < profile_.functions.size() && profile_.functions[i] != function) ++i;
    if (i == profile_.functions.size()) {
      profile_.functions.push_back(function);
      profile_.locations.push_back(
          {profile::MappingId::kNone, 0, {{static_cast<profile::FunctionId>(i), line}}, false});
    }
    return static_cast<profile::LocationId>(i);
  }
  profile::Profile profile_;
};

const Function kMaker = {"db__message_insert", {}, "src/database.c", 0};

HoldersBuilder Broker(int clients, std::int64_t messages) {
  HoldersBuilder builder;
  const Function session = HolderFrame("", "struct mosquitto"),
                 message = HolderFrame("msgs_out.queued", "struct mosquitto_client_msg");
  for (int i = 0; i < clients; ++i) {
    const Function owner = OwnerFrame("client", "client pump" + std::to_string(i));
    builder.Add({owner, session}, {"context__init", {}, "src/context.c", 0}, 5, 1000);
    builder.Add({owner, session, message}, kMaker, messages, messages * 56);
  }
  const Function stored = HolderFrame("msg_store", "struct mosquitto_msg_store");
  builder.Add({OwnerFrame("global", "global db (mosquitto)"), stored}, {"db__message_store", {}, {}, 0}, 200, 22'400);
  builder.Add({OwnerFrame("global", "global db (mosquitto)"), stored, HolderFrame("[]", "made by db__message_insert")},
              kMaker, 10'000, 72'000);
  builder.Add({OwnerFrame("client", "client </script>\"\\N&amp;-->"), session}, kMaker, 1, 9000);
  builder.Add({OwnerFrame("thread", "thread \"worker\""), HolderFrame("", "made by main")}, {"main", {}, {}, 0}, 1, 8);
  builder.Add({OwnerFrame("shared", "shared"), HolderFrame("", "Peer")}, {"main", {}, {}, 0}, 2, 5000);
  return builder.Add({OwnerFrame("lost", "lost"), HolderFrame("", "made by Lose")}, {"Lose", {}, {}, 0}, 3, 6000);
}

TEST(HolderTreeGolden, Picture) {
  const HoldersBuilder broker = Broker(3, 200);
  ExpectGolden("holders.dot", *RenderHoldersDot(broker.profile(), {}));
  ExpectGolden("holders.json", *RenderHoldersJson(broker.profile(), "mosquitto"));
}

TEST(HolderTreeGolden, ManyClientsAreOneBoxAndTheLightestAreCut) {
  const HoldersBuilder broker = Broker(2'000, 200);
  ExpectGolden("holders_many.dot", *RenderHoldersDot(broker.profile(), {"a title", 5}));
  const support::Result<HolderTree> merged = BuildHolderTree(broker.profile(), {8}),
                                    all = BuildHolderTree(broker.profile());
  ASSERT_TRUE(merged && all);
  EXPECT_EQ(merged->total.bytes, all->total.bytes);
  EXPECT_EQ(merged->total.bytes, 2'000 * (1000 + 200 * 56) + 22'400 + 72'000 + 9000 + 8 + 5000 + 6000);
  EXPECT_GT(all->boxes.size(), 6'000u);
  EXPECT_LT(merged->boxes.size(), 20u);
}

TEST(HolderTreeGolden, EachByteStandsInOnePlace) {
  const support::Result<HolderTree> tree = BuildHolderTree(Broker(3, 200).profile());
  ASSERT_TRUE(tree);
  std::vector<std::int64_t> below(tree->boxes.size());
  std::int64_t total = 0;
  for (std::size_t i = tree->boxes.size(); i-- > 0;) {
    const HolderBox& box = tree->boxes[i];
    EXPECT_EQ(box.held.bytes, box.own.bytes + below[i]) << box.name;
    (box.parent == kNoParent ? total : below[box.parent]) += box.held.bytes;
  }
  EXPECT_EQ(total, tree->total.bytes);
}

TEST(HolderTreeGolden, OfNothingAndOfWhatIsNoSuchProfile) {
  EXPECT_NE(RenderHoldersDot(HoldersBuilder().profile(), {})->find("Nothing to show"), std::string::npos);
  EXPECT_FALSE(RenderHoldersDot(profile::Profile(), {}));
  profile::Profile broken = Broker(1, 1).profile();
  broken.samples[0].locations.pop_back();  // no owner
  EXPECT_FALSE(RenderHoldersJson(broken, "broken"));
  broken.samples[0].locations.clear();
  EXPECT_FALSE(RenderHoldersJson(broken, "broken"));
}

TEST(HolderTreeGolden, WhatDidNotChangeCancels) {
  const support::Result<profile::Profile> difference =
      profile::Subtract(Broker(3, 250).profile(), Broker(3, 200).profile());
  ASSERT_TRUE(difference);
  const support::Result<HolderTree> tree = BuildHolderTree(*difference);
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->total.bytes, 3 * 50 * 56);
  EXPECT_EQ(tree->boxes.size(), 3u * 3);
}

}  // namespace
}  // namespace mqtrack::reports
