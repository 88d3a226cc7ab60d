// What `mqtrack diff` and `mqtrack top` print, to the letter.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/other_growth.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/filter.h"
#include "libtrack/profile/label_frames.h"
#include "libtrack/profile/merge.h"
#include "reports/text/json_table.h"
#include "reports/text/markdown_table.h"
#include "reports/text/table_options.h"
#include "reports/text/text_table.h"
#include "reports/words/filter_words.h"
#include "tests/golden/text/broker_profiles.h"
#include "tests/golden/text/golden_file.h"

namespace mqtrack::reports {
namespace {

using analysis::Granularity;
using analysis::SiteOptions;
using analysis::SiteTable;
using testing::ExpectGolden;
using ::testing::HasSubstr;

const analysis::WrapperList& Wrappers() {
  static const analysis::WrapperList wrappers = *analysis::WrapperList::Load();
  return wrappers;
}

SiteTable Diff(const SiteOptions& options = {}) {
  const profile::Profile before = testing::BrokerBefore().Build(), after = testing::BrokerAfter().Build();
  SiteTable table = *analysis::DiffSites(before, after, Wrappers(), options);
  table.also_grew = *analysis::GrowthOfOtherTypes(before, after, Wrappers(), table.value_type.type);
  return table;
}
SiteTable Top(const SiteOptions& options = {}) {
  return *analysis::TopSites(testing::BrokerAfter().Build(), Wrappers(), options);
}

TableOptions Names() {
  TableOptions options;
  options.base_name = "before.pb.gz";
  options.new_name = "after.pb.gz";
  return options;
}

TEST(TablesGolden, DiffText) { ExpectGolden("diff.txt", RenderText(Diff(), Names())); }

TEST(TablesGolden, TopOfADifferenceSaysWhatItIs) {
  profile::Profile difference = *profile::Subtract(testing::BrokerAfter().Build(), testing::BrokerBefore().Build());
  difference.comments.push_back("mqtrack: difference: before.pb.gz to after.pb.gz");
  const SiteTable table = *analysis::TopSites(difference, Wrappers(), {});
  TableOptions options = Names();
  options.new_name = "growth.pb.gz";
  ExpectGolden("top_difference.txt", RenderText(table, options));
  ExpectGolden("top_difference.md", RenderMarkdown(table, options));
  EXPECT_THAT(RenderJson(table, options), HasSubstr("\"holds_changes\": true"));
}

TEST(TablesGolden, DiffOfSidesThatKnowResidentMemory) {
  SiteTable table = Diff();
  constexpr std::int64_t kMiB = std::int64_t{1} << 20;
  table.base.memory = {120 * kMiB, 110 * kMiB, 2 * kMiB, 100 * kMiB};
  table.newer.memory = {118 * kMiB, 109 * kMiB, 3 * kMiB, 20 * kMiB};
  ExpectGolden("diff_memory.txt", RenderText(table, Names()));
  ExpectGolden("diff_memory.md", RenderMarkdown(table, Names()));
  ExpectGolden("diff_memory.json", RenderJson(table, Names()));
}

TEST(TablesGolden, DiffTextFitsANarrowTerminal) {
  TableOptions options = Names();
  options.width_columns = 80;
  const std::string text = RenderText(Diff(), options);
  ExpectGolden("diff_80_columns.txt", text);
}

TEST(TablesGolden, DiffTextWithStacksAndColour) {
  TableOptions options = Names();
  options.stacks = options.colour = true;
  options.rows = 2;
  ExpectGolden("diff_stacks_colour.txt", RenderText(Diff(), options));
}

TEST(TablesGolden, DiffOfThreads) { ExpectGolden("diff_threads.txt", RenderText(Diff({"threads", {}, ""}), Names())); }

TEST(TablesGolden, TopOfThreads) {
  const SiteTable table = Top({"threads", {}, ""});
  ExpectGolden("top_threads.txt", RenderText(table, Names()));
  ExpectGolden("top_threads.md", RenderMarkdown(table, Names()));
  ExpectGolden("top_threads.json", RenderJson(table, Names()));
}

TEST(TablesGolden, NothingGrew) {
  const auto before = testing::BrokerBefore().Build();
  auto fewer = testing::BrokerBefore().Heap(testing::kSession, -2, -1344).Time(1'700'000'060).Build();
  ExpectGolden("diff_shrunk.txt", RenderText(*analysis::DiffSites(before, fewer, Wrappers(), {}), Names()));
  ExpectGolden("diff_same.txt", RenderText(*analysis::DiffSites(before, before, Wrappers(), {}), Names()));
}

TEST(TablesGolden, FramesOfTheCxxLibraryAreFolded) {
  const testing::Frames stack = {"malloc",
                                 "operator new",
                                 "std::__new_allocator<char>::allocate new_allocator.h:137 <inlined",
                                 "std::allocator_traits<std::allocator<char>>::allocate alloc_traits.h:464 <inlined",
                                 "std::__cxx11::basic_string<char>::_M_create basic_string.tcc:153 <inlined",
                                 "std::__cxx11::basic_string<char>::append basic_string.h:1411",
                                 "Topic::Join topic.cc:20",
                                 "main main.cc:9"};
  const SiteTable table = *analysis::TopSites(testing::ProfileBuilder().Heap(stack, 3, 96).Build(), Wrappers(), {});
  TableOptions options = Names();
  options.stacks = true;
  ExpectGolden("top_folded.txt", RenderText(table, options));
  ExpectGolden("top_folded.md", RenderMarkdown(table, options));
  options.all_frames = true;
  ExpectGolden("top_all_frames.txt", RenderText(table, options));
}

TEST(TablesGolden, LabelsAreFrames) {
  const profile::Profile framed =
      profile::AddLabelFrames(testing::BrokerAfter().Build(), {.roots = {"thread"}, .leaves = {"generation"}});
  TableOptions options = Names();
  options.stacks = true;
  options.rows = 2;
  ExpectGolden("top_label_frames.txt", RenderText(*analysis::TopSites(framed, Wrappers(), {}), options));
}

TEST(TablesGolden, ALibrarysTablesMayBeMadeOnce) {
  SiteTable table = Diff();
  analysis::Site& first = table.sites.front();
  first.base_value = first.base_objects = 0;
  const std::string of_the_program = RenderText(table, Names());
  EXPECT_EQ(of_the_program.find("made once"), std::string::npos);
  first.function = "OPENSSL_LH_insert", first.file = "", first.module = "libcrypto.so.3";
  ExpectGolden("diff_library.txt", RenderText(table, Names()));
}

TEST(TablesGolden, TopText) { ExpectGolden("top.txt", RenderText(Top(), Names())); }
TEST(TablesGolden, TopByLeaf) { ExpectGolden("top_leaf.txt", RenderText(Top({"", Granularity::kLeaf, ""}), Names())); }
TEST(TablesGolden, TopByLabel) {
  ExpectGolden("top_label.txt", RenderText(Top({"", Granularity::kLabel, "thread"}), Names()));
}

TEST(TablesGolden, TopOfNothing) {
  const auto table = *analysis::TopSites(testing::ProfileBuilder().Build(), Wrappers(), {});
  ExpectGolden("top_empty.txt", RenderText(table, Names()));
  ExpectGolden("top_empty.md", RenderMarkdown(table, Names()));
  ExpectGolden("top_empty.json", RenderJson(table, Names()));
}

profile::Profile Only(const testing::ProfileBuilder& profile, const profile::Filter& filter) {
  return *profile::ApplyFilter(profile.Build(), filter);
}

TEST(TablesGolden, PartIsNotTakenForAll) {
  TableOptions options = Names();
  options.filter = {.focus = "Queue|context", .ignore = "no such", .hide = "^main$"};
  options.carried.selecting = " " + FilterOptions(options.filter);
  const profile::Profile before = Only(testing::BrokerBefore(), options.filter);
  const profile::Profile after = Only(testing::BrokerAfter(), options.filter);
  const SiteTable diff = *analysis::DiffSites(before, after, Wrappers(), {});
  ExpectGolden("diff_filtered.txt", RenderText(diff, options));
  ExpectGolden("diff_filtered.md", RenderMarkdown(diff, options));
  ExpectGolden("diff_filtered.json", RenderJson(diff, options));
  ExpectGolden("top_filtered.txt", RenderText(*analysis::TopSites(after, Wrappers(), {}), options));
}

TEST(TablesGolden, OtherTypesAreFilteredToo) {
  TableOptions options = Names();
  options.filter.focus = "loop_start|context";
  const profile::Profile before = Only(testing::BrokerBefore(), options.filter);
  const profile::Profile after = Only(testing::BrokerAfter(), options.filter);
  SiteTable table = *analysis::DiffSites(before, after, Wrappers(), {});
  table.also_grew = *analysis::GrowthOfOtherTypes(before, after, Wrappers(), table.value_type.type);
  EXPECT_THAT(RenderText(table, options), HasSubstr("\nAlso grew, of what matches (look with --by TYPE):\n"));
  EXPECT_THAT(RenderMarkdown(table, options), HasSubstr("\nAlso grew, of what matches:\n"));
}

TEST(TablesGolden, NothingMatches) {
  TableOptions options = Names();
  options.filter.focus = "retian";
  const profile::Profile before = Only(testing::BrokerBefore(), options.filter);
  const profile::Profile after = Only(testing::BrokerAfter(), options.filter);
  const SiteTable diff = *analysis::DiffSites(before, after, Wrappers(), {});
  ExpectGolden("diff_no_match.txt", RenderText(diff, options));
  ExpectGolden("diff_no_match.md", RenderMarkdown(diff, options));
  ExpectGolden("top_no_match.txt", RenderText(*analysis::TopSites(after, Wrappers(), {"threads", {}, ""}), options));
}

TEST(TablesGolden, Markdown) {
  TableOptions options = Names();
  options.stacks = true;
  ExpectGolden("diff.md", RenderMarkdown(Diff(), options));
  ExpectGolden("top.md", RenderMarkdown(Top(), Names()));
}

TEST(TablesGolden, Json) {
  TableOptions options = Names();
  options.stacks = true;
  options.rows = 3;
  ExpectGolden("diff.json", RenderJson(Diff(), options));
  ExpectGolden("top.json", RenderJson(Top(), Names()));
}

}  // namespace
}  // namespace mqtrack::reports
