// A stack as deep as no program's, which a foreign or hostile profile may hold all the same: nothing that reads or
// draws it may need stack space of its own in proportion.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <functional>

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

}  // namespace
}  // namespace mqtrack::reports
