#include "reports/flame/flame_svg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <limits>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "reports/flame/folded.h"
#include "tests/unit/reports/picture_profiles.h"

namespace mqtrack::reports {
namespace {

using testing::BrokerProfile;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::PictureProfileBuilder;

analysis::WrapperList Wrappers() { return analysis::WrapperList::Load().value(); }

TEST(FlameSvgTest, NeedsNothingFromOutside) {
  const std::string svg = RenderFlameSvg(BrokerProfile(1), nullptr, Wrappers(), {}).value();
  std::string without_namespaces = svg;
  for (const char* name : {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"}) {
    for (std::size_t at = 0; (at = without_namespaces.find(name)) != std::string::npos;) {
      without_namespaces.erase(at, std::string_view(name).size());
    }
  }
  for (const char* loader : {"http:", "https:", "url(", "@import", "src=", "href="}) {
    EXPECT_THAT(without_namespaces, Not(HasSubstr(loader)));
  }
}

TEST(FlameSvgTest, TellsOfABoxWhatTheReaderNeeds) {
  const std::string svg = RenderFlameSvg(BrokerProfile(1), nullptr, Wrappers(), {}).value();
  EXPECT_THAT(
      svg, HasSubstr("leaky_plugin.cc:31 in leaky_plugin.so\n30.7 MiB (90.9 %), all of it its own\n402,001 objects"));
  EXPECT_THAT(svg, HasSubstr("Allocator frames: 2, mosquitto__calloc"));
  EXPECT_THAT(svg, HasSubstr("12 events (4 KiB) were lost in recording"));
}

TEST(FlameSvgTest, TheLowestBoxShowsItsLine) {
  const std::string svg = RenderFlameSvg(BrokerProfile(1), nullptr, Wrappers(), {}).value();
  EXPECT_THAT(svg, HasSubstr(" \xC2\xB7 leaky_plugin.cc:31</text>"));
  EXPECT_THAT(svg, Not(HasSubstr("main \xC2\xB7 mosquitto.c")));
}

TEST(FlameSvgTest, GrowthIsToldPerHourAndTheRecordersMemoryApart) {
  profile::Profile base = BrokerProfile(0), newer = BrokerProfile(1);
  base.time_nanos = 1'000'000'000'000'000'000;
  newer.time_nanos = base.time_nanos + 1'800'000'000'000;
  newer.comments.emplace_back("mqtrack: rss_bytes: 52428800");
  newer.comments.emplace_back("mqtrack: recorder_rss_bytes: 1048576");
  const std::string svg = RenderFlameSvg(newer, &base, Wrappers(), {}).value();
  EXPECT_THAT(svg, ::testing::ContainsRegex("grew by [0-9.]+ MiB .[0-9.]+ MiB per hour.: "));
  EXPECT_THAT(svg, HasSubstr("1 MiB of it the recorder&#39;s"));
}

TEST(FlameSvgTest, TellsWhatItIsAPartOf) {
  FlameOptions options;
  options.kept = "stacks that match --focus '<b>'";
  EXPECT_THAT(RenderFlameSvg(BrokerProfile(1), nullptr, Wrappers(), options).value(),
              HasSubstr(">only stacks that match --focus &#39;&lt;b&gt;&#39;</text>"));
  profile::Profile empty = BrokerProfile(1);
  empty.samples.clear();
  EXPECT_THAT(RenderFlameSvg(empty, nullptr, Wrappers(), options).value(),
              HasSubstr("holds no live bytes that match the filter."));
}

TEST(FlameSvgTest, CallsFramesThatPassThingsOnByWhatTheyPass) {
  profile::Profile profile = BrokerProfile(1);
  for (profile::ValueType& type : profile.sample_types) {
    if (type.type == "inuse_space") type.type = "fds";
  }
  FlameOptions options;
  options.sample_type = "fds";
  const std::string svg = RenderFlameSvg(profile, nullptr, Wrappers(), options).value();
  EXPECT_THAT(svg, HasSubstr("Wrapper frames: 2, mosquitto__calloc"));
  EXPECT_THAT(svg, HasSubstr("Wrapper frames, collapsed"));
  EXPECT_THAT(svg, Not(HasSubstr("Allocator frame")));
}

TEST(FlameSvgTest, TellsOfADifferenceBothSides) {
  const profile::Profile base = BrokerProfile(0);
  const std::string svg = RenderFlameSvg(BrokerProfile(1), &base, Wrappers(), {}).value();
  EXPECT_THAT(svg, HasSubstr("+30.5 MiB: 156.3 KiB \xE2\x86\x92 30.7 MiB"));
  EXPECT_THAT(svg, HasSubstr("+400,000 objects: 2,001 \xE2\x86\x92 402,001"));
  EXPECT_THAT(svg, HasSubstr("class=\"f b4"));
}

TEST(FlameSvgTest, AnEmptyComparisonSaysSoInWords) {
  const profile::Profile profile = BrokerProfile(1);
  const std::string svg = RenderFlameSvg(profile, &profile, Wrappers(), {}).value();
  EXPECT_THAT(svg, HasSubstr("Nothing grew between the two profiles"));
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
}

TEST(FlameSvgTest, AnEmptyProfileSaysSoInWords) {
  EXPECT_THAT(RenderFlameSvg(PictureProfileBuilder().Get(), nullptr, Wrappers(), {}).value(),
              HasSubstr("Nothing to show: the profile holds no live bytes."));
}

TEST(FlameSvgTest, ATotalThatShrankIsDrawn) {
  const profile::Profile base = BrokerProfile(1);
  const std::string svg = RenderFlameSvg(BrokerProfile(0), &base, Wrappers(), {}).value();
  EXPECT_THAT(svg, HasSubstr("shrank by 29.3 MiB: 33.7 MiB"));
  EXPECT_THAT(svg, HasSubstr("<g class=\"f b4\" data-d=\"0\""));
}

TEST(FlameSvgTest, AProfileOfDifferencesIsDrawnAsOne) {
  PictureProfileBuilder builder;
  builder.Add({{"main"}, {"grew"}}, 1, 100).Add({{"main"}, {"shrank"}}, -1, -300);
  const std::string svg = RenderFlameSvg(builder.Get(), nullptr, Wrappers(), {}).value();
  EXPECT_THAT(svg, HasSubstr("shrank by 200 B"));
  EXPECT_THAT(svg, HasSubstr("class=\"f r4"));
  EXPECT_THAT(svg, HasSubstr("class=\"f b4"));
}

TEST(FlameSvgTest, AnUnknownSampleTypeIsAnErrorThatListsTheTypes) {
  FlameOptions options;
  options.sample_type = "no_such_type";
  const support::Result<std::string> svg = RenderFlameSvg(BrokerProfile(0), nullptr, Wrappers(), options);
  ASSERT_FALSE(svg.ok());
  EXPECT_THAT(svg.error().ToString(), HasSubstr("inuse_space"));
}

TEST(FoldedTest, IsRootFirstAndComparesBaseThenNew) {
  PictureProfileBuilder before, after;
  before.Add({{"main"}, {"a"}}, 1, 5);
  after.Add({{"main"}, {"a"}}, 1, 7).Add({{"main"}, {"b"}, {"malloc"}}, 1, 3);
  EXPECT_EQ(RenderFolded(after.Get(), nullptr, {}).value(), "main;a 7\nmain;b;malloc 3\n");
  const profile::Profile base = before.Get();
  EXPECT_EQ(RenderFolded(after.Get(), &base, {}).value(), "main;a 5 7\nmain;b;malloc 0 3\n");
}

TEST(FlameSvgTest, TwentyThousandDeepStacksGiveAFileOfReasonableSize) {
  const std::string svg = RenderFlameSvg(testing::SyntheticProfile(1, 20'000, 60), nullptr, Wrappers(), {}).value();
  EXPECT_LT(svg.size(), 8U << 20U);
  EXPECT_THAT(svg, HasSubstr("Left out: "));
}

}  // namespace
}  // namespace mqtrack::reports
