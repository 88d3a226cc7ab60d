#include "libtrack/analysis/gate/suppressions.h"

#include <gtest/gtest.h>

#include <initializer_list>

#include "tests/unit/analysis/profile_builder.h"

namespace mqtrack::analysis {
namespace {

using testing::ProfileBuilder;

TEST(ParseSuppressions, ReadsCommentsBlanksAndPatterns) {
  const auto parsed = ParseSuppressions("# known\r\n\n  leak:retain__store  \nleak:^/usr/lib/*ssl\n", "leaks.supp");
  ASSERT_TRUE(parsed.ok()) << parsed.error().ToString();
  ASSERT_EQ(parsed->entries.size(), 2U);
  EXPECT_EQ(parsed->entries[0].pattern.text(), "retain__store");
  EXPECT_EQ(parsed->entries[0].line, 3);
  EXPECT_EQ(parsed->entries[1].line, 4);
}

TEST(ParseSuppressions, RefusesAnythingElseNamingTheLine) {
  for (const auto& [text, where] : {std::pair{"\nrace:foo\n", "f:2"},
                                    {"leak:\n", "f:1"},
                                    {"leak\n", "f:1"},
                                    {"leak:ok\nLeak:x\n", "f:2"},
                                    {"\x01\xff\n", "f:1"}}) {
    const auto parsed = ParseSuppressions(text, "f");
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().where, where);
    EXPECT_EQ(parsed.error().ToString().find('\n'), std::string::npos);
  }
}

profile::Profile ThreeStacks() {
  return ProfileBuilder()
      .Heap({"malloc", "retain__store retain.c:10", "main"}, 1, 100)
      .Heap({"malloc", "packet__alloc packet.c:20", "main"}, 1, 10)
      .Heap({"malloc", "other other.c:5"}, 1, 1)
      .Build();
}

std::int64_t LiveBytes(const profile::Profile& profile) {
  std::int64_t bytes = 0;
  for (const profile::Sample& sample : profile.samples) bytes += sample.values.back();
  return bytes;
}

TEST(WithoutSuppressed, MatchesAnyFramesFunctionFileOrModule) {
  for (const auto& [line, bytes] : {std::pair{"leak:^main$", 1},
                                    {"leak:packet.c", 101},
                                    {"leak:/usr/sbin/mosq", 0},
                                    {"leak:nothing", 111},
                                    {"leak:ret*store", 11}}) {
    auto suppressions = ParseSuppressions(line, "f");
    ASSERT_TRUE(suppressions.ok());
    EXPECT_EQ(LiveBytes(WithoutSuppressed(ThreeStacks(), *suppressions)), bytes) << line;
  }
}

TEST(WithoutSuppressed, CountsUseByTheFirstThatMatches) {
  auto suppressions = ParseSuppressions("leak:retain\nleak:main\nleak:unused\n", "f");
  ASSERT_TRUE(suppressions.ok());
  EXPECT_EQ(LiveBytes(WithoutSuppressed(ThreeStacks(), *suppressions)), 1);
  EXPECT_EQ(suppressions->entries[0].stacks, 1U);
  EXPECT_EQ(suppressions->entries[1].stacks, 1U);
  EXPECT_EQ(suppressions->entries[2].stacks, 0U);
  EXPECT_EQ(suppressions->used(), 2U);
}

}  // namespace
}  // namespace mqtrack::analysis
