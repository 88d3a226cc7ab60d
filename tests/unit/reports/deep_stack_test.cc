// A stack as deep as no program's, which a foreign or hostile profile may hold all the same: nothing that reads or
// draws it may need stack space of its own in proportion.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <functional>
#include <sstream>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/formats/pprof_decode.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "reports/callgraph/call_graph.h"
#include "reports/flame/deep_stacks.h"
#include "reports/flame/flame_svg.h"
#include "reports/flame/folded.h"
#include "tests/unit/reports/picture_profiles.h"

namespace mqtrack::reports {
namespace {

using ::testing::HasSubstr;
using testing::PictureProfileBuilder;
using testing::TestFrame;

constexpr int kFrames = 100'000;

const analysis::WrapperList& Wrappers() {
  static const analysis::WrapperList wrappers = analysis::WrapperList::Load().value();
  return wrappers;
}

/// One stack: `function` calls itself kFrames times, after "main" and before "leaf".
profile::Profile DeepProfile(const std::string& function, std::int64_t bytes) {
  std::vector<TestFrame> stack(kFrames, TestFrame{function, "deep.c", 7});
  stack.insert(stack.begin(), TestFrame{"main", "main.c", 1});
  stack.push_back({"leaf", "leaf.c", 3});
  PictureProfileBuilder builder;
  builder.Add(stack, 1, bytes);
  return profile::DecodePprof(profile::EncodePprof(builder.Get()), "deep").value();
}

constexpr std::size_t kSmallStack = 512 << 10;

/// What `render` gives when it has no more than kSmallStack; it crashes if it recurses frame by frame.
std::string OnASmallStack(const std::function<support::Result<std::string>()>& render) {
  struct Work {
    const std::function<support::Result<std::string>()>& render;
    std::string result;
  } work{render, {}};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  EXPECT_EQ(pthread_attr_setstacksize(&attributes, kSmallStack), 0);
  pthread_t thread{};
  const auto run = [](void* argument) -> void* {
    auto* todo = static_cast<Work*>(argument);
    todo->result = todo->render().value();
    return nullptr;
  };
  EXPECT_EQ(pthread_create(&thread, &attributes, run, &work), 0);
  EXPECT_EQ(pthread_join(thread, nullptr), 0);
  pthread_attr_destroy(&attributes);
  return work.result;
}

std::string Flame(const profile::Profile& profile, const profile::Profile* base) {
  return OnASmallStack([&] { return RenderFlameSvg(profile, base, Wrappers(), {}); });
}

std::string Dot(const profile::Profile& profile, const profile::Profile* base) {
  return OnASmallStack([&] { return RenderDot(profile, base, Wrappers(), {}); });
}

std::size_t Count(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

TEST(DeepStack, IsDrawnAsAFlameGraph) {
  const profile::Profile base = DeepProfile("descend", 1'000), profile = DeepProfile("descend", 5'000);
  // "main" and "leaf" are among those drawn.
  EXPECT_EQ(Count(Flame(profile, nullptr), "<title>descend\n"), kDrawnFrames - 2);
  const std::string difference = Flame(profile, &base);
  EXPECT_EQ(Count(difference, "<title>descend\n"), kDrawnFrames - 2);
  EXPECT_THAT(difference, HasSubstr("<title>leaf\nleaf.c:3 in mosquitto\n+3.9 KiB"));
  EXPECT_THAT(difference, HasSubstr("<title>(frames left out)\n"));
  EXPECT_THAT(difference, HasSubstr("2 stacks are deeper than 256 frames: of each, the outermost and the innermost"));
}

TEST(DeepStack, OnlyWhatIsTooDeepIsShortened) {
  std::vector<TestFrame> stack(kDrawnFrames - 1, TestFrame{"descend", "deep.c", 7});
  stack.insert(stack.begin(), TestFrame{"main", "main.c", 1});
  stack.push_back({"malloc", "", 0, "libc.so.6"});  // collapsed, so it needs no row
  PictureProfileBuilder builder;
  builder.Add(stack, 1, 1'000);
  const std::string svg = Flame(builder.Get(), nullptr);
  EXPECT_EQ(Count(svg, "<title>descend\n"), kDrawnFrames - 1);
  EXPECT_EQ(Count(svg, "left out"), 0U);
}

TEST(DeepStack, OfAllocatorsIsCollapsed) {
  // Below its leaf everything is a wrapper, so all of it is one strip.
  std::vector<TestFrame> stack(kFrames, TestFrame{"malloc", "", 0, "libc.so.6"});
  stack.insert(stack.begin(), TestFrame{"main", "main.c", 1});
  PictureProfileBuilder builder;
  builder.Add(stack, 1, 1'000);
  EXPECT_THAT(Flame(builder.Get(), nullptr), HasSubstr("Allocator frames: " + std::to_string(kFrames) + ", malloc"));
}

TEST(DeepStack, IsDrawnAsACallGraph) {
  const profile::Profile base = DeepProfile("descend", 1'000), profile = DeepProfile("descend", 5'000);
  EXPECT_THAT(Dot(profile, nullptr), HasSubstr("descend"));
  EXPECT_THAT(Dot(profile, &base), HasSubstr("descend"));
}

TEST(DeepStack, IsFolded) {
  const profile::Profile profile = DeepProfile("descend", 5'000);
  const std::string folded = OnASmallStack([&] { return RenderFolded(profile, nullptr, {}); });
  EXPECT_EQ(Count(folded, ";descend"), kFrames);
  EXPECT_TRUE(folded.ends_with(";leaf 5000\n"));
}

TEST(DeepStack, IsASiteOfADiff) {
  const profile::Profile base = DeepProfile("descend", 1'000), profile = DeepProfile("descend", 5'000);
  analysis::SiteTable table;
  const auto compare = [&]() -> support::Result<std::string> {
    table = analysis::DiffSites(base, profile, Wrappers(), {}).value();
    return table.sites.at(0).function;
  };
  EXPECT_EQ(OnASmallStack(compare), "leaf");
  EXPECT_EQ(table.sites[0].growth(), 4'000);
  EXPECT_EQ(table.sites[0].stack.size(), std::size_t{kFrames} + 2);
}

/// Stacks of 12 functions whose names have `length` characters and differ only in their middle.
profile::Profile LongNames(std::size_t length, int stacks = 40) {
  PictureProfileBuilder builder;
  for (int stack = 0; stack < stacks; ++stack) {
    std::vector<TestFrame> frames;
    for (int frame = 0; frame < 12; ++frame) {
      const std::string differs = std::to_string(100 + stack) + "_" + std::to_string(10 + frame);
      const std::string half(length / 2, 'x');
      frames.push_back({"ns::" + half + differs + half + "::Run", "long.cc", 7});
    }
    builder.Add(frames, 1, 1000);
  }
  return builder.Get();
}

TEST(LongNames, PicturesDoNotGrowWithThem) {
  const profile::Profile some = LongNames(1'000), more = LongNames(10'000);
  const std::string flame = RenderFlameSvg(more, nullptr, Wrappers(), {}).value();
  EXPECT_EQ(RenderFlameSvg(some, nullptr, Wrappers(), {}).value().size(), flame.size());
  EXPECT_EQ(RenderDot(some, nullptr, Wrappers(), {}).value().size(),
            RenderDot(more, nullptr, Wrappers(), {}).value().size());
  EXPECT_THAT(flame, HasSubstr("ns::xxx"));
  EXPECT_THAT(flame, HasSubstr("xxx::Run"));
}

TEST(LongNames, StayBoxesOfTheirOwn) {
  const profile::Profile names = LongNames(10'000);
  std::size_t boxes = 0;
  const std::string flame = RenderFlameSvg(names, nullptr, Wrappers(), {}).value();
  for (std::size_t at = flame.find("::Run\n"); at != std::string::npos; at = flame.find("::Run\n", at + 1)) ++boxes;
  EXPECT_EQ(boxes, 40U * 12U);
  // Each side of a comparison is read by itself: what both have meets all the same.
  const profile::Profile fewer = LongNames(10'000, 15);
  const std::string folded = RenderFolded(names, &fewer, {}).value();
  std::size_t lines = 0, in_both = 0;
  std::istringstream text(folded);
  for (std::string line; std::getline(text, line); ++lines) in_both += line.ends_with(" 1000 1000") ? 1 : 0;
  EXPECT_EQ(lines, 40U);
  EXPECT_EQ(in_both, 15U);
}

}  // namespace
}  // namespace mqtrack::reports
