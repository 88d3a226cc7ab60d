#include "libtrack/timeline/site_curves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/timeline/kept_timeline.h"

namespace mqtrack::timeline {
namespace {

using ::testing::HasSubstr;

analysis::SiteTable MakeTable(const std::map<std::string, std::int64_t>& sites, const char* type = "inuse_space") {
  analysis::SiteTable table;
  table.value_type = {type, "bytes"};
  for (const auto& [name, value] : sites) {
    analysis::Site site;
    site.function = name;
    site.value = value;
    table.total += value;
    table.sites.push_back(site);
  }
  return table;
}

TEST(SiteCurvesTest, TellsInOrderOfTimeAndZeroWhereASiteIsNotThere) {
  SiteCurves history;
  ASSERT_TRUE(history.Add(MakeTable({{"a", 5}, {"b", 1}}), 200, "second"));
  ASSERT_TRUE(history.Add(MakeTable({{"b", 2}, {"c", 1}}), 100, "first"));
  KeptTimeline kept;
  history.Tell(kept, 2);
  std::map<std::string, std::vector<std::int64_t>> curves;
  for (const Value& value : kept.values) curves[kept.tracks.at(value.track).name].push_back(value.value);
  EXPECT_EQ(curves, (std::map<std::string, std::vector<std::int64_t>>{
                        {"all inuse_space", {3, 6}}, {"a", {0, 5}}, {"b", {2, 1}}}));
}

TEST(SiteCurvesTest, RefusesWhatCannotBeCompared) {
  SiteCurves history;
  ASSERT_TRUE(history.Add(MakeTable({{"a", 5}}), 100, "first"));
  EXPECT_THAT(history.Add(MakeTable({{"a", 5}}), 100, "same").error().ToString(), HasSubstr("same time"));
  EXPECT_THAT(history.Add(MakeTable({{"a", 5}}), 0, "timeless").error().ToString(), HasSubstr("when it was taken"));
  EXPECT_THAT(history.Add(MakeTable({{"a", 5}}, "fds"), 200, "other").error().ToString(), HasSubstr("--by"));
}

}  // namespace
}  // namespace mqtrack::timeline
