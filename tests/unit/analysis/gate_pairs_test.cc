// Every combination of two snapshots that docs/gate.md lists, held against what it says of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/forecast.h"
#include "libtrack/analysis/gate/gate.h"
#include "libtrack/analysis/gate/gate_series.h"
#include "libtrack/support/file.h"
#include "tests/unit/analysis/profile_builder.h"

namespace mqtrack::analysis {
namespace {

using profile::Profile;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::ProfileBuilder;

/// A recording: pid 7 of "svc" unless a row says otherwise.
Profile Recording(std::int64_t second, std::int64_t bytes, std::int64_t generation) {
  Profile profile = ProfileBuilder()
                        .Time(second)
                        .Heap({"malloc", "keep keep.c:1", "main"}, bytes / 10, bytes)
                        .Add({"pthread_create", "serve serve.c:1", "main"}, {{"threads", 1}})
                        .Fact("target", "svc (pid 7)")
                        .Fact("process", "7-100-1")
                        .Fact("recording", "5000")
                        .Fact("generation", std::to_string(generation))
                        .Build();
  profile.mappings[0].file = "/usr/bin/svc";
  return profile;
}

void SetFact(Profile& profile, const std::string& key, const std::string& value) {
  const std::string start = "mqtrack: " + key + ": ";
  std::erase_if(profile.comments, [&](const std::string& comment) { return comment.starts_with(start); });
  profile.comments.push_back(start + value);
}

/// Takes a sample type out, as `run --without` does.
void LeaveOut(Profile& profile, const std::string& type) {
  for (std::size_t i = 0; i < profile.sample_types.size(); ++i) {
    if (profile.sample_types[i].type != type) continue;
    profile.sample_types.erase(profile.sample_types.begin() + static_cast<std::ptrdiff_t>(i));
    for (profile::Sample& sample : profile.samples)
      sample.values.erase(sample.values.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

struct Row {
  std::function<void(Profile& base, Profile& newer)> make;
  std::string says;  // in a reason, or in a warning; empty: neither
  std::string limits = R"({"max_growth": {"inuse_space": "1GiB"}})";
  bool has_stored_baseline = false;
};

const std::map<std::string, Row>& Rows() {
  const auto nothing = [](Profile&, Profile&) {};
  const std::string threads = R"({"max_growth": {"threads": 5}})";
  static const std::map<std::string, Row> rows = {
      {"one recording of one process", {nothing, ""}},
      {"another process of the program",
       {[](Profile& base, Profile&) {
          SetFact(base, "process", "6-90-1");
          SetFact(base, "target", "svc (pid 6)");
        },
        "two processes"}},
      {"another build of the program",
       {[](Profile& base, Profile&) {
          SetFact(base, "process", "6-90-1");
          base.mappings[0].build_id = "0123";
        },
        "another build"}},
      {"another program",
       {[](Profile& base, Profile&) {
          SetFact(base, "process", "6-90-1");
          base.mappings[0].file = "/usr/bin/other";
        },
        "what one program has more than another is no growth"}},
      {"one process, detached from and attached to again between",
       {[](Profile& base, Profile&) { SetFact(base, "recording", "4000"); }, "two recordings of svc (pid 7)"}},
      {"one process that became another program between",
       {[](Profile& base, Profile&) {
          SetFact(base, "recording", "4000");
          base.mappings[0].file = "/bin/sh";
        },
        "two recordings of svc (pid 7)"}},
      {"one was sampled, the other was not, or otherwise",
       {[](Profile& base, Profile&) {
          SetFact(base, "process", "6-90-1");
          SetFact(base, "sample_bytes", "524288");
        },
        "record both in one way"}},
      {"both were sampled in one way",
       {[](Profile& base, Profile& newer) {
          SetFact(base, "sample_bytes", "524288");
          SetFact(newer, "sample_bytes", "524288");
        },
        "estimates"}},
      {"a limit's kind was left out on one side",
       {[](Profile& base, Profile&) { LeaveOut(base, "threads"); }, "threads", threads}},
      {"a limit's kind was left out on both sides",
       {[](Profile& base, Profile& newer) {
          LeaveOut(base, "threads");
          LeaveOut(newer, "threads");
        },
        "threads", threads}},
      {"another kind was left out than the limit's",
       {[](Profile& base, Profile& newer) {
          LeaveOut(base, "threads");
          LeaveOut(newer, "threads");
        },
        ""}},
      {"the base is newer", {[](Profile& base, Profile&) { base.time_nanos = 5000'000'000'000; }, "swapped"}},
      {"the base is of the end of a process, new of its life",
       {[](Profile& base, Profile&) {
          SetFact(base, "state", "dead");
          base.time_nanos = 0;
        },
        "swapped"}},
      {"nothing happened between",
       {[](Profile& base, Profile& newer) { newer.samples = base.samples; }, "recorded nothing between"}},
      {"detached before new",
       {[](Profile&, Profile& newer) { SetFact(newer, "state", "detached"); }, "was detached and runs on"}},
      {"runs another program that is not recorded",
       {[](Profile&, Profile& newer) { SetFact(newer, "state", "unrecorded"); }, "is recorded no more"}},
      {"killed or crashed before new",
       {[](Profile&, Profile& newer) { SetFact(newer, "state", "dead"); }, "was killed or crashed"}},
      {"ended before new", {[](Profile&, Profile& newer) { SetFact(newer, "state", "ended"); }, ""}},
      {"missed events in new",
       {[](Profile&, Profile& newer) { SetFact(newer, "losses", "3"); }, "the new profile has missed 3 events"}},
      {"missed events in the base",
       {[](Profile& base, Profile&) { SetFact(base, "losses", "3"); }, "the base has missed 3 events"}},
      {"nothing recorded in new", {[](Profile&, Profile& newer) { newer.samples.clear(); }, "nothing was recorded"}},
      {"a stored baseline of another program", {nothing, "the base is of other", {}, true}},
  };
  return rows;
}

/// Base and new, and what the document answers to them.
std::map<std::string, std::string> RowsOfTheDocument() {
  const auto text = support::ReadFile(std::string(MQTRACK_SOURCE_DIR) + "/docs/gate.md");
  EXPECT_TRUE(text.ok());
  std::map<std::string, std::string> rows;
  bool is_table = false;
  std::size_t at = 0;
  while (text.ok() && at < text->size()) {
    const std::size_t end = std::min(text->find('\n', at), text->size());
    const std::string line = text->substr(at, end - at);
    at = end + 1;
    if (line == "| base and new | answer | because |") is_table = true;
    if (line.empty()) is_table = false;
    if (!is_table || !line.starts_with("| ") || line.starts_with("| base and")) continue;
    const std::size_t second = line.find(" | "), third = line.find(" | ", second + 3);
    rows[line.substr(2, second - 2)] = line.substr(second + 3, third - second - 3);
  }
  return rows;
}

std::string Joined(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& sentence : sentences) text += sentence + "\n";
  return text;
}

GateResult Judge(const Row& row) {
  Profile base = Recording(1000, 1000, 1), newer = Recording(2000, 2000, 2);
  row.make(base, newer);
  const WrapperList wrappers = *WrapperList::Load();
  GateInputs inputs;
  inputs.newer = &newer;
  inputs.wrappers = &wrappers;
  SiteBaseline stored;
  if (row.has_stored_baseline) {
    stored = *MakeSiteBaseline(base, wrappers);
    stored.program = "other";
    inputs.site_baseline = &stored;
  } else {
    inputs.base = &base;
  }
  const std::string limits = row.limits.empty() ? R"({"max_growth": {"inuse_space": "1GiB"}})" : row.limits;
  return *RunGate(*ParseGateConfig(limits, "gate.json"), inputs);
}

TEST(GatePairs, EveryRowOfTheDocument) {
  const std::map<std::string, std::string> documented = RowsOfTheDocument();
  for (const auto& [name, row] : Rows()) EXPECT_TRUE(documented.contains(name)) << name;
  for (const auto& [name, answer] : documented) {
    ASSERT_TRUE(Rows().contains(name)) << name;
    const Row& row = Rows().at(name);
    const GateResult result = Judge(row);
    const std::string reasons = Joined(result.reasons), warnings = Joined(result.warnings);
    SCOPED_TRACE(name + "\nreasons: " + reasons + "warnings: " + warnings);
    if (answer == "3") {
      EXPECT_EQ(result.verdict, Verdict::kCannotMeasure);
      EXPECT_THAT(reasons, AllOf(Not(IsEmpty()), HasSubstr(row.says)));
      continue;
    }
    EXPECT_EQ(result.verdict, Verdict::kPass);
    EXPECT_THAT(reasons, IsEmpty());
    if (answer == "judged") {
      EXPECT_THAT(warnings, IsEmpty());
    } else {
      EXPECT_EQ(answer, "judged, with a warning");
      EXPECT_THAT(warnings, AllOf(Not(IsEmpty()), HasSubstr(row.says)));
    }
  }
}

// A number without a type means the live bytes of a recording, be they recorded or not: never what else there is.
TEST(GatePairs, AHeapThatWasLeftOutIsNotReplacedByWhatIsThere) {
  Row row{[](Profile& base, Profile& newer) {
            for (const char* type : {"alloc_objects", "alloc_space", "inuse_objects", "inuse_space"}) {
              LeaveOut(base, type);
              LeaveOut(newer, type);
            }
            newer.default_sample_type = "threads";
          },
          "inuse_space", R"({"max_growth": 0})"};
  const GateResult result = Judge(row);
  EXPECT_EQ(result.verdict, Verdict::kCannotMeasure);
  EXPECT_THAT(Joined(result.reasons), HasSubstr("inuse_space"));
}

// Limits on totals need no base, so it does not matter what that is.
TEST(GatePairs, ATotalIsJudgedWhateverTheBaseIs) {
  Row row{[](Profile& base, Profile&) { SetFact(base, "recording", "4000"); }, "", R"({"max_total": "1GiB"})"};
  EXPECT_EQ(Judge(row).verdict, Verdict::kPass);
}

Profile WithElsewhere(const std::string& value) {
  Profile profile = Recording(1000, 1000, 1);
  profile.comments.push_back("mqtrack: elsewhere: " + value);
  return profile;
}

TEST(GatePairs, WhatIsElsewhereAndBeyondALimitIsNoPass) {
  const WrapperList wrappers = *WrapperList::Load();
  const auto judge = [&](const Profile& newer, const char* limits) {
    GateInputs inputs;
    inputs.newer = &newer;
    inputs.wrappers = &wrappers;
    return *RunGate(*ParseGateConfig(limits, "gate.json"), inputs);
  };
  const Profile large = WithElsewhere("worker: a (pid 9): inuse_space=466000,threads=3");
  GateResult result = judge(large, R"({"max_total": "64KiB"})");
  EXPECT_EQ(result.verdict, Verdict::kCannotMeasure);
  EXPECT_THAT(Joined(result.reasons), HasSubstr("worker: a (pid 9) of the same run held 455.1 KiB of inuse_space"));
  result = judge(large, R"({"max_total": "1MiB"})");
  EXPECT_EQ(result.verdict, Verdict::kPass);
  EXPECT_THAT(Joined(result.warnings), HasSubstr("recorded too, and not in this profile: worker: a (pid 9)"));
  EXPECT_EQ(judge(large, R"({"max_total": {"threads": 2}})").verdict, Verdict::kCannotMeasure);
  Profile many = large;
  for (int i = 0; i < 150; ++i) many.comments.push_back("mqtrack: elsewhere: helper (pid 1): inuse_space=70000");
  result = judge(many, R"({"max_total": "64KiB"})");
  ASSERT_EQ(result.reasons.size(), 1U) << "not a line for each helper";
  EXPECT_THAT(result.reasons[0], AllOf(HasSubstr("worker: a (pid 9)"), HasSubstr("nor are 150 more of that kind")));
  const Profile unknown = WithElsewhere("worker (pid 9)");
  EXPECT_EQ(judge(unknown, R"({"max_total": "64KiB"})").verdict, Verdict::kPass);
  EXPECT_THAT(judge(unknown, R"({"max_total": "64KiB"})").warnings, ::testing::SizeIs(1));
}

TEST(GatePairs, TotalsOfARunThatWasNotAllRecordedAreNoPass) {
  const WrapperList wrappers = *WrapperList::Load();
  Profile newer = Recording(1000, 1000, 1);
  newer.comments.emplace_back("mqtrack: not_recorded_processes: 2");
  newer.comments.emplace_back("mqtrack: not_recorded_program: busybox");
  const auto judge = [&](const char* limits) {
    GateInputs inputs;
    inputs.newer = inputs.base = &newer;
    inputs.wrappers = &wrappers;
    return *RunGate(*ParseGateConfig(limits, "gate.json"), inputs);
  };
  GateResult result = judge(R"({"max_total": "1GiB"})");
  EXPECT_EQ(result.verdict, Verdict::kCannotMeasure);
  EXPECT_THAT(Joined(result.reasons), HasSubstr("2 processes of the same run could not be recorded (busybox), so"));
  EXPECT_THAT(result.warnings, ::testing::IsEmpty());
  result = judge(R"({"max_total": "1GiB", "allow_unrecorded": true})");
  EXPECT_EQ(result.verdict, Verdict::kPass);
  EXPECT_THAT(Joined(result.warnings), HasSubstr("2 processes of the same run could not be recorded (busybox)"));
  newer.comments.emplace_back("mqtrack: not_recorded_processes: many");
  EXPECT_THAT(Joined(judge(R"({"max_total": "1GiB"})").reasons), HasSubstr("not readable"));
}

/// A snapshot of a series, ten minutes after the one before: the leak of each generation, and a cache of the first.
Profile OfSeries(std::int64_t generation, std::int64_t leak_per_generation) {
  ProfileBuilder builder;
  builder.Time(1'000'000 + generation * 600).Heap({"malloc", "fill cache.c:1", "main"}, 10, 5000);
  for (std::int64_t born = 0; born <= generation; ++born) {
    builder.Heap({"malloc", "lose lose.c:1", "main"}, leak_per_generation / 100, leak_per_generation,
                 {{"generation", {}, born, {}}});
  }
  builder.Fact("target", "svc (pid 7)").Fact("process", "7-100-1").Fact("recording", "5000");
  builder.Fact("generation", std::to_string(generation)).Fact("memory_room_bytes", "6000000");
  Profile profile = builder.Fact("memory_room_of", "cgroup /system.slice/svc.service").Build();
  profile.mappings[0].file = "/usr/bin/svc";
  return profile;
}

TEST(Forecast, OfASeriesThatGrowsSteadily) {
  std::vector<Profile> series;
  for (int i = 0; i < 5; ++i) series.push_back(OfSeries(i, 1000));
  const auto config = ParseGateConfig(R"({"max_growth": {"inuse_space": 0}})", "gate.json");
  const auto wrappers = *WrapperList::Load();
  GateInputs inputs;
  inputs.is_series = true;
  inputs.base = &series.front();
  inputs.newer = &series.back();
  inputs.between = {&series[1], &series[2], &series[3]};
  inputs.wrappers = &wrappers;
  const auto result = RunGate(*config, inputs);
  ASSERT_TRUE(result.ok());
  ASSERT_TRUE(result->forecast);
  EXPECT_EQ(result->forecast->bytes_per_hour, 6000);
  EXPECT_EQ(result->forecast->seconds, 3'600'000);
  EXPECT_EQ(result->forecast->limit, "cgroup /system.slice/svc.service");
}

TEST(Forecast, OfTwoSnapshotsOnlyWhereEachStretchOfGenerationsLeftSomething) {
  const auto wrappers = *WrapperList::Load();
  const auto steady = [&](const Profile& base, const Profile& newer) {
    const auto table = DiffSites(base, newer, wrappers, {"inuse_space", Granularity::kFunction, {}});
    return SteadyByGenerations(base, newer, wrappers, *table);
  };
  EXPECT_EQ(steady(OfSeries(1, 1000), OfSeries(4, 1000)), 3000);
  EXPECT_EQ(steady(OfSeries(1, 1000), OfSeries(3, 1000)), std::nullopt);
  Profile once = OfSeries(4, 1000);
  std::erase_if(once.samples, [](const profile::Sample& sample) {
    return !sample.labels.empty() && (sample.labels[0].num == 2 || sample.labels[0].num == 3);
  });
  EXPECT_EQ(steady(OfSeries(1, 1000), once), 0);
}

TEST(Forecast, NothingIsSaidOfWhatIsNotKnown) {
  Side base, newer;
  base.time_nanos = 1'000'000'000;
  newer.time_nanos = base.time_nanos + 60'000'000'000;
  EXPECT_FALSE(MakeForecast(1000, base, newer));
  newer.memory.room = 1000;
  EXPECT_EQ(MakeForecast(1000, base, newer)->seconds, 60);
  EXPECT_FALSE(MakeForecast(0, base, newer));
  newer.time_nanos -= 1'000'000'000;
  EXPECT_FALSE(MakeForecast(1000, base, newer));
}

}  // namespace
}  // namespace mqtrack::analysis
