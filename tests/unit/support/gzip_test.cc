#include "libtrack/support/gzip.h"

#include <gtest/gtest.h>

namespace mqtrack::support {
namespace {

using std::string_literals::operator""s;

// gzip of "abc" as `printf abc | gzip -n` writes it.
const std::string kAbc =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4c\x4a\x06\x00\xc2\x41\x24\x35\x03\x00\x00\x00"s;

TEST(Gunzip, ReadsWhatGzipWrites) {
  const auto text = Gunzip(kAbc, "a.gz", 100);
  ASSERT_TRUE(text) << text.error().ToString();
  EXPECT_EQ(*text, "abc");
}

TEST(Gunzip, ReadsSeveralMembersAndIgnoresPadding) {
  EXPECT_EQ(*Gunzip(kAbc + kAbc, "", 100), "abcabc");
  EXPECT_EQ(*Gunzip(kAbc + "\0\0\0"s, "", 100), "abc");
}

TEST(Gunzip, EveryTruncationIsAnErrorThatSaysSo) {
  for (std::size_t size = 2; size < kAbc.size(); ++size) {
    const auto text = Gunzip(std::string_view(kAbc).substr(0, size), "a.gz", 100);
    ASSERT_FALSE(text.ok()) << size;
    EXPECT_NE(text.error().text.find("truncated"), std::string::npos) << text.error().text;
    EXPECT_EQ(text.error().where, "a.gz");
  }
}

TEST(Gunzip, ChecksTheSum) {
  std::string bad = kAbc;
  bad[bad.size() - 5] ^= 1;
  const auto text = Gunzip(bad, "a.gz", 100);
  ASSERT_FALSE(text.ok());
  EXPECT_NE(text.error().text.find("corrupt gzip data near offset"), std::string::npos) << text.error().text;
}

TEST(Gunzip, StopsAtTheLimit) {
  const std::string bomb = Gzip(std::string(std::size_t{50} << 20, '\0'));
  EXPECT_LT(bomb.size(), 100'000u);
  const auto text = Gunzip(bomb, "bomb.gz", std::uint64_t{1} << 20);
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().text, "inflates to more than the 1 MiB accepted");
  EXPECT_TRUE(Gunzip(bomb, "", std::uint64_t{50} << 20).ok());
}

TEST(Gzip, RoundTripsAndIsDeterministic) {
  std::string text;
  for (int i = 0; i < 100000; ++i) text += std::to_string(i * 7919);
  EXPECT_EQ(Gzip(text), Gzip(text));
  EXPECT_EQ(*Gunzip(Gzip(text), "", 1 << 30), text);
  EXPECT_EQ(*Gunzip(Gzip(""), "", 10), "");
  EXPECT_TRUE(IsGzip(Gzip("")));
  EXPECT_FALSE(IsGzip("\x1f"));
}

}  // namespace
}  // namespace mqtrack::support
