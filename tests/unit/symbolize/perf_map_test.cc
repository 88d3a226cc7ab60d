#include "libtrack/symbolize/perf_map.h"

#include <gtest/gtest.h>

namespace mqtrack::symbolize {
namespace {

TEST(ParseCodeName, TakesTiersOffTheNamesOfV8) {
  const CodeName handle{"handle", "/srv/app.js", 10};
  EXPECT_EQ(ParseCodeName("JS:*handle /srv/app.js:10:5"), handle);
  EXPECT_EQ(ParseCodeName("JS:~handle file:///srv/app.js:10:5"), handle);
  EXPECT_EQ(ParseCodeName("LazyCompile:~handle /srv/app.js:10"), handle);
  EXPECT_EQ(ParseCodeName("JS:^ /srv/app.js:3:1"), (CodeName{"(anonymous)", "/srv/app.js", 3}));
  EXPECT_EQ(ParseCodeName("JS:~emit node:events:466:44"), (CodeName{"emit", "node:events", 466}));
}

TEST(ParseCodeName, TakesTheNamesOfPythonApart) {
  EXPECT_EQ(ParseCodeName("py::handle:/srv/app.py"), (CodeName{"handle", "/srv/app.py", 0}));
  EXPECT_EQ(ParseCodeName("py::<module>:/srv/app.py"), (CodeName{"<module>", "/srv/app.py", 0}));
}

TEST(ParseCodeName, LeavesOthersAsTheyAre) {
  EXPECT_EQ(ParseCodeName("Lcom/example/Broker;::accept"), (CodeName{"Lcom/example/Broker;::accept", "", 0}));
  EXPECT_EQ(ParseCodeName("Builtin:CEntry"), (CodeName{"Builtin:CEntry", "", 0}));
}

TEST(PerfMap, TheLatestOfOverlappingEntriesCounts) {
  const PerfMap map = PerfMap::Parse("1000 100 first\n1080 20 second\n2000 10 third\n1000 10 fourth\n");
  EXPECT_EQ(map.Find(0x1000)->name, "fourth");
  EXPECT_EQ(map.Find(0x1010)->name, "first");
  EXPECT_EQ(map.Find(0x1085)->name, "second");
  EXPECT_EQ(map.Find(0x10a0)->name, "first");
  EXPECT_FALSE(map.Find(0x1100));
  EXPECT_FALSE(map.Find(0xfff));
  EXPECT_EQ(map.Find(0x200f)->name, "third");
}

TEST(PerfMap, PassesOverWhatIsNoEntry) {
  EXPECT_TRUE(PerfMap::Parse("").empty());
  EXPECT_TRUE(PerfMap::Parse("zz 10 a\n10\n10 20\n10 20 \nffffffffffffffff 10 b\n10 0 c\n").empty());
  EXPECT_EQ(PerfMap::Parse("0x10 0x20 half a line").Find(0x11)->name, "half a line");
}

}  // namespace
}  // namespace mqtrack::symbolize
