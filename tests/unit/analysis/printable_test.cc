#include "libtrack/analysis/printable.h"

#include <gtest/gtest.h>

#include <array>

namespace mqtrack::analysis {
namespace {

TEST(Printable, ReplacesControlCharactersAndInvalidUtf8) {
  EXPECT_EQ(Printable("a\033[31mb\n"), "a?[31mb?");
  EXPECT_EQ(Printable("\xff\xc3"), "??");
  EXPECT_EQ(Printable("\xc0\x80"), "??");       // overlong zero
  EXPECT_EQ(Printable("\xed\xa0\x80"), "???");  // a surrogate
  EXPECT_EQ(Printable("\xc2\x9b"), "?");        // C1: one-byte CSI of some terminals
  EXPECT_EQ(Printable("\xe2\x80\xae"), "?");    // turns text around
  EXPECT_EQ(Printable("\xef\xbf\xbf"), "?");    // not a character
  EXPECT_EQ(Printable("größe ✓ 😀"), "größe ✓ 😀");
}

TEST(Quoted, CutsLongTextBetweenCharacters) {
  EXPECT_EQ(Quoted("short"), "\"short\"");
  const std::string cut = Quoted(std::string(59, 'x') + "ü and more");
  EXPECT_EQ(cut, "\"" + std::string(59, 'x') + "...\"");
}

TEST(NearestName, SuggestsMisspellingsOnly) {
  constexpr std::array<std::string_view, 3> kNames = {"max_growth", "max_total", "ignore"};
  EXPECT_EQ(NearestName("max_grwoth", kNames), "max_growth");
  EXPECT_EQ(NearestName("ignor", kNames), "ignore");
  EXPECT_EQ(NearestName("zzzzzz", kNames), "");
}

TEST(EditDistance, CountsEdits) {
  EXPECT_EQ(EditDistance("", "abc"), 3U);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3U);
  EXPECT_EQ(EditDistance("same", "same"), 0U);
}

}  // namespace
}  // namespace mqtrack::analysis
