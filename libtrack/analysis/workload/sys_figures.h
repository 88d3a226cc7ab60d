// What a broker says of itself below $SYS: a second witness beside the packets that were counted.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/profile/profile.h"

namespace mqtrack::analysis {

/// At one moment. A broker renews them every `sys_interval`, so they may be as old. -1: not told.
struct SysFigures {
  bool is_known = false;                // false: nobody asked, or the broker told nothing
  std::int64_t uptime_seconds = -1;     // when they were renewed last
  std::int64_t clients_connected = -1;  // there now
  std::int64_t clients_total = -1;      // these, and sessions of clients that are gone
  std::int64_t subscriptions = -1;
  std::int64_t retained = -1;      // messages; those below $SYS among them
  std::int64_t stored = -1;        // messages, each once, whoever waits for it: retained, queued, in flight
  std::int64_t stored_bytes = -1;  // their payloads
  /// Of these, what is not retained: what waits for clients. -1: not told.
  [[nodiscard]] std::int64_t Queued() const;
};

/// One of them: what snapshots and JSON call it, where mosquitto tells it, and its words.
struct SysFigure {
  std::string_view name, topic, words;
  std::int64_t SysFigures::*value;
};
inline constexpr SysFigure kSysFigures[] = {
    {"uptime_seconds", "$SYS/broker/uptime", "", &SysFigures::uptime_seconds},
    {"clients_connected", "$SYS/broker/clients/connected", "clients connected", &SysFigures::clients_connected},
    {"clients_total", "$SYS/broker/clients/total", "clients in all", &SysFigures::clients_total},
    {"subscriptions", "$SYS/broker/subscriptions/count", "subscriptions", &SysFigures::subscriptions},
    {"retained", "$SYS/broker/retained messages/count", "retained messages", &SysFigures::retained},
    {"stored", "$SYS/broker/store/messages/count", "stored messages", &SysFigures::stored},
    {"stored_bytes", "$SYS/broker/store/messages/bytes", "bytes of stored messages", &SysFigures::stored_bytes}};

/// The topics of all of them.
[[nodiscard]] std::vector<std::string> SysTopics();

/// From the texts on these topics. Not known if there is none of which anything can be said.
[[nodiscard]] SysFigures ParseSysFigures(const std::map<std::string, std::string>& texts);

/// Adds them to the facts of a snapshot; nothing if they are not known.
void AddSysFigures(const SysFigures& figures, profile::Profile& profile);

/// From the profile's facts. Not known if they make no sense, or are of several brokers.
[[nodiscard]] SysFigures ReadSysFigures(const profile::Profile& profile);

}  // namespace mqtrack::analysis
