#include "libtrack/verdicts/site_history.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "libtrack/verdicts/diagnosis.h"
#include "tests/unit/analysis/profile_builder.h"

namespace mqtrack::verdicts {
namespace {

using testing::ProfileBuilder;

/// A snapshot of one recording, number `generation` of it, a minute after the one before.
ProfileBuilder Snapshot(std::int64_t generation) {
  ProfileBuilder builder;
  builder.Fact("process", "p1").Fact("recording", "r1").Fact("generation", std::to_string(generation));
  builder.Time(1'000'000 + generation * 60);
  return builder;
}

profile::Label Born(std::int64_t generation) { return {"generation", {}, generation, {}}; }

class SiteHistoryTest : public ::testing::Test {
 protected:
  void Add(const ProfileBuilder& builder) { profiles_.push_back(builder.Build()); }
  Series MakeSeries() const {
    Series series;
    for (const profile::Profile& profile : profiles_) {
      series.profiles.push_back(&profile);
      series.sides.push_back(analysis::DescribeSide(profile));
    }
    return series;
  }
  static const SiteHistory* Find(const std::vector<SiteHistory>& all, const std::string& function) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const SiteHistory& one) { return one.site.function == function; });
    return found == all.end() ? nullptr : &*found;
  }

  std::vector<profile::Profile> profiles_;
  analysis::WrapperList wrappers_ = *analysis::WrapperList::Load("");
};

TEST_F(SiteHistoryTest, CohortsAreWhatWasMadeBetweenTwoSnapshots) {
  Add(Snapshot(0).Heap({"malloc", "keep a.c:3"}, 5, 50, {Born(0)}));
  Add(Snapshot(1).Heap({"malloc", "keep a.c:3"}, 5, 50, {Born(0)}).Heap({"malloc", "keep a.c:3"}, 8, 80, {Born(1)}));
  Add(Snapshot(2)
          .Heap({"malloc", "keep a.c:3"}, 5, 50, {Born(0)})
          .Heap({"malloc", "keep a.c:3"}, 2, 20, {Born(1)})
          .Heap({"malloc", "keep a.c:3"}, 9, 90, {Born(2)}));
  const Series series = MakeSeries();
  ASSERT_TRUE(series.TellsCohorts());
  const std::vector<SiteHistory> all = ReadHistories(series, wrappers_);
  const SiteHistory* keep = Find(all, "keep");
  ASSERT_NE(keep, nullptr);
  EXPECT_EQ(keep->held[1].objects, 13);
  EXPECT_EQ(keep->cohorts[1][1].objects, 8);
  EXPECT_EQ(keep->cohorts[2][0].value, 50);
  EXPECT_EQ(keep->Left(), (std::vector<std::int64_t>{2, 9}));
  EXPECT_EQ(keep->site.line, 3);
}

TEST_F(SiteHistoryTest, SnapshotsThatBeganNoGenerationsTellNoCohorts) {
  Add(Snapshot(0).Heap({"malloc", "keep a.c:3"}, 5, 50));
  Add(Snapshot(0).Heap({"malloc", "keep a.c:3"}, 9, 90));
  const Series series = MakeSeries();
  EXPECT_FALSE(series.TellsCohorts());
  EXPECT_EQ(Find(ReadHistories(series, wrappers_), "keep")->Left(), (std::vector<std::int64_t>{4}));
}

TEST_F(SiteHistoryTest, OwnersAreOfWhatWasMadeSinceTheFirst) {
  Add(Snapshot(0).Heap({"malloc", "keep a.c:3"}, 5, 50, {Born(0)}));
  Add(Snapshot(1).Heap({"malloc", "keep a.c:3"}, 5, 50, {Born(0)}).Heap({"malloc", "keep a.c:3"}, 8, 80, {Born(1)}));
  const auto owner = [](const char* kind, const char* name, std::int64_t born) {
    return std::vector<profile::Label>{Born(born), {"owner", name, 0, {}}, {"owner_kind", kind, 0, {}}};
  };
  const profile::Profile owned = Snapshot(1)
                                     .Heap({"malloc", "keep a.c:3"}, 5, 50, owner("global", "global db", 0))
                                     .Heap({"malloc", "keep a.c:3"}, 8, 80, owner("client", "pump7", 1))
                                     .Build();
  Series series = MakeSeries();
  series.owned = &owned;
  const std::vector<SiteHistory> all = ReadHistories(series, wrappers_);
  const SiteHistory* keep = Find(all, "keep");
  ASSERT_NE(keep, nullptr);
  ASSERT_EQ(keep->owners.size(), 1u);
  EXPECT_EQ(keep->owners.begin()->first, OwnerName("client", "pump7"));
}

TEST_F(SiteHistoryTest, ADiagnosisPutsLeaksFirst) {
  for (std::int64_t i = 0; i < 5; ++i) {
    ProfileBuilder builder = Snapshot(i);
    builder.Heap({"malloc", "start_up a.c:9"}, i == 0 ? 1 : 900, i == 0 ? 100 : 90000,
                 {Born(std::min<std::int64_t>(i, 1))});
    for (std::int64_t born = 1; born <= i; ++born) builder.Heap({"malloc", "keep a.c:3"}, 3, 30, {Born(born)});
    Add(builder);
  }
  const Diagnosis diagnosis = Diagnose(MakeSeries(), wrappers_);
  ASSERT_EQ(diagnosis.sites.size(), 2u);
  EXPECT_EQ(diagnosis.sites[0].history.site.function, "keep");
  EXPECT_EQ(diagnosis.sites[0].judgement.verdict, Verdict::kLeak);
  EXPECT_EQ(diagnosis.sites[0].Amount().objects, 12);
  EXPECT_EQ(diagnosis.sites[1].judgement.verdict, Verdict::kWarmUp);
  EXPECT_TRUE(diagnosis.HasLeak());
  ASSERT_FALSE(diagnosis.resources.empty());
  EXPECT_EQ(diagnosis.resources[0].totals.size(), 5u);
}

}  // namespace
}  // namespace mqtrack::verdicts
