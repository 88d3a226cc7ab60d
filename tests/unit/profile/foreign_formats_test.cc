// Files of other profilers beyond heap text: names that came along, CPU and contention profiles, Java's, Go's dumps of
// goroutines; and what is refused with a sentence of its own. Every case states its lines or words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "libtrack/profile/fact.h"
#include "libtrack/profile/formats/load.h"
#include "libtrack/profile/formats/validate.h"
#include "libtrack/profile/merge.h"
#include "libtrack/profile/sample_types.h"
#include "sample_profile.h"

namespace mqtrack::profile {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Profile Must(std::string_view text) {
  const support::Result<Profile> profile = ParseProfile(text, "x");
  EXPECT_TRUE(profile.ok()) << profile.error().ToString() << "\n" << text.substr(0, 200);
  if (!profile.ok()) return {};
  EXPECT_TRUE(Validate(*profile, "").ok());
  return *profile;
}

std::string Refusal(std::string_view text) {
  const support::Result<Profile> profile = ParseProfile(text, "x");
  return profile.ok() ? "accepted" : profile.error().ToString();
}

Profile Fixture(const std::string& name) {
  const auto profile = LoadProfile(std::string(MQTRACK_SOURCE_DIR) + "/tests/fixtures/profiles/" + name);
  EXPECT_TRUE(profile.ok()) << profile.error().ToString();
  return profile.ok() ? *profile : Profile{};
}

std::string TypesOf(const Profile& profile) {
  std::string list;
  for (const ValueType& type : profile.sample_types) list += type.type + "/" + type.unit + " ";
  return list;
}

std::string LabelsOf(const Sample& sample) {
  std::string text;
  for (const Label& label : sample.labels) {
    text += label.key + "=" + (label.str.empty() ? std::to_string(label.num) + " " + label.num_unit : label.str) + ";";
  }
  return text;
}

constexpr std::string_view kHeap =
    "heap profile: 3: 300 [9: 900] @ heapprofile\n"
    "2: 200 [5: 500] @ 0x401010 0x401020\n"
    "1: 100 [4: 400] @ 0x401030\n";

TEST(Preface, MessagesBeforeTheProfileAreSkipped) {
  const std::string jemalloc =
      "<jemalloc>: Leak approximation summary: ~1 bytes, ~1 objects, >= 1 contexts\n"
      "<jemalloc>: Run jeprof on dump output for leak detail\n"
      "heap_v2/1\n"
      "  t*: 1: 8 [0: 0]\n"
      "@ 0x401010\n"
      "<jemalloc>: Invalid conf pair: x:y\n"
      "  t*: 1: 8 [0: 0]\n";
  EXPECT_EQ(DetectFormat(jemalloc), Format::kJemallocHeap);
  EXPECT_THAT(Must(jemalloc).samples.at(0).values, ElementsAre(1, 8));
  const std::string logs = "\x1b[32mbroker\x1b[0m started\r\nlistening on 1883\n" + std::string(kHeap);
  EXPECT_EQ(Must(logs).samples.size(), 2u);
}

TEST(Preface, LinesKeepTheirNumbers) {
  EXPECT_THAT(Refusal("started\n<jemalloc>: x\nheap_v2/1\n@ 0xg\n"), HasSubstr("x: line 4: expected addresses"));
  EXPECT_THAT(Refusal("\n\nheap_v2/x\n"), HasSubstr("x: line 3:"));
}

TEST(Preface, WordsInATextAreNoProfile) {
  for (const char* text : {"see heap_v2/ of jemalloc\n", "notes\nheap_v2/rate\n", "a\nheap profile: none\n",
                           "# tests\n--- a\n+++ b\n", "goroutine 12 is stuck\n"}) {
    EXPECT_EQ(DetectFormat(text), Format::kUnknown) << text;
  }
  EXPECT_EQ(DetectFormat(std::string("\x01\x02\0\n", 4) + std::string(kHeap)), Format::kUnknown);
}

constexpr std::string_view kSymbols =
    "--- symbol\n"
    "binary=/usr/sbin/broker\n"
    "0x000000000040100f KeepReport(int)<00000000004011b6>\n"
    "0x000000000040101f main--broker::Run<int>()--broker::Step()\n"
    "0x0000000000401030 std::vector<int>::operator--(int)@@GLIBCXX_3.4\n"
    "0x0000000000999999 0x0000000000999999\n"
    "---\n";

TEST(NamedProfile, TakesTheNamesOfTheSymbolPart) {
  const Profile profile = Must(std::string(kSymbols) + "--- heap\n" + std::string(kHeap));
  ASSERT_EQ(profile.samples.size(), 2u);
  // The function that others were inlined into stands first there, and last here.
  EXPECT_EQ(StackOf(profile, profile.samples[0]), "KeepReport;broker::Step;broker::Run<int>;main");
  // The address as it stands in the profile, where the one of the call has no name.
  EXPECT_EQ(StackOf(profile, profile.samples[1]), "std::vector<int>::operator--");
  EXPECT_THAT(profile.samples[0].values, ElementsAre(5, 500, 2, 200));
  EXPECT_EQ(profile.functions[0].system_name, "KeepReport(int)<00000000004011b6>");
}

TEST(NamedProfile, StandsBeforeEveryOtherText) {
  const std::string symbols(kSymbols);
  EXPECT_EQ(TypesOf(Must(symbols + "--- heap\n%warn slow\nheap_v2/1\n@ 0x401010\n t*: 1: 8 [0: 0]\n")),
            "inuse_objects/count inuse_space/bytes ");
  const Profile waits = Must(symbols + "--- contention\ncycles/second=1000000000\n700 2 @ 0x401010\n");
  EXPECT_EQ(TypesOf(waits), "contentions/count delay/nanoseconds ");
  EXPECT_EQ(StackOf(waits, waits.samples.at(0)), "KeepReport");
  EXPECT_EQ(Must("--- growth\nheap profile: 1: 8 [1: 8] @ growth\n1: 8 [1: 8] @ 0x401010\n").samples.size(), 1u);
}

TEST(NamedProfile, SaysWhatIsMissing) {
  EXPECT_THAT(Refusal(std::string(kSymbols) + "--- heap\n"),
              HasSubstr("x: holds names and no profile: `jeprof --raw`"));
  EXPECT_THAT(Refusal(kSymbols), HasSubstr("holds names and no profile"));
  EXPECT_THAT(Refusal(kSymbols.substr(0, 70)), HasSubstr("x: is cut off: line 3 is still in the names"));
  EXPECT_THAT(Refusal("--- symbol\n0xzz main\n---\n"), HasSubstr("line 2: expected '0xaddress name'"));
  EXPECT_THAT(Refusal(std::string(kSymbols) + "--- heap\nnothing\n"), HasSubstr("line 8: expected '--- heap'"));
  EXPECT_THAT(Refusal(std::string(kSymbols) + "--- heap\nheap profile: 1: 8 [1: 8] @ heapprofile\nbad\n"),
              HasSubstr("x: line 10: expected 'objects: bytes"));
}

/// Words of a CPU profile in the form of a machine.
std::string Words(const std::vector<std::uint64_t>& words, std::size_t bytes = 8, bool big_endian = false) {
  std::string text;
  for (const std::uint64_t word : words) {
    for (std::size_t i = 0; i < bytes; ++i) {
      const std::size_t shift = 8 * (big_endian ? bytes - 1 - i : i);
      text += static_cast<char>(shift < 64 ? word >> shift : 0);
    }
  }
  return text;
}

const std::vector<std::uint64_t> kCpu = {0, 3, 0,        10000,    0,         // header: a sample every 10 ms
                                         5, 3, 0x401010, 0x401020, 0x401030,  // five samples of this stack
                                         2, 3, 0x401015, 0x401015, 0x401030,  // the leaf stands here twice
                                         0, 1, 0};                            // the end
constexpr std::string_view kMaps = "00401000-00402000 r-xp 00001000 08:01 10 /usr/sbin/broker\n";

TEST(CpuProfile, ReadsTheWordsOfEveryMachine) {
  for (const auto& [bytes, big_endian] : {std::pair<std::size_t, bool>{4, false}, {4, true}, {8, false}, {8, true}}) {
    const std::string text = Words(kCpu, bytes, big_endian) + std::string(kMaps);
    EXPECT_EQ(DetectFormat(text), Format::kCpuProfile);
    const Profile profile = Must(text);
    EXPECT_EQ(TypesOf(profile), "samples/count cpu/nanoseconds ");
    EXPECT_EQ(profile.period, 10'000'000);
    ASSERT_EQ(profile.samples.size(), 2u);
    EXPECT_THAT(profile.samples[0].values, ElementsAre(5, 50'000'000));
    EXPECT_THAT(profile.samples[1].values, ElementsAre(2, 20'000'000));
    std::vector<std::uint64_t> addresses;
    for (const LocationId id : profile.samples[0].locations) addresses.push_back(profile.location(id).address);
    EXPECT_THAT(addresses, ElementsAre(0x401010, 0x40101f, 0x40102f));  // the leaf was interrupted, it calls nothing
    EXPECT_EQ(profile.samples[1].locations.size(), 2u);
    EXPECT_EQ(profile.mappings.at(0).file, "/usr/sbin/broker");
    EXPECT_TRUE(profile.comments.empty());
  }
}

TEST(CpuProfile, OneThatIsCutOffIsRefusedOrSaysSo) {
  const std::string whole = Words(kCpu);
  for (std::size_t words = 5; words < kCpu.size(); ++words) {
    const bool between_samples = words == 5 || words == 10 || words == 15;
    const std::string cut = whole.substr(0, words * 8);
    if (between_samples) {
      EXPECT_THAT(FindFact(Must(cut), "note").value_or(""), HasSubstr("has no end")) << words;
    } else {
      EXPECT_THAT(Refusal(cut), HasSubstr("x: CPU profile cut off or damaged at offset ")) << words;
    }
  }
  std::vector<std::uint64_t> deep = kCpu;
  deep[6] = ~std::uint64_t{0};
  EXPECT_THAT(Refusal(Words(deep)), HasSubstr("at offset 40: expected a stack of 18446744073709551615 addresses"));
  std::vector<std::uint64_t> many = kCpu;
  many[5] = ~std::uint64_t{0};
  EXPECT_GT(Must(Words(many)).samples.at(0).values.at(1), 0);
}

TEST(CpuProfile, JavasNamesItsLocations) {
  std::vector<std::uint64_t> java = kCpu;
  java[2] = 1;
  const Profile profile = Must(Words(java) + "\n 0x401010 run (Main.java:12)\n 0x401020 GC\n");
  EXPECT_EQ(StackOf(profile, profile.samples.at(0)), "run;GC");
  EXPECT_EQ(profile.samples[1].locations.size(), 3u);
}

TEST(CpuProfile, OfRawHasTheAddressesOfItsNames) {
  std::vector<std::uint64_t> raw = {0, 3, 0, 1, 0, 300, 2, 0x40100f, 0x40101f};  // without an end, as it writes it
  const std::string symbols(kSymbols);
  const Profile converted = Must(symbols + "--- profile\n" + Words(raw));
  EXPECT_EQ(StackOf(converted, converted.samples.at(0)), "KeepReport;broker::Step;broker::Run<int>;main");
  // A period of a microsecond is what it writes for what is no CPU profile: nobody knows what of.
  EXPECT_EQ(TypesOf(converted), "samples/count ");
  EXPECT_THAT(FindFact(converted, "note").value_or(""), HasSubstr("one byte"));
  raw[3] = 10000;
  raw[8] = 0x401020;  // a file that it fetched, with the addresses that calls return to
  const Profile fetched = Must(symbols + "--- profile\n" + Words(raw));
  EXPECT_EQ(StackOf(fetched, fetched.samples.at(0)), "KeepReport;broker::Step;broker::Run<int>;main");
  EXPECT_THAT(fetched.samples.at(0).values, ElementsAre(300, 3'000'000'000));
  EXPECT_THAT(Refusal(symbols + "--- profile\n" + Words({0, 3, 0, 1})),
              HasSubstr("expected the header of a CPU profile"));
}

TEST(Contention, OfCxxIsScaledByPeriodAndClock) {
  const Profile profile = Must(
      "--- contentionz 1 ---\n"
      "cycles/second = 2000000000\n"
      "sampling period = 100\n"
      "ms since reset = 7000\n"
      "discarded samples = 3\n"
      "  4000       27 @ 0x401010 0x401020\n"
      "--- Memory map: ---\n"
      "  00401000-00402000: /usr/sbin/broker\n");
  EXPECT_EQ(TypesOf(profile), "contentions/count delay/nanoseconds ");
  EXPECT_THAT(profile.samples.at(0).values, ElementsAre(2700, 200000));
  EXPECT_EQ(profile.duration_nanos, 7'000'000'000);
  EXPECT_EQ(profile.mappings.at(0).file, "/usr/sbin/broker");
  EXPECT_THAT(FindFact(profile, "note").value_or(""), HasSubstr("3 samples were discarded"));
}

TEST(Contention, OfGoHasNames) {
  for (const char* first : {"--- contention:", "--- mutex:"}) {
    const Profile profile = Must(std::string(first) +
                                 "\ncycles/second=1000000000\n"
                                 "sampling period=1\n"
                                 "50 3 @ 0x401010 0x401020\n"
                                 "#\t0x40100f\tsync.(*Mutex).Lock+0x3a\tsync/mutex.go:90\n"
                                 "#\t0x40101f\tmain.run+0x5c\tdemo/main.go:71\n");
    EXPECT_EQ(StackOf(profile, profile.samples.at(0)), "sync.(*Mutex).Lock;main.run");
    EXPECT_THAT(profile.samples[0].values, ElementsAre(3, 50));
  }
}

TEST(Contention, DelaysWithoutAClockAreCycles) {
  EXPECT_EQ(TypesOf(Must("--- contention\n50 3 @ 0x401010\n")), "contentions/count delay/cycles ");
}

TEST(Contention, NamesTheBadLine) {
  EXPECT_THAT(Refusal("--- mutex:\ncycles/second=fast\n"),
              HasSubstr("line 2: expected a number after 'cycles/second='"));
  EXPECT_THAT(Refusal("--- mutex:\n50 @ 0x1\n"), HasSubstr("line 2: expected 'delay count @"));
  EXPECT_THAT(Refusal("--- mutex:\n-50 1 @ 0x1\n"), HasSubstr("line 2: expected 'delay count @"));
  EXPECT_THAT(Refusal("--- mutex:\n50 1 @ 0x1 y\n"), HasSubstr("line 2: expected addresses"));
  EXPECT_THAT(Refusal("--- mutex:\n1 1 @ 0x1\ncycles/second=5\n"), HasSubstr("line 3: expected cycles/second before"));
  const Profile huge =
      Must("--- mutex:\ncycles/second=1\nsampling period=9223372036854775807\n9223372036854775807 9 @ 0x1\n");
  EXPECT_EQ(huge.samples.at(0).values.at(1), std::numeric_limits<std::int64_t>::max());
}

TEST(JavaText, ReadsHeapsAndLocks) {
  const Profile heap = Must(
      "--- heapz 1 ---\n"
      "format = java\n"
      "resolution = bytes\n"
      "   1048576     2 @ 0x00000003 0x00000004 0x00000005 0x00000006\n"
      "\n"
      " 0x00000003 com.example.Queue.add (Queue.java:103)\n"
      " 0x00000004 com.example.Main.run (Main.java)\n"
      " 0x00000005 read (/usr/lib/libc.so.6)\n");
  EXPECT_EQ(TypesOf(heap), "inuse_objects/count inuse_space/bytes ");
  EXPECT_EQ(StackOf(heap, heap.samples.at(0)), "com.example.Queue.add;com.example.Main.run;read");
  const double factor = 1 / (1 - std::exp(-1.0));
  EXPECT_THAT(heap.samples[0].values,
              ElementsAre(static_cast<std::int64_t>(2 * factor), static_cast<std::int64_t>(1048576 * factor)));
  EXPECT_EQ(heap.locations.at(0).lines.at(0).line, 103);
  EXPECT_EQ(heap.functions.at(2).filename, "libc.so.6");
  const Profile locks = Must(
      "--- contentionz 1 ---\nformat = java\nresolution = microseconds\nsampling period = 100\nms since reset = 6\n"
      " 14 2 @ 0x3\n\n 0x3 run (Main.java:1)\n");
  EXPECT_EQ(TypesOf(locks), "contentions/count delay/microseconds ");
  EXPECT_THAT(locks.samples.at(0).values, ElementsAre(200, 1400));
  EXPECT_EQ(locks.duration_nanos, 6'000'000);
}

TEST(JavaText, NamesTheBadLine) {
  EXPECT_THAT(Refusal("--- heapz 1 ---\nformat = c\n"), HasSubstr("line 2: expected 'format = java'"));
  EXPECT_THAT(Refusal("--- heapz 1 ---\n5 @ 0x3\n"), HasSubstr("line 2: expected 'bytes objects @"));
  EXPECT_THAT(Refusal("--- heapz 1 ---\n5 0 @ 0x3\n"), HasSubstr("line 2: expected 'bytes objects @"));
}

TEST(JavaText, NamesMayFollowGperftoolsText) {
  const Profile profile = Must(
      "heap profile: 1: 8 [1: 8] @ heapz_v2/1\n1: 8 [1: 8] @ 0x401010\n\n 0x401010 com.example.Queue.add "
      "(Queue.java:3)\n");
  EXPECT_EQ(StackOf(profile, profile.samples.at(0)), "com.example.Queue.add");
}

constexpr std::string_view kDump =
    "SIGQUIT: quit\n"
    "PC=0x46c801 m=0 sigcode=0\n"
    "\n"
    "goroutine 0 [idle]:\n"
    "runtime.futex()\n"
    "\truntime/sys_linux_amd64.s:559 +0x21 fp=0x7ffc sp=0x7ffb pc=0x46c801\n"
    "\n"
    "goroutine 268 [select, 124 minutes]:\n"
    "main.(*router).dispatch.func1(0x1, {0x2, 0x3})\n"
    "\t/home/u/app/router.go:145 +0x3a8\n"
    "runtime.goexit()\n"
    "\truntime/asm_amd64.s:1594 +0x1 fp=0xc0 sp=0xc0 pc=0x46a901\n"
    "created by main.(*router).dispatch in goroutine 1\n"
    "\t/home/u/app/router.go:143 +0x68\n"
    "\n"
    "goroutine 269 gp=0xc000 m=nil [select, 124 minutes, locked to thread]:\n"
    "main.(*router).dispatch.func1(...)\n"
    "\t/home/u/app/router.go:145\n"
    "created by main.(*router).dispatch\n"
    "\t/home/u/app/router.go:143 +0x68\n"
    "\n"
    "goroutine 1 [running]:\n"
    "\tgoroutine running on other thread; stack unavailable\n"
    "\n"
    "goroutine 7 [chan receive (nil chan)]:\n"
    "main.deep[...](0x7)\n"
    "\t/home/u/app/a file.go:3 +0x1\n"
    "...additional frames elided...\n"
    "\n"
    "goroutine 2 [force gc (idle), 1 minutes]:\n"
    "runtime.gopark(0x1)\n"
    "\truntime/proc.go:363 +0xd6\n"
    "runtime.forcegchelper()\n"
    "\truntime/proc.go:302 +0xad\n"
    "created by runtime.init.6\n"
    "\truntime/proc.go:290 +0x25\n"
    "\n"
    "rax    0xca\n";

TEST(GoroutineDump, CountsByStackAndSaysHowLong) {
  EXPECT_EQ(DetectFormat(kDump), Format::kGoroutineDump);
  const Profile profile = Must(kDump);
  EXPECT_EQ(TypesOf(profile), "goroutine/count ");
  ASSERT_EQ(profile.samples.size(), 3u);
  EXPECT_THAT(profile.samples[0].values, ElementsAre(2));  // what is a thread's scheduler is none
  EXPECT_EQ(StackOf(profile, profile.samples[0]), "main.(*router).dispatch.func1");
  EXPECT_EQ(LabelsOf(profile.samples[0]),
            "created_by=main.(*router).dispatch router.go:143;state=select;waiting=124 minutes;");
  EXPECT_EQ(profile.functions[0].filename, "/home/u/app/router.go");
  EXPECT_EQ(profile.locations[0].lines[0].line, 145);
  EXPECT_EQ(StackOf(profile, profile.samples[1]), "[running: Go gives no stack]");
  EXPECT_EQ(StackOf(profile, profile.samples[2]), "main.deep[...];[frames left out by Go]");
  EXPECT_EQ(LabelsOf(profile.samples[2]), "state=chan receive (nil chan);");
}

TEST(GoroutineDump, NamesTheBadLine) {
  EXPECT_THAT(Refusal("goroutine 1 [select]:\nmain.run()\n"),
              HasSubstr("expected '<tab>file.go:line' below a function"));
  EXPECT_THAT(Refusal("goroutine 1 [select]:\nmain.run()\nmain.main()\n"), HasSubstr("x: line 3:"));
}

TEST(GoText, KeepsTheLabelsOfGoroutines) {
  const Profile profile = Must(
      "goroutine profile: total 3\n"
      "3 @ 0x401010\n"
      "# labels: {\"topic\":\"a\\\"b\", \"client\":\"meter\"}\n"
      "#\t0x40100f\tmain.wait+0x1\tmain.go:3\n");
  EXPECT_EQ(LabelsOf(profile.samples.at(0)), "client=meter;topic=a\"b;");
  EXPECT_EQ(StackOf(profile, profile.samples[0]), "main.wait");
  for (const char* broken : {"{", "{\"a\"", "{\"a\":", "{\"a\":\"b", "{\"\":\"b\"}", "{a}",
                             "{\"b\":\"1\", \"a\":\"2\", \"c\"", "{\"a\":\"\\"}) {
    EXPECT_EQ(Must(std::string("goroutine profile: total 1\n1 @ 0x1\n# labels: ") + broken + "\n").samples.size(), 1u);
  }
}

TEST(ForeignFiles, AreCalledByTheirNames) {
  const auto tells = [](std::string_view text, const char* what, const char* way_out) {
    EXPECT_THAT(Refusal(text), AllOf(HasSubstr(what), HasSubstr(way_out), Not(HasSubstr("accepted are")))) << text;
  };
  tells("--- threadz 1 ---\n\n--- Thread 7f79 (name: main/1) stack: ---\n 0x401010\n", "threadz",
        "go tool pprof -proto");
  tells(std::string_view("go 1.19 trace\0\0\0", 16), "execution trace of Go", "/debug/pprof/heap");
  tells(std::string_view("JAVA PROFILE 1.0.2\0", 19), "heap dump of Java", "async-profiler");
  tells(std::string_view("FLR\0\0\2", 6), "Flight Recorder", "jfrconv");
  tells("PERFILE2h", "recording of perf", "perf_to_profile");
  tells("desc: --massif-out-file=x\ncmd: ./broker\n", "massif", "ms_print");
  tells("# callgrind format\nversion: 1\n", "callgrind", "callgrind_annotate");
  tells("\n___ Begin jemalloc statistics ___\nVersion: 5.3.0\n", "statistics", "prof.dump");
  tells("<!DOCTYPE html>\n<html>heap profile: 1: 2 [3: 4] @ heapprofile</html>\n", "web page", "/debug/pprof/heap");
  tells("{\"snapshot\":{\"meta\":{}}}", "heap snapshot of V8", "pprof");
}

// What the real tools wrote; tests/fixtures/profiles/README.md says by which programs.
TEST(ForeignFixtures, HoldWhatTheirProgramsDid) {
  const Profile named = Fixture("jemalloc_named.raw");
  std::int64_t queue = 0;
  for (const Sample& sample : named.samples) {
    if (StackOf(named, sample).starts_with("LeakQueueEntries;main")) queue += sample.values.back();
  }
  EXPECT_NEAR(static_cast<double>(queue), 300'000, 90'000);  // sampled every 4096 bytes

  const Profile converted = Fixture("gperftools_named.raw");
  std::int64_t exact = 0;
  for (const Sample& sample : converted.samples) {
    if (StackOf(converted, sample).starts_with("LeakQueueEntries;main")) exact += sample.values.at(0);
  }
  EXPECT_EQ(exact, 300'000);

  const Profile cpu = Fixture("gperftools_cpu.prof");
  EXPECT_EQ(Total(cpu, 1), Total(cpu, 0) * 10'000'000);
  EXPECT_EQ(cpu.mappings.at(0).file, "/usr/local/bin/spin_demo");
}

TEST(ForeignFixtures, EveryTextOfGoAgreesWithItsProtobuf) {
  for (const char* name : {"goroutine", "block", "mutex"}) {
    const Profile text = Fixture(std::string("locks_") + name + ".txt");
    const Profile proto = Fixture(std::string("locks_") + name + ".pb.gz");
    EXPECT_EQ(TypesOf(text), TypesOf(proto));
    const auto longest = [](const Profile& profile) {
      std::map<std::string, std::int64_t> by_stack;
      for (const Sample& sample : profile.samples) {
        std::string stack = StackOf(profile, sample);
        // The text leaves out how the runtime lets a goroutine wait.
        while (stack.starts_with("runtime.")) stack.erase(0, stack.find(';') + 1);
        // The stack of whoever writes the profile differs, and what waits goes on waiting.
        if (stack.find("router") != std::string::npos || stack.find("waitAs") != std::string::npos) {
          by_stack[stack + " " + LabelsOf(sample)] += sample.values.front();
        }
      }
      return by_stack;
    };
    EXPECT_EQ(longest(text), longest(proto)) << name;
    EXPECT_FALSE(longest(text).empty()) << name;
  }
}

TEST(ForeignFixtures, GoroutinesOfADumpAreThoseOfTheProfile) {
  for (const char* name : {"locks_goroutine_debug2.txt", "locks_sigquit.txt"}) {
    const Profile dump = Fixture(name);
    std::int64_t dispatched = 0, meters = 0;
    for (const Sample& sample : dump.samples) {
      const std::string stack = StackOf(dump, sample);
      if (stack.ends_with("main.(*router).dispatch.func1")) {
        dispatched += sample.values[0];
        EXPECT_THAT(LabelsOf(sample),
                    HasSubstr("created_by=main.(*router).dispatch main.go:26;state=chan receive;waiting="));
      }
      if (stack.find("main.waitAs[...].func1") != std::string::npos) meters += sample.values[0];
    }
    EXPECT_EQ(dispatched, 20) << name;
    EXPECT_EQ(Total(dump, 0), 24) << name;  // and main
    EXPECT_EQ(meters, 3) << name;
  }
}

}  // namespace
}  // namespace mqtrack::profile
