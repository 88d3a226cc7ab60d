// What a hunt's reports say, and where they send the reader.
#include "reports/hunt/hunt_text.h"

#include <gtest/gtest.h>

#include <sstream>

#include "libtrack/hunt/catalogue.h"
#include "libtrack/hunt/client_hunt.h"
#include "libtrack/support/file.h"
#include "reports/hunt/hunt_formats.h"

namespace mqtrack::reports {
namespace {

hunt::Operation Named(const std::string& name) {
  hunt::Operation operation;
  operation.name = name;
  return operation;
}

/// One operation that leaks at one site, and one that was not reached.
class HuntTextTest : public ::testing::Test {
 protected:
  HuntTextTest() {
    hunt::LeakSite site;
    site.kind = log::Kind::kHeapBlock;
    site.name.function = "Grundst\u00fcck";
    site.name.file = "/src/broker/handle_publish_with_a_long_name.c";
    site.name.line = 40;
    site.judgement.course = hunt::Course::kLeak;
    site.judgement.is_exact = true;
    site.judgement.rounds = 10;
    site.judgement.total = {10, 1000};
    result_.program = "broker";
    result_.operations.resize(2);
    result_.operations[0].operation = &leaks_;
    result_.operations[0].outcome = hunt::Outcome::kLeak;
    result_.operations[0].sites = {site};
    result_.operations[1].operation = &not_reached_;
    result_.operations[1].outcome = hunt::Outcome::kNotTried;
    result_.operations[1].why = "the hunt ended before";
  }
  const hunt::Operation leaks_ = Named("5.publish.qos0.nobody"), not_reached_ = Named("client.refuse-5");
  hunt::HuntResult result_;
  HuntOptions options_;
};

TEST_F(HuntTextTest, SaysWhatLeaksAndHowToRepeatIt) {
  options_.repeat_before = "mqtrack hunt --address :1884";
  options_.repeat_behind = " --rounds 1000 --keep -- './my broker'";
  const std::string text = RenderHuntText(result_, options_);
  EXPECT_NE(text.find("100 bytes in 1 object  Grundst\u00fcck  handle_publish_with_a_long_name.c:40  leak\n"),
            std::string::npos)
      << text;
  EXPECT_NE(
      text.find("To repeat one:\n  mqtrack hunt --address :1884 --only 5.publish.qos0.nobody --rounds 1000 --keep -- "
                "'./my broker'\n"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find("What it may mean:\n  docs/hunt_findings.md#publish\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("ended early"), std::string::npos) << text;
}

TEST_F(HuntTextTest, FitsANarrowTerminal) {
  options_.width_columns = 72;
  std::istringstream lines(RenderHuntText(result_, options_));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 72U) << line;
}

TEST_F(HuntTextTest, EachFormatSaysThatTheHuntWasCutShort) {
  result_.cut_short = "it was interrupted";
  EXPECT_NE(RenderHuntText(result_, options_).find("The hunt ended early: it was interrupted."), std::string::npos);
  EXPECT_NE(RenderHuntJson(result_).find("\"complete\": false"), std::string::npos);
  const std::string junit = RenderHuntJunit(result_);
  EXPECT_NE(junit.find("tests=\"3\" failures=\"1\" errors=\"1\" skipped=\"1\""), std::string::npos) << junit;
  EXPECT_NE(junit.find("<error type=\"cut short\" message=\"The hunt ended early"), std::string::npos) << junit;
  EXPECT_NE(RenderHuntGithub(result_).find("::error title=hunt::The hunt ended early"), std::string::npos);
  result_.cut_short.clear();
  EXPECT_NE(RenderHuntJson(result_).find("\"complete\": true"), std::string::npos);
  EXPECT_NE(RenderHuntJunit(result_).find("tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\""), std::string::npos);
}

TEST(HuntFindingsTest, EachChapterHasASection) {
  const auto page = support::ReadFile(MQTRACK_SOURCE_DIR "/docs/hunt_findings.md");
  ASSERT_TRUE(page);
  const auto expect = [&](const std::string& name) {
    const std::string chapter = hunt::ChapterOf(name);
    EXPECT_NE(page->find("\n## " + chapter + "\n"), std::string::npos) << name << ": " << chapter;
  };
  for (const hunt::Operation& one : hunt::Catalogue()) expect(one.name);
  for (const hunt::Operation& one : hunt::ClientCatalogue()) expect(one.name);
  EXPECT_EQ(hunt::ChapterOf("311.publish.qos0"), "publish");
  EXPECT_EQ(hunt::ChapterOf("tls.psk"), "tls");
}

}  // namespace
}  // namespace mqtrack::reports
