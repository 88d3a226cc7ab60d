// How text is laid out: wrapped paragraphs, columns, one-line messages, the sentence about a snapshot.
#include <gtest/gtest.h>

#include "cli/help.h"
#include "cli/messages.h"
#include "cli/options/text_columns.h"
#include "cli/targets/capture.h"

namespace mqtrack::cli {
namespace {

TEST(Wrap, BreaksBetweenWords) {
  EXPECT_EQ(Wrap("one two three", 0, 7), "one two\nthree\n");
  EXPECT_EQ(Wrap("one two three", 2, 9), "  one two\n  three\n");
  EXPECT_EQ(Wrap("unbreakable", 0, 4), "unbreakable\n");
}

TEST(Wrap, KeepsParagraphs) { EXPECT_EQ(Wrap("one\n\ntwo", 1, 9), " one\n\n two\n"); }

TEST(TextColumns, AlignsAndEndsLinesWithoutBlanks) {
  TextColumns table({{"PID", TextColumns::Align::kRight}, {"NAME", TextColumns::Align::kLeft}});
  EXPECT_EQ(table.Render(), "");
  table.AddRow({"7", "mosquitto"});
  table.AddRow({"12345", "a"});
  EXPECT_EQ(table.Render(), "  PID  NAME\n    7  mosquitto\n12345  a\n");
}

TEST(OneLine, CannotMoveTheCursor) {
  EXPECT_EQ(OneLine("two\nlines\n"), "two lines");
  EXPECT_EQ(OneLine("\x1b[31mred\x7f"), "\\x1b[31mred\\x7f");
  EXPECT_EQ(OneLine("Größe"), "Größe");
}

TEST(ExitCodeFor, FollowsTheKindOfError) {
  EXPECT_EQ(ExitCodeFor(support::ErrorCode::kBadInput), 2);
  EXPECT_EQ(ExitCodeFor(support::ErrorCode::kNotFound), 2);
  EXPECT_EQ(ExitCodeFor(support::ErrorCode::kSystem), 2);
  EXPECT_EQ(ExitCodeFor(support::ErrorCode::kCannotMeasure), 3);
}

TEST(SummarySentence, NamesWhatWasCaptured) {
  CaptureSummary summary;
  summary.target = "mosquitto (pid 4711)";
  summary.type = "inuse_space";
  summary.unit = "bytes";
  summary.value = 1536;
  summary.blocks = 1;
  summary.stacks = 1;
  summary.generation = "2";
  EXPECT_EQ(SummarySentence(summary),
            "mosquitto (pid 4711): 1.5 KiB live in 1 block from 1 stack, nothing missed, generation 2");
  summary.blocks = 3456;
  summary.stacks = 12;
  summary.losses = 5;
  summary.sample_bytes = 524288;
  summary.generation.clear();
  EXPECT_EQ(SummarySentence(summary),
            "mosquitto (pid 4711): 1.5 KiB live in 3,456 blocks from 12 stacks, estimated from 1 sample in 512 KiB, "
            "5 events missed");
}

TEST(SummarySentence, OfAProfileWithoutHeapBlocks) {
  CaptureSummary summary;
  summary.target = "goroutines.pb.gz";
  summary.type = "goroutine";
  summary.unit = "count";
  summary.value = 70;
  summary.stacks = 3;
  summary.losses = -1;
  EXPECT_EQ(SummarySentence(summary), "goroutines.pb.gz: 70 goroutine from 3 stacks");
}

TEST(DefaultFileName, IsMadeOfNamePidAndTime) {
  profile::Profile profile;
  profile.time_nanos = 1'763'720'100'000'000'000;  // 2025-11-21 10:15 UTC
  profile.comments = {"mqtrack: target: mosquitto (pid 4711)"};
  EXPECT_EQ(DefaultFileName(profile, "mosquitto"), "mosquitto-4711-20251121T101500Z.pb.gz");
  profile.comments.clear();
  EXPECT_EQ(DefaultFileName(profile, "http://127.0.0.1:6060/debug/pprof/heap"), "heap-20251121T101500Z.pb.gz");
  profile.comments = {"mqtrack: target: ../../evil; name (pid 1)"};
  EXPECT_EQ(DefaultFileName(profile, "x").find('/'), std::string::npos);
}

}  // namespace
}  // namespace mqtrack::cli
