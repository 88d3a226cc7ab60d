#include "libtrack/analysis/culprit/culprit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <regex>

#include "libtrack/analysis/culprit/drop_frames.h"
#include "libtrack/analysis/culprit/frame_name.h"
#include "libtrack/analysis/culprit/stack_expander.h"
#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/profile/label_frames.h"
#include "libtrack/support/file.h"

namespace mqtrack::analysis {
namespace {

using profile::LocationId;
using profile::MappingId;
using support::Result;
using ::testing::HasSubstr;

WrapperList BuiltIn() {
  Result<WrapperList> list = WrapperList::Load();
  EXPECT_TRUE(list.ok());
  return std::move(list).value();
}

WrapperList With(const std::string& text) {
  Result<WrapperList> list = WrapperList::Parse(text, "test");
  EXPECT_TRUE(list.ok());
  return std::move(list).value();
}

/// Adds a location of one line per name, innermost first.
LocationId AddLocation(profile::Profile& profile, const std::vector<std::string>& names,
                       MappingId mapping = MappingId::kNone) {
  profile::Location location{.mapping = mapping, .address = 0x1000 + profile.locations.size() * 16, .lines = {}};
  for (const std::string& name : names) {
    location.lines.push_back({static_cast<profile::FunctionId>(profile.functions.size()), 7});
    profile.functions.push_back({name, name, "x.c", 1});
  }
  profile.locations.push_back(location);
  return static_cast<LocationId>(profile.locations.size() - 1);
}

/// Adds a sample of `bytes`, whose frames are `names`, leaf first.
profile::Sample& AddSample(profile::Profile& profile, const std::vector<std::string>& names, std::int64_t bytes) {
  profile::Sample sample;
  for (const std::string& name : names) sample.locations.push_back(AddLocation(profile, {name}));
  sample.values = {bytes};
  profile.samples.push_back(sample);
  return profile.samples.back();
}

std::vector<Frame> ExpandStack(const profile::Profile& profile, const profile::Sample& sample,
                               std::string_view sample_type = "inuse_space") {
  std::vector<Frame> stack;
  StackExpander(profile, BuiltIn(), sample_type).Expand(sample.locations, stack);
  return stack;
}

std::string CulpritOf(const std::vector<std::string>& names) {
  profile::Profile profile;
  const profile::Sample sample = AddSample(profile, names, 1);
  const std::vector<Frame> stack = ExpandStack(profile, sample);
  return stack[CulpritIndex(stack)].function->name;
}

TEST(WrapperList, KnowsEveryLibraryOfTheBuiltInList) {
  const WrapperList list = BuiltIn();
  for (const char* name : {"malloc",
                           "__libc_calloc",
                           "strdup",
                           "asprintf",
                           "getline",
                           "fopen",
                           "operator new",
                           "operator new[]",
                           "operator new(unsigned long, std::nothrow_t const&)",
                           "operator delete(void*)",
                           "std::vector<int, std::allocator<int>>::_M_realloc_insert<int>",
                           "std::__1::vector<int>::push_back(int const&)",
                           "std::_Function_handler<void (), main::{lambda()#1}>::_M_invoke",
                           "std::string::_M_create",
                           "void std::__invoke_impl<void, Run>(std::__invoke_other, Run&&)",
                           "__gnu_cxx::new_allocator<Topic>::allocate(unsigned long, void const*)",
                           "Client::operator new(unsigned long)",
                           "mosquitto__malloc",
                           "mosquitto_strdup",
                           "packet__alloc",
                           "packet__read_string.part.0",
                           "_mosquitto_malloc",
                           "_mosquitto_read_string",
                           "mosquitto_property_add_string_pair",
                           "property__read_all",
                           "MQTTProperties_copy",
                           "mymalloc",
                           "TreeAddByIndex",
                           "ListAppend",
                           "MQTTStrdup",
                           "CRYPTO_zalloc",
                           "g_malloc0",
                           "cJSON_CreateObject",
                           "lws_malloc",
                           "xmalloc",
                           "tc_malloc",
                           "je_malloc",
                           "mqtrack::recorder::Record",
                           "runtime.mallocgc",
                           "bytes.growSlice"}) {
    EXPECT_TRUE(list.IsWrapper(name)) << name;
  }
}

TEST(WrapperList, LeavesFunctionsOfServicesAlone) {
  const WrapperList list = BuiltIn();
  for (const char* name : {"main",
                           "handle__publish",
                           "db__message_store",
                           "retain__store",
                           "context__init",
                           "retain__add_hier_entry",
                           "_sub_topic_tokenise",
                           "property__process_will",
                           "telemetry::Queue<std::string>::Push",
                           "my::std::thing",
                           "stdlike::f",
                           "mosquitto+0x2a40",
                           "malloc_stats_reporter",
                           "main.(*Cache).Put",
                           "main.main",
                           "",
                           "std",
                           "MQTTAsync_send",
                           "(anonymous namespace)::OnMessage",
                           "operators::Add"}) {
    EXPECT_FALSE(list.IsWrapper(name)) << name;
  }
}

TEST(WrapperList, ModulesAreGivenByBaseName) {
  const WrapperList list = BuiltIn();
  EXPECT_TRUE(list.IsWrapperModule("/usr/lib/x86_64-linux-gnu/libc.so.6"));
  EXPECT_TRUE(list.IsWrapperModule("/usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30 (deleted)"));
  EXPECT_TRUE(list.IsWrapperModule("[vdso]"));
  EXPECT_TRUE(list.IsWrapperModule("/opt/mqtrack/libmqtrack_preload.so"));
  EXPECT_FALSE(list.IsWrapperModule("/usr/sbin/mosquitto"));
  EXPECT_FALSE(list.IsWrapperModule("/usr/lib/libmosquitto.so.1"));
  EXPECT_FALSE(list.IsWrapperModule("/srv/libc.so.d/service"));
}

TEST(WrapperList, AUserAddsAndTakesOut) {
  const WrapperList list = With(
      "# ours\n  pool_get  # takes from a pool\r\nbuf_*\n*_dup\nmodule:libours.so*\n"
      "[taken out]\n!packet__alloc\n!std::thread::*\n!buf_leaky\n");
  EXPECT_TRUE(list.IsWrapper("pool_get"));
  EXPECT_TRUE(list.IsWrapper("buf_grow"));
  EXPECT_TRUE(list.IsWrapper("topic_dup"));
  EXPECT_TRUE(list.IsWrapperModule("/usr/lib/libours.so.2"));
  EXPECT_FALSE(list.IsWrapper("packet__alloc"));
  EXPECT_FALSE(list.IsWrapper("buf_leaky"));
  EXPECT_FALSE(list.IsWrapper("std::thread::_M_start_thread"));
  EXPECT_TRUE(list.IsWrapper("std::vector<int>::reserve"));
  EXPECT_TRUE(list.IsWrapper("malloc"));
}

TEST(WrapperList, TheWholePrefixCanBeTakenOut) {
  EXPECT_FALSE(With("!std::*").IsWrapper("std::vector<int>::reserve"));
  EXPECT_TRUE(With("!std::*").IsWrapper("malloc"));
}

TEST(WrapperList, MalformedPatternsAreRefusedWithTheirLine) {
  for (const char* line : {"*", "a*b", "**", "!", "module:", "!*"}) {
    const Result<WrapperList> list = WrapperList::Parse(std::string("malloc\n") + line + "\n", "my.txt");
    ASSERT_FALSE(list.ok()) << line;
    EXPECT_THAT(list.error().ToString(), HasSubstr("my.txt: line 2: ")) << line;
  }
}

TEST(WrapperList, AMissingFileIsAnError) {
  const Result<WrapperList> list = WrapperList::Load("/nonexistent/wrappers.txt");
  ASSERT_FALSE(list.ok());
  EXPECT_THAT(list.error().ToString(), HasSubstr("/nonexistent/wrappers.txt"));
}

TEST(Culprit, IsTheFrameNearestTheLeafThatPassesNothingOn) {
  EXPECT_EQ(CulpritOf({"malloc", "mosquitto__malloc", "packet__alloc", "send__publish", "main"}), "send__publish");
  EXPECT_EQ(CulpritOf({"operator new", "std::vector<int>::push_back", "Queue::Push", "std::invoke<F>", "main"}),
            "Queue::Push");
  EXPECT_EQ(CulpritOf({"retain__store", "main"}), "retain__store");
}

TEST(Culprit, OfPropertiesIsWhoOwnsTheList) {
  EXPECT_EQ(CulpritOf({"calloc", "mosquitto__calloc", "mosquitto_property_add_int16", "send__connect", "main"}),
            "send__connect");
  EXPECT_EQ(CulpritOf({"malloc", "mosquitto__malloc", "packet__read_string", "property__read", "property__read_all",
                       "handle__publish", "main"}),
            "handle__publish");
}

TEST(Culprit, OfNothingButWrappersIsTheRoot) { EXPECT_EQ(CulpritOf({"malloc", "strdup", "setlocale"}), "setlocale"); }

TEST(Culprit, OfNothingButWrappersIsNotHowTheirThreadWasStarted) {
  EXPECT_EQ(CulpritOf({"malloc", "CRYPTO_thread_run", "start_thread", "__clone3"}), "CRYPTO_thread_run");
  EXPECT_EQ(CulpritOf({"_dl_allocate_tls", "start_thread", "__clone3"}), "_dl_allocate_tls");
  EXPECT_EQ(CulpritOf({"start_thread", "__clone3"}), "__clone3");
}

TEST(Culprit, IsBeyondWhatAllocatesAndNothingElse) {
  EXPECT_EQ(CulpritOf({"malloc", "node_of_a_tracker", "mymalloc", "MQTTClient_create", "main"}), "MQTTClient_create");
  // Who calls back is no pure allocator: std::function, say.
  EXPECT_EQ(CulpritOf({"malloc", "OnMessage", "std::_Function_handler<void ()>::_M_invoke", "Loop", "main"}),
            "OnMessage");
  EXPECT_EQ(CulpritOf({"malloc", "hook", "xmalloc"}), "hook");  // better than nothing
}

/// The culprit of a stack with labels at its root and leaf.
std::string CulpritWithLabels(const std::vector<std::string>& stack, const profile::LabelFrames& labels) {
  profile::Profile profile;
  AddSample(profile, stack, 1).labels = {{"mqtt_client", "meter", 0, ""}};
  const profile::Profile framed = profile::AddLabelFrames(profile, labels);
  const std::vector<Frame> frames = ExpandStack(framed, framed.samples[0]);
  return FrameName(framed, frames[CulpritIndex(frames)]);
}

TEST(Culprit, IsNoLabelAtTheRootButOneAtTheLeaf) {
  const profile::LabelFrames root{{"thread", "mqtt_client"}}, leaf{{}, {"mqtt_client"}};
  EXPECT_EQ(CulpritWithLabels({"malloc", "publish", "main"}, root), "publish");
  EXPECT_EQ(CulpritWithLabels({"malloc", "strdup", "setlocale"}, root), "setlocale");
  EXPECT_EQ(CulpritWithLabels({"malloc", "publish", "main"}, leaf), "mqtt_client: meter");
}

TEST(Culprit, OfWhatAnObjectOwnsIsWhoMadeTheObject) {
  const auto culprit = [](const std::vector<std::string>& names, std::string_view sample_type) {
    profile::Profile profile;
    AddSample(profile, names, 1);
    const std::vector<Frame> frames = ExpandStack(profile, profile.samples[0], sample_type);
    return FrameName(profile, frames[CulpritIndex(frames)]);
  };
  const std::vector<std::string> client = {"(anonymous namespace)::AlarmClient::AlarmClient(int)",
                                           "std::make_unique<AlarmClient>", "SendAlarm", "main"};
  EXPECT_EQ(culprit(client, "mqtt_clients"), "SendAlarm");
  EXPECT_EQ(culprit({"net::Timer<int>::Timer(int)", "Timer::Restart", "main"}, "timers"), "Timer::Restart");
  // Of memory a constructor may well be to blame, and so may a function that is only called like one.
  EXPECT_EQ(culprit(client, "inuse_space"), "(anonymous namespace)::AlarmClient::AlarmClient(int)");
  EXPECT_EQ(culprit({"MyFile::File", "main"}, "fds"), "MyFile::File");
}

TEST(Culprit, OfASocketOfAClientIsWhoCalledTheLibrary) {
  profile::Profile profile;
  profile.mappings = {{.start = 0, .limit = 0x9000, .file = "/usr/bin/service", .build_id = {}},
                      {.start = 0x9000, .limit = 0xa000, .file = "/usr/lib/libmosquitto.so.1", .build_id = {}}};
  const LocationId in_library = AddLocation(profile, {"libmosquitto.so.1+0xc1d0"}, MappingId{1});
  const LocationId caller = AddLocation(profile, {"SendAlarm"}, MappingId{0});
  profile.samples.push_back({.locations = {in_library, caller}, .values = {1}, .labels = {}});
  EXPECT_EQ(CulpritIndex(ExpandStack(profile, profile.samples[0], "fds")), 1U);
  EXPECT_EQ(CulpritIndex(ExpandStack(profile, profile.samples[0], "inuse_space")), 0U);
}

TEST(StackExpander, GivesInlinedFramesTheirOwnPlace) {
  profile::Profile profile;
  profile.mappings = {{.start = 0, .limit = 0x9000, .file = "/lib/libc.so.6", .build_id = {}}};
  const LocationId in_libc = AddLocation(profile, {"nameless_inner"}, MappingId{0});
  const LocationId inlined = AddLocation(profile, {"std::vector<int>::reserve", "Fill", "main"});
  profile.locations.push_back({.address = 0x77, .lines = {}});
  const LocationId unknown{2};
  profile.samples.push_back({.locations = {in_libc, inlined, unknown}, .values = {1}, .labels = {}});
  const std::vector<Frame> stack = ExpandStack(profile, profile.samples[0]);
  ASSERT_EQ(stack.size(), 5u);
  EXPECT_TRUE(stack[0].wrapper);  // by its module
  EXPECT_TRUE(stack[1].wrapper && stack[1].inlined);
  EXPECT_TRUE(!stack[2].wrapper && stack[2].inlined);
  EXPECT_EQ(stack[2].function->name, "Fill");
  EXPECT_EQ(stack[2].location, inlined);
  EXPECT_EQ(stack[2].line, 7);
  EXPECT_FALSE(stack[3].inlined);
  EXPECT_EQ(stack[4].function, nullptr);
  EXPECT_EQ(CulpritIndex(stack), 2u);
}

bool Drops(const std::string& name) {
  static const std::regex regex(DropFramesRegex(), std::regex::ECMAScript | std::regex::optimize);
  return std::regex_match(name, regex);
}

TEST(DropFrames, MatchesPureAllocationOnly) {
  for (const char* name :
       {"malloc", "operator new", "operator new[]", "mosquitto__calloc", "packet__alloc", "CRYPTO_malloc", "mymalloc",
        "std::allocator<int>::allocate", "std::__new_allocator<Topic<int> >::allocate",
        "std::_Vector_base<Topic<std::string>, std::allocator<Topic<std::string>>>::_M_allocate",
        "std::_Rb_tree<int, int, std::_Identity<int>, std::less<int>, std::allocator<int> >::_M_get_node",
        "std::string::_M_create"}) {
    EXPECT_TRUE(Drops(name)) << name;
  }
  for (const char* name :
       {"main", "handle__publish", "mosquitto__malloc_trim", "xmallocate",
        "std::vector<int, std::allocator<int>>::push_back",
        "std::_Rb_tree<int, int, std::_Identity<int>, std::less<int>, std::allocator<int>>::_M_create_node<int>",
        "std::make_shared<Client>", "std::_Vector_base<int, my::Arena<int>>::_M_allocate",
        "std::_Vector_base<A<std::allocator<int>>, my::Arena<int>>::_M_allocate", "std::thread::thread<F>",
        "TreeAddWithCallback", "getline", "fopen"}) {
    EXPECT_FALSE(Drops(name)) << name;
  }
}

/// What `go tool pprof -top` prints about `profile`.
std::string PprofTop(const profile::Profile& profile) {
  const std::string path = ::testing::TempDir() + "mqtrack-drop-frames-" + std::to_string(::getpid()) + ".pb.gz";
  EXPECT_TRUE(support::WriteFile(path, profile::EncodePprof(profile)).ok());
  const std::string command = "go tool pprof -top -nodecount=50 -nodefraction=0 -symbolize=none '" + path + "' 2>&1";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"), &::pclose);
  std::string output;
  char buffer[4096];
  while (std::fgets(buffer, sizeof buffer, pipe.get()) != nullptr) output += buffer;
  std::filesystem::remove(path);
  return output;
}

TEST(DropFrames, GoToolPprofChargesTheCallers) {
  if (std::system("go version >/dev/null 2>&1") != 0) GTEST_SKIP() << "go is not installed (package golang-go)";
  profile::Profile profile;
  profile.sample_types = {{"inuse_space", "bytes"}};
  profile.period_type = {"space", "bytes"};
  profile.drop_frames = DropFramesRegex();
  AddSample(profile, {"malloc", "mosquitto__malloc", "packet__alloc", "send__publish", "main"}, 1000);
  AddSample(profile, {"operator new", "std::allocator<int>::allocate", "Queue::Push", "main"}, 200);
  AddSample(profile,
            {"operator new", "std::allocator<int>::allocate", "std::string::_M_create", "Topic::Topic",
             "std::vector<Topic, std::allocator<Topic>>::emplace_back<>", "Fill", "main"},
            30);
  AddSample(profile,
            {"my::Arena<int>::allocate", "std::_Vector_base<int, my::Arena<int>>::_M_allocate", "Grow", "main"}, 4);
  const std::string top = PprofTop(profile);
  for (const char* row :
       {"1000B [0-9.]+% [0-9. ]+% +1000B [0-9. ]+%  send__publish",
        "200B [0-9. ]+% [0-9. ]+% +200B [0-9. ]+%  Queue::Push", "30B +[0-9.]+% [0-9. ]+% +30B +[0-9.]+%  Topic::Topic",
        "4B +[0-9.]+% +[0-9. ]+% +4B +[0-9.]+%  my::Arena<int>::allocate"}) {
    EXPECT_TRUE(std::regex_search(top, std::regex(row))) << row << "\n" << top;
  }
  for (const char* dropped : {"malloc", "packet__alloc", "operator new", "_M_create"}) {
    EXPECT_EQ(top.find(dropped), std::string::npos) << dropped << "\n" << top;
  }
}

}  // namespace
}  // namespace mqtrack::analysis
