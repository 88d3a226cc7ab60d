#include "libtrack/verdicts/expectations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mqtrack::verdicts {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(Expectations, NameCachesAndTheirSizes) {
  const auto read = ParseExpectations(
      "# known\n\ncache PutInLru 64MiB\n  cache Store<int, long>::Put  1.5KiB \r\ncache ^src/index.c$ 0\n", "taught");
  ASSERT_TRUE(read) << read.error().ToString();
  ASSERT_THAT(read->entries, SizeIs(3));
  const Expectation* lru = read->Find("PutInLru", "");
  ASSERT_NE(lru, nullptr);
  EXPECT_EQ(lru->bytes, 64 << 20);
  EXPECT_EQ(lru->line, 3);
  ASSERT_NE(read->Find("Store<int, long>::Put", "a.cc"), nullptr);
  EXPECT_EQ(read->Find("Store<int, long>::Put", "a.cc")->bytes, 1536);
  ASSERT_NE(read->Find("any", "src/index.c"), nullptr);
  EXPECT_EQ(read->Find("another", "src/other.c"), nullptr);
}

TEST(Expectations, WhatIsNoneIsSaidInOneSentence) {
  for (const char* line : {"PutInLru 64MiB", "cache PutInLru", "cache 64MiB", "cache", "leak PutInLru 1MiB",
                           "cache PutInLru 64 bananas", "cache PutInLru -1"}) {
    const auto read = ParseExpectations(std::string("# first\n") + line + "\n", "taught");
    ASSERT_FALSE(read) << line;
    EXPECT_EQ(read.error().where, "taught:2");
    EXPECT_THAT(read.error().text, HasSubstr("cache PutInLru 64MiB")) << line;
  }
}

}  // namespace
}  // namespace mqtrack::verdicts
