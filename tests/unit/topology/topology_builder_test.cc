#include "libtrack/topology/topology_builder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "tests/unit/topology/log_lines.h"

namespace mqtrack::topology {
namespace {

TEST(TopologyBuilder, ChildrenMayComeBeforeTheirParentsAndAfter) {
  const std::string parent = Line("t", 1, 0, "a"), child = Line("t", 2, 1, "b"), grandchild = Line("t", 3, 2, "c");
  EXPECT_EQ(Edges(Read(parent + child + grandchild)), "a->b*1, b->c*1");
  EXPECT_EQ(Edges(Read(grandchild + child + parent)), "a->b*1, b->c*1");
  EXPECT_EQ(Edges(Read(grandchild + parent + child)), "a->b*1, b->c*1");
}

TEST(TopologyBuilder, WhatStaysWithinAServiceIsNoCall) {
  const Topology topology = Read(Line("t", 1, 0, "a") + Line("t", 2, 1, "a") + Line("t", 3, 2, "b"));
  EXPECT_EQ(Edges(topology), "a->b*1");
  EXPECT_EQ(topology.services[0].visits, 1);
  EXPECT_EQ(topology.services[0].spans, 2);
}

TEST(TopologyBuilder, ACallOverTheNetworkToItselfIsACircle) {
  const Topology topology =
      Read(Line("t", 1, 0, "a", 0, 10, ",\"kind\":\"client\"") + Line("t", 2, 1, "a", 0, 10, ",\"kind\":\"server\""));
  EXPECT_EQ(Edges(topology), "a->a*1");
  ASSERT_EQ(topology.cycles.size(), 1u);
  EXPECT_EQ(CycleName(topology, topology.cycles[0]), "a -> a");
  EXPECT_EQ(topology.cycles[0].returns, 1);
}

TEST(TopologyBuilder, TheSameSpanInTwoTracesIsTwo) {
  EXPECT_EQ(Edges(Read(Line("t", 1, 0, "a") + Line("u", 1, 0, "x") + Line("t", 2, 1, "b") + Line("u", 2, 1, "b"))),
            "a->b*1, x->b*1");
}

TEST(TopologyBuilder, OwnTimeIsWithoutThatOfServicesCalled) {
  // a calls b twice, from within a span of its own: 100 - 30 - 20.
  const Topology topology = Read(Line("t", 1, 0, "a", 0, 100) + Line("t", 2, 1, "a", 1, 80) +
                                 Line("t", 3, 2, "b", 2, 30) + Line("t", 4, 2, "b", 40, 20));
  EXPECT_NEAR(static_cast<double>(topology.services[0].self.max_ns), 50e6, 1);
  EXPECT_EQ(topology.services[1].self.count, 2);
  EXPECT_NEAR(topology.services[1].self_seconds, 0.05, 1e-9);
}

TEST(TopologyBuilder, AMessageIsNotWaitedForAndHasATimeOfDelivery) {
  const Topology topology = Read(Line("t", 1, 0, "a", 0, 100, ",\"kind\":\"producer\"") +
                                 Line("t", 2, 1, "b", 250, 400, ",\"kind\":\"consumer\""));
  EXPECT_EQ(Edges(topology), "a~>b*1");
  EXPECT_EQ(topology.edges[0].delivery.max_ns, 250'000'000);
  EXPECT_EQ(topology.edges[0].latency.max_ns, 400'000'000);
  EXPECT_EQ(topology.services[0].self.max_ns, 100'000'000);
}

TEST(TopologyBuilder, ClocksThatDifferAreSaid) {
  const Topology topology = Read(Line("t", 1, 0, "a", 100, 1, ",\"kind\":\"producer\"") +
                                 Line("t", 2, 1, "b", 50, 1, ",\"kind\":\"consumer\""));
  EXPECT_EQ(topology.edges[0].clock_skews, 1);
  EXPECT_EQ(topology.edges[0].delivery.count, 0);
}

TEST(TopologyBuilder, AnOrphanIsOfItsService) {
  const Topology topology = Read(Line("t", 1, 0, "a") + Line("t", 2, 77, "b"));
  EXPECT_EQ(topology.reading.missing_parents, 1);
  EXPECT_EQ(topology.reading.distant_parents, 0);
  EXPECT_EQ(topology.services[1].orphans, 1);
  EXPECT_EQ(Edges(topology), "");
}

TEST(TopologyBuilder, AParentBeyondTheWindowIsSaidToBeSoAndNotToBeMissing) {
  std::string text = Line("t", 1, 0, "a");
  for (int i = 0; i < 100; ++i) text += Line("other" + std::to_string(i), 1, 0, "c");
  text += Line("t", 2, 1, "b");
  const Topology near = Read(text, 1000), far = Read(text, 20);
  EXPECT_EQ(Edges(near), "a->b*1");
  EXPECT_EQ(Edges(far), "");
  EXPECT_EQ(far.reading.distant_parents, 1);
  EXPECT_EQ(far.reading.missing_parents, 0);
  EXPECT_EQ(far.reading.spans, 102);
}

TEST(TopologyBuilder, ARepeatedRecordCountsOnce) {
  const Topology topology = Read(Line("t", 1, 0, "a") + Line("t", 2, 1, "b") + Line("t", 2, 1, "b"));
  EXPECT_EQ(Edges(topology), "a->b*1");
  EXPECT_EQ(topology.reading.repeated, 1);
}

TEST(TopologyBuilder, IdsOfAnotherServiceAreLeftOutAndCounted) {
  const Topology topology = Read(Line("t", 1, 0, "a") + Line("t", 1, 0, "b"));
  EXPECT_EQ(topology.reading.shared, 1);
  EXPECT_EQ(topology.reading.spans, 1);
}

TEST(TopologyBuilder, LinesWithoutDurationLastFromTheFirstToTheLast) {
  const std::string start = R"({"trace_id":"t","span_id":"2","parent_span_id":"1","service_name":"b","time":")";
  const Topology topology = Read(Line("t", 1, 0, "a") + start + "2026-11-30T10:00:00Z\"}\n" + start +
                                 "2026-11-30T10:00:00.2Z\"}\n" + start + "2026-11-30T10:00:00.7Z\"}\n");
  EXPECT_EQ(Edges(topology), "a->b*1");
  EXPECT_EQ(topology.edges[0].latency.max_ns, 700'000'000);
  EXPECT_EQ(topology.reading.repeated, 0);
}

TEST(TopologyBuilder, OneLineWithoutDurationHasNoneAndNotZero) {
  const Topology topology =
      Read(Line("t", 1, 0, "a") + R"({"trace_id":"t","span_id":"2","parent_span_id":"1","service_name":"b"})");
  EXPECT_EQ(topology.edges[0].count, 1);
  EXPECT_EQ(topology.edges[0].latency.count, 0);
}

TEST(TopologyBuilder, ALinkIsAMessage) {
  const Topology topology = Read(
      R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"sender"}}]},)"
      R"("scopeSpans":[{"spans":[{"traceId":"01","spanId":"0a","kind":4,"startTimeUnixNano":"1790000000000000000"}]}]}]})"
      "\n"
      R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"reader"}}]},)"
      R"("scopeSpans":[{"spans":[{"traceId":"02","spanId":"0b","kind":5,"startTimeUnixNano":"1790000000500000000",)"
      R"("links":[{"traceId":"01","spanId":"0a"},{"traceId":"09","spanId":"09"}]}]}]}]})");
  EXPECT_EQ(Edges(topology), "sender~>reader*1");
  EXPECT_EQ(topology.edges[0].delivery.max_ns, 500'000'000);
}

TEST(TopologyBuilder, SpansThatAreEachOthersParentsEnd) {
  const Topology topology = Read(Line("t", 1, 2, "a") + Line("t", 2, 1, "b") + Line("t", 3, 3, "c"));
  EXPECT_EQ(Edges(topology), "a->b*1, b->a*1");
  EXPECT_EQ(topology.services[2].roots, 1);
}

// Any order of the lines gives the same, as long as all are remembered.
TEST(TopologyBuilder, TheOrderOfTheLinesDoesNotMatter) {
  std::vector<std::string> lines;
  std::mt19937 random(7);
  for (int trace = 0; trace < 50; ++trace) {
    for (int span = 1; span <= 12; ++span)
      lines.push_back(Line("t" + std::to_string(trace), span,
                           span == 1 ? 0 : static_cast<int>(random() % static_cast<unsigned>(span - 1)) + 1,
                           "s" + std::to_string(random() % 5), span, 20 - span));
  }
  const auto joined = [&] {
    std::string text;
    for (const std::string& line : lines) text += line;
    return text;
  };
  const Topology before = Read(joined(), 10'000);
  std::shuffle(lines.begin(), lines.end(), random);
  const Topology after = Read(joined(), 10'000);
  EXPECT_EQ(Edges(after), Edges(before));
  ASSERT_EQ(after.cycles.size(), before.cycles.size());
  for (std::size_t i = 0; i < before.services.size(); ++i) {
    EXPECT_EQ(after.services[i].visits, before.services[i].visits);
    EXPECT_EQ(after.services[i].self.p50_ns, before.services[i].self.p50_ns);
  }
  std::int64_t returns_before = 0, returns_after = 0;
  for (const Cycle& cycle : before.cycles) returns_before += cycle.returns;
  for (const Cycle& cycle : after.cycles) returns_after += cycle.returns;
  EXPECT_EQ(returns_after, returns_before);
}

TEST(TopologyBuilder, ASlowServiceStandsOutAmongOthers) {
  std::string text;
  int span = 0;
  for (const auto& [service, duration] : {std::pair("a", 2), {"b", 3}, {"c", 2}, {"slow", 40}}) {
    for (int i = 0; i < 20; ++i) text += Line("t" + std::to_string(++span), 1, 0, service, i, duration);
  }
  const Topology topology = Read(text);
  for (const Service& service : topology.services) EXPECT_EQ(IsSlow(service), service.name == "slow") << service.name;
  EXPECT_NEAR(topology.services[3].times_usual, 20, 1);
}

TEST(TopologyBuilder, ServicesBeyondTheMostArePutTogetherAndSaid) {
  std::string text;
  for (int i = 0; i < 2100; ++i) text += Line("t" + std::to_string(i), 1, 0, "s" + std::to_string(i));
  const Topology topology = Read(text, 10'000);
  EXPECT_EQ(topology.services.size(), 2001u);
  EXPECT_EQ(topology.reading.other_services, 100);
  EXPECT_EQ(topology.services.front().name, "[other services]");
  EXPECT_EQ(topology.services.front().spans, 100);
}

}  // namespace
}  // namespace mqtrack::topology
