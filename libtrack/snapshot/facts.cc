#include "libtrack/snapshot/facts.h"

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <iterator>
#include <utility>

#include "libtrack/log/broker_before.h"
#include "libtrack/log/packet_types.h"
#include "libtrack/log/recordables.h"
#include "libtrack/profile/fact.h"

namespace mqtrack::snapshot {
namespace {

// Raised when the meaning of the facts or of the sample types changes.
constexpr char kFactsFormat[] = "1";

struct LossText {
  log::Loss loss;
  const char* text;
};
constexpr LossText kLossTexts[] = {
    {log::Loss::kTableFull,
     "blocks were not recorded, since the log could not grow (MQTRACK_LOG_LIMIT, a limit of the process or of its "
     "control group, or a full disk)"},
    {log::Loss::kStackFull, "blocks were recorded without their stack, since the log could not grow"},
    {log::Loss::kReentered, "blocks of signal handlers that interrupted the recorder were not recorded"},
    {log::Loss::kBeforeStart, "blocks were allocated before the recorder could open its log"},
    {log::Loss::kForkWindow, "blocks inherited over fork may be missing or gone, as other threads were allocating"},
    {log::Loss::kKeptFree,
     "blocks were not recorded, or without their stack, since the log leaves a quarter of its file system (at most 1 "
     "GiB) free for the "
     "service: make /dev/shm larger (docker: --shm-size), use another tmpfs (--log-dir), or sample (--sample 512KiB)"},
};

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-./:=,+@%").find(c) != std::string_view::npos;
}

// As it could be typed into a shell again.
std::string Quote(const std::string& argument) {
  if (!argument.empty() && std::all_of(argument.begin(), argument.end(), IsPlain)) return argument;
  std::string quoted = "'";
  for (const char c : argument) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string CommandLine(const log::LogFacts& facts) {
  std::string line;
  for (const std::string& argument : facts.cmdline) line += (line.empty() ? "" : " ") + Quote(argument);
  return line;
}

std::string Join(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ",") + name;
  return list;
}

std::size_t CountFlag(const log::LogContent& content, std::uint32_t flag) {
  return static_cast<std::size_t>(std::count_if(content.stacks.begin(), content.stacks.end(),
                                                [&](const log::Stack& stack) { return (stack.flags & flag) != 0; }));
}

void AddLosses(profile::Profile& profile, const log::LogFacts& facts) {
  AddFact(profile, "losses", std::to_string(facts.TotalLosses()));
  for (const LossText& known : kLossTexts) {
    const std::uint64_t count = facts.losses[static_cast<std::size_t>(known.loss)];
    if (count != 0) AddFact(profile, "note", std::to_string(count) + " " + known.text);
  }
  AddFact(profile, "lost_bytes", std::to_string(facts.lost_bytes));
  AddFact(profile, "unmatched_frees", std::to_string(facts.unmatched_frees));
  if (facts.replaced != 0) AddFact(profile, "unseen_frees", std::to_string(facts.replaced));
  if (!facts.unseen_call.empty()) AddFact(profile, "unseen_call", facts.UnseenCall());
  if (facts.lost_connections != 0) {
    AddFact(profile, "lost_connections", std::to_string(facts.lost_connections));
  }
}

/// Why labels of MQTT packets may be missing. What was never noticed has no fact.
void AddUnlabelled(profile::Profile& profile, const log::LogFacts& facts) {
  const auto count = [&](log::Unlabelled why) { return facts.unlabelled[static_cast<std::size_t>(why)]; };
  const auto add = [&](const char* name, log::Unlabelled why) {
    if (count(why) != 0) AddFact(profile, name, std::to_string(count(why)));
  };
  add("connections_before", log::Unlabelled::kOpenBefore);
  add("mqtt_connections_before", log::Unlabelled::kJoined);
  add("queued_packets", log::Unlabelled::kQueued);
  add("websocket_connections", log::Unlabelled::kWebSocket);
  // OpenSSL's connections begin alike.
  if (count(log::Unlabelled::kTlsSession) == 0) add("unread_tls_connections", log::Unlabelled::kTls);
}

std::string Packets(const std::uint64_t (&totals)[log::kPacketTypes]) {
  std::string text;
  for (std::size_t type = 1; type < log::kPacketTypes; ++type) {
    if (totals[type] == 0) continue;
    text += (text.empty() ? "" : " ") + std::string(log::kPacketNames[type]) + "=" + std::to_string(totals[type]);
  }
  return text.empty() ? std::string(profile::kNoPackets) : text;
}

/// The MQTT packets that the process received and sent.
void AddWork(profile::Profile& profile, const log::LogFacts& facts) {
  if (!facts.counts_packets) return;
  AddFact(profile, profile::kPacketsReceivedFact, Packets(facts.packets_received));
  AddFact(profile, profile::kPacketsSentFact, Packets(facts.packets_sent));
  if (facts.uncounted_senders != 0)
    AddFact(profile, profile::kUncountedSendersFact, std::to_string(facts.uncounted_senders));
}

constexpr const char* kBrokerFigures[] = {"connected",    "sessions",     "offline_sessions", "subscriptions",
                                          "retained",     "retained_set", "retained_cleared", "unacknowledged_out",
                                          "half_open_in", "wills"};
static_assert(static_cast<std::size_t>(log::BrokerFigure::kWills) + 1 == std::size(kBrokerFigures));
/// What puts the changes of these right. Only where there is some.
constexpr std::pair<const char*, log::BrokerBefore> kBrokerBefore[] = {{"kept_before", log::BrokerBefore::kKept},
                                                                       {"left_before", log::BrokerBefore::kLeft}};
static_assert(static_cast<unsigned>(log::BrokerBefore::kKept) > static_cast<unsigned>(log::BrokerFigure::kWills) &&
              static_cast<unsigned>(log::BrokerBefore::kLeft) < static_cast<unsigned>(log::BrokerFigure::kCount));
constexpr const char* kBrokerGaps[] = {"many_sessions",    "many_subscriptions", "many_retained", "many_unacknowledged",
                                       "lost_connections", "unseen_writes",      "aliases",       "bridges",
                                       "earlier_clients",  "stored_sessions",    "refusals",      "expiry"};
static_assert(static_cast<std::size_t>(log::BrokerGap::kExpiry) + 1 == std::size(kBrokerGaps));

void AddWord(std::string& text, const std::string& word) { text += (text.empty() ? "" : " ") + word; }

/// Why what is known of a broker's clients is not all, a word for each reason.
std::string BrokerGaps(const log::LogFacts& facts) {
  const auto has_met = [&](log::Unlabelled what) { return facts.unlabelled[static_cast<std::size_t>(what)] != 0; };
  std::string words;
  if (facts.origin == log::Origin::kAttach) AddWord(words, "attached");
  if (has_met(log::Unlabelled::kWebSocket)) AddWord(words, "websockets");
  if (has_met(log::Unlabelled::kTls) && !has_met(log::Unlabelled::kTlsSession)) AddWord(words, "tls");
  // A session whose time is over is taken off when the broker next hears of a client.
  const std::uint64_t end = static_cast<std::uint64_t>(facts.ended_unix_ns != 0 ? facts.ended_unix_ns / 1'000'000'000
                                                                                : std::int64_t{::time(nullptr)});
  const bool is_overdue = facts.broker.next_expiry != 0 && facts.broker.next_expiry <= end;
  for (std::size_t gap = 0; gap < std::size(kBrokerGaps); ++gap) {
    const bool is_expiry = gap == static_cast<std::size_t>(log::BrokerGap::kExpiry);
    if ((facts.broker.gaps >> gap & 1) != 0 || (is_expiry && is_overdue)) AddWord(words, kBrokerGaps[gap]);
  }
  return words;
}

/// What a broker has to hold.
void AddBrokerState(profile::Profile& profile, const log::LogFacts& facts) {
  if (facts.broker.is_broker == 0) return;
  std::string figures;
  bool is_sound = true;
  for (std::size_t i = 0; i < std::size(kBrokerFigures); ++i) {
    const auto count = static_cast<std::int64_t>(facts.broker.of[i]);
    is_sound = is_sound && count >= 0;
    AddWord(figures, kBrokerFigures[i] + ("=" + std::to_string(count)));
  }
  for (const auto& [name, figure] : kBrokerBefore) {
    const std::uint64_t count = facts.broker.of[static_cast<std::size_t>(figure)];
    if (count != 0 && count <= INT64_MAX) AddWord(figures, name + ("=" + std::to_string(count)));
  }
  if (!is_sound) return;  // read in the middle of a change, or of a log that was damaged
  AddFact(profile, profile::kMqttStateFact, figures);
  if (const std::string gaps = BrokerGaps(facts); !gaps.empty()) AddFact(profile, profile::kMqttStateGapsFact, gaps);
}

}  // namespace

void AddLogFacts(profile::Profile& profile, const log::LogContent& content) {
  const log::LogFacts& facts = content.facts;
  AddFact(profile, "format", kFactsFormat);
  AddFact(profile, "target", facts.comm + " (pid " + std::to_string(facts.pid) + ")");
  if (!facts.cmdline.empty()) AddFact(profile, "command", CommandLine(facts));
  AddFact(profile, "mode", facts.mode == log::Mode::kSampled ? "sampled" : "exact");
  if (facts.sample_bytes != 0) AddFact(profile, "sample_bytes", std::to_string(facts.sample_bytes));
  if (const std::string left_out = Join(log::LeftOut(facts.left_out_kinds)); !left_out.empty()) {
    AddFact(profile, "not_recorded", left_out);
  }
  AddFact(profile, "generation", std::to_string(facts.generation));
  AddLosses(profile, facts);
  AddUnlabelled(profile, facts);
  AddWork(profile, facts);
  AddBrokerState(profile, facts);
  AddFact(profile, "incomplete_stacks", std::to_string(CountFlag(content, log::kStackIncomplete)));
  AddFact(profile, "truncated_stacks", std::to_string(CountFlag(content, log::kStackTruncated)));
  if (content.in_flight != 0) {
    AddFact(profile, "note",
            content.in_flight == 1 ? std::string("1 operation was under way and did not end; up to one block is off")
                                   : std::to_string(content.in_flight) +
                                         " operations were under way and did not end; up to as many blocks are off");
  }
}

}  // namespace mqtrack::snapshot
