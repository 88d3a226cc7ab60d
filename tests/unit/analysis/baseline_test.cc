#include "libtrack/analysis/gate/baseline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/support/file.h"
#include "tests/unit/analysis/profile_builder.h"

namespace mqtrack::analysis {
namespace {

using testing::ProfileBuilder;

SiteBaseline Sample() {
  const auto profile = ProfileBuilder()
                           .Time(1700000000)
                           .Heap({"malloc", "leak src/leak.c:3"}, 2, 200)
                           .Heap({"malloc", "cache<\"x\"> /build/cache.cc:9"}, 1, 50)
                           .Add({"pthread_create", "start s.c:1"}, {{"threads", 2}})
                           .Build();
  return *MakeSiteBaseline(profile, *WrapperList::Load());
}

TEST(SiteBaseline, HasOneSitePerLineSortedByFunction) {
  EXPECT_EQ(EncodeSiteBaseline(Sample()), R"({
  "schema": "mqtrack-baseline/1",
  "program": "mosquitto",
  "build_id": "abcd",
  "time_nanos": 1700000000000000000,
  "sample_types": {"inuse_objects":"count","inuse_space":"bytes","threads":"count"},
  "sites": [
    {"function":"cache<\"x\">","file":"cache.cc","values":{"inuse_objects":1,"inuse_space":50}},
    {"function":"leak","file":"leak.c","values":{"inuse_objects":2,"inuse_space":200}},
    {"function":"start","file":"s.c","values":{"threads":2}}
  ]
}
)");
}

TEST(SiteBaseline, ReadsWhatItWrote) {
  const std::string text = EncodeSiteBaseline(Sample());
  const auto reread = ParseSiteBaseline(text, "baseline.json");
  ASSERT_TRUE(reread.ok()) << reread.error().ToString();
  EXPECT_EQ(EncodeSiteBaseline(*reread), text);
  SiteBaseline empty;
  EXPECT_TRUE(ParseSiteBaseline(EncodeSiteBaseline(empty), "f").ok());
}

TEST(SiteBaseline, RefusesHostileInputInOneLine) {
  const std::string head = R"({"schema":"mqtrack-baseline/1","sample_types":{"a":"count"},"sites":)";
  for (const std::string& json :
       {std::string("{"), std::string("{}"), std::string("[]"), std::string(R"({"schema":"mqtrack-baseline/2"})"),
        head + "1}", head + "[1]}", head + "[{}]}", head + R"([{"function":"f"}]})",
        head + R"([{"function":"f","values":{"a":"x"}}]})", head + R"([{"function":"f","values":{"b":1}}]})",
        head + R"([{"function":1,"values":{}}]})",
        std::string(R"({"schema":"mqtrack-baseline/1","sample_types":1})")}) {
    const auto parsed = ParseSiteBaseline(json, "baseline.json");
    ASSERT_FALSE(parsed.ok()) << json;
    EXPECT_EQ(parsed.error().ToString().find('\n'), std::string::npos);
  }
}

TEST(LoadBaseline, TakesSnapshotsAndJson) {
  const std::string folder = ::testing::TempDir();
  ASSERT_TRUE(support::WriteFile(folder + "/b.json", EncodeSiteBaseline(Sample())).ok());
  ASSERT_TRUE(
      support::WriteFile(folder + "/b.pb.gz", profile::EncodePprof(ProfileBuilder().Heap({"f"}, 1, 1).Build())).ok());
  const auto json = LoadBaseline(folder + "/b.json"), snapshot = LoadBaseline(folder + "/b.pb.gz");
  ASSERT_TRUE(json.ok() && snapshot.ok());
  EXPECT_TRUE(json->sites.has_value());
  EXPECT_TRUE(snapshot->profile.has_value());
  EXPECT_FALSE(LoadBaseline(folder + "/absent.json").ok());
}

}  // namespace
}  // namespace mqtrack::analysis
