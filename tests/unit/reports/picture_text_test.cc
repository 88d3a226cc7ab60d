#include "reports/picture/picture_text.h"

#include <gtest/gtest.h>

namespace mqtrack::reports {
namespace {

TEST(CleanTextTest, KeepsValidUtf8) {
  EXPECT_EQ(CleanText("caf\xC3\xA9/\xE2\x82\xAC/\xF0\x9F\x90\x9B"), "caf\xC3\xA9/\xE2\x82\xAC/\xF0\x9F\x90\x9B");
}

TEST(CleanTextTest, ReplacesInvalidUtf8ByteByByte) {
  EXPECT_EQ(CleanText("a\xFF"
                      "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(CleanText("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong '/'
  EXPECT_EQ(CleanText("\xED\xA0\x80").find("\xED\xA0\x80"), std::string::npos);  // a surrogate
  EXPECT_EQ(CleanText("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");                  // cut off
}

TEST(CleanTextTest, ReplacesControlAndBidirectionalCharacters) {
  EXPECT_EQ(CleanText(std::string_view("a\0b\x1b", 4)),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  EXPECT_EQ(CleanText("x\xE2\x80\xAEy"), "x\xEF\xBF\xBDy");
  EXPECT_EQ(CleanText("\xEF\xBF\xBF"), "\xEF\xBF\xBD");
}

TEST(CleanTextTest, PutsEverythingOnOneLine) { EXPECT_EQ(CleanText("a\nb\tc\r"), "a b c "); }

TEST(EscapeDotTest, KeepsQuotesBackslashesAndEntitiesLiteral) {
  EXPECT_EQ(EscapeDot(R"(a"b\N&lt;)"), R"(a\"b\\N&amp;lt;)");
}

TEST(FitColumnsTest, CutsWithAnEllipsis) {
  EXPECT_EQ(FitColumns("handle__publish", 15), "handle__publish");
  EXPECT_EQ(FitColumns("handle__publish", 8), "handle_\xE2\x80\xA6");
  EXPECT_EQ(FitColumns("handle__publish", 2), "");
  EXPECT_EQ(FitColumns("\xE4\xBD\xA0\xE5\xA5\xBD\xE5\x90\x97", 5), "\xE4\xBD\xA0\xE5\xA5\xBD\xE2\x80\xA6");
}

TEST(DisplayColumnsTest, CountsWideCharactersTwice) {
  EXPECT_EQ(DisplayColumns("abc"), 3U);
  EXPECT_EQ(DisplayColumns("\xC3\xA9"), 1U);
  EXPECT_EQ(DisplayColumns("\xE4\xBD\xA0"), 2U);
}

}  // namespace
}  // namespace mqtrack::reports
