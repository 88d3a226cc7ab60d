#include "preload/recorder/unwinding/rule_cache.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace mqtrack::recorder {
namespace {

void ExpectSame(const FrameRule& a, const FrameRule& b) {
  EXPECT_EQ(a.cfa, b.cfa);
  EXPECT_EQ(a.cfa_offset, b.cfa_offset);
  EXPECT_EQ(a.frame_pointer, b.frame_pointer);
  EXPECT_EQ(a.frame_pointer_offset, b.frame_pointer_offset);
}

TEST(RuleCache, GivesWhatFindRuleGivesMissHitAndAfterInvalidation) {
  InitialiseCfi();
  const auto code = reinterpret_cast<std::uint64_t>(&std::qsort);
  int known = 0;
  for (std::uint64_t pc = code; pc < code + 400; ++pc) {
    const FrameRule expected = FindRule(pc);
    known += expected.cfa != FrameRule::Cfa::kUnknown;
    ExpectSame(CachedRule(pc), expected);
    ExpectSame(CachedRule(pc), expected);
  }
  EXPECT_GT(known, 100);
  InvalidateRules();
  ExpectSame(CachedRule(code + 1), FindRule(code + 1));
}

/// What the cache holds of `pc`.
CachedRuleEntry& EntryOf(std::uint64_t pc) {
  (void)CachedRule(pc);
  return rule_cache[pc * 0x9e3779b97f4a7c15ULL >> (64 - kRuleCacheBits)];
}

TEST(RuleCache, HalvesOfTwoEntriesAreNoEntry) {
  InitialiseCfi();
  const auto code = reinterpret_cast<std::uint64_t>(&std::qsort);
  int tried = 0;
  for (std::uint64_t pc = code; pc < code + 400; ++pc) {
    const CachedRuleEntry one = EntryOf(code), other = EntryOf(pc);
    if (one.rule == other.rule) continue;
    // An address that the two rules make of the first one's by exclusive or: nothing is there.
    const std::uint64_t made = code ^ one.rule ^ other.rule;
    const FrameRule without = FindRule(made);
    if (without.cfa != FrameRule::Cfa::kFrameChain) continue;
    EntryOf(made) = {one.check, other.rule};
    ExpectSame(CachedRule(made), without);
    ++tried;
  }
  EXPECT_GT(tried, 10);
}

}  // namespace
}  // namespace mqtrack::recorder
