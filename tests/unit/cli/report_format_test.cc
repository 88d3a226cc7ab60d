#include "cli/options/report_format.h"

#include <gtest/gtest.h>

namespace mqtrack::cli {
namespace {

/// The format, "graph" and file type, or the error.
std::string Chosen(const std::string& format, const std::string& output) {
  const support::Result<ReportFormat> chosen = ChooseReportFormat(format, output);
  if (!chosen) return chosen.error().ToString();
  return (chosen->family == FormatFamily::kGraph ? "graph " : "") + chosen->name;
}

TEST(ReportFormat, ExtensionDecidesWhereItCan) {
  EXPECT_EQ(Chosen("", "a.json"), "json");
  EXPECT_EQ(Chosen("", "a.md"), "markdown");
  EXPECT_EQ(Chosen("", "a.txt"), "text");
  EXPECT_EQ(Chosen("", "dir.svg/a.dot"), "graph dot");
  EXPECT_EQ(Chosen("", "a.gv"), "graph dot");
  EXPECT_EQ(Chosen("", "a.pdf"), "graph pdf");
  EXPECT_EQ(Chosen("", "a.png"), "graph png");
  EXPECT_EQ(Chosen("", "a.folded"), "folded");
  EXPECT_EQ(Chosen("", ""), "text");
  EXPECT_EQ(Chosen("", "-"), "text");
}

TEST(ReportFormat, GraphTakesItsFileTypeFromTheExtension) {
  EXPECT_EQ(Chosen("graph", "a.svg"), "graph svg");
  EXPECT_EQ(Chosen("graph", "a.pdf"), "graph pdf");
  EXPECT_EQ(Chosen("graph", "a.dot"), "graph dot");
  EXPECT_EQ(Chosen("graph", "a"), "graph svg");
  EXPECT_EQ(Chosen("graph", ""), "graph svg");
}

TEST(ReportFormat, RefusesANameThatSaysSomethingElse) {
  EXPECT_EQ(Chosen("graph", "a.json"),
            "a.json: the name says .json, but the format is graph; change the name, or say another --format");
  EXPECT_NE(Chosen("png", "a.svg").find("the name says .svg, but the format is png"), std::string::npos);
  EXPECT_NE(Chosen("text", "a.pdf").find("the name says .pdf"), std::string::npos);
  EXPECT_EQ(Chosen("json", "a.txt"), "json");
  EXPECT_EQ(Chosen("folded", "stacks.out"), "folded");
}

TEST(ReportFormat, AsksWhereItCannotKnow) {
  EXPECT_NE(Chosen("", "a.svg").find("say --format flame or --format graph"), std::string::npos);
  EXPECT_NE(Chosen("", "a.html").find("say --format with one of flame, graph"), std::string::npos);
  EXPECT_NE(Chosen("", ".svg").find("say --format with one of"), std::string::npos);
  EXPECT_NE(Chosen("flame", "a.pdf").find("a flame graph is an SVG file"), std::string::npos);
  EXPECT_EQ(Chosen("flame", "a.svg"), "flame");
}

TEST(ReportFormat, FormatsOfOtherVerbsAreNone) {
  EXPECT_NE(Chosen("", "a.xml").find("say --format with one of"), std::string::npos);
  EXPECT_EQ(Chosen("junit", "a.xml").find("--format: there is no format junit"), 0u);
  EXPECT_EQ(FormatNames(FormatFamily::kTable), (std::vector<std::string>{"text", "json", "markdown"}));
}

TEST(ReportFormat, OnlyPdfAndPngAreBinary) {
  EXPECT_FALSE(ChooseReportFormat("png", "-")->is_text());
  EXPECT_FALSE(ChooseReportFormat("pdf", "-")->is_text());
  EXPECT_TRUE(ChooseReportFormat("svg", "-")->is_text());
  EXPECT_TRUE(ChooseReportFormat("flame", "-")->is_text());
}

}  // namespace
}  // namespace mqtrack::cli
