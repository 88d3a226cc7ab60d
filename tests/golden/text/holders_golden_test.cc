// What `mqtrack leaks`, `owners` and `why` print, to the letter.
#include <gtest/gtest.h>

#include <algorithm>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/lost_sites.h"
#include "libtrack/profile/profile.h"
#include "reports/text/chains_json.h"
#include "reports/text/chains_text.h"
#include "reports/text/lost_json.h"
#include "reports/text/lost_text.h"
#include "reports/text/owners_json.h"
#include "reports/text/owners_text.h"
#include "tests/golden/text/golden_file.h"
#include "tests/unit/analysis/profile_builder.h"

namespace mqtrack::reports {
namespace {

using testing::ExpectGolden;

LookFacts Cloned() { return {610'000, true, {}}; }

OwnersOptions Owners() {
  OwnersOptions options;
  options.name = "mosquitto";
  options.process = "mosquitto (pid 4711)";
  options.bytes = 1'000'000;
  options.blocks = 26'000;
  options.look = Cloned();
  options.owners = {{"global", "db (mosquitto)", 11'692, 400'000, 0, 0},
                    {"client", "pump7", 205, 300'000, 205, 300'000},
                    {"client", "esc\x1b[31m", 1, 150'000, 1, 150'000},
                    {"thread", "thread 4711 \"mosquitto\"", 3, 100'000, 14'102, 500'000},
                    {"shared", "", 2, 49'000, 2, 49'000},
                    {"lost", "", 1, 1'000, 1, 1'000}};
  options.now_unix_seconds = 1'700'000'725;
  options.owners[1].client = {"offline", 1'700'000'000, 200, 180, 20, 1, 3};
  return options;
}

TEST(HoldersGolden, Owners) {
  ExpectGolden("owners.txt", RenderOwnersText(Owners()));
  ExpectGolden("owners.json", RenderOwnersJson(Owners()));
}

TEST(HoldersGolden, OwnersWithLittleRoom) {
  OwnersOptions options = Owners();
  options.width_columns = 40;
  options.owners[1].name = "a client with an id that is longer than a line has room for, by far";
  options.owners[2].client = {"connected", 1'700'000'000, 7, std::nullopt, std::nullopt, std::nullopt, 0};
  options.owners.push_back({"client", "left", 1, 10, 1, 10, {"ended", 0, 0, {}, {}, {}, {}}});
  ExpectGolden("owners_narrow.txt", RenderOwnersText(options));
}

TEST(HoldersGolden, OwnersThatAreCut) {
  OwnersOptions options = Owners();
  options.rows = 2;
  options.look = {80'000'000, false, "a system call filter is set"};
  options.notes = {"3 parts of its memory could not be read: what only they hold looks lost"};
  ExpectGolden("owners_cut.txt", RenderOwnersText(options));
}

ChainStepRow Step(const std::string& member, const std::string& type, std::int64_t blocks, bool holds_alone) {
  ChainStepRow step;
  step.member = member;
  step.type = type;
  step.function = "context__init";
  step.file = "/src/context.c";
  step.module = "mosquitto";
  step.line = 39;
  step.blocks = blocks;
  step.bytes = blocks * 100;
  step.pointers = blocks * 3;
  step.holds_alone = holds_alone;
  return step;
}

ChainRow Queue(std::int64_t sessions) {
  ChainRow chain;
  chain.root.kind = "global variable";
  chain.root.variable = "db";
  chain.root.module = "mosquitto";
  chain.root.file = "database.c";
  chain.root.line = 41;
  chain.root_holds_alone = true;
  ChainStepRow session = Step("contexts_by_id", "struct mosquitto", sessions, true);
  session.client_count = sessions;
  session.most_in_a_row = sessions;
  session.repeats = {"hh_id.next", "hh_id.tbl -> buckets -> [].hh_head"};
  session.clients = {"pump1", "pump2", "pump3", "pump4", "pump5"};
  session.clients.resize(static_cast<std::size_t>(std::min<std::int64_t>(sessions, 5)));
  chain.steps.push_back(session);
  ChainStepRow message = Step("msgs_out.queued", "struct mosquitto_client_msg", 200 * sessions, true);
  message.most_in_a_row = 200;
  message.repeats = {"next"};
  chain.steps.push_back(message);
  chain.blocks = message.blocks;
  chain.bytes = message.bytes;
  return chain;
}

ChainsOptions Chains() {
  ChainsOptions options;
  options.name = "mosquitto";
  options.process = "mosquitto (pid 4711)";
  options.asked = "made by db__message_insert";
  options.look = Cloned();
  options.leaks_command = "mqtrack leaks mosquitto";
  options.chains = {Queue(50), Queue(1)};
  // Shared, below something without a type.
  ChainRow shared = Queue(1);
  shared.steps[0].holds_alone = shared.steps[1].holds_alone = false;
  shared.steps.push_back(Step("+0x10", "", 200, true));
  shared.steps.push_back(Step("[]", "", 400, true));
  options.chains.push_back(shared);
  shared.steps.resize(2);
  options.chains.push_back(shared);
  shared.root_holds_alone = false;
  options.chains.push_back(shared);
  ChainRow stale;
  stale.root.kind = "stack";
  stale.root.thread = "thread 4712 \"worker\"";
  stale.is_sure = false;
  stale.steps = {Step(
      "", "std::map<int, std::string, std::less<int>, std::allocator<std::pair<int const, std::string>>>", 1, true)};
  stale.blocks = 1;
  stale.bytes = 48;
  options.chains.push_back(stale);
  ChainRow direct = stale;
  direct.is_sure = direct.root_holds_alone = true;
  direct.root = {"global variable", "", "libcrypto.so.3", "", 0, ""};
  direct.steps = {Step("+0x4a1230", "std::_Rb_tree_node_base", 1, true)};
  options.chains.push_back(direct);
  for (const ChainRow& chain : options.chains) {
    options.blocks += chain.blocks;
    options.bytes += chain.bytes;
  }
  options.lost_blocks = 2;
  options.lost_bytes = 64;
  options.blocks += options.lost_blocks;
  options.bytes += options.lost_bytes;
  return options;
}

TEST(HoldersGolden, Chains) {
  ExpectGolden("why.txt", RenderChainsText(Chains()));
  ExpectGolden("why.json", RenderChainsJson(Chains()));
}

TEST(HoldersGolden, WhatIsNotSureSaysWhyByWhereItStands) {
  ChainsOptions options = Chains();
  options.chains = {options.chains[5]};
  const auto says = [&](const char* kind, const char* words) {
    options.chains[0].root.kind = kind;
    return RenderChainsText(options).find(words) != std::string::npos;
  };
  EXPECT_FALSE(options.chains[0].is_sure);
  EXPECT_TRUE(says("stack", "What stands on a stack may be left over"));
  EXPECT_TRUE(says("register", "What stands in a register may be left over"));
  EXPECT_TRUE(says("unexplained mapping", "Nobody has told what this memory is"));
  EXPECT_FALSE(says("unexplained mapping", "on a stack"));
}

TEST(HoldersGolden, ChainsThatAreCutAndNone) {
  ChainsOptions options = Chains();
  options.rows = 1;
  options.lost_blocks = options.lost_bytes = 0;
  options.colour = true;
  ExpectGolden("why_cut_colour.txt", RenderChainsText(options));
  options = Chains();
  options.chains.clear();
  options.blocks = options.lost_blocks;
  options.bytes = options.lost_bytes;
  ExpectGolden("why_lost.txt", RenderChainsText(options));
}

LostOptions Looked() {
  LostOptions options;
  options.table.new_name = "mosquitto";
  options.looks = {Cloned(), Cloned()};
  options.live_bytes = 1'000'000;
  options.live_objects = 26'000;
  options.found_once = 2;
  options.limits = {{"inuse_objects", "0", 8, 0}};
  return options;
}

analysis::LostTable Lost(bool any) {
  testing::ProfileBuilder builder(0x400000);
  builder.Fact("target", "mosquitto (pid 4711)");
  const auto add = [&](const testing::Frames& frames, std::int64_t rings, std::int64_t losses, std::int64_t blocks,
                       std::int64_t bytes) {
    builder.Add(frames, {{analysis::kLostRings, rings},
                         {analysis::kLosses, losses},
                         {"inuse_objects", blocks},
                         {"inuse_space", bytes}});
  };
  add({"malloc", "LoseBlock src/lose.c:55", "main src/lose.c:99"}, 0, any ? 1 : 0, any ? 1 : 0, any ? 1000 : 0);
  if (any) add({"malloc", "LoseRing src/lose.c:61", "main src/lose.c:99"}, 2, 2, 7, 336);
  const profile::Profile profile = builder.Build();
  return *analysis::LostSites(profile, *analysis::WrapperList::Load(), analysis::Granularity::kFunction);
}

TEST(HoldersGolden, Lost) {
  ExpectGolden("leaks.txt", RenderLostText(Lost(true), Looked()));
  ExpectGolden("leaks.json", RenderLostJson(Lost(true), Looked()));
}

TEST(HoldersGolden, NothingIsLost) {
  LostOptions options = Looked();
  options.looks.resize(1);
  options.found_once = 0;
  options.limits = {{"inuse_objects", "0", 0, 0}};
  ExpectGolden("leaks_none.txt", RenderLostText(Lost(false), options));
  ExpectGolden("leaks_none.json", RenderLostJson(Lost(false), options));
}

}  // namespace
}  // namespace mqtrack::reports
