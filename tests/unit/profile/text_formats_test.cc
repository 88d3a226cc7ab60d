// The readers of text heap profiles: gperftools, jemalloc, Go's debug=1. Every case states its lines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "libtrack/profile/formats/load.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/profile/formats/text/go_text.h"
#include "libtrack/profile/formats/text/gperftools.h"
#include "libtrack/profile/formats/text/jemalloc.h"
#include "libtrack/profile/formats/validate.h"
#include "libtrack/profile/merge.h"
#include "libtrack/profile/sample_types.h"
#include "sample_profile.h"

namespace mqtrack::profile {
namespace {

using support::Result;
using testing::ElementsAre;
using testing::HasSubstr;

Profile Must(const Result<Profile>& profile) {
  EXPECT_TRUE(profile.ok()) << profile.error().ToString();
  if (!profile.ok()) return {};
  EXPECT_TRUE(Validate(*profile, "").ok());
  return *profile;
}

std::string TypesOf(const Profile& profile) {
  std::string list;
  for (const ValueType& type : profile.sample_types) list += type.type + "/" + type.unit + " ";
  return list;
}

std::vector<std::uint64_t> Addresses(const Profile& profile, std::size_t sample) {
  std::vector<std::uint64_t> addresses;
  for (const LocationId id : profile.samples[sample].locations) addresses.push_back(profile.location(id).address);
  return addresses;
}

constexpr std::string_view kExact =
    "heap profile:      3:      300 [     9:      900] @ heapprofile\n"
    "     2:      200 [     5:      500] @ 0x401010 0x7f0020 0x401020\n"
    "     1:      100 [     4:      400] @ 0x00401020\n"
    "\n"
    "MAPPED_LIBRARIES:\n"
    "007f0000-007f1000 r-xp 00001000 08:01 11 /usr/lib/libc.so.6\n"
    "00400000-00401000 r--p 00000000 08:01 10 /usr/sbin/broker\n"
    "00401000-00402000 r-xp 00001000 08:01 10 /usr/sbin/broker (deleted)\n"
    "7ffe0000-7fff0000 rw-p 00000000 00:00 0 [stack]\n";

TEST(Gperftools, ReadsExactProfiles) {
  const Profile profile = Must(ParseGperftoolsHeap({kExact, "x"}));
  EXPECT_EQ(TypesOf(profile), "alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes ");
  ASSERT_EQ(profile.samples.size(), 2u);
  EXPECT_THAT(profile.samples[0].values, ElementsAre(5, 500, 2, 200));
  EXPECT_THAT(profile.samples[1].values, ElementsAre(4, 400, 1, 100));
  EXPECT_EQ(profile.default_sample_type, "inuse_space");
  EXPECT_EQ(profile.period_type, (ValueType{"space", "bytes"}));
}

TEST(Gperftools, MovesReturnAddressesIntoTheCall) {
  const Profile profile = Must(ParseGperftoolsHeap({kExact, "x"}));
  EXPECT_THAT(Addresses(profile, 0), ElementsAre(0x40100f, 0x7f001f, 0x40101f));
  EXPECT_EQ(profile.locations.size(), 3u);  // 0x401020 is shared
}

TEST(Gperftools, MapsAddressesWithTheProgramFirst) {
  const Profile profile = Must(ParseGperftoolsHeap({kExact, "x"}));
  ASSERT_EQ(profile.mappings.size(), 2u);  // executable ones only
  EXPECT_EQ(profile.mappings[0].file, "/usr/sbin/broker");
  EXPECT_EQ(profile.mappings[0].offset, 0x1000u);
  EXPECT_EQ(profile.location(profile.samples[0].locations[1]).mapping, MappingId{1});
  EXPECT_EQ(profile.location(profile.samples[0].locations[2]).mapping, MappingId{0});
}

TEST(Gperftools, UnsamplesVersion2LineByLine) {
  const Profile profile = Must(ParseGperftoolsHeap(
      {"heap profile: 2: 2048 [2: 2048] @ heap_v2/1024\n 2: 2048 [2: 2048] @ 0x10\n 0: 0 [0: 0] @ 0x20\n", "x"}));
  EXPECT_EQ(TypesOf(profile), "inuse_objects/count inuse_space/bytes ");  // the totals say there is no more
  const double factor = 1 / (1 - std::exp(-1.0));
  EXPECT_THAT(profile.samples[0].values,
              ElementsAre(static_cast<std::int64_t>(2 * factor), static_cast<std::int64_t>(2048 * factor)));
  EXPECT_EQ(profile.samples.size(), 1u);  // the line of zeros says nothing
  EXPECT_EQ(profile.period, 1024);
}

TEST(Gperftools, TheOldHeapTypeStatesTwiceTheRate) {
  const std::string lines = "\n 4: 4096 [4: 4096] @ 0x10\n";
  const Profile old = Must(ParseGperftoolsHeap({"heap profile: 4: 4096 [4: 4096] @ heap/2048" + lines, "x"}));
  const Profile v2 = Must(ParseGperftoolsHeap({"heap profile: 4: 4096 [4: 4096] @ heapz_v2/1024" + lines, "x"}));
  EXPECT_EQ(old.samples[0].values, v2.samples[0].values);
}

TEST(Gperftools, ReadsEveryTypeTag) {
  for (const char* type : {"heapprofile", "heap", "heap/0", "heap_v2/1", "heapz_v2/524288", "growth", "growthz",
                           "fragmentation", "fragmentationz", ""}) {
    const std::string text = std::string("heap profile: 1: 8 [2: 16] @ ") + type + "\n1: 8 [2: 16] @ 0x1 0x2\n";
    EXPECT_EQ(DetectFormat(text), Format::kGperftoolsHeap) << type;
    EXPECT_EQ(Must(ParseProfile(text, "x")).samples.size(), 1u) << type;
  }
  EXPECT_FALSE(ParseProfile("heap profile: 1: 8 [2: 16] @ cpu\n", "x").ok());
}

TEST(Gperftools, ExpandsBuildAndSkipsLogPrefixes) {
  const Profile profile =
      Must(ParseGperftoolsHeap({"malloc.cc:12] heap profile: 1: 8 [1: 8] @ heapprofile\n"
                                "malloc.cc:12] 1: 8 [1: 8] @ 0x401001\n"
                                "--- Memory map: ---\n"
                                "  build=/usr/opt\n"
                                "  00400000-00500000: $build/bin/broker\n",
                                "x"}));
  EXPECT_EQ(profile.mappings.at(0).file, "/usr/opt/bin/broker");
  EXPECT_EQ(profile.location(profile.samples.at(0).locations[0]).mapping, MappingId{0});
}

TEST(Gperftools, NamesTheBadLine) {
  const auto error = [](const std::string& lines) {
    const auto profile = ParseGperftoolsHeap({"heap profile: 1: 8 [1: 8] @ heapprofile\n" + lines, "file.heap"});
    return profile.ok() ? std::string() : profile.error().ToString();
  };
  EXPECT_EQ(error("1: 8 [1: 8] @ 0x1\n1: 8 1: 8] @ 0x1\n"),
            "file.heap: line 3: expected 'objects: bytes [objects: bytes] @ 0xaddress ...', found '1: 8 1: 8] @ 0x1'");
  EXPECT_THAT(error("1: 8 [1: 8] @ 0x1 zz\n"), HasSubstr("line 2: expected addresses after '@'"));
  EXPECT_THAT(error("0: 8 [1: 8] @ 0x1\n"), HasSubstr("no bytes where there are no objects"));
  EXPECT_THAT(error("99999999999999999999: 8 [1: 8] @ 0x1\n"), HasSubstr("line 2"));
  EXPECT_THAT(ParseGperftoolsHeap({"", "x"}).error().text, HasSubstr("heap profile:"));
}

TEST(Unsample, NeverLeavesTheRangeOfNumbers) {
  const Profile profile =
      Must(ParseGperftoolsHeap({"heap profile: 1: 1 [1: 1] @ heap_v2/9223372036854775807\n"
                                "9223372036854775807: 1 [5: 9223372036854775807] @ 0x1\n",
                                "x"}));
  EXPECT_EQ(profile.samples.size(), 1u);
}

constexpr std::string_view kJemalloc =
    "heap_v2/1024\n"
    "  t*: 3: 3072 [0: 0]\n"
    "  t0: 3: 3072 [0: 0] main thread\n"
    "@ 0x401010 0x401020\n"
    "  t*: 2: 2048 [0: 0]\n"
    "  t0: 1: 1024 [0: 0]\n"
    "  t1: 1: 1024 [0: 0]\n"
    "@ 0x401030\n"
    "  t*: 1: 1024 [0: 0]\n"
    "  t0: 1: 1024 [0: 0]\n"
    "\n"
    "MAPPED_LIBRARIES:\n"
    "00401000-00402000 r-xp 00001000 08:01 10 /usr/sbin/broker\n";

TEST(Jemalloc, UnsamplesEachBacktraceOnce) {
  const Profile profile = Must(ParseProfile(kJemalloc, "x"));
  EXPECT_EQ(TypesOf(profile), "inuse_objects/count inuse_space/bytes ");
  ASSERT_EQ(profile.samples.size(), 2u);
  const double factor = 1 / (1 - std::exp(-1.0));
  EXPECT_THAT(profile.samples[0].values,
              ElementsAre(static_cast<std::int64_t>(2 * factor), static_cast<std::int64_t>(2048 * factor)));
  EXPECT_THAT(Addresses(profile, 0), ElementsAre(0x40100f, 0x40101f));
  EXPECT_EQ(profile.location(profile.samples[0].locations[0]).mapping, MappingId{0});
}

TEST(Jemalloc, ReadsAccumulatedCounts) {
  const Profile profile = Must(ParseJemallocHeap({"heap_v2/1\n t*: 1: 8 [3: 24]\n@ 0x1\n t*: 1: 8 [3: 24]\n", "x"}));
  EXPECT_EQ(TypesOf(profile), "alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes ");
  EXPECT_THAT(profile.samples[0].values, ElementsAre(3, 24, 1, 8));
}

TEST(Jemalloc, NamesTheBadLine) {
  EXPECT_THAT(ParseJemallocHeap({"heap_v2/x\n", "x"}).error().text, HasSubstr("line 1"));
  EXPECT_THAT(ParseJemallocHeap({"heap_v2/1\n t*: 1: 8 [3: 24\n", "x"}).error().text, HasSubstr("line 2"));
  EXPECT_THAT(ParseJemallocHeap({"heap_v2/1\n@ 0xg\n", "x"}).error().text, HasSubstr("addresses after '@'"));
}

constexpr std::string_view kGoHeap =
    "heap profile: 2: 20 [3: 30] @ heap/2\n"
    "1: 10 [2: 20] @ 0x401010 0x401020 0x401030\n"
    "#\t0x40100f\tmain.inner+0x4f\t\tdemo/main.go:22\n"
    "#\t0x40100f\tmain.outer+0x5f\t\tdemo/main.go:33\n"
    "#\t0x40101f\tmain.main+0x2f\t\tdemo/main.go:59\n"
    "\n"
    "1: 10 [1: 10] @ 0x401010 0x401030\n"
    "#\t0x40100f\tmain.inner+0x4f\t\tdemo/main.go:22\n"
    "#\t0x40100f\tmain.outer+0x5f\t\tdemo/main.go:33\n"
    "\n"
    "# runtime.MemStats\n"
    "# Alloc = 12345\n";

TEST(GoText, NamesFramesFromTheRemarks) {
  EXPECT_EQ(DetectFormat(kGoHeap), Format::kGoText);
  const Profile profile = Must(ParseGoText({kGoHeap, "x"}));
  ASSERT_EQ(profile.samples.size(), 2u);
  EXPECT_THAT(profile.samples[0].values, ElementsAre(2, 20, 1, 10));
  EXPECT_EQ(StackOf(profile, profile.samples[0]), "main.inner;main.outer;main.main");
  EXPECT_EQ(StackOf(profile, profile.samples[1]), "main.inner;main.outer");
  EXPECT_EQ(profile.samples[1].locations.size(), 1u);  // what Go hides is left out
  EXPECT_EQ(profile.functions[0].filename, "demo/main.go");
  EXPECT_EQ(profile.locations[0].lines[1].line, 33);
}

TEST(GoText, CountsGoroutines) {
  const Profile profile =
      Must(ParseProfile("goroutine profile: total 26\n"
                        "25 @ 0x43aeb6 0x407e1b\n"
                        "#\t0x407e1a\tmain.waitForAck[go.shape.int, string]+0x24\tdemo/main.go:27\n"
                        "\n"
                        "1 @\n"
                        "#\t0x0\n",
                        "x"));
  EXPECT_EQ(TypesOf(profile), "goroutine/count ");
  EXPECT_EQ(profile.period_type, (ValueType{"goroutine", "count"}));
  EXPECT_THAT(profile.samples.at(0).values, ElementsAre(25));
  EXPECT_EQ(StackOf(profile, profile.samples[0]), "main.waitForAck[go.shape.int, string]");
  EXPECT_TRUE(profile.samples.at(1).locations.empty());
}

TEST(GoText, TheTypesNameIsUtf8AsWritten) {
  const auto profile = ParseGoText({"gorou\xf4ine profile: total 1\n1 @ 0x1234\n", "x"});
  ASSERT_TRUE(profile) << profile.error().ToString();
  EXPECT_EQ(profile->sample_types.front().type, "gorou\xEF\xBF\xBDine");
}

TEST(GoText, NamesTheBadLine) {
  EXPECT_THAT(ParseGoText({"goroutine profile: total 1\nx @ 0x1\n", "x"}).error().text, HasSubstr("line 2"));
  EXPECT_THAT(ParseGoText({"goroutine profile: total 1\n1 @ 0x1 q\n", "x"}).error().text, HasSubstr("line 2"));
  EXPECT_THAT(ParseGoText({"goroutine total 1\n", "x"}).error().text, HasSubstr("line 1"));
}

TEST(TextFormats, NothingThereIsLessThanNothing) {
  EXPECT_THAT(ParseProfile("heap profile: 1: 8 [1: 8] @ heapprofile\n-1: -8 [1: 8] @ 0x1\n", "x").error().text,
              HasSubstr("line 2"));
  EXPECT_THAT(ParseProfile("heap profile: -1: -8 [1: 8] @ heapprofile\n1: 8 [1: 8] @ 0x1\n", "x").error().text,
              HasSubstr("line 1"));
  EXPECT_THAT(ParseProfile("heap_v2/524288\n  t*: -1: -8 [0: 0]\n@ 0x1\n  t*: -1: -8 [0: 0]\n", "x").error().text,
              HasSubstr("line 2"));
  EXPECT_THAT(ParseProfile("goroutine profile: total 1\n-1 @ 0x1\n", "x").error().text, HasSubstr("line 2"));
  EXPECT_THAT(ParseProfile("heap profile: 1: 8 [1: 8] @ heap/1048576\n1: 8 [-1: -8] @ 0x1\n", "x").error().text,
              HasSubstr("line 2"));
  EXPECT_THAT(ParseProfile("--- contentionz 1 ---\ncycles/second = 1000000000\n-5 -1 @ 0x1\n", "x").error().text,
              HasSubstr("line 3"));
}

TEST(DetectFormat, RecognisesByContent) {
  EXPECT_EQ(DetectFormat(kExact), Format::kGperftoolsHeap);
  EXPECT_EQ(DetectFormat(kJemalloc), Format::kJemallocHeap);
  EXPECT_EQ(DetectFormat(EncodePprof(*SampleProfile(OneType("x", "y")))), Format::kPprof);
  for (const char* text : {"", "\n", "hello world\n", "{\"a\": 1}", "\"\x02", "<html></html>", "* list", "@@@@"}) {
    EXPECT_EQ(DetectFormat(text), Format::kUnknown) << text;
  }
}

TEST(ParseProfile, ListsTheAcceptedFormats) {
  const auto profile = ParseProfile("hello\n", "notes.txt");
  ASSERT_FALSE(profile.ok());
  EXPECT_THAT(profile.error().ToString(), HasSubstr("notes.txt: not a profile in any known format"));
  EXPECT_THAT(ParseProfile("", "x").error().text, HasSubstr("empty"));
}

// What the real tools wrote; tests/fixtures/profiles/README.md says what the programs leaked.
class FixtureTest : public ::testing::Test {
 protected:
  static Profile Load(const std::string& name) {
    return Must(LoadProfile(std::string(MQTRACK_SOURCE_DIR) + "/tests/fixtures/profiles/" + name));
  }
  static Profile Diff(const std::string& before, const std::string& after) {
    return Must(Subtract(Load(after), Load(before)));
  }
  // The values of the given type, largest first.
  static std::vector<std::int64_t> Values(const Profile& profile, const std::string& type) {
    std::vector<std::int64_t> values;
    const std::size_t index = *FindSampleType(profile, type);
    for (const Sample& sample : profile.samples) values.push_back(sample.values[index]);
    std::sort(values.rbegin(), values.rend());
    return values;
  }
};

TEST_F(FixtureTest, GperftoolsIsExact) {
  const Profile diff = Diff("gperftools_before.heap", "gperftools_after.heap");
  EXPECT_THAT(Values(diff, "inuse_space"), ElementsAre(1'000'000));
  EXPECT_THAT(Values(diff, "inuse_objects"), ElementsAre(1000));
  const Profile after = Load("gperftools_after.heap");
  EXPECT_EQ(after.mappings[0].file, "/usr/local/bin/heap_demo");
  for (const Location& location : after.locations) EXPECT_NE(location.mapping, MappingId::kNone);
}

TEST_F(FixtureTest, JemallocIsCloseInSpiteOfSampling) {
  const Profile diff = Diff("jemalloc_before.heap", "jemalloc_after.heap");
  EXPECT_NEAR(static_cast<double>(Values(diff, "inuse_space").at(0)), 1'000'000, 200'000);
}

TEST_F(FixtureTest, GoTextAndProtobufAgree) {
  for (const char* when : {"before", "after"}) {
    const Profile text = Load(std::string("go_") + when + "_heap.txt");
    const Profile proto = Load(std::string("go_") + when + "_heap.pb.gz");
    EXPECT_EQ(TypesOf(text), TypesOf(proto));
    EXPECT_EQ(Values(text, "inuse_space").at(0), Values(proto, "inuse_space").at(0));
  }
  const Profile diff = Diff("go_before_goroutine.txt", "go_after_goroutine.txt");
  EXPECT_EQ(Values(diff, "").at(0), 20);
  EXPECT_EQ(Values(Diff("go_before_goroutine.pb.gz", "go_after_goroutine.pb.gz"), "").at(0), 20);
  EXPECT_EQ(Total(Load("go_threadcreate.txt"), 0), 6);
}

}  // namespace
}  // namespace mqtrack::profile
