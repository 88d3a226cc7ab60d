// The recorder's descriptors against /proc's: what counts as a difference, and how it is put right. Pictures are made
// by hand.
#include "libtrack/snapshot/descriptor_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>

namespace mqtrack::snapshot {
namespace {

using log::Kind;
using log::LabelsId;
using log::LiveEntry;
using log::StackId;
using procfs::OpenDescriptors;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr auto kStack = static_cast<StackId>(100);

LiveEntry Held(std::uint64_t number, std::uint32_t generation = 0) {
  return {Kind::kDescriptor, number, 0, generation, kStack, LabelsId::kNone};
}

std::vector<std::uint64_t> Numbers(const std::vector<LiveEntry>& entries) {
  std::vector<std::uint64_t> numbers;
  for (const LiveEntry& entry : entries) numbers.push_back(entry.handle);
  return numbers;
}

TEST(DescriptorCheck, NothingDiffersWhereBothAgree) {
  const OpenDescriptors open = {{0, "/dev/null"}, {5, "socket:[7]"}};
  const std::vector<LiveEntry> live = {Held(0), Held(5), {Kind::kHeapBlock, 9, 10, 0, kStack, LabelsId::kNone}};
  EXPECT_TRUE(CompareDescriptors(open, live, open).empty());
  EXPECT_TRUE(CompareDescriptors({}, {}, {}).empty());
}

TEST(DescriptorCheck, UnknownIsWhatWasOpenBothTimesAndIsTheSame) {
  const OpenDescriptors before = {{3, "/a"}, {4, "/b"}, {5, "/c"}}, after = {{3, "/a"}, {4, "/other"}, {6, "/d"}};
  const DescriptorDifference difference = CompareDescriptors(before, {}, after);
  EXPECT_THAT(difference.unknown, ElementsAre(Pair(3, "/a"))) << "4 was opened anew, 5 closed, 6 opened meanwhile";
  EXPECT_THAT(difference.stale, IsEmpty());
}

TEST(DescriptorCheck, StaleIsWhatWasClosedBothTimes) {
  const OpenDescriptors before = {{3, "/a"}}, after = {{4, "/b"}};
  const DescriptorDifference difference = CompareDescriptors(before, {Held(3), Held(4), Held(5)}, after);
  EXPECT_THAT(Numbers(difference.stale), ElementsAre(5)) << "3 was just closed, 4 just opened";
  EXPECT_THAT(difference.unknown, IsEmpty());
}

TEST(DescriptorCheck, OnlyWhatDiffersInBothLooksCounts) {
  DescriptorDifference first, second;
  first.unknown = {{3, "/a"}, {4, "/b"}, {5, "/c"}};
  second.unknown = {{4, "/b"}, {5, "/other"}};
  first.stale = {Held(7), Held(8)};
  second.stale = {Held(7, 1), Held(8)};  // 7 was closed and opened anew
  const DescriptorDifference both = InBoth(first, second);
  EXPECT_THAT(both.unknown, ElementsAre(Pair(4, "/b")));
  EXPECT_THAT(Numbers(both.stale), ElementsAre(8));
  EXPECT_TRUE(InBoth(first, {}).empty());
}

TEST(DescriptorCheck, PuttingRightMakesTheLogWhatProcShows) {
  log::LogContent content;
  content.stacks.emplace_back().id = kStack;
  // A heap block with a stale descriptor's number is none.
  content.live = {Held(3), Held(4), {Kind::kHeapBlock, 4, 10, 0, kStack, LabelsId::kNone}};
  DescriptorDifference difference;
  difference.stale = {Held(4)};
  difference.unknown = {{5, "socket:[7]"}, {6, "/x"}, {7, "socket:[8]"}};
  PutRight(difference, {"unix", "file", "unix"}, content);

  std::map<std::uint64_t, LiveEntry> descriptors;
  for (const LiveEntry& entry : content.live) {
    if (entry.kind == Kind::kDescriptor) descriptors[entry.handle] = entry;
  }
  ASSERT_THAT(content.live, SizeIs(5));
  ASSERT_THAT(descriptors, SizeIs(4));
  EXPECT_EQ(descriptors[3].stack, kStack);
  EXPECT_EQ(content.stacks.back().synthetic, log::SyntheticStack::kNotSeenMade);
  for (const std::uint64_t number : {5, 6, 7}) EXPECT_EQ(descriptors[number].stack, content.stacks.back().id) << number;
  EXPECT_EQ(descriptors[5].labels, descriptors[7].labels);
  EXPECT_NE(descriptors[5].labels, descriptors[6].labels);
  ASSERT_THAT(content.label_sets, SizeIs(2));
  EXPECT_THAT(content.label_sets[0].second, ElementsAre(Pair(log::LabelKey::kFdKind, "unix")));
}

TEST(DescriptorCheck, PuttingNothingRightChangesNothing) {
  log::LogContent content;
  content.live = {Held(3)};
  PutRight({}, {}, content);
  EXPECT_THAT(content.live, SizeIs(1));
  EXPECT_THAT(content.stacks, IsEmpty());
  EXPECT_THAT(Describe({}, {}), IsEmpty());
}

TEST(DescriptorCheck, SaysWhatWasPutRight) {
  DescriptorDifference difference;
  difference.unknown = {{5, "socket:[7]"}, {6, "/run/x"}, {7, "anon_inode:[odd]"}};
  difference.stale = {Held(9)};
  EXPECT_THAT(Describe(difference, {"unix", "file", "other"}),
              ElementsAre("3 descriptors of the process were opened unseen by the recorder, and counted as [not seen "
                          "being made]: 5 (unix), 6 (/run/x), 7 (anon_inode:[odd])",
                          "1 descriptor that the recorder knows was closed unseen by it, and not counted: 9"));
  difference.unknown.clear();
  for (std::uint64_t number = 20; number < 30; ++number) difference.stale.push_back(Held(number));
  EXPECT_THAT(
      Describe(difference, {}),
      ElementsAre("11 descriptors that the recorder knows were closed unseen by it, and not counted: 9, 20, 21, "
                  "22, 23, 24 and 5 more"));
}

}  // namespace
}  // namespace mqtrack::snapshot
