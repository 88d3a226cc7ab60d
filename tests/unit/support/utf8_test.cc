#include "libtrack/support/utf8.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace mqtrack::support {
namespace {

TEST(DecodeUtf8, GivesEachCharacterAndItsLength) {
  const std::string_view text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";
  EXPECT_EQ(DecodeUtf8(text, 0).value, U'a');
  EXPECT_EQ(DecodeUtf8(text, 1).value, U'\u00E9');
  EXPECT_EQ(DecodeUtf8(text, 3).value, U'\u20AC');
  EXPECT_EQ(DecodeUtf8(text, 6).value, U'\U0001F600');
  EXPECT_EQ(DecodeUtf8(text, 6).bytes, 4u);
}

TEST(DecodeUtf8, RefusesWhatRfc3629Refuses) {
  for (const std::string_view bad : {
           "\x80",              // a continuation byte alone
           "\xC3",              // cut off
           "\xC3(",             // no continuation
           "\xC0\xAF",          // overlong in two bytes
           "\xE0\x9F\xBF",      // overlong in three
           "\xF0\x8F\xBF\xBF",  // overlong in four
           "\xED\xA0\x80",      // a surrogate
           "\xF4\x90\x80\x80",  // above U+10FFFF
           "\xFF",
       }) {
    EXPECT_EQ(DecodeUtf8(bad, 0).bytes, 0u) << bad;
    EXPECT_FALSE(IsUtf8(bad)) << bad;
  }
  EXPECT_TRUE(IsUtf8("\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF"));  // the nearest neighbours
}

TEST(ToUtf8, ReplacesByteByByte) {
  EXPECT_EQ(ToUtf8("a\xE2\x82z\xFF"), "a\xEF\xBF\xBD\xEF\xBF\xBDz\xEF\xBF\xBD");
  EXPECT_EQ(ToUtf8(""), "");
}

}  // namespace
}  // namespace mqtrack::support
