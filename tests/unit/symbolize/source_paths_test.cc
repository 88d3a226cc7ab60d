#include "libtrack/symbolize/source_paths.h"

#include <gtest/gtest.h>

namespace mqtrack::symbolize {
namespace {

TEST(JoinSourcePath, TakesTheDirectoryOfTheCompilation) {
  EXPECT_EQ(JoinSourcePath("/build/src", "../lib/send_publish.c"), "/build/lib/send_publish.c");
  EXPECT_EQ(JoinSourcePath("/build/src", "./main.c"), "/build/src/main.c");
  EXPECT_EQ(JoinSourcePath("/build/src", "/usr/include/stdio.h"), "/usr/include/stdio.h");
  EXPECT_EQ(JoinSourcePath("/build/src", "/build/src/../lib/a.c"), "/build/lib/a.c");
}

// As -ffile-prefix-map leaves it.
TEST(JoinSourcePath, KeepsRelativePathsRelative) {
  EXPECT_EQ(JoinSourcePath("./src", "../lib/send_publish.c"), "lib/send_publish.c");
  EXPECT_EQ(JoinSourcePath(".", "../lib/a.c"), "../lib/a.c");
  EXPECT_EQ(JoinSourcePath("", "../lib/a.c"), "../lib/a.c");
  EXPECT_EQ(JoinSourcePath("/build", ""), "");
}

}  // namespace
}  // namespace mqtrack::symbolize
