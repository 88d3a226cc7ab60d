#include "libtrack/verdicts/sys_witness.h"

#include <gtest/gtest.h>

namespace mqtrack::verdicts {
namespace {

/// At each snapshot so many messages wait, and the broker had renewed its figures.
std::vector<analysis::SysFigures> Of(const std::vector<std::int64_t>& queued) {
  std::vector<analysis::SysFigures> figures;
  for (const std::int64_t count : queued) {
    analysis::SysFigures one;
    one.is_known = true;
    one.uptime_seconds = static_cast<std::int64_t>(10 * figures.size());
    one.retained = 50;
    one.stored = 50 + count;
    figures.push_back(one);
  }
  return figures;
}

TEST(SysWitnessTest, WhatGrowsWithTheMessagesThatWaitFollowsThem) {
  const SysWitness witness = ReadSysWitness(Of({0, 30, 70, 100}));
  const StateFit fit = witness.Fit({5, 65, 145, 205});
  EXPECT_EQ(fit.what, "messages that wait by the broker's $SYS");
  EXPECT_DOUBLE_EQ(fit.each, 2);
  EXPECT_EQ(witness.Words(), "$SYS counts 150 stored messages (+100), of which 50 are retained");
  EXPECT_TRUE(witness.Fit({0, 10, 20, 200}).what.empty());
  EXPECT_TRUE(witness.Fit({5, 5, 5, 5}).what.empty());
}

TEST(SysWitnessTest, MessagesThatBecomeNoMoreAreExcluded) {
  const SysWitness witness = ReadSysWitness(Of({9, 9, 10, 10}));
  EXPECT_TRUE(witness.Excludes(100, 3));
  EXPECT_FALSE(witness.Excludes(100, 50)) << "each may wait for all sessions";
  EXPECT_FALSE(ReadSysWitness(Of({0, 30, 70, 100})).Excludes(200, 1));
}

TEST(SysWitnessTest, FiguresThatWereNotRenewedOrAreFewSayNothing) {
  std::vector<analysis::SysFigures> figures = Of({0, 30, 70, 100});
  figures[2].uptime_seconds = figures[1].uptime_seconds;
  EXPECT_FALSE(ReadSysWitness(figures).is_known);
  figures = Of({0, 30, 70, 100});
  figures[1].is_known = false;
  EXPECT_FALSE(ReadSysWitness(figures).is_known);
  EXPECT_FALSE(ReadSysWitness(Of({0, 30, 70})).is_known);
  EXPECT_FALSE(ReadSysWitness({}).is_known);
  EXPECT_FALSE(SysWitness().Excludes(1'000'000, 1));
  EXPECT_EQ(SysWitness().Words(), "");
}

}  // namespace
}  // namespace mqtrack::verdicts
