#include "reports/flame/flame_tree.h"

#include <gtest/gtest.h>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/profile/label_frames.h"
#include "reports/flame/flame_colours.h"
#include "tests/unit/reports/picture_profiles.h"

namespace mqtrack::reports {
namespace {

using testing::PictureProfileBuilder;

analysis::WrapperList Wrappers() { return analysis::WrapperList::Load().value(); }

StackSet Collect(const profile::Profile& profile, const profile::Profile* base = nullptr,
                 const std::string& tag_root = "") {
  const profile::LabelFrames keys{tag_root.empty() ? std::vector<std::string>() : std::vector{tag_root}};
  const profile::Profile newer = profile::AddLabelFrames(profile, keys);
  if (base == nullptr) return CollectStacks(newer, nullptr, Wrappers(), "").value();
  const profile::Profile older = profile::AddLabelFrames(*base, keys);
  return CollectStacks(newer, &older, Wrappers(), "").value();
}

const FlameBox* Find(const StackSet& set, const FlameTree& tree, const std::string& name) {
  for (std::size_t i = 1; i < tree.boxes.size(); ++i) {
    if (set.frames[Index(tree.boxes[i].frame)].name == name) return &tree.boxes[i];
  }
  return nullptr;
}

TEST(FlameTreeTest, SumsStacksAlongTheirCommonCallers) {
  PictureProfileBuilder builder;
  builder.Add({{"main"}, {"a"}}, 1, 100).Add({{"main"}, {"b"}}, 2, 300).Add({{"main"}}, 1, 50);
  const StackSet set = Collect(builder.Get());
  const FlameTree tree = BuildFlameTree(set, 0);
  ASSERT_EQ(tree.boxes.size(), 4U);
  EXPECT_EQ(tree.boxes[0].weight, 450);
  const FlameBox* main = Find(set, tree, "main");
  ASSERT_NE(main, nullptr);
  EXPECT_EQ(main->value.value, 450);
  EXPECT_EQ(main->objects.value, 4);
  EXPECT_EQ(main->self.value, 50);
  ASSERT_EQ(main->children.size(), 2U);
  EXPECT_EQ(&tree.boxes[main->children[0]], Find(set, tree, "b")) << "the heaviest comes first";
}

TEST(FlameTreeTest, AllocatorFramesAreTheTailOfTheirCulprit) {
  PictureProfileBuilder builder;
  builder.Add({{"main"}, {"guilty"}, {"mosquitto__malloc"}, {"malloc"}}, 1, 100);
  const StackSet set = Collect(builder.Get());
  const FlameTree tree = BuildFlameTree(set, 0);
  const FlameBox* guilty = Find(set, tree, "guilty");
  ASSERT_NE(guilty, nullptr);
  EXPECT_FALSE(guilty->tail);
  EXPECT_EQ(guilty->self.value, 100);
  EXPECT_TRUE(Find(set, tree, "mosquitto__malloc")->tail);
  EXPECT_TRUE(Find(set, tree, "malloc")->tail);
}

TEST(FlameTreeTest, AFunctionInAndOutOfATailIsTwoBoxes) {
  PictureProfileBuilder builder;  // asprintf may call into the program: it is no pure allocator
  builder.Add({{"main"}, {"asprintf"}}, 1, 10);
  builder.Add({{"main"}, {"asprintf"}, {"callback"}}, 1, 20);
  builder.Add({{"main"}, {"asprintf"}, {"malloc"}}, 1, 30);
  const FlameTree tree = BuildFlameTree(Collect(builder.Get()), 0);
  // root, main, the tail (with malloc below it), and the one with the callback below it
  EXPECT_EQ(tree.boxes.size(), 6U);
  EXPECT_EQ(tree.boxes[1].self.value, 40);
}

TEST(FlameTreeTest, GrowthAndShrinkageDoNotHideEachOther) {
  PictureProfileBuilder before, after;
  before.Add({{"main"}, {"shrinks"}}, 1, 1000);
  after.Add({{"main"}, {"grows"}}, 1, 1000);
  const profile::Profile base = before.Get();
  const StackSet set = Collect(after.Get(), &base);
  const FlameTree tree = BuildFlameTree(set, 0);
  EXPECT_EQ(tree.boxes[0].weight, 2000);
  EXPECT_EQ(tree.boxes[0].value.growth(), 0);
  EXPECT_EQ(GrowthClass(tree.boxes[0], true), "n");
  EXPECT_EQ(GrowthClass(*Find(set, tree, "grows"), true), "r4");
  EXPECT_EQ(GrowthClass(*Find(set, tree, "shrinks"), true), "b4");
}

TEST(FlameTreeTest, EqualStacksCancelWhateverTheirAddressesAndLabels) {
  PictureProfileBuilder before, after;
  before.Add({{"other"}}, 1, 1).Add({{"main"}, {"same"}}, 1, 500, {{"generation", "", 1, "generation"}});
  after.Add({{"main"}, {"same"}}, 1, 500, {{"generation", "", 2, "generation"}}).Add({{"other"}}, 1, 1);
  const profile::Profile base = before.Get();
  EXPECT_EQ(BuildFlameTree(Collect(after.Get(), &base), 0).boxes[0].weight, 0);
}

TEST(FlameTreeTest, IntensityFollowsRelativeGrowth) {
  const auto box = [](std::int64_t base, std::int64_t value) {
    FlameBox result;
    result.value = {base, value};
    return result;
  };
  EXPECT_EQ(GrowthClass(box(100, 105), true), "r1");
  EXPECT_EQ(GrowthClass(box(100, 140), true), "r2");
  EXPECT_EQ(GrowthClass(box(100, 200), true), "r3");
  EXPECT_EQ(GrowthClass(box(100, 300), true), "r4");
  EXPECT_EQ(GrowthClass(box(100, 95), true), "b1");
  EXPECT_EQ(GrowthClass(box(100, 20), true), "b4");
}

TEST(FlameTreeTest, LeavesOutNarrowBoxesAndSaysHowMuch) {
  PictureProfileBuilder builder;
  builder.Add({{"main"}, {"big"}}, 1, 99'950).Add({{"main"}, {"small"}, {"smaller"}}, 1, 50);
  const StackSet set = Collect(builder.Get());
  const FlameTree tree = BuildFlameTree(set, 0.001);
  EXPECT_EQ(Find(set, tree, "small"), nullptr);
  EXPECT_EQ(tree.elided_boxes, 2U);
  EXPECT_EQ(tree.elided_weight, 50);
}

TEST(FlameTreeTest, RemembersTheHeaviestLine) {
  PictureProfileBuilder builder;
  builder.Add({{"main", "m.c", 10}}, 1, 5).Add({{"main", "m.c", 20}}, 1, 50).Add({{"main", "m.c", 30}}, 1, 7);
  const FlameTree tree = BuildFlameTree(Collect(builder.Get()), 0);
  ASSERT_EQ(tree.boxes.size(), 2U);
  EXPECT_EQ(tree.boxes[1].line, 20);
  EXPECT_EQ(tree.boxes[1].other_lines, 2U);
}

TEST(FlameTreeTest, LabelValuesBecomeRoots) {
  PictureProfileBuilder builder;
  builder.Add({{"main"}}, 1, 30, {{"thread", "worker", 0, ""}}).Add({{"main"}}, 1, 10);
  const StackSet set = Collect(builder.Get(), nullptr, "thread");
  const FlameTree tree = BuildFlameTree(set, 0);
  EXPECT_EQ(Find(set, tree, "thread: worker")->weight, 30);
  EXPECT_EQ(Find(set, tree, "thread: (none)")->weight, 10);
}

TEST(FlameTreeTest, ExtremeValuesSaturate) {
  PictureProfileBuilder builder;
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  builder.Add({{"a"}}, kMax, kMax).Add({{"b"}}, kMax, kMax).Add({{"c"}}, 1, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(BuildFlameTree(Collect(builder.Get()), 0).boxes[0].weight, kMax);
}

TEST(FlameTreeTest, AStackWithoutFramesIsShown) {
  PictureProfileBuilder builder;
  builder.Add({}, 1, 64);
  const StackSet set = Collect(builder.Get());
  EXPECT_NE(Find(set, BuildFlameTree(set, 0), "(no stack)"), nullptr);
}

}  // namespace
}  // namespace mqtrack::reports
