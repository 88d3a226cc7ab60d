#include "libtrack/analysis/gate/name_pattern.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace mqtrack::analysis {
namespace {

bool Matches(std::string_view pattern, std::string_view text) {
  const auto parsed = NamePattern::Parse(pattern, "test");
  EXPECT_TRUE(parsed.ok()) << pattern;
  return parsed.ok() && parsed->Matches(text);
}

TEST(NamePattern, MatchesAnywhere) {
  EXPECT_TRUE(Matches("store", "retain__store_all"));
  EXPECT_FALSE(Matches("Store", "retain__store_all"));
}

TEST(NamePattern, StarStandsForAnyCharacters) {
  EXPECT_TRUE(Matches("retain*hier", "retain__add_hier_entry"));
  EXPECT_TRUE(Matches("retain*_*entry", "retain__add_hier_entry"));
  EXPECT_FALSE(Matches("hier*retain", "retain__add_hier_entry"));
  EXPECT_TRUE(Matches("*", "x"));
}

TEST(NamePattern, AnchorsTieToStartAndEnd) {
  EXPECT_TRUE(Matches("^retain", "retain__store"));
  EXPECT_FALSE(Matches("^store", "retain__store"));
  EXPECT_TRUE(Matches("store$", "retain__store"));
  EXPECT_FALSE(Matches("retain$", "retain__store"));
  EXPECT_TRUE(Matches("^retain__store$", "retain__store"));
  EXPECT_FALSE(Matches("^retain__store$", "retain__store2"));
  EXPECT_TRUE(Matches("^lib*.so$", "libssl.so"));
  EXPECT_TRUE(Matches("^a*$", "abc"));
}

TEST(NamePattern, LastPieceIsLookedForAtTheEndOnly) {
  EXPECT_TRUE(Matches("abc$", "abcabc"));
  EXPECT_TRUE(Matches("a*bc$", "abcbc"));
  EXPECT_FALSE(Matches("^ab*ab$", "ab"));  // pieces must not overlap
}

TEST(NamePattern, NeverMatchesAnEmptyText) { EXPECT_FALSE(Matches("*", "")); }

TEST(NamePattern, RefusesPatternsWithoutText) {
  for (const char* pattern : {"", "^", "$", "^$"}) {
    const auto parsed = NamePattern::Parse(pattern, "file:3");
    ASSERT_FALSE(parsed.ok()) << pattern;
    EXPECT_EQ(parsed.error().where, "file:3");
  }
}

}  // namespace
}  // namespace mqtrack::analysis
