#include "libtrack/support/words.h"

#include <gtest/gtest.h>

namespace mqtrack::support {
namespace {

const std::vector<std::string> kVerbs = {"run", "list", "snapshot", "top", "diff", "report", "gate", "clean"};

TEST(Nearest, FindsTheWordMeant) {
  EXPECT_EQ(Nearest("snpashot", kVerbs), "snapshot");  // neighbours swapped
  EXPECT_EQ(Nearest("lst", kVerbs), "list");           // one left out
  EXPECT_EQ(Nearest("toop", kVerbs), "top");           // one too many
  EXPECT_EQ(Nearest("gaze", kVerbs), "gate");          // one replaced
  EXPECT_EQ(Nearest("repo", kVerbs), "report");        // begins with it
}

TEST(Nearest, RatherNothingThanNonsense) {
  EXPECT_EQ(Nearest("frobnicate", kVerbs), "");
  EXPECT_EQ(Nearest("x", kVerbs), "");
  EXPECT_EQ(Nearest("", kVerbs), "");
  EXPECT_EQ(Nearest(std::string(100000, 'a'), kVerbs), "");
  EXPECT_EQ(Nearest("-", {"-n", "--rows"}), "");
}

TEST(Nearest, DashesDoNotCountAsLikeness) {
  EXPECT_EQ(Nearest("-z", {"-q", "-h"}), "");
  EXPECT_EQ(Nearest("--ouput", {"--output", "--base"}), "--output");
}

TEST(DidYouMean, IsAClauseOrNothing) {
  EXPECT_EQ(DidYouMean("dif", kVerbs), "; did you mean diff?");
  EXPECT_EQ(DidYouMean("frobnicate", kVerbs), "");
}

}  // namespace
}  // namespace mqtrack::support
