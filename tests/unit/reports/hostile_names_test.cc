// Names that try to leave their place. Both SVGs are parsed as XML would be: a hostile name may only be text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/profile/label_frames.h"
#include "reports/callgraph/call_graph.h"
#include "reports/callgraph/graph_layout.h"
#include "reports/flame/flame_svg.h"
#include "reports/flame/folded.h"
#include "tests/unit/reports/picture_profiles.h"

namespace mqtrack::reports {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

analysis::WrapperList Wrappers() { return analysis::WrapperList::Load().value(); }

std::size_t Count(const std::string& text, const std::string& wanted) {
  std::size_t count = 0;
  for (std::size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) ++count;
  return count;
}

// The picture without its own style and script, which are the only CDATA sections.
std::string WithoutOwnSections(std::string svg) {
  for (std::size_t open = svg.find("<![CDATA["); open != std::string::npos; open = svg.find("<![CDATA[")) {
    const std::size_t close = svg.find("]]>", open);
    EXPECT_NE(close, std::string::npos);
    svg.erase(open, close + 3 - open);
  }
  return svg;
}

void ExpectOnlyText(const std::string& svg) {
  EXPECT_EQ(Count(svg, "<script"), 1U);
  EXPECT_EQ(Count(svg, "<style"), 1U);
  EXPECT_EQ(Count(svg, "<![CDATA["), 2U);
  const std::string markup = WithoutOwnSections(svg);
  // Without quoted attribute values and text, nothing of the names is left in the tags.
  const std::string tags = std::regex_replace(markup, std::regex("\"[^\"<]*\""), "\"\"");
  EXPECT_FALSE(std::regex_search(tags, std::regex("<[^>]*owned"))) << "a name became part of a tag";
  EXPECT_FALSE(std::regex_search(tags, std::regex("<[^>]*\\son[a-z]+=")));
  EXPECT_THAT(markup, Not(HasSubstr("]]>")));
  EXPECT_THAT(markup, Not(HasSubstr("http-equiv")));
  for (const char c : svg) EXPECT_FALSE(c >= 0 && c < 0x20 && c != '\n') << static_cast<int>(c);
}

TEST(HostileNamesTest, FlameGraphHoldsThemAsText) {
  const profile::Profile labelled = profile::AddLabelFrames(testing::HostileProfile(), {{"mqtt_topic"}});
  const std::string svg = RenderFlameSvg(labelled, nullptr, Wrappers(), {}).value();
  ExpectOnlyText(svg);
  EXPECT_THAT(svg, HasSubstr("&lt;script&gt;document.title=&#39;owned&#39;&lt;/script&gt;"));
}

TEST(HostileNamesTest, CallGraphHoldsThemAsText) {
  const std::string dot = RenderDot(testing::HostileProfile(), nullptr, Wrappers(), {}).value();
  const support::Result<std::string> svg = LayOut(dot, "svg");
  ASSERT_TRUE(svg.ok()) << svg.error().ToString();
  ExpectOnlyText(*svg);
  EXPECT_THAT(*svg, HasSubstr("&lt;script&gt;"));
}

TEST(HostileNamesTest, TitleIsTextToo) {
  const std::string title = "--></title></svg><script>document.title='owned'</script>\x01\xff";
  FlameOptions flame;
  flame.title = title;
  ExpectOnlyText(RenderFlameSvg(testing::BrokerProfile(0), nullptr, Wrappers(), flame).value());
  GraphOptions graph;
  graph.title = title;
  ExpectOnlyText(LayOut(RenderDot(testing::BrokerProfile(0), nullptr, Wrappers(), graph).value(), "svg").value());
}

TEST(HostileNamesTest, FoldedStacksKeepOneLinePerStack) {
  const std::string folded = RenderFolded(testing::HostileProfile(), nullptr, {}).value();
  EXPECT_EQ(Count(folded, "\n"), 10U);
  EXPECT_THAT(folded, HasSubstr(";semi:colon 42 1000\n"));
}

}  // namespace
}  // namespace mqtrack::reports
