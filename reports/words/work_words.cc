#include "reports/words/work_words.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "libtrack/log/packet_types.h"
#include "libtrack/support/units.h"
#include "reports/words/wording.h"

namespace mqtrack::reports {
namespace {

using analysis::PacketTotals;
using analysis::WorkDone;

WorkDone WorkOf(const analysis::SiteTable& table) {
  return table.is_diff ? analysis::WorkBetween(table.base.work, table.newer.work) : table.newer.work;
}

/// "500 PUBLISH, 3 CONNECT", most first.
std::string Packets(const PacketTotals& totals) {
  std::vector<std::pair<std::int64_t, std::size_t>> sorted;
  for (std::size_t type = 0; type < totals.size(); ++type) {
    if (totals[type] != 0) sorted.emplace_back(-totals[type], type);
  }
  std::sort(sorted.begin(), sorted.end());
  std::string text;
  for (const auto& [count, type] : sorted)
    text += (text.empty() ? "" : ", ") + support::FormatCount(-count) + " " + log::kPacketNames[type];
  return text;
}

nlohmann::ordered_json PacketsJson(const PacketTotals& totals) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (std::size_t type = 0; type < totals.size(); ++type) {
    if (totals[type] != 0) json[log::kPacketNames[type]] = totals[type];
  }
  return json;
}

}  // namespace

std::string WorkWords(const WorkDone& work) {
  if (!work.is_known) return {};
  const std::string received = Packets(work.received), sent = Packets(work.sent);
  std::string text = received.empty() ? "" : "received " + received;
  if (!sent.empty()) text += (text.empty() ? "sent " : "; sent ") + sent;
  return text;
}

std::string WorkSentence(const analysis::SiteTable& table) {
  const WorkDone work = WorkOf(table);
  if (!work.is_known || table.newer.work.IsNone()) return {};
  std::string text = WorkWords(work);
  if (text.empty()) text = table.is_diff ? "no MQTT packets in between" : "no MQTT packets";
  if (work.uncounted_senders > 0) {
    text += "; of " + Plural(work.uncounted_senders, "connection") + " not all sent packets were counted";
  }
  return text;
}

std::string PerPacketWords(const analysis::SiteTable& table, const analysis::Site& site) {
  if (!site.per_packet) return {};
  const analysis::PerPacket& per = *site.per_packet;
  std::string text = per.is_exact ? "" : "about ";
  text += table.value_type.unit == "bytes" ? Plural(per.value, "byte")
                                           : support::FormatValue(per.value, table.value_type.unit);
  if (per.objects > 0) text += " in " + Plural(per.objects, "object");
  return text + " for each of " + support::FormatCount(per.packets) + " " + log::kPacketNames[per.type] +
         (per.is_sent ? " sent" : " received");
}

nlohmann::ordered_json WorkJson(const WorkDone& work) {
  if (!work.is_known) return {};
  return {{"received", PacketsJson(work.received)},
          {"sent", PacketsJson(work.sent)},
          {"uncounted_senders", work.uncounted_senders}};
}

nlohmann::ordered_json WorkJson(const analysis::SiteTable& table) { return WorkJson(WorkOf(table)); }

nlohmann::ordered_json PerPacketJson(const analysis::PerPacket& per_packet) {
  nlohmann::ordered_json json = {{"packet", log::kPacketNames[per_packet.type]},
                                 {"direction", per_packet.is_sent ? "sent" : "received"},
                                 {"packets", per_packet.packets},
                                 {"value", per_packet.value},
                                 {"exact", per_packet.is_exact}};
  if (per_packet.objects > 0) json["objects"] = per_packet.objects;
  return json;
}

}  // namespace mqtrack::reports
