#include "libtrack/topology/cycles.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/topology/log_lines.h"

namespace mqtrack::topology {
namespace {

std::set<std::string> CyclesOf(const Topology& topology) {
  std::set<std::string> names;
  for (const Cycle& cycle : topology.cycles)
    names.insert(CycleName(topology, cycle) + " x" + std::to_string(cycle.returns));
  return names;
}

TEST(Cycles, ACallBackWithinATraceIsOneWithItsTrace) {
  const Topology topology = Read(Line("abc", 1, 0, "a") + Line("abc", 2, 1, "b") + Line("abc", 3, 2, "b") +
                                 Line("abc", 4, 3, "c") + Line("abc", 5, 4, "a"));
  EXPECT_EQ(CyclesOf(topology), std::set<std::string>{"a -> b -> c -> a x1"});
  EXPECT_EQ(topology.cycles[0].example_trace, "00000000000000000000000000000abc");
}

TEST(Cycles, CallsInDifferentTracesMakeOneThatNoTraceWent) {
  EXPECT_EQ(CyclesOf(Read(Line("t", 1, 0, "a") + Line("t", 2, 1, "b") + Line("u", 1, 0, "b") + Line("u", 2, 1, "a"))),
            std::set<std::string>{"a -> b -> a x0"});
}

TEST(Cycles, NoneIsInvented) {
  // A diamond, and a service that is called twice, one after the other.
  EXPECT_TRUE(Read(Line("t", 1, 0, "a") + Line("t", 2, 1, "b") + Line("t", 3, 1, "c") + Line("t", 4, 2, "d") +
                   Line("t", 5, 3, "d") + Line("t", 6, 1, "b"))
                  .cycles.empty());
}

TEST(Cycles, EveryEdgeOnACircleIsOnOneThatIsListed) {
  // Two circles that share b.
  const Topology topology =
      Read(Line("t", 1, 0, "a") + Line("t", 2, 1, "b") + Line("u", 1, 0, "b") + Line("u", 2, 1, "a") +
           Line("v", 1, 0, "b") + Line("v", 2, 1, "c") + Line("w", 1, 0, "c") + Line("w", 2, 1, "b"));
  EXPECT_EQ(CyclesOf(topology), (std::set<std::string>{"a -> b -> a x0", "b -> c -> b x0"}));
}

TEST(Cycles, OneThatIsEnteredElsewhereIsTheSame) {
  const Topology topology = Read(Line("t", 1, 0, "a") + Line("t", 2, 1, "b") + Line("t", 3, 2, "a") +
                                 Line("u", 1, 0, "b") + Line("u", 2, 1, "a") + Line("u", 3, 2, "b"));
  EXPECT_EQ(CyclesOf(topology), std::set<std::string>{"a -> b -> a x2"});
}

TEST(Cycles, ComponentsOfALongLineNeedNoStack) {
  constexpr std::uint32_t kNodes = 200'000;
  std::vector<std::vector<std::uint32_t>> next(kNodes);
  for (std::uint32_t i = 0; i + 1 < kNodes; ++i) next[i].push_back(i + 1);
  std::vector<std::uint32_t> line = StrongComponents(next);
  EXPECT_EQ(std::set<std::uint32_t>(line.begin(), line.end()).size(), kNodes);
  next[kNodes - 1].push_back(0);
  line = StrongComponents(next);
  EXPECT_EQ(std::set<std::uint32_t>(line.begin(), line.end()).size(), 1u);
}

}  // namespace
}  // namespace mqtrack::topology
