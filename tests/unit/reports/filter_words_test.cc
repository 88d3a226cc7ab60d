// The words of a filter.
#include "reports/words/filter_words.h"

#include <gtest/gtest.h>

namespace mqtrack::reports {
namespace {

TEST(FilterWords, AreOptionsOfTheShell) {
  EXPECT_EQ(OptionWords("--focus", "retain"), "--focus retain");
  EXPECT_EQ(OptionWords("--focus", "a|b's"), "--focus 'a|b'\\''s'");
  EXPECT_EQ(OptionWords("--focus", "-x"), "--focus=-x") << "else it would be an option";
  EXPECT_EQ(FilterOptions({}), "");
  EXPECT_EQ(FilterOptions({.focus = "a", .ignore = "b", .hide = "c", .tag_focus = "d=1", .tag_ignore = "e f"}),
            "--focus a --tag-focus d=1 --ignore b --tag-ignore 'e f' --hide c");
}

TEST(FilterWords, SayWhatIsKept) {
  EXPECT_EQ(FilterSentence({}), "");
  EXPECT_EQ(FilterSentence({.focus = "a"}), "stacks that match --focus a");
  EXPECT_EQ(FilterSentence({.focus = "a", .tag_focus = "d=1"}), "stacks that match --focus a and --tag-focus d=1");
  EXPECT_EQ(FilterSentence({.ignore = "b", .tag_ignore = "e"}),
            "stacks that do not match --ignore b or --tag-ignore e");
  EXPECT_EQ(FilterSentence({.hide = "c"}), "functions that do not match --hide c");
  EXPECT_EQ(FilterSentence({.focus = "a", .ignore = "b", .hide = "c"}),
            "stacks that match --focus a, but not --ignore b; of these, functions that do not match --hide c");
}

}  // namespace
}  // namespace mqtrack::reports
