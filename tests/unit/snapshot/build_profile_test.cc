// From a log's content to samples: pure, so the content is made by hand.
#include "libtrack/snapshot/build_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "libtrack/profile/fact.h"
#include "libtrack/profile/formats/pprof_decode.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/profile/formats/validate.h"
#include "libtrack/profile/sample_types.h"

namespace mqtrack::snapshot {
namespace {

using log::Kind;
using log::LabelKey;
using log::LabelsId;
using log::StackId;
using profile::Profile;
using profile::Sample;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr auto kStack = static_cast<StackId>(100);
constexpr auto kOther = static_cast<StackId>(200);
constexpr auto kLabels = static_cast<LabelsId>(300);

log::Stack MakeStack(StackId id, std::vector<std::uint64_t> addresses, std::uint32_t flags = 0) {
  log::Stack stack;
  stack.id = id;
  stack.flags = flags;
  stack.modules = 2;
  stack.addresses = std::move(addresses);
  return stack;
}

log::LiveEntry Block(std::uint64_t handle, std::uint64_t bytes, StackId stack, std::uint32_t generation = 0,
                     LabelsId labels = LabelsId::kNone) {
  return {Kind::kHeapBlock, handle, bytes, generation, stack, labels};
}

// Two modules, the library registered first; two stacks.
log::LogContent Content() {
  log::LogContent content;
  content.facts.comm = "broker";
  content.facts.pid = 42;
  content.facts.cmdline = {"broker", "-c", "my conf"};
  content.modules = {{0x7f0000, 0x7f9000, 0x7f0000, "bb", false, "/lib/libx.so"},
                     {0x400000, 0x480000, 0, "aa", true, "/usr/sbin/broker"}};
  content.stacks = {MakeStack(kStack, {0x7f1001, 0x400101}), MakeStack(kOther, {0x400201})};
  return content;
}

std::size_t Column(const Profile& profile, const std::string& type) {
  const auto found = profile::FindSampleType(profile, type);
  EXPECT_TRUE(found);
  return found ? *found : 0;
}

std::vector<std::string> TypeNames(const Profile& profile) {
  std::vector<std::string> names;
  for (const profile::ValueType& type : profile.sample_types) names.push_back(type.type);
  return names;
}

std::vector<std::string> FrameNames(const Profile& profile, const Sample& sample) {
  std::vector<std::string> names;
  for (const profile::LocationId id : sample.locations) {
    const profile::Location& location = profile.location(id);
    names.push_back(location.lines.empty() ? "?" : profile.function(location.lines[0].function).name);
  }
  return names;
}

TEST(BuildProfile, AnEmptyLogHasTheHeapTypesAndIsValid) {
  const Profile profile = BuildProfile({});
  EXPECT_THAT(TypeNames(profile), ElementsAre("alloc_objects", "alloc_space", "inuse_objects", "inuse_space"));
  EXPECT_EQ(profile.default_sample_type, "inuse_space");
  EXPECT_EQ(profile.period_type, (profile::ValueType{"space", "bytes"}));
  EXPECT_EQ(profile.period, 1);
  EXPECT_TRUE(profile.samples.empty());
  EXPECT_TRUE(profile::Validate(profile, "test"));
}

TEST(BuildProfile, OneSamplePerStackLabelsAndGeneration) {
  log::LogContent content = Content();
  content.label_sets = {{kLabels, {{LabelKey::kThread, "io"}, {LabelKey::kMqttClient, "c1"}}}};
  content.live = {Block(1, 10, kStack), Block(2, 20, kStack), Block(3, 5, kStack, 1), Block(4, 7, kStack, 1, kLabels),
                  Block(5, 1, kOther)};
  const Profile profile = BuildProfile(content);
  ASSERT_TRUE(profile::Validate(profile, "test"));
  ASSERT_THAT(profile.samples, SizeIs(4));
  const std::size_t space = Column(profile, "inuse_space"), objects = Column(profile, "inuse_objects");
  EXPECT_EQ(profile::Total(profile, space), 43);
  EXPECT_EQ(profile::Total(profile, objects), 5);
  std::size_t labelled = 0;
  for (const Sample& sample : profile.samples) {
    if (sample.values[space] == 30) {
      EXPECT_EQ(sample.values[objects], 2);
    }
    if (sample.values[space] != 7) continue;
    ++labelled;
    EXPECT_THAT(sample.labels,
                ElementsAre(profile::Label{"generation", {}, 1, {}}, profile::Label{"mqtt_client", "c1", 0, {}},
                            profile::Label{"thread", "io", 0, {}}));
  }
  EXPECT_EQ(labelled, 1u);
}

TEST(BuildProfile, TheFirstGenerationSurvivesTheFile) {
  log::LogContent content = Content();
  content.live = {Block(1, 10, kStack)};
  const Profile built = BuildProfile(content);
  const auto decoded = profile::DecodePprof(profile::EncodePprof(built), "test");
  ASSERT_TRUE(decoded) << decoded.error().ToString();
  ASSERT_THAT(decoded->samples, SizeIs(1));
  EXPECT_THAT(decoded->samples[0].labels, ElementsAre(profile::Label{"generation", {}, 0, {}}));
  EXPECT_EQ(decoded->samples[0].labels, built.samples[0].labels) << "a file and a live target cancel in a diff";
}

TEST(BuildProfile, AddressesLieInTheCallAndModulesAreFound) {
  log::LogContent content = Content();
  content.live = {Block(1, 10, kStack)};
  const Profile profile = BuildProfile(content);
  ASSERT_THAT(profile.mappings, SizeIs(2));
  EXPECT_EQ(profile.mappings[0].file, "/usr/sbin/broker") << "the main program is first";
  EXPECT_EQ(profile.mappings[0].build_id, "aa");
  const std::vector<profile::LocationId>& locations = profile.samples[0].locations;
  ASSERT_THAT(locations, SizeIs(2));
  EXPECT_EQ(profile.location(locations[0]).address, 0x7f1000u);
  EXPECT_EQ(profile.location(locations[0]).mapping, static_cast<profile::MappingId>(1));
  EXPECT_EQ(profile.location(locations[1]).address, 0x400100u);
  EXPECT_EQ(profile.location(locations[1]).mapping, static_cast<profile::MappingId>(0));
  EXPECT_EQ(profile.mappings[0].start, 0x400000u);
  EXPECT_EQ(profile.mappings[0].offset, 0u);
}

TEST(BuildProfile, AReplacedLibraryOwnsOnlyLaterStacks) {
  log::LogContent content = Content();
  content.modules = {{0x1000, 0x2000, 0x1000, "aa", false, "/lib/old.so"},
                     {0x1000, 0x2000, 0x1000, "bb", false, "/lib/new.so"}};
  content.stacks = {MakeStack(kStack, {0x1101}), MakeStack(kOther, {0x1101})};
  content.stacks[0].modules = 1;
  content.live = {Block(1, 10, kStack), Block(2, 20, kOther)};
  const Profile profile = BuildProfile(content);
  ASSERT_THAT(profile.samples, SizeIs(2));
  const std::size_t space = Column(profile, "inuse_space");
  for (const Sample& sample : profile.samples) {
    const profile::Location& location = profile.location(sample.locations[0]);
    EXPECT_EQ(profile.mappings[profile::Index(location.mapping)].file,
              sample.values[space] == 10 ? "/lib/old.so" : "/lib/new.so");
  }
}

TEST(BuildProfile, CumulativeCountsHaveASampleOfTheirOwn) {
  log::LogContent content = Content();
  content.stacks[0].alloc_objects = 9;
  content.stacks[0].alloc_bytes = 900;
  content.live = {Block(1, 10, kStack, 3)};
  const Profile profile = BuildProfile(content);
  ASSERT_THAT(profile.samples, SizeIs(2));
  EXPECT_EQ(profile::Total(profile, Column(profile, "alloc_space")), 900);
  EXPECT_EQ(profile::Total(profile, Column(profile, "alloc_objects")), 9);
  for (const Sample& sample : profile.samples) {
    EXPECT_EQ(sample.labels.empty(), sample.values[Column(profile, "alloc_space")] != 0);
  }
}

TEST(BuildProfile, StacksEnteredTwiceAreOne) {
  log::LogContent content = Content();
  content.stacks[1] = MakeStack(kOther, content.stacks[0].addresses);
  for (log::Stack& stack : content.stacks) stack.alloc_objects = 1, stack.alloc_bytes = 10;
  content.live = {Block(1, 10, kStack), Block(2, 20, kOther)};
  const Profile profile = BuildProfile(content);
  ASSERT_THAT(profile.samples, SizeIs(2));
  EXPECT_EQ(profile::Total(profile, Column(profile, "inuse_space")), 30);
  EXPECT_EQ(profile::Total(profile, Column(profile, "alloc_space")), 20);
}

TEST(BuildProfile, NoSampleIsWithoutFramesAndCutStacksSaySo) {
  log::LogContent content = Content();
  content.stacks = {MakeStack(kStack, {0x400201}, log::kStackTruncated), MakeStack(kOther, {}, log::kStackSynthetic),
                    MakeStack(static_cast<StackId>(300), {}),
                    MakeStack(static_cast<StackId>(400), {0x400301}, log::kStackIncomplete),
                    MakeStack(static_cast<StackId>(500), {0x400401}, log::kStackEarly)};
  content.stacks[1].synthetic = log::SyntheticStack::kBeforeAttach;
  content.stacks.push_back(MakeStack(static_cast<StackId>(600), {}, log::kStackSynthetic));
  content.stacks.back().synthetic = log::SyntheticStack::kInherited;
  std::uint64_t bytes = 1;
  for (const log::Stack& stack : content.stacks) content.live.push_back(Block(bytes, bytes, stack.id)), bytes *= 10;
  content.live.push_back(Block(bytes, bytes, StackId::kNone));
  const Profile profile = BuildProfile(content);
  std::map<std::int64_t, std::vector<std::string>> frames;
  for (const Sample& sample : profile.samples) {
    frames[sample.values[Column(profile, "inuse_space")]] = FrameNames(profile, sample);
  }
  EXPECT_THAT(frames[1], ElementsAre("?", "[truncated]"));
  EXPECT_THAT(frames[10], ElementsAre("[before attach]"));
  EXPECT_THAT(frames[1000100], ElementsAre("[unknown stack]")) << "no addresses, and no stack at all";
  EXPECT_THAT(frames[100000], ElementsAre("[inherited]"));
  EXPECT_THAT(frames[1000], ElementsAre("?", "[incomplete]"));
  EXPECT_THAT(frames[10000], ElementsAre("?", "[before start-up]"));
}

TEST(BuildProfile, ThreadsSayWhenTheyWereStarted) {
  constexpr std::int64_t kStarted = 1'800'000'000;
  log::LogContent content = Content();
  const auto thread = [](std::uint64_t number, std::int64_t started) {
    const std::uint64_t handle = log::MakeThreadHandle(number, static_cast<std::uint64_t>(started));
    return log::LiveEntry{Kind::kThread, handle, 0, 0, kStack, LabelsId::kNone};
  };
  content.live = {thread(1, kStarted), thread(131072, kStarted), thread(2, kStarted + 1), Block(1, 10, kStack)};
  const Profile profile = BuildProfile(content);
  std::map<std::int64_t, std::int64_t> threads;
  for (const Sample& sample : profile.samples) {
    std::int64_t started = 0;
    for (const profile::Label& label : sample.labels) {
      if (label.key == "started") started = label.num;
    }
    threads[started] += sample.values[Column(profile, "threads")];
  }
  EXPECT_EQ(threads, (std::map<std::int64_t, std::int64_t>{{0, 0}, {kStarted, 2}, {kStarted + 1, 1}}));
}

TEST(BuildProfile, OtherResourcesGetTheirTypesInOrder) {
  log::LogContent content = Content();
  content.live = {Block(1, 10, kStack),
                  {Kind::kThread, 7, 0, 0, kStack, LabelsId::kNone},
                  {Kind::kMapping, 0x5000, 4096, 0, kOther, LabelsId::kNone},
                  {Kind::kMqttSubscription, 8, 0, 0, kOther, LabelsId::kNone},
                  {Kind::kDescriptor, 3, 0, 0, kOther, LabelsId::kNone}};
  const Profile profile = BuildProfile(content);
  EXPECT_THAT(TypeNames(profile), ElementsAre("mqtt_subscriptions", "fds", "threads", "mapped_space", "alloc_objects",
                                              "alloc_space", "inuse_objects", "inuse_space"));
  EXPECT_EQ(profile::Total(profile, Column(profile, "threads")), 1);
  EXPECT_EQ(profile::Total(profile, Column(profile, "fds")), 1);
  EXPECT_EQ(profile::Total(profile, Column(profile, "mapped_space")), 4096);
  EXPECT_EQ(profile::Total(profile, Column(profile, "inuse_space")), 10);
  EXPECT_EQ(profile::Total(profile, Column(profile, "inuse_objects")), 1);
}

TEST(BuildProfile, TheServicesOwnResourcesCountAndHoldBytes) {
  log::LogContent content = Content();
  content.facts.recorded_kinds |= log::KindBit(Kind::kCustom);
  const Profile none = BuildProfile(content);
  EXPECT_EQ(none.sample_types[Column(none, "resources")].unit, "count") << "there before the first one is";
  content.live = {{Kind::kCustom, 1, 4096, 0, kStack, LabelsId::kNone},
                  {Kind::kCustom, 2, 100, 0, kOther, LabelsId::kNone},
                  {Kind::kCustom, 3, 0, 0, kOther, LabelsId::kNone}};
  const Profile profile = BuildProfile(content);
  EXPECT_EQ(profile::Total(profile, Column(profile, "resources")), 3);
  EXPECT_EQ(profile::Total(profile, Column(profile, "resource_space")), 4196);
}

TEST(BuildProfile, SampledBlocksStandForThoseNotKept) {
  constexpr std::uint64_t kInterval = 512 * 1024;
  log::LogContent content = Content();
  content.facts.mode = log::Mode::kSampled;
  content.facts.sample_bytes = kInterval;
  content.stacks[0].alloc_objects = 5 * log::kSampleUnit;
  content.stacks[0].alloc_bytes = 700 * log::kSampleUnit + log::kSampleUnit / 2;
  content.live = {Block(1, 1024, kStack), Block(2, 1024, kStack), Block(3, 64 << 20, kOther)};
  const Profile profile = BuildProfile(content);
  EXPECT_EQ(profile.period, static_cast<std::int64_t>(kInterval));
  const double each = 1 / (1 - std::exp(-1024.0 / kInterval));  // about 512.5
  const std::size_t space = Column(profile, "inuse_space"), objects = Column(profile, "inuse_objects");
  EXPECT_EQ(profile::Total(profile, objects), std::llround(2 * each) + 1);
  EXPECT_EQ(profile::Total(profile, space), std::llround(2 * each * 1024) + (64 << 20));
  EXPECT_EQ(profile::Total(profile, Column(profile, "alloc_objects")), 5);
  EXPECT_EQ(profile::Total(profile, Column(profile, "alloc_space")), 701);
}

TEST(BuildProfile, SumsDoNotOverflow) {
  log::LogContent content = Content();
  for (log::Stack& stack : content.stacks) stack.alloc_bytes = ~std::uint64_t{0};
  content.stacks[1].addresses = content.stacks[0].addresses;
  content.live = {Block(1, ~std::uint64_t{0}, kStack), Block(2, ~std::uint64_t{0}, kStack)};
  const Profile profile = BuildProfile(content);
  for (const Sample& sample : profile.samples) {
    const bool alloc = sample.labels.empty();
    EXPECT_EQ(sample.values[Column(profile, alloc ? "alloc_space" : "inuse_space")],
              std::numeric_limits<std::int64_t>::max());
  }
}

TEST(BuildProfile, FactsAreCommentsAndCannotBeFaked) {
  log::LogContent content = Content();
  content.facts.comm = "x\nmqtrack: losses: 0";
  content.facts.losses[static_cast<std::size_t>(log::Loss::kTableFull)] = 5;
  content.facts.generation = 3;
  content.facts.lost_bytes = 999;
  content.facts.lost_connections = 2;
  content.facts.replaced = 6;
  content.facts.unseen_call = "mallocx";
  content.facts.unseen_caller = "bridge\nmqtrack: losses: 0";
  const Profile profile = BuildProfile(content);
  EXPECT_EQ(profile::FindFact(profile, "losses"), "5");
  EXPECT_EQ(profile::FindFact(profile, "generation"), "3");
  EXPECT_EQ(profile::FindFact(profile, "lost_bytes"), "999");
  EXPECT_EQ(profile::FindFact(profile, "lost_connections"), "2");
  EXPECT_EQ(profile::FindFact(profile, "unseen_frees"), "6");
  EXPECT_EQ(profile::FindFact(profile, "unseen_call"), "mallocx in bridge?mqtrack: losses: 0");
  EXPECT_EQ(profile::FindFact(profile, "mode"), "exact");
  EXPECT_EQ(profile::FindFact(profile, "command"), "broker -c 'my conf'");
  EXPECT_THAT(profile.comments, Contains(HasSubstr("note: 5 blocks were not recorded")));
  for (const std::string& comment : profile.comments) EXPECT_EQ(comment.find('\n'), std::string::npos);
}

TEST(BuildProfile, SaysWhatABrokerHasToHold) {
  log::LogContent content = Content();
  EXPECT_FALSE(profile::FindFact(BuildProfile(content), "mqtt_state"));
  content.facts.broker.is_broker = 1;
  for (std::uint64_t i = 0; i < 10; ++i) content.facts.broker.of[i] = i + 1;
  EXPECT_EQ(profile::FindFact(BuildProfile(content), "mqtt_state"),
            "connected=1 sessions=2 offline_sessions=3 subscriptions=4 retained=5 retained_set=6 retained_cleared=7 "
            "unacknowledged_out=8 half_open_in=9 wills=10");
  EXPECT_FALSE(profile::FindFact(BuildProfile(content), "mqtt_state_gaps"));
  content.facts.broker.gaps = 1 << static_cast<unsigned>(log::BrokerGap::kAliases);
  content.facts.broker.next_expiry = 1;  // long ago
  content.facts.origin = log::Origin::kAttach;
  EXPECT_EQ(profile::FindFact(BuildProfile(content), "mqtt_state_gaps"), "attached aliases expiry");
  content.facts.broker.of[4] = ~std::uint64_t{0};
  EXPECT_FALSE(profile::FindFact(BuildProfile(content), "mqtt_state"));
}

TEST(BuildProfile, SaysWhichClientsOfABrokerItDoesNotSee) {
  log::LogContent content = Content();
  content.facts.broker.is_broker = 1;
  std::uint64_t& tls = content.facts.unlabelled[static_cast<std::size_t>(log::Unlabelled::kTls)];
  content.facts.unlabelled[static_cast<std::size_t>(log::Unlabelled::kWebSocket)] = tls = 1;
  EXPECT_EQ(profile::FindFact(BuildProfile(content), "mqtt_state_gaps"), "websockets tls");
  content.facts.unlabelled[static_cast<std::size_t>(log::Unlabelled::kTlsSession)] = 1;
  EXPECT_EQ(profile::FindFact(BuildProfile(content), "mqtt_state_gaps"), "websockets");
}

TEST(BuildProfile, IsTheSameForTheSameContentInAnyOrder) {
  log::LogContent content = Content();
  content.live = {Block(1, 10, kStack), Block(2, 20, kOther), Block(3, 30, kStack, 1)};
  const std::string forward = profile::EncodePprof(BuildProfile(content));
  std::reverse(content.live.begin(), content.live.end());
  EXPECT_EQ(profile::EncodePprof(BuildProfile(content)), forward);
}

}  // namespace
}  // namespace mqtrack::snapshot
