#include "libtrack/analysis/workload/asked.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libtrack/profile/fact.h"
#include "tests/unit/analysis/profile_builder.h"

namespace mqtrack::analysis {
namespace {

using mqtrack::testing::ProfileBuilder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Asked, ATopicIsAskedForByTheRulesOfMqtt) {
  for (const auto& [topic, filter] : std::initializer_list<std::pair<const char*, const char*>>{{"a/b", "a/b"},
                                                                                                {"a/b", "a/+"},
                                                                                                {"a/b", "+/b"},
                                                                                                {"a/b", "a/#"},
                                                                                                {"a", "a/#"},
                                                                                                {"a/b/c", "a/#"},
                                                                                                {"a", "#"},
                                                                                                {"", "#"},
                                                                                                {"pumps/+", "pumps/+"},
                                                                                                {"a/b", "$share/g/a/+"},
                                                                                                {"$SYS/x", "$SYS/#"},
                                                                                                {"/a", "+/a"},
                                                                                                {"a/", "a/+"}})
    EXPECT_TRUE(IsAskedFor(topic, filter)) << topic << " " << filter;
  for (const auto& [topic, filter] :
       std::initializer_list<std::pair<const char*, const char*>>{{"a/b", "a"},
                                                                  {"a", "a/b"},
                                                                  {"a/b/c", "a/+"},
                                                                  {"a/b", "b/#"},
                                                                  {"$SYS/x", "#"},
                                                                  {"pumps/+", "pumps/main"},
                                                                  {"a", "a/+"},
                                                                  {"ab", "a/#"}})
    EXPECT_FALSE(IsAskedFor(topic, filter)) << topic << " " << filter;
  EXPECT_TRUE(AsksForAll("#"));
  EXPECT_TRUE(AsksForAll("$share/log/#"));
  EXPECT_FALSE(AsksForAll("a/#"));
}

TEST(Asked, IsReadFromFacts) {
  const Asked asked = ReadAsked(ProfileBuilder()
                                    .Fact("mqtt_asked", "pumps/%20x away=2 stalled=1 connected=30 pump%257 b c")
                                    .Fact("mqtt_asked", "nonsense")
                                    .Fact("mqtt_asked", "x away=-1 stalled=0 connected=0")
                                    .Fact("mqtt_stalled", "c slow%20one")
                                    .Fact("mqtt_asked_all", "1")
                                    .Build());
  EXPECT_TRUE(asked.is_all);
  ASSERT_THAT(asked.filters, SizeIs(1));
  EXPECT_EQ(asked.filters[0].filter, "pumps/ x");
  EXPECT_EQ(asked.filters[0].away, 2);
  EXPECT_EQ(asked.filters[0].stalled, 1);
  EXPECT_EQ(asked.filters[0].connected, 30);
  EXPECT_THAT(asked.filters[0].names, ElementsAre("pump%7", "b", "c"));
  EXPECT_THAT(asked.stalled, ElementsAre("c", "slow one"));
  const Asked nothing = ReadAsked(ProfileBuilder().Build());
  EXPECT_FALSE(nothing.is_all);
  EXPECT_THAT(nothing.filters, IsEmpty());
}

TEST(Asked, AnyTextIsAWordAndComesBack) {
  const std::string text = "a b%\n\x7f/\xc3\xa4%20";
  const std::string word = profile::AsWord(text);
  EXPECT_EQ(word.find_first_of(" \n"), std::string::npos);
  EXPECT_EQ(profile::FromWord(word), text);
  EXPECT_EQ(profile::FromWord("50%"), "50%");
  EXPECT_EQ(profile::FromWord("%zz"), "%zz");
}

}  // namespace
}  // namespace mqtrack::analysis
