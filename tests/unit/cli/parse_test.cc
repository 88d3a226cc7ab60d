#include "cli/parse.h"

#include <gtest/gtest.h>

#include <initializer_list>

#include "cli/options/option_types.h"

namespace mqtrack::cli {
namespace {

using Words = std::vector<std::string>;

/// Where the options of `run` end and its command begins.
class CutCommandTest : public testing::Test {
 protected:
  CutCommandTest() {
    AddSize(app_, "--sample", sample_, "");
    app_.add_flag("-q,--quiet", quiet_, "");
  }
  CLI::App app_;
  std::int64_t sample_ = 0;
  bool quiet_ = false;
};

TEST_F(CutCommandTest, BehindTheDoubleDash) {
  Words words = {"-q", "--sample", "1K", "--", "mosquitto", "-c", "x"};
  EXPECT_EQ(CutCommand(app_, words), (Words{"mosquitto", "-c", "x"}));
  EXPECT_EQ(words, (Words{"-q", "--sample", "1K"}));
}

TEST_F(CutCommandTest, AtTheFirstWordThatIsNoOption) {
  Words words = {"--sample", "1K", "-q", "mosquitto", "-c", "x", "--", "y"};
  EXPECT_EQ(CutCommand(app_, words), (Words{"mosquitto", "-c", "x", "--", "y"}));
  EXPECT_EQ(words, (Words{"--sample", "1K", "-q"}));
}

TEST_F(CutCommandTest, ValueInTheSameWord) {
  Words words = {"--sample=1K", "mosquitto"};
  EXPECT_EQ(CutCommand(app_, words), Words{"mosquitto"});
}

TEST_F(CutCommandTest, NoCommand) {
  for (Words words : {Words{}, Words{"--"}, Words{"-q"}, Words{"--sample"}})
    EXPECT_EQ(CutCommand(app_, words), Words{});
}

/// A verb with one argument and a few options, for what the parser says.
class FakeCommand final : public Command {
 public:
  HelpText Help() const override { return {}; }
  void AddOptions(CLI::App& app) override {
    app.add_option("TARGET", target, "")->required();
    AddChoice(app, "--format", format, {"text", "json"}, "FORMAT", "");
    AddCount(app, "-n,--rows", rows, "", 1, 9);
    AddTexts(app, "--debug-dir", folders, "DIR", "");
  }
  support::Result<int> Run() override { return 0; }
  std::string target, format = "text";
  std::int64_t rows = 5;
  Words folders;
};

std::string Sentence(FakeCommand& command, Words words) {
  const Verb verb = {"fake", "", nullptr};
  CLI::App app;
  command.AddOptions(app);
  command.AddCommonOptions(app);
  const support::Result<Parsed> parsed = ParseWords(verb, command, app, std::move(words));
  if (!parsed) return parsed.error().ToString();
  return parsed.value() == Parsed::kHelp ? "help" : "run";
}

std::string Sentence(Words words) {
  FakeCommand command;
  return Sentence(command, std::move(words));
}

TEST(ParseWords, FillsTheCommand) {
  FakeCommand command;
  EXPECT_EQ(Sentence(command, {"x", "--debug-dir", "a", "-n3", "--debug-dir=b", "--format", "json"}), "run");
  EXPECT_EQ(command.target, "x");
  EXPECT_EQ(command.folders, (Words{"a", "b"}));
  EXPECT_EQ(command.rows, 3);
  EXPECT_EQ(command.format, "json");
}

TEST(ParseWords, TheLastOfRepeatedOptionsCounts) {
  FakeCommand command;
  EXPECT_EQ(Sentence(command, {"x", "-n", "3", "--rows", "4"}), "run");
  EXPECT_EQ(command.rows, 4);
}

TEST(ParseWords, RepeatableOptionLeavesTheArgumentAlone) {
  FakeCommand command;
  EXPECT_EQ(Sentence(command, {"--debug-dir", "a", "x"}), "run");
  EXPECT_EQ(command.target, "x");
}

TEST(ParseWords, DashIsAnArgumentAndDoubleDashEndsOptions) {
  FakeCommand command;
  EXPECT_EQ(Sentence(command, {"-"}), "run");
  EXPECT_EQ(command.target, "-");
  FakeCommand other;
  EXPECT_EQ(Sentence(other, {"--", "--format"}), "run");
  EXPECT_EQ(other.target, "--format");
}

TEST(ParseWords, HelpWinsOverEverything) { EXPECT_EQ(Sentence({"-h"}), "help"); }

TEST(ParseWords, UnknownOptionIsToldBeforeWhatIsMissing) {
  EXPECT_EQ(Sentence({"--fromat", "json"}),
            "fake: unknown option --fromat; did you mean --format? (mqtrack fake --help)");
}

TEST(ParseWords, RefusesWhatAnUnsetVariableLeaves) {
  EXPECT_EQ(Sentence({""}), "fake: TARGET is empty; is a variable not set? (mqtrack fake --help)");
  EXPECT_EQ(Sentence({"x", "--debug-dir", ""}),
            "fake: --debug-dir is empty; is a variable not set? (mqtrack fake --help)");
}

TEST(ParseWords, SplitsListsAtCommas) {
  CLI::App app;
  Words labels;
  AddList(app, "--tag-root", labels, "LABELS", "");
  app.parse("--tag-root mqtt_client,,mqtt_topic");
  EXPECT_EQ(labels, (Words{"mqtt_client", "mqtt_topic"}));
  EXPECT_THROW(app.parse("--tag-root ,"), CLI::ValidationError);
}

TEST(ParseWords, SaysWhatIsWrong) {
  EXPECT_EQ(Sentence({}), "fake: TARGET is missing (mqtrack fake --help)");
  EXPECT_EQ(Sentence({"x", "y"}), "fake: one argument too many: \"y\" (mqtrack fake --help)");
  EXPECT_EQ(Sentence({"x", "--format"}), "fake: --format needs a value (mqtrack fake --help)");
  EXPECT_EQ(Sentence({"x", "-n", "0"}), "fake: --rows: \"0\" is not between 1 and 9 (mqtrack fake --help)");
  EXPECT_EQ(Sentence({"x", "--format", "tex"}),
            "fake: --format: \"tex\" is not one of text, json; did you mean text? (mqtrack fake --help)");
}

}  // namespace
}  // namespace mqtrack::cli
