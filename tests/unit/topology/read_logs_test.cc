#include "libtrack/topology/read_logs.h"

#include <gtest/gtest.h>

#include <fstream>

#include "libtrack/support/gzip.h"
#include "libtrack/topology/line_source.h"
#include "tests/support/scratch_directory.h"
#include "tests/unit/topology/log_lines.h"

namespace mqtrack::topology {
namespace {

class ReadLogsTest : public ::testing::Test {
 protected:
  std::string File(const std::string& name, const std::string& content) const {
    const std::string path = scratch_.File(name);
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  Topology Good(const std::vector<std::string>& paths, std::size_t window = 1000) {
    support::Result<Topology> read = ReadLogs(paths, {FieldNames(), window});
    EXPECT_TRUE(read) << (read ? "" : read.error().ToString());
    return read ? std::move(read).value() : Topology();
  }
  testing::ScratchDirectory scratch_;
};

// Each service has its own log. One after the other, a window of ten would see no parent.
TEST_F(ReadLogsTest, LogsAreReadSideBySide) {
  std::string a, b;
  for (int i = 0; i < 500; ++i) {
    a += Line("t" + std::to_string(i), 1, 0, "a", i * 100, 20);
    b += Line("t" + std::to_string(i), 2, 1, "b", i * 100 + 5, 5);
  }
  const Topology topology = Good({File("a", a), File("b", b)}, 10);
  EXPECT_EQ(Edges(topology), "a->b*500");
  EXPECT_EQ(topology.reading.files, 2);
  EXPECT_EQ(topology.reading.lines, 1000);
}

TEST_F(ReadLogsTest, CompressedByGzipInPieces) {
  const std::string text = support::Gzip(Line("t", 1, 0, "a")) + support::Gzip(Line("t", 2, 1, "b"));
  EXPECT_EQ(Edges(Good({File("a.gz", text)})), "a->b*1");
}

TEST_F(ReadLogsTest, ACompressedFileThatEndsTooEarlyGivesWhatItHasAndSaysSo) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += Line("t" + std::to_string(i * 7919), 1, 0, "a");
  std::string whole = support::Gzip(text);
  const Topology topology = Good({File("a.gz", whole.substr(0, whole.size() / 2))});
  EXPECT_GT(topology.reading.spans, 100);
  ASSERT_EQ(topology.reading.damaged_logs.size(), 1u);
  EXPECT_NE(topology.reading.damaged_logs[0].find("ends too early"), std::string::npos)
      << topology.reading.damaged_logs[0];
}

TEST_F(ReadLogsTest, MembersBehindEachOtherAndZerosAreWholeAnythingElseIsDamage) {
  const std::string one = support::Gzip(Line("t", 1, 0, "a")), two = support::Gzip(Line("t", 2, 1, "b"));
  const std::string zeros(700, '\0');
  const Topology whole = Good({File("a.gz", one + two + zeros)});
  EXPECT_EQ(Edges(whole), "a->b*1");
  EXPECT_TRUE(whole.reading.damaged_logs.empty());
  for (const std::string& behind : {std::string("x"), std::string("\x1f"), "garbage" + one, zeros + "x"}) {
    const Topology damaged = Good({File("b.gz", one + two + behind)});
    EXPECT_EQ(Edges(damaged), "a->b*1");
    ASSERT_EQ(damaged.reading.damaged_logs.size(), 1u);
    EXPECT_NE(damaged.reading.damaged_logs[0].find("stands something else"), std::string::npos);
  }
  EXPECT_EQ(Good({File("c.gz", one + two.substr(0, 5))}).reading.damaged_logs.size(), 1u);
}

TEST_F(ReadLogsTest, BrokenLinesAreCountedAndTheFirstShownWithTheirNumber) {
  std::string text = Line("t", 1, 0, "a") + "\n  \r\n";
  for (int i = 0; i < 9; ++i) text += "oops\n";
  const Topology topology = Good({File("a.jsonl", text + Line("t", 2, 1, "b") + "{\"trace_id\":")});
  EXPECT_EQ(Edges(topology), "a->b*1");
  EXPECT_EQ(topology.reading.broken_lines, 10);
  EXPECT_EQ(topology.reading.lines, 12);
  ASSERT_EQ(topology.reading.problems.size(), 5u);
  EXPECT_NE(topology.reading.problems[0].find("a.jsonl:4: byte "), std::string::npos) << topology.reading.problems[0];
}

TEST_F(ReadLogsTest, LinesLongerThanAnyPieceAreWhole) {
  const std::string filler(700'000, 'x');
  const std::string long_line = Line("t", 2, 1, "b", 0, 1, ",\"body\":\"" + filler + "\"");
  EXPECT_EQ(Edges(Good({File("a", Line("t", 1, 0, "a") + long_line + "\r\n" + long_line)})), "a->b*1");
}

TEST_F(ReadLogsTest, ALineWithoutEndIsReadIfItIsWhole) {
  std::string last = Line("t", 2, 1, "b");
  last.pop_back();
  EXPECT_EQ(Edges(Good({File("a", Line("t", 1, 0, "a") + last)})), "a->b*1");
}

TEST_F(ReadLogsTest, WithoutSpansItSaysWhatIsThere) {
  const auto none = ReadLogs({File("a", "{\"x\":1}\nnope\n")}, {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, support::ErrorCode::kCannotMeasure);
  EXPECT_NE(none.error().text.find("no spans in 2 lines, 1 of them no JSON"), std::string::npos) << none.error().text;
  EXPECT_NE(
      ReadLogs({File("b", "{\"trace_id\":\"1\",\"span_id\":\"2\"}")}, {}).error().text.find("--field service=KEY"),
      std::string::npos);
  EXPECT_FALSE(ReadLogs({File("c", "")}, {}));
}

TEST_F(ReadLogsTest, WhatCannotBeOpenedIsNamed) {
  EXPECT_NE(ReadLogs({"/no/such/log"}, {}).error().ToString().find("/no/such/log: cannot be read: No such file"),
            std::string::npos);
  EXPECT_NE(ReadLogs({scratch_.path()}, {}).error().ToString().find("it is a folder"), std::string::npos);
}

}  // namespace
}  // namespace mqtrack::topology
