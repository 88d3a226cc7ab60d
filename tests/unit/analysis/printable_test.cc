#include "libtrack/analysis/printable.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace mqtrack::analysis
