// Long names in tables, sentences and pictures: nothing grows with a name's length but what must hold the whole name.
#include "reports/words/fit_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/gate/gate.h"
#include "libtrack/analysis/sites.h"
#include "reports/gate/gate_formats.h"
#include "reports/text/json_table.h"
#include "reports/text/markdown_table.h"
#include "reports/text/text_table.h"
#include "reports/words/columns.h"
#include "tests/unit/analysis/profile_builder.h"

namespace mqtrack::reports {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::ProfileBuilder;
using ::testing::StartsWith;

std::string Long(const std::string& middle, std::size_t length = 10'000) {
  return "boost::asio::" + std::string(length / 2, 'a') + middle + std::string(length / 2, 'b') + "::Run";
}

TEST(FitNames, KeepsBothEnds) {
  const std::string fitted = FitNames({Long("")}, 60).at(0);
  EXPECT_EQ(TextWidth(fitted), 60u);
  EXPECT_THAT(fitted, StartsWith("boost::asio::"));
  EXPECT_THAT(fitted, EndsWith("::Run"));
}

TEST(FitNames, TemplateArgumentsAreLeftOutWholeBeforeANameIsCut) {
  const std::string name = "bridge::Queue<bridge::Message<std::vector<char>>, 64>::Push<bridge::Topic>";
  EXPECT_THAT(FitNames({name}, 74), ElementsAre(name));
  EXPECT_THAT(FitNames({name}, 50), ElementsAre("bridge::Queue<...>::Push<bridge::Topic>"));
  EXPECT_THAT(FitNames({name}, 30), ElementsAre("bridge::Queue<...>::Push<...>"));
  EXPECT_EQ(ShortName(name, 50), "bridge::Queue<...>::Push<bridge::Topic>");
  // Where only arguments tell two apart, these are shown.
  const std::vector<std::string> fitted =
      FitNames({"Queue<" + std::string(60, 'a') + ">", "Queue<" + std::string(60, 'b') + ">"}, 40);
  EXPECT_NE(fitted[0], fitted[1]);
  // Not all that looks like a bracket is one.
  const std::string shift = "bridge::operator<<" + std::string(60, 'x');
  EXPECT_EQ(ShortName(shift, 40), CutMiddle(shift, 40));
  EXPECT_EQ(ShortName("bridge::Handle<bridge::Session>::operator->", 35), "bridge::Handle<...>::operator->");
  const std::string open = "Queue<" + std::string(80, 'x');
  EXPECT_EQ(ShortName(open, 40), CutMiddle(open, 40));
}

TEST(FitNames, DifferentNamesStayDifferent) {
  for (const std::size_t width : {16u, 40u, 80u, 200u}) {
    // By their ends, their beginnings, one place in the middle, two places at once, and by their length alone.
    const std::vector<std::string> names = {Long("") + "1",        Long("") + "2",   "x" + Long(""),
                                            "y" + Long(""),        Long("<Topic>"),  Long("<Client>"),
                                            Long("\xC3\xA4"),      Long("\xC3\xB6"), Long("p") + Long(""),
                                            Long("p") + Long("q"), Long("", 9000),   Long("", 9002)};
    const std::vector<std::string> fitted = FitNames(names, width);
    EXPECT_EQ(std::set<std::string>(fitted.begin(), fitted.end()).size(), names.size()) << width;
    for (const std::string& name : fitted) EXPECT_LE(TextWidth(name), width) << name;
  }
}

TEST(FitNames, ShowsWhereTheyDiffer) {
  const std::vector<std::string> fitted = FitNames({Long("<Topic>"), Long("<Client>")}, 80);
  EXPECT_THAT(fitted[0], HasSubstr("<Topic>"));
  EXPECT_THAT(fitted[1], HasSubstr("<Client>"));
  EXPECT_THAT(fitted[1], EndsWith("::Run"));
}

TEST(FitNames, EqualNamesStayEqual) {
  const std::vector<std::string> fitted = FitNames({Long("p"), Long("q"), Long("p"), "short", "short"}, 40);
  EXPECT_EQ(fitted[0], fitted[2]);
  EXPECT_NE(fitted[0], fitted[1]);
  EXPECT_EQ(fitted[3], "short");
  EXPECT_EQ(fitted[4], "short");
}

TEST(FitNames, SymbolsOfOnePathGetNumbers) {
  EXPECT_THAT(FitNames({"_ZN1A3runIiEEvv", "_ZN1A3runIlEEvv", "_ZN1A3runIiEEvv"}, 80),
              ElementsAre("A::run<...> #1", "A::run<...> #2", "A::run<...> #1"));
}

TEST(FitNames, MarkedNamesDifferWithoutKnowingOfEachOther) {
  EXPECT_EQ(MarkedName("std::vector<int, std::allocator<int>>::at"), "std::vector<int>::at");
  EXPECT_NE(MarkedName(Long("p")), MarkedName(Long("q")));
  EXPECT_EQ(MarkedName(Long("p")), MarkedName(Long("p")));
  EXPECT_LE(TextWidth(MarkedName(Long("p"))), kWidestName);
  EXPECT_NE(MarkedName("_ZN1A3runIiEEvv"), MarkedName("_ZN1A3runIlEEvv"));
}

analysis::SiteTable LongTable(std::size_t name_length, const analysis::WrapperList& wrappers) {
  ProfileBuilder builder;
  for (int i = 0; i < 30; ++i) {
    std::vector<std::string> stack;
    for (int frame = 0; frame < 5; ++frame) {
      stack.push_back(Long(std::to_string(i) + "_" + std::to_string(frame), name_length) + " a.cc:7");
    }
    builder.Heap(stack, 1, 100 + i);
  }
  return std::move(*analysis::TopSites(builder.Build(), wrappers, {}));
}

std::size_t WidestLine(const std::string& text) {
  std::size_t widest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, TextWidth(line));
  return widest;
}

TEST(LongNames, TablesFitTheirTerminalAndDoNotGrowWithTheNames) {
  const analysis::WrapperList wrappers = *analysis::WrapperList::Load();
  TableOptions options;
  options.new_name = "after.pb.gz";
  options.stacks = true;
  const analysis::SiteTable some = LongTable(1'000, wrappers), more = LongTable(10'000, wrappers);
  EXPECT_EQ(RenderText(some, options).size(), RenderText(more, options).size());
  EXPECT_EQ(RenderMarkdown(some, options).size(), RenderMarkdown(more, options).size());
  EXPECT_LE(WidestLine(RenderText(more, options)), 2 * kWidestName);
  const std::string text = RenderText(more, options);
  const std::string headline = text.substr(0, text.find("\n\n"));
  EXPECT_LE(headline.size(), 2 * kWidestName) << headline;
  EXPECT_THAT(headline, AllOf(HasSubstr("boost::asio::"), HasSubstr("::Run")));
  options.width_columns = 80;
  const std::string narrow = RenderText(more, options);
  const std::size_t rows = narrow.find("BYTES");
  EXPECT_LE(WidestLine(narrow.substr(rows, narrow.find("Big is") - rows)), 80u) << narrow;
  EXPECT_THAT(RenderJson(more, options), HasSubstr(Long("29_0")));  // whole
}

analysis::GateResult LongGate(std::size_t name_length) {
  analysis::GateSite site;
  site.function = site.caller = Long("0", name_length);
  site.value = 4096;
  for (int frame = 0; frame < 5; ++frame)
    site.stack.push_back({Long(std::to_string(frame), name_length), "a.cc", "broker", 7});
  analysis::GateCheck check;
  check.value_type = {"inuse_space", "bytes"};
  check.value = 4096;
  check.passed = false;
  check.sites = {site};
  analysis::GateResult result;
  result.verdict = analysis::Verdict::kFail;
  result.checks = {check};
  return result;
}

TEST(LongNames, ReportsOfTheGateDoNotGrowWithThem) {
  const analysis::GateResult some = LongGate(1'000), more = LongGate(10'000);
  for (const GateFormat& format : GateFormats()) {
    const std::string text = format.render(more, {});
    if (format.name == "json") {
      EXPECT_THAT(text, HasSubstr(Long("0")));  // whole
    } else {
      EXPECT_EQ(format.render(some, {}).size(), text.size()) << format.name;
      EXPECT_THAT(text, HasSubstr("::Run")) << format.name;
    }
  }
}

}  // namespace
}  // namespace mqtrack::reports
