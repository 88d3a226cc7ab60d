#include "libtrack/profile/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libtrack/profile/formats/validate.h"
#include "sample_profile.h"

namespace mqtrack::profile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<ValueType> kHeap = {{"inuse_objects", "count"}, {"inuse_space", "bytes"}};

class FilterTest : public ::testing::Test {
 protected:
  FilterTest() : built_(kHeap) {
    built_.Add({"malloc", "db__message_store", "main"}, {1, 10}, {{"generation", "", 2, ""}, {"thread", "io", 0, ""}});
    built_.Add({"malloc", "sub__add", "main"}, {2, 20}, {{"generation", "", 5, ""}});
    built_.Add({"malloc", "SSL_new", "main"}, {3, 30}, {{"thread", "worker", 0, ""}});
  }
  std::vector<std::string> Filtered(Filter filter) {
    const auto result = ApplyFilter(*built_, filter);
    EXPECT_TRUE(result.ok()) << result.error().ToString();
    if (!result.ok()) return {};
    EXPECT_TRUE(Validate(*result, "").ok());
    return Rows(*result);
  }
  SampleProfile built_;
};

TEST_F(FilterTest, EmptyFilterKeepsEverything) { EXPECT_EQ(Filtered({}), Rows(*built_)); }

TEST_F(FilterTest, FocusAndIgnoreMatchNamesAndFiles) {
  EXPECT_THAT(Filtered({.focus = "sub__|^SSL_"}), ElementsAre("malloc;sub__add;main 2 20", "malloc;SSL_new;main 3 30"));
  EXPECT_THAT(Filtered({.ignore = "src/SSL_new\\.c$"}).size(), 2u);
  EXPECT_THAT(Filtered({.focus = "main", .ignore = "__"}), ElementsAre("malloc;SSL_new;main 3 30"));
  EXPECT_THAT(Filtered({.focus = "nothing"}).size(), 0u);
}

TEST_F(FilterTest, HideTakesFramesOut) {
  EXPECT_THAT(Filtered({.hide = "^malloc$"}),
              ElementsAre("db__message_store;main 1 10", "sub__add;main 2 20", "SSL_new;main 3 30"));
  EXPECT_EQ(Filtered({.hide = "."}).size(), 0u);
}

TEST_F(FilterTest, HideLeavesTheOtherInlinedFrames) {
  built_->locations[1].lines.insert(built_->locations[1].lines.begin(), built_->locations[0].lines[0]);
  EXPECT_THAT(Filtered({.focus = "db__", .hide = "malloc"}), ElementsAre("db__message_store;main 1 10"));
}

TEST_F(FilterTest, TagsByKeyTextAndRange) {
  EXPECT_EQ(Filtered({.tag_focus = "thread=work"}).size(), 1u);
  EXPECT_EQ(Filtered({.tag_focus = "io"}).size(), 1u);
  EXPECT_EQ(Filtered({.tag_ignore = "thread=."}).size(), 1u);
  EXPECT_THAT(Filtered({.tag_focus = "generation=3:"}), ElementsAre("malloc;sub__add;main 2 20"));
  EXPECT_THAT(Filtered({.tag_focus = "generation=:3"}), ElementsAre("malloc;db__message_store;main 1 10"));
  EXPECT_THAT(Filtered({.tag_focus = "generation=5"}), ElementsAre("malloc;sub__add;main 2 20"));
}

TEST_F(FilterTest, NamesAMalformedExpression) {
  const auto result = ApplyFilter(*built_, {.focus = "a(b"});
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().ToString(), HasSubstr("focus: 'a(b' is not a valid regular expression"));
  EXPECT_FALSE(ApplyFilter(*built_, {.tag_focus = "=x"}).ok());
  EXPECT_FALSE(ApplyFilter(*built_, {.hide = std::string(5000, 'a')}).ok());
}

TEST_F(FilterTest, LongNamesDoNotExhaustTheStack) {
  built_->functions[0].name = std::string(1 << 20, 'a');
  EXPECT_EQ(Filtered({.focus = "(a|b)*c"}).size(), 3u);  // src/malloc.c: the file still matches
}

}  // namespace
}  // namespace mqtrack::profile
