#include "libtrack/profile/select_columns.h"

#include <gtest/gtest.h>

#include "libtrack/profile/sample_types.h"
#include "tests/unit/profile/sample_profile.h"

namespace mqtrack::profile {
namespace {

SampleProfile Three() {
  SampleProfile made({WithUnit(kAllocObjects), WithUnit(kInuseObjects), WithUnit(kInuseSpace)});
  made.Add({"keep", "main"}, {5, 1, 10}, {{"client", "a", 0, ""}})
      .Add({"keep", "main"}, {7, 2, 20}, {{"client", "b", 0, ""}});
  made.Add({"free", "main"}, {9, 0, 0});
  return made;
}

TEST(SelectColumns, KeepsThemInTheirOrderAndAddsUpWhatBecomesEqual) {
  SampleProfile from = Three();
  const auto selected = SelectColumns(*from, {2, 1}, {});
  ASSERT_TRUE(selected) << selected.error().ToString();
  ASSERT_EQ(selected->sample_types.size(), 2u);
  EXPECT_EQ(selected->sample_types[0].type, kInuseSpace);
  EXPECT_EQ(selected->default_sample_type, kInuseObjects);
  ASSERT_EQ(selected->samples.size(), 1u) << "what was freed has no value of these";
  EXPECT_EQ(selected->samples[0].values, (std::vector<std::int64_t>{30, 3}));
  EXPECT_TRUE(selected->samples[0].labels.empty());
}

TEST(SelectColumns, KeepsTheLabelsThatItIsTold) {
  SampleProfile from = Three();
  const auto selected = SelectColumns(*from, {1}, {"client"});
  ASSERT_TRUE(selected);
  EXPECT_EQ(selected->samples.size(), 2u);
}

TEST(SelectColumns, WithoutColumnsThereAreNoSamples) {
  SampleProfile from = Three();
  const auto selected = SelectColumns(*from, {}, {});
  ASSERT_TRUE(selected);
  EXPECT_TRUE(selected->samples.empty());
  EXPECT_TRUE(selected->sample_types.empty());
}

}  // namespace
}  // namespace mqtrack::profile
