#include "reports/callgraph/call_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "reports/callgraph/dot_colour.h"
#include "reports/callgraph/graph.h"
#include "reports/callgraph/graph_layout.h"
#include "reports/callgraph/trim.h"
#include "tests/unit/reports/picture_profiles.h"

namespace mqtrack::reports {
namespace {

using testing::BrokerProfile;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::PictureProfileBuilder;
using ::testing::StartsWith;

analysis::WrapperList Wrappers() { return analysis::WrapperList::Load().value(); }

struct Built {
  profile::Profile profile;
  StackSet set;
  CallGraph graph;

  explicit Built(const profile::Profile& of) : profile(of) {
    set = CollectStacks(profile, nullptr, Wrappers(), "").value();
    graph = BuildCallGraph(profile, set, nullptr);
  }
  const GraphNode& Node(const std::string& name) const {
    for (const GraphNode& node : graph.nodes) {
      if (set.frames[Index(node.frame)].name == name) return node;
    }
    ADD_FAILURE() << "no node " << name;
    return graph.nodes.front();
  }
};

TEST(CallGraphTest, RecursionCountsOncePerSample) {
  PictureProfileBuilder builder;
  builder.Add({{"main"}, {"parse"}, {"walk"}, {"parse"}, {"walk"}}, 1, 100).Add({{"main"}, {"parse"}}, 1, 10);
  const Built built(builder.Get());
  EXPECT_EQ(built.Node("parse").cum, 110);
  EXPECT_EQ(built.Node("parse").flat, 10);
  EXPECT_EQ(built.Node("walk").cum, 100);
  EXPECT_EQ(built.Node("walk").flat, 100);
  for (const GraphEdge& edge : built.graph.edges) {
    const std::string callee = built.set.frames[Index(built.graph.nodes[Index(edge.callee)].frame)].name;
    if (callee == "walk") {
      EXPECT_EQ(edge.weight, 100);
    }
  }
}

TEST(CallGraphTest, TheCulpritHasTheFlatValueOfItsAllocatorFrames) {
  PictureProfileBuilder builder;
  builder.Add({{"main"}, {"guilty"}, {"mosquitto__malloc"}, {"malloc"}}, 1, 100);
  const Built built(builder.Get());
  EXPECT_EQ(built.graph.nodes.size(), 2U);
  EXPECT_EQ(built.Node("guilty").flat, 100);
  EXPECT_EQ(built.Node("guilty").via.begin()->first, "mosquitto__malloc, malloc");
}

TEST(CallGraphTest, LightNodesLeaveDottedEdges) {
  PictureProfileBuilder builder;
  builder.Add({{"main"}, {"thin"}, {"deep"}}, 1, 4).Add({{"main"}, {"wide"}}, 1, 1'000).Add({{"deep"}}, 1, 500);
  const support::Result<std::string> dot = RenderDot(builder.Get(), nullptr, Wrappers(), {});
  ASSERT_TRUE(dot.ok());
  EXPECT_THAT(*dot, Not(HasSubstr("label=\"thin")));
  EXPECT_THAT(*dot, HasSubstr("main ... deep (4 B)"));
  EXPECT_THAT(*dot, HasSubstr("style=\"dotted\""));
  EXPECT_THAT(*dot, HasSubstr("Dropped 1 node (cum <= 7 B)"));
}

TEST(CallGraphTest, ADottedEdgeThatSaysNothingNewGoes) {
  PictureProfileBuilder builder;
  builder.Add({{"main"}, {"thin"}, {"leaf"}}, 1, 4).Add({{"main"}, {"middle"}, {"leaf"}}, 1, 1'000);
  const support::Result<std::string> dot = RenderDot(builder.Get(), nullptr, Wrappers(), {});
  ASSERT_TRUE(dot.ok());
  EXPECT_THAT(*dot, Not(HasSubstr("dotted")));
}

TEST(CallGraphTest, NoMoreNodesThanAsked) {
  const profile::Profile profile = testing::SyntheticProfile(1, 500, 20);
  const StackSet set = CollectStacks(profile, nullptr, Wrappers(), "").value();
  const TrimmedGraph trimmed = TrimGraph(profile, set, {.max_nodes = 25, .node_fraction = 0, .edge_fraction = 0});
  EXPECT_EQ(trimmed.order.size(), 25U);
  std::int64_t cum = 0;
  for (const GraphNode& node : trimmed.graph.nodes) cum = std::max(cum, node.cum);
  EXPECT_EQ(cum, set.total.value) << "the entry of all stacks is kept and loses nothing";
}

TEST(CallGraphTest, TheNameOfTheOnlyThreadIsNoBox) {
  const std::string dot = RenderDot(BrokerProfile(1), nullptr, Wrappers(), {}).value();
  EXPECT_THAT(dot, HasSubstr("mqtt_packet:PUBLISH"));
  EXPECT_THAT(dot, Not(HasSubstr("thread:")));
  profile::Profile two = BrokerProfile(1);
  two.samples.front().labels.push_back({"thread", "worker", 0, {}});
  EXPECT_THAT(RenderDot(two, nullptr, Wrappers(), {}).value(), HasSubstr("thread:"));
}

TEST(CallGraphTest, EveryTextIsLegibleAndLeavesHaveTheirLine) {
  const std::string dot = RenderDot(BrokerProfile(1), nullptr, Wrappers(), {}).value();
  EXPECT_THAT(dot, HasSubstr("Remember\\nleaky_plugin.cc:31\\n"));
  for (std::size_t at = 0; (at = dot.find("fontsize=", at)) != std::string::npos; ++at)
    EXPECT_GE(std::atoi(dot.c_str() + at + 9), 12);
}

TEST(CallGraphTest, GrowthIsRedAndShrinkageGreen) {
  PictureProfileBuilder before, after;
  before.Add({{"main"}, {"shrinks"}}, 1, 1'000).Add({{"main"}, {"same"}}, 1, 77);
  after.Add({{"main"}, {"grows"}}, 3, 3'000).Add({{"main"}, {"same"}}, 1, 77);
  const profile::Profile base = before.Get();
  const support::Result<std::string> dot = RenderDot(after.Get(), &base, Wrappers(), {});
  ASSERT_TRUE(dot.ok()) << dot.error().ToString();
  EXPECT_THAT(*dot, HasSubstr("grows\\n2.9 KiB (75.0 %)"));
  EXPECT_THAT(*dot, HasSubstr("shrinks\\n-1000 B (25.0 %)"));
  EXPECT_THAT(*dot, Not(HasSubstr("same")));
}

TEST(CallGraphTest, AnEmptyComparisonSaysSo) {
  const profile::Profile profile = testing::BrokerProfile(0);
  const support::Result<std::string> dot = RenderDot(profile, &profile, Wrappers(), {});
  ASSERT_TRUE(dot.ok());
  EXPECT_THAT(*dot, HasSubstr("Nothing grew and nothing shrank"));
  EXPECT_TRUE(LayOut(*dot, "svg").ok());
}

TEST(CallGraphTest, AnUnknownSampleTypeIsAnError) {
  GraphOptions options;
  options.sample_type = "no_such_type";
  EXPECT_FALSE(RenderDot(testing::BrokerProfile(0), nullptr, Wrappers(), options).ok());
}

TEST(CallGraphTest, WritesWhatEachFormatStartsWith) {
  const std::string dot = RenderDot(testing::BrokerProfile(1), nullptr, Wrappers(), {}).value();
  EXPECT_THAT(LayOut(dot, "svg").value(), StartsWith("<?xml"));
  EXPECT_THAT(LayOut(dot, "png").value(), StartsWith("\x89PNG"));
  EXPECT_THAT(LayOut(dot, "pdf").value(), StartsWith("%PDF"));
  const support::Result<std::string> other = LayOut(dot, "docx");
  ASSERT_FALSE(other.ok());
  EXPECT_THAT(other.error().text, HasSubstr("use svg, pdf or png"));
}

TEST(CallGraphTest, WhatGraphvizCannotReadIsAnError) {
  const support::Result<std::string> broken = LayOut("digraph {", "svg");
  ASSERT_FALSE(broken.ok());
  EXPECT_THAT(broken.error().text, HasSubstr("Graphviz cannot read the graph"));
}

// Values computed by `go tool pprof -dot` for nodes of these shares.
TEST(DotColourTest, IsPprofs) {
  EXPECT_EQ(DotColour(1.0, DotPaint::kBorder), "#b20000");
  EXPECT_EQ(DotColour(1.0, DotPaint::kFill), "#edd5d5");
  EXPECT_EQ(DotColour(-1.0, DotPaint::kBorder), "#00b200");
  EXPECT_EQ(DotColour(0.8695, DotPaint::kBorder), "#b20700");
  EXPECT_EQ(DotColour(0.0275, DotPaint::kBorder), "#b2aa99");
  EXPECT_EQ(DotColour(0.0275, DotPaint::kFill), "#edece9");
  EXPECT_EQ(DotColour(-0.0634, DotPaint::kBorder), "#99b279");
  EXPECT_EQ(DotColour(0.0, DotPaint::kBorder), "#b2b2b2");
  EXPECT_EQ(DotColour(0.0, DotPaint::kFill), "#ededed");
}

}  // namespace
}  // namespace mqtrack::reports
