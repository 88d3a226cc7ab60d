#include "cli/options/output_format.h"

#include <gtest/gtest.h>

namespace mqtrack::cli {
namespace {

TEST(OutputFormat, AProfileIsCalledAsProfilesAre) {
  for (const char* name : {"", "-", "a.pb.gz", "a.pb", "a", "a.prof", "dir.json/a"})
    EXPECT_TRUE(CheckProfileName(name)) << name;
  for (const char* name : {"a.json", "a.svg", "a.txt", "a.html", "a.prom"})
    EXPECT_FALSE(CheckProfileName(name)) << name;
  EXPECT_EQ(CheckProfileName("a.svg").error().ToString(),
            "a.svg: the name says .svg, but it is a gzipped pprof profile; change the name");
}

TEST(OutputFormat, AnArchiveIsNotCalledAsAProfile) {
  for (const char* name : {"a.mqpack", "a.tar.gz", "a.tgz", "a"}) EXPECT_TRUE(CheckArchiveName(name)) << name;
  for (const char* name : {"a.pb.gz", "a.json", "a.txt"}) EXPECT_FALSE(CheckArchiveName(name)) << name;
}

TEST(OutputFormat, ACoreFileIsNotCalledAsAnythingElse) {
  EXPECT_TRUE(CheckCoreName("a.core"));
  EXPECT_TRUE(CheckCoreName(""));
  EXPECT_FALSE(CheckCoreName("a.pb.gz"));
}

TEST(OutputFormat, FiguresMayStandInPlainText) {
  EXPECT_TRUE(CheckFileName("openmetrics", "a.txt"));
  EXPECT_TRUE(CheckFileName("prometheus", "a.prom"));
  EXPECT_TRUE(CheckFileName("json", "a.json"));
  EXPECT_FALSE(CheckFileName("openmetrics", "a.json"));
  EXPECT_FALSE(CheckFileName("json", "a.prom"));
}

}  // namespace
}  // namespace mqtrack::cli
