#include "libtrack/support/ascii.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace mqtrack::support {
namespace {

TEST(Ascii, WhatHasAnotherSpellingIsSpeltSo) {
  EXPECT_EQ(ToAscii("3 \u00b5s, 1 \u2192 2, and so on\u2026"), "3 us, 1 -> 2, and so on...");
}

TEST(Ascii, OneMarkForEachOtherCharacter) {
  EXPECT_EQ(ToAscii("f\u00fcr \u4f60"), "f?r ?");
  EXPECT_EQ(ToAscii("\xff\xfe"), "??");
  EXPECT_EQ(ToAscii("\xC2"), "?");
}

TEST(Ascii, TheFirstVariableThatIsSetDecides) {
  ::unsetenv("LC_CTYPE");
  ::setenv("LANG", "en_US.UTF-8", 1);
  ::setenv("LC_ALL", "C", 1);
  EXPECT_EQ(ForLocale("\u00b5"), "u");
  ::setenv("LC_ALL", "", 1);
  EXPECT_EQ(ForLocale("\u00b5"), "\u00b5");
  ::setenv("LC_ALL", "C.utf8", 1);
  EXPECT_TRUE(LocaleIsUtf8());
  ::unsetenv("LANG");
  ::unsetenv("LC_ALL");
  EXPECT_FALSE(LocaleIsUtf8());
}

}  // namespace
}  // namespace mqtrack::support
