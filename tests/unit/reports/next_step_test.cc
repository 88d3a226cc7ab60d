// Which command a table recommends.
#include "reports/text/next_step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/sites.h"
#include "reports/gate/gate_formats.h"
#include "reports/gate/gate_report_options.h"
#include "reports/text/text_table.h"
#include "tests/unit/analysis/profile_builder.h"

namespace mqtrack::reports {
namespace {

using analysis::SiteTable;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ProfileBuilder;

const analysis::WrapperList& Wrappers() {
  static const analysis::WrapperList wrappers = *analysis::WrapperList::Load();
  return wrappers;
}

profile::Profile Broker(std::int64_t blocks) {
  return ProfileBuilder().Heap({"malloc", "store src/store.c:42", "main"}, blocks, blocks * 100).Build();
}
SiteTable Top() { return *analysis::TopSites(Broker(1), Wrappers(), {}); }
SiteTable Diff(std::int64_t before, std::int64_t after) {
  return *analysis::DiffSites(Broker(before), Broker(after), Wrappers(), {});
}

TableOptions Options(const std::string& new_name, const std::string& base_name = {}) {
  TableOptions options;
  options.new_name = new_name;
  options.base_name = base_name;
  return options;
}

TEST(NextStep, CarriesWhatWasAskedIntoThePicture) {
  TableOptions options = Options("mosquitto", "my before.pb.gz");
  options.carried = {
      .selecting = " --by fds --focus 'a b'", .grouping = " --group-by thread", .loading = " --log-dir /l"};
  EXPECT_EQ(
      NextStep(Diff(1, 3), options),
      "Next:  mqtrack report mosquitto --base 'my before.pb.gz' --by fds --focus 'a b' --log-dir /l --format flame "
      "-o leak.svg\n");
}

TEST(NextStep, OfWhatWasSavedIsALaterFile) {
  TableOptions options = Options("after.pb.gz");
  options.carried = {.selecting = " --by fds", .grouping = " --group-by thread", .loading = " --sysroot /r"};
  EXPECT_EQ(NextStep(Top(), options),
            "Big is not leaking: take a second snapshot after some traffic, then  mqtrack diff after.pb.gz LATER "
            "--by fds --group-by thread --sysroot /r\n");
}

TEST(NextStep, OfWhatRunsBeginsWithASnapshot) {
  TableOptions options = Options("mosquitto");
  options.later = Later::kSameTarget;
  options.carried = {.selecting = " --by fds", .grouping = " --group-by thread", .loading = " --log-dir /l"};
  EXPECT_EQ(NextStep(Top(), options),
            "Big is not leaking: take a snapshot now, and see after some traffic what grew since:\n"
            "  mqtrack snapshot mosquitto -o before.pb.gz --log-dir /l\n"
            "  mqtrack diff before.pb.gz mosquitto --by fds --group-by thread --log-dir /l\n");
}

TEST(NextStep, IsNothingWhereThereIsNone) {
  TableOptions ended = Options("mosquitto");
  ended.later = Later::kNever;
  EXPECT_EQ(NextStep(Top(), ended), "");
  EXPECT_EQ(NextStep(Top(), Options("-")), "") << "standard input cannot be read again";
  EXPECT_EQ(NextStep(Diff(1, 3), Options("after.pb.gz", "-")), "");
  EXPECT_EQ(NextStep(Diff(0, 0), Options("after.pb.gz", "before.pb.gz")), "");
}

TEST(NextStep, IsNothingWhereNothingGrew) {
  for (const std::int64_t after : {1, 3}) {
    EXPECT_THAT(RenderText(Diff(3, after), Options("after.pb.gz", "before.pb.gz")), Not(HasSubstr("Next:")));
  }
}

TEST(NextStep, OfRowsByALabelIsAPictureWithTheLabel) {
  const auto of_thread = [](std::int64_t blocks) {
    return ProfileBuilder().Heap({"malloc", "store"}, blocks, blocks * 100, {{"thread", "io", 0, ""}}).Build();
  };
  const SiteTable table =
      *analysis::DiffSites(of_thread(1), of_thread(3), Wrappers(), {"", analysis::Granularity::kLabel, "thread"});
  TableOptions options = Options("after.pb.gz", "before.pb.gz");
  EXPECT_THAT(NextStep(table, options), HasSubstr("--base before.pb.gz --tag-root thread --format flame"));
  options.carried.selecting = " --tag-root mqtt_client";
  EXPECT_THAT(NextStep(table, options), HasSubstr("--base before.pb.gz --tag-root mqtt_client --format flame"));
}

// 480 bytes are more than half of what grew, and yet nothing is wrong: more was freed.
TEST(TextTable, BlamesNobodyWhereLessIsAlive) {
  const auto heap = [](std::int64_t table_bytes, std::int64_t log_bytes) {
    return ProfileBuilder()
        .Heap({"malloc", "table"}, 1, table_bytes)
        .Heap({"malloc", "Logger::logf"}, 1, log_bytes)
        .Build();
  };
  const TableOptions options = Options("after.pb.gz", "before.pb.gz");
  const std::string shrank = RenderText(*analysis::DiffSites(heap(9000, 20), heap(3000, 500), Wrappers(), {}), options);
  EXPECT_THAT(shrank, Not(HasSubstr("of all growth")));
  EXPECT_THAT(shrank, HasSubstr("+480 B"));
  const std::string grew = RenderText(*analysis::DiffSites(heap(3000, 20), heap(3000, 500), Wrappers(), {}), options);
  EXPECT_THAT(grew, HasSubstr("100.0 % of all growth: Logger::logf"));
}

TEST(NextStep, OfTheGateIsAPictureOfWhatWasTooMuch) {
  analysis::GateResult result;
  result.verdict = analysis::Verdict::kFail;
  result.has_base = true;
  for (const char* type : {"inuse_space", "fds"}) {
    analysis::GateCheck& check = result.checks.emplace_back();
    check.value_type.type = type;
    check.passed = result.checks.size() == 1;
  }
  GateReportOptions options;
  options.new_name = "mosquitto";
  options.base_name = "before.pb.gz";
  options.loading = " --log-dir /l";
  EXPECT_THAT(RenderGate(result, "text", options),
              HasSubstr("Next:  mqtrack report mosquitto --base before.pb.gz --by fds --log-dir /l --format flame"));
  result.checks[0].passed = false;
  EXPECT_THAT(RenderGate(result, "text", options),
              HasSubstr("Next:  mqtrack report mosquitto --base before.pb.gz --log-dir /l --format flame"));
}

}  // namespace
}  // namespace mqtrack::reports
