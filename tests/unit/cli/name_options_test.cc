#include "cli/options/name_options.h"

#include <gtest/gtest.h>

namespace mqtrack::cli {
namespace {

std::string WordsOf(const std::string& line) {
  CLI::App app;
  NameOptions options;
  options.AddTo(app, "Names");
  app.parse(line);
  return options.Words();
}

// A command that is suggested asks as this one did.
TEST(NameOptions, AllThatWasGivenIsSaidAgain) {
  EXPECT_EQ(WordsOf(""), "");
  EXPECT_EQ(WordsOf("--sysroot /board --debug-dir a"), " --sysroot /board --debug-dir a");
  EXPECT_EQ(WordsOf("--debuginfod-seconds 5"), " --debuginfod-seconds 5");
  EXPECT_EQ(WordsOf("--debuginfod-seconds 90"), "");
}

}  // namespace
}  // namespace mqtrack::cli
